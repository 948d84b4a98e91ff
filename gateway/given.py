"""Ids that were given are given to no other row: the ledger, an open page, a setting or a station names a text by its id alone, and would mean
somebody else's once its person was erased.

SQLite gives the id of the newest row again when that row was deleted. Parts of the caller's transaction.
"""

import sqlite3


def last_id(table: str) -> str:
    """In SQL: the highest id that was given in this table."""
    return (
        f"max(coalesce((SELECT max(id) FROM {table}), 0), "
        f"coalesce((SELECT CAST(value AS INTEGER) FROM setting WHERE key='last_{table}'), 0))"
    )


def remember(db: sqlite3.Connection, table: str) -> None:
    """Call it before rows of this table go."""
    db.execute(
        f"INSERT OR REPLACE INTO setting (key, value) VALUES (?, (SELECT {last_id(table)}))",
        [f"last_{table}"],
    )
