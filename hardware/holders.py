"""Which other programs have a device open, read from /proc. What we may not see is not named."""

from __future__ import annotations

import os
from pathlib import Path


def holders_of(device: str) -> str:
    """ "ModemManager (process 812)", several joined by commas, or "" when none is seen. Never our own process."""
    target = os.path.realpath(device)
    found = [
        f"{_name(process)} (process {process.name})"
        for process in Path("/proc").iterdir()
        if process.name.isdigit() and int(process.name) != os.getpid() and _has_open(process, target)
    ]
    return ", ".join(sorted(found)[:3])


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
