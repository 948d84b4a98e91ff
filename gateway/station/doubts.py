"""Records on a SIM that were read damaged: how often they are read again before they are believed, and when.

A cable, a hub or another program at the port damages what is read, in another way each time; a record that is damaged where it lies
reads the same. Pure but for what it remembers.

Promises: nothing is believed, and so deleted, that was not read `SAME` times in a row in the same way, a while apart. While there is a
doubt no text leaves, for it may be a stop; after `HELD_S` texts leave again, and the record stays where it lies.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.station.rounds import AGAIN_S, NEVER

SAME = 3  # readings
QUICK, LATER_S = 6, 5.0  # so many one right after the other, then these seconds apart
HELD_S = 900.0
Slot = tuple[str, int]


@dataclass
class _Doubt:
    since: float
    pdu: str = ""
    same: int = 0  # readings in a row of this
    readings: int = 0
    due_at: float = 0.0
    over: bool = False  # believed, or given up


class Doubts:
    """Those of one modem. Times are on the monotonic clock."""

    def __init__(self) -> None:
        self._of: dict[Slot, _Doubt] = {}

    @property
    def again_at(self) -> float:
        """When to read again; `NEVER` while nothing is in doubt."""
        return min((doubt.due_at for doubt in self._of.values() if not doubt.over), default=NEVER)

    @property
    def since(self) -> float:
        """Since when something has been in doubt; `NEVER` while nothing is."""
        return min((doubt.since for doubt in self._of.values() if not doubt.over), default=NEVER)

    def believe(self, slot: Slot, pdu: str, now: float) -> bool:
        """Whether what was read there is taken for what lies there; a reading that comes too soon after the last counts nothing."""
        doubt = self._of.setdefault(slot, _Doubt(now))
        if now >= doubt.due_at:
            doubt.same = doubt.same + 1 if pdu == doubt.pdu else 1
            doubt.pdu, doubt.readings = pdu, doubt.readings + 1
            doubt.due_at = now + (AGAIN_S if doubt.readings < QUICK else LATER_S)
        believed = doubt.same >= SAME and pdu == doubt.pdu
        doubt.over = believed or now >= doubt.since + HELD_S
        return believed

    def rest(self, now: float) -> None:
        """Every storage was read. What is in doubt and due was not there to be read, for its storage was refused: it is looked for
        later, and holds up texts no longer than any other.
        """
        for doubt in self._of.values():
            if doubt.due_at <= now and not doubt.over:
                doubt.due_at = now + LATER_S
                doubt.over = now >= doubt.since + HELD_S

    def end(self, gone: Callable[[Slot], bool]) -> None:
        """What lay in these slots is whole, or gone."""
        self._of = {slot: doubt for slot, doubt in self._of.items() if not gone(slot)}
