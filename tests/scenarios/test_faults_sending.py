"""Faults F11 to F23 of the catalogue: registration, the prompt, answers that come late or never, restarts. Seen on the air and in the rows.

Whole stations over virtual modems in simulated time. Refusals (F24 to F33) are in test_faults_refused.py, reports in test_faults_reports.py.
"""

from pathlib import Path

import pytest

from gateway.station import Station
from hardware import health
from tests.scenarios.office import EVE, NUMBERS, Office
from tests.simulated import ADA, LUIS


@pytest.mark.parametrize("stat", [0, 2, 4])
def test_f11_without_a_network_nothing_is_sent_and_the_queue_goes_when_there_is_one(
    office: Office, stat: int
) -> None:
    office.until_ready()
    office.fault("registered", stat)
    office.ask("restart")
    office.until(lambda: office.said()[0] == "waiting", "waiting")
    text = office.approved()
    office.run(120)
    assert (office.state(text), office.air(), office.submits()) == ("approved", [], 0)
    assert "has no network" in office.said()[1]
    office.clear("registered")
    assert office.until_state(text, "sent", "delivered") <= 31  # it looks every ten seconds


def test_f11_a_modem_that_may_use_one_operator_only_is_said_to_be_so_set(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its owner before had chosen one for another SIM: who has it was sent to the window with its antenna."""
    monkeypatch.setattr(health, "_operator", lambda at: ("", "", True))
    office.until_ready()
    office.fault("registered", 2)
    office.approved()
    office.until(lambda: office.said()[0] == "waiting", "waiting", 130)
    assert "one operator only" in office.said()[1]


def test_f12_denied_by_voice_and_welcome_on_lte_is_tried(office: Office) -> None:
    office.fault("registered", {"creg": 3, "cgreg": 3, "cereg": 1})
    text = office.approved()
    office.until_state(text, "sent", "delivered")


def test_f12_a_refusal_is_told_only_after_it_was_repeated(office: Office) -> None:
    office.fault("registered", 3)
    text = office.approved()
    office.until(lambda: office.said()[0] == "waiting", "waiting")
    assert "has no network" in office.said()[1]
    office.until(lambda: "does not let the SIM" in office.said()[1], "denied", 60)
    assert (office.state(text), office.submits()) == ("approved", 0)


@pytest.mark.parametrize(("allowed", "state"), [(True, "delivered"), (False, "approved")])
def test_f13_a_foreign_network_is_used_as_the_configuration_says(
    tmp_path: Path, allowed: bool, state: str
) -> None:
    office = Office(tmp_path / "textbank.db", send_while_roaming=allowed)
    office.fault("registered", 5)
    text = office.approved(LUIS)
    office.arrive("Hello")
    office.run(120)
    assert office.state(text) == state
    assert office.texts() == ["Hello"]
    assert ("foreign network" in office.said()[1]) is not allowed
    office.clear("registered")
    office.until_state(text, "delivered")
    office.close()


@pytest.mark.parametrize(("stat", "goes"), [(6, True), (7, True), (8, False), (11, False)])
def test_f14_texts_only_is_good_enough_and_limited_service_is_not(
    office: Office, stat: int, goes: bool
) -> None:
    office.fault("registered", stat)
    text = office.approved()
    office.run(120)
    assert (office.state(text) in ("sent", "delivered")) is goes
    if not goes:
        assert office.submits() == 0
        assert ("emergency" if stat == 8 else "limited") in office.said()[1]


def test_f15_texts_that_do_not_go_by_lte_pause_the_station_with_advice(tmp_path: Path) -> None:
    office = Office(tmp_path / "textbank.db", personality="sim7600")
    office.fault("lte_send_fail")
    texts = [office.approved(number) for number in NUMBERS[:3]]
    office.until(lambda: office.said()[0] == "paused", "paused")
    assert [office.state(text) for text in texts] == ["uncertain", "uncertain", "approved"]
    assert "do not seem to go by LTE" in office.said()[1]
    assert "AT+CNMP=14" in office.said()[1]
    office.run(600)
    assert (office.submits(), office.said()[0]) == (2, "paused")
    office.close()


def test_f15_the_advice_is_for_lte_alone_and_a_text_that_goes_takes_it_back(office: Office) -> None:
    office.fault("cmgs_error", {"words": "Unknown error"}, times=1)
    office.until_state(office.approved(ADA), "uncertain")
    office.until_state(office.approved(LUIS), "delivered")
    office.fault("cmgs_error", {"words": "Unknown error"}, times=1)
    office.until_state(office.approved(EVE), "uncertain")
    assert office.said()[0] == "ready"


@pytest.mark.parametrize("how", ["silent", "lost"])
def test_f16_no_prompt_is_left_with_esc_and_the_text_goes_later_once(office: Office, how: str) -> None:
    office.until_ready()
    office.fault("prompt_missing", how, times=1)
    text = office.approved()
    office.until_state(text, "delivered", limit_s=120)
    assert len(office.air()) == 1
    asked = [place for place, line in enumerate(office.written[0]) if line.startswith("AT+CMGS=")]
    assert office.written[0][asked[0] + 1] == "\x1b"


def test_f16_three_texts_without_a_prompt_want_the_modem_restarted(office: Office) -> None:
    office.until_ready()
    office.fault("prompt_missing", "silent", times=3)
    texts = [office.approved(number) for number in NUMBERS[:3]]
    desk = office.stations[0]._desk
    office.until(lambda: office.submits() >= 2, "two tries")
    assert desk.wants_reset == ""
    office.until(lambda: desk.wants_reset != "", "the wish")
    for text in texts:
        office.until_state(text, "delivered", limit_s=1200)
    assert len(office.air()) == 3


def test_f17_a_pdu_that_the_modem_cannot_read_fails_and_the_next_text_goes(office: Office) -> None:
    office.fault("cmgs_error", 304, times=2)
    text = office.approved(ADA)
    office.until_state(text, "failed", limit_s=60)
    office.until_state(office.approved(LUIS), "delivered", limit_s=30)
    assert "could not read the text as we packed it" in office.reason(text)


def test_f17_not_allowed_just_now_is_tried_again(office: Office) -> None:
    office.fault("cmgs_error", 302, times=1)
    text = office.approved()
    office.until(lambda: office.reason(text) != "None", "put back")
    assert office.state(text) == "approved"
    office.until_state(text, "delivered", limit_s=60)
    assert len(office.air()) == 1


def one_before(office: Office) -> None:
    """A text goes first, so that the modem's references are known; no reports come."""
    office.until_ready()
    office.fault("report_never")
    office.until_state(office.approved(EVE), "sent")


@pytest.mark.parametrize(("fate", "left"), [("sent", 1), ("lost", 0)])
def test_f18_silence_is_waited_for_180_s_and_a_modem_that_takes_commands_then_goes_on(
    office: Office, fate: str, left: int
) -> None:
    one_before(office)
    office.fault("cmgs_silent", fate, times=1)
    text, other = office.approved(ADA), office.approved(LUIS)
    began = office.now()
    office.until_state(text, "uncertain")
    assert office.now() - began == pytest.approx(180, abs=2)
    written = len(office.written[0])
    office.until_state(other, "sent", limit_s=5)
    assert "\x1b" not in "".join(
        office.written[0][written : written + 3]
    )  # it could end a text that is still leaving
    assert (office.state(text), [to for to, _ in office.air()][1:]) == ("uncertain", [ADA] * left + [LUIS])
    office.run(86_400)
    assert [to for to, _ in office.air()].count(ADA) == left


def test_f18_a_modem_that_takes_no_command_is_only_listened_to_until_300_s(office: Office) -> None:
    one_before(office)
    office.fault("cmgs_late", 290_000, times=1)  # commands wait meanwhile
    text, other = office.approved(ADA), office.approved(LUIS)
    office.until_state(text, "uncertain")
    written = len(office.written[0])
    office.run(100)
    assert "".join(office.written[0][written:]) == "AT"  # asked once; no ESC, no other text
    office.until_state(text, "sent", limit_s=20)
    office.until_state(other, "sent", limit_s=30)
    assert [to for to, _ in office.air()][1:] == [ADA, LUIS]


@pytest.mark.parametrize("fault", ["cmgs_late", "cmgs_stray"])
@pytest.mark.parametrize("late_s", [185, 240, 299])
def test_f19_a_late_answer_settles_its_own_attempt(office: Office, fault: str, late_s: int) -> None:
    one_before(office)
    office.fault(fault, late_s * 1000, times=1)
    text, other = office.approved(ADA), office.approved(LUIS)
    office.until_state(text, "uncertain")
    assert office.until_state(text, "sent") < 125
    office.until_state(other, "sent")
    air = office.world.network.air[1:]
    assert [office.sent_row(i)["mr"] for i in (text, other)] == [record.mr for record in air]
    assert [record.to for record in air] == [ADA, LUIS]
    assert "came late" in office.reason(text)


def test_f19_a_late_answer_when_the_next_prompt_is_already_there_is_the_earlier_attempts(
    office: Office,
) -> None:
    one_before(office)
    office.fault("cmgs_stray", 300_000 + 100, times=1)
    text, other = office.approved(ADA), office.approved(LUIS)
    office.until_state(text, "uncertain")
    office.until_state(other, "sent")
    office.run(5)
    air = office.world.network.air[1:]
    assert office.state(text) in ("sent", "uncertain")
    assert office.sent_row(other)["mr"] == air[1].mr
    assert office.sent_row(text)["mr"] in (None, air[0].mr)


def test_f19_a_refusal_that_may_be_the_earlier_attempts_is_not_believed_of_the_next(office: Office) -> None:
    """The first's late refusal would be taken for the second's, which then went twice."""
    one_before(office)
    office.fault("cmgs_silent", "lost", times=1)
    text, other = office.approved(ADA), office.approved(LUIS)
    office.until_state(text, "uncertain")
    office.fault(
        "cmgs_error", {"code": 38, "sent": True}, times=1
    )  # it left, and 38 is what was said of the first
    office.until_state(other, "uncertain", limit_s=20)
    assert "nobody knows whose" in office.reason(other)
    office.run(86_400)
    assert [to for to, _ in office.air()][1:] == [LUIS]


def test_f19_an_acceptance_that_may_be_the_earlier_attempts_is_not_believed_of_the_next(
    office: Office,
) -> None:
    """The first's late answer would be taken for the second's, which never left."""
    one_before(office)
    office.fault("cmgs_stray", 190_000, times=1)
    text, other = office.approved(ADA), office.approved(LUIS)
    office.until_state(text, "uncertain")
    office.fault("cmgs_silent", "lost", times=1)
    office.until_state(other, "uncertain", limit_s=60)
    assert "nobody knows which of the two" in office.reason(other)
    office.run(86_400)
    assert [to for to, _ in office.air()][1:] == [ADA]


def test_f19_a_reference_that_only_the_next_text_can_have_is_its_own(office: Office) -> None:
    one_before(office)
    office.fault("cmgs_silent", "sent", times=1)
    text, other = office.approved(ADA), office.approved(LUIS)
    office.until_state(text, "uncertain")
    office.until_state(other, "sent", limit_s=10)
    assert office.sent_row(other)["mr"] == office.world.network.air[2].mr


@pytest.mark.parametrize(("code", "state"), [(1, "failed"), (38, "uncertain"), (332, "uncertain")])
def test_f19_a_late_refusal_is_believed_only_when_it_is_for_good(
    office: Office, code: int, state: str
) -> None:
    office.until_ready()
    office.fault("cmgs_error", {"code": code, "after_s": 220.0}, times=1)
    text, other = office.approved(ADA), office.approved(LUIS)
    office.until_state(text, "uncertain")
    before = office.reason(text)
    office.until(lambda: office.reason(text) != before, "the late refusal", 60)
    assert office.state(text) == state
    assert "late" in office.reason(text)
    office.until_state(other, "delivered", limit_s=200)
    assert [to for to, _ in office.air()] == [LUIS]


def test_f19_a_late_answer_finds_its_attempt_over_a_port_that_was_opened_anew(office: Office) -> None:
    office.until_ready()
    office.fault("report_never")
    office.fault("cmgs_late", 20_000, times=1)
    office.cut_when = lambda: len(office.air()) == 1 and office.now() - office.world.network.air[0].at_s > 5
    text = office.approved(ADA)
    office.until_state(text, "uncertain")
    office.until_state(text, "sent", limit_s=120)
    assert (office.opened[0], len(office.air())) == (2, 1)
    assert office.sent_row(text)["mr"] == office.world.network.air[0].mr


def test_f20_ok_without_a_reference_is_no_acceptance_and_the_report_settles_it(office: Office) -> None:
    office.fault("ok_without_cmgs", times=1)
    text = office.approved()
    office.until_state(text, "uncertain", limit_s=60)
    office.until_state(text, "delivered", limit_s=60)
    assert len(office.air()) == 1


def test_f20_the_ok_of_another_programs_command_is_no_acceptance_of_a_text_that_was_swallowed(
    office: Office,
) -> None:
    """Seed 2019: the modem swallowed a text in silence, and ModemManager's OK was taken for its answer."""
    office.until_ready()
    office.fault("cmgs_silent", "lost", times=1)
    office.fault("mm_grabs_port", 60.0)
    text = office.approved()
    office.until(lambda: office.submits() == 1, "handed over")
    office.run(400)
    assert (office.state(text), office.air()) == ("uncertain", [])


def test_f20_ok_after_esc_is_no_acceptance(office: Office) -> None:
    office.until_ready()
    office.fault("esc_ok")
    office.fault("prompt_missing", "lost", times=1)  # it waits for the PDU, and answers OK to the ESC
    text = office.approved()
    office.until(lambda: office.reason(text) != "None", "put back")
    assert (office.state(text), office.air()) == ("approved", [])
    office.until_state(text, "delivered", limit_s=120)
    assert len(office.air()) == 1


def test_f21_references_that_wrap_and_repeat_find_the_right_text(office: Office) -> None:
    office.until_ready()
    office.fault("mr_wrap")
    office.fault("report_late", 3 * 3600.0)
    first = [office.approved(ADA, f"number {i}") for i in range(3)]
    office.until(lambda: all(office.state(i) == "sent" for i in first), "sent")
    assert [office.sent_row(i)["mr"] for i in first] == [255, 0, 1]
    office.run(60)
    office.world.modems[0].mr = 254  # 256 texts later
    office.clear("report_late")
    again = office.approved(ADA, "the same reference")
    office.until_state(again, "delivered")
    assert office.sent_row(again)["mr"] == 255
    assert [office.state(i) for i in first] == ["sent"] * 3
    office.until(lambda: all(office.state(i) == "delivered" for i in first), "late reports", 4 * 3600)


def test_f22_the_reference_is_the_modems_and_a_duplicate_refusal_is_never_resent(office: Office) -> None:
    text = office.approved(ADA)
    office.until_state(text, "delivered")
    record = office.world.network.air[0]
    assert office.sent_row(text)["mr"] == record.mr
    assert (
        bytes.fromhex(record.tpdu)[0] & 0x04 == 0
    )  # no TP-RD: the network must not compare references that are not ours
    office.fault("cmgs_error", 197, times=1)
    other = office.approved(LUIS)
    office.until_state(other, "uncertain")
    office.run(3600)
    assert len(office.air()) == 1


@pytest.mark.parametrize("fault", ["reboot_at", "usb_drop_at"])
@pytest.mark.parametrize("state", ["command", "cmgs", "prompt", "pdu", "ctrl_z", "sent"])
@pytest.mark.parametrize("personality", ["generic", "huawei-e3131", "sim800l"])
def test_f23_a_modem_that_goes_away_in_the_middle_sends_nothing_twice(
    tmp_path: Path, personality: str, fault: str, state: str
) -> None:
    office = Office(tmp_path / "textbank.db", personality=personality)
    office.until_ready()
    value = {"state": state, "back_after_s": 5.0} if fault == "usb_drop_at" else state
    text = office.approved(ADA)
    office.fault(fault, value, times=1)
    office.run(5)
    office.world.plug(0, now=office.now())
    office.run(1200)
    left = [to for to, _ in office.air()].count(ADA)
    assert left <= 1
    if state in ("command", "cmgs"):
        assert (office.state(text), left) == ("delivered", 1)  # nothing was handed over, and it went later
    else:
        assert office.state(text) in ("uncertain", "delivered")
        assert office.state(text) == "uncertain" or left == 1
    other = office.approved(LUIS)
    office.until_state(other, "delivered")
    office.close()


def test_f32_a_hold_that_ends_without_a_network_does_not_make_the_station_spin(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the network gone, nobody saw that the hold was over: the station asked for its turn without end."""
    office.until_ready()
    office.fault("cmgs_error", 42, times=1)
    text = office.approved()
    office.until(lambda: office.reason(text) != "None", "held")
    office.run(1)
    office.fault("registered", 0)
    office.ask("query")  # it looks at its network, and finds none while it is held
    turns = 0
    step = Station.step

    def counted(station: Station, now: float) -> float:
        nonlocal turns
        turns += 1
        return step(station, now)

    monkeypatch.setattr(Station, "step", counted)
    office.run(120)
    assert turns < 300
