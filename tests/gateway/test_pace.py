"""How long the write lock is left alone between the pieces of a long work."""

import sqlite3

import pytest

from gateway.pace import HELD_S, LARGEST, SMALLEST, Pace


class Clock:
    """What the clock says, to be moved on."""

    at = 100.0

    def __call__(self) -> float:
        return self.at


def hold(db: sqlite3.Connection, one: Pace, clock: Clock, seconds: float) -> None:
    with one.piece(db):
        assert db.in_transaction
        clock.at += seconds
    assert not db.in_transaction


def test_the_lock_is_free_as_long_as_it_was_held_and_reading_counts(db: sqlite3.Connection) -> None:
    one = Pace(clock := Clock())
    assert one.rest_s() == 0
    hold(db, one, clock, 0.03)
    assert one.rest_s() == pytest.approx(0.03)
    clock.at += 0.02  # the next rows are read
    assert one.rest_s() == pytest.approx(0.01)
    clock.at += 0.02
    assert one.rest_s() == 0


def test_a_piece_grows_while_it_is_quick_and_shrinks_on_a_slow_machine(db: sqlite3.Connection) -> None:
    one = Pace(clock := Clock())
    for _ in range(10):
        hold(db, one, clock, HELD_S / 4)
    assert one.size == LARGEST
    hold(db, one, clock, 4 * HELD_S)
    assert one.size == pytest.approx(LARGEST / 4, abs=1)
    hold(db, one, clock, 1.0)
    assert one.size == SMALLEST
