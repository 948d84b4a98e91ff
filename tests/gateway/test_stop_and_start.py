"""I4: of a STOP and a START the one that was sent last counts, in whatever order a modem gives them."""

from datetime import timedelta

import pytest

from gateway import arrivals
from gateway.arrivals import Received
from gateway.rules import DAY_MS
from tests.gateway.conftest import NOON, Desk
from tests.gateway.test_arrivals import SEEN, SENT_AT, deliver

MINUTE = timedelta(minutes=1)


def arrive(desk: Desk, *pdus: str, now: int = NOON) -> None:
    """What lies on the SIM, in the order of its slots."""
    items = [Received(pdu, "SM", slot) for slot, pdu in enumerate(pdus, start=now % 97)]
    arrivals.keep(desk.db, items, SEEN, desk.rules, now=now)


def is_out(desk: Desk) -> bool:
    return desk.conversation()["opted_out_at"] is not None


@pytest.mark.parametrize("known", [True, False], ids=["who was out already", "who was not"])
def test_a_start_that_is_read_after_a_later_stop_brings_nobody_back(desk: Desk, known: bool) -> None:
    """The gateway was off meanwhile, and this modem lists its newest text first; or the START lay in the other storage."""
    text = desk.approved()
    if known:
        arrive(desk, *deliver("STOP", at=SENT_AT - timedelta(days=1)), now=NOON - DAY_MS)
    [start], [stop] = deliver("START", at=SENT_AT - MINUTE), deliver("STOP", at=SENT_AT)
    arrive(desk, stop, start)
    assert is_out(desk)
    assert desk.state(text) == "withdrawn"
    assert desk.conversation()["waiting_at"] is not None, "somebody reads the START"


def test_a_start_from_another_storage_that_is_read_a_minute_later_brings_nobody_back(desk: Desk) -> None:
    arrive(desk, *deliver("STOP", at=SENT_AT))
    arrive(desk, *deliver("START", at=SENT_AT - MINUTE), now=NOON + 60_000)
    assert is_out(desk)


def test_a_start_after_a_stop_brings_them_back_also_when_both_are_read_at_once(desk: Desk) -> None:
    arrive(desk, *deliver("STOP", at=SENT_AT - MINUTE), *deliver("START", at=SENT_AT))
    assert not is_out(desk)


def test_a_stop_whose_stamp_is_years_off_shuts_nobody_out_for_ever(desk: Desk) -> None:
    arrive(desk, *deliver("STOP", at=SENT_AT + timedelta(days=3000)))
    arrive(desk, *deliver("START", at=SENT_AT), now=NOON + 60_000)
    assert not is_out(desk)


def test_a_start_from_before_a_colleague_noted_the_stop_or_a_restore_did_brings_nobody_back(
    desk: Desk,
) -> None:
    """It lay on the SIM of a modem that was off, or came back from a slot that cannot be emptied."""
    desk.draft()
    desk.stop(now=NOON)
    arrive(desk, *deliver("START", at=SENT_AT), now=NOON + 60_000)
    assert is_out(desk)
    arrive(desk, *deliver("START", at=SENT_AT + 2 * MINUTE), now=NOON + 120_000)
    assert not is_out(desk)
