"""Placeholders: `{first_name}`, and `{first_name|friend}` with what stands there when the list has nothing.

Pure. Values are put in once and never read again for placeholders, so that a name with braces in it is only a name.

Promises: a merge says which parts came from where (`Merged.parts`) and what was missing (`gaps`); it never fails. What is to
be sent asks `refuse_gaps`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gateway.errors import Refused
from hardware.pdu import segment

PLACEHOLDER = re.compile(r"\{([^{}|\n]*)(?:\|([^{}\n]*))?\}")
# As other programs and keyboards write one; « and % also stand for other things.
LOOKALIKE = re.compile(
    r"\[+([^\[\]{}\n]{1,40})\]+|<+([^<>{}\n]{1,40})>+|｛([^｛｝\n]{1,40})｝|«([^«»{}\n]{1,40})»|%([^\W\d][\w ]{0,40})%|\*\|(\w{1,40})\|\*"
)
PLAIN = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "`": "'", "´": "'",
        "“": '"', "”": '"', "„": '"', "‟": '"', "″": '"', "«": '"', "»": '"',
        "–": "-", "—": "-", "‐": "-", "‑": "-", "‒": "-", "−": "-", "…": "...", "•": "*",
        "\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2002": " ", "\u2003": " ", "\u200b": None, "\ufeff": None, "\t": " ",
    }
)  # fmt: skip
Part = tuple[Literal["plain", "mark", "gap"], str]


@dataclass(frozen=True)
class Merged:
    """A text as one person reads it. `parts`: what is plain, what came from a value (mark), what is missing (gap)."""

    parts: tuple[Part, ...]
    gaps: tuple[str, ...]  # names of placeholders that had neither a value nor a fall-back

    @property
    def text(self) -> str:
        """The words; a gap stands as its name in braces."""
        return "".join(f"{{{words}}}" if kind == "gap" else words for kind, words in self.parts)

    def refuse_gaps(self) -> None:
        """Refuse a text that somebody would read with a hole in it."""
        if self.gaps:
            names = ", ".join(f"{{{name}}}" for name in dict.fromkeys(self.gaps))
            raise Refused(
                f"Nothing is known of them that could stand in the place of {names}, so it was not written."
            )


def name_of(written: str) -> str:
    """A placeholder's or a column's name as both are compared: `First Name`, `first-name` and `first_name` are one."""
    return re.sub(r"[\W_]+", "_", written.strip().casefold()).strip("_")


def placeholders(text: str) -> list[tuple[str, str | None]]:
    """Each placeholder of a text in order: its name and its fall-back, None when it has none."""
    return [(name_of(found[1]), found[2]) for found in PLACEHOLDER.finditer(text)]


def lookalikes(text: str) -> list[tuple[str, str]]:
    """What may be meant for placeholders and is none, in order: as it stands (`[First name]`), and its name."""
    found = ((each[0], next(filter(None, each.groups()))) for each in LOOKALIKE.finditer(text))
    return [(stands, name_of(inside)) for stands, inside in found if name_of(inside)]


def stray_brace(text: str) -> str | None:
    """The first brace that belongs to no placeholder, with what stands around it; None when all are whole."""
    rest = PLACEHOLDER.sub(lambda found: "\0" * len(found[0]), text)
    at = next((i for i, c in enumerate(rest) if c in "{}"), None)
    return None if at is None else text[max(0, at - 8) : at + 12]


def merge(text: str, values: Mapping[str, str]) -> Merged:
    """Put values (by `name_of`) into a text. A blank value counts as none."""
    parts: list[Part] = []
    gaps: list[str] = []
    end = 0
    for found in PLACEHOLDER.finditer(text):
        if found.start() > end:
            parts.append(("plain", text[end : found.start()]))
        value = " ".join(values.get(name_of(found[1]), "").split()) or (found[2] or "").strip()
        if value:
            parts.append(("mark", value))
        else:
            parts.append(("gap", found[1]))
            gaps.append(name_of(found[1]))
        end = found.end()
    if end < len(text):
        parts.append(("plain", text[end:]))
    return Merged(tuple(parts), tuple(gaps))


def straightened(text: str) -> str:
    """The text with typographic quotes, dashes, dots and blanks as every phone's own alphabet has them."""
    return text.translate(PLAIN)


@dataclass(frozen=True)
class Odd:
    """What the characters cost that are not in the phones' own alphabet."""

    characters: str  # each once, in order
    segments: int
    without: int  # segments when they are made plain, or left out
    can_be_plain: bool  # `straightened` is enough


def odd(text: str) -> Odd | None:
    """Which characters make a text leave in UCS-2 (70 a segment instead of 160), and what that costs; None when none does."""
    plan = segment(text)
    if plan.coding != "ucs2":
        return None
    strange = "".join(dict.fromkeys(c for c in text if segment(c).coding == "ucs2"))
    plain = straightened(text)
    can = segment(plain).coding != "ucs2"
    without = plain if can else "".join(c for c in plain if c not in strange)
    return Odd(strange, plan.count, segment(without).count, can)
