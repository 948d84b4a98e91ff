"""The reply governor: no new people while those who wrote, and those who will soon, are more than the volunteers on hand can answer.

How many will write is told by how many of those texted a little earlier did. Promises: until enough have been texted to tell,
only who waits counts; what it reads is bounded by the newest texts.
"""

import sqlite3

from gateway.rules import HOUR_MS

ON_HAND_MS = HOUR_MS // 4  # a volunteer was here so lately
SOON_MS = HOUR_MS // 3  # most who answer do so within this of their text
NEWEST = 2000  # texts that are looked at
ENOUGH = 20  # people texted earlier, before they tell anything
TO_ANSWER = (
    "waiting_at IS NOT NULL AND opted_out_at IS NULL"  # whoever asked to stop is read, and cannot be answered
)


def hold_back(db: sqlite3.Connection, each: int, *, now: int) -> str | None:
    """Why nobody gets new people now; None when the room can manage. `each`: open replies that one volunteer can."""
    waiting = int(db.execute(f"SELECT count(*) FROM conversation WHERE {TO_ANSWER}").fetchone()[0])
    on_hand = (
        db.execute(  # when a device was here is written once an hour: who sends is known from what they sent
            "SELECT count(*) FROM user u WHERE u.disabled_at IS NULL AND u.role<>'technician' AND u.id IN ("
            "SELECT user_id FROM session WHERE seen_at>:since AND revoked_at IS NULL UNION ALL "
            "SELECT user_id FROM ledger WHERE id>(SELECT max(id) FROM ledger)-:newest AND at>:since)",
            {"since": now - ON_HAND_MS, "newest": NEWEST},
        ).fetchone()[0]
    )
    most = each * max(1, on_hand)
    soon = expected(db, now=now)
    if waiting + soon <= most:
        return None
    if waiting > most or not soon:
        return f"{waiting} people wait for an answer. Answer some of them in the inbox; then new people come."
    return (
        f"{waiting or 'No'} {'person waits' if waiting == 1 else 'people wait'} for an answer, and about {soon} more will write soon, if as many "
        "do as before. Those who are here cannot answer more than that; new people come in a few minutes."
    )


def expected(db: sqlite3.Connection, *, now: int) -> int:
    """How many of those who got their first text a moment ago will write, as of those who got theirs before."""
    row = db.execute(
        "SELECT coalesce(sum(fresh AND NOT wrote), 0) AS fresh, coalesce(sum(NOT fresh), 0) AS earlier, "
        "coalesce(sum(NOT fresh AND wrote), 0) AS wrote "
        "FROM (SELECT t.texted_at>:since AS fresh, coalesce(c.last_in_at>t.texted_at, 0) AS wrote FROM message m "
        "JOIN target t ON t.message_id=m.id JOIN conversation c ON c.id=m.conversation_id "
        "WHERE m.id>(SELECT max(id) FROM message)-:newest AND t.texted_at IS NOT NULL)",
        {"since": now - SOON_MS, "newest": NEWEST},
    ).fetchone()
    return round(row["fresh"] * row["wrote"] / row["earlier"]) if row["earlier"] >= ENOUGH else 0
