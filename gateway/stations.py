"""Station rows: what the stations say of themselves, for the panel and `textbank stations`; and what people
ask of them.

Stations write here only when something changed (and a signal sample every few minutes): an idle gateway
leaves the card alone.
"""

import sqlite3
from dataclasses import dataclass

from gateway.config import Station as Spec
from gateway.errors import Refused
from gateway.people import User
from gateway.policy import may
from gateway.store import write

REQUEST_LIFE_MS = 60_000
KEEP_EVENTS = 500
FORGET_MS = 30 * 86_400_000  # a modem that was found, and has been gone for so long, is shown no more


@dataclass(frozen=True)
class StationRow:
    """One modem with its SIM, as people see it. Times are ms; `budget` 0 means no daily limit."""

    name: str
    state: str
    reason: str
    since_at: int
    port: str
    model: str
    imei: str
    iccid: str
    imsi: str
    number: str
    operator: str
    registration: str
    technology: str
    signal_dbm: int | None
    storage_used: int | None
    storage_total: int | None
    sent_today: int
    budget: int
    last_in_at: int | None
    last_out_at: int | None
    paused_by: str


def rows(db: sqlite3.Connection, budgets: dict[str, int], today: str) -> list[StationRow]:
    """Every station; `budgets` gives the segments a day of those in the file, `today` the date of the SIMs' zone."""
    found = db.execute(
        "SELECT s.*, u.name AS pauser, "
        "(SELECT segments FROM sim_day d WHERE d.iccid=s.iccid ORDER BY day DESC LIMIT 1) AS segments, "
        "(SELECT max(day) FROM sim_day d WHERE d.iccid=s.iccid) AS day, "
        "(SELECT max(last_at) FROM sim_day d WHERE d.iccid=s.iccid) AS last_out_at "
        "FROM station s LEFT JOIN user u ON u.id=s.paused_by WHERE s.retired_at IS NULL ORDER BY s.name"
    ).fetchall()
    result = []
    for row in found:
        fields = {name: row[name] for name in StationRow.__dataclass_fields__ if name in row.keys()}  # noqa: SIM118
        fields["paused_by"] = row["pauser"] or ""
        result.append(
            StationRow(
                **fields,
                sent_today=(row["segments"] or 0) if row["day"] == today else 0,
                budget=budgets.get(row["name"], Spec.per_day if row["found"] else 0),
            )
        )
    return result


def ensure(db: sqlite3.Connection, name: str, *, now: int) -> None:
    """The station's row, so that it can say what keeps it from starting."""
    if db.execute("SELECT 1 FROM station WHERE name=? AND retired_at IS NULL", [name]).fetchone() is None:
        with write(db):
            db.execute(
                "INSERT INTO station (name, state, since_at) VALUES (?, 'starting', ?) ON CONFLICT (name) DO UPDATE SET retired_at=NULL",
                [name, now],
            )


def set_state(db: sqlite3.Connection, name: str, state: str, reason: str, *, now: int) -> None:
    """Record a station's new state with its reason in words, when it differs from the one on record."""
    with write(db):
        changed = db.execute(
            "UPDATE station SET state=?, reason=?, since_at=CASE WHEN state=? THEN since_at ELSE ? END WHERE name=? AND (state<>? OR reason<>?)",
            [state, reason, state, now, name, state, reason],
        ).rowcount
        if changed:
            db.execute(
                "INSERT INTO station_event (station, at, state, reason) VALUES (?,?,?,?)",
                [name, now, state, reason],
            )
            db.execute(
                "DELETE FROM station_event WHERE id<=(SELECT max(id) FROM station_event)-?", [KEEP_EVENTS * 4]
            )


def set_facts(db: sqlite3.Connection, name: str, **facts: object) -> None:
    """Record what the modem said of itself (columns of `station`), when anything differs."""
    differs = " OR ".join(f"{key} IS NOT ?" for key in facts)
    assign = ", ".join(f"{key}=?" for key in facts)
    with write(db):
        db.execute(
            f"UPDATE station SET {assign} WHERE name=? AND ({differs})",
            [*facts.values(), name, *facts.values()],
        )


def retire_others(db: sqlite3.Connection, names: list[str], *, now: int, finding: bool = False) -> None:
    """Hide the stations that are no longer in the configuration; their rows stay for the texts that name them.

    While modems are found by themselves (`finding`), those that were found stay until they have been gone for a month.
    """
    marks = ",".join("?" * len(names)) or "''"
    others = f"retired_at IS NULL AND name NOT IN ({marks})"
    if finding:
        others += f" AND (found=0 OR (state='lost' AND since_at<{now - FORGET_MS}))"
    with write(db):
        db.execute(f"UPDATE station SET found=0 WHERE name IN ({marks})", names)
        db.execute(f"UPDATE station SET retired_at=? WHERE {others}", [now, *names])


def modems(db: sqlite3.Connection) -> list[sqlite3.Row]:
    """Which modem each station has or remembers: name, found, imei, place, model."""
    return db.execute(
        "SELECT name, found, imei, place, model FROM station WHERE retired_at IS NULL ORDER BY name"
    ).fetchall()


def remember_modem(
    db: sqlite3.Connection, name: str, imei: str, place: str, *, found: bool, now: int
) -> None:
    """Whose modem this is, from now on and over restarts; makes the row of a station that was not there."""
    with write(db):
        db.execute(
            "INSERT INTO station (name, state, since_at, found, imei, place) VALUES (?,'starting',?,?,?,?) "
            "ON CONFLICT (name) DO UPDATE SET retired_at=NULL, found=excluded.found, imei=excluded.imei, place=excluded.place",
            [name, now, found, imei, place],
        )


def events(db: sqlite3.Connection, name: str, limit: int = 50) -> list[sqlite3.Row]:
    """What happened to this station, newest first: at, state, reason."""
    return db.execute(
        "SELECT at, state, reason FROM station_event WHERE station=? ORDER BY id DESC LIMIT ?", [name, limit]
    ).fetchall()


def request(
    db: sqlite3.Connection, name: str, what: str, *, by: User, now: int, argument: str | None = None
) -> None:
    """Ask a station to pause, resume, restart, or try a PIN that an admin typed; it answers by its state."""
    if not may(by.role, "control_stations"):
        raise Refused("Your role does not control modems. Nothing was changed.")
    with write(db):
        if not db.execute("SELECT 1 FROM station WHERE name=?", [name]).fetchone():
            raise Refused("There is no such modem. Nothing was changed.")
        db.execute(
            "INSERT INTO station_request (station, what, argument, by_id, created_at, expires_at) VALUES (?,?,?,?,?,?)",
            [name, what, argument, by.id, now, now + REQUEST_LIFE_MS],
        )


def take_request(db: sqlite3.Connection, name: str, *, now: int) -> tuple[str, str | None, int | None] | None:
    """The next request for this station, taken and (a PIN above all) wiped as it is read: (what, argument, user)."""
    row = db.execute(
        "SELECT * FROM station_request WHERE station=? AND taken_at IS NULL ORDER BY id LIMIT 1", [name]
    ).fetchone()
    if row is None:
        return None
    with write(db):
        db.execute("UPDATE station_request SET taken_at=?, argument=NULL WHERE id=?", [now, row["id"]])
    if row["expires_at"] < now:
        return None
    return row["what"], row["argument"], row["by_id"]


def forget_requests(db: sqlite3.Connection, *, now: int) -> int:
    """Wipe what nobody took in time, a typed PIN above all; returns how many."""
    stale = "argument IS NOT NULL AND expires_at<?"
    if db.execute(f"SELECT 1 FROM station_request WHERE {stale} LIMIT 1", [now]).fetchone() is None:
        return 0
    with write(db):
        return db.execute(f"UPDATE station_request SET argument=NULL WHERE {stale}", [now]).rowcount
