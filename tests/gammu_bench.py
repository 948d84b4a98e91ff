"""What the tests of the driver gammu share: libgammu itself, phones in a folder, and a watch on processes."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hardware import pdu
from hardware.gammu_modem import GammuModem, Limits
from hardware.link import SystemClock
from tests.conftest import PREFIX

CLOCK = SystemClock()
ADA = "+12025550123"
SEEN_S = 20.0
SHORT = Limits(open_s=40.0, answer_s=3.0, pin_s=5.0, sim_s=0.5)


def libgammu() -> ModuleType:
    """python-gammu, or the test is not run."""
    try:
        import gammu
    except ImportError:
        pytest.skip(f"{PREFIX}python-gammu is not installed here. Run: ./setup.sh test")
    return gammu  # type: ignore[no-any-return]


def dummy(folder: Path) -> str:
    """The port of a new dummy phone of libgammu's own, in a folder."""
    libgammu()
    for number in range(1, 6):
        (folder / "dummy" / "sms" / str(number)).mkdir(parents=True)
    return str(folder / "dummy")


@contextmanager
def phone(
    port: str, connection: str = "at115200", limits: Limits = SHORT, **keywords: Any
) -> Iterator[GammuModem]:
    """A driver on a port, closed with its block; the process behind it is gone then."""
    libgammu()
    driver = GammuModem(port, CLOCK, connection=connection, limits=limits, **keywords)
    try:
        yield driver
    finally:
        driver.close()
        until(lambda: not alive(driver.pid), "the process is gone")


def no_pin(identity: object) -> None:
    """For `start`: there is none."""
    return


def send(driver: GammuModem, tpdu: bytes, timeout_s: float = 20.0) -> int | None:
    """One TPDU through a prompt; its MR."""
    with driver.prompt(len(tpdu)) as prompt:
        return prompt.send(tpdu, timeout_s)


def read(driver: GammuModem) -> list[str | None]:
    """The words that lie on it; of what is no text, its kind."""
    found = [pdu.decode(stored.pdu) for stored in driver.list(everything=True)]
    return [text.text if isinstance(text, pdu.Deliver) else type(text).__name__ for text in found]


def tpdus(text: str = "hello", to: str = ADA, ref: int = 7) -> list[bytes]:
    """A text as our codec writes it."""
    return pdu.submit_tpdus(to, pdu.segment(text), ref=ref, status_report=True)


def alive(pid: int) -> bool:
    """Whether a process runs, a stopped one included; one that has ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(seen: Callable[[], object], what: str) -> None:
    """Wait until something that another process does is seen."""
    deadline, pause = time.monotonic() + SEEN_S, threading.Event()
    while not seen():
        assert time.monotonic() < deadline, f"{what}: not seen in {SEEN_S:g} s"
        pause.wait(0.02)


def stop(pid: int) -> None:
    """A process that hangs: it is there and does nothing any more."""
    os.kill(pid, signal.SIGSTOP)
    until(lambda: Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T", "it is stopped")
