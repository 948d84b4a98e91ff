"""A call that rings at a virtual modem: RING and +CLIP again and again, until somebody hangs up. There is no voice."""

from typing import TYPE_CHECKING

from hardware.virtual.commandline import Command
from hardware.virtual.registry import answers, integer

if TYPE_CHECKING:
    from hardware.virtual.engine import Engine

RING_S = 3.0
READY, RINGING = 0, 3  # <pas> of +CPAS


class Call:
    """The call that comes in, if one does."""

    def __init__(self, modem: "Engine") -> None:
        self._modem = modem
        self._caller = ""

    @property
    def ringing(self) -> bool:
        """Whether it rings."""
        return bool(self._caller)

    def begin(self, caller: str, now: float) -> None:
        """Somebody calls."""
        self._caller = caller
        self._ring(now)

    def end(self) -> None:
        """It was hung up, by whom ever."""
        self._caller = ""
        self._modem.faults.clear("ringing")

    def _ring(self, now: float) -> None:
        if not self._caller:
            return
        lines = ["RING"]
        if self._modem.settings.clip:
            kind = 145 if self._caller.startswith("+") else 129
            lines += ["", f'+CLIP: "{self._caller}",{kind},,,,0']
        self._modem.urc(*lines, now=now)
        self._modem.later(now + RING_S, self._ring)


@answers("H", "A", "+CHUP")
def hang_up(modem: "Engine", command: Command, now: float) -> list[str]:
    """ATH, AT+CHUP end what rings; ATA finds that the caller has just hung up."""
    modem.call.end()
    return ["NO CARRIER"] if command.name == "A" else []


@answers("+CLIP")
def caller_shown(modem: "Engine", command: Command, now: float) -> list[str]:
    """1: the caller's number follows each RING (27.007 7.6)."""
    if command.form == "read":
        return [f"+CLIP: {modem.settings.clip},1"]
    if command.form == "set":
        modem.settings.clip = integer(command, 0, 0, 1, 0)
    return []


@answers("+CPAS")
def activity(modem: "Engine", command: Command, now: float) -> list[str]:
    """0 ready, 3 ringing (27.007 8.1)."""
    if command.form == "test":
        return ["+CPAS: (0,2-4)"]
    return [f"+CPAS: {RINGING if modem.call.ringing else READY}"]
