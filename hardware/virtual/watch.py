"""Who opens and closes a file, told by inotify through a file descriptor, without polling (Linux, by ctypes)."""

import ctypes
import os
import struct

_OPEN, _CLOSE = 0x20, 0x08 | 0x10
_EVENT = struct.Struct("iIII")
_LIBC = ctypes.CDLL(None, use_errno=True)


class Watch:
    """Counts openings. `fileno()` is readable when `changes()` has something to say."""

    def __init__(self) -> None:
        self._fd = int(_LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "inotify is not available")

    def fileno(self) -> int:
        """For a selector."""
        return self._fd

    def add(self, path: str) -> int:
        """Watch this path; the number that changes() names it by."""
        number = int(_LIBC.inotify_add_watch(self._fd, os.fsencode(path), _OPEN | _CLOSE))
        if number < 0:
            raise OSError(ctypes.get_errno(), "cannot watch", path)
        return number

    def changes(self) -> list[tuple[int, int]]:
        """(number, +1 for an opening or -1 for a close), in order."""
        found = []
        try:
            data = os.read(self._fd, 65536)
        except BlockingIOError:
            return []
        at = 0
        while at < len(data):
            number, mask, _, length = _EVENT.unpack_from(data, at)
            at += _EVENT.size + length
            if mask & (_OPEN | _CLOSE):
                found.append((number, 1 if mask & _OPEN else -1))
        return found

    def close(self) -> None:
        """Stop watching."""
        os.close(self._fd)
