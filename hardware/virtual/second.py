"""The second AT port of a modem that has two: settings, prompt and wire of its own; all else is the first port's.

Which of the two says what is unsolicited is chosen by a command (`urc_ports` of the model's row), and texts are routed by
the settings of that port. Power and plug are the first's.
"""

from collections import deque
from datetime import datetime
from typing import Any

from hardware.virtual import wire
from hardware.virtual.engine import Engine
from hardware.virtual.power import Powered
from hardware.virtual.terminal import Terminal


def _of_the_first(name: str) -> Any:
    """An attribute that is the first port's, read and written."""

    def read(port: "SecondPort") -> Any:
        return getattr(port.first, name)

    def write(port: "SecondPort", value: Any) -> None:
        setattr(port.first, name, value)

    return property(read, write)


class _ForTheFirst:
    """The network, to which a second port is its modem."""

    def __init__(self, first: Engine) -> None:
        self._first = first

    def submit(self, modem: Engine, tpdu: bytes, now: float, *, early: bool, swallowed: bool = False) -> None:
        self._first.asked_s = modem.asked_s
        self._first.carrier.submit(self._first, tpdu, now, early=early, swallowed=swallowed)

    def ready(self, modem: Engine, now: float) -> None:
        self._first.carrier.ready(self._first, now)

    def operator_writes(self, modem: Engine, text: str, now: float) -> None:
        self._first.carrier.operator_writes(self._first, text, now)

    def wall(self, now: float) -> datetime:
        return self._first.carrier.wall(now)


class SecondPort(Engine):
    """One more line to the same modem."""

    storages = _of_the_first("storages")
    drawer = _of_the_first("drawer")
    mr = _of_the_first("mr")
    radio = _of_the_first("radio")
    technology = _of_the_first("technology")
    credit_used = _of_the_first("credit_used")
    call = _of_the_first("call")
    ussd_open = _of_the_first("ussd_open")
    urc_port = _of_the_first("urc_port")
    in_socket = _of_the_first("in_socket")
    plugged = _of_the_first("plugged")
    powered = _of_the_first("powered")
    wedged = _of_the_first("wedged")
    texts_wait = _of_the_first("texts_wait")
    flooding = _of_the_first("flooding")
    cdrom = _of_the_first("cdrom")
    renumbered = _of_the_first("renumbered")
    heard = _of_the_first("heard")

    def __init__(self, first: Engine, seed: int) -> None:
        self.first = first
        Powered.__init__(self, first.personality, seed)
        self.faults = first.faults
        self.wire = wire.Wire(self.faults)
        self.carrier = _ForTheFirst(first)
        self.latency = first.latency
        self.asked_s = 0.0
        self.second = None
        self.unacknowledged = None
        self.buffered = []
        self._todo = deque()
        first.second = self

    def urc(self, *lines: str, now: float, urgent: bool = False) -> None:
        """Unsolicited lines go where they were told to go."""
        self.first.urc(*lines, now=now, urgent=urgent)

    def reboot(self, now: float) -> None:
        """The modem restarts, and both ports with it."""
        self.first.reboot(now)

    def unplug(self, now: float) -> None:
        """The stick is pulled."""
        self.first.unplug(now)

    def plug(self, now: float) -> None:
        """The stick is back."""
        self.first.plug(now)

    def forget(self) -> None:
        """Power was lost: what this port was about is over."""
        Terminal.forget(self)
        self._todo.clear()
        self.buffered.clear()
        self.unacknowledged = None
