"""A clock that is set right: what people began by a wrong one does not run out in that moment, and does not stay for ever."""

from datetime import timedelta

import pytest

from gateway import campaigns, outbox, people, recording, sessions, stations
from gateway.errors import Refused
from gateway.machineclock import SetClock
from gateway.sessions import LINK_MS, SESSION_MS
from tests import simulated
from tests.campaigning import started
from tests.gateway.test_arrivals import deliver
from tests.scenarios.receiving import Make
from tests.scenarios.test_clock import DAY, YEAR, doubts, housekeeping, no_battery, on_air, step
from tests.simulated import ADA, LUIS, House

__all__ = ["no_battery"]
MS = timedelta(milliseconds=1)


@pytest.fixture
def late(make: Make, no_battery: SetClock) -> House:
    """A Pi that was off for two months and starts at the time at which it stopped; its network tells none."""
    house = make(machine=no_battery)
    house.fault("time_off", -700_000_000)
    house.approved(text="Of before")
    step(house, -60 * DAY)
    house.until(lambda: doubts(house), "doubt")
    return house


def comes_in(house: House) -> str:
    link = sessions.invite(house.db, house.user.id, now=house.wall())
    return sessions.use_link(house.db, link, device="a phone", now=house.wall())[1]


def set_right(house: House, by: timedelta) -> None:
    step(house, by)
    house.machine.has_server = True
    housekeeping(house)


def test_what_was_approved_by_a_clock_that_stood_behind_leaves_when_it_is_set(late: House) -> None:
    late.arrive("Where is it?", sender=ADA)
    late.until(lambda: late.texts() == ["Where is it?"], "received")
    answer = late.approved(ADA, "In the hall")
    rules, now = simulated.RULES, late.wall()
    waits = outbox.draft(
        late.db, ADA, "At six", kind="reply", key=None, channel="panel", by=None, rules=rules, now=now
    )
    late.run(600)
    set_right(late, 60 * DAY)
    assert [late.state(each) for each in (answer, waits)] == ["approved", "awaiting"]
    ends = outbox.load(late.db, answer)["expires_at"] - late.wall()
    assert DAY / MS - 700_000 < ends < DAY / MS, "a day from when it was approved"
    late.until(lambda: late.state(answer) == "delivered", "sent", 120)
    late.clock.advance(DAY.total_seconds())
    housekeeping(late)
    assert late.state(waits) == "expired"


def test_what_was_approved_before_the_box_went_off_runs_out_when_it_is_set(late: House) -> None:
    late.db.execute(
        "UPDATE message SET created_at=?, expires_at=?", [late.wall() - 60_000, late.wall() + 3_600_000]
    )
    late.run(600)
    set_right(late, 60 * DAY)
    assert (late.state(1), on_air(late)) == ("expired", [])


def test_what_was_approved_while_somebody_had_set_the_clock_back_does_not_run_out(
    make: Make, no_battery: SetClock
) -> None:
    house = make(machine=no_battery)
    house.until_ready()
    step(house, -2 * DAY)
    house.until(lambda: doubts(house), "doubt", 120)
    held = house.approved(text="Held")
    step(house, 2 * DAY)
    housekeeping(house)
    house.until(lambda: house.state(held) == "delivered", "sent", 120)


def test_who_came_in_by_a_clock_that_stood_behind_stays(late: House) -> None:
    token, link = comes_in(late), sessions.invite(late.db, late.user.id, now=late.wall())
    late.run(600)
    set_right(late, 60 * DAY)
    device = sessions.find(late.db, token, now=late.wall())
    assert device is not None
    assert device.expires_at <= late.wall() + SESSION_MS
    assert sessions.look_at_link(late.db, link, now=late.wall()) == late.user
    with pytest.raises(Refused):
        sessions.look_at_link(late.db, link, now=late.wall() + LINK_MS)


def test_a_link_that_took_the_place_of_one_from_before_does_not_run_out(
    make: Make, no_battery: SetClock
) -> None:
    """It got the number of the one before, and counted as made before the doubt."""
    house = make(machine=no_battery)
    house.fault("time_off", -700_000_000)
    sessions.invite(house.db, house.user.id, now=house.wall())
    step(house, -60 * DAY)
    house.until(lambda: doubts(house), "doubt")
    link = sessions.invite(house.db, house.user.id, now=house.wall())
    set_right(house, 60 * DAY)
    assert sessions.look_at_link(house.db, link, now=house.wall()) == house.user


def test_an_answer_that_came_by_a_clock_that_stood_behind_is_one(late: House) -> None:
    """It was of two months before the text that it answers: who had answered in the night stood among the unanswered."""
    late.arrive("I'll come", sender=LUIS)
    late.until(lambda: late.texts() == ["I'll come"], "received")
    late.run(600)
    came = late.wall() + 60 * DAY // MS
    set_right(late, 60 * DAY)
    row = late.db.execute("SELECT * FROM conversation WHERE number=?", [LUIS]).fetchone()
    [entry] = late.page(LUIS)
    for at in (entry.at, row["waiting_at"], row["last_in_at"], row["last_at"]):
        assert came - 660_000 < at <= came


def test_what_a_network_repeats_as_the_clock_is_set_is_shown_once(late: House) -> None:
    """By the new clock the first of them was of two months before: no repeat (dense seed 39001280)."""
    late.fault("dup_inbound", 300, times=1)
    late.arrive("I'll come", sender=LUIS)
    late.until(lambda: late.texts() == ["I'll come"], "received")
    set_right(late, 60 * DAY)
    late.run(700)
    assert late.texts() == ["I'll come"]


def test_what_came_after_the_clock_was_set_wrong_once_more_came_when_it_came(late: House) -> None:
    """It was moved by as much as the clock had been behind first."""
    step(late, -DAY)
    housekeeping(late)
    late.arrive("I'll come", sender=LUIS)
    late.until(lambda: late.texts() == ["I'll come"], "received")
    late.run(600)
    came = late.wall() + 61 * DAY // MS
    set_right(late, 61 * DAY)
    [entry] = late.page(LUIS)
    assert came - 660_000 < entry.at <= came


def test_what_came_by_the_right_clock_before_anybody_vouched_for_it_came_when_it_came(
    make: Make, no_battery: SetClock
) -> None:
    house = make(machine=no_battery)
    house.fault("time_off", -700_000_000)
    step(house, -timedelta(minutes=10))
    house.until(lambda: doubts(house), "doubt")
    step(house, timedelta(minutes=10))
    housekeeping(house)
    house.arrive("I'll come", sender=LUIS)
    house.until(lambda: house.texts() == ["I'll come"], "received")
    came = house.page(LUIS)[0].at
    house.run(3600)
    set_right(house, timedelta())
    assert house.page(LUIS)[0].at == came


def test_a_clock_a_year_ahead_signs_nobody_out_and_lets_nobody_stay_for_a_year(make: Make) -> None:
    house = make(machine=SetClock("this boot"))
    house.until_ready()
    token = comes_in(house)
    step(house, YEAR)
    house.until(lambda: doubts(house), "doubt", 120)
    device = sessions.find(house.db, token, now=house.wall())
    assert device is not None, "who else says what time it is?"
    assert not sessions.touch(house.db, device, now=house.wall())
    new = comes_in(house)
    step(house, -YEAR)
    housekeeping(house)
    for each in (token, new):
        found = sessions.find(house.db, each, now=house.wall())
        assert found is not None
        assert found.seen_at <= house.wall()
        assert sessions.find(house.db, each, now=house.wall() + SESSION_MS) is None


def test_a_long_text_of_which_a_part_came_by_a_clock_ahead_is_shown_after_a_day(make: Make) -> None:
    """It stood in no conversation for a year, with the stop that was in it, and its person was texted on."""
    house = make(machine=SetClock("this boot"))
    house.until_ready()
    step(house, YEAR)
    house.until(lambda: doubts(house), "doubt", 120)
    _, last = deliver("I have thought about it. " * 7 + "Please stop texting me", ADA)
    house.arrive_pdu(last)
    house.run(60)
    assert house.stored() == []
    set_right(house, -YEAR)
    house.clock.advance(DAY.total_seconds() + 1)
    housekeeping(house)
    assert "stop texting me" in house.texts()[0]
    assert house.waiting() == [ADA]


def test_who_wrote_while_the_clock_was_ahead_waits_longest(make: Make) -> None:
    house = make(machine=SetClock("this boot"))
    house.until_ready()
    step(house, YEAR)
    house.until(lambda: doubts(house), "doubt", 120)
    house.arrive("Where is it?", sender=ADA)
    house.until(lambda: len(house.texts()) == 1, "received")
    set_right(house, -YEAR)
    house.run(60)
    house.arrive("When is it?", sender=LUIS)
    house.until(lambda: len(house.texts()) == 2, "received")
    assert house.waiting() == [ADA, LUIS]


@pytest.mark.parametrize("wrong", [-60 * DAY, YEAR])
def test_what_is_answered_and_closed_by_a_wrong_clock_counts_from_when_it_was(
    make: Make, no_battery: SetClock, wrong: timedelta
) -> None:
    """Whoever pledged by it got no “Did you reach them?” the day after; people of a campaign went two months early, or stayed for a year more."""
    house = make(machine=no_battery if wrong < DAY else SetClock("this boot"))
    if wrong < DAY:
        house.fault("time_off", -700_000_000)
    lead = people.create(house.db, "Cleo", "coordinator", now=house.wall())
    campaign = started(house.db, lead, simulated.RULES, now=house.wall())
    person = house.db.execute("SELECT id FROM target").fetchone()["id"]
    recording.record(house.db, person, "status", "maybe", by=lead, now=house.wall())
    before = house.wall()
    step(house, wrong)
    house.until(lambda: doubts(house), "doubt")
    recording.record(house.db, person, "status", "yes", by=lead, now=house.wall())
    campaigns.close(house.db, campaign, by=lead, now=house.wall())
    house.run(600)
    set_right(house, -wrong)
    maybe, yes = (row["at"] for row in house.db.execute("SELECT at FROM answer ORDER BY id"))
    row = house.db.execute("SELECT closed_at, purge_at FROM campaign").fetchone()
    assert maybe == before
    assert before <= yes <= row["closed_at"] <= house.wall()
    assert row["purge_at"] == row["closed_at"] + 90 * DAY // MS


def test_a_pin_that_no_modem_took_does_not_lie_about_until_somebody_tells_the_time(late: House) -> None:
    tess = people.create(late.db, "Tess", "technician", now=late.wall())
    asked = stations.request(late.db, "s0", "pin", by=tess, now=late.wall(), argument="4711")
    late.clock.advance(stations.PIN_LIFE_MS / 1000 + 1)
    housekeeping(late)
    row = late.db.execute("SELECT argument, refused FROM station_request WHERE id=?", [asked]).fetchone()
    assert tuple(row) == (None, 1)
