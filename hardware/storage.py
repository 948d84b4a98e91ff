"""The modem's storages: which there are, what lies in them, taking things out.

Storage is the truth about what came in; indications are only doorbells. Promises: what is received is returned
exactly as the modem gave it, damaged or not; drafts and sent copies (stat 2, 3) never are, for the caller
deletes what it is given. Works with modems that know no CPMS=?, no CPMS at all, or no CMGL, and (told so by
`by_slot`) with those that hang in it.
Failure: `CommandRefused` when the SIM says why (busy, absent, locked) or refuses everything after it had listed, `Unreadable` when
there never was a way to read and nothing is handed over, else what the channel raises; a hang in CMGL is `ModemSilent` with the command `LISTING`.
"""

from __future__ import annotations

import re

from hardware import cpms, framing
from hardware.asking import ask, numbers
from hardware.at import At
from hardware.entries import lacks_a_header, split_entries, stored_in, with_index
from hardware.errors import CommandRefused, Unreadable
from hardware.facts import Stored
from hardware.patience import Patience
from hardware.sim import state_in

_EMPTY = {("CMS", 321), ("CME", 21), ("CME", 22), ("CME", -1)}
_NOT_FOR_TEXTS = ("BM", "TA")  # broadcasts; a computer's own
LISTING = "AT+CMGL=4"
PDU_MODE = "AT+CMGF=0"
_USUAL = ("SM", "ME")  # where texts lie in nearly every modem, whatever came of the list of its storages
UNTOLD_S = 180.0  # what refuses to be read for so long, and does not say why, is not there
MOST_READ = 8  # storages; a modem that rings with ever new names is not followed for ever
LIST_LEAST_S = 10.0  # a listing is waited for so long at least, and
LIST_TIMES = 3  # so many times as long as the last one of the same storage took
WALKED_S = 600.0  # a list that was refused is asked for again so much later: the SIM may only have been busy
SLOTS_UNKNOWN = 50  # how far to look in a storage whose size nobody tells
LOOKS_S = (0.0, 0.0, 0.5, 0.5)  # before each look into empty slots, while more texts are counted
CHOSEN_TRIES = 3  # some call a storage by another name than the one it was chosen by
LOOKED_S = 5.0  # no further look begins so long after the first one ended: some take a minute
MUTE_S = 3.0  # of silence after a question that is asked often
BELIEVED_S = 60.0  # what it counts too much for so long is how it counts


class Storages:
    """The storages of one started modem."""

    def __init__(self, at: At, patience: Patience) -> None:
        self._at = at
        self._patience = patience
        self.arrival = ""  # where texts arrive; "" when the modem knows no storages
        self.readable: tuple[str, ...] = ()
        self.passed_over: set[str] = set()  # by the last reading: they could not be chosen
        self.told = False  # the modem said something of its storages
        self._names = False  # it said which storages there are
        self.handed_over = False  # texts come without being stored: it need not be able to read any
        self._reads = False  # AT+CMGR told of a slot, if only that it is empty
        self._lists = False  # AT+CMGL listed the arrival storage: that it refuses everything passes
        self.by_slot = False  # AT+CMGL hangs this modem: never ask, read slot by slot
        self.took_s: dict[str, float] = {}  # by storage: how long the last whole listing took
        self._current = ""
        self._counted = False  # it told what that holds when it was chosen
        # Whether the modem, since it listed, still stands where it did: no restart, no other program.
        self._stands: bool | None = None
        self._arity = 3
        self._totals: dict[str, int] = {}
        self._used: dict[str, int] = {}  # what a storage was said to hold, until it is read
        self._refused: dict[str, float] = {}  # storages that were not let be read: since when
        self._said_why: set[str] = set()  # those of them for which the SIM had a reason: they are there
        self._walks: dict[str, float] = {}  # storages that CMGL is refused for, read slot by slot: since when
        # By storage: how many it counted that were in no slot, and since when.
        self._never_found: dict[str, tuple[int, float]] = {}
        self._arrivals: list[str] = []  # where else texts may arrive
        self._gave: set[str] = set()  # storages in which something was found
        self._counts = True  # AT+CPMS? is answered
        self._mute = False  # it is not, and silence takes its time

    def choose(self) -> None:
        """Find the storages; let texts arrive in the largest, read there."""
        there_are, stands = ask(self._at, "AT+CPMS=?"), ask(self._at, "AT+CPMS?")
        lists, now = cpms.advertised(there_are), cpms.names(stands)
        arrivals = (lists[-1] if lists else now[-1:]) or ["SM", "ME"]
        usable = [name for name in arrivals if name not in ("SR", "MT", *_NOT_FOR_TEXTS)] or arrivals
        usable = list(dict.fromkeys(usable))
        accepted = [name for name in usable if self._arrive_in(name)]
        self.told = bool(accepted) or stands is not None
        self._names = bool(lists)
        self._arrivals = accepted
        self._note("", read=self.told)
        if not accepted:  # nothing can be chosen: what is read is what there is
            self.arrival = self._current = (now or [""])[0]
            self.readable = (self.arrival,)
            return
        readable = (lists[0] if lists else now[:1]) or accepted
        self.arrival = max(accepted, key=lambda name: self._totals.get(name, 0))
        if self._current != self.arrival:
            self._arrive_in(self.arrival)
        if self._arity < 3:  # they choose what is read, and perhaps not where texts arrive (Wavecom)
            set_now = cpms.names(ask(self._at, "AT+CPMS?"))
            self.arrival = set_now[2] if len(set_now) == 3 else self.arrival
        self.readable = _worth_reading(self.arrival, readable)

    def _arrive_in(self, name: str) -> bool:
        for arity in sorted((3, 2, 1), key=lambda arity: arity != self._arity):
            lines = ask(self._at, "AT+CPMS=" + ",".join([f'"{name}"'] * arity), self._patience.delete_s)
            if lines is not None:
                self._arity, self._current = arity, name
                self._counted = self._count(name, lines)
                return True
        return False

    def _count(self, name: str, lines: list[str]) -> bool:
        """Keep what was told of the storage that was just chosen; whether anything was."""
        counts = numbers(lines[0]) if lines else []
        if len(counts) >= 2:
            self._used[name], self._totals[name] = counts[:2]
        return len(counts) >= 2

    def select(self, name: str) -> None:
        """Make `name` the storage that is read and deleted from; CommandRefused, also when another one may be it still."""
        if not name or not self.arrival or name == self._current:
            return
        to = self.arrival
        forms = [(name, to, to), (name, name, to), (name, to), (name,)]
        forms.sort(key=lambda form: len(form) != self._arity)
        refusal: CommandRefused | None = None
        before, self._current = self._current, ""
        for form in forms:
            try:
                lines = self._at.command(
                    "AT+CPMS=" + ",".join(f'"{part}"' for part in form), self._patience.delete_s
                )
            except CommandRefused as refused:
                refusal = refusal or refused
                continue
            self._counted = self._count(name, lines)
            if not self._counted and not self._is_it(name):
                # What would be deleted by an index of this storage lies in another one.
                refusal = CommandRefused("AT+CPMS", "ERROR", None, "it chose another", 0.0)
                continue
            self._current = name
            return
        if self._is_it(before):  # else the refusal was the answer to another program's command
            self._current = before
        if refusal:
            raise refusal

    def _is_it(self, name: str) -> bool:
        """Whether a bare OK was the answer: the OK of another program's command is not. A modem that cannot say is believed."""
        return self._chosen() in ("", name)

    def _chosen(self) -> str:
        """The storage that is read, as the modem says; "" when it cannot."""
        if self._mute:
            return ""
        began = self._at.clock.monotonic()
        now = cpms.names(ask(self._at, "AT+CPMS?"))
        self._mute = not now and self._at.clock.monotonic() - began > MUTE_S
        return now[0] if now else ""

    def also_read(self, name: str) -> None:
        """An indication named a storage that the modem did not advertise: from now on it is read with the others."""
        new = bool(re.fullmatch(r"[A-Z_]{2,5}", name)) and name not in (*self.readable, "MT", *_NOT_FOR_TEXTS)
        if new and self.arrival and len(self.readable) < MOST_READ:
            self.readable = (*self.readable, name)

    def contents(self, *, everything: bool) -> list[Stored]:
        """What was received and still lies there; in the arrival storage, or in every one."""
        found: list[Stored] = []
        self.passed_over = set()
        if not self.told and self.refused_since is not None:
            self.choose()
        for name in (*self.readable, *self._unnamed()) if everything else ():
            if name == self.arrival:
                continue
            try:
                self.select(name)
                found += self._noted(name, self._listed(name))
            except CommandRefused as refused:  # not there (Air724, ME3630), or without slots (ML307R)
                if self._current == name and (state_in(refused), self._totals.get(name)) != ("FAILURE", 0):
                    raise
                self._note(name, read=False, why="" if self._current == name else state_in(refused))
                self.passed_over.add(name)
        if self._at.has_company:  # it may have chosen what is read
            self._current = ""
        self.select(self.arrival)
        return self._noted(self.arrival, self._listed(self.arrival)) + found

    def _unnamed(self) -> list[str]:
        """The usual storages that no list named: it may have been cut, by another program at the port."""
        if not self.arrival or self.arrival == "MT":
            return []
        unnamed = [name for name in _USUAL if name not in self.readable]
        return [name for name in unnamed if name not in self._refused or self._may_be_there(name)]

    @property
    def refused_since(self) -> float | None:
        """Since when something that may hold texts has not been let be read; None when nothing is, for so long that it is not there, or when
        the modem names its storages, and not this one.
        """
        named = (name for name in self._refused if not self._names or name in ("", *self.readable))
        return min((self._refused[name] for name in named if self._may_be_there(name)), default=None)

    def ask_again(self) -> None:
        """The SIM serves again, or only now: what was refused may be there after all."""
        self._refused = dict.fromkeys(self._refused, self._at.clock.monotonic())

    def _may_be_there(self, name: str) -> bool:
        return name in self._said_why or self._at.clock.monotonic() < self._refused[name] + UNTOLD_S

    def _note(self, name: str, *, read: bool, why: str = "") -> None:
        """Whether this storage ("": any) was let be read, and what the SIM said when it was not."""
        self._said_why = self._said_why - {name} | ({name} if why else set())
        if read:
            self._refused.pop(name, None)
        elif name != "SR":  # reports stop nothing
            self._refused.setdefault(name, self._at.clock.monotonic())

    def _noted(self, name: str, found: list[Stored]) -> list[Stored]:
        """What was found may not be all of it, when the modem counts more: slot after slot was refused, or its list is empty."""
        missing, since = self._never_found.get(name, (0, 0.0))
        believed_from = self._at.clock.monotonic() - BELIEVED_S
        mute = missing and self._refused.get(name, since) <= believed_from
        if name:
            self._note(name, read=bool(found) or missing == 0 or since <= believed_from)
        self._gave |= {name} if found else set()
        if mute and name == self.arrival and name not in self._gave:
            self._arrive_elsewhere()
        return found

    def _arrive_elsewhere(self) -> None:
        """Nothing of what is counted where texts arrive was ever let be read (EC200A): from now on they arrive in another storage."""
        others, self._arrivals = [name for name in self._arrivals if name != self.arrival], []
        self.arrival = next(filter(self._arrive_in, others), self.arrival)

    def delete(self, stored: Stored) -> None:
        """Empty one slot; it may be empty already. CommandRefused when another text than this one lies there."""
        if self._stands is None:
            # A bare OK, of one that does not say what it chose, may have chosen nothing: all storages are the same one then.
            said = self._current and self._chosen()
            known = said == self._current if said else self._counted or not self._current
            self._stands = known and not self._at.has_company
            self._current = self._current if self._stands else ""
        self.select(stored.storage)
        if not self._stands and not self._lies_there(stored):
            raise CommandRefused("AT+CMGD", "ERROR", None, "another text lies there than was read", 0.0)
        try:
            self._at.command(f"AT+CMGD={stored.index}", self._patience.delete_s)
        except CommandRefused as refused:
            empty = (refused.family, refused.code) in _EMPTY
            if not empty and (state_in(refused) or self._slot(stored.index) is not None):
                raise

    def counters(self) -> tuple[int | None, int | None]:
        """Used and total slots where texts arrive, as the modem counts them (which may lag)."""
        lines = [line for line in ask(self._at, "AT+CPMS?") or [] if line.startswith("+CPMS")]
        counted = cpms.counted(lines, self.arrival)
        if counted is not None:
            self._used[self.arrival] = counted[0]
            return counted
        counts = next((counts for line in lines if len(counts := numbers(line)) >= 2), None)
        return (counts[-2], counts[-1]) if counts else (None, self._totals.get(self.arrival))

    def _listed(self, name: str) -> list[Stored]:
        """What lies in it: read anew when another program chose another storage before the list was asked for, and this one's stays unread."""
        for _ in range(CHOSEN_TRIES):
            found = self._read_whole(name)
            if not self._at.has_company or not self._current or self._is_it(name):
                break
            self._current = ""
            self.select(name)
        return found

    def _read_whole(self, name: str) -> list[Stored]:
        self._stands = None
        if self.by_slot or self._at.clock.monotonic() < self._walks.get(name, -WALKED_S) + WALKED_S:
            ask(self._at, PDU_MODE)
            return self._walk(name)
        try:
            began = self._at.clock.monotonic()
            lines = self._list(name)
            if lacks_a_header(lines):  # another program at the port took it
                lines = self._read(LISTING, self._list_s(name))
            self.took_s[name] = self._at.clock.monotonic() - began
        except CommandRefused as refused:
            if state_in(refused):
                raise
            if (refused.family, refused.code) in _EMPTY and self._all_found(name, 0):  # phonesim
                self._lists |= name == self.arrival
                return []
            found = self._walk(name)
            may_read = self._reads or self.handed_over or name != self.arrival
            if not may_read and ask(self._at, "AT+CMGR=?") is None:
                if self._lists:
                    raise
                raise Unreadable(refused) from refused
            self._walks[name] = self._at.clock.monotonic()
            return found
        self._lists |= name == self.arrival
        doubted = self._used.pop(name, 0) or self._never_found.get(name, (0, 0.0))[0]
        # The OK may have been another's. One that cannot be asked for its count told it when the storage was chosen.
        if doubted and not lines and not (self._all_found(name, 0) and self._counts):
            return self._walk(name)
        return [stored for entry in split_entries(lines, "+CMGL:") if (stored := self._whole(entry, name))]

    def _whole(self, entry: list[str], name: str) -> Stored | None:
        """What came in pieces is read once more, in its place: an answer to another program may look like its rest. What is cut is doubted."""
        stored = stored_in(entry, name)
        if stored is None or any(line.strip().startswith(stored.pdu) for line in entry[1:]):
            return stored
        head = next(filter(framing.may_be_pdu, entry[1:]), entry[1]).strip()
        if (again := self._in_place(stored.index, name)) and again.pdu.startswith(head):
            return again
        return Stored(name, stored.index, head) if self._at.has_company else stored

    def _list(self, name: str) -> list[str]:
        """The list; one that is refused is asked for once more in PDU mode, for in text mode 4 is no status (27.005 3.4.2), and what is
        sent in text mode goes as other words to another number.
        """
        try:
            return self._read(LISTING, self._list_s(name))
        except CommandRefused as refused:
            if state_in(refused):
                raise
        self._at.command(PDU_MODE)
        return self._read(LISTING, self._list_s(name))

    def _list_s(self, name: str) -> float:
        """How much silence a listing is given: a modem that was quick is not waited for as long as one that is not known."""
        took_s = self.took_s.get(name)
        if took_s is None:
            return self._patience.list_s
        return min(self._patience.list_s, max(LIST_LEAST_S, LIST_TIMES * took_s))

    def _walk(self, name: str) -> list[Stored]:
        """Slot by slot; some say at first of a text that has just come that there is none, and their count tells better."""
        clock, there = self._at.clock, dict[int, list[str]]()
        last_at = None
        for rest_s in LOOKS_S:
            self._at.incoming.rest(rest_s)
            self._look_into(name, there)
            last_at = clock.monotonic() + LOOKED_S if last_at is None else last_at
            if self._all_found(name, len(there)) or clock.monotonic() > last_at:
                break
        found = (stored_in(there[index], name) for index in sorted(there))
        return [stored for stored in found if stored]

    def _all_found(self, name: str, found: int) -> bool:
        """Whether the modem counts no more than was found; or as many more as for a while now, which are nowhere."""
        lines = ask(self._at, "AT+CPMS?") if self._counts else None
        self._counts = lines is not None  # a silent one is not waited for at each look
        counted = cpms.counted(lines or [], name) or cpms.bare_count(lines or [])
        missing = max(0, counted[0] - found) if counted else 0
        now = self._at.clock.monotonic()
        before, since = self._never_found.get(name, (0, now))
        since = since if missing == before else now
        self._never_found[name] = missing, since
        return missing == 0 or now >= since + BELIEVED_S

    def _look_into(self, name: str, there: dict[int, list[str]]) -> None:
        """Add what is found in more slots to `there`, in the form of +CMGL. A record that fails, of a SIM that does not, is passed over."""
        good, failed = None, None
        for index in range(self._totals.get(name, SLOTS_UNKNOWN) + 1):  # the first slot may be 0 or 1
            entry = None
            try:
                entry = self._slot(index) if index not in there else None
                good = index
            except CommandRefused as refused:
                failed = refused
                if state_in(refused) != "FAILURE":
                    raise
                if good is not None:
                    self._slot(good)  # when this fails too, it is the SIM
            if entry:
                there[index] = [with_index(entry[0], index), *entry[1:]]
        if failed and good is None:
            raise failed

    def _lies_there(self, stored: Stored) -> bool:
        """Whether its slot still holds this text; some pad it in one form of the answer and not in the other."""
        found = self._in_place(stored.index, stored.storage)
        if found is None and not self.by_slot:  # some let no slot be read, or answer only OK
            listed = split_entries(self._list(stored.storage), "+CMGL:")
            texts = [text for entry in listed if (text := stored_in(entry, stored.storage))]
            found = next((text for text in texts if text.index == stored.index), None)
        return found is not None and found.pdu.upper().rstrip("F") == stored.pdu.upper().rstrip("F")

    def _in_place(self, index: int, name: str) -> Stored | None:
        entry = self._slot(index)
        return stored_in([with_index(entry[0], index), *entry[1:]], name) if entry else None

    def _slot(self, index: int) -> list[str] | None:
        try:
            lines = self._read(f"AT+CMGR={index}", self._patience.delete_s)
        except CommandRefused as refused:
            if state_in(refused):
                raise
            self._reads |= (refused.family, refused.code) in _EMPTY
            return None
        self._reads = True
        return next((entry for entry in split_entries(lines, "+CMGR:") if len(entry) > 1), None)

    def _read(self, command: str, timeout_s: float) -> list[str]:
        """Read, and once more in PDU mode when the modem has fallen out of it (Sony T630 does)."""
        lines = self._at.command(command, timeout_s, patient=True)
        if any(re.match(r'\+CMG[LR]:\s*(\d+\s*,\s*)?"(REC|STO)', line) for line in lines):
            self._at.command(PDU_MODE)
            lines = self._at.command(command, timeout_s, patient=True)
        return lines


def _worth_reading(arrival: str, readable: list[str]) -> tuple[str, ...]:
    """Arrival first; not MT where its parts are there, for it only shows their contents a second time."""
    whole = {"SM", "ME"} & {arrival, *readable}
    rest = [name for name in dict.fromkeys(readable) if name not in (arrival, *_NOT_FOR_TEXTS)]
    if arrival == "MT":
        rest = [name for name in rest if name not in ("SM", "ME")]
    return (arrival, *(name for name in rest if name != "MT" or not whole))
