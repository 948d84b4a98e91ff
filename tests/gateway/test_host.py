"""What the machine under the modems did: power and USB, waited for and never polled."""

import logging
import os
import select
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import readings
from gateway.host import Host, recorder

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
        self.events: list[tuple[str, str]] = []
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
        assert self.host is not None
        self.host.look(lambda kind, evidence: self.events.append((kind, evidence)))
        return [kind for kind, _ in self.events]


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
    assert machine.events[0][1] == "usb 1-1.3: reset high-speed USB device number 7 using xhci_hcd"
    assert machine.look() == ["usb_reset", "usb_lost", "undervoltage"]


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
    host.look(lambda kind, evidence: pytest.fail(f"{kind}: {evidence}"))
    assert (host.files, host.alarms) == ([], [])
    assert caplog.text.count("kernel's log cannot be read") == 1
    host.close()


def test_a_log_that_ends_is_let_go(machine: Machine) -> None:
    host = machine.watch()
    os.close(machine.kernel)
    machine.look()
    assert host.files == []
    machine.kernel = os.open(machine.kmsg, os.O_RDWR)


def test_f74_it_becomes_rows(machine: Machine, db: sqlite3.Connection) -> None:
    host = machine.watch()
    machine.say(LOST)
    host.look(recorder(db, lambda: 1_000))
    assert [tuple(row) for row in readings.host_events(db, since=0)] == [
        (1_000, "usb_lost", "usb 1-1.3: USB disconnect, device number 7")
    ]
