"""What `textbank doctor` looks at on a phone that the driver gammu drives: whether that is installed, and who answers."""

import importlib.util

from gateway.commands._checks import Finding
from gateway.config import Station
from hardware.errors import DriverUnfit, HardwareError, PortBusy, PortMissing
from hardware.gammu_modem import GammuModem
from hardware.link import SystemClock

INSTALL = "Run: .venv/bin/pip install python-gammu (docs/gammu.md says what a Raspberry Pi with 32 bits needs first)"
LOW_PERCENT = 20
SIM_WORDS = {
    "": "its SIM asks for no code",
    "PIN": "its SIM asks for its PIN",
    "PUK": "its SIM is blocked and asks for its PUK",
    "ABSENT": "it finds no SIM",
}


def through_gammu(station: Station, port: str) -> Finding:
    """Connect to the phone and let it go again. No PIN is entered, nothing is sent or deleted."""
    check = f"modem {station.name}"
    missing = not_installed(station)
    if missing is not None:
        return missing
    try:
        phone = GammuModem(
            port, SystemClock(), connection=station.gammu_connection, model=station.gammu_model
        )
        try:
            wants = phone.meet()
            charge = phone.battery()
        finally:
            phone.close()
    except PortMissing as fault:
        return Finding(
            check, False, f"{fault}.", "Look at the plug, the cable and the power, or name another port."
        )
    except PortBusy as fault:
        return Finding(check, False, f"{fault}.", "Stop that program, then run this again.")
    except DriverUnfit as fault:
        do = "Correct gammu_connection and gammu_model in the configuration; docs/gammu.md lists what there is."
        return Finding(check, False, f"gammu says: {fault.evidence}", do)
    except HardwareError as fault:
        do = "Look at the cable, and at gammu_connection in the configuration; switch the phone off and on."
        return Finding(check, False, f"{fault}.", do)
    who = phone.identity
    named = " ".join(filter(None, (who.manufacturer, who.model))) or "a phone without a name"
    words = SIM_WORDS.get(wants, f"it asks for the code {wants}")
    found = f"On {port} {named} answers through gammu, and {words}."
    if charge is not None:
        found += f" Its battery is at {charge} %."
    do = _do(wants)
    if not do and charge is not None and charge < LOW_PERCENT:
        do = "Connect its charger: a phone whose battery is empty sends nothing."
    return Finding(check, not do, found, do)


def not_installed(station: Station) -> Finding | None:
    """The finding when what this station's driver needs is not there."""
    if station.driver != "gammu" or importlib.util.find_spec("gammu") is not None:
        return None
    found = "Its driver is gammu, and python-gammu is not installed."
    return Finding(f"modem {station.name}", False, found, INSTALL)


def _do(wants: str) -> str:
    return {
        "": "",
        "PIN": "Put the PIN into the configuration, or enter it on the modem's page.",
        "PUK": "Enter the PUK from the card's letter in the phone itself.",
        "ABSENT": "Put the SIM in, and switch the phone off and on.",
    }.get(wants, "Enter it in the phone itself, or switch the question off there.")
