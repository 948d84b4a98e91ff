"""Which places of a SIM and its modem hold what was read there: known until they are seen empty."""

import sqlite3
from collections.abc import Iterable

from gateway.store import write


def present(db: sqlite3.Connection, iccid: str) -> dict[tuple[str, int], int]:
    """The slots of this SIM and modem that were filled when last seen: (storage, index) to arrival id."""
    rows = db.execute(
        "SELECT id, storage, slot FROM arrival WHERE iccid=? AND gone_at IS NULL AND slot IS NOT NULL",
        [iccid],
    )
    return {(row["storage"], row["slot"]): row["id"] for row in rows}


def emptied(db: sqlite3.Connection, arrival_ids: Iterable[int], *, now: int) -> None:
    """Record that these slots were seen empty: the same words there from now on are a second text."""
    with write(db):
        db.executemany(
            "UPDATE arrival SET gone_at=? WHERE id=? AND gone_at IS NULL",
            [(now, row_id) for row_id in arrival_ids],
        )
