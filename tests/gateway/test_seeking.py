"""Stations whose modem is not where it should be: another one is there, another program has it, another port was named."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from gateway import explain, stations
from gateway.station import seeking
from gateway.whereabouts import Seek, Where
from hardware.errors import ModemSilent
from hardware.usb import Port, Stick
from tests.gateway.bench import Bench

OTHER = "356938035999999"
EC25 = Stick(
    "1-1.3",
    "2c7c",
    "0125",
    "EC25",
    tuple(Port(f"/dev/ttyUSB{i}", i, ("ff", "ff", "ff"), "option") for i in range(4)),
)


def test_f70_another_modem_on_the_port_is_not_this_station_and_never_gets_its_pin(bench: Bench) -> None:
    bench.spec = replace(bench.spec, imei=OTHER, pin="1234")
    bench.bank.fault(0, "pin_required")
    bench.bank.unplug(0)
    bench.bank.plug(0)
    bench.station.close()
    bench.station = bench.make()
    bench.until(lambda: bench.said()[0] == "lost", "lost")
    assert "another modem is on it now" in bench.said()[1]
    assert bench.desk.db.execute("SELECT count(*) FROM pin_attempt").fetchone()[0] == 0


def test_f70_a_modem_without_a_pin_is_checked_too(bench: Bench) -> None:
    bench.spec = replace(bench.spec, imei=OTHER)
    bench.station.close()
    doubts: list[str] = []
    bench.station = bench.make(
        Seek(lambda: Where(bench.bank.ports[0], "1-1.3"), lambda: doubts.append("north"))
    )
    bench.until(lambda: bench.said()[0] == "lost", "lost")
    assert bench.station.modem is None
    assert doubts
    row = bench.desk.db.execute("SELECT imei, epoch FROM station").fetchone()
    assert (row["imei"], row["epoch"]) == ("", 0)


@pytest.mark.parametrize("switch", ["gps_nmea", "silent_port", "diag_port"])
def test_f34_another_port_of_the_stick_is_named_and_left_alone_for_minutes(
    bench: Bench, switch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeking, "wrong_port", lambda path: "It is the GPS port of the EC25; its modem is on /dev/ttyUSB2")  # fmt: skip
    bench.bank.fault(0, switch)
    bench.until(lambda: bench.said()[0] == "failed", "named")
    assert "It is the GPS port of the EC25; its modem is on /dev/ttyUSB2." in bench.said()[1]
    now = bench.clock.monotonic()
    assert (
        bench.station.step(now + 200) < now + 250
    )  # a glance whether another device is on the port, no more
    assert bench.station.modem is None
    assert bench.said()[0] == "failed"


def test_f35_a_modem_whose_answers_another_program_takes_is_said_to_be_in_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(seeking, "holders_of", lambda port: "ModemManager (process 812)")
    monkeypatch.setattr(seeking.os.path, "realpath", str)
    said = seeking.silence("north", "/dev/ttyUSB2", ModemSilent("AT", 60.0))
    assert said == explain.port_busy("north", "/dev/ttyUSB2", "ModemManager (process 812)")


def test_a_modem_that_is_silent_where_it_should_be_is_just_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seeking, "stick_of", lambda port: EC25)
    monkeypatch.setattr(seeking, "holders_of", lambda port: "")
    silent = ModemSilent("AT", 60.0)
    assert seeking.silence("north", "/dev/ttyUSB2", silent) == explain.modem_silent("north", "AT", 60.0)
    assert seeking.wrong_port("/dev/ttyUSB2") == ""
    assert seeking.wrong_port("/dev/ttyUSB0") == (
        "The port /dev/ttyUSB0 is the port for diagnostics of the Quectel EC25/EG25-G; its modem is on /dev/ttyUSB2"
    )


def test_a_station_starts_as_soon_as_its_modem_is_found(bench: Bench) -> None:
    places = [Where(None)]
    bench.spec = replace(bench.spec, port=None)
    bench.station.close()
    bench.station = bench.make(Seek(lambda: places[0]))
    bench.until(lambda: bench.said()[0] == "waiting", "waits")
    assert "north has no modem yet" in bench.said()[1]
    assert bench.station.step(bench.clock.monotonic()) > bench.clock.monotonic() + 1  # it sleeps
    bench.spec = replace(bench.spec, port=bench.bank.ports[0])
    places[0] = Where(bench.bank.ports[0], "1-1.3")
    bench.until_ready()
    row = bench.desk.db.execute("SELECT port, place FROM station").fetchone()
    assert (row["port"], row["place"]) == (bench.bank.ports[0], "1-1.3")


def test_what_cannot_be_found_is_said_to_a_station_without_a_port(bench: Bench) -> None:
    bench.spec = replace(bench.spec, port=None)
    bench.station.close()
    bench.station = bench.make(Seek(lambda: Where(None, blind="the system has no libudev")))
    bench.until(lambda: bench.said()[0] == "waiting", "waits")
    assert "The system has no libudev." in bench.said()[1]


def test_a_port_that_comes_back_is_opened_at_once(bench: Bench) -> None:
    bench.bank.unplug(0)
    bench.until(lambda: bench.said()[0] == "lost", "lost")
    for _ in range(3):
        bench.station.step(bench.clock.monotonic() + 100)  # failures make it patient
    bench.bank.plug(0)
    began = bench.clock.monotonic()
    bench.until_ready()
    assert bench.clock.monotonic() - began < 4


def test_found_modems_stay_for_a_month_and_only_while_modems_are_found(db: sqlite3.Connection) -> None:
    day = 86_400_000
    for name in ("modem-1", "modem-2"):
        stations.remember_modem(db, name, name[-1] * 15, "1-1.3", found=True, now=0)
    stations.set_state(db, "modem-1", "lost", "gone", now=10 * day)
    stations.set_state(db, "modem-2", "lost", "gone", now=30 * day)
    stations.retire_others(db, [], now=41 * day, finding=True)
    assert [row["name"] for row in stations.modems(db)] == ["modem-2"]
    stations.retire_others(db, ["north"], now=41 * day, found=["modem-2"])
    assert [(row["name"], row["found"]) for row in stations.modems(db)] == [("modem-2", 1)], "as it was found"
    stations.retire_others(db, ["north"], now=41 * day)
    assert stations.modems(db) == []
    stations.remember_modem(db, "modem-1", "1" * 15, "1-1.4", found=True, now=42 * day)
    assert [(row["name"], row["place"]) for row in stations.modems(db)] == [("modem-1", "1-1.4")]


def test_a_modem_that_a_station_of_the_file_has_now_is_not_also_plugged_in_nowhere(
    db: sqlite3.Connection,
) -> None:
    """It was found before the file named its port: for a month its page said that it was gone, and somebody was needed."""
    for name in ("modem-1", "modem-2"):
        stations.remember_modem(db, name, name[-1] * 15, "1-1.3", found=True, now=0)
        stations.set_state(db, name, "lost", "plugged in nowhere", now=1)
    stations.remember_modem(db, "north", "1" * 15, "1-1.3", found=False, now=1)
    stations.retire_others(db, ["north"], now=2, finding=True)
    assert [row["name"] for row in stations.modems(db)] == ["modem-2", "north"]


def test_a_found_modem_has_the_default_budget(db: sqlite3.Connection) -> None:
    stations.remember_modem(db, "modem-1", "1" * 15, "1-1.3", found=True, now=0)
    [row] = stations.rows(db, {}, "2026-11-25")
    assert row.budget == 200


def test_a_port_that_is_a_plain_file_is_said_to_be_no_serial_port(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "words").write_text("no modem")
    bench.spec = replace(bench.spec, port=str(tmp_path / "words"))
    bench.station.close()
    bench.station = bench.make()
    bench.until(lambda: bench.said()[0] == "lost", "lost")
    assert "it is not a serial port" in bench.said()[1]
    assert "no port" not in bench.said()[1]
