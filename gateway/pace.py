"""How much goes into one transaction of many, and how long to rest after it: stations want the write lock as well.

Promises: the lock is held about `HELD_S` at a time, less rows at once where the machine is slow or busy, and is free for
as long as it was held. A station that waits for it is let in after a piece or two. Whatever is done without the lock
(reading the next rows, bringing the last ones to the disk) counts as rest.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gateway.store import write

HELD_S = 0.012
SMALLEST, LARGEST = 20, 400  # rows in one transaction


class Pace:
    """One for each long work; `size` rows go into its next transaction."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic  # seconds
        self.size = SMALLEST
        self._rested_at = 0.0

    @contextmanager
    def piece(self, db: sqlite3.Connection) -> Iterator[None]:
        """One transaction (`store.write`), timed from the moment at which it has the lock."""
        with write(db):
            began = self._monotonic()
            yield
        held_s = self._monotonic() - began
        self._rested_at = began + 2 * held_s
        self.size = max(SMALLEST, min(LARGEST, int(self.size * min(2.0, HELD_S / max(held_s, 0.001)))))

    def rest_s(self) -> float:
        """How long from now on to leave the lock alone, before the next piece."""
        return max(0.0, self._rested_at - self._monotonic())
