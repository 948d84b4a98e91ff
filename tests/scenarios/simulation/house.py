"""The house: a bank of virtual modems, one database, the gateway process with a station for each modem, a person at the
panel. All of it real but the wire, the clock and the order of events.
"""

from __future__ import annotations

import contextlib
import random
import sqlite3
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from unittest import mock

from gateway import optouts, people, schema, store
from gateway.config import Station as Spec
from gateway.policy import Quiet
from gateway.rules import Rules
from gateway.schedule import Housekeeper
from gateway.station import Station
from hardware.errors import HardwareError, PortGone, PortMissing
from hardware.modem import Modem
from hardware.virtual import World
from tests.scenarios.simulation.baton import Actor, Killed, Process, Turns, current
from tests.scripted import FakeClock

MODEMS = 2
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
)
YIELDS = 0.05  # how often another actor goes between two statements
PIN = "1234"


class Wire:
    """What came from each modem and was not read yet."""

    def __init__(self, world: World, began: float, clock: FakeClock) -> None:
        self.world, self.began, self.clock = world, began, clock
        self.here = [b""] * MODEMS

    def next(self) -> float | None:
        wake = self.world.next_wake()
        return None if wake is None else self.began + wake + 1e-6  # never a rounding short of it

    def tick(self) -> None:
        now = self.clock.monotonic() - self.began
        self.world.tick(now)
        for number, modem in enumerate(self.world.modems):
            self.here[number] += b"".join(modem.take(now))
            if not modem.plugged:
                self.here[number] = b""


class Link:
    """A port held by one actor of the gateway."""

    def __init__(self, house: House, number: int, process: Process) -> None:
        self.name = f"virtual{number}"
        self._house, self._number, self._process = house, number, process
        self._modem = house.world.modems[number]
        self._plugs = house.plugs[number]  # a port that went is another one when it comes back
        self._woken = self._closed = False

    def read(self, deadline: float) -> bytes:
        wire, dice = self._house.wire, self._house.dice
        while True:
            self._process.point()
            waiting = wire.here[self._number]
            if waiting:
                cut = len(waiting) if dice.random() < 0.7 else dice.randint(1, len(waiting))
                wire.here[self._number] = waiting[cut:]
                return waiting[:cut]
            self._there()
            if self._woken:
                self._woken = False
                return b""
            if self._house.clock.monotonic() >= deadline:
                return b""
            _pause(deadline, lambda: bool(wire.here[self._number]) or self._woken or self._gone())

    def write(self, data: bytes) -> None:
        self._there()
        now = self._house.clock.monotonic() - self._house.wire.began
        for at in range(len(data)):  # it may die between any two of them
            try:
                self._process.point()
            except Killed:
                self._modem.feed(data[:at], now)
                raise
        self._modem.feed(data, now)

    def wake(self) -> None:
        self._woken = True

    def close(self) -> None:
        self._closed = True

    def _gone(self) -> bool:
        return self._closed or not self._modem.plugged or self._plugs != self._house.plugs[self._number]

    def _there(self) -> None:
        if self._gone():
            raise PortGone(self.name, "[Errno 5] Input/output error")


def _pause(until: float, ready: object = None) -> None:
    actor = current()
    assert actor is not None
    actor.pause(until, ready)  # type: ignore[arg-type]


class Connection(sqlite3.Connection):
    """A real connection that may die, or be refused, before each statement of the gateway's."""

    def execute(self, sql: str, *rest: object) -> sqlite3.Cursor:  # type: ignore[override]
        actor = current()
        house = House.here
        if actor is not None and actor.process is not None and house is not None:
            actor.process.point()
            if sql.startswith("BEGIN") or (sql == "COMMIT" and house.dice.random() < 0.5):
                house.disk(sql)
            if not self.in_transaction and not sql.startswith("PRAGMA") and house.dice.random() < YIELDS:
                actor.pause(house.clock.monotonic())
        return super().execute(sql, *rest)  # type: ignore[arg-type]


class House:
    """Everything, from one seed."""

    here: House | None = None

    def __init__(
        self, folder: Path, seed: int, *, hour_utc: int = 17, personalities: tuple[str, ...] = MODELS
    ) -> None:
        self.seed = seed
        self.dice = random.Random(seed)
        self.clock = FakeClock()
        self.clock.start = self.clock.start.replace(hour=hour_utc)
        self.world = World(
            MODEMS,
            epoch=self.clock.now(),
            personality=[self.dice.choice(personalities) for _ in range(MODEMS)],
            send_latency=self.dice.choice((0.0, 0.3, 2.0)),
            carry_s=1.0,
            report_s=2.0,
            seed=seed,
        )
        self.plugs = [0] * MODEMS
        self.wire = Wire(self.world, self.clock.monotonic(), self.clock)
        self.turns = Turns(self.clock, self.dice, (self.wire.next, self.wire.tick))
        self.database = folder / "textbank.db"
        self.quiet = Quiet(time(20), time(9))
        self.rules = Rules("Elm Street", "US", "America/New_York", self.quiet, undo_ms=0)
        self.refused_until = 0.0
        self.refusal = ""
        self.rung = False
        self.gateway: Process | None = None
        self.log: list[str] = []
        with self.patched():
            self.db = store.connect(self.database)
            schema.migrate(self.db)
            self.person = people.create(self.db, "Vera", "admin", now=self.now_ms())
            optouts.approve_confirmation(
                self.db, optouts.default_confirmation("Elm"), by=self.person, channel="cli", now=self.now_ms()
            )

    def now_ms(self) -> int:
        return store.ms(self.clock.now())

    def note(self, what: str) -> None:
        """For whoever looks at a seed that failed."""
        self.log.append(f"{self.clock.monotonic() - 1000:9.3f} {what}")

    @contextlib.contextmanager
    def patched(self) -> Iterator[None]:
        """Every connection that is made in here may die."""
        plain = sqlite3.connect

        def connect(database: object, **options: object) -> sqlite3.Connection:
            options |= {"factory": Connection, "check_same_thread": False}
            db: sqlite3.Connection = plain(database, **options)  # type: ignore[call-overload]
            sqlite3.Connection.execute(db, "PRAGMA synchronous=OFF")
            actor = current()
            if actor is not None and actor.process is not None:
                actor.process.closing.append(db.close)
            return db

        House.here = self
        try:
            with (
                mock.patch("sqlite3.connect", connect),
                mock.patch("secrets.randbelow", self.dice.randrange),
                mock.patch("secrets.token_bytes", self.dice.randbytes),
            ):
                yield
        finally:
            House.here = None

    def disk(self, sql: str) -> None:
        """The card is full or somebody sits in the lock, for a while."""
        if self.clock.monotonic() < self.refused_until:
            raise sqlite3.OperationalError(self.refusal)

    def ring(self) -> None:
        """Something was committed: whoever waits looks."""
        self.rung_for = dict.fromkeys(range(MODEMS), True)
        for link in self.links.values():
            link.wake()

    links: dict[int, Link]
    rung_for: dict[int, bool]

    def start_gateway(self) -> None:
        """A new process: a station for each modem, and housekeeping."""
        process = Process("gateway")
        self.gateway = process
        self.links, self.rung_for = {}, {}
        self.note("gateway starts")
        for number in range(MODEMS):
            self.turns.start(
                f"station-{number}", lambda actor, n=number: self._station(actor, process, n), process
            )  # type: ignore[misc]
        self.turns.start("housekeeper", lambda actor: self._housekeep(actor), process)

    def _open(self, number: int, process: Process) -> Modem:
        if not self.world.modems[number].plugged:
            raise PortMissing(f"virtual{number}")
        link = Link(self, number, process)
        self.links[number] = link
        return Modem(link, self.clock)

    def _station(self, actor: Actor, process: Process, number: int) -> None:
        """What `daemon.Worker` does, with turns."""
        spec = Spec(name=f"m{number}", port=f"virtual{number}", pin=PIN, per_minute=60)
        station = Station(
            spec,
            database=self.database,
            rules=self.rules,
            clock=self.clock,
            open_modem=lambda: self._open(number, process),
        )
        while True:
            self.rung_for[number] = False
            wake_at = station.step(self.clock.monotonic())
            if self.rung_for[number] or wake_at <= self.clock.monotonic():
                actor.pause(self.clock.monotonic())
                continue
            modem = station.modem
            if modem is None:
                actor.pause(wake_at, lambda: self.rung_for.get(number, False))
                continue
            try:
                modem.wait(wake_at)
            except HardwareError as error:
                station.meet(error)

    def _housekeep(self, actor: Actor) -> None:
        housekeeper = Housekeeper(self.database, self.rules, self.clock)
        while True:
            actor.pause(self.clock.monotonic() + 60)
            with contextlib.suppress(sqlite3.OperationalError):
                housekeeper._round()

    def kill_gateway(self) -> None:
        assert self.gateway is not None
        self.note("kill -9")
        self.turns.kill(self.gateway)

    def close(self) -> None:
        self.turns.end()
        if self.gateway is not None:
            for close in self.gateway.closing:
                close()
        self.db.close()
