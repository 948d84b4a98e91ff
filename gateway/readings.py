"""How modems and the machine under them were: samples, errors by code, what the host did. For the technician's
pages.

Promises: few rows. A sample is written when something changed enough to be seen, at most every five minutes, and
thinned with age (`thin`): every one for two days, one an hour for a month, then one a day (`purging` ends it). Nobody's words and
no number of a contact is in any of it.
"""

import sqlite3

from gateway.store import write

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
SAMPLE_MS = 5 * MINUTE_MS
THINNING = ((2 * DAY_MS, HOUR_MS), (31 * DAY_MS, DAY_MS))  # older than: one for each
KEEP_HOST_EVENTS = 1000


def sample(db: sqlite3.Connection, station: str, *, now: int, **values: object) -> None:
    """Write how a station was at `now` (columns of station_sample)."""
    names = ", ".join(values)
    with write(db):
        db.execute(
            f"INSERT OR REPLACE INTO station_sample (station, at, {names}) VALUES (?,?{',?' * len(values)})",
            [station, now, *values.values()],
        )


def samples(db: sqlite3.Connection, station: str, *, since: int) -> list[sqlite3.Row]:
    """A station's samples from `since` on (ms), oldest first."""
    return db.execute(
        "SELECT * FROM station_sample WHERE station=? AND at>=? ORDER BY at", [station, since]
    ).fetchall()


def thin(db: sqlite3.Connection, *, now: int) -> int:
    """Drop what is too fine for its age; returns how many rows went."""
    gone = "DELETE FROM station_sample WHERE at<?"
    old = "SELECT 1 FROM station_sample WHERE at<? LIMIT 1"
    if db.execute(old, [now - THINNING[0][0]]).fetchone() is None:
        return 0
    with write(db):
        count = 0
        for age_ms, span_ms in THINNING:
            count += db.execute(
                f"{gone} AND (station, at) NOT IN (SELECT station, min(at) FROM station_sample WHERE at<? GROUP BY station, at/?)",
                [now - age_ms, now - age_ms, span_ms],
            ).rowcount
        return count


def count_error(db: sqlite3.Connection, station: str, code: str, *, day: str, now: int) -> None:
    """One more of `code` ("CMS 38", "silence") on `day`."""
    with write(db):
        db.execute(
            "INSERT INTO station_error (station, day, code, count, last_at) VALUES (?,?,?,1,?) "
            "ON CONFLICT (station, day, code) DO UPDATE SET count=count+1, last_at=excluded.last_at",
            [station, day, code, now],
        )


def errors(db: sqlite3.Connection, station: str, *, since_day: str) -> list[sqlite3.Row]:
    """Each code since that day (YYYY-MM-DD): code, count, last_at; the most frequent first."""
    return db.execute(
        "SELECT code, sum(count) AS count, max(last_at) AS last_at FROM station_error WHERE station=? AND day>=? "
        "GROUP BY code ORDER BY count DESC, code",
        [station, since_day],
    ).fetchall()


def host_event(db: sqlite3.Connection, kind: str, evidence: str, *, now: int) -> None:
    """The machine did something that modems suffer from: "undervoltage", "usb_reset", "usb_lost"."""
    with write(db):
        db.execute("INSERT INTO host_event (at, kind, evidence) VALUES (?,?,?)", [now, kind, evidence])
        db.execute("DELETE FROM host_event WHERE id<=(SELECT max(id) FROM host_event)-?", [KEEP_HOST_EVENTS])


def host_events(db: sqlite3.Connection, *, since: int) -> list[sqlite3.Row]:
    """What the machine did from `since` on (ms), newest first: at, kind, evidence."""
    return db.execute(
        "SELECT at, kind, evidence FROM host_event WHERE at>=? ORDER BY id DESC", [since]
    ).fetchall()


def bring_back(db: sqlite3.Connection, *, now: int, after: int) -> None:
    """The clock stood ahead and was set right: what lies after `after` (ms) is of now, in its order, and what was measured then is of no day."""
    db.execute("DELETE FROM station_sample WHERE at>?", [after])
    for table, column in (
        ("station_event", "at"),
        ("host_event", "at"),
        ("station", "since_at"),
        ("station", "last_in_at"),
    ):
        db.execute(f"UPDATE {table} SET {column}=? WHERE {column}>?", [now, after])
