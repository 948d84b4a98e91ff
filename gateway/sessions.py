"""How people come in and stay in: one-time links, passwords, signed-in devices.

Promises: of a link or a device only a hash is kept, so that a copy of the database opens no door. A link works once, within its time; looking at it
does not use it up, and the browser that used it may press again: whoever taps twice, or whose answer is lost on its way, is in. A password attempt is
counted before it is tried, so that trying many at once gains nothing. Strangers who try passwords make an account rest, and a device on which its
person came in before does not rest with it: nobody locks an admin out. A device that was signed out is out at its next request. A device's row is
written once an hour, not once a request. While the clock is in doubt no device is out by it.

Fails with `Refused`, in a sentence that never tells whether a name exists.
"""

import hashlib
import hmac
import secrets
import sqlite3
import threading
import unicodedata
from dataclasses import dataclass

from gateway import given
from gateway.clockwords import in_doubt
from gateway.errors import Refused
from gateway.people import User, by_id
from gateway.store import relaxed, write

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
LINK_MS = 3 * DAY_MS
SESSION_MS = 30 * DAY_MS
SEEN_EVERY_MS = 60 * MINUTE_MS
MOST_DEVICES = 20  # of one person; the oldest is signed out
FREE_TRIES = 5
FIRST_WAIT_MS, LONGEST_WAIT_MS = MINUTE_MS // 2, 15 * MINUTE_MS
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200

LINK_USED = "This link was used already, or its time ran out. Ask an admin for a new one."
WRONG = "That name and password do not fit together. Try again, or ask an admin for a sign-in link."

# 19 MiB a check: two at once fit beside everything else on a 1 GB machine, a whole shift that signs in together would not.
_hashing = threading.BoundedSemaphore(2)
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$s2vOX4MZOcXk+CC2asVhoA$h9LlVVpq9jBfcR4G7xF5JVv3vKPCmbaqxQlyeZBp90U"


@dataclass(frozen=True)
class Device:
    """A signed-in browser; the token itself is known to that browser only."""

    id: int
    user: User
    device: str
    created_at: int
    seen_at: int
    expires_at: int


def digest(token: str) -> bytes:
    """What the database keeps of a token. It is 256 random bits, so a plain hash cannot be undone."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def invite(db: sqlite3.Connection, user_id: int, *, now: int) -> str:
    """A new one-time link's token for this person; an older unused one stops working."""
    token = secrets.token_urlsafe(32)
    with write(db):
        user = by_id(db, user_id)
        if _disabled(db, user.id):
            raise Refused(f"{user.name} is shut out. Let them in again on the People page, then make a link.")
        given.remember(db, "sign_in_link")
        db.execute("DELETE FROM sign_in_link WHERE user_id=? AND used_at IS NULL", [user_id])
        db.execute(
            "INSERT INTO sign_in_link (id, user_id, token_hash, created_at, expires_at) "
            f"VALUES (1+{given.last_id('sign_in_link')},?,?,?,?)",
            [user_id, digest(token), now, now + LINK_MS],
        )
    return token


def _disabled(db: sqlite3.Connection, user_id: int) -> bool:
    row = db.execute("SELECT disabled_at FROM user WHERE id=?", [user_id]).fetchone()
    return row is None or row["disabled_at"] is not None


def look_at_link(db: sqlite3.Connection, token: str, *, now: int, browser: str = "") -> User:
    """Whose link this is, without using it up; Refused when it works no more. `browser`: chance that this browser alone has."""
    row = db.execute(
        "SELECT user_id, used_at, expires_at FROM sign_in_link WHERE token_hash=?", [digest(token)]
    ).fetchone()
    if row is None or row["expires_at"] <= now or _disabled(db, row["user_id"]):
        raise Refused(LINK_USED)
    if row["used_at"] is not None and find(db, _device_token(db, token, browser), now=now) is None:
        raise Refused(LINK_USED)
    return by_id(db, row["user_id"])


def used_by(db: sqlite3.Connection, token: str, user: User) -> bool:
    """Whether this person came in by this link."""
    asked = "SELECT 1 FROM sign_in_link WHERE token_hash=? AND user_id=? AND used_at IS NOT NULL"
    return db.execute(asked, [digest(token), user.id]).fetchone() is not None


def _device_token(db: sqlite3.Connection, link: str, browser: str) -> str:
    """The same for the same press: of the answers to two a browser keeps one."""
    if not browser:
        return secrets.token_urlsafe(32)
    words = f"link\n{link}\n{browser}".encode("utf-8", "replace")
    return hmac.digest(panel_secret(db).encode(), words, "sha256").hex()


def use_link(
    db: sqlite3.Connection, token: str, *, device: str, now: int, browser: str = ""
) -> tuple[User, str]:
    """Sign in by a link, which is used up by that; returns the person and the new device's token."""
    own = _device_token(db, token, browser)
    with write(db):
        user = look_at_link(db, token, now=now, browser=browser)
        if find(db, own, now=now) is not None:
            return user, own
        db.execute("UPDATE sign_in_link SET used_at=? WHERE token_hash=?", [now, digest(token)])
        db.execute("UPDATE user SET failed=0, failed_at=NULL WHERE id=?", [user.id])
        _start(db, user, device, own, now)
        return user, own


def mark(db: sqlite3.Connection, user: User) -> str:
    """What a browser keeps for a year from where its person came in: chance, and a proof of it that names nobody."""
    chance = secrets.token_hex(12)
    return f"{chance}.{_proof(db, user.id, chance)}"


def recognised(db: sqlite3.Connection, name: str, mark: str) -> bool:
    """Whether this person came in on the device with this mark before."""
    row = db.execute("SELECT id FROM user WHERE name=?", [name.strip()]).fetchone()
    chance, _, proof = mark.partition(".")
    return row is not None and hmac.compare_digest(
        _proof(db, row["id"], chance).encode(), proof.encode("utf-8", "replace")
    )


def _proof(db: sqlite3.Connection, user_id: int, chance: str) -> str:
    words = f"device\n{user_id}\n{chance}".encode("utf-8", "replace")
    return hmac.digest(panel_secret(db).encode(), words, "sha256").hex()


def sign_in(
    db: sqlite3.Connection, name: str, password: str, *, device: str, now: int, known: bool = False
) -> tuple[User, str]:
    """Sign in by name and password; Refused in the same words whatever of the two was wrong. `known`: a device that was
    `recognised`; its tries are the caller's to count, and those of strangers are not held against it.
    """
    row = _account(db, name.strip()) if known else _count_try(db, name.strip(), now)
    has_one = row is not None and row["password_hash"] is not None and row["disabled_at"] is None
    fits = _verify(row["password_hash"] if row is not None and has_one else _NOBODY, password)
    if row is None or not has_one or not fits:
        raise Refused(WRONG)
    user = by_id(db, row["id"])
    with write(db):
        # The row is read again: meanwhile somebody may have disabled this person or changed the password.
        still = db.execute("SELECT password_hash, disabled_at FROM user WHERE id=?", [user.id]).fetchone()
        if still["password_hash"] != row["password_hash"] or still["disabled_at"] is not None:
            raise Refused(WRONG)
        if not known:
            db.execute("UPDATE user SET failed=0, failed_at=NULL WHERE id=?", [user.id])
        token = secrets.token_urlsafe(32)
        _start(db, user, device, token, now)
        return user, token


def wait_ms(failed: int) -> int:
    """How long an account rests after so many refused attempts in a row: nothing at first, then doubling, never long."""
    return 0 if failed < FREE_TRIES else min(FIRST_WAIT_MS << min(failed - FREE_TRIES, 10), LONGEST_WAIT_MS)


def _account(db: sqlite3.Connection, name: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT id, password_hash, disabled_at, failed, failed_at FROM user WHERE name=?", [name]
    ).fetchone()
    return row


def _count_try(db: sqlite3.Connection, name: str, now: int) -> sqlite3.Row | None:
    """Count an attempt on this account before it is made; Refused while the account rests."""
    with write(db):
        row = _account(db, name)
        if row is None:
            return None
        left_ms = (row["failed_at"] or 0) + wait_ms(row["failed"]) - now
        # A clock that was set back must not lock anybody out for longer than the longest wait.
        if 0 < left_ms <= LONGEST_WAIT_MS:
            minutes = -(-left_ms // MINUTE_MS)
            raise Refused(
                f"Too many passwords were tried for this name. Wait {minutes} minute{'s' * (minutes > 1)}, come in where you did before, "
                "or use a sign-in link: an admin makes one, or `textbank user invite NAME` on the box."
            )
        db.execute("UPDATE user SET failed=failed+1, failed_at=? WHERE id=?", [now, row["id"]])
        return row


def _verify(hashed: str, password: str) -> bool:
    # Imported where it is needed: a panel where everybody comes in by link never pays for it.
    from argon2.exceptions import VerificationError
    from argon2.low_level import Type, verify_secret

    secret = unicodedata.normalize("NFKC", password[: LONGEST_PASSWORD + 1]).encode("utf-8", "replace")
    with _hashing:
        try:
            return verify_secret(hashed.encode(), secret, Type.ID)
        except VerificationError:
            return False


def set_password(
    db: sqlite3.Connection, user: User, password: str, *, keep: int | None = None, now: int | None = None
) -> int:
    """Give oneself a password, for the days on which nobody can make a link; with `now` every device but `keep` is signed out by it.
    Returns how many were.
    """
    from argon2 import PasswordHasher

    password = unicodedata.normalize("NFKC", password)
    if len(password) < SHORTEST_PASSWORD:
        raise Refused(
            f"The password has {len(password)} characters; it needs at least {SHORTEST_PASSWORD}. Three words are easy to remember."
        )
    if len(password) > LONGEST_PASSWORD:
        raise Refused(f"The password is longer than {LONGEST_PASSWORD} characters. Choose a shorter one.")
    if password.casefold() == user.name.casefold() or len(set(password)) < 4:
        raise Refused("Anybody would guess that password. Choose another; three words are easy to remember.")
    with _hashing:
        hashed = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1).hash(
            password.encode("utf-8", "replace")
        )
    with write(db):
        db.execute("UPDATE user SET password_hash=?, failed=0, failed_at=NULL WHERE id=?", [hashed, user.id])
        return 0 if now is None else sign_out_others(db, user, keep=keep, now=now)


def has_password(db: sqlite3.Connection, user: User) -> bool:
    """True when this person set a password."""
    return (
        db.execute("SELECT password_hash FROM user WHERE id=?", [user.id]).fetchone()["password_hash"]
        is not None
    )


def _start(db: sqlite3.Connection, user: User, device: str, token: str, now: int) -> None:
    db.execute(
        "INSERT INTO session (user_id, token_hash, device, created_at, seen_at, expires_at) VALUES (?,?,?,?,?,?)",
        [user.id, digest(token), device[:60], now, now, now + SESSION_MS],
    )
    db.execute(
        "UPDATE session SET revoked_at=? WHERE user_id=? AND revoked_at IS NULL AND id NOT IN "
        "(SELECT id FROM session WHERE user_id=? AND revoked_at IS NULL ORDER BY seen_at DESC, id DESC LIMIT ?)",
        [now, user.id, user.id, MOST_DEVICES],
    )
    if not in_doubt(db):
        db.execute("DELETE FROM session WHERE coalesce(revoked_at, expires_at) < ?", [now - SESSION_MS])


def find(db: sqlite3.Connection, token: str, *, now: int) -> Device | None:
    """The device that this token belongs to, while it is signed in and its person may come in."""
    row = db.execute(
        "SELECT s.id, s.device, s.created_at, s.seen_at, s.expires_at, u.id AS user_id, u.name, u.role FROM session s JOIN user u ON u.id=s.user_id "
        "WHERE s.token_hash=? AND s.revoked_at IS NULL AND u.disabled_at IS NULL",
        [digest(token)],
    ).fetchone()
    if row is None or (row["expires_at"] <= now and not in_doubt(db)):
        return None
    user = User(row["user_id"], row["name"], row["role"])
    return Device(row["id"], user, row["device"], row["created_at"], row["seen_at"], row["expires_at"])


def touch(db: sqlite3.Connection, device: Device, *, now: int) -> bool:
    """Note that the device was here and may stay another month, when the last note is an hour old; True when noted. One that is in by
    the doubt about the clock alone is not noted.
    """
    if now - device.seen_at < SEEN_EVERY_MS or device.expires_at <= now:
        return False
    with relaxed(db), write(db):
        db.execute(
            "UPDATE session SET seen_at=?, expires_at=? WHERE id=?", [now, now + SESSION_MS, device.id]
        )
    return True


def set_right(db: sqlite3.Connection, *, now: int) -> None:
    """The clock may have stood ahead: what was made by it lives from now on, and no longer than that."""
    for table, life_ms in (("session", SESSION_MS), ("sign_in_link", LINK_MS)):
        db.execute(f"UPDATE {table} SET expires_at=:ends WHERE expires_at>:ends", {"ends": now + life_ms})
    db.execute("UPDATE session SET seen_at=:now WHERE seen_at>:now", {"now": now})


def devices(db: sqlite3.Connection, user: User, *, now: int) -> list[Device]:
    """Where this person is signed in, the latest first."""
    rows = db.execute(
        "SELECT id, device, created_at, seen_at, expires_at FROM session WHERE user_id=? AND revoked_at IS NULL AND expires_at>? "
        "ORDER BY seen_at DESC, id DESC",
        [user.id, now],
    )
    return [Device(r["id"], user, r["device"], r["created_at"], r["seen_at"], r["expires_at"]) for r in rows]


def sign_out(db: sqlite3.Connection, device_id: int, user: User, *, now: int) -> None:
    """Sign one of this person's devices out; out twice is out."""
    with write(db):
        row = db.execute("SELECT user_id FROM session WHERE id=?", [device_id]).fetchone()
        if row is None or row["user_id"] != user.id:
            raise Refused("That device is not signed in any more.")
        db.execute("UPDATE session SET revoked_at=? WHERE id=? AND revoked_at IS NULL", [now, device_id])


def sign_out_others(db: sqlite3.Connection, user: User, *, keep: int | None, now: int) -> int:
    """Sign out every device of this person but `keep`; returns how many."""
    with write(db):
        return db.execute(
            "UPDATE session SET revoked_at=? WHERE user_id=? AND revoked_at IS NULL AND id IS NOT ?",
            [now, user.id, keep],
        ).rowcount


def panel_secret(db: sqlite3.Connection) -> str:
    """What the panel signs its forms with; made once, kept in the database so that a restart asks nobody to sign in again."""
    row = db.execute("SELECT value FROM setting WHERE key='panel_secret'").fetchone()
    if row is None:
        with write(db):
            db.execute(
                "INSERT OR IGNORE INTO setting (key, value) VALUES ('panel_secret', ?)",
                [secrets.token_hex(32)],
            )
        row = db.execute("SELECT value FROM setting WHERE key='panel_secret'").fetchone()
    return str(row["value"])
