"""The modem's radio: switched on, signed on, and let try anew when the network refused it.

Another program leaves it off, or signed off. A network that refuses a SIM for good is not asked again until the radio was off (3GPP TS
24.301 5.5.1.2.5): who pays late would wait for ever. What is refused, or not answered, changes nothing.
"""

from __future__ import annotations

from hardware.asking import ask, numbers, pause
from hardware.at import At
from hardware.facts import Health
from hardware.patience import Patience

IDLE_S = 900.0  # so long without a network, and looking for none
_IDLE = ("denied", "none", "emergency", "limited")  # it may look for none


class Radio:
    """The radio of one started modem."""

    def __init__(self, at: At, patience: Patience) -> None:
        self._at = at
        self._patience = patience
        self._idle_at: float | None = None

    def mend(self, health: Health) -> str:
        """Help a modem without a network to one. What was done, where the modem is to be set up again after it; "" else."""
        if health.registered or health.registration not in _IDLE:
            self._idle_at = None
            return ""
        if health.registration == "none" and power_up(self._at, self._patience):
            return (
                "" if is_off(self._at, self._patience) else "its radio was off"
            )  # a key or a pin may hold it off
        if health.registration == "none":
            sign_on(self._at, self._patience)
        return self._tried_anew()

    def _tried_anew(self) -> str:
        now = self._at.clock.monotonic()
        self._idle_at = now if self._idle_at is None else self._idle_at
        if now < self._idle_at + IDLE_S:
            return ""
        self._idle_at = now
        if ask(self._at, "AT+CFUN=4", self._patience.slow_s) is None:
            return ""
        pause(self._at, self._patience.radio_off_s)
        ask(self._at, "AT+CFUN=1", self._patience.slow_s)
        return "it looked for no network for a quarter of an hour, and its radio was off for a moment"


def power_up(at: At, patience: Patience) -> bool:
    """Switch the radio on if it is off; whether it was."""
    off = is_off(at, patience)
    if off:
        ask(at, "AT+CFUN=1", patience.slow_s)
    return off


def is_off(at: At, patience: Patience) -> bool:
    """Whether the modem says that its radio is off (27.007 8.2: 0 the SIM too, 4 the radio alone; 7 Huawei's and Qualcomm's)."""
    level = numbers((ask(at, "AT+CFUN?", patience.answer_s) or [""])[0])
    return bool(level) and level[0] in (0, 4, 7)


def sign_on(at: At, patience: Patience) -> None:
    """Let a modem that was told to stay off every network (27.007 7.3: mode 2) look for one again; an operator that was chosen stays so."""
    mode = numbers((ask(at, "AT+COPS?", patience.slow_s) or [""])[0])
    if mode[:1] == [2]:
        ask(at, "AT+COPS=0", patience.operator_s)
