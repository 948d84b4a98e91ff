"""One virtual modem: octets in, octets out, time as an argument. It opens no port, starts no thread, asks no clock.

    feed(data, now)   octets from the host
    tick(now)         does what is due; returns when to call again (None: when something happens)
    take(now)         the pieces it has said by now

`now` is seconds on any clock that does not run backwards. What the modem does with the network goes through `carrier`.
It answers every line somehow, as a modem does; it never raises for what a host sends.
"""

import heapq
import itertools
import random
from collections import deque
from collections.abc import Callable
from typing import Protocol

from hardware.virtual import commands, faults as switches, wire
from hardware.virtual.commandline import Command, parse
from hardware.virtual.identity import SERVICE_CENTRE, Card
from hardware.virtual.personality import Personality
from hardware.virtual.refusal import Refusal
from hardware.virtual.settings import fresh
from hardware.virtual.sim import Sim
from hardware.virtual.storage import Storage

CR, LF, BACKSPACE, CTRL_Z, ESC = 0x0D, 0x0A, 0x08, 0x1A, 0x1B
TYPING_S = 0.5  # a host in the middle of a line is not interrupted for this long
LINE_LIMIT = 2048

Timer = Callable[[float], None]
Entry = Callable[[bytes | None, float], None]  # what was typed at the prompt; None after ESC


class Carrier(Protocol):
    """The network as a modem sees it."""

    def submit(self, modem: "Engine", tpdu: bytes, now: float, *, early: bool) -> None:
        """The modem sends this SUBMIT now; `early` wants its report before this call returns."""

    def ready(self, modem: "Engine", now: float) -> None:
        """The modem can take texts again."""


class Engine:
    """One modem with its SIM. `state` of the port: plugged, powered, registered."""

    def __init__(
        self,
        card: Card,
        personality: Personality,
        carrier: Carrier,
        *,
        seed: int,
        latency: Callable[[], float],
    ) -> None:
        self.card = card
        self.personality = personality
        self.carrier = carrier
        self.latency = latency
        self.random = random.Random(seed)  # noqa: S311 (a simulator's dice)
        self.faults = switches.Faults()
        self.sim = Sim(self.faults)
        self.wire = wire.Wire(self.faults)
        first = personality.first_index
        self.storages = {name: Storage(name, size, first) for name, size in personality.storages.items()}
        self.settings = fresh(personality)
        self.service_centre = SERVICE_CENTRE
        self.mr = self.random.randrange(256)
        self.radio = 1  # +CFUN
        self.unacknowledged: Callable[[bool, float], None] | None = None  # what waits for AT+CNMA
        self.buffered: list[list[str]] = []  # indications held back by CNMI mode 0
        self.plugged = True
        self.powered = True
        self._deaf_until = 0.0
        self._rx: deque[int] = deque()
        self._line = bytearray()
        self._line_at = 0.0
        self._todo: deque[Command] = deque()
        self._running = False
        self._entry: Entry | None = None
        self._typed = bytearray()
        self._urcs: list[list[str]] = []
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()

    # octets and time

    def feed(self, data: bytes, now: float) -> None:
        """Octets from the host. A modem without power, or a deaf one, loses them."""
        if self.plugged and self.powered and now >= self._deaf_until:
            self._rx.extend(data)
            self._consume(now)

    def tick(self, now: float) -> float | None:
        """Do what is due by now; when something is due next."""
        while self._timers and self._timers[0][0] <= now:
            due, _, timer = heapq.heappop(self._timers)
            timer(max(due, 0.0))
        self._tell(now)
        return self.next_wake()

    def due(self, now: float) -> bool:
        """Whether something is to be done by now."""
        return bool(self._timers) and self._timers[0][0] <= now

    def next_wake(self) -> float | None:
        """When something is due next: an octet, a timer, a line that waits for the host to finish typing."""
        waits = [self.wire.next_due(), self._timers[0][0] if self._timers else None]
        if self._urcs and self._line and not self._busy():
            waits.append(self._line_at + TYPING_S)
        return min((wait for wait in waits if wait is not None), default=None)

    def take(self, now: float) -> list[bytes]:
        """The pieces said by now, in order; each is one write."""
        return self.wire.take(now) if self.plugged else []

    def later(self, due: float, timer: Timer) -> None:
        """Do this when it is due, unless the modem restarts before."""
        heapq.heappush(self._timers, (due, next(self._order), timer))

    def deafen(self, until: float) -> None:
        """Hear and say nothing until then (fault hang)."""
        self._deaf_until = max(self._deaf_until, until)

    # lines

    def _busy(self) -> bool:
        return self._running or self._entry is not None

    def _consume(self, now: float) -> None:
        while self._rx and not self._running and self.powered and self.plugged:
            octet = self._rx.popleft()
            if self._entry is not None:
                self._enter(octet, now)
            else:
                self._hear(octet, now)
        self._tell(now)

    def _hear(self, octet: int, now: float) -> None:
        """One octet of a command line."""
        self._echo(octet, now)
        if octet == CR:
            line = self._line.decode("latin-1")
            self._line.clear()
            self._run(line, now)
        elif octet == BACKSPACE:
            del self._line[-1:]
        elif octet >= 0x20 and len(self._line) < LINE_LIMIT:
            self._line.append(octet)
            self._line_at = now

    def _echo(self, octet: int, now: float) -> None:
        if not (self.settings.echo or self.faults.peek("echo_stuck")):
            return
        self.wire.put(bytes([octet]), now)
        if self._entry is not None:
            return
        if octet == CR and self._line and self.faults.take("dup_echo_line"):
            self.wire.put(b"\n" + bytes(self._line) + b"\r", now)
        elif octet != CR and len(self._line) == 3 and self.faults.take("urc_inside_echo"):
            self.wire.put(wire.single(self._stray(), self.personality.newline), now)

    def _run(self, line: str, now: float) -> None:
        found = parse(line)
        if found is None:
            return
        if not found and self.faults.take("at_error"):
            self.final("ERROR", now)
            return
        self._todo = deque(found)
        self._next(now)

    def _next(self, now: float) -> None:
        """Run the rest of the line, until a command takes its time or fails."""
        while self._todo:
            command = self._todo.popleft()
            if self.trip("command", now):
                return
            self._running = True
            try:
                lines = commands.answer(self, command, now)
            except Refusal as refusal:
                self.refuse(refusal, now)
                return
            if lines is None:
                return
            self._running = False
            self.inform(lines, now)
        self.final("OK", now)

    # what commands use

    def inform(self, lines: list[str], now: float) -> None:
        """Say the information lines of an answer."""
        if lines:
            newline = self.personality.newline
            self.wire.put(wire.information(lines, self.faults, newline, self._stray()), now)

    def final(self, word: str, now: float) -> None:
        """Say a final result; the line is over."""
        self._running = False
        self._todo.clear()
        self.wire.put(wire.single(word, self.personality.newline), now)
        if self.faults.take("extra_blank_lines"):
            self.wire.put(self.personality.newline.encode(), now)

    def refuse(self, refusal: Refusal, now: float) -> None:
        """Say the final result of a refused command."""
        plain, text = self.faults.take("plain_error"), self.faults.take("text_errors")
        self.final(refusal.line(cmee=self.settings.cmee, plain=bool(plain), text=bool(text)), now)

    def resume(self, lines: list[str], now: float) -> None:
        """A command that took its time ends well: its lines, then the rest of the line."""
        self._running = False
        self.inform(lines, now)
        self._next(now)
        self._consume(now)

    def fail(self, refusal: Refusal, now: float) -> None:
        """A command that took its time is refused."""
        self.refuse(refusal, now)
        self._consume(now)

    def silence(self, now: float) -> None:
        """A command that took its time ends without a word."""
        self._running = False
        self._todo.clear()
        self._consume(now)

    def prompt(self, entry: Entry, now: float, *, shown: bool = True) -> None:
        """Ask for a PDU or a text; `entry` gets it at Ctrl-Z, or None at ESC."""
        self._running = False
        self._entry = entry
        self._typed.clear()
        if shown:
            mark = "\r\n>\r\n" if self.faults.take("prompt_no_space") else self.personality.prompt
            self.wire.put(mark.encode(), now)
        self._consume(now)

    def _enter(self, octet: int, now: float) -> None:
        """One octet at the prompt."""
        self._echo(octet, now)
        entry = self._entry
        if octet in (CTRL_Z, ESC) and entry is not None:
            self._entry, self._running = None, True
            entry(bytes(self._typed) if octet == CTRL_Z else None, now)
            return
        if not self._typed and self.trip("pdu", now):
            return
        if octet == BACKSPACE:
            del self._typed[-1:]
        elif len(self._typed) < LINE_LIMIT:
            self._typed.append(octet)
        if octet == CR and self.settings.cmgf == 1:
            self.wire.put(b"\r\n> ", now)

    # unsolicited lines

    def urc(self, *lines: str, now: float, urgent: bool = False) -> None:
        """Say this unasked: between commands, or at once when urgent."""
        if urgent or (self.personality.urc_while_sending and self._entry is None):
            self._say(list(lines), now)
        else:
            self._urcs.append(list(lines))
            self._tell(now)

    def indicate(self, *lines: str, now: float, urgent: bool = False) -> None:
        """Say that a text or report is there, as the mode of CNMI allows."""
        if self.settings.cnmi[0] == 0:
            self.buffered.append(list(lines))
        else:
            self.urc(*lines, now=now, urgent=urgent)

    def escaped(self, now: float) -> None:
        """The host left the prompt with ESC: nothing was sent."""
        if self.faults.take("esc_ok") or self.personality.esc_answer:
            self.final("OK", now)
        self.silence(now)

    def _tell(self, now: float) -> None:
        typing = bool(self._line) and now < self._line_at + TYPING_S
        if self._busy() or typing or self._rx:
            return
        held, self._urcs = self._urcs, []
        for lines in held:
            self._say(lines, now)

    def _say(self, lines: list[str], now: float) -> None:
        if self.plugged and self.powered and now >= self._deaf_until:
            newline = self.personality.newline
            self.wire.put((newline + newline.join(lines) + newline).encode("latin-1", "replace"), now)

    def _stray(self) -> str:
        """A line no one asked for, for the faults that put one where it does not belong."""
        if self._urcs and len(self._urcs[0]) == 1:
            return self._urcs.pop(0)[0]
        return self.personality.noise[0]

    # power and the port

    def trip(self, state: str, now: float) -> bool:
        """Restart or drop off the bus here, if a fault says so. True when it happened."""
        for name, act in (("reboot_at", self.reboot), ("usb_drop_at", self._drop)):
            value = self.faults.peek(name)
            if value is not None and switches.state_of(value) == state:
                self.faults.take(name)
                act(now)
                if name == "usb_drop_at" and isinstance(value, dict) and "back_after_s" in value:
                    back_after_s = float(str(value["back_after_s"]))
                    self.later(now + back_after_s, self.plug)
                return True
        return False

    def _drop(self, now: float) -> None:
        self.unplug(now)

    def unplug(self, now: float) -> None:
        """The stick is pulled: port and power are gone, the SIM keeps its texts."""
        self._forget()
        self.plugged = self.powered = False

    def plug(self, now: float) -> None:
        """The stick is back; the port is there before the modem answers."""
        if not self.plugged:
            self.plugged = True
            self.reboot(now)

    def reboot(self, now: float) -> None:
        """Lose every volatile setting, be deaf while starting, say the boot lines."""
        back = self.personality.reboot_drops_port and self.powered
        self._forget()
        self.powered = False
        slow = self.faults.number("slow_boot")
        awake = now + (self.personality.boot_s if slow is None else slow)
        if back:
            self.plugged = False
            self.later(now + self.personality.boot_s / 2, self._replug)
        self.later(awake, self._wake)

    def _replug(self, now: float) -> None:
        self.plugged = True

    def _wake(self, now: float) -> None:
        self.powered = self.plugged = True
        for delay, line in self.personality.boot_lines:
            if self.sim.state == "READY" or "PIN" not in line:
                self.later(now + delay, lambda due, line=line: self.urc(line, now=due))
        self.carrier.ready(self, now)

    def _forget(self) -> None:
        self._rx.clear()
        self._line.clear()
        self._todo.clear()
        self._urcs.clear()
        self._timers.clear()
        self._entry, self._running, self.unacknowledged = None, False, None
        self.buffered.clear()
        self._deaf_until = 0.0
        self.settings = fresh(self.personality)
        self.radio = 1
        self.sim.restart()
        self.wire.cut()

    def thrown(self, name: str, value: switches.Value, now: float) -> None:
        """A fault switch was thrown: those that act at once do."""
        if name == "hang":
            self.faults.clear(name)
            self.deafen(now + float(str(value)))
        elif name == "pin_required":
            told = value if isinstance(value, dict) else {"attempts": value}
            self.sim.lock(str(told.get("pin", "1234")), int(float(str(told.get("attempts", 3)))))
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
        """<stat> of +CREG: 1 unless a fault, a missing SIM or +CFUN=0 says otherwise."""
        told = self.faults.peek("registered")
        if isinstance(told, (int, float)) and not isinstance(told, bool):
            return int(told)
        return (
            1 if self.radio == 1 and self.sim.state == "READY" and not self.faults.peek("sim_absent") else 0
        )

    @property
    def reachable(self) -> bool:
        """Whether the network can hand it a text now."""
        return self.plugged and self.powered and self.registration in (1, 5, 6, 7)

    def next_mr(self) -> int:
        """The reference of the next SUBMIT, modulo 256."""
        self.mr = (self.mr + 1) % 256
        return self.mr
