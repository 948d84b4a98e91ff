"""Doorbells: one byte from process to process after a commit, so that nobody polls.

A bell is an `AF_UNIX` datagram socket beside the database. Ringing is best effort: nobody there, a full queue
or a folder that cannot be written never fails the caller, because `PRAGMA data_version` twice a second is the
listener's safety net.
"""

import contextlib
import logging
import os
import socket
from pathlib import Path

log = logging.getLogger("textbank.bell")

NAMES = ("gateway", "panel")


def _address(folder_fd: int, database: Path, name: str) -> str:
    # Through /proc the address stays under the 108 bytes of a socket address, however deep the folder is.
    return f"/proc/self/fd/{folder_fd}/{database.name}.{name}.bell"


def ring(database: Path) -> None:
    """Wake the gateway and the panel: call it after a commit that the other side may care about."""
    try:
        folder = os.open(database.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
            for name in NAMES:
                with contextlib.suppress(OSError):
                    sender.sendto(b".", _address(folder, database, name))
    finally:
        os.close(folder)


class Bell:
    """This process's own bell; select on `fileno()`, then `drain()`. Where the folder takes no socket (exFAT, a card without inodes) nobody
    rings it.
    """

    def __init__(self, database: Path, name: str) -> None:
        self._path = database.parent / f"{database.name}.{name}.bell"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            self._path.unlink(missing_ok=True)
            folder = os.open(database.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                self._socket.bind(_address(folder, database, name))
            finally:
                os.close(folder)
            self._path.chmod(0o660)
        except OSError as error:
            log.warning("no bell can be hung in %s (%s): news takes half a second", database.parent, error)

    def fileno(self) -> int:
        """The descriptor that is readable once somebody rang."""
        return self._socket.fileno()

    def drain(self) -> bool:
        """Take every ring that waits; True when there was one."""
        rung = False
        while True:
            try:
                self._socket.recv(16)
            except BlockingIOError:
                return rung
            rung = True

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
