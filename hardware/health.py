"""How the station is: signal, registration, operator, storage. Reads the many forms that modems answer in.

Registered means: good enough to try a text. 27.007 <stat> 6 and 7 (texts only) are; 8 (emergency calls only)
and 11 (limited service) are not; packet registration alone counts only where the modem tells nothing else.
"""

from __future__ import annotations

import re

from hardware.asking import ask, fields
from hardware.at import At
from hardware.facts import Health
from hardware.gauges import Gauges
from hardware.storage import Storages

REGISTRATION = {
    0: "none",
    1: "home",
    2: "searching",
    3: "denied",
    4: "unknown",
    5: "roaming",
    6: "home",
    7: "roaming",
    8: "emergency",
    9: "home",
    10: "roaming",
    11: "limited",
}
_GOOD = {1, 5, 6, 7, 9, 10}
_TECHNOLOGY = {0: "GSM", 1: "GSM", 2: "UMTS", 3: "EDGE", 4: "HSPA", 5: "HSPA", 6: "HSPA", 7: "LTE"} | {
    8: "EC-GSM",
    9: "NB-IoT",
    10: "LTE",
    11: "5G",
    12: "5G",
    13: "LTE",
}
_STAT = re.compile(r"\+C(?:G|E|5G)?REG:\s*0*[0-5]\s*,\s*0*(\d{1,2})\b(.*)")
_SIGNAL = re.compile(r"\+CSQ:\s*(\d{1,3})")


def read_health(at: At, storages: Storages, gauges: Gauges) -> Health:
    """Ask for all of it; what is refused is None, "" or unknown."""
    signal = signal_in(ask(at, "AT+CSQ"))
    stat, technology = _registration(at)
    operator, on, chosen = _operator(at)
    if stat not in _GOOD and on == "5G":  # 5G alone: the others say 0 (27.007 10.1.47)
        alone, technology = registration_in(ask(at, "AT+C5GREG?"))
        stat = stat if alone is None else alone
    used, total = storages.counters()
    return Health(
        signal_dbm=signal,
        registration="unknown" if stat is None else REGISTRATION.get(stat, "unknown"),
        registered=stat is None or stat in _GOOD,  # a modem that tells nothing may be tried
        operator=operator,
        technology=on or technology,
        storage=storages.arrival,
        storage_used=used,
        storage_total=total,
        temperature_c=gauges.temperature_c(),
        voltage_mv=gauges.voltage_mv(),
        operator_chosen=chosen,
    )


def signal_in(lines: list[str] | None) -> int | None:
    """dBm of +CSQ: 0 to 31 in steps of 2 from -113; some LTE modems answer RSRP as 100 to 191, in steps of 1."""
    found = _SIGNAL.search("\n".join(lines or []))
    level = int(found[1]) if found else 99
    if level <= 31:
        return -113 + 2 * level
    return level - 241 if 100 < level < 192 else None


def registration_in(lines: list[str] | None) -> tuple[int | None, str]:
    """<stat> and technology of a +CREG, +CGREG, +CEREG or +C5GREG answer; zero-padded, spaced or misquoted ones too."""
    for line in lines or []:
        found = _STAT.match(line)
        if found:
            rest = fields(":" + found[2].lstrip(","))
            on = int(rest[2]) if len(rest) >= 3 and re.fullmatch(r"\d{1,2}", rest[2]) else None
            return int(found[1]), _TECHNOLOGY.get(on, "") if on is not None else ""
    return None, ""


def _registration(at: At) -> tuple[int | None, str]:
    """The best of voice and LTE registration; packet registration only when neither is told."""
    best: tuple[int | None, str] = (None, "")
    for command in ("AT+CREG?", "AT+CEREG?", "AT+CGREG?"):
        if command == "AT+CGREG?" and best[0] is not None:
            break
        stat, technology = registration_in(ask(at, command))
        if stat in _GOOD:
            return stat, technology
        if best[0] is None:
            best = stat, technology
    return best


def _operator(at: At) -> tuple[str, str, bool]:
    """The operator, its technology, and whether it was chosen (27.007 7.3: mode 1), which many modems keep for the next SIM."""
    for line in ask(at, "AT+COPS?", 30.0) or []:
        if line.startswith("+COPS"):
            mode, _, name, on = [*fields(line), "", "", ""][:4]
            return name.strip('"'), _TECHNOLOGY.get(int(on), "") if on.isdigit() else "", mode == "1"
    return "", "", False
