"""The files of the database, deleted or written over under the running gateway by somebody who clears up or brings a backup back with `cp`.

Without its log (`-wal`) or its index (`-shm`) SQLite goes on in the files that have no name any more, and every other program begins new
ones: neither hears of the other, and what was written since the last checkpoint is lost with the gateway's end. Of a file that was written
over SQLite takes what is not in the log, as texts that have left long since and are approved there.

Promises: what this process committed to a log without a name is brought into the database before it is let go, and everything begins anew; on
a full card, whose log somebody deletes to make room, as soon as there is some. What others wrote meanwhile, knowing nothing of it, is set aside
and not deleted. Where that fails, and where the file was written over, only
a restore ends it.
"""

import contextlib
import logging
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from gateway import damage, room
from gateway.lock import Hold
from gateway.store import connect, moment, sync_folder, wall_ms

log = logging.getLogger("textbank.damage")

SUFFIXES = ("-wal", "-shm")
ASIDE = ".begun-meanwhile-"  # behind the name of a log that others had begun; the time follows
DELETED = "Its log ({log}) was deleted or replaced while Textbank worked with it."
WRITTEN_OVER = (
    "Another file was copied over it while Textbank worked with it, and what lies there now is of both. To go on with that other file, "
    "restore it from where it was copied."
)
MAGIC = b"SQLite format 3\0"
HEADER = slice(18, 28)  # whether the file has a log, and how often page 1 was changed, which only grows
AGAIN_S = 0.01
LET_GO_S, LOOK_S = 40.0, 0.1  # a station that waits for its modem, a round of the housekeeping
AGAIN_LATER_S = 1.0
WITH_A_LOG = b"\2\2"
LOCKS = Path("/proc/locks")
_kept_open: dict[tuple[int, int], int] = {}  # until it has no name: to close it drops SQLite's locks


class OwnFiles:
    """A connection that reads, beside which the files are looked at. Leave it when nobody else here writes any more. `over`: whether the
    gateway is to end, and waits for no room.
    """

    def __init__(self, database: Path, hold: Hold, over: Callable[[], bool] = lambda: True) -> None:
        self._database, self._hold, self._over = database, hold, over
        self.db = connect(database, query_only=True)
        self.log_is_gone = False
        self._deleted = DELETED.format(log=f"{database.name}{SUFFIXES[0]}")
        self.version()  # opens the log
        self._ours = self._logs()
        self._file = self._opened()
        self._header = self._read_header()

    def version(self) -> int:
        """Another number after each commit of anybody else."""
        return int(self.db.execute("PRAGMA data_version").fetchone()[0])

    def look(self) -> None:
        """Note it when somebody did something to them; the lock's file is made anew."""
        self._hold.stay()
        with contextlib.suppress(OSError):  # a card that tells nothing of it
            if (seen := damage.seen(self._database)) is not None:
                # Whoever began another log may have met it first.
                self.log_is_gone = not seen.other and self._logs() != self._ours
                return
            _let_go_of_deleted(but=self._file)
            header = self._read_header()
            had_a_log = self._header.startswith(WITH_A_LOG)  # else a rollback takes a change of page 1 back
            if header and had_a_log and (not header.startswith(WITH_A_LOG) or header < self._header):
                damage.note(self._database, WRITTEN_OVER, now=wall_ms(), other=True)
                return
            self._header = header or self._header
            if self._logs() != self._ours:
                self.log_is_gone = True
                damage.note(self._database, self._deleted, now=wall_ms())

    def close(self) -> None:
        """Bring the log in, if it has no name any more, and let it go."""
        try:
            if self.log_is_gone:
                self._await_others()
                self._bring_in()
        except (OSError, sqlite3.Error) as error:
            log.error("the log that was deleted could not be brought in: %s", error)  # noqa: TRY400 (no traceback for people)
            damage.note(self._database, self._deleted, now=wall_ms(), other=True)
            self.log_is_gone = False
        finally:
            self.db.close()

    def _await_others(self) -> None:
        """What still writes writes to the log without a name; and of one process all connections share an index, also that one. What
        another one, such as the panel, brought from there into the database later would lie over newer rows.
        """
        until = time.monotonic() + LET_GO_S
        while (self._opened_here() > 1 or self._opened_elsewhere()) and time.monotonic() < until:
            damage.note(self._database, "others still work with it", now=wall_ms(), awaited=True)
            time.sleep(LOOK_S)

    def _opened_here(self) -> int:
        """How many connections of this process have our log."""
        found = 0
        for each in os.listdir("/proc/self/fd"):
            with contextlib.suppress(OSError):  # closed meanwhile
                status = os.fstat(int(each))
                found += (status.st_dev, status.st_ino) == self._ours[0]
        return found

    def _opened_elsewhere(self) -> bool:
        """Whether another process has our log: each holds a lock on its index."""
        _, index = self._ours[1] or (0, 0)
        for lock in LOCKS.read_text().splitlines() if LOCKS.exists() else ():
            _, kind, _, _, holder, where, *_ = lock.replace("->", "").split()
            if kind == "POSIX" and where.endswith(f":{index}") and holder != str(os.getpid()):
                return True
        return False

    def _bring_in(self) -> None:
        self._write_back()
        stamp = moment(wall_ms()).strftime("%Y%m%dT%H%M%SZ")
        for suffix, ours in zip(SUFFIXES, self._ours, strict=True):
            path = Path(f"{self._database}{suffix}")
            if damage.which(path) not in (None, ours):
                os.rename(path, f"{path}{ASIDE}{stamp}")
        sync_folder(self._database.parent)

    def _write_back(self) -> None:
        """Into the database, as soon as there is room and nobody else reads the log: a copy to a slow stick does so for minutes."""
        told = False
        while True:
            try:
                if not self.db.execute("PRAGMA wal_checkpoint(FULL)").fetchone()[0]:
                    return
                kept = sqlite3.OperationalError("another program reads it")
            except sqlite3.OperationalError as error:
                if not room.is_full(error):
                    raise
                kept = error
                room.give_up(self._database)
            if self._over():
                raise kept
            found = damage.note(self._database, str(kept), now=wall_ms(), awaited=True)
            if not told:
                log.error("%s", damage.told(self._database, found))
            told = True
            time.sleep(AGAIN_LATER_S)

    def _logs(self) -> list[damage.File]:
        return [damage.which(Path(f"{self._database}{suffix}")) for suffix in SUFFIXES]

    def _opened(self) -> int:
        status = os.stat(self._database)
        which = status.st_dev, status.st_ino
        if which not in _kept_open:
            _kept_open[which] = os.open(self._database, os.O_RDONLY | os.O_CLOEXEC)
        return _kept_open[which]

    def _read_header(self) -> bytes:
        """As it stands, for a checkpoint may be writing it; nothing where the file is no database: SQLite itself meets that."""
        found = os.pread(self._file, HEADER.stop, 0)
        while (again := os.pread(self._file, HEADER.stop, 0)) != found:
            found = again
            time.sleep(AGAIN_S)
        return found[HEADER] if found.startswith(MAGIC) and len(found) == HEADER.stop else b""


def _let_go_of_deleted(*, but: int) -> None:
    """One that a restore set aside, and that was deleted to make room, gives its room back."""
    for which, kept in list(_kept_open.items()):
        if kept != but and not os.fstat(kept).st_nlink:
            os.close(_kept_open.pop(which))
