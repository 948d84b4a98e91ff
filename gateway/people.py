"""People and their roles. How they come in is in `gateway/sessions.py`.

Promises: disabling somebody signs their devices out and frees what they held, in the same transaction. The last admin cannot be disabled or made
something else. Nobody is ever deleted: what they approved stays theirs.

Fails with `Refused`, in a sentence for the person at the screen.
"""

import sqlite3
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway import given, visible
from gateway.errors import Refused
from gateway.letters import untitled
from gateway.message import GOING
from gateway.policy import may
from gateway.store import write

ROLES = ("volunteer", "trainee", "coordinator", "technician", "admin")


@dataclass(frozen=True)
class User:
    """A signed-in person as the rules see them."""

    id: int
    name: str
    role: str


@dataclass(frozen=True)
class Person:
    """One row of the list of people."""

    id: int
    name: str
    role: str
    disabled: bool
    has_password: bool
    devices: int
    seen_at: int | None
    link_until: int | None  # an unused sign-in link is open until then


def clean_name(name: str) -> str:
    """A person's name as it is kept; Refused when it is empty, too long, or holds what cannot be seen."""
    name = unicodedata.normalize("NFC", " ".join(name.split()))
    if not name:
        raise Refused("Give a name, so the room knows who answers.")
    if len(name) > 60:
        raise Refused(f"The name has {len(name)} characters; at most 60 fit on the pages. Shorten it.")
    if any(unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn") for c in name) or visible.line(name) != name:
        raise Refused("The name holds a character that cannot be shown. Type it again without it.")
    return name


def first_name(name: str) -> str:
    """What a volunteer is called in a text: "Maya"; of "Dr. Ruiz" all of it."""
    words = name.split()
    called = untitled(words)
    return called[0] if called and (len(called) > 1 or called == words) else name


def checked_role(role: str) -> str:
    """The role, when there is such a role."""
    if role not in ROLES:
        raise Refused(f"There is no role “{role[:30]}”. Choose one of: {', '.join(ROLES)}.")
    return role


def create(db: sqlite3.Connection, name: str, role: str, *, now: int) -> User:
    """Add a person; Refused when the name is taken (capitals make no difference)."""
    name, role = clean_name(name), checked_role(role)
    with write(db):
        if db.execute("SELECT 1 FROM user WHERE name=?", [name]).fetchone():
            raise Refused(
                f"Somebody is called {name} already. Add a letter or a second name, so that nobody mixes them up."
            )
        cursor = db.execute("INSERT INTO user (name, role, created_at) VALUES (?,?,?)", [name, role, now])
    return User(int(cursor.lastrowid or 0), name, role)


def by_id(db: sqlite3.Connection, user_id: int) -> User:
    """The person with this id, disabled or not."""
    row = db.execute("SELECT id, name, role FROM user WHERE id=?", [user_id]).fetchone()
    if row is None:
        raise Refused("There is no such person. Look at the list of people again.")
    return User(*row)


def by_name(db: sqlite3.Connection, name: str) -> User:
    """The person called this, disabled or not."""
    row = db.execute("SELECT id, name, role FROM user WHERE name=?", [name.strip()]).fetchone()
    if row is None:
        raise Refused(f"There is nobody called “{name}”. `textbank user list` shows the names.")
    return User(*row)


def active(db: sqlite3.Connection, name: str) -> User:
    """The person called this, when they may act; Refused when they are disabled."""
    user = by_name(db, name)
    if db.execute("SELECT disabled_at FROM user WHERE id=?", [user.id]).fetchone()["disabled_at"] is not None:
        raise Refused(
            f"{user.name} is shut out and cannot act. An admin can let them in again on the People page."
        )
    return user


def everyone(db: sqlite3.Connection, *, now: int) -> list[Person]:
    """All people, those who may sign in first."""
    rows = db.execute(
        "SELECT u.id, u.name, u.role, u.disabled_at IS NOT NULL AS disabled, u.password_hash IS NOT NULL AS has_password, "
        "(SELECT count(*) FROM session s WHERE s.user_id=u.id AND s.revoked_at IS NULL AND s.expires_at>:now) AS devices, "
        "(SELECT max(seen_at) FROM session s WHERE s.user_id=u.id) AS seen_at, "
        "(SELECT max(expires_at) FROM sign_in_link l WHERE l.user_id=u.id AND l.used_at IS NULL AND l.expires_at>:now) AS link_until "
        "FROM user u ORDER BY disabled, u.name COLLATE NOCASE",
        {"now": now},
    ).fetchall()
    return [
        Person(
            r["id"],
            r["name"],
            r["role"],
            bool(r["disabled"]),
            bool(r["has_password"]),
            r["devices"],
            r["seen_at"],
            r["link_until"],
        )
        for r in rows
    ]


def _keep_one_admin(db: sqlite3.Connection, user: User) -> None:
    others = db.execute(
        "SELECT 1 FROM user WHERE role='admin' AND disabled_at IS NULL AND id<>?", [user.id]
    ).fetchone()
    if user.role == "admin" and others is None:
        raise Refused(
            f"{user.name} is the only admin. Make somebody else an admin first, so that nobody is locked out."
        )


def keep_rights(db: sqlite3.Connection, rights: Iterable[Sequence[object]]) -> None:
    """What was decided since, of those who are in both: (role, password_hash, disabled_at, id, created_at) of another state of this database.
    The last admin stays one. Inside the caller's transaction.
    """
    for role, password_hash, disabled_at, *who in sorted(
        rights, key=lambda row: (row[0] != "admin", row[2] is not None)
    ):
        db.execute(
            "UPDATE OR IGNORE user SET role=?1, password_hash=?2, disabled_at=?3 WHERE id=?4 AND created_at=?5 AND (role<>'admin' "
            "OR ?1='admin' AND ?3 IS NULL OR EXISTS (SELECT 1 FROM user o WHERE o.role='admin' AND o.disabled_at IS NULL AND o.id<>?4))",
            [role, password_hash, disabled_at, *who],
        )


def disable(db: sqlite3.Connection, user_id: int, *, now: int) -> None:
    """Shut somebody out now: their devices, their open links, what they held. Their past acts stay."""
    with write(db):
        user = by_id(db, user_id)
        _keep_one_admin(db, user)
        db.execute("UPDATE user SET disabled_at=? WHERE id=? AND disabled_at IS NULL", [now, user_id])
        db.execute("UPDATE session SET revoked_at=? WHERE user_id=? AND revoked_at IS NULL", [now, user_id])
        given.remember(db, "sign_in_link")
        db.execute("DELETE FROM sign_in_link WHERE user_id=? AND used_at IS NULL", [user_id])
        let_go(db, user)


def let_go(db: sqlite3.Connection, user: User) -> int:
    """Give everybody this person holds back to the room; returns how many conversations."""
    with write(db):
        db.execute(  # a drafted card keeps its draft and is everybody's
            "UPDATE target SET state=CASE WHEN message_id IS NULL THEN 'open' ELSE 'held' END, holder_id=NULL, held_at=NULL "
            "WHERE state='held' AND holder_id=?",
            [user.id],
        )
        return db.execute(
            "UPDATE conversation SET holder_id=NULL, held_at=NULL WHERE holder_id=?", [user.id]
        ).rowcount


def yet_to_leave(db: sqlite3.Connection, user_id: int) -> int:
    """How many texts this person approved that no modem has taken yet."""
    row = db.execute(
        f"SELECT count(*) FROM message WHERE {GOING} AND state='approved' AND approved_by=?", [user_id]
    ).fetchone()
    return int(row[0])


def enable(db: sqlite3.Connection, user_id: int) -> None:
    """Let somebody in again; they need a new link or their password."""
    with write(db):
        by_id(db, user_id)
        db.execute("UPDATE user SET disabled_at=NULL, failed=0, failed_at=NULL WHERE id=?", [user_id])


def change_role(db: sqlite3.Connection, user_id: int, role: str) -> None:
    """Give somebody another role; it holds from their next click. Whom they held is the room's again where the new one reads no texts."""
    role = checked_role(role)
    with write(db):
        user = by_id(db, user_id)
        if role != user.role:
            _keep_one_admin(db, user)
            db.execute("UPDATE user SET role=? WHERE id=?", [role, user_id])
            if not may(role, "answer"):
                let_go(db, user)
