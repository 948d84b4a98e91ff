"""Quiet hours: when a text may leave, when that ends, and how long the network may keep it.

Pure. Quiet hours hold in every zone that a number may be in. They are judged by the wall clock of each
zone, so they follow changes of summer time in both directions and may cross midnight.

Promises: no instant that `may_leave` allows lies in quiet hours of any zone, nor within `lead` before they
begin; its `not_before` is the earliest instant that is allowed; now plus `validity` is never inside quiet
hours.

Fails with ValueError for no zone at all or a naive datetime, and ZoneInfoNotFoundError for a zone that does
not exist.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LEAD = timedelta(minutes=10)
DAY = timedelta(days=1)
LEAST = timedelta(minutes=30)  # of a day in which texts leave; a third of it is the time before quiet hours
LATEST_START, EARLIEST_END = time(9), time(20)  # quiet hours that hold both are those of a whole day
SEARCH = timedelta(days=7)  # further ahead nobody wants to know
ANSWER_WITHIN = timedelta(hours=1)
CLOSING_SEARCH = timedelta(days=2)  # quiet hours that exist begin once a day

Span = tuple[datetime, datetime]  # UTC, from the first instant to the first one after it


@dataclass(frozen=True, slots=True)
class Quiet:
    """From when until when nobody is texted, by the recipient's clock; equal ends mean never quiet."""

    from_: time
    until: time

    @property
    def off(self) -> bool:
        """True when there are no quiet hours."""
        return self.from_ == self.until

    @property
    def night_only(self) -> bool:
        """True when no text could leave by day, as with ends that were exchanged, or in no half hour at all."""
        day = timedelta(
            hours=self.from_.hour - self.until.hour, minutes=self.from_.minute - self.until.minute
        )
        return not self.off and (
            day % DAY < LEAST or (self.from_ <= LATEST_START and self.until >= EARLIEST_END)
        )


@dataclass(frozen=True, slots=True)
class Leave:
    """May a first segment leave now? `not_before` is now when it may, else the first instant at which it
    may.
    """

    ok: bool
    not_before: datetime | None

    @property
    def never(self) -> bool:
        """True when the day hours of the zones do not meet within the next seven days."""
        return self.not_before is None


def last_leave(quiet: Quiet) -> time:
    """Until when texts leave in the evening: what leaves must still arrive before quiet hours begin."""
    return (datetime.combine(date(2000, 1, 2), quiet.from_) - LEAD).time()


def zones_of(contact: str | None, number: tuple[str, ...], home: str) -> tuple[str, ...]:
    """The zones whose hours bind, never none: the contact's own, else all of the number's, else the
    gateway's.
    """
    if contact:
        return (contact,)
    return number or (home,)


def answers(now: datetime, wrote_at: datetime | None, *, answers_any_time: bool) -> bool:
    """True for an answer that quiet hours do not bind: allowed, and the person wrote within the hour."""
    return answers_any_time and wrote_at is not None and timedelta(0) <= now - wrote_at <= ANSWER_WITHIN


def may_leave(
    now: datetime,
    zones: tuple[str, ...],
    quiet: Quiet,
    lead: timedelta = LEAD,
    *,
    wrote_at: datetime | None = None,
    answers_any_time: bool = False,
) -> Leave:
    """Whether a first segment may leave at `now` (aware), and from when on if not.

    `wrote_at` is when the person last wrote; with `answers_any_time` an answer within the hour may leave at
    night too.
    """
    now = _utc(now, zones)
    if quiet.off or answers(now, wrote_at, answers_any_time=answers_any_time):
        return Leave(ok=True, not_before=now)
    if _earliest(now, zones, quiet, lead, until=now) == now:
        return Leave(ok=True, not_before=now)
    earliest = _earliest(now, zones, quiet, lead, until=now + SEARCH)
    return Leave(ok=False, not_before=earliest if earliest <= now + SEARCH else None)


def closes_at(now: datetime, zones: tuple[str, ...], quiet: Quiet) -> datetime | None:
    """When quiet hours begin next in the first of the zones (UTC); `now` inside them; None when there are
    none.
    """
    now = _utc(now, zones)
    if quiet.off:
        return None
    spans = (span for zone in zones for span in _spans(zone, quiet, now, now + CLOSING_SEARCH))
    return min((start for start, _ in spans), default=None)


def validity(
    now: datetime,
    zones: tuple[str, ...],
    quiet: Quiet,
    most: timedelta = DAY,
    *,
    wrote_at: datetime | None = None,
    answers_any_time: bool = False,
) -> timedelta:
    """The validity period that ends before quiet hours begin in any zone; zero when none is short enough:
    do not send.
    """
    closes = closes_at(now, zones, quiet)
    if closes is None or answers(now, wrote_at, answers_any_time=answers_any_time):
        return validity_step(most)
    return validity_step(min(most, closes - now))


def validity_step(room: timedelta) -> timedelta:
    """The longest relative TP-VP (3GPP TS 23.040, 9.2.3.12.1) within `room`; zero when there is less than
    five minutes.

    Segments after the first end with it: `validity_step(valid_until - now)`.
    """
    steps = (
        (timedelta(weeks=5), timedelta(weeks=1), timedelta(weeks=63)),
        (timedelta(days=2), timedelta(days=1), timedelta(days=30)),
        (timedelta(hours=12, minutes=30), timedelta(minutes=30), timedelta(days=1)),
        (timedelta(minutes=5), timedelta(minutes=5), timedelta(hours=12)),
    )
    for least, step, most in steps:
        if room >= least:
            return min(room // step * step, most)
    return timedelta(0)


def _utc(now: datetime, zones: tuple[str, ...]) -> datetime:
    if not zones:
        raise ValueError("quiet hours need at least one zone; see zones_of")
    if now.tzinfo is None:
        raise ValueError("quiet hours need an aware datetime")
    return now.astimezone(UTC)


def _earliest(
    now: datetime, zones: tuple[str, ...], quiet: Quiet, lead: timedelta, *, until: datetime
) -> datetime:
    """The first allowed instant from `now` on; one after `until` when there is none up to then."""
    end = (
        until + lead + timedelta(minutes=1)
    )  # a span that is cut there ends after `until`, which is all that counts
    earliest = now
    for start, stop in sorted(span for zone in zones for span in _spans(zone, quiet, now, end)):
        if start - lead < earliest < stop or start <= earliest < stop:  # the second for a lead of nothing
            earliest = stop
    return earliest


def _spans(zone: str, quiet: Quiet, start: datetime, end: datetime) -> Iterator[Span]:
    """The quiet hours of one zone between two instants, cut at both and at each change of the zone's
    offset.
    """
    for first, last, offset in _pieces(ZoneInfo(zone), start, end):
        day = (first + offset).date() - DAY
        while (begins := datetime.combine(day, quiet.from_, UTC) - offset) < last:
            stops = datetime.combine(day, quiet.until, UTC) - offset
            stops += DAY if stops <= begins else timedelta(0)
            if stops > first:
                yield max(begins, first), min(stops, last)
            day += DAY


def _pieces(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """The time between two instants in stretches of one UTC offset each."""
    while start < end:
        offset, stop = _offset(zone, start), start
        while stop < end:
            probe = min(stop + DAY / 2, end)
            if _offset(zone, probe) != offset:
                stop = _change(zone, stop, probe, offset)
                break
            stop = probe
        yield start, stop, offset
        start = stop


def _change(zone: ZoneInfo, low: datetime, high: datetime, offset: timedelta) -> datetime:
    """The whole second between two instants at which the zone leaves this offset."""
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        low, high = (middle, high) if _offset(zone, middle) == offset else (low, middle)
    return high.replace(microsecond=0)


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return offset
