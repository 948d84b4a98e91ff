"""Records on a SIM that were read damaged: how often they are read again before they are believed, and when.

A cable, a hub or another program at the port damages what is read, in another way each time; a record that is damaged where it lies
reads the same. Pure but for what it remembers.

Promises: nothing is believed that was not read `SAME` times in the same way, or `MOST` times altogether, a while apart; so what is in
doubt is settled within a minute and a half. While there is a doubt no text leaves: it may be a stop.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.station.rounds import AGAIN_S, NEVER

SAME, MOST = 3, 20  # readings
QUICK, LATER_S = 6, 5.0  # so many one right after the other, then these seconds apart
Slot = tuple[str, int]


@dataclass
class _Doubt:
    readings: Counter[str] = field(default_factory=Counter)
    due_at: float = 0.0
    believed: bool = False


class Doubts:
    """Those of one modem. Times are on the monotonic clock."""

    def __init__(self) -> None:
        self._of: dict[Slot, _Doubt] = {}

    @property
    def again_at(self) -> float:
        """When to read again; `NEVER` while nothing is in doubt."""
        return min((doubt.due_at for doubt in self._of.values() if not doubt.believed), default=NEVER)

    def believe(self, slot: Slot, pdu: str, now: float) -> bool:
        """Whether what was read there is taken for what lies there; a reading that comes too soon after the last counts nothing."""
        doubt = self._of.setdefault(slot, _Doubt())
        if now >= doubt.due_at:
            doubt.readings[pdu] += 1
            doubt.due_at = now + (AGAIN_S if doubt.readings.total() < QUICK else LATER_S)
        doubt.believed = doubt.readings[pdu] >= SAME or doubt.readings.total() >= MOST
        return doubt.believed

    def over(self, gone: Callable[[Slot], bool]) -> None:
        """What lay in these slots is whole, or gone."""
        self._of = {slot: doubt for slot, doubt in self._of.items() if not gone(slot)}
