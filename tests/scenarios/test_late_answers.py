"""Whose answer is it: a text whose answer is still owed, over a port that was opened anew and over a restart of the gateway.

The modem goes on meanwhile, as one on another machine or on a serial line does, and answers when it has the network's word.
"""

from collections.abc import Callable

import pytest

from gateway import erasing, flight
from gateway.errors import Refused
from hardware.modem import LateRefusal, LateSubmit, Notice
from tests.scenarios.office import EVE, Office
from tests.scenarios.test_faults_sending import one_before
from tests.simulated import ADA, LUIS

CUT_S = 5.0  # after the text was handed over


class KilledError(BaseException):
    """The process ends here."""


def handed_over(office: Office) -> Callable[[], bool]:
    """Whether another text than now was handed over `CUT_S` ago."""
    submits, began = office.submits(), office.now()
    return lambda: office.submits() > submits and office.now() > began + CUT_S


def lose_the_port(office: Office) -> int:
    """A text to Ada whose port is lost before its answer; the modem goes on."""
    office.cut_when = handed_over(office)
    text = office.approved(ADA)
    office.until_state(text, "uncertain", limit_s=CUT_S + 10)
    return text


def kill_the_gateway(office: Office, words: str = "Can you come?") -> int:
    """A text to Ada during which the gateway is killed and started again at once; the modem goes on."""
    gone = handed_over(office)

    def strike() -> bool:
        if gone():
            raise KilledError
        return False

    office.cut_when = strike
    text = office.approved(ADA, words)
    with pytest.raises(KilledError):
        office.run(CUT_S + 10)
    office.cut_when = None
    office.restart()
    flight.recover_all(office.db, now=office.wall())
    assert office.state(text) == "uncertain"
    return text


def pull_the_stick(office: Office) -> int:
    """A text to Ada whose stick is pulled out before its answer, and put back after a while."""
    gone = handed_over(office)

    def pull() -> bool:
        if gone():
            office.world.unplug(0, now=office.now())
        return False

    office.cut_when = pull
    text = office.approved(ADA)
    office.until_state(text, "uncertain", limit_s=CUT_S + 10)
    office.cut_when = None
    office.run(10)
    office.world.plug(0, now=office.now())
    return text


def the_next_is_doubted(office: Office) -> int:
    """Luis's text is lost; what the modem says of the one before then is not believed of his."""
    office.fault("cmgs_silent", "lost", times=1)
    other = office.approved(LUIS)
    office.until_state(other, "uncertain", limit_s=60)
    assert "nobody knows which of the two" in office.reason(other)
    return other


Trouble = Callable[[Office], int]
both = pytest.mark.parametrize("trouble", [lose_the_port, kill_the_gateway])


@both
def test_f19_a_refusal_that_may_be_of_the_text_before_is_not_believed_of_the_next(
    office: Office, trouble: Trouble
) -> None:
    """The first's refusal would be taken for the second's, which is on the air, and would go again."""
    one_before(office)
    office.fault("cmgs_silent", "lost", times=1)
    trouble(office)
    office.fault("cmgs_error", {"code": 38, "sent": True}, times=1)
    other = office.approved(LUIS)
    office.until_state(other, "uncertain", limit_s=60)
    assert "nobody knows whose" in office.reason(other)
    office.run(1800)
    assert [to for to, _ in office.air()][1:] == [LUIS]


@both
def test_f19_an_acceptance_that_may_be_of_the_text_before_is_not_believed_of_the_next(
    office: Office, trouble: Trouble
) -> None:
    """The first's late acceptance would be taken for the second's, which never left: it would be lost, and said to be sent."""
    one_before(office)
    office.fault("cmgs_stray", 20_000, times=1)
    trouble(office)
    other = the_next_is_doubted(office)
    office.run(1800)
    assert office.state(other) == "uncertain"
    assert [to for to, _ in office.air()][1:] == [ADA]


@both
def test_f19_a_text_that_has_the_reference_after_is_sent_and_the_station_goes_on(
    office: Office, trouble: Trouble
) -> None:
    one_before(office)
    office.fault("cmgs_silent", "sent", times=1)
    trouble(office)
    others = [office.approved(LUIS), office.approved(LUIS, "and more")]
    for other in others:
        office.until_state(other, "sent", limit_s=60)
    assert [office.sent_row(other)["mr"] for other in others] == [r.mr for r in office.world.network.air[2:]]


@both
def test_f19_of_two_texts_whose_answers_are_owed_a_late_one_settles_neither(
    office: Office, trouble: Trouble
) -> None:
    """The first's late acceptance settled the second, which never left."""
    one_before(office)
    office.fault("cmgs_stray", 100_000, times=1)
    first = trouble(office)
    office.run(5)
    office.fault("cmgs_silent", "lost", times=1)
    second = trouble(office)
    office.run(400)
    assert [to for to, _ in office.air()][1:] == [ADA]
    assert (office.state(first), office.state(second)) == ("uncertain", "uncertain")


def test_f19_a_stick_that_was_pulled_out_owes_no_acceptance_and_the_next_text_is_sent(office: Office) -> None:
    """It lost its power and the text with it: the next text has the reference that the first would have had."""
    one_before(office)
    office.fault("cmgs_silent", "lost", times=1)
    pull_the_stick(office)
    office.world.modems[0].mr = office.world.network.air[0].mr
    other = office.approved(LUIS)
    office.until_state(other, "sent", limit_s=60)
    assert [to for to, _ in office.air()][1:] == [LUIS]


def test_f19_a_refusal_after_a_stick_came_back_may_still_be_of_the_text_before(office: Office) -> None:
    """A stick that only fell off the bus goes on: what it refuses then would go twice."""
    one_before(office)
    office.fault("cmgs_silent", "lost", times=1)
    pull_the_stick(office)
    office.fault("cmgs_error", {"code": 38, "sent": True}, times=1)
    other = office.approved(LUIS)
    office.until_state(other, "uncertain", limit_s=60)
    office.run(1800)
    assert [to for to, _ in office.air()][1:] == [LUIS]


def test_what_another_program_asks_of_the_sim_is_no_restart_that_forgives_the_answer_to_a_text(
    office: Office,
) -> None:
    """F35: the answer to its AT+CPIN? ended the wait, and what the network said of the first text was taken for the next one's."""
    one_before(office)
    office.run(120)
    office.fault("cmgs_stray", 40_000, times=1)
    gone, asked = handed_over(office), []

    def ask() -> bool:
        if gone() and not asked:
            asked.append(True)
            office.world.modems[0].say_raw(b"\r\n+CPIN: READY\r\n\r\nOK\r\n", office.now())
        return False

    office.cut_when = ask
    first = office.approved(ADA)
    office.until_state(first, "uncertain", "sent", limit_s=60)
    office.fault("cmgs_silent", "lost", times=1)
    other = office.approved(LUIS)
    office.run(400)
    assert [to for to, _ in office.air()][1:] == [ADA]
    assert office.state(other) == "uncertain"


def test_on_a_new_sim_a_first_text_that_is_lost_stops_nobody(office: Office) -> None:
    """No reference is known yet: what the modem accepts next is believed, else the SIM would wait for a person."""
    office.until_ready()
    office.fault("report_never")
    office.fault("cmgs_stray", 20_000, times=1)
    lose_the_port(office)
    for number in (LUIS, EVE):
        office.until_state(office.approved(number), "sent", limit_s=60)


def test_a_late_answer_settles_its_own_attempt_over_a_restart_of_the_gateway(office: Office) -> None:
    one_before(office)
    office.fault("cmgs_stray", 60_000, times=1)
    text = kill_the_gateway(office)
    other = office.approved(LUIS)
    office.until_state(other, "sent", limit_s=20)
    office.until_state(text, "sent", limit_s=60)
    assert [office.sent_row(i)["mr"] for i in (text, other)] == [r.mr for r in office.world.network.air[1:]]


@pytest.mark.parametrize(
    ("ahead", "state"), [(-3, "uncertain"), (0, "uncertain"), (1, "sent"), (2, "uncertain")]
)
def test_over_a_restart_a_late_answer_with_a_reference_from_before_a_text_is_not_its_own(
    office: Office, ahead: int, state: str
) -> None:
    """Seed 976447: the answer to a text of minutes before came late, and Ada's, which had not left, was said to be sent."""
    one_before(office)
    office.fault("cmgs_silent", "lost", times=1)
    text = kill_the_gateway(office)
    before = office.world.network.air[0].mr
    office.until_ready()
    office.stations[0]._desk.heard.append(LateSubmit((before + ahead) % 256))
    office.run(5)
    assert office.state(text) == state


def test_a_late_answer_to_a_text_that_a_report_settled_is_no_other_texts(office: Office) -> None:
    """The answer to Ada's text came after two restarts, and was taken for the one to Luis, which had not left (seed 732602)."""
    office.until_ready()
    office.fault("cmgs_error", 500, 1)
    lost = office.approved(LUIS)
    office.until_state(lost, "uncertain", limit_s=30)
    office.fault("cmgs_stray", 60_000, 1)
    text = kill_the_gateway(office)
    office.until_state(text, "delivered", limit_s=30)
    office.restart()
    office.until_ready()
    office.run(90)
    assert (office.state(lost), [to for to, _ in office.air()].count(LUIS)) == ("uncertain", 0)


def test_a_late_answer_to_a_segment_that_a_report_settled_is_no_other_texts(office: Office) -> None:
    """The same where the text was long, and uncertain for its other segments (seed 802177)."""
    office.until_ready()
    office.fault("cmgs_error", 500, 1)
    lost = office.approved(LUIS)
    office.until_state(lost, "uncertain", limit_s=30)
    office.fault("cmgs_stray", 60_000, 1)
    text = kill_the_gateway(office, "long " * 50)
    told = "SELECT state FROM segment WHERE message_id=? AND seq=1"
    office.until(lambda: office.db.execute(told, [text]).fetchone()[0] == "delivered", "reported", 30)
    office.restart()
    office.until_ready()
    office.run(90)
    assert (office.state(lost), [to for to, _ in office.air()].count(LUIS)) == ("uncertain", 0)


def test_after_a_restart_the_last_reference_is_of_the_text_that_left_last_not_of_the_one_written_last(
    office: Office,
) -> None:
    """By a reference too low, the late acceptance of the first would be taken for the second's, which never left."""
    office.until_ready()
    office.fault("report_never")
    early = office.approved(EVE, "written first, sent last")
    office.db.execute("UPDATE message SET not_before=? WHERE id=?", [office.wall() + 60_000, early])
    office.until_state(office.approved(EVE), "sent")
    office.until_state(early, "sent", limit_s=120)
    office.fault("cmgs_stray", 20_000, times=1)
    kill_the_gateway(office)
    the_next_is_doubted(office)


def test_after_a_restart_the_segments_of_a_long_text_count_in_its_sims_references(office: Office) -> None:
    one_before(office)
    office.until_state(office.approved(EVE, "long " * 50), "sent", limit_s=30)
    office.fault("cmgs_stray", 20_000, times=1)
    kill_the_gateway(office)
    the_next_is_doubted(office)


def test_somebody_is_not_erased_while_the_answer_to_their_text_may_still_come(office: Office) -> None:
    office.until_ready()
    office.fault("cmgs_stray", 200_000, times=1)
    office.until_state(office.approved(ADA), "uncertain")
    with pytest.raises(Refused, match="try again in five minutes"):
        erasing.erase(office.db, ADA, now=office.wall())
    office.run(300)
    assert erasing.erase(office.db, ADA, now=office.wall()).texts == 1


def test_somebody_is_not_erased_while_the_answer_to_a_text_that_a_report_settled_may_still_come(
    office: Office,
) -> None:
    """Nothing told the next start of it: the answer was taken for Luis's, whose lost text was said to be sent."""
    office.until_ready()
    office.fault("cmgs_stray", 60_000, times=1)
    text = kill_the_gateway(office)
    office.until_state(text, "delivered", limit_s=30)
    with pytest.raises(Refused, match="try again in five minutes"):
        erasing.erase(office.db, ADA, now=office.wall())
    office.run(300)
    assert erasing.erase(office.db, ADA, now=office.wall()).texts == 1


def test_a_late_answer_to_somebody_who_was_erased_ends_nothing_and_what_came_with_it_is_kept(
    office: Office,
) -> None:
    """The station died of it, and with it went the flash text of the same moment."""
    office.until_ready()
    office.fault("cmgs_stray", 320_000, times=1)
    office.fault("class0_cmt")
    began = office.now()
    office.until_state(office.approved(ADA), "uncertain")
    office.run(310 - (office.now() - began))
    erasing.erase(office.db, ADA, now=office.wall())
    office.clock.advance(15)  # one read brings both
    office.arrive("Hello", LUIS)
    office.run(5)
    assert office.texts() == ["Hello"]
    assert office.said()[0] == "ready"


@pytest.mark.parametrize(
    "answer", [LateSubmit(7), LateRefusal(1, "unassigned number"), LateRefusal(38, "network out of order")]
)
def test_a_late_answer_to_a_text_that_is_gone_is_nobodys(office: Office, answer: Notice) -> None:
    office.until_ready()
    office.fault("cmgs_silent", "sent", times=1)
    office.until_state(office.approved(ADA), "uncertain")
    office.run(310)
    erasing.erase(office.db, ADA, now=office.wall())
    desk = office.stations[0]._desk
    desk.heard.append(answer)
    office.run(5)
    assert (desk.late, desk.results, office.said()[0]) == (None, [], "ready")


def test_what_answers_after_the_sim_was_exchanged_settles_no_text_of_the_new_one(office: Office) -> None:
    """Seed 1003410: a text of the SIM that came back, which had been lost with the port, was said to be sent by another SIM's answer."""
    one_before(office)
    office.fault("sim_swap", 1)
    office.until(lambda: office.said()[0] == "ready" and office.opened[0] > 1, "the other SIM")
    office.fault("cmgs_silent", "lost", times=1)
    lost = pull_the_stick(office)
    office.clear("sim_swap")
    office.run(20)
    office.fault("cmgs_stray", 190_000, times=1)
    owed = office.approved(LUIS)
    office.until_state(owed, "uncertain", limit_s=200)
    office.fault("sim_swap", 1)
    office.run(400)
    assert ADA not in [to for to, _ in office.air()][1:]
    assert (office.state(lost), office.state(owed)) == ("uncertain", "uncertain")


@pytest.mark.parametrize("restarted", [False, True], ids=["while it runs", "over a restart"])
def test_no_text_leaves_by_a_new_sim_while_an_answer_to_the_old_one_may_come(
    office: Office, *, restarted: bool
) -> None:
    """It would be taken for the new text's: two references that nobody can compare."""
    one_before(office)
    office.fault("cmgs_stray", 250_000, times=1)
    owed = office.approved(ADA)
    office.until_state(owed, "uncertain", limit_s=200)
    office.fault("sim_swap", 1)
    if restarted:
        office.run(10)
        office.restart()
    other = office.approved(LUIS)
    for press in ("pause", "resume"):  # no person knows it either
        office.run(30)
        office.ask(press)
    office.run(10)
    assert office.state(other) == "approved"
    assert "exchanged" in office.said()[1]
    office.until_state(other, "sent", "delivered", limit_s=300)
    assert office.state(owed) == "uncertain"
