"""Characters and septets: the GSM 7-bit default alphabet, its extension and the national tables (3GPP 23.038 clause 6.2.1).

An alphabet is a main (locking shift) table and the table behind the escape (single shift). Decoding always has an
answer: an undefined extension is the main table's character, two escapes are a space, an escape at the very end is
dropped, a septet the spec leaves undefined is U+FFFD. Encoding raises PduError for what the alphabet has not.
"""

import codecs
import re
from functools import cache

from hardware.pdu.errors import PduError

ESCAPE = 0x1B
NOTHING = "\ufffe"  # what codecs' character maps take for "undefined"
LANGUAGE_MOST = 13

DEFAULT_MAIN = (
    "@\u00a3$\u00a5\u00e8\u00e9\u00f9\u00ec\u00f2\u00c7\n\u00d8\u00f8\r\u00c5\u00e5"
    "\u0394_\u03a6\u0393\u039b\u03a9\u03a0\u03a8\u03a3\u0398\u039e\ufffe\u00c6\u00e6\u00df\u00c9"
    " !\"#\u00a4%&'()*+,-./0123456789:;<=>?"
    "\u00a1ABCDEFGHIJKLMNOPQRSTUVWXYZ\u00c4\u00d6\u00d1\u00dc\u00a7"
    "\u00bfabcdefghijklmnopqrstuvwxyz\u00e4\u00f6\u00f1\u00fc\u00e0"
)
DEFAULT_EXTENSION = "0A\f14^28{29}2F\\3C[3D~3E]40|65\u20ac"  # entries like those of national.SINGLE

_ESCAPED = re.compile(rb"\x1b([\x00-\x7f]?)")
_EXTENDED = re.compile(rb"[\x80-\xff]")
_TO_HIGH = {bytes([septet]): bytes([septet | 0x80]) for septet in range(128)} | {b"": b""}
_TO_PAIR = {bytes([septet | 0x80]): bytes([ESCAPE, septet]) for septet in range(128)}


def _entries(packed: str) -> dict[int, str]:
    """{septet: character} of a table written as three characters for each entry."""
    return {int(packed[at : at + 2], 16): packed[at + 2] for at in range(0, len(packed), 3)}


class Alphabet:
    """One pair of tables. A character behind the escape is handled as one byte above 127 until it is packed."""

    def __init__(self, locking: int, single: int) -> None:
        main, extension = DEFAULT_MAIN, DEFAULT_EXTENSION
        if locking or single:
            from hardware.pdu import national  # (20 KB that most texts never need)

            main = national.LOCKING.get(locking, main)
            extension = national.SINGLE.get(single, extension)
        behind = _entries(extension)
        high = [behind.get(septet, main[septet]) for septet in range(128)]
        high[ESCAPE] = " "
        self._characters = main + "".join(high)
        self._bytes = {ord(character): septet | 0x80 for septet, character in behind.items()}
        # Where a character stands in both tables, the main one costs one septet less.
        self._bytes |= {
            ord(character): septet for septet, character in enumerate(main) if character != NOTHING
        }

    def has(self, text: str) -> bool:
        """Whether every character of the text is in the tables."""
        return all(map(self._bytes.__contains__, map(ord, set(text))))

    def decode(self, septets: bytes) -> str:
        """The text of unpacked septets."""
        if ESCAPE in septets:
            septets = _ESCAPED.sub(lambda pair: _TO_HIGH[pair[1]], septets)
        return codecs.charmap_decode(septets, "replace", self._characters)[0]

    def encode(self, text: str) -> bytes:
        """The septets of a text, one to a byte, escapes included. PduError when a character is not in the tables."""
        try:
            short = codecs.charmap_encode(text, "strict", self._bytes)[0]
        except UnicodeEncodeError as missing:
            found = text[missing.start]
            raise PduError(f"U+{ord(found):04X} is not in the GSM 7-bit alphabet.", "text") from None
        return short if short.isascii() else _EXTENDED.sub(lambda high: _TO_PAIR[high[0]], short)


def alphabet(locking: int = 0, single: int = 0) -> Alphabet:
    """The alphabet of these language identifiers (annex A); an unknown one means the default table."""
    return _alphabet(
        locking if 0 < locking <= LANGUAGE_MOST else 0, single if 0 < single <= LANGUAGE_MOST else 0
    )


@cache
def _alphabet(locking: int, single: int) -> Alphabet:
    return Alphabet(locking, single)
