"""Where lines and boxes stand: on a time axis that keeps the hours of the wall, without lines over times of which nothing is known."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.day import Gap
from gateway.store import ms
from web import charts
from web.charts import Range

YORK = ZoneInfo("America/New_York")
HOUR = 3_600_000


def axis(name: str, *when: int, zone: str = "America/New_York") -> Range:
    here = datetime(*when, tzinfo=ZoneInfo(zone))  # type: ignore[arg-type, misc]
    return charts.axis(name, ms(here), here)


def test_a_day_ends_with_the_present_hour_and_has_24() -> None:
    day = axis("day", 2026, 3, 12, 14, 20)
    assert len(day.edges) == 25
    assert day.until - day.now == 40 * 60_000
    assert [tick.words for tick in day.ticks] == ["18:00", "00:00", "06:00", "12:00"]
    assert day.x(day.since - 5) == 0
    assert day.x(day.until + 5) == 100


def test_half_hours_of_a_zone_keep_whole_hours() -> None:
    assert [tick.words for tick in axis("day", 2026, 3, 12, 14, 20, zone="Asia/Kolkata").ticks] == [
        "18:00",
        "00:00",
        "06:00",
        "12:00",
    ]


@pytest.mark.parametrize(
    ("when", "hours"), [((2026, 3, 10, 9, 0), 7 * 24 - 1), ((2026, 11, 3, 9, 0), 7 * 24 + 1)]
)
def test_a_week_with_a_changed_clock_has_seven_days(when: tuple[int, ...], hours: int) -> None:
    week = axis("week", *when)
    assert (week.until - week.since) // HOUR == hours
    assert len(week.edges) == 29
    assert len(week.ticks) == 7
    assert week.edges == sorted(set(week.edges))


def test_a_month_has_31_days() -> None:
    month = axis("month", 2026, 3, 12, 14, 20)
    assert len(month.edges) == 32
    assert 4 <= len(month.ticks) <= 5


def line(samples: list[tuple[int, float | None]], away: list[Gap] | None = None) -> charts.Line | None:
    time = Range("day", 0, 1000, 1000, [0, 1000], [])
    return charts.line(time, samples, away or [], low=0, high=10, top=0, bottom=100)


def points(made: charts.Line | None) -> list[list[tuple[float, float]]]:
    assert made is not None
    return [[tuple(map(float, pair.split(","))) for pair in run.split()] for run in made.runs]  # type: ignore[misc]


def test_nothing_is_drawn_of_nothing() -> None:
    assert line([]) is None
    assert line([(5, None)]) is None


def test_one_sample_is_a_dot_and_what_it_holds() -> None:
    made = line([(500, 5)])
    assert made is not None
    assert made.dots == [(50.0, 50.0)]
    assert points(made) == [[(500, 50), (1000, 50)]]


def test_a_value_holds_until_the_next_one() -> None:
    (run,) = points(line([(0, 2), (100, 2), (600, 2), (900, 8)]))
    assert run[0] == (0, 80)
    assert run[1][0] > 890  # it does not sink slowly from the first sample to the last
    assert run[1][1] == 80
    assert run[-1] == (1000, 20)


def test_no_line_is_drawn_while_the_modem_is_away() -> None:
    first, second = points(line([(0, 5), (300, 6), (700, 7)], [Gap(400, 650, True)]))
    assert first[-1][0] == 400
    assert second[0][0] == 700


def test_what_lies_beyond_the_scale_stays_in_the_picture() -> None:
    (run,) = points(line([(0, -50), (500, 99)]))
    assert {y for _, y in run} == {0, 100}


def test_the_last_sample_before_the_time_still_holds() -> None:
    (run,) = points(line([(-500, 1), (-100, 4), (500, 4)]))
    assert run[0] == (0, 60)


def test_bars_stand_in_their_stretch_and_the_smallest_is_seen() -> None:
    time = Range("day", 0, 100, 100, [0, 50, 100], [])
    small, large = charts.bars(time, [1, 1000], 1000, 50)
    assert small.height == 2
    assert large.height == 50
    assert 0 <= small.x < small.x + small.width <= 50 <= large.x
    assert charts.bars(time, [0, 0], 1, 50) == []


def test_neighbours_share_a_number_and_the_log_carries_it() -> None:
    time = Range("day", 0, 1000, 1000, [0, 1000], [])
    found = charts.flags(time, [105, 100, 500])
    assert [at for at, _ in found] == [100, 500]
    assert [charts.flag_of(found, time, at) for at in (100, 105, 500, 300)] == [1, 1, 2, None]
    many = charts.flags(time, range(0, 1000, 80))
    assert len(many) == charts.MOST_FLAGS
    assert charts.flag_of(many, time, 0) is None
