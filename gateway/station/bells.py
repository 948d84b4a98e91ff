"""Bells that ring for nothing: a modem that says with each prompt that a text came, and none is there.

Promises: a bell puts a text back so that what came is read first, until bells have rung at several prompts in a row, for a while, and
every reading between them found nothing new; then they are still read for, and texts leave between the readings. One that is not
among those that rang in vain (another slot, another storage) puts it back all the same.
"""

from hardware.link import Clock
from hardware.modem import Notice

MANY = 5  # prompts in a row
LONG_S = 10.0  # from the first of them: a text that has just come may be told before it can be read
REMEMBERED_S = 3600.0


class Bells:
    """What is known of one modem's bells."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rung = 0
        self._since = 0.0
        self._known: set[Notice] = set()  # what rang in this row
        self._vain_at: float | None = None
        self._nowhere_at: float | None = None
        self.handed_over = False  # what lay nowhere comes directly now

    def worth_reading(self, rang: set[Notice]) -> bool:
        """These bells rang at a prompt: whether they are to be read for before this text leaves."""
        now = self._clock.monotonic()
        self._since = self._since if self._rung else now
        self._rung += 1
        fresh = not rang <= self._known
        self._known |= rang
        if fresh or self._rung <= MANY or now < self._since + LONG_S:
            return True
        self._vain_at = now
        return False

    def lay_nowhere(self, *, handed_over: bool) -> None:
        """What rang was found nowhere; whether such texts are handed over from now on."""
        self._nowhere_at, self.handed_over = self._clock.monotonic(), handed_over

    def over(self) -> None:
        """Something new was found, or no bell rang at a prompt."""
        self._rung = 0
        self._known.clear()

    @property
    def in_vain(self) -> bool:
        """Whether they were passed over within the last hour."""
        return self._remembered(self._vain_at)

    @property
    def nowhere(self) -> bool:
        """Whether texts lay nowhere within the last hour."""
        return self._remembered(self._nowhere_at)

    def _remembered(self, at: float | None) -> bool:
        return at is not None and self._clock.monotonic() < at + REMEMBERED_S
