"""What was learned of a modem, by its IMEI, that the next start must know."""

import sqlite3

from gateway.rules import DAY_MS
from gateway.store import write

REMEMBERED_MS = 7 * DAY_MS  # then it is tried again: it may have been another fault


def hangs_in_listing(db: sqlite3.Connection, imei: str, *, now: int) -> bool:
    """Whether AT+CMGL hung this modem within the week: then its storages are read slot by slot."""
    row = db.execute("SELECT value FROM setting WHERE key=?", [_key(imei)]).fetchone()
    return row is not None and now - int(row["value"]) < REMEMBERED_MS


def hung_in_listing(db: sqlite3.Connection, imei: str, *, now: int) -> None:
    """Remember that it did."""
    with write(db):
        db.execute(
            "INSERT INTO setting (key, value) VALUES (?,?) ON CONFLICT (key) DO UPDATE SET value=excluded.value",
            [_key(imei), str(now)],
        )


def _key(imei: str) -> str:
    return f"hangs_in_listing {imei}"
