"""What is encoded decodes to itself, with and without SMSC octets, and every flag and field keeps its value."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.pdu import (
    Address,
    Concat,
    Deliver,
    PduError,
    Ports,
    StatusReport,
    Submit,
    decode,
    encode_deliver,
    encode_status_report,
    join,
    segment,
    smsc_field,
    submit_tpdus,
)
from hardware.pdu.validity import relative, relative_octet
from tests.hardware.pdu.material import NOW, names, numbers, texts, times

octets = st.integers(0, 255)
flags = st.booleans()
SMSC = st.none() | numbers.map(lambda number: smsc_field(Address(number, 1 if number[0] == "+" else 0)))


@given(
    numbers,
    texts,
    octets,
    octets,
    flags,
    flags,
    flags,
    st.none() | st.integers(0, 3),
    st.none() | octets,
    SMSC,
)
def test_a_submit_comes_back(
    number: str,
    text: str,
    ref: int,
    mr: int,
    report: bool,
    reply: bool,
    reject: bool,
    message_class: int | None,
    period: int | None,
    smsc: bytes | None,
) -> None:
    validity = None if period is None else relative(period)
    tpdus = submit_tpdus(
        number,
        segment(text),
        ref=ref,
        validity=validity,
        status_report=report,
        mr=mr,
        message_class=message_class,
        reply_path=reply,
        reject_duplicates=reject,
    )
    found = [decode((smsc or b"") + tpdu) for tpdu in tpdus]
    assert join(found) == text
    for seq, submit in enumerate(found, 1):
        assert isinstance(submit, Submit)
        assert submit.smsc_present is (smsc is not None)
        assert submit.recipient.number == number
        assert (submit.mr, submit.dcs.message_class) == (mr, message_class)
        assert (submit.status_report_request, submit.reply_path) == (report, reply)
        assert submit.reject_duplicates is reject
        assert (submit.validity.duration if submit.validity else None) == validity
        assert submit.concat == (Concat(ref, len(found), seq) if len(found) > 1 else None)


@given(numbers | names, texts, octets, times, flags, flags, flags, SMSC)
def test_a_deliver_comes_back(
    sender: str,
    text: str,
    ref: int,
    timestamp: datetime,
    more: bool,
    report: bool,
    reply: bool,
    smsc: bytes | None,
) -> None:
    cut = segment(text)
    tpdus = [
        encode_deliver(
            sender,
            cut,
            timestamp=timestamp,
            seq=seq,
            ref=ref,
            more_messages=more,
            status_report_indication=report,
            reply_path=reply,
        )
        for seq in range(1, cut.count + 1)
    ]
    found = [decode((smsc or b"") + tpdu, smsc is not None) for tpdu in tpdus]
    assert join(found) == text
    for deliver in found:
        assert isinstance(deliver, Deliver)
        assert deliver.sender.number == sender
        assert deliver.timestamp == timestamp
        assert deliver.timestamp.utcoffset() == timestamp.utcoffset()
        assert (deliver.more_messages, deliver.status_report_indication, deliver.reply_path) == (
            more,
            report,
            reply,
        )
        assert not deliver.problems


@given(numbers, octets, octets, times, times, SMSC)
def test_a_status_report_comes_back(
    number: str, mr: int, status: int, sent: datetime, settled: datetime, smsc: bytes | None
) -> None:
    tpdu = encode_status_report(number, mr=mr, timestamp=sent, discharge_time=settled, status=status)
    for filling in (b"", b"\xff" * 20):
        report = decode((smsc or b"") + tpdu + filling, smsc is not None)
        assert isinstance(report, StatusReport)
        assert (report.mr, report.status, report.recipient.number) == (mr, status, number)
        assert (report.timestamp, report.discharge_time) == (sent, settled)
        assert report.text is None


def test_the_same_arguments_give_the_same_octets() -> None:
    cut = segment("x" * 400)
    first, again = (submit_tpdus("+12025550123", segment(cut.text), ref=200) for _ in range(2))
    assert first == again
    assert len(first) == 3


def test_sixteen_bit_references_and_ports() -> None:
    cut = segment("x" * 400, ref_bits=16, ports=(2948, 9200))
    found = [decode(tpdu, smsc=False) for tpdu in submit_tpdus("112", cut, ref=0xBEEF)]
    assert [part.concat for part in found] == [Concat(0xBEEF, 3, seq, 16) for seq in (1, 2, 3)]
    assert {part.ports for part in found} == {Ports(2948, 9200, 16)}
    short = segment("x", ports=Ports(240, 250, 8))
    assert decode(submit_tpdus("112", short, ref=0)[0]).ports == Ports(240, 250, 8)


@given(st.timedeltas(timedelta(minutes=5), timedelta(weeks=70)))
def test_validity_is_never_longer_than_asked_and_the_longest_such_step(asked: timedelta) -> None:
    octet = relative_octet(asked)
    assert relative(octet) <= asked
    assert octet == 255 or relative(octet + 1) > asked


def test_validity_steps_are_those_of_the_spec() -> None:
    spec = {0: 5, 143: 720, 144: 750, 167: 1440, 168: 2880, 196: 43_200, 197: 50_400, 255: 635_040}
    assert {octet: relative(octet) // timedelta(minutes=1) for octet in spec} == spec
    assert all(relative_octet(relative(octet)) == octet for octet in range(256))


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"to": ""}, "recipient"),
        ({"to": "+"}, "recipient"),
        ({"to": "Elm St"}, "recipient"),
        ({"to": "+1 202 555"}, "recipient"),
        ({"to": "1" * 21}, "recipient"),
        ({"to": "ж"}, "recipient"),
        ({"to": "\ud800"}, "recipient"),
        ({"pid": 256}, "pid"),
        ({"ref": 256}, "reference"),
        ({"ref": -1}, "reference"),
        ({"mr": 256}, "mr"),
        ({"message_class": 4}, "message_class"),
        ({"validity": timedelta(minutes=4)}, "validity"),
    ],
)
def test_what_no_submit_can_carry_is_refused(arguments: dict[str, object], field: str) -> None:
    given_: dict[str, object] = {"to": "112", "ref": 1} | arguments
    with pytest.raises(PduError) as caught:
        submit_tpdus(given_.pop("to"), segment("x" * 200), **given_)  # type: ignore[arg-type]
    assert caught.value.field == field
    assert caught.value.octet is None


def test_what_no_deliver_can_carry_is_refused() -> None:
    cut = segment("x")
    for when in (datetime(2026, 1, 1), datetime(1969, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):  # noqa: DTZ001
        with pytest.raises(PduError):
            encode_deliver("112", cut, timestamp=when)
    with pytest.raises(PduError):
        encode_deliver("112", cut, timestamp=NOW, seq=2)
    for sender in (
        Address("1x", 0),
        Address("12 34"),
        Address("1" * 21),
        Address("a" * 12, 5),
        "far too long a name",
    ):
        with pytest.raises(PduError):
            encode_deliver(sender, cut, timestamp=NOW)
    for wrong in ({"pid": -1}, {"dcs": 256}, {"message_class": 4}):
        with pytest.raises(PduError):
            encode_deliver("112", cut, timestamp=NOW, **wrong)
    for wrong in ({"mr": 256}, {"status": -1}):
        with pytest.raises(PduError):
            encode_status_report("112", timestamp=NOW, discharge_time=NOW, **({"mr": 0} | wrong))
    for centre in (Address("1" * 21), Address("x")):
        with pytest.raises(PduError):
            smsc_field(centre)
    with pytest.raises(PduError):
        encode_deliver("112", cut, timestamp=NOW.astimezone(timezone(timedelta(hours=20))))


def test_an_error_keeps_its_field_over_a_process() -> None:
    import pickle

    error = pickle.loads(pickle.dumps(PduError("It is not whole.", "TP-OA", 7)))
    assert (str(error), error.field, error.octet) == ("It is not whole.", "TP-OA", 7)
