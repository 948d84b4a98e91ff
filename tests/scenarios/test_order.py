"""What waited on a SIM stands in the order in which people wrote it."""

import sqlite3
from datetime import timedelta
from typing import Any

import pytest

from gateway import arrivals, store
from gateway.arrivals import Received, Seen
from gateway.rules import Rules
from hardware.submit import Prompt
from tests.scenarios.receiving import Make, pdus
from tests.scenarios.test_faults_direct import direct_only
from tests.simulated import ADA, LUIS


def test_what_came_while_nobody_read_stands_in_the_order_in_which_it_was_written(make: Make) -> None:
    """The SIM was full or not yet chosen: the later text lay in the storage that is read first, and her "Yes" stood last."""
    house = make()
    now = house.clock.now()
    for minutes, text, storage in ((9, "Sorry, no", "ME"), (20, "Yes", "SM"), (30, "Who is this?", "SM")):
        [record] = pdus(text, at=now - timedelta(minutes=minutes), sender=LUIS if "?" in text else ADA)
        house.put(record, storage)
    house.until_ready()
    house.run(10)
    assert house.shown() == ["Yes", "Sorry, no"]
    assert house.shown(LUIS) == ["Who is this?"]


def test_a_stop_that_was_read_and_could_not_be_kept_holds_the_texts_of_all_stations(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk was full as it was read; another station texted that person while the modem that held it hung (seed 1535934)."""
    house = make(count=2)
    house.until_ready()
    keep = arrivals.keep

    def full(db: sqlite3.Connection, received: list[Received], seen: Seen, rules: Rules, *, now: int) -> int:
        if seen.station == "s0":
            raise sqlite3.OperationalError("database or disk is full")
        return keep(db, received, seen, rules, now=now)

    with monkeypatch.context() as patched:
        patched.setattr(arrivals, "keep", full)
        house.arrive("STOP", sender=LUIS)
        house.run(5)
        text, other = house.approved(LUIS), house.approved(ADA)
        house.until(lambda: house.state(other) in ("sent", "delivered"), "the other station sends")
        house.run(60)
        assert house.state(text) == "approved"
    house.until(lambda: house.state(text) == "withdrawn", "the stop is kept")


def test_a_stop_handed_over_directly_whose_commit_the_disk_refuses_holds_the_texts_of_all_stations(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was a part of a larger commit, and counted as kept before that: on a full disk it is the commit that fails."""
    house = make(count=2, personality=direct_only())
    house.until_ready()
    refused, full = house.stations[0]._desk.db, True
    execute = sqlite3.Connection.execute

    def filled(self: sqlite3.Connection, sql: str, *values: Any) -> sqlite3.Cursor:
        if full and self is refused and sql == "COMMIT":
            execute(self, "ROLLBACK")
            raise sqlite3.OperationalError("database or disk is full")
        return execute(self, sql, *values)

    monkeypatch.setattr(store.Connection, "execute", filled, raising=False)
    house.arrive("STOP", sender=LUIS)
    house.run(75)
    text = house.approved(LUIS)
    house.run(200)
    assert house.state(text) == "approved"
    full = False
    house.until(lambda: house.state(text) == "withdrawn", "the stop is kept")


def test_a_stop_that_could_not_be_kept_while_a_prompt_was_awaited_stops_the_text(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = make(count=2)
    house.until_ready()
    typed = Prompt.type

    def meanwhile(self: Prompt, tpdu: bytes) -> None:
        house.taken.cannot_keep({"stop": LUIS}, now=house.clock.monotonic())
        typed(self, tpdu)

    monkeypatch.setattr(Prompt, "type", meanwhile)
    text = house.approved(LUIS)
    house.run(30)
    assert house.state(text) == "approved"
    assert not house.world.network.air
