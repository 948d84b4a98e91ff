"""Every byte to and from a modem, with its time and direction, in a ring of two files.

One line an entry: wall time (UTC), monotonic seconds, ">" to the modem or "<" from it, and the bytes as Python
writes them (b'AT\\r'). An entry is a line of the modem's, timed at its first byte; "+0.012" behind it says how
much later its last byte came.

Promises: bounded (PATH and PATH.1 together hold at most `limit_bytes`), readable by its owner only (0600), and
never a PIN. Unless `full`, PDUs, numbers, names and the words of texts are hidden: their length stays.
Failure: a trace that cannot be written stops itself and never disturbs the modem; `failed` says why.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import BinaryIO

from hardware.link import Clock

TO_MODEM = ">"
FROM_MODEM = "<"
ENTRY_LIMIT = 1024

_PIN = re.compile(rb'(CPIN=\s*"?)[^",\r\n]*((?:"?\s*,\s*"?)[^"\r\n]*)?', re.IGNORECASE)
_LINE_END = re.compile(rb"[\r\n]+")
_HEX = re.compile(rb"[0-9A-Fa-f]{16,}")
_PIECE = re.compile(
    rb"\A[0-9A-Fa-f]{2,}+(?=\x1a?[\r\n]*\Z)"
)  # the end of a PDU that is written in pieces, each with its echo
_DIGITS = re.compile(rb"\+?\d{5,}")
_QUOTED = re.compile(rb'"([^"]{9,})"')
_NAME = re.compile(rb'"([^"]+)"')
_HEAD = re.compile(
    rb"\+(CMT|CMGL|CMGR|CBM) ?:"
)  # in text mode, which another program may have chosen, words follow
_OWN = re.compile(  # a line that is no person's words
    rb"[+^*#%$][A-Z0-9]+ ?:|(OK|ERROR|RING|>)\Z|AT([+^&*%$#][A-Z]|[EZIHV]?\d?\Z)|[0-9A-Fa-f]{16,}\x1a?\Z"
)
_TYPED = re.compile(rb"> (?![0-9A-Fa-f]+\x1a?\Z)")  # the echo of words behind the prompt


class Trace:
    """A trace file. `full` may be switched at any time; one thread writes."""

    def __init__(self, path: Path, clock: Clock, *, limit_bytes: int = 1_000_000, full: bool = False) -> None:
        self.full = full
        self.failed = ""
        self._path = path
        self._clock = clock
        self._limit = max(limit_bytes // 2, 10 * ENTRY_LIMIT)  # an entry may be written four times as long
        self._file: BinaryIO | None = None
        self._size = 0
        self._held = b""  # an entry that is not whole yet
        self._direction = ""
        self._words_follow = False
        self._began: tuple[str, float] = ("", 0.0)

    def record(self, direction: str, data: bytes) -> None:
        """Note `data`, which went in `direction` just now."""
        if self.failed:
            return
        if direction != self._direction:
            self.flush()
            self._direction = direction
        now = self._clock.monotonic()
        start = 0
        for end in _LINE_END.finditer(data):
            self._hold(data[start : end.end()], now)
            self.flush()
            start = end.end()
        self._hold(data[start:], now)
        if self._held.endswith(b"\x1a"):
            self.flush()

    def flush(self) -> None:
        """Write down an entry that is not whole yet."""
        if not self._held:
            return
        wall, began = self._began
        took = self._clock.monotonic() - began
        later = f" +{took:.3f}" if took >= 0.001 else ""
        shown = self._shown(self._held)
        self._held = b""
        self._write(f"{wall} {began:.4f} {self._direction} {shown!r}{later}\n".encode())

    def close(self) -> None:
        """Write what is held and close the file."""
        self.flush()
        if self._file:
            self._file.close()
            self._file = None

    def _shown(self, data: bytes) -> bytes:
        data = _PIN.sub(rb"\1****", data)
        if self.full:
            return data
        line = data.strip()
        self._words_follow = self._words_follow and self._direction == FROM_MODEM
        if self._direction == FROM_MODEM and self._is_words(line):
            return data.replace(line, b"<%d characters>" % len(line))
        return _hidden(data, _NAME if _HEAD.search(line) else _QUOTED)

    def _is_words(self, line: bytes) -> bool:
        """Whether somebody wrote this line."""
        if not line:
            return False
        if _HEAD.search(line) or _OWN.match(line):
            ends = line in (b"OK", b"ERROR", b"RING", b">")  # or is a line of a text
            self._words_follow = _HEAD.search(line) is not None or (self._words_follow and ends)
            return False
        return self._words_follow or _TYPED.match(line) is not None

    def _hold(self, data: bytes, now: float) -> None:
        for at in range(0, len(data), ENTRY_LIMIT):
            if not self._held:
                self._began = (self._clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ"), now)
            self._held += data[at : at + ENTRY_LIMIT]
            if len(self._held) > ENTRY_LIMIT:
                self.flush()

    def _write(self, entry: bytes) -> None:
        try:
            if self._file is None or self._size + len(entry) > self._limit:
                self._turn()
            if self._file is not None:
                self._file.write(entry)
                self._size += len(entry)
        except OSError as error:
            self.failed = str(error)
            self._file = None

    def _turn(self) -> None:
        """Open the file, setting a full one aside."""
        if self._file is not None:
            self._file.close()
            self._path.replace(self._path.with_name(self._path.name + ".1"))
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        os.fchmod(descriptor, 0o600)
        self._file = os.fdopen(descriptor, "ab", buffering=0)
        self._size = os.fstat(descriptor).st_size


def _hidden(data: bytes, quoted: re.Pattern[bytes]) -> bytes:
    data = _PIECE.sub(lambda found: b"<%d hex digits>" % len(found[0]), data)
    data = _HEX.sub(lambda found: b"<%d hex digits>" % len(found[0]), data)
    data = _DIGITS.sub(lambda found: b"<%d digits>" % len(found[0].lstrip(b"+")), data)
    return quoted.sub(lambda found: b'"<%d characters>"' % len(found[1]), data)
