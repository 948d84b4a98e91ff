"""libgammu, through python-gammu, reads what we write and writes what we read, where it is right.

Left out because it is not: extension characters (it returns memory for each), national tables, what does not fit the
GSM 7-bit alphabet (it writes `?`), a SUBMIT without validity (it writes five minutes), names with other than letters.
"""

from datetime import datetime, timedelta
from typing import Any

import gammu
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.pdu import (
    Deliver,
    StatusReport,
    Submit,
    decode,
    encode_deliver,
    encode_status_report,
    segment,
    submit_tpdus,
)
from tests.hardware.pdu.material import GSM7, NOW, numbers, times

CODINGS = {"gsm7": "Default_No_Compression", "ucs2": "Unicode_No_Compression"}
letters = st.text(st.sampled_from(GSM7.replace("\r", "")), min_size=1, max_size=320)
signs = st.text(st.sampled_from("жابéa 😀ж中€"), min_size=1, max_size=150)
texts = letters | signs.map(lambda text: "ж" + text)
octets = st.integers(0, 255)
# libgammu knows no century but this one.
sane_times = times.filter(lambda when: 2001 <= when.year <= 2068)


def read(tpdu: bytes) -> dict[str, Any]:
    found: dict[str, Any] = gammu.DecodePDU(b"\x00" + tpdu, True)
    return found


@given(numbers, texts, sane_times, octets, st.none() | st.integers(0, 3))
def test_it_reads_our_delivers(
    number: str, text: str, when: datetime, ref: int, message_class: int | None
) -> None:
    cut = segment(text)
    for seq in range(1, cut.count + 1):
        tpdu = encode_deliver(number, cut, timestamp=when, seq=seq, ref=ref, message_class=message_class)
        theirs, ours = read(tpdu), decode(tpdu, smsc=False)
        assert isinstance(ours, Deliver)
        assert (theirs["Type"], theirs["Number"], theirs["Text"]) == ("Deliver", number, ours.text)
        assert theirs["Coding"] == CODINGS[ours.dcs.coding]
        assert theirs["Class"] == (-1 if message_class is None else message_class)
        assert theirs["DateTime"] == ours.timestamp
        if ours.concat:
            header = theirs["UDH"]
            assert (header["ID8bit"], header["AllParts"], header["PartNumber"]) == (ref, cut.count, seq)


@given(numbers, texts, octets, st.integers(0, 255))
def test_it_reads_our_submits(number: str, text: str, ref: int, steps: int) -> None:
    for tpdu in submit_tpdus(number, segment(text), ref=ref, validity=timedelta(minutes=5 * (steps + 1))):
        theirs, ours = read(tpdu), decode(tpdu, smsc=False)
        assert isinstance(ours, Submit)
        assert (theirs["Type"], theirs["Number"], theirs["Text"]) == ("Submit", number, ours.text)


@given(numbers, octets, octets, sane_times, sane_times)
def test_it_reads_our_reports(number: str, mr: int, status: int, sent: datetime, settled: datetime) -> None:
    tpdu = encode_status_report(number, mr=mr, timestamp=sent, discharge_time=settled, status=status)
    theirs, ours = read(tpdu), decode(tpdu, smsc=False)
    assert isinstance(ours, StatusReport)
    assert (theirs["Type"], theirs["Number"]) == ("Status_Report", number)
    assert (theirs["MessageReference"], theirs["DeliveryStatus"]) == (ours.mr, ours.status)
    assert (theirs["DateTime"], theirs["SMSCDateTime"]) == (ours.timestamp, ours.discharge_time)


def written(layout: str, number: str, text: str, coding: str, **more: object) -> bytes:
    """A PDU of libgammu's making; its SMSC octets come first."""
    message = {
        "SMSC": {"Location": 0, "Number": "+12025550100", "Name": "", "Format": "Text", "Validity": "180M"},
        "Number": number,
        "Text": text,
        "Coding": coding,
        "Type": layout,
        "Class": -1,
        "Folder": 1,
        "Memory": "SM",
        "State": "UnSent",
        "Location": 0,
        "MessageReference": 0,
        "ReplyViaSameSMSC": 0,
        "ReplaceMessage": 0,
        "RejectDuplicates": 0,
        "UDH": {"Type": "NoUDH", "Text": b"", "ID8bit": 0, "ID16bit": 0, "PartNumber": 0, "AllParts": 0},
        "DateTime": NOW,
        "SMSCDateTime": NOW,
    }
    pdu: bytes = gammu.EncodePDU(message | more, layout)
    return pdu


@pytest.mark.parametrize("layout", ["Submit", "Deliver"])
@given(
    number=numbers.filter(lambda number: not number.startswith("00")),  # libgammu makes + of 00
    text=letters.filter(lambda text: len(text) <= 160) | signs.filter(lambda text: len(text) <= 35),
)
def test_we_read_its_pdus(layout: str, number: str, text: str) -> None:
    coding = CODINGS[segment(text).coding]
    ours = decode(written(layout, number, text, coding))
    assert isinstance(ours, Submit if layout == "Submit" else Deliver)
    assert ours.text == text
    other = ours.recipient if isinstance(ours, Submit) else ours.sender
    assert other.number == number
    assert ours.smsc_present
    assert not ours.problems
