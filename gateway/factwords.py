"""A campaign's facts as people read them in a text: days, hours and numbers in words, in the campaign's language.

Pure. Facts are kept as they are typed in a form: a day as 2026-03-12, an hour as 18:00, a number as digits.

Promises: `checked` refuses what cannot be read, or would stand in every text with its braces, saying which fact; `words` never
fails on what `checked` took. Words stay in the phones' own alphabet (GSM 7 bit): one accent that it lacks halves the room of every
text, so Spanish days lose theirs.
"""

import re
from collections.abc import Collection, Mapping
from datetime import date, time

from gateway.errors import Refused
from gateway.kinds import Fact, Kind, day_words
from gateway.merge import PLACEHOLDER

DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sabado", "domingo"),
}
MONTHS = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"),
    "es": ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
}  # fmt: skip
TWELVE_HOURS = frozenset({"US", "CA", "AU", "NZ", "IN", "PH", "MX", "CO", "EG", "PK", "BD", "MY", "SA", "PR"})
SHIFTS = {"A": "slot_a", "B": "slot_b", "C": "slot_c"}
WHOLE = re.compile(r"\d{1,12}|\d{1,3}(?:( \d{3})+|(,\d{3})+|(\.\d{3})+)", re.ASCII)  # never "99.50"
LONGEST = 200
MOST = 1_000_000_000


def checked(kind: Kind, facts: Mapping[str, str]) -> dict[str, str]:
    """The facts of a form, those that this kind has, as they are kept; Refused names the first that cannot be read."""
    return {fact.name: _checked(fact, facts.get(fact.name, "")) for fact in kind.facts}


def _checked(fact: Fact, value: str) -> str:
    value = " ".join(value.split())
    label = fact.label["en"]
    if not value:
        return ""
    if len(value) > LONGEST:
        raise Refused(f"“{label}” has {len(value)} characters; at most {LONGEST} fit. Shorten it.")
    if left := PLACEHOLDER.search(value):  # a fact is put in as it is, and not read again
        raise Refused(
            f"“{label}” has “{left[0]}” in it, and everybody would read that with its braces. Nothing was changed: write what it stands for."
        )
    try:
        if fact.type == "date":
            return date.fromisoformat(value).isoformat()
        if fact.type == "time":
            return time.fromisoformat(value).strftime("%H:%M")
    except ValueError:
        form = "2026-03-12" if fact.type == "date" else "18:00"
        raise Refused(
            f"“{label}” is written as {form}; “{value[:30]}” cannot be read. Nothing was changed."
        ) from None
    if fact.type in ("number", "money"):
        digits = re.sub(r"[ ,.]", "", value) if WHOLE.fullmatch(value) else ""
        if not digits or not 0 < int(digits) <= MOST:
            raise Refused(f"“{label}” is a whole number; “{value[:30]}” cannot be read. Nothing was changed.")
        return str(int(digits))
    return value


def missing(kind: Kind, facts: Mapping[str, str]) -> list[Fact]:
    """The required facts that are not filled in."""
    return [fact for fact in kind.facts if fact.required and not facts.get(fact.name)]


def over(kind: Kind, facts: Mapping[str, str], today: date) -> str:
    """That the last day which a campaign is about is past, in a sentence for whoever would ask somebody to it; "" when it is not. With
    several shifts the latest of theirs counts; nobody knows when one is over that has no day.
    """
    if any(facts.get(f"slot_{shift}") and not facts.get(f"day_{shift}") for shift in "bc"):
        return ""
    days = (facts.get(fact.name) for fact in kind.facts if fact.type == "date")
    last = max((date.fromisoformat(day) for day in days if day), default=today)
    if last >= today:
        return ""
    return f"Its day, {day_words(last)}, is past: nobody new is asked to it. A coordinator changes the day, or closes it."


def words(kind: Kind, facts: Mapping[str, str], language: str, region: str) -> dict[str, str]:
    """Each fact as it stands in a text; those that are not filled in are "". Shifts stand in `shifts` too: all that there are."""
    said = {fact.name: _words(fact, facts.get(fact.name, ""), language, region) for fact in kind.facts}
    if "slot_a" in said:
        said["shifts"] = shifts(said)
    return said


def shifts(said: Mapping[str, str], *, without: Collection[str] = ()) -> str:
    """The shifts of a campaign in one line, but for those of these letters; "" when none is left."""
    names = {letter: said.get(name) for letter, name in SHIFTS.items() if letter.lower() not in without}
    return "  ".join(f"{letter}: {name}" for letter, name in names.items() if name)


def hour_words(at: time, region: str) -> str:
    """An hour as people of this region write it: "6:30 pm", "18:30"."""
    if region not in TWELVE_HOURS:
        return f"{at:%H:%M}"
    minutes = f":{at:%M}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minutes} {'am' if at.hour < 12 else 'pm'}"


def _words(fact: Fact, value: str, language: str, region: str) -> str:
    if not value:
        return ""
    if fact.type == "date":
        day = date.fromisoformat(value)
        name, month = DAYS[language][day.weekday()], MONTHS[language][day.month - 1]
        return f"{name}, {month} {day.day}" if language == "en" else f"{name} {day.day} de {month}"
    if fact.type == "time":
        return hour_words(time.fromisoformat(value), region)
    if fact.type in ("number", "money"):
        return f"{int(value):,}"
    return value
