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

    def get(self, index: int) -> Slot | None:
        """What is in this slot; None when it is free, or no slot."""
        return self.slots.get(index)

    def remove(self, index: int) -> None:
        """Make this slot free."""
        self.slots.pop(index, None)

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


class Joined:
    """MT: SM and ME as one storage, the indexes of the second behind those of the first (27.005 3.1 <mem1>)."""

    def __init__(self, name: str, parts: tuple[Storage, ...]) -> None:
        self.name = name
        self.parts = parts

    @property
    def size(self) -> int:
        """Slots altogether."""
        return sum(part.size for part in self.parts)

    def put(self, slot: Slot) -> int | None:
        """Keep it where there is room; its index here, or None."""
        for shift, part in self._shifted():
            index = part.put(slot)
            if index is not None:
                return index + shift
        return None

    def get(self, index: int) -> Slot | None:
        """What is in this slot."""
        return next(
            (part.get(index - shift) for shift, part in self._shifted() if part.holds_index(index - shift)),
            None,
        )

    def remove(self, index: int) -> None:
        """Make this slot free."""
        for shift, part in self._shifted():
            if part.holds_index(index - shift):
                part.remove(index - shift)

    def holds_index(self, index: int) -> bool:
        """Whether the index exists at all."""
        return any(part.holds_index(index - shift) for shift, part in self._shifted())

    def used(self, now: float, *, stale: bool = False) -> int:
        """How many slots are taken."""
        return sum(part.used(now, stale=stale) for part in self.parts)

    def listed(self, status: int | None) -> Iterator[tuple[int, Slot]]:
        """The slots with this status (None: all), by index."""
        for shift, part in self._shifted():
            for index, slot in part.listed(status):
                yield index + shift, slot

    def purge(self, statuses: set[int]) -> None:
        """Delete every slot with one of these statuses."""
        for part in self.parts:
            part.purge(statuses)

    def _shifted(self) -> Iterator[tuple[int, Storage]]:
        shift = 0
        for part in self.parts:
            yield shift, part
            shift += part.size
