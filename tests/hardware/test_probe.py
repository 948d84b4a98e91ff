"""Asking a port who is there: two commands and no more, and a plain word for whatever is no modem."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.errors import ModemSilent, NotAModem, PortBusy, PortGone, PortMissing
from hardware.framing import is_echo
from hardware.link import SystemClock
from hardware.port import open_port
from hardware.probe import noise_in, probe
from hardware.virtual import VirtualBank
from tests.hardware.conftest import Pty

CLOCK = SystemClock()


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[VirtualBank]:
    with VirtualBank(1, tmp_path / "m") as bank:
        yield bank


def test_a_modem_tells_its_imei_and_is_free_again_at_once(bank: VirtualBank) -> None:
    began = time.monotonic()
    assert probe(bank.ports[0], CLOCK) == bank.modems()[0]["imei"]
    assert time.monotonic() - began < 1.5
    open_port(bank.ports[0], CLOCK).close()


def test_nothing_but_two_commands_is_written(wire: Pty) -> None:
    written = b""

    def modem() -> None:
        nonlocal written
        while not written.endswith(b"AT+CGSN\r"):
            said = os.read(wire.master, 100)
            written += said
            if said.endswith(b"\r"):
                imei = b"\r\n356938035643809" if b"CGSN" in said else b""
                os.write(wire.master, imei + b"\r\nOK\r\n")

    thread = threading.Thread(target=modem)
    thread.start()
    assert probe(wire.path, CLOCK) == "356938035643809"
    thread.join()
    assert written == b"AT\rAT+CGSN\r"


@pytest.mark.parametrize(
    ("switch", "words"),
    [
        ("gps_nmea", "it speaks as a GPS receiver does (NMEA)"),
        ("diag_port", "it speaks binary, as a port for diagnostics does"),
        ("printer", "it speaks binary, as a port for diagnostics does"),
        ("echo_only", "it only repeats what it is told"),
        ("answers_binary", "it speaks binary, as a port for diagnostics does"),
    ],
)
def test_f34_what_is_no_modem_is_named(bank: VirtualBank, switch: str, words: str) -> None:
    bank.fault(0, switch)
    with pytest.raises(NotAModem) as caught:
        probe(bank.ports[0], CLOCK, tries=2, try_s=0.5)
    assert caught.value.evidence == words


@pytest.mark.parametrize("switch", ["babble_forever", "silent_port"])
def test_f34_what_never_answers_ends_in_time(bank: VirtualBank, switch: str) -> None:
    bank.fault(0, switch)
    began = time.monotonic()
    with pytest.raises((NotAModem, ModemSilent)):
        probe(bank.ports[0], CLOCK, try_s=0.5)
    assert time.monotonic() - began < 12


def test_a_port_that_talks_by_itself_is_written_nothing(wire: Pty) -> None:
    over = threading.Event()

    def talk() -> None:
        while not over.wait(0.02):  # what came before the port was opened is dropped
            os.write(wire.master, b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n")

    receiver = threading.Thread(target=talk)
    receiver.start()
    try:
        with pytest.raises(NotAModem, match="NMEA"):
            probe(wire.path, CLOCK)
    finally:
        over.set()
        receiver.join()
    os.set_blocking(wire.master, False)
    with pytest.raises(BlockingIOError):
        os.read(wire.master, 100)


def test_a_port_that_is_held_or_gone_is_left(bank: VirtualBank) -> None:
    held = open_port(bank.ports[0], CLOCK)
    with pytest.raises(PortBusy):
        probe(bank.ports[0], CLOCK)
    held.close()
    bank.unplug(0)
    with pytest.raises((PortMissing, PortGone)):
        probe(bank.ports[0], CLOCK)


def test_words_are_no_noise() -> None:
    assert noise_in(b"\r\n^BOOT:35323129,0,0,0,26\r\n") == ""
    assert noise_in(b"") == ""
    assert not is_echo(b"AT\r\r\nOK\r\n")
    assert not is_echo(b"")
