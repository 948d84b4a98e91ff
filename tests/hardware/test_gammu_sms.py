"""Texts to libgammu and back: the words are ours, octet by octet, or it is said that they are not."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hardware import pdu
from hardware.gammu_sms import differs, is_received, is_whole, message_of, pdu_of
from hardware.pdu.alphabet import alphabet
from hardware.pdu.septets import pack
from hardware.pdu.validity import relative
from tests.gammu_bench import ADA, libgammu

CENTRE = "+12025550199"
WHEN = datetime(2026, 11, 25, 12, 30, 9, tzinfo=timezone(timedelta(hours=-5)))
GSM = [chr(c) for c in range(0x20, 0x250) if alphabet().has(chr(c))] + list("€ΔΦΓΛΩΠΨΣΘΞ\n")
PLAIN = st.text(st.sampled_from(GSM), min_size=1, max_size=300)
ANYTHING = st.text(
    st.characters(codec="utf-16", exclude_categories=("Cs", "Cn", "Cc")), min_size=1, max_size=160
)


def encoded(tpdu: bytes) -> bytes:
    """What libgammu would send for this TPDU of ours, without SMSC octets."""
    octets: bytes = libgammu().EncodePDU(message_of(tpdu, CENTRE), "Submit")
    return octets[1 + octets[0] :]


def read(tpdu: bytes) -> dict[str, Any]:
    """What GetNextSMS gives for this DELIVER or STATUS REPORT."""
    centre = pdu.smsc_field(pdu.Address.of(CENTRE, "SMSC"))
    return {**libgammu().DecodePDU(centre + tpdu, SMSC=True), "InboxFolder": 1}


def again(tpdu: bytes) -> pdu.Deliver:
    decoded = pdu.decode(pdu_of(read(tpdu)))
    assert isinstance(decoded, pdu.Deliver)
    return decoded


@settings(max_examples=40)
@given(st.one_of(PLAIN, ANYTHING), st.booleans(), st.integers(0, 255))
@example("x" * 400, True, 100)
@example("{" * 80, True, 100)
@example("ж" * 150, True, 100)
def test_libgammu_would_send_exactly_our_words(text: str, report: bool, vp: int) -> None:
    for tpdu in pdu.submit_tpdus(
        ADA, pdu.segment(text), ref=200, status_report=report, validity=relative(vp)
    ):
        theirs = encoded(tpdu)
        assert differs(theirs, tpdu) == ""
        ours, sent = pdu.decode(tpdu, smsc=False), pdu.decode(theirs, smsc=False)
        assert isinstance(ours, pdu.Submit)
        assert isinstance(sent, pdu.Submit)
        assert (sent.text, sent.concat, sent.recipient.number) == (ours.text, ours.concat, ADA)
        assert sent.status_report_request is report
        assert sent.validity is not None
        assert ours.validity is not None
        assert sent.validity.duration == min(ours.validity.duration or timedelta(), timedelta(days=30))


@given(st.lists(st.integers(0, 127), min_size=1, max_size=80), st.sampled_from([1, 2, 3, 4, 13]))
def test_septets_of_national_tables_survive_both_ways(septets: list[int], language: int) -> None:
    header = bytes((3, 0x24, 1, language))
    body = pack(bytes(septets), header)
    udl = (len(header) * 8 + 6) // 7 + len(septets)
    submit = bytes.fromhex("51000B912120550521F30000A7") + bytes((udl,)) + body
    assert differs(encoded(submit), submit) == ""
    deliver = bytes.fromhex("440B912120550521F30000") + bytes.fromhex("62115221030090") + bytes((udl,)) + body
    ours = pdu.decode(deliver, smsc=False)
    assert (again(deliver).text, again(deliver).national) == (ours.text, ours.national)


@given(st.one_of(PLAIN, ANYTHING.filter(lambda text: "~" not in text)), st.integers(0, 255))
@example("x" * 160, 1)
@example("{" * 80, 1)
@example("x" * 400, 255)
@example("ж" * 70, 1)
@example("ж" * 150, 1)
def test_what_comes_in_is_written_again_as_it_was(text: str, ref: int) -> None:
    segmentation = pdu.segment(text)
    for seq in range(1, segmentation.count + 1):
        tpdu = pdu.encode_deliver(ADA, segmentation, timestamp=WHEN, seq=seq, ref=ref)
        assert bytes.fromhex(pdu_of(read(tpdu))).endswith(tpdu)
        assert pdu_of(read(tpdu)) == pdu_of(read(tpdu))


@given(ANYTHING.map(lambda text: "👋" + text.replace("~", "") + "~"), st.integers(1, 5))
def test_the_end_that_libgammu_loses_behind_a_tilde_is_said_to_be_missing(text: str, more: int) -> None:
    text = ("~" * more + text)[:60]
    tpdu = pdu.encode_deliver(ADA, pdu.segment(text), timestamp=WHEN)
    found = again(tpdu)
    assert found.text is not None
    assert text.startswith(found.text.rstrip("\ufffd"))
    assert found.cut == ("~" in text)
    assert is_whole(pdu_of(read(tpdu))) is not found.cut


@pytest.mark.parametrize(
    "sender", ["+12025550123", "ELMSTREET", "2025550123", "72404", "Grüße", "JÄGER & CO"]
)
def test_numbers_and_names_stay(sender: str) -> None:
    tpdu = pdu.encode_deliver(sender, pdu.segment("Yes"), timestamp=WHEN)
    assert again(tpdu).sender == pdu.Address.of(sender, "sender")


def test_class_header_ports_replacement_and_time_stay() -> None:
    flash = again(pdu.encode_deliver(ADA, pdu.segment("Fire!"), timestamp=WHEN, message_class=0, pid=0x43))
    assert (flash.dcs.message_class, flash.pid, flash.timestamp) == (0, 0x43, WHEN)
    data = bytes.fromhex("440B912120550521F30004621152210300900B060504") + bytes.fromhex("0B8423F041424344")
    assert (again(data).ports, again(data).data) == (pdu.Ports(2948, 9200), b"ABCD")


def test_a_time_that_is_no_date_is_none() -> None:
    sms = {**read(pdu.encode_deliver(ADA, pdu.segment("Yes"), timestamp=WHEN)), "DateTime": None}
    found = pdu.decode(pdu_of(sms))
    assert isinstance(found, pdu.Deliver)
    assert (found.timestamp, found.text) == (None, "Yes")


@pytest.mark.parametrize("status", [0, 0x20, 0x46, 0x65])
def test_a_report_keeps_what_it_is_matched_by(status: int) -> None:
    done = WHEN + timedelta(minutes=3)
    tpdu = pdu.encode_status_report(ADA, mr=200, timestamp=WHEN, discharge_time=done, status=status)
    found = pdu.decode(pdu_of(read(tpdu)))
    assert isinstance(found, pdu.StatusReport)
    assert (found.mr, found.status, found.recipient.number) == (200, status, ADA)
    assert (found.timestamp, found.discharge_time) == (WHEN, done)
    undated = pdu.decode(pdu_of({**read(tpdu), "DateTime": None, "SMSCDateTime": WHEN.replace(tzinfo=None)}))
    assert isinstance(undated, pdu.StatusReport)
    assert (undated.mr, undated.status, undated.timestamp) == (200, status, None)


def test_memory_that_libgammu_shows_behind_a_text_is_cut_off() -> None:
    sms = read(pdu.encode_deliver(ADA, pdu.segment("{€}"), timestamp=WHEN))
    assert len(sms["Text"]) > 3  # as it always does behind characters of two septets
    found = pdu.decode(pdu_of({**sms, "Text": "{€}\0secret"}))
    assert isinstance(found, pdu.Deliver)
    assert found.text == "{€}"


def submit(text: str = "hello", to: str = ADA, hours: int = 1, **keywords: Any) -> bytes:
    (tpdu,) = pdu.submit_tpdus(to, pdu.segment(text), ref=1, validity=timedelta(hours=hours), **keywords)
    return tpdu


@pytest.mark.parametrize(
    "other",
    [
        submit("hello?"),
        submit(to="+12025550124"),
        submit(hours=2),
        submit(status_report=True),
        submit(message_class=0),
        pdu.encode_deliver(ADA, pdu.segment("hello"), timestamp=WHEN),
    ],
    ids=["words", "number", "validity", "report", "class", "kind"],
)
def test_other_words_are_told(other: bytes) -> None:
    assert differs(submit(), submit()) == ""
    assert differs(other, submit()) != ""


def test_drafts_and_the_owners_folders_are_left_alone() -> None:
    sms = read(pdu.encode_deliver(ADA, pdu.segment("Yes"), timestamp=WHEN))
    assert is_received(sms)
    assert not is_received({**sms, "Type": "Submit"})
    assert not is_received({**sms, "InboxFolder": 0})
