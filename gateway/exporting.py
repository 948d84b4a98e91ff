"""Everything about people as CSV files, for another program or for the group's own records.

Promises: UTF-8 with a mark that spreadsheets know, one header line, times as RFC 3339 in UTC, numbers E.164; a cell that a spreadsheet would take for
a formula has an apostrophe before it, and so has one that came with such an apostrophe: `original` takes exactly one away again. A control character
is a picture of itself (␀, ␛). A folder that is not empty is left alone.
"""

import csv
import re
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from gateway import visible
from gateway.errors import Refused
from gateway.store import rfc3339

FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")  # also behind apostrophes, so that taking one away is exact
FILES = {  # file: its query; a column that ends in _at is a time
    "people.csv": "SELECT number, name, zone, opted_out_at, last_in_at, last_at FROM conversation ORDER BY id",
    "texts.csv": (
        "SELECT m.id, c.number, c.name, c.opted_out_at, m.state, m.text, u.name AS approved_by, m.approved_at, m.submitted_at, m.sent_at, "
        "m.reported_at, m.station, m.reason FROM message m JOIN conversation c ON c.id=m.conversation_id "
        "LEFT JOIN user u ON u.id=m.approved_by ORDER BY m.id"
    ),
    "answers.csv": (
        "SELECT i.id, i.number, c.name, c.opted_out_at, i.kind, i.text, i.triage, i.received_at, i.stamped_at, i.station FROM inbound i "
        "LEFT JOIN conversation c ON c.id=i.conversation_id ORDER BY i.id"
    ),
    "opt-outs.csv": (
        "SELECT c.number, c.name, c.opted_out_at FROM conversation c WHERE c.opted_out_at IS NOT NULL ORDER BY c.opted_out_at"
    ),
    "contacts.csv": (
        "SELECT v.number, c.first_name, c.last_name, c.language, c.zone, c.landline, v.opted_out_at, c.source, c.consented_on, c.fields "
        "FROM contact c JOIN conversation v ON v.id=c.conversation_id ORDER BY c.id"
    ),
    "lists.csv": (
        "SELECT l.name AS list, v.number, c.first_name, c.last_name, v.opted_out_at FROM list_member m JOIN contact_list l ON l.id=m.list_id "
        "JOIN contact c ON c.id=m.contact_id JOIN conversation v ON v.id=c.conversation_id WHERE l.state='ready' ORDER BY l.id, c.id"
    ),
    "not-taken.csv": (
        "SELECT l.name AS list, r.row, r.outcome, r.reason, r.cells FROM list_row r JOIN contact_list l ON l.id=r.list_id "
        "WHERE l.state<>'deleted' ORDER BY l.id, r.row"
    ),
    "campaigns.csv": (
        "SELECT p.name AS campaign, v.number, t.state, t.reason, t.texted_at, v.opted_out_at FROM target t JOIN campaign p ON p.id=t.campaign_id "
        "JOIN conversation v ON v.id=t.conversation_id ORDER BY t.id"
    ),
    "recorded.csv": (
        "SELECT p.name AS campaign, v.number, a.field, a.value, u.name AS recorded_by, a.at AS recorded_at, a.undone_at FROM answer a "
        "JOIN target t ON t.id=a.target_id JOIN campaign p ON p.id=t.campaign_id JOIN conversation v ON v.id=t.conversation_id "
        "LEFT JOIN user u ON u.id=a.by_id ORDER BY a.id"
    ),
    "notes.csv": (
        "SELECT v.number, n.text, u.name AS written_by, n.at AS written_at FROM note n JOIN conversation v ON v.id=n.conversation_id "
        "LEFT JOIN user u ON u.id=n.by_id ORDER BY n.id"
    ),
    "tags.csv": "SELECT v.number, t.tag FROM tag t JOIN conversation v ON v.id=t.conversation_id ORDER BY v.id, t.tag",
    "approvals.csv": (
        "SELECT l.id, l.at AS approved_at, l.act, l.message_id, u.name AS person, l.channel, hex(l.mac) AS chain FROM ledger l "
        "LEFT JOIN user u ON u.id=l.user_id ORDER BY l.id"
    ),
}
E164 = re.compile(r"\+[0-9]+")  # its + is no formula; a sender may also be a name, and names are free


def export(db: sqlite3.Connection, folder: Path) -> dict[str, int]:
    """Write every file into `folder` (made when it is not there); the rows in each."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if any(folder.iterdir()):
            raise Refused(f"{folder} is not empty. Nothing was written; name a new folder.")
        db.execute("BEGIN")  # one moment for all files
        try:
            return {name: _write(folder / name, db.execute(query)) for name, query in FILES.items()}
        finally:
            db.execute("ROLLBACK")
    except OSError as error:
        raise Refused(
            f"The export could not be written to {folder}: {error.strerror}. "
            "What is there is not whole. Name a new folder, where there is room and this user may write."
        ) from error


def defused(cell: str) -> str:
    """The cell as it is written: no spreadsheet takes it for a formula."""
    return "'" + cell if FORMULA.match(cell) and not E164.fullmatch(cell) else cell


def original(cell: str) -> str:
    """The value of a cell that `defused` wrote."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell) else cell


def _write(path: Path, rows: sqlite3.Cursor) -> int:
    names = [column[0] for column in rows.description]
    count = 0
    with path.open("x", encoding="utf-8-sig", newline="") as file:
        path.chmod(0o600)
        writer = csv.writer(file)
        writer.writerow(names)
        for row in rows:
            writer.writerow(_cells(names, row))
            count += 1
    return count


def _cells(names: list[str], row: Iterable[object]) -> list[object]:
    cells: list[object] = []
    for name, value in zip(names, row, strict=True):
        if name.endswith("_at") and isinstance(value, int):
            cells.append(rfc3339(value))
        else:
            cells.append(safe(value))
    return cells


def safe(value: object) -> object:
    """A cell that no spreadsheet takes for a formula and no terminal obeys."""
    if isinstance(value, str):
        return defused(visible.plain(value))
    return "" if value is None else value
