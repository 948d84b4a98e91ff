"""Ids that were given are given to no other row: the ledger, an open page, a setting or a station names a text by its id alone, and would mean
somebody else's once its person was erased.

SQLite gives the id of the newest row again when that row was deleted; and a backup knows of no id that was given since. Parts of the caller's
transaction.
"""

import sqlite3

SINCE = 1_000_000  # more than are given between a backup and its restore


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


def go_on(db: sqlite3.Connection, table: str, other: int) -> None:
    """No id is given here that another state of this database has given: its highest."""
    db.execute(
        "INSERT INTO setting (key, value) VALUES (?,?) ON CONFLICT (key) DO UPDATE SET "
        "value=max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))",
        [f"last_{table}", other],
    )


def begin_again(db: sqlite3.Connection, table: str) -> None:
    """The same where that state cannot be asked."""
    go_on(db, table, SINCE + int(db.execute(f"SELECT {last_id(table)}").fetchone()[0]))
