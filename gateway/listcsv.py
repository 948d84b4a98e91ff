"""Lists as CSV: who stands in one, and what of its file was not taken; piece by piece, whatever their size.

Promises: UTF-8 with the mark that spreadsheets know; no cell is a formula to them (`gateway/exporting.py`).
"""

import csv
import io
import json
import sqlite3
from collections.abc import Iterator

from gateway import lists
from gateway.exporting import safe
from gateway.listfile import PEOPLE

BOM = "\ufeff"
PIECE = 500


def line(cells: list[object]) -> str:
    """One line of CSV; no cell of it is a formula."""
    made = io.StringIO()
    csv.writer(made).writerow([safe(cell) for cell in cells])
    return made.getvalue()


def people(db: sqlite3.Connection, list_id: int) -> Iterator[str]:
    """Everybody of the list, with the columns that were kept."""
    one = lists.by_id(db, list_id)
    names = list(one.meaning.kept)
    yield BOM + line(
        [
            "number",
            "first_name",
            "last_name",
            "language",
            "zone",
            "landline",
            "opted_out",
            "source",
            "consented_on",
            *names,
        ]
    )
    after = 0
    while rows := list(lists.members(db, list_id, after=after, limit=PIECE)):
        for row in rows:
            fields = json.loads(row["fields"])
            yield line(
                [row["number"], row["first_name"], row["last_name"], row["language"], row["zone"]]
                + [
                    "yes" if row["landline"] else "",
                    "yes" if row["opted_out_at"] else "",
                    row["source"],
                    row["consented_on"],
                ]
                + [fields.get(name, "") for name in names]
            )
        after = rows[-1]["id"]


def not_taken(db: sqlite3.Connection, list_id: int, *, stops: bool = False) -> Iterator[str]:
    """Every row that was not taken: where it stood, why not, and its own cells; with `stops` those alone that asked to stop. The rows of
    a list say of each whether it did: brought as a file of opt-outs, whoever stood there twice would be out too.
    """
    one = lists.by_id(db, list_id, brings=None)
    says = ["opted_out"] if one.format.brings == PEOPLE else []
    yield BOM + line(["row", "reason", *says, *one.format.columns])
    for row in lists.not_taken(db, list_id):
        stopped = row["outcome"] == "opted_out"
        if stopped or not stops:
            said = ["yes" if stopped else "no"] if says else []
            yield line([row["row"], row["reason"], *said, *json.loads(row["cells"])])
