"""Conversations: one for each number, with whose it is now.

A volunteer *holds* a conversation while it is theirs: nobody else sees it or texts into it. A hold goes stale
when its holder has done nothing with it for `HOLD_MS`, and the next person may take it. Strangers and short
codes have conversations like anybody.
"""

import hmac
import secrets
import sqlite3
from collections.abc import Mapping

from gateway import journal, numbers
from gateway.errors import Refused
from gateway.message import GOING
from gateway.people import User
from gateway.policy import may
from gateway.rules import HOUR_MS, Rules
from gateway.store import write

HOLD_MS = HOUR_MS // 2
REFRESH_MS = HOLD_MS // 3  # a hold is written again only when a third of it has passed: fewer writes


def number_key(db: sqlite3.Connection, number: str) -> bytes:
    """The keyed digest under which an opt-out outlives its person."""
    with write(db):
        row = db.execute("SELECT value FROM setting WHERE key='number_key'").fetchone()
        if row is None:
            key = secrets.token_hex(32)
            journal.of(db).note("number_key", at=0, key=key)  # an older copy of the database may know none
            db.execute("INSERT INTO setting (key, value) VALUES ('number_key', ?)", [key])
        else:
            key = row["value"]

    return hmac.digest(bytes.fromhex(key), number.encode(), "sha256")


def ensure(db: sqlite3.Connection, number: str, *, now: int, name: str = "", zone: str | None = None) -> int:
    """The conversation with this number (E.164, or as it came), made if there is none; an open opt-out is honoured at once."""
    with write(db):
        row = db.execute("SELECT id, name FROM conversation WHERE number=?", [number]).fetchone()
        if row is not None:
            if name and not row["name"]:
                db.execute("UPDATE conversation SET name=? WHERE id=?", [name, row["id"]])
            return int(row["id"])
        opted_out = db.execute(
            "SELECT since_at FROM opt_out WHERE number_key=? AND until_at IS NULL", [number_key(db, number)]
        ).fetchone()
        digits = number.lstrip("+")
        cursor = db.execute(
            "INSERT INTO conversation (number, tail, name, zone, salt, opted_out_at, last_at) VALUES (?,?,?,?,?,?,?)",
            [
                number,
                digits[-8:] if digits.isdigit() and len(digits) >= 8 else None,
                name,
                zone,
                secrets.token_bytes(16),
                opted_out["since_at"] if opted_out else None,
                now,
            ],
        )
        return int(cursor.lastrowid or 0)


def zones(conversation: Mapping[str, object] | sqlite3.Row, rules: Rules) -> tuple[str, ...]:
    """Where the person's clock may stand: the contact's zone, else every zone of the number, else the group's own."""
    if conversation["zone"]:
        return (str(conversation["zone"]),)
    return numbers.zones_for(str(conversation["number"])) or (rules.zone,)


def name_of(row: Mapping[str, object] | sqlite3.Row) -> str:
    """What people call this person on a page: the name, else the number without its middle."""
    return str(row["name"]) or numbers.masked(str(row["number"]))


def may_be_texted(conversation: Mapping[str, object] | sqlite3.Row, rules: Rules) -> tuple[str, ...]:
    """The zones of this person's clock; Refused when nobody can be texted there, or they asked to stop."""
    if not numbers.is_person(str(conversation["number"])):
        raise Refused(
            f"Nobody can be texted at “{conversation['number']}”: it is no person's number. Nothing was queued."
        )
    if conversation["opted_out_at"] is not None:
        name = name_of(conversation)
        raise Refused(f"{name} asked to stop. Nothing was queued, and nothing can be until they text START.")
    return zones(conversation, rules)


def held_by_another(row: sqlite3.Row, user: User, now: int) -> bool:
    """True while somebody else's hold on this conversation is fresh."""
    return row["holder_id"] not in (None, user.id) and fresh(row["held_at"], now)


def fresh(held_at: int | None, now: int) -> bool:
    """True while a hold counts. One from the future is a clock that was wrong: it must not lock everybody out."""
    return now - HOLD_MS < (held_at or 0) <= now + REFRESH_MS


def hold(db: sqlite3.Connection, conversation_id: int, user: User, *, now: int) -> None:
    """Make it this person's; Refused while it is somebody else's."""
    with write(db):
        row = db.execute("SELECT * FROM conversation WHERE id=?", [conversation_id]).fetchone()
        if row is None:
            raise Refused("There is no such conversation.")
        if held_by_another(row, user, now):
            holder = db.execute("SELECT name FROM user WHERE id=?", [row["holder_id"]]).fetchone()
            raise Refused(f"{holder['name']} has this conversation now. Nothing was sent twice.")
        if row["holder_id"] != user.id or not now - REFRESH_MS <= row["held_at"] <= now + REFRESH_MS:
            db.execute(
                "UPDATE conversation SET holder_id=?, held_at=? WHERE id=?", [user.id, now, conversation_id]
            )


def free(db: sqlite3.Connection, conversation_id: int, user: User) -> None:
    """Give up one's own hold."""
    with write(db):
        db.execute(
            "UPDATE conversation SET holder_id=NULL, held_at=NULL WHERE id=? AND holder_id=?",
            [conversation_id, user.id],
        )


def reachable(db: sqlite3.Connection, conversation_id: int, user: User, now: int) -> sqlite3.Row:
    """The conversation, when this person may read it: their own, a free one, or any for who may see all. Refused otherwise."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM conversation WHERE id=?", [conversation_id]
    ).fetchone()
    if row is None:
        raise Refused("There is no such conversation.")
    if not may(user.role, "answer"):
        raise Refused("Your role does not read people's texts. Nothing was shown.")
    if held_by_another(row, user, now) and not may(user.role, "see_all_conversations"):
        raise Refused(
            "Somebody else has this conversation now. It comes back to everyone when they leave it."
        )
    return row


HOMELESS = "The SIM that this conversation began on is in no modem. Put it back, or let a coordinator move the conversation."


def say_homeless(db: sqlite3.Connection) -> int:
    """Say on each approved text that its SIM is gone, so that nobody waits in silence; returns how many."""
    where = (
        f"{GOING} AND state='approved' AND reason IS NOT ? AND EXISTS (SELECT 1 FROM conversation c WHERE c.id=message.conversation_id "
        "AND c.iccid IS NOT NULL AND c.iccid NOT IN (SELECT iccid FROM station WHERE retired_at IS NULL))"
    )
    if db.execute(f"SELECT 1 FROM message WHERE {where} LIMIT 1", [HOMELESS]).fetchone() is None:
        return 0
    with write(db):
        return db.execute(f"UPDATE message SET reason=? WHERE {where}", [HOMELESS, HOMELESS]).rowcount


def move_home(db: sqlite3.Connection, conversation_id: int, user: User) -> None:
    """Let the next text to this person go by whatever SIM takes it: they will see another number. A coordinator's act."""
    if not may(user.role, "see_all_conversations"):
        raise Refused("Only a coordinator can move a conversation to another SIM. Nothing was changed.")
    with write(db):
        db.execute("UPDATE conversation SET iccid=NULL WHERE id=?", [conversation_id])
        db.execute(
            "UPDATE message SET reason=NULL WHERE conversation_id=? AND state='approved' AND reason=?",
            [conversation_id, HOMELESS],
        )
