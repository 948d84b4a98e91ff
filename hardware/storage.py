"""The modem's storages: which there are, what lies in them, taking things out.

Storage is the truth about what came in; indications are only doorbells. Promises: nothing is deleted that was not read, and everything that may
hold texts is read, or said not to be (`passed_over`, `refused_since`). Works with modems that know no CPMS=?, or no CPMS at all.
Failure: as `shelf` fails for the storage where texts arrive, unless they are handed over.
"""

from __future__ import annotations

import re

from hardware import cpms
from hardware.asking import ask, numbers
from hardware.at import At
from hardware.errors import CommandRefused
from hardware.facts import Stored
from hardware.patience import Patience
from hardware.shelf import BELIEVED_S, EMPTY, Shelf
from hardware.sim import state_in

_NOT_FOR_TEXTS = ("BM", "TA")  # broadcasts; a computer's own
_USUAL = ("SM", "ME")  # where texts lie in nearly every modem, whatever came of the list of its storages
UNTOLD_S = 180.0  # what refuses to be read for so long, and does not say why, is not there
MOST_READ = 8  # storages; a modem that rings with ever new names is not followed for ever
CHOSEN_TRIES = 3  # some call a storage by another name than the one it was chosen by
MUTE_S = 3.0  # of silence after a question that is asked often


class Storages:
    """The storages of one started modem."""

    def __init__(self, at: At, patience: Patience) -> None:
        self._at = at
        self._patience = patience
        self.shelf = Shelf(at, patience)
        self.arrival = ""  # where texts arrive; "" when the modem knows no storages
        self.readable: tuple[str, ...] = ()
        self.passed_over: set[str] = set()  # by the last reading: they could not be chosen
        self.told = False  # the modem said something of its storages
        self._names = False  # it said which storages there are
        self.handed_over = False  # texts come without being stored: it need not be able to read any
        self._current = ""
        self._counted = False  # it told what that holds when it was chosen
        # Whether the modem, since it listed, still stands where it did: no restart, no other program.
        self._stands: bool | None = None
        self._arity = 3
        self._refused: dict[str, float] = {}  # storages that were not let be read: since when
        self._said_why: set[str] = set()  # those of them for which the SIM had a reason: they are there
        self._arrivals: list[str] = []  # where else texts may arrive
        self._untold = False  # it chooses only what is read, and does not say where texts arrive
        self._gave: set[str] = set()  # storages in which something was found
        self._used = 0  # what it counted there when it last said which it reads
        self._more: dict[str, int] = {}  # by storage: how many more than were shown
        self._mute = False  # AT+CPMS? is not answered, and silence takes its time

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
        self.arrival = max(accepted, key=lambda name: self.shelf.totals.get(name, 0))
        if self._current != self.arrival:
            self._arrive_in(self.arrival)
        if self._arity < 3:  # they choose what is read, and perhaps not where texts arrive (Wavecom)
            set_now = cpms.names(ask(self._at, "AT+CPMS?"))
            self._untold = len(set_now) != 3 and len(accepted) > 1
            self.arrival = set_now[2] if len(set_now) == 3 else self.arrival
        self.readable = _worth_reading(self.arrival, readable)

    def _arrive_in(self, name: str) -> bool:
        for arity in sorted((3, 2, 1), key=lambda arity: arity != self._arity):
            lines = ask(self._at, "AT+CPMS=" + ",".join([f'"{name}"'] * arity), self._patience.delete_s)
            if lines is not None:
                self._arity, self._current = arity, name
                self._counted = self.shelf.count(name, lines)
                return True
        return False

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
            self._counted = self.shelf.count(name, lines)
            if not self._counted and not self._is_it(name):
                # What would be deleted by an index of this storage lies in another one.
                refusal = CommandRefused("AT+CPMS", "ERROR", None, "it chose another", 0.0)
                continue
            self._current = name
            return
        said = self._chosen()
        if said == name == self.arrival:  # it stands there already, as where nothing can be chosen
            self._current = name
            return
        if said in ("", before):  # else the refusal was the answer to another program's command
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
        lines = ask(self._at, "AT+CPMS?") or []
        now = cpms.names(lines)
        counted = cpms.counted(lines, now[0]) if now else None
        self._used = counted[0] if counted else 0
        self._mute = not now and self._at.clock.monotonic() - began > MUTE_S
        return now[0] if now else ""

    def also_read(self, name: str) -> None:
        """An indication named a storage that the modem did not advertise: from now on it is read with the others."""
        new = bool(re.fullmatch(r"[A-Z_]{2,5}", name)) and name not in (*self.readable, "MT", *_NOT_FOR_TEXTS)
        if new and self.arrival and len(self.readable) < MOST_READ:
            self.readable = (*self.readable, name)

    def contents(self, *, everything: bool) -> list[Stored]:
        """What was received and still lies there; in the arrival storage, or in every one, as when nobody knows where texts arrive."""
        everything = everything or self._untold
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
                if self._current == name and (state_in(refused), self.shelf.totals.get(name)) != (
                    "FAILURE",
                    0,
                ):
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
        missing, since = self.shelf.never_found.get(name, (0, 0.0))
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
            self._used = 0
            said = self._current and self._chosen()
            known = said == self._current if said else self._counted or not self._current
            # Of one it counts more than were shown another program may have read a part, and a body stand behind another's header.
            more = max(0, self._used - self.shelf.shown.get(self._current, 0))
            self._stands = known and more in (0, self._more.get(self._current))
            self._more[self._current] = more  # what it always counts too much is how it counts
            self._current = self._current if self._stands else ""
        self._at.in_step()
        if self._stands and self._at.has_company:  # also when it came while others were deleted
            self._stands, self._current = False, ""
        self.select(stored.storage)
        if self.shelf.used.get(stored.storage, 0) > self.shelf.shown.get(stored.storage, 0):
            self._stands = False
        if not self._stands and not self.shelf.lies_there(stored):
            raise CommandRefused("AT+CMGD", "ERROR", None, "another text lies there than was read", 0.0)
        try:
            if self._at.command(f"AT+CMGD={stored.index}", self._patience.delete_s):
                # Another program's answer: it may have had the modem's word of another SIM, too, in whose slots other texts lie.
                self._stands, self._current = False, ""
        except CommandRefused as refused:
            empty = (refused.family, refused.code) in EMPTY
            if not empty and (state_in(refused) or self.shelf.slot(stored.index) is not None):
                raise

    def counters(self) -> tuple[int | None, int | None]:
        """Used and total slots where texts arrive, as the modem counts them (which may lag)."""
        lines = [line for line in ask(self._at, "AT+CPMS?") or [] if line.startswith("+CPMS")]
        counted = cpms.counted(lines, self.arrival)
        if counted is not None:
            self.shelf.used[self.arrival] = counted[0]
            return counted
        counts = next((counts for line in lines if len(counts := numbers(line)) >= 2), None)
        return (counts[-2], counts[-1]) if counts else (None, self.shelf.totals.get(self.arrival))

    def _listed(self, name: str) -> list[Stored]:
        """What lies in it: read anew when another program chose another storage before the list was asked for, and this one's stays unread."""
        self._stands = None
        for _ in range(CHOSEN_TRIES):
            found = self.shelf.read(name, needed=name == self.arrival and not self.handed_over)
            if not self._at.has_company or not self._current or self._is_it(name):
                break
            self._current = ""
            self.select(name)
        return found


def _worth_reading(arrival: str, readable: list[str]) -> tuple[str, ...]:
    """Arrival first; not MT where its parts are there, for it only shows their contents a second time."""
    whole = {"SM", "ME"} & {arrival, *readable}
    rest = [name for name in dict.fromkeys(readable) if name not in (arrival, *_NOT_FOR_TEXTS)]
    if arrival == "MT":
        rest = [name for name in rest if name not in ("SM", "ME")]
    return (arrival, *(name for name in rest if name != "MT" or not whole))
