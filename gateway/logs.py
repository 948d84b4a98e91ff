"""The log on stderr. Nobody waits longer than a moment for it: a terminal that was stopped (Ctrl-S), or a reader that hangs, would else stop
every modem at the next line, and the end, too.

Where it is read, a line is there before anything else happens: a kill, a traceback. What is not taken is kept up to `MOST` lines, and the rest
dropped: the next line tells how many.
"""

import logging
import os
import queue
import sys
import threading
from contextlib import suppress

MOST = 1000
TAKEN_S = 0.1  # in which a line is written; else it hangs, and no other is waited for until it does not
END_S = 1.0  # for the last lines


class Unhindered(logging.Handler):
    """Hands each line to a thread that writes it."""

    def __init__(self) -> None:
        super().__init__()
        # What shares no lock with whom it interrupts: a signal's handler may log, too.
        self._lines: queue.SimpleQueue[tuple[str, threading.Lock] | None] = queue.SimpleQueue()
        self._hangs = False
        self._dropped = 0
        self._over = threading.Event()
        threading.Thread(target=self._write, name="log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Return within a moment."""
        try:
            if self._lines.qsize() >= MOST:
                self._dropped += 1
                return
            missing = f"{self._dropped} lines are missing here: nobody took them.\n" if self._dropped else ""
            self._dropped, unwritten = 0, threading.Lock()
            unwritten.acquire()
            self._lines.put((f"{missing}{self.format(record)}\n", unwritten))
            if not self._hangs:
                self._hangs = not unwritten.acquire(timeout=TAKEN_S)
        except (
            Exception
        ):  # words that do not fit together are no reason to stop: as the handlers of `logging`
            self.handleError(record)

    def _write(self) -> None:
        # Not through sys.stderr: a thread that waits in there at the end of Python is a crash.
        fd, encoding = sys.stderr.fileno(), sys.stderr.encoding
        while (next_one := self._lines.get()) is not None:
            line, unwritten = next_one
            octets = line.encode(encoding, "backslashreplace")
            with suppress(OSError):  # nobody reads it any more
                while octets:
                    octets = octets[os.write(fd, octets) :]
            self._hangs = False
            unwritten.release()
        self._over.set()

    def close(self) -> None:
        """At the end: the last lines, if they are taken."""
        self._lines.put(None)
        self._over.wait(END_S)
        super().close()


def handler() -> logging.Handler:
    """For this process: one that nobody waits for, where there is a real stderr."""
    try:
        sys.stderr.fileno()
    except (AttributeError, OSError):  # it was closed, or is a test's
        return logging.StreamHandler() if sys.stderr else logging.NullHandler()
    return Unhindered()
