"""What stops a campaign's start, and what is a coordinator's to decide: the checks of a script against its list and facts.

Pure. Product rule 4: an unknown or empty placeholder without a fall-back, no organisation name, or no way to opt out
in the first text blocks the start, and says where. What costs more than it must is pointed out and blocks nothing.

Promises: every problem that has an obvious mend carries it as (what the key says, what to replace, by what).
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from gateway import optout
from gateway.letters import fold, split
from gateway.merge import PLACEHOLDER, merge, name_of, odd, placeholders, straightened, stray_brace
from gateway.scripts import Script
from hardware.pdu import segment

Level = Literal["blocks", "decide"]
LONG = 3  # segments of a first text from which on it is pointed out
LINK = re.compile(r"https?://|www\.|\b[\w-]+\.(?:com|org|net|info|ly|link|us|mx|es)\b", re.IGNORECASE)
WAYS_OUT = {"en": "STOP to end.", "es": "ALTO para salir."}


@dataclass(frozen=True)
class Mend:
    """One tap that mends: replace `old` by `new` in the text where the problem stands; an empty `old` appends."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Problem:
    """One finding; `level` says whether it stops the start or is somebody's to decide. It stands in `text`, at `where`
    (as `Script.texts` names it).
    """

    level: Level
    where: str
    text: str
    title: str
    evidence: str
    mends: tuple[Mend, ...] = ()


@dataclass(frozen=True)
class Ground:
    """What a script is checked against. `columns`: how many people of the list have a value, by placeholder name;
    `facts`: the campaign's own; `own`: what is always known (my_name, organisation).
    """

    organisation: str
    people: int
    columns: Mapping[str, int]
    facts: Mapping[str, str]
    own: tuple[str, ...] = ("my_name", "organisation", "count")
    language: str = "en"


def problems(script: Script, ground: Ground) -> list[Problem]:
    """Everything found, what blocks first."""
    found = [problem for where, text in script.texts() for problem in _in_text(where, text, ground)]
    for where, text in _firsts(script):
        found += _first_text(where, text, ground)
    return sorted(found, key=lambda problem: problem.level != "blocks")


def right(script: Script, ground: Ground) -> list[str]:
    """What is already as it should be, for the same page."""
    said = []
    firsts = list(_firsts(script))
    if all(names_us(text, ground.organisation) for _, text in firsts):
        said.append("Says who is writing")
    if all(offers_a_way_out(text) for _, text in firsts):
        said.append("Says how to stop")
    if not any(LINK.search(text) for _, text in firsts):
        said.append("No link in a first text")
    filled = [
        name
        for name in dict.fromkeys(name for _, text in firsts for name, _ in placeholders(text))
        if ground.facts.get(name) or (ground.people and ground.columns.get(name) == ground.people)
    ]
    if filled:
        said.append(", ".join(f"{{{name}}}" for name in filled) + " filled for all")
    return said


def names_us(text: str, organisation: str) -> bool:
    """Whether a text says who is writing: the placeholder, or the name as it is."""
    named = any(name in ("organisation", "organization") for name, _ in placeholders(text))
    return named or (bool(organisation) and fold(organisation) in fold(text))


def offers_a_way_out(text: str) -> bool:
    """Whether a text holds a word that stops us when it is sent back alone, or a phrase of two."""
    words = split(text)[0]
    return any(
        optout.triage(" ".join(words[at : at + size])).kind == "stop"
        for at in range(len(words))
        for size in (1, 2)
        if words[at] in WAY_OUT_WORDS
    )


# An everyday word that also stops ("para", "end") is no offer: these are the ones that people are told to send.
WAY_OUT_WORDS = frozenset(
    [
        "stop",
        "alto",
        "baja",
        "arret",
        "stopp",
        "unsubscribe",
        "parar",
        "sair",
        "basta",
        "dur",
        "стоп",
        "قف",
        "توقف",
        "退订",
        "停止",
        "stopall",
        "cancel",
        "cancelar",
    ]
)


def _firsts(script: Script) -> Iterator[tuple[str, str]]:
    several = len(script.first.texts) > 1
    for number, text in enumerate(script.first.texts, 1):
        yield f"the first text, wording {number}" if several else "the first text", text


def _in_text(where: str, text: str, ground: Ground) -> Iterator[Problem]:
    brace = stray_brace(text)
    if brace is not None:
        yield Problem(
            "blocks",
            where,
            text,
            f"A brace stands alone in “{brace}”.",
            "A placeholder is written {like_this}.",
        )
    for name, fallback in dict.fromkeys(placeholders(text)):
        if name in ground.own or ground.facts.get(name) or (fallback or "").strip():
            continue
        if name not in ground.columns:
            yield _unknown(where, text, name, ground)
        elif ground.columns[name] < ground.people:
            yield _empty(where, text, name, ground)


def _unknown(where: str, text: str, name: str, ground: Ground) -> Problem:
    known = [*ground.columns, *(fact for fact, value in ground.facts.items() if value), *ground.own]
    written = next(p for p in _written(text) if name_of(p) == name)
    mends = tuple(
        Mend(f"Use {{{like}}}", f"{{{written}}}", f"{{{like}}}")
        for like in difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    )
    what = (
        "is a fact of this campaign that is not filled in"
        if name in ground.facts
        else "is not a column of your list"
    )
    return Problem(
        "blocks",
        where,
        text,
        f"“{{{written}}}” {what}.",
        f"All {ground.people:,} people would read a hole."
        if ground.people
        else "Everybody would read a hole.",
        (*mends, _fallback(written)),
    )


def _empty(where: str, text: str, name: str, ground: Ground) -> Problem:
    holes = ground.people - ground.columns[name]
    written = next(p for p in _written(text) if name_of(p) == name)
    return Problem(
        "blocks",
        where,
        text,
        f"“{{{written}}}” is empty for {holes:,} of {ground.people:,} people.",
        "They would read a hole.",
        (_fallback(written),),
    )


def _written(text: str) -> Iterator[str]:
    return (found[1] for found in PLACEHOLDER.finditer(text))


def _fallback(written: str) -> Mend:
    return Mend("Give a fall-back", f"{{{written}}}", f"{{{written}|friend}}")


def _first_text(where: str, text: str, ground: Ground) -> Iterator[Problem]:
    if not names_us(text, ground.organisation):
        yield Problem(
            "blocks",
            where,
            text,
            "It does not say who is writing.",
            "The first text must name the organisation.",
            (Mend("Add “{organisation}: ” in front", "^", "{organisation}: "),),
        )
    if not offers_a_way_out(text):
        way = WAYS_OUT.get(ground.language, WAYS_OUT["en"])
        yield Problem(
            "blocks",
            where,
            text,
            "No way out.",
            "The first text must say how to stop.",
            (Mend(f"Add “{way}”", "", f" {way}"),),
        )
    strange = odd(text)
    if strange is not None and strange.segments > strange.without:
        more = (strange.segments - strange.without) * ground.people
        mends = (Mend("Straighten it", text, straightened(text)),) if strange.can_be_plain else ()
        yield Problem(
            "decide",
            where,
            text,
            f"{strange.characters[:6]} makes this {strange.segments} texts, not {strange.without}.",
            f"It costs {more:,} more texts over the list." if more else "It costs more with each person.",
            mends,
        )
    if LINK.search(text):
        yield Problem(
            "decide",
            where,
            text,
            "A link stands in the first text.",
            "Networks take links from strangers for spam, and people do too. Send it in the second.",
        )
    usual = merge(
        text, {**ground.facts, "organisation": ground.organisation, "my_name": "Maria", "first_name": "Maria"}
    )
    count = segment(usual.text).count
    if count > LONG:
        yield Problem(
            "decide",
            where,
            text,
            f"It is {count} texts long.",
            f"{ground.people * count:,} texts over the list.",
        )
