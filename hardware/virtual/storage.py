"""The message storages of a virtual modem: SM, ME, each with a fixed number of slots, as 27.005 has them.

Slots keep PDUs as the modem would print them (hex, service centre first), so a damaged record stays damaged.
A full storage refuses; nothing is ever overwritten.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

UNREAD, READ, UNSENT, SENT = 0, 1, 2, 3  # <stat> of 27.005 3.1, PDU mode
STATUS_WORDS = ("REC UNREAD", "REC READ", "STO UNSENT", "STO SENT")
STALE_COUNTER_S = 0.5  # how long an E3531 leaves a new text out of +CPMS (modems.md T57)


@dataclass(slots=True)
class Slot:
    """One stored text: status 0 to 3, PDU in hex with the service centre's octets, octets after those, when kept."""

    status: int
    pdu: str
    length: int
    stored_at: float


@dataclass(slots=True)
class Storage:
    """One storage. Indexes run from `first` to `first + size - 1`; the lowest free one is taken."""

    name: str
    size: int
    first: int
    slots: dict[int, Slot] = field(default_factory=dict)

    def put(self, slot: Slot) -> int | None:
        """Keep it; the index, or None when every slot is taken."""
        for index in range(self.first, self.first + self.size):
            if index not in self.slots:
                self.slots[index] = slot
                return index
        return None

    def holds_index(self, index: int) -> bool:
        """Whether the index exists in this storage at all, free or not."""
        return self.first <= index < self.first + self.size

    def used(self, now: float, *, stale: bool = False) -> int:
        """How many slots are taken; `stale` leaves out what came in the last half second."""
        if not stale:
            return len(self.slots)
        return sum(1 for slot in self.slots.values() if slot.stored_at + STALE_COUNTER_S <= now)

    def listed(self, status: int | None) -> Iterator[tuple[int, Slot]]:
        """The slots with this status (None: all), by index."""
        for index in sorted(self.slots):
            if status is None or self.slots[index].status == status:
                yield index, self.slots[index]

    def purge(self, statuses: set[int]) -> None:
        """Delete every slot with one of these statuses (`AT+CMGD=n,flag`)."""
        for index in [index for index, slot in self.slots.items() if slot.status in statuses]:
            del self.slots[index]
