"""What the host's Linux is given: rules that say what the table says, and units that systemd finds no fault with."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Need
from tests.usb_bus import CP2102, E3372, EC25, FT4232, GNSS, MF190, SERIAL_THING, Model, UsbBus
from udev import generate

FOLDER = Path(__file__).parent.parent / "udev"
UNITS = ("textbank-gateway.service", "textbank-panel.service")
EXPOSURE = 20  # of 100; lower is safer
IMEI = "356938035643809"


def test_the_committed_rules_are_what_the_table_gives() -> None:
    assert generate.RULES.read_text() == generate.rules(), "run: python -m udev.generate"


def test_no_line_is_longer_than_udev_reads() -> None:
    assert max(len(line) for line in generate.rules().splitlines()) < 16_000


@pytest.fixture
def bus(need: Need) -> Iterator[UsbBus]:
    need("umockdev-wrapper", package="umockdev gir1.2-umockdev-1.0 python3-gi")
    need("cc", package="gcc libc6-dev")
    need("udevadm", package="udev")
    with UsbBus() as bus:
        yield bus


def after_rules(bus: UsbBus, path: str) -> dict[str, str]:
    """The properties that a device has after all rules, by `udevadm test`; ours lie in place of the machine's own."""
    real = "env -u LD_PRELOAD"  # `udevadm test` makes links on this machine, not on the bus of the test
    links = f"{real} mkdir -p /dev/textbank && {real} mount -t tmpfs tmpfs /dev/textbank"
    script = f'mount --bind "$1" /etc/udev/rules.d && {links} && exec udevadm test --action=add "$2"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", str(FOLDER), path],
        env=bus.environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if "unshare failed" in done.stderr or "mount:" in done.stderr:
        pytest.skip("NOT RUN: only root may put rules in place of the machine's own. Run the tests as root")
    assert done.returncode == 0, done.stderr
    assert "textbank.rules" in done.stderr
    assert not [line for line in done.stderr.splitlines() if "72-textbank" in line and "nvalid" in line]
    pairs = (line.partition("=") for line in done.stdout.splitlines())
    found = {name: value for name, _, value in pairs}
    found["stderr"] = "\n".join(line for line in done.stderr.splitlines() if "72-textbank" in line)
    return found


def links(found: dict[str, str]) -> set[str]:
    return {link for link in found.get("DEVLINKS", "").split() if link.startswith("/dev/textbank/")}


def ttys(bus: UsbBus, place: str) -> list[str]:
    return [path for path in bus.plugged[place].paths if "tty" in path]


def test_f73_f75_a_modem_is_kept_awake_and_from_modemmanager(bus: UsbBus) -> None:
    bus.plug("1-1.3", EC25)
    path = bus.plugged["1-1.3"].paths[0]
    found = after_rules(bus, path)
    assert found["ID_MM_DEVICE_IGNORE"] == "1"
    assert "power/control' writing 'on'" in found["stderr"]
    assert (bus.root / path.removeprefix("/") / "power/control").read_text().startswith("on")


@pytest.mark.parametrize(
    ("model", "number", "expected"),
    [
        (EC25, 2, {"socket-1-1.3", "path-pci-0000:00:14.0-usb-0:1.3:1.2"}),
        (EC25, 1, set()),
        (MF190, 1, {"socket-1-1.3", "path-pci-0000:00:14.0-usb-0:1.3:1.1"}),
        (E3372, 2, {"socket-1-1.3", "path-pci-0000:00:14.0-usb-0:1.3:1.2"}),
        (E3372, 0, set()),
        (
            replace(EC25, serial=IMEI),
            2,
            {"socket-1-1.3", f"modem-{IMEI}", "path-pci-0000:00:14.0-usb-0:1.3:1.2"},
        ),
        (CP2102, 0, {"socket-1-1.3", "socket-1-1.3:1.0", "path-pci-0000:00:14.0-usb-0:1.3:1.0"}),
        (FT4232, 3, {"socket-1-1.3:1.3", "path-pci-0000:00:14.0-usb-0:1.3:1.3"}),
    ],
)
def test_the_port_for_commands_has_a_name_that_stays(
    bus: UsbBus, model: Model, number: int, expected: set[str]
) -> None:
    bus.plug("1-1.3", model)
    [path] = [path for path in ttys(bus, "1-1.3") if f":1.{number}/" in path]
    found = after_rules(bus, path)
    assert links(found) == {f"/dev/textbank/{name}" for name in expected}
    assert found["ID_MM_DEVICE_IGNORE"] == "1"


@pytest.mark.parametrize("model", [GNSS, SERIAL_THING])
def test_what_is_no_modem_is_left_as_it_is(bus: UsbBus, model: Model) -> None:
    bus.plug("1-1.3", model)
    for path in (bus.plugged["1-1.3"].paths[0], ttys(bus, "1-1.3")[0]):
        found = after_rules(bus, path)
        assert not links(found)
        assert "TEXTBANK_MODEM" not in found
        assert "power/control" not in found["stderr"]


def test_two_sticks_without_serial_numbers_have_two_names(bus: UsbBus) -> None:
    bus.plug("1-1.3", EC25)
    bus.plug("1-1.4", EC25)
    names = [links(after_rules(bus, ttys(bus, place)[2])) for place in ("1-1.3", "1-1.4")]
    assert all(names)
    assert not names[0] & names[1]


def test_udev_finds_no_fault_with_the_rules(need: Need) -> None:
    program = need("udevadm", package="udev")
    helped = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    if "verify" not in helped:  # before systemd 254: udevadm test above has read them
        return
    done = subprocess.run(
        [program, "verify", str(generate.RULES)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def units(tmp_path: Path) -> list[Path]:
    """The units, with a program in place of ours that is there."""
    made = []
    for name in UNITS:
        path = tmp_path / name
        text = (FOLDER / name).read_text()
        assert "/opt/textbank/.venv/bin/textbank" in text
        path.write_text(text.replace("/opt/textbank/.venv/bin/textbank", "/bin/true"))
        made.append(path)
    return made


def test_systemd_finds_no_fault_with_the_units(units: list[Path], need: Need) -> None:
    program = need("systemd-analyze", package="systemd")
    done = subprocess.run(
        [program, "verify", "--recursive-errors=yes", *units], capture_output=True, text=True, check=False
    )
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "textbank" in line]
    assert not ours  # the exit code hides unknown keys


@pytest.mark.parametrize("number", range(len(UNITS)))
def test_the_units_give_away_little(units: list[Path], number: int, need: Need) -> None:
    program = need("systemd-analyze", package="systemd")
    done = subprocess.run(
        [program, "security", "--offline=yes", f"--threshold={EXPOSURE}", "--no-pager", str(units[number])],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-300:] + done.stderr
    assert "Overall exposure level" in done.stdout


def test_f67_the_gateways_unit_may_reset_usb() -> None:
    assert "DeviceAllow=char-usb_device rw" in (FOLDER / UNITS[0]).read_text()
    of_devices = generate.rules().partition('GOTO="textbank_tty"')[2].partition('GOTO="textbank_end"')[0]
    assert 'GROUP="dialout", MODE="0660"' in of_devices


def test_the_gateways_unit_may_write_backups_where_the_manual_puts_them() -> None:
    """ProtectSystem=strict mounts a stick that is in at the start for reading only: no backup was ever made there."""
    manual = (FOLDER.parent / "docs" / "backup.md").read_text()
    folder = Path(manual.partition('folder = "')[2].partition('"')[0])
    [line] = [
        line for line in (FOLDER / UNITS[0]).read_text().splitlines() if line.startswith("ReadWritePaths=")
    ]
    allowed = [Path(word.removeprefix("-")) for word in line.partition("=")[2].split()]
    assert any(folder.is_relative_to(place) for place in allowed)


def test_no_unit_waits_for_a_time_server_that_a_box_without_internet_never_reaches() -> None:
    """Where systemd-time-wait-sync was switched on, time-sync.target is never reached there, nor was the gateway started."""
    for name in UNITS:
        waits = [line for line in (FOLDER / name).read_text().splitlines() if line.startswith("After=")]
        assert not any(target in line for line in waits for target in ("time-sync", "network-online"))


def test_the_folder_of_the_services_is_there_before_the_database_is_made_in_it() -> None:
    """systemd makes it with the first start, which follows: `textbank init` was refused to whoever did as they were told."""
    made, _, after = (FOLDER / "README.md").read_text().partition("textbank init")
    assert "install -d -m 700 -o textbank -g textbank /var/lib/textbank" in made
    assert "systemctl enable" in after


def test_the_commands_in_the_units_are_ours() -> None:
    started = [
        line
        for name in UNITS
        for line in (FOLDER / name).read_text().splitlines()
        if line.startswith("ExecStart=")
    ]
    assert [line.rsplit(" ", 1)[1] for line in started] == ["gateway", "panel"]


LOOKING = """
import os, sys, threading
def look(path):
    for _ in range(20_000):
        os.stat(path, follow_symlinks=False)
threads = [threading.Thread(target=look, args=[path]) for path in sys.argv[1:]]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_this_bus_does_not_end_a_program_of_which_two_threads_look_at_it(bus: UsbBus) -> None:
    """umockdev by itself does: it aborted a gateway with four modems (`usb_lock.c`)."""
    tty, stick = bus.plug("1-1.1", CP2102, {0: "/dev/null"})[0], "/sys/bus/usb/devices/1-1.1"
    command = [sys.executable, "-c", LOOKING, tty, stick, tty, stick]
    subprocess.run(command, env=bus.environment, check=True, timeout=60)
