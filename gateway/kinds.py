"""The five kinds of campaign, each with its template: what it asks, records, and the whole script in every language.

Pure but for reading our own files once (`gateway/templates/KIND.toml`). A kind is data: what its numbers mean is in
`gateway/boards.py`.

Promises: every script here passes `gateway/scriptcheck.py` once the required facts are filled in. Fails with KeyError for
a kind that does not exist; forms choose from `KINDS`.
"""

import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

from gateway.scripts import Script, load

KINDS = ("voter", "event", "recruitment", "advocacy", "fundraising")
LANGUAGES = ("en", "es")
# What a coordinator ticks off for one person after another: field, value, the key's words.
TICKS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "voter": (("ride", "arranged", "Ride found"), ("vote", "voted", "Voted")),
    "recruitment": (("showed", "yes", "Came"), ("showed", "no", "No-show")),
    "advocacy": (("done", "yes", "Done"),),
    "fundraising": (("gift", "confirmed", "Gave"), ("thanked", "yes", "Thanked")),
}
# What is written down, where "question: value" does not read as people say it; what is ticked off reads as its key does.
SAID: Mapping[tuple[str, str], str] = {
    ("vote", "will"): "Will vote",
    ("vote", "will_not"): "Will not vote",
    ("plan_hour", "morning"): "Votes in the morning",
    ("plan_hour", "midday"): "Votes at midday",
    ("plan_hour", "evening"): "Votes in the evening",
    ("plan_place", "knows"): "Knows where",
    ("ride", "needed"): "Needs a ride",
    ("ride", "no"): "Needs no ride",
    ("registered", "yes"): "Registered",
    ("registered", "no"): "Not registered",
    ("shift", "yes"): "Takes a shift",
    ("shift", "later"): "A shift later",
    ("shift", "no"): "No shift",
    ("transport", "own"): "Gets there alone",
    ("transport", "needs"): "Needs a lift",
    ("pledged", "yes"): "Will do it",
    ("pledged", "no"): "Will not do it",
    ("pledged", "against"): "Against it",
    ("done", "no"): "Not done",
    ("pledge", "yes"): "Pledged",
    ("pledge", "later"): "Gives later",
    ("pledge", "no"): "Does not give",
    ("link_sent", "yes"): "Link sent",
    ("waiting", "yes"): "On the waiting list",
    ("waiting", "told"): "Was told that there is room",
    **{(name, value): words for rows in TICKS.values() for name, value, words in rows},
}
Type = Literal["text", "number", "money", "date", "time", "choice"]


@dataclass(frozen=True)
class Fact:
    """What is true of the whole campaign: its day, its place, its goal. Its name is a placeholder too."""

    name: str
    type: Type
    label: Mapping[str, str]
    required: bool


@dataclass(frozen=True)
class Field:
    """What is recorded of one person. `values`: what a choice may be."""

    name: str
    type: Type
    label: Mapping[str, str]
    values: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """One kind of campaign; `label` and `asks` by language."""

    name: str
    label: Mapping[str, str]
    asks: Mapping[str, str]
    facts: tuple[Fact, ...]
    fields: tuple[Field, ...]
    scripts: Mapping[str, Script]

    def field(self, name: str) -> Field | None:
        """The field of this name."""
        return next((field for field in self.fields if field.name == name), None)

    def values_of(self, name: str, facts: Mapping[str, str]) -> tuple[str, ...]:
        """What a choice may be in this campaign: of the shifts those that there are."""
        known = self.field(name)
        values = known.values if known else ()
        return tuple(value for value in values if facts.get(f"slot_{value}")) if name == "slot" else values

    def words(self, name: str, value: str, facts: Mapping[str, str]) -> str:
        """What was recorded, as a coordinator reads it: "Coming: yes", "Which shift: Mon 5 to 7 pm", "Takes a shift", "Wrong number"."""
        if (name, value) in SAID:
            return SAID[name, value]
        plain = value.replace("_", " ")
        if name == "contact":
            return plain.capitalize()
        if name == "slot":
            plain = facts.get(f"slot_{value}") or value.upper()
        known = self.field(name)
        if known and known.type == "date":
            with suppress(ValueError):  # set by hand as it was typed
                plain = day_words(date.fromisoformat(value))
        if known and known.type in ("number", "money"):
            plain = self.number_words(name, value, facts)
        return f"{known.label['en'].rstrip('?') if known else name}: {plain}"

    def number_words(self, name: str, value: str, facts: Mapping[str, str]) -> str:
        """A number or an amount as people read it: "1,000", "$1,000"; what is no number as it is."""
        known = self.field(name)
        sign = facts.get("currency", "") if known and known.type == "money" else ""
        return f"{sign}{int(value):,}" if value.isdecimal() else value

    def condition(
        self, said: Mapping[str, Sequence[str]], facts: Mapping[str, str], between: str = " and "
    ) -> str:
        """Fields with the values that will do, as a coordinator reads it: "“Takes a shift” and “Which shift: Sun 2 to 5”"."""
        return between.join(
            " or ".join(f"“{self.words(name, value, facts)}”" for value in values)
            for name, values in said.items()
        )


def day_words(day: date) -> str:
    """A date as people write it: "3 October 2026"."""
    return f"{day.day} {day:%B %Y}"


@cache
def kind(name: str) -> Kind:
    """One kind with its template."""
    if name not in KINDS:
        raise KeyError(name)
    raw = tomllib.loads((files("gateway") / "templates" / f"{name}.toml").read_text(encoding="utf-8"))
    return Kind(
        name,
        raw["label"],
        raw["asks"],
        tuple(Fact(f["name"], f["type"], f["label"], f.get("required", False)) for f in raw["facts"]),
        tuple(Field(f["name"], f["type"], f["label"], tuple(f.get("values", ()))) for f in raw["fields"]),
        {language: load(raw[language]) for language in LANGUAGES},
    )
