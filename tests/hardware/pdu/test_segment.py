"""How texts are cut: the encode cases, and what holds for every text."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.pdu import Deliver, PduError, Ports, decode, encode_deliver, join, segment, submit_tpdus
from tests.hardware.pdu.material import NOW, load, text_of, texts

CASES = load("encode-cases")["cases"]
GOOD = [case for case in CASES if not case["expected"].get("error")]
BAD = [case for case in CASES if case["expected"].get("error")]


def request(case: dict[str, Any]) -> dict[str, Any]:
    asked = dict(case["request"])
    if "ports" in asked:
        asked["ports"] = tuple(asked["ports"])
    return asked


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case["id"])
def test_a_text_is_cut_as_the_case_says(case: dict[str, Any]) -> None:
    said = segment(text_of(case), **request(case)).describe()
    rules = ("grapheme_safe_alternative", "segments_rule", "last_units")
    expected = {name: value for name, value in case["expected"].items() if name not in rules}
    assert {name: said[name] for name in expected} == expected


@pytest.mark.parametrize("case", BAD, ids=lambda case: case["id"])
def test_a_text_that_cannot_leave_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(PduError) as caught:
        segment(text_of(case), **request(case))
    assert caught.value.field == "text"


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case["id"])
def test_what_is_cut_comes_back_whole(case: dict[str, Any]) -> None:
    text = text_of(case)
    cut = segment(text, **request(case))
    for tpdus in (
        submit_tpdus("+12025550123", cut, ref=7),
        [encode_deliver("Elm St", cut, timestamp=NOW, seq=seq + 1, ref=7) for seq in range(cut.count)],
    ):
        parts = [decode(tpdu, smsc=False) for tpdu in tpdus]
        if cut.coding == "8bit":
            assert b"".join(part.data or b"" for part in parts).decode() == text
        else:
            assert join(parts) == text
        assert [part.concat.seq if part.concat else 1 for part in parts] == list(range(1, cut.count + 1))


@given(
    texts,
    st.sampled_from(["auto", "ucs2", "8bit"]),
    st.integers(0, 13),
    st.integers(0, 13),
    st.sampled_from([8, 16]),
    st.none() | st.just(Ports(2948, 9200)),
)
def test_every_cut_is_whole_full_and_counted(
    text: str, coding: str, locking: int, single: int, ref_bits: int, ports: Ports | None
) -> None:
    cut = segment(text, coding, locking, single, ref_bits, ports)
    assert "".join(text[part.start : part.end] for part in cut.segments) == text
    assert cut.total_units == sum(part.units for part in cut.segments)
    room = cut.capacity_single if cut.count == 1 else cut.capacity_per_part
    assert all(part.units <= room for part in cut.segments)
    # Greedy: the next character would not have fitted (none is longer than 4 octets, 2 septets or 2 units).
    longest = 3 if cut.coding == "8bit" else 1
    assert all(part.units >= room - longest for part in cut.segments[:-1])
    assert cut.left == room - cut.segments[-1].units
    for tpdu in submit_tpdus("112", cut, ref=255):
        assert len(tpdu) <= 2 + 4 + 2 + 1 + 140
        assert not decode(tpdu, smsc=False).problems


@given(texts)
def test_each_segment_reads_alone(text: str) -> None:
    cut = segment(text)
    for part, tpdu in zip(cut.segments, submit_tpdus("112", cut, ref=0), strict=True):
        assert decode(tpdu, smsc=False).text == text[part.start : part.end]


def test_pairs_that_others_cut_are_joined() -> None:
    euro, face = segment("x€"), segment("ж😀")
    halves = {
        "x€": (encode(euro, 0, 2), encode(euro, 2, 3)),
        "ж😀": (encode(face, 0, 4), encode(face, 4, 6)),
    }
    for text, parts in halves.items():
        assert join(parts) == text
        assert "".join(part.text or "" for part in parts) != text


def test_a_character_that_a_sender_cut_in_two_is_joined() -> None:
    """133 octets of UCS2 behind a header of seven: all that followed was shown as other letters."""
    text = "Ждём вас завтра в шесть часов у дома с зелёной крышей. " * 4
    octets = text.encode("utf-16-be")
    pieces = [octets[at : at + 133] for at in range(0, len(octets), 133)]
    parts = []
    for seq, piece in enumerate(pieces, 1):
        body = bytes((6, 8, 4, 0, 9, len(pieces), seq)) + piece
        head = f"44 0B 912120555521F3 00 08 62114221000000 {len(body):02X}"
        parts.append(decode(bytes.fromhex(head) + body, smsc=False))
    assert join(parts) == text
    assert join(parts[:1]) == text[:66]


def encode(cut: Any, start: int, end: int) -> Deliver:
    """One DELIVER of these units of a text, cut where they say."""
    whole = encode_deliver("112", cut, timestamp=NOW)
    units = cut.segments[0].payload[start:end]
    body = segment("", cut.coding)
    object.__setattr__(body.segments[0], "payload", units)
    assert whole
    part = decode(encode_deliver("112", body, timestamp=NOW), smsc=False)
    assert isinstance(part, Deliver)
    return part


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"coding": "utf-8"}, "coding"),
        ({"locking": 14}, "national"),
        ({"single": -1}, "national"),
        ({"ref_bits": 12}, "reference"),
        ({"ports": (70_000, 1)}, "ports"),
        ({"coding": "8bit", "text": "\udc80"}, "text"),
    ],
)
def test_what_no_segment_can_have_is_refused(arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(PduError) as caught:
        segment(**({"text": "x"} | arguments))
    assert caught.value.field == field


def test_the_shorter_of_two_tables_is_taken() -> None:
    assert segment("ş" * 10, locking=1, single=1).locking == 1
    assert segment("ş{" * 10, locking=1, single=1).single == 0  # the default extension has the brace


def test_spanish_has_no_locking_table() -> None:
    assert segment("está", locking=2).coding == "ucs2"
    assert segment("está", locking=2, single=2).describe()["udh_elements"] == ["240102"]
