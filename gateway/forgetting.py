"""What lists and campaigns know of a person, for `gateway/erasing.py`: contacts, rows of files, targets, answers, notes, tags.

Promises: part of the caller's transaction. A number is found in the rows that were not taken however it was written there.
"""

import json
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from gateway.errors import Refused

TAIL = 8  # digits: the same number with and without its country code
LOOKS = re.compile(r"[\d\s().+/\-–·]{6,}")


def waiting_files(db: sqlite3.Connection) -> list[sqlite3.Row]:
    """The lists (id, name) whose file lies beside the database: it may name anybody."""
    return db.execute(
        "SELECT id, name FROM contact_list WHERE state IN ('staged','taking') AND format<>'{}' ORDER BY id"
    ).fetchall()


def refuse_while_files_wait(db: sqlite3.Connection) -> None:
    """Refused while a file may name the person."""
    names = [f"“{row['name']}”" for row in waiting_files(db)]
    if names:
        raise Refused(
            f"{'The file of the list' if len(names) == 1 else 'The files of the lists'} {', '.join(names)} "
            f"{'is' if len(names) == 1 else 'are'} not taken yet, and may name this person. Nothing was changed. "
            f"Take {'that list or delete it' if len(names) == 1 else 'those lists or delete them'}, then erase."
        )


def forget_answers(db: sqlite3.Connection, conversation_id: int) -> None:
    """What they answered; before their texts go."""
    db.execute(
        "DELETE FROM answer WHERE target_id IN (SELECT id FROM target WHERE conversation_id=:id) "
        "OR message_id IN (SELECT id FROM message WHERE conversation_id=:id)",
        {"id": conversation_id},
    )


def forget_contacts(db: sqlite3.Connection, conversation_id: int) -> None:
    """Everybody at this number, in every list and campaign; after their texts are gone."""
    for table in ("target", "note", "tag"):
        db.execute(f"DELETE FROM {table} WHERE conversation_id=?", [conversation_id])
    db.execute(
        "DELETE FROM list_member WHERE contact_id IN (SELECT id FROM contact WHERE conversation_id=?)",
        [conversation_id],
    )
    db.execute("DELETE FROM contact WHERE conversation_id=?", [conversation_id])


def rows_with(db: sqlite3.Connection, number: str) -> list[sqlite3.Row]:
    """The rows of files that were not taken and hold this number: list_id, list (its name), row, reason, cells."""
    tail = re.sub(r"\D", "", number)[-TAIL:]
    if len(tail) < TAIL:
        return []
    return [
        row
        for row in db.execute(
            "SELECT r.list_id, r.row, r.reason, r.cells, l.name AS list FROM list_row r JOIN contact_list l ON l.id=r.list_id"
        )
        if any(
            tail in re.sub(r"\D", "", part)
            for cell in json.loads(row["cells"])
            for part in LOOKS.findall(cell)
        )
    ]


@dataclass(frozen=True)
class Looked:
    """The rows of files that hold a number, found before the write lock is taken: seconds for a hundred thousand of them."""

    number: str
    rows: list[tuple[int, int]]
    newest: int | None  # the newest list there was

    @classmethod
    def of(cls, db: sqlite3.Connection, number: str) -> "Looked":
        """Look now."""
        newest = _newest(db)
        return cls(number, [(row["list_id"], row["row"]) for row in rows_with(db, number)], newest)


def forget_rows(db: sqlite3.Connection, looked: Looked) -> int:
    """Those rows; returns how many. Looks again when a list came meanwhile; of those that were there all are taken."""
    if looked.newest != _newest(db):
        looked = Looked.of(db, looked.number)
    db.executemany("DELETE FROM list_row WHERE list_id=? AND row=?", looked.rows)
    return len(looked.rows)


def _newest(db: sqlite3.Connection) -> int | None:
    newest: int | None = db.execute("SELECT max(id) FROM contact_list").fetchone()[0]
    return newest


def forget_rows_of(db: sqlite3.Connection, erased: Callable[[str], bool]) -> None:
    """The rows of files that hold the number of somebody who is `erased`, in any of the countries in which people here live."""
    countries = {
        row["number"][1 : 1 + digits]
        for row in db.execute(
            "SELECT DISTINCT substr(number, 1, 4) AS number FROM conversation WHERE number LIKE '+%'"
        )
        for digits in range(4)
    }
    for row in db.execute("SELECT list_id, row, cells FROM list_row").fetchall():
        found = {
            re.sub(r"\D", "", part).lstrip("0")
            for cell in json.loads(row["cells"])
            for part in LOOKS.findall(cell)
        }
        if any(erased(f"+{country}{digits}") for digits in found for country in countries):
            db.execute("DELETE FROM list_row WHERE list_id=? AND row=?", [row["list_id"], row["row"]])
