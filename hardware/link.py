"""The seams between a modem's driver and the world: bytes and time.

Everything the driver says or hears goes through one `Link`, and all its time through one `Clock`, so that a
test or a simulator can stand in for both: 180 s of silence then takes no time at all.

Promises: a `Link` never blocks beyond the deadline it is given, and any thread may `wake()` it.
Failure: a port that is lost is `PortGone`, whatever the library below raised; nothing else leaves a `Link`.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where time comes from. `monotonic` measures, `now` dates; neither is ever used for the other."""

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""
        ...

    def now(self) -> datetime:
        """The wall clock: aware, UTC. May jump."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def monotonic(self) -> float:
        """Seconds of CLOCK_MONOTONIC."""
        return time.monotonic()

    def now(self) -> datetime:
        """The machine's wall clock, aware, UTC."""
        return datetime.now(UTC)


class Link(Protocol):
    """A byte stream to one modem, owned by one thread (only `wake` and `close` may be called from others)."""

    name: str  # the port as it was configured: "/dev/ttyUSB2", "socket://10.0.0.7:2000"

    def read(self, deadline: float) -> bytes:
        """At least one byte that arrived; b"" at `deadline` (clock.monotonic()) or when woken; PortGone."""
        ...

    def write(self, data: bytes) -> None:
        """Write all of `data`, bounded by a deadline of the link's own; PortGone."""
        ...

    def wake(self) -> None:
        """From any thread: a blocked read, or else the next one, returns b"" at once."""
        ...

    def close(self) -> None:
        """Let the port go. Never raises, may be called twice."""
        ...
