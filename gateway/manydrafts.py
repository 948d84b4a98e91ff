"""Many drafts at once, all or none, while texts go out: a file of a hundred thousand rows holds up no modem.

Rows are read and checked first, then staged in short transactions with a pause between them, for a station may want to write;
one statement makes all of them drafts. A process that is killed leaves staged rows and no draft: `sweep` takes them away. The
same key again is the same texts, also of a call that was killed after it had made them.

Fails with `Refused`, which names the first rows that cannot be queued; then nothing is.
"""

import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from gateway import conversations, numbers, outbox
from gateway.errors import Refused
from gateway.message import KINDS
from gateway.rules import HOUR_MS, Rules
from gateway.store import relaxed, write

AT_ONCE, PAUSE_S = 100, 0.015
SHOWN = 20  # faults; the others are counted
STALE_MS = 6 * HOUR_MS


@dataclass(frozen=True)
class Wanted:
    """One row: where it stands in its file ("" for no file), and the key that makes a repeat harmless."""

    line: int
    where: str
    number: str
    text: str
    key: str | None


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
        except (
            sqlite3.IntegrityError
        ):  # somebody used these keys, or erased one of these people, meanwhile: look again
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
    batch = secrets.randbits(62)
    known: dict[int, int] = {}
    ends: dict[tuple[str, ...], int] = {}
    last_opt_out = _last_opt_out(db)
    try:
        faults: list[str] = []
        for rows in _chunks(wanted):
            ready = []
            for row in rows:  # all that can be asked is asked before the lock is held
                try:
                    ready.append((row, _expiry(db, row, known, ends, rules, now)))
                except Refused as refusal:
                    faults.append(row.where + str(refusal))
            with relaxed(db), write(db):
                for row, expires_at in ready:
                    if row.line not in known:
                        try:
                            _stage(db, batch, row, expires_at, now)
                        except Refused as refusal:
                            faults.append(row.where + str(refusal))
            pause(PAUSE_S)
        _refuse(faults, wanted)
        return _make_real(db, batch, wanted, known, last_opt_out, now)
    finally:
        _unstage(db, batch, pause)


def _chunks(wanted: list[Wanted]) -> Iterator[list[Wanted]]:
    return (wanted[at : at + AT_ONCE] for at in range(0, len(wanted), AT_ONCE))


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
    found = db.execute("SELECT * FROM conversation WHERE number=?", [row.number]).fetchone()
    person = found or {"number": row.number, "name": "", "zone": None, "opted_out_at": None}
    zones = conversations.may_be_texted(person, rules)
    if zones not in ends:  # a list of one town has one
        ends[zones] = outbox.expiry("first", zones, rules, now)
    return ends[zones]


def _stage(db: sqlite3.Connection, batch: int, row: Wanted, expires_at: int, now: int) -> None:
    known = db.execute("SELECT 1 FROM conversation WHERE number=?", [row.number]).fetchone()
    conversation_id = conversations.ensure(db, row.number, now=now)
    if known is None:
        made = db.execute("SELECT * FROM conversation WHERE id=?", [conversation_id]).fetchone()
        if (
            made["opted_out_at"] is not None
        ):  # somebody who stopped and was erased since: nothing of them stays
            _drop_empty(db, conversation_id)
            raise Refused(
                f"{conversations.name_of(made)} asked to stop. Nothing was queued, and nothing can be until they text START."
            )
    db.execute(
        "INSERT INTO staged_draft (batch, line, at, conversation_id, is_new, text, draft_key, expires_at) VALUES (?,?,?,?,?,?,?,?)",
        [batch, row.line, now, conversation_id, known is None, row.text, row.key, expires_at],
    )


def _make_real(
    db: sqlite3.Connection,
    batch: int,
    wanted: list[Wanted],
    known: dict[int, int],
    last_opt_out: int,
    now: int,
) -> list[int]:
    """All staged rows become drafts, in one transaction that asks again who stopped meanwhile."""
    with write(db):
        if _last_opt_out(db) != last_opt_out:
            _refuse(_stopped_meanwhile(db, batch, wanted), wanted)
        cursor = db.execute(
            "INSERT INTO message (conversation_id, kind, state, text, draft_key, channel, created_at, expires_at) "
            "SELECT conversation_id, ?, 'awaiting', text, draft_key, 'cli', ?, expires_at FROM staged_draft WHERE batch=? ORDER BY line",
            [KINDS.index("first"), now, batch],
        )
        newest = db.execute("SELECT max(id) FROM message").fetchone()[0] or 0
    following = iter(range(newest - cursor.rowcount + 1, newest + 1))
    return [known[row.line] if row.line in known else next(following) for row in wanted]


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
    """Take the staged rows away in short steps, with the conversations that were made for them and that nothing is in."""
    while True:
        rows = db.execute(
            "SELECT line, conversation_id, is_new FROM staged_draft WHERE batch=? LIMIT ?",
            [batch, 5 * AT_ONCE],
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
    with suppress(sqlite3.IntegrityError):  # something else is in it by now: it stays
        db.execute("DELETE FROM conversation WHERE id=? AND last_in_at IS NULL", [conversation_id])


def sweep(db: sqlite3.Connection, *, now: int) -> int:
    """Take away what a process that was killed left staged; returns how many files that were."""
    stale = db.execute(
        "SELECT batch, min(at) AS at FROM staged_draft GROUP BY batch HAVING min(at)<?", [now - STALE_MS]
    ).fetchall()
    for row in stale:
        _unstage(db, row["batch"], time.sleep)
    return len(stale)
