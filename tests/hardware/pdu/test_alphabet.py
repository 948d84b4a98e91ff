"""Septets and characters: packing, the default alphabet and the national tables."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.pdu import PduError
from hardware.pdu.alphabet import alphabet
from hardware.pdu.septets import header_septets, pack, unpack
from tests.hardware.pdu.material import GSM7, load

TABLES = load("gsm0338-tables")["tables"]


def characters(table: dict[str, str] | None) -> dict[int, str]:
    return {int(code, 16): chr(int(point[2:], 16)) for code, point in (table or {}).items()}


@pytest.mark.parametrize("language", TABLES)
def test_the_tables_are_those_of_the_spec_in_both_directions(language: str) -> None:
    table: dict[str, Any] = TABLES[language]
    main = characters(table["locking"]) or characters(TABLES["default"]["locking"])
    behind = characters(table["single"])
    letters = alphabet(table["id"], table["id"])
    for code, character in main.items():
        assert letters.decode(bytes([code])) == character
        assert main[letters.encode(character)[0]] == character
    for code, character in behind.items():
        assert letters.decode(bytes([0x1B, code])) == character
        septets = letters.encode(character)
        if character in main.values():
            assert len(septets) == 1  # the shorter way
        else:
            assert septets[0] == 0x1B
            assert behind[septets[1]] == character
    for code in set(range(128)) - set(main) - {0x1B}:
        assert letters.decode(bytes([code])) == "\ufffd"
    for code in set(main) - set(behind) - {0x1B}:
        assert letters.decode(bytes([0x1B, code])) == main[code]


@pytest.mark.parametrize(
    ("septets", "text"),
    [
        (b"\x1be", "€"),
        (b"\x1bA", "A"),  # undefined behind the escape: the main table's
        (b"\x1b\x1b", " "),  # reserved for another extension
        (b"\x1b\x1be", " e"),
        (b"a\x1b", "a"),  # the rest of the pair is in the next segment
        (b"\x1b\x0a", "\f"),
        (b"\x1b\x0d", "\r"),
        (b"\x00", "@"),
        (b"", ""),
    ],
)
def test_escapes(septets: bytes, text: str) -> None:
    assert alphabet().decode(septets) == text


def test_an_unknown_language_is_the_default_table() -> None:
    assert alphabet(14, 255) is alphabet()
    assert alphabet(2).decode(bytes(range(27))) == GSM7[:27]


@pytest.mark.parametrize(
    "character", ["ж", "ç", "`", "\t", "\x1b", "\x00", "\u00a0", "😀", "\ufffe", "\ufffd"]
)
def test_what_the_alphabet_has_not_is_refused_without_quoting_the_text(character: str) -> None:
    assert not alphabet().has(character)
    with pytest.raises(PduError, match=f"U\\+{ord(character):04X} ") as caught:
        alphabet().encode(f"secret {character}")
    assert "secret" not in str(caught.value)


def slowly(septets: bytes) -> bytes:
    """The packing of 23.038 clause 6.1.2.1, written as it is told there: bits, the least significant first."""
    bits = "".join(f"{septet:07b}"[::-1] for septet in septets)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[at : at + 8][::-1], 2) for at in range(0, len(bits), 8))


septet_strings = st.lists(st.integers(0, 127), max_size=160).map(bytes)


@given(septet_strings)
def test_packing_is_that_of_the_spec(septets: bytes) -> None:
    packed = pack(septets)
    assert packed == slowly(septets)
    assert unpack(packed, len(septets)) == septets


@given(septet_strings, st.binary(max_size=139))
def test_packing_behind_a_header_begins_at_a_septet(septets: bytes, header: bytes) -> None:
    packed = pack(septets, header)
    skip = header_septets(len(header))
    assert packed[: len(header)] == header
    assert len(packed) == (7 * (skip + len(septets)) + 7) // 8
    assert unpack(packed, len(septets), skip) == septets


@given(st.binary(max_size=200), st.integers(-5, 256), st.integers(0, 200))
def test_unpacking_has_an_answer_for_everything(octets: bytes, count: int, skip: int) -> None:
    assert len(unpack(octets, count, skip)) == max(count, 0)
