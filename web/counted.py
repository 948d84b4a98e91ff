"""Numbers that take long to count, kept for a while: every change draws a campaign's page anew on each coordinator's screen.

Promises: what is counted fast is always counted anew. What is not is at most `SHARE` times as old as it took, so that counting
never takes more than a twentieth of the machine, however many people look: who asks while it is counted waits for that. Who is
shown what was kept is told for how long, so that their page asks again and shows the last change too.
"""

import threading
import time
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

FAST_S = 0.03
SHARE = 20
MOST_KEPT = 64
Value = TypeVar("Value")


class Counted:
    """One for an application; used by all its threads."""

    def __init__(self, tell: Callable[[float], None], clock: Callable[[], float] = time.monotonic) -> None:
        """`tell(left_s)`: what is handed out was kept, and is counted anew after so many seconds."""
        self._tell, self._clock = tell, clock
        self._lock = threading.Condition()
        self._counting: set[Hashable] = set()
        self._kept: dict[Hashable, tuple[float, object]] = {}  # key: (good until, value)
        self._forgot = 0

    def of(self, key: Hashable, count: Callable[[], Value]) -> Value:
        """What `count` returns, or returned a little while ago for this key."""
        with self._lock:
            self._lock.wait_for(lambda: key not in self._counting)
            began = self._clock()
            (until, value), forgot = self._kept.get(key, (began, None)), self._forgot
            if began < until:
                self._tell(until - began)
                return cast(Value, value)
            self._counting.add(key)
        keep: tuple[float, object] | None = None
        try:
            fresh = count()
            now = self._clock()
            if now - began > FAST_S:
                keep = (now + SHARE * (now - began), fresh)
            return fresh
        finally:
            with self._lock:
                self._counting.discard(key)
                self._kept.pop(key, None)
                if keep and forgot == self._forgot:  # else it may be of before what was changed
                    while len(self._kept) >= MOST_KEPT:
                        del self._kept[next(iter(self._kept))]
                    self._kept[key] = keep
                self._lock.notify_all()

    def forget(self) -> None:
        """Somebody changed something here and looks at it next."""
        with self._lock:
            self._kept.clear()
            self._forgot += 1
