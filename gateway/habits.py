"""What was learned of a modem, by its IMEI, that the next start must know."""

import sqlite3

from gateway.rules import DAY_MS
from gateway.store import write

REMEMBERED_MS = 7 * DAY_MS  # then it is tried again: it may have been another fault


def hangs_in_listing(db: sqlite3.Connection, imei: str, *, now: int) -> bool:
    """Whether AT+CMGL hung this modem within the week: then its storages are read slot by slot."""
    since = _since(db, "hangs_in_listing", imei)
    return since is not None and now - since < REMEMBERED_MS


def hung_in_listing(db: sqlite3.Connection, imei: str, *, now: int) -> None:
    """Remember that it did."""
    _remember(db, "hangs_in_listing", imei, now)


def shows_no_texts(db: sqlite3.Connection, imei: str) -> bool:
    """Whether this modem ever rang for texts and showed none: then it is asked to hand them over from the start. That is not tried again:
    the texts by which it would show are lost, and one may be a stop.
    """
    return _since(db, "shows_no_texts", imei) is not None


def showed_no_texts(db: sqlite3.Connection, imei: str, *, now: int) -> None:
    """Remember that it did, and that it hands them over. One without an IMEI is not known again, and another would be taken for it."""
    if imei:
        _remember(db, "shows_no_texts", imei, now)


def _since(db: sqlite3.Connection, habit: str, imei: str) -> int | None:
    row = db.execute("SELECT value FROM setting WHERE key=?", [f"{habit} {imei}"]).fetchone()
    return None if row is None else int(row["value"])


def _remember(db: sqlite3.Connection, habit: str, imei: str, now: int) -> None:
    with write(db):
        db.execute(
            "INSERT INTO setting (key, value) VALUES (?,?) ON CONFLICT (key) DO UPDATE SET value=excluded.value",
            [f"{habit} {imei}", str(now)],
        )
