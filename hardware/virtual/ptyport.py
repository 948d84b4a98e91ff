"""One pty whose other end looks like a modem's serial port: raw, linked to a name, exclusive only while it is open.

The server keeps the terminal end open itself, so that a program may come and go. What a real tty does at its last close
(drop what was not read, forget TIOCEXCL and the settings) is done here when the last program goes, seen by inotify.
"""

import contextlib
import fcntl
import os
import termios
import tty
from pathlib import Path

READ_OCTETS = 4096
MOST_PENDING = 1 << 20  # of a program that does not read; more is lost, as on a real port


class PtyPort:
    """An open pty and its link. `master` is for the selector; nothing here blocks."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self.master, self.terminal = os.openpty()
        tty.setraw(self.terminal)
        os.set_blocking(self.master, False)
        self.path = os.ttyname(self.terminal)
        self.users = 0  # programs that have it open, without ourselves
        self.used = False  # one had it open since it was last put in order
        self._pending = bytearray()
        if link.is_symlink():
            link.unlink()
        link.symlink_to(self.path)

    def read(self) -> bytes:
        """What the program wrote, b"" when nothing is there."""
        try:
            return os.read(self.master, READ_OCTETS)
        except (BlockingIOError, OSError):
            return b""

    def write(self, piece: bytes) -> None:
        """Let the program read this; lost when no program is there, as on a real port."""
        if self.users > 0 and len(self._pending) < MOST_PENDING:
            self._pending += piece
            self.flush()

    def flush(self) -> None:
        """Write what did not fit before."""
        with contextlib.suppress(BlockingIOError):
            while self._pending:
                del self._pending[: os.write(self.master, self._pending)]

    @property
    def clogged(self) -> bool:
        """Whether something waits until the program reads."""
        return bool(self._pending)

    def left(self) -> None:
        """The last program closed it."""
        self.used = False
        self._pending.clear()
        fcntl.ioctl(self.terminal, termios.TIOCNXCL)
        termios.tcflush(self.terminal, termios.TCIFLUSH)
        tty.setraw(self.terminal)

    def close(self) -> None:
        """The port vanishes: a program that has it open sees a hang-up."""
        with contextlib.suppress(FileNotFoundError):
            if self.link.is_symlink() and os.readlink(self.link) == self.path:
                self.link.unlink()
        os.close(self.master)
        os.close(self.terminal)
