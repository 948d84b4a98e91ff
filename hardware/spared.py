"""Questions that a modem does not survive: at which it stopped answering, or its port went, twice in a row. For a day they are not asked.

Firmware crashes at a command now and then (the MU609's at AT^GETPORTMODE), at each start anew: nothing would ever be sent. Of
what a start asks most may be refused, and so may be left out; not that without which a text is not read, or nobody knows whose SIM it
is. A supply that is too weak looks the same: after a day each is asked again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from hardware.errors import CommandRefused, ModemSilent, PortGone
from hardware.link import Clock

NEEDED = re.compile(r'AT\+(CPMS="|CMG|CPIN|CFUN=|CIMI)')
SPARED_S = 86_400.0


class Spared:
    """What one modem is not asked, over all its starts; one thread owns it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: dict[str, float] = {}
        self._untold: list[str] = []
        self._last = ""

    def __contains__(self, command: str) -> bool:
        since = self._since.get(command)
        return since is not None and self._clock.monotonic() < since + SPARED_S

    def untold(self) -> list[str]:
        """What is spared since this was called last."""
        new, self._untold = self._untold, []
        return new

    @contextmanager
    def watching(self, command: str, *, alone: bool = True) -> Iterator[None]:
        """While this is asked: ModemSilent says that the modem answers nothing behind it either. A start has more patience than a look,
        and what it sat out says nothing; nor does silence while the modem is not `alone` with us.
        """
        try:
            yield
        except (ModemSilent, PortGone):
            if command == self._last and alone and not NEEDED.match(command):
                self._since[command] = self._clock.monotonic()
                self._untold.append(command)
            self._last = command
            raise
        except CommandRefused:
            self.answered(command)
            raise

    def answered(self, command: str) -> None:
        """It did not die of this, if only this time."""
        if command == self._last:
            self._last = ""
