"""The one way in which a text changes its state: a guarded update and its event row, in one transaction.

Promises: a move that `message.EVENTS` does not allow from the row's present state does not happen and leaves
no trace (`StaleMessage`).
"""

import sqlite3

from gateway.errors import StaleMessage
from gateway.message import EVENTS
from gateway.store import write


def move(
    db: sqlite3.Connection,
    event: str,
    message_id: int,
    *,
    actor: str,
    now: int,
    reason: str | None = None,
    **columns: object,
) -> None:
    """Apply one event of the table to one text; `columns` are set in the same update."""
    sources, target = EVENTS[event]
    assignments = "".join(f", {name}=?" for name in columns)
    marks = ",".join("?" * len(sources))
    with write(db):
        moved = db.execute(
            f"UPDATE message SET state=?, reason=?{assignments} WHERE id=? AND state IN ({marks})",
            [target, reason, *columns.values(), message_id, *sources],
        ).rowcount
        if moved != 1:
            raise StaleMessage(
                f"Text {message_id} has moved on meanwhile. Nothing was changed; look at it again."
            )
        note(db, message_id, event, actor=actor, now=now, reason=reason)


def note(
    db: sqlite3.Connection, message_id: int, event: str, *, actor: str, now: int, reason: str | None = None
) -> None:
    """Write the event row alone, for what happens to a text without changing its state."""
    db.execute(
        "INSERT INTO event (message_id, event, actor, at, reason) VALUES (?,?,?,?,?)",
        [message_id, event, actor, now, reason],
    )


def back_to_awaiting(
    db: sqlite3.Connection, event: str, row: sqlite3.Row, *, actor: str, now: int, reason: str | None
) -> None:
    """Take an approval off a text; the round grows so that no form from before can approve it."""
    move(
        db,
        event,
        row["id"],
        actor=actor,
        now=now,
        reason=reason,
        round=row["round"] + 1,
        approval_id=None,
        approved_by=None,
        approved_at=None,
        not_before=None,
    )


def withdraw_waiting(
    db: sqlite3.Connection, conversation_id: int, *, actor: str, now: int, reason: str
) -> int:
    """Take back everything to this person that has not left; returns how many."""
    rows = db.execute(
        "SELECT id FROM message WHERE conversation_id=? AND state IN ('awaiting','approved','claimed') AND kind<>0",
        [conversation_id],
    ).fetchall()
    for row in rows:
        move(db, "withdraw", row["id"], actor=actor, now=now, reason=reason)
    return len(rows)


def void_waiting(db: sqlite3.Connection, conversation_id: int, *, actor: str, now: int, reason: str) -> int:
    """Put every approval for this person back to a person's eyes: what was approved may no longer fit. Returns how many.

    A long text of which segments have left goes on: half a text helps nobody, and other words must never follow under its reference.
    """
    rows = db.execute(
        "SELECT id, state, round FROM message WHERE conversation_id=? AND state IN ('awaiting','approved','claimed') AND kind<>0 "
        "AND submitted_at IS NULL",
        [conversation_id],
    ).fetchall()
    for row in rows:
        if row["state"] == "awaiting":
            # A card that is open somewhere shows words from before: its form must not approve them.
            db.execute("UPDATE message SET round=round+1, reason=? WHERE id=?", [reason, row["id"]])
        else:
            back_to_awaiting(db, "void", row, actor=actor, now=now, reason=reason)
    return len(rows)
