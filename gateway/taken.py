"""What all stations of this process know of each other, forgotten with it: who has which modem now, and who cannot record what was read.

Promises: of two stations that find the same modem and SIM at the same moment exactly one gets it. While one has read what it cannot
record, which may be a stop, the others can know: of anybody's words for a minute at most; of those whose words it is known that they were,
until they are recorded, and no longer than `UNKEPT_S`, for the modem may be gone (a start reads the SIMs before it sends). Any thread may call.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway import numbers

GRACE_S = (
    60.0  # a modem that its station has just let go (it restarts, it was silent) is still that station's
)

UNRECORDED_S = 60.0  # so long the others wait for a station whose words the database refuses
FORGOTTEN_S = 10.0  # one that has not tried again since is gone
UNKEPT_S = 900.0  # so long nobody texts who wrote what could not be recorded

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
        self._unrecorded: dict[str, tuple[float, float]] = {}  # since when, and when it was last tried
        self._unkept: dict[str, tuple[str, float]] = {}  # by PDU: whose, and when it was last tried

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

    def cannot_record(self, name: str, *, now: float) -> None:
        """The database refuses this station: what it has read from its SIM may be known to nobody else."""
        with self._lock:
            since, _ = self._unrecorded.get(name, (now, now))
            self._unrecorded[name] = since, now

    def records(self, name: str) -> None:
        """What this station has read is in the database."""
        with self._lock:
            self._unrecorded.pop(name, None)

    def others_cannot_record(self, name: str, *, now: float) -> bool:
        """Whether another station holds what may be a stop."""
        with self._lock:
            return any(
                other != name and now < since + UNRECORDED_S and now < tried + FORGOTTEN_S
                for other, (since, tried) in self._unrecorded.items()
            )

    def cannot_keep(self, senders: Mapping[str, str], *, now: float) -> None:
        """These (who wrote them, by their PDU) were read, and the database refuses them, as on a full disk."""
        with self._lock:
            self._unkept.update((pdu, (_end(number), now)) for pdu, number in senders.items())

    def keeps(self, pdus: Iterable[str]) -> None:
        """These are in the database, whoever had read them before."""
        with self._lock:
            for pdu in pdus:
                self._unkept.pop(pdu, None)

    def may_have_stopped(self, number: str, *, now: float) -> bool:
        """Whether a station has read what this person wrote, in whatever form the network gave their number, and it is not in the database yet."""
        end = _end(number)
        with self._lock:
            return any(whose == end and now < tried + UNKEPT_S for whose, tried in self._unkept.values())


def _end(number: str) -> str:
    """What all forms of a number have."""
    return numbers.tail(number) or number
