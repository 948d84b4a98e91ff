"""Changes to a script, each a small one: a wording, an answer, a step, a ready answer, a reminder; added, changed, taken out.

Pure: a script goes in and another comes out. New parts get an id of their own, made from their label.

Promises: what comes out holds together as `scripts.load` demands; an answer or a reminder that led to a step that is taken out
stays where it is instead. Fails with `Refused`, in words for the coordinator, also when the part is not there any more.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from gateway.errors import Refused
from gateway.letters import fold
from gateway.merge import name_of, placeholders
from gateway.scripts import FIRST, Choice, Ready, Reminder, Script, Step, dump, load

NEW = "new"  # the id of a part that is not there yet
GONE = "That part of the script is not there any more. Nothing was changed."
T = TypeVar("T")


def with_wording(script: Script, at: str, text: str) -> Script:
    """The first text, wording `at` ("0", "1"; "new" adds one), is this."""
    if not text.strip():
        raise Refused("A first text cannot be empty. Nothing was changed.")
    texts = _put(script.first.texts, at, text)
    return _with_step(script, replace(script.first, texts=texts))


def without_wording(script: Script, at: str) -> Script:
    """One wording less."""
    return _with_step(script, replace(script.first, texts=_put(script.first.texts, at, None)))


def with_step(script: Script, step_id: str, label: str) -> Script:
    """A step has this label; "new" adds one."""
    if not label.strip():
        raise Refused("Give the step a name, so that answers can lead to it. Nothing was changed.")
    if step_id == NEW:
        step = Step(_free(label, (each.id for each in script.steps)), label)
        return _checked(replace(script, steps=(*script.steps, step)))
    return _with_step(script, replace(_step(script, step_id), label=label))


def without_step(script: Script, step_id: str) -> Script:
    """A step and its answers less; what led to it leads nowhere."""
    if _step(script, step_id).id == FIRST:
        raise Refused("The first step stays: everybody's first text belongs to it. Nothing was changed.")
    steps = tuple(
        replace(step, choices=tuple(_unled(choice, step_id) for choice in step.choices))
        for step in script.steps
        if step.id != step_id
    )
    reminders = tuple(replace(each, step="") if each.step == step_id else each for each in script.reminders)
    return _checked(replace(script, steps=steps, reminders=reminders))


def _unled(choice: Choice, step_id: str) -> Choice:
    return replace(
        choice,
        next="" if choice.next == step_id else choice.next,
        counted_next="" if choice.counted_next == step_id else choice.counted_next,
        waiting_next="" if choice.waiting_next == step_id else choice.waiting_next,
    )


def with_choice(script: Script, step_id: str, choice: Choice) -> Script:
    """An answer of a step is this one; with the id "new" it is added. That the link was sent is written down only with words that have it."""
    step = _step(script, step_id)
    if all(name != "link" for name, _ in placeholders(choice.counted)):
        kept = {name: value for name, value in choice.counted_records.items() if name != "link_sent"}
        choice = replace(choice, counted_records=kept)
    if not choice.label.strip():
        raise Refused("Write what the button of this answer says. Nothing was changed.")
    if choice.id == NEW:
        choice = replace(choice, id=_free(choice.label, (each.id for each in step.choices)))
        return _with_step(script, replace(step, choices=(*step.choices, choice)))
    if step.choice(choice.id) is None:
        raise Refused(GONE)
    choices = tuple(choice if each.id == choice.id else each for each in step.choices)
    return _with_step(script, replace(step, choices=choices))


def without_choice(script: Script, step_id: str, choice_id: str) -> Script:
    """An answer of a step less."""
    step = _step(script, step_id)
    kept = tuple(each for each in step.choices if each.id != choice_id)
    if kept == step.choices:
        raise Refused(GONE)
    return _with_step(script, replace(step, choices=kept))


def moved_choice(script: Script, step_id: str, choice_id: str, by: int) -> Script:
    """An answer of a step stands so many places further (`by` < 0: further up); at the end it stays."""
    step = _step(script, step_id)
    at = next((at for at, each in enumerate(step.choices) if each.id == choice_id), None)
    if at is None:
        raise Refused(GONE)
    others = [each for each in step.choices if each.id != choice_id]
    others.insert(max(0, at + by), step.choices[at])
    return _with_step(script, replace(step, choices=tuple(others)))


def with_whole_step(script: Script, step: Step) -> Script:
    """A step is this one, with its answers."""
    _step(script, step.id)
    return _with_step(script, step)


def with_ready(script: Script, at: str, ready: Ready) -> Script:
    """The ready answer `at` ("0", "1"; "new" adds one) is this."""
    if not (ready.label.strip() and ready.text.strip()):
        raise Refused("A ready answer needs its label and its words. Nothing was changed.")
    return _checked(replace(script, ready=_put(script.ready, at, ready)))


def without_ready(script: Script, at: str) -> Script:
    """A ready answer less."""
    return _checked(replace(script, ready=_put(script.ready, at, None)))


def with_reminder(script: Script, reminder: Reminder) -> Script:
    """The reminder with this id is this one; with the id "new" it is added."""
    if not reminder.label.strip():
        raise Refused("Give the reminder a name, for the room. Nothing was changed.")
    if reminder.id == NEW:
        reminder = replace(reminder, id=_free(reminder.label, (each.id for each in script.reminders)))
        return _checked(replace(script, reminders=(*script.reminders, reminder)))
    if reminder.id not in (each.id for each in script.reminders):
        raise Refused(GONE)
    reminders = tuple(reminder if each.id == reminder.id else each for each in script.reminders)
    return _checked(replace(script, reminders=reminders))


def without_reminder(script: Script, reminder_id: str) -> Script:
    """A reminder less."""
    kept = tuple(each for each in script.reminders if each.id != reminder_id)
    if kept == script.reminders:
        raise Refused(GONE)
    return _checked(replace(script, reminders=kept))


def _put(parts: tuple[T, ...], at: str, part: T | None) -> tuple[T, ...]:
    """The parts with the one at `at` exchanged, added ("new") or taken out (None)."""
    if at == NEW and part is not None:
        return (*parts, part)
    if not (at.isascii() and at.isdecimal() and len(at) <= 3 and int(at) < len(parts)):
        raise Refused(GONE)
    return (*parts[: int(at)], *(() if part is None else (part,)), *parts[int(at) + 1 :])


def _step(script: Script, step_id: str) -> Step:
    found = next((step for step in script.steps if step.id == step_id), None)
    if found is None:
        raise Refused(GONE)
    return found


def _with_step(script: Script, changed: Step) -> Script:
    return _checked(
        replace(script, steps=tuple(changed if step.id == changed.id else step for step in script.steps))
    )


def _free(label: str, taken: Iterable[str]) -> str:
    """An id that nothing else has, for the record: `not_coming`, `not_coming_2`."""
    used = {*taken, NEW}
    base = name_of(fold(label))[:40] or "part"
    names = (base, *(f"{base}_{at}" for at in range(2, len(used) + 2)))
    return next(name for name in names if name not in used)


def _checked(script: Script) -> Script:
    return load(dump(script))
