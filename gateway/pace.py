"""How much goes into one transaction of many, and how long to rest after it: stations want the write lock as well.

Pure. Promises: the lock is held about `HELD_S` at a time, less rows at once where the machine is slow or busy, and is free for
as long as it was held. A station that waits for it is let in after a piece or two.
"""

HELD_S = 0.012
SMALLEST, LARGEST = 20, 400  # rows in one transaction


class Pace:
    """One for each long work; `size` rows go into its next transaction."""

    def __init__(self) -> None:
        self.size = SMALLEST

    def rest_s(self, held_s: float) -> float:
        """The lock was held so long: how long to leave it alone."""
        self.size = max(SMALLEST, min(LARGEST, int(self.size * min(2.0, HELD_S / max(held_s, 0.001)))))
        return held_s
