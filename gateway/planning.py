"""The plan of a campaign: how many people, segments, hours and SIMs it takes, which limit decides when it ends, and when that is.

Pure. A SIM's room for first texts is what `gateway/policy.py` leaves of its limits after the tenth that is kept for
replies. Days are the group's own, hours those in which texts may leave.

Promises: nothing is promised that a limit forbids; an estimate says what it rests on. Times are minutes and days, sizes
are segments.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from gateway.hours import Quiet, closes_at, may_leave
from gateway.policy import Limits, month_start

AIR_S = 4.0  # a text's time in a modem, where its limit a minute does not take longer
TAP_S = 15  # what a volunteer needs for one card
LONGEST_DAYS = 120
LIMIT_WORDS = {"per_day": "a day", "per_month": "a month", "people_per_month": "people a month"}


@dataclass(frozen=True)
class SimRoom:
    """One SIM with its limits and what it has used of them; `ready`: it takes texts now, or will without a person."""

    name: str
    iccid: str
    ready: bool
    limits: Limits
    used_today: int = 0
    used_month: int = 0
    people: int = 0
    billing_day: int = 1

    def left(self) -> tuple[int | None, str]:
        """Segments of first texts that it may still take today, and the limit that says so; None: no limit."""
        rows = (
            (self.limits.per_day, self.used_today, "a day"),
            (self.limits.per_month, self.used_month, "a month"),
            (self.limits.people_per_month, self.people, "people a month"),
        )
        found = [(max(0, for_first_texts(limit) - used), word) for limit, used, word in rows if limit]
        return min(found) if found else (None, "")

    def a_minute(self) -> float:
        """Segments a minute, by its limit and by the air."""
        return min(60 / AIR_S, self.limits.per_minute or 60 / AIR_S)


def for_first_texts(limit: int) -> int:
    """What of a limit first texts may use: a tenth is kept for confirmations and replies, as `policy.budget` does."""
    return limit - max(0, min(-(-limit // 10), limit - 1))


def minutes_left(now: datetime, zone: str, quiet: Quiet) -> int:
    """Minutes in which texts may still leave today."""
    if quiet.from_ == quiet.until:
        return 24 * 60
    closes = closes_at(now, (zone,), quiet)
    if closes is None or not may_leave(now, (zone,), quiet).ok:
        return 0
    return max(0, int((closes - now).total_seconds() // 60))


def room_now(sims: list[SimRoom], minutes: int) -> int:
    """Segments of first texts that the SIMs can take in so many minutes of this day."""
    total = 0
    for sim in sims:
        if sim.ready:
            left, _ = sim.left()
            able = int(sim.a_minute() * minutes)
            total += able if left is None else min(left, able)
    return total


@dataclass(frozen=True)
class Plan:
    """What a campaign takes with the modems of today."""

    people: int
    segments: int
    minutes_each: int  # for each of the volunteers
    volunteers: int
    sims: int
    days: int  # days on which texts leave; 0: never done
    ends: datetime | None
    slowed_by: str  # "SIM north: 3,000 a month": without this limit it ends soonest; "" when none is used up
    sims_for_one_day: int
    sim_minutes: int = 0  # the SIM that is busy longest

    @property
    def headline(self) -> str:
        """ "needs 3 SIMs or 6 days", as people say it."""
        if not self.people:
            return "Nobody is on the list yet."
        if not self.sims:
            return "No modem is ready. Plug one in first."
        if not self.days:
            return f"It cannot be done in {LONGEST_DAYS} days with these SIMs. Give it more of them, or a shorter list."
        if self.days == 1:
            return f"One day is enough with {_count(self.sims, 'SIM')}."
        return f"Needs {_count(self.sims_for_one_day, 'SIM')}, or {self.days} days."


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def in_words(minutes: int) -> str:
    """A stretch of work as people say it: "40 minutes", "about 11 hours"."""
    return _count(minutes, "minute") if minutes < 100 else f"about {_count(round(minutes / 60), 'hour')}"


def plan(
    people: int,
    segments: int,
    sims: list[SimRoom],
    *,
    volunteers: int,
    now: datetime,
    zone: str,
    quiet: Quiet,
) -> Plan:
    """Lay so many first texts (`segments` in all) over the SIMs, day by day, until all have left."""
    working = [room for room in sims if room.ready]
    each = ceil(people * TAP_S / 60 / max(1, volunteers))
    days = list(_days(now, zone, quiet)) if working and segments else []
    laid = _lay(people, segments, working, days, zone)
    return Plan(
        people, segments, each, volunteers, len(working), laid.days if laid.ends else 0, laid.ends,
        _slowed_by(laid, people, segments, working, days, zone), _sims_for_one_day(segments, working, zone, now, quiet),
        ceil(laid.busiest_minutes),
    )  # fmt: skip


@dataclass(frozen=True)
class _Laid:
    """First texts laid over SIMs and days; `used_up`: each limit that was, with the first SIM and its words; `left`: segments."""

    days: int
    ends: datetime | None
    left: float
    busiest_minutes: float
    used_up: Mapping[str, str]


def _lay(
    people: int, segments: int, rooms: list[SimRoom], days: list[tuple[datetime, int]], zone: str
) -> _Laid:
    working = [_Sim(room) for room in rooms]
    left, used_up = float(segments), dict[str, str]()
    ends: datetime | None = None
    took_days = 0
    for opens, minutes in days:
        took_days += 1
        able = [sim.able(opens, zone, minutes, segments / people) for sim in working]
        speeds = [(sim.room.a_minute(), most) for sim, (most, _) in zip(working, able, strict=True)]
        took = _took(left, speeds)
        for sim, (most, limit) in zip(working, able, strict=True):
            share = min(float(most), sim.room.a_minute() * took)
            left -= share
            sim.take(share, segments / people)
            if share >= most:
                used_up.setdefault(limit, f"SIM {sim.room.name}: {sim.words(limit)}")
        if left < 0.5:
            ends = opens + timedelta(minutes=ceil(took))
            break
    return _Laid(took_days, ends, left, max((sim.minutes for sim in working), default=0.0), used_up)


def _slowed_by(
    laid: _Laid, people: int, segments: int, rooms: list[SimRoom], days: list[tuple[datetime, int]], zone: str
) -> str:
    """The limit without which it would end soonest: the one that is met first may cost a day where another costs months."""

    def without(limit: str) -> tuple[bool, datetime | float]:
        free = [replace(room, limits=replace(room.limits, **{limit: 0})) for room in rooms]
        other = _lay(people, segments, free, days, zone)
        return other.ends is None, other.ends or other.left

    if len(laid.used_up) < 2:
        return next(iter(laid.used_up.values()), "")
    return laid.used_up[min(laid.used_up, key=without)]


class _Sim:
    """A SIM while a plan is laid: what it has used of its day and its month by then."""

    def __init__(self, room: SimRoom) -> None:
        self.room = room
        self._month: date | None = None
        self._today = room.used_today
        self._used, self._people = float(room.used_month), float(room.people)
        self.minutes = 0.0

    def able(self, opens: datetime, zone: str, minutes: int, each: float) -> tuple[int, str]:
        """Segments in this day, and the limit of `Limits` that says so; the month is the SIM's own, `each`: segments a person."""
        month = month_start(opens, zone, self.room.billing_day)
        if self._month is not None and month != self._month:
            self._used = self._people = 0.0
        self._month = month
        limits, room = self.room.limits, self.room
        rows = [(int(room.a_minute() * minutes), "per_minute")]
        if limits.per_day:
            rows.append((for_first_texts(limits.per_day) - self._today, "per_day"))
        if limits.per_month:
            rows.append((int(for_first_texts(limits.per_month) - self._used), "per_month"))
        if limits.people_per_month:
            left = for_first_texts(limits.people_per_month) - self._people
            rows.append((int(left * each), "people_per_month"))
        most, limit = min(rows)
        return max(0, most), limit

    def words(self, limit: str) -> str:
        """A limit of this SIM as people say it: "3,000 a month"."""
        if limit == "per_minute":
            return f"{self.room.a_minute():g} a minute"
        return f"{getattr(self.room.limits, limit):,} {LIMIT_WORDS[limit]}"

    def take(self, segments: float, each: float) -> None:
        """So many leave by it, and its day is over."""
        self._today = 0
        self._used += segments
        self._people += segments / each
        self.minutes += segments / self.room.a_minute()


def _days(now: datetime, zone: str, quiet: Quiet) -> Iterator[tuple[datetime, int]]:
    """When sending opens and for how many minutes, day by day in the group's zone, from now on."""
    at = now
    for _ in range(LONGEST_DAYS):
        allowed = may_leave(at, (zone,), quiet)
        opens = at if allowed.ok or allowed.not_before is None else allowed.not_before
        midnight = datetime.combine(
            opens.astimezone(ZoneInfo(zone)).date() + timedelta(days=1), time(), ZoneInfo(zone)
        )
        closes = min(closes_at(opens, (zone,), quiet) or midnight, midnight)
        yield opens, int((closes - opens).total_seconds() // 60)
        at = closes


def _took(left: float, sims: list[tuple[float, int]]) -> float:
    """Minutes until `left` segments have gone by SIMs of (segments a minute, most) side by side, or all have their most."""
    a_minute, at = sum(speed for speed, _ in sims), 0.0
    for speed, most in sorted(sims, key=lambda sim: sim[1] / sim[0]):
        until = most / speed
        if left <= a_minute * (until - at):
            return at + left / a_minute
        left -= a_minute * (until - at)
        a_minute, at = a_minute - speed, until
    return at


def _sims_for_one_day(segments: int, sims: list[SimRoom], zone: str, now: datetime, quiet: Quiet) -> int:
    """How many SIMs like the first one, with nothing used, would do it in a whole day."""
    if not sims or not segments:
        return 0
    days = _days(now, zone, quiet)
    next(days)
    opens, minutes = next(days)
    fresh = _Sim(replace(sims[0], used_today=0, used_month=0, people=0))
    most, _ = fresh.able(opens, zone, minutes, 1.0)
    return ceil(segments / most) if most else 0
