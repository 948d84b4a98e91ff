"""Opt-outs as a list: who is out, since when, what it stopped; brought from elsewhere, taken elsewhere, undone by number.

An opt-out is kept as a keyed digest of the number (`gateway/optouts.py`), so that it outlives the person. The number can
be shown only while the person is still here; for an erased one, whoever knows the number can ask for it.

Promises: numbers brought by a file that nobody here knows are out like any others, before any list can bring them.
"""

import csv
import io
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from gateway import columns, conversations, optouts, rowreading, sheets
from gateway.errors import Refused
from gateway.people import User
from gateway.policy import may
from gateway.sheets import Row
from gateway.store import write

MOST_ROWS = 5_000  # each is on the disk, here and in the journal, before the next
MOST_BYTES = 4 * 1024 * 1024
STOPPED = "state='withdrawn' AND reason LIKE '%asked to stop.%'"
WHY = {
    "text": "They texted it",
    "volunteer": "A volunteer's note",
    "coordinator": "A coordinator's note",
    "import": "From a file",
}


@dataclass(frozen=True)
class OptOut:
    """One open opt-out. `number` and `name` are "" once the person is erased; `stopped`: texts that did not go because of it."""

    number: str
    name: str
    conversation_id: int | None
    source: str
    reason: str
    by: str
    since_at: int
    stopped: int


@dataclass(frozen=True)
class Brought:
    """What a file of numbers did: newly out, out already, and each row that is no number (row, what stood there, why)."""

    out: int
    known: int
    rejected: tuple[tuple[int, str, str], ...]


def counts(db: sqlite3.Connection) -> tuple[int, int]:
    """(people who are out, texts that their wish stopped)."""
    out = db.execute("SELECT count(*) FROM opt_out WHERE until_at IS NULL").fetchone()[0]
    stopped = db.execute(
        f"SELECT count(*) FROM conversation c CROSS JOIN message m ON m.conversation_id=c.id WHERE c.opted_out_at IS NOT NULL AND m.{STOPPED}"
    ).fetchone()[0]
    return int(out), int(stopped)


def newest(db: sqlite3.Connection, *, limit: int = 100) -> list[OptOut]:
    """The open opt-outs, the newest first."""
    known = {
        key: row
        for row in db.execute("SELECT id, number, name FROM conversation WHERE opted_out_at IS NOT NULL")
        for key in conversations.number_keys(db, row["number"])
    }
    rows = db.execute(
        "SELECT o.*, u.name AS by_name FROM opt_out o LEFT JOIN user u ON u.id=o.by_id WHERE o.until_at IS NULL ORDER BY o.id DESC LIMIT ?",
        [limit],
    ).fetchall()
    return [_one(db, row, known.get(row["number_key"])) for row in rows]


def _one(db: sqlite3.Connection, row: sqlite3.Row, person: sqlite3.Row | None) -> OptOut:
    stopped = 0
    if person is not None:
        stopped = db.execute(
            f"SELECT count(*) FROM message WHERE conversation_id=? AND {STOPPED}", [person["id"]]
        ).fetchone()[0]
    return OptOut(
        person["number"] if person else "",
        person["name"] if person else "",
        person["id"] if person else None,
        WHY.get(row["source"], row["source"]),
        row["reason"],
        row["by_name"] or "",
        row["since_at"],
        stopped,
    )


def bring(db: sqlite3.Connection, content: bytes, *, region: str, by: User, now: int) -> Brought:
    """Opt out every number of a CSV file, known here or not; Refused when it is no such file. One transaction a person."""
    if not may(by.role, "undo_opt_out"):
        raise Refused("Only a coordinator brings opt-outs. Nothing was changed.")
    rows = _rows(content, region)
    first = [row.cells for row in rows[: columns.SAMPLE]]
    header = columns.has_header(first)
    names = columns.column_names(first[0] if header else None, max(len(cells) for cells in first))
    at = columns.guess(names, first[1:] if header else first).fields.get("number")
    if at is None:
        raise Refused("No column of this file holds telephone numbers. Nothing was changed.")
    out = known = 0
    rejected: list[tuple[int, str, str]] = []
    for row in rows[1:] if header else rows:
        cell = row.cells[at] if at < len(row.cells) else ""
        try:
            number, _ = rowreading.number_of(cell, region)
        except Refused as refusal:
            rejected.append((row.number, cell[:80], str(refusal)))
            continue
        if by_number(db, number, reason="", by=by, now=now, source="import"):
            out += 1
        else:
            known += 1
    return Brought(out, known, tuple(rejected))


def _rows(content: bytes, region: str) -> list[Row]:
    if len(content) > MOST_BYTES:
        raise Refused(
            f"This file is larger than {MOST_BYTES // 2**20} MB. Nothing was changed. Keep the column of numbers only."
        )
    try:
        content.decode("utf-8")
        is_utf8 = True
    except UnicodeDecodeError:
        is_utf8 = False
    sheet = sheets.guess(content, region, is_utf8=is_utf8, whole=True)
    text = io.StringIO(content.decode(sheet.encoding, "replace"), newline="")
    rows = list(islice(sheets.rows(text, sheet), MOST_ROWS + 1))
    if len(rows) > MOST_ROWS:
        raise Refused(f"This file has more than {MOST_ROWS:,} rows. Nothing was changed. Split it.")
    return rows


def by_number(
    db: sqlite3.Connection, number: str, *, reason: str, by: User, now: int, source: str = "coordinator"
) -> bool:
    """Opt out whoever has this number (E.164), known here or not; False when they were out. No confirmation is sent to
    somebody whom nobody texted from here.
    """
    with write(db):
        conversation_id = conversations.ensure(db, number, now=now)
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


def undo_by_number(db: sqlite3.Connection, number: str, *, reason: str, by: User, now: int) -> None:
    """End the opt-out of a number, with the reason; Refused when it is not out."""
    with write(db):
        if out_since(db, number) is None:
            raise Refused(
                "Nobody with this number is opted out. Nothing was changed. Look at the number again."
            )
        conversation_id = conversations.ensure(db, number, now=now)
        optouts.undo(db, conversation_id, by=by, reason=reason, now=now)


def as_csv(db: sqlite3.Connection) -> Iterator[str]:
    """Every open opt-out whose number is still known here, line by line."""
    from gateway.exporting import safe
    from gateway.store import rfc3339

    yield _line(["number", "name", "since", "how", "reason"])
    for one in newest(db, limit=-1):
        if one.number:
            yield _line([one.number, safe(one.name), rfc3339(one.since_at), one.source, safe(one.reason)])


def _line(cells: list[object]) -> str:
    made = io.StringIO()
    csv.writer(made).writerow(cells)
    return made.getvalue()
