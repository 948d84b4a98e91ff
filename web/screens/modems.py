"""The modems: state in words, signal, SIM, what was sent, and what to do. Nobody's words are on these pages."""

import sqlite3
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from gateway import codes, day, history, people, policy, readings, selftests, stations
from gateway.day import Span
from gateway.ladder import BETWEEN_RESETS_S
from gateway.stations import StationRow
from gateway.store import moment
from web import charts, data, words
from web.access import needs
from web.charts import Range

bp = Blueprint("modems", __name__, url_prefix="/modems")
RESET_MS = int(BETWEEN_RESETS_S * 1000)
HOUR_MS = 3_600_000
HELD_MS = 15_000  # a request that is not taken by then is held up by something
QUESTIONS = (  # what a technician asks most: the command, and what it tells
    ("AT+CSQ", "Signal"),
    ("AT+COPS?", "Operator"),
    ("AT+CREG?", "Registration"),
    ("AT+CPIN?", "SIM lock"),
    ("AT+CPMS?", "Memory"),
    ("AT+CNMI?", "Notices"),
    ("AT+CGMR", "Firmware"),
)


def today() -> str:
    """The day of the SIMs' zone, as YYYY-MM-DD."""
    return policy.day_of(moment(data.now()), data.rules().zone).isoformat()


def rows() -> list[StationRow]:
    """All stations, those that need somebody first."""
    found = stations.rows(data.db(), {one.name: one.per_day for one in data.config().stations}, today())
    order = ("failed", "lost", "paused", "starting", "waiting", "ready")
    return sorted(found, key=lambda row: (order.index(row.state), row.name.casefold()))


def named(name: str) -> StationRow:
    """The station of this name."""
    found = next((row for row in rows() if row.name == name), None)
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class Strip:
    """The states of the last 24 hours, for a small drawing on the card."""

    time: Range
    states: list[Span]

    @property
    def closer(self) -> str:
        """Where to look closer: an hour while nothing older is known."""
        young = self.states and self.states[0].from_at > self.time.now - HOUR_MS
        return "hour" if young else "day"


def strip(name: str) -> Strip:
    """What this modem was in the last 24 hours."""
    time = charts.axis("day", data.now(), words.local(data.now()))
    events = history.states(data.db(), name, since=time.since)
    return Strip(time, day.spans([(event["at"], event["state"]) for event in events], time.since, time.now))


@dataclass(frozen=True)
class Asked:
    """What was asked of a modem last and what came of it: "waits", "held", "busy", "done"; for the place where it was asked."""

    state: str
    by: str
    at: int
    done_at: int | None
    result: str


def asked(name: str, what: str) -> Asked | None:
    """The newest request of this kind."""
    found = stations.latest_results(data.db(), name, what, 1)
    if not found:
        return None
    row = found[0]
    held = data.now() - row["created_at"] > HELD_MS
    state = "done" if row["done_at"] else "busy" if row["taken_at"] else "held" if held else "waits"
    return Asked(state, who(row["by_id"]), row["created_at"], row["done_at"], row["result"] or "")


def who(user_id: int | None) -> str:
    """A person's name; for what the gateway did by itself, that."""
    return "the schedule" if user_id is None else people.by_id(data.db(), user_id).name


@dataclass(frozen=True)
class CodeRow:
    """How often a code came, for the list of errors."""

    code: str
    today: int
    week: int
    last_at: int


def errors(name: str) -> list[CodeRow]:
    """The codes of the last seven days, the most frequent first."""
    begin = policy.day_of(moment(data.now()) - timedelta(days=6), data.rules().zone).isoformat()
    now = {row["code"]: row["count"] for row in readings.errors(data.db(), name, since_day=today())}
    week = readings.errors(data.db(), name, since_day=begin)
    return [CodeRow(row["code"], now.get(row["code"], 0), row["count"], row["last_at"]) for row in week]


def self_tests(name: str | None = None, limit: int = 8) -> list[sqlite3.Row]:
    """The newest self-tests, of one modem or of all."""
    found = selftests.latest(data.db(), 100)
    return [test for test in found if name in (None, test["sender"], test["receiver"])][:limit]


def can_be_texted(row: StationRow) -> bool:
    """Whether a test text can go to this SIM: its number is known, and whole."""
    return bool(row.iccid) and row.number.startswith("+")


def is_phone(name: str) -> bool:
    """Whether gammu drives it: such a phone is asked neither questions nor its balance."""
    return any(one.name == name and one.driver == "gammu" for one in data.config().stations)


@bp.get("")
@needs("see_stations")
def page() -> ResponseReturnValue:
    """Every modem as a box."""
    found = rows()
    work = sum(row.state == "ready" for row in found)
    need = sum(row.needs_somebody for row in found)
    held = sum(row.state == "paused" and not row.needs_somebody for row in found)
    return render_template(
        "modems.html",
        seen=stations.plugged_in(data.db()),
        rows=found,
        work=work,
        need=need,
        held=held,
        rest=len(found) - work - need - held,
        strips={row.name: strip(row.name) for row in found},
        tests=self_tests(),
        standing=selftests.standing(data.db()),
        test_words=selftests.WORDS.format(token="ABCD2345"),  # noqa: S106 - an example for people to read
        testable=[row for row in found if row.state == "ready" and can_be_texted(row)],
    )


@bp.get("/<name>")
@needs("see_stations")
def detail(name: str) -> ResponseReturnValue:
    """One modem: everything it said of itself, what can be asked of it, and what happened to it."""
    row = named(name)
    reset_from = (row.reset_at or 0) + RESET_MS
    return render_template(
        "modem.html",
        row=row,
        strips={row.name: strip(row.name)},
        events=stations.events(data.db(), name, 30),
        asked={
            what: asked(name, what)
            for what in ("pause", "resume", "restart", "reset", "ussd", "query", "pin")
        },
        code=codes.known(data.db(), row.iccid),
        others=[
            other
            for other in rows()
            if other.name != name and can_be_texted(other) and other.card != row.card
        ],
        tests=self_tests(name, 5),
        standing=selftests.standing(data.db()),
        errors=errors(name),
        reset_from=reset_from
        if 0 < reset_from - data.now() < 2 * RESET_MS
        else None,  # else by a clock that was ahead
        questions=QUESTIONS,
        phone=is_phone(name),
        unusual=row.number and not can_be_texted(row),
    )


@bp.app_template_global()
def asks_pin(row: StationRow) -> bool:
    """True while this station waits for a PIN that a person knows; a PUK is for a telephone, never for this page."""
    return row.state not in ("ready", "lost") and "PIN" in row.reason and "PUK" not in row.reason
