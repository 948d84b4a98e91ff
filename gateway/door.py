"""The door of an event: whoever comes is written down, and nobody is asked any more whether they will come.

Promises: whoever is let in gets no first text of this campaign that has not been approved; taking it back lets them be texted
as before, unless another campaign has them by then.

Fails with `Refused` for a number that cannot be read; nothing is changed then.
"""

import sqlite3

from gateway import enrolment, outbox, recording
from gateway.moves import move
from gateway.people import User
from gateway.store import write

CAME = "They came; nobody has to ask them."


def let_in(db: sqlite3.Connection, target_id: int, came: int, *, by: User, now: int) -> None:
    """So many of them are here; 0 takes it back."""
    with write(db):
        recording.record(db, target_id, "checked_in", str(came) if came else "", by=by, now=now)
        target = db.execute(
            "SELECT t.*, p.state AS campaign FROM target t JOIN campaign p ON p.id=t.campaign_id WHERE t.id=?",
            [target_id],
        ).fetchone()
        if target["campaign"] not in ("running", "paused"):
            return
        if came:
            _ask_no_more(db, target, by, now)
        elif (target["state"], target["reason"]) == ("skipped", CAME):
            _ask_again(db, target)


def _ask_no_more(db: sqlite3.Connection, target: sqlite3.Row, by: User, now: int) -> None:
    if target["state"] not in ("open", "held"):
        return
    if target["message_id"] is not None:
        row = outbox.load(db, target["message_id"])
        if row["state"] != "awaiting" or row["submitted_at"] is not None:
            return  # it is under way, or a part of it has left
        move(db, "skip", row["id"], actor=f"user:{by.id}", now=now, reason=CAME)
    db.execute(
        "UPDATE target SET state='skipped', live=0, reason=?, holder_id=NULL, held_at=NULL WHERE id=?",
        [CAME, target["id"]],
    )


def _ask_again(db: sqlite3.Connection, target: sqlite3.Row) -> None:
    enrolment.let_go(db, [target["conversation_id"]])
    db.execute(
        "UPDATE target SET state='open', live=1, reason='', message_id=NULL WHERE id=? "
        "AND NOT EXISTS (SELECT 1 FROM target o WHERE o.conversation_id=target.conversation_id AND o.live=1)",
        [target["id"]],
    )
