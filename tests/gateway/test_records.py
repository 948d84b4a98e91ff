"""Records as odd modems give them: what is around the hex is no part of the text."""

import pytest

from gateway import arrivals
from gateway.arrivals import Received, Seen
from tests.gateway.conftest import ICCID, NOON, Desk
from tests.gateway.test_arrivals import deliver, texts

LONG = "We come, all of us. " * 12


@pytest.mark.parametrize("form", ['"{}"', "{}, 0", "{},23", " {} "])
def test_a_long_text_whose_records_have_something_around_them_is_read(desk: Desk, form: str) -> None:
    """Its second segment could not be joined to the first, whose octets were kept with what stood around them: the station failed
    at each start while the text lay there.
    """
    for slot, pdu in enumerate(deliver(LONG)):
        item = Received(form.format(pdu), "SM", slot)
        arrivals.keep(desk.db, [item], Seen("north", ICCID), desk.rules, now=NOON)
    assert texts(desk.db) == [LONG]
