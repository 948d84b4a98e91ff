"""A phone that is no AT modem, through libgammu in a process of its own: the same face as `hardware.modem.Modem`.

    phone = GammuModem("/dev/ttyUSB0", clock, connection="fbus")
    phone.start(enter_pin)
    with phone.prompt(len(tpdu)) as prompt:   # nothing has left yet
        mr = prompt.send(tpdu)                # the point of no return

Promises: those of `Modem`. libgammu sends one text for one `send` and never again by itself; whatever it does, hang
and crash included, becomes a `HardwareError` within its deadline, and harms nobody else.
What is different: a prompt asks the phone for a sign of life and no more, for libgammu shows none of its own. An
answer that comes after libgammu gave up (100 s) is not heard; a report may still settle that text. libgammu keeps the
code of a refusal to itself: what it says then is "unknown error", which may mean anything. It gives texts and not
PDUs: `gammu_sms` says what is lost. ICCID, the SIM's own number and technology are not told. A phone that does not say
what arrives is looked into every `LOOK_S`. Time is real: there is another process.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Never, Self, cast

from hardware.company import Company
from hardware.errors import (
    CommandRefused,
    DriverUnfit,
    ModemSilent,
    PinRefused,
    PortGone,
    PromptLost,
    SimNotReady,
    SubmitUncertain,
    TpduRefused,
)
from hardware.facts import Direct, Health, Identity, Notice, Stored, Waiting
from hardware.gammu_child import Child, Packet
from hardware.gammu_meaning import health_in, meaning, not_sent
from hardware.gammu_process import HAS_PLACES
from hardware.gammu_sms import is_whole
from hardware.link import Clock
from hardware.modem import LISTING, Modem
from hardware.profiles import GENERIC, Profile
from hardware.restart import NotPossible
from hardware.spared import Spared
from hardware.submit import RESULT_S

Texts = list[Stored]
Notices = list[Notice]
Lines = list[str]
LOOK_S = 15.0
FRESH_S = 5.0  # what was listed so long before a text leaves still holds
NO_CENTRE = 330  # +CMS ERROR, 27.005 3.2.5


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds after which libgammu is taken to hang. It has limits of its own, mostly shorter."""

    open_s: float = 90.0
    answer_s: float = 45.0  # for a list: each of its texts
    pin_s: float = 60.0
    taken_s: float = 30.0  # while the SIM still asks for the PIN that it accepted
    sim_s: float = 10.0  # while the phone says that there is no SIM, as some do before it is ready


def open_phone(port: str, clock: Clock, connection: str, model: str) -> Modem:
    """A phone as what a station drives. `tests/hardware/test_gammu_face.py` holds `GammuModem` to the face of `Modem`."""
    return cast(Modem, GammuModem(port, clock, connection=connection, model=model))


class GammuModem:
    """A phone behind libgammu. After `start`: `identity` and `smsc`, as those of `Modem`."""

    def __init__(
        self, port: str, clock: Clock, *, connection: str, model: str = "", limits: Limits = Limits()
    ) -> None:
        self.identity = Identity()
        self.profile: Profile = GENERIC
        self.smsc: str | None = None
        self._clock = clock
        self._connection = connection
        self._model = model
        self._limits = limits
        self._bells = self._by_place = False
        self._look_at = self._listed_at = clock.monotonic()
        self._ready_s = 0.0  # what its last sign of life took: the station doubts an unusual one
        self._records: dict[int, list[str]] = {}  # some phones keep a long text's segments in one
        self._child = Child(port, clock)

    @property
    def pid(self) -> int:
        """The process that libgammu lives in."""
        return self._child.pid

    def start(self, enter_pin: Callable[[Identity], str | None], *, tries_needed: int = 0) -> None:
        """Connect, and enter the PIN at most once; see `Modem.start`. How many tries are left libgammu does not tell.

        DriverUnfit, PortMissing, PortBusy, PortGone, ModemSilent, SimNotReady, PinRefused, CommandRefused.
        """
        wants = self.meet()
        if wants == "PIN":
            self._enter(enter_pin)
            wants = self._wants()
        if wants not in ("", "PIN2", "PUK2"):
            state = wants if wants in ("PIN", "PUK", "ABSENT") else "LOCKED"
            raise SimNotReady(state, f"the phone asks for the code {wants}" if wants != state else wants)
        self.identity = self._who()
        heard = self._ask("hear", self._limits.answer_s)
        self._bells, self.smsc = heard["bells"], heard["smsc"]
        self._look_at = self._clock.monotonic() + LOOK_S

    def meet(self) -> str:
        """Connect and see who is there, without entering anything; the code that is asked for, "" for none."""
        port = self._child.port
        self._ask("open", self._limits.open_s, port=port, connection=self._connection, model=self._model)
        self._child.exclude()
        self.identity = self._who()
        return self._wants()

    def _who(self) -> Identity:
        return Identity(**self._ask("who", self._limits.answer_s))

    def _wants(self) -> str:
        """The code that is asked for; "ABSENT" when there is no SIM; "" for none, and when the phone does not tell."""
        deadline = self._clock.monotonic() + self._limits.sim_s
        while True:
            try:
                return str(self._ask("lock", self._limits.answer_s)["wants"])
            except SimNotReady:
                if self._clock.monotonic() >= deadline:
                    return "ABSENT"
                self._child.listen(self._clock.monotonic() + 1.0)
            except CommandRefused:
                return ""

    def _enter(self, enter_pin: Callable[[Identity], str | None]) -> None:
        pin = enter_pin(self.identity)
        if pin is None:
            raise SimNotReady("PIN", "the phone asks for the SIM's PIN")
        if not re.fullmatch(r"[0-9]{4,8}", pin):
            raise SimNotReady("PIN", "what to enter is not 4 to 8 digits, so it was not entered")
        try:
            self._ask("pin", self._limits.pin_s, code=pin)
        except (CommandRefused, SimNotReady) as refused:
            raise PinRefused("PIN", str(refused)) from refused
        deadline = self._clock.monotonic() + self._limits.taken_s
        while self._wants() == "PIN":
            if self._clock.monotonic() >= deadline:
                raise PinRefused("PIN", "the PIN was taken, but the SIM still asks for it")
            self._child.listen(self._clock.monotonic() + 1.0)

    def health(self) -> Health:
        """Signal, registration, operator, and the fuller of the two memories."""
        return health_in(self._ask("health", self._limits.answer_s))

    def network_time(self) -> None:
        """libgammu tells the phone's own clock, which its owner set: no witness."""

    def battery(self) -> int | None:
        """Charge in percent; None when the phone does not tell."""
        percent: int | None = self._ask("battery", self._limits.answer_s)["percent"]
        return percent

    def list(self, everything: bool) -> Texts:  # noqa: FBT001 (the contract's form; libgammu shows all)
        """The texts and reports in every inbox of the phone, with their PDUs written again.

        One that libgammu cannot read is a sentence in place of a PDU.
        """
        try:
            self._ask("list", self._limits.answer_s, by_place=self._by_place)
        except ModemSilent as silent:
            if not self._connection.startswith(HAS_PLACES):
                raise
            raise ModemSilent(LISTING, silent.waited_s) from silent  # of a phone that `read_by_slot` may help
        self._listed_at = self._clock.monotonic()
        self._look_at = self._listed_at + LOOK_S
        stored = [Stored(**item) for item in self._child.items]
        self._records = {}
        for item in stored:
            self._records.setdefault(item.index, []).append(item.pdu)
        return stored

    def also_read(self, storage: str) -> None:
        """libgammu reads every folder by itself."""

    def hand_over_texts(self) -> bool:
        """libgammu chooses how texts come."""
        return False

    def hand_over_reports(self) -> None:
        """libgammu chooses how reports come."""

    @property
    def arrival_storage(self) -> str:
        """Not known: `list` reads every storage in any case."""
        return ""

    @property
    def passed_over(self) -> set[str]:
        """None: libgammu reads every folder, or fails."""
        return set()

    @property
    def refused_since(self) -> float | None:
        """None: nothing is, as in `passed_over`."""
        return None

    def has_its_card(self) -> bool:
        """Taken for granted: a phone's SIM is changed while it is off, and then it is met anew."""
        return True

    has_its_iccid = has_its_card

    @property
    def is_handing_over(self) -> bool:
        """Of a phone that does not say what arrives, it is not known: so it is unless it was looked into just before its sign of life."""
        return not self._bells and self._clock.monotonic() > self._listed_at + FRESH_S + self._ready_s

    @property
    def has_company(self) -> bool:
        """Nobody can tell: libgammu keeps what it hears to itself."""
        return False

    def delete(self, stored: Stored) -> None:
        """Delete one text, if it still lies there, with all that lies in its record. CommandRefused when anything else does.

        What libgammu did not give us whole stays: only the phone has it.
        """
        record = self._records.get(stored.index, [])
        record = record if stored.pdu in record else [stored.pdu]
        if all(map(is_whole, record)):
            self._ask("delete", self._limits.answer_s, index=stored.index, pdus=record)

    def prompt(self, length: int) -> GammuPrompt:
        """For `with`: see that the phone answers before a text of `length` octets is committed to it."""
        return GammuPrompt(self._child, self._readied, length, self._clock)

    def _readied(self) -> None:
        """A sign of life, and a SIM with a service centre: libgammu sends nothing without one."""
        self.recover()
        if not self.smsc:
            raise CommandRefused("SendSMS", "CMS", NO_CENTRE, "SMSC address unknown", 0.0)

    def restart(self, profile: Profile | None = None) -> str:
        """Let libgammu switch the phone off and on, also when it was not started; NotPossible, PortGone."""
        try:
            if not self.identity.imei:
                self.meet()
            self._ask("restart", self._limits.answer_s)
        except (CommandRefused, DriverUnfit, ModemSilent, SimNotReady) as why:
            raise NotPossible(f"gammu cannot restart this phone: {why}") from why
        return "gammu switched it off and on"

    def keep_link(self) -> None:
        """libgammu does not offer this."""

    @property
    def may_keep_link(self) -> bool:
        """Whether `keep_link` would help."""
        return False

    def read_service_centre(self) -> str | None:
        """Ask anew for `smsc`, and keep what is found."""
        self.smsc = self._ask("hear", self._limits.answer_s)["smsc"]
        return self.smsc

    def acknowledge(self) -> None:
        """libgammu answers for what a phone hands over."""

    def read_by_slot(self) -> None:
        """From now on ask an AT phone for place after place, for libgammu hangs when it is asked for a list."""
        self._by_place = self._connection.startswith(HAS_PLACES)

    def beside(self, company: Company, spared: Spared) -> None:
        """libgammu keeps what it hears to itself, and asks what it likes."""

    def keep_at_once(self, keep: Callable[[Direct], bool] | None) -> None:
        """As `Modem.keep_at_once`; libgammu tells nothing while it sends."""
        self._child.keep = keep

    def listed_within(self, took_s: dict[str, float]) -> None:
        """libgammu chooses how long it waits."""

    def query(self, command: str, **how: Any) -> Lines:
        """CommandRefused: there is no AT command to be asked through libgammu."""
        self._refuse(command)

    def ask_network(self, code: str) -> str:
        """CommandRefused: USSD is not asked for through libgammu."""
        self._refuse(code)

    def _refuse(self, what: str) -> Never:
        raise CommandRefused(
            what, "TEXT", None, "this phone is driven by gammu, which cannot be asked that", 0.0
        )

    def notices(self) -> Notices:
        """Take what came unasked, oldest first."""
        notices = [*self._child.notices]
        self._child.notices.clear()
        return notices

    def wait(self, deadline: float) -> None:
        """Block until a notice, `wake` or the deadline (clock.monotonic()); PortGone."""
        if self._child.notices:
            return
        self._child.listen(deadline if self._bells else min(deadline, self._look_at))
        if not self._bells and self._clock.monotonic() >= self._look_at:
            self._look_at = self._clock.monotonic() + LOOK_S
            self._child.notices.append(Waiting("", -1))

    def last_words(self) -> None:
        """Before the phone is let go: keep what its process has just said."""
        self._child.hear_out()

    def wake(self) -> None:
        """From any thread: end a `wait`."""
        self._child.wake()

    def listens(self) -> bool:
        """Whether it takes commands: libgammu gives its answer or is ended, so nothing of ours is left in its hands."""
        return True

    def recover(self) -> None:
        """After silence: ask the phone for a sign of life. A process that hung is gone: PortGone."""
        began, self.smsc = self._clock.monotonic(), self._ask("ready", self._limits.answer_s)["smsc"]
        self._ready_s = self._clock.monotonic() - began

    def hang_up(self) -> None:
        """Reject a call that rings."""
        self._ask("hang_up", self._limits.answer_s)

    def close(self) -> None:
        """Let the phone go; 1.2 s at most."""
        self._child.close()

    def _ask(self, do: str, limit_s: float, **what: Any) -> Packet:
        """The answer; a refusal as the HardwareError that it means."""
        began = self._clock.monotonic()
        packet = self._child.ask(do, limit_s, **what)
        if "ok" in packet:
            return dict(packet["ok"])
        raise meaning(self._child.port, do, packet, self._clock.monotonic() - began)


class GammuPrompt:
    """A context manager: entering asks for a sign of life, `send` hands the TPDU over once."""

    def __init__(self, child: Child, sign_of_life: Callable[[], None], length: int, clock: Clock) -> None:
        self._child = child
        self._sign_of_life = sign_of_life
        self._length = length
        self._clock = clock
        self._used = False

    def __enter__(self) -> Self:
        self._sign_of_life()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is open that must be left."""

    def type(self, tpdu: bytes) -> None:
        """libgammu takes a text only whole: nothing is written here. TpduRefused when it is not what was announced."""
        if self._used or len(tpdu) != self._length:
            raise TpduRefused(
                len(tpdu), "this prompt has had its TPDU" if self._used else f"{self._length} were announced"
            )

    def hear(self) -> None:
        """Take in what the phone's process has said by now."""
        self._child.hear_out()

    def send(self, tpdu: bytes, timeout_s: float = RESULT_S) -> int | None:
        """Hand `tpdu` (without SMSC octets) over; its MR, None when the phone does not tell one.

        Before libgammu has it: TpduRefused when it would send other words, PromptLost when process or phone are
        gone. From then on: CommandRefused for what the phone refused, else SubmitUncertain.
        """
        self.type(tpdu)
        self._used = True
        began = self._clock.monotonic()
        try:
            packet = self._child.ask("send", timeout_s, tpdu=tpdu.hex())
        except (PortGone, ModemSilent) as lost:
            evidence = lost.evidence if isinstance(lost, PortGone) else "libgammu hung, and was ended"
            if not self._child.handed:
                raise PromptLost(self._child.port, evidence) from lost
            raise SubmitUncertain(evidence, self._clock.monotonic() - began) from lost
        if "ok" in packet:
            mr = packet["ok"]["mr"]
            return None if mr is None else int(mr)
        if not self._child.handed:
            raise TpduRefused(len(tpdu), str(packet["words"]))
        raise not_sent(packet, self._clock.monotonic() - began)
