"""Uncertain and failed texts: a person says what became of them, or drafts them again.

Nothing here resends by itself: a resend is a new draft that wants its own approval. Of a text and all that was written in its
place, one at a time may leave, and none after one that may have arrived.
Fails with `Refused`, in a sentence.
"""

import sqlite3

from gateway import gate, policy
from gateway.errors import Refused, StaleMessage
from gateway.message import KINDS, WAITING
from gateway.moves import first_of_each, move
from gateway.outbox import insert_draft, load
from gateway.people import User
from gateway.rules import Rules
from gateway.store import write

NOT_KNOWN = ("uncertain", "undelivered")
CHANGED = "The campaign was changed after these words were written."


def _to_settle(db: sqlite3.Connection, message_id: int, by: User) -> sqlite3.Row:
    """The text, when this person may say what became of it: who approved it, who has the conversation, who may see all."""
    row = load(db, message_id)
    theirs = by.id in (row["approved_by"], row["holder_id"]) or policy.may(by.role, "see_all_conversations")
    if not theirs or not policy.may(by.role, "settle"):
        raise Refused("This text is somebody else's to settle. Nothing was changed; ask a coordinator.")
    return row


def settle(db: sqlite3.Connection, message_id: int, *, arrived: bool, by: User, now: int) -> None:
    """A person who asked says whether an uncertain text arrived."""
    with write(db):
        row = _to_settle(db, message_id, by)
        if row["state"] != "uncertain":
            raise StaleMessage("That text is settled by now. Nothing was changed, and nothing is to be done.")
        event, word = ("settle_delivered", "arrived") if arrived else ("settle_failed", "did not arrive")
        move(db, event, message_id, actor=f"user:{by.id}", now=now, reason=f"{by.name} says that it {word}.")


def resend(db: sqlite3.Connection, message_id: int, *, by: User, key: str, rules: Rules, now: int) -> int:
    """Draft the same words again as a new text, which wants its own approval; the old one stays as it is.

    Whoever asks second gets the draft of the first while it has not left, and is refused afterwards; evidence that the old text
    arrived takes the draft back.
    """
    with write(db):
        row = _to_settle(db, message_id, by)
        if row["state"] not in ("uncertain", "failed", "undelivered", "expired"):
            raise Refused("This text does not need to be sent again: it left, or it is still on its way.")
        if KINDS[row["kind"]] == "confirmation":
            raise Refused(
                "This tells somebody who asked to stop that they are off the list. It goes out once, whatever became of it. "
                "Nothing was sent."
            )
        known = db.execute("SELECT id FROM message WHERE draft_key=?", [key]).fetchone()
        if known is not None:
            return int(known["id"])
        waits = _waits_in_its_place(db, row)
        if waits is not None:
            return waits
        kind = KINDS[row["kind"]]
        offered_again = row["target_id"] is not None and (kind, row["state"]) == ("first", "expired")
        if offered_again and row["submitted_at"] is None:
            raise Refused("Their card comes up again with their campaign, so it is not written twice here.")
        if gate.holds(db, row) == "closed":
            raise Refused(
                "Its campaign is closed, so nothing of it goes out any more. Nothing was written; say whether the text arrived, or write to them."
            )
        due_at = row["due_at"] if (row["due_at"] or 0) > now else None
        draft = insert_draft(
            db,
            row["conversation_id"],
            row["text"],
            kind=kind,
            key=key,
            channel="panel",
            by=by,
            rules=rules,
            now=now,
            expires_at=row["expires_at"] if due_at else None,
            resend_of=message_id,
        )
        db.execute(  # it stays a text of its campaign: paused, closed and changed with it, and leaves when it is due
            "UPDATE message SET target_id=?, step=?, records=?, merged=?, due_at=?, reason=(SELECT ? FROM target t JOIN campaign p "
            "ON p.id=t.campaign_id WHERE t.id=? AND p.content<>?) WHERE id=?",
            [
                row["target_id"],
                row["step"],
                row["records"],
                row["merged"],
                due_at,
                CHANGED,
                row["target_id"],
                row["merged"],
                draft,
            ],
        )
        return draft


def _waits_in_its_place(db: sqlite3.Connection, row: sqlite3.Row) -> int | None:
    """The same words that wait already to go in the place of this text; None when they may be written. Refused when they have gone."""
    texts = db.execute(
        "SELECT id, state FROM message WHERE conversation_id=? ORDER BY id",
        [row["conversation_id"]],
    ).fetchall()
    first = first_of_each(db, row["conversation_id"])
    for text in texts:
        if first[text["id"]] != first[row["id"]] or text["id"] == row["id"]:
            continue
        if text["state"] in WAITING:
            return int(text["id"])
        newer = text["id"] > row["id"]
        if text["state"] in ("submitted", "sent", "delivered") or (newer and text["state"] in NOT_KNOWN):
            raise Refused(
                "These words went to them once more already. Nothing was written; the conversation shows what became of it."
            )
    return None
