"""A `Link` to a virtual modem in simulated time: real protocol, no ptys, no waiting.

    clock = FakeClock()
    world = World(2, epoch=clock.now())
    modem = Modem(VirtualLink(world, 0, clock), clock)

The world's time is the clock's; it moves when a link is read, and then from event to event.
"""

from __future__ import annotations

from hardware.errors import PortGone
from hardware.virtual import World
from tests.scripted import FakeClock

UNTAKEN_S = 0.02


class VirtualLink:
    """The port of modem `number` ("0.1": its second). `chunk` octets arrive at a time (None: what the modem wrote at once).

    `began`: the clock's time at which the world's is 0, for links that are opened later (None: now).
    """

    def __init__(
        self,
        world: World,
        number: int | str,
        clock: FakeClock,
        chunk: int | None = None,
        began: float | None = None,
    ) -> None:
        self.name = f"virtual{number}"
        self.heard = b""
        self._world = world
        self._modem = world.ports[str(number)]
        self._clock = clock
        self._began = clock.monotonic() if began is None else began
        self._chunk = chunk
        self._here = b""
        self._woken = False
        self._closed = False

    def read(self, deadline: float) -> bytes:
        while True:
            data = self._arrived()
            if data:
                return data
            if self._woken:
                self._woken = False
                return b""
            wake = self._world.next_wake()
            due = deadline if wake is None else self._began + wake + 1e-6  # never a rounding short of it
            if due <= self._clock.monotonic():  # another modem's octets, which nobody takes now
                due = self._clock.monotonic() + UNTAKEN_S
            if self._clock.monotonic() >= deadline or due >= deadline:
                self._clock.time_s = max(self._clock.time_s, deadline)
                return self._arrived()
            self._clock.time_s = max(self._clock.time_s, due)

    def write(self, data: bytes) -> None:
        self._there()
        self._modem.feed(data, self._now())

    def wake(self) -> None:
        self._woken = True

    def close(self) -> None:
        if not self._closed:
            self._modem.opened_anew()
        self._closed = True

    def _now(self) -> float:
        return self._clock.monotonic() - self._began

    def _there(self) -> None:
        if self._closed:
            raise PortGone(self.name, "it was closed")
        if not self._modem.plugged:
            self._closed = True
            raise PortGone(self.name, "[Errno 5] Input/output error")

    def _arrived(self) -> bytes:
        self._world.tick(self._now())
        self._here += b"".join(self._modem.take(self._now()))
        if not self._here:
            self._there()
        data = self._here[: self._chunk] if self._chunk else self._here
        self._here = self._here[len(data) :]
        self.heard += data
        return data
