"""One virtual modem: octets in, octets out, time as an argument. It opens no port, starts no thread, asks no clock.

    feed(data, now)   octets from the host
    tick(now)         does what is due; returns when to call again (None: when something happens)
    take(now)         the pieces it has said by now

`now` is seconds on any clock that does not run backwards. What the modem does with the network goes through `carrier`.
It answers every line somehow, as a modem does; it never raises for what a host sends.
"""

from collections import deque
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Protocol

from hardware.virtual import commands, thrown
from hardware.virtual.calls import Call
from hardware.virtual.commandline import Command, parse
from hardware.virtual.drawer import Drawer
from hardware.virtual.faults import Value, field_of
from hardware.virtual.identity import Card
from hardware.virtual.measures import filled
from hardware.virtual.models.row import OCCASIONS, Personality
from hardware.virtual.power import Powered
from hardware.virtual.receiving import Done
from hardware.virtual.refusal import Refusal
from hardware.virtual.sim import PLEASE_WAIT, Sim
from hardware.virtual.storage import Joined, Storage

SERVED = (1, 5, 6, 7)  # <stat> of +CREG with which texts go: home, roaming, and the two for SMS only
DOMAINS = {"+CREG": "creg", "+CGREG": "cgreg", "+CEREG": "cereg"}


class Carrier(Protocol):
    """The network as a modem sees it."""

    def submit(
        self, modem: "Engine", tpdu: bytes, now: float, *, early: bool, swallowed: bool = False
    ) -> None:
        """The modem sends this SUBMIT now; `early` wants its report before this call returns, `swallowed` loses it."""

    def ready(self, modem: "Engine", now: float) -> None:
        """The modem may be able to take texts again."""

    def operator_writes(self, modem: "Engine", text: str, now: float) -> None:
        """The operator sends this text to the modem."""

    def wall(self, now: float) -> datetime:
        """The network's own time, with its zone."""


class Engine(Powered):
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
        self.carrier = carrier
        self.latency = latency  # seconds from Ctrl-Z until the network has the text
        first = personality.first_index
        self.storages = {name: Storage(name, size, first) for name, size in personality.storages.items()}
        self.drawer = Drawer(card, self.faults, self.storages)
        self.mr = self.random.randrange(256)
        self.radio = 1  # +CFUN
        self.technology = personality.technology  # <AcT>, as the host chose it
        self.asked_s = 0.0  # when the last AT+CMGS came
        self.credit_used = 0  # texts since no_credit was thrown
        self.second: Engine | None = None  # its other port
        self.urc_port = 0  # the port that says what is unsolicited
        self.call = Call(self)
        self.ussd_open = False  # a session waits for an answer
        self.unacknowledged: Done | None = None  # what waits for AT+CNMA
        self.buffered: list[list[str]] = []  # indications held back by CNMI mode 0
        self._todo: deque[Command] = deque()
        self.later(0.0, self.start_flood)

    # what is in it

    @property
    def card(self) -> Card:
        """The modem's IMEI, and number, ICCID and IMSI of the SIM that is in."""
        return self.drawer.inserted.card

    @property
    def sim(self) -> Sim:
        """The lock of the SIM that is in."""
        return self.drawer.inserted.sim

    @property
    def service_centre(self) -> str:
        """The number in the SIM; "" when it has none."""
        return self.drawer.inserted.service_centre

    @service_centre.setter
    def service_centre(self, number: str) -> None:
        self.drawer.inserted.service_centre = number

    def storage_names(self) -> tuple[str, ...]:
        """The storages CPMS offers."""
        return tuple(self.storages)

    def storage(self, name: str) -> Storage | Joined:
        """A storage by name; MT is SM and ME together."""
        if name in self.storages:
            return self.storages[name]
        return Joined(name, tuple(self.storages.values()))

    def check_texts(self) -> None:
        """Refuse a command for texts: while the model starts, or while the SIM cannot serve."""
        if self.texts_wait:
            raise Refusal("CMS", PLEASE_WAIT) if self.personality.init_s else Refusal
        self.sim.check(sms=True)

    def refusal(self, occasion: str) -> Refusal:
        """What this model says on one of `OCCASIONS`; a code below 0 is a bare ERROR."""
        code = self.personality.codes.get(occasion, OCCASIONS[occasion])
        return Refusal("CMS", code) if code >= 0 else Refusal(code=code)

    # command lines

    def run_line(self, line: str, now: float) -> None:
        """Run the commands of a line one after the other; the first that fails ends it (V.250 5.6)."""
        found = parse(line)
        if found is None or self.is_wedged(line, now) or self.trip("command", now):
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

    def escaped(self, now: float) -> None:
        """The host left the prompt with ESC: nothing was sent."""
        if self.faults.take("esc_ok") or self.personality.esc_answer:
            self.final("OK", now)
        elif self.personality.codes.get("escaped"):
            self.refuse(self.refusal("escaped"), now)
        self.silence(now)

    def indicate(self, *lines: str, now: float, urgent: bool = False) -> None:
        """Say that a text or report is there, as the mode of CNMI allows."""
        if self.settings.cnmi[0] == 0:
            self.buffered.append(list(lines))
        else:
            self.urc(*lines, now=now, urgent=urgent)

    def urc(self, *lines: str, now: float, urgent: bool = False) -> None:
        """Say this unasked, at the port chosen for it: between commands, or at once when urgent."""
        self.listener.here(*lines, now=now, urgent=urgent)

    def here(self, *lines: str, now: float, urgent: bool = False) -> None:
        """The same at this port."""
        super().urc(*lines, now=now, urgent=urgent)

    def unasked(self, line: str, now: float) -> None:
        """Say one line unasked: as a timer."""
        self.urc(*filled(self, (line,)), now=now)

    def unasked_as_is(self, line: str, now: float) -> None:
        """The same for a line whose braces are letters."""
        self.urc(line, now=now)

    def choose_urc_port(self, number: int) -> None:
        """Unsolicited lines go to this port from now on: 0, or 1 of a modem with two."""
        self.urc_port = number

    # power

    def woke(self, now: float) -> None:
        """It is on: the lines of its start, and what faults do at each start."""
        row = self.personality
        if self.faults.waits("radio_off") is not None:
            self.radio = int(self.faults.number("radio_off") or 0)
        for delay_s, line in row.boot_lines:
            if self.sim.state == "READY" or "PIN" not in line:
                self.later(now + delay_s, partial(self.unasked, line))
        if row.sim_fails_s:
            thrown.fail_sim(self, row.sim_fails_s, now)
        wait_s = row.texts_after_s or row.init_s
        if wait_s:
            self.texts_wait = True
            self.later(now + wait_s, self._texts_work)
        self.start_flood(now)
        thrown.again(self, now)
        self.carrier.ready(self, now)

    def _texts_work(self, now: float) -> None:
        self.texts_wait = False
        self.carrier.ready(self, now)

    def forget(self) -> None:
        """Power was lost: everything volatile is gone, a locked SIM wants its PIN again."""
        super().forget()
        self._todo.clear()
        self.buffered.clear()
        self.unacknowledged = None
        self.radio = 1
        self.ussd_open = False
        self.call = Call(self)
        self.sim.restart()
        if self.second is not None:
            self.second.forget()

    def start_flood(self, now: float) -> None:
        """Begin with the line that the model says again and again."""
        if self.personality.flood:
            self.flooding += 1
            self.later(now + self.personality.flood_s, partial(self._flood, self.flooding))

    def _flood(self, number: int, now: float) -> None:
        if number == self.flooding:
            self.unasked(self.personality.flood, now)
            self.later(now + self.personality.flood_s, partial(self._flood, number))

    # faults that act when thrown

    def thrown(self, name: str, value: Value, now: float) -> None:
        """A fault switch was thrown: those that act at once do."""
        act = thrown.ACTS.get(name)
        if act is not None:
            if name not in thrown.LATER:
                self.faults.struck[name] += 1
            act(self, value, now)

    def cleared(self, name: str | None, now: float) -> None:
        """A fault switch (None: every one) was taken back."""
        for switch, act in thrown.ENDS.items():
            if name in (switch, None):
                act(self, now)

    # network

    def stat(self, command: str) -> int:
        """<stat> that +CREG, +CGREG or +CEREG shows: 1 unless a fault, the SIM or +CFUN=0 says otherwise."""
        thrown_stat = self.faults.peek("registered")
        told: object = field_of(thrown_stat, DOMAINS[command], field_of(thrown_stat, "creg", thrown_stat))
        if isinstance(told, (int, float)) and not isinstance(told, bool):
            return int(told)
        return int(self.radio == 1 and self.sim.ready)

    @property
    def registration(self) -> int:
        """<stat> of +CREG."""
        return self.stat("+CREG")

    @property
    def served(self) -> bool:
        """Whether the network carries texts for it now: by its circuit domain, or over LTE."""
        return self.stat("+CREG") in SERVED or self.stat("+CEREG") in SERVED

    @property
    def listener(self) -> "Engine":
        """The port that says what is unsolicited; its settings route texts."""
        return self.second if self.second is not None and self.urc_port else self

    @property
    def reachable(self) -> bool:
        """Whether the network can hand it a text now."""
        return self.plugged and self.powered and self.served and not self.texts_wait

    def next_mr(self) -> int:
        """The next message reference, 0 after 255."""
        self.mr = (self.mr + 1) % 256
        return self.mr
