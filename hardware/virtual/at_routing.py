"""How texts are shown and where arriving ones go: CMGF, CSMS, CNMI, CNMA, CSMP, CSCA and their kin (27.005 clause 3)."""

from typing import TYPE_CHECKING

from hardware.virtual import receiving
from hardware.virtual.commandline import Command
from hardware.virtual.receiving import Fate
from hardware.virtual.refusal import Refusal
from hardware.virtual.registry import answers, integer

if TYPE_CHECKING:
    from hardware.virtual.engine import Engine

DIRECT_TOLD = "(0-2),(0,2),(0),(0,1),(0,1)"  # a modem that stores nothing (cnma_required)
DIRECT_TAKEN = ((0, 1, 2), (0, 2), (0,), (0, 1), (0, 1))


@answers("+CMGF")
def message_format(modem: "Engine", command: Command, now: float) -> list[str]:
    """0 PDU, 1 text."""
    if command.form == "read":
        return [f"+CMGF: {modem.settings.cmgf}"]
    if command.form == "test":
        return ["+CMGF: (0,1)"]
    if modem.personality.format_needs_service and not modem.served:
        raise modem.refusal("no_service")
    modem.settings.cmgf = integer(command, 0, 0, 1, 0)
    return []


@answers("+CSMS")
def service(modem: "Engine", command: Command, now: float) -> list[str]:
    """0: the modem acknowledges arriving texts; 1: the host does (27.005 3.2.1)."""
    offered = (1,) if modem.faults.peek("cnma_required") else modem.personality.csms
    if command.form == "test":
        return ["+CSMS: (" + ",".join(str(number) for number in offered) + ")"]
    if command.form == "read":
        return [f"+CSMS: {modem.settings.csms},1,1,1"]
    chosen = integer(command, 0, 0, 128)
    if chosen not in offered:
        raise Refusal("CMS", 303)
    modem.settings.csms = chosen
    return ["+CSMS: 1,1,1"]


@answers("+CNMI")
def indications(modem: "Engine", command: Command, now: float) -> list[str]:
    """mode, mt, bm, ds, bfr (3.4.1). Parameters left out stay as they are."""
    direct = bool(modem.faults.peek("cnma_required"))
    if command.form == "test":
        return [f"+CNMI: {DIRECT_TOLD if direct else modem.personality.cnmi_told}"]
    if command.form == "read":
        return ["+CNMI: " + ",".join(str(value) for value in modem.settings.cnmi)]
    values = list(modem.settings.cnmi)
    for place, allowed in enumerate(DIRECT_TAKEN if direct else modem.personality.cnmi_taken):
        if command.arg(place):
            values[place] = integer(command, place, 0, 3)
            if values[place] not in allowed:
                raise Refusal("CMS", 303)
    mode, mt, bm, ds, bfr = values
    modem.settings.cnmi = (mode, mt, bm, ds, bfr)
    receiving.release(modem, now)
    return []


@answers("+CNMA")
def acknowledge(modem: "Engine", command: Command, now: float) -> list[str]:
    """The host has what came as +CMT or +CDS (3.4.4, 4.7); 340 when nothing waits for it."""
    if command.form == "test":
        return ["+CNMA: (0-2)"]
    if modem.personality.cds_hangs:
        raise Refusal("CMS", 340)
    waiting, modem.unacknowledged = modem.unacknowledged, None
    if waiting is None:
        raise Refusal("CMS", 340)
    waiting(Fate.REFUSED if command.arg(0) == "2" else Fate.KEPT, now)
    return []


@answers("+CSMP")
def text_parameters(modem: "Engine", command: Command, now: float) -> list[str]:
    """First octet, validity, PID, DCS of texts sent in text mode (3.3.2)."""
    if command.form == "test":
        return []
    if command.form == "read":
        return ["+CSMP: " + ",".join(str(value) for value in modem.settings.csmp)]
    first, validity, pid, dcs = (
        integer(command, place, 0, 255, now_set) for place, now_set in enumerate(modem.settings.csmp)
    )
    modem.settings.csmp = (first, validity, pid, dcs)
    return []


@answers("+CSDH")
def show_header(modem: "Engine", command: Command, now: float) -> list[str]:
    """1: text mode shows every header value."""
    if command.form == "read":
        return [f"+CSDH: {modem.settings.csdh}"]
    if command.form == "test":
        return ["+CSDH: (0,1)"]
    modem.settings.csdh = integer(command, 0, 0, 1, 0)
    return []


@answers("+CMMS")
def more_messages(modem: "Engine", command: Command, now: float) -> list[str]:
    """Keep the link for the next text (3.5.6)."""
    if command.form == "read":
        return [f"+CMMS: {modem.settings.cmms}"]
    if command.form == "test":
        return ["+CMMS: (0-2)"]
    modem.settings.cmms = integer(command, 0, 0, 2, 0)
    return []


@answers("+CSCA")
def service_centre(modem: "Engine", command: Command, now: float) -> list[str]:
    """The service centre's number (3.3.1)."""
    if command.form == "test":
        return []
    modem.check_texts()
    if command.form == "read":
        return [f'+CSCA: "{modem.service_centre}",{145 if modem.service_centre.startswith("+") else 129}']
    number = command.arg(0)
    modem.service_centre = f"+{number.lstrip('+')}" if command.arg(1, "145") == "145" and number else number
    return []


@answers("+CSAS", "+CRES", "+CSCB", "+CGSMS")
def profiles(modem: "Engine", command: Command, now: float) -> list[str]:
    """Profiles of message settings, cell broadcast, bearer: taken and without effect."""
    return [f"{command.name}: 1"] if command.form == "read" else []
