"""Texts and reports that a modem hands over and does not store (1.4, F52, F61, F92 of the catalogue): committed first, then
acknowledged, and armed again when the acknowledgement came too late.
"""

import dataclasses
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.submit import Prompt
from hardware.virtual.personality import GENERIC, Personality
from tests.scenarios.office import EVE, Office
from tests.scenarios.receiving import Make
from tests.scenarios.test_cut_iccid import cut_the_iccid
from tests.simulated import ADA, LUIS, House


def direct_only() -> Personality:
    """A modem that stores nothing: CSMS=1, mt=2, ds=1, or no word at all."""
    return dataclasses.replace(
        GENERIC,
        cnmi_told="(0-2),(0,2),(0),(0,1),(0,1)",
        cnmi_taken=((1, 2), (2,), (0,), (0, 1), (0, 1)),
        csms=(0, 1),
    )


@pytest.fixture
def direct(make: Make) -> House:
    house = make(personality=direct_only())
    house.until_ready()
    assert house.world.modems[0].settings.csms == 1
    assert house.world.modems[0].settings.cnmi[1:4] == (2, 0, 1)
    return house


def test_what_comes_directly_is_committed_and_then_acknowledged(direct: House) -> None:
    house = direct
    for number in range(3):
        house.arrive(f"Text {number}")
    house.until(lambda: len(house.shown()) == 3, "all: the network brings those that had to wait", 7200)
    house.until(lambda: house.world.modems[0].unacknowledged is None, "acknowledged", 1)
    assert house.written[0].count("AT+CNMA") == 3
    message_id = house.approved(LUIS)
    house.until(lambda: house.state(message_id) == "delivered", "the report too", 60)
    house.until(lambda: house.written[0].count("AT+CNMA") == 4, "acknowledged", 1)


def test_a_modem_that_indicates_in_mode_3_alone_and_keeps_no_buffer_is_heard(make: Make) -> None:
    """nRF91: AT+CNMI takes (3),(2),(0),(0,1),(0) and nothing else. It had neither texts nor reports."""
    taken = ((3,), (2,), (0,), (0, 1), (0,))
    house = make(personality=dataclasses.replace(direct_only(), cnmi_taken=taken))
    house.until_ready()
    house.arrive("Hello")
    house.until(lambda: house.shown() == ["Hello"], "shown", 5)
    message_id = house.approved(LUIS)
    house.until(lambda: house.state(message_id) == "delivered", "the report too", 60)


def test_what_cannot_be_committed_is_not_acknowledged_and_the_network_brings_it_again(direct: House) -> None:
    house = direct
    other = sqlite3.connect(house.path, isolation_level=None)
    house.stations[0]._desk.db.execute("PRAGMA busy_timeout=20")
    other.execute("BEGIN IMMEDIATE")
    house.arrive("Hello")
    house.run(14)
    assert "AT+CNMA" not in house.written[0]
    house.run(4)  # the modem has given up: it hands over nothing more until it is told to
    assert house.world.modems[0].settings.cnmi[1] == 0
    other.execute("ROLLBACK")
    house.until(lambda: house.shown() == ["Hello"], "kept", 60)
    house.until(lambda: house.world.modems[0].settings.cnmi[1:4] == (2, 0, 1), "armed again", 130)
    house.arrive("Another")
    house.until(lambda: house.shown() == ["Hello", "Another"], "both, once", 7200)
    assert house.page()[0].folded == 0
    other.close()


def test_an_acknowledgement_that_nobody_expects_is_harmless(direct: House) -> None:
    house = direct
    house.world.modems[0].urc(
        "+CMT: ,23", "07913366003051F5040B913366304381F900005180719120348004D4F29C0E", now=house.now()
    )
    house.until(lambda: "Test" in house.texts(), "kept")
    house.run(60)
    assert house.opened[0] == 1
    assert house.said()[0] == "ready"


def test_a_modem_that_is_switched_to_handing_over_works(make: Make) -> None:
    house = make()
    house.fault("cnma_required")
    house.until_ready()
    house.arrive("Hello")
    house.until(lambda: house.shown() == ["Hello"], "shown", 5)
    house.run(60)
    assert house.world.modems[0].unacknowledged is None


def test_f92_reports_come_directly_where_their_storage_is_not_supported(make: Make) -> None:
    row = dataclasses.replace(GENERIC, manufacturer="Gosuncn", model="ME3630", storages={"SM": 40, "ME": 100})
    house = make(personality=row)
    house.until_ready()
    assert house.world.modems[0].settings.cnmi[3] == 1
    message_id = house.approved(LUIS)
    house.until(lambda: house.state(message_id) == "delivered", "delivered", 60)


def test_f61_a_report_that_comes_before_its_answer_is_kept_and_matched(make: Make) -> None:
    house = make()
    house.until_ready()
    house.fault("report_before_cmgs")
    message_id = house.approved(LUIS)
    house.until(lambda: house.state(message_id) == "delivered", "delivered", 60)


def test_a_modem_that_hangs_after_a_direct_report_never_gets_one(make: Make) -> None:
    house = make(personality="novatel")
    house.until_ready()
    assert house.world.modems[0].settings.cnmi[3] != 1
    message_id = house.approved(LUIS)
    house.until(lambda: house.state(message_id) == "delivered", "delivered", 120)
    house.run(120)
    house.arrive("Hello")
    house.until(lambda: house.shown() == ["Hello"], "it still listens", 90)


# Ada's text is handed over right behind the answer to one to Luis. The station looks at it after its send, if it comes to that.


@pytest.fixture
def forgetful(tmp_path: Path) -> Iterator[Office]:
    """A modem that stores nothing and wants no acknowledgement: what it has said it has forgotten."""
    row = dataclasses.replace(direct_only(), csms=(0,), urc_while_sending=True)
    office = Office(tmp_path / "textbank.db", personality=row, reopen_hours=1)
    office.until_ready()
    assert office.world.modems[0].settings.cnmi[1] == 2
    yield office
    office.close()


def hear_while_one_leaves(office: Office, text: str, *, answer_after_s: float = 3.0) -> None:
    send = Prompt.send

    def hear(prompt: Prompt, tpdu: bytes, timeout_s: float) -> int | None:
        mr = send(prompt, tpdu, timeout_s)
        office.arrive(text, ADA)
        return mr

    office.fault("cmgs_late", int(answer_after_s * 1000), 1)
    message_id = office.approved(LUIS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Prompt, "send", hear)
        office.until(lambda: office.state(message_id) != "approved", "it leaves", answer_after_s + 60)
    assert office.texts() == []  # nobody has looked at it yet


def test_a_stop_that_was_handed_over_during_a_send_is_kept_when_the_gateway_ends(forgetful: Office) -> None:
    """It lay among what the modem had said, and went with it: her next text left."""
    hear_while_one_leaves(forgetful, "STOP")
    text = forgetful.approved(ADA)
    forgetful.end()
    forgetful.run(60)
    assert forgetful.texts() == ["STOP"]
    assert (forgetful.state(text), [to for to, _ in forgetful.air()]) == ("withdrawn", [LUIS])


def test_a_stop_that_is_handed_over_while_an_answer_is_awaited_is_kept_at_once(forgetful: Office) -> None:
    """It was held in memory for as long as the answer took, up to three minutes: a power cut took it, and other SIMs texted her meanwhile."""
    office = forgetful
    text = office.approved(LUIS)
    office.fault("cmgs_late", 120_000, 1)
    waiting: list[list[str]] = []  # what is kept at each second of the wait

    def look() -> bool:
        if office.state(text) == "submitted":
            if len(waiting) == 5:
                office.arrive("STOP", ADA)
            waiting.append(office.texts())
        return False

    office.cut_when = look
    office.until_state(text, "sent", "delivered")
    assert waiting[10] == ["STOP"]
    assert office.texts() == ["STOP"]


def test_a_report_that_is_handed_over_in_place_of_an_answer_settles_its_text(forgetful: Office) -> None:
    """Kept before the text was uncertain, it would be matched to none."""
    office = forgetful
    office.fault("cmgs_silent", times=1)
    text = office.approved(LUIS)
    office.until_state(text, "delivered", limit_s=900)


def test_a_text_that_was_handed_over_during_a_send_is_kept_when_the_modem_is_opened_anew_by_schedule(
    forgetful: Office,
) -> None:
    forgetful.run(3500)
    hear_while_one_leaves(forgetful, "Hello", answer_after_s=120)
    forgetful.run(30)
    assert (forgetful.texts(), forgetful.opened) == (["Hello"], [2])


def test_a_text_that_was_handed_over_during_a_send_is_kept_when_a_technician_has_the_modem_restarted(
    forgetful: Office,
) -> None:
    hear_while_one_leaves(forgetful, "Hello")
    forgetful.ask("restart")
    forgetful.until(lambda: forgetful.opened[0] >= 2 and forgetful.said()[0] == "ready", "begun anew", 120)
    assert forgetful.texts() == ["Hello"]


def test_a_text_that_is_handed_over_while_a_technician_resets_the_modem_is_kept(forgetful: Office) -> None:
    """What came between the button and the modem's restart was read by nobody."""

    def strike() -> bool:
        if forgetful.written[0][-1] != "\x1b999":
            return False
        forgetful.cut_when = None
        forgetful.arrive("STOP", ADA)
        return False

    forgetful.run(120)
    forgetful.ask("reset")
    forgetful.cut_when = strike
    forgetful.until(lambda: forgetful.opened[0] >= 2 and forgetful.said()[0] == "ready", "begun anew", 120)
    assert forgetful.texts() == ["STOP"]


@pytest.mark.parametrize(
    "known", [True, False], ids=["a SIM that was here before", "a SIM that was never read"]
)
def test_whoever_writes_in_the_first_moment_of_a_start_that_fails_can_be_answered(
    forgetful: Office, known: bool
) -> None:
    """The modem had not told its SIM when its cable was cut: the conversation was no SIM's, and no answer to her ever left."""
    forgetful.restart()
    if not known:
        forgetful.db.execute("UPDATE station SET iccid=''")

    def strike() -> bool:
        if forgetful.written[0][-1] != "AT":
            return False
        forgetful.cut_when = None
        forgetful.arrive("Hello, who is this?", EVE)
        return True

    forgetful.cut_when = strike
    forgetful.until(lambda: forgetful.opened[0] == 3 and forgetful.said()[0] == "ready", "begun anew", 120)
    assert forgetful.texts() == ["Hello, who is this?"]
    answer = forgetful.approved(EVE, "Elm Street Tenants, about the meeting.")
    forgetful.until(lambda: forgetful.state(answer) in ("sent", "delivered"), "she is answered", 120)


@pytest.mark.parametrize("known_by", ["its whole ICCID", "its IMSI"])
def test_whoever_writes_during_a_start_that_fails_is_not_filed_under_a_part_of_an_iccid(
    forgetful: Office, known_by: str
) -> None:
    """Her conversation belonged to a SIM that is none: no answer to her ever left."""
    office = forgetful
    office.until_ready()
    if known_by == "its IMSI":
        office.db.execute("UPDATE station SET iccid=imsi")
        office.db.execute("UPDATE sim SET iccid=imsi")
    else:
        cut_the_iccid(office)

    def strike() -> bool:
        if office.written[0][-1] != "AT+CSCA?":
            return False
        office.cut_when = None
        office.arrive("Hello, who is this?", EVE)
        return True

    office.restart()
    office.cut_when = strike
    office.until(lambda: office.opened[0] == 3 and office.said()[0] == "ready", "begun anew", 120)
    assert office.texts() == ["Hello, who is this?"]
    answer = office.approved(EVE, "Elm Street Tenants, about the meeting.")
    office.until(lambda: office.state(answer) in ("sent", "delivered"), "she is answered", 120)


def test_a_modem_whose_texts_cannot_be_read_sends_nothing_for_nobody_would_hear_a_stop(make: Make) -> None:
    """A telephone that is plugged in to charge: it takes commands and sends, and shows a computer nothing of what comes."""
    house = make()
    for fault in ("no_cmgl", "no_cmgr", "no_cnmi"):
        house.fault(fault)
    message_id = house.approved(LUIS)
    house.until(lambda: house.said()[0] == "failed", "said", 60)
    assert "does not let us read the texts" in house.said()[1]
    house.run(600)
    assert house.state(message_id) == "approved"
    assert not house.world.network.air
    house.clear("no_cmgr")
    house.until(lambda: house.state(message_id) in ("sent", "delivered"), "it may be read after all", 60)


def test_a_modem_that_lets_no_stored_text_be_read_is_told_to_hand_them_over(make: Make) -> None:
    house = make()
    house.fault("no_cmgl")
    house.fault("no_cmgr")
    house.until_ready()
    assert house.world.modems[0].settings.cnmi[1] == 2
    house.arrive("STOP", sender=LUIS)
    message_id = house.approved(LUIS)
    house.until(lambda: house.state(message_id) == "withdrawn", "obeyed", 30)
