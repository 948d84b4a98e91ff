"""How long the write lock is left alone between the pieces of a long work."""

import sqlite3

import pytest

from gateway import pace
from gateway.pace import HELD_S, LARGEST, SMALLEST, Pace


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the clock says, to be moved on."""
    at = [100.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: at[0])
    return at


def hold(db: sqlite3.Connection, one: Pace, clock: list[float], seconds: float) -> None:
    with one.piece(db):
        assert db.in_transaction
        clock[0] += seconds
    assert not db.in_transaction


def test_the_lock_is_free_as_long_as_it_was_held_and_reading_counts(
    db: sqlite3.Connection, clock: list[float]
) -> None:
    one = Pace()
    assert one.rest_s() == 0
    hold(db, one, clock, 0.03)
    assert one.rest_s() == pytest.approx(0.03)
    clock[0] += 0.02  # the next rows are read
    assert one.rest_s() == pytest.approx(0.01)
    clock[0] += 0.02
    assert one.rest_s() == 0


def test_a_piece_grows_while_it_is_quick_and_shrinks_on_a_slow_machine(
    db: sqlite3.Connection, clock: list[float]
) -> None:
    one = Pace()
    for _ in range(10):
        hold(db, one, clock, HELD_S / 4)
    assert one.size == LARGEST
    hold(db, one, clock, 4 * HELD_S)
    assert one.size == pytest.approx(LARGEST / 4, abs=1)
    hold(db, one, clock, 1.0)
    assert one.size == SMALLEST
