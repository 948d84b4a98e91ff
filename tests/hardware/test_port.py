"""Ports as they are: real ptys, a socket, and pyserial's own RFC 2217 server on the loopback."""

import errno
import grp
import os
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

import pytest
import serial
import serial.rfc2217

from hardware import holders
from hardware import port as port_module
from hardware.errors import PortBusy, PortGone, PortMissing, said
from hardware.link import SystemClock
from hardware.modem import Patience
from hardware.port import open_port
from tests.hardware.conftest import Pty

CLOCK = SystemClock()
QUICK = Patience(settle_s=0.02, probe_s=0.5, probes=3)


def soon(seconds: float = 5.0) -> float:
    return CLOCK.monotonic() + seconds


def test_bytes_go_both_ways(wire: Pty) -> None:
    link = wire.open()
    assert link.name == wire.path
    link.write(b"AT\r")
    assert os.read(wire.master, 100) == b"AT\r"
    os.write(wire.master, b"\r\nOK\r\n")
    assert link.read(soon()) == b"\r\nOK\r\n"


def test_what_the_system_says_is_told_without_its_number() -> None:
    assert said(OSError(5, "the other end hung up")) == "the other end hung up"
    assert said(ValueError("could not open port: [Errno 5] no")) == "could not open port: no"
    assert said(ValueError()) == "ValueError"


def test_a_read_ends_at_its_deadline(wire: Pty) -> None:
    link = wire.open()
    began = CLOCK.monotonic()
    assert link.read(began + 0.05) == b""
    assert 0.05 <= CLOCK.monotonic() - began < 1.0
    assert link.read(began) == b""


def test_a_wake_ends_a_blocked_read_or_the_next(wire: Pty) -> None:
    link = wire.open()
    link.wake()
    assert link.read(CLOCK.monotonic()) == b""  # a mere look does not use it up
    began = CLOCK.monotonic()
    assert link.read(soon()) == b""
    waker = threading.Thread(target=link.wake)
    waker.start()
    assert link.read(soon()) == b""
    waker.join()
    assert CLOCK.monotonic() - began < 4.0


def test_a_waiting_read_costs_no_cpu(wire: Pty) -> None:
    link = wire.open()
    before = time.process_time()
    link.read(soon(0.3))
    assert time.process_time() - before < 0.05


def test_unplugged_while_reading(wire: Pty) -> None:
    link = wire.open()
    unplug = threading.Timer(0.05, wire.unplug)
    unplug.start()
    with pytest.raises(PortGone) as caught:
        link.read(soon())
    unplug.join()
    assert caught.value.evidence
    with pytest.raises(PortGone):
        link.write(b"AT\r")
    link.close()


def test_a_second_opener_is_told_who_holds_it(wire: Pty) -> None:
    wire.open()
    script = (
        "import sys; from hardware.port import open_port; from hardware.link import SystemClock; "
        "from hardware.errors import PortBusy\n"
        "try: open_port(sys.argv[1], SystemClock())\n"
        "except PortBusy as busy: print(busy.holder)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, wire.path], capture_output=True, text=True, check=True
    )
    assert f"(process {os.getpid()})" in done.stdout
    with pytest.raises(PortBusy):
        wire.open()


def test_a_closed_port_can_be_opened_again_at_once(wire: Pty) -> None:
    for _ in range(5):
        wire.open().close()
    link = wire.open()
    link.write(b"x")
    assert os.read(wire.master, 10) == b"x"


def test_a_close_that_hangs_holds_nobody_up(wire: Pty, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    closed = threading.Event()
    link = wire.open()

    def hang() -> None:
        released.wait(30)
        closed.set()

    monkeypatch.setattr(link._port, "close", hang)
    began = CLOCK.monotonic()
    link.close()
    link.close()
    assert CLOCK.monotonic() - began < 2.0
    again = wire.open()  # our own hold was given up
    with pytest.raises(PortGone):
        link.read(soon())
    again.close()
    released.set()
    assert closed.wait(5)


def test_after_close_everything_is_gone(wire: Pty) -> None:
    link = wire.open()
    link.close()
    link.wake()
    for act in (lambda: link.read(soon()), lambda: link.write(b"x")):
        with pytest.raises(PortGone, match="closed"):
            act()


def test_no_descriptor_is_left_behind(wire: Pty) -> None:
    before = set(os.listdir("/proc/self/fd"))
    for _ in range(3):
        wire.open().close()
    assert set(os.listdir("/proc/self/fd")) <= before | set()


@pytest.mark.parametrize(
    "path", ["/dev/no-such-modem", "/etc/hostname/x", "/dev/null", "socket://127.0.0.1:1", "nonsense://x"]
)
def test_what_is_not_there_is_missing(path: str) -> None:
    with pytest.raises(PortMissing) as caught:
        open_port(path, CLOCK)
    assert path in str(caught.value)


def test_a_file_is_no_serial_port(tmp_path: Path) -> None:
    (tmp_path / "words").write_text("no modem")
    with pytest.raises(PortMissing) as caught:
        open_port(str(tmp_path / "words"), CLOCK)
    assert caught.value.evidence == "it is not a serial port"


RAISED = [
    serial.SerialException("device reports readiness to read but returned no data"),
    serial.SerialException(errno.EIO, "[Errno 5] Input/output error"),
    serial.SerialTimeoutException("Write timeout"),
    OSError(errno.EIO, "Input/output error"),
    OSError(errno.ENODEV, "No such device"),
    termios.error(5, "Input/output error"),
]


@pytest.mark.parametrize("error", RAISED, ids=repr)
def test_whatever_is_raised_is_port_gone(
    wire: Pty, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = wire.open()

    def fail(*args: object) -> None:
        raise error

    monkeypatch.setattr(link._port, "write", fail)
    with pytest.raises(PortGone):
        link.write(b"AT\r")
    os.write(wire.master, b"x")
    monkeypatch.setattr(port_module.os, "read", fail)
    with pytest.raises(PortGone):
        link.read(soon())
    monkeypatch.undo()


def test_bytes_that_are_never_taken_are_port_gone(wire: Pty, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(port_module, "WRITE_LIMIT_S", 0.1)
    link = wire.open()
    with pytest.raises(PortGone):
        link.write(b"x" * 1_000_000)


def test_a_serial_port_on_which_the_machine_itself_speaks_is_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The console of a Pi is on the pins of its header, where the kernel writes too: of a HAT there `doctor` said to pull it out for ten seconds."""
    monkeypatch.setattr(holders, "CONSOLES", tmp_path / "active")
    (tmp_path / "active").write_text("ttyS77 tty1\n")
    with pytest.raises(PortBusy, match="Serial Port: no login shell"):
        open_port("/dev/ttyS77", SystemClock())
    login = os.stat_result([0o20620, 0, 0, 1, 0, grp.getgrnam("tty").gr_gid, 0, 0, 0, 0])
    monkeypatch.setattr(holders.os, "stat", lambda _: login)
    assert holders.is_console("/dev/ttyAMA0")
