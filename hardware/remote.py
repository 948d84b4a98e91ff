"""A port on another machine, behind ser2net or another server of serial ports: socket://host:port, rfc2217://host:port.

Promises: a peer that vanished without a word is noticed in `VANISHED_S`, whatever is waited for; what a server says
before it closes ("Port already in use") is kept as evidence; a write takes `WRITE_LIMIT_S` at most.
Failure: `PortMissing` when there is no connection to be had, `PortRefused` with the server's own words.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import time
from urllib.parse import urlsplit

from hardware.errors import PortGone, PortMissing, PortRefused, said
from hardware.telnet import Telnet, escape

BAUD_RATE = 115200
CONNECT_S = 5.0
AGREE_S = 3.0
WRITE_LIMIT_S = 10.0
VANISHED_S = 20
KEEPALIVE = {
    socket.TCP_KEEPIDLE: 10,
    socket.TCP_KEEPINTVL: 5,
    socket.TCP_KEEPCNT: 2,
    socket.TCP_USER_TIMEOUT: VANISHED_S * 1000,
}
TAIL = 200  # octets that are remembered for a server's last words
# What ser2net says, on a line of its own, when it does not let us to the modem.
_SERVER_SAID = re.compile(
    rb"(?:^|[\r\n])((?:Port|Port's device) already in use|kicked off, new user is coming"
    rb"|(?:Port's device failed open|Device open failure)[ -~]*)\s*$"
)


def is_remote(url: str) -> bool:
    """Whether this port is on another machine."""
    return "://" in url


class RemotePort:
    """An open connection, in the form that `SerialLink` reads: a descriptor, and octets that `plain` makes readable."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("socket", "rfc2217") or not parts.hostname or not parts.port:
            raise PortMissing(url, "a port on another machine is socket://host:port or rfc2217://host:port")
        try:
            self._socket = socket.create_connection((parts.hostname, parts.port), CONNECT_S)
        except ConnectionResetError as error:  # it let us in, and was closed while we looked
            raise PortGone(url, said(error)) from error
        except OSError as error:
            raise PortMissing(url, _why(error)) from error
        self._telnet = Telnet() if parts.scheme == "rfc2217" else None
        self.early = b""  # what was said before we knew whom we speak to
        try:
            self._keep_alive()
            self._socket.settimeout(WRITE_LIMIT_S)
            self._agree(url)
        except OSError as error:
            self.close()
            raise ended(url, error, self.early) from error
        except PortMissing:
            self.close()
            raise

    def fileno(self) -> int:
        """To poll and to read."""
        return self._socket.fileno()

    def plain(self, data: bytes) -> bytes:
        """What was read, without the telnet in it."""
        if self._telnet is None:
            return data
        data = self._telnet.feed(data)
        answers, self._telnet.answers = self._telnet.answers, b""
        self._say(answers)
        return data

    def write(self, data: bytes) -> None:
        """All of it, or OSError."""
        self._socket.sendall(data if self._telnet is None else escape(data))

    def close(self) -> None:
        """End the connection at once."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _say(self, telnet: bytes) -> None:
        """Write what is none of the modem's. An end that this meets is met by the next read, after its last words."""
        with contextlib.suppress(OSError):
            self._socket.sendall(telnet)

    def _keep_alive(self) -> None:
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in {socket.TCP_NODELAY: 1, **KEEPALIVE}.items():
            self._socket.setsockopt(socket.IPPROTO_TCP, option, value)

    def _agree(self, url: str) -> None:
        """Wait until the server says that it speaks RFC 2217, then set the line."""
        if self._telnet is None:
            return
        with contextlib.suppress(
            OSError
        ):  # one that refuses us has closed already; what it said can still be read
            self._socket.sendall(self._telnet.hello())
        deadline = time.monotonic() + AGREE_S
        while self._telnet.agreed is None:
            ready, _, _ = select.select([self._socket], [], [], max(0.0, deadline - time.monotonic()))
            data = self._socket.recv(1000) if ready else b""
            if ready and not data:
                raise ConnectionResetError("it closed the connection")
            self.early += self.plain(data)
            if not ready or len(self.early) > TAIL:
                break
        if not self._telnet.agreed:
            raise PortMissing(
                url,
                "what answers there does not speak RFC 2217: begin the port here with socket://, "
                "or its accepter in ser2net.yaml with telnet(rfc2217)",
            )
        self._say(self._telnet.settings(BAUD_RATE))


def ended(url: str, error: Exception, heard: bytes) -> PortGone:
    """A connection is over: with the server's own words, where it said why."""
    found = _SERVER_SAID.search(heard)
    if found:
        return PortRefused(url, found[1].decode("ascii").strip())
    return PortGone(url, said(error))


def _why(error: OSError) -> str:
    """Why there is no connection, in words."""
    match error:
        case socket.gaierror():
            return "no machine of this name is known"
        case ConnectionRefusedError():
            return "the machine is there, and nothing listens on this port"
        case TimeoutError():
            return "nothing answers at this address"
        case _:
            return error.strerror or str(error)
