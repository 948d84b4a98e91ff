"""Whether the time of this box may be trusted: the evidence as a table in, a verdict with its reason out.

Pure. A Pi has no battery clock and often no internet: it may boot in the past, or be set wrong by hand. A wrong time texts
people at night and counts budgets wrong, so that sending waits until the time is known to be right. Receiving never waits.

Promises: no single voice but a time server or a person decides against others. A battery clock vouches only while nobody outvotes
it: whoever sets the time by hand sets that one too, so that after the next start it would vouch for their mistake. A time before
this program was written is trusted by nobody; a clock that stands before what the database knows of is trusted on a time server's
word or a person's only. What was trusted stays so until the clock steps, the box is started anew, or most voices speak against it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

FIRST_SANE_MS = 1_767_225_600_000  # 2026: a clock before this program was written has not been set
STEP_S = 60.0  # wall against monotonic clock: what a time server corrects bit by bit never shows as more
AGREES_S = (
    180.0  # networks tell the time to the minute; no first text leaves in the last ten before quiet hours
)

By = Literal["server", "battery", "person", "voices", ""]
Voice = Literal["network", "texts", "browser"]
VOICES: dict[Voice, str] = {
    "network": "the phone network",
    "texts": "the newest text's stamp",
    "browser": "a coordinator's browser",
}


VOTED: tuple[By, ...] = ("", "voices", "battery")  # trusted so, or not at all, what voices say matters


@dataclass(frozen=True)
class Word:
    """What somebody says of the time; `ahead_s` seconds before our clock, below zero behind it."""

    voice: Voice
    who: str
    ahead_s: float


@dataclass(frozen=True)
class Evidence:
    """Everything that is known of the clock at this moment; `now_ms` is what it shows."""

    now_ms: int
    newest_ms: int = 0  # the latest moment that the database knows of
    set_back: bool = False  # it was trusted in this run of the box, and now stands behind what it showed
    server: bool = False  # the kernel says that a time server keeps it
    battery: bool = (
        False  # a clock with a battery, or the host of a virtual machine, agrees; and was not in doubt itself
    )
    person: bool = False  # a coordinator confirmed it in this run of the box, and it did not step since
    before: By = ""  # it was trusted so, and did not step since
    words: Sequence[Word] = ()


@dataclass(frozen=True)
class Verdict:
    """Trusted by whom ("" when not), and why, as a sentence."""

    by: By
    why: str


def judge(seen: Evidence) -> Verdict:
    """The first rule that speaks decides."""
    agree, differ = agreeing(seen.words), differing(seen.words)
    outvoted = len(differ) > len(agree)
    behind = seen.set_back or seen.now_ms < seen.newest_ms - STEP_S * 1000
    rules: tuple[tuple[bool, By, str], ...] = (
        (seen.now_ms < FIRST_SANE_MS, "", "It stands before the day on which this program was written."),
        (seen.server, "server", "A time server on the network keeps it."),
        (seen.person, "person", "A coordinator confirmed it."),
        (seen.before != "" and not outvoted, seen.before, "Nothing speaks against it since."),
        (behind, "", "It was set back, or stands before what was written down last."),
        (seen.battery and not outvoted, "battery", _BATTERY),
        (len(agree) > len(differ), "voices", f"{_named(agree)} {_says(agree)} the same."),
        (bool(differ), "", f"{_named(differ)} {_says(differ)} another time."),
    )
    for holds, by, why in rules:
        if holds:
            return Verdict(by, why)
    return Verdict("", "Nobody has told this box the time since it was started, or its clock was changed.")


_BATTERY = "A clock with a battery of its own, or the host of this virtual machine, agrees."


def agreeing(words: Sequence[Word]) -> list[Voice]:
    """The kinds of voices most of which tell our time."""
    return [voice for voice in VOICES if _balance(words, voice) > 0]


def differing(words: Sequence[Word]) -> list[Voice]:
    """The kinds of voices most of which tell another."""
    return [voice for voice in VOICES if _balance(words, voice) < 0]


def _balance(words: Sequence[Word], voice: Voice) -> int:
    said = [word.ahead_s for word in words if word.voice == voice]
    if voice == "texts":  # an old stamp says nothing: a text may have waited for hours
        said = [ahead_s for ahead_s in said if ahead_s >= -AGREES_S]
    return sum(1 if abs(ahead_s) <= AGREES_S else -1 for ahead_s in said)


def _named(voices: Sequence[Voice]) -> str:
    said = " and ".join(VOICES[voice] for voice in voices)
    return said[:1].upper() + said[1:]


def _says(voices: Sequence[Voice]) -> str:
    return "says" if len(voices) == 1 else "say"
