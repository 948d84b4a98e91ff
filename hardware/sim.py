"""Is the SIM usable? Asks, waits while it says "busy", and enters a PIN once, when it is allowed to.

Promises: `enter_pin` is called at most once, only when the SIM asks for its PIN and (where the modem can tell)
all three tries are left, or as many as the caller needs; what it returns is written once and never again. The PIN
stands in no error.
Failure: `SimNotReady` with its state, `PinRefused` when the PIN was not accepted.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from hardware.asking import pause
from hardware.at import At
from hardware.errors import CommandRefused, ModemSilent, PinKeptBack, PinRefused, SimNotReady
from hardware.patience import Patience
from hardware.profiles import Profile

READY = "READY"
ALL_PIN_TRIES = 3
IGNORE = "ignore"  # instead of a PIN: the modem says that it wants one and is wrong (Option's false lock)

_BY_CODE = {
    "CME": {5: "LOCKED", 6: "LOCKED", 7: "LOCKED", 10: "ABSENT", 11: "PIN", 12: "PUK", 13: "FAILURE"}
    | {14: "BUSY", 15: "WRONG", 17: READY, 18: READY, 48: "LOCKED", 256: "BUSY", 258: "BUSY", 262: "FAILURE"}
    | dict.fromkeys(range(40, 48), "LOCKED")
    | {515: "BUSY", 772: "ABSENT"},
    "CMS": {310: "ABSENT", 311: "PIN", 312: "LOCKED", 313: "FAILURE", 314: "BUSY", 315: "WRONG", 316: "PUK"}
    | {317: READY, 318: READY, 515: "BUSY", 532: "BUSY"},
}
_PASSING = {"BUSY", "FAILURE", "ABSENT"}  # also said by SIMs that are READY some seconds later


def state_in(refused: CommandRefused) -> str:
    """The SIM's state that a refusal tells; "" when it tells none."""
    return _BY_CODE.get(refused.family, {}).get(refused.code if refused.code is not None else -1, "")


class Sim:
    """The SIM's lock, seen through one AT channel during one start."""

    def __init__(self, at: At, patience: Patience, tries_needed: int = ALL_PIN_TRIES) -> None:
        self._at = at
        self._patience = patience
        self._tries_needed = tries_needed
        self.pin_entered = False
        self.told = False  # it said how it is, or why it does not
        self._said = ""

    def state(self) -> str:
        """READY, PIN, PUK, LOCKED, ABSENT, BUSY, FAILURE, WRONG; "" when the modem cannot tell."""
        try:
            lines = self._asked()
        except ModemSilent:
            self._at.resync()  # raises when it is dead; else it only does not answer this
            return ""
        except CommandRefused as refused:
            self._said = str(refused)
            self.told = self.told or state_in(refused) != ""
            return state_in(refused)
        self.told = True
        said = next(
            (line for line in lines if line.startswith("+CPIN")), "+CPIN: READY"
        )  # a bare OK: smstools
        self._said = f"the SIM says {said}"
        return _named(said)

    def _asked(self) -> list[str]:
        question = ("AT+CPIN?", self._patience.answer_s)
        try:
            return self._at.command(*question, enough="+CPIN")
        except ModemSilent:  # perhaps deaf for a moment
            self._at.resync()
            return self._at.command(*question, enough="+CPIN")

    def unlock(self, profile: Profile, enter_pin: Callable[[], str | None]) -> None:
        """Return when the SIM is usable, or the modem cannot tell; SimNotReady, PinRefused."""
        state = self._settled()
        if state == "PIN":
            if not self._enter(profile, enter_pin):
                return
            state = self._settled()
        if state not in (READY, ""):
            raise SimNotReady(state, self._said)

    def _settled(self) -> str:
        clock, patience = self._at.clock, self._patience
        started = clock.monotonic()
        while (
            state := self.state() or self.state()
        ) in _PASSING:  # a bare ERROR may be the answer of a moment
            limit_s = patience.sim_ready_s if state == "BUSY" else patience.sim_fault_s
            if clock.monotonic() - started + patience.retry_s > limit_s:
                break
            pause(self._at, patience.retry_s)
        return state

    def _enter(self, profile: Profile, enter_pin: Callable[[], str | None]) -> bool:
        """Enter the PIN; False when its state is to be ignored."""
        if self.pin_entered:
            raise PinRefused("PIN", "the SIM asks for its PIN again after it was entered")
        left = self._tries_left(profile)
        if left is not None and left < self._tries_needed:
            raise PinKeptBack(left)
        pin = enter_pin()
        if pin is None:
            raise SimNotReady("PIN", self._said)
        if pin == IGNORE:
            return False
        if not re.fullmatch(r"[0-9]{4,8}", pin):
            raise SimNotReady("PIN", "the configured PIN is not 4 to 8 digits, so it was not entered")
        self.pin_entered = True
        try:
            self._at.command(f'AT+CPIN="{pin}"', self._patience.slow_s, shown='AT+CPIN="****"')
        except CommandRefused as refused:
            raise PinRefused("PIN", str(refused)) from refused
        self._accepted(profile)
        return True

    def _accepted(self, profile: Profile) -> None:
        """Accepted may mean "not yet": the state may still be PIN for a while, which is no reason to try again."""
        pause(self._at, profile.after_pin_s)
        started = self._at.clock.monotonic()
        while self.state() == "PIN":
            if self._at.clock.monotonic() - started > self._patience.pin_s:
                raise PinRefused("PIN", "the PIN was taken, but the SIM still asks for it")
            pause(self._at, self._patience.retry_s)

    def _tries_left(self, profile: Profile) -> int | None:
        if not profile.pin_attempts:
            return None
        try:
            lines = self._at.command(profile.pin_attempts, self._patience.answer_s)
        except CommandRefused:
            return None
        found = re.search(profile.pin_attempts_left, "\n".join(lines))
        return int(found[1]) if found else None


# What stands in +CPIN: behind its name, and the state that it means; the first that is found. The second PIN is not for texts.
_NAMED = tuple(
    (re.compile(words), state)
    for words, state in (
        (r"READY|SIM P[IU][NK]2|$", READY),
        (r"SIM PIN", "PIN"),
        (r"SIM PUK", "PUK"),
        (r"PH-", "LOCKED"),
        (r".*(NOT INSERTED|REMOVED|NO SIM|ABSENT)", "ABSENT"),
        (r".*(BUSY|NOT READY)", "BUSY"),
        (r".*FAIL", "FAILURE"),
        (r"", "WRONG"),
    )
)


def _named(said: str) -> str:
    words = said.partition(":")[2].strip().strip('"').upper()
    return next(state for pattern, state in _NAMED if pattern.match(words))
