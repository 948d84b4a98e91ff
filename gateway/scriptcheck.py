"""What stops a campaign's start, and what is a coordinator's to decide: the checks of a script against its list and facts.

Pure. Product rule 4: an unknown or empty placeholder without a fall-back, no organisation name, or no way to opt out
in the first text blocks the start, and says where. What costs more than it must is pointed out and blocks nothing.

Promises: every problem that has an obvious mend carries it as (what the key says, what to replace, by what), or as a step in the
place of another. A hint that somebody said is meant stays quiet until the text that it is about changes; what blocks never does.
"""

import difflib
import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gateway.alike import Instead, alike
from gateway.letters import fold
from gateway.merge import (
    PLACEHOLDER,
    lookalikes,
    merge,
    name_of,
    odd,
    placeholders,
    straightened,
    stray_brace,
)
from gateway.message import MOST_SEGMENTS, too_long
from gateway.scripts import Script, Step
from gateway.wayout import offers_a_way_out
from hardware.pdu import segment

Level = Literal["blocks", "decide"]
LONG = 3  # segments of a first text from which on it is pointed out
LINK = re.compile(r"https?://|www\.|\b[\w-]+\.(?:com|org|net|info|ly|link|us|mx|es)\b", re.IGNORECASE)
WAYS_OUT = {"en": "STOP to end.", "es": "ALTO para salir."}
FRIENDS = {"en": "friend", "es": "vecino"}
SELDOM_MEANT = ("name", "organization", "count")
BLANK = "..."  # stands for a fact that has to be filled in before the start
MOST_ODD = 6  # different characters: more are no slip, they are another alphabet
YOURS = {"en": "your", "es": "tu"}


@dataclass(frozen=True)
class Mend:
    """One tap that mends: replace `old` by `new` in the text where the problem stands; an empty `old` appends, "^" puts in front."""

    label: str
    old: str
    new: str

    @property
    def key(self) -> str:
        """What a form sends back: the label, with the placeholder where one is replaced."""
        return f"{self.label} {self.old}" if PLACEHOLDER.fullmatch(self.old) else self.label

    def applied(self, text: str) -> str:
        """The text, mended."""
        if self.old == "^":
            return self.new + text
        return text.replace(self.old, self.new) if self.old else text.rstrip() + self.new


@dataclass(frozen=True)
class Problem:
    """One finding; `level` says whether it stops the start or is somebody's to decide. It stands in `text`, at `where`
    (as `Script.texts` names it). `rule` tells the hints of one text apart.
    """

    level: Level
    where: str
    text: str
    title: str
    evidence: str
    mends: tuple[Mend, ...] = ()
    steps: tuple[Instead, ...] = ()  # one tap that exchanges a step
    rule: str = ""

    @property
    def hint(self) -> bool:
        """Whether somebody may say that it is meant."""
        return self.level == "decide"

    @property
    def key(self) -> str:
        """What a hint is known by: another rule, or another text, is another hint."""
        return hashlib.sha256(f"{self.rule}\n{self.text}".encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Ground:
    """What a script is checked against. `columns`: how many people of the list have a value, by placeholder name;
    `facts`: the campaign's own; `own`: what is always known (my_name, organisation); `wordings`: among how many first texts the
    people are shared out.
    """

    organisation: str
    people: int
    columns: Mapping[str, int]
    facts: Mapping[str, str]
    own: tuple[str, ...] = ("my_name", "organisation", "count")
    language: str = "en"
    wordings: int = 1

    @property
    def share(self) -> int:
        """How many people get one wording."""
        return -(-self.people // max(1, self.wordings))


def problems(script: Script, ground: Ground) -> list[Problem]:
    """Everything found in a script, what blocks first."""
    counted = {choice.counted for step in script.steps for choice in step.choices}
    found = [
        problem
        for where, text in script.texts()
        for problem in of_text(text, ground, where, first=text in script.first.texts, counted=text in counted)
    ]
    found += [problem for step in script.steps for problem in of_step(step)]
    found += _without_a_day(script, ground)
    return sorted(found, key=lambda problem: problem.level != "blocks")


def _without_a_day(script: Script, ground: Ground) -> Iterator[Problem]:
    """Reminders that nobody would get: the fact that names their day is not filled in. Those of a shift that does not exist have nobody."""
    for reminder in script.reminders:
        shifts = reminder.when.get("slot", ())
        nobody = bool(shifts) and not any(ground.facts.get(f"slot_{shift}") for shift in shifts)
        if ground.facts.get(reminder.fact) != "" or nobody:
            continue
        yield Problem(
            "decide",
            f"the reminder “{reminder.label}”",
            reminder.text,
            f"“{reminder.label}” has no day.",
            "Its people get no reminder until that day stands among the facts.",
            rule=f"day {reminder.id}",
        )


def of_text(
    text: str, ground: Ground, where: str = "", *, first: bool = False, counted: bool = False
) -> list[Problem]:
    """Everything found in one text, what blocks first. `first`: it is what somebody gets unasked; `counted`: it is offered
    when a number is known, as {count}.
    """
    found = [
        *_in_text(where, text, ground, counted=counted),
        *(_first_text(where, text, ground) if first else ()),
    ]
    found += [*_odd(where, text, ground, first=first), *_long(where, text, ground, first=first)]
    return sorted(found, key=lambda problem: problem.level != "blocks")


def of_step(step: Step) -> list[Problem]:
    """Everything found between the answers of a step."""
    return [
        Problem(
            "decide", f"“{step.label}”", each.of, each.title, each.evidence, steps=each.mends, rule="alike"
        )
        for each in alike(step)
    ]


def unmeant(found: Iterable[Problem], meant: Collection[str]) -> list[Problem]:
    """What is still to be said, when hints with these keys are meant."""
    return [problem for problem in found if not (problem.hint and problem.key in meant)]


def right(firsts: Sequence[str], ground: Ground) -> list[str]:
    """What is already as it should be in these first texts, for the same page."""
    said = []
    if all(names_us(text, ground.organisation) for text in firsts):
        said.append("Says who is writing")
    if all(offers_a_way_out(text, ground.organisation) for text in firsts):
        said.append("Says how to stop")
    if not any(LINK.search(_usual(text, ground)) for text in firsts):
        said.append("No link in a first text")
    filled = [
        name
        for name in dict.fromkeys(name for text in firsts for name, _ in placeholders(text))
        if ground.facts.get(name, BLANK) not in ("", BLANK)
        or (ground.people and ground.columns.get(name) == ground.people)
    ]
    if filled:
        said.append(", ".join(f"{{{name}}}" for name in filled) + " filled for all")
    return said


def names_us(text: str, organisation: str) -> bool:
    """Whether a text says who is writing: the placeholder, or the name as it is."""
    named = any(name in ("organisation", "organization") for name, _ in placeholders(text))
    return named or (bool(organisation) and fold(organisation) in fold(text))


def _in_text(where: str, text: str, ground: Ground, *, counted: bool) -> Iterator[Problem]:
    brace = stray_brace(text)
    if brace is not None:
        yield Problem(
            "blocks",
            where,
            text,
            f"A brace stands alone in “{brace}”.",
            "A placeholder is written {like_this}.",
        )
    yield from _lookalikes(where, text, ground)
    for name, fallback in dict.fromkeys(placeholders(text)):
        if name == "count" and not counted:
            yield Problem(
                "blocks",
                where,
                text,
                "“{count}” is known only when a reply says a number.",
                "It belongs into the words that are offered then.",
            )
        if name in ground.own or ground.facts.get(name) or (fallback or "").strip():
            continue
        if name not in ground.columns:
            yield _unknown(where, text, name, ground)
        elif ground.columns[name] < ground.people:
            yield _empty(where, text, name, ground)


def _lookalikes(where: str, text: str, ground: Ground) -> Iterator[Problem]:
    """`[First name]` for `{first_name}`: nothing is put in for it. What names nothing that is known may be meant: “[free]”; and “[1]” is, and
    who is writing, as many begin a text.
    """
    known = {"name", *ground.columns, *ground.facts, *ground.own}
    for stands, name in dict.fromkeys(lookalikes(text)):
        if name in known:
            mend = Mend(f"Use {{{name}}}", stands, f"{{{name}}}")
            how = "A placeholder is written {like_this}. Everybody would read this one as it stands."
            yield Problem("blocks", where, text, f"“{stands}” is no placeholder.", how, (mend,))
        elif stands[0] in "[<｛*" and len(name) > 1 and name != name_of(ground.organisation):
            yield Problem(
                "decide",
                where,
                text,
                f"“{stands}” would leave as it stands.",
                "Nothing is put in for it. Is it still to be filled in?",
                rule=f"lookalike {stands}",
            )


def _unknown(where: str, text: str, name: str, ground: Ground) -> Problem:
    facts = (fact for fact, value in ground.facts.items() if value)
    known = [each for each in (*ground.columns, *facts, *ground.own) if each not in SELDOM_MEANT]
    written = next(p for p in _written(text) if name_of(p) == name)
    mends = tuple(
        Mend(f"Use {{{like}}}", f"{{{written}}}", f"{{{like}}}")
        for like in difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    )
    if name in ground.facts:
        what = "is a fact of this campaign that is not filled in"
    elif ground.columns:
        what = "is not a column of your list"
    else:
        what = "is no fact of this campaign, and it has no list yet"
    return Problem(
        "blocks",
        where,
        text,
        f"“{{{written}}}” {what}.",
        f"All {ground.people:,} people would read a hole."
        if ground.people
        else "Everybody would read a hole.",
        (*mends, _fallback(written, ground)),
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
        (_fallback(written, ground),),
    )


def _written(text: str) -> Iterator[str]:
    return (found[1] for found in PLACEHOLDER.finditer(text))


def _fallback(written: str, ground: Ground) -> Mend:
    """What stands there instead: a friendly word for a name, "your building" for anything else; a person rewrites it."""
    words = name_of(written).replace("_", " ")
    if "name" in words or "nombre" in words:
        instead = FRIENDS.get(ground.language, FRIENDS["en"])
    else:
        instead = f"{YOURS.get(ground.language, YOURS['en'])} {words}"
    return Mend("Give a fall-back", f"{{{written}}}", f"{{{written}|{instead}}}")


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
    if not offers_a_way_out(text, ground.organisation):
        way = WAYS_OUT.get(ground.language, WAYS_OUT["en"])
        yield Problem(
            "blocks",
            where,
            text,
            "No way out.",
            "The first text must say how to stop.",
            (Mend(f"Add “{way}”", "", f" {way}"),),
        )
    if LINK.search(_usual(text, ground)):
        yield Problem(
            "decide",
            where,
            text,
            "A link stands in the first text.",
            "Networks take links from strangers for spam, and people do too. Send it in the second.",
            rule="link",
        )


def _usual(text: str, ground: Ground) -> str:
    """The text as somebody with a name of usual length reads it."""
    known = {"organisation": ground.organisation, "organization": ground.organisation}
    return merge(text, {**ground.facts, **known, "my_name": "Maria", "first_name": "Maria"}).text


def _odd(where: str, text: str, ground: Ground, *, first: bool) -> Iterator[Problem]:
    """What characters cost that phones' own alphabet lacks; beyond a first text only when they can be had for less."""
    strange = odd(_usual(text, ground))
    if strange is None or strange.segments <= strange.without or len(strange.characters) > MOST_ODD:
        return
    plain = straightened(text)
    mends = (Mend("Straighten it", text, plain),) if strange.can_be_plain and plain != text else ()
    if first or mends:
        more = (strange.segments - strange.without) * ground.share
        over = (
            f"It costs {more:,} more texts over {_whom(ground)}."
            if more
            else "It costs more with each person."
        )
        yield Problem(
            "decide",
            where,
            text,
            f"{_how_many(strange.characters, text)} this {strange.segments} texts, not {strange.without}.",
            over if first else "It costs more with each person who gets it.",
            mends,
            rule="odd",
        )


def _whom(ground: Ground) -> str:
    return "the list" if ground.wordings < 2 else f"the {ground.share:,} people who get it"


def _how_many(characters: str, text: str) -> str:
    if len(characters) > 1:
        return f"{' '.join(characters)} make"
    return f"One {characters} makes" if text.count(characters) == 1 else f"{characters} makes"


def _long(where: str, text: str, ground: Ground, *, first: bool) -> Iterator[Problem]:
    usual = _usual(text, ground)
    if too_long(usual):
        yield Problem(
            "blocks",
            where,
            text,
            f"It is more than {MOST_SEGMENTS} texts long.",
            "No text of that length can leave.",
        )
    elif first and (count := segment(usual).count) > LONG:
        yield Problem(
            "decide",
            where,
            text,
            f"It is {count} texts long.",
            f"{ground.share * count:,} texts over {_whom(ground)}.",
            rule="long",
        )
