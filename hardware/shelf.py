"""What lies in the storage that is chosen: read by its list, or slot by slot.

Promises: what is received is returned exactly as the modem gave it, damaged or not; drafts and sent copies (stat 2, 3) never are. A list
is doubted that is empty while the modem counts more. A slot that is never answered, or whose record fails, is passed over.
Failure: `CommandRefused` when the SIM says why (busy, absent, locked) or refuses everything after it had listed, `Unreadable` when there never
was a way to read and there has to be one, else what the channel raises; a hang in CMGL is `ModemSilent` with the command `LISTING`.
"""

from __future__ import annotations

import re
from dataclasses import replace

from hardware import cpms, framing
from hardware.asking import ask, numbers
from hardware.at import At
from hardware.entries import is_torn, lacks_a_body, lacks_a_header, split_entries, stored_in, with_index
from hardware.errors import CommandRefused, ModemSilent, Unreadable
from hardware.facts import Stored
from hardware.patience import Patience
from hardware.sim import state_in

EMPTY = {("CMS", 321), ("CME", 21), ("CME", 22), ("CME", -1)}
LISTING = "AT+CMGL=4"
PDU_MODE = "AT+CMGF=0"
LIST_LEAST_S = 10.0  # a listing is waited for so long at least, and
LIST_TIMES = 3  # so many times as long as the last one of the same storage took
WALKED_S = 600.0  # a list that was refused is asked for again so much later: the SIM may only have been busy
SLOTS_MOST = (
    2000  # phones have so many; more are the digits of two answers, and looking into each would never end
)
SLOTS_UNKNOWN = 50  # how far to look in a storage whose size nobody tells
LOOKS_S = (0.0, 0.0, 0.5, 0.5)  # before each look into empty slots, while more texts are counted
LOOKED_S = 5.0  # no further look begins so long after the first one ended: some take a minute
BELIEVED_S = 60.0  # what it counts too much for so long is how it counts


class Shelf:
    """The storage that is chosen just now; its name is told with each question."""

    def __init__(self, at: At, patience: Patience) -> None:
        self._at = at
        self._patience = patience
        self.by_slot = False  # AT+CMGL hangs this modem: never ask, read slot by slot
        self.took_s: dict[str, float] = {}  # by storage: how long the last whole listing took
        self.totals: dict[str, int] = {}  # slots, as far as they are told
        self.used: dict[str, int] = {}  # what a storage was said to hold, until it is read
        self.shown: dict[str, int] = {}  # how many, drafts too, the last reading showed
        # By storage: how many it counted that were in no slot, and since when.
        self.never_found: dict[str, tuple[int, float]] = {}
        self._reads = False  # AT+CMGR told of a slot, if only that it is empty
        self._lists: set[str] = set()  # what AT+CMGL listed: that it refuses everything passes
        self._walks: dict[str, float] = {}  # storages that CMGL is refused for, read slot by slot: since when
        self._silent: dict[tuple[str, int], float] = {}  # slots that AT+CMGR was not answered for: since when
        self._counts = True  # AT+CPMS? is answered
        self._told = False  # and told of this storage

    def count(self, name: str, lines: list[str]) -> bool:
        """Keep what was told of the storage that was just chosen; whether anything was."""
        counts = numbers(lines[0]) if lines else []
        if len(counts) >= 2 and counts[1] <= SLOTS_MOST:
            self.used[name], self.totals[name] = counts[:2]
        return len(counts) >= 2

    def read(self, name: str, *, needed: bool) -> list[Stored]:
        """All that was received and lies there. `needed`: Unreadable when there never was a way to read it."""
        if self.by_slot or self._at.clock.monotonic() < self._walks.get(name, -WALKED_S) + WALKED_S:
            ask(self._at, PDU_MODE)
            return self._walk(name)
        try:
            began = self._at.clock.monotonic()
            lines = self._list(name)
            if not self._is_whole(name, lines):
                before, lines = lines, self._ask(LISTING, self._list_s(name))
                if (
                    is_torn(lines)
                    or (before and not lines)
                    or (self._at.has_company and lacks_a_header(lines))
                ):
                    return self._walk(name)
            self.took_s[name] = self._at.clock.monotonic() - began
        except CommandRefused as refused:
            if state_in(refused):
                raise
            if (refused.family, refused.code) in EMPTY and self._is_empty(name):  # phonesim
                self._lists.add(name)
                return []
            found = self._walk(name)
            if needed and not self._reads and ask(self._at, "AT+CMGR=?") is None:
                if name in self._lists:
                    raise
                raise Unreadable(refused) from refused
            self._walks[name] = self._at.clock.monotonic()
            return found
        self._lists.add(name)
        # The OK may have been another's. One that cannot be asked for its count told it when the storage was chosen.
        doubted = self.used.pop(name, 0) or self.never_found.get(name, (0, 0.0))[0]
        if doubted and not lines and not (self._is_empty(name) and self._counts):
            return self._walk(name, LOOKS_S[:1])
        entries = split_entries(lines, "+CMGL:")
        if lines and not entries:  # the rest of another program's answer
            self._at.incoming.company.perhaps()
        self.shown[name] = len(entries)
        return [stored for entry in entries if (stored := self._whole(entry, name))]

    def _is_whole(self, name: str, lines: list[str]) -> bool:
        """Whether another program at the port took no header, no text, and not all of this list: then the OK was of its own command,
        or of one that was given up.
        """
        if lines and self._at.has_company:
            missing = self._counted(name) - len(split_entries(lines, "+CMGL:"))
            if missing > self.never_found.get(name, (0, 0.0))[0]:
                return False
        return not lacks_a_header(lines) and (lines != [] or self._at.bare_ok_is_sure)

    def _whole(self, entry: list[str], name: str) -> Stored | None:
        """What came in pieces, or as a header alone, is read once more, in its place: an answer to another program may look like its rest.
        What is cut is doubted.
        """
        stored = stored_in(entry, name)
        if stored is None and (index := lacks_a_body(entry)) is not None:
            return self._in_place(index, name)
        if stored is None:
            return None
        if any(line.strip().startswith(stored.pdu) for line in entry[1:]):
            return self._sure(stored)
        head = next(filter(framing.may_be_pdu, entry[1:]), entry[1]).strip()
        if (again := self._in_place(stored.index, name)) and again.pdu.startswith(head):
            return again
        return Stored(name, stored.index, head) if self._at.has_company else stored

    def _sure(self, stored: Stored) -> Stored:
        """Beside another program the beginning of one text and the end of another may make a third of the right length: what is read twice
        alike is believed, and what is not is doubted as one that is cut.
        """
        again = self._in_place(stored.index, stored.storage) if self._at.has_company else None
        if again is None or _alike(again, stored):
            return stored
        third = self._in_place(stored.index, stored.storage)
        alike = (read for read in (again, stored) if third and _alike(read, third))
        return next(alike, replace(stored, pdu=stored.pdu[:-2]))

    def _list(self, name: str) -> list[str]:
        """The list; one that is refused is asked for once more in PDU mode, for in text mode 4 is no status (27.005 3.4.2), and what is
        sent in text mode goes as other words to another number.
        """
        try:
            return self._ask(LISTING, self._list_s(name))
        except CommandRefused as refused:
            if state_in(refused):
                raise
        self._at.command(PDU_MODE)
        lines = self._ask(LISTING, self._list_s(name))
        self._at.incoming.company.set_anew()  # and may be again: the mode is asked for before a text leaves
        return lines

    def _list_s(self, name: str) -> float:
        """How much silence a listing is given: a modem that was quick is not waited for as long as one that is not known."""
        took_s = self.took_s.get(name)
        if took_s is None:
            return self._patience.list_s
        return min(self._patience.list_s, max(LIST_LEAST_S, LIST_TIMES * took_s))

    def _walk(self, name: str, looks: tuple[float, ...] = LOOKS_S) -> list[Stored]:
        """Slot by slot; some say at first of a text that has just come that there is none, and their count tells better."""
        clock, there = self._at.clock, dict[int, list[str]]()
        last_at = None
        for rest_s in looks:
            self._at.incoming.rest(rest_s)
            self._look_into(name, there)
            last_at = clock.monotonic() + LOOKED_S if last_at is None else last_at
            if self._all_found(name, len(there)) or clock.monotonic() > last_at:
                break
        self.shown[name] = len(there)
        found = (stored_in(there[index], name) for index in sorted(there))
        return [self._sure(stored) for stored in found if stored]

    def _is_empty(self, name: str) -> bool:
        """Whether none is counted. Beside another program, which may have read the count, none that is told is not none."""
        return self._all_found(name, 0) and (self._told or not self._at.has_company)

    def _all_found(self, name: str, found: int) -> bool:
        """Whether the modem counts no more than was found; or as many more as for a while now, which are nowhere."""
        missing = max(0, self._counted(name) - found)
        now = self._at.clock.monotonic()
        before, since = self.never_found.get(name, (0, now))
        since = since if missing == before else now
        self.never_found[name] = missing, since
        return missing == 0 or now >= since + BELIEVED_S

    def _counted(self, name: str) -> int:
        """How many the modem counts there; 0 where it does not tell."""
        # A silent one is not waited for at each look; another program may have had the answer.
        lines = ask(self._at, "AT+CPMS?") if self._counts or self._at.has_company else None
        self._counts = lines is not None
        counted = cpms.counted(lines or [], name) or cpms.bare_count(lines or [])
        self._told = bool(counted)
        return counted[0] if counted else 0

    def _look_into(self, name: str, there: dict[int, list[str]]) -> None:
        """Add what is found in more slots to `there`, in the form of +CMGL. A record that fails, of a SIM that does not, is passed over."""
        good, failed = None, None
        for index in range(self.totals.get(name, SLOTS_UNKNOWN) + 1):  # the first slot may be 0 or 1
            if self._was_silent(name, index):
                continue
            try:
                entry = self.slot(index) if index not in there else None
                good = index
            except CommandRefused as refused:
                failed = refused
                if state_in(refused) != "FAILURE":
                    raise
                if good is not None:
                    self.slot(good)  # when this fails too, it is the SIM
            except ModemSilent:
                self._at.resync()  # raises when it is dead; else it only does not answer this
                if not self._at.has_company:  # which may have had the answer
                    self._silent[name, index] = self._at.clock.monotonic()
            else:
                if entry:
                    there[index] = [with_index(entry[0], index), *entry[1:]]
        if failed and good is None:
            raise failed

    def _was_silent(self, name: str, index: int) -> bool:
        return self._at.clock.monotonic() < self._silent.get((name, index), -WALKED_S) + WALKED_S

    def lies_there(self, stored: Stored) -> bool:
        """Whether its slot still holds this text. Not known when another program was answered meanwhile, which may have chosen another storage
        behind the text that was read.
        """
        company = self._at.incoming.company
        answers = company.answers
        found = self._in_place(stored.index, stored.storage)
        if found is None and not self.by_slot:  # some let no slot be read, or answer only OK
            listed = split_entries(self._list(stored.storage), "+CMGL:")
            texts = [text for entry in listed if (text := stored_in(entry, stored.storage))]
            found = next((text for text in texts if text.index == stored.index), None)
        return company.answers == answers and found is not None and _alike(found, stored)

    def _in_place(self, index: int, name: str) -> Stored | None:
        entry = self.slot(index)
        return stored_in([with_index(entry[0], index), *entry[1:]], name) if entry else None

    def slot(self, index: int) -> list[str] | None:
        try:
            lines = self._ask(f"AT+CMGR={index}", self._patience.delete_s)
        except CommandRefused as refused:
            if state_in(refused):
                raise
            self._reads |= (refused.family, refused.code) in EMPTY
            return None
        if is_torn(lines):
            lines = self._ask(f"AT+CMGR={index}", self._patience.delete_s)
        self._reads = True
        return next((entry for entry in split_entries(lines, "+CMGR:") if len(entry) > 1), None)

    def _ask(self, command: str, timeout_s: float) -> list[str]:
        """Read, and once more in PDU mode when the modem has fallen out of it (Sony T630 does)."""
        lines = self._at.command(command, timeout_s, patient=True)
        if any(re.match(r'\+CMG[LR]:\s*(\d+\s*,\s*)?"(REC|STO)', line) for line in lines):
            self._at.command(PDU_MODE)
            lines = self._at.command(command, timeout_s, patient=True)
        return lines


def _alike(one: Stored, other: Stored) -> bool:
    """Whether both are the same text; some pad it, or leave its service centre out, in one form of the answer and not in the other."""
    return _tpdu(one.pdu) == _tpdu(other.pdu)


def _tpdu(pdu: str) -> str:
    smsc = 2 * int(pdu[:2], 16) if re.match(r"[0-9A-Fa-f]{2}", pdu) else 0
    return pdu[2 + smsc :].upper().rstrip("F")
