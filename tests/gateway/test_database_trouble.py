"""A station whose database refuses waits; it does not ask again and again."""

import time

import pytest

from gateway import stations, store
from tests.gateway.bench import Bench, Blocker


@pytest.mark.usefixtures("impatient")
def test_a_station_that_cannot_write_rests_although_its_modem_has_said_something(
    bench: Bench, blocker: Blocker
) -> None:
    """A text that rang while the card was full kept the station from resting: it asked the card thousands of times a second."""
    bench.until_ready()
    modem = bench.station.modem
    assert modem is not None
    stations.request(bench.desk.db, "north", "resume", by=bench.desk.room.admin, now=store.wall_ms())
    blocker.lock()
    bench.bank.inbound(0, "+12025550170", "Hello")
    modem.wait(bench.clock.monotonic() + 5)  # the modem rings

    bench.station.step(bench.clock.monotonic())

    began = time.monotonic()
    modem.wait(began + 0.4)
    assert time.monotonic() - began >= 0.4
    blocker.free()
    bench.until(lambda: bench.inbound() == ["Hello"], "the text is read once the database listens")
