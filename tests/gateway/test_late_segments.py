"""I3: a long text whose missing segment comes, or whose person is erased, at the moment in which it is shown with its gap; and what is in a
modem's hands when its first segment comes.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from gateway import arrivals, claims, erasing, flight, longtexts
from gateway.arrivals import Received
from gateway.claims import Seat
from gateway.longtexts import Found
from gateway.rules import DAY_MS
from gateway.store import connect
from tests.gateway.conftest import ADA, NOON, Desk
from tests.gateway.test_arrivals import SEEN, deliver
from tests.gateway.test_flight import claim, submit

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


def test_what_the_network_did_not_take_as_somebody_began_a_long_text_is_read_again_first(
    desk: Desk, seat: Seat
) -> None:
    """It left a minute later, to whoever was about to say that they want no more."""
    text = desk.approved()
    job = claim(desk, seat)
    submit(desk, seat, job)
    arrivals.keep(desk.db, [Received(FIRST)], SEEN, desk.rules, now=NOON + 1)
    flight.release(desk.db, seat, job, "The network is busy.", now=NOON + 2, seq=1)
    assert claims.claim_next(desk.db, seat, desk.rules, now=NOON + 3)[0] is None
    assert desk.state(text) == "awaiting"
    assert desk.reason(text).startswith("A part of a long text")
    desk.approve(text, now=NOON + 4)
    assert claim(desk, seat, now=NOON + 5).message_id == text
