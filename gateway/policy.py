"""Who may do what, and what a SIM may still send; with the quiet hours of `gateway/hours.py`, all the rules
of leaving.

Pure. `None` means allowed; anything else is a sentence for the person who is told no.

Promises: nothing is allowed that is not in `MAY`; a technician never approves; a trainee never approves
words typed by hand; a tenth of each SIM's day and month is kept for opt-out confirmations and replies.

Fails with KeyError for an act that `MAY` does not know (a slip of the programmer; mypy sees it first).
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from gateway.hours import LEAD, Leave, Quiet, answers, closes_at, may_leave, validity, validity_step, zones_of

__all__ = [
    "LEAD",
    "MAY",
    "ROLES",
    "Act",
    "Leave",
    "Limits",
    "Quiet",
    "Spent",
    "Used",
    "answers",
    "budget",
    "budget_ends",
    "closes_at",
    "day_of",
    "may",
    "may_approve",
    "may_leave",
    "month_start",
    "validity",
    "validity_step",
    "zones_of",
]

Act = Literal[
    "approve",
    "answer",
    "draft",
    "run_campaigns",
    "settle",
    "opt_out",
    "undo_opt_out",
    "see_texts",
    "see_numbers",
    "see_all_conversations",
    "hand_over",
    "see_stations",
    "control_stations",
    "enter_pin",
    "confirm_time",
    "see_ledger",
    "erase",
    "manage_users",
    "manage_data",
    "change_settings",
]

ROLES = ("volunteer", "trainee", "coordinator", "technician", "admin")
TEXTING = frozenset({"volunteer", "trainee", "coordinator", "admin"})
LEADING = frozenset({"coordinator", "admin"})
KEEPING = frozenset({"technician", "admin"})

MAY: dict[Act, frozenset[str]] = {
    "approve": TEXTING,  # may_approve says which texts
    "answer": TEXTING,  # a trainee's answer waits for a coordinator
    "draft": LEADING,  # a text to somebody who did not write first
    "run_campaigns": LEADING,  # lists, scripts, starts; who else approves is unchanged
    "settle": TEXTING - {"trainee"},  # "it arrived", "it did not", Resend
    "opt_out": TEXTING,
    "undo_opt_out": LEADING,
    "see_texts": TEXTING,
    "see_numbers": LEADING,
    "see_all_conversations": LEADING,
    "hand_over": LEADING,
    "see_stations": LEADING | KEEPING,
    "control_stations": KEEPING,
    "enter_pin": KEEPING,
    "confirm_time": LEADING,
    "see_ledger": LEADING,
    "erase": LEADING,  # one person, and their data as a file
    "manage_users": frozenset({"admin"}),
    "manage_data": frozenset({"admin"}),  # backups, and what is deleted by age
    "change_settings": frozenset({"admin"}),
}

KEPT_FOR = ("confirmation", "reply")


def may(role: str, act: Act) -> bool:
    """Whether somebody with this role may do this at all."""
    return role in MAY[act]


def may_approve(
    role: str, *, own: bool, kind: str, channel: str, allow_cli: bool, author: str | None = None
) -> str | None:
    """None when this person may approve this text, else why not.

    `own`: they typed it. `author`: the role of whoever typed it by hand, None for a script or a program.
    `channel`: where the approval comes from, "panel" or "cli".
    """
    if channel not in ("panel", "cli"):
        return "Only a person at the panel can approve a text. Open the panel and press Send."
    if channel == "cli" and not allow_cli:
        return (
            "Approvals from the command line are switched off here. Approve it on the panel, "
            "or let an admin set allow_cli_approval = true in the configuration."
        )
    if role == "technician":
        return "Technicians look after the modems and see no texts. Ask a volunteer to approve it."
    if not may(role, "approve"):
        return f"The role {role!r} approves nothing. Ask an admin to give you a role here."
    if role == "trainee" and (own or author is not None or kind == "reply"):
        return "While you are learning, a coordinator reads what you typed first. It is on their list."
    if role == "volunteer" and author == "trainee":
        return "A trainee typed this, so a coordinator reads it first. Take the next one."
    return None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a SIM's plan allows: segments a minute, a day, a month, and different people a month. 0 is no
    limit.
    """

    per_minute: int = 0
    per_day: int = 0
    per_month: int = 0
    people_per_month: int = 0


@dataclass(frozen=True, slots=True)
class Used:
    """What the SIM has used of each: counted when submitted, uncertain ones too."""

    minute: int = 0
    day: int = 0
    month: int = 0
    people: int = 0


@dataclass(frozen=True, slots=True)
class Spent:
    """Why the SIM may not take this text, and what must end before it may."""

    sentence: str
    until: Literal["minute", "day", "month", "never"]


def budget(limits: Limits, used: Used, segments: int, kind: str, *, new_person: bool) -> Spent | None:
    """None when the SIM may take a text of so many segments now. A text longer than a minute's worth has
    one alone.
    """
    rows: tuple[tuple[Literal["day", "month"], str, int, int, int], ...] = (
        ("month", "segments this month", limits.per_month, used.month, segments),
        ("month", "different people this month", limits.people_per_month, used.people, int(new_person)),
        ("day", "segments today", limits.per_day, used.day, segments),
    )
    for until, what, limit, spent, needed in rows:
        allowed = limit if kind in KEPT_FOR else limit - _kept(limit)
        if limit and needed and spent + needed > allowed:
            return _spent(until, what, limit, allowed, spent, needed)
    if limits.per_minute and used.minute and used.minute + segments > limits.per_minute:
        return Spent(
            f"This SIM may send {limits.per_minute} segments a minute, and has. It goes on in a moment.",
            "minute",
        )
    return None


def _kept(limit: int) -> int:
    """The tenth that is kept for confirmations and replies, rounded up; the last one is never kept back."""
    return max(0, min(-(-limit // 10), limit - 1))


def _spent(
    until: Literal["day", "month"], what: str, limit: int, allowed: int, spent: int, needed: int
) -> Spent:
    if needed > allowed:
        period = "day" if until == "day" else "month"
        return Spent(
            f"This text needs {needed} segments and this SIM may send {allowed} a {period}. "
            "Make it shorter, or use a SIM that may send more.",
            "never",
        )
    ends = "tomorrow" if until == "day" else "when the SIM's month begins again"
    if allowed < limit and spent < limit:
        return Spent(
            f"This SIM has used {spent} of {limit} {what}; the rest is kept for replies. It goes on {ends}.",
            until,
        )
    return Spent(f"This SIM has used {spent} of {limit} {what}. It goes on {ends}.", until)


def day_of(now: datetime, zone: str) -> date:
    """The SIM's day at this instant."""
    return now.astimezone(ZoneInfo(zone)).date()


def month_start(now: datetime, zone: str, billing_day: int = 1) -> date:
    """The day on which the SIM's present month began; a billing day that a month lacks is its last day."""
    today = day_of(now, zone)
    begins = _billing(today.year, today.month, billing_day)
    if begins <= today:
        return begins
    before = today.replace(day=1) - timedelta(days=1)
    return _billing(before.year, before.month, billing_day)


def budget_ends(
    until: Literal["minute", "day", "month", "never"], now: datetime, zone: str, billing_day: int = 1
) -> datetime | None:
    """When that budget is new again (UTC): for a minute at the latest; None when it never will do."""
    if until == "never":
        return None
    if until == "minute":
        return now + timedelta(minutes=1)
    day = day_of(now, zone) + timedelta(days=1)
    if until == "month":
        begun = month_start(now, zone, billing_day)
        after = begun.replace(day=1) + timedelta(days=32)
        day = _billing(after.year, after.month, billing_day)
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def _billing(year: int, month: int, billing_day: int) -> date:
    return date(year, month, min(max(billing_day, 1), monthrange(year, month)[1]))
