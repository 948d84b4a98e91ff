"""The ways to make a silent modem begin anew: by its own command, by USB, by the power of its port alone."""

import fcntl
import subprocess
from pathlib import Path

import pytest

from hardware import restart
from hardware.profiles import profile_for
from hardware.restart import NotPossible
from tests.scripted import FakeClock, Gone, Scripted, ScriptedLink, Silence

PPPS = "Current status for hub 1-1 [2109:3431 USB2.0 Hub, USB 2.10, 4 ports, ppps]\n  Port 3: 0503 power\n"
GANGED = "Current status for hub 1-1 [0424:9514, USB 2.00, 5 ports, ganged]\n"


def command(made: str, rules: dict[str, object]) -> tuple[str, list[str]]:
    clock, modem = FakeClock(), Scripted(rules)
    said = restart.by_command(ScriptedLink(clock, modem), clock, profile_for(made, "", ""))
    return said, modem.written


@pytest.mark.parametrize(
    ("made", "first"),
    [
        ("Textbank", "AT+CFUN=1,1"),
        ("huawei", "AT^RESET"),
        ("huawei MU736", "AT+CFUN=16"),
        ("SIM7600G", "AT+CRESET"),
        ("Telit", "AT#REBOOT"),
        ("Ericsson", "AT*E2RESET"),
    ],
)
def test_f67_each_vendor_has_its_own_command(made: str, first: str) -> None:
    said, written = command(made, {})
    assert written == [first]
    assert "was taken" in said


def test_f67_a_refused_command_is_followed_by_the_next() -> None:
    assert command("huawei", {"AT^RESET": "ERROR"})[1] == ["AT^RESET", "AT+CFUN=1,1"]
    with pytest.raises(NotPossible, match="refused"):
        command("Textbank", {"AT+CFUN=1,1": "ERROR"})


def test_f67_a_modem_that_answers_nothing_gets_it_all_the_same() -> None:
    said, written = command("Textbank", {"AT": Silence(), "AT+CFUN=1,1": Silence()})
    assert written == ["AT+CFUN=1,1"]
    assert "did not answer" in said


def test_f67_a_port_that_goes_away_with_the_command_is_a_restart() -> None:
    said, _ = command("Textbank", {"AT+CFUN=1,1": Gone()})
    assert "went away" in said


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """A sysfs with a stick in socket 1-1.3 whose AT port is ttyUSB2."""
    device = tmp_path / "sys/devices/usb1/1-1/1-1.3"
    tty = device / "1-1.3:1.2/ttyUSB2/tty/ttyUSB2"
    tty.mkdir(parents=True)
    (device / "busnum").write_text("1\n")
    (device / "devnum").write_text("7\n")
    (device / "authorized").write_text("1\n")
    (tmp_path / "sys/class/tty").mkdir(parents=True)
    (tmp_path / "sys/class/tty/ttyUSB2").symlink_to(tty)
    (tmp_path / "dev/bus/usb/001").mkdir(parents=True)
    return tmp_path


def test_the_usb_device_of_a_port_is_found(stick: Path) -> None:
    device = restart.usb_device("/dev/ttyUSB2", stick / "sys")
    assert device is not None
    assert device.name == "1-1.3"
    assert restart.usb_device("/dev/ttyUSB9", stick / "sys") is None
    assert restart.usb_device("socket://10.0.0.7:2000", stick / "sys") is None


def test_f67_a_usb_reset_is_asked_of_the_device_node(stick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = restart.usb_device("/dev/ttyUSB2", stick / "sys")
    assert device is not None
    (stick / "dev/bus/usb/001/007").touch()
    asked: list[int] = []
    monkeypatch.setattr(fcntl, "ioctl", lambda handle, request, argument: asked.append(request))
    assert "was reset" in restart.by_usb(device, stick / "dev")
    assert asked == [restart.USBDEVFS_RESET]


def test_f67_without_the_node_the_authorized_switch_is_used_and_without_both_it_says_why(stick: Path) -> None:
    device = restart.usb_device("/dev/ttyUSB2", stick / "sys")
    assert device is not None
    assert "let go" in restart.by_usb(device, stick / "dev")
    (device / "authorized").unlink()
    (device / "authorized").mkdir()
    with pytest.raises(NotPossible, match="may not reset"):
        restart.by_usb(device, stick / "dev")


def test_f76_power_is_cycled_only_where_the_hub_switches_one_port(tmp_path: Path) -> None:
    ran: list[list[str]] = []

    def run(words: list[str], said: str = PPPS) -> str:
        ran.append(words)
        return said

    device = tmp_path / "1-1.3"
    assert "port 3 of the hub 1-1" in restart.by_power(device, run, installed=True)
    assert ran[-1] == ["uhubctl", "-l", "1-1", "-p", "3", "-a", "cycle", "-d", "5"]
    ran.clear()
    with pytest.raises(NotPossible, match="one port by itself"):
        restart.by_power(device, lambda words: run(words, GANGED), installed=True)
    assert ran == [["uhubctl", "-l", "1-1"]]
    with pytest.raises(NotPossible, match="not installed"):
        restart.by_power(device, run, installed=False)


@pytest.mark.parametrize(
    ("place", "hub"), [("1-1.3", ("1-1", "3")), ("1-1.4.2", ("1-1.4", "2")), ("2-1", ("2", "1"))]
)
def test_a_place_is_a_hub_and_a_port(place: str, hub: tuple[str, str]) -> None:
    assert restart.hub_and_port(place) == hub


def test_f67_a_device_that_went_meanwhile_and_a_program_that_hangs_are_ways_that_are_not_open(
    stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotPossible, match="not there any more"):
        restart.by_usb(stick / "sys/devices/usb1/1-1/1-1.4")

    def hangs(words: list[str], **how: object) -> None:
        raise subprocess.TimeoutExpired(words, 30)

    monkeypatch.setattr(subprocess, "run", hangs)
    with pytest.raises(NotPossible, match="timed out"):
        restart.by_power(stick / "1-1.3", installed=True)
