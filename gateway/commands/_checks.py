"""What `textbank doctor` looks at on the machine: each check gives findings, changes nothing and never fails itself."""

import contextlib
import http.client
import os
import re
import shlex
import sqlite3
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway import clockwords, damage, explain, explain_damage, keeping, room, schema
from gateway.commands._context import another_user, run_as
from gateway.config import Config, ConfigError, find, load
from gateway.hours import Quiet
from gateway.machineclock import MachineClock, boot_id
from gateway.store import connect
from hardware.holders import holders_of

PYTHON_MIN = (3, 11)
SQLITE_MIN = (3, 37, 0)
DISK_MIN_BYTES = 200_000_000
PANEL_WAIT_S = 3.0
LOCK_S = 5.0  # for another program that has the database
# Not timedatectl set-time, which refuses while a time server is only looked for
SET_CLOCK = 'If it is wrong, set it: sudo date --set "YYYY-MM-DD HH:MM:SS", or connect a network.'
# Programs of others that take serial ports, and how each is stopped for good.
TAKES_PORTS = {
    "ModemManager": "sudo systemctl disable --now ModemManager",
    "brltty": "sudo apt-get remove brltty",
    "smsd": "sudo systemctl disable --now smstools",
    "gammu-smsd": "sudo systemctl disable --now gammu-smsd",
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: what was found and, when it is bad, what to do."""

    check: str
    ok: bool
    found: str
    do: str = ""


def machine() -> Iterator[Finding]:
    """What does not depend on the configuration."""
    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding(
        "python",
        sys.version_info >= PYTHON_MIN,
        f"Python {python}",
        "" if sys.version_info >= PYTHON_MIN else "Install Python 3.11 or newer, then run make setup.",
    )
    good = sqlite3.sqlite_version_info >= SQLITE_MIN
    wanted = ".".join(map(str, SQLITE_MIN))
    do = "" if good else f"Upgrade the system: Textbank needs SQLite {wanted} or newer."
    yield Finding("sqlite", good, f"SQLite {sqlite3.sqlite_version}", do)
    yield _clock()
    running = sorted(programs() & set(TAKES_PORTS))
    for name in running:
        yield Finding(
            "other programs", False, f"{name} is running and may take a modem.", f"Run: {TAKES_PORTS[name]}"
        )
    if not running:
        yield Finding("other programs", True, "No other program that takes modems is running.")


def configuration(named: str | None) -> tuple[Config | None, list[Finding]]:
    """The configuration when it is good, and what there is to say of it."""
    try:
        config = load(find(named))
    except ConfigError as refusal:
        return None, [Finding("configuration", False, *_said(fault)) for fault in refusal.faults]
    findings = [
        Finding("configuration", True, f"{config.source} is read. Modems in it: {len(config.stations)}.")
    ]
    if any(station.pin for station in config.stations) and open_to_all(config.source):
        findings.append(
            Finding(
                "configuration",
                False,
                f"{config.source} holds a PIN, and everybody on this machine may read it.",
                f"Run: chmod o-rwx {shlex.quote(str(config.source))}",
            )
        )
    if not config.stations:
        findings.append(
            Finding(
                "configuration", True, "It names no modem: those that are plugged in are found by themselves."
            )
        )
    return config, findings


def _said(fault: str) -> tuple[str, str]:
    """What was found, and what to do: of a file that is no configuration, or not there, its sentence tells both."""
    if re.match(r".+?:[0-9]+: ", fault):
        return fault, "Mend this line."
    found, _, do = fault.partition("; " if "; " in fault else ". ")
    return f"{found}.", f"{do[:1].upper()}{do[1:]}"


def database(path: Path, folders: list[Path]) -> Iterator[Finding]:
    """The database file: there, readable, whole, of a schema that this program knows, with room to grow."""
    folder = path.parent
    try:
        there = folder.is_dir()
    except OSError as error:
        do = "Run this as the user that runs Textbank, or change [database] path."
        yield Finding("database", False, f"{folder} cannot be looked at: {error.strerror}.", do)
        return
    if not there:
        yield Finding(
            "database", False, f"There is no folder {folder}.", f"Run: mkdir -p {shlex.quote(str(folder))}"
        )
        return
    found = room.look(folder)
    yield _disk(folder, found)
    if found.read_only:
        return
    if room.in_memory(folder):
        notice = explain_damage.in_memory(str(folder))
        yield Finding("disk", False, f"{notice.what} {notice.evidence}", notice.next)
    if kinds := room.kinds_of(folder) & room.WITHOUT_RIGHTS:
        found_there = f"{folder} is on a file system ({', '.join(kinds)}) that keeps no rights; on FAT and exFAT no backup can be restored either."
        do = "Copy it to a disk of this machine (ext4 and the like) and set [database] path to it."
        yield Finding("disk", False, found_there, do)
    if not os.access(folder, os.W_OK | os.X_OK):
        owner = another_user(path)
        give = f"Give it to the user that runs Textbank: sudo chown USER {shlex.quote(str(folder))}"
        do = run_as(owner) if owner else give
        yield Finding("database", False, f"This user may not write in {folder}.", do)
        return
    if not path.exists() and not damage.is_lost(path):
        yield Finding("database", False, f"There is no database at {path}.", "Run: textbank init")
        return
    if path.exists() and open_to_all(path):
        do = f"Run: chmod o-rwx {shlex.quote(str(path))}"
        yield Finding("database", False, f"Everybody on this machine may read {path}.", do)
    yield _opened(path, folders)


def _disk(folder: Path, found: room.Room) -> Finding:
    if found.read_only:
        notice = explain.read_only(str(folder), found.read_only)
        return Finding("disk", False, f"{notice.what} {notice.evidence}", notice.next)
    if found.no_more_files:
        do = "Delete files that are not needed: `sudo du --inodes -x / | sort -n | tail` names the folders with most."
        return Finding("disk", False, f"No file can be made in {folder}, whatever is free (df -i).", do)
    free = f"{found.free_bytes / 1e6:,.0f} MB are free where the database is."
    if found.free_bytes >= DISK_MIN_BYTES:
        return Finding("disk", True, free)
    takes = ", ".join(f"{name} {octets / 1e6:,.1f} MB" for name, octets in found.largest)
    taken = f" Most there is taken by {takes}." if takes else ""
    return Finding(
        "disk",
        False,
        f"{free}{taken}",
        "Free some space, old backups and logs first: a full disk stops sending.",
    )


def open_to_all(path: Path) -> bool:
    """Whether any user of this machine may read the file: it and every folder above it let others in."""
    if not path.stat().st_mode & stat.S_IROTH:
        return False
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.resolve().parents)


def _opened(path: Path, folders: list[Path]) -> Finding:
    before = damage.seen(path)
    evidence = "" if before is None else before.evidence
    found = 0
    try:
        evidence = evidence or damage.look(path, check="quick_check")
        if not evidence:
            with contextlib.closing(connect(path, timeout_s=LOCK_S, query_only=True)) as db:
                found = schema.version(db)
                _wait_to_write(db)
    except sqlite3.Error as error:
        if "locked" in str(error):
            notice, holders = explain.database_locked(LOCK_S), holders_of(str(path))
            open_in = f" It is open in: {holders}." if holders else ""
            return Finding("database", False, f"{notice.what} {notice.evidence}{open_in}", notice.next)
        if room.look(path.parent).free_bytes < room.RESERVE_BYTES:
            do = "Free some space first; nothing is lost by it."
            return Finding("database", False, f"{path} cannot be opened while the disk is full.", do)
        do = "See that this user may read and write the file and its folder, and that the disk is not full."
        return Finding("database", False, f"{path} cannot be read: {error}.", do)
    if evidence or before is not None:
        awaited = before is not None and before.awaited
        backup = damage.newest_backup(folders, path)
        told = damage.told(path, damage.Damage(0, evidence, backup, awaited=awaited))
        return Finding("database", False, f"{told.what} {told.evidence}", told.next)
    if found != schema.VERSION:
        newer = found > schema.VERSION
        do = (
            "Install the newer Textbank again." if newer else "Start `textbank run`: it brings it up to date."
        )
        return Finding(
            "database", False, f"{path} has schema {found}; this Textbank knows {schema.VERSION}.", do
        )
    return Finding("database", True, f"{path} is whole ({path.stat().st_size / 1e6:,.1f} MB).")


def _wait_to_write(db: sqlite3.Connection) -> None:
    """sqlite3.OperationalError "locked" while another program writes; whatever else forbids writing is told elsewhere."""
    try:
        db.execute("PRAGMA query_only=OFF")
        db.execute("BEGIN IMMEDIATE")
        db.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise


def backups(config: Config, *, now: int) -> Iterator[Finding]:
    """Whether there is a backup, how old, and where; whether the folder can be written now."""
    plan = keeping.plan_of(config)
    if plan.folder is None:
        do = "Set [backup] folder, or run textbank backup now and then."
        yield Finding("backup", False, "No backup is made by itself: [backup] folder is empty.", do)
        return
    try:
        with contextlib.closing(connect(plan.database, timeout_s=5.0, query_only=True)) as db:
            known = keeping.state(db)
    except sqlite3.Error:
        return  # the database itself is told of
    found = keeping.listing(plan.folder)
    last = (
        "There is no backup yet"
        if not found
        else f"The last one of {len(found)} is {_age(now - found[0].made_at)} old"
    )
    trouble = keeping.away(plan) or known.trouble
    if trouble:
        yield Finding("backup", False, f"{trouble} {last}.", "Then run: textbank backup")
        return
    too_old = now - (found[0].made_at if found else known.since or now) > keeping.OLD_MS
    if too_old:
        yield Finding(
            "backup", False, f"{last}, in {plan.folder}.", "Run: textbank backup, and leave Textbank running."
        )
        return
    where = f"{plan.folder}, beside the database: it goes with the card. A stick is safer ([backup] folder)"
    yield Finding("backup", True, f"{last}, in {where if plan.beside else plan.folder}.")


def _age(age_ms: int) -> str:
    hours = max(0, age_ms) // 3_600_000
    return f"{hours} hours" if hours < 48 else f"{hours // 24} days"


def panel(host: str, port: int, *, gateway_runs: bool) -> Finding:
    """Whether the page answers."""
    at = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    connection = http.client.HTTPConnection(at, port, timeout=PANEL_WAIT_S)
    try:
        connection.request("GET", "/")
        status = connection.getresponse().status
    except ConnectionRefusedError:
        if gateway_runs:
            do = "Start it: textbank panel"
            return Finding("panel", False, f"The gateway runs, but no page answers on {host}:{port}.", do)
        return Finding("panel", True, "Textbank is not running. Start it with `textbank run`.")
    except (OSError, http.client.HTTPException) as error:
        do = "See what uses the port (sudo ss -ltnp), or choose another [panel] port."
        return Finding("panel", False, f"What listens on {host}:{port} gave no answer: {error}.", do)
    finally:
        connection.close()
    if status >= 500:
        do = "Read what the panel wrote where it was started (or: journalctl -u textbank-panel)."
        return Finding("panel", False, f"The page on {host}:{port} answers with an error ({status}).", do)
    return Finding("panel", True, f"The page answers on {host}:{port}.")


def programs() -> set[str]:
    """The names of all running programs."""
    names = set()
    for entry in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            names.add(entry.read_text().strip())
    return names


def _clock() -> Finding:
    """What the machine itself shows; what the gateway makes of it is said with the database."""
    now = datetime.now(UTC)
    newest = max((path.stat().st_mtime for path in Path(__file__).parent.glob("*.py")), default=0.0)
    installed = datetime.fromtimestamp(newest, UTC)
    shown = f"{now:%Y-%m-%d %H:%M} UTC"
    if now < installed:
        found = f"The clock says {shown}, but this program was installed on {installed:%Y-%m-%d}."
        return Finding("clock", False, found, SET_CLOCK)
    machine = MachineClock()
    if machine.server():
        return Finding("clock", True, f"{shown}, kept by a time server.")
    if machine.battery(now.timestamp(), stepped=False):
        return Finding(
            "clock", True, f"{shown}, as a clock with a battery, or the host of this virtual machine, has it."
        )
    found = f"{shown}. Neither a time server nor a battery clock vouches for it: the phone network and a coordinator do."
    return Finding("clock", True, found)


def trusted_time(path: Path) -> Iterator[Finding]:
    """What the gateway makes of the clock, when it has looked since the machine was started."""
    with contextlib.suppress(sqlite3.Error):  # what is wrong with the database is said elsewhere
        with contextlib.closing(connect(path, timeout_s=5.0, query_only=True)) as db:
            standing = clockwords.standing(db)
        if standing is not None and standing.boot == boot_id():
            if standing.by:
                yield Finding("clock", True, f"Texts go by it. {standing.why}")
            else:
                found = f"Sending waits until the time is confirmed. {standing.why}"
                yield Finding(
                    "clock", False, found, f"A coordinator confirms it on the first page. {SET_CLOCK}"
                )


def zone(config: Config) -> Finding:
    """What the group's own time is, so that a wrong zone shows."""
    name = config.organisation.timezone
    return Finding("time zone", True, f"{name}, where it is {datetime.now(ZoneInfo(name)):%H:%M on %A}.")


def quiet_hours(config: Config) -> Finding:
    """When texts leave, so that exchanged ends show."""
    quiet = Quiet(config.sending.quiet_from, config.sending.quiet_until)
    if quiet.off:
        return Finding("quiet hours", True, "None: texts leave at any hour.")
    found = f"Texts leave from {quiet.until:%H:%M} to {quiet.from_:%H:%M}, by the clock of whoever gets them."
    if not quiet.night_only:
        return Finding("quiet hours", True, found)
    do = "If that is not meant: quiet_from is the evening, quiet_until the morning. Then start the gateway again."
    return Finding("quiet hours", False, f"{found} That is none of the day, or hardly any of it.", do)
