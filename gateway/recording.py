"""What people said, as fields of the campaign: the newest answer of a field holds, the others are its history.

Promises: an answer that comes with a text is recorded in the transaction that approves the text, and taken back with it (`gateway/moves.py`). Any
other change of an answer puts the person's waiting texts back before somebody's eyes: what was approved may no longer fit.

Fails with `Refused` for a field or a value that the campaign's kind does not have.
"""

import json
import sqlite3
from collections.abc import Mapping

from gateway.errors import Refused
from gateway.kinds import Kind, kind
from gateway.moves import void_waiting
from gateway.people import User
from gateway.store import write

LONGEST = 200
WRONG_NUMBER = "A wrong number, as they told us."  # also a first text that waits does not go


def checked(of: Kind, field: str, value: str) -> str:
    """The value as it is kept; "" takes an answer away."""
    known = of.field(field)
    value = " ".join(value.split())
    if known is None:
        raise Refused(
            "This campaign records no such answer. Nothing was changed; open the conversation again."
        )
    if not value:
        return ""
    if known.type == "choice" and value not in known.values:
        raise Refused("That is none of the answers. Choose one of them.")
    if known.type in ("number", "money"):
        if not (value.isascii() and value.isdecimal()) or int(value) > 1_000_000_000:
            raise Refused(f"“{known.label['en']}” is a whole number; “{value[:30]}” cannot be read.")
        return str(int(value))
    if len(value) > LONGEST:
        raise Refused(f"That has {len(value)} characters; at most {LONGEST} fit. Shorten it.")
    return value


def current(db: sqlite3.Connection, target_id: int) -> dict[str, str]:
    """The answers that hold, by field; a field whose answer was taken away is not there."""
    rows = db.execute(
        "SELECT field, value FROM answer WHERE id IN (SELECT max(id) FROM answer WHERE target_id=? AND undone_at IS NULL GROUP BY field)",
        [target_id],
    )
    return {row["field"]: row["value"] for row in rows if row["value"]}


def changed_since(db: sqlite3.Connection, target_id: int, at: int, *, now: int) -> bool:
    """Whether other answers hold now than did at that moment (ms). What lies ahead was written by a clock that was wrong: it held then."""
    held, holds = dict[str, str](), dict[str, str]()
    for row in db.execute(
        "SELECT field, value, at, undone_at FROM answer WHERE target_id=? ORDER BY id", [target_id]
    ):
        undone_at = row["undone_at"]
        if undone_at is None:
            holds[row["field"]] = row["value"]
        if not at < row["at"] <= now and (undone_at is None or at < undone_at <= now):
            held[row["field"]] = row["value"]
    said = {field: value for field, value in holds.items() if value}  # "": an answer was taken away
    return said != {field: value for field, value in held.items() if value}


def refuse_wrong_number(db: sqlite3.Connection, conversation_id: int) -> None:
    """Refuse a first text to a number of which its owner told any campaign that it is the wrong one."""
    row = db.execute(
        "SELECT a.value FROM target t JOIN answer a ON a.target_id=t.id AND a.field='contact' AND a.undone_at IS NULL "
        "WHERE t.conversation_id=? ORDER BY a.id DESC LIMIT 1",
        [conversation_id],
    ).fetchone()
    if row is not None and row["value"] == "wrong_number":
        raise Refused(WRONG_NUMBER)


def history(db: sqlite3.Connection, target_id: int) -> list[sqlite3.Row]:
    """Every answer there ever was, newest first: field, value, at, undone_at, name of who recorded it."""
    return db.execute(
        "SELECT a.field, a.value, a.at, a.undone_at, u.name FROM answer a LEFT JOIN user u ON u.id=a.by_id WHERE a.target_id=? ORDER BY a.id DESC",
        [target_id],
    ).fetchall()


def record(db: sqlite3.Connection, target_id: int, field: str, value: str, *, by: User, now: int) -> None:
    """Somebody sets one answer by hand; the person's waiting texts go back to be read again."""
    with write(db):
        row = _target(db, target_id)
        value = checked(kind(row["kind"]), field, value)
        if current(db, target_id).get(field, "") == value:
            return
        _insert(db, target_id, field, value, by.id, now, None)
        void_waiting(
            db, row["conversation_id"], actor=f"user:{by.id}", now=now, reason="Their answer was changed."
        )


def at_approval(db: sqlite3.Connection, message: sqlite3.Row, *, by: User, now: int) -> None:
    """Record what goes with a text, inside the transaction that approves it; the thread moves to the step that the text leads to."""
    if message["target_id"] is None:
        return
    row = _target(db, message["target_id"])
    before = current(db, row["id"])
    for field, value in records_of(message).items():
        _insert(db, row["id"], field, checked(kind(row["kind"]), field, value), by.id, now, message["id"])
    if message["step"]:
        db.execute("UPDATE target SET step=? WHERE id=?", [message["step"], row["id"]])
    if current(db, row["id"]) != before:
        reason, actor = "Their answer was changed.", f"user:{by.id}"
        void_waiting(db, row["conversation_id"], actor=actor, now=now, reason=reason, besides=message["id"])


def records_of(message: sqlite3.Row | Mapping[str, str]) -> dict[str, str]:
    """What a text records when it is approved, by field."""
    return dict(json.loads(message["records"])) if message["records"] else {}


def _target(db: sqlite3.Connection, target_id: int) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute(
        "SELECT t.*, p.kind FROM target t JOIN campaign p ON p.id=t.campaign_id WHERE t.id=?", [target_id]
    ).fetchone()
    if row is None:
        raise Refused("There is no such person in a campaign.")
    return row


def _insert(
    db: sqlite3.Connection,
    target_id: int,
    field: str,
    value: str,
    by_id: int,
    now: int,
    message_id: int | None,
) -> None:
    db.execute(
        "INSERT INTO answer (target_id, field, value, by_id, at, message_id) VALUES (?,?,?,?,?,?)",
        [target_id, field, value, by_id, now, message_id],
    )
