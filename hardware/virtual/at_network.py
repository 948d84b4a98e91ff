"""The radio network as a modem reports it: registration, operator, signal (27.007 clauses 7 and 8)."""

from datetime import timedelta
from typing import TYPE_CHECKING

from hardware.virtual.commandline import Command
from hardware.virtual.measures import NO_SIGNAL, strength
from hardware.virtual.refusal import Refusal
from hardware.virtual.registry import answers, integer

if TYPE_CHECKING:
    from hardware.virtual.engine import Engine

OPERATOR = ("Textbank Mobile", "TBMobile", "310410")  # long, short, numeric
OTHER_NUMERIC, NUMERIC = "310260", 2
REGISTERED = (1, 5)
LTE = 7


@answers("+CREG", "+CGREG", "+CEREG")
def registration(modem: "Engine", command: Command, now: float) -> list[str]:
    """The registration state, with the place when n is 2."""
    if command.name not in modem.personality.registration:
        raise Refusal("ERROR", words=modem.personality.unknown)
    if command.form == "test":
        return [f"{command.name}: (0-2)"]
    n = modem.settings.reporting.get(command.name, 0)
    if command.form == "read":
        return [f"{command.name}: {n},{modem.stat(command.name)}{_place(modem, command.name, n)}"]
    modem.settings.reporting[command.name] = integer(command, 0, 0, 2, 0)
    return []


def _place(modem: "Engine", name: str, n: int) -> str:
    if n < 2 or modem.stat(name) not in REGISTERED:
        return ""
    return f',"1A2B","01C3D4E5",{modem.technology}'


def tell_registration(modem: "Engine", now: float) -> None:
    """The unsolicited form, to a host that asked for it."""
    for name, n in modem.settings.reporting.items():
        if n:
            modem.urc(f"{name}: {modem.stat(name)}{_place(modem, name, n)}", now=now)


@answers("+CGATT")
def attached(modem: "Engine", command: Command, now: float) -> list[str]:
    """Packet service: attached where registered."""
    if command.form == "read":
        return [f"+CGATT: {int(modem.registration in REGISTERED)}"]
    return ["+CGATT: (0,1)"] if command.form == "test" else []


@answers("+COPS")
def operator(modem: "Engine", command: Command, now: float) -> list[str]:
    """The operator in the form that was chosen (long, short, numeric)."""
    if command.form == "test":
        return [f'+COPS: (2,"{OPERATOR[0]}","{OPERATOR[1]}","{OPERATOR[2]}"),,(0-4),(0-2)']
    if command.form == "read":
        if not any(modem.stat(name) in REGISTERED for name in modem.personality.registration):
            return ["+COPS: 0"]
        form = modem.settings.cops_format
        other = modem.faults.peek("operator")
        name = OPERATOR[form] if other is None else OTHER_NUMERIC if form == NUMERIC else str(other)
        return [f'+COPS: 0,{form},"{name}",{modem.technology}']
    if command.arg(1):
        modem.settings.cops_format = integer(command, 1, 0, 2)
    return []


@answers("+CTZU", "+CLTS")
def takes_time(modem: "Engine", command: Command, now: float) -> list[str]:
    """Whether the modem's clock follows the network's: here it does."""
    return [f"{command.name}: 1"] if command.form == "read" else []


@answers("+CCLK", "+QLTS", "^NWTIME")
def time_of_day(modem: "Engine", command: Command, now: float) -> list[str]:
    """The network's time: local and with its zone; +QLTS in UTC. A modem without a network was told none."""
    off_s = modem.faults.peek("time_off") or 0.0
    here = modem.carrier.wall(now) + timedelta(seconds=float(off_s))  # type: ignore[arg-type]
    if modem.registration not in REGISTERED:
        here = here.replace(year=2004, month=1, day=1)
    offset = here.utcoffset() or timedelta()
    zone = f"{int(offset.total_seconds()) // 900:+03d}"
    if command.name == "+QLTS":
        return [f'+QLTS: "{here - offset:%Y/%m/%d,%H:%M:%S}{zone},0"']
    if command.name == "^NWTIME":
        return [f"^NWTIME: {here:%y/%m/%d,%H:%M:%S}{zone},00"]
    return [f'+CCLK: "{here:%y/%m/%d,%H:%M:%S}{zone}"']


@answers("+CSQ")
def signal(modem: "Engine", command: Command, now: float) -> list[str]:
    """0 to 31, -113 dBm plus 2 a step; 99 is unknown."""
    if command.form == "test":
        return ["+CSQ: (0-31,99),(0-7,99)"]
    return [f"+CSQ: {strength(modem)},99"]


@answers("+CESQ")
def extended_signal(modem: "Engine", command: Command, now: float) -> list[str]:
    """The same for LTE: <rsrp> of 1 is -140 dBm, a dBm a step (27.007 8.69)."""
    if command.form == "test":
        return ["+CESQ: (0-63,99),(0-7,99),(0-96,255),(0-49,255),(0-34,255),(0-97,255)"]
    rssi = strength(modem)
    rsrp = 255 if rssi == NO_SIGNAL else max(0, min(97, 2 * rssi + 10))
    return [
        f"+CESQ: 99,99,255,255,20,{rsrp}"
        if modem.technology == LTE
        else f"+CESQ: {2 * rssi if rssi != NO_SIGNAL else NO_SIGNAL},99,255,255,255,255"
    ]
