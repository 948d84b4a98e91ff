"""What every part of a station shares: its connection, its clocks, its seat, and the results that the
database still has to take.
"""

import contextlib
import logging
import os
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gateway import budget, explain, happenings, readings, stations
from gateway.bell import ring
from gateway.budget import Sim
from gateway.claims import Job, Seat
from gateway.config import Station as Spec
from gateway.errors import StaleMessage
from gateway.ladder import STARTING_S
from gateway.policy import Limits, day_of
from gateway.rules import Rules
from gateway.station.bells import Bells
from gateway.store import connect, moment, ms, write
from gateway.streak import Streak
from gateway.taken import Held, Taken
from gateway.timekeeper import Timekeeper
from gateway.whereabouts import Seek, Where
from hardware.company import Company
from hardware.errors import HardwareError
from hardware.link import Clock
from hardware.modem import Direct, LateRefusal, LateSubmit, Modem, Notice, Restarted, StorageFull, Waiting
from hardware.spared import Spared

log = logging.getLogger("textbank.station")

MINUTE_S = 60.0
UNCERTAIN_IN_A_ROW = 2
LOCK_S = 5.0  # a station that cannot write says so and tries again; it does not sit in the lock


class StartAnew(HardwareError):  # noqa: N818 (it says what is done, as the facts of the hardware do)
    """The modem has to be opened anew, though its port is there and it answers; str() is why, as a sentence."""


def _comes_first(notice: Notice) -> bool:
    match notice:
        case Waiting(report=True) | Direct(kind="report"):
            return False
        case Waiting() | Direct() | StorageFull() | Restarted() | LateSubmit() | LateRefusal():
            return True
        case _:
            return False


@dataclass(frozen=True)
class Typed:
    """A PIN that a person typed on the page, for one try; `again`: an admin did, who may try one that was refused.

    `until` (monotonic): then it is forgotten, for another card may be there by the time that a modem comes.
    """

    pin: str
    again: bool
    until: float


@dataclass
class Late:
    """An attempt whose answer did not come in time: the next answer that nobody waits for is its own.

    A modem that takes no command may still be handing the text over (`drains`): until `until` (monotonic) nothing more than
    one AT is written to it. One that answers AT is done with it; its answer is listened for all the same, and what may be it
    is believed of no other text.
    """

    seat: Seat
    job: Job
    seq: int
    until: float
    drains: bool
    stayed: bool = True  # the modem was not seen to go from the bus, and with it most likely the text
    asked: bool = False  # whether it takes commands
    mr_before: int | None = None  # the last reference that is known from before it
    span: int = 1  # its own is one of so many after that
    above: int | None = None  # and after this one, which was given to a text before it
    first: bool = False  # no reference of this SIM was known when it was remembered
    followed: bool = False  # another text was handed over since
    doubted: bool = False  # another's answer may be owed too: nobody can tell whose the next one is


@dataclass
class Hold:
    """Nothing goes by this SIM until then (monotonic), and why, in words."""

    until: float
    why: str
    for_s: int
    in_doubt: bool = False  # whose the modem's next answer is: no person knows either, and none ends it


@dataclass
class Desk:
    """One station's belongings. Owned by its thread; only `Station.wake` is called from others."""

    spec: Spec
    database: Path
    rules: Rules
    clock: Clock
    open_modem: Callable[[], Modem]
    seek: Seek
    taken: Taken
    timekeeper: Timekeeper
    where: Where = field(default_factory=lambda: Where(None))  # where it was when we looked last
    mark: object = None  # what the port was then: one that was pulled out and came back is another
    db: sqlite3.Connection = field(init=False)
    company: Company = field(init=False)  # other programs at the port, over all its openings
    spared: Spared = field(init=False)  # what its modem does not survive, over all its starts
    bells: Bells = field(init=False)
    shared: bool = False  # one works there: nothing is sent, and when it is over everything is set anew
    modem: Modem | None = None
    seat: Seat | None = None
    registered: bool = False
    paused: str = ""  # why nothing is sent, in words; receiving goes on
    unkept: dict[str, str] = field(
        default_factory=dict
    )  # by PDU: who wrote what came directly and is in no commit yet
    results: list[Callable[[], object]] = field(
        default_factory=list
    )  # what the modem answered and no commit holds yet
    held_up: str = ""  # why the next text waits for its SIM, in words
    unreadable: bool = False  # something on the SIM has been in doubt for a while: nothing is sent
    pin_spent: explain.Notice | None = None  # this PIN was tried on this SIM before and not accepted
    pin_once: Typed | None = None  # a PIN that a person typed, for one try
    card: str = ""  # the SIM of the last start
    opened_at: float | None = (
        None  # when the port was first opened since it was last gone, on the monotonic clock
    )
    heard: list[Notice] = field(default_factory=list)  # what the modem said unasked, not dealt with yet
    because: explain.Notice | None = field(default_factory=happenings.textbank_started)  # why it starts now
    twin: str = ""  # the station that has this modem by another of its ports
    twin_has: Held = ("", "")  # what was identified here then
    twin_again_at: float = 0.0  # monotonic: the port is opened again although that station still has it
    warning: explain.Notice | None = None  # what a technician should know of a modem that works
    slots: int | None = None  # where texts arrive, as the modem counts them
    was_full: bool = False  # the modem said so since the last look
    told_full: bool = False  # and it has not been seen with room since
    late: Late | None = None
    last_mr: int | None = None  # the reference of the last segment of which one is known
    unreferenced: int = 0  # segments that were handed over after it
    minute: deque[float] = field(default_factory=deque)  # when segments left, on the monotonic clock
    minute_of: str = ""  # the ICCID of the SIM that sent them
    prompts_s: deque[float] = field(default_factory=lambda: deque(maxlen=5))  # how long the last ones took
    streak: Streak = field(default_factory=Streak)  # refusals in a row; it outlives restarts of the modem
    hold: Hold | None = None
    technology: str = ""  # what the modem is on, as it told last
    roaming: bool = False
    unreported: explain.Notice | None = None  # the warning that reports have stopped
    wants_reset: str = ""  # why the modem itself should be restarted, in words; for the ladder
    listed_s: dict[str, float] = field(default_factory=dict)  # by storage: how long its last listing took
    hung_lists: int = 0  # in a row
    look_soon: bool = False  # network, SIM and storage, before another text
    must_read: bool = False  # what lies on the SIM, before another text, however long that takes
    smsc_asked: bool = False  # the text centre was read again since the start
    suspects: dict[str, str] = field(
        default_factory=dict
    )  # number -> reason of refusals that may be the SIM's fault

    def __post_init__(self) -> None:
        self.db = connect(self.database, timeout_s=LOCK_S)
        self.company, self.spared = Company(self.clock), Spared(self.clock)
        self.bells = Bells(self.clock)
        stations.ensure(self.db, self.name, now=self.now_ms())

    @property
    def name(self) -> str:
        """The station's name in the configuration."""
        return self.spec.name

    @property
    def port(self) -> str:
        """The port of the modem, as it was looked for last; "" when it is nowhere."""
        return self.where.port or ""

    def find(self) -> Where:
        """Look where the modem is now, and remember it."""
        self.where = self.seek.look()
        mark = _mark_of(self.where.port)
        if mark != self.mark:
            self.stick_went()
        self.mark = mark
        return self.where

    def stick_went(self) -> None:
        """The device itself was gone, not only its port lost."""
        if self.late is not None:
            self.late.stayed = False

    def moved(self) -> bool:
        """Whether there is reason to look again at once: the modem is elsewhere, or its port has come (back)."""
        mark = _mark_of(self.where.port)
        return self.seek.look() != self.where or (mark is not None and mark != self.mark)

    def now_ms(self) -> int:
        """The wall clock as the database keeps it."""
        return ms(self.clock.now())

    def sim(self, iccid: str) -> Sim:
        """The SIM in this station with what its plan allows."""
        spec = self.spec
        limits = Limits(spec.per_minute, spec.per_day, spec.per_month, spec.people_per_month)
        return Sim(iccid, limits, self.rules.zone, spec.billing_day)

    def say(self, state: str, notice: explain.Notice | None = None) -> None:
        """Record the station's state, with what happened, the evidence, what was done and what to do next, a line each.

        A modem that works says its `warning`, when there is one.
        """
        if state == "ready":
            notice = notice or self.warning
        words = "" if notice is None else notice.lines().strip()
        before = self.db.execute("SELECT state, reason FROM station WHERE name=?", [self.name]).fetchone()
        if before is not None and (before["state"], before["reason"]) == (state, words):
            return
        stations.set_state(self.db, self.name, state, words, now=self.now_ms())
        log.info("station=%s state=%s%s", self.name, state, f" what={notice.what!r}" if notice else "")
        self.ring()

    def count_error(self, code: str) -> None:
        """One more of this trouble ("CMS 38", "silence", "port gone"), for the technician's page."""
        now = self.now_ms()
        day = day_of(moment(now), self.rules.zone).isoformat()
        readings.count_error(self.db, self.name, code, day=day, now=now)

    def settle(self, *results: Callable[[], object]) -> None:
        """Record results now, or keep them until the database takes them. Their order is kept."""
        self.results += results
        self.flush()

    def record(self) -> None:
        """Write every result inside the caller's transaction; once that is committed, `forget` them."""
        for result in self.results:
            try:
                result()
            except StaleMessage as moved_on:
                log.info("station=%s a result came too late: %s", self.name, moved_on)

    def forget(self) -> None:
        """The results are committed."""
        if self.results:
            self.results.clear()
            self.ring()

    def flush(self) -> None:
        """Record what is still in hand; raises sqlite3.OperationalError, with all of it kept, while the database refuses."""
        if self.results:
            with self.write():
                self.record()
            self.forget()

    def knocked(self, *, last: bool = False) -> bool:
        """True when the modem has said something that must be read before a text may leave, or is just saying it: it may be a stop.
        `last`: when this prompt is asked about no more.
        """
        assert self.modem is not None
        self.heard += self.modem.notices()
        first = [notice for notice in self.heard if _comes_first(notice)]
        if last and not first:
            self.bells.over()
        bells = all(isinstance(notice, Waiting | StorageFull) for notice in first)
        heard = bool(first) and (not bells or self.bells.worth_reading(set(first)))
        return heard or self.modem.is_handing_over

    def ring(self) -> None:
        """Tell the panel that something was committed."""
        ring(self.database)

    def draining(self, now: float) -> bool:
        """Whether a text's answer may still come, so that nothing else may be written."""
        return self.late is not None and self.late.drains and now < self.late.until

    def count_from(self, mr: int | None) -> None:
        """This is the reference of the segment that was handed over last, if it was told: the SIM counts on from there."""
        if mr is not None:
            self.last_mr, self.unreferenced = mr, 0

    def just_opened(self) -> bool:
        """Whether the modem may still be at its boot: it was plugged in, or restarted by us, a short while ago."""
        return self.opened_at is None or self.clock.monotonic() - self.opened_at < STARTING_S

    def clock_is_trusted(self) -> bool:
        """A clock that was never set, or set wrong, would text people at night."""
        return self.timekeeper.trusted(self.db)

    def held(self, now: float) -> bool:
        """Whether nothing goes by this SIM for a while; a hold that is over is forgotten."""
        if self.hold is not None and now >= self.hold.until:
            self.hold, self.look_soon = None, True
        return self.hold is not None

    def room_in_minute(self, now: float) -> float:
        """Seconds until the per-minute limit lets another segment go; 0 when it does."""
        limit = self.spec.per_minute
        while self.minute and self.minute[0] <= now - MINUTE_S:
            self.minute.popleft()
        if not limit or len(self.minute) < limit:
            return 0.0
        return self.minute[-limit] + MINUTE_S - now

    def remember_minute(self) -> None:
        """At a start: what this SIM sent in the last minute still counts, wherever it was then, and what another sent does not."""
        assert self.seat is not None
        now_ms = self.now_ms() - self.timekeeper.set_forward(self.db)  # else what left a moment ago looks old
        sim, now = self.seat.sim, self.clock.monotonic()
        another = self.minute_of != sim.iccid
        times = budget.last_minute(self.db, sim, now=now_ms, fill=another)
        if another or len(times) > len(self.minute):
            self.minute_of = sim.iccid
            self.minute = deque(now - max(0.0, (now_ms - at) / 1000) for at in times)

    @contextlib.contextmanager
    def hurried(self, seconds: float) -> Iterator[None]:
        """The database is waited for only so long."""
        usual_ms = self.db.execute("PRAGMA busy_timeout").fetchone()[0]
        self.db.execute(f"PRAGMA busy_timeout={min(usual_ms, int(seconds * 1000))}")
        try:
            yield
        finally:
            self.db.execute(f"PRAGMA busy_timeout={usual_ms}")

    def write(self) -> contextlib.AbstractContextManager[None]:
        """One transaction on this station's connection."""
        return write(self.db)


def _mark_of(port: str | None) -> object:
    """What tells one device under this path from the next; None while there is none."""
    try:
        status = os.stat(port) if port and port.startswith("/") else None
    except OSError:
        return None
    return status and (status.st_dev, status.st_ino, status.st_rdev)
