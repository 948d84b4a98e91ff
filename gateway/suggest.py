"""What a reply may mean: the answer of the present step that it reads as, for a person to confirm.

Pure. Suggests and never decides: nothing is recorded before somebody taps. When a reply reads as two different answers,
or as none, there is no suggestion.

Promises: a letter alone, or at the end of a few words ("sure, B"), is an answer, and one in a sentence is not ("a call"); what answers
the next question too ("slot B works") is that answer. `YES 2` is "yes" with the number 2; `no thanks` is "no", and "no problem" is
nothing; two answers are none, but where one says the other too ("yes, but I need a ride") it is that one; in a long reply one word in
the middle of a sentence ("we could not get up there") is no answer; a number that is not the only one, an hour, or whom they bring
besides themselves ("plus one") is not taken; a thumb that an iPhone puts to our own words in quotes says nothing; the time grows with the
length of the text. It never fails.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.letters import fold, split
from gateway.optout import TAPBACK
from gateway.scripts import Choice, Ready, Script, Step

NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "uno": 1, "una": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10,
}  # fmt: skip
FIGURE = re.compile(r"\d[\d.,:/]*\d|\d")
GROUPED = re.compile(r"(\d{1,7}|\d{1,3}(,\d{3})+(\.00)?|\d{1,3}(\.\d{3})+(,00)?|\d{1,7}[.,]00)", re.ASCII)
TIME = re.compile(
    r"\b(?:at|until|till|by|from|after|before|since|a las?|hasta las?|desde las?)\s+"
    rf"(?:\d{{1,2}}(?:[:.]\d\d)?\b(?![.,]?\d)|(?:{'|'.join(NUMBERS)})\b)"
    r"|\b\d{1,2}(?:[:.]\d\d)?\s?(?:am|pm|a\.m|p\.m|o'?clock)\b|\b\d{1,2}:\d\d\b"
)
BESIDES = re.compile(
    rf"(?:\+|\b(?:plus|mas))\s*(?:\d+|{'|'.join(NUMBERS)})\b(?![-\s]?\d)"
)  # and no telephone number
LONGEST = 1600
MOST_WORDS = 40
SURE_WORDS = 4  # a reply that is little more than the answer
FEW_WORDS = 2
LONG_WORDS = 12  # from here on a single word says something only where a sentence or a part of it begins
AGREES = frozenset([
    "yes", "yeah", "yep", "yup", "sure", "ok", "okay", "fine", "great", "i", "i'll", "can", "do", "will", "take", "want", "prefer", "the",
    "slot", "shift", "option", "please", "si", "claro", "bueno", "vale", "yo", "puedo", "quiero", "el", "la", "turno", "opcion",
])  # fmt: skip
NO_ANSWERS = (  # which say another thing than the word in them
    "no problem",
    "no worries",
    "no doubt",
    "not a problem",
    "why not",
    "no hay problema",
    "sin problema",
    "no te preocupes",
    "no matter what",
    "no later than",
    *("wont miss", "will not miss", "would not miss", "can not wait", "cannot wait"),
    *("no faltare", "no faltaremos", "no me lo pierdo", "no nos lo perdemos"),
    *("dont need a ride", "do not need a ride", "i have a ride", "we have a ride", "ya tengo transporte"),
)
DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")  # "yesss"
MOST = 1_000_000


@dataclass(frozen=True)
class Suggestion:
    """What a reply reads as. `number` is one that stands in it (seats, an amount); `sure`: it says little else."""

    choice: Choice
    number: int | None
    sure: bool


def number_in(text: str) -> int | None:
    """The one number of a reply; None when there is none, when there are several, or when it is no whole number. "1,000" and "1.000"
    are a thousand; the hour of "at 6" or "18:00" counts nothing.
    """
    found = _numbers(text)
    return found[0] if len(found) == 1 and found[0] and 0 < found[0] <= MOST else None


def _numbers(text: str) -> list[int | None]:
    """Every number of a reply; None for one that is not whole, "1,5", "99.50", "24/12", and for whom they bring besides."""
    plain = TIME.sub(" ", fold(text[:LONGEST]))
    figures = [match[0] for match in FIGURE.finditer(plain)]
    found = [_whole(figure) if GROUPED.fullmatch(figure) else None for figure in figures]
    found += [None] * bool(BESIDES.search(plain))
    return found + [NUMBERS[word] for word in split(FIGURE.sub(" ", plain))[0] if word in NUMBERS]


def _whole(figure: str) -> int:
    return int(re.sub(r"[.,](?=\d{2}$|\d{3})", "", re.sub(r"[.,]00$", "", figure)))


def suggestion(step: Step, text: str) -> Suggestion | None:
    """The answer of this step that a reply reads as."""
    found, breaks = split(DRAWN_OUT.sub(r"\1", text[:LONGEST]))
    words = found[:MOST_WORDS]
    if not words or TAPBACK.match(text[:80]):
        return None
    number = number_in(text)
    line, alone = _line(words, breaks)
    hits = [(choice, length) for choice in step.choices if (length := _longest(choice, line, alone))]
    if not hits:
        only_number = number is not None and len(words) <= 2
        counting = [choice for choice in step.choices if choice.number] if only_number else []
        return Suggestion(counting[0], number, sure=True) if len(counting) == 1 else None
    best = max(length for _, length in hits)
    longest = [choice for choice, length in hits if length == best]
    # A longer phrase that holds the shorter one wins ("not sure" over "sure"); two separate answers win nothing.
    held = len(longest) == 1 and all(
        _inside(choice, longest[0], line) for choice, length in hits if length < best
    )
    meant = longest[0] if held else _says_all([choice for choice, _ in hits])
    if meant and len(_numbers(text)) > 1 and any(said.isdecimal() for said in meant.records.values()):
        return None  # one of several numbers is no answer to how many
    return Suggestion(meant, number, sure=len(words) <= SURE_WORDS) if meant else None


def asked(ready: Sequence[Ready], text: str) -> Ready | None:
    """The ready answer to the question that a reply reads as, for who finds no answer in it; None when it reads as none or as two."""
    if TAPBACK.match(text[:80]):
        return None
    found, breaks = split(DRAWN_OUT.sub(r"\1", text[:LONGEST]))
    line, _ = _line(found[:MOST_WORDS], breaks)
    # One word says what is asked only where it is nearly all that is said: "Where?", and not "where do I unsubscribe".
    alone: set[str] | None = None if len(line.split()) <= FEW_WORDS else set()
    fits = [each for each in ready if _longest(each, line, alone)]
    return fits[0] if len(fits) == 1 else None


def _line(words: list[str], breaks: Iterable[int]) -> tuple[str, set[str] | None]:
    """The words to look in; of a long reply also those at which a part of it begins, the only ones that say something alone."""
    alone = None if len(words) < LONG_WORDS else {words[at] for at in {0, *breaks} if at < len(words)}
    line = f" {' '.join(words)} "
    for phrase in NO_ANSWERS:
        line = line.replace(f" {phrase} ", " ")
    return line, alone


def foreseen(script: Script, step: Step, text: str) -> Suggestion | None:
    """The answer of this step that a reply reads as, or one of the question that follows, where it gives that too ("sure, B"): one that
    says this step's answer and more.
    """
    found = suggestion(step, text)
    counted = found is not None and found.choice.number and found.number is not None
    for choice in () if counted else (found.choice,) if found else step.choices:
        if choice.records and choice.next and choice.next != step.id:
            later = suggestion(script.step(choice.next), text)
            fuller = later and later.choice.records.items() > choice.records.items()
            if later and fuller and step.choice(later.choice.id) is None:
                return later
    return found


def _says_all(choices: list[Choice]) -> Choice | None:
    """The one of these that writes down what each other does, and more."""
    fullest = max(choices, key=lambda choice: len(choice.records))
    others = [choice.records.items() for choice in choices if choice is not fullest]
    return fullest if all(said and said < fullest.records.items() for said in others) else None


def _phrases(choice: Choice | Ready) -> list[str]:
    return [" ".join(split(read)[0]) for read in choice.reads]


def _longest(choice: Choice | Ready, line: str, alone: set[str] | None) -> int:
    """The length of the longest reading in the line; of readings of one word only those `alone` count, when it is given."""
    found = (
        phrase
        for phrase in _phrases(choice)
        if phrase
        and f" {phrase} " in line
        and (len(phrase) > 1 or phrase.isdecimal() or _says_the_letter(line, phrase))
    )
    return max(
        (len(phrase) for phrase in found if alone is None or " " in phrase or phrase in alone), default=0
    )


def _says_the_letter(line: str, letter: str) -> bool:
    """Whether a letter is an answer here: all of a reply, or behind nothing but a yes ("sure, B"); never "a call", "not A", "A or B"."""
    *before, last = line.split()
    return last == letter and AGREES.issuperset(before)


def _inside(shorter: Choice, longer: Choice, line: str) -> bool:
    """Whether every reading of `shorter` in the line stands within a reading of `longer`."""
    for phrase in sorted(_phrases(longer), key=len, reverse=True):
        if phrase:
            line = line.replace(f" {phrase} ", "  ")
    return not any(phrase and f" {phrase} " in line for phrase in _phrases(shorter))
