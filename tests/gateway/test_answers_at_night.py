"""I5: where the group lets answers go at night, they go to who wrote within the hour by the network's stamp, and to nobody else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway import claims
from gateway.arrivals import Received, keep
from gateway.claims import Seat
from gateway.store import moment
from tests.gateway.conftest import NOON, Desk
from tests.gateway.test_arrivals import SEEN, deliver

NIGHT = NOON + 11 * 3_600_000  # eleven in the evening in New York


@pytest.mark.parametrize(("sent_ago", "leaves"), [(5 * 60, False), (5, True), (-60, True)])
def test_who_wrote_in_the_afternoon_is_not_answered_at_night_because_the_modem_was_off(
    desk: Desk, seat: Seat, sent_ago: int, leaves: bool
) -> None:
    """Their text lay on the SIM, or in the network, and was read at eleven: they did not write within the hour, and sleep. A stamp that
    lies ahead is a clock of the network's that is wrong."""
    desk.rules = replace(desk.rules, answers_at_night=True)
    pdus = deliver("When is it?", at=moment(NIGHT) - timedelta(minutes=sent_ago))
    keep(desk.db, [Received(pdu, "SM", 1) for pdu in pdus], SEEN, desk.rules, now=NIGHT)
    message_id = desk.approved(kind="reply", now=NIGHT)
    assert (claims.claim_next(desk.db, seat, desk.rules, now=NIGHT)[0] is not None) is leaves
    if not leaves:
        desk.db.execute("UPDATE message SET not_before=NULL")
        assert claims.claim_next(desk.db, seat, desk.rules, now=NIGHT)[0] is None, "the station asks again"
        assert "Quiet hours" in desk.reason(message_id)
