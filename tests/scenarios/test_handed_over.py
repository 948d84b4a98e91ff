"""What a modem hands over and stores nowhere is on the disk as soon as it was heard, whatever the station waits for: a kill, or a power
cut, in the middle of that loses nothing.
"""

import pytest

from gateway import flight
from tests.scenarios.office import EVE, Office
from tests.scenarios.test_faults_direct import forgetful as forgetful
from tests.scenarios.test_late_answers import KilledError
from tests.simulated import ADA, LUIS


def kill(office: Office, after: str, *, seconds: float, arrives: str = "") -> None:
    """Once this is written: a text from Ada arrives, and so many seconds later the gateway is killed and started again."""
    at: list[float] = []

    def strike() -> bool:
        last = office.written[0][-1]
        if not at and last.startswith(after):
            at.append(office.now())
            if arrives:
                office.arrive(arrives, ADA)
        elif at and office.now() >= at[0] + seconds:
            raise KilledError
        return False

    office.cut_when = strike
    with pytest.raises(KilledError):
        office.run(600)
    office.cut_when = None
    office.restart()
    flight.recover_all(office.db, now=office.wall())


def test_a_stop_that_is_handed_over_while_no_prompt_comes_is_kept_at_once(forgetful: Office) -> None:
    """It lay in memory until the command was given up: a power cut took it, and her next text left."""
    office = forgetful
    office.fault("prompt_missing", "silent", 1)
    office.approved(LUIS)
    kill(office, "AT+CMGS=", seconds=5, arrives="STOP")
    assert office.texts() == ["STOP"]


def test_a_stop_that_is_handed_over_while_a_technician_asks_the_network_is_kept_at_once(
    forgetful: Office,
) -> None:
    office = forgetful
    office.fault("ussd", "never")
    office.ask("ussd", argument="*100#")
    kill(office, "AT+CUSD=1", seconds=5, arrives="STOP")
    assert office.texts() == ["STOP"]


def test_a_stop_that_is_handed_over_during_a_start_is_kept_at_once(forgetful: Office) -> None:
    office = forgetful
    office.fault("no_smsc")
    office.restart()
    kill(office, "AT+CSCA?", seconds=3, arrives="STOP")
    assert office.texts() == ["STOP"]


def test_a_report_that_is_handed_over_while_another_answer_is_awaited_is_kept_at_once(
    forgetful: Office,
) -> None:
    """It lay in memory for up to three minutes, and no modem says it twice: the text stayed without its report for ever."""
    office = forgetful
    office.fault("report_late", 20.0, 1)
    reported = office.approved(EVE)
    office.until_state(reported, "sent")
    office.fault("cmgs_late", 120_000, 1)
    office.approved(LUIS)
    kill(office, "AT+CMGS=", seconds=60)
    assert office.state(reported) == "delivered"


def test_a_report_of_the_very_text_whose_answer_is_awaited_settles_it_after_a_kill(forgetful: Office) -> None:
    """It was the only witness that the text had arrived."""
    office = forgetful
    office.fault("cmgs_silent", times=1)
    text = office.approved(LUIS)
    kill(office, "AT+CMGS=", seconds=60)
    assert office.state(text) == "delivered"
