"""What a database that a backup took the place of, or that was made anew, still has to say of that (the setting `restored`): until when
somebody new may be an old acquaintance.

Promises: the days are counted from the first moment at which the clock was trusted. Fails with sqlite3.Error.
"""

import json
import sqlite3

from gateway.rules import DAY_MS
from gateway.store import write

UNKNOWN_MS = 30 * DAY_MS  # so long after a restore that knows nothing a new number may be an old acquaintance


def keep(db: sqlite3.Connection, now: int, *, unknown: bool, **more: object) -> None:
    """Write it down, inside the caller's transaction. `unknown`: nobody can know who was texted since; `more`: what others ask of it."""
    said = {"at": now, "trusted_at": None, "unknown": unknown, **more}
    db.execute("INSERT OR REPLACE INTO setting (key, value) VALUES ('restored', ?)", [json.dumps(said)])


def perhaps_everybody(db: sqlite3.Connection, now: int) -> int | None:
    """When a backup was restored (ms) after which nobody knows who was texted since, while a new number may be an old acquaintance."""
    row = db.execute("SELECT value FROM setting WHERE key='restored'").fetchone()
    said = {} if row is None else json.loads(row["value"])
    if not said.get("unknown"):
        return None
    begun = said.get("trusted_at", said["at"])
    return int(said["at"]) if begun is None or begun <= now < begun + UNKNOWN_MS else None


def by_now(db: sqlite3.Connection, *, now: int) -> int:
    """The clock is right: a restore on a new card may have been by one that stood months behind, and its days begin now. 1 when they do."""
    waits = "key='restored' AND json_type(value, '$.trusted_at')='null'"
    if db.execute(f"SELECT 1 FROM setting WHERE {waits}").fetchone() is None:
        return 0
    with write(db):
        return db.execute(
            f"UPDATE setting SET value=json_set(value, '$.trusted_at', ?) WHERE {waits}", [now]
        ).rowcount
