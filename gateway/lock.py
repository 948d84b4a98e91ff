"""One gateway for one database: a lock file beside it, held for life.

Promises: while `gateway(path)` is held no other process migrates, recovers, initialises or restores this
database. The kernel frees the lock when the holder dies, however it dies; whether it died is known to the next one, also
after a power cut. Fails with `Refused` that names the holder.
"""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from gateway.errors import Refused
from gateway.store import belong_with, sync_folder

LOOKS_S = (0.01, 0.05, 0.2)  # a look takes microseconds, and a busy machine may stop it half-way
LINE = 32  # octets: who holds it, then how many runs were counted
_WHAT_TO_DO = {
    errno.ENOSPC: "Free some room there: old backups and logs first.",
    errno.EROFS: "The system switches a disk to reading only after an error: copy the folder to another machine, and restart the box; "
    "when it comes again, put in a new card.",
}


class Held(Refused):
    """Another process has the lock."""

    def __init__(self, holder: str, sentence: str) -> None:
        super().__init__(sentence)
        self.holder = holder


@dataclass
class Hold:
    """The lock while it is held. `unclean`: a holder died, and nobody has looked through the database since. `runs`: as
    `gateway/runs.py` counts them.
    """

    unclean: bool
    runs: int = 0
    _fd: int = -1
    _path: Path | None = None

    def count(self, runs: int) -> None:
        """Keep this count beside the database; a card that cannot be written keeps the one before."""
        self.runs = runs
        with suppress(OSError):
            _write(self._fd, str(runs), at=LINE)

    def stay(self) -> None:
        """Take the name again that somebody deleted: else another gateway would begin beside this one, and nobody would know of this one."""
        with suppress(OSError):
            if self._path is None or os.path.exists(self._path):
                return
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:  # another one was faster
                os.close(fd)
                return
            os.close(self._fd)
            self._fd = fd
            belong_with(self._path, self._path.with_suffix(""))
            _write(fd, str(self.runs), at=LINE)
            _write(fd, str(os.getpid()))
            sync_folder(self._path.parent)


@contextmanager
def gateway(database: Path) -> Iterator[Hold]:
    """Hold the database's lock; Refused at once when another process has it."""
    path = Path(f"{database}.lock")
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Refused(
            f"The folder {path.parent} cannot hold the database: {error.strerror}. Nothing was started. "
            f"{_WHAT_TO_DO.get(error.errno or 0, 'Make the folder, or let this user write in it, or change [database] path.')}"
        ) from error
    hold = Hold(unclean=False, _fd=fd)
    try:
        belong_with(path, database)
        if not _taken(fd):
            holder = os.pread(fd, LINE, 0).decode("ascii", "replace").strip() or "unknown"
            raise Held(
                holder,
                f"Another Textbank gateway (process {holder}) already runs on {database}. Two would send texts twice, so this one stops. "
                "Stop the other one first.",
            )
        counted = os.pread(fd, LINE, LINE).strip()
        unclean = os.pread(fd, LINE, 0).strip() != b""
        hold = Hold(unclean, int(counted) if counted.isdigit() else 0, fd, path)
        with suppress(OSError):  # a card that cannot be written is told of by what comes next
            _write(fd, str(os.getpid()))
            sync_folder(path.parent)
        yield hold
        if not hold.unclean:
            with suppress(OSError):
                _write(hold._fd, "")
    finally:
        os.close(hold._fd)


def _taken(fd: int) -> bool:
    """Take the lock. Whoever looks whether it is held (`is_held`) has it for a moment, and is no gateway."""
    for wait_s in (*LOOKS_S, None):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if wait_s is not None:
                time.sleep(wait_s)
        else:
            return True
    return False


def is_held(database: Path) -> bool:
    """Whether somebody holds it now."""
    try:
        fd = os.open(f"{database}.lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def _write(fd: int, words: str, *, at: int = 0) -> None:
    # Never truncated: on a full disk the block that is let go would not come back.
    os.pwrite(fd, f"{words:<31}\n".encode(), at)
    os.fsync(fd)
