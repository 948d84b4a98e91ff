"""A small file beside the database that outlives it: acts that must not be forgotten when an old copy is restored.

Lines of JSON, each on the disk (fsync) before `note` returns; only ever added to. The first line holds a key made for
this file; whatever names a card or a PIN stands here as a digest under that key, never as itself, and the file is for
this user alone. It is consulted beside the database's own rows, and a restore reads it again.

Promises: what `note` returned from is there after a power cut; a line that was cut is passed over.
Fails with OSError when it cannot be written: then the act must not happen.
"""

import contextlib
import errno
import hmac
import json
import os
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from gateway.store import belong_with

SUFFIX = ".acts"


class Journal:
    """The journal of one database. Cheap to make; the file is opened for each act, which are rare."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self.path = Path(f"{database}{SUFFIX}")

    def digest(self, *words: str) -> str:
        """These words under the file's own key, in hex; the file is made when there is none."""
        return hmac.digest(self._key(), "\n".join(words).encode(), "sha256").hex()

    def note(self, act: str, *, at: int, **fields: str) -> None:
        """Add one act; on the disk when this returns."""
        self._append({"act": act, "at": at, **fields})

    def acts(self, *kinds: str) -> Iterator[dict[str, object]]:
        """Every act of these kinds in the order in which they were noted, whatever the clock said then."""
        return (line for line in self._lines() if line.get("act") in kinds)

    def _key(self) -> bytes:
        for line in self.acts("key"):
            with contextlib.suppress(KeyError, ValueError):  # a line that was damaged
                return bytes.fromhex(str(line["key"]))
        self._append({"act": "key", "key": secrets.token_hex(32)})
        return self._key()

    def _lines(self) -> Iterator[dict[str, object]]:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return
        for raw in content.splitlines():
            with contextlib.suppress(ValueError):
                line = json.loads(raw)
                if isinstance(line, dict):
                    yield line

    def _append(self, line: dict[str, object]) -> None:
        new = not self.path.exists()
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(handle).st_size
            whole = not size or os.pread(handle, 1, size - 1) == b"\n"  # else the last line was cut
            data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
            data = data if whole else b"\n" + data
            if os.write(handle, data) != len(
                data
            ):  # a card that is nearly full takes a part, and says no error
                raise OSError(errno.ENOSPC, "No space left on device", str(self.path))
            os.fsync(handle)
        finally:
            os.close(handle)
        if new:
            belong_with(self.path, self._database)
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def of(db: sqlite3.Connection) -> Journal:
    """The journal beside this open database."""
    return Journal(Path(db.execute("PRAGMA database_list").fetchone()[2]))
