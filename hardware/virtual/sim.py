"""The SIM of a virtual modem: PIN and PUK with their attempts, absent, busy. Refusals are those of 27.007 9.2."""

from hardware.virtual.faults import Faults
from hardware.virtual.refusal import Refusal

DEFAULT_PIN = "1234"
PUK_ATTEMPTS = 10
SMS_CODES = {10: 310, 11: 311, 12: 316, 14: 314}  # CME code: what an SMS command says instead


class Sim:
    """The lock of one SIM. `state` is what +CPIN says: READY, SIM PIN, SIM PUK."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self.pin = DEFAULT_PIN
        self.pin_attempts = 3
        self.puk_attempts = PUK_ATTEMPTS
        self.locked = False  # wants the PIN at each start
        self.state = "READY"

    def lock(self, pin: str, attempts: int) -> None:
        """The SIM wants this PIN from now on and at each start."""
        self.pin, self.pin_attempts, self.locked = pin, attempts, True
        self.state = "SIM PIN" if attempts > 0 else "SIM PUK"

    def block(self) -> None:
        """The SIM wants its PUK."""
        self.locked, self.pin_attempts, self.state = True, 0, "SIM PUK"

    def unlock(self) -> None:
        """The SIM wants nothing, now and later."""
        self.locked, self.pin_attempts, self.state = False, 3, "READY"

    def restart(self) -> None:
        """The modem restarted: a locked SIM wants its PIN again."""
        if self.locked:
            self.state = "SIM PIN" if self.pin_attempts > 0 else "SIM PUK"

    def check(self, *, sms: bool = False, locked_too: bool = True) -> None:
        """Raise the Refusal of a SIM that cannot serve now. `sms` gives the CMS code of the same fact."""
        code = 0
        if self._faults.peek("sim_absent"):
            code = 10
        elif self._busy():
            code = 14
        elif locked_too and self.state != "READY":
            code = 11 if self.state == "SIM PIN" else 12
        if code:
            raise Refusal("CMS", SMS_CODES[code]) if sms else Refusal("CME", code)

    def _busy(self) -> bool:
        """sim_busy(n): this answer is one of the n."""
        left = self._faults.peek("sim_busy")
        if not isinstance(left, (int, float)):
            return False
        if left <= 1:
            self._faults.clear("sim_busy")
        else:
            self._faults.throw("sim_busy", left - 1)
        return True

    def enter(self, secret: str, new_pin: str = "") -> None:
        """AT+CPIN=: the PIN, or the PUK and a new PIN. Raises Refusal 16 and counts when it is wrong."""
        if self.state == "READY":
            raise Refusal("CME", 3)
        if self.state == "SIM PIN":
            if secret == self.pin:
                self.pin_attempts, self.state = 3, "READY"
                return
            self.pin_attempts -= 1
            if self.pin_attempts <= 0:
                self.state = "SIM PUK"
            raise Refusal("CME", 16)
        self.puk_attempts -= 1  # nobody here knows a PUK: as on a real SIM, the attempt is gone
        raise Refusal("CME", 16 if new_pin else 12)
