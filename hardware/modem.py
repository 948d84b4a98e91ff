"""One modem and its SIM: start it, send through it, read and empty its storages, hear what it says unasked.

    modem = Modem(open_port("/dev/ttyUSB2", clock), clock)
    modem.start(enter_pin)
    with modem.prompt(len(tpdu)) as prompt:
        prompt.type(tpdu)                     # nothing has left yet
        mr = prompt.send(tpdu)                # Ctrl-Z: the point of no return

Promises: one command at a time; nothing that came unasked is lost between calls; every failure is a
`HardwareError`. One thread owns a `Modem`; only `wake` and `close` may be called from others.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from hardware import daytime, query, restart, ussd
from hardware import identity as who
from hardware.asking import ask, pause, value
from hardware.at import At
from hardware.company import Company
from hardware.errors import CommandRefused, HardwareError, ModemSilent, Unreadable
from hardware.facts import (
    Call,
    Direct,
    Health,
    Identity,
    LateRefusal,
    LateSubmit,
    Notice,
    Registration,
    Restarted,
    StorageFull,
    Stored,
    Waiting,
)
from hardware.gauges import Gauges
from hardware.health import read_health
from hardware.link import Clock, Link
from hardware.notices import Ears
from hardware.patience import REAL, Patience
from hardware.profiles import GENERIC, Profile
from hardware.radio import Radio
from hardware.shelf import LISTING, PDU_MODE
from hardware.sim import ALL_PIN_TRIES, state_in
from hardware.spared import Spared
from hardware.startup import Startup, centre_in
from hardware.storage import Storages
from hardware.submit import Prompt

__all__ = [
    "LISTING",
    "Call",
    "Direct",
    "Health",
    "Identity",
    "LateRefusal",
    "LateSubmit",
    "Modem",
    "Notice",
    "Patience",
    "Prompt",
    "Registration",
    "Restarted",
    "StorageFull",
    "Stored",
    "Waiting",
]

Texts = list[Stored]
Notices = list[Notice]
Lines = list[str]
MODE_TRIES = 3
RINGING_S = 8.0  # a ring is repeated every 3 to 6 s
LAST_WORDS_S = 0.1
READ_LATE = (
    "its SIM can be read now, and told nothing at the start"  # where texts lie on it is not known either
)
LINK_KEPT_S = 1.0  # AT+CMMS=1 keeps the link open for 1 to 5 s after each text


class Modem:
    """A modem on a link. After `start`: `identity`, `profile`, and `smsc`, the SIM's service centre.

    `smsc` "" means that the SIM has none and every text would be refused (CMS 330); None, that the modem does
    not tell.
    """

    def __init__(self, link: Link, clock: Clock, patience: Patience = REAL) -> None:
        self.identity = Identity()
        self.profile: Profile = GENERIC
        self.smsc: str | None = None
        self._link = link
        self._clock = clock
        self._patience = patience
        self._at = At(link, clock)
        self._ears = Ears(clock)
        self._at.incoming.on_urc = self._ears.hear
        self._storages = Storages(self._at, patience)
        self._radio = Radio(self._at, patience)
        self._startup: Startup | None = None
        self._indications = ""
        self._gauges = Gauges(self._at, GENERIC)
        self._registered = self._keeps_link = True
        self._link_kept_at: float | None = None
        self._acknowledges = False

    def start(
        self, enter_pin: Callable[[Identity], str | None], *, tries_needed: int = ALL_PIN_TRIES
    ) -> None:
        """Bring the modem to where it lists and sends.

        `enter_pin` is called at most once, only when the SIM asks for its PIN and at least `tries_needed` are
        left (where the modem tells): it returns the PIN, having recorded the attempt durably, `sim.IGNORE`, or
        None. ModemSilent, NotAModem, SimNotReady, PinRefused, PortGone, CommandRefused (no PDU mode).
        """
        startup = Startup(self._at, self._ears, self._patience, tries_needed, self._learn)
        try:
            startup.run(enter_pin)
        finally:  # also a start that failed learned who the modem is
            self._learn(startup.identity)
            self.profile = startup.profile
        self.smsc = startup.smsc
        self._at.pace = self.profile.pace
        self._keeps_link = self.profile.keeps_link
        self._storages = startup.storages
        self._gauges = Gauges(self._at, self.profile)
        self._startup = startup
        self._as_set()

    def _as_set(self) -> None:
        """How texts are told of, and who its SIM is, as the start, or what followed it, found."""
        if self._startup is not None:
            self.identity = self._startup.identity
            self._indications, self._acknowledges = self._startup.indications, self._startup.acknowledges

    def hand_over_texts(self) -> bool:
        """Texts that it rang for lie nowhere, or cannot be read: let them be handed over as they come; whether it will."""
        done = self._startup is not None and self._startup.hand_over()
        self._as_set()
        return done

    def hand_over_reports(self) -> None:
        """Reports that it rang for lie nowhere (SIM7600, MU509): let them be handed over as they come, where it does that."""
        if self._startup is not None:
            self._startup.hand_over_reports()
        self._as_set()

    def _learn(self, identity: Identity) -> None:
        """Also in the middle of a start: what the modem hands over then came by this SIM."""
        self.identity = identity

    def health(self) -> Health:
        """Signal, registration, operator, storage, temperature, voltage. Also finds out whether the modem forgot
        its settings, whether its radio was off, it signed off or gave up, and whether its SIM is another one now, or can be read only now.
        """
        health = read_health(self._at, self._storages, self._gauges)
        if health.registered and not self._registered:
            self._storages.ask_again()
        self._registered = health.registered
        mended = self._radio.mend(health)
        late = not self._storages.told and health.storage_total is not None
        if not health.registered and self._startup is not None:
            late = late or self._startup.is_locked()
        if evidence := self._forgot() or mended or (READ_LATE if late else ""):
            self._ears.notices.append(Restarted(evidence, heard=False))
        else:
            self.has_its_card()
        if self._startup is not None and not evidence:
            self._startup.ask_again()
            self._as_set()
        return health

    def has_its_card(self) -> bool:
        """Whether its SIM is the one of the start, as far as it tells; a notice follows when it is not."""
        if evidence := self._other_card():
            self._ears.notices.append(Restarted(evidence, heard=False))
        return not evidence

    def has_its_iccid(self) -> bool:
        """Whether its SIM still tells the ICCID that it told when the start began, or tells none now."""
        told = who.with_card(self._at, replace(self.identity, iccid=""), self.profile).iccid
        return told in ("", self.identity.iccid)

    def network_time(self) -> datetime | None:
        """What time the network told the modem that it is; None when it told none, or the modem does not say."""
        return daytime.ask_network(self._at, self.profile)

    def _other_card(self) -> str:
        """What tells that the SIM was changed or taken out since the start, or told nothing then; "" when nothing does."""
        known = self.identity.imsi
        if not known and self.identity.iccid:  # with what would it be compared?
            return ""
        try:
            imsi = who.imsi_in(self._at.command("AT+CIMI"))
        except CommandRefused as refused:
            gone = known and state_in(refused) in ("ABSENT", "PIN", "PUK")
            return f"the SIM says: {refused.text}" if gone else ""
        except ModemSilent:
            self._at.resync()  # raises when it is dead; else it only does not answer this
            return ""
        if not known:
            return READ_LATE if imsi else ""
        return "another SIM is in it now" if imsi and imsi != known else ""

    def restart(self, profile: Profile | None = None) -> str:
        """Tell it to begin anew by its own command, also when it is silent or was not started; what was written.

        `profile`: the model's, when this one was not started. restart.NotPossible, PortGone; close it afterwards.
        """
        return restart.by_command(self._link, self._clock, profile or self.profile, self._ears.hear)

    def query(self, command: str) -> Lines:
        """The answer to a question that `query.allowed` lets through; ValueError for any other, CommandRefused."""
        written = query.allowed(command)
        if written is None:
            raise ValueError("this is no question about the modem's own state")
        return query.shown(written, self._at.command(written, self._patience.slow_s))

    def ask_network(self, code: str) -> str:
        """Ask the network a USSD code that `ussd.harmless` lets through, and read its answer (up to 60 s)."""
        return ussd.ask_network(self._at, code, self.profile.ussd)

    def _forgot(self) -> str:
        """Evidence that the modem no longer indicates what comes; "" when it does, or does not tell."""
        now = value(ask(self._at, "AT+CNMI?")) if self._indications else ""
        if not now or now.replace(" ", "") == self._indications.replace(" ", ""):
            return ""
        return f"its indications were {self._indications}, are {now}"

    def acknowledge(self) -> None:
        """What the modem handed over (`Direct`) is kept: let it tell the network, where it waits for that.

        One that waited too long stops handing over (27.005 3.4.4): its indications are set again.
        """
        if not self._acknowledges or ask(self._at, "AT+CNMA") is not None:
            return
        forgot = self._forgot()
        if forgot and ask(self._at, f"AT+CNMI={self._indications}") is None:
            self._ears.notices.append(Restarted(forgot, heard=False))

    def read_by_slot(self) -> None:
        """From now on ask for each slot of a storage: this modem is known to hang when it is asked for a list."""
        self._storages.shelf.by_slot = True

    def listed_within(self, took_s: dict[str, float]) -> None:
        """How long its listings took in an earlier session, by storage, so that a hang is seen sooner; it is kept up to date."""
        self._storages.shelf.took_s = took_s

    def beside(self, company: Company, spared: Spared) -> None:
        """What was heard of other programs when the port was open before, and what the modem did not survive; both are kept up to date."""
        self._at.incoming.company, self._at.spared = company, spared

    def list(self, everything: bool) -> Texts:  # noqa: FBT001 (the contract's form)
        """The received texts and reports that lie in the arrival storage or, if `everything`, in all of them. Unreadable: no text that
        is sent to this modem would ever be seen; it neither lets them be read, for a while (its SIM may be busy), nor hands them over.
        """
        until = self._clock.monotonic() + self._patience.sim_fault_s
        while True:
            try:
                return self._storages.contents(
                    everything=everything
                )  # anew: what other storages hold was read in vain
            except Unreadable:
                if self._clock.monotonic() < until:
                    pause(self._at, self._patience.retry_s)
                elif not self.hand_over_texts():
                    raise

    def also_read(self, storage: str) -> None:
        """Read this storage too: an indication named it. Nothing happens when it is known, or no name of one."""
        self._storages.also_read(storage)

    @property
    def arrival_storage(self) -> str:
        """The storage where texts arrive, which `list(everything=False)` reads; "" when the modem knows none."""
        return self._storages.arrival

    @property
    def passed_over(self) -> set[str]:
        """The storages that the last `list(everything=True)` could not read: what lies there is not known."""
        return self._storages.passed_over

    @property
    def refused_since(self) -> float | None:
        """Since when something that may hold texts has not been let be read (monotonic); None when nothing is, or it is not there at all."""
        return self._storages.refused_since

    @property
    def has_company(self) -> bool:
        """Whether another program seems to be at the port: an answer may be its own."""
        return self._at.has_company

    def delete(self, stored: Stored) -> None:
        """Empty one slot. No error when it is empty already; CommandRefused when it stays full."""
        self._storages.delete(stored)

    def prompt(self, length: int) -> Prompt:
        """For `with`: AT+CMGS=`length` (octets of the TPDU, without SMSC); a ringing call is rejected first."""
        called_at = self._ears.called_at
        if called_at is not None and self._clock.monotonic() - called_at < RINGING_S:
            self.hang_up()
        self._at.in_step()  # what came behind the answer to the text before may tell of company
        if self._at.has_company:
            self._choose_pdu_mode()
        return Prompt(self._at, length, self._patience.prompt_s)

    def _choose_pdu_mode(self) -> None:
        """Beside another program: in text mode the length is a number that is texted. ModemSilent when it stays so."""
        began = self._clock.monotonic()
        for _ in range(MODE_TRIES):
            ask(self._at, PDU_MODE, self._patience.answer_s)
            # The OK may have been to the other program, which chose text mode.
            mode = value(ask(self._at, "AT+CMGF?", self._patience.answer_s))
            if mode == "0":
                return
        if mode:  # no answer, or a bare OK, may be another program's doing; one that says nothing else is believed in the end
            raise ModemSilent(PDU_MODE, self._clock.monotonic() - began, mode.encode())

    def keep_link(self) -> None:
        """Before a text that others follow at once: let the modem keep the link open between them (27.005 3.5.6).

        A modem that refuses this is not asked again.
        """
        self._keeps_link = ask(self._at, "AT+CMMS=1", self._patience.answer_s) is not None
        self._link_kept_at = self._clock.monotonic()

    @property
    def may_keep_link(self) -> bool:
        """Whether `keep_link` would help: the modem knows it, and it is not still in force from the text before."""
        if not self._keeps_link or self._link_kept_at is None:
            return self._keeps_link
        used_at = max(self._link_kept_at, self._at.accepted_at or 0.0)
        return self._clock.monotonic() - used_at >= LINK_KEPT_S

    def read_service_centre(self) -> str | None:
        """Ask anew for `smsc`, and keep what is found."""
        lines = ask(self._at, "AT+CSCA?", self._patience.answer_s)
        self.smsc = centre_in(lines) if lines else None
        return self.smsc

    def notices(self) -> Notices:
        """Take what came unasked, oldest first."""
        notices = [*self._ears.notices]
        self._ears.notices.clear()
        self._at.urcs.clear()
        return notices

    @property
    def is_handing_over(self) -> bool:
        """Whether the beginning of a text has come, and its rest is awaited for a moment."""
        return self._at.incoming.awaits_rest

    def keep_at_once(self, keep: Callable[[Direct], bool] | None) -> None:
        """From now on `keep` is told of each `Direct` as it comes, also while an answer is awaited; whether it was kept. None: no more."""
        self._ears.keep = keep

    def wait(self, deadline: float) -> None:
        """Block until a notice, `wake` or the deadline (clock.monotonic()); PortGone."""
        while not self._ears.notices and not self._at.listen(deadline):
            if self._clock.monotonic() >= deadline:  # it never stops talking
                break

    def wake(self) -> None:
        """From any thread: end a `wait`."""
        self._link.wake()

    def listens(self) -> bool:
        """Whether a bare AT is answered, asked once and without ESC: then no text of ours is in its hands any more."""
        listens = self._at.answers(self._patience.answer_s)
        if listens:
            self._at.settled()
        return listens

    def recover(self) -> None:
        """After silence: ESC (unless a text's answer may still come) and AT; ModemSilent when it is dead."""
        self._at.resync()

    def hang_up(self) -> None:
        """Reject a call that rings: while it does, many modems send nothing."""
        self._ears.called_at = None
        if ask(self._at, "AT+CHUP") is None:
            ask(self._at, "ATH")

    def last_words(self) -> None:
        """Before the port is let go: keep what is just being said, until a moment of silence. A port that has gone says nothing."""
        with suppress(HardwareError):
            self._at.incoming.hush(LAST_WORDS_S)
        self._at.incoming.leave_body(now=True)

    def close(self) -> None:
        """Let the port go; returns at once, even when the port takes its time."""
        self._link.close()
