"""Small reads that only screens need: what changed since a page was drawn, how a shift goes, one uncertain text with its trip.

Promises: nothing here writes, and each read is bounded by an index or by the newest rows, so that it costs the same on a full card.
"""

import sqlite3
from dataclasses import dataclass

from gateway.errors import Refused
from gateway.people import User
from gateway.policy import may
from gateway.stations import NEEDS_SOMEBODY, WORKS

MODEMS = (  # what the screens of the modems show
    "SELECT name, state, reason, since_at, signal_dbm, operator, registration, storage_used, number, paused_by, "
    "retired_at, reset_at, temperature_c, (SELECT max(at) FROM station_sample WHERE station=s.name) FROM station s ORDER BY name",
    "SELECT max(id), total(taken_at), total(done_at) FROM (SELECT * FROM station_request ORDER BY id DESC LIMIT 50)",
    "SELECT max(id), total(sent_at), total(received_at), total(reported_at), total(ended_at) "
    "FROM (SELECT * FROM self_test ORDER BY id DESC LIMIT 50)",
    "SELECT total(paused_at), total(balance_at) FROM sim",
    "SELECT max(id) FROM host_event",
    "SELECT by, why FROM clock",
    "SELECT value FROM setting WHERE key IN ('self_test', 'plugged_in', 'backup', 'backup_asked') ORDER BY key",
)
ERASED = "SELECT value FROM setting WHERE key='erased'"  # how many people: names and last words go from every screen
WAITS = (  # whether texts leave at all: stands on the screens of who sends
    "SELECT by FROM clock",
    f"SELECT count(*)>0 FROM station WHERE retired_at IS NULL AND state IN {WORKS}",
    ERASED,
)
LISTS = (  # and campaigns; told some fifty times while a list is taken, not with each piece
    "SELECT id, state, name, trouble, rows_done * 50 / max(row_count, 1) FROM contact_list WHERE state<>'deleted'",
    "SELECT id, state, canary, revision, reviewed_by FROM campaign WHERE state<>'closed' ORDER BY id",
    "SELECT count(*), total(id) FROM target INDEXED BY target_held WHERE state='held'",
    ERASED,
)
NEWEST = 20_000  # ledger rows looked at for one person's shift
MOST_CONVERSATIONS = 50


@dataclass(frozen=True)
class Pulse:
    """Where the database stands, in parts that change with what people see."""

    texts: str
    inbox: str
    stations: str
    lists: str = ""

    def __str__(self) -> str:
        """The form that a page and a browser carry."""
        return "~".join((self.texts, self.inbox, self.stations, self.lists))

    @classmethod
    def of(cls, carried: str) -> "Pulse":
        """The pulse that a browser sent back; anything unreadable is one that differs in all parts."""
        parts = carried.split("~")
        return cls(*parts) if len(parts) == 4 else cls("", "", "", "-")

    def topics(self, since: "Pulse") -> list[str]:
        """The names of the parts that differ."""
        names = ("texts", "inbox", "stations", "lists")
        return [name for name in names if getattr(self, name) != getattr(since, name)]


def pulse(db: sqlite3.Connection) -> Pulse:
    """Where the database stands now: some hundred microseconds with sixteen modems, however many texts there are."""
    row = db.execute(
        "SELECT (SELECT max(id) FROM event) AS event, (SELECT max(id) FROM message) AS message, "
        "(SELECT max(id) FROM inbound) AS inbound, (SELECT max(id) FROM note) AS note, "
        "(SELECT max(id) || '.' || total(until_at) FROM (SELECT id, until_at FROM opt_out ORDER BY id DESC LIMIT 100)) AS opt_out, "
        "(SELECT max(id) || '.' || total(undone_at) FROM (SELECT id, undone_at FROM answer ORDER BY id DESC LIMIT 100)) AS answer, "
        "(SELECT count(*) || '.' || coalesce(sum(waiting_at), 0) || '.' || total(holder_id*id) FROM conversation "
        "WHERE waiting_at IS NOT NULL) AS waiting, "
        "(SELECT count(*) || '.' || coalesce(sum(id), 0) FROM conversation WHERE asks_opt_out=1) AS asks"
    ).fetchone()
    # Not hash(): it differs from process to process, and a page outlives the process that drew it.
    seen, lists, waits = (
        "\n".join("|".join(map(str, row)) for query in part for row in db.execute(query))
        for part in (MODEMS, LISTS, WAITS)
    )
    return Pulse(
        f"{row['event'] or 0}.{row['message'] or 0}",
        f"{row['inbound'] or 0}.{row['opt_out'] or 0}.{row['waiting']}.{row['asks']}.{row['note'] or 0}.{row['answer'] or 0}.{_fingerprint(waits)}",
        _fingerprint(seen),
        _fingerprint(lists),
    )


def _fingerprint(text: str) -> str:
    from zlib import crc32

    return f"{crc32(text.encode()):08x}"


def changed_conversations(db: sqlite3.Connection, since: Pulse) -> list[int] | None:
    """Whose texts moved or came since then; None when they are too many to name, or when `since` is unreadable."""
    try:
        event, message = (int(part) for part in since.texts.split("."))
        inbound = int(since.inbox.split(".")[0])
    except ValueError:
        return None
    rows = db.execute(
        "SELECT conversation_id FROM message WHERE id IN (SELECT message_id FROM event WHERE id>?) "
        "UNION SELECT conversation_id FROM message WHERE id>? UNION SELECT conversation_id FROM inbound WHERE id>? LIMIT ?",
        [event, message, inbound, MOST_CONVERSATIONS + 1],
    ).fetchall()
    ids = [int(row[0]) for row in rows if row[0] is not None]
    return ids if len(rows) <= MOST_CONVERSATIONS else None


def signed_out(db: sqlite3.Connection, devices: set[int]) -> set[int]:
    """Which of these devices are signed out by now, or belong to somebody who was shut out."""
    marks = ",".join("?" * len(devices))
    rows = db.execute(
        "SELECT s.id FROM session s JOIN user u ON u.id=s.user_id "
        f"WHERE s.id IN ({marks}) AND (s.revoked_at IS NOT NULL OR u.disabled_at IS NOT NULL)",
        list(devices),
    ).fetchall()
    return {int(row[0]) for row in rows}


@dataclass(frozen=True)
class Shift:
    """What one person did since `since`: different people texted, and how many of those wrote back after it."""

    texted: int
    answered: int


def shift(db: sqlite3.Connection, user: User, *, since: int) -> Shift:
    """How this person's day goes."""
    row = db.execute(
        "WITH mine AS (SELECT m.conversation_id AS id, min(l.at) AS at FROM ledger l JOIN message m ON m.id=l.message_id AND m.approval_id=l.id "
        "WHERE l.id > (SELECT max(id) FROM ledger) - ? AND l.user_id=? AND l.at>=? GROUP BY m.conversation_id) "
        "SELECT count(*) AS texted, coalesce(sum(c.last_in_at > mine.at), 0) AS answered "
        "FROM mine JOIN conversation c ON c.id=mine.id",
        [NEWEST, user.id, since],
    ).fetchone()
    return Shift(row["texted"], row["answered"])


def approved_since(db: sqlite3.Connection, user: User, *, since: int) -> int:
    """How many cards this person approved since then and did not take back; an answer of their own was no card."""
    row = db.execute(
        "SELECT count(*) FROM ledger l JOIN message m ON m.id=l.message_id AND m.approval_id=l.id "
        "WHERE l.id > (SELECT max(id) FROM ledger) - ? AND l.user_id=? AND l.act='approve' AND l.at>=? "
        "AND NOT (m.kind=1 AND m.created_by IS l.user_id)",
        [NEWEST, user.id, since],
    ).fetchone()
    return int(row[0])


def trip(
    db: sqlite3.Connection, message_id: int, user: User, *, now: int, stale_ms: int
) -> list[sqlite3.Row]:
    """What happened to one text, oldest first: event, at, actor's name, reason. Refused when it is not this person's to see."""
    row = db.execute(
        "SELECT m.approved_by, c.holder_id, c.held_at FROM message m JOIN conversation c ON c.id=m.conversation_id WHERE m.id=?",
        [message_id],
    ).fetchone()
    if row is None:
        raise Refused("There is no such text.")
    mine = row["approved_by"] == user.id or row["holder_id"] == user.id
    free = row["holder_id"] is None or (row["held_at"] or 0) <= now - stale_ms
    if not may(user.role, "answer") or not (mine or free or may(user.role, "see_all_conversations")):
        raise Refused("Somebody else has this text now. Nothing was shown.")
    return db.execute(
        "SELECT e.event, e.at, e.reason, e.actor, u.name FROM event e "
        "LEFT JOIN user u ON e.actor = 'user:' || u.id WHERE e.message_id=? ORDER BY e.id",
        [message_id],
    ).fetchall()


def stations_in_trouble(db: sqlite3.Connection) -> int:
    """How many modems need a person; the same count as on their page."""
    row = db.execute(f"SELECT count(*) FROM station WHERE {NEEDS_SOMEBODY} AND retired_at IS NULL").fetchone()
    return int(row[0])
