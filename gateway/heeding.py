"""What follows from what somebody wrote: an opt-out or its end, whose turn it is, approvals that may no longer fit.

Promises: parts of the transaction that keeps what they wrote. A part of a long text is enough to have the person's waiting texts read again: it
may be a wish to stop, and the rest may come late or never.
"""

import sqlite3
from dataclasses import dataclass

from gateway import conversations, numbers, optouts
from gateway.moves import void_waiting


@dataclass(frozen=True)
class Seen:
    """Which station and SIM it came through."""

    station: str
    iccid: str


def after_reply(
    db: sqlite3.Connection, conversation_id: int, triage: str, stamped_at: int | None, seen: Seen, now: int
) -> None:
    """A whole text that asks for an answer came."""
    row = db.execute(
        "SELECT id, name, number, opted_out_at FROM conversation WHERE id=?", [conversation_id]
    ).fetchone()
    rejoins = triage == "start" and row["opted_out_at"] is not None
    rejoins = rejoins and not optouts.stopped_after(db, row["number"], stamped_at)
    needs_answer = triage != "stop" and not rejoins
    db.execute(
        "UPDATE conversation SET last_in_at=?, last_at=?, closed_at=NULL, iccid=coalesce(iccid, nullif(?, '')), "
        "waiting_at=CASE WHEN ? THEN coalesce(waiting_at, ?) ELSE waiting_at END, asks_opt_out=max(asks_opt_out, ?) WHERE id=?",
        [now, now, seen.iccid, needs_answer, now, int(triage == "ask"), conversation_id],
    )
    if triage == "stop":
        optouts.opt_out(
            db, conversation_id, source="text", by=None, reason="asked by text", now=now, station=seen.station
        )
        return
    if rejoins:
        optouts.undo(db, conversation_id, by=None, reason="asked by text", now=now)
    _read_again(db, row, f"{conversations.name_of(row)} wrote after this was written", seen, now)


def part_came(db: sqlite3.Connection, number: str, seen: Seen, now: int) -> None:
    """A segment of a long text came."""
    row = db.execute("SELECT id, name, number FROM conversation WHERE number=?", [number]).fetchone()
    if row is not None and numbers.is_person(number):
        words = f"A part of a long text from {conversations.name_of(row)} came after this was written; the rest is still to come"
        _read_again(db, row, words, seen, now)


def _read_again(db: sqlite3.Connection, row: sqlite3.Row, reason: str, seen: Seen, now: int) -> None:
    for theirs in optouts.same_person(db, row):
        void_waiting(db, theirs, actor=f"station:{seen.station}", now=now, reason=reason)
