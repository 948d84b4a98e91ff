"""The driver on every model of the virtual modem: it starts, sends, receives; told of a restart it is started again."""

import pytest

from hardware.modem import Restarted
from hardware.virtual.models import ROWS
from tests.hardware.virtual_bench import Bench

MODELS = [row.name for row in ROWS]


@pytest.mark.parametrize("model", MODELS)
def test_the_driver_sends_and_receives(model: str) -> None:
    bench = Bench(model).start()
    assert bench.modem.identity.iccid == bench.world.modems[0].card.iccid
    long = "x" * 200
    assert bench.send(long) == [record.mr for record in bench.air]
    assert len(bench.air) == 2
    bench.inbound("hello")
    bench.wait(10)
    assert "hello" in bench.texts()


@pytest.mark.parametrize("model", MODELS)
def test_the_driver_starts_a_modem_that_is_starting_itself(model: str) -> None:
    bench = Bench(model)
    bench.world.unplug(0, now=bench.now)
    bench.world.plug(0, now=bench.now)
    bench.start()
    notices = bench.wait(10)
    if any(isinstance(notice, Restarted) for notice in notices):
        bench.start()
    assert bench.send() == [bench.air[0].mr]


@pytest.mark.parametrize("model", MODELS)
def test_the_driver_opens_a_locked_sim_once(model: str) -> None:
    bench = Bench(model)
    bench.fault("pin_required")
    bench.start()
    assert bench.asked == 1
    assert bench.world.modems[0].sim.entries == 1
    assert bench.send() == [bench.air[0].mr]
