"""What people begin, and what comes, while the clock is in doubt and stands behind: its time is told by the clock that is right.

A Pi starts with the time at which it stopped, hours or months ago. What was approved then would run out in the moment in which the clock is
set, and whoever came in meanwhile would be out.

Promises: what was begun before the doubt, or in another run of the machine, runs out when it should. Parts of the caller's transaction.
"""

import json
import sqlite3

from gateway.clocktrust import STEP_S
from gateway.clockwords import Instant
from gateway.message import GOING
from gateway.rules import DAY_MS
from gateway.sessions import LINK_MS, SESSION_MS

SETTING = "clock_doubt"
WHAT = (  # table, how long a row of it lives, which rows (of texts in the words of the partial indexes; reminders end with their day)
    ("message", DAY_MS, "state='awaiting' AND due_at IS NULL"),
    ("message", DAY_MS, f"{GOING} AND state='approved' AND due_at IS NULL"),
    ("session", SESSION_MS, "revoked_at IS NULL"),
    ("sign_in_link", LINK_MS, "used_at IS NULL"),
)


def begin(db: sqlite3.Connection, at: Instant) -> None:
    """The doubt begins: later rows are of it."""
    tables = {"inbound", "ledger", *(table for table, _, _ in WHAT)}
    newest = {table: db.execute(f"SELECT max(id) FROM {table}").fetchone()[0] or 0 for table in tables}
    db.execute(
        "INSERT OR REPLACE INTO setting (key, value) VALUES (?,?)",
        [SETTING, json.dumps({"boot": at.boot, "offset_ms": at.offset_ms, **newest})],
    )


def end(db: sqlite3.Connection, at: Instant) -> None:
    """The clock is right now."""
    row = db.execute("SELECT value FROM setting WHERE key=?", [SETTING]).fetchone()
    if row is None:
        return
    db.execute("DELETE FROM setting WHERE key=?", [SETTING])
    began = json.loads(row["value"])
    behind_ms = at.offset_ms - began["offset_ms"]
    if began["boot"] != at.boot or behind_ms <= STEP_S * 1000:
        return
    for table, life_ms, which in WHAT:
        db.execute(
            f"UPDATE {table} SET expires_at=created_at+:more WHERE {which} AND id>:newest AND created_at+:behind<=:now "
            "AND expires_at<created_at+:more",
            {
                "more": behind_ms + life_ms,
                "behind": behind_ms,
                "newest": began[table],
                "now": at.wall_ms,
            },
        )
    told = {"behind": behind_ms, "now": at.wall_ms}
    _came(db, {**told, "newest": began["inbound"]})
    # What was approved then comes after what it answers, still.
    approved = f"{GOING} AND state='approved' AND approval_id>:newest"
    told["newest"] = began["ledger"]
    db.execute(
        "UPDATE target SET texted_at=texted_at+:behind WHERE texted_at+:behind<=:now "
        f"AND id IN (SELECT target_id FROM message WHERE {approved})",
        told,
    )
    db.execute(
        f"UPDATE message SET approved_at=approved_at+:behind WHERE {approved} AND approved_at+:behind<=:now",
        told,
    )


def _came(db: sqlite3.Connection, told: dict[str, int]) -> None:
    """What people wrote meanwhile came when it came: else it is of before the text that it answers."""
    came = "SELECT received_at FROM inbound WHERE id>:newest AND received_at+:behind<=:now"
    for column in ("waiting_at", "last_in_at", "last_at"):
        db.execute(
            f"UPDATE conversation SET {column}={column}+:behind WHERE id IN (SELECT conversation_id FROM inbound WHERE id>:newest) "
            f"AND {column} IN ({came} AND conversation_id=conversation.id)",
            told,
        )
    db.execute(
        "UPDATE inbound SET received_at=received_at+:behind WHERE id>:newest AND received_at+:behind<=:now",
        told,
    )
