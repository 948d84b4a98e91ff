"""The ladder for a modem that does not answer: what is tried next, from what was tried and when.

Pure. The rungs, gentlest first: open the port anew; the vendor's reset command; a USB reset; the power of its hub port;
a person. The first is no reset and is always open; of the others at most one in ten minutes, none while the modem is
still starting after it was plugged in, and none while a text's answer may still come.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

Rung = Literal["reopen", "command", "usb", "power", "person"]

RUNGS: tuple[Rung, ...] = ("reopen", "command", "usb", "power", "person")
BETWEEN_RESETS_S = 600.0
STARTING_S = 90.0  # some modems need a minute from the plug to the first answer
REOPENS = 2  # so often the port is opened anew before a reset


@dataclass(frozen=True, slots=True)
class Plight:
    """How it stands with a modem. Seconds; None where there was no such thing."""

    failures: int  # starts in a row that ended in silence
    tried: tuple[Rung, ...]  # resets since the modem was last well
    since_opened_s: float | None  # since its port was first there
    since_reset_s: float | None  # since the last reset, whoever asked for it
    answer_may_come_s: float = 0.0  # a text's answer may come for so long yet


@dataclass(frozen=True, slots=True)
class Step:
    """What to do next; or, with `wait_s`, how long to wait for it and why."""

    rung: Rung
    wait_s: float = 0.0
    why: str = ""


def next_step(plight: Plight) -> Step:
    """The next rung that may be tried. "person" means that the software has nothing left to try."""
    if plight.failures < REOPENS:
        return Step("reopen")
    rung = untried(plight.tried)
    if rung == "person":
        return Step("person")
    obstacle = obstacle_to_reset(plight)
    return Step("reopen", obstacle[0], obstacle[1]) if obstacle else Step(rung)


def untried(tried: Collection[Rung]) -> Rung:
    """The gentlest reset that was not tried; "person" when all were."""
    return next((rung for rung in RUNGS[1:] if rung not in tried), "person")


def obstacle_to_reset(plight: Plight) -> tuple[float, str] | None:
    """What forbids a reset longest: for how long yet, and why, in words for a person; None when nothing does."""
    found: list[tuple[float, str]] = []
    if plight.answer_may_come_s > 0:
        found.append((plight.answer_may_come_s, "the answer to a text may still come"))
    if plight.since_opened_s is not None and plight.since_opened_s < STARTING_S:
        why = "it was plugged in less than 90 seconds ago and may still be starting"
        found.append((STARTING_S - plight.since_opened_s, why))
    if plight.since_reset_s is not None and 0 <= plight.since_reset_s < BETWEEN_RESETS_S:
        found.append((BETWEEN_RESETS_S - plight.since_reset_s, "it was restarted less than ten minutes ago"))
    return max(found, default=None)
