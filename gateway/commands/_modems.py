"""What `textbank doctor` looks at on each modem, and what the first run writes down of them.

While a gateway runs, the ports are its own and the database says how they are; otherwise each port that a station names
is opened, asked who is there, and closed again. What no station names is only looked at, by the same table as the
gateway's, and asked when that is wanted. No PIN is entered, nothing is sent, no setting is changed.
"""

import contextlib
import glob
import grp
import os
import pwd
import shlex
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

from gateway import sightings
from gateway.commands import _checks
from gateway.commands._advice import Ports, of_gateway
from gateway.commands._checks import Finding
from gateway.commands._phones import not_installed, through_gammu
from gateway.config import Config, Station
from gateway.finding import wanted
from gateway.sightings import Sighting
from gateway.station.far import Far
from gateway.store import connect
from gateway.whereabouts import imei_of
from hardware import discovery, usb
from hardware.at import At
from hardware.discovery import Unavailable
from hardware.errors import CommandRefused, HardwareError, NotAModem, PortBusy, PortMissing
from hardware.holders import is_console
from hardware.identity import of_modem
from hardware.link import SystemClock
from hardware.port import open_port
from hardware.probe import probe
from hardware.usb import Stick

PATTERNS = ("/dev/ttyUSB*", "/dev/ttyACM*")  # what is looked at where udev tells nothing
PROBE_S = 2.0
TRIES = 2
PLUG_IN = "Look at the plug, the cable and the power, or name another port in the configuration."
SIM_WORDS = {
    "READY": "its SIM is ready",
    "SIM PIN": "its SIM asks for its PIN",
    "SIM PUK": "its SIM is blocked and asks for its PUK",
}


def modems(config: Config, *, gateway_runs: bool, search: bool) -> Iterator[Finding]:
    """A finding for each station, and one for each stick and port that no station has."""
    states = _states(config.database.path) if gateway_runs else {}
    names = [station.name for station in config.stations]
    names += sorted(name for name, state in states.items() if state["found"] and name not in names)
    specs = {station.name: station for station in config.stations}
    named = [spec.port for spec in config.stations] + [state["port"] for state in states.values()]
    in_use = {os.path.realpath(port) for port in named if port}
    ports = Ports(in_use, PATTERNS, answer, search=search)
    for name in names:
        spec = specs.get(name, Station(name))
        if (missing := not_installed(spec)) is not None:
            yield missing
        elif name in states:
            yield of_gateway(states[name], spec.port if spec else None, ports)
        elif spec.port is None or (imei_of(spec.port) and not os.path.exists(spec.port)):
            why = f"{name} names no port" if spec.port is None else f"{spec.port} is not here"
            yield Finding(f"modem {name}", True, f"{why}: the gateway finds its modem in any socket.")
        else:
            yield _asked(spec, spec.port, ports)
    yield from _others(in_use, config, search=search)


def _others(in_use: set[str], config: Config, *, search: bool) -> Iterator[Finding]:
    """What is plugged in and no station has."""
    count = 0
    try:
        sticks = discovery.sticks()
    except Unavailable as why:
        do = 'Write port = "…" under each station, or install what is missing.' if wanted(config) else ""
        found = f"Modems are not found by themselves here: {why}."
        yield Finding("udev", not wanted(config), found, do)
        sticks = []
    belong = set(in_use)
    for stick in sticks:
        ports = {os.path.realpath(port.device) for port in stick.ports}
        belong |= ports
        sighting = None if ports & in_use else seen(stick, search=search)
        if sighting is not None:
            count += 1
            yield Finding(f"usb {stick.place}", sighting.ok, sighting.found, sighting.do)
    for port in (path for pattern in PATTERNS for path in sorted(glob.glob(pattern))):
        if os.path.realpath(port) in belong:
            continue
        count += 1
        found = f"{port} is here and no station names it (--find asks it what it is)."
        yield Finding("ports", True, f"{port}: {answer(port) or 'no modem answers'}." if search else found)
    if not count:
        yield Finding(
            "ports", True, "Nothing that looks like a modem is plugged in beyond those of the stations."
        )


def seen(stick: Stick, *, search: bool) -> Sighting | None:
    """What a stick is, in words, by the table; asked when `search`. None for what is nothing of ours."""
    plan, place = usb.plan(stick), stick.place
    if plan.kind in ("storage", "hilink", "mute"):
        say = {"storage": sightings.storage, "hilink": sightings.hilink, "mute": sightings.mute}[plan.kind]
        return say(plan.name, place)
    if plan.kind == "other":
        if not stick.ports:
            return None
        return Sighting(
            f"The {plan.name} in socket {place} is no modem that we know. We leave it alone.", ok=True
        )
    if search:
        return _searched(stick, plan)
    port = plan.ports[0].device if plan.ports else "no port that we know"
    if os.path.exists(port) and (why := _denied(port)):
        return Sighting(f"The {plan.name} in socket {place} takes commands on {port}. {why[0]}", why[1])
    takes = "takes commands" if plan.kind == "modem" else "may have a modem"
    found = f"The {plan.name} in socket {place} {takes} on {port} (--find asks it)."
    if not stick.shunned and "ModemManager" in _checks.programs():
        return Sighting(f"{found} ModemManager may take it.", sightings.RULES)
    return Sighting(found, ok=True)


def _searched(stick: Stick, plan: usb.Plan) -> Sighting:
    said: list[Sighting] = []
    for port in plan.ports:
        try:
            imei, who = ask(port.device)
            told = f" Its IMEI is {imei}." if imei else ""
            return Sighting(f"In socket {stick.place}, on {port.device}, {who}.{told}", ok=True)
        except PortBusy as busy:
            said.append(sightings.held(plan.name, stick.place, busy.holder))
        except NotAModem as other:
            said.append(sightings.no_modem(plan.name, stick.place, port.device, other.evidence))
        except PortMissing as missing:
            evidence = missing.evidence or "no such device"
            word = sightings.denied(plan.name, stick.place, port.device, evidence)
            why = _denied(port.device)
            said.append(Sighting(word.found, why[1] if why else PLUG_IN))
        except HardwareError:
            silent = plan.kind == "modem"
            mute = sightings.silent(plan.name, stick.place, port.device)
            said.append(mute if silent else sightings.quiet(plan.name, stick.place))
    return said[0] if said else sightings.mute(plan.name, stick.place)


def attached() -> list[tuple[str, str]]:
    """Every modem that answers on this machine, one each: its IMEI and its port.

    The IMEI is "" when the modem does not tell it, and where modems cannot be found by it again.
    """
    clock = SystemClock()
    found: dict[str, tuple[str, str]] = {}
    for ports, findable in _candidates():
        for port in ports:
            with contextlib.suppress(HardwareError):
                imei = probe(port, clock, tries=TRIES, try_s=PROBE_S)
                found.setdefault(imei or port, (imei if findable else "", port))
                break
    return list(found.values())


def _candidates() -> Iterator[tuple[list[str], bool]]:
    """For each thing that may be a modem its ports to ask, best first; and whether the gateway could find it."""
    try:
        for stick in discovery.sticks():
            yield [port.device for port in usb.plan(stick).ports], True
    except Unavailable:
        for pattern in PATTERNS:
            yield from (([path], False) for path in sorted(glob.glob(pattern)))


def answer(port: str) -> str:
    """Who answers on a port, in words; "" when no modem does or the port cannot be had."""
    try:
        return ask(port)[1]
    except HardwareError:
        return ""


def ask(port: str) -> tuple[str, str]:
    """The IMEI of the modem on a port ("" when it does not tell), and who it is in words; HardwareError."""
    clock = SystemClock()
    imei = probe(port, clock, tries=TRIES, try_s=PROBE_S)
    link = open_port(port, clock)
    try:
        at = At(link, clock)
        who = of_modem(at)
        named = " ".join(filter(None, (who.manufacturer, who.model))) or "a modem without a name"
        return imei, f"{named} answers{_sim(at)}"
    finally:
        link.close()


def _sim(at: At) -> str:
    try:
        lines = at.command("AT+CPIN?", PROBE_S)
    except CommandRefused as refused:
        return f", and says of its SIM: {refused.text}"
    state = next((line.partition(":")[2].strip() for line in lines if line.startswith("+CPIN")), "")
    return f", and {SIM_WORDS.get(state, f'says of its SIM: {state}')}" if state else ""


def _asked(station: Station, port: str, ports: Ports) -> Finding:
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
        if hint := usb.wrong_port(port, discovery.stick_of(port)):
            return Finding(
                check, False, f"{hint}.", f"Name that port under {station.name}, or none: it is found."
            )
        if isinstance(fault, NotAModem):
            return Finding(check, False, f"{fault}.", ports.instead_of(station.name, port))
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
    if os.access(port, os.R_OK | os.W_OK) or is_console(os.path.realpath(port)):
        return None  # the second is told when it is asked
    try:
        group, user = grp.getgrgid(status.st_gid).gr_name, pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        group, user = str(status.st_gid), "USER"
    if status.st_gid == 0 or status.st_mode & 0o060 != 0o060:
        give = f"sudo chgrp dialout {shlex.quote(port)} && sudo chmod g+rw {shlex.quote(port)}"
        do = f"Run: sudo make install-udev, then put the modem in again. For a port that is no USB modem: {give}"
        return f"This user may not use {port}; only root may.", do
    do = f"Run: sudo usermod -aG {group} {user}, then sign out and in again."
    return f"This user may not use {port}; the group {group} may.", do


def _states(path: Path) -> dict[str, sqlite3.Row]:
    try:
        with contextlib.closing(connect(path, timeout_s=5.0, query_only=True)) as db:
            rows = db.execute("SELECT name, state, reason, port, found FROM station WHERE retired_at IS NULL")
            return {row["name"]: row for row in rows}
    except sqlite3.Error:
        return {}  # the database's own check says what is wrong with it
