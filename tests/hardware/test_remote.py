"""Ports on another machine at the socket: who is not there, who refuses, who vanishes without a word."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hardware import remote
from hardware.errors import HardwareError, PortGone, PortMissing, PortRefused
from hardware.link import SystemClock
from hardware.port import open_port
from hardware.virtual import VirtualBank
from tests.far import Network, Ser2net, free_ports

CLOCK = SystemClock()
SCHEMES = ("socket", "rfc2217")
SER2NET_HELLO = b"\xff\xfb\x03\xff\xfd\x03\xff\xfd\x00\xff\xfb\x00\xff\xfd\x2c"


@contextlib.contextmanager
def server(*words: bytes, reset: bool = False) -> Iterator[int]:
    """A TCP server that says this to whoever comes, and closes; with `reset`, without waiting for the last word."""
    listener = socket.create_server(("127.0.0.1", 0))
    # Else a last word may wait for the first one's ACK, and an end with something unread drops what waits.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    for word in words:
                        connection.sendall(word)
                    if reset:
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def first_trouble(url: str) -> HardwareError:
    """What opening it, or else reading it, meets."""
    try:
        link = open_port(url, CLOCK)
        try:
            while True:
                link.read(CLOCK.monotonic() + 5)
        finally:
            link.close()
    except HardwareError as error:
        return error


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    ("words", "taken"),
    [
        (b"Port already in use\r\n", True),
        (b"Port's device already in use\r\n", True),
        (b"\r\nkicked off, new user is coming\r\n", True),
        (b"Device open failure: Value or file not found\r\n", False),
    ],
)
def test_what_ser2net_says_before_it_closes_is_the_evidence(scheme: str, words: bytes, taken: bool) -> None:
    hello = SER2NET_HELLO if scheme == "rfc2217" else b""
    with server(hello, words) as number:
        for _ in range(10):  # its end may meet any step of ours
            error = first_trouble(f"{scheme}://127.0.0.1:{number}")
            assert isinstance(error, PortRefused)
            assert (error.evidence, error.taken) == (words.decode().strip(), taken)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("reset", [False, True])
def test_an_end_without_a_word_is_the_port_gone(scheme: str, reset: bool) -> None:
    with server(b"\r\nOK\r\n", reset=reset) as number:
        error = first_trouble(f"{scheme}://127.0.0.1:{number}")
        assert isinstance(error, PortGone)
        assert not isinstance(error, PortRefused)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_nobody_there_is_said_in_words(scheme: str) -> None:
    with pytest.raises(PortMissing, match="nothing listens on this port"):
        open_port(f"{scheme}://127.0.0.1:{free_ports(1)[0]}", CLOCK)
    with pytest.raises(PortMissing, match="no machine of this name"):
        open_port(f"{scheme}://nobody.invalid:7001", CLOCK)


def test_a_server_without_rfc2217_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "AGREE_S", 0.1)
    listener = socket.create_server(("127.0.0.1", 0))
    with listener, pytest.raises(PortMissing, match="does not speak RFC 2217"):
        open_port(f"rfc2217://127.0.0.1:{listener.getsockname()[1]}", CLOCK)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_peer_that_vanished_without_a_word_is_noticed_while_we_only_listen(
    need: Callable[..., str], tmp_path: Path, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for option, value in {
        socket.TCP_KEEPIDLE: 1,
        socket.TCP_KEEPINTVL: 1,
        socket.TCP_USER_TIMEOUT: 2000,
    }.items():
        monkeypatch.setitem(remote.KEEPALIVE, option, value)
    with (
        VirtualBank(1, tmp_path / "m") as bank,
        Ser2net(need("ser2net"), bank.ports, tmp_path) as far,
        Network({"rfc2217": far.telnet, "socket": far.raw}[scheme][0]) as network,
    ):
        link = open_port(f"{scheme}://127.0.0.1:{network.port}", CLOCK)
        link.write(b"AT\r")
        heard = b""
        while b"OK" not in heard:
            heard += link.read(CLOCK.monotonic() + 5)
        network.vanish()
        with pytest.raises(PortGone, match="timed out"):
            link.read(CLOCK.monotonic() + 10)
        link.close()


def test_twenty_seconds_is_the_longest_that_a_silent_peer_is_believed() -> None:
    kept = remote.KEEPALIVE
    asked_s = kept[socket.TCP_KEEPIDLE] + kept[socket.TCP_KEEPCNT] * kept[socket.TCP_KEEPINTVL]
    assert asked_s <= remote.VANISHED_S == kept[socket.TCP_USER_TIMEOUT] / 1000
