"""The line discipline of a virtual modem: command lines, echo, answers, the prompt, unsolicited lines, timers.

What V.250 and 27.005 say about octets on the line, without any command: `run_line` is what the modem adds. Unsolicited
lines wait while a command runs, a prompt is open or the host is typing.
"""

import heapq
import itertools
import random
from abc import ABC, abstractmethod
from collections.abc import Callable

from hardware.virtual import faults as switches
from hardware.virtual import strangers, wire
from hardware.virtual.models.row import Personality
from hardware.virtual.refusal import Refusal
from hardware.virtual.settings import fresh
from hardware.virtual.switches import STRANGERS

CR, BACKSPACE, CTRL_Z, ESC = 0x0D, 0x08, 0x1A, 0x1B
TYPING_S = 0.5  # a host in the middle of a line is not interrupted for this long
LINE_LIMIT = 2048
ECHO_BROKEN_AT = 3  # octets of a line after which urc_inside_echo strikes

Timer = Callable[[float], None]
Entry = Callable[[bytes | None, float], None]  # what was typed at the prompt; None after ESC


class Terminal(ABC):
    """One serial line with its modem's end of the conversation."""

    def __init__(self, personality: Personality, seed: int) -> None:
        self.personality = personality
        self.random = random.Random(seed)  # noqa: S311 (a simulator's dice)
        self.faults = switches.Faults()
        self.wire = wire.Wire(self.faults)
        self.settings = fresh(personality)
        self.in_socket = True
        self.plugged = True  # its port is there
        self.powered = True
        self.wedged = ""  # it answers nothing: what cures it (`switches.CURES`)
        self.grabbed_until = 0.0  # another program reads and writes too
        self.clock_s = 0.0  # the last time it was told
        self._deaf_until = 0.0
        self._received = bytearray()
        self._line = bytearray()
        self._line_at = 0.0
        self._running = False
        self._entry: Entry | None = None
        self._typed = bytearray()
        self._urcs: list[list[str]] = []
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()

    @abstractmethod
    def run_line(self, line: str, now: float) -> None:
        """A command line was typed: answer it."""

    # octets and time

    def feed(self, data: bytes, now: float) -> None:
        """Octets from the host. A modem without power, or a deaf one, loses them."""
        self.clock_s = max(self.clock_s, now)
        if not (self.plugged and self.powered and now >= self._deaf_until):
            return
        if strangers.hears(self, data, now):
            return
        self._received.extend(data)
        self._consume(now)

    def tick(self, now: float) -> float | None:
        """Do what is due by now; when something is due next."""
        self.clock_s = max(self.clock_s, now)
        while self.due(now):
            due, _, timer = heapq.heappop(self._timers)
            timer(due)
        self._tell(now)
        return self.next_wake()

    def due(self, now: float) -> bool:
        """Whether something is to be done by now."""
        return bool(self._timers) and self._timers[0][0] <= now

    def next_wake(self) -> float | None:
        """When something is due next: an octet, a timer, a line that waits for the host to finish typing.

        What could be taken already, and was not, is no reason to wake: nobody is at the port.
        """
        octet = self.wire.next_due()
        waits = [None if octet is None or octet <= self.clock_s else octet]
        waits.append(self._timers[0][0] if self._timers else None)
        if self._urcs and self._line and not self._busy:
            waits.append(self._line_at + TYPING_S)
        return min((wait for wait in waits if wait is not None), default=None)

    def take(self, now: float) -> list[bytes]:
        """The pieces said by now, in order; each is one write."""
        if not self.plugged:
            return []
        pieces = self.wire.take(now)
        return strangers.stolen(self, pieces) if now < self.grabbed_until else pieces

    def later(self, due: float, timer: Timer) -> None:
        """Do this when it is due, unless the modem restarts before."""
        heapq.heappush(self._timers, (due, next(self._order), timer))

    def deafen(self, until: float) -> None:
        """Hear and say nothing until then."""
        self._deaf_until = max(self._deaf_until, until)

    def forget(self) -> None:
        """Power was lost: whatever was going on is over."""
        self._received.clear()
        self._line.clear()
        self._urcs.clear()
        self._timers.clear()
        self._entry, self._running = None, False
        self._deaf_until = self.grabbed_until = 0.0
        self.settings = fresh(self.personality)
        self.wire.cut()

    # what the host types

    @property
    def _busy(self) -> bool:
        return self._running or self._entry is not None

    def _consume(self, now: float) -> None:
        while self._received and not self._running:
            if self._entry is not None:
                self._entered_at_once()
                self._enter(self._entry, self._received.pop(0), now)
            else:
                self._heard_at_once(now)
                self._hear(self._received.pop(0), now)
        self._tell(now)

    @property
    def _echoes(self) -> bool:
        return not self.wedged and (self.settings.echo or self.faults.peek("echo_stuck") is not None)

    def _heard_at_once(self, now: float) -> None:
        """The plain octets before the last of a command line, which nothing answers; the rest is heard one by one."""
        end = self._received.find(CR)
        plain = self._received[: end if end >= 0 else len(self._received) - 1]
        if plain and not self._echoes and min(plain) >= 0x20 and len(self._line) + len(plain) < LINE_LIMIT:
            self._line += plain
            self._line_at = now
            del self._received[: len(plain)]

    def _entered_at_once(self) -> None:
        """The same at the prompt, after the first octet."""
        plain = self._received[:-1]
        if plain and self._typed and not self._echoes and min(plain) >= 0x20:
            room = max(0, LINE_LIMIT - len(self._typed))
            self._typed += plain[:room]
            del self._received[: len(plain)]

    def _hear(self, octet: int, now: float) -> None:
        """One octet of a command line."""
        self._echo(octet, now)
        if octet == CR:
            line = self._line.decode("latin-1")
            self._line.clear()
            self.run_line(line, now)
        elif octet == BACKSPACE:
            del self._line[-1:]
        elif octet >= 0x20 and len(self._line) < LINE_LIMIT:
            self._line.append(octet)
            self._line_at = now

    def _echo(self, octet: int, now: float) -> None:
        if not self._echoes:
            return
        self.wire.put(bytes([octet]), now)
        if self._entry is not None:
            return
        if octet == CR and self._line and self.faults.take("dup_echo_line"):
            self.wire.put(b"\n" + bytes(self._line) + b"\r", now)
        elif octet != CR and len(self._line) == ECHO_BROKEN_AT and self.faults.take("urc_inside_echo"):
            self.wire.put(wire.single(self._stray(), self.personality.newline), now)

    def _enter(self, entry: Entry, octet: int, now: float) -> None:
        """One octet at the prompt."""
        self._echo(octet, now)
        if octet in (CTRL_Z, ESC):
            self._entry, self._running = None, True
            entry(bytes(self._typed) if octet == CTRL_Z else None, now)
        elif octet == BACKSPACE:
            del self._typed[-1:]
        elif len(self._typed) < LINE_LIMIT:
            self._typed.append(octet)
            if octet == CR and self.settings.cmgf == 1:
                self.wire.put(b"\r\n> ", now)
            if len(self._typed) == 1:
                self.typing_began(now)

    @abstractmethod
    def typing_began(self, now: float) -> None:
        """The first octet came at the prompt."""

    # what the modem answers

    def prompt(self, entry: Entry, now: float, *, shown: bool = True) -> None:
        """Ask for a PDU or a text; `entry` gets it at Ctrl-Z, or None at ESC."""
        self._running = False
        self._entry = entry
        self._typed.clear()
        if shown:
            mark = "\r\n>\r\n" if self.faults.take("prompt_no_space") else self.personality.prompt
            self.wire.put(mark.encode(), now)
        self._consume(now)

    def inform(self, lines: list[str], now: float) -> None:
        """Say the information lines of an answer."""
        if lines:
            newline = self.personality.newline
            self.wire.put(wire.information(lines, self.faults, newline, self._stray), now)

    def final(self, word: str, now: float) -> None:
        """Say a final result; the line is over."""
        self._running = False
        self.wire.put(wire.final(word, self.faults, self.personality.newline), now)
        if word == "OK" and self.faults.take("glued_urc"):
            self.wire.put(wire.single(self._stray(), self.personality.newline), now)

    def refuse(self, refusal: Refusal, now: float) -> None:
        """Say the final result of a refused command."""
        plain, text = self.faults.take("plain_error"), self.faults.take("text_errors")
        line = refusal.line(cmee=self.settings.cmee, plain=bool(plain), text=bool(text))
        if ":" in line and self.faults.take("error_cut"):
            line = line.split(":")[0] + ":"
        self.final(line, now)

    def fail(self, refusal: Refusal, now: float) -> None:
        """A command that took its time is refused; what was typed meanwhile is read."""
        self.refuse(refusal, now)
        self._consume(now)

    def silence(self, now: float) -> None:
        """A command that took its time ends without a word."""
        self._running = False
        self._consume(now)

    # unsolicited lines

    def urc(self, *lines: str, now: float, urgent: bool = False) -> None:
        """Say this unasked: between commands, or at once when urgent."""
        if urgent or (self.personality.urc_while_sending and self._entry is None):
            self._say(list(lines), now)
        else:
            self._urcs.append(list(lines))
            self._tell(now)

    def _tell(self, now: float) -> None:
        typing = bool(self._line) and now < self._line_at + TYPING_S
        if self._busy or typing or self._received:
            return
        held, self._urcs = self._urcs, []
        for lines in held:
            self._say(lines, now)

    def _say(self, lines: list[str], now: float) -> None:
        if self.plugged and self.powered and now >= self._deaf_until and not self.faults.first(STRANGERS):
            self.wire.put(wire.unsolicited(lines, self.faults, self.personality.newline), now)

    def _stray(self) -> str:
        """A line no one asked for, for the faults that put one where it does not belong."""
        if self._urcs and len(self._urcs[0]) == 1:
            return self._urcs.pop(0)[0]
        return self.personality.noise[0]

    def say_raw(self, data: bytes, now: float) -> None:
        """Octets that are no answer."""
        if self.plugged and self.powered:
            self.wire.put(data, now)
