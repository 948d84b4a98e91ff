"""The radio network as a modem reports it: registration, operator, signal, USSD (27.007 clauses 7 and 8)."""

from functools import partial
from typing import TYPE_CHECKING

from hardware.virtual.commandline import Command
from hardware.virtual.refusal import Refusal
from hardware.virtual.registry import answers, integer

if TYPE_CHECKING:
    from hardware.virtual.engine import Engine

OPERATOR = ("Textbank Mobile", "TBMobile", "310410")  # long, short, numeric
USSD_AFTER_S = 0.2


@answers("+CREG", "+CGREG", "+CEREG")
def registration(modem: "Engine", command: Command, now: float) -> list[str]:
    """The registration state, with the place when n is 2."""
    if command.name not in modem.personality.registration:
        raise Refusal("ERROR", words=modem.personality.unknown)
    if command.form == "test":
        return [f"{command.name}: (0-2)"]
    n = modem.settings.reporting.get(command.name, 0)
    if command.form == "read":
        return [f"{command.name}: {n},{modem.registration}{_place(modem, n)}"]
    modem.settings.reporting[command.name] = integer(command, 0, 0, 2, 0)
    return []


def _place(modem: "Engine", n: int) -> str:
    if n < 2 or modem.registration not in (1, 5):
        return ""
    return f',"1A2B","01C3D4E5",{modem.personality.technology}'


def tell_registration(modem: "Engine", now: float) -> None:
    """The unsolicited form, to a host that asked for it."""
    for name, n in modem.settings.reporting.items():
        if n:
            modem.urc(f"{name}: {modem.registration}{_place(modem, n)}", now=now)


@answers("+CGATT")
def attached(modem: "Engine", command: Command, now: float) -> list[str]:
    """Packet service: attached where registered."""
    if command.form == "read":
        return [f"+CGATT: {int(modem.registration in (1, 5))}"]
    return ["+CGATT: (0,1)"] if command.form == "test" else []


@answers("+COPS")
def operator(modem: "Engine", command: Command, now: float) -> list[str]:
    """The operator in the form that was chosen (long, short, numeric)."""
    if command.form == "test":
        return [f'+COPS: (2,"{OPERATOR[0]}","{OPERATOR[1]}","{OPERATOR[2]}"),,(0-4),(0-2)']
    if command.form == "read":
        if modem.registration not in (1, 5):
            return ["+COPS: 0"]
        form = modem.settings.cops_format
        return [f'+COPS: 0,{form},"{OPERATOR[form]}",{modem.personality.technology}']
    if command.arg(1):
        modem.settings.cops_format = integer(command, 1, 0, 2)
    return []


@answers("+CSQ")
def signal(modem: "Engine", command: Command, now: float) -> list[str]:
    """0 to 31, -113 dBm plus 2 a step; 99 is unknown."""
    if command.form == "test":
        return ["+CSQ: (0-31,99),(0-7,99)"]
    strength = modem.random.randint(17, 23) if modem.served else 99
    return [f"+CSQ: {strength},99"]


@answers("+CUSD")
def ussd(modem: "Engine", command: Command, now: float) -> list[str]:
    """`*100#` tells a balance; anything else is not known. The answer comes unsolicited."""
    if command.form == "test":
        return ["+CUSD: (0-2)"]
    if command.form == "read":
        return ["+CUSD: 1"]
    code = command.arg(1)
    if not code:
        return []
    modem.sim.check()
    text = "Your balance is $10.00." if code == "*100#" else "Unknown service code."
    modem.later(now + USSD_AFTER_S, partial(modem.unasked, f'+CUSD: 0,"{text}",15'))
    return []
