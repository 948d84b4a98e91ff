"""One TPDU out: AT+CMGS, the prompt, and the point of no return.

Until `send` writes Ctrl-Z nothing has left, whatever was typed: silence or a refusal at the prompt is `ModemSilent`
or `CommandRefused`. From then on only a final answer of the modem tells; without one it is `SubmitUncertain`. Leaving
the `with` without `send` leaves the prompt with ESC.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from hardware import framing
from hardware.at import At
from hardware.errors import HardwareError, PromptLost, TpduRefused

LONGEST_TPDU = 164  # octets: 23.040 9.2.2.2 with a 20-digit address, 7 octets of validity, 140 of user data
LONGEST_USER_DATA = 140
RESULT_S = 180.0  # TR1M is 45 s; vendors say up to 3 minutes
_VALIDITY_OCTETS = {0: 0, 1: 7, 2: 1, 3: 7}


class Prompt:
    """A context manager: entering asks for the prompt, `type` writes the TPDU, `send` ends it with Ctrl-Z, once."""

    def __init__(self, at: At, length: int, prompt_s: float) -> None:
        self._at = at
        self._length = length
        self._prompt_s = prompt_s
        self._written = False

    def __enter__(self) -> Self:
        if not 0 < self._length <= LONGEST_TPDU:
            raise TpduRefused(self._length, f"a TPDU has 1 to {LONGEST_TPDU} octets")
        self._at.prompt(f"AT+CMGS={self._length}", self._prompt_s)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._written:
            return
        try:
            self._at.escape()
        except HardwareError:
            if error is None:  # else the first error is the news; the next command meets this one again
                raise

    def type(self, tpdu: bytes) -> None:
        """Write `tpdu` and no Ctrl-Z, which is all that `send` then writes: the modem only keeps it, and ESC takes it back.

        TpduRefused when it is not what was announced or more than a modem survives, PromptLost when the port or the modem
        has gone since the prompt.
        """
        if evidence := _unfit(tpdu, self._length):
            raise TpduRefused(len(tpdu), evidence)
        self._at.type_pdu("00" + tpdu.hex().upper())

    def hear(self) -> None:
        """Take in what the modem says by now, while nothing has left. PromptLost, CommandRefused when it does not wait for Ctrl-Z."""
        self._at.still_prompted()

    def send(self, tpdu: bytes, timeout_s: float = RESULT_S) -> int | None:
        """Write `tpdu` (without SMSC octets); its MR, None when it cannot be read.

        CommandRefused for any final error, SubmitUncertain for silence, an OK alone, a lost port or a restart. Before
        anything is written: TpduRefused when it is not what was announced or more than a modem survives,
        PromptLost when the port or the modem has gone since the prompt.
        """
        evidence = _unfit(tpdu, self._length)
        if evidence or self._written:
            raise TpduRefused(len(tpdu), evidence or "this prompt has had its TPDU")
        try:
            lines = self._at.send("00" + tpdu.hex().upper(), timeout_s)
        except PromptLost:
            raise
        except HardwareError:
            self._written = True
            raise
        self._written = True
        found = next((match for match in map(framing.acceptance, lines) if match), None)
        return int(found[1]) % 256 if found and found[1] else None


def _unfit(tpdu: bytes, announced: int) -> str:
    """Why this TPDU must not be written; "" when it may."""
    if len(tpdu) != announced:
        return f"{announced} octets were announced"
    if len(tpdu) < 7 or tpdu[0] & 3 != 1:
        return "it is no SUBMIT"
    before_user_data = 4 + (tpdu[2] + 1) // 2 + 2 + _VALIDITY_OCTETS[tpdu[0] >> 3 & 3] + 1
    if len(tpdu) - before_user_data > LONGEST_USER_DATA:
        return f"its user data has more than {LONGEST_USER_DATA} octets"
    return ""
