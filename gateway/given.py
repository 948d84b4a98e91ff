"""Ids that were given are given to no other row: the ledger, an open page, a setting or a station names a text by its id alone, and would mean
somebody else's once its person was erased.

SQLite gives the id of the newest row again when that row was deleted; and a backup knows of no id that was given since. Parts of the caller's
transaction.
"""

import contextlib
import sqlite3

# Their ids are in people's and programs' hands when a backup comes back: `textbank approve` names a text, `textbank inbox` which were seen,
# and a page what is half typed to whom.
OUTSIDE = ("conversation", "message", "inbound")
SINCE = 1_000_000  # more than are given between a backup and its restore


def last_id(table: str) -> str:
    """In SQL: the highest id that was given in this table."""
    return (
        f"max(coalesce((SELECT max(id) FROM {table}), 0), "
        f"coalesce((SELECT CAST(value AS INTEGER) FROM setting WHERE key='last_{table}'), 0))"
    )


def remember(db: sqlite3.Connection, table: str) -> None:
    """Call it before rows of this table go."""
    _keep(db, table, _last(db, table))


def begin_again(db: sqlite3.Connection, runs: int) -> None:
    """A backup is restored: what was given since it was made may be known to nobody. `runs`, as counted beside the database, are others when the
    same backup is restored again.
    """
    for table in OUTSIDE:
        _keep(db, table, _last(db, table) + SINCE * (1 + runs))


def count_on(db: sqlite3.Connection, before: sqlite3.Connection) -> None:
    """The database that the backup replaces is whole, and knows."""
    for table in OUTSIDE:
        with contextlib.suppress(sqlite3.Error):  # one that is none of ours
            last = _last(before, table)
            if last >= db.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0]:
                _keep(db, table, last)


def _last(db: sqlite3.Connection, table: str) -> int:
    return int(db.execute(f"SELECT {last_id(table)}").fetchone()[0])


def _keep(db: sqlite3.Connection, table: str, last: int) -> None:
    db.execute("INSERT OR REPLACE INTO setting (key, value) VALUES (?,?)", [f"last_{table}", last])
