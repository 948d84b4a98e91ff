"""A bank of virtual modems and the processes of programs that nobody here wrote, each ended with its test."""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hardware.virtual import VirtualBank

LONG = (
    "The tenants' meeting is on Thursday at seven in the laundry room, ground floor, so that everybody can get there. "
    "We will talk about the heating, the elevator and the letter of the management company. Please bring the letter if "
    "you got one, and tell the neighbors on your floor. There will be coffee, and somebody to look after the children."
)
MOST_S = 30.0


class Programs:
    """Starts real processes in a folder; what they print is kept in files for a failed test to show."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = dict(os.environ)
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: object) -> subprocess.Popen[bytes]:
        """A process that goes on until the test ends."""
        log = self.folder / f"{Path(str(arguments[0])).name}-{len(self._running)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(argument) for argument in arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=self.environment,
            )
        self._running.append(process)
        return process

    def run(self, *arguments: object) -> str:
        """A process that ends by itself, well and in time; what it printed."""
        done = subprocess.run(
            [str(argument) for argument in arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=MOST_S,
            cwd=self.folder,
            env=self.environment,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def stop(self) -> None:
        """End every process that still runs, kindly, then not."""
        for process in self._running:
            process.terminate()
        for process in self._running:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[VirtualBank]:
    """Two virtual modems that send at once."""
    with VirtualBank(2, tmp_path / "bank") as bank:
        yield bank


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    """Starts processes that end with the test."""
    running = Programs(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def until() -> Callable[..., None]:
    """Wait until something that another process does is seen, with a deadline."""

    def wait(seen: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + MOST_S
        pause = threading.Event()
        while not seen():
            assert time.monotonic() < deadline, f"{what}: not seen in {MOST_S:g} s"
            pause.wait(0.05)

    return wait


@pytest.fixture
def long_text() -> str:
    """Three segments."""
    return LONG
