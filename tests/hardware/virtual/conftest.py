"""A host at the port of a virtual modem, in simulated time: nothing here waits for a real clock."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from hardware.virtual import World

HELLO = "E8329BFD06"  # "hello" in septets
EPOCH = datetime(2026, 11, 24, 11, 30, tzinfo=UTC)


class Host:
    """What types at modem `number` and reads what it says. `now` is the only clock."""

    def __init__(self, world: World, number: int | str = 0) -> None:
        self.world = world
        self.modem = world.ports[str(number)]
        self.number = number
        self.now = 0.0
        self.pieces: list[bytes] = []

    def type(self, data: str | bytes) -> str:
        """Type this, and what came back without time passing."""
        self.modem.feed(data.encode("latin-1") if isinstance(data, str) else data, self.now)
        return self._heard()

    def say(self, line: str) -> str:
        """A command line, and what came back without time passing."""
        return self.type(line + "\r")

    def quiet(self) -> "Host":
        """Echo off, errors with numbers, PDU mode, texts and reports indicated."""
        for line in ("ATE0", "AT+CMEE=1", "AT+CMGF=0", "AT+CNMI=2,1,0,2,0"):
            assert self.say(line).endswith("OK\r\n")
        return self

    def wait(self, seconds: float) -> str:
        """Let time pass, moment by moment; what came meanwhile."""
        end, heard = self.now + seconds, self._heard()
        while (wake := self.world.next_wake()) is not None and wake <= end:
            self.now = max(self.now, wake)
            heard += self._heard()
        self.now = end
        return heard + self._heard()

    def throw(self, name: str, value: object = None, times: int | None = None) -> None:
        """Throw a fault switch at this modem."""
        self.world.fault(int(str(self.number)[0]), name, value, times, now=self.now)

    def plug_anew(self) -> str:
        """Pull the stick, put it back; what it says in ten seconds."""
        self.world.unplug(0, now=self.now)
        self.world.plug(0, now=self.now)
        return self.wait(10)

    def submit(
        self, to: str = "+12025550170", *, first: str = "21", data: str = HELLO, dcs: str = "00"
    ) -> str:
        """Send a text in PDU mode; everything that came from the prompt on."""
        tpdu = first + "00" + field(to) + "00" + dcs + _length(data, dcs) + data
        heard = self.say(f"AT+CMGS={len(tpdu) // 2}")
        return heard + self.type("00" + tpdu + "\x1a")

    def _heard(self) -> str:
        self.world.tick(self.now)
        pieces = [
            piece for port in self.world.ports.values() for piece in port.take(self.now) if port is self.modem
        ]
        self.pieces += pieces
        return b"".join(pieces).decode("latin-1")


def field(number: str) -> str:
    """An address field in hex."""
    digits = number.lstrip("+")
    padded = digits + "F" * (len(digits) % 2)
    swapped = "".join(padded[at + 1] + padded[at] for at in range(0, len(padded), 2))
    return f"{len(digits):02X}{'91' if number.startswith('+') else '81'}{swapped}"


def _length(data: str, dcs: str) -> str:
    octets = len(data) // 2
    return f"{octets if dcs == '08' else octets * 8 // 7:02X}"


@pytest.fixture(scope="session")
def host_on() -> Callable[..., Host]:
    """A function: a host at the first modem of a fresh bank of two; keywords go to the World."""

    def make(personality: str = "generic", *, count: int = 2, **keywords: object) -> Host:
        return Host(World(count, epoch=EPOCH, personality=personality, **keywords))

    return make


@pytest.fixture
def host(host_on: Callable[..., Host]) -> Host:
    """A host at a generic modem, set up quietly."""
    return host_on().quiet()
