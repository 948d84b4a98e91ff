"""What a volunteer may answer to somebody of a campaign: the present step's answers, each with its text, and the ready answers.

An answer is chosen by its id and leaves with the reply: what it records is decided here, from the script, and never by the form.

Promises: the words offered are merged for this person; a hole in them is shown, and such a text is not offered. Reads only.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from gateway import campaigns, factwords, places, recording, seating, suggest
from gateway.campaigns import Campaign
from gateway.errors import Refused
from gateway.merge import merge
from gateway.people import User
from gateway.places import WAITING, Taken
from gateway.rules import Rules
from gateway.scripts import Choice, Step
from gateway.seating import Room
from gateway.suggest import Suggestion


@dataclass(frozen=True)
class Offered:
    """One answer with its words as this person would get them; `text` "" offers none."""

    choice: Choice
    label: str
    text: str
    counted: str = ""  # the words when the number is known, with {count} still in them
    waiting: str = ""  # the words when the seats that it takes are gone

    def words(self, number: str, *, waits: bool = False) -> str:
        """What is offered, with the number that goes with the answer ("" when it is not known). `waits`: the seats are gone."""
        if waits:
            return self.waiting
        if not (number and self.counted):
            return self.text
        said = f"{int(number):,}" if number.isdecimal() else number
        return merge(self.counted, {"count": said}).text


@dataclass(frozen=True)
class Context:
    """Where somebody stands in a campaign."""

    campaign: Campaign
    target_id: int
    step: str  # its label
    offered: tuple[Offered, ...]
    ready: tuple[tuple[str, str], ...]  # label and text
    said: Mapping[str, str]  # the answers that hold
    suggestion: Suggestion | None
    question: str  # the label of the ready answer to what they ask; "" for none
    room: Room

    @property
    def free(self) -> int | None:
        """Seats that are free for them, where an answer of this step takes some of one kind; None when they are not counted."""
        takes = any(self.takes(each.choice.id, "") for each in self.offered)
        return self.room.free.get("") if takes else None

    def takes(self, choice_id: str, number: str) -> Taken | None:
        """The places that this answer takes; None for none, and for places that are not counted."""
        with suppress(Refused):  # a number that cannot be read, or is missing, is told when it is sent
            records = self._said(choice_id, number)
            part = seating.asked(self.campaign.kind, records, self.said, listed=self.room.listed)
            return part if part is not None and part.which in self.room.free else None
        return None

    def waits(self, choice_id: str, number: str) -> bool:
        """Whether this answer takes more places than are free."""
        return self.room.lacks(self.takes(choice_id, number))

    def left(self, choice_id: str) -> int | None:
        """How many are still needed of the several kinds of places that this answer takes one of; None for no such answer."""
        part = self.takes(choice_id, "")
        return self.room.free[part.which] if part is not None and part.which else None

    def pick(self, choice_id: str) -> Offered:
        """The answer of this id; Refused when the step has moved on."""
        found = next((each for each in self.offered if each.choice.id == choice_id), None)
        if found is None:
            raise Refused("That answer is not there any more. Look at the conversation again.")
        return found

    def number_words(self, choice_id: str, number: str) -> str:
        """The number that goes with this answer, as people read it."""
        field = self.pick(choice_id).choice.number
        return self.campaign.kind.number_words(field, number, self.campaign.facts)

    def records(self, choice_id: str, number: str, *, waits: bool = False) -> dict[str, str]:
        """What this answer writes down; `number` as it was typed, "" for none. Refused when it cannot be read, is 0, or must be there.
        `waits`: with the words of the waiting list.
        """
        choice = self.pick(choice_id).choice
        records = self._said(choice_id, number)
        none = records.get(choice.number) == "0"
        if none or (choice.needs_number and not number.strip()):
            field = self.campaign.kind.field(choice.number)
            raise Refused(
                f"How many is missing: “{field.label['en'] if field else choice.number}” is {'0' if none else 'empty'}. "
                "Type the number, then send. Nothing was sent."
            )
        part = places.taken(self.campaign.kind, records)
        return {**records, **self.room.also_records(part, waits=waits)}

    def _said(self, choice_id: str, number: str) -> dict[str, str]:
        choice = self.pick(choice_id).choice
        records = dict(choice.records)
        if choice.number and number.strip():
            known = recording.checked(self.campaign.kind, choice.number, number)
            records |= {choice.number: known, **choice.counted_records}
        return records


def chosen_before(context: Context, records: Mapping[str, str], step: str) -> tuple[str, str]:
    """Which answer an earlier text came from, and the number with it, by what it records and where it leads; ("", "") for none."""
    waits = records.get(WAITING) == "yes"
    said = _besides_waiting(records)
    for choice in (each.choice for each in context.offered):
        number = said.get(choice.number, "")
        known = {choice.number: number, **choice.counted_records} if number else {}
        wanted = {**_besides_waiting(choice.records), **known}
        if (said or step) and wanted == said and step_after(choice, said, waits=waits) == step:
            return choice.id, number
    return "", ""


def _besides_waiting(records: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in records.items() if name != WAITING}


def step_after(choice: Choice, records: Mapping[str, str], *, waits: bool = False) -> str:
    """The step that an answer leads to, once what it records is known; `waits`: with the words of the waiting list."""
    if waits and choice.waiting_next:
        return choice.waiting_next
    counted = choice.number in records and choice.counted_next
    return choice.counted_next if counted else choice.next


def context(db: sqlite3.Connection, conversation_id: int, user: User, rules: Rules) -> Context | None:
    """Where this conversation stands in its newest campaign; None when it is in none."""
    target = db.execute(
        "SELECT * FROM target WHERE conversation_id=? AND state IN ('held','texted') ORDER BY live DESC, id DESC LIMIT 1",
        [conversation_id],
    ).fetchone()
    if target is None:
        return None
    campaign = campaigns.load(db, target["campaign_id"])
    values = campaigns.merge_values(db, campaign, target["contact_id"], user, rules)
    step, room = campaign.script.step(target["step"]), seating.room(db, campaign, target["id"])
    if there := factwords.shifts(values, without=room.full):  # "Which one?" names those that may still be had
        values = {**values, "shifts": there}
    last = db.execute(
        "SELECT CASE WHEN kind IN ('text', 'flash') THEN text ELSE '' END AS text FROM inbound "
        "WHERE conversation_id=? AND kind<>'silent' ORDER BY id DESC LIMIT 1",
        [conversation_id],
    ).fetchone()
    person = db.execute("SELECT waiting_at FROM conversation WHERE id=?", [conversation_id]).fetchone()
    if person is None:  # erased since
        return None
    waits = person["waiting_at"]
    found = suggest.foreseen(campaign.script, step, last["text"]) if last else None
    if found is not None and merge(found.choice.label, values).gaps:  # a shift that this campaign has not
        found = None
    question = suggest.asked(campaign.script.ready, last["text"]) if last and found is None else None
    return Context(
        campaign,
        target["id"],
        step.label,
        # A button whose words have a hole is about something that this campaign has not: a third shift.
        tuple(
            _offered(choice, values)
            for choice in _fitting(campaign, step, room, found)
            if not merge(choice.label, values).gaps
        ),
        tuple(
            (ready.label, words) for ready in campaign.script.ready if (words := _words(ready.text, values))
        ),
        recording.current(db, target["id"]),
        found if waits is not None else None,
        question.label if question and waits is not None else "",
        room,
    )


def _fitting(campaign: Campaign, step: Step, room: Room, found: Suggestion | None) -> Iterator[Choice]:
    """The step's answers; the one of a later question that the reply gives already; and first, that there is room again."""
    if room.may and (told := seating.telling(campaign)) is not None:
        yield told
    yield from (each for each in step.choices if not seating.tells(each))
    if found is not None and found.choice not in step.choices:
        yield found.choice


def _offered(choice: Choice, values: Mapping[str, str]) -> Offered:
    counted = _words(choice.counted, {**values, "count": "{count}"})
    return Offered(
        choice,
        merge(choice.label, values).text,
        _words(choice.text, values),
        counted,
        _words(choice.waiting, values),
    )


def _words(text: str, values: Mapping[str, str]) -> str:
    merged = merge(text, values)
    return "" if merged.gaps else merged.text
