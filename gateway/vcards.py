"""vCards as phones export them: versions 2.1, 3.0 and 4.0, as rows of a list.

Pure. A reader of our own: the libraries that are kept know version 3 well and 2.1, which most phones still write, hardly
(quoted-printable in any charset, bare parameters such as `TEL;CELL:`); they also take the whole file into memory, with
its photos. Here a card is eight cells, whatever else it holds.

Promises: every card is a row, also one that breaks off. Of several numbers the mobile one counts. Never fails.
"""

import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gateway.sheets import Row

OTHERS = (
    "Other phone",
    "Third phone",
)  # kept only where somebody asks for them; of a file of opt-outs each counts
HEADER = ("Number", "First name", "Last name", "Language", "Organisation", "Email", *OTHERS)
MOST_LINE = 4000  # characters; a photo is passed over
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
SPLIT = re.compile(r"(?<!\\);")
RANK = {
    "cell": 0,
    "iphone": 0,
    "mobile": 0,
    "pref": 1,
    "": 2,
    "home": 3,
    "work": 4,
    "main": 4,
    "fax": 9,
    "pager": 9,
}


@dataclass
class _Card:
    first: str = ""
    last: str = ""
    full: str = ""
    language: str = ""
    organisation: str = ""
    email: str = ""
    numbers: list[tuple[int, int, str]] = field(default_factory=list)

    def cells(self) -> tuple[str, ...]:
        ranked = [number for _, _, number in sorted(self.numbers)] + [""] * (1 + len(OTHERS))
        first, last = self.first, self.last
        if not (first or last) and self.full:
            first, _, last = self.full.partition(" ")
        number, *others = ranked[: 1 + len(OTHERS)]
        return (number, first, last, self.language, self.organisation, self.email, *others)


def is_vcard(text: str) -> bool:
    """True when this text begins like a vCard."""
    return text.lstrip("\ufeff \r\n\t")[:11].upper() == "BEGIN:VCARD"


def rows(lines: Iterable[str]) -> Iterator[Row]:
    """A row for each card, after one with the names of the columns."""
    yield Row(1, HEADER)
    number, card = 1, None
    for line in _unfolded(lines):
        name, parameters, value = _parts(line)
        if name == "BEGIN" and value.strip().upper() == "VCARD":
            if card is not None:
                number += 1
                yield Row(number, card.cells())
            card = _Card()
        elif card is not None and name == "END":
            number += 1
            yield Row(number, card.cells())
            card = None
        elif card is not None:
            _take(card, name, parameters, value)
    if card is not None:
        yield Row(number + 1, card.cells())


def _unfolded(lines: Iterable[str]) -> Iterator[str]:
    """Whole lines: continued by a blank at the next one's beginning, or by `=` at the end of quoted-printable."""
    held = ""
    for raw in lines:
        line = raw.rstrip("\r\n").replace("\0", "")
        soft = held.endswith("=") and "QUOTED-PRINTABLE" in held[:200].upper()
        if soft:
            held = held[:-1] + line
        elif line[:1] in (" ", "\t"):
            held += line[1:]
        else:
            if held:
                yield held
            held = line
        held = held if len(held) < MOST_LINE or soft else held[:MOST_LINE]
    if held:
        yield held


def _parts(line: str) -> tuple[str, dict[str, list[str]], str]:
    head, _, value = line.partition(":")
    if head.count('"') % 2:  # a colon inside a quoted parameter
        more, _, value = value.partition('":')
        head = f"{head}:{more}"
    name, *rest = head.split(";")
    parameters: dict[str, list[str]] = {}
    for one in rest:
        key, equals, words = one.partition("=")
        if not equals:
            key, words = "TYPE", key
        parameters.setdefault(key.strip().upper(), []).extend(
            word.strip(' "').lower() for word in words.split(",")
        )
    return name.rpartition(".")[2].strip().upper(), parameters, _decoded(value, parameters)


def _decoded(value: str, parameters: dict[str, list[str]]) -> str:
    written = parameters.get("ENCODING", []) + parameters.get("TYPE", [])
    if "quoted-printable" not in written:
        return value
    octets = quopri.decodestring(value.encode("utf-8", "replace"))
    try:
        return octets.decode(parameters.get("CHARSET", ["utf-8"])[0], "replace")
    except LookupError:
        return octets.decode("utf-8", "replace")


def _take(card: _Card, name: str, parameters: dict[str, list[str]], value: str) -> None:
    plain = " ".join(ESCAPE.sub(lambda found: " " if found[1] in "nN" else found[1], value).split())
    if name == "N":
        last, first, *_ = [
            *(" ".join(ESCAPE.sub(r"\1", part).split()) for part in SPLIT.split(value)),
            "",
            "",
        ]
        card.first, card.last = first, last
    elif name == "FN":
        card.full = card.full or plain
    elif name == "TEL" and plain:
        kinds = [RANK[kind] for kind in parameters.get("TYPE", []) if kind in RANK]
        bad = max(kinds, default=RANK[""]) == RANK["fax"]
        card.numbers.append(
            (
                RANK["fax"] if bad else min(kinds, default=RANK[""]),
                len(card.numbers),
                re.sub(r"(?i)^tel:", "", plain),
            )
        )
    elif name in ("LANG", "ORG", "EMAIL"):
        where = {"LANG": "language", "ORG": "organisation", "EMAIL": "email"}[name]
        said = " ".join(plain.replace(";", " ").split()) if name == "ORG" else plain
        setattr(card, where, getattr(card, where) or said)
