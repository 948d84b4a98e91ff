"""Reading a modem: what it holds and what it says unasked, kept and committed before anything is deleted
there.
"""

from dataclasses import dataclass
from functools import partial

from gateway import contents, habits, happenings, slots
from gateway.arrivals import Received, Seen
from gateway.station import late, parting
from gateway.station.desk import Desk, log
from gateway.station.doubts import Doubts, Slot
from gateway.station.rounds import NEVER
from hardware.errors import CommandRefused, ModemSilent
from hardware.modem import LISTING, Direct, Notice, Registration, Restarted, StorageFull, Stored, Waiting
from hardware.pdu import Deliver, PduError, StatusReport, Submit, decode

MOST_LEFT = 8  # reports that may wait in a storage; the smallest seen holds 20
STRIKES = 3  # so often a slot is emptied in vain before it is left alone
HANGS = 2  # in a row, and the modem is read slot by slot: one may be a modem that was deaf for a moment
REFUSED_S, REFUSED_AGAIN_S = 20.0, 2.0
BELLS, LOST_S = 2, 120.0  # what rang so often and is in no storage for so long lies nowhere
STUCK_S = 3600.0  # a slot that cannot be emptied is tried again this often
TPDU = Deliver | Submit | StatusReport


@dataclass
class Heard:
    """What the modem said unasked, as the loop needs it."""

    texts: bool = False
    elsewhere: bool = False  # perhaps not in the storage where texts should arrive
    reports: bool = False
    network: bool = False  # it may have come or gone
    restarted: bool = False


class Rung:
    """Bells for texts, or for reports, while nothing of the kind was ever found."""

    def __init__(self) -> None:
        self.ever = False  # one rang
        self._rung = 0
        self._since = NEVER
        self._found = False

    def ring(self, now: float) -> None:
        """One rang."""
        self.ever = True
        self._rung, self._since = self._rung + 1, min(self._since, now)

    def forget(self) -> None:
        """What rang was something else."""
        self._rung, self._since = 0, NEVER

    def look(self, now: float, *, found: bool, everything: bool) -> bool:
        """A storage, or every one, was read: whether what rings lies nowhere. It is told once for so many bells."""
        self._found = self._found or found
        nowhere = everything and self._rung >= BELLS and now >= self._since + LOST_S
        if nowhere or self._found:
            self.forget()
        return nowhere and not self._found


def _read(pdu: str) -> TPDU | None:
    """What a record says; None when it is damaged, its end is missing, or another's end stands behind a text."""
    try:
        tpdu = decode(pdu)
    except PduError:
        return None
    return None if tpdu.cut or (isinstance(tpdu, Deliver) and tpdu.overlong) else tpdu


def _stamp(found: tuple[Stored, TPDU | None]) -> int:
    """When the network had it (ms), 0 where that is not told: in that order people wrote, whatever the slots and storages say."""
    tpdu = found[1]
    return (contents.stamp_of(tpdu) or 0) if isinstance(tpdu, Deliver) else 0


class Reader:
    """One modem's storages as this station knows them."""

    def __init__(self, desk: Desk) -> None:
        assert desk.seat is not None
        self._desk = desk
        self._seen = Seen(desk.name, desk.seat.sim.iccid)
        self._filled: dict[Slot, int] | None = None
        self._strikes: dict[Stored, tuple[int, float]] = {}  # tries to empty it, and when the last was
        self._doubts = Doubts()
        self._unacknowledged = 0
        self._refused_again_at = NEVER
        self._texts, self._reports = Rung(), Rung()
        self.found = 0  # by the last sweep
        assert desk.modem is not None
        if habits.hangs_in_listing(desk.db, desk.modem.identity.imei, now=desk.now_ms()):
            desk.modem.read_by_slot()
        desk.modem.listed_within(desk.listed_s)
        if habits.shows_no_texts(desk.db, desk.modem.identity.imei):
            desk.modem.hand_over_texts()

    @property
    def again_at(self) -> float:
        """When what was read damaged, or just refused, is read again (monotonic); `NEVER` while nothing is in doubt."""
        return min(self._doubts.again_at, self._refused_again_at)

    @property
    def in_doubt_since(self) -> float:
        """Since when something there has been read damaged and not believed (monotonic); `NEVER` while nothing is."""
        return self._doubts.since

    @property
    def stuck(self) -> list[Stored]:
        """What lies in the slots that could not be emptied: one for each of them."""
        left = [item for item, (tries, _) in self._strikes.items() if tries >= STRIKES]
        return [item for _, item in sorted({(item.storage, item.index): item for item in left}.items())]

    def sweep(self, *, everything: bool, busy: bool = False) -> int:
        """Read, keep, commit, then delete; returns how many texts and reports were new.

        While texts wait to leave (`busy`) a few fresh reports may stay where they lie: they stop nothing, and one commit
        takes them together. Raises HardwareError and sqlite3.OperationalError.
        """
        assert self._desk.modem is not None
        everything = everything or self._desk.modem.refused_since is not None
        stored = self._listed(everything=everything)
        self._refused_again_at = self._when_refused()
        read = [(item, _read(item.pdu)) for item in stored]
        self._forget_emptied(read, everything=everything)
        self._miss(read, everything=everything)
        reports = all(isinstance(tpdu, StatusReport) for _, tpdu in read)
        if stored and busy and reports and len(stored) <= MOST_LEFT:
            return 0
        ripe = [item for item, tpdu in sorted(read, key=_stamp) if self._is_ours(item, tpdu)]
        self.found = len(ripe)
        new = 0
        if ripe:
            new = self.keep([Received(item.pdu, item.storage, item.index) for item in ripe])
        if new:
            self._desk.bells.over()
        # The last slot first: a telephone whose list closes up would else have what arrives meanwhile moved into a slot that is emptied next.
        for item in sorted(ripe, key=lambda item: (item.storage, item.index), reverse=True):
            self._delete(item)
        if everything:
            self._doubts.rest(self._desk.clock.monotonic())
            self._see_emptied({(item.storage, item.index) for item in stored})
        return new

    def _listed(self, *, everything: bool) -> list[Stored]:
        desk = self._desk
        assert desk.modem is not None
        try:
            stored = desk.modem.list(everything=everything)
        except ModemSilent as silent:
            if silent.command == LISTING:
                self._hung()
            raise
        desk.hung_lists = 0
        desk.company.was_read()
        return stored

    def _miss(self, read: list[tuple[Stored, TPDU | None]], *, everything: bool) -> None:
        """What rings and is never found is asked to come directly. A modem that stores no text says so only by the index of its bell (SIM7000),
        and nobody's stop was heard.
        """
        desk, now = self._desk, self._desk.clock.monotonic()
        assert desk.modem is not None
        reports = [isinstance(tpdu, StatusReport) for _, tpdu in read if not isinstance(tpdu, Submit)]
        if any(reports) and not self._reports.ever:  # they rang as a text does
            self._texts.forget()
        if self._reports.look(now, found=any(reports), everything=everything):
            log.info("station=%s rings for reports that lie nowhere", desk.name)
            desk.modem.hand_over_reports()
        unread = desk.modem.refused_since is not None or desk.modem.has_company
        if self._texts.look(now, found=not all(reports), everything=everything) and not unread:
            log.warning("station=%s rings for texts that lie nowhere", desk.name)
            handed_over = desk.modem.hand_over_texts()
            desk.bells.lay_nowhere(handed_over=handed_over)
            if handed_over:
                habits.showed_no_texts(desk.db, desk.modem.identity.imei, now=desk.now_ms())

    def _when_refused(self) -> float:
        """A storage that could not be read, as when its SIM is busy and does not say so, is soon tried again, and nothing sent until then: a
        stop may lie there. After a while texts leave, with a look at it before each, for it may not be there at all.
        """
        desk = self._desk
        assert desk.modem is not None
        since, now = desk.modem.refused_since, desk.clock.monotonic()
        return now + REFUSED_AGAIN_S if since is not None and now < since + REFUSED_S else NEVER

    def _hung(self) -> None:
        """No list came: next time it is given all the time there is; after that it is asked for none."""
        desk = self._desk
        assert desk.modem is not None
        log.warning("station=%s hung when it was asked for a list", desk.name)
        desk.listed_s.clear()
        desk.hung_lists += 1
        if desk.hung_lists >= HANGS:
            habits.hung_in_listing(desk.db, desk.modem.identity.imei, now=desk.now_ms())

    def _is_ours(self, item: Stored, tpdu: TPDU | None) -> bool:
        """Whether this is kept and deleted now: a draft of somebody's telephone never is, a damaged record not before it is believed."""
        if tpdu is not None:
            return not isinstance(tpdu, Submit)
        return self._doubts.believe((item.storage, item.index), item.pdu, self._desk.clock.monotonic())

    def keep(self, received: list[Received]) -> int:
        """Commit what came, and ring; after it the modem's copies may go."""
        self._filled = None
        return parting.keep(self._desk, received, self._seen)

    def _delete(self, item: Stored) -> None:
        desk = self._desk
        assert desk.modem is not None
        tries, tried_at = self._strikes.get(item, (0, 0.0))
        now = desk.clock.monotonic()
        if tries >= STRIKES and now < tried_at + STUCK_S:
            return
        try:
            desk.modem.delete(item)
        except CommandRefused as refused:
            log.warning("station=%s slot=%s:%d not emptied: %s", desk.name, item.storage, item.index, refused)
        self._doubts.end(
            lambda slot: slot == (item.storage, item.index)
        )  # what is there next is another record
        # Counted even when the modem said OK: a slot that is full again with the same octets was not emptied.
        self._strikes[item] = (tries + 1, now)

    def _forget_emptied(self, read: list[tuple[Stored, TPDU | None]], *, everything: bool) -> None:
        """Drop what was counted against slots that this listing shows empty, or whole."""
        here = {item for item, _ in read}
        self._strikes = {
            item: struck
            for item, struck in self._strikes.items()
            if item in here or not self._was_read(item.storage, everything=everything)
        }
        damaged = {(item.storage, item.index) for item, tpdu in read if tpdu is None}
        self._doubts.end(lambda slot: slot not in damaged and self._was_read(slot[0], everything=everything))

    def _was_read(self, storage: str, *, everything: bool) -> bool:
        """Whether the listing shows all that lies in this storage."""
        modem = self._desk.modem
        assert modem is not None
        return storage not in modem.passed_over if everything else storage == modem.arrival_storage

    def _see_emptied(self, full: set[tuple[str, int]]) -> None:
        """Only a slot that a whole listing shows empty is empty: from then on the same octets there are a second text.

        Another SIM that was put in while the modem runs shows its own slots: nothing is known of the first one's then. Nor beside another
        program, which may have had the listing.
        """
        desk = self._desk
        assert desk.seat is not None
        assert desk.modem is not None
        if self._filled is None:
            self._filled = slots.present(desk.db, desk.seat.sim.iccid)
        emptied = [
            slot for slot in self._filled if slot not in full and self._was_read(slot[0], everything=True)
        ]
        if emptied and not desk.company.was_there and desk.modem.has_its_card():
            slots.emptied(desk.db, [self._filled[slot] for slot in emptied], now=desk.now_ms())
            for slot in emptied:  # once it is committed: else what comes there again counts as the same text, and is deleted unread
                del self._filled[slot]

    def hear(self) -> Heard:
        """Deal with what came unasked."""
        desk = self._desk
        assert desk.modem is not None
        result = Heard()
        ringing = False
        everything, desk.heard = [*desk.heard, *desk.modem.notices()], []
        heard = late.settle(desk, everything)
        for notice in heard:
            self._count(notice)
            match notice:
                case Waiting(report=True, storage=storage):
                    desk.modem.also_read(storage)
                    result.reports = True
                case Waiting(storage=storage, index=index) if (
                    storage == desk.modem.arrival_storage and index >= 0
                ):
                    result.texts = True
                case Waiting() | StorageFull():
                    desk.modem.also_read(notice.storage)
                    result.texts = result.elsewhere = True
                    desk.was_full = desk.was_full or isinstance(notice, StorageFull)
                case Direct():
                    self._take(notice)
                case Registration():
                    result.network = True
                case Restarted():
                    result.restarted = self._began_anew(notice) or result.restarted
                case _:
                    ringing = True
        if result.restarted:
            return result  # what is in hand is recorded before the modem is set up anew
        if len(heard) < len(everything) or any(isinstance(notice, Direct) for notice in heard):
            desk.flush()
        draining = desk.draining(desk.clock.monotonic())
        if not draining:
            self._acknowledge()
        if ringing and not draining:
            desk.modem.hang_up()
        return result

    def _count(self, notice: Notice) -> None:
        """A bell, if it is one."""
        if isinstance(notice, Waiting):
            (self._reports if notice.report else self._texts).ring(self._desk.clock.monotonic())

    def _take(self, direct: Direct) -> None:
        """It exists nowhere else: when the database or the modem fails now, it stays in hand."""
        if not direct.kept:
            self._desk.results.append(partial(self._keep_direct, Received(direct.pdu)))
        self._unacknowledged += 1

    def _began_anew(self, notice: Restarted) -> bool:
        """Whether the modem is to be set up again for this: not for an answer to another program. Where that is waited for, it is set up
        then; beside one that stays, each look asks whether it has forgotten what was set.
        """
        desk = self._desk
        if not notice.heard and notice.evidence.startswith("+") and desk.company.works:
            return False
        log.info("station=%s began anew: %s", desk.name, notice.evidence)
        desk.because = desk.because or happenings.began_anew(notice.evidence, just_opened=desk.just_opened())
        if notice.heard:
            desk.late = None  # whatever it was doing, it has forgotten
        return True

    def _acknowledge(self) -> None:
        """What came directly is committed: the modem may tell the network so."""
        desk = self._desk
        assert desk.modem is not None
        if self._unacknowledged and not desk.results:
            owed, self._unacknowledged = self._unacknowledged, 0
            for _ in range(owed):
                desk.modem.acknowledge()

    def _keep_direct(self, received: Received) -> None:
        self.keep([received])
