"""How full a storage gets, when it is read next, and when what rang is looked for again."""

import pytest

from gateway.filling import ROUND_S, SHORTEST_S, Level, hours_left, next_round_s, worth_a_word
from gateway.station.rounds import AGAIN_S, NEVER, TRIES, Rounds

HOUR_MS = 3_600_000


def levels(*used: int, total: int = 20, every_ms: int = HOUR_MS) -> list[Level]:
    return [Level(place * every_ms, count, total) for place, count in enumerate(used)]


@pytest.mark.parametrize(
    ("used", "hours"),
    [
        ((), None),
        ((3,), None),
        ((3, 3, 3), None),
        ((9, 5, 2), None),
        ((0, 2, 4, 6), 7.0),  # 14 left at 2 an hour
        ((12, 0, 5), 3.0),  # since it was last emptied
        ((0, 20), 0.0),
    ],
)
def test_the_hours_until_it_is_full(used: tuple[int, ...], hours: float | None) -> None:
    assert hours_left(levels(*used)) == hours


def test_a_word_comes_before_less_than_a_third_is_free_or_a_day_before_it_is_full() -> None:
    assert not worth_a_word(levels(14))
    assert worth_a_word(levels(15))
    assert worth_a_word(levels(0, 2))
    assert not worth_a_word(levels(0, 1, every_ms=4 * HOUR_MS))
    assert not worth_a_word([Level(0, 0, 0)])


def test_a_text_that_came_a_moment_ago_is_no_pace() -> None:
    """A modem that was well was said to be full within two hours, for a minute, as often as a text came while it was looked at."""
    assert not worth_a_word(levels(0, 1, every_ms=60_000))
    assert worth_a_word(levels(0, 1, every_ms=5 * 60_000))


@pytest.mark.parametrize(
    ("found", "interval_s", "total", "due_s"),
    [
        (0, 60.0, 20, ROUND_S),
        (3, 60.0, None, ROUND_S),
        (6, 60.0, 20, ROUND_S),
        (28, 60.0, 20, 30.0),
        (900, 60.0, 20, SHORTEST_S),
        (1, 0.1, 100, ROUND_S),  # a burst is no pace
    ],
)
def test_it_is_read_again_before_a_third_is_all_that_is_free(
    found: int, interval_s: float, total: int | None, due_s: float
) -> None:
    assert next_round_s(found, interval_s, total) == due_s


def test_what_rang_and_was_not_found_is_looked_for_three_times_and_then_everywhere() -> None:
    rounds = Rounds()
    rounds.swept(100.0, found=0, total=20)
    assert rounds.at == 100.0 + ROUND_S
    now = 110.0
    rounds.looked(now, rang=True, new=0)
    for _ in range(TRIES):
        assert rounds.at == now + AGAIN_S
        assert not rounds.everything_due(now)
        now += AGAIN_S
        assert rounds.again_due(now)
        rounds.looked(now, rang=False, new=0)
    assert rounds.everything_due(now)
    rounds.swept(now, found=0, total=20)
    assert rounds.at == now + ROUND_S


def test_what_rang_and_was_found_is_looked_for_no_more() -> None:
    rounds = Rounds()
    rounds.swept(100.0, found=0, total=None)
    rounds.looked(101.0, rang=True, new=0)
    rounds.looked(101.5, rang=False, new=1)
    assert rounds._again_at == NEVER
    assert rounds.at == 100.0 + ROUND_S


def test_what_may_have_been_read_wrongly_is_read_again_soon() -> None:
    rounds = Rounds()
    rounds.swept(100.0, found=0, total=20)
    rounds.again_by(100.5)
    assert rounds.at == 100.0 + AGAIN_S
