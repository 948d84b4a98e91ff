"""The service centre's work on octets."""

from datetime import datetime, timedelta, timezone

import pytest

from hardware.virtual import octets

SUBMIT = bytes.fromhex("31000B912120550571F00000A705E8329BFD06")


def test_a_submit_is_split_and_its_user_data_untouched() -> None:
    submit = octets.read_submit(SUBMIT)
    assert submit.number == "+12025550170"
    assert submit.wants_report
    assert submit.validity == timedelta(days=1)
    assert (submit.length, submit.data.hex()) == (5, "e8329bfd06")


@pytest.mark.parametrize(
    ("value", "validity"),
    [
        (0, timedelta(minutes=5)),
        (143, timedelta(hours=12)),
        (144, timedelta(hours=12, minutes=30)),
        (167, timedelta(days=1)),
        (168, timedelta(days=2)),
        (196, timedelta(days=30)),
        (197, timedelta(weeks=5)),
        (255, timedelta(weeks=63)),
    ],
)
def test_relative_validity_is_read_as_the_table_says(value: int, validity: timedelta) -> None:
    tpdu = bytearray(SUBMIT)
    tpdu[12] = value
    assert octets.read_submit(bytes(tpdu)).validity == validity


@pytest.mark.parametrize(
    "spoiled",
    [
        b"",
        SUBMIT[:1],
        SUBMIT[:9],
        SUBMIT[:-1],
        SUBMIT + b"\0",
        b"\x04" + SUBMIT[1:],
        SUBMIT[:2] + b"\0\x91" + SUBMIT[10:],
        SUBMIT[:3] + b"\xd0" + SUBMIT[4:],
    ],
    ids=[
        "empty",
        "one octet",
        "in the address",
        "text cut",
        "text too long",
        "a DELIVER",
        "to nobody",
        "to a name",
    ],
)
def test_what_is_no_submit_is_malformed(spoiled: bytes) -> None:
    with pytest.raises(octets.MalformedTpdu):
        octets.read_submit(spoiled)


def test_a_deliver_carries_the_sender_and_the_local_time() -> None:
    zone = timezone(timedelta(hours=-5))
    when = datetime(2026, 11, 24, 6, 30, 15, tzinfo=zone)
    tpdu = octets.deliver(octets.read_submit(SUBMIT), "+12025550100", when)
    assert tpdu.hex() == "04" + "0b912120550501f0" + "0000" + "6211426003510a" + "05e8329bfd06"


def test_a_report_names_the_recipient_as_it_was_sent() -> None:
    when = datetime(2026, 11, 24, 6, 30, 15, tzinfo=timezone(timedelta(hours=2)))
    submit = octets.read_submit(octets.with_mr(SUBMIT, 200))
    tpdu = octets.report(submit, "", when, when, 0)
    assert tpdu.hex() == "06c8" + "0b912120550571f0" + "62114260035180" * 2 + "00"


@pytest.mark.parametrize(("dcs", "octets_of_10"), [(0x00, 9), (0x04, 10), (0x08, 10), (0xF1, 9), (0xF5, 10)])
def test_user_data_length_counts_septets_or_octets_by_dcs(dcs: int, octets_of_10: int) -> None:
    assert octets.user_data_octets(dcs, 10) == octets_of_10


@pytest.mark.parametrize(("dcs", "kind"), [(0x00, None), (0x10, 0), (0x12, 2), (0xF1, 1), (0xC8, None)])
def test_message_class_is_read_from_the_dcs(dcs: int, kind: int | None) -> None:
    assert octets.message_class(dcs) == kind
