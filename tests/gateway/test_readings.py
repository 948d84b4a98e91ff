"""What the technician's graphs are drawn from: samples that are thinned with age, errors counted by code and day."""

import sqlite3

import pytest

from gateway import readings
from gateway.readings import DAY_MS, HOUR_MS, MINUTE_MS
from tests import blank

NOW = 1_800_000_000_000


@pytest.fixture
def db(tmp_path):
    connection = blank.database(tmp_path / "textbank.db")
    yield connection
    connection.close()


def test_samples_are_thinned_with_age(db: sqlite3.Connection) -> None:
    for age in range(0, 40 * DAY_MS, 20 * MINUTE_MS):
        readings.sample(db, "north", now=NOW - age, signal_dbm=-71)

    readings.thin(db, now=NOW)

    kept = [NOW - row["at"] for row in readings.samples(db, "north", since=0)]
    fresh = [age for age in kept if age < 2 * DAY_MS]
    hourly = [age for age in kept if 3 * DAY_MS <= age < 4 * DAY_MS]
    daily = [age for age in kept if 32 * DAY_MS <= age < 39 * DAY_MS]
    assert len(fresh) == 2 * 24 * 3
    assert 24 <= len(hourly) <= 25
    assert 7 <= len(daily) <= 8


def test_thinning_twice_takes_nothing_more(db: sqlite3.Connection) -> None:
    for age in range(0, 10 * DAY_MS, 30 * MINUTE_MS):
        readings.sample(db, "north", now=NOW - age, signal_dbm=-71)
    assert readings.thin(db, now=NOW) > 0
    assert readings.thin(db, now=NOW) == 0


def test_a_sample_keeps_what_was_measured(db: sqlite3.Connection) -> None:
    readings.sample(db, "north", now=NOW, signal_dbm=-71, registration="home", temperature_c=41)
    (row,) = readings.samples(db, "north", since=NOW - HOUR_MS)
    assert (row["signal_dbm"], row["registration"], row["temperature_c"], row["voltage_mv"]) == (
        -71,
        "home",
        41,
        None,
    )


def test_errors_are_counted_by_code(db: sqlite3.Connection) -> None:
    for day in ("2026-11-23", "2026-11-24", "2026-11-24"):
        readings.count_error(db, "north", "CMS 38", day=day, now=NOW)
    readings.count_error(db, "north", "silence", day="2026-11-24", now=NOW + 1)
    found = [(row["code"], row["count"]) for row in readings.errors(db, "north", since_day="2026-11-24")]
    assert found == [("CMS 38", 2), ("silence", 1)]


def test_what_the_machine_did_is_newest_first(db: sqlite3.Connection) -> None:
    readings.host_event(db, "usb_reset", "1-1.3 was reset", now=NOW)
    readings.host_event(db, "undervoltage", "the supply fell below 4.63 V", now=NOW + 1)
    assert [row["kind"] for row in readings.host_events(db, since=NOW)] == ["undervoltage", "usb_reset"]
