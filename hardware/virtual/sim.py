"""The SIM of a virtual modem: PIN and PUK with their attempts, absent, busy, failing. Refusals are those of 27.007 9.2."""

from hardware.virtual.faults import Faults
from hardware.virtual.refusal import Refusal

DEFAULT_PIN = "1234"
PUK_ATTEMPTS = 10
ABSENT, WANTS_PIN, WANTS_PUK, FAILURE, BUSY, WRONG = 10, 11, 12, 13, 14, 15
NOT_ALLOWED, INCORRECT, BAD_CONTACT, PLEASE_WAIT = 3, 16, 262, 515
SMS_CODES = {ABSENT: 310, WANTS_PIN: 311, WANTS_PUK: 316, FAILURE: 313, BUSY: 314, WRONG: 315}


class Sim:
    """The lock of one SIM. `state` is what it wants: READY, SIM PIN, SIM PUK."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.pin = DEFAULT_PIN
        self.pin_attempts = 3
        self.puk_attempts = PUK_ATTEMPTS
        self.locked = False  # wants the PIN at each start
        self.state = "READY"
        self.settling = False  # the PIN was right and has no effect yet
        self.trouble = 0  # the CME code that it answers for a while
        self.entries = 0  # how often something was entered with AT+CPIN=
        self.refused = 0  # how often a wrong PIN was, at the most between two times that it was open
        self._refused_now = 0

    def lock(self, pin: str, attempts: int) -> None:
        """The SIM wants this PIN from now on and at each start."""
        self.pin, self.pin_attempts, self.locked = pin, attempts, True
        self.state = "SIM PIN" if attempts > 0 else "SIM PUK"

    def block(self) -> None:
        """The SIM wants its PUK."""
        self.locked, self.pin_attempts, self.state = True, 0, "SIM PUK"

    def unlock(self) -> None:
        """The SIM wants nothing, now and later."""
        self.locked, self.pin_attempts, self.state, self.settling = False, 3, "READY", False
        self._refused_now = 0

    def restart(self) -> None:
        """The modem restarted: a locked SIM wants its PIN again."""
        self.settling, self.trouble = False, 0
        if self.locked:
            self.state = "SIM PIN" if self.pin_attempts > 0 else "SIM PUK"

    @property
    def ready(self) -> bool:
        """Whether texts can go, as far as the SIM goes."""
        return not self._troubled() and self.state == "READY" and not self.settling

    def shown(self) -> str:
        """What +CPIN says: `state`, unless a fault has it say something else."""
        if self.state == "READY" and self._faults.peek("false_lock"):
            return "SIM PIN"
        if self.state == "READY" and self._faults.peek("pin2"):
            return "SIM PIN2"
        return "SIM PIN" if self.settling else self.state

    def check(self, *, sms: bool = False, locked_too: bool = True) -> None:
        """Raise the Refusal of a SIM that cannot serve now. `sms` gives the CMS code of the same fact."""
        code = self._troubled()
        if not code and self._faults.use("sim_busy"):
            code = BUSY
        if not code and locked_too and (self.state != "READY" or self.settling):
            code = WANTS_PUK if self.state == "SIM PUK" else WANTS_PIN
        if code in SMS_CODES and sms:
            raise Refusal("CMS", SMS_CODES[code])
        if code:
            raise Refusal("CME", code)
        if sms and self._faults.use("busy"):
            raise Refusal("CMS", PLEASE_WAIT)

    def _troubled(self) -> int:
        """The CME code of a SIM that does not work at all, 0 when it does."""
        if self._faults.peek("sim_absent"):
            return ABSENT
        if self._faults.peek("bad_contact"):
            return BAD_CONTACT
        return WRONG if self._faults.peek("sim_wrong") else self.trouble

    def enter(self, secret: str, new_pin: str = "") -> None:
        """AT+CPIN=: the PIN, or the PUK and a new PIN. Raises Refusal 16 and counts when it is wrong."""
        self.entries += 1
        if self.state == "READY":
            raise Refusal("CME", NOT_ALLOWED)
        if self.state == "SIM PIN":
            if secret == self.pin:
                self.pin_attempts, self.state, self._refused_now = 3, "READY", 0
                return
            self.pin_attempts -= 1
            self._refused_now += 1
            self.refused = max(self.refused, self._refused_now)
            if self.pin_attempts <= 0:
                self.state = "SIM PUK"
            raise Refusal("CME", INCORRECT)
        self.puk_attempts -= 1  # nobody here knows a PUK: as on a real SIM, the attempt is gone
        raise Refusal("CME", INCORRECT if new_pin else WANTS_PUK)
