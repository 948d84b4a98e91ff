"""Somebody wrote whom nobody knew, and their network left their country away: whose text it was shows when a list brings the number.

Promises: what they wrote then stands in their own conversation. A stop among it is for a person, for another country may have the same
number; whom a person took off the list by what they wrote stays off.
"""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress

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
    theirs: dict[str, list[sqlite3.Row]] = {}  # several, where two networks left away more and less
    for row in rows:
        found = numbers.written_so(by_tail[row["tail"]], row["number"].lstrip("0"))
        if len(found) == 1:
            theirs.setdefault(found[0], []).append(row)
    for number, of_one in theirs.items():
        with write(db):
            for other in of_one[1:]:
                _join(db, other["id"], of_one[0]["id"])
            _rename(db, of_one, number, fresh[number], key_of)
    return {number: int(of_one[0]["id"]) for number, of_one in theirs.items()}


def _join(db: sqlite3.Connection, other: int, into: int) -> None:
    """What came into the one conversation and was noted there stands in the other."""
    from gateway.conversations import remember_gone

    for what in ("inbound", "note", "tag"):
        db.execute(f"UPDATE OR IGNORE {what} SET conversation_id=? WHERE conversation_id=?", [into, other])
    db.execute("DELETE FROM tag WHERE conversation_id=?", [other])  # which both had
    db.execute(
        "UPDATE conversation SET "
        "last_in_at=coalesce(max(conversation.last_in_at, o.last_in_at), conversation.last_in_at, o.last_in_at), "
        "waiting_at=coalesce(min(conversation.waiting_at, o.waiting_at), conversation.waiting_at, o.waiting_at) "
        "FROM conversation o WHERE conversation.id=? AND o.id=?",
        [into, other],
    )
    remember_gone(db, other)
    with suppress(sqlite3.IntegrityError):  # something else is in it: it stays
        db.execute("DELETE FROM conversation WHERE id=?", [other])


def _rename(
    db: sqlite3.Connection,
    rows: list[sqlite3.Row],
    number: str,
    out_since: int | None,
    key_of: Callable[[str], bytes],
) -> None:
    said = db.execute(
        "SELECT text FROM inbound WHERE conversation_id=? AND kind IN ('text', 'flash') AND replaced_by IS NULL",
        [rows[0]["id"]],
    )
    asks = any(optout.triage(each["text"]).kind in ("stop", "ask") for each in said)
    out = [row for row in rows if row["opted_out_at"] is not None]
    out_at = min((row["opted_out_at"] for row in out), default=out_since)
    for row in out:
        key = key_of(number)
        journal.of(db).note("opt_out", at=row["opted_out_at"], number=key.hex())
        db.execute(
            "UPDATE OR IGNORE opt_out SET number_key=? WHERE number_key=? AND until_at IS NULL",
            [key, key_of(row["number"])],
        )
    db.execute(
        "UPDATE conversation SET number=?, opted_out_at=?, asks_opt_out=? WHERE id=?",
        [number, out_at, int(asks and out_at is None), rows[0]["id"]],
    )
    # What is to come of a long text comes under the new one.
    db.executemany(
        "UPDATE arrival SET number=? WHERE number=? AND total IS NOT NULL AND inbound_id IS NULL",
        [(number, row["number"]) for row in rows],
    )
