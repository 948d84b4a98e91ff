"""Who was texted, in a file beside the database that outlives it: what a restore asks when the database is lost.

One line of JSON each:

    {"journal": ID, "boot": ID}      begun, or opened again by another start of the machine
    {"ahead": [DIGEST, ...]}         these people may be texted from now on; on the disk (fsync) before the first of them is
    {"sent": N, "to": DIGEST, "of": [ID, ATTEMPT, SEGMENT]}
                                     a text to this person was handed over: written after its commit and before Ctrl-Z, not flushed
    {"closed": N}                    all of it is on the disk

One fsync serves the next `AHEAD` texts. A line that was not flushed outlives a kill, not a power cut: then the
machine's boot is another, and everybody of the last `ahead` counts as texted (`settle`). Digests are the first
bytes of those under which opt-outs stand. A backup carries the journal's ID and its last N.

Promises: nobody is texted who is not in the file, ahead or sent. Of a file that was lost, damaged or begun anew since the
backup, `since` says so instead of naming people. Fails with OSError when it cannot be written: then the text waits.
"""

import contextlib
import json
import logging
import os
import secrets
import sqlite3
import threading
from dataclasses import dataclass, field
from pathlib import Path

from gateway.conversations import TEXTED_BYTES, number_key
from gateway.message import GOING
from gateway.store import belong_with, sync_folder, write

log = logging.getLogger("textbank.texted")

SUFFIX = ".texted"
SETTING = "texted"  # the ID of the journal that goes with this database
AHEAD = (
    32  # a few for each volunteer of a full room; after a power cut so many may be marked who were not texted
)
COMPACT_BYTES = 2_000_000
BOOT = Path("/proc/sys/kernel/random/boot_id")

_NEXT = (  # who is texted next: what stations have in hand, what is approved, what waits for a person, whom volunteers hold
    f"SELECT DISTINCT c.number FROM (SELECT conversation_id, 0 AS turn FROM message WHERE {GOING} AND state<>'approved' "
    f"UNION ALL SELECT * FROM (SELECT conversation_id, 1 FROM message WHERE {GOING} AND state='approved' ORDER BY kind, id LIMIT :most) "
    "UNION ALL SELECT * FROM (SELECT conversation_id, 2 FROM message WHERE state='awaiting' ORDER BY kind, id LIMIT :most) "
    "UNION ALL SELECT conversation_id, 2 + row_number() OVER (PARTITION BY holder_id ORDER BY id) FROM target WHERE state='held') "
    "JOIN conversation c ON c.id=conversation_id ORDER BY turn LIMIT :most"
)


@dataclass(frozen=True)
class Handed:
    """One line of a text that was handed over: whose (digest, hex), which text, at which attempt, which segment of it."""

    who: str
    message_id: int
    attempt: int
    seq: int


@dataclass
class _Content:
    """A journal as it was read."""

    journal: str = ""
    boot: str = ""
    last: int = 0
    closed: bool = True
    ahead: tuple[str, ...] = ()
    sent: dict[str, int] = field(default_factory=dict)  # digest -> N of the last text to that person
    handed: list["Handed"] = field(default_factory=list)  # since the last clean end
    whole: bool = True
    size: int = 0  # up to the end of the last whole line


class Texted:
    """The journal of one database; one for each process, shared by its stations."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self.path = Path(f"{database}{SUFFIX}")
        self._lock = threading.Lock()
        self._ready = False
        self._live: frozenset[str] = frozenset()
        self._last = 0
        self._size = 0
        self._cut = False  # a line could not be written: whoever is ahead counts as texted

    def open(self, db: sqlite3.Connection) -> None:
        """At the gateway's start: from now on a backup can tell who was texted after it. On a full card the first text does it."""
        with self._lock:
            try:
                if not self._unchanged():
                    self._begin(db)
            except OSError as error:
                log.warning("the journal of who was texted could not be opened: %s", error)

    def ahead(self, db: sqlite3.Connection, number: str) -> None:
        """Before a text to this number may be handed over: it and the next ones are on the disk."""
        who = _digest(db, number)
        with self._lock:
            cut = tuple(self._live) if self._cut else ()
            if not self._unchanged():
                self._begin(db)
            if who in self._live and not cut:
                return
            lines = self._all_sent(cut)
            following = (_digest(db, row["number"]) for row in db.execute(_NEXT, {"most": AHEAD}))
            live = frozenset({who, *following})
            self._append([*lines, {"ahead": sorted(live)}], flush=True)
            self._live, self._cut = live, False

    def sent(self, db: sqlite3.Connection, number: str, of: tuple[int, int, int] | None = None) -> None:
        """After the commit and before Ctrl-Z. Never fails: whoever is `ahead` counts when this could not be written.

        `of`: the text's id, which attempt this is, and the segment.
        """
        who = _digest(db, number)
        with self._lock:
            try:
                [line] = self._all_sent((who,))
                self._append([line if of is None else {**line, "of": list(of)}], flush=False)
            except OSError as error:
                self._cut = True
                log.warning("who was texted could not be written beside the database: %s", error)

    def close(self) -> None:
        """At a clean end: all of it is on the disk."""
        with self._lock, contextlib.suppress(OSError):  # else the next start counts whoever was ahead
            if self._ready and self._unchanged() and not self._cut:
                self._append([{"closed": self._last}], flush=True)
                self._ready = False

    def _all_sent(self, people: tuple[str, ...]) -> list[dict[str, object]]:
        lines: list[dict[str, object]] = []
        for who in people:
            self._last += 1
            lines.append({"sent": self._last, "to": who})
        return lines

    def _unchanged(self) -> bool:
        try:
            return self._ready and self.path.stat().st_size == self._size
        except FileNotFoundError:
            return False

    def _begin(self, db: sqlite3.Connection) -> None:
        """Open what is there, or begin anew where nothing can be trusted; the database knows the journal's ID from now on."""
        content = settle(self._database)
        if content is None:
            content = _Content(journal=secrets.token_hex(8))
            self.path.unlink(missing_ok=True)
        elif content.size > COMPACT_BYTES:
            self._compact(content)
        self._last, self._size = content.last, content.size
        if not self._cut:
            self._live = frozenset()
        self._append([{"journal": content.journal, "boot": _boot()}], flush=True)
        sync_folder(self.path.parent)
        known = db.execute("SELECT value FROM setting WHERE key=?", [SETTING]).fetchone()
        if known is None or known["value"] != content.journal:
            with write(db):
                db.execute(
                    "INSERT INTO setting (key, value) VALUES (?,?) ON CONFLICT (key) DO UPDATE SET value=excluded.value",
                    [SETTING, content.journal],
                )
        self._ready = True

    def _compact(self, content: _Content) -> None:
        """The last text to each person is enough."""
        lines: list[dict[str, object]] = [{"journal": content.journal, "boot": content.boot}]
        lines += [{"sent": n, "to": who} for who, n in sorted(content.sent.items(), key=lambda item: item[1])]
        data = b"".join(map(_line, lines))
        new = Path(f"{self.path}.new")
        new.unlink(missing_ok=True)
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        belong_with(new, self._database)
        os.replace(new, self.path)
        content.size = len(data)

    def _append(self, lines: list[dict[str, object]], *, flush: bool) -> None:
        self._size += _write(self.path, self._database, self._size, lines, flush=flush)


def _write(
    path: Path, database: Path, whole_size: int, lines: list[dict[str, object]], *, flush: bool
) -> int:
    """Add lines after the last whole one; the octets written. What was cut by a power cut or a full card is overwritten."""
    data = b"".join(map(_line, lines))
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(handle).st_size != whole_size:
            os.ftruncate(handle, whole_size)
        if os.pwrite(handle, data, whole_size) != len(data):
            os.ftruncate(handle, whole_size)
            raise OSError(28, "No space left on device", str(path))
        if flush:
            os.fdatasync(handle)
    finally:
        os.close(handle)
    if not whole_size:
        belong_with(path, database)
    return len(data)


def _line(line: dict[str, object]) -> bytes:
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


def _digest(db: sqlite3.Connection, number: str) -> str:
    return number_key(db, number)[:TEXTED_BYTES].hex()


def _boot() -> str:
    """Which start of the machine this is; each call is another one where the kernel does not say."""
    try:
        return BOOT.read_text().strip()
    except OSError:
        return secrets.token_hex(8)


def _read(path: Path) -> _Content | None:
    """The file as it is; None when there is none, or it is damaged before its end."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    content = _Content()
    whole, _, _ = raw.rpartition(b"\n")
    lines = whole.split(b"\n") if whole else []
    for place, text in enumerate(lines):
        try:
            _take(content, json.loads(text))
        except (ValueError, KeyError, TypeError):
            if place < len(lines) - 1:
                return None
            break  # the last line, of which a power cut kept the length and not the words
        content.size += len(text) + 1
    return content if content.journal else None


def _take(content: _Content, line: dict[str, object]) -> None:
    if "journal" in line:
        content.journal, content.boot = str(line["journal"]), str(line["boot"])
    elif "ahead" in line:
        content.ahead, content.closed = tuple(_hex(who) for who in _list(line["ahead"])), False
    elif "sent" in line:
        number = int(str(line["sent"]))
        content.sent[_hex(line["to"])] = number
        content.last = max(content.last, number)
        if "of" in line:
            message_id, attempt, seq = (int(str(part)) for part in _list(line["of"]))
            content.handed.append(Handed(_hex(line["to"]), message_id, attempt, seq))
    elif "closed" in line:
        content.closed, content.ahead, content.handed = True, (), []
    else:
        raise KeyError("no line of this journal")


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("a list was expected")
    return value


def _hex(value: object) -> str:
    bytes.fromhex(str(value))
    return str(value)


def settle(database: Path) -> _Content | None:
    """Read the journal; where the machine stopped without flushing it, count everybody who was ahead as texted. None: it cannot
    be trusted, or is not there.
    """
    path = Path(f"{database}{SUFFIX}")
    content = _read(path)
    if content is None or content.closed or content.boot == _boot():
        return content
    lines: list[dict[str, object]] = []
    for who in content.ahead:
        content.last += 1
        content.sent[who] = content.last
        lines.append({"sent": content.last, "to": who})
    content.size += _write(path, database, content.size, [*lines, {"closed": content.last}], flush=True)
    return content


def handed(database: Path) -> list[Handed]:
    """What was handed over since the last clean end, in order; each was committed before it was written here."""
    content = _read(Path(f"{database}{SUFFIX}"))
    return content.handed if content is not None else []


def told(database: Path) -> None:
    """A restore has marked everybody who was texted since: what was handed over is no text of the database that took the place, which
    gives its numbers to others.
    """
    path = Path(f"{database}{SUFFIX}")
    content = _read(path)
    if content is not None and content.handed:
        _write(path, database, content.size, [{"closed": content.last}], flush=True)


def newest(database: Path, *, now: int) -> int:
    """When the last text can have been handed over at the latest (ms): whoever opens or ends the file, or settles it, writes to it too."""
    try:
        return min(now, Path(f"{database}{SUFFIX}").stat().st_mtime_ns // 1_000_000)
    except OSError:
        return now


def position(database: Path) -> tuple[str, int] | None:
    """The journal's ID and its last N, for a backup to carry; read before the copy begins."""
    path = Path(f"{database}{SUFFIX}")
    content = _read(path)
    if content is None:
        return None
    handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.fdatasync(
            handle
        )  # else a power cut takes lines that the backup counts, and their numbers are given again
    finally:
        os.close(handle)
    return content.journal, content.last


def since(database: Path, journal: str, last: int) -> set[bytes] | None:
    """The digests of everybody who was texted after a backup that carries these; None: nobody can know."""
    content = settle(database)
    if (
        content is None or content.journal != journal or content.last < last
    ):  # less: an older copy of the card
        return None
    return {bytes.fromhex(who) for who, number in content.sent.items() if number > last}


def everybody(database: Path) -> set[bytes] | None:
    """The digests of all whom the journal names, for a new database in the place of a lost one; None: nobody can know."""
    if not Path(f"{database}{SUFFIX}").exists():
        return set()
    content = settle(database)
    return None if content is None else {bytes.fromhex(who) for who in content.sent}


_all: dict[Path, Texted] = {}
_all_lock = threading.Lock()


def of(database: Path) -> Texted:
    """This process's journal of that database: stations share what is ahead."""
    with _all_lock:
        return _all.setdefault(database, Texted(database))
