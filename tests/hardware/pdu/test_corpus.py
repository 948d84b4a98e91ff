"""Every PDU of the corpus says what it says there, whichever way it is asked."""

from typing import Any

import pytest

from hardware.pdu import PduError, decode, describe, join
from tests.hardware.pdu.material import load

CORPUS = load("pdu-corpus")
BY_ID = {vector["id"]: vector for vector in CORPUS["vectors"]}
named = pytest.mark.parametrize("vector", CORPUS["vectors"], ids=lambda vector: vector["id"])


def check(vector: dict[str, Any], said: dict[str, Any]) -> None:
    accepted = vector.get("any_of", {})
    wrong = {
        field: (said.get(field), expected)
        for field, expected in vector["expected"].items()
        if said.get(field) != expected and said.get(field) not in accepted.get(field, ())
    }
    assert not wrong, "field: (said, expected)"
    for field in ("kind", "direction", "smsc_present_in_pdu"):
        assert said[field] == vector[field]
    # What stands only where there is something to say.
    for field in ("concat", "ports", "national", "compressed"):
        assert (field in said) == (field in vector["expected"])


@named
def test_it_is_decoded_and_its_smsc_found_out(vector: dict[str, Any]) -> None:
    check(vector, describe(vector["pdu"]))


@named
def test_it_is_decoded_when_told_of_its_smsc(vector: dict[str, Any]) -> None:
    check(vector, describe(vector["pdu"].lower(), smsc=vector["smsc_present_in_pdu"]))


@named
def test_it_is_decoded_without_its_smsc(vector: dict[str, Any]) -> None:
    octets = bytes.fromhex(vector["pdu"])
    tpdu = octets[octets[0] + 1 :] if vector["smsc_present_in_pdu"] else octets
    said = describe(tpdu, smsc=False)
    check(vector | {"smsc_present_in_pdu": False, "expected": vector["expected"] | {"smsc": None}}, said)


@pytest.mark.parametrize("group", CORPUS["groups"], ids=lambda group: group["id"])
def test_segments_are_joined(group: dict[str, Any]) -> None:
    parts = [decode(BY_ID[name]["pdu"]) for name in group["parts"]]
    if "text" in group:
        assert join(parts) == group["text"]
    else:
        assert b"".join(part.data or b"" for part in parts).hex() == group["data_hex"]


def said_or_refused(pdu: str) -> dict[str, Any] | PduError:
    try:
        return describe(pdu)
    except PduError as refusal:
        return refusal


@pytest.mark.parametrize("vector", CORPUS["malformed"], ids=lambda vector: vector["id"])
def test_what_is_malformed_is_refused_or_read_with_its_damage_noted(vector: dict[str, Any]) -> None:
    pdu = "0" * 100_000 if vector["pdu"] is None else vector["pdu"]
    said = said_or_refused(pdu)
    if isinstance(said, PduError):
        assert said.field
        assert str(said).endswith(".")
        return
    assert vector["expected"]["class"] != "error"
    str(said).encode()  # no half surrogate pairs
    degraded = vector["expected"].get("degraded_form", "")
    for words in ("time", "text after", "Hello", "A"):
        if f'text "{words}"' in degraded or f'text must be "{words}"' in degraded:
            assert said["text"] == words
    if "timestamp null" in degraded:
        assert said["timestamp"] is None
        assert said["problems"]


@pytest.mark.parametrize(
    ("name", "field", "expected"),
    [
        ("bad-addr-nofiller-odd", "number", "+4915112"),
        ("bad-addr-toa-bit7-clear", "number", "+1234"),
        ("bad-smsc-len-1", "text", "Hello world, part 1"),
        ("bad-sr-pi-ff", "status", 0),
        ("bad-sr-trailing-ff", "status", 0),
        ("bad-sr-bad-times", "mr", 1),
        ("bad-ucs2-lone-high", "text", "\ufffd"),
        ("bad-ucs2-bom", "text", "\ufffe\u4100\u4200"),
        ("bad-udhi-no-ud", "text", ""),
        ("bad-udl-ucs2-1", "text", ""),
        ("bad-udl-zero-with-data", "text", ""),
        ("bad-hex-ctrlz", "text", "Hello"),
        ("bad-hex-crlf", "text", "Hello"),
        ("bad-real-gammu-sr-ff", "mr", 0xAB),
        ("bad-real-smspdudecoder-issue8", "number", "TIM"),
    ],
)
def test_damage_that_hides_nothing_hides_nothing(name: str, field: str, expected: object) -> None:
    (vector,) = [vector for vector in CORPUS["malformed"] if vector["id"] == name]
    assert describe(vector["pdu"])[field] == expected
