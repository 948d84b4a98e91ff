"""Which backups stay, when one is due, until when those of today stay."""

from datetime import UTC, datetime, time, timedelta

import pytest

from gateway.rotation import Rotation

PLAN = Rotation(time(3, 30), 7, 4, 6, "America/New_York")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def year_of_nights(plan: Rotation) -> list[datetime]:
    """What a folder holds after 400 nights in which each new backup rotated the others."""
    held: set[datetime] = set()
    for night in range(400):
        held = plan.kept({*held, at("2026-01-01T08:30") + timedelta(days=night)})
    return sorted(held, reverse=True)


def test_after_a_year_there_are_seven_days_four_weeks_and_six_months() -> None:
    ages = [(at("2026-01-01T08:30") + timedelta(days=399) - stamp).days for stamp in year_of_nights(PLAN)]
    assert ages[:7] == [0, 1, 2, 3, 4, 5, 6]
    assert 13 <= len(ages) <= 17
    assert 125 < ages[-1] < 190


def test_the_newest_always_stays() -> None:
    none = Rotation(time(3), 0, 0, 0, "UTC")
    assert none.kept([at("2026-01-01T00:00"), at("2026-01-02T00:00")]) == {at("2026-01-02T00:00")}


def test_two_of_a_day_are_one_and_the_day_is_the_groups() -> None:
    late, later = at("2026-11-25T02:00"), at("2026-11-25T06:00")  # 21:00 and 01:00 in New York
    one_a_day = Rotation(time(3), 7, 0, 0, "America/New_York")
    assert one_a_day.kept([late, later]) == {late, later}
    assert one_a_day.kept([later, later + timedelta(hours=1)]) == {later + timedelta(hours=1)}


@pytest.mark.parametrize(
    ("last", "now", "due"),
    [
        ("2026-11-24T08:31", "2026-11-25T08:29", False),  # 03:29 in New York
        ("2026-11-24T08:31", "2026-11-25T08:30", True),
        ("2026-11-20T08:31", "2026-11-25T15:00", True),  # it was off for days
        ("2026-11-25T08:31", "2026-11-25T15:00", False),
        ("2070-01-01T00:00", "2026-11-25T15:00", True),  # made by a clock that was wrong
        ("2026-11-25T20:00", "2026-11-25T15:00", False),  # set back by some hours
    ],
)
def test_one_is_due_once_a_day_or_as_soon_as_it_can(last: str, now: str, due: bool) -> None:
    assert PLAN.is_due(at(now), at(last)) is due


def test_until_when_backups_keep_somebody_is_known() -> None:
    held = year_of_nights(PLAN)
    now = at("2026-01-01T08:30") + timedelta(days=400)
    until = PLAN.until(held, now)
    assert until is not None
    assert timedelta(days=140) < until - now < timedelta(days=200)
    assert PLAN.until([], now) == now
    assert Rotation(time(3), 1, 0, 0, "UTC").until(held, now) == now + timedelta(days=1)
