"""Do reports still come? A SIM whose texts are all taken and hardly any reported has been cut off quietly: by fair use, a
filter, or credit that is checked after the `+CMGS`.

It compares a SIM with itself, for many operators give no reports at all. Pure rule, one query; it warns and stops nothing.
"""

import sqlite3

from gateway.claims import Seat
from gateway.explain_sending import reports_stopped
from gateway.notice import Notice
from gateway.rules import DAY_MS, Rules

SETTLED_MS = 30 * 60_000  # most phones are reachable by then
WITHIN_MS = 14 * DAY_MS
LAST, BEFORE = 20, 40  # texts
FEW, MOST = 0.1, 0.5  # of them, reported
ROWS = 2000  # how far back in the outbox one look goes


def collapsed(reported: list[bool]) -> bool:
    """Whether reports have stopped; one entry for each text that was taken, newest first."""
    last, before = reported[:LAST], reported[LAST : LAST + BEFORE]
    if len(last) < LAST or len(before) < BEFORE:
        return False
    return sum(last) <= FEW * LAST and sum(before) >= MOST * BEFORE


def warning(
    db: sqlite3.Connection, station: str, seat: Seat | None, rules: Rules, *, now: int
) -> Notice | None:
    """The sentences when the reports of this SIM have stopped; None when nothing points there."""
    if seat is None or not rules.delivery_reports:
        return None
    rows = db.execute(
        "SELECT reported_at IS NOT NULL AS reported FROM message WHERE id>(SELECT max(id) FROM message)-? AND iccid=? "
        "AND state IN ('sent','delivered','undelivered') AND sent_at BETWEEN ? AND ? ORDER BY sent_at DESC LIMIT ?",
        [ROWS, seat.sim.iccid, now - WITHIN_MS, now - SETTLED_MS, LAST + BEFORE],
    ).fetchall()
    reported = [bool(row["reported"]) for row in rows]
    return reports_stopped(station, sum(reported[:LAST]), LAST) if collapsed(reported) else None
