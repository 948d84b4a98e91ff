"""The log of the database (`-wal`) and its index (`-shm`), deleted while the gateway works with them, as by somebody who clears up.

SQLite goes on in the files that have no name any more, and every other program begins new ones: neither hears of the other, and what was
written since the last checkpoint is lost with the gateway's end.

Promises: what this process committed is brought into the database before it is let go, and then everything begins anew. What others wrote
meanwhile, knowing nothing of it, is set aside and not deleted. Where that fails, only a restore ends it.
"""

import contextlib
import logging
import os
import sqlite3
from pathlib import Path

from gateway import damage
from gateway.store import connect, moment, sync_folder, wall_ms

log = logging.getLogger("textbank.damage")

SUFFIXES = ("-wal", "-shm")
ASIDE = ".begun-meanwhile-"  # behind the name of a log that others had begun; the time follows
DELETED = "Its log ({log}) was deleted or replaced while Textbank worked with it."


class OwnLog:
    """A connection that reads, from which the others' log is told and brought in. Leave it when nobody else here writes any more."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self.db = connect(database, query_only=True)
        self.gone = False
        self.version()  # opens the log
        self._ours = self._which()

    def version(self) -> int:
        """Another number after each commit of anybody else."""
        return int(self.db.execute("PRAGMA data_version").fetchone()[0])

    def look(self) -> None:
        """Note it when the log is not the one that was opened."""
        with contextlib.suppress(OSError):  # a card that tells nothing of it
            if damage.seen(self._database) is None and self._which() != self._ours:
                self.gone = True
                name = f"{self._database.name}{SUFFIXES[0]}"
                damage.note(self._database, DELETED.format(log=name), now=wall_ms())

    def close(self) -> None:
        """Bring the log in, if it has no name any more, and let it go."""
        try:
            if self.gone:
                self._bring_in()
        except (OSError, sqlite3.Error) as error:
            log.error("the log that was deleted could not be brought in: %s", error)  # noqa: TRY400 (no traceback for people)
            seen = damage.seen(self._database)
            damage.note(self._database, seen.evidence if seen else "", now=wall_ms(), other=True)
            self.gone = False
        finally:
            self.db.close()

    def _bring_in(self) -> None:
        busy, *_ = self.db.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
        if busy:
            raise sqlite3.OperationalError("another program reads it")
        stamp = moment(wall_ms()).strftime("%Y%m%dT%H%M%SZ")
        for suffix, ours in zip(SUFFIXES, self._ours, strict=True):
            path = Path(f"{self._database}{suffix}")
            if damage.which(path) not in (None, ours):
                os.rename(path, f"{path}{ASIDE}{stamp}")
        sync_folder(self._database.parent)

    def _which(self) -> list[tuple[int, int] | None]:
        return [damage.which(Path(f"{self._database}{suffix}")) for suffix in SUFFIXES]
