"""One modem and its SIM: start it, send through it, read and empty its storages, hear what it says unasked.

    modem = Modem(open_port("/dev/ttyUSB2", clock), clock)
    modem.start(enter_pin)
    with modem.prompt(len(tpdu)) as prompt:   # nothing has left yet
        mr = prompt.send(tpdu)                # the point of no return

Promises: one command at a time; nothing that came unasked is lost between calls; every failure is a
`HardwareError`. One thread owns a `Modem`; only `wake` and `close` may be called from others.
"""

from __future__ import annotations

from collections.abc import Callable

from hardware.asking import ask, value
from hardware.at import At
from hardware.facts import (
    Call,
    Direct,
    Health,
    Identity,
    LateSubmit,
    Notice,
    Restarted,
    StorageFull,
    Stored,
    Waiting,
)
from hardware.health import read_health
from hardware.link import Clock, Link
from hardware.notices import Ears
from hardware.patience import REAL, Patience
from hardware.profiles import GENERIC, Profile
from hardware.startup import Startup
from hardware.storage import LISTING, Storages
from hardware.submit import Prompt

__all__ = [
    "LISTING",
    "Call",
    "Direct",
    "Health",
    "Identity",
    "LateSubmit",
    "Modem",
    "Notice",
    "Patience",
    "Prompt",
    "Restarted",
    "StorageFull",
    "Stored",
    "Waiting",
]

Texts = list[Stored]
Notices = list[Notice]
RINGING_S = 8.0  # a ring is repeated every 3 to 6 s


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
        self._indications = ""
        self._acknowledges = False

    def start(self, enter_pin: Callable[[Identity], str | None]) -> None:
        """Bring the modem to where it lists and sends.

        `enter_pin` is called at most once, only when the SIM asks for its PIN: it returns the PIN, having
        recorded the attempt durably, or None. ModemSilent, NotAModem, SimNotReady, PinRefused, PortGone,
        CommandRefused (no PDU mode).
        """
        startup = Startup(self._at, self._ears, self._patience)
        try:
            startup.run(enter_pin)
        finally:  # also a start that failed learned who the modem is
            self.identity = startup.identity
            self.profile = startup.profile
        self.smsc = startup.smsc
        self._storages = startup.storages
        self._indications = startup.indications
        self._acknowledges = startup.acknowledges

    def health(self) -> Health:
        """Signal, registration, operator, storage. Also finds out whether the modem forgot its settings."""
        health = read_health(self._at, self._storages)
        if forgot := self._forgot():
            self._ears.notices.append(Restarted(forgot))
        return health

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
            self._ears.notices.append(Restarted(forgot))

    def read_by_slot(self) -> None:
        """From now on ask for each slot of a storage: this modem is known to hang when it is asked for a list."""
        self._storages.by_slot = True

    def list(self, everything: bool) -> Texts:  # noqa: FBT001 (the contract's form)
        """The received texts and reports that lie in the arrival storage or, if `everything`, in all of them."""
        return self._storages.contents(everything=everything)

    @property
    def arrival_storage(self) -> str:
        """The storage where texts arrive, which `list(everything=False)` reads; "" when the modem knows none."""
        return self._storages.arrival

    def delete(self, stored: Stored) -> None:
        """Empty one slot. No error when it is empty already; CommandRefused when it stays full."""
        self._storages.delete(stored)

    def prompt(self, length: int) -> Prompt:
        """For `with`: AT+CMGS=`length` (octets of the TPDU, without SMSC); a ringing call is rejected first."""
        called_at = self._ears.called_at
        if called_at is not None and self._clock.monotonic() - called_at < RINGING_S:
            self.hang_up()
        return Prompt(self._at, length, self._patience.prompt_s)

    def notices(self) -> Notices:
        """Take what came unasked, oldest first."""
        notices = [*self._ears.notices]
        self._ears.notices.clear()
        self._at.urcs.clear()
        return notices

    def wait(self, deadline: float) -> None:
        """Block until a notice, `wake` or the deadline (clock.monotonic()); PortGone."""
        while not self._ears.notices and not self._at.listen(deadline):
            pass

    def wake(self) -> None:
        """From any thread: end a `wait`."""
        self._link.wake()

    def recover(self) -> None:
        """After silence: ESC (unless a text's answer may still come) and AT; ModemSilent when it is dead."""
        self._at.resync()

    def hang_up(self) -> None:
        """Reject a call that rings: while it does, many modems send nothing."""
        self._ears.called_at = None
        if ask(self._at, "AT+CHUP") is None:
            ask(self._at, "ATH")

    def close(self) -> None:
        """Let the port go; returns at once, even when the port takes its time."""
        self._link.close()
