"""Room on the card: a reserve that is given up when it is full, and in plain words what is free and what takes it.

    keep      a file of 1 MB beside the database: while it cannot be had, nothing new is sent
    give_up   the card is full: what happened to texts that left can still be written down, and so can what comes in

Promises: sending never takes the last room; receiving may. The reserve comes back by itself as soon as there is room.
"""

import contextlib
import errno
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

RESERVE_BYTES = 1_000_000
LARGEST = 3
WITHOUT_RIGHTS = {
    "exfat",
    "fuseblk",
    "msdos",
    "vboxsf",
    "vfat",
}  # nor links, but for NTFS, which is fuseblk, as exFAT may be
MOST_LOOKED_AT = 20_000  # files: this is asked on a card that is in trouble already


@dataclass(frozen=True)
class Room:
    """What is free where the database lies, what takes most there, largest first, and why nothing can be changed there."""

    free_bytes: int
    largest: tuple[tuple[str, int], ...]
    read_only: str = ""
    no_more_files: bool = False  # whatever is free: each file takes an inode, and those are used up


def reserve(database: Path) -> Path:
    """Where the reserve lies."""
    return Path(f"{database}.reserve")


def keep(database: Path) -> bool:
    """Have the reserve: True when it is there, or could be made now. OSError for all but a full card."""
    path = reserve(database)
    try:
        if path.stat().st_size >= RESERVE_BYTES:
            return True
    except FileNotFoundError:
        pass
    try:
        # Not for appending: where the file system cannot do it itself (ZFS, NFS, exFAT) the C library writes to each block.
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(file, 0, RESERVE_BYTES)
        finally:
            os.close(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            path.unlink()  # half a reserve would take what others need
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        return False
    return True


def give_up(database: Path) -> None:
    """Free it, so that what happened can be written down."""
    with contextlib.suppress(OSError):
        reserve(database).unlink()


def is_full(error: sqlite3.Error | OSError) -> bool:
    """Whether a disk without room is what it says."""
    if isinstance(error, OSError):  # whose words hold the name of a file
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return "full" in str(error)


def read_only(folder: Path) -> str:
    """Why the system refuses every change there, "" when it does not; OSError when there is no such folder.

    After an error ext4 refuses every write and, since Linux 6.14, says so in the mount's options alone.
    """
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return "it is mounted for reading only"
    for _, options in _mounts(folder):
        if {"ro", "emergency_ro", "shutdown"} & options:
            return "it was switched to reading only after an error"
    return ""


def in_memory(folder: Path, cmdline: Path = Path("/proc/cmdline")) -> bool:
    """Whether a power cut takes all that was written there since the start: a tmpfs, or the overlay that Raspberry Pi OS lays over its card."""
    with contextlib.suppress(OSError):  # what a container does not show is no evidence
        kinds = kinds_of(folder)
        if "overlay" in kinds and {"boot=overlay", "overlayroot=tmpfs"} & set(cmdline.read_text().split()):
            return True
        return bool({"tmpfs", "ramfs"} & kinds)
    return False


def kinds_of(folder: Path) -> set[str]:
    """What kind of file system it is on."""
    return {kind for kind, _ in _mounts(folder)}


def _mounts(folder: Path) -> Iterator[tuple[str, set[str]]]:
    """The kind and the options of the filesystem itself, proc(5), for each place where it is mounted."""
    device = os.stat(folder).st_dev
    number = f" {os.major(device)}:{os.minor(device)} "
    for line in Path("/proc/self/mountinfo").read_text(errors="replace").splitlines():
        if number in line:
            kind, *_, options = line.rpartition(" - ")[2].split(" ")
            yield kind, set(options.split(","))


def look(folder: Path) -> Room:
    """How things are there now; nothing is read but sizes."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return Room(0, ())
    found = sorted(_sizes(folder), key=lambda one: -one[1])
    used_up = disk.f_files > 0 and disk.f_favail == 0
    free = 0 if used_up else disk.f_bavail * disk.f_frsize
    return Room(free, tuple(found[:LARGEST]), read_only(folder), used_up)


def _sizes(folder: Path) -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    left = MOST_LOOKED_AT
    for above, folders, names in os.walk(folder, onerror=None):
        top = Path(above).relative_to(folder).parts[:1]
        for name in names:
            with contextlib.suppress(OSError):
                key = f"{top[0]}/" if top else name
                found[key] = found.get(key, 0) + os.lstat(os.path.join(above, name)).st_blocks * 512
        left -= len(names) + len(folders)
        if left < 0:
            break
    return [(name, size) for name, size in found.items() if size]
