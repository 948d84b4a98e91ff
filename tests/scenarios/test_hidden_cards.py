"""PINs where a locked modem does not tell which SIM is in it: its own number stands for the SIM, and another SIM is not this one (I6)."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.journal import Journal
from gateway.station.desk import Typed
from gateway.station.pins import Pins
from hardware.modem import Identity
from tests.scenarios.asking import engine
from tests.scenarios.receiving import Make
from tests.scenarios.test_faults_sim import entered, somebody, type_pin, until_paused
from tests.simulated import House

IMEI = "356938035643809"


def exchange(house: House, pin: str, tries: int) -> None:
    """Another SIM is put in, with this PIN and so many tries left."""
    house.world.unplug(0, now=house.now())
    house.run(5)
    house.fault("pin_required", {"pin": pin, "attempts": tries})
    house.world.plug(0, now=house.now())


def test_a_pin_that_a_hidden_sim_refused_is_not_tried_on_it_again_because_another_took_it(
    make: Make, tmp_path: Path
) -> None:
    """Two SIMs changed places in a stick: each time that the one took the PIN, the other was tried with it once more, until its PUK."""
    house = make(pin="1234")
    house.fault("iccid_hidden")
    house.fault("pin_attempts_hidden")
    house.fault("pin_required")
    house.until_ready()
    exchange(house, "5678", 3)
    until_paused(house, "refused the PIN")
    exchange(house, "1234", 3)
    until_paused(house, "refused the PIN")  # nobody can tell that it is the first again
    type_pin(house, "1234", somebody(house, "admin"))
    house.until_ready()
    tried = len(entered(house))
    exchange(house, "5678", 2)
    until_paused(house, "refused the PIN")
    house.run(120)
    assert len(entered(house)) == tried
    assert engine(house).sim.pin_attempts == 2


def test_a_phone_that_does_not_tell_whether_it_is_locked_does_not_tell_that_its_pin_was_right(
    make: Make,
) -> None:
    """The gateway was killed over a PIN that was refused; gammu then said nothing of the lock, and the next start tried the PIN again."""
    house = make(pin="9999")
    desk = house.stations[0]._desk
    hidden = Identity(imei=IMEI)
    assert Pins(desk).enter(hidden) == "9999"
    Pins(desk).accepted(hidden)
    assert Pins(desk).enter(hidden) is None


def test_a_sim_that_somebody_opened_does_not_tell_that_the_pin_was_right_it_asked_for_again(
    make: Make,
) -> None:
    """The gateway was killed over a wrong PIN, and its lock was taken off elsewhere; locked again it got the same PIN twice (seed 5000034)."""
    house = make(pin="9999")
    desk = house.stations[0]._desk
    locked = Identity(imei=IMEI, iccid="89490200001234567890")
    assert Pins(desk).enter(locked) == "9999"
    house.run(61)
    assert Pins(desk).enter(locked) is None
    Pins(desk).accepted(replace(locked, imsi="262020000000001"))
    assert Pins(desk).enter(locked) is None


@pytest.mark.parametrize("personality", ["huawei-e3372-325", "sim7600"])
def test_a_pin_that_was_kept_back_is_not_made_right_by_whoever_opens_the_sim_later(
    make: Make, monkeypatch: pytest.MonkeyPatch, personality: str
) -> None:
    """The modem tells how many tries are left, so the wrong PIN was not looked at again before the lock was taken off elsewhere."""
    house = make(pin="9999", personality=personality)
    house.fault("pin_required")
    enter = engine(house).sim.enter

    def enters_and_dies(*given: str) -> None:
        with contextlib.suppress(Exception):  # how the modem says no
            enter(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(engine(house).sim, "enter", enters_and_dies)
        with pytest.raises(KeyboardInterrupt):
            house.run(60)
    house.run(61)
    again(house)
    house.run(30)
    again(house, engine(house).sim.unlock)
    house.until_ready()
    again(house, lambda: house.fault("pin_required"))
    house.run(200)
    assert len(entered(house)) == 1


def test_a_pin_that_was_right_once_is_not_tried_again_when_the_sim_that_refused_it_tells_who_it_is(
    make: Make,
) -> None:
    """Its owner had given it another PIN; hidden it was tried with the old one, and once more when it showed itself (dense seed 39100583)."""
    house = make(pin="1234", personality="generic")
    house.fault("pin_required")
    house.fault("pin_attempts_hidden")
    house.until_ready()
    house.world.unplug(0, now=house.now())
    house.run(5)
    house.fault("pin_required", {"pin": "9999", "attempts": 3})
    house.fault("iccid_hidden")
    house.world.plug(0, now=house.now())
    until_paused(house, "refused the PIN")
    house.clear("iccid_hidden")
    house.restart()
    house.run(120)
    assert engine(house).sim.pin_attempts == 2


def test_a_pin_opens_its_sim_anew_in_a_modem_that_tells_no_number_of_its_own(make: Make) -> None:
    """The station died of it (dense seed 40000197)."""
    desk = make(pin="1234").stations[0]._desk
    nameless = Identity(imei="", iccid="89490200001234567890", imsi="262020000000001")
    for _start in range(2):
        pins = Pins(desk)
        assert pins.enter(nameless) == "1234"
        pins.accepted(nameless)


def test_a_try_that_was_not_made_for_want_of_room_makes_no_pin_right_that_was_refused_since(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An admin typed it once more, and the journal took nothing: the row of the old yes seemed to be the newest."""
    desk = make(pin="1234").stations[0]._desk
    hidden = Identity(imei=IMEI)
    shown = Identity(imei=IMEI, iccid="89490200001234567890", imsi="262020000000001")
    opened = Pins(desk)
    assert opened.enter(shown) == "1234"
    opened.accepted(shown)
    shut = Pins(desk)
    assert shut.enter(hidden) == "1234"
    shut.refused()

    def refusing(self: Journal, act: str, **told: object) -> None:
        raise OSError(28, "No space left on device")

    desk.pin_once = Typed("1234", again=True, until=desk.clock.monotonic() + 60)
    with monkeypatch.context() as full:
        full.setattr(Journal, "note", refusing)
        with pytest.raises(OSError, match="No space"):
            Pins(desk).enter(shown)
    assert Pins(desk).enter(shown) is None


def again(house: House, meanwhile: Callable[[], object] = lambda: None) -> None:
    house.world.unplug(0, now=house.now())
    house.run(5)
    meanwhile()
    house.world.plug(0, now=house.now())
    house.restart()
