"""Reminders: drafted by schedule a day before they are due, approved by people like any other text, sent when they are due.

Promises: one reminder a person and day, however often the schedule runs (the draft's key); it leaves no earlier than it is due, even
when it was approved the day before; one that nobody approved runs out with its day, and the campaign's page says so. Whoever's
answers no longer match by then has had a change of answer, which put the text back before a person's eyes.
"""

import sqlite3
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway import campaigns, conversations, outbox
from gateway.campaigns import Campaign
from gateway.errors import Refused
from gateway.merge import merge
from gateway.people import User
from gateway.rules import DAY_MS, Rules
from gateway.scripts import Reminder
from gateway.store import moment, ms, write

AHEAD_MS = DAY_MS
ANSWERED = "answered"  # the fact of a reminder that counts from the person's own answer
NOBODY = User(0, "", "volunteer")  # a reminder is from the group; it names no volunteer


def draft_due(db: sqlite3.Connection, rules: Rules, *, now: int) -> int:
    """Draft every reminder that is due within a day; returns how many were new."""
    made = 0
    for row in db.execute("SELECT id FROM campaign WHERE state='running'").fetchall():
        campaign = campaigns.load(db, row["id"])
        for reminder in campaign.script.reminders:
            made += sum(
                _draft(db, campaign, reminder, *each, rules, now)
                for each in _due(db, campaign, reminder, rules, now)
            )
    return made


def due_at(reminder: Reminder, day: date, zone: str) -> int:
    """When a reminder that counts from this day leaves (ms), by the group's clock."""
    at = time.fromisoformat(reminder.at)
    return ms(datetime.combine(day - timedelta(days=reminder.days_before), at, ZoneInfo(zone)))


def _due(
    db: sqlite3.Connection, campaign: Campaign, reminder: Reminder, rules: Rules, now: int
) -> Iterator[tuple[sqlite3.Row, int]]:
    """(person, when) of everybody whose reminder is to be drafted now."""
    day = campaign.facts.get(reminder.fact, "")
    if reminder.fact != ANSWERED and (
        not day or not _near(due_at(reminder, date.fromisoformat(day), rules.zone), rules, now)
    ):
        return
    for row in _matching(db, campaign.id, reminder):
        own = (
            date.fromisoformat(day)
            if reminder.fact != ANSWERED
            else moment(row["said_at"]).astimezone(ZoneInfo(rules.zone)).date()
        )
        due = due_at(reminder, own, rules.zone)
        if _near(due, rules, now):
            yield row, due


def _near(due: int, rules: Rules, now: int) -> bool:
    """Within a day ahead, or late and still on its own day."""
    zone = ZoneInfo(rules.zone)
    return (
        due - AHEAD_MS <= now and moment(now).astimezone(zone).date() <= moment(due).astimezone(zone).date()
    )


def _matching(db: sqlite3.Connection, campaign_id: int, reminder: Reminder) -> list[sqlite3.Row]:
    """Everybody who was texted, neither asked to stop nor may have, and whose answers that hold are all among `when`."""
    newest = "(SELECT max(id) FROM answer n WHERE n.target_id=t.id AND n.field=? AND n.undone_at IS NULL)"
    joins, values, last = "", list[object](), "t.texted_at"
    for at, (name, allowed) in enumerate(reminder.when.items()):
        marks = ",".join("?" * len(allowed))
        joins += f" JOIN answer a{at} ON a{at}.id={newest} AND a{at}.value IN ({marks})"
        values += [name, *allowed]
        last = f"max({last}, a{at}.at)"
    return db.execute(
        f"SELECT t.id, t.contact_id, t.conversation_id, {last} AS said_at FROM target t JOIN conversation c ON c.id=t.conversation_id{joins} "
        "WHERE t.campaign_id=? AND t.texted_at IS NOT NULL AND c.opted_out_at IS NULL AND c.asks_opt_out=0",
        [*values, campaign_id],
    ).fetchall()


def _draft(
    db: sqlite3.Connection,
    campaign: Campaign,
    reminder: Reminder,
    person: sqlite3.Row,
    due: int,
    rules: Rules,
    now: int,
) -> bool:
    key = f"reminder:{person['id']}:{reminder.id}:{moment(due).date()}"
    with write(db):
        if db.execute("SELECT 1 FROM message WHERE draft_key=?", [key]).fetchone():
            return False
        values = campaigns.merge_values(db, campaign, person["contact_id"], NOBODY, rules)
        merged = merge(reminder.text, {**values, "my_name": rules.organisation})
        conversation = db.execute(
            "SELECT * FROM conversation WHERE id=?", [person["conversation_id"]]
        ).fetchone()
        zones = conversations.zones(conversation, rules)
        try:
            merged.refuse_gaps()
            message_id = outbox.insert_draft(
                db,
                person["conversation_id"],
                outbox.checked_text(merged.text),
                kind="reminder",
                key=key,
                channel="gateway",
                by=None,
                rules=rules,
                now=now,
                expires_at=outbox.expiry("reminder", zones, rules, max(due, now)),
            )
        except Refused:  # a hole in the words, a number that cannot be texted, or somebody who stopped a moment ago
            return False
        db.execute(
            "UPDATE message SET target_id=?, step=?, merged=?, due_at=? WHERE id=?",
            [person["id"], reminder.step or None, campaign.content, due, message_id],
        )
    return True
