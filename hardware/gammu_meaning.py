"""What libgammu's failures and figures mean: as `HardwareError` and as `Health`."""

from __future__ import annotations

from hardware.errors import (
    CommandRefused,
    DriverUnfit,
    HardwareError,
    ModemSilent,
    PortBusy,
    PortGone,
    PortMissing,
    SimNotReady,
    SubmitUncertain,
)
from hardware.facts import Health
from hardware.gammu_child import QUESTIONS, Packet
from hardware.holders import holders_of

REGISTRATION = {
    "HomeNetwork": "home",
    "RoamingNetwork": "roaming",
    "RequestingNetwork": "searching",
    "RegistrationDenied": "denied",
    "NoNetwork": "none",
}
_PERHAPS = ("home", "roaming", "unknown")  # a phone that does not tell may be tried
_UNFIT = {
    "ERR_UNKNOWNCONNECTIONTYPESTRING",
    "ERR_UNKNOWNMODELSTRING",
    "ERR_DISABLED",
    "ERR_OTHERCONNECTIONREQUIRED",
    "ERR_DEVICENODRIVER",
    "ERR_NOTIMPLEMENTED",
}
_LOST = {
    "ERR_DEVICEREADERROR",
    "ERR_DEVICEWRITEERROR",
    "ERR_DEVICENOTWORK",
    "ERR_NOTCONNECTED",
    "ERR_PHONEOFF",
}
_SIM = {"ERR_NOSIM": "ABSENT", "ERR_SECURITYERROR": "PIN"}
_OF_THE_SIM = {"open", "who", "lock", "pin"}  # elsewhere they also say "busy" and "not now"
# What SendSMS says when nothing has left for certain: +CMS ERROR codes of the same meaning.
_NOT_SENT = {
    "ERR_NOSIM": 313,  # libgammu's word for a SIM that fails, is busy or wrong; of none it says "unknown"
    "ERR_SECURITYERROR": 302,  # also "not allowed now"; a PIN that is wanted shows at the next look
    "ERR_FULL": 322,
    "ERR_EMPTYSMSC": 330,
    "ERR_GETTING_SMSC": 330,
    "ERR_NOTSUPPORTED": 303,
    "ERR_NOTIMPLEMENTED": 303,
    "ERR_SOURCENOTAVAILABLE": 303,
}


def meaning(port: str, do: str, packet: Packet, waited_s: float) -> HardwareError:
    """What the failure of a question is."""
    name, words = str(packet["failed"]), str(packet["words"])
    if name == "NOT_INSTALLED":
        return DriverUnfit(words, installed=False)
    if name == "ERR_TIMEOUT":
        return ModemSilent(QUESTIONS[do], waited_s)
    if name in _SIM and do in _OF_THE_SIM:
        return SimNotReady(_SIM[name], words)
    if name in _LOST:
        return PortGone(port, words)
    if do == "open":
        if name in _UNFIT:
            return DriverUnfit(words)
        if name in ("ERR_DEVICEBUSY", "ERR_DEVICELOCKED"):
            return PortBusy(port, holders_of(port))
        if name.startswith("ERR_DEVICE"):
            return PortMissing(port, words)
    return CommandRefused(QUESTIONS[do], "ERROR", None, f"{name}: {words}", waited_s)


def not_sent(packet: Packet, after_s: float) -> CommandRefused | SubmitUncertain:
    """What it is when libgammu had the text and did not say that it was sent."""
    name, words = str(packet["failed"]), str(packet["words"])
    if name in _NOT_SENT:
        return CommandRefused("SendSMS", "CMS", _NOT_SENT[name], words, after_s)
    if name == "ERR_UNKNOWN":  # the phone or the network said no; python-gammu keeps the code
        return CommandRefused("SendSMS", "ERROR", None, words, after_s)
    return SubmitUncertain(f"{name}: {words}", after_s)


def health_in(told: Packet) -> Health:
    """The state that a phone's answers tell; of its two memories the one that will be full first."""
    network = told["network"] or {}
    registration = REGISTRATION.get(network.get("State", ""), "unknown")
    storage, used, total = _fuller(told["memory"])
    return Health(
        signal_dbm=_dbm(told["signal"]),
        registration=registration,
        registered=registration in _PERHAPS,
        operator=network.get("NetworkName") or network.get("NetworkCode") or "",
        technology="",
        storage=storage,
        storage_used=used,
        storage_total=total,
        temperature_c=_known(told["battery"], "BatteryTemperature"),
        voltage_mv=_known(told["battery"], "BatteryVoltage"),
    )


def _known(battery: Packet | None, name: str) -> int | None:
    """A figure of the battery; libgammu says -1 for what it does not know."""
    value = -1 if battery is None else int(battery[name])
    return value if value > 0 else None


def _dbm(signal: Packet | None) -> int | None:
    """What the phone says, or else its bars: 0 to 100 % of the scale of +CSQ."""
    if signal is None:
        return None
    strength, percent = signal["SignalStrength"], signal["SignalPercent"]
    if -140 <= strength < -1:
        return int(strength)
    return -113 + round(0.62 * percent) if 0 <= percent <= 100 else None


def _fuller(memory: Packet | None) -> tuple[str, int | None, int | None]:
    """Where texts arrive libgammu does not tell: the memory that will be full first."""
    if memory is None:
        return "", None, None
    both = [("SM", memory["SIMUsed"], memory["SIMSize"]), ("ME", memory["PhoneUsed"], memory["PhoneSize"])]
    known = [(name, used, size) for name, used, size in both if size > 0]
    return max(known, key=lambda part: part[1] / part[2]) if known else ("", None, None)
