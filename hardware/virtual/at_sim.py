"""What the SIM answers: PIN state and entry, IMSI, own number, raw files. A SIM that is absent, busy or locked refuses.

ICCID and attempts left have another command on each model: `sim_answers` of its row.
"""

from functools import partial
from typing import TYPE_CHECKING

from hardware.virtual.commandline import Command
from hardware.virtual.measures import filled
from hardware.virtual.octets import service_centre as smsc_octets
from hardware.virtual.refusal import Refusal
from hardware.virtual.registry import answers
from hardware.virtual.sim import BUSY

if TYPE_CHECKING:
    from hardware.virtual.engine import Engine

PIN_LINE_GAP_S = 0.1
READ_BINARY, READ_RECORD = "176", "178"
EF_ICCID, EF_SMSP, EF_AD = "12258", "28482", "28589"  # 2FE2, 6F42 and 6FAD
SMSP_RECORD = 28  # octets, without a name


@answers("+CPIN")
def pin(modem: "Engine", command: Command, now: float) -> list[str] | None:
    """What the SIM wants; or the PIN itself. A wrong one costs an attempt."""
    if command.form == "test":
        return []
    modem.sim.check(locked_too=False)
    if command.form == "read":
        return _shown(modem, now)
    modem.sim.enter(command.arg(0), command.arg(1))
    _opened(modem, now)
    return []


def _shown(modem: "Engine", now: float) -> list[str] | None:
    line = f"+CPIN: {modem.sim.shown()}"
    if modem.faults.take("cpin_ok_only"):
        return []
    if modem.faults.take("cpin_no_ok"):
        modem.inform([line], now)
        modem.later(now, modem.silence)
        return None
    return [line]


def _opened(modem: "Engine", now: float) -> None:
    """The PIN was right: it takes effect, at once or as late as fault and model say."""
    late_s = modem.faults.number("pin_not_yet")
    if late_s is not None:
        modem.sim.settling = True
    elif modem.personality.pin_settles_s:
        late_s, modem.sim.trouble = modem.personality.pin_settles_s, BUSY
    due = now + (late_s or 0.0)
    if late_s is None:
        _in_effect(modem, now)
    else:
        modem.later(due, partial(_in_effect, modem))
    for place, line in enumerate(modem.personality.pin_lines):
        modem.later(due + PIN_LINE_GAP_S * (place + 1), partial(modem.unasked, line))


def _in_effect(modem: "Engine", now: float) -> None:
    modem.sim.settling, modem.sim.trouble = False, 0
    modem.carrier.ready(modem, now)


def told(modem: "Engine", command: Command, lines: tuple[str, ...]) -> list[str]:
    """A model's own command for the SIM: ICCID, attempts left. It needs a SIM, not its PIN."""
    modem.sim.check(locked_too=False)
    about_pin = any("{pin}" in line or "{left}" in line for line in lines)
    if about_pin and modem.faults.take("pin_attempts_hidden"):
        raise Refusal("ERROR", words=modem.personality.unknown)
    if not about_pin:
        _iccid_allowed(modem)
    return filled(modem, lines)


def _iccid_allowed(modem: "Engine") -> None:
    if modem.faults.peek("iccid_hidden"):
        modem.sim.check()


@answers("+CRSM")
def restricted_access(modem: "Engine", command: Command, now: float) -> list[str]:
    """Three files of the SIM as they stand on it: ICCID, length of the MNC, service centre (27.007 8.18, 31.102 4.2)."""
    if command.form == "test":
        return []
    modem.sim.check(locked_too=False)
    asked = (command.arg(0), command.arg(1))
    if asked == (READ_BINARY, EF_ICCID):
        _iccid_allowed(modem)
        content = _swapped(modem.card.iccid)
    elif asked == (READ_BINARY, EF_AD):
        content = "00000003"
    elif asked == (READ_RECORD, EF_SMSP):
        modem.sim.check()
        content = _smsp(modem.service_centre).hex().upper()
    elif asked[0] in (READ_BINARY, READ_RECORD):
        return ["+CRSM: 106,130"]  # file not found
    else:
        raise Refusal("CME", 3)
    return [f'+CRSM: 144,0,"{content}"']


def _swapped(digits: str) -> str:
    """Digits as a SIM keeps them, two in an octet, the first one low."""
    padded = digits + "F" * (len(digits) % 2)
    return "".join(padded[at + 1] + padded[at] for at in range(0, len(padded), 2))


def _smsp(number: str) -> bytes:
    """EF_SMSP: indicators, destination, service centre, PID, DCS, validity; FF is absent."""
    centre = smsc_octets(number) if number else b""
    indicators = b"\xfd" if number else b"\xff"
    return (indicators + b"\xff" * 12 + centre.ljust(12, b"\xff")).ljust(SMSP_RECORD, b"\xff")


@answers("+CIMI")
def imsi(modem: "Engine", command: Command, now: float) -> list[str]:
    """The IMSI, 15 digits, without a prefix (27.007 5.6)."""
    if command.form == "test":
        return []
    modem.sim.check()
    return [modem.card.imsi]


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
