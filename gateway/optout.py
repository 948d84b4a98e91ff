"""Does this text ask us to stop? Three ways: it does and opts out by itself, a person has to look, or it is a
reply.

Pure. `gateway/stopwords.py` has the words. A text is compared after its case, accents, punctuation, emoji,
invisible characters, politeness and drawn-out letters are taken off.

Promises: only a text that is nothing but a stop opts out by itself; a stop word inside a longer one is for a
person; no usual answer to an invitation ("yes", "no", "maybe", a number) is a stop, a start or a question of
it in any language here; "yes" never re-joins. The time grows with the length of the text and no faster. It
never fails.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gateway import stopwords
from gateway.letters import fold, split

Kind = Literal["stop", "ask", "start", "help", "reply"]

SHORT = 3  # words; up to here an everyday word that can be a stop is shown to a person
LONGEST_PHRASE = 9
EASTERN = "\u0e00"  # from here on in Unicode: scripts that put no spaces between words
TO_LATIN = str.maketrans("аеорсухкмтвніјѕԛ", "aeopcyxkmtbhijsq")
TO_CYRILLIC = str.maketrans("aeopcyxkmtbhij", "аеорсухкмтвніј")
# GSM 7 bit has of the Greek capitals only those that look like no Latin one: a telephone sends ΣΤΟΠ as Σ, Latin T and O, Π.
TO_GREEK = str.maketrans("abehikmnoptxyz", "αβεηικμνορτχυζ")
AS_LETTERS = str.maketrans("05", "os")
TAPBACK = re.compile(rf"^\W{{0,12}}(?:{stopwords.TAPBACKS})\s*[“\"„«]", re.IGNORECASE)
GLUED_ON = re.compile(stopwords.GLUED_ON)
DRAWN_OUT = re.compile(r"([^\W\d_])\1\1")
RUN = re.compile(r"([^\W\d_])\1+")


@dataclass(frozen=True, slots=True)
class Triage:
    """What a text asks for, and the word as we compare it ("" for a reply).

    "stop": out by itself. "ask": a person decides. "start": in again, if out. "help": who are you?
    """

    kind: Kind
    word: str = ""


def triage(text: str) -> Triage:
    """Judge the text of one person. Anything is a text, also an empty one."""
    if TAPBACK.match(text[:80]):
        return Triage("reply")
    words, breaks = split(text)
    words = words[: _end(words)]
    if not words:
        return Triage("ask", "🛑") if any(sign in text for sign in stopwords.STOP_SIGNS) else Triage("reply")
    words = [_repaired(word) for word in words]
    bare = _without_polite(words)
    return (
        _whole(words)
        or _whole(bare)
        or _accented(text)
        or _wish(bare)
        or _inside(text, words, breaks)
        or Triage("reply")
    )


def _table(*lists: str) -> frozenset[str]:
    return frozenset(" ".join(split(entry)[0]) for entry in " | ".join(lists).split("|"))


STOP = _table(*stopwords.STOP.values())
ASK = _table(stopwords.ASK)
ALONE = _table(stopwords.ALONE)
MILD = _table(stopwords.MILD)
START = _table(stopwords.START)
HELP = _table(stopwords.HELP)
POLITE = _table(stopwords.POLITE)
SINGLE = frozenset(phrase for phrase in STOP if " " not in phrase)
DRAWN = {RUN.sub(r"\1", word): word for word in SINGLE if len(word) > SHORT}
INSIDE = (STOP | ASK) - MILD
FIRSTS = frozenset(phrase.split(" ")[0] for phrase in INSIDE | MILD)
ACCENTED = frozenset(
    " ".join(split(w, accents=True)[0]) for e in stopwords.ACCENTED.values() for w in e.split("|")
)
ACCENTED_ALONE = frozenset(word.strip() for word in stopwords.ACCENTED_ALONE.split("|"))
WITHOUT_SPACES = (
    stopwords.STOP["zh"],
    stopwords.STOP["ja"],
    stopwords.STOP["ko"],
    stopwords.STOP["th"],
    stopwords.ASK,
)
GLUED = sorted(
    word for word in _table(*WITHOUT_SPACES) if len(word) > 1 and " " not in word and word > EASTERN
)
TAIL = frozenset(stopwords.TAIL.split())
BEFORE_STOP = frozenset(stopwords.BEFORE_STOP.split())
AFTER_STOP = frozenset(stopwords.AFTER_STOP.split())
GLUED_POLITE = tuple(fold(word) for word in stopwords.GLUED_POLITE)


def _repaired(word: str) -> str:
    """The stop word that was meant: drawn-out letters, digits for letters, letters of two alphabets, a long ending."""
    if word in SINGLE:
        return word
    if GLUED_ON.fullmatch(word):
        return "stop"
    for letters in (TO_LATIN, TO_CYRILLIC, TO_GREEK, AS_LETTERS):
        meant = word.translate(letters)
        if meant in SINGLE and not word.isdecimal():
            return meant
    if DRAWN_OUT.search(word):
        return DRAWN.get(RUN.sub(r"\1", word), word)
    return "unsubscribe" if word.startswith(stopwords.PREFIXES) else word


def _grams(words: list[str], longest: int, firsts: frozenset[str] | None = None) -> Iterator[tuple[int, str]]:
    """Every run of so many words at most that begins with one of `firsts`, the longest first at each place."""
    for start in range(len(words)):
        if firsts is None or words[start] in firsts:
            for size in range(min(longest, len(words) - start), 0, -1):
                yield start, " ".join(words[start : start + size])


def _end(words: list[str]) -> int:
    """Where a signature begins that the telephone added."""
    for start, gram in _grams(words, 3):
        if start and gram in stopwords.SIGNATURES:
            return start
    return len(words)


def _without_polite(words: list[str]) -> list[str]:
    bare: list[str] = []
    skip = 0
    for start, gram in _grams(words, 4):
        if start < skip:
            continue
        if gram in POLITE:
            skip = start + gram.count(" ") + 1
        elif " " not in gram:
            bare.append(gram)
    return bare


COMPACT = {
    "".join(form): phrase
    for phrase in STOP | START
    for form in (phrase.split(" "), _without_polite(phrase.split(" ")))
    if form
}


# From words to a verdict.


def _whole(words: list[str]) -> Triage | None:
    """When the text is nothing but one of the phrases, or stop words alone, or a plain English sentence of stopping."""
    if not words or len(words) > 40:
        return None
    phrase, compact = " ".join(words), "".join(words)
    for glue in ("", *GLUED_POLITE):
        compact = compact.replace(glue, "") if glue and len(compact) > len(glue) else compact
        phrase = COMPACT.get(compact, phrase)
    if phrase in START:
        return Triage("start", phrase)
    if phrase in HELP:
        return Triage("help", phrase)
    if phrase in STOP or all(word in SINGLE for word in words) or _sentence(words):
        return Triage("stop", phrase if phrase in STOP else words[0])
    return Triage("ask", phrase) if phrase in ALONE or phrase in ASK else None


def _sentence(words: list[str]) -> bool:
    """A head such as "stop" or "take", and after it only words of texting and of me."""
    head, *rest = _merged(words)
    groups = stopwords.HEADS.get(head)
    return groups is not None and TAIL.issuperset(rest) and all(set(g) & set(rest) for g in groups)


def _merged(words: list[str]) -> list[str]:
    merged: list[str] = []
    for word in words:
        if merged and (pair := stopwords.MERGE.get((merged[-1], word))):
            merged[-1] = pair
        else:
            merged.append(word)
    return merged


def _accented(text: str) -> Triage | None:
    """Words that are a stop only with their own accents; short texts only, as these are."""
    if len(text) > 100:
        return None
    words = [word for word in split(text, accents=True)[0] if " ".join(split(word)[0]) not in POLITE]
    phrase = " ".join(words)
    if phrase in ACCENTED:
        return Triage("stop", phrase)
    return Triage("ask", phrase) if phrase in ACCENTED_ALONE else None


def _wish(words: list[str]) -> Triage | None:
    """ "I want to stop receiving these": a wish, then a sentence of stopping. Not "I want to cancel", which may be a seat."""
    phrase = " ".join(words[:60])
    for wish in stopwords.WISHES:
        rest = _merged(phrase.removeprefix(f"{wish} ").split())
        if (
            phrase.startswith(f"{wish} ")
            and rest[0] in ("stop", "unsubscribe", "optout", "remove", "take")
            and _sentence(rest)
        ):
            return Triage("stop", rest[0])
    return None


def _inside(text: str, words: list[str], breaks: set[int]) -> Triage | None:
    """A stop word in a longer text: a person looks, unless it is plainly another stop ("stop by at 6", "the bus stop")."""
    few = len(words) <= SHORT
    shouted = not text.isupper() and re.search(r"\bSTOP\b", text) is not None
    for start, gram in _grams(words, LONGEST_PHRASE, FIRSTS):
        meant = gram in INSIDE or (gram in MILD and (few or _stands_alone(words, breaks, start, gram)))
        if meant and (gram != "stop" or shouted or not _another_stop(words, breaks, start)):
            return Triage("ask", gram)
    glued = "".join(words) if any(word > EASTERN for word in words) else ""
    for innocent in stopwords.NOT_GLUED:
        glued = glued.replace(innocent, "")
    return next((Triage("ask", word) for word in GLUED if word in glued), None)


def _stands_alone(words: list[str], breaks: set[int], start: int, phrase: str) -> bool:
    """True for a sentence of its own: "I moved. End."."""
    after = start + phrase.count(" ") + 1
    return (not start or start in breaks) and (after == len(words) or after in breaks)


def _another_stop(words: list[str], breaks: set[int], at: int) -> bool:
    before = at and at not in breaks and words[at - 1] in BEFORE_STOP
    after = at + 1 < len(words) and at + 1 not in breaks and words[at + 1] in AFTER_STOP
    return bool(before or after)
