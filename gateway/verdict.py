"""What a modem's refusal means for the text and for the station (signatures; the body follows)."""

from dataclasses import dataclass
from typing import Literal

Family = Literal["CMS", "CME", "ERROR", "TEXT", "SILENCE", "PORT", "RESET"]


@dataclass(frozen=True, slots=True)
class Refusal:
    stage: Literal["before", "after"]  # Ctrl-Z
    family: Family
    code: int | None = None
    text: str = ""
    after_s: float = 0.0
    vendor: str = ""  # the manufacturer as the modem gives it


@dataclass(frozen=True, slots=True)
class Decision:
    move: Literal["defer", "fail", "uncertain"]
    wait_s: int  # not before, for "defer"; 0 otherwise
    station: Literal["go on", "wait", "pause", "restart"]
    reason: str
    suspect: bool = False  # a SIM refused for another number too in this way is itself the trouble: count, pass as `others`


def decide(refusal: Refusal, attempts: int, *, others: int = 0) -> Decision:
    """attempts: this one included, from 1. others: different numbers in a row that ended `suspect` just before this one."""
    ...
