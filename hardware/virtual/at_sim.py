"""What the SIM answers: PIN state and entry, IMSI, ICCID, own number. A SIM that is absent, busy or locked refuses."""

from functools import partial
from typing import TYPE_CHECKING

from hardware.virtual.commandline import Command
from hardware.virtual.refusal import Refusal
from hardware.virtual.registry import answers

if TYPE_CHECKING:
    from hardware.virtual.engine import Engine

PIN_LINE_GAP_S = 0.1


@answers("+CPIN")
def pin(modem: "Engine", command: Command, now: float) -> list[str]:
    """What the SIM wants; or the PIN itself. A wrong one costs an attempt."""
    if command.form == "test":
        return []
    modem.sim.check(locked_too=False)
    if command.form == "read":
        return [f"+CPIN: {modem.sim.state}"]
    modem.sim.enter(command.arg(0), command.arg(1))
    for place, line in enumerate(modem.personality.pin_lines):
        modem.later(now + PIN_LINE_GAP_S * (place + 1), partial(modem.unasked, line))
    modem.carrier.ready(modem, now)
    return []


@answers("+SPIC")
def attempts_simcom(modem: "Engine", command: Command, now: float) -> list[str]:
    """SIMCom: attempts left for PIN, PUK, PIN2, PUK2."""
    if modem.personality.name != "sim800l":
        raise Refusal("ERROR", words=modem.personality.unknown)
    return [f"+SPIC: {modem.sim.pin_attempts},{modem.sim.puk_attempts},0,10"]


@answers("^CPIN")
def attempts_huawei(modem: "Engine", command: Command, now: float) -> list[str]:
    """Huawei: what it wants, attempts left for it, then for PUK, PIN, PUK2, PIN2."""
    if not modem.personality.name.startswith("huawei"):
        raise Refusal("ERROR", words=modem.personality.unknown)
    sim = modem.sim
    left = {"SIM PIN": str(sim.pin_attempts), "SIM PUK": str(sim.puk_attempts)}.get(sim.state, "")
    return [f"^CPIN: {sim.state},{left},{sim.puk_attempts},{sim.pin_attempts},10,3"]


@answers("+CIMI")
def imsi(modem: "Engine", command: Command, now: float) -> list[str]:
    """The IMSI, 15 digits, without a prefix (27.007 5.6)."""
    if command.form == "test":
        return []
    modem.sim.check()
    return [modem.card.imsi]


@answers("+CCID", "+ICCID", "^ICCID", "+QCCID")
def iccid(modem: "Engine", command: Command, now: float) -> list[str]:
    """The ICCID under the one name this model has for it."""
    if command.name != modem.personality.iccid_command:
        raise Refusal("ERROR", words=modem.personality.unknown)
    if command.form == "test":
        return []
    modem.sim.check(locked_too=False)
    return [f"{command.name}: {modem.card.iccid}"]


@answers("+CNUM")
def own_number(modem: "Engine", command: Command, now: float) -> list[str]:
    """The number on the SIM."""
    if command.form == "test":
        return []
    modem.sim.check()
    return [f'+CNUM: "","{modem.card.number}",145']


@answers("+CLCK")
def facility_lock(modem: "Engine", command: Command, now: float) -> list[str]:
    """Only the question whether the SIM lock is on."""
    modem.sim.check(locked_too=False)
    if command.form == "test":
        return ['+CLCK: ("SC")']
    if command.arg(1) != "2":
        raise Refusal("CME", 4)
    return [f"+CLCK: {int(modem.sim.locked)}"]


@answers("+CRSM")
def restricted_access(modem: "Engine", command: Command, now: float) -> list[str]:
    """READ BINARY of the few files that hosts read (27.007 8.18, 31.102 4.2): ICCID and the length of the MNC."""
    if command.form == "test":
        return []
    modem.sim.check(locked_too=False)
    files = {"12258": _swapped(modem.card.iccid), "28589": "00000003"}
    if command.arg(0) != "176":
        raise Refusal("CME", 3)
    content = files.get(command.arg(1))
    return ["+CRSM: 106,130"] if content is None else [f'+CRSM: 144,0,"{content}"']


def _swapped(digits: str) -> str:
    """Digits as a SIM keeps them, two in an octet, the first one low."""
    padded = digits + "F" * (len(digits) % 2)
    return "".join(padded[at + 1] + padded[at] for at in range(0, len(padded), 2))
