"""What takes long to count is kept for a while; whoever is shown it looks again after that."""

import itertools
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

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


def test_pages_that_ask_in_one_moment_are_counted_for_once() -> None:
    """When a kept number ran out, the page of each coordinator counted it anew at the same time."""
    counted = Counted(lambda _: None, itertools.count(step=1.0).__next__)
    inside, count_on, counts = threading.Event(), threading.Event(), list[int]()

    def count() -> int:
        counts.append(1)
        inside.set()
        assert count_on.wait(10)
        return 7

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(counted.of, "key", count)
        assert inside.wait(10)
        others = [pool.submit(counted.of, "key", count) for _ in range(3)]
        assert (
            wait([first, *others], timeout=0.3).done == set()
        )  # they wait, or count themselves: both takes until then
        count_on.set()
        assert [each.result(10) for each in (first, *others)] == [7] * 4
    assert len(counts) == 1
    with pytest.raises(ZeroDivisionError):
        counted.of("other", lambda: 1 // 0)
    assert counted.of("other", lambda: 5) == 5  # a count that failed keeps nobody waiting
