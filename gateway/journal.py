"""A small file beside the database that outlives it: acts that must not be forgotten when an old copy is restored.

Lines of JSON, each on the disk (fsync) before `note` returns; only ever added to, but for `compact`, which keeps the
last word on each, and of the other lines their names. The first line holds a key made for this file; whatever names a
card or a PIN stands here as a digest under that key, never as itself. People are digests too, under the database's own key,
which stands here as well: without it a copy of the database from before the key was made could not tell who stopped. It
gives away no more than the database beside it, which holds the key and the numbers themselves; the file has the same owner
and rights (0600).

Promises: what `note` returned from is there after a power cut; a line that was cut is passed over.
Fails with OSError when it cannot be written: then the act must not happen.
"""

import contextlib
import errno
import fcntl
import hashlib
import hmac
import json
import logging
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from gateway.store import belong_with, sync_folder

log = logging.getLogger("textbank.journal")

SUFFIX = ".acts"
COMPACT_BYTES = 256_000  # some 1,500 acts
Act = dict[str, object]  # one line
GONE = "gone"  # an act: the names of lines whose people have a later one, so that an older state is still known to be one
ABOUT = ("opt_out", "opt_in", "erase")  # the last of each about one person (and one stay) counts


class Journal:
    """The journal of one database. Cheap to make; the file is opened for each act, which are rare."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self.path = Path(f"{database}{SUFFIX}")

    def digest(self, *words: str) -> str:
        """These words under the file's own key, in hex; the file is made when there is none."""
        return hmac.digest(self._key(), "\n".join(words).encode(), "sha256").hex()

    def note(self, act: str, *, at: int, **fields: str | int) -> None:
        """Add one act; on the disk when this returns."""
        self._append({"act": act, "at": at, **fields})

    def note_all(self, act: str, all_fields: Sequence[Mapping[str, str | int]], *, at: int) -> None:
        """Add one act for each of these, all of them on the disk when this returns."""
        if all_fields:
            self._append(*({"act": act, "at": at, **fields} for fields in all_fields))

    def acts(self, *kinds: str) -> Iterator[Act]:
        """Every act of these kinds in the order in which they were noted, whatever the clock said then."""
        return (line for line in self._lines() if line.get("act") in kinds)

    def compact(self) -> None:
        """When it has grown, write it anew with the last word on each person and PIN. A power cut leaves the old or the new one, and
        a card without room the old one.
        """
        try:
            if self.path.exists() and self.path.stat().st_size >= COMPACT_BYTES:
                self._rewrite()
        except OSError as error:
            log.warning("the journal of acts stays as long as it is: %s", error)

    def _rewrite(self) -> None:
        with self._held():
            lines = self.lines()
            kept = compacted(lines)
            if len(kept) < len(lines):
                replace(self.path, kept, self.database)

    def lines(self) -> list[Act]:
        """All of it, in the order in which it was noted."""
        return list(self._lines())

    def learn(self, other: Sequence[Act]) -> bool:
        """Take in what another state of this journal, or the journal of another machine, knows besides; True when that was anything."""
        with self._held():
            known = self.lines()
            both = merged(known, other)
            news = without_right_pins(both) != without_right_pins(known)
            if news:
                replace(self.path, both, self.database)
            return news

    def _key(self) -> bytes:
        for line in self.acts("key"):
            with contextlib.suppress(KeyError, ValueError):  # a line that was damaged
                return bytes.fromhex(str(line["key"]))
        self._append({"act": "key", "key": secrets.token_hex(32)})
        return self._key()

    def _lines(self) -> Iterator[Act]:
        with contextlib.suppress(FileNotFoundError):
            yield from read(self.path)

    @contextlib.contextmanager
    def _held(self) -> Iterator[int]:
        """The file, made when there is none, while no other process writes it or puts a new one in its place."""
        while True:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                with contextlib.suppress(FileNotFoundError):
                    if os.path.samestat(os.fstat(handle), os.stat(self.path)):
                        yield handle
                        return
            finally:
                os.close(handle)

    def _append(self, *lines: Mapping[str, object]) -> None:
        new = not self.path.exists()
        with self._held() as handle:
            size = os.fstat(handle).st_size
            whole = not size or os.pread(handle, 1, size - 1) == b"\n"  # else the last line was cut
            data = b"".join([b"" if whole else b"\n", *map(_line, lines)])
            # A card that is nearly full takes a part, and says no error.
            if os.write(handle, data) != len(data):
                raise OSError(errno.ENOSPC, "No space left on device", str(self.path))
            os.fsync(handle)
        if new:
            belong_with(self.path, self.database)
            sync_folder(self.path.parent)


def replace(path: Path, lines: Iterable[Act], database: Path) -> None:
    """Write a journal anew; a power cut leaves the old or the new one. `database`: whose owner it gets."""
    new = Path(f"{path}.new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(b"".join(map(_line, lines)))
        file.flush()
        os.fsync(file.fileno())
    belong_with(new, database)
    os.replace(new, path)
    sync_folder(path.parent)


def compacted(lines: Iterable[Act]) -> list[Act]:
    """The last word on each, and the names of those before it."""
    kept: dict[object, Act] = {}
    lines = without_right_pins(lines)
    for line in lines:
        act = line.get("act")
        # Each stay of a person ends by an act of its own: a backup may hold any of them.
        mark: object = (act, line.get("number"), line.get("salt")) if act in ABOUT else _line(line)
        kept.pop(mark, None)  # the order stays that of the last word
        if act != GONE:
            kept[mark] = line
    if gone := _known(lines) - _known(kept.values()):
        kept[GONE] = {"act": GONE, "of": sorted(gone)}
    return list(kept.values())


def without_right_pins(lines: Iterable[Act]) -> list[Act]:
    """Of a PIN that opened its card nothing is to be remembered: a stick that comes and goes tries it each time."""
    kept: dict[object, Act] = {}
    for at, line in enumerate(lines):
        pin = line.get("act") == "pin"
        if pin and "opened" in line:
            kept.pop(line["opened"], None)
            continue
        tried = line.get("attempt") if pin else None
        kept.pop(tried, None)
        kept[tried or at] = line
    return list(kept.values())


def merged(known: Sequence[Act], other: Sequence[Act]) -> list[Act]:
    """What two journals know together. Of two states of one journal the later says it all: it has every line of the other.

    Of two that went apart, nobody can tell which word on somebody came last: whoever is out by either is out, and no START of the other counts
    for those on whom this one has a word.
    """
    here, there = _known(known), _known(other)
    if there <= here:
        return list(known)
    if here <= there:
        return list(other)
    # One alone may have forgotten PINs that opened their cards; what the other says of those may be older than a refusal.
    known, other = without_right_pins(known), without_right_pins(other)
    pins, others_pins = _pins(known, there), _pins(other, here)
    if _known(other) - _known(others_pins) <= here:
        return [*known, *others_pins]
    if _known(known) - _known(pins) <= there:
        return [*other, *pins]
    out, _ = last_words(other)
    stand = {key.hex() for key, since in out.items() if since is not None}
    ours = {line.get("number") for line in known if line.get("act") in ("opt_out", "opt_in")}
    keyed = any(line.get("act") == "key" for line in known)
    news = [
        line
        for line in other
        if not here.issuperset(_names(line))
        and not (line.get("act") == "opt_in" and line.get("number") in ours)
        and not (line.get("act") == "key" and keyed)
        and not (
            line.get("act") == "opt_out" and line.get("number") in ours and line.get("number") not in stand
        )
    ]
    return [*known, *news]


def _pins(lines: Iterable[Act], than: set[str]) -> list[Act]:
    """What these lines say of PINs besides `than`."""
    return [line for line in lines if line.get("act") == "pin" and not than.issuperset(_names(line))]


def _known(lines: Iterable[Act]) -> set[str]:
    """The names of these lines, and of those that were among them before they were written anew."""
    return {name for line in lines for name in _names(line)}


def _names(line: Act) -> list[str]:
    if line.get("act") != GONE:
        return [hashlib.sha256(_line(line)).hexdigest()[:16]]
    of = line.get("of")
    return [str(name) for name in of] if isinstance(of, list) else []


def about_people(lines: Iterable[Act], *kinds: str) -> list[tuple[str, bytes, int, int]]:
    """Which act, whose, when (ms), and when the opt-out began that it ends; a line that was damaged is passed over."""
    found = []
    for act in (line for line in lines if line.get("act") in kinds):
        with contextlib.suppress(KeyError, ValueError):
            since = int(str(act["since"])) if act["act"] == "opt_in" else 0
            found.append((str(act["act"]), bytes.fromhex(str(act["number"])), int(str(act["at"])), since))
    return found


def last_words(lines: Iterable[Act]) -> tuple[dict[bytes, int | None], dict[bytes, int]]:
    """By a number's digest: since when it is out (None: it came back), and the beginning of the opt-out that a START ended last."""
    out: dict[bytes, int | None] = {}
    ended: dict[bytes, int] = {}
    for what, key, at, ends in about_people(lines, "opt_out", "opt_in"):
        if what == "opt_out":
            out[key] = at
        elif out.get(key) in (None, ends):  # else it ended another one, and was only noted later
            out[key], ended[key] = None, ends
    return out, ended


def read(path: Path) -> list[Act]:
    """The lines of a journal wherever it lies; a line that was cut is passed over."""
    found = []
    for raw in path.read_bytes().splitlines():
        with contextlib.suppress(ValueError):
            line = json.loads(raw)
            if isinstance(line, dict):
                found.append(line)
    return found


def _line(line: Mapping[str, object]) -> bytes:
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


def of(db: sqlite3.Connection) -> Journal:
    """The journal beside this open database."""
    return Journal(Path(db.execute("PRAGMA database_list").fetchone()[2]))
