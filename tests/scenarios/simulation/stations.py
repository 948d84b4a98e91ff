"""The stations of a house: the gateway's own, with the worker that it has around each, acting in turns."""

from __future__ import annotations

import sqlite3
import traceback
from dataclasses import asdict
from typing import TYPE_CHECKING

from gateway.config import Station as Spec
from gateway.daemon import Worker
from gateway.station import Station
from hardware.errors import PortMissing
from hardware.modem import Modem
from tests.scenarios.simulation.baton import Actor, Process, current
from tests.scenarios.simulation.seams import Link
from tests.scripted import FakeClock

if TYPE_CHECKING:
    from tests.scenarios.simulation.house import House

PIN = "1234"


class Bell:
    """What `threading.Event` is to a thread, to an actor."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._rung = False

    def set(self) -> None:
        self._rung = True

    def clear(self) -> None:
        self._rung = False

    def is_set(self) -> bool:
        return self._rung

    def wait(self, seconds: float) -> None:
        actor = current()
        assert actor is not None
        actor.pause(self._clock.monotonic() + seconds, self.is_set)


class Turned(Worker):
    """A station with the worker that the gateway has around it; it acts in turns. What it dies of is kept."""

    def __init__(self, house: House, process: Process, number: int) -> None:
        self._house, self._process, self._number = house, process, number
        super().__init__(f"m{number}", house.database, self._new, house.clock)
        self._rung = Bell(house.clock)  # type: ignore[assignment]
        self._stopping = Bell(house.clock)  # type: ignore[assignment]

    def live(self, actor: Actor) -> None:
        self._live()

    def _new(self) -> Station:
        house = self._house
        return Station(
            Spec(name=self.name, port=f"virtual{self._number}", pin=PIN, **asdict(house.plan)),
            database=house.database,
            rules=house.rules,
            clock=house.clock,
            open_modem=self._open,
            taken=house.taken,
            timekeeper=house.timekeeper,
        )

    def _open(self) -> Modem:
        if not self._house.world.modems[self._number].plugged:
            raise PortMissing(f"virtual{self._number}")
        return Modem(Link(self._house, self._number, self._process), self._house.clock)

    def _bury(self, error: Exception) -> None:
        if not isinstance(error, sqlite3.OperationalError):
            self._house.died.append("".join(traceback.format_exception(error)))
        super()._bury(error)
