"""Sticks that are plugged in and pulled out in simulated time, and the finder that watches them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway import finding, stations, store
from gateway.config import Config, Database, Station
from gateway.finding import Finder
from gateway.whereabouts import Where
from hardware.discovery import Change, Seen
from hardware.errors import HardwareError
from hardware.usb import Port, Stick
from tests.scripted import FakeClock

A, B = "356938035643809", "356938035643817"
KIND = ("ff", "ff", "ff")
Says = str | HardwareError


def huawei(place: str, number: str = "1", first: int = 0) -> Stick:
    """An E1550: commands on interface 2."""
    ports = tuple(Port(f"/dev/ttyUSB{first + i}", i, KIND, "option") for i in range(3))
    return Stick(place, "12d1", "1001", "HUAWEI Mobile", ports, frozenset({"ff"}), number)


def without_ports(place: str, pid: str, classes: str) -> Stick:
    return Stick(place, "12d1", pid, "HUAWEI Mobile", (), frozenset(classes.split()), "1")


@dataclass
class Bus:
    """Eyes for the finder: what is plugged in when, and what each port says when it is asked."""

    clock: FakeClock
    says: dict[str, list[Says]] = field(default_factory=dict)  # device -> in turn; the last stays
    asked: list[tuple[float, str]] = field(default_factory=list)
    plugged: dict[str, Stick] = field(default_factory=dict)
    acts: list[tuple[float, Callable[[], list[Change]]]] = field(default_factory=list)
    finder: Finder | None = None
    until_s: float = 0.0
    places: list[tuple[float, dict[str, Where]]] = field(default_factory=list)

    def plug(self, at_s: float, stick: Stick) -> None:
        def act() -> list[Change]:
            self.plugged[stick.place] = stick
            return [Change(gone=False, path=path) for path in self._paths(stick)]

        self.acts.append((1000.0 + at_s, act))

    def unplug(self, at_s: float, place: str) -> None:
        def act() -> list[Change]:
            return [Change(gone=True, path=path) for path in reversed(self._paths(self.plugged.pop(place)))]

        self.acts.append((1000.0 + at_s, act))

    @staticmethod
    def _paths(stick: Stick) -> list[str]:
        return [f"/sys/{stick.place}", *(f"/sys/{stick.place}/{port.device[5:]}" for port in stick.ports)]

    def probe(self, device: str, clock: FakeClock, *, try_s: float) -> str:
        self.asked.append((clock.monotonic() - 1000.0, device))
        answers = self.says[device]
        said = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(said, HardwareError):
            raise said
        return said

    def seen(self) -> list[Seen]:
        return [Seen(stick, frozenset(self._paths(stick))) for stick in self.plugged.values()]

    def wait(self, timeout_s: float | None) -> list[Change]:
        for thread in threading.enumerate():
            if thread.name.startswith("asking"):
                thread.join()
        assert self.finder is not None
        if not self.finder._answers.empty():
            return []
        now = self.clock.monotonic()
        self.acts.sort(key=lambda act: act[0])
        end = 1000.0 + self.until_s
        wake_at = min(
            end if timeout_s is None else now + timeout_s, self.acts[0][0] if self.acts else end, end
        )
        self.clock.time_s = max(now, wake_at)
        if self.clock.time_s >= end:
            self.finder._stopping.set()
        if self.acts and self.acts[0][0] <= self.clock.time_s:
            return self.acts.pop(0)[1]()
        return []

    def wake(self) -> None: ...

    def close(self) -> None: ...


@dataclass
class Room:
    """A finder over a bus, with what it did."""

    bus: Bus
    database: Path
    monkeypatch: pytest.MonkeyPatch
    moved: list[tuple[float, str, str]] = field(default_factory=list)
    hired: list[str] = field(default_factory=list)
    finder: Finder | None = None

    def run(self, *stations: Station, until_s: float = 10.0) -> Finder:
        config = Config(Path("textbank.toml"), database=Database(self.database), stations=stations)

        def moved(name: str, port: str) -> None:
            self.moved.append((self.bus.clock.monotonic() - 1000.0, name, port))

        finder = Finder(
            config, self.bus.clock, moved=moved, hire=self.hired.append, open_eyes=lambda: self.bus
        )
        self.bus.finder, self.bus.until_s, self.finder = finder, until_s, finder
        self.monkeypatch.setattr(finding, "probe", self.bus.probe)
        finder._live()
        return finder

    def rows(self) -> dict[str, tuple[str, str, int]]:
        db = store.connect(self.database)
        rows = db.execute("SELECT name, imei, place, found FROM station WHERE retired_at IS NULL").fetchall()
        db.close()
        return {row["name"]: (row["imei"], row["place"], row["found"]) for row in rows}

    def shown(self) -> str:
        db = store.connect(self.database)
        seen = stations.plugged_in(db)
        db.close()
        return " ".join(one.found for one in seen)

    def about(self) -> str:
        assert self.finder is not None
        return " ".join(self.finder.where("nobody").about)
