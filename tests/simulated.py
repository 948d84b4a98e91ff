"""Whole stations over virtual modems in simulated time: the real loop, the real database, the real protocol, no waiting.

house = House(path)                       # one modem, one station "s0"
house.until_ready()
house.world.inbound(0, ADA, "Hello", now=house.now())
house.until(lambda: house.texts() == ["Hello"], "the text")
house.run(3600)                           # an hour passes
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from pathlib import Path
from typing import Any

from gateway import arrivals, inbox, outbox, people, store
from gateway.config import Station as Spec
from gateway.machineclock import SetClock
from gateway.policy import Quiet
from gateway.rules import Rules
from gateway.said import Entry
from gateway.station import Station
from gateway.taken import Taken
from gateway.timekeeper import Timekeeper
from hardware.errors import HardwareError, PortMissing
from hardware.link import Link
from hardware.modem import Modem
from hardware.virtual import World
from hardware.virtual.personality import Personality
from tests import blank
from tests.scripted import FakeClock
from tests.virtual_link import VirtualLink

ADA, LUIS = "+12025550123", "+12025550147"
RULES = Rules("Elm Street", "US", "America/New_York", Quiet(time(0), time(0)), undo_ms=0, allow_cli=True)
TURN_S = 0.5  # of simulated time that one station waits while others have theirs


class Listening:
    """A link that keeps what was written and read."""

    def __init__(self, link: Link, said: list[str]) -> None:
        self.name, self.read, self.wake, self.close = link.name, link.read, link.wake, link.close
        self._link, self._said = link, said

    def write(self, data: bytes) -> None:
        self._said += [part for part in data.decode("latin-1").replace("\x1a", "\r").split("\r") if part]
        self._link.write(data)


class House:
    """Some modems, a station for each, one database."""

    def __init__(
        self,
        path: Path,
        *,
        personality: str | Personality | list[str | Personality] = "generic",
        count: int = 1,
        world: World | None = None,
        link: Callable[[int], Link] | None = None,
        machine: SetClock | None = None,
        **spec: Any,
    ) -> None:
        self.path = path
        self.clock = FakeClock()
        self.machine = machine or SetClock()
        self.timekeeper = Timekeeper(self.clock, self.machine, zone=RULES.zone)
        self.began = self.clock.monotonic()
        self.world = world or World(count, epoch=self.clock.now(), personality=personality)
        self.written: list[list[str]] = [
            [] for _ in range(count)
        ]  # by station: what was written, line by line
        self.opened = [0] * count
        self._link = link or self._virtual
        self.db = blank.database(path)
        self.user = people.create(self.db, "Cora", "coordinator", now=self.wall())
        self._spec = {"per_minute": 0, "per_day": 0, **spec}
        self.taken = Taken()
        self.stations = [self._make(number) for number in range(count)]

    def _make(self, number: int) -> Station:
        spec = Spec(name=f"s{number}", port=f"/virtual/{number}", **self._spec)

        def open_modem() -> Modem:
            self.opened[number] += 1
            return Modem(Listening(self._link(number), self.written[number]), self.clock)

        return Station(
            spec,
            database=self.path,
            rules=RULES,
            clock=self.clock,
            open_modem=open_modem,
            taken=self.taken,
            timekeeper=self.timekeeper,
        )

    def _virtual(self, number: int) -> Link:
        self.world.tick(self.now())
        if not self.world.modems[number].plugged:
            raise PortMissing(f"/virtual/{number}")
        return VirtualLink(self.world, number, self.clock, began=self.began)

    def now(self) -> float:
        """The world's time."""
        return self.clock.monotonic() - self.began

    def wall(self) -> int:
        """The wall clock, ms."""
        return store.ms(self.clock.now())

    # time

    def step(self, until: float | None = None, done: Callable[[], bool] = lambda: False) -> None:
        """Every station does one thing, then waits for what comes next: not beyond `until` (monotonic), nor once it is `done`."""
        alone = len(self.stations) == 1
        for station in self.stations:
            now = self.clock.monotonic()
            wake_at = station.step(now)
            if done():
                return
            wake_at = min(wake_at, now + (60.0 if alone else TURN_S / len(self.stations)))
            if until is not None:
                wake_at = min(wake_at, until)
            if station.modem is None:
                self.clock.time_s = max(self.clock.time_s, wake_at)
            elif wake_at > self.clock.monotonic():
                try:
                    station.modem.wait(wake_at)
                except HardwareError as error:
                    station.meet(error)
        self.world.tick(self.now())

    def run(self, seconds: float) -> None:
        """Let simulated time pass."""
        until = self.clock.monotonic() + seconds
        while self.clock.monotonic() < until:
            before = self.clock.monotonic()
            self.step(until)
            if self.clock.monotonic() == before:
                self.clock.advance(0.001)

    def until(self, condition: Callable[[], bool], what: str, limit_s: float = 600.0) -> float:
        """Step until it is so; the simulated seconds that it took."""
        began = self.clock.monotonic()
        while not condition():
            assert self.clock.monotonic() < began + limit_s, f"not in {limit_s:g} s: {what}; {self.said()}"
            self.step(began + limit_s, condition)
        return self.clock.monotonic() - began

    def until_ready(self, limit_s: float = 600.0) -> float:
        names = [station.name for station in self.stations]
        return self.until(lambda: all(self.said(name)[0] == "ready" for name in names), "ready", limit_s)

    def restart(self) -> None:
        """The process died and came back: nothing is left but rows, the SIM and the air."""
        self.taken = Taken()
        self.timekeeper = Timekeeper(self.clock, self.machine, zone=RULES.zone)
        for number, station in enumerate(self.stations):
            if station.modem is not None:
                station.modem.close()
            station._desk.db.close()
            self.stations[number] = self._make(number)

    def end(self, number: int = 0) -> None:
        """The gateway was asked to end, did so, and is started again."""
        self.stations[number].close()
        self.stations[number] = self._make(number)

    def close(self) -> None:
        for station in self.stations:
            station.close()
        self.db.close()

    # what people see

    def said(self, name: str = "s0") -> tuple[str, str]:
        """A station's state and sentence."""
        row = self.db.execute("SELECT state, reason FROM station WHERE name=?", [name]).fetchone()
        return (row["state"], row["reason"]) if row else ("", "")

    def texts(self) -> list[str]:
        """Every inbound text, silent ones too, as recorded."""
        return [row["text"] for row in self.db.execute("SELECT text FROM inbound ORDER BY id")]

    def page(self, number: str = ADA) -> list[Entry]:
        """What a conversation's page shows of what came in."""
        row = self.db.execute("SELECT id FROM conversation WHERE number=?", [number]).fetchone()
        if row is None:
            return []
        found = inbox.thread(self.db, row["id"], self.user, now=self.wall())
        return [entry for entry in found.entries if entry.direction == "in"]

    def shown(self, number: str = ADA) -> list[str]:
        """The words of that page."""
        return [entry.text for entry in self.page(number)]

    def waiting(self) -> list[str]:
        """Who is shown as waiting for an answer."""
        found = inbox.conversations_in(self.db, self.user, box="waiting", now=self.wall())
        return [row.number for row in found]

    def day_passes(self) -> None:
        """A day later, with the housekeeping that belongs to it; the station is not stepped."""
        self.clock.advance(86_400 + 1)
        arrivals.show_incomplete(self.db, now=self.wall())

    # the modem's side

    def arrive(self, text: str, sender: str = ADA, modem: int = 0) -> None:
        self.world.inbound(modem, sender, text, now=self.now())

    def arrive_pdu(self, pdu: str, modem: int = 0) -> None:
        self.world.inbound(modem, "", data=pdu, now=self.now())

    def put(self, record: str, storage: str = "", status: int = 0, modem: int = 0) -> int:
        return self.world.put(modem, record, now=self.now(), storage=storage, status=status)

    def fault(self, name: str, value: Any = None, times: int | None = None, modem: int = 0) -> None:
        self.world.fault(modem, name, value, times, now=self.now())

    def clear(self, name: str | None = None, modem: int = 0) -> None:
        self.world.clear(modem, name, now=self.now())

    def stored(self, modem: int = 0) -> list[tuple[str, int, str]]:
        """What the modem's storages hold: (storage, index, PDU)."""
        return [
            (name, index, slot.pdu)
            for name, storage in self.world.modems[modem].storages.items()
            for index, slot in storage.listed(None)
        ]

    def approved(self, number: str = LUIS, text: str = "Can you come?") -> int:
        """A text that a person has approved; its id."""
        now = self.wall()
        message_id = outbox.draft(
            self.db, number, text, kind="first", key=None, channel="panel", by=None, rules=RULES, now=now
        )
        seen = outbox.seen(outbox.load(self.db, message_id))
        outbox.approve(self.db, message_id, by=self.user, seen=seen, rules=RULES, now=now)
        return message_id

    def state(self, message_id: int) -> str:
        return str(self.db.execute("SELECT state FROM message WHERE id=?", [message_id]).fetchone()["state"])
