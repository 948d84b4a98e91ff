"""What a volunteer may answer to somebody of a campaign: the present step's answers, each with its text, and the ready answers.

An answer is chosen by its id and leaves with the reply: what it records is decided here, from the script, and never by the form.

Promises: the words offered are merged for this person; a hole in them is shown, and such a text is not offered. Reads only.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from gateway import campaigns, recording, seating, suggest
from gateway.campaigns import Campaign
from gateway.errors import Refused
from gateway.merge import merge
from gateway.people import User
from gateway.rules import Rules
from gateway.scripts import Choice
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
        return merge(self.counted, {"count": number}).text if number and self.counted else self.text


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
    free: int | None = None  # seats that nobody else has; None when they are not counted

    @property
    def takes_seats(self) -> bool:
        """Whether an answer of this step takes seats that are counted."""
        return any(self.seats(each.choice.id, "") for each in self.offered)

    def seats(self, choice_id: str, number: str) -> int:
        """How many seats this answer takes; 0 for none, or when they are not counted."""
        if self.free is None:
            return 0
        with suppress(Refused):  # a number that cannot be read is told when it is sent
            return seating.asked_for(self.records(choice_id, number))
        return 0

    def waits(self, choice_id: str, number: str) -> bool:
        """Whether this answer takes more seats than are free."""
        return self.free is not None and self.seats(choice_id, number) > self.free

    def pick(self, choice_id: str) -> Offered:
        """The answer of this id; Refused when the step has moved on."""
        found = next((each for each in self.offered if each.choice.id == choice_id), None)
        if found is None:
            raise Refused("That answer is not there any more. Look at the conversation again.")
        return found

    def records(self, choice_id: str, number: str) -> dict[str, str]:
        """What this answer writes down; `number` as it was typed, "" for none. Refused when it cannot be read."""
        choice = self.pick(choice_id).choice
        records = dict(choice.records)
        if choice.number and number.strip():
            records[choice.number] = recording.checked(self.campaign.kind, choice.number, number)
        return records


def chosen_before(context: Context, records: Mapping[str, str], step: str) -> tuple[str, str]:
    """Which answer an earlier text came from, and the number with it, by what it records and where it leads; ("", "") for none."""
    for choice in (each.choice for each in context.offered):
        number = records.get(choice.number, "")
        wanted = {**choice.records, choice.number: number} if number else choice.records
        if (records or step) and wanted == records and step_after(choice, records) == step:
            return choice.id, number
    return "", ""


def step_after(choice: Choice, records: Mapping[str, str]) -> str:
    """The step that an answer leads to, once what it records is known."""
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
    step = campaign.script.step(target["step"])
    last = db.execute(
        "SELECT text FROM inbound WHERE conversation_id=? AND kind='text' ORDER BY id DESC LIMIT 1",
        [conversation_id],
    ).fetchone()
    waits = db.execute("SELECT waiting_at FROM conversation WHERE id=?", [conversation_id]).fetchone()[
        "waiting_at"
    ]
    return Context(
        campaign,
        target["id"],
        step.label,
        # A button whose words have a hole is about something that this campaign has not: a third shift.
        tuple(_offered(choice, values) for choice in step.choices if not merge(choice.label, values).gaps),
        tuple(
            (ready.label, words) for ready in campaign.script.ready if (words := _words(ready.text, values))
        ),
        recording.current(db, target["id"]),
        suggest.suggestion(step, last["text"]) if last and waits is not None else None,
        seating.free(db, campaign, besides=target["id"]),
    )


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
