"""Notes and tags of a conversation: for the room, never for the person. And handing a conversation over.

Promises: only who may read the conversation writes about it; a tag is one short word or two.
"""

import sqlite3

from gateway import conversations
from gateway.errors import Refused
from gateway.people import User, by_id
from gateway.policy import may
from gateway.store import write

LONGEST_NOTE = 1000
LONGEST_TAG = 30
MOST_TAGS = 12


def add(db: sqlite3.Connection, conversation_id: int, text: str, *, by: User, now: int) -> None:
    """Write a note."""
    text = text.replace("\r\n", "\n").strip()
    if not text or len(text) > LONGEST_NOTE:
        raise Refused(f"A note has 1 to {LONGEST_NOTE:,} characters. Nothing was kept.")
    with write(db):
        conversations.reachable(db, conversation_id, by, now)
        db.execute(
            "INSERT INTO note (conversation_id, text, by_id, at) VALUES (?,?,?,?)",
            [conversation_id, text, by.id, now],
        )


def of(db: sqlite3.Connection, conversation_id: int) -> list[sqlite3.Row]:
    """The notes, newest first: text, at, name of who wrote it."""
    return db.execute(
        "SELECT n.text, n.at, u.name FROM note n LEFT JOIN user u ON u.id=n.by_id WHERE n.conversation_id=? ORDER BY n.id DESC LIMIT 50",
        [conversation_id],
    ).fetchall()


def tags(db: sqlite3.Connection, conversation_id: int) -> list[str]:
    """Its tags, by the alphabet."""
    return [
        row["tag"]
        for row in db.execute("SELECT tag FROM tag WHERE conversation_id=? ORDER BY tag", [conversation_id])
    ]


def tag(
    db: sqlite3.Connection, conversation_id: int, word: str, *, by: User, now: int, off: bool = False
) -> None:
    """Put a tag on, or take it `off`; twice is once."""
    word = " ".join(word.split()).casefold()
    if not word or len(word) > LONGEST_TAG:
        raise Refused(f"A tag has 1 to {LONGEST_TAG} characters. Nothing was kept.")
    with write(db):
        conversations.reachable(db, conversation_id, by, now)
        there = tags(db, conversation_id)
        if off:
            db.execute("DELETE FROM tag WHERE conversation_id=? AND tag=?", [conversation_id, word])
        elif word not in there:
            if len(there) >= MOST_TAGS:
                raise Refused(f"It has {MOST_TAGS} tags already. Take one off first.")
            db.execute("INSERT INTO tag (conversation_id, tag) VALUES (?,?)", [conversation_id, word])


def hand_over(db: sqlite3.Connection, conversation_id: int, to_id: int | None, *, by: User, now: int) -> str:
    """Give a conversation to the room (`to_id` None) or to somebody who answers: one's own or a free one; a coordinator anybody's.
    Returns to whom.
    """
    with write(db):
        row = conversations.reachable(db, conversation_id, by, now)
        if conversations.held_by_another(row, by, now) and not may(by.role, "hand_over"):
            raise Refused(
                "Somebody else has this conversation. Nothing was changed; tell them, or take the next one."
            )
        if to_id is None:
            db.execute("UPDATE conversation SET holder_id=NULL, held_at=NULL WHERE id=?", [conversation_id])
            return "the room"
        to = by_id(db, to_id)
        disabled = db.execute("SELECT disabled_at FROM user WHERE id=?", [to_id]).fetchone()["disabled_at"]
        if disabled is not None or not may(to.role, "answer"):
            raise Refused(f"{to.name} does not answer people. Choose somebody else.")
        db.execute("UPDATE conversation SET holder_id=?, held_at=? WHERE id=?", [to.id, now, conversation_id])
        return to.name
