"""The plan of a campaign: which limit decides, how many days it takes, when it is done."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from gateway.hours import Quiet
from gateway.planning import Plan, SimRoom, in_words, plan
from gateway.policy import Limits

ZONE = "America/New_York"
QUIET = Quiet(time(20), time(9))


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


def laid(people: int, segments: int, *sims: SimRoom, now: datetime | None = None) -> Plan:
    return plan(people, segments, list(sims), volunteers=5, now=now or at(3, 10), zone=ZONE, quiet=QUIET)


def sim(limits: Limits, name: str = "north", **used: int) -> SimRoom:
    return SimRoom(name, name, True, limits, **used)


def test_what_a_day_takes_ends_the_same_day() -> None:
    found = laid(90, 90, sim(Limits(15, 200)))
    assert (found.days, found.ends, found.headline) == (1, at(3, 10, 6), "One day is enough with 1 SIM.")


def test_before_the_day_has_begun_it_is_done_today() -> None:
    """At seven in the morning the plan said tomorrow."""
    assert laid(90, 90, sim(Limits(15, 200)), now=at(3, 7)).ends == at(3, 9, 6)
    assert laid(90, 90, sim(Limits(15, 200)), now=at(3, 21)).ends == at(4, 9, 6)


def test_a_month_that_is_used_up_is_renewed() -> None:
    """2,000 people with 1,000 a month could "not be done in 120 days": the month never began anew."""
    found = laid(2000, 2000, sim(Limits(15, 0, 1000)))
    assert found.ends is not None
    assert found.ends.astimezone(ZoneInfo(ZONE)).date().isoformat() == "2027-01-01"
    assert found.slowed_by == "SIM north: 1,000 a month"
    used = laid(800, 800, sim(Limits(15, 0, 1000), used_month=900))
    assert used.ends is not None
    assert used.ends.astimezone(ZoneInfo(ZONE)).date().isoformat() == "2026-12-01"


def test_the_limit_that_decides_is_named_and_not_the_one_that_is_met_first() -> None:
    """20,000 texts on 2 SIMs took 102 days, and "200 a day" was named: alone it would take 56."""
    limits = Limits(15, 200, 3000)
    found = laid(20_000, 20_000, sim(limits), sim(limits, "south"))
    assert found.days > 90
    assert found.slowed_by == "SIM north: 3,000 a month"
    assert laid(20_000, 20_000, sim(Limits(15, 200)), sim(Limits(15, 200), "south")).days < 60
    assert laid(1000, 1000, sim(limits)).slowed_by == "SIM north: 200 a day"
    assert laid(100_000, 300_000, sim(limits)).slowed_by == "SIM north: 3,000 a month", (
        "also when it never ends"
    )


def test_a_month_begins_on_the_billing_day_of_its_sim() -> None:
    """`billing_day` could not be set, so every plan and every budget began anew on the first."""
    used = laid(800, 800, sim(Limits(15, 0, 1000), used_month=900, billing_day=20))
    assert used.ends is not None
    assert used.ends.astimezone(ZoneInfo(ZONE)).date().isoformat() == "2026-11-20"


def test_people_a_month_are_people_and_not_segments() -> None:
    found = laid(300, 600, sim(Limits(15, 0, 0, 400)))
    assert (found.days, found.slowed_by) == (1, "")
    assert laid(500, 1000, sim(Limits(15, 0, 0, 400))).slowed_by == "SIM north: 400 people a month"


def test_sims_send_side_by_side_and_the_day_of_one_does_not_end_that_of_the_other() -> None:
    found = laid(300, 300, sim(Limits(10, 100)), sim(Limits(10, 0), "south"))
    assert found.ends == at(3, 10, 21)  # 90 by north, 210 by south
    assert found.slowed_by == "SIM north: 100 a day"
    assert found.sim_minutes == 21


@pytest.mark.parametrize(
    ("people", "segments", "headline"),
    [
        (0, 0, "Nobody is on the list yet."),
        (1000, 1000, "Needs 6 SIMs, or 6 days."),
        (
            100_000,
            300_000,
            "It cannot be done in 120 days with these SIMs. Give it more of them, or a shorter list.",
        ),
    ],
)
def test_the_headline_says_sims_or_days(people: int, segments: int, headline: str) -> None:
    assert laid(people, segments, sim(Limits(15, 200))).headline == headline


def test_without_a_modem_it_says_so() -> None:
    assert laid(5, 5).headline == "No modem is ready. Plug one in first."
    assert laid(5, 5).ends is None


def test_long_work_is_said_in_hours() -> None:
    assert [in_words(minutes) for minutes in (1, 40, 650)] == ["1 minute", "40 minutes", "about 11 hours"]
