"""A campaign's script: a tree of steps, each with the texts it asks with and the answers that people give.

Pure. A script is kept as JSON (`load`, `dump`) and comes from a template (`gateway/kinds.py`).

Promises: what `load` accepts holds together: the step "first" is there, every answer leads to a step that exists,
ids are unique, nothing is empty that a person would read. What a script may not say is for `gateway/scriptcheck.py`.

Fails with `Refused`, naming the step and the answer.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from gateway.errors import Refused

FIRST = "first"
MOST_STEPS = 40
MOST_CHOICES = 12
MOST_WORDINGS = 5
MOST_READY = 20
MOST_REMINDERS = 10
LONGEST_TEXT = 1600
TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True)
class Choice:
    """One answer that people give: a button that records it and offers the next text."""

    id: str
    label: str
    records: Mapping[str, str] = field(default_factory=dict)  # field: value
    number: str = ""  # the field that a number in the reply fills ("YES 2")
    reads: tuple[str, ...] = ()  # words by which a reply reads as this answer
    text: str = ""  # what is offered in return; "": nothing
    next: str = ""  # the step whose answers fit afterwards; "": the same
    counted: str = ""  # offered instead when the number is known, as {count}
    counted_next: str = ""  # the step that this one leads to
    waiting: str = ""  # offered instead when the places that it takes are gone
    waiting_next: str = ""  # the step that this one leads to; "": as `next`
    needs_number: bool = False  # it is no answer before the number stands there
    counted_records: Mapping[str, str] = field(
        default_factory=dict
    )  # written down too when the number is known


@dataclass(frozen=True)
class Step:
    """One question. `texts` are its wordings: several are shared out and compared; only the first step leaves unasked."""

    id: str
    label: str
    texts: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()

    def choice(self, choice_id: str) -> Choice | None:
        """The answer with this id."""
        return next((choice for choice in self.choices if choice.id == choice_id), None)


@dataclass(frozen=True)
class Ready:
    """A ready answer: a chip above the box that records nothing. `reads`: words by which a question is known that it answers."""

    label: str
    text: str
    reads: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reminder:
    """A text drafted by schedule for whoever's answers match, and approved by a person like any other."""

    id: str
    label: str
    text: str
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # field: values, all must match
    unless: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # field: values, none may match
    fact: str = "day"  # the fact that names the day
    days_before: int = 1  # negative: days after
    at: str = "12:00"  # by the group's clock
    step: str = ""  # the step that it leads to


@dataclass(frozen=True)
class Script:
    """The whole script of a campaign."""

    steps: tuple[Step, ...]
    ready: tuple[Ready, ...] = ()
    reminders: tuple[Reminder, ...] = ()

    @property
    def first(self) -> Step:
        """The step that everybody's first text belongs to."""
        return self.step(FIRST)

    def step(self, step_id: str) -> Step:
        """The step with this id; the first one when it is not there any more (a script was changed meanwhile)."""
        return next((step for step in self.steps if step.id == step_id), self.steps[0])

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every text with where it stands, in words."""
        for step in self.steps:
            for number, text in enumerate(step.texts, 1):
                where = "the first text" if step.id == FIRST else f"“{step.label}”"
                yield f"{where}, wording {number}" if len(step.texts) > 1 else where, text
            for choice in step.choices:
                for text in (choice.text, choice.counted, choice.waiting):
                    if text:
                        yield f"the answer to “{choice.label}”", text
        for ready in self.ready:
            yield f"the ready answer “{ready.label}”", ready.text
        for reminder in self.reminders:
            yield f"the reminder “{reminder.label}”", reminder.text


def same_words(one: Script, other: Script) -> bool:
    """Whether two scripts differ at most in the order of their answers and in what replies read as: no text changes with that."""
    return _by_id(one) == _by_id(other)


def _by_id(script: Script) -> Script:
    def sorted_(step: Step) -> Step:
        bare = (replace(choice, reads=()) for choice in step.choices)
        return replace(step, choices=tuple(sorted(bare, key=lambda choice: choice.id)))

    ready = tuple(replace(each, reads=()) for each in script.ready)
    return replace(script, steps=tuple(sorted_(step) for step in script.steps), ready=ready)


def dump(script: Script) -> str:
    """The script as the JSON that a campaign keeps."""
    return json.dumps(asdict(script), ensure_ascii=False)


def load(source: str | Mapping[str, Any]) -> Script:
    """A script from its JSON (or the same as a mapping); Refused when it does not hold together."""
    try:
        raw = json.loads(source) if isinstance(source, str) else source
        script = Script(
            tuple(_step(step) for step in raw["steps"]),
            tuple(
                Ready(_words(part["label"]), _words(part["text"], LONGEST_TEXT), _reads(part))
                for part in raw.get("ready", ())
            ),
            tuple(_reminder(part) for part in raw.get("reminders", ())),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused(f"This is no script ({error}). Nothing was changed.") from error
    _holds_together(script)
    return script


def _words(text: Any, longest: int = 80) -> str:
    if not isinstance(text, str):
        raise TypeError("words are expected")
    cleaned: str = text.replace("\r\n", "\n").strip()
    if len(cleaned) > longest:
        raise Refused(f"“{cleaned[:40]}…” has {len(cleaned)} characters; at most {longest} fit. Shorten it.")
    return cleaned


def _reads(raw: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(_words(read) for read in raw.get("reads", ()))


def _records(raw: Mapping[str, Any], name: str) -> dict[str, str]:
    return {_words(field): _words(value) for field, value in raw.get(name, {}).items()}


def _step(raw: Mapping[str, Any]) -> Step:
    return Step(
        _words(raw["id"]),
        _words(raw["label"]),
        tuple(_words(text, LONGEST_TEXT) for text in raw.get("texts", ())),
        tuple(
            Choice(
                _words(part["id"]),
                _words(part["label"]),
                _records(part, "records"),
                _words(part.get("number", "")),
                _reads(part),
                _words(part.get("text", ""), LONGEST_TEXT),
                _words(part.get("next", "")),
                _words(part.get("counted", ""), LONGEST_TEXT),
                _words(part.get("counted_next", "")),
                _words(part.get("waiting", ""), LONGEST_TEXT),
                _words(part.get("waiting_next", "")),
                bool(part.get("number")) and part.get("needs_number") is True,
                _records(part, "counted_records"),
            )
            for part in raw.get("choices", ())
        ),
    )


def _reminder(raw: Mapping[str, Any]) -> Reminder:
    def answers(name: str) -> dict[str, tuple[str, ...]]:
        return {name: tuple(_words(value) for value in values) for name, values in raw.get(name, {}).items()}

    at = _words(raw.get("at", "12:00"))
    if not TIME_OF_DAY.fullmatch(at):
        raise Refused(f"{at} is no time of day. Write it as 17:30.")
    return Reminder(
        _words(raw["id"]),
        _words(raw["label"]),
        _words(raw["text"], LONGEST_TEXT),
        answers("when"),
        answers("unless"),
        _words(raw.get("fact", "day")),
        int(raw.get("days_before", 1)),
        at,
        _words(raw.get("step", "")),
    )


def _holds_together(script: Script) -> None:
    ids = [step.id for step in script.steps]
    if FIRST not in ids or not script.first.texts or not all(script.first.texts):
        raise Refused("The script has no first text. Write what everybody gets first.")
    if len(set(ids)) != len(ids) or len(ids) > MOST_STEPS:
        raise Refused(f"A script has at most {MOST_STEPS} steps, each with a name of its own.")
    if len(script.ready) > MOST_READY or len(script.reminders) > MOST_REMINDERS:
        raise Refused(
            f"A script has at most {MOST_READY} ready answers and {MOST_REMINDERS} reminders. Take some out."
        )
    for step in script.steps:
        _step_holds(step, ids)
    names = [reminder.id for reminder in script.reminders]
    if len(set(names)) != len(names):
        raise Refused("Two reminders have the same name. Rename one.")
    for reminder in script.reminders:
        if not reminder.text or (reminder.step and reminder.step not in ids):
            raise Refused(
                f"The reminder “{reminder.label}” has no text, or leads to a step that is not there."
            )


def _step_holds(step: Step, ids: list[str]) -> None:
    if len(step.texts) > MOST_WORDINGS or len(step.choices) > MOST_CHOICES:
        raise Refused(
            f"“{step.label}” has more than {MOST_WORDINGS} wordings or {MOST_CHOICES} answers. Take some out."
        )
    names = [choice.id for choice in step.choices]
    if len(set(names)) != len(names):
        raise Refused(f"Two answers of “{step.label}” have the same name. Rename one.")
    for choice in step.choices:
        if not choice.label:
            raise Refused(f"An answer of “{step.label}” has no label. Write what the button says.")
        if {choice.next, choice.counted_next, choice.waiting_next} - {"", *ids}:
            raise Refused(
                f"The answer “{choice.label}” leads to a step that is not there. Choose where it leads."
            )
