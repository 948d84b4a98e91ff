"""A modem that fell into text mode unnoticed: it restarted and said nothing, or another program at the port chose it."""

import pytest

from gateway.station.receiving import Reader
from tests.scenarios.office import Office
from tests.simulated import ADA


@pytest.mark.parametrize("filled", [False, True], ids=["an empty SIM", "a text on the SIM"])
def test_a_modem_in_text_mode_is_put_back_before_a_text_leaves(office: Office, filled: bool) -> None:
    """F35: AT+CMGS=26 was then a text to the number 26, and what people had approved left as the hex of its PDU."""
    office.until_ready()
    office.run(30)
    office.world.modems[0].settings.cmgf = 1
    if filled:
        office.fault("drop_cmti", times=1)
        office.world.inbound(0, ADA, "Yes", now=office.now())
    text = office.approved(ADA)
    office.until_state(text, "sent", "awaiting", "failed", limit_s=120)
    if filled:
        assert office.state(text) == "awaiting"
        assert office.texts() == ["Yes"]
    assert office.air() == ([] if filled else [(ADA, "Can you come?")])


def test_a_modem_that_knows_no_list_is_put_back_too(office: Office) -> None:
    office.fault("no_cmgl")
    office.until_ready()
    office.run(30)
    office.world.modems[0].settings.cmgf = 1
    office.until_state(office.approved(ADA), "sent", limit_s=120)
    assert office.air() == [(ADA, "Can you come?")]


@pytest.mark.parametrize("heard", [True, False], ids=["it was heard", "a list was refused"])
def test_beside_another_program_each_text_is_sent_in_the_mode_that_we_mean(
    office: Office, monkeypatch: pytest.MonkeyPatch, *, heard: bool
) -> None:
    """It chose text mode between our list and our text, which went as its hex to the number 18 (dense seed 42000052)."""
    office.until_ready()
    office.run(30)
    modem, sweep = office.world.modems[0], Reader.sweep

    def then_it_chooses(reader: Reader, **how: bool) -> int:
        modem.settings.cmgf = 0 if heard else 1
        new = sweep(reader, **how)
        modem.settings.cmgf = 1
        return new

    if heard:
        modem.say_raw(b"\r\n+CMGF: 0\r\n\r\nOK\r\n", office.now())
        office.run(1)
    monkeypatch.setattr(Reader, "sweep", then_it_chooses)
    office.until_state(office.approved(ADA), "sent", limit_s=120)
    assert office.air() == [(ADA, "Can you come?")]
