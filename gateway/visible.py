"""Words from outside, for people's eyes: what would act on a page, a terminal or a cell is shown instead of obeyed. Pure.

Promises: a word without control characters is given back as it is, emoji and right-to-left scripts included. Nothing that comes out moves a cursor,
ends a line that it should not end, or turns the order of what is read: an override is named in words where it stood. What is stored and sent is
not touched by this. Never fails.
"""

import re

OVERRIDES = {"\u202d": "⟨left-to-right⟩", "\u202e": "⟨right-to-left⟩"}
TURNING = "\u202a-\u202e\u2066-\u2069"  # Unicode's embeddings, overrides and isolates (UAX 9, 2)
_MARKS = "\u200e\u200f\u061c"  # invisible, and one character of direction each
_TURNS = re.compile(f"[{TURNING}{_MARKS}]")
_LINES = re.compile("\r\n|[\r\u0085\u2028\u2029]")
_IN_JSON = re.compile(f"[\x7f-\x9f{TURNING}{_MARKS}\u2028\u2029\ud800-\udfff]")

_ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202d\u202e\ud800-\udfff]")
_CONTROLS: dict[int, str] = {code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\n\t"}
_CONTROLS |= {0x7F: "␡"} | dict.fromkeys([*range(0x80, 0xA0), *range(0xD800, 0xE000)], "\ufffd")
_BLANKED = dict.fromkeys([*_CONTROLS, ord("\t")], " ")
_OVERRIDES = str.maketrans(OVERRIDES)


def plain(text: str) -> str:
    """The text with a picture (␀, ␛) for each control character and \\n for each kind of line end; everything else stays."""
    return _LINES.sub("\n", text).translate(_CONTROLS)


def words(text: str) -> str:
    """A text as a page shows it, its lines kept. What else has a direction ends with the element around it."""
    return plain(text).translate(_OVERRIDES) if _ACTS.search(text) else text


def acting(text: str) -> str:
    """The first character that would act instead of being read; "" when there is none."""
    found = _ACTS.search(text)
    return found[0] if found else ""


def line(text: str) -> str:
    """A name or a text as one line of a page's title or of a terminal, where nothing ends what it began."""
    return _TURNS.sub("", " ".join(words(text).split("\n")).replace("\t", " "))


def clean_name(name: str, most: int = 100) -> str:
    """A contact's name from a list, as it is kept: one line, nothing in it that cannot be seen but joiners (👩‍🌾, می‌خواهم)."""
    plain = _TURNS.sub("", name).translate(_BLANKED)
    return " ".join(plain.replace("\ufeff", "").split())[:most].rstrip()


def in_json(document: str) -> str:
    """JSON in which what would act on a terminal is written as its number; it stands for the same."""
    return _IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", document)
