"""General commands: V.250's basic ones, identity, function, clock. None of them needs a SIM."""

from typing import TYPE_CHECKING

from hardware.virtual.commandline import Command
from hardware.virtual.refusal import Refusal
from hardware.virtual.registry import answers, integer
from hardware.virtual.settings import fresh

if TYPE_CHECKING:
    from hardware.virtual.engine import Engine

FUNCTIONS = (0, 1, 4)


@answers("E")
def echo(modem: "Engine", command: Command, now: float) -> list[str]:
    """ATE0, ATE1, ATE."""
    modem.settings.echo = command.raw == "1"
    return []


@answers("Z", "&F")
def reset(modem: "Engine", command: Command, now: float) -> list[str]:
    """Back to the profile; echo, routing, format and error form go with it."""
    modem.settings = fresh(modem.personality)
    if modem.faults.peek("cnma_required"):
        modem.settings.csms = 1
    return []


@answers("Q", "V", "X", "S", "L", "M", "&C", "&D", "&W", "&K", "&S", "&R", "&V", "&G")
def ignored(modem: "Engine", command: Command, now: float) -> list[str]:
    """Taken and without effect here."""
    return []


@answers("+IPR", "+ICF", "+IFC", "+CRC", "+CLIR", "+CCWA", "+CSSN", "+CR", "+CMUT", "+CGEREP", "+COLP")
def accepted(modem: "Engine", command: Command, now: float) -> list[str]:
    """Settings that change nothing a text would notice."""
    return []


@answers("D")
def dial(modem: "Engine", command: Command, now: float) -> list[str]:
    """There is no voice here."""
    raise Refusal("ERROR", words="NO CARRIER")


@answers("I")
def about(modem: "Engine", command: Command, now: float) -> list[str]:
    """Maker, model and revision in one."""
    row = modem.personality
    return [f"Manufacturer: {row.manufacturer}", f"Model: {row.model}", f"Revision: {row.revision}"]


@answers("+CGMI", "+GMI")
def manufacturer(modem: "Engine", command: Command, now: float) -> list[str]:
    """The maker."""
    return _told(command, modem.personality.manufacturer)


@answers("+CGMM", "+GMM")
def model(modem: "Engine", command: Command, now: float) -> list[str]:
    """The model."""
    return _told(command, modem.personality.model)


@answers("+CGMR", "+GMR")
def revision(modem: "Engine", command: Command, now: float) -> list[str]:
    """The firmware."""
    return _told(command, modem.personality.revision)


@answers("+CGSN", "+GSN")
def imei(modem: "Engine", command: Command, now: float) -> list[str]:
    """The IMEI, 15 digits."""
    return _told(command, modem.card.imei)


def _told(command: Command, value: str) -> list[str]:
    """An identification line; the test form has none."""
    return [] if command.form == "test" else [value]


@answers("+GCAP")
def capabilities(modem: "Engine", command: Command, now: float) -> list[str]:
    """V.250 6.1.9."""
    return _told(command, "+GCAP: +CGSM,+DS,+ES")


@answers("+CMEE")
def error_form(modem: "Engine", command: Command, now: float) -> list[str]:
    """0 bare ERROR, 1 numbers, 2 words."""
    if command.form == "read":
        return [f"+CMEE: {modem.settings.cmee}"]
    if command.form == "test":
        return ["+CMEE: (0-2)"]
    modem.settings.cmee = integer(command, 0, 0, 2, 0)
    return []


@answers("+CFUN")
def function(modem: "Engine", command: Command, now: float) -> list[str]:
    """0 and 4 switch the radio off, 1 on. What restarts it is in the row of its model."""
    if command.form == "read":
        return [f"+CFUN: {modem.radio}"]
    if command.form == "test":
        return ["+CFUN: (0,1,4),(0,1)"]
    wanted = integer(command, 0, 0, 4)
    if wanted not in FUNCTIONS:
        raise Refusal("CME", 50)
    modem.radio = wanted
    if modem.reachable:
        modem.carrier.ready(modem, now)
    return []


@answers("+CSCS")
def character_set(modem: "Engine", command: Command, now: float) -> list[str]:
    """How text mode and names are written: GSM, IRA, UCS2 (hex), 8859-1, UTF-8."""
    if command.form == "read":
        return [f'+CSCS: "{modem.settings.cscs}"']
    known = ("GSM", "IRA", "UCS2", "8859-1", "UTF-8", "HEX")
    if command.form == "test":
        return ["+CSCS: (" + ",".join(f'"{name}"' for name in known) + ")"]
    name = command.arg(0, "IRA").upper()
    if name not in known:
        raise Refusal("CME", 50)
    modem.settings.cscs = name
    return []


@answers("+CBC")
def battery(modem: "Engine", command: Command, now: float) -> list[str]:
    """Powered from outside."""
    return ["+CBC: (0-3),(1-100)"] if command.form == "test" else ["+CBC: 0,100"]
