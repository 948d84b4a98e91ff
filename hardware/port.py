"""A modem's port as a `Link`: a tty through pyserial, or one on another machine (`remote`).

Promises: the port is ours alone (flock, and TIOCEXCL where there is one); a read sleeps in poll() on the port and
a wake pipe, without polling; whatever pyserial and the kernel raise becomes `PortGone`; `close` returns at once
(on a stick whose USB pipe hangs the kernel takes 30 s, which a thread of its own then sits out).
Failure: `PortMissing`, `PortBusy` with the holder's name when opening, `PortGone` ever after.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import socket
import stat
import termios
import threading

import serial

from hardware import remote
from hardware.errors import PortBusy, PortGone, PortMissing, said
from hardware.holders import holders_of
from hardware.link import Clock
from hardware.remote import RemotePort
from hardware.trace import FROM_MODEM, TO_MODEM, Trace

WRITE_LIMIT_S = 10.0
CHUNK = 65536
CLOSE_WAIT_S = 0.2
_LOST: tuple[type[Exception], ...] = (OSError, termios.error, ValueError, TypeError, AttributeError)
_ABSENT = {errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ENOTDIR}


def open_port(url: str, clock: Clock, trace: Trace | None = None) -> SerialLink:
    """Open the port exclusively, at 115200 8N1 where that means anything. PortMissing, PortBusy, PortGone."""
    if remote.is_remote(url):
        return SerialLink(url, RemotePort(url), clock, trace)
    if os.path.realpath(url).startswith("/dev/tty"):  # ModemManager and others take no lock
        holder = holders_of(url)
        if holder:
            raise PortBusy(url, holder)
    try:
        port = serial.Serial(url, 115200, timeout=0, write_timeout=WRITE_LIMIT_S, exclusive=True)
    except _LOST as error:
        raise _not_opened(url, error) from error
    try:
        return SerialLink(url, port, clock, trace)
    except _LOST as error:
        port.close()
        raise PortGone(url, said(error)) from error


def _not_opened(url: str, error: Exception) -> PortMissing | PortBusy:
    number = getattr(error, "errno", None)
    if number in (errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK):
        return PortBusy(url, holders_of(url))
    if number == errno.EACCES:
        return PortMissing(url, "permission denied (the user of the gateway must be in the group dialout)")
    if number in _ABSENT:
        return PortMissing(url)
    if os.path.exists(url) and not stat.S_ISCHR(os.stat(url).st_mode):
        return PortMissing(url, "it is not a serial port")
    return PortMissing(url, said(error))


class SerialLink:
    """An open port."""

    def __init__(
        self, name: str, port: serial.Serial | RemotePort, clock: Clock, trace: Trace | None
    ) -> None:
        self.name = name
        self._port = port
        self._remote = port if isinstance(port, RemotePort) else None
        self._heard = self._remote.early if self._remote else b""  # the end of what came
        self._clock = clock
        self._trace = trace
        self._closed = False
        self._closing = threading.Lock()
        self._wake_out, self._wake_in = socket.socketpair()
        self._wake_out.settimeout(0)
        self._wake_in.settimeout(0)
        self._fd = port.fileno()
        _take_over(self._fd)
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLIN)
        self._poll.register(self._wake_out, select.POLLIN)

    def read(self, deadline: float) -> bytes:
        """See `Link.read`. With the deadline past it only looks, and leaves a wake for the next read."""
        while True:
            wait_s = max(0.0, deadline - self._clock.monotonic())
            try:
                ready = dict(self._poll.poll(wait_s * 1000))
                if self._closed:
                    raise OSError(errno.EBADF, "closed")
                if self._fd in ready:
                    data = os.read(self._fd, CHUNK)
                    if not data:
                        raise OSError(errno.EIO, "the other end hung up")
                    if self._remote:
                        data = self._remote.plain(data)
                        self._heard = (self._heard + data)[-remote.TAIL :]
                    if self._trace and data:
                        self._trace.record(FROM_MODEM, data)
                    if data:
                        return data
                    continue
                if ready and wait_s:
                    with contextlib.suppress(BlockingIOError):
                        self._wake_out.recv(CHUNK)
                    return b""
            except BlockingIOError:
                continue
            except _LOST as error:
                raise self._gone(error) from error
            if not wait_s or self._clock.monotonic() >= deadline:
                return b""

    def write(self, data: bytes) -> None:
        """See `Link.write`; 10 s at most."""
        if self._closed:
            raise PortGone(self.name, "it was closed")
        if self._trace:
            self._trace.record(TO_MODEM, data)
        try:
            self._port.write(data)
        except _LOST as error:
            raise self._gone(error) from error

    def wake(self) -> None:
        """See `Link.wake`."""
        with contextlib.suppress(OSError):
            self._wake_in.send(b"w")

    def close(self) -> None:
        """See `Link.close`: waits 0.2 s for the port, and lets a slower one finish by itself."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        self.wake()
        thread = threading.Thread(target=self._close, name=f"closing {self.name}", daemon=True)
        thread.start()
        thread.join(CLOSE_WAIT_S)

    def _close(self) -> None:
        if self._remote is None:
            for release in (_discard, _release):
                with contextlib.suppress(*_LOST):
                    release(self._fd)
        with contextlib.suppress(*_LOST):
            self._port.close()
        for end in (self._wake_in, self._wake_out):
            end.close()
        if self._trace:
            self._trace.close()

    def _gone(self, error: Exception) -> PortGone:
        if self._closed:
            return PortGone(self.name, "it was closed")
        if self._remote:
            return remote.ended(self.name, error, self._heard)
        return PortGone(self.name, said(error))


def _take_over(fd: int) -> None:
    """A tty: refuse other programs, and do not hang up the modem when we close."""
    if not os.isatty(fd):
        return
    with contextlib.suppress(OSError):  # a line that knows no such thing still has the lock
        fcntl.ioctl(fd, termios.TIOCEXCL)
    attributes = termios.tcgetattr(fd)
    attributes[2] &= ~termios.HUPCL
    termios.tcsetattr(fd, termios.TCSANOW, attributes)


def _discard(fd: int) -> None:
    """What a hanging stick never took would hold up close() for the kernel's closing_wait."""
    if os.isatty(fd):
        termios.tcflush(fd, termios.TCIOFLUSH)


def _release(fd: int) -> None:
    """Give up our exclusive hold now: the descriptor itself may take long to close."""
    if os.isatty(fd):
        fcntl.flock(fd, fcntl.LOCK_UN)
        fcntl.ioctl(fd, termios.TIOCNXCL)
