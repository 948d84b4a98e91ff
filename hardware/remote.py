"""Modems on another machine: what a network adds to a port, and what pyserial's RFC 2217 client needs to be trusted with one.

The other machine runs ser2net or another server of serial ports. RFC 2217 is telnet with a serial port's settings; it is
spoken through pyserial, whose reading thread may die without a word, drops what came last when it does, and cannot open
a port without control lines: here the end is always told, after everything that came before it.

Promises: a peer that vanished without a word is noticed in `VANISHED_S`, whatever is waited for. What a server says
before it closes ("Port already in use") is kept as evidence.
"""

from __future__ import annotations

import contextlib
import errno
import queue
import re
import socket
import termios
import threading
from collections.abc import Iterator

import serial
import serial.rfc2217

from hardware.errors import PortGone, PortMissing, PortRefused

LOST: tuple[type[Exception], ...] = (OSError, termios.error, ValueError, TypeError, AttributeError)
VANISHED_S = 20
KEEPALIVE = {
    socket.TCP_KEEPIDLE: 10,
    socket.TCP_KEEPINTVL: 5,
    socket.TCP_KEEPCNT: 2,
    socket.TCP_USER_TIMEOUT: VANISHED_S * 1000,
}
TAIL = 200  # octets that are remembered for their last words
# What ser2net says, on a line of its own, when it does not let us to the modem.
_SERVER_SAID = re.compile(
    rb"(?:^|[\r\n]|[^ -~])((?:Port|Port's device) already in use|kicked off, new user is coming"
    rb"|(?:Port's device failed open|Device open failure)[ -~]*)\s*$"
)


def is_remote(url: str) -> bool:
    """Whether this port is on another machine."""
    return "://" in url


class Rfc2217(serial.rfc2217.Serial):  # type: ignore[misc]  # pyserial has no types
    """pyserial's client; read it through `chunks`."""

    def __init__(self, url: str) -> None:
        super().__init__(None, baudrate=115200, timeout=None)
        # Many servers and every pty answer nothing, or something else, when a control line is set; a modem needs none.
        self.port = f"{url.rstrip('/')}/?ign_set_control"

    def chunks(self) -> Iterator[bytes]:
        """What comes, as it comes, until the connection is over."""
        arrived = self._read_buffer
        while octet := arrived.get():
            data = bytearray(octet)
            with contextlib.suppress(queue.Empty):
                while octet := arrived.get_nowait():
                    data += octet
            yield bytes(data)
            if octet is None:
                return

    def heard(self) -> bytes:
        """What came and nobody took, after `open` gave up."""
        return b"".join(octet for octet in self._read_buffer.queue if octet) if self._read_buffer else b""

    def _telnet_read_loop(self) -> None:
        arrived = self._read_buffer
        try:
            with contextlib.suppress(*LOST):  # a socket lost while it answers; telnet that is none
                super()._telnet_read_loop()
        finally:
            arrived.put(None)


def pumped(port: Rfc2217) -> socket.socket:
    """A descriptor to poll for a port that has none: a thread copies into it what comes."""
    ours, theirs = socket.socketpair()

    def pump() -> None:
        with contextlib.closing(theirs), contextlib.suppress(*LOST):
            for data in port.chunks():
                theirs.sendall(data)

    threading.Thread(target=pump, name=f"reading {port.port}", daemon=True).start()
    return ours


def keep_alive(port: serial.SerialBase) -> None:
    """Have the kernel ask a silent peer whether it is there."""
    connection: socket.socket = port._socket
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for option, value in KEEPALIVE.items():
        connection.setsockopt(socket.IPPROTO_TCP, option, value)


def not_opened(url: str, error: Exception, heard: bytes) -> PortMissing | PortRefused:
    """Why there is no connection, in words."""
    said = last_words(heard)
    if said:
        return PortRefused(url, said)
    if "RFC2217" in str(error):
        return PortMissing(
            url,
            "what listens there does not speak RFC 2217 (in ser2net.yaml its accepter must begin with telnet(rfc2217), "
            "or the port here with socket://)",
        )
    cause = error.__context__
    if isinstance(cause, socket.gaierror):
        return PortMissing(url, "no machine of this name is known")
    if isinstance(cause, ConnectionRefusedError):
        return PortMissing(url, "the machine is there, and nothing listens on this port")
    if isinstance(cause, TimeoutError):
        return PortMissing(url, "nothing answers at this address")
    if isinstance(cause, OSError) and cause.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return PortMissing(url, "no way leads to this machine from here")
    return PortMissing(url, str(cause or error))


def ended(url: str, error: Exception, heard: bytes) -> PortGone:
    """An open connection is over: with the server's own words, where it said why."""
    said = last_words(heard)
    return PortRefused(url, said) if said else PortGone(url, str(error) or type(error).__name__)


def last_words(heard: bytes) -> str:
    """What a server of serial ports said at the end, "" when it is no sentence that we know."""
    found = _SERVER_SAID.search(heard)
    return found[1].decode("ascii").strip() if found else ""
