"""What a modem did in a time: its states, and how many texts went out, came in, and were not taken. For the technician's
graphs: numbers only, nobody's words.

Promises: the newest rows are found by halving (ids grow with time), so that a full card costs no more than the time that is
asked for; a clock that was set back can hide some rows from a graph and from nothing else.
"""

import sqlite3
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from gateway import readings
from gateway.day import AWAY, BEFORE_MS
from gateway.explain_modems import RESTARTED

OUT = ("submit",)
STOPPED = ("defer", "fail", "lose")


@dataclass(frozen=True)
class Traffic:
    """Counts for each stretch: `out` handed to the modem, `into` received, `stopped` put off, refused or uncertain."""

    out: list[int]
    into: list[int]
    stopped: list[int]


def states(db: sqlite3.Connection, station: str, *, since: int) -> list[sqlite3.Row]:
    """The station's changes of state, oldest first, with the one before `since` that says how the time began: at, state, reason."""
    before = db.execute(
        "SELECT at, state, reason FROM station_event WHERE station=? AND at<? ORDER BY id DESC LIMIT 1",
        [station, since],
    ).fetchall()
    return (
        before
        + db.execute(
            "SELECT at, state, reason FROM station_event WHERE station=? AND at>=? ORDER BY id",
            [station, since],
        ).fetchall()
    )


def samples(db: sqlite3.Connection, station: str, *, since: int) -> list[sqlite3.Row]:
    """The station's samples, oldest first, with the one before `since`, whose values may still hold."""
    before = db.execute(
        "SELECT * FROM station_sample WHERE station=? AND at<? ORDER BY at DESC LIMIT 1", [station, since]
    ).fetchall()
    return before + readings.samples(db, station, since=since)


def counted(db: sqlite3.Connection, station: str, edges: Sequence[int]) -> Traffic:
    """Count by the stretches between `edges` (ms, rising; one more than there are stretches)."""
    result = Traffic([0] * (len(edges) - 1), [0] * (len(edges) - 1), [0] * (len(edges) - 1))
    marks = ",".join("?" * (len(OUT) + len(STOPPED)))
    moves = db.execute(
        f"SELECT at, event FROM event WHERE id>=? AND at>=? AND at<? AND actor=? AND event IN ({marks})",
        [first_since(db, "event", "at", edges[0]), edges[0], edges[-1], f"station:{station}", *OUT, *STOPPED],
    )
    for at, event in moves:
        (result.out if event in OUT else result.stopped)[bisect_right(edges, at) - 1] += 1
    arrivals = db.execute(
        "SELECT received_at FROM inbound WHERE id>=? AND received_at>=? AND received_at<? AND station=?",
        [first_since(db, "inbound", "received_at", edges[0]), edges[0], edges[-1], station],
    )
    tests = db.execute(  # a self-test that came is no conversation's, but it came
        "SELECT received_at FROM self_test WHERE receiver=? AND received_at>=? AND received_at<?",
        [station, edges[0], edges[-1]],
    )
    for (at,) in (*arrivals, *tests):
        result.into[bisect_right(edges, at) - 1] += 1
    return result


def restarts(db: sqlite3.Connection, station: str, events: Sequence[sqlite3.Row], *, since: int) -> list[int]:
    """When we took the modem away ourselves (ms): a person asked for it, or a time away begins with our own restart."""
    asked = db.execute(
        "SELECT coalesce(done_at, taken_at) FROM station_request WHERE station=? AND what IN ('reset', 'restart', 'pin') AND taken_at>=?",
        [station, since - BEFORE_MS],
    )
    found = [int(at) for (at,) in asked]
    for before, event in zip([None, *events], events, strict=False):
        away = before is not None and before["state"] in AWAY
        if not away and event["reason"].startswith(RESTARTED):
            found.append(event["at"])
    return sorted(found)


def first_since(db: sqlite3.Connection, table: str, column: str, since: int) -> int:
    """The id of the first row that is not older than `since`, by halving."""
    low, high = 0, int(db.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0]) + 1
    while low < high:
        middle = (low + high) // 2
        row = db.execute(f"SELECT {column} FROM {table} WHERE id>=? ORDER BY id LIMIT 1", [middle]).fetchone()
        if row is not None and row[0] < since:
            low = middle + 1
        else:
            high = middle
    return low
