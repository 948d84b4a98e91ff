"""What is kept of the clock: who said what of the time, who confirmed it, and what the gateway makes of it.

Every word stands with the moment on the monotonic clock at which it was heard, and with the run of the machine (its boot id)
that this clock belongs to: so a word keeps its worth when the wall clock is set, and loses it when the machine starts anew.
CLOCK_MONOTONIC is one for all processes: the panel and the gateway mean the same moment by it.
"""

import json
import sqlite3
from dataclasses import dataclass
from typing import NamedTuple

from gateway.clocktrust import FIRST_SANE_MS, STEP_S, By, Voice, Word
from gateway.errors import Refused
from gateway.people import User
from gateway.policy import may
from gateway.store import moment, write

SAME_MS = (
    30_000  # a word that says what the last one did is not written again: it would only wear out the card
)
PERSON = "person"
STEPS = "clock_steps"  # a setting: the last of them, [`Step`, ...]
LATELY_MS = 5 * 60_000  # a modem may still answer for a text of then
OLD_PAGE_MS = 5 * 60_000


@dataclass(frozen=True)
class Instant:
    """One moment by both clocks: the wall (ms), the monotonic one (ms), and the run of the machine that it belongs to."""

    wall_ms: int
    mono_ms: int
    boot: str

    @property
    def offset_ms(self) -> int:
        """Wall less monotonic clock: it stays as it is until the wall clock is set."""
        return self.wall_ms - self.mono_ms


@dataclass(frozen=True)
class Standing:
    """What the gateway last made of the clock in this run of the machine."""

    boot: str
    offset_ms: int  # of the last clock that was trusted; of the first one that was seen, when none was
    once: By  # how it was trusted then; "" when none was
    by: By  # how it is trusted now; "" when it is not
    why: str


class Step(NamedTuple):
    """The clock was set: it had this offset, until then by both clocks (the wall's new time), and goes by so much more (ms). `trusted`: texts
    may have left by it as it was.
    """

    boot: str
    offset_ms: int
    mono_ms: int
    at: int
    by_ms: int
    trusted: bool = True

    def of_late(self, now: Instant) -> bool:
        """Whether that was within `LATELY_MS`, in this run of the machine."""
        return self.boot == now.boot and now.mono_ms <= self.mono_ms + LATELY_MS


def hear(
    db: sqlite3.Connection, voice: Voice, who: str, said_ms: int, at: Instant, *, by: User | None = None
) -> bool:
    """Somebody says that it is `said_ms` now; True when that was news. A time before this program is none at all."""
    if said_ms < FIRST_SANE_MS:
        return False
    known = db.execute("SELECT * FROM clock_word WHERE who=?", [f"{voice}:{who}"]).fetchone()
    if known is not None and known["boot"] == at.boot:
        expected = known["said_at"] + at.mono_ms - known["heard_ms"]
        if abs(said_ms - expected) < SAME_MS or (voice == "texts" and said_ms < expected):
            return False
    _keep(db, f"{voice}:{who}", said_ms, at, by)
    return True


def _keep(db: sqlite3.Connection, who: str, said_ms: int, at: Instant, by: User | None) -> None:
    with write(db):
        db.execute(
            "INSERT OR REPLACE INTO clock_word (who, boot, heard_ms, said_at, by_id) VALUES (?,?,?,?,?)",
            [who, at.boot, at.mono_ms, said_ms, by.id if by else None],
        )


def confirm(db: sqlite3.Connection, *, by: User, shown: Instant, at: Instant) -> None:
    """A person saw this time on the page and says that it is right. Refused: their role, or the clock has changed since."""
    if not may(by.role, "confirm_time"):
        raise Refused("Your role does not confirm the time. Ask a coordinator.")
    waited_ms = at.mono_ms - shown.mono_ms
    stepped = abs(at.offset_ms - shown.offset_ms) > STEP_S * 1000
    if shown.boot != at.boot or stepped or not 0 <= waited_ms <= OLD_PAGE_MS:
        raise Refused("The page was too old for that. Nothing was confirmed; look at the time again.")
    if at.wall_ms < FIRST_SANE_MS:
        raise Refused("That is before this program was written. Set the clock of the box first.")
    with write(db):
        _keep(db, PERSON, at.wall_ms, at, by)
        note(db, f"{by.name} confirmed that it was {moment(at.wall_ms):%Y-%m-%d %H:%M} UTC.", at, by=by)


def confirmed(db: sqlite3.Connection, at: Instant) -> bool:
    """Whether a person confirmed this very clock: in this run of the machine, and it was not set since."""
    row = db.execute("SELECT * FROM clock_word WHERE who=? AND boot=?", [PERSON, at.boot]).fetchone()
    return row is not None and abs(_ahead_ms(row, at)) <= STEP_S * 1000


def words(db: sqlite3.Connection, at: Instant) -> list[Word]:
    """What everybody said in this run of the machine, carried on to this moment."""
    rows = db.execute("SELECT * FROM clock_word WHERE boot=? AND who<>? ORDER BY who", [at.boot, PERSON])
    found = []
    for row in rows:
        voice, _, who = row["who"].partition(":")
        found.append(Word(voice, who, _ahead_ms(row, at) / 1000))
    return found


def _ahead_ms(row: sqlite3.Row, at: Instant) -> int:
    return int(row["said_at"]) + at.mono_ms - int(row["heard_ms"]) - at.wall_ms


def standing(db: sqlite3.Connection) -> Standing | None:
    """The last verdict; None before the first."""
    row = db.execute("SELECT boot, offset_ms, once, by, why FROM clock").fetchone()
    return None if row is None else Standing(**row)


def in_doubt(db: sqlite3.Connection) -> bool:
    """Whether the gateway does not trust the clock now: nothing may end by it."""
    last = standing(db)
    return last is not None and last.by == ""


def keep_standing(db: sqlite3.Connection, now: Standing, at: Instant) -> None:
    """The verdict has changed."""
    with write(db):
        db.execute(
            "INSERT OR REPLACE INTO clock (id, boot, offset_ms, once, by, why) VALUES (1,?,?,?,?,?)",
            [now.boot, now.offset_ms, now.once, now.by, now.why],
        )
        said = "is trusted" if now.by else "is not trusted"
        note(db, f"The clock {said} at {moment(at.wall_ms):%Y-%m-%d %H:%M} UTC. {now.why}", at)


def keep_step(db: sqlite3.Connection, before: Standing, at: Instant) -> None:
    """The clock was set: what was written down a moment ago seems older, or to come."""
    kept = [step for step in _steps(db) if step.of_late(at)]
    by_ms = at.offset_ms - before.offset_ms
    kept.append(Step(before.boot, before.offset_ms, at.mono_ms, at.wall_ms, by_ms, before.once != ""))
    db.execute("INSERT OR REPLACE INTO setting (key, value) VALUES (?,?)", [STEPS, json.dumps(kept)])


def set_forward(db: sqlite3.Connection, at: Instant) -> int:
    """By how much (ms) the clock stands ahead of one that was trusted within `LATELY_MS`, in this run of the machine: by one that is behind
    since the box was off no text leaves.
    """
    last, offsets = standing(db), [step.offset_ms for step in _steps(db) if step.trusted and step.of_late(at)]
    if last is not None and last.boot == at.boot and last.once:
        offsets.append(last.offset_ms)
    return max(0, at.offset_ms - min(offsets, default=at.offset_ms)) if at.boot else 0


def lately(db: sqlite3.Connection, now: int) -> tuple[int, int]:
    """Between which moments (ms, both of them too) lies what was written down within `LATELY_MS`, however the clock was set meanwhile."""
    by_ms = [step.by_ms for step in _steps(db) if 0 <= now - step.at <= LATELY_MS]
    return now - LATELY_MS - max(0, *by_ms, 0), now - min(0, *by_ms, 0)


def _steps(db: sqlite3.Connection) -> list[Step]:
    row = db.execute("SELECT value FROM setting WHERE key=?", [STEPS]).fetchone()
    return [] if row is None else [Step(*step) for step in json.loads(row["value"])]


def note(db: sqlite3.Connection, words: str, at: Instant, *, by: User | None = None) -> None:
    """One line of what happened to the clock, in order; kept for whoever asks who confirmed what."""
    db.execute(
        "INSERT INTO clock_event (at, words, by_id) VALUES (?,?,?)",
        [at.wall_ms, words, by.id if by else None],
    )
