"""Reading a modem: what it holds and what it says unasked, kept and committed before anything is deleted
there.
"""

from gateway import arrivals, flight
from gateway.arrivals import Received, Seen
from gateway.station.desk import Desk, log
from hardware.errors import CommandRefused
from hardware.modem import Direct, LateSubmit, Restarted, StorageFull, Stored, Waiting

STRIKES = 3  # a slot that cannot be emptied in three tries is left alone


class Reader:
    """One modem's storages as this station knows them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._filled: dict[tuple[str, int], int] | None = None
        self._strikes: dict[Stored, int] = {}

    def sweep(self, *, everything: bool) -> int:
        """Read, keep, commit, then delete; returns how many texts and reports were new. Raises HardwareError and sqlite3.OperationalError."""
        desk = self._desk
        assert desk.modem is not None
        assert desk.seat is not None
        stored = desk.modem.list(everything=everything)
        new = 0
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
        assert desk.seat is not None
        new = arrivals.keep(
            desk.db, received, Seen(desk.name, desk.seat.sim.iccid), desk.rules, now=desk.now_ms()
        )
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

    def hear(self) -> tuple[bool, bool]:
        """Deal with what came unasked; returns (something waits in a storage, the modem began anew)."""
        desk = self._desk
        assert desk.modem is not None
        waiting = restarted = False
        heard, desk.heard = [*desk.heard, *desk.modem.notices()], []
        for notice in heard:
            match notice:
                case Waiting() | StorageFull():
                    waiting = True
                case Direct():
                    # It exists nowhere else: kept at once; when the database refuses, it is kept in hand until it takes it.
                    desk.settle(lambda pdu=notice.pdu: _ignore(self.keep([Received(pdu)])))  # type: ignore[misc]
                case LateSubmit():
                    self._late(notice.mr)
                case Restarted():
                    log.info("station=%s began anew: %s", desk.name, notice.evidence)
                    restarted = True
                case _:
                    desk.modem.hang_up()
        return waiting, restarted

    def _late(self, mr: int | None) -> None:
        desk = self._desk
        if desk.late is None or desk.clock.monotonic() > desk.late[3]:
            return
        seat, job, seq, _ = desk.late
        desk.late = None
        desk.settle(lambda: flight.settle_late(desk.db, seat, job, seq, mr, now=desk.now_ms()))


def _ignore(_: int) -> None:
    return None
