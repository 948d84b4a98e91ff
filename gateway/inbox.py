"""What people read and answer: the list of conversations, one thread, replies.

Promises: a volunteer sees only their own and free conversations. Looking changes nothing: the first key, a tap on an answer or
Send makes a free one theirs. A reply is drafted and approved in one transaction by who may; a trainee's waits for a coordinator.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from gateway import conversations, gate, outbox, recording, said
from gateway.errors import Refused, StaleMessage
from gateway.heard import nobody_answered, nothing_new
from gateway.moves import move, put_back
from gateway.people import User
from gateway.policy import may, may_approve
from gateway.rules import Rules
from gateway.said import REPLACED, Entry, Said
from gateway.store import write


@dataclass(frozen=True)
class Row:
    """One conversation in the list."""

    conversation_id: int
    name: str
    number: str
    snippet: str
    at: int
    waiting: bool
    asks_opt_out: bool
    opted_out: bool
    holder: str
    mine: bool
    since: int  # since when they wait, or when anything was said last


@dataclass(frozen=True)
class TakenBack:
    """One's own answer that was undone: its words are in the box again, with what they would have written down."""

    id: int
    text: str
    records: Mapping[str, str]
    step: str


@dataclass(frozen=True)
class Thread:
    """A conversation with what was said in it, oldest first."""

    conversation_id: int
    name: str
    number: str
    waiting: bool
    asks_opt_out: bool
    opted_out_at: int | None
    holder: str
    mine: bool
    closed: bool
    said: Said
    perhaps_texted_at: int | None = None  # a backup was restored then: were they texted since it?
    taken_back: TakenBack | None = None

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The newest of it."""
        return self.said.entries


MOST_ROWS = 100  # conversations of one box on a page
NOT_GONE = ("failed", "expired", "withdrawn", "skipped")

_BOXES = {  # what is in it, in its order; each reads only the newest (or longest waiting) rows of an index
    "waiting": (
        ("c.waiting_at IS NOT NULL", "c.waiting_at, c.id"),
        ("c.asks_opt_out=1 AND c.waiting_at IS NULL", "c.id"),
    ),
    "mine": (("c.holder_id = :user", "c.last_at DESC, c.id DESC"),),
    "all": (("c.last_in_at IS NOT NULL", "c.last_in_at DESC, c.id DESC"),),
}


def conversations_in(
    db: sqlite3.Connection, user: User, *, box: str, now: int, limit: int = MOST_ROWS
) -> list[Row]:
    """The conversations of a box ("waiting", "mine", "all") that this person may see: who waits longest first, else the newest first."""
    if not may(user.role, "answer"):
        raise Refused("Your role does not read people's texts. Nothing was shown.")
    ids: list[int] = []
    for where, order in _BOXES[box]:
        found = db.execute(
            f"SELECT c.id FROM conversation c WHERE {where} AND {visible(user)} ORDER BY {order} LIMIT :limit",
            {**who(user, now), "limit": limit},
        )
        ids += [row["id"] for row in found]
    found_rows = rows_of(db, ids, user, now=now)
    if box == "waiting":
        found_rows.sort(key=lambda row: (row.since, row.conversation_id))
    return found_rows[:limit]


def visible(user: User) -> str:
    """In SQL: whether this person may see conversation `c`; its parameters are those of `who`."""
    if may(user.role, "see_all_conversations"):
        return "1"
    return f"{conversations.SPOKEN} AND (c.holder_id IS NULL OR c.holder_id=:user OR c.held_at<=:stale OR c.held_at>:future)"


def who(user: User, now: int) -> dict[str, object]:
    """The parameters of `visible`."""
    stale, future = now - conversations.HOLD_MS, now + conversations.REFRESH_MS
    return {"user": user.id, "stale": stale, "future": future}


def rows_of(db: sqlite3.Connection, ids: list[int], user: User, *, now: int) -> list[Row]:
    """These conversations as rows of a list, in the order of `ids`; who may see them was asked before."""
    if not ids:
        return []
    found = db.execute(
        "SELECT c.*, u.name AS holder_name, "
        "(SELECT text FROM inbound i WHERE i.conversation_id=c.id AND i.kind<>'silent' ORDER BY i.id DESC LIMIT 1) AS snippet "
        f"FROM conversation c LEFT JOIN user u ON u.id=c.holder_id WHERE c.id IN ({','.join('?' * len(ids))})",
        ids,
    )
    by_id = {
        row["id"]: Row(
            row["id"],
            row["name"],
            row["number"],
            (row["snippet"] or "")[:120],
            row["last_in_at"] or row["last_at"],
            row["waiting_at"] is not None or bool(row["asks_opt_out"]),
            bool(row["asks_opt_out"]),
            row["opted_out_at"] is not None,
            (row["holder_name"] or "") if conversations.fresh(row["held_at"], now) else "",
            row["holder_id"] == user.id,
            row["waiting_at"] or row["last_at"],
        )
        for row in found
    }
    return [by_id[each] for each in ids if each in by_id]  # somebody may have been erased since


def thread(db: sqlite3.Connection, conversation_id: int, user: User, *, now: int, limit: int = 200) -> Thread:
    """One conversation, to read."""
    row = conversations.reachable(db, conversation_id, user, now)
    holder = db.execute("SELECT name FROM user WHERE id=?", [row["holder_id"]]).fetchone()
    taken_back = _taken_back(db, conversation_id, user, now)
    return Thread(
        conversation_id,
        row["name"],
        row["number"],
        row["waiting_at"] is not None,
        bool(row["asks_opt_out"]),
        row["opted_out_at"],
        holder["name"] if holder and conversations.fresh(row["held_at"], now) else "",
        row["holder_id"] == user.id,
        row["closed_at"] is not None,
        said.newest(db, conversation_id, taken_back.id if taken_back else None, limit=limit, now=now),
        row["perhaps_texted_at"],
        taken_back,
    )


def begin(db: sqlite3.Connection, conversation_id: int, user: User, *, now: int) -> None:
    """Somebody begins to answer: from now on the conversation is theirs. Refused while it is somebody else's."""
    with write(db):
        conversations.reachable(db, conversation_id, user, now)
        conversations.hold(db, conversation_id, user, now=now)


def _taken_back(db: sqlite3.Connection, conversation_id: int, user: User, now: int) -> TakenBack | None:
    """The newest answer that this person wrote and took back; one that somebody else must read first is none."""
    if _is_read_first(user):
        return None
    row = db.execute(
        "SELECT id, text, records, step FROM message WHERE conversation_id=? AND kind=1 AND state='awaiting' AND created_by=? "
        "AND reason IS NULL AND submitted_at IS NULL AND resend_of IS NULL AND expires_at>? ORDER BY id DESC LIMIT 1",
        [conversation_id, user.id, now],
    ).fetchone()
    if row is None:
        return None
    return TakenBack(row["id"], row["text"], recording.records_of(row), row["step"] or "")


@dataclass(frozen=True)
class Campaigning:
    """What a reply adds to a campaign: whose, what it records, the step that it leads to ("" stays), the `content` that was shown."""

    target_id: int
    records: Mapping[str, str]
    step: str = ""
    content: int | None = None


def reply(
    db: sqlite3.Connection,
    conversation_id: int,
    text: str,
    *,
    by: User,
    key: str,
    rules: Rules,
    now: int,
    campaigning: Campaigning | None = None,
    after: int | None = None,
    approved: int | None = None,
    heard: int | None = None,
    instead_of: int | None = None,
) -> int:
    """Answer a person: drafted and approved in one act by who may. Returns the text's id; the same key again is the same reply, and
    Refused with other words.

    `after`: the newest text to them that was on the screen, and `approved`: the newest approval; Refused when a colleague has
    answered since, or sent an answer that waited. `heard`: the newest of theirs; Refused when they wrote since, for what fitted may
    no longer; so it is when their campaign was changed. `instead_of`: an answer that was taken back into the box; it is skipped in
    the same transaction, so that one of the two leaves.
    """
    own = not _is_read_first(by)
    with write(db):
        known = written_before(db, key)
        if known is not None:
            if known["state"] in NOT_GONE or (known["state"] == "awaiting" and own):
                raise Refused("That answer did not go. Read it above; Send again sends what stands here.")
            if (known["conversation_id"], known["text"]) != (conversation_id, outbox.checked_text(text)):
                raise Refused(
                    "Your answer went as it was before you changed it. Read it above; Send again sends what stands here as well."
                )
            return int(known["id"])
        person = conversations.reachable(db, conversation_id, by, now)
        conversations.refuse_first_words(db, person, by)
        conversations.hold(db, conversation_id, by, now=now)
        nobody_answered(db, conversation_id, by.id, after, approved)
        nothing_new(db, conversation_id, heard, "Read it above; Send again sends what stands here.")
        if campaigning is not None:
            gate.no_placeholder(text)
            gate.as_shown(db, campaigning.target_id, campaigning.content, campaigning.records)
        if instead_of is not None:
            _replace(db, conversation_id, instead_of, by, now)
        words = outbox.checked_text(text)
        message_id = outbox.insert_draft(
            db, conversation_id, words, kind="reply", key=key, channel="panel", by=by, rules=rules, now=now
        )
        if campaigning is not None:
            _goes_with(db, message_id, campaigning)
        if own:
            draft = outbox.load(db, message_id)
            outbox.approve(db, message_id, by=by, seen=outbox.seen(draft), rules=rules, now=now)
            _read_others_again(db, draft, by, now)
        db.execute("UPDATE conversation SET waiting_at=NULL, closed_at=NULL WHERE id=?", [conversation_id])
    return message_id


def _is_read_first(by: User) -> bool:
    """Whether somebody else reads what this person answers before it goes."""
    return (
        may_approve(by.role, own=True, kind="reply", channel="panel", allow_cli=False, author=by.role)
        is not None
    )


def written_before(db: sqlite3.Connection, key: str) -> sqlite3.Row | None:
    """The text that a form with this key made already."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM message WHERE draft_key=?", [key]).fetchone()
    return row


def _read_others_again(db: sqlite3.Connection, answer: sqlite3.Row, by: User, now: int) -> None:
    """What waits for a Send was written before this answer went: a card of it that is open somewhere sends it no more."""
    reason = f"{by.name} has answered since this was written."
    others = "SELECT id FROM message WHERE conversation_id=? AND kind=1 AND state='awaiting' AND id<>?"
    for other in db.execute(others, [answer["conversation_id"], answer["id"]]).fetchall():
        put_back(db, other["id"], actor=f"user:{by.id}", now=now, reason=reason)


def _goes_with(db: sqlite3.Connection, message_id: int, campaigning: Campaigning) -> None:
    records = json.dumps(dict(campaigning.records)) if campaigning.records else None
    db.execute(
        "UPDATE message SET target_id=?, step=?, records=? WHERE id=?",
        [campaigning.target_id, campaigning.step or None, records, message_id],
    )


def _replace(db: sqlite3.Connection, conversation_id: int, message_id: int, by: User, now: int) -> None:
    row = outbox.load(db, message_id)
    if row["conversation_id"] != conversation_id or row["created_by"] != by.id:
        raise Refused("That answer is not yours to replace. Nothing was sent; ask a coordinator.")
    if row["state"] != "awaiting":
        raise StaleMessage(
            "What you had taken back was decided meanwhile. Read it above; nothing was sent twice."
        )
    move(db, "skip", message_id, actor=f"user:{by.id}", now=now, reason=REPLACED)


def close(
    db: sqlite3.Connection, conversation_id: int, *, by: User, now: int, heard: int | None = None
) -> None:
    """Nothing more to say here; the next text from the person opens it again. Refused when they wrote after the text `heard`."""
    with write(db):
        row = conversations.reachable(db, conversation_id, by, now)
        nothing_new(db, conversation_id, heard, "It is not closed. Read it first.")
        if row["asks_opt_out"]:
            raise Refused(
                "A stop word stands in this conversation. First say whether this person wants no more texts."
            )
        db.execute(
            "UPDATE conversation SET waiting_at=NULL, closed_at=?, holder_id=NULL, held_at=NULL WHERE id=?",
            [now, conversation_id],
        )


def not_opt_out(
    db: sqlite3.Connection, conversation_id: int, *, by: User, now: int, heard: int | None = None
) -> None:
    """A person read the stop word inside the longer text: it was not a wish to stop. Refused when they wrote after the text `heard`."""
    with write(db):
        conversations.reachable(db, conversation_id, by, now)
        nothing_new(db, conversation_id, heard, "Nothing was decided. Read it, then decide.")
        db.execute("UPDATE conversation SET asks_opt_out=0 WHERE id=?", [conversation_id])
