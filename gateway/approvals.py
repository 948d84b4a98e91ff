"""The approval ledger for people: its newest rows with who and to whom, and all of it as CSV.

Promises: whoever was erased stays a row without a name; the CSV names nobody who was texted, and carries what verifies the
chain elsewhere (`gateway/ledger.py`). Reads only.
"""

import sqlite3
from collections.abc import Iterator

from gateway.listcsv import BOM, line
from gateway.store import rfc3339

PIECE = 500
ACTS = {
    "approve": "Approved",
    "standing": "Standing approval",
    "covered": "Covered by a standing approval",
}


def newest(db: sqlite3.Connection, *, before: int | None = None, limit: int) -> list[sqlite3.Row]:
    """Rows with id, at, act, channel, os_user, message_id, chain, by (a user's name, "" for none), state of the text, number and
    name of its person, both "" when they were erased or their texts deleted; the newest first, older ones from `before` on.
    """
    return db.execute(
        "SELECT l.id, l.at, l.act, l.channel, l.os_user, l.message_id, substr(hex(l.mac), 1, 16) AS chain, coalesce(u.name, '') AS by, "
        "m.state, coalesce(c.number, '') AS number, coalesce(c.name, '') AS name FROM ledger l LEFT JOIN user u ON u.id=l.user_id "
        "LEFT JOIN message m ON m.id=l.message_id LEFT JOIN conversation c ON c.id=m.conversation_id "
        "WHERE l.id<? ORDER BY l.id DESC LIMIT ?",
        [2**62 if before is None else before, limit],
    ).fetchall()


def as_csv(db: sqlite3.Connection) -> Iterator[str]:
    """Every row, the oldest first: what `verify` walks."""
    yield BOM + line(
        [
            "id",
            "approved_at",
            "act",
            "message_id",
            "user_id",
            "person",
            "channel",
            "os_user",
            "digest",
            "chain",
        ]
    )
    after = 0
    while rows := db.execute(
        "SELECT l.*, u.name AS person FROM ledger l LEFT JOIN user u ON u.id=l.user_id WHERE l.id>? ORDER BY l.id LIMIT ?",
        [after, PIECE],
    ).fetchall():
        for row in rows:
            yield line(
                [
                    *(
                        row["id"],
                        rfc3339(row["at"]),
                        row["act"],
                        row["message_id"],
                        row["user_id"],
                        row["person"],
                    ),
                    *(row["channel"], row["os_user"], row["digest"].hex(), row["mac"].hex()),
                ]
            )
        after = rows[-1]["id"]
