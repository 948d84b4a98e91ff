"""Opt-outs as a list: who is out, since when, what it stopped; taken elsewhere, undone by number. How a file of them is brought
is `gateway/optoutfile.py`.

An opt-out is kept as a keyed digest of the number (`gateway/optouts.py`), so that it outlives the person. The number can
be shown only while the person is still here; for an erased one, whoever knows the number can ask for it.
"""

import csv
import io
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from gateway import conversations, optouts
from gateway.errors import Refused
from gateway.people import User
from gateway.store import write

NEWEST = 2**62  # above every id
PIECE = 500
STOPPED = "state='withdrawn' AND reason LIKE '%asked to stop.%'"
WHY = {
    "text": "They texted it",
    "volunteer": "A volunteer pressed it",
    "coordinator": "A coordinator pressed it",
    "import": "From a file",
}
FROM_BESIDE = "They asked, or a file had them"


@dataclass(frozen=True)
class OptOut:
    """One open opt-out. `number` and `name` are "" once the person is erased; `stopped`: texts that did not go because of it."""

    id: int
    number: str
    name: str
    conversation_id: int | None
    source: str
    reason: str
    by: str
    since_at: int
    stopped: int


def counts(db: sqlite3.Connection) -> tuple[int, int]:
    """(people who are out, texts that their wish stopped)."""
    out = db.execute("SELECT count(*) FROM opt_out WHERE until_at IS NULL").fetchone()[0]
    stopped = db.execute(
        f"SELECT count(*) FROM conversation c CROSS JOIN message m ON m.conversation_id=c.id WHERE c.opted_out_at IS NOT NULL AND m.{STOPPED}"
    ).fetchone()[0]
    return int(out), int(stopped)


def newest(db: sqlite3.Connection, *, limit: int = 100, before: int | None = None) -> list[OptOut]:
    """The open opt-outs, the newest first; `before`: those older than the one with this id."""
    rows = db.execute(
        "SELECT o.*, u.name AS by_name FROM opt_out o LEFT JOIN user u ON u.id=o.by_id WHERE o.until_at IS NULL AND o.id<? "
        "ORDER BY o.id DESC LIMIT ?",
        [NEWEST if before is None else before, limit],
    ).fetchall()
    moments = json.dumps(sorted({row["since_at"] for row in rows}))
    known = {
        key: row
        for row in db.execute(  # an opt-out and its person bear the same moment: only these can be theirs
            "SELECT id, number, name FROM conversation WHERE opted_out_at IN (SELECT value FROM json_each(?))",
            [moments],
        )
        for key in conversations.number_keys(db, row["number"])
    }
    return [_one(db, row, known.get(row["number_key"])) for row in rows]


def from_beside(row: sqlite3.Row) -> bool:
    """Whether this opt-out is known only from the journal, which does not say how it came: a file always has who brought it."""
    return row["source"] == "import" and row["by_id"] is None


def everyone(db: sqlite3.Connection) -> Iterator[OptOut]:
    """All of them, the newest first, in pieces: memory does not grow with them."""
    before: int | None = None
    while piece := newest(db, limit=PIECE, before=before):
        yield from piece
        before = piece[-1].id


def _one(db: sqlite3.Connection, row: sqlite3.Row, person: sqlite3.Row | None) -> OptOut:
    stopped = 0
    if person is not None:
        stopped = db.execute(
            f"SELECT count(*) FROM message WHERE conversation_id=? AND {STOPPED}", [person["id"]]
        ).fetchone()[0]
    return OptOut(
        row["id"],
        person["number"] if person else "",
        person["name"] if person else "",
        person["id"] if person else None,
        FROM_BESIDE if from_beside(row) else WHY.get(row["source"], row["source"]),
        row["reason"],
        row["by_name"] or "",
        row["since_at"],
        stopped,
    )


def by_number(
    db: sqlite3.Connection, number: str, *, reason: str, by: User, now: int, source: str = "coordinator"
) -> bool:
    """Opt out whoever has this number (E.164), known here or not; False when they were out. No confirmation is sent to
    somebody whom nobody texted from here.
    """
    with write(db):
        conversation_id = conversations.ensure(db, conversations.sender(db, number, ""), now=now)
        texted = db.execute(
            "SELECT 1 FROM message WHERE conversation_id=? AND submitted_at IS NOT NULL", [conversation_id]
        ).fetchone()
        return optouts.opt_out(
            db, conversation_id, source=source, by=by, reason=reason, now=now, confirm=texted is not None
        )


def out_since(db: sqlite3.Connection, number: str) -> int | None:
    """Since when (ms) this number is out, also when its person was erased; None when it is not."""
    row = conversations.open_opt_out(db, number)
    return None if row is None else int(row["since_at"])


def undo_by_number(
    db: sqlite3.Connection, number: str, *, reason: str, by: User, now: int, drawn: int | None = None
) -> None:
    """End the opt-out of a number, with the reason; Refused when it is not out, or is since a moment after the page was `drawn` (ms)."""
    with write(db):
        since = out_since(db, number)
        if since is None:
            raise Refused(
                "Nobody with this number is opted out. Nothing was changed. Look at the number again."
            )
        if drawn is not None and drawn < since <= now:  # one from the future is a clock that was wrong
            raise Refused(
                "They asked to stop, or were opted out anew, while this page stood open. Nothing was changed. Read what they wrote, then decide."
            )
        conversation_id = conversations.ensure(db, conversations.sender(db, number, ""), now=now)
        optouts.undo(db, conversation_id, by=by, reason=reason, now=now)


def as_csv(db: sqlite3.Connection) -> Iterator[str]:
    """Every open opt-out whose number is still known here, line by line."""
    from gateway.exporting import safe
    from gateway.store import rfc3339

    yield _line(["number", "name", "since", "how", "reason"])
    for one in everyone(db):
        if one.number:
            yield _line([one.number, safe(one.name), rfc3339(one.since_at), one.source, safe(one.reason)])


def _line(cells: list[object]) -> str:
    made = io.StringIO()
    csv.writer(made).writerow(cells)
    return made.getvalue()
