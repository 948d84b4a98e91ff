"""A report, and a long text of which a segment was put back before it left."""

from datetime import timedelta

from gateway import claims, flight
from gateway.claims import Seat
from gateway.flight import Accepted
from tests.gateway.conftest import NOON, Desk
from tests.gateway.test_reports import MINUTE, on_air, report


def test_a_report_is_not_of_a_segment_that_was_put_back_before_it_left(desk: Desk, seat: Seat) -> None:
    """A report whose reference nobody knows took it, and the end of the text never followed."""
    job = on_air(desk, seat, "A long text about the meeting. " * 8)
    flight.accept(desk.db, seat, Accepted(job, 1, 10, NOON))
    flight.submit(desk.db, seat, job, 2, desk.rules, valid_for=timedelta(hours=1), now=NOON)
    flight.release(desk.db, seat, job, "The SIM is read again.", now=NOON, seq=2, untried=True)
    report(desk, 77)
    rest, _ = claims.claim_next(desk.db, seat, desk.rules, now=NOON + MINUTE)
    assert rest is not None
    assert rest.todo == (2,)
