"""Where the house touches the gateway: the wire, the port and the database's connection. Each is real but for what may
happen at it: the process may die, somebody else may act, the disk may refuse.
"""

from __future__ import annotations

import contextlib
import errno
import random
import sqlite3
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from unittest import mock

from gateway import store, texted
from gateway.journal import Journal
from hardware.errors import PortGone
from hardware.virtual import World
from tests.scenarios.simulation.baton import Process, Turns, current
from tests.scripted import FakeClock

if TYPE_CHECKING:
    from tests.scenarios.simulation.house import House

YIELDS = 0.05  # how often another actor goes between two statements, or between a command and its answer
CUTS = 0.2  # how often an answer is read in two pieces
ROUNDING_S = 1e-6
ERRORS = {
    "full": errno.ENOSPC,
    "I/O": errno.EIO,
    "readonly": errno.EROFS,
}  # what a file says where SQLite says this


class Wire:
    """What came from each modem and was not read yet."""

    def __init__(self, world: World, clock: FakeClock) -> None:
        self.world, self.clock = world, clock
        self.began = clock.monotonic()
        self.here = [b""] * len(world.modems)
        self._due: float | None = 0.0

    def next(self) -> float | None:
        """On the clock, when the modems do something next."""
        return (
            None if self._due is None else self.began + self._due + ROUNDING_S
        )  # never a rounding short of it

    def stir(self) -> None:
        """Something was done to the modems from outside."""
        self._due = 0.0

    def tick(self) -> None:
        """What is due at the modems."""
        now = self.clock.monotonic() - self.began
        if self._due is None or now < self._due:
            return
        self.world.tick(now)
        for number, modem in enumerate(self.world.modems):
            self.here[number] = self.here[number] + b"".join(modem.take(now)) if modem.plugged else b""
        self._due = self.world.next_wake()

    def feed(self, number: int, data: bytes) -> None:
        """Octets for one modem, and what it answers at once."""
        now = self.clock.monotonic() - self.began
        modem = self.world.modems[number]
        modem.feed(data, now)
        self.here[number] += b"".join(modem.take(now))
        waits = (self._due, modem.next_wake(), self.world.network.next_wake())
        self._due = min((wait for wait in waits if wait is not None), default=None)


class Link:
    """A port held by one actor of the gateway."""

    def __init__(self, house: House, number: int, process: Process) -> None:
        self.name = f"virtual{number}"
        self._house, self._number, self._process = house, number, process
        self._wire, self._clock, self._dice = house.wire, house.clock, house.dice
        self._modem = house.world.modems[number]
        self._plugs = house.plugs[number]  # a port that went is another one when it comes back
        self._woken = self._closed = False
        process.closing.append(self.close)

    def read(self, deadline: float) -> bytes:
        wire, number = self._wire, self._number
        if self._dice.random() < YIELDS:
            self._pause(self._clock.monotonic())
        while True:
            self._process.point()
            waiting = wire.here[number]
            if waiting:
                cut = len(waiting) if self._dice.random() >= CUTS else self._dice.randint(1, len(waiting))
                wire.here[number] = waiting[cut:]
                return waiting[:cut]
            self._there()
            if self._woken:
                self._woken = False
                return b""
            if self._clock.monotonic() >= deadline:
                return b""
            self._pause(deadline)

    def write(self, data: bytes) -> None:
        self._there()
        whole = self._process.steps(len(data))  # it may die between any two of them
        self._wire.feed(self._number, data[:whole])
        self._process.point()

    def wake(self) -> None:
        self._woken = True

    def close(self) -> None:
        if not self._closed:
            self._modem.opened_anew()
        self._closed = True

    def _pause(self, until: float) -> None:
        actor = current()
        assert actor is not None
        actor.pause(until, lambda: bool(self._wire.here[self._number]) or self._woken or self._gone())

    def _gone(self) -> bool:
        return self._closed or not self._modem.plugged or self._plugs != self._house.plugs[self._number]

    def _there(self) -> None:
        if self._gone():
            raise PortGone(self.name, "[Errno 5] Input/output error")


class Disk:
    """The card: full, failing, or with somebody in the lock, until it is well again."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.refusal = ""  # what SQLite says; "" while all is well
        self.late = False  # each statement is taken, and the COMMIT is not
        self.refused_files = 0

    def meet(self, sql: str) -> None:
        """A statement of the gateway's is about to run. A lock is met at the beginning, a full card at any write, or as it is committed."""
        if not self.refusal or sql.startswith(("SELECT", "PRAGMA", "ROLLBACK")):
            return
        if "locked" in self.refusal:
            met = sql.startswith("BEGIN")
        elif self.late:
            met = sql.startswith("COMMIT") and self._dice.random() < 0.8
        else:
            met = self._dice.random() < 0.4
        if met:
            raise sqlite3.OperationalError(self.refusal)

    @contextlib.contextmanager
    def files(self) -> Iterator[None]:
        """What the gateway adds to the two files beside the database: it may die before and after, or the card refuse."""

        def met(add: Callable[..., Any]) -> Callable[..., Any]:
            def adding(*args: Any, **options: Any) -> Any:
                actor = current()
                if actor is None or actor.process is None:
                    return add(*args, **options)
                actor.process.point()
                self._meet_file()
                done = add(*args, **options)
                actor.process.point()
                return done

            return adding

        with (
            mock.patch.object(Journal, "_append", met(Journal._append)),
            mock.patch("gateway.texted._write", met(texted._write)),
        ):
            yield

    def _meet_file(self) -> None:
        number = next((number for words, number in ERRORS.items() if words in self.refusal), None)
        if self.refusal and number is not None and self._dice.random() < 0.4:
            self.refused_files += 1
            raise OSError(number, self.refusal)


class Connection(store.Connection):
    """A real connection that may die, or be refused, before each statement of the gateway's."""

    _turns: Turns
    _disk: Disk
    _process: Process | None = None
    kept = False  # closed, it stays open for the next round: to open a file costs more than a round

    def join(self, turns: Turns, disk: Disk) -> None:
        """Whose it is: the gateway's when one of its actors opens it."""
        sqlite3.Connection.execute(self, "PRAGMA synchronous=OFF")
        self._turns, self._disk = turns, disk
        actor = current()
        if actor is not None and actor.process is not None:
            self._process = actor.process
            self._process.closing.append(super().close)

    def close(self) -> None:
        if not self.kept or self.in_transaction:
            self.kept = False
            super().close()

    def execute(self, sql: str, *rest: object) -> sqlite3.Cursor:  # type: ignore[override]
        if self._process is not None:
            if sql.startswith("PRAGMA synchronous"):
                sql = "PRAGMA synchronous=OFF"  # nothing here outlives the process of the test
            self._process.point()
            self._disk.meet(sql)
            if (
                not self.in_transaction
                and not sql.startswith("PRAGMA")
                and self._turns.dice.random() < YIELDS
            ):
                actor = current()
                assert actor is not None
                actor.pause(self._turns.clock.monotonic())
        return super().execute(sql, *rest)  # type: ignore[arg-type]
