"""A modem's hour, day, week or month: its states, network, signal, texts and what the machine did, as graphs on one time axis, with a
table that says the same. Numbers and states only; nobody's words.
"""

import sqlite3
from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from gateway import day, history, readings, troubles
from gateway.day import Gap, Span
from gateway.history import Traffic
from gateway.notice import Notice
from gateway.stations import StationRow
from web import charts, data, words
from web.access import needs
from web.charts import Line, Range
from web.screens.modems import named

bp = Blueprint("modem_day", __name__, url_prefix="/modems")
TALL = 96.0  # px of the signal's graph
LOW = 44.0  # and of the smaller ones
WEAK_DBM, GOOD_DBM = -95, -75
LOG_ROWS = 60
ON_NETWORK = ("home", "roaming", "unknown")  # "unknown": it does not tell, and texts go
FLAGGED = ("lost", "failed", "paused")  # states that get a number in the graphs
TOPICS = {
    "hour": "stations texts inbox",
    "day": "stations texts inbox",
    "week": "stations",
    "month": "stations",
}


@dataclass(frozen=True)
class Step:
    """One line of the log: a change of state, or (`machine`) what the machine did; `flag` is its number in the graphs."""

    at: int
    kind: str
    reason: str
    machine: bool
    flag: int | None


@dataclass(frozen=True)
class TableRow:
    """What the graphs say of one stretch of time, for the table."""

    from_at: int
    low_dbm: int | None
    high_dbm: int | None
    states: list[str]
    out: int
    into: int
    stopped: int
    machine: int


@dataclass(frozen=True)
class Picture:
    """Everything that the page shows of one time."""

    time: Range
    states: list[Span]
    networks: list[Span]
    gaps: list[Gap]
    machine: list[tuple[int, str]]
    traffic: Traffic
    lines: dict[str, Line]
    flags: list[tuple[int, float]]
    log: list[Step]
    table: list[TableRow]
    headline: str
    advice: Notice | None


@bp.get("/<name>/<any(hour,day,week,month):span>")
@needs("see_stations")
def page(name: str, span: str) -> ResponseReturnValue:
    """The last hour, 24 hours, seven days or 31 days of one modem."""
    row = named(name)
    return render_template(
        "modem_day.html",
        row=row,
        picture=picture(row, span),
        span=span,
        topics=TOPICS[span],
        charts=charts,
        day=day,
    )


def picture(row: StationRow, span: str) -> Picture:
    """Read and reckon what the page shows."""
    db, now = data.db(), data.now()
    time = charts.axis(span, now, words.local(now))
    events = history.states(db, row.name, since=time.since)
    samples = history.samples(db, row.name, since=time.since)
    host = [e for e in readings.host_events(db, since=time.since) if day.concerns(e["evidence"], row.place)][
        ::-1
    ]
    machine = [(event["at"], event["kind"]) for event in host]
    states = day.spans([(event["at"], event["state"]) for event in events], time.since, now)
    gaps = day.gaps(states, machine, history.restarts(db, row.name, events, since=time.since))
    networks = _networks(samples, gaps, time)
    traffic = history.counted(db, row.name, time.edges)
    lines = _lines(time, samples, gaps)
    shown = [event for event in events if event["at"] >= time.since]
    flags = charts.flags(
        time, [*(e["at"] for e in shown if e["state"] in FLAGGED), *(at for at, _ in machine)]
    )
    falls = sum(kind == "undervoltage" for _, kind in machine)
    return Picture(
        time,
        states,
        networks,
        gaps,
        machine,
        traffic,
        lines,
        flags,
        _log(time, shown, host, flags),
        _table(time, states, samples, traffic, machine),
        day.headline(
            span,
            gaps,
            known=bool(states or samples),
            weak=_weak(samples),
            offline_ms=sum(one.ms for one in networks if one.kind not in ON_NETWORK),
            paused_ms=sum(one.ms for one in states if one.kind == "paused"),
            refused=sum(traffic.stopped),
        ),
        troubles.of_gaps(gaps, falls, span),
    )


def _networks(samples: list[sqlite3.Row], gaps: list[Gap], time: Range) -> list[Span]:
    """The registration over time; while the modem is away it is on no network that anybody knows of."""
    known = [(sample["at"], sample["registration"]) for sample in samples if sample["registration"]]
    away = [(gap.from_at, "") for gap in gaps]
    found = day.spans(sorted(known + away), time.since, time.now)
    return [span for span in found if span.kind]


def _lines(time: Range, samples: list[sqlite3.Row], gaps: list[Gap]) -> dict[str, Line]:
    """The measured values that there are: "signal", "storage" (percent), "temperature", "voltage" (volts)."""

    def values(column: str, divisor: float = 1.0) -> list[tuple[int, float | None]]:
        return [(s["at"], None if s[column] is None else s[column] / divisor) for s in samples]

    storage = [
        (s["at"], 100 * (s["storage_used"] or 0) / s["storage_total"] if s["storage_total"] else None)
        for s in samples
    ]
    made = {
        "signal": charts.line(
            time, values("signal_dbm"), gaps, low=-113, high=-51, top=8, bottom=TALL,
            marks=((GOOD_DBM, "good"), (WEAK_DBM, "weak")),
        ),
        "storage": charts.line(time, storage, gaps, low=0, high=100, top=8, bottom=LOW, marks=((100, "full"),)),
        "temperature": _free(time, values("temperature_c"), gaps, 5),
        "voltage": _free(time, values("voltage_mv", 1000), gaps, 0.2),
    }  # fmt: skip
    return {name: line for name, line in made.items() if line is not None}


def _free(time: Range, values: list[tuple[int, float | None]], gaps: list[Gap], room: float) -> Line | None:
    """A line that fills its height, with `room` above and below."""
    known = [value for _, value in values if value is not None]
    if not known:
        return None
    return charts.line(time, values, gaps, low=min(known) - room, high=max(known) + room, top=8, bottom=LOW)


def _weak(samples: list[sqlite3.Row]) -> bool:
    known = [sample["signal_dbm"] for sample in samples if sample["signal_dbm"] is not None]
    return bool(known) and sum(dbm < WEAK_DBM for dbm in known) * 2 > len(known)


def _log(
    time: Range, events: list[sqlite3.Row], host: list[sqlite3.Row], flags: list[tuple[int, float]]
) -> list[Step]:
    """What happened, newest first: the station's states and the machine's doings in one list."""

    def flag(at: int) -> int | None:
        return charts.flag_of(flags, time, at)

    steps = [
        Step(
            e["at"],
            e["state"],
            e["reason"],
            machine=False,
            flag=flag(e["at"]) if e["state"] in FLAGGED else None,
        )
        for e in events
    ]
    steps += [Step(e["at"], e["kind"], e["evidence"], machine=True, flag=flag(e["at"])) for e in host]
    return sorted(steps, key=lambda step: step.at, reverse=True)[:LOG_ROWS]


def _table(
    time: Range,
    states: list[Span],
    samples: list[sqlite3.Row],
    traffic: Traffic,
    machine: list[tuple[int, str]],
) -> list[TableRow]:
    """The same as numbers, newest first, without the stretches of which nothing is known."""
    rows = []
    for n, (begin, end) in enumerate(zip(time.edges, time.edges[1:], strict=False)):
        if begin >= time.now:
            continue
        dbm = [s["signal_dbm"] for s in samples if begin <= s["at"] < end and s["signal_dbm"] is not None]
        kinds = day.totals(span for span in states if span.from_at < end and span.until_at > begin)
        row = TableRow(
            begin,
            min(dbm, default=None),
            max(dbm, default=None),
            list(kinds),
            traffic.out[n],
            traffic.into[n],
            traffic.stopped[n],
            sum(begin <= at < end for at, _ in machine),
        )
        if dbm or kinds or row.out or row.into or row.stopped or row.machine:
            rows.append(row)
    return rows[::-1]
