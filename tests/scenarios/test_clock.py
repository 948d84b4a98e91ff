"""The clock of the box goes wrong in every way that is known: nothing leaves at night, nothing is lost, receiving never waits."""

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from gateway import budget, claims, clockwords, schedule, store
from gateway.budget import Sim
from gateway.clockwords import Instant
from gateway.machineclock import SetClock
from gateway.policy import Limits, Quiet
from gateway.schedule import Housekeeper
from gateway.station import sending
from hardware.link import SystemClock
from tests import simulated
from tests.scenarios.receiving import Make
from tests.simulated import House

DAY, YEAR = timedelta(days=1), timedelta(days=365)


@pytest.fixture
def no_battery() -> SetClock:
    """A Pi: no battery clock, no time server."""
    return SetClock("this boot", battery=False)


@pytest.fixture
def nights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quiet hours as they are by default. New York: the simulated clock begins at 7 in the morning there."""
    rules = simulated.RULES
    kept = type(rules)(**{**rules.__dict__, "quiet": Quiet(time(20), time(9))})
    monkeypatch.setattr(simulated, "RULES", kept)


def step(house: House, by: timedelta) -> None:
    """Somebody sets the wall clock; the monotonic one, and the network's, go on."""
    house.clock.start += by


def at_hour(house: House, hour_utc: int) -> None:
    """Before anything is said: box and network agree that it is this hour."""
    house.clock.start = house.clock.start.replace(hour=hour_utc)
    house.world.network.epoch = house.clock.start


def housekeeping(house: House) -> None:
    keeper = Housekeeper(house.path, simulated.RULES, house.clock, house.timekeeper)
    keeper._round()


def confirm(house: House) -> None:
    now = house.clock.monotonic()
    at = Instant(house.wall(), int(now * 1000), house.machine.boot)
    clockwords.confirm(house.db, by=house.user, shown=at, at=at)


def on_air(house: House) -> list[str | None]:
    return [record.text for record in house.world.network.air]


def doubts(house: House) -> bool:
    return house.said()[0] == "waiting" and "clock of this box" in house.said()[1]


def test_a_boot_in_1970_receives_and_sends_only_when_the_time_is_set_and_agreed(
    make: Make, no_battery: SetClock
) -> None:
    house = make(machine=no_battery)
    right, house.clock.start = house.clock.start, datetime(1970, 1, 1, tzinfo=UTC)
    message_id = house.approved()
    house.until(lambda: doubts(house), "doubt")
    assert "31 December 1969" in house.said()[1], "by the group's zone"
    house.arrive("Hello")
    house.until(lambda: house.texts() == ["Hello"], "receiving does not wait")
    house.run(1800)
    housekeeping(house)
    assert on_air(house) == []
    with pytest.raises(Exception, match="before this program"):
        confirm(house)
    house.clock.start = right  # a time server, or somebody's hand: now the network agrees with it
    house.until(lambda: house.state(message_id) in ("sent", "delivered"), "sent", 120)
    assert house.said()[0] == "ready"


def test_a_box_whose_time_the_network_tells_needs_nobody(make: Make, no_battery: SetClock) -> None:
    house = make(machine=no_battery)
    message_id = house.approved()
    assert house.until(lambda: house.state(message_id) == "delivered", "delivered") < 60
    asked = sum("CCLK" in line for line in house.written[0])
    house.run(1800)
    assert sum("CCLK" in line for line in house.written[0]) == asked == 1, "and the modem is left alone"


NINE_HOURS = timedelta(hours=9)  # timedatectl set-time sets the battery clock as well


def reboot(house: House) -> None:
    house.machine.boot += " and the next"
    house.restart()


@pytest.mark.parametrize("network_tells", [True, False])
def test_a_clock_that_was_set_wrong_by_hand_does_not_vouch_for_itself_after_a_reboot(
    make: Make, network_tells: bool
) -> None:
    house = make(machine=SetClock("this boot"))
    if not network_tells:
        house.fault("time_off", -700_000_000)
    house.until_ready()
    step(house, NINE_HOURS)
    house.until(lambda: doubts(house), "doubt", 120)
    for _ in range(2):
        reboot(house)
        message_id = house.approved()
        house.until(lambda: doubts(house), "doubt", 120)
        house.run(600)
        assert (house.state(message_id), on_air(house)) == ("approved", [])
    confirm(house)
    house.until(lambda: on_air(house) == ["Can you come?"] * 2, "a person says that it is right", 120)
    reboot(house)
    house.approved(text="After")
    if network_tells:
        house.until(lambda: doubts(house), "the network still says another time", 120)
    else:
        house.until(lambda: on_air(house)[2:] == ["After"], "it was trusted when the box went off", 120)


def test_a_clock_set_wrong_while_nobody_looked_is_held_against_the_networks_before_the_first_text(
    make: Make,
) -> None:
    """Seed 300360: a box with a battery, set two hours wrong before the gateway looked for the first time, sent at once."""
    house = make(machine=SetClock("this boot"))
    house.until_ready()
    house.run(10)
    step(house, NINE_HOURS)
    reboot(house)
    message_id = house.approved()
    house.until(lambda: doubts(house), "doubt", 120)
    house.run(600)
    assert (house.state(message_id), on_air(house)) == ("approved", [])
    step(house, -NINE_HOURS)
    confirm(house)  # what was written down by the wrong clock lies ahead of the right one
    house.until(lambda: house.state(message_id) == "delivered", "a person says that it is right now", 200)


def test_a_battery_clock_that_the_network_contradicts_later_is_no_longer_trusted(make: Make) -> None:
    house = make(machine=SetClock("this boot"))
    house.until_ready()
    house.fault("time_off", 7200)
    house.until(lambda: doubts(house), "doubt", 3 * 3600)
    house.clear("time_off")
    house.until(lambda: house.said()[0] == "ready", "the network agrees again", 600)


def test_a_modem_that_was_never_told_the_time_is_no_voice_against_a_clock_that_is_right(make: Make) -> None:
    """Where the network tells no time, Qualcomm sticks say "80/01/06": read as 2080 it stopped a whole house from sending."""
    house = make(machine=SetClock("this boot"))
    house.fault("time_off", (datetime(1980, 1, 6, tzinfo=UTC) - house.clock.start).total_seconds())
    message_id = house.approved()
    assert house.until(lambda: house.state(message_id) == "delivered", "delivered") < 30
    assert house.said()[0] == "ready"


def test_a_network_that_disagrees_holds_until_a_coordinator_says_who_is_right(
    make: Make, no_battery: SetClock
) -> None:
    house = make(machine=no_battery)
    house.fault("time_off", 7200)
    message_id = house.approved()
    house.until(lambda: doubts(house), "doubt")
    assert "The phone network says another time" in house.said()[1]
    house.run(1200)
    assert on_air(house) == []
    confirm(house)
    assert house.until(lambda: house.state(message_id) == "delivered", "delivered") < 30
    house.run(60)
    assert house.said()[0] == "ready"
    house.restart()  # without a reboot her word holds
    again = house.approved(text="Again")
    house.until(lambda: house.state(again) == "delivered", "delivered")
    no_battery.boot = "next boot"
    house.restart()
    last = house.approved(text="Last")
    house.until(lambda: doubts(house), "doubt after a boot")
    assert house.state(last) == "approved"


def test_a_stamp_is_a_witness_and_one_lying_browser_among_three_changes_nothing(
    make: Make, no_battery: SetClock
) -> None:
    house = make(machine=no_battery)
    step(house, timedelta(hours=2))  # the box is wrong; its network tells no time
    house.fault("time_off", -700_000_000)
    house.until(lambda: doubts(house), "doubt")
    house.arrive("Hello")
    house.until(lambda: house.texts() == ["Hello"], "received")
    assert doubts(house), "a stamp two hours old says nothing"
    house.run(120)
    step(house, -timedelta(hours=2) - timedelta(minutes=1))
    message_id = house.approved()
    house.arrive("Again")
    house.until(lambda: house.state(message_id) in ("sent", "delivered"), "the stamp agrees")
    house.clear("time_off")
    house.run(3700)
    at = Instant(house.wall(), int(house.clock.monotonic() * 1000), house.machine.boot)
    clockwords.hear(house.db, "browser", "7", house.wall() + 7_200_000, at, by=house.user)
    more = house.approved(text="More")
    house.until(lambda: house.state(more) in ("sent", "delivered"), "two hours off, one of three")


def test_a_text_that_came_when_the_power_went_does_not_vouch_for_the_clock_that_stopped_then(
    make: Make, no_battery: SetClock
) -> None:
    """Seed 908141: it lay on the SIM until the power came back, hours later, and said what the clock said."""
    house = make(machine=no_battery)
    house.fault("time_off", -700_000_000)
    house.arrive("Hello")
    house.world.network.epoch += timedelta(hours=6)  # the box was off, and its clock stood still
    house.until(lambda: house.texts() == ["Hello"], "received")
    assert doubts(house)


@pytest.mark.parametrize("by", [-DAY, DAY, YEAR, -timedelta(hours=8)])
@pytest.mark.parametrize("battery", [True, False])
def test_a_step_holds_what_is_approved_and_ends_and_loses_nothing(
    make: Make, no_battery: SetClock, by: timedelta, battery: bool
) -> None:
    no_battery.has_battery = battery
    house = make(machine=no_battery)
    house.until_ready()
    first = house.approved()
    house.until(lambda: house.state(first) == "delivered", "trusted")
    right = house.clock.start
    step(house, by)
    message_id = house.approved(text="Held")
    ends = house.wall() - by // timedelta(milliseconds=1) + 3_600_000
    house.db.execute("UPDATE message SET expires_at=? WHERE id=?", [ends, message_id])
    house.run(900)
    housekeeping(house)
    assert (house.state(message_id), len(on_air(house))) == ("approved", 1)
    assert doubts(house)
    house.arrive("Hello")
    house.until(lambda: house.texts() == ["Hello"], "receiving does not wait")
    house.clock.start = right
    house.until(lambda: house.state(message_id) == "delivered", "the time came back", 200)
    assert on_air(house) == ["Can you come?", "Held"]


def test_the_network_alone_does_not_vouch_for_a_clock_that_was_set_back(
    make: Make, no_battery: SetClock
) -> None:
    house = make(machine=no_battery)
    message_id = house.approved()
    house.until(lambda: house.state(message_id) == "delivered", "trusted")
    step(house, -DAY)
    house.world.network.epoch -= DAY  # and the network says the same
    held = house.approved(text="Held")
    house.run(600)
    assert house.state(held) == "approved"
    assert "set back" in house.said()[1]
    no_battery.has_server = True  # a time server decides it alone
    house.until(lambda: house.state(held) in ("sent", "delivered"), "sent", 120)


def test_a_day_back_refills_no_budget(make: Make, no_battery: SetClock) -> None:
    house = make(machine=no_battery, per_day=20)
    for number in range(3):
        house.approved(number=f"+1202555{number:04d}")
    house.until(lambda: len(on_air(house)) == 3, "three sent")
    step(house, -DAY)
    house.until(lambda: doubts(house), "doubt", 120)
    confirm(house)
    house.until(lambda: house.said()[0] == "ready", "trusted", 120)
    sim = Sim(
        house.db.execute("SELECT iccid FROM station").fetchone()["iccid"], Limits(), simulated.RULES.zone
    )
    assert budget.used(house.db, sim, house.wall()).day == 3
    assert budget.used(house.db, sim, house.wall()).month == 3


@pytest.mark.usefixtures("nights")
@pytest.mark.parametrize("battery", [True, False])
def test_at_night_no_wrong_clock_makes_a_text_leave(make: Make, no_battery: SetClock, battery: bool) -> None:
    """The true time is 23:00 in New York; the clock is put to every hour of the day, and of yesterday and tomorrow."""
    no_battery.has_battery = battery
    house = make(machine=no_battery)
    at_hour(house, 15)
    first = house.approved()
    house.until(lambda: house.state(first) == "delivered", "sent by day")
    house.approved(text="For tomorrow")
    house.clock.start += timedelta(hours=13)
    house.world.network.epoch += timedelta(hours=13)
    confirm(house)  # 23:00, and everybody knows it
    house.run(120)
    right = house.clock.start
    for hours in (*range(-35, -1, 3), *range(2, 36, 3)):
        house.clock.start = right + timedelta(hours=hours)
        house.db.execute(
            "UPDATE message SET not_before=NULL, expires_at=? WHERE state='approved'",
            [house.wall() + 86_400_000],
        )
        house.run(15)
        housekeeping(house)
    assert on_air(house) == ["Can you come?"]


@pytest.mark.usefixtures("nights")
def test_a_clock_that_is_set_between_the_prompt_and_the_commit_lets_nothing_go(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = make()
    at_hour(house, 16)
    house.until_ready()
    message_id = house.approved()
    claim = sending.claim

    def then_step(*args: object, **more: object) -> claims.Job | None:
        job = claim(*args, **more)  # type: ignore[arg-type]
        if job is not None:
            step(house, timedelta(hours=2))
        return job

    monkeypatch.setattr(sending, "claim", then_step)
    house.run(30)
    assert (house.state(message_id), on_air(house)) == ("approved", [])


# The watchdog


class JumpingClock(SystemClock):
    """The machine's clock, and how far somebody set it."""

    def __init__(self) -> None:
        self.jump = timedelta()

    def now(self) -> datetime:
        return super().now() + self.jump


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """One permit for each round of housekeeping; rounds come every 50 ms."""
    done = threading.Semaphore(0)
    monkeypatch.setattr(schedule, "EVERY_S", 0.05)
    monkeypatch.setattr(Housekeeper, "_round", lambda _self: done.release())
    return done


@pytest.mark.parametrize("by", [-DAY, -timedelta(hours=1), DAY, 3 * YEAR])
def test_housekeeping_begins_anew_after_a_jump_of_the_clock(
    tmp_path: Path, rounds: threading.Semaphore, by: timedelta
) -> None:
    clock = JumpingClock()
    keeper = Housekeeper(tmp_path / "textbank.db", simulated.RULES, clock)
    keeper.start()
    try:
        assert rounds.acquire(timeout=5)
        before = keeper._scheduler
        keeper.watch()
        assert keeper._scheduler is before, "nothing jumped"
        clock.jump = by
        keeper.watch()
        assert keeper._scheduler is not before
        while rounds.acquire(blocking=False):
            pass
        assert rounds.acquire(timeout=5)
    finally:
        keeper.stop()


def test_housekeeping_ends_nothing_by_a_clock_a_year_ahead(tmp_path: Path, make: Make) -> None:
    house = make()
    house.until_ready()
    house.timekeeper.trusted(house.db)
    message_id = house.approved()
    house.db.execute("UPDATE message SET not_before=?", [house.wall() + 3_600_000])
    step(house, YEAR)
    housekeeping(house)
    assert house.state(message_id) == "approved"
    with closing(sqlite3.connect(house.path)) as db:
        assert db.execute("SELECT count(*) FROM station_sample").fetchone()[0] > 0, (
            "and no history is thinned"
        )
    step(house, -YEAR)
    house.clock.advance(2 * 86_400)
    housekeeping(house)
    assert house.state(message_id) == "expired", "two days later its time is over"
    assert store.moment(house.wall()).year == 2026
