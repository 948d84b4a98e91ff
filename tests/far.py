"""Another machine on the loopback: Debian's ser2net over the ports of virtual modems, and a network between that fails.

with Ser2net(program, bank.ports, folder) as far:      # far.telnet[0], far.raw[0]: its TCP ports
    with Network(far.telnet[0]) as network:            # f"rfc2217://127.0.0.1:{network.port}"
        network.when(TO_MODEM, rb"AT\\+CMGS=\\d+\\r", network.cut)
"""

from __future__ import annotations

import contextlib
import ctypes
import re
import selectors
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

SO_ATTACH_FILTER = 26
TO_MODEM, TO_HOST = "to the modem", "to the host"
PATIENCE_S = 10.0


def free_ports(count: int) -> list[int]:
    """TCP ports that nobody has at this moment."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def listens(port: int) -> bool:
    """Whether somebody listens, without knocking: a connection would open the modem."""
    wanted = f":{port:04X}"
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(line.split()[1].endswith(wanted) and line.split()[3] == "0A" for line in lines)


class Ser2net:
    """The real program, with each modem behind telnet(rfc2217) and behind raw TCP, as ser2net.yaml would have it."""

    def __init__(self, program: str, devices: list[str], folder: Path, options: str = "") -> None:
        self._program, self._folder = program, folder
        ports = free_ports(2 * len(devices))
        self.telnet, self.raw = ports[: len(devices)], ports[len(devices) :]
        connections = [
            f"connection: &{kind}{number}\n    accepter: {accepter}tcp,127.0.0.1,{port}\n"
            f"    connector: serialdev,{devices[number]},115200n81,local\n"
            + (f"    options:\n      {options}\n" if options else "")
            for kind, accepter, own in (("t", "telnet(rfc2217),", self.telnet), ("r", "", self.raw))
            for number, port in enumerate(own)
        ]
        self._config = folder / "ser2net.yaml"
        self.configure("%YAML 1.1\n---\n" + "".join(connections))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def configure(self, written: str) -> None:
        """What its file says, for the next start."""
        self._config.write_text(written)

    def urls(self, number: int) -> dict[str, str]:
        """How a configuration names this modem, by scheme."""
        return {
            "rfc2217": f"rfc2217://127.0.0.1:{self.telnet[number]}",
            "socket": f"socket://127.0.0.1:{self.raw[number]}",
        }

    def start(self) -> None:
        """Start it; it listens when this returns. -u: no lock files, which only root may write."""
        self._process = subprocess.Popen(
            [self._program, "-n", "-u", "-c", str(self._config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
        )
        deadline = time.monotonic() + PATIENCE_S
        while not all(map(listens, (*self.telnet, *self.raw))):
            assert time.monotonic() < deadline, "ser2net does not listen"
            time.sleep(0.01)

    def kill(self) -> None:
        """As when the machine is switched off: the kernel closes what it had open."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


class Network:
    """A TCP relay to one port, that fails as told. What it has open is closed with it."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.RLock()
        self._pairs: dict[socket.socket, tuple[socket.socket, str]] = {}
        self._frozen: set[socket.socket] = set()
        self._rule: tuple[str, re.Pattern[bytes], Callable[[], None]] | None = None
        self._tail = b""
        self._drip: tuple[int, float] | None = None
        self._stop, self._stopped = socket.socketpair()
        self._thread = threading.Thread(target=self._relay, name="network")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.send(b".")
        self._thread.join(PATIENCE_S)
        self.cut()
        for end in (self._listener, self._stop, self._stopped):
            end.close()

    def when(self, way: str, pattern: bytes, act: Callable[[], None]) -> None:
        """Once: let what matches this pass, then nothing more of it, and act."""
        with self._lock:
            self._tail, self._rule = b"", (way, re.compile(pattern, re.DOTALL), act)

    @property
    def happened(self) -> bool:
        """Whether what `when` waited for was seen."""
        return self._rule is None

    def drip(self, octets: int, pause_s: float) -> None:
        """From now on so few at a time."""
        self._drip = (octets, pause_s)

    def cut(self) -> None:
        """Every connection ends, at both ends."""
        with self._lock:
            for end in self._pairs:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
            self._pairs.clear()
            self._frozen.clear()

    def freeze(self) -> None:
        """Every connection stays open and carries nothing more."""
        with self._lock:
            self._frozen.update(self._pairs)

    def vanish(self) -> None:
        """The host's peer is gone without a word: no octet, no acknowledgement, no end. The modem's side just ends."""
        nothing = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))  # BPF: keep 0 octets
        program = struct.pack("HxxxxxxQ", 1, ctypes.addressof(nothing))
        with self._lock:
            self.freeze()
            for end, (other, way) in [*self._pairs.items()]:
                if way == TO_MODEM:
                    end.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
                    other.close()
                    del self._pairs[other]

    def _relay(self) -> None:
        while True:
            with self._lock:
                readable = [end for end in self._pairs if end not in self._frozen and end.fileno() >= 0]
            with selectors.DefaultSelector() as selector:
                try:
                    for one in (self._listener, self._stopped, *readable):
                        selector.register(one, selectors.EVENT_READ)
                except ValueError:  # the test has just cut it
                    continue
                ready = [key.fileobj for key, _ in selector.select(0.05)]
            if self._stopped in ready:
                return
            for one in ready:
                if one is self._listener:
                    self._accept()
                elif isinstance(one, socket.socket):
                    self._carry(one)

    def _accept(self) -> None:
        host, _ = self._listener.accept()
        try:
            modem = socket.create_connection(("127.0.0.1", self._target), PATIENCE_S)
        except OSError:  # nearest to a refusal that a relay can come
            host.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            host.close()
            return
        for end in (host, modem):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._pairs |= {host: (modem, TO_MODEM), modem: (host, TO_HOST)}

    def _carry(self, end: socket.socket) -> None:
        with self._lock:
            if end not in self._pairs or end in self._frozen:
                return
            other, way = self._pairs[end]
            try:
                data = end.recv(4096)
                if not data:
                    raise ConnectionError
                passed, act = self._judge(way, data)
                self._send(other, passed)
            except OSError:
                for one in (end, other):
                    one.close()
                    self._pairs.pop(one, None)
                return
            if act is not None:
                act()

    def _judge(self, way: str, data: bytes) -> tuple[bytes, Callable[[], None] | None]:
        if self._rule is None or self._rule[0] != way:
            return data, None
        before, self._tail = len(self._tail), self._tail + data
        found = self._rule[1].search(self._tail)
        if found is None:
            return data, None
        act, self._rule = self._rule[2], None
        return self._tail[before : found.end()], act

    def _send(self, other: socket.socket, data: bytes) -> None:
        octets, pause_s = self._drip or (len(data) or 1, 0.0)
        for at in range(0, len(data), octets):
            other.sendall(data[at : at + octets])
            time.sleep(pause_s)  # the network's own slowness
