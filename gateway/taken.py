"""Who has which modem now, in this process: shared by all stations, and forgotten with it.

Promises: of two stations that find the same modem and SIM at the same moment exactly one gets it. Any thread may call.
"""

import threading
from dataclasses import dataclass

GRACE_S = (
    60.0  # a modem that its station has just let go (it restarts, it was silent) is still that station's
)

Held = tuple[str, str]  # IMEI, and what the SIM is known by


@dataclass
class _Holding:
    held: Held
    gone_at: float | None = None  # let go then, on the monotonic clock


class Taken:
    """What each station identified last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_name: dict[str, _Holding] = {}

    def take(self, name: str, held: Held, *, now: float) -> str:
        """`name` has identified this; the other station that has it already, "" when it is `name`'s from now on.

        What `name` had before is free. A modem that does not tell its IMEI and its SIM is nobody's.
        """
        with self._lock:
            self._by_name.pop(name, None)
            if not all(held):
                return ""
            for other in self._by_name:
                if self._has(other, held, now):
                    return other
            self._by_name[name] = _Holding(held)
            return ""

    def has(self, name: str, held: Held, *, now: float) -> bool:
        """Whether this station has it."""
        with self._lock:
            return self._has(name, held, now)

    def _has(self, name: str, held: Held, now: float) -> bool:
        found = self._by_name.get(name)
        if found is None or found.held != held:
            return False
        return found.gone_at is None or now < found.gone_at + GRACE_S

    def let_go(self, name: str, *, now: float) -> None:
        """The station closed its port, perhaps to come back at once."""
        with self._lock:
            if name in self._by_name:
                self._by_name[name].gone_at = now

    def forget(self, name: str) -> None:
        """The station is no more."""
        with self._lock:
            self._by_name.pop(name, None)
