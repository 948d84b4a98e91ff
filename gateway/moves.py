"""The one way in which a text changes its state: a guarded update and its event row, in one transaction.

Promises: a move that `message.EVENTS` does not allow from the row's present state does not happen and leaves
no trace (`StaleMessage`).
"""

import sqlite3

from gateway.errors import StaleMessage
from gateway.message import EVENTS
from gateway.store import write

FROM_BACKUP = "This comes from the backup of "  # so begins the reason of what a restore marked
# What becomes of a campaign's person when this happens to their first text.
TARGET_AFTER = {"undo": "held", "void": "held", "skip": "skipped", "withdraw": "out", "expire": "open"}
NOT_ANSWERED = (
    "undo",
    "void",
    "skip",
    "expire",
    "fail",
    "settle_failed",
    "report_undelivered",
    "settle_undelivered",
)
TAKEN_OFF = ("undo", "void")  # an approval, of which the row knows nothing any more
ARRIVED = "The first text arrived after all."
ARRIVED_AFTER_ALL = ("settle_sent", "settle_delivered")


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
        if event in TARGET_AFTER:
            _target_after(db, event, message_id, reason, now)
        if event in NOT_ANSWERED:
            _wait_again(db, message_id, approved=event in TAKEN_OFF)
        if event in ARRIVED_AFTER_ALL:
            _drop_resends(db, message_id, now)


def _wait_again(db: sqlite3.Connection, message_id: int, *, approved: bool) -> None:
    """A reply that does not reach its person leaves them without an answer: the conversation waits again. One that was closed is
    opened by what had been approved, for it may have been closed on the strength of that. What was sent in its place is the answer.
    """
    db.execute(
        "UPDATE conversation SET waiting_at=coalesce(waiting_at, last_in_at), closed_at=NULL FROM message m "
        "WHERE m.id=:message AND m.kind=1 AND conversation.id=m.conversation_id AND opted_out_at IS NULL "
        "AND (closed_at IS NULL OR :approved OR m.approved_at IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM message r "
        "WHERE r.resend_of=m.id AND r.state IN ('approved','claimed','submitted','uncertain','sent','delivered'))",
        {"message": message_id, "approved": approved},
    )


def _target_after(db: sqlite3.Connection, event: str, message_id: int, reason: str | None, now: int) -> None:
    """The campaign's side of what happened to one of its texts: what it recorded, and where its person stands."""
    row = db.execute(
        "SELECT target_id, conversation_id, submitted_at FROM message WHERE id=?", [message_id]
    ).fetchone()
    if row["target_id"] is None or row["submitted_at"] is not None:
        return  # of a long text that has begun to leave, its person has a part
    undone = db.execute(
        "UPDATE answer SET undone_at=? WHERE message_id=? AND undone_at IS NULL", [now, message_id]
    ).rowcount
    if undone:  # what else waits was written with those answers
        why = "What they had answered was taken back."
        void_waiting(db, row["conversation_id"], actor="gateway", now=now, reason=why, besides=message_id)
    if undone or event in ("undo", "void"):  # the thread stands where the texts before this one had led it
        db.execute(
            "UPDATE target SET step=coalesce((SELECT step FROM message WHERE target_id=target.id AND approval_id IS NOT NULL "
            "AND step IS NOT NULL AND state NOT IN ('expired','withdrawn','skipped') "
            "ORDER BY approved_at DESC, id DESC LIMIT 1), 'first') WHERE id=?",
            [row["target_id"]],
        )
    state = TARGET_AFTER[event]
    db.execute(
        "UPDATE target SET state=:state, texted_at=NULL, live=CASE WHEN :state IN ('skipped','out') THEN 0 ELSE live END, "
        "reason=CASE WHEN :state='out' THEN :reason ELSE '' END, message_id=CASE WHEN :state='open' THEN NULL ELSE message_id END, "
        "holder_id=CASE WHEN :state='held' THEN holder_id END WHERE id=:target AND message_id=:message AND state<>'out'",
        {"state": state, "reason": reason or "", "target": row["target_id"], "message": message_id},
    )


def first_of_each(db: sqlite3.Connection, conversation_id: int) -> dict[int, int]:
    """By each text to this person: the text that it was written in the place of, at first; itself where it took nobody's place."""
    first: dict[int, int] = {}
    for text in db.execute(
        "SELECT id, resend_of FROM message WHERE conversation_id=? ORDER BY id", [conversation_id]
    ):
        first[text["id"]] = first.get(text["resend_of"], text["id"])  # whatever takes a text's place is newer
    return first


def _drop_resends(db: sqlite3.Connection, message_id: int, now: int) -> None:
    """This one went after all: what somebody drafted in its place, or in the place of what took its place, is taken back."""
    waiting = db.execute(
        "SELECT id, conversation_id FROM message WHERE conversation_id=(SELECT conversation_id FROM message WHERE id=?) "
        "AND resend_of IS NOT NULL AND state IN ('awaiting','approved','claimed') AND submitted_at IS NULL",
        [message_id],
    ).fetchall()
    first = first_of_each(db, waiting[0]["conversation_id"]) if waiting else {}
    for row in waiting:
        if first[row["id"]] == first[message_id]:
            move(db, "withdraw", row["id"], actor="gateway", now=now, reason=ARRIVED)


def arrived_before(db: sqlite3.Connection, resend_of: int | None) -> bool:
    """Whether the text in whose place one was written, or the one before that, is known to have left."""
    while resend_of is not None:
        before = db.execute("SELECT state, resend_of FROM message WHERE id=?", [resend_of]).fetchone()
        if before is None or before["state"] in ("sent", "delivered"):
            return before is not None
        resend_of = before["resend_of"]
    return False


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
        total=None,
        concat_ref=None,
    )


def left_already(db: sqlite3.Connection, message_id: int, total: int | None, words: str) -> str:
    """`words`, with the segments of a long text counted: "1 accepted, 1 unknown, 1 not sent"."""
    if not total or total == 1:
        return words
    count = {"accepted": 0, "unknown": 0, "refused": 0, "not sent": 0}
    for row in db.execute("SELECT state FROM segment WHERE message_id=?", [message_id]):
        known = "accepted" if row["state"] in ("accepted", "delivered", "undelivered") else row["state"]
        count[known if known in count else "not sent"] += 1
    parts = [f"{number} {word}" for word, number in count.items() if number]
    return f"{words} Of its {total} segments: {', '.join(parts)}."


def withdraw_waiting(
    db: sqlite3.Connection, conversation_id: int, *, actor: str, now: int, reason: str
) -> int:
    """Take back everything to this person that has not left; returns how many."""
    rows = db.execute(
        "SELECT id, total, submitted_at FROM message WHERE conversation_id=? AND state IN ('awaiting','approved','claimed') "
        "AND kind<>0",
        [conversation_id],
    ).fetchall()
    for row in rows:
        words = reason if row["submitted_at"] is None else left_already(db, row["id"], row["total"], reason)
        move(db, "withdraw", row["id"], actor=actor, now=now, reason=words)
    return len(rows)


def void_waiting(
    db: sqlite3.Connection,
    conversation_id: int,
    *,
    actor: str,
    now: int,
    reason: str,
    besides: int | None = None,
) -> int:
    """Put every approval for this person (but of the text `besides`) back to a person's eyes: what was approved may no longer
    fit. Returns how many.

    A long text of which segments have left goes on: half a text helps nobody, and other words must never follow under its reference.
    """
    rows = db.execute(
        "SELECT id FROM message WHERE conversation_id=? AND state IN ('awaiting','approved','claimed') AND kind<>0 "
        "AND submitted_at IS NULL AND id IS NOT ?",
        [conversation_id, besides],
    ).fetchall()
    for row in rows:
        put_back(db, row["id"], actor=actor, now=now, reason=reason)
    return len(rows)


def put_back(db: sqlite3.Connection, message_id: int, *, actor: str, now: int, reason: str) -> None:
    """Take an approval that has not left off a text, or make an open card of it stale. One may put back another: each is read anew."""
    row = db.execute("SELECT id, state, round FROM message WHERE id=?", [message_id]).fetchone()
    if row["state"] == "awaiting":
        # A card that is open somewhere shows words from before: its form must not approve them.
        # That it may have been sent already is graver, and stands nowhere else.
        db.execute(
            "UPDATE message SET round=round+1, reason=CASE WHEN reason LIKE ? THEN reason ELSE ? END WHERE id=?",
            [f"{FROM_BACKUP}%", reason, message_id],
        )
    elif row["state"] in EVENTS["void"][0]:
        back_to_awaiting(db, "void", row, actor=actor, now=now, reason=reason)
