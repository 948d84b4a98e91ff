"""F35: another program took the answer to our text, and we read the one to its own command."""

import pytest

from tests.scenarios.office import Office
from tests.scenarios.test_faults_sending import one_before
from tests.scenarios.test_late_answers import handed_over
from tests.simulated import ADA


@pytest.mark.parametrize(
    "said",
    [
        "+CMS ERROR: 321",
        "+CME ERROR: 14",
        "+CME ERROR: 3",
        "+CME ERROR: 4",
        "+CMS ERROR: 302",
        "+CMS ERROR: 304",
        "+CMS ERROR: 315",
    ],
)
def test_what_no_network_says_of_a_text_does_not_send_it_again(office: Office, said: str) -> None:
    """An empty slot, or a question that its SIM could not answer just then: the text was on the air already, and went again."""
    one_before(office)
    office.world.modems[0].say_raw(
        b"\r\n+COPS: 0\r\n\r\nOK\r\n", office.now()
    )  # to another program's question
    office.fault("cmgs_silent", "sent", times=1)
    gone, told = handed_over(office), []

    def tell() -> bool:
        if gone() and not told:
            told.append(True)
            office.world.modems[0].say_raw(f"\r\n{said}\r\n".encode(), office.now())
        return False

    office.cut_when = tell
    text = office.approved(ADA)
    office.run(1800)
    assert [to for to, _ in office.air()][1:] == [ADA]
    assert office.state(text) == "uncertain"
