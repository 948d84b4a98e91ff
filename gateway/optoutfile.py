"""A file of numbers that are to be opted out, known here or not: brought, then taken like a list (`gateway/taking.py`).

It is a row of `contact_list` that brings opt-outs and nobody to text: no page of lists and no campaign knows it.

Promises: each opt-out holds from the commit of its row on, and is in the journal beside the database before. Rows that are
taken stay taken, whatever interrupts the rest; the same file again changes nothing. Nobody gets a text about it.

Fails with `Refused`, in words, when it is no file of numbers, or one of everybody.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from gateway import columns, conversations, journal, listfile, lists, optouts, people, rowreading, saysstop
from gateway.errors import Refused
from gateway.leftover import Leftover, Tally
from gateway.listfile import OPT_OUTS, Format, Upload
from gateway.lists import List
from gateway.people import User
from gateway.policy import may
from gateway.sheets import Row
from gateway.store import moment, write

NOT_ALL = (
    "This file is not only of people who asked to stop: {spared} of its first {of} rows have a no, or nothing, in a column for that, and "
    "every number of such a file is out. Nothing was changed. Bring the rows of those who did, or leave that column out if all of them did; "
    "or bring it as a list, where each row's own word counts."
)


@dataclass(frozen=True)
class Judged:
    """The numbers of one row, and what could not be read as one; a row with neither is told, too."""

    numbers: tuple[str, ...]
    left: Leftover | None


Found = tuple[Row, Judged]


@dataclass(frozen=True)
class Result:
    """What a file did: newly out, out already, rows that hold no number."""

    out: int
    known: int
    rejected: int


def bring(
    db: sqlite3.Connection, upload: Upload, *, name: str, region: str, database: Path, by: User, now: int
) -> int:
    """Let a file that came in be taken from now on; returns its id. The file goes when it is refused."""
    try:
        if not may(by.role, "undo_opt_out"):
            raise Refused("Only a coordinator brings opt-outs. Nothing was changed; ask one.")
        how = replace(listfile.guess(upload, region), brings=OPT_OUTS)
        meaning = listfile.meaning_of(upload.path, how)
        at = meaning.fields.get("number")
        if at is None:
            raise Refused("No column of this file holds telephone numbers. Nothing was changed.")
        first = [row.cells for row in listfile.first_rows(upload.path, how)]
        if spared := saysstop.spared(first, meaning):
            raise Refused(NOT_ALL.format(spared=spared, of=len(first)))
        # Whoever stopped is reached by none of theirs.
        reads = partial(_reads, region=region)
        also = columns.also_numbers(how.columns, first, at, header=how.header, reads=reads)
        rows = listfile.count(upload.path, how)
        today = moment(now).date().isoformat()
        with write(db):
            cursor = db.execute(
                "INSERT INTO contact_list (name, state, source, consented_on, file_digest, format, mapping, row_count, by_id, created_at) "
                "VALUES (?,'taking','opt-outs',?,?,?,?,?,?,?)",
                [
                    lists.clean_name(name) or f"Opt-outs of {moment(now):%d %B}",
                    today,
                    upload.digest,
                    json.dumps(asdict(how)),
                    json.dumps(
                        {"fields": {"number": at, **_countries(how)}, "kept": columns.kept(how.columns, also)}
                    ),
                    rows,
                    by.id,
                    now,
                ],
            )
            made = int(cursor.lastrowid or 0)
            upload.path.replace(listfile.path_of(database, made))
    finally:
        listfile.remove(upload.path)
    return made


def result(one: List) -> Result:
    """What it did, or has done so far."""
    return Result(*(one.counts.get(what, 0) for what in ("taken", "known", "rejected")))


class OptOuts:
    """How such a file is taken, for `taking.take`."""

    def __init__(self, db: sqlite3.Connection, one: List, region: str) -> None:
        row = db.execute("SELECT by_id FROM contact_list WHERE id=?", [one.id]).fetchone()
        self._by = replace(
            people.by_id(db, row["by_id"]), role="coordinator"
        )  # as they were when they brought it
        self._at = [one.meaning.fields["number"], *one.meaning.kept.values()]
        self._beside = {name: at for name, at in one.meaning.fields.items() if name != "number"}
        self._region = region

    def judge(self, row: Row) -> Judged:
        """The numbers of this row."""
        if row.problem:
            return Judged((), Leftover(row, "rejected", row.problem))
        written = [cell for at in self._at if at < len(row.cells) and (cell := row.cells[at]).strip()]
        found, left = list[str](), None
        for cell in written or [""]:
            theirs, objection = rowreading.every_number_of(cell, self._region)
            for number in theirs:
                # Its country may be that of the number, or the one that its person came from: in doubt both are out.
                found += [number, *rowreading.every_abroad(number, cell, row.cells, self._beside).values()]
            if objection is not None:
                left = left or Leftover(row, "rejected", str(objection))
        return Judged(tuple(dict.fromkeys(found)), left)

    def before(self, db: sqlite3.Connection, found: Sequence[Found], now: int) -> None:
        """Before the write lock is taken: what will be out is on the disk beside the database, with one fsync for all."""
        keys = conversations.digests(db, _numbers(db, found))
        out = conversations.open_opt_outs(db, keys)
        fresh = [{"number": each[0].hex()} for number, each in sorted(keys.items()) if number not in out]
        journal.of(db).note_all("opt_out", fresh, at=now)

    def put(
        self, db: sqlite3.Connection, found: Sequence[Found], tally: Tally, now: int
    ) -> Iterator[Leftover]:
        """Opt them out; yields the rows that hold no number, or one that cannot be read. Inside a transaction."""
        numbers = _numbers(db, found)
        strangers = optouts.opt_out_strangers(db, numbers, by=self._by, now=now)
        ids = conversations.ensure_all(db, ((number, "", None) for number in numbers), now=now)
        yield from (each.left for _, each in found if each.left is not None)
        for number in numbers:
            new = number in strangers or optouts.opt_out(
                db,
                ids[number],
                source="import",
                by=self._by,
                reason="",
                now=now,
                confirm=False,
                noted=True,
            )
            strangers.discard(number)  # in the next row that has it they are known
            tally.add("taken" if new else "known")


def _countries(how: Format) -> dict[str, int]:
    """The columns that say in which country a number is."""
    named = columns.kept(how.columns, range(len(how.columns)))
    return {name: at for name, at in named.items() if name in rowreading.COUNTRY}


def _reads(cell: str, region: str) -> bool:
    with suppress(Refused):
        return bool(rowreading.number_of(cell, region))
    return False


def _numbers(db: sqlite3.Connection, found: Sequence[Found]) -> list[str]:
    """As they are known here, where a country writes a mobile in two forms."""
    return [conversations.sender(db, number, "") for _, each in found for number in each.numbers]
