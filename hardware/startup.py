"""Starting a modem: the order of steps that survives real modems, each with its fall-backs.

The order: leave a stale prompt, wait for AT, reset to the profile, echo off, error numbers on, who are you, quiet,
SIM and PIN, power, wait for the SIM, PDU mode, storages, indications, registration, service centre.
Almost every step may be refused; only these end a start: no answer at all (`ModemSilent`), something that is no
modem (`NotAModem`), a SIM that cannot be used (`SimNotReady`, `PinRefused`), and no PDU mode (`CommandRefused`).
A modem that restarts meanwhile is started from the beginning, three times at most.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hardware import framing
from hardware import identity as who
from hardware.asking import ask, numbers, pause, tell, value
from hardware.at import ABANDON, At
from hardware.errors import CommandRefused, ModemSilent, NotAModem, SimNotReady
from hardware.facts import Identity
from hardware.notices import Ears
from hardware.patience import Patience
from hardware.probe import noise_in
from hardware.profiles import CNMI_DIRECT, GENERIC, Profile, profile_for
from hardware.radio import power_up
from hardware.sim import ALL_PIN_TRIES, READY, Sim, state_in
from hardware.storage import Storages

EnterPin = Callable[[Identity], str | None]
ASK_AGAIN_S = 180.0
NOISE_TRIES = 3  # so often may something else than a modem answer before we leave it alone


class Startup:
    """One start of one modem; afterwards its fields say what was found."""

    def __init__(
        self,
        at: At,
        ears: Ears,
        patience: Patience,
        tries_needed: int = ALL_PIN_TRIES,
        learned: Callable[[Identity], None] = lambda identity: None,
    ) -> None:
        """`learned` is told who it is as soon as that is known."""
        self.identity = Identity()
        self.profile: Profile = GENERIC
        self.smsc: str | None = None  # "" when the SIM has none; None when the modem does not tell
        self.indications = ""  # AT+CNMI? as it reads after it was set
        self.acknowledges = False  # what it hands over directly waits for AT+CNMA
        self.storages = Storages(at, patience)
        self._numbers = False  # it says with a number why it refuses
        self._better: tuple[
            str, ...
        ] = ()  # forms of indications that it refused, before the one that it took
        self._ended_at = 0.0
        self._at = at
        self._ears = ears
        self._patience = patience
        self._learned = learned
        self._sim = Sim(at, patience, tries_needed)

    def run(self, enter_pin: EnterPin) -> None:
        """Start it; ends ready to list and to send."""
        self._wake_up()
        self._at.blocked_s = self._patience.blocked_s
        for _ in range(3):
            self._ears.disarm()
            self._configure(enter_pin)
            if not self._ears.booted:
                break
        self._at.blocked_s = 0.0
        self._ears.arm()
        self._ended_at = self._at.clock.monotonic()

    def _wake_up(self) -> None:
        """Drop stale bytes, leave a stale prompt, then AT until there is an answer."""
        at = self._at
        at.incoming.owes_result = True  # perhaps, of a text that was handed over before the port was lost
        at.incoming.hush(self._patience.settle_s)
        at.link.write(ABANDON)
        at.incoming.hush(self._patience.settle_s)
        started = at.clock.monotonic()
        noise, echoed = 0, False
        for _ in range(self._patience.probes):
            if at.answers(self._patience.probe_s):
                at.incoming.hush(self._patience.settle_s)
                return
            echoed = framing.is_echo(at.incoming.heard)
            if what := noise_in(at.incoming.heard):
                noise += 1
                if noise >= NOISE_TRIES:
                    raise NotAModem(at.link.name, what)
        if echoed:
            raise NotAModem(at.link.name, "it only repeats what it is told")
        raise ModemSilent("AT", at.clock.monotonic() - started, at.incoming.heard)

    def _configure(self, enter_pin: EnterPin) -> None:
        at, patience = self._at, self._patience
        ask(at, "ATZ", patience.answer_s)
        if ask(at, "ATE0", patience.answer_s) is None:
            ask(at, "ATE0", patience.answer_s)
        self._numbers = ask(at, "AT+CMEE=1", patience.answer_s) is not None
        self.identity = who.of_modem(at)
        self._profile()
        self._quiet()
        self._open_sim(enter_pin)
        self._sim_ready()
        self._service()
        self._pdu_mode()
        if not (self.identity.imei and self.identity.manufacturer and self.identity.model):
            self._who_after_all()
        self.storages = Storages(at, patience)
        self.storages.choose()
        self._indicate()
        for command in ("AT+CREG=2", "AT+CGREG=2", "AT+CEREG=2", "AT+COPS=3,2"):
            ask(at, command, patience.answer_s)
        ask(at, "AT+COPS=3,0", patience.answer_s)  # people read names; where this is refused, numbers stay
        if ask(at, 'AT+CSCS="IRA"', patience.answer_s) is None:
            ask(at, 'AT+CSCS="GSM"', patience.answer_s)
        self.smsc = self._service_centre()
        self._subscriber()

    def _profile(self) -> None:
        made = self.identity
        self.profile = profile_for(made.manufacturer, made.model, made.revision)

    def _who_after_all(self) -> None:
        """It did not tell all of it at first, as in the middle of its boot."""
        before = self.profile
        self.identity = who.of_modem(self._at, self.identity)
        self._profile()
        if self.profile is not before:
            self._quiet()

    def _quiet(self) -> None:
        for command in self.profile.quiet:
            ask(self._at, command, self._patience.answer_s)

    def _open_sim(self, enter_pin: EnterPin) -> None:
        at = self._at
        self.identity = who.with_card(at, self.identity, self.profile)
        self._learned(self.identity)
        powered = False
        try:
            self._sim.unlock(self.profile, lambda: enter_pin(self.identity))
        except SimNotReady as locked:
            if locked.state == "PIN" or not (
                power_up(self._at, self._patience) or self._look_for_card(locked)
            ):
                raise
            powered = True
        powered = powered or power_up(self._at, self._patience)
        if powered:
            self._quiet()  # forgotten with the power
            self._sim.unlock(self.profile, lambda: enter_pin(self.identity))
        if powered or self._sim.pin_entered:
            self._until_said(self.profile.sms_ready)
        if not self.identity.iccid:
            self.identity = who.with_card(at, self.identity, self.profile)
            self._learned(self.identity)

    def _look_for_card(self, locked: SimNotReady) -> bool:
        """Some models see a card that was put in only after their radio was off; whether that was done."""
        if locked.state != "ABSENT" or not self.profile.inserted:
            return False
        for command in self.profile.inserted:
            ask(self._at, command, self._patience.slow_s)
        pause(self._at, self._patience.retry_s)
        return True

    def _until_said(self, words: str) -> None:
        clock = self._at.clock
        deadline = clock.monotonic() + self._patience.sms_ready_s
        while words and words not in self._ears.said and clock.monotonic() < deadline:
            self._at.listen(deadline)

    def _sim_ready(self) -> None:
        """Wait while the SIM is busy; a modem that knows no CPMS? is asked nothing more."""
        clock, patience = self._at.clock, self._patience
        started = clock.monotonic()
        while True:
            try:
                tell(self._at, "AT+CPMS?", patience.answer_s)
            except CommandRefused as refused:
                state = state_in(refused)
                limit_s = patience.sim_ready_s if state == "BUSY" else patience.sim_fault_s
                if state in ("", "READY"):
                    return
                if clock.monotonic() - started + patience.retry_s > limit_s:
                    raise SimNotReady(state, str(refused)) from refused
                pause(self._at, patience.retry_s)
            else:
                return

    def _pdu_mode(self) -> None:
        for tries_left in range(self._patience.pdu_mode_tries - 1, -1, -1):
            try:
                self._at.command("AT+CMGF=0", self._patience.answer_s)
            except (CommandRefused, ModemSilent) as none:
                if isinstance(none, ModemSilent):
                    self._at.resync()
                mode = ask(self._at, "AT+CMGF?", self._patience.answer_s)
                if mode is None and ask(self._at, "AT+CMGS=?") is not None:
                    return  # it knows texts but no modes: PDU is the one it has
                if value(mode) == "0":
                    return
                if not tries_left:
                    raise
                pause(self._at, self._patience.pdu_mode_s)
            else:
                return

    def _service(self) -> None:
        """Let the modem answer the network by itself; one that will not may wait for our AT+CNMA."""
        if ask(self._at, "AT+CSMS=0", self._patience.answer_s) is None:
            told = ask(self._at, "AT+CSMS?", self._patience.answer_s) or [""]
            self.acknowledges = numbers(told[0])[:1] == [1]

    def _indicate(self) -> None:
        """Indications: the first form that is accepted; none at all leaves polling, which finds all texts."""
        stored = () if self.profile.direct else self.profile.cnmi
        if form := self._first_accepted(stored):
            self._better = stored[: stored.index(form)]
            self._read_back(form)
        else:
            self.hand_over()
            self._better = stored

    def _read_back(self, form: str) -> None:
        """How indications stand after this form was taken: one of which nothing came is asked for again too."""
        self.indications = value(ask(self._at, "AT+CNMI?", self._patience.answer_s))
        pairs = zip(numbers(f":{self.indications}")[:4], numbers(f":{form}"), strict=False)
        if any(told == 0 < wanted for told, wanted in pairs):
            self._better = self.profile.cnmi

    def is_locked(self) -> bool:
        """Whether the SIM says now that it cannot be used, and told nothing of that at the start."""
        return not self._sim.told and self._sim.state() not in ("", READY)

    def ask_again(self) -> None:
        """At each look of the first minutes: what was refused, or not told, at the start, when its SIM was busy perhaps and it did not say
        so. Without its IMSI no change of the SIM is seen; without numbers a refused text is one that may have left; without indications
        of reports none comes.
        """
        if self._at.clock.monotonic() > self._ended_at + ASK_AGAIN_S:
            return
        if self.identity.iccid and not self.identity.imsi:  # by which a change of the SIM is seen
            card = who.with_card(self._at, replace(self.identity, iccid=""), self.profile)
            if card.iccid == self.identity.iccid:
                self.identity = who.with_subscriber(self._at, card)
        self._numbers = self._numbers or ask(self._at, "AT+CMEE=1") is not None
        if form := self._first_accepted(self._better):
            self._better = self._better[: self._better.index(form)]
            if self.acknowledges or self.storages.handed_over:
                self.acknowledges = self.storages.handed_over = False
                self._service()
            self._read_back(form)
        elif not self.indications:
            self.indications = value(ask(self._at, "AT+CNMI?"))

    def hand_over(self) -> bool:
        """Have texts handed over as they come, by a modem that does not say what it stored or does not let it be read; whether it will."""
        self._better = ()
        self.acknowledges = ask(self._at, "AT+CSMS=1", self._patience.answer_s) is not None
        direct = tuple(form for form in CNMI_DIRECT if self._direct_reports or form.split(",")[3] != "1")
        self.storages.handed_over = self._first_accepted(direct) != ""
        if not self.storages.handed_over and self.acknowledges:
            self.acknowledges = False
            ask(self._at, "AT+CSMS=0", self._patience.answer_s)
        self.indications = value(ask(self._at, "AT+CNMI?", self._patience.answer_s))
        return self.storages.handed_over

    def hand_over_reports(self) -> None:
        """Have reports handed over as they come, by a modem that rings for them and shows none."""
        if not self.storages.handed_over and (form := self._first_accepted(self._direct_reports)):
            self._better = ()
            self._read_back(form)

    @property
    def _direct_reports(self) -> tuple[str, ...]:
        """The forms by which reports come directly; none where they hang the modem (Novatel)."""
        return tuple(form for form in self.profile.cnmi if form.split(",")[3:4] == ["1"])

    def _first_accepted(self, forms: tuple[str, ...]) -> str:
        """The first form that it takes; "" when it takes none."""
        asked = ((form, ask(self._at, f"AT+CNMI={form}", self._patience.answer_s)) for form in forms)
        return next((form for form, answer in asked if answer is not None), "")

    def _subscriber(self) -> None:
        """A SIM that has told nothing of itself is asked for a while: when it tells only at a look, the modem is started anew for it."""
        clock = self._at.clock
        until = clock.monotonic() + self._patience.smsc_s - self._patience.retry_s
        self.identity = who.with_subscriber(self._at, self.identity)
        while not (self.identity.iccid or self.identity.imsi) and clock.monotonic() <= until:
            pause(self._at, self._patience.retry_s)
            self.identity = who.with_subscriber(self._at, self.identity)

    def _service_centre(self) -> str | None:
        """The SIM's service centre; some SIMs cannot be read, or seem to have none, for seconds after plug-in."""
        clock = self._at.clock
        started = clock.monotonic()
        while True:
            found: str | None = ""
            try:
                lines = tell(self._at, "AT+CSCA?", self._patience.answer_s)
                if lines is None:
                    return None
                found = centre_in(lines) if lines else None  # that the SIM has none it would tell
            except CommandRefused as refused:
                if state_in(refused) != "BUSY" and (refused.family, refused.code) != ("CMS", 330):
                    return None
            if found or clock.monotonic() - started + self._patience.retry_s > self._patience.smsc_s:
                return found
            pause(self._at, self._patience.retry_s)


def centre_in(lines: list[str]) -> str:
    """The number in an answer to AT+CSCA?; "" when the SIM has none."""
    return value(lines).split(",")[0].strip('" ')
