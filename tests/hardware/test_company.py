"""Another program at the port is told from late answers and from what a talkative modem adds."""

import pytest

from hardware.company import CALM_S, PATIENCE_S, QUIET_S, STARTING_S, Company
from hardware.framing import OK, Final
from hardware.modem import Stored
from tests.hardware.bench import DELIVER, Bench
from tests.scripted import FakeClock

NO_SIM = Final(ok=False, family="CME", code=10)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def company(clock: FakeClock) -> Company:
    company = Company(clock)
    company.opened()
    clock.advance(STARTING_S)
    return company


def test_two_results_that_nobody_waited_for_are_another_program(company: Company, clock: FakeClock) -> None:
    company.result(OK)
    assert company.heard
    assert not company.present
    clock.advance(3)
    company.result(NO_SIM)
    assert company.present
    clock.advance(QUIET_S)
    assert not company.present


def test_a_command_that_was_not_answered_in_time_is_owed_one_result_and_its_lines(
    company: Company, clock: FakeClock
) -> None:
    for _ in range(4):
        company.unanswered("+COPS")
        clock.advance(10)
        company.line("+COPS")
        company.result(OK)
    assert company.heard
    assert not company.present
    company.result(OK)
    clock.advance(2)
    company.line("+CPMS")
    assert company.present


def test_an_answer_that_ends_twice_is_one(company: Company, clock: FakeClock) -> None:
    for _ in range(5):
        company.answered("", [])
        company.result(OK)
        clock.advance(5)
    assert not company.present


@pytest.mark.parametrize(
    "said", [Final(ok=False, family="CMS", code=38), Final(ok=False, family="TEXT", text="NO CARRIER")]
)
def test_the_late_refusal_of_a_text_and_the_end_of_a_call_are_nobodys(
    company: Company, clock: FakeClock, said: Final
) -> None:
    for _ in range(3):
        company.result(said)
        clock.advance(5)
    assert not company.present


def test_what_a_port_says_just_after_it_was_opened_is_of_before(clock: FakeClock) -> None:
    company = Company(clock)
    company.opened()
    for _ in range(4):
        company.result(OK)
        clock.advance(5)
    assert not company.present
    company.result(OK)
    assert company.present, "ModemManager probes each modem that it finds"


def test_nobody_is_waited_for_for_ever(company: Company, clock: FakeClock) -> None:
    waited_s = 0
    for _ in range(100):
        company.result(OK)
        waited_s += 30 * company.present
        clock.advance(30)
    assert 800 < waited_s < 1000
    assert company.stubborn
    clock.advance(QUIET_S)
    assert not company.stubborn


def test_a_script_that_asks_every_other_minute_is_not_waited_for_anew_each_time(
    company: Company, clock: FakeClock
) -> None:
    """It was quiet for a minute and a half each time; with the modem's start no second was left for texts, for ever."""
    waited_s = 0
    for _ in range(1200):
        if clock.monotonic() % 95 < 6:
            company.result(OK)
        waited_s += 3 * company.present
        clock.advance(3)
    assert 800 < waited_s < 1000
    clock.advance(2 * QUIET_S)
    for _ in range(2):
        company.result(OK)
        clock.advance(3)
    assert company.present, "after a while it is another visit"


def test_on_a_line_where_each_command_gets_the_result_before_its_own_nobody_is_there(
    company: Company, clock: FakeClock
) -> None:
    """A radio link that took four seconds: the modem was opened anew every three minutes, and no text left."""
    for name in ("+CPMS", "+COPS", "+CNMI") * 3:
        company.answered(name, [])
        clock.advance(4)
        company.line(name)
    assert not company.present
    company.answered("+COPS", ["+COPS: 0"])
    for _ in range(2):
        clock.advance(30)
        company.line("+COPS")
    assert company.present


def beside_another(names: list[str]) -> Bench:
    """A modem that reads, whenever it is asked, the storages of these names in turn, beside a program that has been heard; a text lies in SM."""
    bench = Bench()
    bench.hear("\r\n+CMGR: 0,,0\r\n\r\nOK\r\n")
    said = [f'+CPMS: "{name}",1,30,"SM",1,30,"SM",1,30' for name in names]
    bench.scripted.rules |= {"AT+CPMS?": said, "AT+CMGL=4": ["OK", f"+CMGL: 3,0,,23\n{DELIVER}"]}
    return bench


def test_a_storage_that_another_program_chose_in_between_is_not_taken_for_ours() -> None:
    """It chose ME after we had chosen SM: what lay there was taken for SM's, and a STOP in SM not read before a text left (as seed 951518)."""
    assert beside_another(["ME", "SM"]).modem.list(everything=False) == [Stored("SM", 3, DELIVER)]


def test_a_storage_that_is_called_otherwise_than_it_was_chosen_is_read_beside_another_program() -> None:
    assert beside_another(["SM_P"]).modem.list(everything=False) == [Stored("SM", 3, DELIVER)]


def test_after_the_first_sign_nothing_leaves_until_there_was_time_for_another(
    company: Company, clock: FakeClock
) -> None:
    """A program that had just begun chose text mode before it was heard twice, and a PDU was texted to the number of its octets."""
    assert clock.monotonic() >= company.calm_at
    company.result(OK)
    assert not company.present
    assert clock.monotonic() < company.calm_at
    clock.advance(CALM_S)
    assert clock.monotonic() >= company.calm_at
    company.result(OK)
    assert company.present
    for _ in range(round(PATIENCE_S / 60)):
        clock.advance(60)
        company.result(OK)
    assert not company.present, "it goes on beside it"
    assert clock.monotonic() >= company.calm_at
