"""Texts as they are compared: letters of one form, without case, accents, punctuation, emoji and invisible characters.

Pure. The time grows with the length of the text and no faster. Never fails.
"""

import re
import unicodedata
from typing import Literal

STRETCH = 500  # characters
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]"
)
ACCENTS = re.compile(
    "[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u093c\u1dc0-\u1dff\u20d0-\u20ff]"
)
APOSTROPHES = frozenset("'’‘ʼ`´′＇")
TITLE = "mr|mrs|ms|miss|mx|mister|dr|prof|rev|sir|sr|sra|srta|herr|frau|mme|mlle|and|&"
TITLES = frozenset(TITLE.split("|"))  # in front of a name
ALIKE = str.maketrans(
    {
        "ł": "l",
        "đ": "d",
        "ø": "o",
        "ı": "i",
        "ħ": "h",
        "æ": "ae",
        "œ": "oe",
        "ة": "ه",
        "ى": "ي",
        "ک": "ك",
        "ی": "ي",
        "ـ": "",
    }
)


def fold(text: str, *, accents: bool = False) -> str:
    """The letters that count, in one form each, with their accents or without."""
    seen = INVISIBLE.sub("", text)
    if accents:
        return _normal("NFC", seen).casefold()
    plain = ACCENTS.sub("", _normal("NFKD", ACCENTS.sub("", seen))).casefold()
    return _normal("NFC", ACCENTS.sub("", plain).translate(ALIKE))


def _normal(form: Literal["NFC", "NFKD"], text: str) -> str:
    """Normalised in stretches: a text that is nothing but marks would take the square of its length."""
    stretches = (text[at : at + STRETCH] for at in range(0, len(text), STRETCH))
    return "".join(unicodedata.normalize(form, stretch) for stretch in stretches)


def split(text: str, *, accents: bool = False) -> tuple[list[str], set[int]]:
    """The words, and the positions of those before which there is more than a space or a hyphen."""
    words: list[str] = []
    breaks: set[int] = set()
    current: list[str] = []
    for char in fold(text, accents=accents):
        if char.isalnum() or unicodedata.category(char)[0] == "M":
            current.append(char)
        elif char not in APOSTROPHES:
            if current:
                words.append("".join(current))
                current = []
            if char in "\n\r" or not (char.isspace() or char in "-–_"):
                breaks.add(len(words))
    if current:
        words.append("".join(current))
    return words, breaks


def bare(word: str) -> str:
    """A title or a rank as it is compared: "M.D." is "md"."""
    return word.replace(".", "").lower()


def untitled(words: list[str]) -> list[str]:
    """The words of a name without the titles in front of it: "Dr. Rosa Delgado", "Mr & Mrs Delgado"."""
    first = next((at for at, word in enumerate(words) if bare(word) not in TITLES), len(words))
    return words[first:]
