"""Station rows: what the stations say of themselves, for the panel and `textbank stations`; and what people
ask of them.

Stations write here only when something changed (and a signal sample every few minutes): an idle gateway
leaves the card alone.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.config import Station as Spec
from gateway.errors import Refused
from gateway.explain_modems import nobody_drives
from gateway.people import User
from gateway.policy import Act, may
from gateway.sightings import Sighting, read
from gateway.store import write

REQUEST_LIFE_MS = 300_000  # a station waits up to three minutes for a text's answer before it looks
PIN_LIFE_MS = 60_000  # a typed PIN must not lie about
KEEP_EVENTS = 2000  # of each: one that is refused for months must not take what is known of the others
FORGET_EVERY = 100  # events: with each it would wear out the card
FORGET_MS = 30 * 86_400_000  # a modem that was found, and has been gone for so long, is shown no more
KEEP_REQUESTS = 1000
ASKED: dict[str, Act] = {  # what can be asked of a station, and the right that it takes
    "pause": "control_stations",
    "resume": "control_stations",
    "restart": "control_stations",
    "pin": "enter_pin",
    "reset": "control_stations",
    "ussd": "control_stations",
    "query": "control_stations",
    "self_test": "control_stations",
}


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
    place: str  # the USB socket, "1-1.3"
    revision: str  # the modem's firmware
    temperature_c: int | None
    voltage_mv: int | None
    reset_at: int | None  # when we last restarted the modem
    balance: str | None  # what the operator answered to its USSD code, as it wrote it
    balance_at: int | None
    sim_paused_reason: str | None  # the network or the card refuses; holds in whatever modem the card is

    @property
    def needs_somebody(self) -> bool:
        """Whether a person has to act; as NEEDS_SOMEBODY. The others go on by themselves, or were paused on purpose."""
        return self.state in ("lost", "failed") or (self.state == "paused" and not self.paused_by)

    @property
    def card(self) -> str:
        """The SIM's ICCID; "" where the modem does not tell it, and the SIM is known by something else (`iccid`)."""
        return "" if self.iccid == self.imsi or self.iccid.startswith("imei-") else self.iccid


WORKS = ("ready", "starting", "waiting")  # states that end without a person
NEEDS_SOMEBODY = "(state IN ('lost', 'failed') OR (state='paused' AND paused_by IS NULL))"  # in SQL


def rows(db: sqlite3.Connection, budgets: dict[str, int], today: str) -> list[StationRow]:
    """Every station; `budgets` gives the segments a day of those in the file, `today` the date of the SIMs' zone."""
    found = db.execute(
        "SELECT s.*, u.name AS pauser, "
        "(SELECT segments FROM sim_day d WHERE d.iccid=s.iccid ORDER BY day DESC LIMIT 1) AS segments, "
        "(SELECT max(day) FROM sim_day d WHERE d.iccid=s.iccid) AS day, "
        "(SELECT max(last_at) FROM sim_day d WHERE d.iccid=s.iccid) AS last_out_at, "
        "c.balance, c.balance_at, c.paused_reason AS sim_paused_reason "
        "FROM station s LEFT JOIN user u ON u.id=s.paused_by LEFT JOIN sim c ON c.iccid=s.iccid "
        "WHERE s.retired_at IS NULL ORDER BY s.name"
    ).fetchall()
    result = []
    for row in found:
        fields = {name: row[name] for name in StationRow.__dataclass_fields__ if name in row.keys()}  # noqa: SIM118
        fields["paused_by"] = row["pauser"] or ""
        fields["model"] = once(row["model"])
        result.append(
            StationRow(
                **fields,
                sent_today=(row["segments"] or 0) if row["day"] == today else 0,
                budget=budgets.get(row["name"], Spec.per_day if row["found"] else 0),
            )
        )
    return result


def none_works(db: sqlite3.Connection) -> bool:
    """Whether no modem sends, nor will before a person does something."""
    states = db.execute("SELECT state FROM station WHERE retired_at IS NULL").fetchall()
    return not any(row["state"] in WORKS for row in states)


def once(model: str) -> str:
    """Maker and model without what stands there twice: "A7670E A7670E-FASE" is "A7670E-FASE"."""
    first, _, rest = model.partition(" ")
    return rest if rest.casefold().startswith(first.casefold()) else model


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
            _event(db, name, reason, now)


def note(db: sqlite3.Connection, name: str, words: str, *, now: int) -> None:
    """Add to what happened to a station, while its state stays what it is: who asked for what, what was changed."""
    with write(db):
        _event(db, name, words, now)


def leave(db: sqlite3.Connection, name: str, *, now: int) -> None:
    """The gateway ends: what its modem was is not what it is. A pause and a failure stay, and since when it is lost, for `FORGET_MS`; but
    nobody looks for it.
    """
    set_facts(db, name, signal_dbm=None, operator="", registration="", technology="")
    row = db.execute("SELECT state FROM station WHERE name=?", [name]).fetchone()
    if row is not None and row["state"] in (*WORKS, "lost"):
        state = "lost" if row["state"] == "lost" else "failed"
        set_state(db, name, state, nobody_drives(name).lines(), now=now)


def _event(db: sqlite3.Connection, name: str, reason: str, now: int) -> None:
    cursor = db.execute(
        "INSERT INTO station_event (station, at, state, reason) SELECT name, ?, state, ? FROM station WHERE name=?",
        [now, reason, name],
    )
    if (cursor.lastrowid or 0) % FORGET_EVERY == 0:
        db.execute(
            "DELETE FROM station_event WHERE id IN (SELECT id FROM "
            "(SELECT id, row_number() OVER (PARTITION BY station ORDER BY id DESC) AS newer FROM station_event) WHERE newer>?)",
            [KEEP_EVENTS],
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


def retire_others(
    db: sqlite3.Connection, names: list[str], *, now: int, finding: bool = False, found: Sequence[str] = ()
) -> None:
    """Hide the stations that are neither in the configuration (`names`) nor `found`; their rows stay for the texts that name them.

    While modems are found by themselves (`finding`), those that were found stay until they have been gone for a month, or a station of the
    configuration has their modem.
    """
    marks, kept = ",".join("?" * len(names)) or "''", [*names, *found]
    others = f"retired_at IS NULL AND name NOT IN ({','.join('?' * len(kept))})"
    if finding:
        theirs = f"imei<>'' AND imei IN (SELECT imei FROM station WHERE name IN ({marks}))"
        others += f" AND (found=0 OR (state='lost' AND (since_at<{now - FORGET_MS} OR {theirs})))"
    with write(db):
        db.execute(f"UPDATE station SET found=0 WHERE name IN ({marks})", names)
        db.execute(
            f"UPDATE station SET retired_at=? WHERE {others}", [now, *kept, *(names if finding else ())]
        )


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


@dataclass(frozen=True)
class Request:
    """What somebody asks of a station; `by_id` None: the gateway's own schedule."""

    id: int
    what: str
    argument: str | None
    by_id: int | None


def request(
    db: sqlite3.Connection, name: str, what: str, *, by: User | None, now: int, argument: str | None = None
) -> int:
    """Ask a station for one of ASKED; returns the id under which `result_of` finds what came of it.

    `argument`: the PIN, the USSD code, the command of a query, the receiver of a self-test. `by` None is the gateway.
    """
    if by is not None and not may(by.role, ASKED[what]):
        raise Refused("Your role does not control modems. Nothing was changed; ask a technician.")
    life_ms = PIN_LIFE_MS if what == "pin" else REQUEST_LIFE_MS
    with write(db):
        if not db.execute("SELECT 1 FROM station WHERE name=?", [name]).fetchone():
            raise Refused("There is no such modem. Nothing was changed.")
        cursor = db.execute(
            "INSERT INTO station_request (station, what, argument, by_id, created_at, expires_at) VALUES (?,?,?,?,?,?)",
            [name, what, argument, by.id if by else None, now, now + life_ms],
        )
        db.execute(
            "DELETE FROM station_request WHERE id<=(SELECT max(id) FROM station_request)-?", [KEEP_REQUESTS]
        )
    return int(cursor.lastrowid or 0)


def asked(db: sqlite3.Connection, name: str) -> bool:
    """Whether a request waits for this station."""
    row = db.execute("SELECT 1 FROM station_request WHERE station=? AND taken_at IS NULL", [name]).fetchone()
    return row is not None


def take_request(db: sqlite3.Connection, name: str, *, now: int) -> Request | None:
    """The next request for this station, taken, and its argument (a PIN above all) wiped as it is read."""
    row = db.execute(
        "SELECT * FROM station_request WHERE station=? AND taken_at IS NULL ORDER BY id LIMIT 1", [name]
    ).fetchone()
    if row is None:
        return None
    with write(db):
        taken = db.execute(
            "UPDATE station_request SET taken_at=?, argument=NULL WHERE id=? AND taken_at IS NULL",
            [now, row["id"]],
        ).rowcount
        if taken and row["expires_at"] < now:
            answer(db, row["id"], TOO_LATE, refused=True, now=now)
    if not taken or row["expires_at"] < now:  # whoever asked gave up meanwhile, or it came too late
        return None
    return Request(row["id"], row["what"], row["argument"], row["by_id"])


def give_up(db: sqlite3.Connection, request_id: int, *, now: int) -> bool:
    """Whoever asked waits no longer: nobody does it later. False when the station has taken it."""
    with write(db):
        row = db.execute(
            "UPDATE station_request SET taken_at=?, argument=NULL WHERE id=? AND taken_at IS NULL",
            [now, request_id],
        )
        if row.rowcount:
            answer(db, request_id, TOO_LATE, refused=True, now=now)
    return row.rowcount == 1


TOO_LATE = "The modem was busy or gone and did not get to it in time. Nothing was done; ask again."


def answer(db: sqlite3.Connection, request_id: int, result: str, *, refused: bool = False, now: int) -> None:
    """Record what came of a request, in words (or the modem's own lines, for a query); `refused`: it was not done."""
    with write(db):
        db.execute(
            "UPDATE station_request SET done_at=?, result=?, refused=? WHERE id=?",
            [now, result, refused, request_id],
        )


def result_of(db: sqlite3.Connection, request_id: int) -> sqlite3.Row | None:
    """One request with what came of it: id, station, what, created_at, taken_at, done_at, result, refused."""
    row: sqlite3.Row | None = db.execute(f"{_RESULT} WHERE id=?", [request_id]).fetchone()
    return row


def latest_results(db: sqlite3.Connection, name: str, what: str, limit: int = 10) -> list[sqlite3.Row]:
    """The newest requests of one kind for a station, newest first; as `result_of`."""
    return db.execute(
        f"{_RESULT} WHERE station=? AND what=? ORDER BY id DESC LIMIT ?", [name, what, limit]
    ).fetchall()


_RESULT = (
    "SELECT id, station, what, by_id, created_at, taken_at, done_at, result, refused FROM station_request"
)


def forget_requests(db: sqlite3.Connection, *, now: int, every: bool = False) -> int:
    """End what nobody took in time (`every`: whatever nobody took), and wipe its argument: a typed PIN above all. Returns how many."""
    stale, asked = "taken_at IS NULL AND (? OR expires_at<?)", [every, now]
    if db.execute(f"SELECT 1 FROM station_request WHERE {stale} LIMIT 1", asked).fetchone() is None:
        return 0
    with write(db):
        return db.execute(
            f"UPDATE station_request SET taken_at=?, done_at=?, argument=NULL, result=?, refused=1 WHERE {stale}",
            [now, now, TOO_LATE, *asked],
        ).rowcount


def keep_sightings(db: sqlite3.Connection, words: str) -> None:
    """What is plugged in and no station has (`gateway.sightings`); "" when nobody looks."""
    with write(db):
        db.execute(
            "INSERT INTO setting (key, value) VALUES ('plugged_in', ?) "
            "ON CONFLICT (key) DO UPDATE SET value=excluded.value WHERE value<>excluded.value",
            [words],
        )


def plugged_in(db: sqlite3.Connection) -> list[Sighting]:
    """What is plugged in and no station has, those first that somebody should act on."""
    row = db.execute("SELECT value FROM setting WHERE key='plugged_in'").fetchone()
    return read(row["value"]) if row is not None and row["value"] else []
