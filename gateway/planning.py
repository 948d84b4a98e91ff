"""The plan of a campaign: how many people, segments, hours and SIMs it takes, which limit ends first, and when it is done.

Pure. A SIM's room for first texts is what `gateway/policy.py` leaves of its limits after the tenth that is kept for
replies. Days are the group's own, hours those in which texts may leave.

Promises: nothing is promised that a limit forbids; an estimate says what it rests on. Times are minutes and days, sizes
are segments.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from gateway.hours import Quiet, closes_at, may_leave
from gateway.policy import Limits

AIR_S = 4.0  # a text's time in a modem, where its limit a minute does not take longer
TAP_S = 15  # what a volunteer needs for one card
LONGEST_DAYS = 120


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
    days: int  # 1: done within the present or next day of sending; 0: never
    ends: datetime | None
    first_to_end: str  # "SIM north: 200 a day"; "" when no limit stands in the way
    sims_for_one_day: int

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
    working = [sim for sim in sims if sim.ready]
    full_day = _full_day(quiet)
    left, days, day = segments, 0, 0
    month_left = {sim.iccid: _month_room(sim) for sim in working}
    limit_hit = ""
    ends: datetime | None = None
    while left > 0 and working and day < LONGEST_DAYS:
        minutes = minutes_left(now, zone, quiet) if day == 0 else full_day
        if day == 0 and minutes == 0:
            day += 1
            continue
        days += 1
        longest = 0.0
        for sim in working:
            room, word = _day_room(sim, minutes, month_left[sim.iccid], first_day=day == 0)
            share = min(left, room)
            left -= share
            if month_left[sim.iccid] is not None:
                month_left[sim.iccid] = (month_left[sim.iccid] or 0) - share
            if left > 0 and word and not limit_hit:
                limit_hit = f"SIM {sim.name}: {word}"
            longest = max(longest, share / sim.a_minute())
        if left <= 0:
            ends = _opening(now, zone, quiet, day) + timedelta(minutes=ceil(longest))
        day += 1
    done = left <= 0 and bool(working) and segments > 0
    each = ceil(people * TAP_S / 60 / max(1, volunteers))
    return Plan(
        people, segments, each, volunteers, len(working), days if done else 0, ends if done else None,
        limit_hit, _sims_for_one_day(segments, working, full_day),
    )  # fmt: skip


def _full_day(quiet: Quiet) -> int:
    start = quiet.until.hour * 60 + quiet.until.minute
    end = quiet.from_.hour * 60 + quiet.from_.minute
    return (end - start) % (24 * 60) or 24 * 60


def _month_room(sim: SimRoom) -> int | None:
    rows = [
        for_first_texts(limit) - used
        for limit, used in ((sim.limits.per_month, sim.used_month), (sim.limits.people_per_month, sim.people))
        if limit
    ]
    return max(0, min(rows)) if rows else None


def _day_room(sim: SimRoom, minutes: int, month: int | None, *, first_day: bool) -> tuple[int, str]:
    """Segments in one day, and the limit that says so."""
    limits = sim.limits
    rows = [(int(sim.a_minute() * minutes), f"{sim.a_minute():g} a minute")]
    if limits.per_day:
        used = sim.used_today if first_day else 0
        rows.append((max(0, for_first_texts(limits.per_day) - used), f"{limits.per_day} a day"))
    if month is not None:
        rows.append((max(0, month), f"{limits.per_month or limits.people_per_month} a month"))
    return min(rows)


def _sims_for_one_day(segments: int, sims: list[SimRoom], minutes: int) -> int:
    """How many SIMs like the first one would do it in a day."""
    if not sims:
        return 0
    room, _ = _day_room(sims[0], minutes, None, first_day=False)
    return ceil(segments / room) if room else 0


def _opening(now: datetime, zone: str, quiet: Quiet, day: int) -> datetime:
    if day == 0:
        return now
    start = may_leave(now, (zone,), quiet)
    first = now if start.ok or start.not_before is None else start.not_before
    from zoneinfo import ZoneInfo

    local = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=day)
    opened = datetime.combine(local, quiet.until, ZoneInfo(zone))
    return max(opened, first.astimezone(ZoneInfo(zone)))
