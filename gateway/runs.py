"""How often a gateway began or ended with this database: counted in it, and in the lock file beside it.

When the file has counted further, an older copy of the database was put in its place by hand; what left since would leave again.

Promises: the database counts first, so that no power cut and no full card makes it look older than it is. A database without
people is a new one. Fails with sqlite3.Error.
"""

import sqlite3

from gateway.lock import Hold
from gateway.store import write

SETTING = "runs"


def is_older(db: sqlite3.Connection, hold: Hold) -> bool:
    """Whether this is a copy from before a gateway began or ended last."""
    return _known(db) < hold.runs and db.execute("SELECT 1 FROM conversation LIMIT 1").fetchone() is not None


def count(db: sqlite3.Connection, hold: Hold) -> None:
    """A gateway begins, or ends."""
    number = max(_known(db), hold.runs) + 1
    keep(db, number)
    hold.count(number)


def keep(db: sqlite3.Connection, number: int) -> None:
    """This database is the one that has been counted so far; one that was counted further elsewhere stays so, for copies of it lie there."""
    number = max(_known(db), number)
    with write(db):
        db.execute(
            "INSERT INTO setting (key, value) VALUES (?,?) ON CONFLICT (key) DO UPDATE SET value=excluded.value",
            [SETTING, str(number)],
        )


def _known(db: sqlite3.Connection) -> int:
    row = db.execute("SELECT value FROM setting WHERE key=?", [SETTING]).fetchone()
    return int(row["value"]) if row is not None else 0
