"""What a restored database has to be told: time went on without it, and nobody knows what left meanwhile.

Promises: nothing that was on its way when the backup was made leaves by itself; a person is asked about each. Every
old sign-in ends: some of them were taken back since. Who opted out or was erased since stays so: the journal beside
the database knows, and is read again. The approval ledger goes on from its old head, with a row that
says so.
"""

import contextlib
import hashlib
import json
import logging
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from gateway import conversations, erasing, ledger
from gateway.journal import Journal
from gateway.moves import move, withdraw_waiting
from gateway.store import moment, write

log = logging.getLogger("textbank.restore")

UNKNOWN = (
    "This text was on its way when the backup of {when} was made. It may have gone out since, or not: "
    "ask the person, or look at their answers, before you send it again."
)
SINCE = "This comes from the backup of {when}: the person may have been texted since. Look before you send."


@dataclass(frozen=True)
class Counts:
    """How many texts a person has to look at."""

    uncertain: int
    waiting: int


def begin_again(db: sqlite3.Connection, acts: Journal, *, made: str, now: int) -> Counts:
    """Say on every row what the restore makes uncertain, in one transaction. `made` is the head of the backup's ledger."""
    with write(db):
        _replay(db, acts, now)
        newest = db.execute("SELECT max(at) AS at FROM event").fetchone()["at"]
        when = moment(newest or now).strftime("%Y-%m-%d %H:%M UTC")
        flying = db.execute(
            "SELECT id FROM message WHERE state IN ('approved','claimed','submitted') ORDER BY id"
        ).fetchall()
        for row in flying:
            _may_have_left(db, row["id"], UNKNOWN.format(when=when), now)
        waiting = db.execute(
            "UPDATE message SET round=round+1, reason=? WHERE state='awaiting'", [SINCE.format(when=when)]
        ).rowcount
        db.execute("UPDATE session SET revoked_at=? WHERE revoked_at IS NULL", [now])
        db.execute("UPDATE sign_in_link SET expires_at=min(expires_at, ?) WHERE used_at IS NULL", [now])
        db.execute("UPDATE station_request SET argument=NULL, taken_at=? WHERE taken_at IS NULL", [now])
        ledger.append(
            db,
            "standing",
            words=hashlib.sha256(f"restored\n{made}".encode()).digest(),
            message_id=None,
            user_id=None,
            channel="restore",
            now=now,
        )
        db.execute(
            "INSERT INTO setting (key, value) VALUES ('restored', ?) ON CONFLICT (key) DO UPDATE SET value=excluded.value",
            [json.dumps({"at": now, "head": made, "newest": newest})],
        )
    return Counts(len(flying), waiting)


def keep_spent(db: sqlite3.Connection, before: Path) -> None:
    """What SIMs sent since the backup still counts, and a SIM on hold stays so: from the database that is replaced, if it can be read."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{before}?mode=ro", uri=True)) as old:
            days = old.execute("SELECT iccid, day, segments, last_at FROM sim_day").fetchall()
            people = old.execute("SELECT iccid, month, conversation_id FROM sim_person").fetchall()
            holds = old.execute(
                "SELECT iccid, first_at, paused_at, paused_reason FROM sim WHERE paused_at IS NOT NULL"
            ).fetchall()
    except sqlite3.Error as damaged:
        log.warning("what the SIMs sent since the backup cannot be read: %s", damaged)
        return
    with write(db):
        db.executemany(
            "INSERT INTO sim_day (iccid, day, segments, last_at) VALUES (?,?,?,?) ON CONFLICT (iccid, day) DO UPDATE SET "
            "segments=max(segments, excluded.segments), last_at=max(last_at, excluded.last_at)",
            days,
        )
        db.executemany(
            "INSERT OR IGNORE INTO sim_person (iccid, month, conversation_id) VALUES (?,?,?)", people
        )
        db.executemany(
            "INSERT INTO sim (iccid, first_at, paused_at, paused_reason) VALUES (?,?,?,?) ON CONFLICT (iccid) DO UPDATE SET "
            "paused_at=excluded.paused_at, paused_reason=excluded.paused_reason",
            holds,
        )


def _may_have_left(db: sqlite3.Connection, message_id: int, reason: str, now: int) -> None:
    db.execute(
        "UPDATE message SET submitted_at=coalesce(submitted_at, approved_at, ?), iccid=coalesce(iccid, ''), "
        "station=coalesce(station, ''), total=coalesce(total, 1) WHERE id=?",
        [now, message_id],
    )
    db.execute(
        "UPDATE segment SET state='unknown' WHERE message_id=? AND state IN ('pending','submitted')",
        [message_id],
    )
    move(db, "restore", message_id, actor="gateway", now=now, reason=reason)


def _replay(db: sqlite3.Connection, acts: Journal, now: int) -> None:
    """Opt-outs and erasures that the backup does not know, from the journal."""
    for known in acts.acts("number_key"):
        db.execute(
            "INSERT INTO setting (key, value) VALUES ('number_key', ?) ON CONFLICT DO NOTHING", [known["key"]]
        )
    people = {
        conversations.number_key(db, row["number"]): row
        for row in db.execute("SELECT id, number, last_at FROM conversation").fetchall()
    }
    for _, key, at in _of_people(acts, "erase"):
        row = people.get(key)
        if row is not None and row["last_at"] <= at:  # else they came back since
            erasing.remove(db, row["id"], row["number"], key)
            del people[key]
    last: dict[bytes, tuple[int, bool]] = {}
    for what, key, at in _of_people(acts, "opt_out", "opt_in"):
        last[key] = (at, what == "opt_out")
    for key, (at, out) in last.items():
        _opted(db, key, people.get(key), at, out=out, now=now)


def _of_people(acts: Journal, *kinds: str) -> list[tuple[str, bytes, int]]:
    """Which act, whose, and when (ms); a line that was damaged is passed over."""
    found = []
    for act in acts.acts(*kinds):
        with contextlib.suppress(KeyError, ValueError):
            found.append((str(act["act"]), bytes.fromhex(str(act["number"])), int(str(act["at"]))))
    return found


def _opted(
    db: sqlite3.Connection, key: bytes, row: sqlite3.Row | None, at: int, *, out: bool, now: int
) -> None:
    """Bring one number to what the journal says last of it."""
    standing = db.execute(
        "SELECT since_at FROM opt_out WHERE number_key=? AND until_at IS NULL", [key]
    ).fetchone()
    if out and standing is None:
        db.execute(
            "INSERT INTO opt_out (number_key, source, reason, since_at) VALUES (?,'import','kept beside the database',?)",
            [key, at],
        )
        if row is not None:
            db.execute(
                "UPDATE conversation SET opted_out_at=?, waiting_at=NULL, asks_opt_out=0 WHERE id=?",
                [at, row["id"]],
            )
            withdraw_waiting(db, row["id"], actor="gateway", now=now, reason="This person asked to stop.")
    elif not out and standing is not None and standing["since_at"] <= at:
        db.execute("UPDATE opt_out SET until_at=? WHERE number_key=? AND until_at IS NULL", [at, key])
        if row is not None:
            db.execute("UPDATE conversation SET opted_out_at=NULL WHERE id=?", [row["id"]])
