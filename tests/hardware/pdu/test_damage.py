"""Whatever comes, the answer is a decoded PDU or PduError; and what modems do to a PDU does it no harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.pdu import (
    Address,
    Deliver,
    PduError,
    StatusReport,
    decode,
    describe,
    encode_deliver,
    encode_status_report,
    join,
    segment,
    smsc_field,
    submit_tpdus,
)
from tests.hardware.pdu.material import NOW, texts

CENTRE = smsc_field(Address("+12025550100", 1))
DELIVER = encode_deliver("+12025550123", segment("Yes, at {6}"), timestamp=NOW)
HEX = (CENTRE + DELIVER).hex().upper()
LONG = encode_deliver("+12025550123", segment("x" * 300), timestamp=NOW, ref=42)
SUBMIT = submit_tpdus("+12025550123", segment("ж" * 80), ref=3)[0]
REPORT = encode_status_report("+12025550123", mr=7, timestamp=NOW, discharge_time=NOW)
WHOLE = st.sampled_from(
    [CENTRE + DELIVER, CENTRE + LONG, b"\x00" + SUBMIT, CENTRE + REPORT, DELIVER, SUBMIT, REPORT]
)


def survives(pdu: str | bytes, smsc: bool | None) -> None:
    """Decode and say everything; only PduError may leave, with a field, a sentence and an octet inside the PDU."""
    try:
        tpdu = decode(pdu, smsc)
        describe(pdu, smsc)
    except PduError as refusal:
        problem = refusal
    else:
        (tpdu.text or "").encode()
        repr(tpdu)
        join([tpdu]).encode()
        return
    assert problem.field
    assert str(problem)[-1] == "."
    assert problem.octet is None or 0 <= problem.octet <= max(512, len(pdu))


@given(st.binary(max_size=220), st.none() | st.booleans())
def test_any_octets(octets: bytes, smsc: bool | None) -> None:
    survives(octets, smsc)
    survives(octets.hex(), smsc)


@given(
    st.text(max_size=100) | st.text(st.sampled_from('0123456789abcdefABCDEF ,\r\n\x00\x1a"x-_'), max_size=400)
)
def test_any_characters(pdu: str) -> None:
    survives(pdu, None)


@given(WHOLE, st.data())
def test_any_octets_changed(whole: bytes, data: st.DataObject) -> None:
    octets = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    survives(bytes(octets), None)


@given(WHOLE, st.data())
def test_any_cut(whole: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(whole) - 1))
    survives(whole[:cut], None)
    survives(whole[cut:], None)


@pytest.mark.parametrize("pdu", ["0" * 100_000, "F" * 3_000, "\ud800", "٣" * 20, "０７９１", "\x00" * 50])
def test_odd_strings(pdu: str) -> None:
    with pytest.raises(PduError):
        decode(pdu)


@pytest.mark.parametrize(
    "pdu",
    [
        HEX.lower(),
        f" {HEX}\r\n",
        f"{HEX}\x1a",
        f"{HEX},0",
        f"{HEX} , 12\r\n",
        f'"{HEX}"',
        f"\x00\x00{HEX}",
        " ".join(HEX[at : at + 2] for at in range(0, len(HEX), 2)),
        "\n".join(HEX[at : at + 7] for at in range(0, len(HEX), 7)),
        HEX + "FF" * 100,
        HEX + "ff" * 147,
    ],
)
def test_what_modems_put_around_a_pdu_is_taken_away(pdu: str) -> None:
    tpdu = decode(pdu)
    assert tpdu == decode(HEX)
    assert tpdu.text == "Yes, at {6}"


def test_a_record_filled_up_is_known_without_smsc_octets_too() -> None:
    for tpdu in (DELIVER, LONG, SUBMIT, REPORT):
        filled = decode(tpdu + b"\xff" * 60)
        assert not filled.smsc_present
        assert filled == decode(tpdu)


@pytest.mark.parametrize(
    ("pdu", "number", "said"),
    [
        ("00040B912120550591F90000622112007462000453EA130A" + "00" * 9, "+12025550199", "STOP"),
        ("00040C914497112110610000624010224443000453EA130A" + "FF" * 5, "+447911120116", "STOP"),
        ("00069B0D91553069528768F7623061113542006230613101510000" + "00" * 6, "+5503962578867", 0),
    ],
)
def test_what_stands_behind_a_message_makes_it_no_other_message(
    pdu: str, number: str, said: str | int
) -> None:
    """A STOP behind an empty service centre, with zeros after it, was read as data of the short code 1912: those lengths fitted by chance,
    and the date that was none was held for less than octets too many. One in a record that was filled up, as those of a SIM are, was data of
    the short code 1944.
    """
    tpdu = decode(pdu)
    if isinstance(tpdu, StatusReport):
        assert (tpdu.recipient.number, tpdu.status) == (number, said)
    else:
        assert isinstance(tpdu, Deliver)
        assert (tpdu.sender.number, tpdu.text) == (number, said)


@pytest.mark.parametrize(
    ("pdu", "field", "octet"),
    [
        ("", "PDU", 0),
        ("00", "TP-MTI", 1),
        ("00" + "FF" * 20, "TP-MTI", 1),
        ("0G91", "hex", 0),
        ("07912", "hex", 2),
        ("0x0791", "hex", 0),
        ("07911326", "SMSC", 4),
        ("0791132604000003", "TP-MTI", 8),
        (HEX[:30], "TP-OA", 15),
        (HEX[:40], "TP-SCTS", 20),
        (HEX[:52], "TP-UDL", 26),
        ((CENTRE + b"\x07" + DELIVER[1:]).hex(), "TP-MTI", 8),
        ((CENTRE + DELIVER[:1] + b"\x15" + DELIVER[2:]).hex(), "TP-OA", 9),
        ((CENTRE + DELIVER[:17] + b"\xa1" + DELIVER[18:]).hex(), "TP-SCTS", None),
        ((CENTRE + DELIVER[:18] + b"\xa1" + DELIVER[19:]).hex(), "TP-UDL", 26),
        ((CENTRE + LONG[:19] + b"\x90" + LONG[20:]).hex(), "TP-UDHL", 27),
        ((CENTRE + LONG[:22]).hex(), "TP-UDH", 30),
    ],
)
def test_the_field_and_the_octet_are_named(pdu: str, field: str, octet: int | None) -> None:
    if octet is None:
        assert decode(pdu).problems[0].startswith(field)
        return
    with pytest.raises(PduError) as caught:
        decode(pdu)
    assert (caught.value.field, caught.value.octet) == (field, octet)


@given(texts, st.data())
def test_a_text_cut_short_keeps_its_sender_and_its_beginning(text: str, data: st.DataObject) -> None:
    text = text[:35]  # one segment, also of characters outside the BMP
    cut = segment(text)
    whole = CENTRE + encode_deliver("+12025550123", cut, timestamp=NOW)
    body = len(whole) - 27
    tpdu = decode(whole[: 27 + data.draw(st.integers(0, body))])
    assert isinstance(tpdu, Deliver)
    assert tpdu.sender.number == "+12025550123"
    said = tpdu.text or ""
    assert text.startswith(said.rstrip("\ufffd")) or len(said) < 2
    assert bool(tpdu.problems) is (len(said) < len(text) or tpdu != decode(whole))


@pytest.mark.parametrize(
    ("sender", "words", "pdu", "filler"),
    [
        ("+4915135913946", " aOdfdoSa ", "00040D91945131953149F600005220020214040A0AA0F0936C26BFA76110", 17),
        ("+12025554187", "fSsSnfb", "00040B912120554581F700108210302241340A07E6E97CEA368B01", 36),
    ],
)
def test_a_filled_up_text_without_a_service_centre_is_not_read_shifted(
    sender: str, words: str, pdu: str, filler: int
) -> None:
    """One in four hundred was: by chance the octets also fit as data of nobody, whose date is none; a stop was so read as no text."""
    tpdu = decode(pdu + "FF" * filler)
    assert isinstance(tpdu, Deliver)
    assert (tpdu.sender.number, tpdu.text) == (sender, words)


def test_a_sender_of_no_digits_is_nobody() -> None:
    tpdu = decode(CENTRE + DELIVER[:1] + b"\x00\x91" + DELIVER[9:])
    assert isinstance(tpdu, Deliver)
    assert (tpdu.sender.number, tpdu.text) == ("", "Yes, at {6}")


def test_lengths_and_date_both_wrong_is_refused() -> None:
    shifted = CENTRE + DELIVER[:1] + b"\x09" + DELIVER[2:]
    with pytest.raises(PduError, match="damaged"):
        decode(shifted, smsc=True)


def test_a_report_is_kept_whatever_follows_its_status() -> None:
    for after in (b"\x07", b"\x04\x05\x01", b"\x80\x80", b"\x00\x00\x00", b"\xff\xff\x00"):
        report = decode(CENTRE + REPORT + after, smsc=True)
        assert isinstance(report, StatusReport)
        assert (report.mr, report.status) == (7, 0)
