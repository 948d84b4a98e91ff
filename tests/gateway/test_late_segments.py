"""I3: a long text whose missing segment comes, or whose person is erased, at the moment in which it is shown with its gap."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from gateway import arrivals, erasing, longtexts
from gateway.arrivals import Received
from gateway.longtexts import Found
from gateway.rules import DAY_MS
from gateway.store import connect
from tests.gateway.conftest import ADA, NOON, Desk
from tests.gateway.test_arrivals import SEEN, deliver

FIRST, SECOND = deliver("Only Ada knows this. " * 12)
LATE = NOON + DAY_MS + 1


@pytest.mark.parametrize("acts", ["a station", "an admin"])
def test_a_long_text_is_shown_once_though_its_rest_comes_as_it_is_shown_with_its_gap(
    desk: Desk, path: Path, monkeypatch: pytest.MonkeyPatch, acts: str
) -> None:
    desk.draft()
    arrivals.keep(desk.db, [Received(FIRST)], SEEN, desk.rules, now=NOON)

    def station(db: sqlite3.Connection) -> None:
        arrivals.keep(db, [Received(SECOND)], SEEN, desk.rules, now=LATE)

    def admin(db: sqlite3.Connection) -> None:
        erasing.erase(db, ADA, now=LATE)

    doing: list[Callable[[sqlite3.Connection], None]] = [station if acts == "a station" else admin]
    real = longtexts.joined

    def joined(texts: list[Found]) -> list[Found]:
        if doing:  # by another process, until which the housekeeping waits for the lock
            with closing(connect(path)) as other:
                doing.pop()(other)
        return real(texts)

    monkeypatch.setattr(longtexts, "joined", joined)
    arrivals.show_incomplete(desk.db, now=LATE)
    shown = [row["missing"] for row in desk.db.execute("SELECT missing FROM inbound")]
    assert shown == ([0] if acts == "a station" else [])
