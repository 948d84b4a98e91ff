"""Small manners of asking a modem: tolerate a refusal, wait while hearing, take a value out of an answer."""

from __future__ import annotations

import re
from contextlib import suppress

from hardware.at import At
from hardware.errors import CommandRefused, ModemSilent
from hardware.framing import is_named

_OUTSIDE_QUOTES = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)')
_NAME = re.compile(r"[+^*#_$%!&]?[A-Z][A-Z0-9_]*:\s*")


def ask(at: At, command: str, timeout_s: float = 5.0) -> list[str] | None:
    """As `tell`; None also when the modem refuses."""
    with suppress(CommandRefused):
        return tell(at, command, timeout_s)
    return None


def tell(at: At, command: str, timeout_s: float = 5.0) -> list[str] | None:
    """The answer's lines; None when the modem does not answer this one, or did not survive it before. CommandRefused; ModemSilent when it
    is dead.
    """
    if command in at.spared:
        return None
    with at.spared.watching(command, alone=not at.has_company):
        try:
            answer = at.command(command, timeout_s)
        except ModemSilent:
            at.resync()
            return None
    at.spared.answered(command)
    return answer


def pause(at: At, seconds: float) -> None:
    """Wait, hearing what comes meanwhile."""
    deadline = at.clock.monotonic() + seconds
    while at.clock.monotonic() < deadline:
        at.listen(deadline)


def value(lines: list[str] | None) -> str:
    """The value in the first line that has a name, or else in the first, without name and quotes; "" when there is none."""
    if not lines:
        return ""
    told = next(filter(is_named, lines), lines[0])  # before it may stand what a model says unasked
    return _NAME.sub("", told, count=1).strip().strip('"').strip()


def fields(line: str) -> list[str]:
    """What stands between the commas behind the name, quotes kept. Unbalanced quotes do not hide a comma."""
    rest = line.partition(":")[2]
    parts = rest.split(",") if rest.count('"') % 2 else _OUTSIDE_QUOTES.split(rest)
    return [part.strip() for part in parts]


def numbers(line: str) -> list[int]:
    """The fields that are numbers, in order."""
    return [int(field) for field in fields(line) if re.fullmatch(r"-?\d{1,9}", field)]
