"""The rows of `outbox --json` and `inbox --json`: the interface that other programs read, newest first."""

import sqlite3

from gateway.history import first_since
from gateway.message import GOES, GOING, STATES
from gateway.store import rfc3339

ALL = -1
STATES_BY_NAME = {name: name for name in STATES}  # only what stands here is ever written into a query


def outbox_rows(
    db: sqlite3.Connection,
    *,
    state: str | None = None,
    since: int | None = None,
    limit: int = 1000,
    ids: list[int] | None = None,
) -> list[dict[str, object]]:
    """Texts on their way out; `since` (ms) is when they were drafted; `limit` 0 is all."""
    where, values = ["1"], list[object]()
    if state is not None:  # written out, so that the partial index of that state is found
        where.append(f"m.state='{STATES_BY_NAME[state]}'" + (f" AND m.{GOING}" if state in GOES else ""))
    if since is not None:
        where.append("m.id>=? AND m.created_at>=?")
        values += [first_since(db, "message", "created_at", since), since]
    if ids is not None:
        where.append(f"m.id IN ({','.join('?' * len(ids))})")
        values += ids
    rows = db.execute(
        "SELECT m.*, c.number, u.name AS approver, p.name AS campaign FROM message m JOIN conversation c ON c.id=m.conversation_id "
        "LEFT JOIN user u ON u.id=m.approved_by LEFT JOIN target t ON t.id=m.target_id LEFT JOIN campaign p ON p.id=t.campaign_id "
        f"WHERE {' AND '.join(where)} ORDER BY {'m.id' if state is None else '+m.id'} DESC LIMIT ?",  # else read in order of id
        [*values, limit or ALL],
    ).fetchall()
    return [_outbox_row(db, row) for row in rows]


def _outbox_row(db: sqlite3.Connection, row: sqlite3.Row) -> dict[str, object]:
    delivered = row["state"] == "delivered"
    return {
        "id": row["id"],
        "state": row["state"],
        "reason": row["reason"],
        "not_before": rfc3339(row["not_before"]),
        "expires_at": rfc3339(row["expires_at"]),
        "to": row["number"],
        "text": row["text"],
        "campaign": row["campaign"],
        "approved_by": row["approver"],
        "approved_at": rfc3339(row["approved_at"]),
        "station": row["station"],
        "segments": _segments(db, row),
        "sent_at": rfc3339(row["sent_at"]),
        "delivered_at": rfc3339(row["reported_at"]) if delivered else None,
    }


# What the state of a text of one segment says of that segment.
_ONE_SEGMENT = {
    "submitted": "submitted",
    "sent": "accepted",
    "delivered": "accepted",
    "undelivered": "accepted",
    "uncertain": "unknown",
    "failed": "refused",
}


def _segments(db: sqlite3.Connection, row: sqlite3.Row) -> list[dict[str, object]]:
    total = row["total"]
    if total is None:
        return []
    if total == 1:
        return [{"seq": 1, "total": 1, "mr": row["mr"], "state": _ONE_SEGMENT.get(row["state"], "pending")}]
    parts = db.execute("SELECT * FROM segment WHERE message_id=? ORDER BY seq", [row["id"]])
    known = {"delivered": "accepted", "undelivered": "accepted"}
    return [
        {
            "seq": part["seq"],
            "total": total,
            "mr": part["mr"],
            "state": known.get(part["state"], part["state"]),
        }
        for part in parts
    ]


def inbox_rows(
    db: sqlite3.Connection, *, kind: str | None = None, since: int | None = None, limit: int = 1000
) -> list[dict[str, object]]:
    """Texts that came in; `since` (ms) is when they came; `limit` 0 is all."""
    where, values = ["1"], list[object]()
    if kind is not None:
        where.append("kind=?")
        values.append(kind)
    if since is not None:
        where.append("id>=? AND received_at>=?")
        values += [first_since(db, "inbound", "received_at", since), since]
    rows = db.execute(
        f"SELECT * FROM inbound WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?", [*values, limit or ALL]
    )
    return [
        {
            "id": row["id"],
            "from": row["number"],
            "text": row["text"],
            "kind": row["kind"],
            "received_at": rfc3339(row["received_at"]),
            "stamped_at": rfc3339(row["stamped_at"]),
            "station": row["station"],
            "conversation": row["conversation_id"],
        }
        for row in rows
    ]
