"""Faults F61 to F66 of the catalogue: status reports that come early, late, never, elsewhere, in another form, for the wrong segment."""

from pathlib import Path

import pytest

from gateway import inbox
from gateway.reports import OVERDUE, TRYING
from tests.scenarios.office import Office
from tests.simulated import ADA, LUIS

HOUR_S = 3600


def label(office: Office, number: str = ADA) -> str:
    """What the conversation's page says under the last text out."""
    row = office.db.execute("SELECT id FROM conversation WHERE number=?", [number]).fetchone()
    entries = inbox.thread(office.db, row["id"], office.user, now=office.wall()).entries
    return next(entry.reason for entry in reversed(entries) if entry.direction == "out")


def reports(office: Office) -> list[tuple[str, int]]:
    """Every report kept, with the text that it was matched to."""
    return [
        (row["number"], row["message_id"] or 0)
        for row in office.db.execute("SELECT * FROM report ORDER BY id")
    ]


@pytest.mark.parametrize("personality", ["generic", "huawei-e3131", "quectel-ec25"])
def test_f61_a_report_before_its_result_is_kept_and_matched(tmp_path: Path, personality: str) -> None:
    office = Office(tmp_path / "textbank.db", personality=personality)
    office.until_ready()
    office.fault("report_before_cmgs")
    office.fault("cmgs_late", 20_000, times=1)
    text = office.approved(ADA)
    office.until_state(text, "delivered", limit_s=90)
    assert reports(office) == [(reports(office)[0][0], text)]
    office.close()


def test_f61_a_report_settles_a_text_whose_result_never_came(office: Office) -> None:
    office.until_ready()
    office.fault("cmgs_silent", "sent", times=1)
    office.fault("report_late", 400.0)
    text = office.approved(ADA)
    office.until_state(text, "uncertain")
    office.until_state(text, "delivered", limit_s=400)
    assert len(office.air()) == 1


def test_f62_a_report_that_comes_hours_later_is_the_right_texts(office: Office) -> None:
    office.until_ready()
    office.fault("report_late", 10.0 * HOUR_S, times=1)
    first, second = office.approved(ADA, "first"), office.approved(ADA, "second")
    office.until_state(second, "delivered")
    assert office.state(first) == "sent"
    office.until_state(first, "delivered", limit_s=11 * HOUR_S)


def test_f62_a_report_that_never_comes_leaves_sent_with_a_label_once_its_time_is_over(office: Office) -> None:
    office.until_ready()
    office.until_state(office.approved(LUIS), "delivered")
    office.fault("report_never")
    text = office.approved(ADA)
    office.until_state(text, "sent")
    assert label(office) == ""
    office.run(26 * HOUR_S)
    assert (office.state(text), label(office)) == ("sent", OVERDUE)


def test_f62_an_operator_that_gives_no_reports_gets_no_labels(office: Office) -> None:
    office.fault("report_never")
    text = office.approved(ADA)
    office.until_state(text, "sent")
    office.run(26 * HOUR_S)
    assert (office.state(text), label(office)) == ("sent", "")


@pytest.mark.parametrize("form", ["international", "national", "bare", "short"])
def test_f62_another_form_of_the_recipient_is_the_same_recipient(office: Office, form: str) -> None:
    office.until_ready()
    office.fault("report_ra", form)
    text, other = office.approved(ADA), office.approved(LUIS)
    matched = form != "short"  # too few digits left to be sure whose it is
    if matched:
        office.until(lambda: {office.state(text), office.state(other)} == {"delivered"}, "reported", 60)
    else:
        office.run(60)
        assert {office.state(text), office.state(other)} == {"sent"}
        assert [message for _, message in reports(office)] == [0, 0]


@pytest.mark.parametrize("storage", ["SR", "SM", "ME"])
def test_f63_a_report_is_found_in_whatever_storage_it_lies(office: Office, storage: str) -> None:
    office.fault("report_in", storage)
    text = office.approved(ADA)
    office.until_state(text, "delivered", limit_s=130)
    office.run(70)
    assert office.stored() == []


def test_f63_reports_that_ring_and_lie_nowhere_are_asked_to_come_directly(office: Office) -> None:
    """SIM7600 and MU509 take AT+CNMI=2,1,0,2,0 and ring for a storage that they have not: no text was ever delivered."""
    office.until_ready()
    office.fault("report_in", "nowhere")
    lost = [office.approved(ADA, "first"), office.approved(LUIS, "second")]
    office.run(240)
    assert [office.state(text) for text in lost] == ["sent", "sent"]
    office.until_state(office.approved(ADA, "third"), "delivered", limit_s=60)


def test_f64_every_segment_asks_for_its_report(office: Office) -> None:
    text = office.approved(ADA, "a longer text " * 40)
    office.until_state(text, "delivered", limit_s=60)
    assert [bool(bytes.fromhex(record.tpdu)[0] & 0x20) for record in office.world.network.air] == [True] * 4


def test_f65_a_long_text_is_delivered_when_every_segment_is(office: Office) -> None:
    office.until_ready()
    office.fault("report_shuffled", 300.0)
    office.fault("report_never", times=1)
    text = office.approved(ADA, "a longer text " * 40)
    office.until_state(text, "sent")
    office.run(2 * HOUR_S)
    states = [
        row["state"] for row in office.db.execute("SELECT state FROM segment WHERE message_id=?", [text])
    ]
    assert sorted(states) == ["accepted", "delivered", "delivered", "delivered"]
    assert office.state(text) == "sent"
    office.clear("report_never")
    other = office.approved(LUIS, "a longer text " * 40)
    office.until_state(other, "delivered", limit_s=HOUR_S)


def test_f65_one_segment_that_failed_means_that_the_text_did_not_arrive(office: Office) -> None:
    office.until_ready()
    office.fault("report_status", 0x46, times=1)
    text = office.approved(ADA, "a longer text " * 40)
    office.until_state(text, "undelivered", limit_s=60)


@pytest.mark.parametrize(
    ("status", "state"),
    [(0x00, "delivered"), (0x01, "delivered"), (0x1F, "delivered"), (0x40, "undelivered"), (0x46, "undelivered"),
     (0x5F, "undelivered"), (0x60, "undelivered"), (0x65, "undelivered"), (0x7F, "undelivered")],
)  # fmt: skip
def test_f66_a_final_status_is_final_whether_it_is_called_temporary_or_not(
    office: Office, status: int, state: str
) -> None:
    office.fault("report_status", status, times=1)
    text = office.approved(ADA)
    office.until_state(text, state, limit_s=60)
    if state == "undelivered":
        assert office.reason(text).startswith("The network reports: ")


@pytest.mark.parametrize("status", [0x20, 0x30, 0x3F])
def test_f66_a_status_that_says_it_still_tries_is_not_final(office: Office, status: int) -> None:
    office.until_ready()
    office.fault("report_status", status, times=1)
    text = office.approved(ADA)
    office.until(lambda: label(office) == TRYING, "the label", 60)
    office.run(HOUR_S)
    assert office.state(text) == "sent"
    office.fault("report_trying", status, times=1)
    other = office.approved(LUIS)
    office.until_state(other, "delivered", limit_s=60)
    assert len(reports(office)) == 3


def test_a_report_that_is_repeated_changes_nothing(office: Office) -> None:
    office.fault("report_twice")
    text, other = office.approved(ADA, "one"), office.approved(ADA, "two")
    office.until(lambda: {office.state(text), office.state(other)} == {"delivered"}, "reported", 60)
    office.run(300)
    assert {message for _, message in reports(office)} == {text, other}
