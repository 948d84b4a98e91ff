"""Which other programs have a device open, read from /proc. What we may not see is not named."""

from __future__ import annotations

import contextlib
import grp
import os
from pathlib import Path

CONSOLES = Path("/sys/class/tty/console/active")
CONSOLE = "the console of this machine (sudo raspi-config, Interface Options, Serial Port: no login shell; then restart it)"


def holders_of(device: str) -> str:
    """ "ModemManager (process 812)", several joined by commas, or "" when none is seen. Never our own process."""
    target = os.path.realpath(device)
    if target.startswith("/dev/tty") and is_console(target):
        return CONSOLE
    found = [
        f"{_name(process)} (process {process.name})"
        for process in Path("/proc").iterdir()
        if process.name.isdigit() and int(process.name) != os.getpid() and _has_open(process, target)
    ]
    return ", ".join(sorted(found)[:3])


def is_console(tty: str) -> bool:
    """Whether the kernel writes its messages to this serial port, or a login waits there: either would type into our conversation."""
    with contextlib.suppress(OSError):
        if os.path.basename(tty) in CONSOLES.read_text().split():
            return True
    with contextlib.suppress(OSError, KeyError):
        return grp.getgrgid(os.stat(tty).st_gid).gr_name == "tty"  # getty takes it from dialout
    return False


def _has_open(process: Path, target: str) -> bool:
    try:
        return any(_link(entry) == target for entry in (process / "fd").iterdir())
    except OSError:  # another user's, or it has just ended
        return False


def _link(entry: Path) -> str:
    try:
        return os.readlink(entry)
    except OSError:
        return ""


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return "a program"
