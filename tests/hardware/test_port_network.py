"""Modems behind a socket, and behind pyserial's own RFC 2217 server."""

import contextlib
import os
import select
import socket
import threading
from collections.abc import Iterator

import pytest
import serial
import serial.rfc2217

from hardware.errors import PortGone
from hardware.link import SystemClock
from hardware.modem import Modem, Patience
from hardware.port import open_port
from tests.hardware.conftest import Pty
from tests.scripted import Scripted

CLOCK = SystemClock()
QUICK = Patience(settle_s=0.02, probe_s=0.5, probes=3)


def soon(seconds: float = 5.0) -> float:
    return CLOCK.monotonic() + seconds


@contextlib.contextmanager
def served(answering: bool = True) -> Iterator[tuple[int, list[socket.socket]]]:
    """A TCP port with a scripted modem behind it; the connections, to be cut by the test."""
    listener = socket.create_server(("127.0.0.1", 0))
    connections: list[socket.socket] = []

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            connections.append(connection)
            modem = Scripted()
            while data := connection.recv(1000):
                for reply in modem.take(data):
                    connection.sendall(reply.data)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1], connections
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        for end in (listener, *connections):
            end.close()


def test_a_modem_behind_a_socket() -> None:
    with served() as (number, connections):
        link = open_port(f"socket://127.0.0.1:{number}", CLOCK)
        modem = Modem(link, CLOCK, QUICK)
        modem.start(lambda identity: None)
        assert modem.identity.imei == "356938035643809"
        connections[0].shutdown(socket.SHUT_RDWR)
        with pytest.raises(PortGone):
            modem.health()
        modem.close()


class Wired(serial.Serial):
    """A pty has no control lines, which the server asks for."""

    cts = dsr = ri = cd = property(lambda self: False)

    def _update_dtr_state(self) -> None:
        pass

    _update_rts_state = _update_dtr_state


class Rfc2217Server:
    """pyserial's PortManager between a socket and the slave of a pty, as its example server runs it."""

    def __init__(self, path: str) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.number = self._listener.getsockname()[1]
        self._serial = Wired(path, timeout=0)
        self._stop, self._stopped = socket.socketpair()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def write(self, data: bytes) -> None:
        self._connection.sendall(data)

    def _serve(self) -> None:
        self._connection, _ = self._listener.accept()
        with self._connection as connection:
            manager = serial.rfc2217.PortManager(self._serial, self)
            while True:
                ready, _, _ = select.select([connection, self._serial, self._stopped], [], [])
                if self._stopped in ready:
                    return
                if connection in ready:
                    data = connection.recv(1024)
                    if not data:
                        return
                    self._serial.write(b"".join(manager.filter(data)))
                if self._serial in ready:
                    connection.sendall(b"".join(manager.escape(self._serial.read(1024))))

    def close(self) -> None:
        self._stop.send(b"x")
        self._thread.join(5)
        self._serial.close()
        for end in (self._listener, self._stop, self._stopped):
            end.close()


def test_a_port_behind_rfc2217(wire: Pty) -> None:
    server = Rfc2217Server(wire.path)
    try:
        link = open_port(f"rfc2217://127.0.0.1:{server.number}", CLOCK)
        link.write(b"AT\xff\r")
        assert os.read(wire.master, 100) == b"AT\xff\r"
        os.write(wire.master, b"\r\nOK\xff\r\n")
        heard = b""
        while len(heard) < 7:
            heard += link.read(soon())
        assert heard == b"\r\nOK\xff\r\n"
        link.wake()
        assert link.read(soon()) == b""
    finally:
        server.close()
    with pytest.raises(PortGone):
        link.read(soon())
    began = CLOCK.monotonic()
    link.close()
    assert CLOCK.monotonic() - began < 2.0
