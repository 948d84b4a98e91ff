"""Faults F24 to F33 and F89 of the catalogue: what the network, the SIM and the modem refuse, and the pace of texts.

Whole stations over virtual modems in simulated time, seen on the air, in the rows and in the sentences.
"""

from pathlib import Path

import pytest

from gateway import sims
from gateway.errors import Refused
from gateway.station import refused
from hardware.modem import Modem
from tests.scenarios.office import EVE, NUMBERS, Office
from tests.simulated import ADA, LUIS


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
    office.until_ready()
    office.fault("cmgs_error", 332, times=2)
    texts = [office.approved(number) for number in NUMBERS[:3]]
    office.until(lambda: office.said()[0] == "paused", "paused")
    office.run(300)
    assert [office.state(text) for text in texts] == ["uncertain", "uncertain", "approved"]
    refused.shown_well(office.stations[0]._desk)
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


@pytest.mark.parametrize("code", [28, 30])
def test_f28_no_text_fails_for_a_text_centre_that_is_gone(
    office: Office, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    office.until_ready()

    def gone(modem: Modem) -> str:
        modem.smsc = ""
        return ""

    monkeypatch.setattr(Modem, "read_service_centre", gone)
    office.fault("cmgs_error", code, times=1)
    text = office.approved(ADA)
    office.until(lambda: office.said()[0] == "paused", "paused")
    assert office.state(text) == "approved"
    assert "does not know where to hand its texts" in office.said()[1]
    monkeypatch.undo()
    office.until_state(text, "delivered", limit_s=180)
