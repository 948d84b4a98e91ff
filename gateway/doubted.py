"""What people begin, and what comes, while the clock is in doubt and stands behind: its time is told by the clock that is right.

A Pi starts with the time at which it stopped, hours or months ago. What was approved then would run out in the moment in which the clock is
set, whoever came in meanwhile would be out, who answered would get no reminder, and a campaign that was closed would soon forget its people.

Promises: what was begun before the doubt, or in another run of the machine, runs out when it should. Parts of the caller's transaction.
"""

import json
import sqlite3
from typing import Any

from gateway.clocktrust import STEP_S
from gateway.clockwords import Instant
from gateway.message import GOING
from gateway.rules import DAY_MS
from gateway.sessions import LINK_MS, SESSION_MS
from gateway.store import write

SETTING = "clock_doubts"
NO_LAST = 2**63 - 1  # as of the part that is not over
WHAT = (  # table, how long a row of it lives, which rows (of texts in the words of the partial indexes; reminders end with their day)
    ("message", DAY_MS, "state='awaiting' AND due_at IS NULL"),
    ("message", DAY_MS, f"{GOING} AND state='approved' AND due_at IS NULL"),
    ("session", SESSION_MS, "revoked_at IS NULL"),
    ("sign_in_link", LINK_MS, "used_at IS NULL"),
)


def begin(db: sqlite3.Connection, at: Instant) -> None:
    """The doubt begins: later rows are of it."""
    _keep(db, [_part(db, at)])


def go_on(db: sqlite3.Connection, at: Instant) -> None:
    """The doubt goes on: when the clock was set meanwhile, later rows stand behind by something else, or not at all."""
    parts = _parts(db)
    if parts and abs(at.offset_ms - parts[-1]["offset_ms"]) > STEP_S * 1000:
        with write(db):
            _keep(db, [*parts, _part(db, at)])


def end(db: sqlite3.Connection, at: Instant) -> None:
    """The clock is right now."""
    parts = _parts(db)
    for part, after in zip(parts, [*parts[1:], {}], strict=False):
        behind_ms = at.offset_ms - part["offset_ms"]
        if part["boot"] == at.boot and behind_ms > STEP_S * 1000:
            _set_right(db, part, after, behind_ms, at.wall_ms)
    db.execute("DELETE FROM setting WHERE key=?", [SETTING])


def _part(db: sqlite3.Connection, at: Instant) -> dict[str, Any]:
    tables = {"arrival", "inbound", "ledger", "answer", *(table for table, _, _ in WHAT)}
    newest = {table: db.execute(f"SELECT max(id) FROM {table}").fetchone()[0] or 0 for table in tables}
    closed = [row["id"] for row in db.execute("SELECT id FROM campaign WHERE state='closed'")]
    return {"boot": at.boot, "offset_ms": at.offset_ms, "closed": closed, **newest}


def _parts(db: sqlite3.Connection) -> list[dict[str, Any]]:
    row = db.execute("SELECT value FROM setting WHERE key=?", [SETTING]).fetchone()
    return [] if row is None else list(json.loads(row["value"]))


def _keep(db: sqlite3.Connection, parts: list[dict[str, Any]]) -> None:
    db.execute("INSERT OR REPLACE INTO setting (key, value) VALUES (?,?)", [SETTING, json.dumps(parts)])


def _set_right(
    db: sqlite3.Connection, part: dict[str, Any], after: dict[str, Any], behind_ms: int, now: int
) -> None:
    """What was written in this part of the doubt, until the next one."""

    def told(table: str) -> dict[str, int]:
        last = after.get(table, NO_LAST)
        return {"newest": part.get(table, NO_LAST), "last": last, "behind": behind_ms, "now": now}

    for table, life_ms, which in WHAT:
        db.execute(
            f"UPDATE {table} SET expires_at=created_at+:more WHERE {which} AND id>:newest AND id<=:last AND created_at+:behind<=:now "
            "AND expires_at<created_at+:more",
            {**told(table), "more": behind_ms + life_ms},
        )
    _came(db, told("inbound"))
    db.execute(  # else what a network repeats over the setting of the clock is no repeat
        "UPDATE arrival SET first_at=first_at+:behind WHERE id>:newest AND id<=:last AND first_at+:behind<=:now",
        told("arrival"),
    )
    db.execute(
        "UPDATE answer SET at=at+:behind WHERE id>:newest AND id<=:last AND at+:behind<=:now", told("answer")
    )
    _closed(db, part, after, behind_ms, now)
    # What was approved then comes after what it answers, still.
    approved = f"{GOING} AND state='approved' AND approval_id>:newest AND approval_id<=:last"
    db.execute(
        "UPDATE target SET texted_at=texted_at+:behind WHERE texted_at+:behind<=:now "
        f"AND id IN (SELECT target_id FROM message WHERE {approved})",
        told("ledger"),
    )
    db.execute(
        f"UPDATE message SET approved_at=approved_at+:behind WHERE {approved} AND approved_at+:behind<=:now",
        told("ledger"),
    )


def _came(db: sqlite3.Connection, told: dict[str, int]) -> None:
    """What people wrote meanwhile came when it came: else it is of before the text that it answers."""
    then = "id>:newest AND id<=:last"
    came = f"SELECT received_at FROM inbound WHERE {then} AND received_at+:behind<=:now"
    for column in ("waiting_at", "last_in_at", "last_at"):
        db.execute(
            f"UPDATE conversation SET {column}={column}+:behind WHERE id IN (SELECT conversation_id FROM inbound WHERE {then}) "
            f"AND {column} IN ({came} AND conversation_id=conversation.id)",
            told,
        )
    db.execute(
        f"UPDATE inbound SET received_at=received_at+:behind WHERE {then} AND received_at+:behind<=:now",
        told,
    )


def _closed(
    db: sqlite3.Connection, part: dict[str, Any], after: dict[str, Any], behind_ms: int, now: int
) -> None:
    """The people of a campaign that was closed meanwhile stay for its days from then."""
    closed = [row["id"] for row in db.execute("SELECT id FROM campaign WHERE state='closed'")]
    meanwhile = set(after.get("closed", closed)) - set(part.get("closed", closed))
    db.executemany(
        "UPDATE campaign SET closed_at=closed_at+:behind, purge_at=purge_at+:behind "
        "WHERE id=:id AND purged_at IS NULL AND closed_at+:behind<=:now",
        [{"id": each, "behind": behind_ms, "now": now} for each in meanwhile],
    )
