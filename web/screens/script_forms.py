"""The pieces of a script as forms: what an address names, what a form says, and the script with it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import request
from werkzeug.exceptions import BadRequest

from gateway import places, recording, scriptedit, seating
from gateway.errors import Refused
from gateway.kinds import Kind, kind
from gateway.reminders import ANSWERED
from gateway.scriptedit import GONE, NEW
from gateway.scripts import Choice, Ready, Reminder, Script, Step
from web.forms import choice as choice_of
from web.forms import field

MOST_CHARACTERS = 20_000  # a text that is too long is refused in words, by the script's own rules
DAYS = range(14, -31, -1)  # before; those below 0 are after


@dataclass(frozen=True)
class Wording:
    """One wording of the first text."""

    text: str


Thing = Wording | Step | Choice | Ready | Reminder


@dataclass(frozen=True)
class Piece:
    """What an address names: a wording (first), an answer of a step, a step, a ready answer, a reminder; `at` is its id or number."""

    part: str
    at: str
    step: str = ""

    @classmethod
    def of(cls, part: str, at: str) -> "Piece":
        """From an address: an answer's `at` holds its step's id too, `first.yes`."""
        step, _, choice = at.rpartition(".")
        return cls(part, choice, step) if part == "answer" else cls(part, at)

    @property
    def address(self) -> str:
        """`at` as it stands in an address."""
        return f"{self.step}.{self.at}" if self.step else self.at

    @property
    def new(self) -> bool:
        """Whether it is not there yet."""
        return self.at == NEW

    @property
    def place(self) -> str:
        """Its name on the page of the whole script."""
        return f"{self.part}-{self.address}"


def found(script: Script, piece: Piece) -> Thing:
    """The piece as it is kept; an empty one when it is new. Refused when it is not there (any more)."""
    if piece.part == "answer" and piece.step not in (step.id for step in script.steps):
        raise Refused(GONE)
    empty: dict[str, Thing] = {
        "first": Wording(""),
        "step": Step(NEW, ""),
        "answer": Choice(NEW, ""),
        "ready": Ready("", ""),
        "reminder": Reminder(NEW, "", ""),
    }
    there: Mapping[str, Thing] = {
        "first": {str(at): Wording(text) for at, text in enumerate(script.first.texts)},
        "step": {step.id: step for step in script.steps},
        "answer": {choice.id: choice for choice in script.step(piece.step).choices},
        "ready": {str(at): ready for at, ready in enumerate(script.ready)},
        "reminder": {reminder.id: reminder for reminder in script.reminders},
    }[piece.part]  # type: ignore[assignment]
    if piece.new:
        return empty[piece.part]
    if piece.at not in there:
        raise Refused(GONE)
    return there[piece.at]


def texts(thing: Thing) -> dict[str, str]:
    """The texts of a piece by the name of their field."""
    if isinstance(thing, Step):
        return {}
    found = {"text": thing.text}
    if isinstance(thing, Choice):
        found["counted"] = thing.counted
        if thing.waiting or (takes_places(thing) and not seating.tells(thing)):
            found["waiting"] = thing.waiting
    return found


def takes_places(choice: Choice) -> bool:
    """Whether it takes places, which may be gone, in a campaign of any kind that has them."""
    return any(places.taken(kind(name), choice.records) for name in places.PLACES)


def with_text(thing: Thing, name: str, text: str) -> Thing:
    """The piece with another text."""
    if name not in texts(thing):
        raise BadRequest
    return replace(thing, **{name: text})  # type: ignore[arg-type]


def typed(thing: Thing, kind: Kind) -> Thing:
    """The piece as the form says it, also when that cannot be kept."""
    if isinstance(thing, Wording):
        return Wording(field("text", MOST_CHARACTERS))
    if isinstance(thing, Step):
        return replace(thing, label=field("label"))
    if isinstance(thing, Ready):
        return Ready(field("label"), field("text", MOST_CHARACTERS), _reads())
    return _choice(thing, kind) if isinstance(thing, Choice) else _reminder(thing, kind)


def _reads() -> tuple[str, ...]:
    reads = field("reads", 2000).replace("\n", ",").split(",")
    return tuple(dict.fromkeys(read.strip() for read in reads if read.strip()))


def _choice(choice: Choice, kind: Kind) -> Choice:
    said = {each.name: field(f"record_{each.name}").strip() for each in kind.fields}
    return replace(
        choice,
        label=field("label"),
        records={name: value for name, value in said.items() if value},
        number=choice_of("number", ("", *numbers_of(kind))),
        reads=_reads(),
        text=field("text", MOST_CHARACTERS),
        next=field("next"),
        counted=field("counted", MOST_CHARACTERS),
        counted_next=field("counted_next"),
        waiting=field("waiting", MOST_CHARACTERS) if "waiting" in request.form else choice.waiting,
        waiting_next=request.form.get("waiting_next", choice.waiting_next)[:80],
        needs_number="needs_number" in request.form and bool(field("number")),
    )


def _reminder(reminder: Reminder, kind: Kind) -> Reminder:
    return replace(
        reminder,
        label=field("label"),
        text=field("text", MOST_CHARACTERS),
        when=_pressed("when"),
        unless=_pressed("unless"),
        fact=choice_of("fact", tuple(days_of(kind))),
        days_before=int(choice_of("days_before", tuple(map(str, DAYS)))),
        at=field("at"),
        step=field("step"),
    )


def _pressed(which: str) -> dict[str, tuple[str, ...]]:
    """The answers that are ticked: field to values."""
    found: dict[str, tuple[str, ...]] = {}
    for each in request.form.getlist(which)[:40]:
        name, _, value = each.partition("=")
        found[name] = (*found.get(name, ()), value)
    return found


def numbers_of(kind: Kind) -> list[str]:
    """The fields that a number in a reply can fill."""
    return [each.name for each in kind.fields if each.type in ("number", "money")]


def days_of(kind: Kind) -> dict[str, str]:
    """The days that a reminder can count from: name, and what it is called."""
    days = {fact.name: fact.label["en"] for fact in kind.facts if fact.type == "date"}
    return {**days, ANSWERED: "The day of their answer"}


def days_words(days_before: int) -> str:
    """ "3 days before", "on the day"."""
    if not days_before:
        return "on"
    number = abs(days_before)
    return f"{number} {'day' if number == 1 else 'days'} {'before' if days_before > 0 else 'after'}"


def edited(script: Script, piece: Piece, thing: Thing, kind: Kind) -> Script:
    """The script with this piece as it is now. Refused when it records, or waits for, what the kind does not know."""
    if isinstance(thing, Wording):
        return scriptedit.with_wording(script, piece.at, thing.text)
    if isinstance(thing, Step):
        return scriptedit.with_step(script, piece.at, thing.label)
    if isinstance(thing, Ready):
        return scriptedit.with_ready(script, piece.at, thing)
    if isinstance(thing, Reminder):
        for name, values in (*thing.when.items(), *thing.unless.items()):
            for value in values:
                recording.checked(kind, name, value)
        return scriptedit.with_reminder(script, thing)
    records = {name: recording.checked(kind, name, value) for name, value in thing.records.items()}
    return scriptedit.with_choice(script, piece.step, replace(thing, records=records))


def without(script: Script, piece: Piece) -> Script:
    """The script without this piece."""
    if piece.part == "answer":
        return scriptedit.without_choice(script, piece.step, piece.at)
    return {
        "first": scriptedit.without_wording,
        "step": scriptedit.without_step,
        "ready": scriptedit.without_ready,
        "reminder": scriptedit.without_reminder,
    }[piece.part](script, piece.at)
