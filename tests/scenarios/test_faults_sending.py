"""Faults F11 to F33 of the catalogue and F89: what goes wrong while a text leaves, seen on the air, in the rows and in the sentences.

Whole stations over virtual modems in simulated time. Those about reports (F61 to F66) are in test_faults_reports.py.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway import people, sims, stations
from gateway.errors import Refused
from hardware.errors import PortMissing
from hardware.link import Link
from tests.simulated import ADA, LUIS, House
from tests.virtual_link import VirtualLink

EVE = "+12025550161"
NUMBERS = [f"+1202555{number}" for number in range(1000, 1300)]


class Cable(VirtualLink):
    """A link that is cut, once, when the office says so; the modem at its other end goes on."""

    office: "Office"

    def read(self, deadline: float) -> bytes:
        if self.office.cut_when is not None and self.office.cut_when():
            self.office.cut_when = None
            self.close()
        return super().read(
            min(deadline, self.office.clock.monotonic() + 1.0) if self.office.cut_when else deadline
        )


class Office(House):
    """A house that sends."""

    cut_when: Callable[[], bool] | None = None
    _tess: people.User | None = None

    def _virtual(self, number: int) -> Link:
        self.world.tick(self.now())
        if not self.world.modems[number].plugged:
            raise PortMissing(f"/virtual/{number}")
        cable = Cable(self.world, number, self.clock, began=self.began)
        cable.office = self
        return cable

    def air(self, modem: int = 0) -> list[tuple[str, str | None]]:
        """What left a modem: to whom, and the words."""
        return [(record.to, record.text) for record in self.world.network.air if record.modem == modem]

    def reason(self, message_id: int) -> str:
        row = self.db.execute("SELECT reason FROM message WHERE id=?", [message_id]).fetchone()
        return str(row["reason"])

    def until_state(self, message_id: int, *states: str, limit_s: float = 600.0) -> float:
        return self.until(
            lambda: self.state(message_id) in states, f"{states}: {self.reason(message_id)}", limit_s
        )

    def submits(self, number: int = 0) -> int:
        """How many AT+CMGS were written."""
        return sum(line.startswith("AT+CMGS=") for line in self.written[number])

    def ask(self, what: str, station: str = "s0") -> None:
        """A technician presses a button at the modem's page."""
        if self._tess is None:
            self._tess = people.create(self.db, "Tess", "technician", now=self.wall())
        stations.request(self.db, station, what, by=self._tess, now=self.wall())

    def sent_row(self, message_id: int) -> Any:
        return self.db.execute("SELECT * FROM message WHERE id=?", [message_id]).fetchone()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path / "textbank.db")
    yield office
    office.close()


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
    office.fault("cmgs_error", 304, times=1)
    first, second = office.approved(ADA), office.approved(LUIS)
    office.until_state(second, "delivered", limit_s=30)
    assert office.state(first) == "failed"
    assert "could not read the text as we packed it" in office.reason(first)


def test_f17_not_allowed_just_now_is_tried_again(office: Office) -> None:
    office.fault("cmgs_error", 302, times=1)
    text = office.approved()
    office.until(lambda: office.reason(text) != "None", "put back")
    assert office.state(text) == "approved"
    office.until_state(text, "delivered", limit_s=60)
    assert len(office.air()) == 1


@pytest.mark.parametrize(("fate", "left"), [("sent", 1), ("lost", 0)])
def test_f18_silence_is_waited_for_180_s_then_only_listened_to_until_300_s(
    office: Office, fate: str, left: int
) -> None:
    office.until_ready()
    office.fault("cmgs_silent", fate, times=1)
    office.fault("report_never")
    text, other = office.approved(ADA), office.approved(LUIS)
    began = office.now()
    office.until_state(text, "uncertain")
    assert office.now() - began == pytest.approx(180, abs=2)
    written = len(office.written[0])
    office.run(115)
    assert len(office.written[0]) == written  # no ESC, no AT, no other text
    office.until_state(other, "sent", limit_s=30)
    assert "\x1b" not in "".join(office.written[0][written : written + 3])
    assert (office.state(text), [to for to, _ in office.air()]) == ("uncertain", [ADA] * left + [LUIS])
    office.run(86_400)
    assert [to for to, _ in office.air()].count(ADA) == left


@pytest.mark.parametrize("fault", ["cmgs_late", "cmgs_stray"])
@pytest.mark.parametrize("late_s", [185, 240, 299])
def test_f19_a_late_answer_settles_its_own_attempt(office: Office, fault: str, late_s: int) -> None:
    office.until_ready()
    office.fault("report_never")
    office.fault(fault, late_s * 1000, times=1)
    text, other = office.approved(ADA), office.approved(LUIS)
    office.until_state(text, "uncertain")
    assert office.until_state(text, "sent") < 125
    office.until_state(other, "sent")
    air = office.world.network.air
    assert [office.sent_row(i)["mr"] for i in (text, other)] == [record.mr for record in air]
    assert [record.to for record in air] == [ADA, LUIS]
    assert "came late" in office.reason(text)


def test_f19_a_late_answer_when_the_next_prompt_is_already_there_is_the_earlier_attempts(
    office: Office,
) -> None:
    office.until_ready()
    office.fault("report_never")
    office.fault("cmgs_stray", 300_000 + 100, times=1)
    text, other = office.approved(ADA), office.approved(LUIS)
    office.until_state(text, "uncertain")
    office.until_state(other, "sent")
    office.run(5)
    air = office.world.network.air
    assert office.state(text) in ("sent", "uncertain")
    assert office.sent_row(other)["mr"] == air[1].mr
    assert office.sent_row(text)["mr"] in (None, air[0].mr)


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


def test_f20_ok_without_a_reference_is_accepted_and_its_report_is_found_all_the_same(office: Office) -> None:
    office.fault("ok_without_cmgs", times=1)
    text = office.approved()
    office.until_state(text, "delivered", limit_s=60)
    assert len(office.air()) == 1


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


def test_f24_texts_that_are_taken_and_no_longer_reported_are_said_in_words(office: Office) -> None:
    for number in NUMBERS[:45]:
        office.until_state(office.approved(number), "delivered")
    office.run(3600)
    assert office.said() == ("ready", "")
    office.fault("swallowed")
    for number in NUMBERS[50:72]:
        office.until_state(office.approved(number), "sent")
    office.run(1500)
    assert office.said() == ("ready", "")  # phones may be off
    office.run(1800)
    assert office.said()[0] == "ready"
    assert "hardly any is reported delivered" in office.said()[1]
    assert {office.state(i) for i in range(46, 68)} == {"sent"}  # accepted is not delivered
    office.clear("swallowed")
    for number in NUMBERS[80:100]:
        office.until_state(office.approved(number), "delivered")
    office.run(3600)
    assert office.said() == ("ready", "")


@pytest.mark.parametrize(("code", "most"), [(38, 3), (50, 1), (21, 2), (10, 2), (8, 2), (41, 6)])
def test_f25_a_sim_without_credit_is_paused_with_what_to_do_and_stays_so(
    office: Office, code: int, most: int
) -> None:
    office.until_ready()
    office.fault("no_credit", {"after": 1, "code": code})
    texts = [office.approved(number) for number in NUMBERS[:10]]
    office.until(lambda: office.said()[0] == "paused", "paused", 4 * 3600)
    assert "credit and plan" in office.said()[1]
    assert office.submits() == 1 + most
    assert len(office.air()) == 1
    iccid = office.sent_row(texts[0])["iccid"]
    assert sims.paused(office.db, iccid)
    office.restart()
    office.run(3600)
    assert (office.said()[0], office.submits()) == ("paused", 1 + most)
    office.arrive("Hello")
    office.until(lambda: office.texts() == ["Hello"], "it still receives")
    office.clear("no_credit")
    office.ask("resume")
    waiting = [text for text in texts if office.state(text) == "approved"]
    office.until(lambda: all(office.state(text) == "delivered" for text in waiting), "the queue", 1200)
    assert sims.paused(office.db, iccid) == ""
    assert len({to for to, _ in office.air()}) == len(office.air())


def test_f25_the_pause_follows_the_sim_into_another_modem(tmp_path: Path) -> None:
    office = Office(tmp_path / "textbank.db", count=2)
    office.until_ready()
    first, second = office.world.modems
    office.fault("cmgs_error", 50)
    office.approved(ADA)
    office.until(lambda: office.said("s0")[0] == "paused" or office.said("s1")[0] == "paused", "paused")
    if office.said("s1")[0] == "paused":
        first, second = second, first
    first.drawer.inserted, second.drawer.inserted = second.drawer.inserted, first.drawer.inserted
    office.clear("cmgs_error")
    for name in ("s0", "s1"):
        office.ask("restart", name)
    office.run(30)
    paused = [name for name in ("s0", "s1") if office.said(name)[0] == "paused"]
    assert paused == ["s0" if second is office.world.modems[0] else "s1"]
    office.close()


def test_f26_a_temporary_failure_that_stays_is_given_time_then_a_restart_then_a_person(
    office: Office,
) -> None:
    office.until_ready()
    office.fault("cmgs_error", 41)
    texts = [office.approved(number) for number in NUMBERS[:8]]
    desk = office.stations[0]._desk
    office.until(lambda: office.submits() == 5, "five refusals", 3600)
    assert office.now() > 15 + 30 + 60  # not five at once
    office.until(lambda: desk.wants_reset != "" or office.submits() > 5, "the wish for a restart", 60)
    office.until(lambda: office.said()[0] == "paused", "paused", 3600)
    assert "6 times in a row" in office.said()[1]
    assert {office.state(text) for text in texts} == {"approved"}
    assert office.air() == []


@pytest.mark.parametrize(
    ("code", "state"), [(1, "failed"), (195, "failed"), (196, "failed"), (27, "approved"), (22, "approved")]
)
def test_f27_a_refused_number_never_holds_up_the_next(office: Office, code: int, state: str) -> None:
    office.until_ready()
    office.fault("cmgs_error", code, times=1)
    first, others = office.approved(ADA), [office.approved(number) for number in NUMBERS[:5]]
    began = office.now()
    office.until(lambda: all(office.state(other) == "delivered" for other in others), "the others", 120)
    assert [record.at_s - began < 10 for record in office.world.network.air] == [True] * 5
    assert office.state(first) == state
    assert office.said()[0] == "ready"


def test_f27_siemens_means_a_bad_number_by_what_others_call_busy(tmp_path: Path) -> None:
    for personality, state in (("cinterion", "failed"), ("wavecom", "approved"), ("sim800l", "approved")):
        office = Office(tmp_path / f"{personality}.db", personality=personality)
        office.until_ready()
        office.fault("cmgs_error", 515, times=1)
        text = office.approved(ADA)
        office.until(lambda: office.reason(text) != "None", "an answer")  # noqa: B023
        assert office.state(text) == state, personality
        office.close()


@pytest.mark.parametrize(
    ("personality", "state"), [("cinterion", "approved"), ("wavecom", "uncertain"), ("sim800l", "uncertain")]
)
@pytest.mark.parametrize("code", [512, 513])
def test_f32_what_may_have_left_on_wavecom_is_not_sent_again(
    tmp_path: Path, personality: str, state: str, code: int
) -> None:
    office = Office(tmp_path / "textbank.db", personality=personality)
    office.until_ready()
    office.fault("cmgs_error", code, times=1)
    text = office.approved(ADA)
    office.until(lambda: office.reason(text) != "None", "an answer")
    assert office.state(text) == state
    office.run(3600)
    assert len(office.air()) == (1 if state == "approved" else 0)
    office.close()


def test_f28_a_sim_without_a_text_centre_sends_nothing_until_it_has_one(office: Office) -> None:
    office.fault("no_smsc")
    text = office.approved()
    office.until(lambda: office.said()[0] == "paused", "paused")
    assert "does not know where to hand its texts" in office.said()[1]
    office.run(600)
    assert (office.submits(), office.state(text)) == (0, "approved")
    assert not any(line.startswith("AT+CSCA=") for line in office.written[0])
    office.clear("no_smsc")
    office.until_state(text, "delivered", limit_s=180)


@pytest.mark.parametrize("code", [28, 30, 38])
def test_f28_a_wrong_text_centre_pauses_the_sim_and_is_named(office: Office, code: int) -> None:
    office.until_ready()
    office.fault("wrong_smsc", code)
    office.ask("restart")
    office.run(10)
    texts = [office.approved(number) for number in NUMBERS[:5]]
    office.until(lambda: office.said()[0] == "paused", "paused", 3 * 3600)
    assert "Its text centre is +12025550198" in office.said()[1]
    assert (
        sum(line == "AT+CSCA?" for line in office.written[0]) <= 3
    )  # twice at a start, once for the refusals
    assert not any(line.startswith("AT+CSCA=") for line in office.written[0])
    assert office.air() == []
    assert sum(office.state(text) == "failed" for text in texts) <= 1


def test_f28_a_text_centre_that_went_missing_fails_no_text(office: Office) -> None:
    office.until_ready()
    office.fault("no_smsc")  # unseen: it was there at the start
    text = office.approved()
    office.until(lambda: office.said()[0] == "paused", "paused")
    assert "does not know where to hand its texts" in office.said()[1]
    assert office.state(text) == "approved"
    office.clear("no_smsc")
    office.until_state(text, "delivered", limit_s=180)


@pytest.mark.parametrize("personality", ["wavecom", "cinterion"])
def test_f29_a_number_that_the_sim_may_not_text_fails_in_clear_words(
    tmp_path: Path, personality: str
) -> None:
    office = Office(tmp_path / "textbank.db", personality=personality)
    office.until_ready()
    office.fault("cmgs_error", 531, times=1)
    text, other = office.approved(ADA), office.approved(LUIS)
    office.until_state(other, "delivered")
    assert office.state(text) == "failed"
    assert "only the numbers on its own list" in office.reason(text)
    office.close()


def test_f30_a_full_storage_that_blocks_sending_is_emptied_and_the_text_goes(office: Office) -> None:
    office.until_ready()
    office.fault("full_blocks_sending", 322)
    office.fault("drop_cmti")
    modem = office.world.modems[0]
    name = modem.settings.memory[2]
    office.fault("cmgs_error", 322, times=1)
    for number in range(modem.storages[name].size):
        office.arrive(f"text {number}", sender=NUMBERS[number])
    text = office.approved(EVE)
    office.until_state(text, "delivered", limit_s=120)
    assert office.stored() == []
    assert len(office.texts()) == modem.storages[name].size
    assert [to for to, _ in office.air()] == [EVE]


def test_f31_a_call_is_hung_up_and_the_text_goes(office: Office) -> None:
    office.until_ready()
    office.fault("ringing")
    text = office.approved()
    office.until_state(text, "delivered", limit_s=120)
    assert any(line in ("AT+CHUP", "ATH") for line in office.written[0])
    assert len(office.air()) == 1


@pytest.mark.parametrize("said", ["NO CARRIER", "BUSY"])
def test_f31_the_end_of_a_call_is_not_the_end_of_a_text(office: Office, said: str) -> None:
    office.until_ready()
    office.fault("cmgs_late", 3000, times=1)
    text = office.approved()
    office.world.network.later(
        office.now() + 1, lambda due: office.world.modems[0].urc(said, now=due, urgent=True)
    )
    office.until_state(text, "delivered", limit_s=60)
    assert len(office.air()) == 1


def test_f32_a_busy_modem_is_tried_again_soon_and_nothing_is_lost(office: Office) -> None:
    office.until_ready()
    office.fault("busy", 3)
    texts = [office.approved(number) for number in NUMBERS[:3]]
    office.until(lambda: all(office.state(text) == "delivered" for text in texts), "the texts", 120)
    assert len(office.air()) == 3


@pytest.mark.parametrize("after_s", [0.2, 4.0])
def test_f33_a_bare_error_after_the_pdu_is_never_resent(office: Office, after_s: float) -> None:
    office.until_ready()
    office.fault("cmgs_error", {"code": "ERROR", "after_s": after_s}, times=1)
    text, other = office.approved(ADA), office.approved(LUIS)
    office.until_state(other, "delivered", limit_s=60)
    office.run(3600)
    assert office.state(text) == "uncertain"
    assert [to for to, _ in office.air()] == [LUIS]


def test_f89_a_pdu_is_as_long_as_it_was_announced_and_never_longer_than_a_modem_survives(
    office: Office,
) -> None:
    office.fault("long_pdu_hangs")
    texts = [
        office.approved(ADA, "é" * 160),
        office.approved(LUIS, "ж" * 71),
        office.approved(EVE, "x" * 1000),
    ]
    office.until(lambda: all(office.state(text) == "delivered" for text in texts), "the texts", 60)
    assert office.opened[0] == 1
    for record in office.world.network.air:
        assert len(record.tpdu) // 2 <= 164
    lengths = [int(line[8:]) for line in office.written[0] if line.startswith("AT+CMGS=")]
    assert lengths == [len(record.tpdu) // 2 for record in office.world.network.air]


# Section 5: pace, and what follows at once.


def test_the_segments_of_a_text_follow_at_once_on_one_sim_and_the_minute_holds_between_texts(
    tmp_path: Path,
) -> None:
    office = Office(tmp_path / "textbank.db", count=2, per_minute=3)
    office.until_ready()
    long, short = office.approved(ADA, "a longer text " * 50), office.approved(ADA, "short")
    office.until_state(short, "delivered", limit_s=200)
    air = [record for record in office.world.network.air if record.to == ADA]
    assert office.sent_row(long)["total"] == 5
    assert len({record.iccid for record in air}) == 1
    assert air[4].at_s - air[0].at_s < 1
    assert air[5].at_s - air[4].at_s >= 59
    station = air[0].modem
    assert office.written[station].count("AT+CMMS=1") == 1
    office.close()


def test_a_modem_that_does_not_keep_the_link_is_asked_once_and_sends_all_the_same(tmp_path: Path) -> None:
    office = Office(tmp_path / "textbank.db")
    office.until_ready()
    modem = office.world.modems[0]
    modem.faults.throw("no_csms")
    for number in NUMBERS[:3]:
        office.until_state(office.approved(number, "a longer text " * 20), "delivered")
        office.run(30)
    assert len(office.air()) == 6
    office.close()


def test_two_uncertain_pause_until_a_self_test_passes(office: Office) -> None:
    from gateway.station import refused

    office.until_ready()
    office.fault("cmgs_error", 332, times=2)
    texts = [office.approved(number) for number in NUMBERS[:3]]
    office.until(lambda: office.said()[0] == "paused", "paused")
    office.run(300)
    assert [office.state(text) for text in texts] == ["uncertain", "uncertain", "approved"]
    refused.passed_self_test(office.stations[0]._desk)
    office.until_state(texts[2], "delivered", limit_s=120)
    assert len(office.air()) == 1


# Bad input


def test_a_text_of_many_segments_goes_whole_or_is_refused_in_words(office: Office) -> None:
    office.until_ready()
    with pytest.raises(Refused, match="more than 10 segments"):
        office.approved(ADA, "word " * 1200)
    words = ("word " * 300).strip()
    text = office.approved(ADA, words)
    office.until_state(text, "delivered", limit_s=60)
    air = office.world.network.air
    assert len(air) == office.sent_row(text)["total"] == 10
    assert "".join(record.text or "" for record in air) == words
