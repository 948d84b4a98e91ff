"""The shell around a World: its modems on ptys, one thread with one selector for all, asleep until something is due.

Everything that touches the World holds `lock`, a Condition that is notified when something may have changed.
"""

import os
import selectors
import threading
import time
from pathlib import Path

from hardware.virtual.ptyport import PtyPort
from hardware.virtual.watch import Watch
from hardware.virtual.world import World


class Shell:
    """Runs a World until close(). Ports appear as `folder/modem0`, `folder/modem1`, and so on."""

    def __init__(self, world: World, folder: Path, zero: float) -> None:
        self.world = world
        self.folder = folder
        self.lock = threading.Condition()
        self._zero = zero
        self._ports: dict[str, PtyPort] = {}
        self._watches: dict[int, PtyPort] = {}
        self._watch = Watch()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._watch.fileno(), selectors.EVENT_READ)
        self._awake, self._waker = os.pipe()
        os.set_blocking(self._awake, False)
        os.set_blocking(self._waker, False)
        self._selector.register(self._awake, selectors.EVENT_READ)
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="virtual-modems", daemon=True)

    def now(self) -> float:
        """Seconds on the World's clock."""
        return time.monotonic() - self._zero

    def has_port(self, number: int) -> bool:
        """Whether the port of this modem exists."""
        return str(number) in self._ports

    def start(self) -> None:
        """Make the ports, then serve them. They exist when this returns."""
        with self.lock:
            self._pump()
        self._thread.start()

    def wake(self) -> None:
        """Something was done to the World from outside: look at it."""
        try:
            os.write(self._waker, b"!")
        except BlockingIOError:
            return  # it is awake anyway

    def close(self) -> None:
        """Stop, and take the ports away."""
        self._stopping = True
        self.wake()
        self._thread.join()
        for port in self._ports.values():
            port.close()
        self._selector.close()
        self._watch.close()
        os.close(self._awake)
        os.close(self._waker)

    def _run(self) -> None:
        while not self._stopping:
            with self.lock:
                wake = self._pump()
                timeout = None if wake is None else max(0.0, wake - self.now())
            ready = [key.fd for key, _ in self._selector.select(timeout)]
            with self.lock:
                self._serve(ready)

    def _serve(self, ready: list[int]) -> None:
        """Take what came."""
        if self._awake in ready:
            os.read(self._awake, 4096)
        for name, port in list(self._ports.items()):
            if port.master in ready:
                data = port.read()
                port.flush()
                if data:
                    self.world.ports[name].feed(data, self.now())

    def _count_users(self) -> None:
        for number, change in self._watch.changes():
            port = self._watches.get(number)
            if port is not None:
                port.users += change
                port.used = True
        for name, port in self._ports.items():
            if port.users == 0 and port.used:
                port.left()
                self.world.ports[name].opened_anew()

    def _pump(self) -> float | None:
        """Let the World do what is due, say it to who is there; when it is due again."""
        self._count_users()
        self.world.tick(self.now())
        for name, modem in self.world.ports.items():
            port = self._ports.get(name)
            if port is None and modem.plugged:
                port = self._appear(name)
            elif port is not None and not modem.plugged:
                self._vanish(name, port)
                port = None
            pieces = modem.take(self.now())
            if port is not None:
                for piece in pieces:
                    port.write(piece)
                self._mind(port)
        self.lock.notify_all()
        return self.world.next_wake()

    def _mind(self, port: PtyPort) -> None:
        """Wake when the program reads, if something waits for that."""
        mask = selectors.EVENT_READ | (selectors.EVENT_WRITE if port.clogged else 0)
        if self._selector.get_key(port.master).events != mask:
            self._selector.modify(port.master, mask)

    def _appear(self, name: str) -> PtyPort:
        number, _, second = name.partition(".")
        port = PtyPort(self.folder / self.world.port_names(int(number))[1 if second else 0])
        self._ports[name] = port
        self._watches[self._watch.add(port.path)] = port
        self._selector.register(port.master, selectors.EVENT_READ)
        return port

    def _vanish(self, name: str, port: PtyPort) -> None:
        self._selector.unregister(port.master)
        for watch, watched in list(self._watches.items()):
            if watched is port:
                del self._watches[watch]
        port.close()
        del self._ports[name]
