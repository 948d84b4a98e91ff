"""One virtual modem: octets in, octets out, time as an argument. It opens no port, starts no thread, asks no clock.

    feed(data, now)   octets from the host
    tick(now)         does what is due; returns when to call again (None: when something happens)
    take(now)         the pieces it has said by now

`now` is seconds on any clock that does not run backwards. What the modem does with the network goes through `carrier`.
It answers every line somehow, as a modem does; it never raises for what a host sends.
"""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Protocol

from hardware.virtual import commands
from hardware.virtual.commandline import Command, parse
from hardware.virtual.faults import Value, state_of
from hardware.virtual.identity import SERVICE_CENTRE, Card
from hardware.virtual.personality import Personality
from hardware.virtual.receiving import Done
from hardware.virtual.refusal import Refusal
from hardware.virtual.sim import DEFAULT_PIN, Sim
from hardware.virtual.storage import Storage
from hardware.virtual.terminal import Terminal

SERVED = (1, 5, 6, 7)  # <stat> of +CREG with which texts go: home, roaming, and the two for SMS only


class Carrier(Protocol):
    """The network as a modem sees it."""

    def submit(self, modem: "Engine", tpdu: bytes, now: float, *, early: bool) -> None:
        """The modem sends this SUBMIT now; `early` wants its report before this call returns."""

    def ready(self, modem: "Engine", now: float) -> None:
        """The modem may be able to take texts again."""


class Engine(Terminal):
    """One modem with its SIM and storages."""

    def __init__(
        self,
        card: Card,
        personality: Personality,
        carrier: Carrier,
        *,
        seed: int,
        latency: Callable[[], float],
    ) -> None:
        super().__init__(personality, seed)
        self.card = card
        self.carrier = carrier
        self.latency = latency  # seconds from Ctrl-Z until the network has the text
        self.sim = Sim(self.faults)
        first = personality.first_index
        self.storages = {name: Storage(name, size, first) for name, size in personality.storages.items()}
        self.service_centre = SERVICE_CENTRE
        self.mr = self.random.randrange(256)
        self.radio = 1  # +CFUN
        self.asked_s = 0.0  # when the last AT+CMGS came
        self.unacknowledged: Done | None = None  # what waits for AT+CNMA
        self.buffered: list[list[str]] = []  # indications held back by CNMI mode 0
        self._todo: deque[Command] = deque()

    # command lines

    def run_line(self, line: str, now: float) -> None:
        """Run the commands of a line one after the other; the first that fails ends it (V.250 5.6)."""
        found = parse(line)
        if found is None or self.trip("command", now):
            return
        if not found and self.faults.take("at_error"):
            self.final("ERROR", now)
            return
        self._todo = deque(found)
        self._go_on(now)

    def _go_on(self, now: float) -> None:
        """Run the rest of the line, until a command takes its time or fails."""
        while self._todo:
            self._running = True
            try:
                lines = commands.answer(self, self._todo.popleft(), now)
            except Refusal as refusal:
                self.refuse(refusal, now)
                return
            if lines is None:
                return
            self._running = False
            self.inform(lines, now)
        self.final("OK", now)

    def resume(self, lines: list[str], now: float) -> None:
        """A command that took its time ends well: its lines, then the rest of the line."""
        self._running = False
        self.inform(lines, now)
        self._go_on(now)
        self._consume(now)

    def indicate(self, *lines: str, now: float, urgent: bool = False) -> None:
        """Say that a text or report is there, as the mode of CNMI allows."""
        if self.settings.cnmi[0] == 0:
            self.buffered.append(list(lines))
        else:
            self.urc(*lines, now=now, urgent=urgent)

    # power and the port

    def trips_at(self, state: str) -> str:
        """The fault that strikes at this state, "" for none."""
        for name in ("reboot_at", "usb_drop_at"):
            value = self.faults.peek(name)
            if value is not None and state_of(value) == state:
                return name
        return ""

    def trip(self, state: str, now: float) -> bool:
        """Restart or drop off the bus here, if a fault says so. True when it happened."""
        name = self.trips_at(state)
        if not name:
            return False
        value = self.faults.take(name)
        if name == "reboot_at":
            self.reboot(now)
        else:
            self.unplug(now)
            if isinstance(value, dict) and "back_after_s" in value:
                self.later(now + float(str(value["back_after_s"])), self.plug)
        return True

    def typing_began(self, now: float) -> None:
        """The state `pdu` of the faults."""
        self.trip("pdu", now)

    def unplug(self, now: float) -> None:
        """The stick is pulled: port and power are gone, the SIM and its texts are not."""
        self.forget()
        self.plugged = self.powered = False

    def plug(self, now: float) -> None:
        """The stick is back; the port is there before the modem answers."""
        if not self.plugged:
            self.plugged = True
            self._start(now)

    def reboot(self, now: float) -> None:
        """Lose every volatile setting, be deaf while starting, say the boot lines. Some lose their port meanwhile."""
        self._start(now)
        if self.personality.reboot_drops_port:
            self.plugged = False
            self.later(now + self.personality.boot_s / 2, self._port_back)

    def _start(self, now: float) -> None:
        self.forget()
        self.powered = False
        slow_s = self.faults.number("slow_boot")
        self.later(now + (self.personality.boot_s if slow_s is None else slow_s), self._wake)

    def _port_back(self, now: float) -> None:
        self.plugged = True

    def _wake(self, now: float) -> None:
        self.powered = self.plugged = True
        for delay_s, line in self.personality.boot_lines:
            if self.sim.state == "READY" or "PIN" not in line:
                self.later(now + delay_s, partial(self.unasked, line))
        self.carrier.ready(self, now)

    def unasked(self, line: str, now: float) -> None:
        """Say one line unasked: as a timer."""
        self.urc(line, now=now)

    def forget(self) -> None:
        """Power was lost: everything volatile is gone, a locked SIM wants its PIN again."""
        super().forget()
        self._todo.clear()
        self.buffered.clear()
        self.unacknowledged = None
        self.radio = 1
        self.sim.restart()

    # faults that act when thrown

    def thrown(self, name: str, value: Value, now: float) -> None:
        """A fault switch was thrown: those that act at once do."""
        if name == "hang":
            self.faults.clear(name)
            self.deafen(now + float(str(value)))
        elif name == "pin_required":
            told = value if isinstance(value, dict) else {"attempts": value}
            self.sim.lock(str(told.get("pin", DEFAULT_PIN)), int(float(str(told.get("attempts", 3)))))
        elif name == "puk":
            self.sim.block()
        elif name == "mr_wrap":
            self.faults.clear(name)
            self.mr = 254
        elif name == "noise":
            self.later(now, self._noise)

    def cleared(self, name: str | None) -> None:
        """A fault switch (None: every one) was taken back."""
        if name in ("pin_required", "puk", None):
            self.sim.unlock()

    def _noise(self, now: float) -> None:
        gap_s = self.faults.number("noise")
        if gap_s is not None:
            self.urc(self.random.choice(self.personality.noise), now=now)
            self.later(now + gap_s, self._noise)

    # network

    @property
    def registration(self) -> int:
        """<stat> of +CREG: 1 unless a fault, a missing or locked SIM or +CFUN=0 says otherwise."""
        told = self.faults.peek("registered")
        if isinstance(told, (int, float)) and not isinstance(told, bool):
            return int(told)
        return int(self.radio == 1 and self.sim.state == "READY" and not self.faults.peek("sim_absent"))

    @property
    def served(self) -> bool:
        """Whether the network carries texts for it now."""
        return self.registration in SERVED

    @property
    def reachable(self) -> bool:
        """Whether the network can hand it a text now."""
        return self.plugged and self.powered and self.served

    def next_mr(self) -> int:
        """The reference of the next SUBMIT, modulo 256."""
        self.mr = (self.mr + 1) % 256
        return self.mr
