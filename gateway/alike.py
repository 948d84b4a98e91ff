"""Two answers of one step that read alike: two buttons that nobody can tell apart, or words by which a reply reads as both.

Pure. What a reply reads as is for `gateway/suggest.py`: where the same words stand at two answers, it suggests neither.

Promises: case, accents, punctuation and spaces make no difference; each finding carries mends, each of them the whole step as it
would be. Never fails.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from gateway.letters import split
from gateway.scripts import Choice, Step

MOST_SAID = 3  # words that are named one by one


@dataclass(frozen=True)
class Instead:
    """One tap that mends: this step in the place of the one with its id."""

    label: str
    step: Step


@dataclass(frozen=True)
class Alike:
    """Two answers of a step that read alike, in words for the coordinator. `of`: what it hangs on; another text is another finding."""

    title: str
    evidence: str
    of: str
    mends: tuple[Instead, ...]


def alike(step: Step) -> Iterator[Alike]:
    """Every pair of answers of this step that reads alike."""
    for one, other in combinations(step.choices, 2):
        if _plain(one.label) == _plain(other.label):
            yield _buttons(step, one, other)
        shared = [said for said in dict.fromkeys(_phrases(one)) if said in _phrases(other)]
        if shared:
            yield _replies(step, one, other, shared)


def _plain(words: str) -> str:
    """The words without case, accents and punctuation; as they are when nothing else would remain (an emoji)."""
    return " ".join(split(words)[0]) or words.strip()


def _phrases(choice: Choice) -> list[str]:
    return [_plain(read) for read in choice.reads]


def _buttons(step: Step, one: Choice, other: Choice) -> Alike:
    same = one.label == other.label
    joined = replace(one, reads=tuple(dict.fromkeys((*one.reads, *other.reads))))
    if replace(other, id=one.id, label=one.label, reads=joined.reads) == joined:
        choices = tuple(joined if each == one else each for each in step.choices if each != other)
        mend = Instead("Make them one", replace(step, choices=choices))
    else:
        name = _another_name(step, other)
        mend = Instead(f"Call the second “{name}”", _with(step, replace(other, label=name)))
    return Alike(
        f"Two buttons say “{one.label}”." if same else f"“{one.label}” and “{other.label}” read alike.",
        "A volunteer cannot tell them apart.",
        f"{step.label}\n{one.label}\n{other.label}",
        (mend,),
    )


def _another_name(step: Step, choice: Choice) -> str:
    """What the button could say: with what it writes down, else with a number."""
    taken = {_plain(each.label) for each in step.choices}
    written = ", ".join(value.replace("_", " ") for value in choice.records.values())
    names = [
        f"{choice.label[:40].rstrip()} ({written[:36]})" if written else choice.label,
        *(f"{choice.label[:70].rstrip()} {at}" for at in range(2, len(taken) + 3)),
    ]
    return next(name for name in names if _plain(name) not in taken)


def _replies(step: Step, one: Choice, other: Choice, shared: list[str]) -> Alike:
    named = [f"“{said}”" for said in shared[:MOST_SAID]]
    if len(shared) > MOST_SAID:
        named.append(f"{len(shared) - MOST_SAID} more")
    said = " and ".join([", ".join(named[:-1]), named[-1]] if named[1:] else named)
    return Alike(
        f"{said} {'read' if named[1:] else 'reads'} as “{one.label}” and as “{other.label}”.",
        "A reply that says so is suggested as neither.",
        "\n".join([step.label, one.label, other.label, *shared]),
        (
            Instead(f"Leave it to “{one.label}”", _with(step, _without(other, shared))),
            Instead(f"Leave it to “{other.label}”", _with(step, _without(one, shared))),
        ),
    )


def _without(choice: Choice, said: list[str]) -> Choice:
    return replace(choice, reads=tuple(read for read in choice.reads if _plain(read) not in said))


def _with(step: Step, changed: Choice) -> Step:
    return replace(step, choices=tuple(changed if each.id == changed.id else each for each in step.choices))
