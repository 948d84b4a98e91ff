"""When a station reads its modem's storages, and which.

Bells get lost, come twice, or come before the text can be read: what was rung for and not found is looked for again
three times, then in every storage; and every storage is read once a minute in any case, sooner when it fills fast.
"""

from gateway.filling import ROUND_S, next_round_s

AGAIN_S = 0.5
TRIES = 3
REPORTS_S = 0.5  # reports that come one by one are taken together
NEVER = float("inf")


class Rounds:
    """One modem's reading times, on the monotonic clock. `at` is when the next is due."""

    def __init__(self) -> None:
        self._all_at = 0.0
        self._again_at = NEVER
        self._tries = 0
        self._read_at = 0.0

    @property
    def at(self) -> float:
        """When to read next, if no bell rings."""
        return min(self._all_at, self._again_at)

    @property
    def seeks(self) -> bool:
        """Whether something rang that was not found yet where texts arrive."""
        return self._again_at != NEVER

    def everything_now(self) -> None:
        """Something was heard and not read: read all of it."""
        self._all_at = 0.0

    def reports_wait(self, now: float) -> None:
        """A status report lies somewhere."""
        self._all_at = min(self._all_at, now + REPORTS_S)

    def everything_due(self, now: float) -> bool:
        """Whether every storage is to be read now."""
        return now >= self._all_at

    def again_due(self, now: float) -> bool:
        """Whether the storage where texts arrive is to be read again for what rang."""
        return now >= self._again_at

    def looked(self, now: float, *, rang: bool, new: int) -> None:
        """The storage where texts arrive was read, because it `rang` or again for an earlier ring."""
        self._read_at = now
        self._tries = 0 if new else TRIES if rang else self._tries - 1
        self._again_at = now + AGAIN_S if self._tries > 0 else NEVER
        if not new and not rang and self._tries <= 0:
            self.everything_now()

    def again_by(self, at: float) -> None:
        """Something was read damaged: every storage is to be read by then."""
        self._all_at = min(self._all_at, at)

    def swept(self, now: float, *, found: int, total: int | None) -> None:
        """Every storage was read."""
        due_s = next_round_s(found, now - self._read_at, total) if self._read_at else ROUND_S
        self._all_at = now + due_s
        self._again_at, self._tries, self._read_at = NEVER, 0, now
