"""A driver on the first of two virtual modems, in simulated time."""

from typing import Any

import pytest

from hardware import pdu
from hardware.modem import Modem
from hardware.virtual import World
from tests.scripted import FakeClock
from tests.virtual_link import VirtualLink

PERSONALITIES = ["generic", "huawei-e3131", "sim800l"]
each = pytest.mark.parametrize("personality", PERSONALITIES)
ADA = "+12025550123"


class Bench:
    """Two virtual modems of one kind; a driver on the first."""

    def __init__(self, personality: str = "generic", *, chunk: int | None = None, **keywords: Any) -> None:
        self.clock = FakeClock()
        self.world = World(2, epoch=self.clock.now(), personality=personality, **keywords)
        self.chunk = chunk
        self.pin: str | None = "1234"
        self.asked = 0
        self.plug_in()

    def plug_in(self) -> None:
        self.link = VirtualLink(self.world, 0, self.clock, self.chunk)
        self.link._began = 1000.0
        self.modem = Modem(self.link, self.clock)

    @property
    def now(self) -> float:
        return self.clock.monotonic() - 1000.0

    def enter_pin(self, identity: object) -> str | None:
        self.asked += 1
        return self.pin

    def fault(self, name: str, value: Any = None, times: int | None = None) -> None:
        self.world.fault(0, name, value, times, now=self.now)

    def start(self) -> "Bench":
        self.modem.start(self.enter_pin)
        return self

    def send(self, text: str = "hello", to: str = ADA, *, commit_s: float = 0.0) -> list[int | None]:
        references = []
        for tpdu in pdu.submit_tpdus(to, pdu.segment(text), ref=7, status_report=True):
            with self.modem.prompt(len(tpdu)) as prompt:
                prompt.type(tpdu)
                self.clock.advance(commit_s)
                references.append(prompt.send(tpdu))
        return references

    def inbound(self, text: str, number: int = 0) -> None:
        self.world.inbound(number, ADA, text, now=self.now)

    def wait(self, seconds: float) -> list[Any]:
        found = []
        deadline = self.clock.monotonic() + seconds
        while self.clock.monotonic() < deadline:
            self.modem.wait(deadline)
            found += self.modem.notices()
        return found

    @property
    def air(self) -> list[Any]:
        return [record for record in self.world.network.air if record.modem == 0]

    def texts(self, *, everything: bool = True) -> list[str | None]:
        found = []
        for stored in self.modem.list(everything=everything):
            try:
                decoded = pdu.decode(stored.pdu)
            except pdu.PduError:
                found.append(stored.pdu)
                continue
            found.append("report" if isinstance(decoded, pdu.StatusReport) else decoded.text)
        return sorted(found, key=str)
