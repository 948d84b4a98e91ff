"""Campaigns for tests, made through the gateway's own store: a list of people, a draft of an event, its start."""

import json
import sqlite3

from gateway import campaigns, conversations, enrolment
from gateway.campaigns import Options
from gateway.people import User
from gateway.planning import SimRoom
from gateway.policy import Limits
from gateway.rules import Rules
from gateway.store import write

FACTS = {
    "event": "The rent hearing",
    "day": "2026-12-03",
    "hour": "18:00",
    "place": "Union Hall",
    "seats": "120",
}
SIMS = [SimRoom("north", "8901", ready=True, limits=Limits(15, 200, 3000))]
PEOPLE = ("Rosa", "Luis", "Ada", "Sam", "Mei", "Theo")


def bring_in(db: sqlite3.Connection, names: tuple[str, ...] = PEOPLE, *, first: int = 100, now: int) -> int:
    """A list that is ready, with these people; returns its id."""
    with write(db):
        list_id = db.execute(
            "INSERT INTO contact_list (name, state, source, created_at) VALUES ('Tenants', 'ready', 'signed up', ?)",
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
        facts=FACTS,
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
