"""What takes long to count is kept for a while; whoever is shown it looks again after that."""

import itertools
import re
from collections.abc import Callable

import pytest
from flask import Flask

from gateway import store
from tests.campaigning import started
from tests.web.conftest import Visitor
from tests.web.world import World, modems
from web import words
from web.counted import FAST_S, SHARE, Counted

Visit = Callable[..., Visitor]


class Slow:
    """A clock, and a count that takes its time."""

    def __init__(self, takes_s: float) -> None:
        self.now_s, self.takes_s, self.true = 0.0, takes_s, 1
        self.told: list[float] = []
        self.counted = Counted(self.told.append, lambda: self.now_s)

    def count(self) -> int:
        self.now_s += self.takes_s
        return self.true

    def look(self) -> int:
        return self.counted.of("key", self.count)


def test_what_is_counted_fast_is_counted_anew() -> None:
    slow = Slow(FAST_S / 2)
    assert slow.look() == 1
    slow.true = 2
    assert slow.look() == 2
    assert slow.told == []


def test_what_takes_long_is_kept_and_who_is_shown_it_is_told_for_how_long() -> None:
    slow = Slow(0.5)
    assert slow.look() == 1
    slow.true = 2
    slow.now_s += 4.0
    assert slow.look() == 1
    assert slow.told == [pytest.approx(SHARE * 0.5 - 4.0)]
    slow.now_s += slow.told[0]
    assert slow.look() == 2
    assert len(slow.told) == 1


def test_what_was_counted_before_somebody_changed_it_is_not_kept() -> None:
    """Who wrote something down while another page counted saw the old number on their own next page."""
    slow = Slow(0.5)

    def meanwhile() -> int:
        before = slow.count()
        slow.true = 2
        slow.counted.forget()
        return before

    assert slow.counted.of("key", meanwhile) == 1
    assert slow.look() == 2


def test_a_page_with_a_kept_number_says_when_it_asks_again(app: Flask, world: World, visit: Visit) -> None:
    modems(world)
    campaign_id = started(world.db, world.users["coordinator"], world.rules, now=store.wall_ms())
    app.config["COUNTED"] = Counted(words.ask_again, itertools.count(step=0.1).__next__)
    cleo = visit("coordinator")
    first, again = (cleo.get(f"/campaigns/{campaign_id}").get_data(as_text=True) for _ in range(2))
    assert "data-later" not in first
    found = re.search(r'<main id="main"[^>]* data-later="(\d+)"', again)
    assert found is not None
    assert 0 < int(found[1]) <= 1000 * SHARE * 0.1
