"""The SIM and the network of the virtual modem, with their faults."""

import pytest

from hardware.errors import (
    PinRefused,
    PortGone,
    SimNotReady,
)
from tests.hardware.virtual_bench import Bench, each


@each
def test_a_pin_is_entered_once(personality: str) -> None:
    bench = Bench(personality)
    bench.fault("pin_required", 3)
    bench.start()
    assert bench.asked == 1
    assert bench.send()


@each
def test_a_wrong_pin_is_tried_once(personality: str) -> None:
    bench = Bench(personality)
    bench.fault("pin_required", {"pin": "9999", "attempts": 3})
    with pytest.raises(PinRefused):
        bench.start()
    assert bench.link.heard.count(b"CPIN=") <= 1
    bench.pin = None
    with pytest.raises(SimNotReady):
        bench.start()
    assert bench.world.modems[0].sim.state == "SIM PIN"


@each
@pytest.mark.parametrize(("fault", "state"), [("puk", "PUK"), ("sim_absent", "ABSENT")])
def test_a_sim_that_cannot_be_used(personality: str, fault: str, state: str) -> None:
    bench = Bench(personality)
    bench.fault(fault)
    with pytest.raises(SimNotReady) as caught:
        bench.start()
    assert caught.value.state == state
    assert bench.asked == 0


@each
@pytest.mark.parametrize(
    ("stat", "good"), [(1, True), (5, True), (6, True), (0, False), (2, False), (3, False), (11, False)]
)
def test_registration(personality: str, stat: int, good: bool) -> None:
    bench = Bench(personality).start()
    bench.fault("registered", stat)
    assert bench.modem.health().registered is good


@each
def test_unplugged_while_waiting(personality: str) -> None:
    bench = Bench(personality).start()
    bench.world.unplug(0, now=bench.now)
    with pytest.raises(PortGone):
        bench.wait(5)
