"""How the technician's screens say and draw what modems do: states and networks with their names and boxes, lengths of time,
error codes, what the machine did. Helpers for the templates.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Flask

from gateway import answers, day, troubles
from gateway.day import Span
from gateway.store import rfc3339
from web import charts

STATE_NAMES = {
    "ready": "Ready",
    "starting": "Starting",
    "waiting": "Waits",
    "paused": "Paused",
    "lost": "Not reached",
    "failed": "Needs help",
}
NETWORK_NAMES = {
    "home": "Home network",
    "roaming": "Roaming",
    "searching": "Searching",
    "denied": "Not let in",
    "none": "No network",
    "limited": "Limited service",
    "emergency": "Emergency calls only",
    "unknown": "Not told",
}
LANES = {  # kind: (class, how far below the top it begins, pattern); height and pattern tell them apart without colour
    "ready": ("fill", 0, ""),
    "home": ("fill", 0, ""),
    "roaming": ("fill", 5, ""),
    "starting": ("fill-soft", 11, ""),
    "waiting": ("fill-soft", 8, ""),
    "searching": ("fill-soft", 8, ""),
    "paused": ("", 5, "rungs"),
    "limited": ("", 5, "rungs"),
    "emergency": ("", 5, "rungs"),
    "lost": ("", 0, "hatch"),
    "none": ("", 0, "hatch"),
    "failed": ("", 0, "cross"),
    "denied": ("", 0, "cross"),
    "unknown": ("track", 8, ""),
}


@dataclass(frozen=True)
class Why:
    """A station's reason in its four parts; those it does not have are ""."""

    what: str
    evidence: str
    done: str
    next: str


def reason_parts(reason: str) -> Why:
    """The lines of a reason as `gateway.station` writes them; a single line is cut after its first sentence."""
    lines = reason.split("\n")
    if len(lines) == 1:
        first, _, rest = reason.partition(". ")
        return Why(f"{first}." if rest else reason, "", "", rest)
    what, evidence, done, following = (lines + [""] * 4)[:4]
    return Why(what, evidence, done, following)


def say_spans(spans: Iterable[Span], names: dict[str, str], most: int | None = None) -> str:
    """ "Ready 22 h 10 min, Not reached 7 minutes": a lane of boxes in words, the longest first."""
    longest = list(day.totals(spans).items())[:most]
    return ", ".join(f"{names.get(kind, kind)} {day.lasted(ms)}" for kind, ms in longest)


def install(app: Flask) -> None:
    """Give these to the templates."""
    app.jinja_env.globals.update(
        STATE_NAMES=STATE_NAMES,
        NETWORK_NAMES=NETWORK_NAMES,
        LANES=LANES,
        reason_parts=reason_parts,
        say_spans=say_spans,
        totals=day.totals,
        lasted=day.lasted,
        bars=charts.bars,
        rfc3339=rfc3339,
        of_code=troubles.of_code,
        with_dbm=answers.with_dbm,
        of_machine=troubles.of_machine,
    )
