"""Somebody wrote whom nobody knew, and their network left their country away: whose text it was shows when a list brings the number.

Promises: what they wrote then stands in their own conversation. A stop among it is for a person, for another country may have the same
number; whom a person took off the list by what they wrote stays off.
"""

import sqlite3
from collections.abc import Callable, Mapping

from gateway import journal, numbers, optout
from gateway.store import write


def adopt(
    db: sqlite3.Connection, fresh: Mapping[str, int | None], key_of: Callable[[str], bytes]
) -> dict[str, int]:
    """Make the conversation of such a sender that of the one among these new numbers (E.164; since when they are out) whose number it is;
    its id by that number. `key_of`: under which an opt-out stands.
    """
    by_tail: dict[str, list[str]] = {}
    for number in fresh:
        by_tail.setdefault(numbers.tail(number) or number, []).append(number)
    marks = ",".join("?" * len(by_tail))
    rows = db.execute(
        f"SELECT id, number, tail, opted_out_at FROM conversation WHERE tail IN ({marks}) AND number NOT LIKE '+%' ORDER BY id",
        list(by_tail),
    ).fetchall()
    ids: dict[str, int] = {}
    for row in rows:
        digits = row["number"].lstrip("0")
        found = [number for number in by_tail[row["tail"]] if numbers.is_written_so(number, digits)]
        if len(found) == 1 and found[0] not in ids:
            _rename(db, row, found[0], fresh[found[0]], key_of)
            ids[found[0]] = int(row["id"])
    return ids


def _rename(
    db: sqlite3.Connection,
    row: sqlite3.Row,
    number: str,
    out_since: int | None,
    key_of: Callable[[str], bytes],
) -> None:
    said = db.execute(
        "SELECT text FROM inbound WHERE conversation_id=? AND kind IN ('text', 'flash') AND replaced_by IS NULL",
        [row["id"]],
    )
    asks = any(optout.triage(each["text"]).kind in ("stop", "ask") for each in said)
    out_at = out_since if row["opted_out_at"] is None else row["opted_out_at"]
    with write(db):
        if row["opted_out_at"] is not None:
            key = key_of(number)
            journal.of(db).note("opt_out", at=row["opted_out_at"], number=key.hex())
            db.execute(
                "UPDATE OR IGNORE opt_out SET number_key=? WHERE number_key=? AND until_at IS NULL",
                [key, key_of(row["number"])],
            )
        db.execute(
            "UPDATE conversation SET number=?, opted_out_at=?, asks_opt_out=? WHERE id=?",
            [number, out_at, int(asks and out_at is None), row["id"]],
        )
        # What is to come of a long text comes under the new one.
        db.execute(
            "UPDATE arrival SET number=? WHERE number=? AND total IS NOT NULL AND inbound_id IS NULL",
            [number, row["number"]],
        )
