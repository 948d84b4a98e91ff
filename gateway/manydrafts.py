"""Many drafts at once, all or none, while texts go out: a file of a hundred thousand rows holds up no modem.

Rows are read and checked first, then staged in short transactions with a rest between them, for a station may want to write. One
row, committed, decides that all of them become drafts; then they do, again in short transactions. A process that is killed before
that leaves staged rows and no draft, and `sweep` takes them away; killed after it, `sweep` makes the rest. The same key again is
the same texts, also of a call that was killed after it had made them.

Fails with `Refused`, which names the first rows that cannot be queued; then nothing is.
"""

import secrets
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from gateway import conversations, given, numbers, outbox
from gateway.errors import Refused
from gateway.message import KINDS
from gateway.moves import withdraw_waiting
from gateway.pace import Pace
from gateway.rules import HOUR_MS, Rules
from gateway.store import relaxed, write

AT_ONCE, PAUSE_S = 100, 0.015
SHOWN = 20  # faults; the others are counted
STALE_MS = 6 * HOUR_MS
IDLE_MS = 120_000  # whoever makes decided drafts makes some of them more often
DECIDED_ALL = (
    "The database refused: {error}. All {of} texts of the file are queued all the same: the gateway writes the rest of them down within some "
    "minutes, as soon as it can. Do not send the file again; `textbank outbox` shows them."
)
DECIDED = "drafting:"  # + batch: the setting that decides; its value is when the last of them were made


@dataclass(frozen=True)
class Wanted:
    """One row: where it stands in its file ("" for no file), and the key that makes a repeat harmless."""

    line: int
    where: str
    number: str
    text: str
    key: str | None


class _LookAgain(Exception):  # noqa: N818
    """Somebody used these keys, or erased one of these people, meanwhile."""


def draft_all(
    db: sqlite3.Connection,
    wanted: list[Wanted],
    *,
    rules: Rules,
    now: int,
    pause: Callable[[float], None] = time.sleep,
) -> list[int]:
    """Draft all of these first texts, in their order, or none of them; returns their ids."""
    if len(wanted) <= AT_ONCE:
        return _few(db, wanted, rules, now)
    while True:
        try:
            return _draft_all(db, _checked(wanted, rules), rules, now, pause)
        except _LookAgain:
            pause(PAUSE_S)


def _few(db: sqlite3.Connection, wanted: list[Wanted], rules: Rules, now: int) -> list[int]:
    ids, faults = [], []
    with write(db):
        for row in wanted:
            try:
                ids.append(
                    outbox.draft(
                        db,
                        row.number,
                        row.text,
                        kind="first",
                        key=row.key,
                        channel="cli",
                        by=None,
                        rules=rules,
                        now=now,
                    )
                )
            except Refused as refusal:
                faults.append(row.where + str(refusal))
        _refuse(faults, wanted)
    return ids


def _checked(wanted: list[Wanted], rules: Rules) -> list[Wanted]:
    """The rows with their numbers as E.164 and their words as they are kept; Refused names those that cannot be."""
    good, faults = [], []
    for row in wanted:
        try:
            number, text = numbers.normalise(row.number, rules.region), outbox.checked_text(row.text)
            good.append(Wanted(row.line, row.where, number, text, row.key))
        except Refused as refusal:
            faults.append(row.where + str(refusal))
    _refuse(faults, wanted)
    return good


def _refuse(faults: list[str], wanted: list[Wanted]) -> None:
    if not faults:
        return
    shown = faults[:SHOWN] + ([f"and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else [])
    if wanted[0].where:
        shown.append("Nothing was queued: all rows or none.")
    raise Refused("\n".join(shown))


def _draft_all(
    db: sqlite3.Connection, wanted: list[Wanted], rules: Rules, now: int, pause: Callable[[float], None]
) -> list[int]:
    batch, pace, began = secrets.randbits(62), Pace(), time.monotonic()
    known: dict[int, int] = {}
    last_opt_out = _last_opt_out(db)
    try:
        _refuse(_stage_all(db, batch, wanted, known, rules, now, pause), wanted)
        _decide(db, batch, wanted, known, last_opt_out, now)
        try:
            while made := _make_some(db, batch, pace, now + int(1000 * (time.monotonic() - began)), pause):
                known |= made
        except sqlite3.Error as error:  # they are decided: `sweep` makes the rest
            raise Refused(DECIDED_ALL.format(of=len(wanted), error=error)) from error
    finally:
        _unstage(db, batch, pause)
    made_elsewhere = (row for row in wanted if row.line not in known)
    known |= {row.line: found for row in made_elsewhere if (found := _made(db, row, now)) is not None}
    return [known[row.line] for row in wanted if row.line in known]  # whoever was erased since has none


def _stage_all(
    db: sqlite3.Connection,
    batch: int,
    wanted: list[Wanted],
    known: dict[int, int],
    rules: Rules,
    now: int,
    pause: Callable[[float], None],
) -> list[str]:
    """Stage what is not drafted yet; returns what is wrong with rows."""
    faults: list[str] = []
    ends: dict[tuple[str, ...], int] = {}
    rows, pace = iter(wanted), Pace()
    while piece := list(islice(rows, pace.size)):
        reading = time.monotonic()
        ready = []
        for row in piece:  # all that can be asked is asked before the lock is held
            try:
                ready.append((row, _expiry(db, row, known, ends, rules, now)))
            except Refused as refusal:
                faults.append(row.where + str(refusal))
        read_s = time.monotonic() - reading
        with relaxed(db), pace.piece(db):
            new = [(row, expires_at) for row, expires_at in ready if row.line not in known]
            faults += _stage(db, batch, new, now)
        pause(max(0.0, pace.rest_s() - read_s))  # nobody waits while rows are looked at
    return faults


def _expiry(
    db: sqlite3.Connection,
    row: Wanted,
    known: dict[int, int],
    ends: dict[tuple[str, ...], int],
    rules: Rules,
    now: int,
) -> int:
    """When this text would die unsent; Refused when it cannot be queued. Its id goes to `known` when its key was used for it before."""
    message_id = outbox.known_draft(db, row.key, row.number, row.text)
    if message_id is not None:
        known[row.line] = message_id
        return 0
    found = conversations.known_of(db, [row.number]).get(row.number)
    person = found or {"number": row.number, "name": "", "zone": None, "opted_out_at": None}
    zones = conversations.may_be_texted(person, rules)
    if zones not in ends:  # a list of one town has one
        ends[zones] = outbox.expiry("first", zones, rules, now)
    return ends[zones]


def _stage(db: sqlite3.Connection, batch: int, ready: list[tuple[Wanted, int]], now: int) -> list[str]:
    """Stage these rows, each with when its text would die; returns what is wrong with rows. Inside a transaction."""
    numbers = [row.number for row, _ in ready]
    known = conversations.known_of(db, numbers)
    ids = conversations.ensure_all(db, ((number, "", None) for number in numbers), now=now)
    made = conversations.known_of(db, ids.keys() - known.keys())
    out = {number: row for number, row in made.items() if row["opted_out_at"] is not None}
    for row in out.values():  # somebody who stopped and was erased since: nothing of them stays
        _drop_empty(db, row["id"])
    db.executemany(
        "INSERT INTO staged_draft (batch, line, at, conversation_id, is_new, text, draft_key, expires_at) VALUES (?,?,?,?,?,?,?,?)",
        [
            (batch, row.line, now, ids[row.number], row.number in made, row.text, row.key, expires_at)
            for row, expires_at in ready
            if row.number not in out
        ],
    )
    return [
        f"{row.where}{conversations.name_of(out[row.number])} asked to stop. Nothing was queued, and nothing can be until they text START."
        for row, _ in ready
        if row.number in out
    ]


def _decide(
    db: sqlite3.Connection,
    batch: int,
    wanted: list[Wanted],
    known: dict[int, int],
    last_opt_out: int,
    now: int,
) -> None:
    """From this commit on all staged rows become drafts; it asks again who stopped meanwhile. `_LookAgain` when they are not as they were."""
    staged = db.execute("SELECT count(*) FROM staged_draft WHERE batch=?", [batch]).fetchone()[0]
    used = db.execute(
        "SELECT 1 FROM staged_draft s JOIN message m ON m.draft_key=s.draft_key WHERE s.batch=? LIMIT 1",
        [batch],
    ).fetchone()
    if used or staged != sum(row.line not in known for row in wanted):
        raise _LookAgain
    with write(db):
        if _last_opt_out(db) != last_opt_out:
            _refuse(_stopped_meanwhile(db, batch, wanted), wanted)
        db.execute("INSERT INTO setting (key, value) VALUES (?,?)", [f"{DECIDED}{batch}", str(now)])


def _make_some(
    db: sqlite3.Connection, batch: int, pace: Pace, at: int, pause: Callable[[float], None]
) -> dict[int, int]:
    """The next staged rows of a decided file become drafts, in one commit; returns line: id, nothing when all are made.

    Whoever stopped since the decision has a draft that is taken back at once, as if they had stopped a moment later.
    """
    made: dict[int, int] = {}
    decided = f"{DECIDED}{batch}"
    with relaxed(db), pace.piece(db):
        rows = db.execute(
            "SELECT s.*, c.opted_out_at, c.name, c.number FROM staged_draft s JOIN conversation c ON c.id=s.conversation_id "
            "WHERE s.batch=? ORDER BY s.line LIMIT ?",
            [batch, pace.size],
        ).fetchall()
        for row in rows:
            made[row["line"]] = _make(db, row)
        if rows:
            db.execute("DELETE FROM staged_draft WHERE batch=? AND line<=?", [batch, rows[-1]["line"]])
            db.execute("UPDATE setting SET value=? WHERE key=?", [str(at), decided])
    if rows:
        pause(pace.rest_s())
    else:
        with write(db):  # and all of them are on the disk
            db.execute("DELETE FROM setting WHERE key=?", [decided])
    return made


def _make(db: sqlite3.Connection, row: sqlite3.Row) -> int:
    cursor = db.execute(
        "INSERT INTO message (id, conversation_id, kind, state, text, draft_key, channel, created_at, expires_at) "
        f"VALUES (1+{given.last_id('message')},?,?,'awaiting',?,?,'cli',?,?) ON CONFLICT (draft_key) WHERE draft_key IS NOT NULL DO NOTHING",
        [row["conversation_id"], KINDS.index("first"), row["text"], row["draft_key"], row["at"], row["expires_at"]],
    )  # fmt: skip
    if not cursor.rowcount:  # somebody used its key in this very moment: that is the text
        return int(
            db.execute("SELECT id FROM message WHERE draft_key=?", [row["draft_key"]]).fetchone()["id"]
        )
    if row["opted_out_at"] is not None:
        reason = f"{conversations.name_of(row)} asked to stop."
        withdraw_waiting(db, row["conversation_id"], actor="gateway", now=row["at"], reason=reason)
    return int(cursor.lastrowid or 0)


def _made(db: sqlite3.Connection, row: Wanted, now: int) -> int | None:
    """The draft of this row that `sweep` made while we slept."""
    found = db.execute(
        "SELECT max(m.id) AS id FROM message m JOIN conversation c ON c.id=m.conversation_id "
        "WHERE c.number IN (?,?) AND m.text=? AND m.created_at=? AND m.draft_key IS ?",
        [row.number, numbers.other_form(row.number), row.text, now, row.key],
    ).fetchone()
    return found["id"] and int(found["id"])


def _last_opt_out(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT coalesce(max(id), 0) FROM opt_out").fetchone()[0])


def _stopped_meanwhile(db: sqlite3.Connection, batch: int, wanted: list[Wanted]) -> list[str]:
    rows = db.execute(
        "SELECT s.line, c.name, c.number FROM staged_draft s JOIN conversation c ON c.id=s.conversation_id "
        "WHERE s.batch=? AND c.opted_out_at IS NOT NULL ORDER BY s.line",
        [batch],
    ).fetchall()
    where = {row.line: row.where for row in wanted}
    return [f"{where[row['line']]}{conversations.name_of(row)} asked to stop just now." for row in rows]


def _unstage(db: sqlite3.Connection, batch: int, pause: Callable[[float], None]) -> None:
    """Take the staged rows away in short steps, with the conversations that were made for them and that nothing is in; those of a
    file that is decided stay, for `sweep`.
    """
    if db.execute("SELECT 1 FROM setting WHERE key=?", [f"{DECIDED}{batch}"]).fetchone():
        return
    while True:
        rows = db.execute(
            "SELECT line, conversation_id, is_new FROM staged_draft WHERE batch=? LIMIT ?",
            [batch, AT_ONCE],
        ).fetchall()
        if not rows:
            return
        with relaxed(db), write(db):
            db.execute("DELETE FROM staged_draft WHERE batch=? AND line<=?", [batch, rows[-1]["line"]])
            for row in rows:
                if row["is_new"]:
                    _drop_empty(db, row["conversation_id"])
        pause(PAUSE_S)


def _drop_empty(db: sqlite3.Connection, conversation_id: int) -> None:
    if db.execute("SELECT 1 FROM message WHERE conversation_id=? LIMIT 1", [conversation_id]).fetchone():
        return
    conversations.remember_gone(db, conversation_id)
    with suppress(sqlite3.IntegrityError):  # something else is in it by now: it stays
        db.execute("DELETE FROM conversation WHERE id=? AND last_in_at IS NULL", [conversation_id])


def sweep(db: sqlite3.Connection, *, now: int) -> int:
    """Finish what a process that was killed left: drafts that were decided are made, others are taken away. Returns how many files."""
    decided = db.execute(
        "SELECT CAST(substr(key, ?) AS INTEGER) AS batch FROM setting WHERE key GLOB ? AND CAST(value AS INTEGER)<?",
        [len(DECIDED) + 1, f"{DECIDED}*", now - IDLE_MS],
    ).fetchall()
    for row in decided:
        pace = Pace()
        while _make_some(db, row["batch"], pace, now, time.sleep):
            pass
    stale = db.execute(
        "SELECT batch, min(at) AS at FROM staged_draft GROUP BY batch HAVING min(at)<?", [now - STALE_MS]
    ).fetchall()
    for row in stale:
        _unstage(db, row["batch"], time.sleep)
    return len(decided) + len(stale)
