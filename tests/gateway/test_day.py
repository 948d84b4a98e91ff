"""A day as facts: spans, gaps with their causes, one sentence for the whole."""

from typing import Any

import pytest

from gateway import day, troubles
from gateway.day import Gap, Span

MINUTE = 60_000
HOUR = 60 * MINUTE


def test_a_span_lasts_until_the_next_change_and_the_one_before_says_how_the_time_began() -> None:
    changes = [(-5, "ready"), (10, "lost"), (12, "lost"), (20, "ready")]
    assert day.spans(changes, 0, 30) == [Span("ready", 0, 10), Span("lost", 10, 20), Span("ready", 20, 30)]


def test_before_the_first_known_change_nothing_is_made_up() -> None:
    assert day.spans([(10, "ready")], 0, 30) == [Span("ready", 10, 30)]
    assert day.spans([], 0, 30) == []


def test_a_change_at_the_very_end_takes_no_time() -> None:
    assert day.spans([(0, "ready"), (30, "lost")], 0, 30) == [Span("ready", 0, 30)]


def states(*kinds: str) -> list[Span]:
    return [Span(kind, n * MINUTE, (n + 1) * MINUTE) for n, kind in enumerate(kinds)]


@pytest.mark.parametrize(
    ("kinds", "found"),
    [
        (("starting", "ready"), []),  # a first start is no gap
        (("ready", "lost", "starting", "ready"), [(1, 3, True)]),  # starting again is part of it
        (("ready", "failed", "lost"), [(1, 3, False)]),
        (("ready", "lost", "ready", "paused", "waiting", "failed", "ready"), [(1, 2, True), (5, 6, True)]),
        ((), []),
    ],
)
def test_what_is_a_gap(kinds: tuple[str, ...], found: list[tuple[int, int, bool]]) -> None:
    assert [
        (gap.from_at // MINUTE, gap.until_at // MINUTE, gap.over) for gap in day.gaps(states(*kinds))
    ] == found


def test_a_gap_names_what_the_machine_did_around_its_beginning() -> None:
    machine = [
        (MINUTE - 1_000, "undervoltage"),
        (MINUTE, "usb_lost"),
        (MINUTE, "usb_lost"),
        (5 * MINUTE, "usb_reset"),
    ]
    (gap,) = day.gaps(states("ready", "lost", "ready"), machine)
    assert gap.causes == ("undervoltage", "usb_lost")
    assert day.causes(10 * MINUTE, machine) == ()


@pytest.mark.parametrize(
    ("evidence", "place", "ours"),
    [
        ("usb 1-1.3: USB disconnect, device number 7", "1-1.3", True),
        ("usb 1-1: USB disconnect, device number 2", "1-1.3", True),  # the hub before it
        ("usb 1-1.30: USB disconnect", "1-1.3", False),
        ("usb 1-1.4: reset high-speed USB device", "1-1.3", False),
        ("usb 1-1.4: reset high-speed USB device", "", True),  # nobody knows where it is
        ("hwmon: Undervoltage detected!", "1-1.3", True),
    ],
)
def test_what_the_machine_said_of_another_socket_is_not_shown_here(
    evidence: str, place: str, ours: bool
) -> None:
    assert day.concerns(evidence, place) is ours


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (0, "1 second"),
        (40_000, "40 seconds"),
        (7 * MINUTE, "7 minutes"),
        (2 * HOUR + 10 * MINUTE, "2 h 10 min"),
        (2 * HOUR, "2 hours"),
        (72 * HOUR, "3 days"),
    ],
)
def test_how_long_in_words(ms: int, said: str) -> None:
    assert day.lasted(ms) == said


def gap(minutes: int, *, over: bool = True) -> Gap:
    return Gap(0, minutes * MINUTE, over)


@pytest.mark.parametrize(
    ("gaps", "said"),
    [
        ([], "A good day"),
        ([gap(7)], "A good day with one gap of 7 minutes"),
        ([gap(7), gap(14)], "A good day with 2 gaps of 21 minutes in all"),
        ([gap(5)] * 6, "A restless day: 6 gaps of 30 minutes in all"),
        ([gap(7), gap(12, over=False)], "It has not been reached for 12 minutes"),
    ],
)
def test_the_sentence_of_a_day(gaps: list[Gap], said: str) -> None:
    assert day.headline("day", gaps, known=True) == said


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ({"offline_ms": 80_000}, "A day with 80 seconds without network"),
        ({"offline_ms": 20_000}, "A good day"),  # as at every start
        ({"paused_ms": 7 * MINUTE, "refused": 1}, "A day with 7 minutes paused and 1 text not taken at once"),
        ({"refused": 2}, "A day with 2 texts not taken at once"),
        ({"refused": 2, "weak": True}, "A day of weak signal with 2 texts not taken at once"),
    ],
)
def test_what_went_wrong_is_in_the_sentence(what: dict[str, Any], said: str) -> None:
    assert day.headline("day", [], known=True, **what) == said


def test_an_hour_is_an_hour() -> None:
    assert day.headline("hour", [], known=True, refused=1) == "An hour with 1 text not taken at once"


def test_a_restart_by_us_is_no_gap() -> None:
    (ours,) = day.gaps(states("ready", "lost", "ready"), by_us=[MINUTE - 2_000])
    assert day.headline("day", [ours], known=True) == "A good day with one restart by us"
    both = [ours, gap(7)]
    assert (
        day.headline("day", both, known=True) == "A good day with one gap of 7 minutes and one restart by us"
    )
    assert troubles.of_gaps([ours] * 4, 0, "day") is None


def test_a_day_of_which_nothing_is_known_is_not_called_good() -> None:
    assert day.headline("week", [], known=False) == "Nothing is known of its week yet"
    assert day.headline("day", [], known=True, weak=True) == "A day of weak signal"


def test_times_of_one_kind_are_added_up() -> None:
    assert list(day.totals(states("lost", "ready", "ready", "lost", "ready")).items()) == [
        ("ready", 3 * MINUTE),
        ("lost", 2 * MINUTE),
    ]
