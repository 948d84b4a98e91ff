"""Reading a modem: what it holds and what it says unasked, kept and committed before anything is deleted
there.
"""

from dataclasses import dataclass
from functools import partial

from gateway import arrivals
from gateway.arrivals import Received, Seen
from gateway.station import late
from gateway.station.desk import Desk, log
from hardware.errors import CommandRefused
from hardware.modem import Direct, Restarted, StorageFull, Stored, Waiting

MOST_LEFT = 8  # reports that may wait in a storage; the smallest seen holds 20
STRIKES = 3  # a slot that cannot be emptied in three tries is left alone


@dataclass
class Heard:
    """What the modem said unasked, as the loop needs it."""

    texts: bool = False
    elsewhere: bool = False  # perhaps not in the storage where texts should arrive
    reports: bool = False
    restarted: bool = False


def _is_report(pdu: str) -> bool:
    """A STATUS REPORT by its first octet (23.040 9.2.3.1), behind the SMSC address."""
    try:
        octets = bytes.fromhex(pdu)
        return octets[1 + octets[0]] & 3 == 2
    except (ValueError, IndexError):
        return False


class Reader:
    """One modem's storages as this station knows them."""

    def __init__(self, desk: Desk) -> None:
        assert desk.seat is not None
        self._desk = desk
        self._seen = Seen(desk.name, desk.seat.sim.iccid)
        self._filled: dict[tuple[str, int], int] | None = None
        self._strikes: dict[Stored, int] = {}

    def sweep(self, *, everything: bool, busy: bool = False) -> int:
        """Read, keep, commit, then delete; returns how many texts and reports were new.

        While texts wait to leave (`busy`) a few fresh reports may stay where they lie: they stop nothing, and one commit
        takes them together. Raises HardwareError and sqlite3.OperationalError.
        """
        desk = self._desk
        assert desk.modem is not None
        assert desk.seat is not None
        stored = desk.modem.list(everything=everything)
        new = 0
        if busy and len(stored) <= MOST_LEFT and all(_is_report(item.pdu) for item in stored):
            return 0
        if stored:
            new = self.keep([Received(item.pdu, item.storage, item.index) for item in stored])
        for item in stored:
            self._delete(item)
        if everything:
            self._see_emptied({(item.storage, item.index) for item in stored})
        return new

    def keep(self, received: list[Received]) -> int:
        """Commit what came, and ring; after it the modem's copies may go."""
        desk = self._desk
        new = arrivals.keep(desk.db, received, self._seen, desk.rules, now=desk.now_ms())
        self._filled = None
        if new:
            desk.ring()
        return new

    def _delete(self, item: Stored) -> None:
        assert self._desk.modem is not None
        if self._strikes.get(item, 0) >= STRIKES:
            return
        try:
            self._desk.modem.delete(item)
        except CommandRefused as refused:
            log.warning(
                "station=%s slot=%s:%d not emptied: %s", self._desk.name, item.storage, item.index, refused
            )
        # Counted even when the modem said OK: a slot that is full again with the same octets was not emptied.
        self._strikes[item] = self._strikes.get(item, 0) + 1

    def _see_emptied(self, full: set[tuple[str, int]]) -> None:
        """Only a slot that a whole listing shows empty is empty: from then on the same octets there are a second text."""
        desk = self._desk
        assert desk.seat is not None
        if self._filled is None:
            self._filled = arrivals.present(desk.db, desk.seat.sim.iccid)
        emptied = [slot for slot in self._filled if slot not in full]
        if emptied:
            arrivals.emptied(desk.db, [self._filled.pop(slot) for slot in emptied], now=desk.now_ms())
        self._strikes = {item: n for item, n in self._strikes.items() if (item.storage, item.index) in full}

    def hear(self) -> Heard:
        """Deal with what came unasked."""
        desk = self._desk
        assert desk.modem is not None
        result = Heard()
        ringing = False
        everything, desk.heard = [*desk.heard, *desk.modem.notices()], []
        heard = late.settle(desk, everything)
        for notice in heard:
            match notice:
                case Waiting(report=True):
                    result.reports = True
                case Waiting(storage=storage, index=index) if (
                    storage == desk.modem.arrival_storage and index >= 0
                ):
                    result.texts = True
                case Waiting() | StorageFull():
                    result.texts = result.elsewhere = True
                case Direct():
                    # It exists nowhere else: when the database or the modem fails now, it stays in hand.
                    desk.results.append(partial(self._keep_direct, Received(notice.pdu)))
                case Restarted():
                    log.info("station=%s began anew: %s", desk.name, notice.evidence)
                    result.restarted = True
                case _:
                    ringing = True
        if len(heard) < len(everything) or any(isinstance(notice, Direct) for notice in heard):
            desk.flush()
        if ringing and not desk.draining(desk.clock.monotonic()):
            desk.modem.hang_up()
        return result

    def salvage(self) -> None:
        """The modem goes: what it said and stored nowhere stays in hand."""
        desk = self._desk
        assert desk.modem is not None
        heard, desk.heard = late.settle(desk, [*desk.heard, *desk.modem.notices()]), []
        desk.results += [partial(self._keep_direct, Received(n.pdu)) for n in heard if isinstance(n, Direct)]

    def _keep_direct(self, received: Received) -> None:
        self.keep([received])
