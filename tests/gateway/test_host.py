"""What the machine under the modems did: power and USB, waited for and never polled."""

import logging
import os
import select
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import readings, troubles
from gateway.host import Host

RESET = "6,1234,5678901,-;usb 1-1.3: reset high-speed USB device number 7 using xhci_hcd\n SUBSYSTEM=usb\n"
LOST = "6,1235,5678902,-;usb 1-1.3: USB disconnect, device number 7\n"
LOW = "4,1236,5678903,-;hwmon hwmon1: Undervoltage detected!\n"
OTHER = "6,1237,5678904,-;usb 1-1.4: new high-speed USB device number 8 using xhci_hcd\n"


class Machine:
    """A sysfs with or without the Pi's power alarm, and a pipe in place of the kernel's log."""

    def __init__(self, folder: Path) -> None:
        self.sys, self.kmsg = folder / "sys", folder / "kmsg"
        self.alarm = self.sys / "class/hwmon/hwmon1/in0_lcrit_alarm"
        os.mkfifo(self.kmsg)
        self.kernel = os.open(self.kmsg, os.O_RDWR)
        self.database = folder / "none/textbank.db"
        self.host: Host | None = None

    def is_a_pi(self) -> None:
        self.alarm.parent.mkdir(parents=True)
        (self.alarm.parent / "name").write_text("rpi_volt\n")
        self.alarm.write_text("0\n")

    def watch(self) -> Host:
        self.host = Host(self.sys, self.kmsg)
        return self.host

    def say(self, record: str) -> None:
        os.write(self.kernel, record.encode())

    def look(self) -> list[str]:
        """What it saw so far; there is no database to write it to."""
        assert self.host is not None
        self.host.note(self.database, now=1_000)
        return [kind for _, kind, _ in self.host.unwritten]


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    yield machine
    os.close(machine.kernel)
    if machine.host is not None:
        machine.host.close()


def test_f74_undervoltage_is_told_once_each_time_it_begins(machine: Machine) -> None:
    machine.is_a_pi()
    host = machine.watch()
    assert len(host.alarms) == 1
    assert machine.look() == []
    machine.alarm.write_text("1\n")
    assert machine.look() == ["undervoltage"]
    assert machine.look() == ["undervoltage"]
    machine.alarm.write_text("0\n")
    machine.look()
    machine.alarm.write_text("1\n")
    assert machine.look() == ["undervoltage", "undervoltage"]


def test_f74_what_the_kernel_says_of_usb_is_told_and_wakes_the_gateway(machine: Machine) -> None:
    host = machine.watch()
    assert select.select(host.files, [], host.alarms, 0) == ([], [], [])
    for record in (OTHER, RESET, LOST, LOW):
        machine.say(record)
    assert select.select(host.files, [], [], 0)[0] == host.files
    assert machine.look() == ["usb_reset", "usb_lost", "undervoltage"]
    assert host.unwritten[0][2] == "usb 1-1.3: reset high-speed USB device number 7 using xhci_hcd"
    assert machine.look() == ["usb_reset", "usb_lost", "undervoltage"]


def test_a_usb_controller_that_stopped_is_told_with_the_restart_that_alone_helps(machine: Machine) -> None:
    """Of the Pi 4's every modem "left the USB", and another cable was advised, which changes nothing."""
    machine.watch()
    machine.say("3,911,815101661,-;xhci_hcd 0000:01:00.0: HC died; cleaning up\n")
    assert machine.look() == ["usb_lost"]
    assert machine.host is not None
    _, kind, evidence = machine.host.unwritten[0]
    assert "until the machine is restarted" in troubles.of_machine(kind, evidence).what


def test_where_the_driver_tells_of_power_the_log_does_not_tell_it_again(machine: Machine) -> None:
    machine.is_a_pi()
    machine.watch()
    machine.say(LOW)
    assert machine.look() == []


def test_a_log_that_may_not_be_read_is_said_once_and_harms_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    host = Host(tmp_path, tmp_path / "nothing")
    host.note(tmp_path / "none/textbank.db", now=1_000)
    assert (host.files, host.alarms, list(host.unwritten)) == ([], [], [])
    assert caplog.text.count("kernel's log cannot be read") == 1
    host.close()


def test_a_log_that_ends_is_let_go(machine: Machine) -> None:
    host = machine.watch()
    os.close(machine.kernel)
    machine.look()
    assert host.files == []
    machine.kernel = os.open(machine.kmsg, os.O_RDWR)


def test_f74_it_becomes_rows_once_there_is_a_database_to_write_to_and_nobody_spins_until_then(
    machine: Machine, db: sqlite3.Connection, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    host = machine.watch()
    machine.say(LOST)
    machine.look()
    assert select.select(host.files, [], host.alarms, 0) == ([], [], [])
    machine.say(RESET)
    machine.look()
    assert caplog.text.count("could not be written down yet") == 1
    for _ in range(2):
        host.note(path, now=9_000)
    assert [tuple(row)[:2] for row in readings.host_events(db, since=0)] == [
        (1_000, "usb_reset"),
        (1_000, "usb_lost"),
    ]
