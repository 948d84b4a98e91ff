"""The house: a bank of virtual modems, one database, the gateway process with a station for each modem, a person at the
panel. All of it real but the wire, the clock and the order of events.
"""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path
from unittest import mock

from gateway import clockwords, conversations, flight, lostwrites, optouts, people, schema, store, texted
from gateway.clocktrust import STEP_S
from gateway.clockwords import Instant
from gateway.errors import Refused
from gateway.journal import Journal
from gateway.machineclock import SetClock
from gateway.policy import Limits, Quiet
from gateway.rules import Rules
from gateway.schedule import Housekeeper
from gateway.taken import Taken
from gateway.timekeeper import Timekeeper
from hardware.virtual import World
from hardware.virtual.faults import Value
from hardware.virtual.personality import Personality, personality
from tests.scenarios.simulation.baton import Actor, Lock, Process, Turns, current
from tests.scenarios.simulation.seams import Connection, Disk, Wire
from tests.scenarios.simulation.stations import Turned
from tests.scenarios.simulation.witness import Witness
from tests.scripted import FakeClock

MODELS = (
    "generic",
    "huawei-e3131",
    "huawei-e3372-325",
    "zte-mf190",
    "sim800l",
    "a7670e",
    "sim7600",
    "quectel-ec25",
    "cinterion",
    "wavecom",
    "novatel",
)
SLOTS = 12  # of a storage: it is soon full, and quickly read where there is no list
HOUSEKEEPER = "housekeeper"
CARD = os.statvfs_result(
    (4096, 4096, 250_000, 125_000, 125_000, 0, 0, 0, 0, 255)
)  # what a page says of it is the same each time
NOON = datetime(2026, 11, 24, 17, tzinfo=UTC)  # where the people of the house are
EVENING, MORNING = timedelta(hours=7, minutes=46), timedelta(hours=-3, minutes=-7)  # 19:46, 8:53
START = FakeClock().monotonic()
WATCH_S = 30.0  # who compares the time with their own sees less than this not
ROUNDING_S = 0.001
Span = tuple[float, float]
STOP_S = 30.0  # who ends the gateway politely kills it then
ROOMY, NARROW = (
    Limits(60, 200, 3000, 0),
    (Limits(8, 200, 3000, 0), Limits(60, 12, 3000, 0), Limits(60, 200, 25, 6)),
)


@cache
def _model(name: str) -> Personality:
    row = personality(name)
    return replace(
        row, storages={kind: min(size, SLOTS) for kind, size in row.storages.items()}, flood_s=30.0
    )


@cache
def _template() -> dict[str, bytes]:
    """The files of a database with its tables, its person and its confirmation, made once for each process of tests."""
    dice = random.Random(0)
    with tempfile.TemporaryDirectory(prefix="textbank-simulation-") as folder:
        with (
            mock.patch("secrets.token_bytes", dice.randbytes),
            mock.patch("secrets.token_hex", lambda size=16: dice.randbytes(size).hex()),
            contextlib.closing(store.connect(Path(folder) / "textbank.db")) as db,
        ):
            schema.migrate(db)
            now = store.ms(FakeClock().now()) - 60_000
            admin = people.create(db, "Vera", "admin", now=now)
            optouts.approve_confirmation(
                db, optouts.default_confirmation("Elm"), by=admin, channel="cli", now=now
            )
        return {made.name: made.read_bytes() for made in Path(folder).iterdir()}


def _unheard(database: Path) -> None:
    """A bell that nobody listens for: there is no panel, and the stations are rung by the house."""


class House:
    """Everything, from one seed."""

    here: House | None = None

    def __init__(self, folder: Path, seed: int) -> None:
        self.seed = seed
        self.dice = dice = random.Random(seed)
        self.clock = FakeClock()
        hour = dice.random()  # quiet hours begin, or end, while all this goes on
        self.evening, self.morning = hour < 0.06, 0.06 <= hour < 0.09
        self.clock.start = NOON + self.evening * EVENING + self.morning * MORNING
        self.modems = dice.choice((1, 2, 2, 3))
        self.world = World(
            self.modems,
            epoch=self.clock.now(),
            personality=[_model(dice.choice(MODELS)) for _ in range(self.modems)],
            send_latency=dice.choice((0.0, 0.3, 2.0)),
            carry_s=1.0,
            report_s=2.0,
            seed=seed,
        )
        self.plan = dice.choice((*[ROOMY] * 7, *NARROW))  # of each of its SIMs
        self.witness = Witness(self.world)
        self.plugs = [0] * self.modems
        self.wire = Wire(self.world, self.clock)
        self.turns = Turns(self.clock, dice, (self.wire.next, self.wire.tick))
        self.disk = Disk(dice)
        self.database = folder / "textbank.db"
        for name, content in _template().items():
            (folder / name).write_bytes(content)
        self.rules = Rules("Elm Street", "US", "America/New_York", Quiet(time(20), time(9)),
                           undo_ms=dice.choice((0, 5_000, 20_000)))  # fmt: skip
        self.gateway: Process | None = None
        self.cut_off = False  # the last one died
        # Half of the boxes are without a clock that runs while they are off, as a Pi is.
        self.machine = SetClock("boot 0", battery=dice.random() < 0.5)
        self.taken, self.timekeeper = Taken(), self._new_timekeeper()
        self.workers: list[Turned] = []
        self.died: list[str] = []  # what stations died of
        self.log: list[str] = []
        self.counts: Counter[str] = Counter()
        self.jumps: list[
            tuple[float, timedelta]
        ] = []  # when the clock was set, and what it showed less before
        with self.patched():
            self.db = store.connect(self.database)
            self.person = people.by_id(self.db, 1)

    # time

    @property
    def now(self) -> float:
        """The world's time: seconds since the run began."""
        return self.clock.monotonic() - START

    def now_ms(self) -> int:
        """The wall clock as the gateway sees it."""
        return store.ms(self.clock.now())

    def set_clock(self, forward: timedelta) -> None:
        """Somebody sets the wall clock."""
        self.jumps.append((self.now, self.clock.start - self.world.network.epoch))
        self.clock.start += forward

    def ahead_s(self) -> float:
        """By how much the wall clock is wrong."""
        return (self.clock.start - self.world.network.epoch).total_seconds()

    def wrong_s(self, since: float, until: float) -> list[float]:
        """By how much the wall clock was wrong between two moments of the world; again each time it was set."""
        ends = [*(at for at, _ in self.jumps), float("inf")]
        begins = [float("-inf"), *(at for at, _ in self.jumps)]
        offsets = [*(abs(before.total_seconds()) for _, before in self.jumps), abs(self.ahead_s())]
        return [
            offset
            for begin, end, offset in zip(begins, ends, offsets, strict=True)
            if begin <= until + ROUNDING_S and since - ROUNDING_S <= end
        ]

    def confirm_time(self) -> bool:
        """Somebody compares the time on the page with their watch; True when they confirmed it."""
        if abs(self.ahead_s()) > WATCH_S:
            return False
        at = Instant(self.now_ms(), int(self.clock.monotonic() * 1000), self.machine.boot)
        clockwords.confirm(self.db, by=self.person, shown=at, at=at)
        return True

    def _boot(self) -> str:
        return self.machine.boot

    def _new_timekeeper(self) -> Timekeeper:
        keeper = Timekeeper(self.clock, self.machine, zone="America/New_York")
        keeper._lock = Lock()  # type: ignore[assignment]
        return keeper

    def true_s(self, wall_ms: int, *, last: bool, set_right: bool = False) -> float:
        """When (seconds of the world) the gateway's clock showed this; the last time or the first, if more than once. `set_right`: of a row
        that is set right when a clock that stood behind is.
        """
        return self.all_true_s(wall_ms, set_right=set_right)[-1 if last else 0]

    def all_true_s(self, wall_ms: int, *, set_right: bool = False) -> list[float]:
        """The same, every time, the first one first."""
        wall_s = (wall_ms - store.ms(self.world.network.epoch)) / 1000
        spans = [*self.jumps, (self.now, self.clock.start - self.world.network.epoch)]
        began, found = float("-inf"), []
        for place, (until, offset) in enumerate(spans):
            later = [other for _, other in spans[place + 1 :] if (other - offset).total_seconds() > STEP_S]
            # Set right, it shows what the later clock would have shown, but for a small step since the doubt began.
            steps = (other - offset for _, other in spans[: place + 1])
            small = [step for step in steps if abs(step).total_seconds() <= STEP_S]
            moved = (shown - step for shown in (later if set_right else ()) for step in small)
            meant = {wall_s - shown.total_seconds() for shown in (offset, *moved)}
            found += [at for at in meant if began - 0.001 <= at <= until + 0.001]
            began = until
        return sorted(found) or [wall_s]

    def steps(self) -> list[tuple[float, float]]:
        """When the gateway's clock stepped, and by how much (s)."""
        offsets = [
            *(offset for _, offset in self.jumps),
            self.clock.start - self.world.network.epoch,
        ]
        return [
            (at, (after - before).total_seconds())
            for (at, before), after in zip(self.jumps, offsets[1:], strict=True)
        ]

    def opted_out(
        self, db: sqlite3.Connection, *, longest: bool = False, sure: bool = False
    ) -> dict[str, list[Span]]:
        """Since when and until when each number was out, in seconds of the world: at least, or at the `longest`, where the clock showed
        a time more than once. `sure`: only while it was out whichever of those times it was.
        """
        out: dict[str, list[Span]] = defaultdict(list)
        numbers = {row["number"] for row in db.execute("SELECT number FROM conversation").fetchall()}
        for number in sorted(numbers | {record.to for record in self.world.network.air}):  # some were erased
            key = conversations.number_key(db, number)
            for stop in db.execute("SELECT * FROM opt_out WHERE number_key=?", [key]):
                out[number].append(self._span(db, stop, longest=longest, sure=sure))
        return out

    def _span(self, db: sqlite3.Connection, stop: sqlite3.Row, *, longest: bool, sure: bool) -> Span:
        every = self.all_true_s(stop["since_at"])
        if stop["until_at"] is None:
            return every[-1], float("inf")
        above = db.execute("SELECT since_at FROM opt_out WHERE id<?", [stop["id"]]).fetchall()
        below = db.execute("SELECT since_at FROM opt_out WHERE id>?", [stop["id"]]).fetchall()
        lowest = max((self.true_s(row["since_at"], last=False) for row in above), default=float("-inf"))
        highest = min((self.true_s(row["since_at"], last=True) for row in below), default=float("inf"))
        # A clock that was set back shows a time twice and more. No row began before one that stands above it (912135), nor after
        # one that stands below (921404), but those that a restore brought back.
        began = [since for since in every if lowest <= since <= highest] or every
        spans = [
            (since, until) for since in began for until in self.all_true_s(stop["until_at"]) if since <= until
        ]
        # Of two that are as long the later is sure: nobody was out before it began (973147).
        spans.sort(key=lambda span: (round(span[1] - span[0], 3), -span[0]))
        if sure and spans:
            return max(since for since, _ in spans), min(until for _, until in spans)
        return spans[-1 if longest else 0] if spans else (began[0], began[0])

    def note(self, what: str) -> None:
        """For whoever looks at a seed that failed."""
        self.log.append(f"{self.now:9.3f} {what}")

    def count(self, what: str) -> None:
        self.counts[what] += 1

    # faults

    def fault(self, number: int, name: str, value: Value | None = None, times: int | None = None) -> None:
        self.world.fault(number, name, value, times, now=self.now)
        self.wire.stir()

    def clear(self, number: int, name: str | None = None) -> None:
        self.world.clear(number, name, now=self.now)
        self.wire.stir()

    def unplug(self, number: int) -> None:
        self.plugs[number] += 1
        self.world.unplug(number, now=self.now)
        self.wire.stir()

    def plug(self, number: int) -> None:
        self.world.plug(number, now=self.now)
        self.wire.stir()

    def inbound(self, number: int, sender: str, text: str) -> None:
        self.world.inbound(number, sender, text, now=self.now)
        self.wire.stir()

    # the gateway

    @contextlib.contextmanager
    def patched(self) -> Iterator[None]:
        """Every connection that is made in here may die, and nothing random comes from elsewhere."""
        plain = sqlite3.connect

        def connect(database: object, **options: object) -> sqlite3.Connection:
            actor = current()
            keeping = actor is not None and actor.name == HOUSEKEEPER and database == self.database
            if keeping and actor.kept is not None and actor.kept.kept:
                return actor.kept
            db: sqlite3.Connection = plain(database, **{**options, "factory": Connection})  # type: ignore[call-overload]
            assert isinstance(db, Connection)
            db.join(self.turns, self.disk)
            if keeping:
                db.kept, actor.kept = True, db
            return db

        House.here = self
        try:
            with (
                self.witness.watching(),
                self.disk.files(),
                mock.patch("sqlite3.connect", connect),
                mock.patch("gateway.daemon.wall_ms", self.now_ms),
                mock.patch("gateway.station.desk.ring", _unheard),
                mock.patch("os.statvfs", return_value=CARD),
                mock.patch.object(texted, "_boot", self._boot),
                mock.patch("gateway.texted._all", {}),
                mock.patch("secrets.randbelow", self.dice.randrange),
                mock.patch("secrets.token_bytes", self.dice.randbytes),
                mock.patch("secrets.token_hex", lambda size=16: self.dice.randbytes(size).hex()),
            ):
                yield
        finally:
            House.here = None

    def ring(self) -> None:
        """Something was committed: whoever waits looks."""
        for worker in self.workers:
            worker.ring()

    def start_gateway(self) -> None:
        """A new process: a station for each modem, and housekeeping."""
        process = Process("gateway")
        self.gateway = process
        self.taken, self.timekeeper = Taken(), self._new_timekeeper()
        texted._all.clear()  # another process
        lostwrites.catch_up(self.db, self.database, now=self.now_ms(), cut_off=self.cut_off)
        self.cut_off = True  # until it ends by itself
        Journal(self.database).compact()
        journal = texted.of(self.database)
        journal._lock = Lock()  # type: ignore[assignment]
        journal.open(self.db)
        flight.recover_all(self.db, now=self.now_ms())
        self.note("gateway starts")
        self.workers = [Turned(self, process, number) for number in range(self.modems)]
        for worker in self.workers:
            self.turns.start(worker.name, worker.live, process)
        self.turns.start(HOUSEKEEPER, self._housekeep, process)

    def _housekeep(self, actor: Actor) -> None:
        housekeeper = Housekeeper(self.database, self.rules, self.clock, self.timekeeper)
        while True:
            actor.pause(self.clock.monotonic() + 60)
            with contextlib.suppress(sqlite3.OperationalError, Refused):
                housekeeper._round()

    def kill_gateway(self) -> None:
        """At a moment at which it waits."""
        if self.gateway is not None and not self.gateway.dead:
            self.note("kill -9")
            self.turns.kill(self.gateway)

    def end_gateway(self, actor: Actor) -> None:
        """SIGTERM: every station records what is in hand; what still waits for its modem after half a minute is killed."""
        process = self.gateway
        if process is None or process.dead:
            return
        self.note("SIGTERM")
        stations = [each for each in process.actors if each.name != HOUSEKEEPER]
        for worker in self.workers:
            worker.stop()
        actor.pause(
            self.clock.monotonic() + STOP_S, lambda: process.dead or all(each.done for each in stations)
        )
        if not process.dead:
            ended = all(each.done for each in stations)
            self.count("ended politely" if ended else "ended politely, and killed")
            texted.of(self.database).close()
            self.turns.kill(process)
            self.cut_off = False

    def close(self) -> None:
        """Everybody stops."""
        self.turns.end()
        if self.gateway is not None:
            for close in self.gateway.closing:
                close()
        self.db.close()
