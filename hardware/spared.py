"""Commands that a modem does not survive: at which it stopped answering, or its port went, twice in a row. They are not asked again.

Firmware crashes at a command now and then (the MU609's at AT^GETPORTMODE), at each start anew: nothing would ever be sent. Of
what a start asks most may be refused, and so may be left out; not that without which a text is not read, or nobody knows whose SIM it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from hardware.errors import CommandRefused, ModemSilent, PortGone

NEEDED = re.compile(r'AT\+(CPMS="|CMG|CPIN|CFUN=|CIMI)')


class Spared:
    """What one modem is not asked, over all its starts; one thread owns it."""

    def __init__(self) -> None:
        self.commands: list[str] = []
        self._last = ""
        self._told = 0

    def untold(self) -> list[str]:
        """What is spared since this was called last."""
        new, self._told = self.commands[self._told :], len(self.commands)
        return new

    @contextmanager
    def watching(self, command: str) -> Iterator[None]:
        """While this is asked: ModemSilent says that the modem answers nothing behind it either."""
        try:
            yield
        except (ModemSilent, PortGone):
            if command == self._last and not NEEDED.match(command):
                self.commands.append(command)
            self._last = command
            raise
        except CommandRefused:
            self._survived(command)
            raise
        self._survived(command)

    def _survived(self, command: str) -> None:
        if command == self._last:
            self._last = ""
