"""What `textbank doctor` looks at on each modem.

While a gateway runs, the ports are its own and the database says how they are; otherwise each port is opened, asked
who is there, and closed again. No PIN is entered, nothing is sent, no setting is changed.
"""

import contextlib
import glob
import grp
import os
import pwd
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

from gateway.commands._checks import Finding
from gateway.commands._phones import not_installed, through_gammu
from gateway.config import Config, Station
from gateway.station.far import Far
from gateway.store import connect
from hardware.at import At
from hardware.errors import CommandRefused, HardwareError, PortBusy, PortMissing
from hardware.identity import of_modem
from hardware.link import SystemClock
from hardware.port import open_port

PATTERNS = ("/dev/textbank/*", "/dev/serial/by-id/*", "/dev/ttyUSB*", "/dev/ttyACM*")
PROBE_S = 2.0
PLUG_IN = "Look at the plug, the cable and the power, or name another port in the configuration."
SIM_WORDS = {
    "READY": "its SIM is ready",
    "SIM PIN": "its SIM asks for its PIN",
    "SIM PUK": "its SIM is blocked and asks for its PUK",
}


def modems(config: Config, *, gateway_runs: bool, search: bool) -> Iterator[Finding]:
    """A finding for each station, and one for the serial ports that no station names."""
    unused = unnamed_ports(config)
    states = _states(config.database.path) if gateway_runs else {}
    for station in config.stations:
        if station.port is None:
            yield _without_port(station, unused)
        elif (missing := not_installed(station)) is not None:
            yield missing
        elif station.name in states:
            yield _as_the_gateway_says(station, *states[station.name])
        else:
            yield _asked(station, station.port)
    if not unused:
        yield Finding("ports", True, "No serial port is here that the configuration does not name.")
    for port in unused:
        if search:
            yield Finding("ports", True, f"{port}: {answer(port) or 'no modem answers'}.")
        else:
            yield Finding(
                "ports", True, f"{port} is here and no station names it (--find asks it what it is)."
            )


def unnamed_ports(config: Config | None) -> list[str]:
    """Serial ports of USB devices that no station names, by their steadiest name."""
    seen = (
        {os.path.realpath(station.port) for station in config.stations if station.port} if config else set()
    )
    found = []
    for pattern in PATTERNS:
        for path in sorted(glob.glob(pattern)):
            if os.path.realpath(path) not in seen:
                seen.add(os.path.realpath(path))
                found.append(path)
    return found


def answer(port: str) -> str:
    """Who answers on a port, in words; "" when no modem does or the port cannot be had."""
    try:
        return ask(port)[1]
    except HardwareError:
        return ""


def one_each(ports: list[str]) -> list[str]:
    """Of these ports, one for each modem that answers.

    A stick has several that do. The one for control, which also announces texts, mostly comes after the one for
    data, so the last is taken; whether texts are announced or not, every storage is read once a minute.
    """
    chosen: dict[str, str] = {}
    for port in ports:
        with contextlib.suppress(HardwareError):
            chosen[ask(port)[0] or port] = port
    return list(chosen.values())


def ask(port: str) -> tuple[str, str]:
    """The IMEI of the modem on a port ("" when it does not tell), and who it is in words; HardwareError."""
    clock = SystemClock()
    link = open_port(port, clock)
    try:
        at = At(link, clock)
        with contextlib.suppress(CommandRefused):  # some modems answer ERROR to a bare AT
            at.command("AT", PROBE_S)
        who = of_modem(at)
        named = " ".join(filter(None, (who.manufacturer, who.model))) or "a modem without a name"
        return who.imei, f"{named} answers{_sim(at)}"
    finally:
        link.close()


def _sim(at: At) -> str:
    try:
        lines = at.command("AT+CPIN?", PROBE_S)
    except CommandRefused as refused:
        return f", and says of its SIM: {refused.text}"
    state = next((line.partition(":")[2].strip() for line in lines if line.startswith("+CPIN")), "")
    return f", and {SIM_WORDS.get(state, f'says of its SIM: {state}')}" if state else ""


def _asked(station: Station, port: str) -> Finding:
    check = f"modem {station.name}"
    dummy = station.driver == "gammu" and station.gammu_connection == "none"  # a folder, no device
    if port.startswith("/") and not dummy and (denied := _denied(port)):
        return Finding(check, False, *denied)
    if station.driver == "gammu":
        return through_gammu(station, port)
    try:
        return Finding(check, True, f"On {port} {ask(port)[1]}.")
    except PortBusy as busy:
        return Finding(check, False, f"{busy}.", "Stop that program, then run this again.")
    except HardwareError as fault:
        if far := Far(station.name, port).meet(fault, worked=False, now=0.0):
            return Finding(check, False, f"{far[0].what} {far[0].evidence}", far[0].next)
        if isinstance(fault, PortMissing):
            return Finding(check, False, f"{fault}.", PLUG_IN)
        return Finding(
            check, False, f"{fault}.", "Pull the modem out, wait ten seconds, put it back. " + PLUG_IN
        )


def _denied(port: str) -> tuple[str, str] | None:
    """Why this user cannot have the device, and what to do about it."""
    try:
        status = os.stat(port)
    except OSError as error:
        return f"{port} cannot be opened: {error.strerror}.", PLUG_IN
    if not stat.S_ISCHR(status.st_mode):
        return f"{port} is not a serial port.", PLUG_IN
    if os.access(port, os.R_OK | os.W_OK):
        return None
    try:
        group, user = grp.getgrgid(status.st_gid).gr_name, pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        group, user = str(status.st_gid), "USER"
    do = f"Run: sudo usermod -aG {group} {user}, then sign out and in again."
    return f"This user may not use {port}; the group {group} may.", do


def _without_port(station: Station, unused: list[str]) -> Finding:
    near = f'port = "{unused[0]}"' if unused else 'port = "/dev/ttyUSB0"'
    found = f"No port is named for {station.name}, and this version does not find modems by themselves."
    return Finding(f"modem {station.name}", False, found, f"Add to its [[stations]]: {near}")


def _as_the_gateway_says(station: Station, state: str, reason: str) -> Finding:
    good = state in ("ready", "starting")
    found = f"The gateway says: {state}{f' ({reason})' if reason else ''}."
    return Finding(f"modem {station.name}", good, found, "" if good else "Do what the modem's page says.")


def _states(path: Path) -> dict[str, tuple[str, str]]:
    try:
        with contextlib.closing(connect(path, timeout_s=5.0, query_only=True)) as db:
            rows = db.execute("SELECT name, state, reason FROM station WHERE retired_at IS NULL")
            return {row["name"]: (row["state"], row["reason"]) for row in rows}
    except sqlite3.Error:
        return {}  # the database's own check says what is wrong with it
