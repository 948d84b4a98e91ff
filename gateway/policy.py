"""Who may do what, when a text may leave, and what a SIM may still send (signatures; the body follows)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

LEAD = timedelta(minutes=10)
DAY = timedelta(days=1)
Role = Literal["volunteer", "trainee", "coordinator", "technician", "admin"]


@dataclass(frozen=True, slots=True)
class Quiet:
    from_: time
    until: time


@dataclass(frozen=True, slots=True)
class Leave:
    ok: bool
    not_before: datetime | None  # `now` when ok; None: the zones' hours never meet within 7 days

    @property
    def never(self) -> bool:
        return self.not_before is None


def zones_of(contact: str | None, number: tuple[str, ...], home: str) -> tuple[str, ...]:
    """Never empty: the contact's own zone, else those of the number (numbers.zones_for), else the gateway's."""
    ...


def may_leave(
    now: datetime,
    zones: tuple[str, ...],
    quiet: Quiet,
    lead: timedelta = LEAD,
    *,
    wrote_at: datetime | None = None,
    answers_any_time: bool = False,
) -> Leave: ...


def closes_at(now: datetime, zones: tuple[str, ...], quiet: Quiet) -> datetime | None: ...


def validity(
    now: datetime,
    zones: tuple[str, ...],
    quiet: Quiet,
    most: timedelta = DAY,
    *,
    wrote_at: datetime | None = None,
    answers_any_time: bool = False,
) -> timedelta:
    """timedelta(0): no period fits, do not send."""
    ...


def validity_step(room: timedelta) -> timedelta:
    """The longest TP-VP period that fits (for segments 2..n: validity_step(valid_until - now)); zero when under 5 minutes."""
    ...


def may_approve(
    role: str, *, own: bool, kind: str, channel: str, allow_cli: bool, author: str | None = None
) -> str | None:
    """None, or the sentence why not. channel: through which the approval comes ("panel", "cli").
    author: the role of the person who typed the words; None for a script or a program."""
    ...


def may(role: str, act: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Limits:
    per_minute: int = 0
    per_day: int = 0
    per_month: int = 0
    people_per_month: int = 0


@dataclass(frozen=True, slots=True)
class Used:
    minute: int = 0
    day: int = 0
    month: int = 0
    people: int = 0


@dataclass(frozen=True, slots=True)
class Spent:
    sentence: str
    until: Literal["minute", "day", "month", "never"]  # what must end before it fits


def budget(limits: Limits, used: Used, segments: int, kind: str, *, new_person: bool) -> Spent | None: ...


def day_of(now: datetime, zone: str) -> date: ...


def month_start(now: datetime, zone: str, billing_day: int = 1) -> date: ...


def budget_ends(until: str, now: datetime, zone: str, billing_day: int = 1) -> datetime | None:
    """The instant at which that budget is new again (minute: now + 60 s); None for "never"."""
    ...
