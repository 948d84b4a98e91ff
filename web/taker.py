"""The thread of the panel that takes lists: it outlives the page that began it, and a restart of the panel goes on with it.

Promises: it exists only while there is something to do. It ends within a moment when the panel closes; what it had begun
is committed or not at all. While the database is said to be damaged it lets go of it, and then goes on. A fault is written on the list and to
the log, without anybody's number.
"""

import contextlib
import logging
import sqlite3
import threading
from pathlib import Path

from gateway import bell, damage, taking
from gateway.rules import Rules
from gateway.store import connect, wall_ms, write

log = logging.getLogger(__name__)
RETRY_S = 30.0
GLANCE_S = 2.0  # the gateway looks more often whether somebody deleted the database's log
STOPPED = "Taking this list stopped: {what}. Nothing is lost. When that is mended, press Go on."


class Taker:
    """Takes every list that waits, one after another. `ring` after a list was begun or deleted, and when the panel starts."""

    def __init__(self, database: Path, rules: Rules) -> None:
        self._database, self._rules = database, rules
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._again = False
        self._thread: threading.Thread | None = None

    def ring(self) -> None:
        """There may be something to do."""
        with self._lock:
            self._again = True
            if (self._thread is None or not self._thread.is_alive()) and not self._stopping.is_set():
                self._thread = threading.Thread(target=self._run, name="taker", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End after the piece that is under way."""
        self._stopping.set()
        self.wait(5.0)

    def wait(self, timeout_s: float) -> bool:
        """Wait until nothing is left to do; False when it took longer."""
        thread = self._thread
        # A signal may come while it is being started: it cannot be joined yet.
        if thread is None or not thread.is_alive():
            return True
        thread.join(timeout_s)
        return not thread.is_alive()

    def _run(self) -> None:
        while self._more():
            while damage.seen(self._database) is not None and not self._stopping.wait(GLANCE_S):
                pass
            if not self._database.exists():  # opening it would make one
                return
            try:
                db = connect(self._database)
            except sqlite3.Error as error:  # a file that is no database: the page says so
                log.warning("no list is taken: %s: %s", type(error).__name__, error)
                return
            trouble, rest_s = "", 0.0
            with contextlib.closing(db):
                try:
                    taking.work(self._database, db, self._rules, wait=self._wait, now=wall_ms)
                except FileNotFoundError:  # its log: the gateway brings that in, and no newer one
                    self._go_on()
                    rest_s = GLANCE_S
                except (sqlite3.Error, OSError) as error:
                    log.warning("taking a list: %s: %s", type(error).__name__, error)
                    trouble = (
                        str(error)
                        if isinstance(error, sqlite3.Error)
                        else error.strerror or "a fault of the disk"
                    )
            # Until it is told the page says that it goes on by itself, and has no key for it.
            while trouble and not self._say(trouble) and not self._stopping.wait(RETRY_S):
                pass
            bell.ring(self._database)
            self._stopping.wait(rest_s)

    def _wait(self, seconds: float) -> bool:
        over = self._stopping.wait(seconds) if seconds else self._stopping.is_set()
        if not over and damage.seen(self._database) is not None:
            self._go_on()
            return True
        return over

    def _go_on(self) -> None:
        """Once this is over."""
        with self._lock:
            self._again = True

    def _more(self) -> bool:
        with self._lock:
            again, self._again = self._again and not self._stopping.is_set(), False
            if not again:
                self._thread = None
            return again

    def _say(self, what: str) -> bool:
        """Write it on the list; False when not even that can be written."""
        try:
            with contextlib.closing(connect(self._database)) as db, write(db):
                db.execute(
                    "UPDATE contact_list SET trouble=? WHERE state='taking'", [STOPPED.format(what=what)]
                )
        except sqlite3.Error as error:
            log.warning("and the list could not be told: %s", error)
            return False
        return True
