"""What a disk may hold after a power cut: what was synced, and of the rest any part, in any order, in sectors of 512 bytes.

A name (of a new file, after a rename or an unlink) is on the disk once its folder was synced. That is stricter than most
file systems are.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

HEAD = struct.Struct("=IIIIIIQQ")
SECTOR_BYTES = 512


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the recorder's log; `kind` as recorder.c has it."""

    kind: str
    thread: int
    inode: int
    place: int
    name: str
    second: str
    data: bytes


def read(log: Path) -> list[Record]:
    """All of a log, in its order."""
    content, at, found = log.read_bytes(), 0, []
    while at < len(content):
        size, kind, thread, name, second, _, inode, place = HEAD.unpack_from(content, at)
        body = at + HEAD.size
        names = content[body : body + name].decode(), content[body + name : body + name + second].decode()
        found.append(
            Record(chr(kind), thread, inode, place, *names, content[body + name + second : at + size])
        )
        at += size
    return found


def mark(log: Path, words: str) -> None:
    """Put what a person was told into the log: it stands after all that was done for it."""
    name = words.encode()
    with log.open("ab", buffering=0) as sink:
        sink.write(HEAD.pack(HEAD.size + len(name), ord("M"), 0, len(name), 0, 0, 0, 0) + name)


@dataclass(eq=False)
class _File:
    """One inode: what is on the disk, and what was written since, oldest first."""

    synced: bytes = b""
    since: list[tuple[int, str, int, bytes]] = field(default_factory=list)  # order, kind, place or size, data

    def sync(self, until: int) -> None:
        content = bytearray(self.synced)
        for _, kind, place, data in (op for op in self.since if op[0] <= until):
            _apply(content, kind, place, data)
        self.synced = bytes(content)
        self.since = [op for op in self.since if op[0] > until]

    def left(self, dice: random.Random, chance: float) -> bytes:
        """What may be left of it: each write since is there, not there, or there in part."""
        content = bytearray(self.synced)
        for _, kind, place, data in self.since:
            if dice.random() >= chance:
                continue
            torn = kind == "W" and 0 < chance < 1 and dice.random() < 0.3
            for at, part in _sectors(place, data) if torn else [(place, data)]:
                if not torn or dice.random() < 0.5:
                    _apply(content, kind, at, part)
        return bytes(content)


def _apply(content: bytearray, kind: str, place: int, data: bytes) -> None:
    if kind == "T":
        del content[place:]
        content.extend(bytes(place - len(content)))
        return
    content.extend(bytes(max(0, place - len(content))))
    content[place : place + len(data)] = data


def _sectors(place: int, data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        size = SECTOR_BYTES - (place + at) % SECTOR_BYTES
        yield place + at, data[at : at + size]
        at += size


class Disk:
    """The folder as the records so far leave it; `take` one after the other, `left` at any moment."""

    def __init__(self, folder: Path) -> None:
        """Begin with what is in the folder now, all of it synced."""
        self._names: dict[str, _File] = {}  # on the disk
        self._moves: list[tuple[int, list[tuple[str, _File | None]]]] = []  # of names, since the last sync
        self._shown: dict[str, _File] = {}  # as a running program sees them
        self._open: dict[int, _File] = {}
        self._syncs: dict[tuple[int, int], int] = {}
        self._order = 0
        for path in folder.iterdir():
            if path.is_file() and not path.name.endswith("-shm"):
                file = _File(path.read_bytes())
                self._names[path.name] = self._shown[path.name] = self._open[path.stat().st_ino] = file

    def take(self, record: Record) -> None:
        """What one record does."""
        self._order += 1
        match record.kind:
            case "C" if (known := self._shown.get(record.name)) and known is self._open.get(record.inode):
                pass  # another process was first
            case "C":
                file = self._open[record.inode] = _File()
                self._move((record.name, file))
            case "W" | "T":
                self._open[record.inode].since.append((self._order, record.kind, record.place, record.data))
            case "R":
                self._move((record.second, self._shown.get(record.name)), (record.name, None))
            case "L":
                self._move((record.second, self._shown.get(record.name)))
            case "U":
                self._move((record.name, None))
            case "F" | "D":
                self._syncs[record.thread, record.inode] = self._order
            case "f":
                self._open[record.inode].sync(self._syncs.pop((record.thread, record.inode)))
            case "d":
                self._settle(self._syncs.pop((record.thread, record.inode)))

    def _move(self, *changes: tuple[str, _File | None]) -> None:
        known = [(name, file) for name, file in changes if name]
        self._moves.append((self._order, known))
        _rename(self._shown, known)

    def _settle(self, until: int) -> None:
        for _, changes in (move for move in self._moves if move[0] <= until):
            _rename(self._names, changes)
        self._moves = [move for move in self._moves if move[0] > until]

    def name_of(self, inode: int) -> str:
        """What a running program calls this file; "" when it has no name any more."""
        return next((name for name, file in self._shown.items() if file is self._open.get(inode)), "")

    def left(self, dice: random.Random, chance: float) -> dict[str, bytes]:
        """The files after a cut now. `chance`: how much of what was not synced is there all the same, from 0 to 1."""
        names = dict(self._names)
        for _, changes in self._moves:
            if dice.random() < chance:
                _rename(names, changes)
        done: dict[int, bytes] = {}  # one file may have two names
        for file in names.values():
            if id(file) not in done:
                done[id(file)] = file.left(dice, chance)
        return {name: done[id(file)] for name, file in names.items()}


def _rename(names: dict[str, _File], changes: list[tuple[str, _File | None]]) -> None:
    for name, file in changes:
        if file is None:
            names.pop(name, None)
        else:
            names[name] = file
