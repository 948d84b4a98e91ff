"""A modem's day (or week, or month) as facts: which state it was in when, when it was away, and what the machine
did just before.

Pure. Times are ms; a span is [from_at, until_at). What was before the first thing that is known stays unknown: no
span is made up for it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

AWAY = ("lost", "failed")  # states in which the modem does nothing at all
BEFORE_MS = 60_000  # the machine's own words may come this long before the station notices
BY_US = "by_us"  # among the causes of a gap: a person or the gateway restarted the modem
AFTER_MS = 15_000  # or this long after, when its clock or its log was slow
MINUTE_MS = 60_000
SOCKET = re.compile(r"\busb (\d+-\d+(?:\.\d+)*)\b")


@dataclass(frozen=True, slots=True)
class Span:
    """One kind of state for some time."""

    kind: str
    from_at: int
    until_at: int

    @property
    def ms(self) -> int:
        """How long."""
        return self.until_at - self.from_at


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which the modem was away, until it worked again (or until now), and what the machine did around its
    beginning: ("undervoltage", "usb_reset", "usb_lost"); BY_US when we began it.
    """

    from_at: int
    until_at: int
    over: bool
    causes: tuple[str, ...] = ()

    @property
    def ms(self) -> int:
        """How long."""
        return self.until_at - self.from_at


def spans(changes: Iterable[tuple[int, str]], since: int, until: int) -> list[Span]:
    """What was when, from changes (at, kind), oldest first; the last one before `since` says how the time began."""
    found: list[Span] = []
    for at, kind in changes:
        at = min(max(at, since), until)
        if found and found[-1].kind == kind:
            continue
        if found:
            found[-1] = Span(found[-1].kind, found[-1].from_at, at)
        found.append(Span(kind, at, until))
    return [span for span in found if span.ms > 0]


def gaps(
    states: Sequence[Span], machine: Sequence[tuple[int, str]] = (), by_us: Sequence[int] = ()
) -> list[Gap]:
    """The times away, each with its causes; `by_us`: when the modem was restarted by us. Starting again is part of a gap, a
    first start is none.
    """
    machine = [*machine, *((at, BY_US) for at in by_us)]
    found: list[Gap] = []
    away = False
    for at, span in enumerate(states):
        away = span.kind in AWAY or (away and span.kind == "starting")
        if not away:
            continue
        over = at + 1 < len(states)
        if found and found[-1].until_at == span.from_at:
            found[-1] = Gap(found[-1].from_at, span.until_at, over)
        else:
            found.append(Gap(span.from_at, span.until_at, over))
    return [Gap(gap.from_at, gap.until_at, gap.over, causes(gap.from_at, machine)) for gap in found]


def causes(at: int, machine: Iterable[tuple[int, str]]) -> tuple[str, ...]:
    """The kinds of what the machine did around this moment, in the order in which it did them, each once."""
    near = sorted((when, kind) for when, kind in machine if at - BEFORE_MS <= when <= at + AFTER_MS)
    return tuple(dict.fromkeys(kind for _, kind in near))


def concerns(evidence: str, place: str) -> bool:
    """Whether the machine's words are about this USB socket, a hub before it, or no socket at all ("" knows no place)."""
    named = SOCKET.search(evidence)
    return not (named and place) or f"{place}.".startswith(f"{named[1]}.")


def totals(found: Iterable[Span]) -> dict[str, int]:
    """How long it was in each kind of state, in ms; the longest first."""
    result: dict[str, int] = {}
    for span in found:
        result[span.kind] = result.get(span.kind, 0) + span.ms
    return dict(sorted(result.items(), key=lambda item: -item[1]))


def lasted(ms: int) -> str:
    """ "40 seconds", "7 minutes", "2 h 10 min", "3 days"."""
    minutes = round(ms / MINUTE_MS)
    if ms < 90_000:
        seconds = max(1, round(ms / 1000))
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    if minutes < 90:
        return f"{minutes} minutes"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} hours"
    return f"{round(hours / 24)} days"


def headline(
    word: str,
    found: Sequence[Gap],
    *,
    known: bool,
    weak: bool = False,
    offline_ms: int = 0,
    paused_ms: int = 0,
    refused: int = 0,
) -> str:
    """One sentence for the whole of it; `word` is "hour", "day", "week" or "month", `weak` a signal that was weak most of the time.

    Only a time without a pause, without a minute off the network and without a text that was not taken is called good.
    """
    if not known:
        return f"Nothing is known of its {word} yet"
    if found and not found[-1].over:
        return f"It has not been reached for {lasted(found[-1].ms)}"
    gaps = [gap for gap in found if BY_US not in gap.causes]
    restarts = len(found) - len(gaps)
    bad = []
    if offline_ms >= MINUTE_MS:
        bad.append(f"{lasted(offline_ms)} without network")
    if paused_ms:
        bad.append(f"{lasted(paused_ms)} paused")
    if refused:
        bad.append(f"{refused:,} {'text' if refused == 1 else 'texts'} not taken at once")
    said = [*_away(gaps), *_restarts(restarts), *bad]
    if len(gaps) > 5:
        return f"A restless {word}: {_listed(said)}"
    one = f"An {word}" if word == "hour" else f"A {word}"
    good = f"{one} of weak signal" if weak else one if bad else f"A good {word}"
    return f"{good} with {_listed(said)}" if said else good


def _away(gaps: Sequence[Gap]) -> list[str]:
    if not gaps:
        return []
    total = lasted(sum(gap.ms for gap in gaps))
    return [f"one gap of {total}" if len(gaps) == 1 else f"{len(gaps)} gaps of {total} in all"]


def _restarts(count: int) -> list[str]:
    return [f"{'one restart' if count == 1 else f'{count} restarts'} by us"] if count else []


def _listed(said: Sequence[str]) -> str:
    """ "one, two and three"."""
    return " and ".join(filter(None, (", ".join(said[:-1]), said[-1])))
