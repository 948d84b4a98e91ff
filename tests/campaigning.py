"""Campaigns for tests, made through the gateway's own store: a list of people, a draft of an event, its start, a batch, its cards."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from gateway import assignments, campaigns, cards, conversations, enrolment, outbox
from gateway.campaigns import Campaign, Options
from gateway.cards import Card
from gateway.people import User
from gateway.planning import SimRoom
from gateway.policy import Limits
from gateway.rules import Rules
from gateway.store import moment, write

FACTS = {
    "event": "The rent hearing",
    "day": "2026-12-03",
    "hour": "18:00",
    "place": "Union Hall",
    "seats": "120",
}
SIMS = [SimRoom("north", "8901", ready=True, limits=Limits(15, 200, 3000))]
AHEAD = "2099-12-03"  # the same day of the week, for a test that goes by the clock on the wall
PEOPLE = ("Rosa", "Luis", "Ada", "Sam", "Mei", "Theo")


def bring_in(db: sqlite3.Connection, names: tuple[str, ...] = PEOPLE, *, first: int = 100, now: int) -> int:
    """A list that is ready, with these people; returns its id."""
    with write(db):
        list_id = db.execute(
            "INSERT INTO contact_list (name, state, source, consented_on, created_at) VALUES ('Tenants', 'ready', 'signed up', '2026-10-03', ?)",
            [now],
        ).lastrowid
        for at, name in enumerate(names):
            conversation_id = conversations.ensure(db, f"+12025550{first + at}", now=now, name=name)
            contact_id = db.execute(
                "INSERT INTO contact (conversation_id, first_name, name_key, fields, source, created_at) VALUES (?,?,?,?,'signed up',?)",
                [conversation_id, name, name.casefold(), json.dumps({"building": f"{at} Oak Street"}), now],
            ).lastrowid
            db.execute("INSERT INTO list_member VALUES (?,?)", [list_id, contact_id])
    assert list_id is not None
    return list_id


def drafted(
    db: sqlite3.Connection, by: User, list_id: int, name: str = "Rent hearing", *, now: int, **options: int
) -> int:
    """An event that has its facts and its list, and has not started; returns its id."""
    campaign_id = campaigns.create(db, name, "event", "en", by=by, now=now)
    campaigns.save(
        db,
        campaign_id,
        by=by,
        now=now,
        seen_revision=1,
        facts=FACTS if moment(now).date() <= date.fromisoformat(FACTS["day"]) else {**FACTS, "day": AHEAD},
        list_id=list_id,
        options=Options(**options),
    )
    return campaign_id


def started(
    db: sqlite3.Connection,
    by: User,
    rules: Rules,
    name: str = "Rent hearing",
    *,
    now: int,
    list_id: int | None = None,
    **options: int,
) -> int:
    """The same, with everybody in it and running; returns its id."""
    campaign_id = drafted(db, by, list_id or bring_in(db, now=now), name, now=now, **options)
    after: int | None = 0
    while after is not None:
        after = enrolment.enrol(db, campaign_id, now=now, after=after)
    enrolment.start(db, campaign_id, by=by, rules=rules, now=now, needs_review=False)
    return campaign_id


@dataclass
class Hall:
    """Campaigns of one group in short words; who acts is named by their key in `users`, and it is `now` unless said otherwise."""

    db: sqlite3.Connection
    rules: Rules
    users: Mapping[str, User]
    now: int

    def drafted(self, list_id: int | None = None, name: str = "Rent hearing", **options: int) -> int:
        """An event of the coordinator with its facts and its list; returns its id."""
        made = list_id or bring_in(self.db, now=self.now)
        return drafted(self.db, self.users["coordinator"], made, name, now=self.now, **options)

    def started(self, name: str = "Rent hearing", *, list_id: int | None = None, **options: int) -> int:
        """The same, running."""
        by = self.users["coordinator"]
        return started(self.db, by, self.rules, name, now=self.now, list_id=list_id, **options)

    def batch(self, who: str = "volunteer", **options: int) -> int:
        """The same, with a batch of it in somebody's hands."""
        campaign_id = self.started(**options)
        self.take(campaign_id, who)
        return campaign_id

    def take(
        self, campaign_id: int, who: str = "volunteer", *, sims: list[SimRoom] = SIMS, now: int | None = None
    ) -> int:
        """They take the next batch; returns how many people."""
        at = self.now if now is None else now
        return assignments.take(self.db, campaign_id, self.users[who], self.rules, sims, now=at)

    def enrol(self, campaign_id: int, *, now: int | None = None) -> None:
        """Everybody of its list is taken in."""
        after: int | None = 0
        while after is not None:
            after = enrolment.enrol(self.db, campaign_id, now=self.now if now is None else now, after=after)

    def card(self, who: str = "volunteer", *, now: int | None = None) -> Card:
        """The card on their screen."""
        at = self.now if now is None else now
        found = cards.next_card(self.db, self.users[who], rules=self.rules, now=at)
        assert found is not None
        return found

    def approve(self, text: Card | int, who: str = "volunteer", *, now: int | None = None) -> int:
        """They send what they saw, or a text as it stands; returns its id."""
        message_id = text if isinstance(text, int) else text.id
        seen = outbox.seen(outbox.load(self.db, text)) if isinstance(text, int) else text.seen
        at = self.now if now is None else now
        outbox.approve(self.db, message_id, by=self.users[who], seen=seen, rules=self.rules, now=at)
        return message_id

    def send(self, who: str = "volunteer", *, now: int | None = None) -> Card:
        """They send the card on their screen."""
        card = self.card(who, now=now)
        self.approve(card, who, now=now)
        return card

    def change(self, campaign_id: int, *, now: int | None = None, **changes: Any) -> int:
        """The coordinator changes what is given, of the campaign as it is now; returns its new revision."""
        by, at = self.users["coordinator"], self.now if now is None else now
        seen = self.load(campaign_id).revision
        return campaigns.save(self.db, campaign_id, by=by, now=at, seen_revision=seen, **changes)

    def load(self, campaign_id: int) -> Campaign:
        """The campaign as it stands."""
        return campaigns.load(self.db, campaign_id)

    def states(self, campaign_id: int) -> dict[str, int]:
        """How many of its people stand where."""
        rows = self.db.execute(
            "SELECT state, count(*) AS n FROM target WHERE campaign_id=? GROUP BY state", [campaign_id]
        )
        return {row["state"]: row["n"] for row in rows}
