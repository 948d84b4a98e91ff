"""What a modem still owes when the rows of the texts before it are gone: no such answer is taken for another text's."""

from collections.abc import Callable

import pytest

from gateway import erasing, purging, unanswered
from gateway.store import write
from tests.scenarios.office import EVE, NUMBERS, Office
from tests.scenarios.test_faults_sending import one_before
from tests.scenarios.test_late_answers import kill_the_gateway
from tests.simulated import LUIS


def erase(office: Office) -> None:
    erasing.erase(office.db, NUMBERS[0], now=office.wall())


def purge_events(office: Office) -> None:
    """As a night does by their age."""
    text = office.db.execute("SELECT max(id) FROM message").fetchone()[0]
    events = [row["id"] for row in office.db.execute("SELECT id FROM event WHERE message_id=?", [text])]
    with write(office.db):
        purging.Belongings(event=events).delete(office.db)


@pytest.mark.parametrize("go", [erase, purge_events])
@pytest.mark.parametrize("before", [0, 1])
def test_a_text_whose_row_is_gone_had_a_reference(
    office: Office, before: int, go: Callable[[Office], None]
) -> None:
    """Seed 1634883: the late answer of Ada's text was taken for the one to Luis, which had not left."""
    for _ in range(before):
        one_before(office)
    office.until_ready()
    office.until_state(office.approved(NUMBERS[0]), "sent")
    office.run(10)
    go(office)
    office.fault("cmgs_stray", 60_000, times=1)
    kill_the_gateway(office)
    office.fault("cmgs_silent", "lost", times=1)
    other = office.approved(LUIS)
    office.until_state(other, "uncertain", "sent", limit_s=300)
    assert office.state(other) == "uncertain"


def _last(office: Office) -> tuple[int, int]:
    (iccid,) = office.db.execute("SELECT iccid FROM station").fetchone()
    mr, after = unanswered.last_reference(office.db, iccid)
    assert mr is not None
    return mr, after


def test_texts_that_are_gone_are_counted_where_they_were_handed_over(office: Office) -> None:
    """Also where the next events have the ids of theirs."""
    office.until_ready()
    told = []
    for number in [*NUMBERS[:4], EVE]:
        office.until_state(office.approved(number), "sent")
        office.run(10)
        told.append(_last(office))
    for number in [NUMBERS[1], EVE, NUMBERS[3]]:
        erasing.erase(office.db, number, now=office.wall())
        assert _last(office) == told[-1]
    office.until_state(office.approved(LUIS), "sent")
    told.append(_last(office))
    assert told[-2:] == [(told[0][0] + 4, 0), (told[0][0] + 5, 0)]
    for number in NUMBERS[:1] + NUMBERS[2:3]:
        erasing.erase(office.db, number, now=office.wall())
        assert _last(office) == told[-1]
    office.fault("cmgs_silent", "lost", times=1)
    lost = office.approved(NUMBERS[5])
    office.until_state(lost, "uncertain", limit_s=300)
    office.run(600)
    erasing.erase(office.db, LUIS, now=office.wall())
    erasing.erase(office.db, NUMBERS[5], now=office.wall())
    assert _last(office) == (told[-1][0], 1)
