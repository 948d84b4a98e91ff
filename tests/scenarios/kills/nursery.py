"""Gateway processes by fork, so that a start costs no imports: each is a process of its own, and dies of its own kill -9.

    with Nursery() as nursery:
        gateway = nursery.start(config_path, folder / "log", point="after Ctrl-Z")
        gateway.wait(30)

Run as a program it is the one that forks: a line of JSON asks, a line with a process id answers. It has one thread, no
database and no port when it forks.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gateway import numbers
from gateway.commands.run import start_logging
from gateway.config import load
from gateway.daemon import serve
from gateway.errors import Refused
from tests.scenarios.group import die_with_parent
from tests.scenarios.kills import points


class Born:
    """One gateway process, with the face of a Popen as far as a `Group` needs it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._fd: int | None = None
        with contextlib.suppress(ProcessLookupError):  # it is dead already
            self._fd = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """None while it lives."""
        return 0 if self._gone(0) else None

    def send_signal(self, number: int) -> None:
        if self._fd is not None and not self._gone(0):
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._fd, number)

    def wait(self, timeout: float) -> int:
        if not self._gone(timeout):
            raise subprocess.TimeoutExpired("gateway", timeout)
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
        return 0

    def _gone(self, timeout_s: float) -> bool:
        return self._fd is None or bool(select.select([self._fd], [], [], timeout_s)[0])


class Nursery:
    """The program that forks. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._program = subprocess.Popen(
            [sys.executable, "-m", __spec__.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._program.communicate(timeout=30)

    def start(self, config: Path, log: Path, *, point: str = "", nth: int = 1, hangs: bool = False) -> Born:
        """A gateway for this configuration, armed with a point of `points.POINTS`."""
        ask = {"config": str(config), "log": str(log), "point": point, "nth": nth, "hangs": hangs}
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        with self._lock:
            self._program.stdin.write(json.dumps(ask) + "\n")
            self._program.stdin.flush()
            return Born(int(self._program.stdout.readline()))


def _live(ask: dict[str, Any]) -> None:
    """The life of one gateway, from the fork to its end."""
    die_with_parent()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, path in ((0, os.devnull), (1, os.devnull), (2, ask["log"])):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), number)
    start_logging()
    if ask["point"]:
        points.arm(ask["point"], ask["nth"])
    if ask["hangs"]:
        points.hang_in_close()
    try:
        serve(load(Path(ask["config"])))
    except Refused as refused:
        os.write(2, f"{refused}\n".encode())


def main() -> None:
    """Fork until the input ends."""
    numbers.normalise("+12025550123", "US")  # reads what it knows of a country
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            try:
                _live(json.loads(line))
            finally:
                os._exit(0)
        os.write(1, f"{pid}\n".encode())


if __name__ == "__main__":
    main()
