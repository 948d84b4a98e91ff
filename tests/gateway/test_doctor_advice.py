"""`textbank doctor` names the next step itself: the station's own, the port that takes commands, the program to stop."""

import contextlib
from dataclasses import replace
from pathlib import Path

import pytest

from gateway import explain, lock, store
from gateway.commands import _modems
from gateway.notice import Notice
from hardware.errors import NotAModem, PortMissing
from tests.gateway.clinic import EC25, Doctor, bus


def says(database: Path, name: str, state: str, notice: Notice, port: str = "") -> None:
    """A station's row as its gateway writes it."""
    words = "\n".join((notice.what, notice.evidence, notice.done, notice.next))
    with contextlib.closing(store.connect(database)) as db:
        db.execute(
            "INSERT INTO station (name, state, reason, since_at, port) VALUES (?,?,?,1,?)",
            [name, state, words, port],
        )


def test_a_station_that_needs_help_says_its_own_next_step(doctor: Doctor, database: Path) -> None:
    notice = explain.registration_denied("north", "T-Mobile")
    says(database, "north", "waiting", notice)
    with lock.gateway(database):
        _, found = doctor('[[stations]]\nname = "north"\n')
    assert found["modem north"]["found"] == f"The gateway says: waiting. {notice.what} {notice.evidence}"
    assert found["modem north"]["do"] == notice.next


def test_a_modem_that_works_and_warns_is_well(doctor: Doctor, database: Path) -> None:
    says(database, "north", "ready", explain.low_signal("north", -109))
    with lock.gateway(database):
        _, found = doctor('[[stations]]\nname = "north"\n')
    assert found["modem north"]["ok"]
    assert found["modem north"]["do"] == explain.low_signal("north", -109).next


@pytest.mark.parametrize(
    ("holder", "do"),
    [("ModemManager (1)", "make install-udev"), ("smsd (2)", "disable --now smstools"), ("cat (3)", "Stop")],
)
def test_a_page_that_names_the_doctor_is_answered_by_it(
    doctor: Doctor, database: Path, holder: str, do: str
) -> None:
    says(database, "north", "lost", explain.port_busy("north", "/dev/x", holder), "/dev/x")
    with lock.gateway(database):
        _, found = doctor('[[stations]]\nname = "north"\nport = "/dev/x"\n')
    assert do in found["modem north"]["do"]
    assert "doctor" not in found["modem north"]["do"]


def wrong(database: Path) -> str:
    """A station of a running gateway on a port that takes no commands."""
    notice = explain.not_a_modem("north", "/dev/ttyUSB0", "it speaks binary")
    says(database, "north", "failed", notice)  # it has met no modem, so it has written no port
    return '[[stations]]\nname = "north"\nport = "/dev/ttyUSB0"\n'


def test_f34_the_table_tells_a_running_gateways_station_its_port(
    doctor: Doctor, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus(monkeypatch, EC25)
    with lock.gateway(database):
        _, found = doctor(wrong(database))
    assert "its modem is on /dev/ttyUSB2" in found["modem north"]["do"]


def test_f34_the_other_ports_are_asked_which_takes_commands(
    doctor: Doctor, database: Path, modem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_modems, "PATTERNS", (str(modem),))
    station = wrong(database)
    with lock.gateway(database):
        _, found = doctor(station)
        assert "`textbank doctor --find` asks the others" in found["modem north"]["do"]
        _, found = doctor(station, "--find")
        assert found["modem north"]["do"].startswith(f'Write port = "{modem}" under north: there ')
        monkeypatch.setattr(_modems, "PATTERNS", ())
        _, found = doctor(station, "--find")
    assert found["modem north"]["do"].startswith("No other port takes commands now")
    assert "doctor" not in found["modem north"]["do"]


def test_f34_without_a_gateway_too(doctor: Doctor, modem: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(port: str) -> tuple[str, str]:
        raise NotAModem(port, "it speaks binary")

    monkeypatch.setattr(_modems, "ask", ask)
    _, found = doctor(f'[[stations]]\nname = "north"\nport = "{modem}"\n')
    assert found["modem north"]["do"].startswith("Name another port under north")


def test_a_port_of_a_stick_that_may_not_be_opened_has_the_next_step_in_it(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus(monkeypatch, EC25)

    def probe(port: str, *_: object, **__: object) -> str:
        raise PortMissing(port, "Permission denied")

    monkeypatch.setattr(_modems, "probe", probe)
    monkeypatch.setattr(_modems, "_denied", lambda port: (port, "Run: sudo usermod -aG dialout ana."))
    _, found = doctor("", "--find")
    assert found["usb 1-1.3"]["do"] == "Run: sudo usermod -aG dialout ana."
    bus(monkeypatch, replace(EC25, ports=(replace(EC25.ports[2], device="/dev/null"),)))
    _, found = doctor()  # without a port being opened
    assert not found["usb 1-1.3"]["ok"]
    assert found["usb 1-1.3"]["do"] == "Run: sudo usermod -aG dialout ana."
