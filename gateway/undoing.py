"""The last act of somebody who sends: a Send, a skip or a Later, as what the Undo key takes back.

A Send is taken back by `outbox.undo`; here are the other two. A skip means never; for some seconds it can be taken back, while
nothing else happened to that person.

Promises: nobody is opened again who asked to stop or wrote meanwhile, who is in another open campaign, whose campaign has
ended, whom somebody else has in hand, or to whom something else was written; what comes back waits to be read and sent.

Fails with `Refused` (a sentence for the person) and `StaleMessage`; nothing is changed then.
"""

import sqlite3
from dataclasses import dataclass

from gateway import conversations, enrolment, outbox
from gateway.errors import Refused, StaleMessage
from gateway.message import KINDS
from gateway.moves import back_to_awaiting
from gateway.people import User
from gateway.policy import may
from gateway.rules import Rules
from gateway.store import write

LATE_MS = 60_000  # a tap in time that comes late, by a slow line: nothing leaves by it
TAKEN_BACK = {"approve": "undo", "skip": "unskip"}  # an act, and the event that takes it back
LOOKED_AT = 500  # events, so that a burst of stations' ones does not hide a person's


@dataclass(frozen=True)
class LastAct:
    """What the Undo key takes back now. `act`: approve, skip or later; `undo_until` in ms."""

    id: int
    conversation_id: int
    act: str
    name: str
    number: str
    reason: str
    undo_until: int
    due_at: int | None = None  # of a reminder: when it leaves
    never: bool = False  # of a skip: its campaign does not text them any more


def last_act(db: sqlite3.Connection, user: User, *, rules: Rules, now: int) -> LastAct | None:
    """The newest act of this person that still stands and is no older than the undo time; None when there is none."""
    newest = db.execute(
        "SELECT * FROM event WHERE id>(SELECT max(id) FROM event)-? ORDER BY id DESC", [LOOKED_AT]
    )
    for event in newest:
        until = undo_until(event["at"], rules, now=now)
        if until <= now:  # in a busy hour a few rows, and not all of them
            return None
        if event["actor"] != f"user:{user.id}" or event["event"] not in ("approve", "skip", "later"):
            continue
        row = outbox.load(db, event["message_id"])
        if _stands(row, event["event"], now):
            reason = row["reason"] or "" if event["event"] == "approve" else ""
            never = row["target_id"] is not None and KINDS[row["kind"]] == "first"
            return LastAct(
                row["id"], row["conversation_id"], event["event"], row["name"], row["number"], reason, until, row["due_at"], never
            )  # fmt: skip
    return None


def undo_until(acted_at: int, rules: Rules, *, now: int) -> int:
    """Until when an act can be taken back, ms. One that another request committed since `now`, or before the clock stepped back, is as
    old as this moment.
    """
    return min(acted_at, now) + rules.undo_ms


def _stands(row: sqlite3.Row, act: str, now: int) -> bool:
    if act == "later":
        return row["state"] == "awaiting" and (row["not_before"] or 0) > now
    return bool(row["state"] == {"approve": "approved", "skip": "skipped"}[act])


def take_back(db: sqlite3.Connection, message_id: int, act: str, *, by: User, rules: Rules, now: int) -> None:
    """Take this act on this text back; afterwards it waits for this person again. Twice is once: a press whose answer was lost comes again."""
    last = db.execute(
        "SELECT event, actor FROM event WHERE message_id=? ORDER BY id DESC LIMIT 1", [message_id]
    ).fetchone()
    if last is not None and (last["event"], last["actor"]) == (TAKEN_BACK.get(act), f"user:{by.id}"):
        return
    if act == "skip":
        unskip(db, message_id, by=by, rules=rules, now=now)
    elif act == "later":
        now_after_all(db, message_id, by=by, now=now)
    else:
        outbox.undo(db, message_id, by=by, now=now)


def unskip(db: sqlite3.Connection, message_id: int, *, by: User, rules: Rules, now: int) -> None:
    """Take one's own skip back right after it."""
    with write(db):
        row = outbox.load(db, message_id)
        skipped = db.execute(
            "SELECT * FROM event WHERE message_id=? ORDER BY id DESC LIMIT 1", [message_id]
        ).fetchone()
        if row["state"] != "skipped" or skipped is None or skipped["event"] != "skip":
            raise StaleMessage("It is not skipped any more. Nothing was changed, and nothing is to be done.")
        if skipped["actor"] != f"user:{by.id}" or not may(by.role, "approve"):
            raise Refused(
                "Only the person who skipped a text can take that back. Nothing was changed; ask them."
            )
        if not 0 <= now - skipped["at"] <= rules.undo_ms + LATE_MS:
            raise StaleMessage("It is too late to take this skip back. A skip means never.")
        if happened := _since(db, row, skipped, by, now):
            raise Refused(f"{happened} The skip stays.")
        back_to_awaiting(db, "unskip", row, actor=f"user:{by.id}", now=now, reason=None)
        _reopen(db, row, by, now)
        conversations.hold(db, row["conversation_id"], by, now=now)


def _since(db: sqlite3.Connection, row: sqlite3.Row, skipped: sqlite3.Row, by: User, now: int) -> str:
    """What else happened to this person after the skip, in a sentence; "" when nothing did."""
    name = conversations.name_of(row)
    if row["opted_out_at"] is not None:
        return f"{name} asked to stop."
    if (row["last_in_at"] or 0) >= skipped["at"]:
        return f"{name} wrote meanwhile; the inbox has it."
    if row["expires_at"] <= now:
        return "The text was for an earlier time and has run out."
    if conversations.held_by_another(row, by, now):
        return "Somebody else has this conversation now."
    newer = db.execute(
        "SELECT 1 FROM message m WHERE m.conversation_id=:conversation AND m.id<>:message AND (m.created_at>=:at OR EXISTS "
        "(SELECT 1 FROM event e WHERE e.message_id=m.id AND e.id>:event))",
        {"conversation": row["conversation_id"], "message": row["id"], "at": skipped["at"], "event": skipped["id"]},
    ).fetchone()  # fmt: skip
    return f"Something else was written to {name} meanwhile." if newer is not None else ""


def _reopen(db: sqlite3.Connection, row: sqlite3.Row, by: User, now: int) -> None:
    """A first text's person is in the campaign and in this batch again."""
    if row["target_id"] is None or KINDS[row["kind"]] != "first":
        return
    target = db.execute(
        "SELECT t.state, t.message_id, p.name, p.state AS campaign FROM target t JOIN campaign p ON p.id=t.campaign_id WHERE t.id=?",
        [row["target_id"]],
    ).fetchone()
    if target["campaign"] not in ("running", "paused"):
        raise Refused(f"“{target['name']}” is closed. The skip stays.")
    if (target["state"], target["message_id"]) != ("skipped", row["id"]):
        raise StaleMessage("This person is not as you left them. The skip stays.")
    enrolment.let_go(db, [row["conversation_id"]])
    other = db.execute(
        "SELECT p.name FROM target t JOIN campaign p ON p.id=t.campaign_id WHERE t.conversation_id=? AND t.live=1 AND t.id<>?",
        [row["conversation_id"], row["target_id"]],
    ).fetchone()
    if other is not None:
        name = conversations.name_of(row)
        raise Refused(f"{name} is in “{other['name']}” now, which is open. The skip stays.")
    db.execute(
        "UPDATE target SET state='held', live=1, holder_id=?, held_at=? WHERE id=?",
        [by.id, now, row["target_id"]],
    )


def now_after_all(db: sqlite3.Connection, message_id: int, *, by: User, now: int) -> None:
    """A card that was put off for later is this person's now."""
    with write(db):
        row = outbox.own_card(db, message_id, by, now)
        if not _stands(row, "later", now):
            raise StaleMessage(
                "It does not wait for later any more. Nothing was changed, and nothing is to be done."
            )
        db.execute("UPDATE message SET not_before=NULL WHERE id=? AND state='awaiting'", [message_id])
        conversations.hold(db, row["conversation_id"], by, now=now)
