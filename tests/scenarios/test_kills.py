"""kill -9 at each named point of a text's way out and in: once on the air at most, shown once, and nothing lost."""

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from hardware.pdu import encode_deliver, segment
from tests.scenarios.kills.doomed import ADA, CONFIRMATION, GONE, LUIS, Doomed, side_by_side

LONG = "A long text about the meeting. " * 12  # three segments
ANSWER = "We can come, all of us. " * 15  # so has this one
UNKNOWN = ("uncertain",)
TOLD = ("delivered",)


class Out(NamedTuple):
    """A kill on the way out: what becomes of the text, and which of its segments were on the air."""

    point: str
    ends: tuple[str, ...]
    segments: tuple[int, ...] = (1,)
    nth: int = 1
    text: str = "Can you come?"
    reports: bool = True


NOTHING_LEFT = [
    Out(point, GONE)
    for point in (
        "after the claim",
        "after AT+CMGS",
        "after the prompt",
        "after the PDU",
        "before the submit's commit",
    )
]
MAY_HAVE_LEFT = [
    Out("after the submit's commit", UNKNOWN, segments=()),
    # A report is evidence; without one nobody knows.
    Out("after Ctrl-Z", TOLD),
    Out("after Ctrl-Z", UNKNOWN, reports=False),
    Out("after +CMGS", TOLD),
    Out("after +CMGS", UNKNOWN, reports=False),
    Out("before the accept's commit", UNKNOWN, reports=False),
    Out("after the accept's commit", ("sent",), reports=False),
    Out("before the report's commit", TOLD),
    Out("after the arrival's commit", TOLD),
    Out("after AT+CMGD", TOLD),
]
BETWEEN_SEGMENTS = [
    # What the report tells of lets the rest follow.
    Out("after +CMGS", TOLD, (1, 2, 3), text=LONG),
    Out("after +CMGS", UNKNOWN, (1,), text=LONG, reports=False),
    Out("after AT+CMGS", TOLD, (1, 2, 3), nth=2, text=LONG),
    Out("after the PDU", TOLD, (1, 2, 3), nth=2, text=LONG),
    Out("after the submit's commit", UNKNOWN, (1,), nth=2, text=LONG),
    Out("after Ctrl-Z", TOLD, (1, 2, 3), nth=2, text=LONG),
    Out("after Ctrl-Z", UNKNOWN, (1, 2), nth=2, text=LONG, reports=False),
    Out("after +CMGS", TOLD, (1, 2, 3), nth=3, text=LONG),
    Out("after the claim", GONE, (1, 2, 3), text=LONG),
]


def _way_out(group: Doomed, case: Out) -> None:
    [modem] = group.modems
    if not case.reports:
        group.bank.fault(modem, "report_never")
    message_id = group.approved(ADA, case.text)
    group.start(case.point, case.nth)
    group.dies()
    group.start()
    group.sent()  # behind it, so that it would have gone again by now
    group.until(lambda: group.state(message_id) in case.ends, f"{case.ends}, is {group.state(message_id)}")
    assert tuple(group.segments()) == case.segments, group.segments()
    group.until(group.empty, "an empty SIM")


def test_killed_at_any_point_of_its_way_out_a_text_is_on_the_air_once_and_the_rows_say_what_is_known(
    tmp_path: Path,
) -> None:
    wrong = side_by_side(tmp_path, [*NOTHING_LEFT, *MAY_HAVE_LEFT, *BETWEEN_SEGMENTS], _way_out)
    assert not wrong, "\n".join(wrong)


class Refusal(NamedTuple):
    """Segment 2 of 3 is refused, and the gateway dies."""

    point: str
    ends: tuple[str, ...]
    segments: tuple[int, ...]


def _second_refused(group: Doomed, case: Refusal) -> None:
    [modem] = group.modems
    group.bank.fault(modem, "cmgs_late", 300, 1)
    message_id = group.approved(ADA, LONG)
    group.start(case.point)
    group.until(lambda: group.went() == 1, "the first segment on the air")
    group.bank.fault(modem, "cmgs_error", 38, 1)  # in time for the second: the answer to the first is late
    group.dies()
    group.start()
    group.sent()
    group.db.execute("UPDATE message SET not_before=NULL WHERE id=?", [message_id])  # as time would
    if (
        case.ends is GONE
    ):  # else nobody knows whose the last answer was, and the other one is awaited for minutes
        group.sent(LUIS)
    group.until(lambda: group.state(message_id) in case.ends, f"{case.ends}, is {group.state(message_id)}")
    assert tuple(group.segments()) == case.segments, group.segments()
    assert (
        len({record.concat[0] for record in group.bank.air() if record.to == ADA and record.modem == modem})
        == 1
    )


def test_segment_2_of_3_refused_and_a_kill_sends_each_segment_once_under_one_reference(
    tmp_path: Path,
) -> None:
    cases = [
        Refusal("before the refusal's commit", UNKNOWN, (1,)),
        Refusal("after the refusal's commit", GONE, (1, 2, 3)),
    ]
    wrong = side_by_side(tmp_path, cases, _second_refused)
    assert not wrong, "\n".join(wrong)


class In(NamedTuple):
    """A kill on the way in."""

    point: str
    nth: int = 1
    text: str = "Yes, I can."
    confirmed: int = 1  # of a stop: how many confirmations are on the air
    apart: bool = False  # the other segments come while no gateway runs, the last one first


RECEIVING = (
    "after the read",
    "before the arrival's commit",
    "after the arrival's commit",
    "after AT+CMGD",
    "after the delete",
)
ONE_TEXT = [In(point) for point in RECEIVING]
SEGMENTS = [
    In(point, nth, ANSWER)
    for point in ("before the arrival's commit", "after AT+CMGD", "after the delete")
    for nth in (2, 3)
]
APART = [
    In(point, text=ANSWER, apart=True)
    for point in ("after the arrival's commit", "after AT+CMGD", "after the delete")
]
STOPS = [
    *(In(point, text="STOP") for point in RECEIVING),
    In("after the journal's note", text="STOP"),
    In("before the opt-out's commit", text="STOP"),
    In("after the claim", text="STOP"),
    In("after the PDU", text="STOP"),
    In("after the submit's commit", text="STOP", confirmed=0),
    In("after Ctrl-Z", text="STOP"),
    In("after +CMGS", text="STOP"),
]


def _segments(text: str) -> list[str]:
    """The PDUs that a modem would give."""
    whole = segment(text)
    stamp = datetime.now(UTC)
    return [
        "00" + encode_deliver(ADA, whole, timestamp=stamp, seq=seq, ref=77).hex()
        for seq in range(1, whole.count + 1)
    ]


def _way_in(group: Doomed, case: In) -> None:
    [modem] = group.modems
    parts = _segments(case.text)
    if case.apart:
        group.bank.inbound(modem, ADA, data=parts.pop(0))
    else:
        group.bank.inbound(modem, ADA, case.text)
    group.start(case.point, case.nth)
    group.dies()
    for part in reversed(parts) if case.apart else ():
        group.bank.inbound(modem, ADA, data=part)
    group.start()
    group.until(lambda: group.shown() == [case.text] and group.empty(), "shown, and deleted from the SIM")
    group.sent()  # a confirmation would go before it
    assert group.shown() == [case.text]
    assert group.db.execute("SELECT count(*) FROM inbound").fetchone()[0] == 1
    if case.text == "STOP":
        _stopped(group, case.confirmed)


def _stopped(group: Doomed, confirmed: int) -> None:
    row = group.db.execute("SELECT * FROM conversation WHERE number=?", [ADA]).fetchone()
    assert row["opted_out_at"] is not None
    assert [dict(row)["source"] for row in group.db.execute("SELECT source FROM opt_out")] == ["text"]
    texts = group.db.execute("SELECT text FROM message WHERE conversation_id=?", [row["id"]]).fetchall()
    assert [text["text"] for text in texts] == [CONFIRMATION]
    assert group.went() == confirmed, f"{group.went()} confirmations"


def test_killed_at_any_point_of_its_way_in_a_text_is_shown_once_and_a_stop_confirmed_once(
    tmp_path: Path,
) -> None:
    wrong = side_by_side(tmp_path, [*ONE_TEXT, *SEGMENTS, *APART, *STOPS], _way_in)
    assert not wrong, "\n".join(wrong)
