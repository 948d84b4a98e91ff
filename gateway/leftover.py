"""The rows of a file that were not taken, with the reason of each, and how many rows became what."""

import json
import sqlite3
from dataclasses import dataclass, field

from gateway.sheets import Row

MOST_CELLS, MOST_KEPT_CELL = 60, 200  # of a row that was not taken


@dataclass(frozen=True)
class Leftover:
    """A row that is not taken: what it was and why."""

    row: Row
    outcome: str
    reason: str


@dataclass
class Tally:
    """What became of the rows so far."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, what: str) -> None:
        """One more."""
        self.counts[what] = self.counts.get(what, 0) + 1


def keep(db: sqlite3.Connection, list_id: int, left: Leftover) -> None:
    """Keep it with its file. Inside a transaction."""
    cells = [cell[:MOST_KEPT_CELL] for cell in left.row.cells[:MOST_CELLS]]
    db.execute(
        "INSERT OR REPLACE INTO list_row (list_id, row, outcome, reason, cells) VALUES (?,?,?,?,?)",
        [list_id, left.row.number, left.outcome, left.reason, json.dumps(cells, ensure_ascii=False)],
    )
