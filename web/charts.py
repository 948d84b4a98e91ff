"""Where the lines and boxes of a graph stand: time to percent of the width, values to pixels of the height. The templates of
`parts/charts.html` draw them as SVG, without a script.

Pure reckoning; x is in percent and y in px, so that labels keep their size on every screen. A value holds until the next
sample (samples are written when something changed), and no line is drawn over a time in which the modem was away.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.day import Gap, Span
from gateway.store import ms

WIDE = 1000.0  # the width of a line's own drawing, stretched to the width of the graph
FIVE_MS = 300_000
STEPS = 288  # how finely a change is drawn: five minutes of a day
MOST_FLAGS = 9
CLOSE = 7.0  # percent: flags nearer than this share a number, for they would cover each other on a phone


@dataclass(frozen=True)
class Tick:
    """A line of the grid with its label: how the reader's browser says the time ("clock", "hour", "weekday", "day")."""

    at: int
    x: float
    how: str
    words: str

    @property
    def anchor(self) -> str:
        """Labels at the ends stay inside."""
        return "start" if self.x < 4 else "end" if self.x > 96 else "middle"


@dataclass(frozen=True)
class Range:
    """One time axis, for every graph of a page: "hour", "day" (24 hours), "week" or "month", in the group's time.

    `edges` are the stretches in which texts are counted: five minutes, hours, quarters of a day, days.
    """

    name: str
    since: int
    until: int
    now: int
    edges: list[int]
    ticks: list[Tick]

    def x(self, at: int) -> float:
        """Where a moment stands, in percent."""
        return round(min(max(100 * (at - self.since) / (self.until - self.since), 0.0), 100.0), 2)

    def width(self, span: Span | Gap) -> float:
        """How wide a time is, in percent; never so narrow that nobody sees it."""
        return round(max(self.x(span.until_at) - self.x(span.from_at), 0.4), 2)


def axis(name: str, now: int, here: datetime) -> Range:
    """The axis that ends with the present five minutes, hour or day; `here` is now in the group's zone."""
    if name == "hour":
        until = -(-now // FIVE_MS) * FIVE_MS
        edges = [until - FIVE_MS * n for n in range(12, -1, -1)]
    elif name == "day":
        hour = here.replace(minute=0, second=0, microsecond=0)
        until = ms(hour) + 3_600_000
        edges = [until - 3_600_000 * n for n in range(24, -1, -1)]
    else:
        midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
        days, parts = (7, 4) if name == "week" else (31, 1)
        begin = midnight - timedelta(
            days=days - 1
        )  # by the wall clock: a day that is an hour shorter is still one
        edges = [ms(begin + timedelta(hours=24 / parts * n)) for n in range(days * parts + 1)]
    made = Range(name, edges[0], edges[-1], now, edges, [])
    made.ticks.extend(_ticks(made, here))
    return made


def _ticks(made: Range, here: datetime) -> Iterable[Tick]:
    zone = here.tzinfo
    for at in made.edges:
        local = datetime.fromtimestamp(at / 1000, zone if zone is not None else ZoneInfo("UTC"))
        if made.name == "hour" and local.minute % 20 == 0:
            yield Tick(at, made.x(at), "clock", f"{local:%H:%M}")
        elif made.name == "day" and local.hour % 6 == 0:
            yield Tick(at, made.x(at), "hour", f"{local:%H:%M}")
        elif made.name == "week" and local.hour == 0 and at != made.until:
            yield Tick(at, made.x(at), "weekday", f"{local:%a}")
        elif made.name == "month" and local.toordinal() % 7 == 1 and at != made.until:
            yield Tick(at, made.x(at), "day", f"{local.day} {local:%b}")


@dataclass(frozen=True)
class Line:
    """A measured value over time: `runs` are points of lines, `dots` the samples that stand alone, `marks` (y, word) of a scale."""

    runs: list[str]
    dots: list[tuple[float, float]]
    marks: list[tuple[float, str]]
    low: float
    high: float
    last: float
    last_at: int


def line(
    time: Range,
    samples: Sequence[tuple[int, float | None]],
    away: Sequence[Gap],
    *,
    low: float,
    high: float,
    top: float,
    bottom: float,
    marks: Iterable[tuple[float, str]] = (),
) -> Line | None:
    """The line of these samples (at, value), oldest first, between the values `low` (at y `bottom`) and `high` (at `top`).

    None when there is nothing to draw. The newest sample before the axis is what it begins with.
    """
    known = [(at, value) for at, value in samples if value is not None]
    begin = max(bisect_right(known, time.since, key=lambda sample: sample[0]) - 1, 0)
    known = known[begin:]
    if not known:
        return None

    def y(value: float) -> float:
        part = (min(max(value, low), high) - low) / ((high - low) or 1)
        return round(bottom - part * (bottom - top), 1)

    runs, dots = [], []
    for run in _runs(time, known, away):
        points = list(_points(time, run, y))
        if len(points) > 1 and points[0][0] != points[-1][0]:
            runs.append(" ".join(f"{x * WIDE / 100:.1f},{height}" for x, height in points))
        if len(run) == 2 and run[0][0] >= time.since:  # one sample, and how long it held
            dots.append(points[0])
    values = [value for at, value in known]
    return Line(
        runs,
        dots,
        [(y(value), word) for value, word in marks],
        min(values),
        max(values),
        known[-1][1],
        known[-1][0],
    )


Sample = tuple[int, float]


def _runs(time: Range, known: Sequence[Sample], away: Sequence[Gap]) -> Iterable[list[Sample]]:
    """The samples cut where the modem went away; each run ends with the value it held last."""
    run: list[Sample] = []
    for n, (at, value) in enumerate(known):
        until = known[n + 1][0] if n + 1 < len(known) else min(time.now, time.until)
        cut = next((gap.from_at for gap in away if at <= gap.from_at < until), None)
        run.append((at, value))
        if cut is not None or n + 1 == len(known):
            run.append((max(until if cut is None else cut, at), value))
            yield run
            run = []


def _points(time: Range, run: Sequence[Sample], y: Callable[[float], float]) -> Iterable[tuple[float, float]]:
    """The corners of a line that holds each value and then goes to the next within one step."""
    step = (time.until - time.since) // STEPS
    before: Sample | None = None
    for at, value in run:
        if before is not None and value != before[1]:
            yield time.x(max(at - step, before[0])), y(before[1])
        if before is None or value != before[1] or (at, value) == run[-1]:
            yield time.x(at), y(value)
        before = (at, value)


@dataclass(frozen=True)
class Bar:
    """A count for one stretch of time."""

    x: float
    width: float
    height: float


def bars(time: Range, counts: Sequence[int], most: int, height: float) -> list[Bar]:
    """A bar for each count above 0; the largest count `most` is `height` px high, the smallest still seen."""
    found = []
    for n, count in enumerate(counts):
        left, right = time.x(time.edges[n]), time.x(time.edges[n + 1])
        if count:
            gap = (right - left) * 0.2
            tall = max(height * count / most, 2.0)
            found.append(Bar(round(left + gap / 2, 2), round(right - left - gap, 2), round(tall, 1)))
    return found


def flags(time: Range, moments: Iterable[int]) -> list[tuple[int, float]]:
    """Numbers for what happened: (the first moment of each, x), oldest first; neighbours share one. The newest MOST_FLAGS."""
    found: list[tuple[int, float]] = []
    for at in sorted(moments):
        x = time.x(at)
        if not found or x - found[-1][1] >= CLOSE:
            found.append((at, x))
    return found[-MOST_FLAGS:]


def flag_of(found: Sequence[tuple[int, float]], time: Range, at: int) -> int | None:
    """The number under which this moment stands in the graph, from 1; None when it is older than the numbered ones."""
    n = bisect_right(found, at, key=lambda flag: flag[0])
    return n if n and time.x(at) - found[n - 1][1] < CLOSE else None
