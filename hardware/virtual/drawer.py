"""The SIMs of one virtual modem: the one that is in, and those that were or can be put in instead.

Each keeps what is on a SIM: number, ICCID and IMSI, its lock, its texts (the storage SM), its service centre. What is in
the modem (IMEI, the storage ME) stays there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hardware.virtual.errors import VirtualError
from hardware.virtual.faults import Faults
from hardware.virtual.identity import SERVICE_CENTRE, SPARES, Card, spare_sim
from hardware.virtual.sim import Sim
from hardware.virtual.storage import Slot, Storage


@dataclass(slots=True)
class SimCard:
    """One SIM."""

    card: Card
    sim: Sim
    service_centre: str = SERVICE_CENTRE
    texts: dict[int, Slot] = field(default_factory=dict)


class Drawer:
    """SIM 0 is in at first; 1 and 2 are made when they are wanted."""

    def __init__(self, card: Card, faults: Faults, storages: Mapping[str, Storage]) -> None:
        self._own = card
        self._faults = faults
        self._storages = storages
        self._sims = {0: SimCard(card, Sim(faults))}
        self.inserted = self._sims[0]
        self._exchange()

    def insert(self, number: int) -> bool:
        """Put SIM `number` in; False when it is in already. Raises VirtualError when there is none of this number."""
        if not 0 <= number <= SPARES:
            raise VirtualError(f"A modem has the SIMs 0 to {SPARES}, not {number}.")
        if number not in self._sims:
            self._sims[number] = SimCard(spare_sim(self._own, number), Sim(self._faults))
        if self.inserted is self._sims[number]:
            return False
        self.inserted = self._sims[number]
        self.inserted.sim.restart()
        self._exchange()
        return True

    def _exchange(self) -> None:
        if "SM" in self._storages:
            self._storages["SM"].slots = self.inserted.texts

    def all(self) -> dict[int, SimCard]:
        """Every SIM that was ever in, by number, also those that are not."""
        return self._sims

    def cards(self) -> list[Card]:
        """What is printed on them."""
        return [one.card for one in self._sims.values()]
