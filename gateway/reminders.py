"""Reminders: drafted by schedule a day before they are due, approved by people like any other text, sent when they are due.

Promises: one reminder a person and day, however often the schedule runs (the draft's key); it leaves no earlier than it is due, even
when it was approved the day before, unless the person sleeps then; one that nobody approved runs out with its day by the group's
clock. Nobody is reminded whose number is wrong, who waits for a seat, or who answered what the script leaves out; whoever
answers so afterwards has their reminder taken back. What was due and was not drafted is told (`owed`).
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway import campaigns, conversations, outbox, places, policy, results
from gateway.campaigns import Campaign
from gateway.errors import Refused
from gateway.merge import merge
from gateway.message import GOING
from gateway.moves import move
from gateway.people import User
from gateway.rules import DAY_MS, HOUR_MS, Rules
from gateway.scripts import Reminder
from gateway.store import moment, ms, write

AHEAD_MS = DAY_MS
TOLD_MS = 3 * DAY_MS  # so long it is said that some were not reminded
EARLIER_MS = HOUR_MS // 4
ANSWERED = "answered"  # the fact of a reminder that counts from the person's own answer
NOBODY = User(0, "", "volunteer")  # a reminder is from the group; it names no volunteer
WRONG = {"contact": ("wrong_number",)}
TOO_SOON = (  # in SQL, of text m: it ran out by a clock that was ahead, and nobody has written it again
    "m.state='expired' AND m.submitted_at IS NULL AND m.expires_at>? "
    "AND NOT EXISTS (SELECT 1 FROM message r WHERE r.conversation_id=m.conversation_id AND r.resend_of=m.id)"
)


@dataclass(frozen=True)
class Owed:
    """People whom a reminder is or was due, and for whom none is written. `why`: paused (due soon), late, or day (it has none)."""

    label: str
    people: int
    due: int
    why: str


def draft_due(db: sqlite3.Connection, rules: Rules, *, now: int) -> int:
    """Draft every reminder that is due within a day, take back those that fit no longer; returns how many were new."""
    _take_back_unfit(db, rules, now)
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


def owed(db: sqlite3.Connection, campaign: Campaign, rules: Rules, *, now: int) -> list[Owed]:
    """What an open campaign's reminders do not reach: due while it is paused, not drafted in time, without a day."""
    drafted = {
        row["draft_key"]
        for row in db.execute(
            "SELECT m.draft_key FROM target t JOIN message m ON m.target_id=t.id WHERE t.campaign_id=? AND m.kind=2",
            [campaign.id],
        )
    }
    found: dict[tuple[str, int, str], int] = {}
    for reminder in campaign.script.reminders if campaign.open else ():
        for person in _matching(db, campaign, reminder):
            day = _day(campaign, reminder, person, rules)
            due = due_at(reminder, day, rules.zone) if day else 0
            why = "day"
            if day:
                if (
                    drafted.intersection(_keys(person["id"], reminder, due, rules.zone))
                    or person["said_at"] > due
                ):
                    continue
                why = "paused" if _near(due, rules, now) else "late"
                if (why == "paused" and campaign.state != "paused") or not -AHEAD_MS <= now - due <= TOLD_MS:
                    continue
            kept = (reminder.label, due, why)
            found[kept] = found.get(kept, 0) + 1
    return [Owed(label, people, due, why) for (label, due, why), people in found.items()]


def _due(
    db: sqlite3.Connection, campaign: Campaign, reminder: Reminder, rules: Rules, now: int
) -> Iterator[tuple[sqlite3.Row, int]]:
    """(person, when) of everybody whose reminder is to be drafted now."""
    day = campaign.facts.get(reminder.fact, "")
    if reminder.fact != ANSWERED and (
        not day or not _near(due_at(reminder, date.fromisoformat(day), rules.zone), rules, now)
    ):
        return
    for person in _matching(db, campaign, reminder):
        own = _day(campaign, reminder, person, rules)
        if own and _near(due := due_at(reminder, own, rules.zone), rules, now):
            yield person, due


def _day(campaign: Campaign, reminder: Reminder, person: sqlite3.Row, rules: Rules) -> date | None:
    """The day from which it counts for this person; None when the campaign names none."""
    if reminder.fact == ANSWERED:
        return moment(person["said_at"]).astimezone(ZoneInfo(rules.zone)).date()
    said = campaign.facts.get(reminder.fact, "")
    return date.fromisoformat(said) if said else None


def _near(due: int, rules: Rules, now: int) -> bool:
    """Within a day ahead, or late and still on its own day."""
    zone = ZoneInfo(rules.zone)
    return (
        due - AHEAD_MS <= now and moment(now).astimezone(zone).date() <= moment(due).astimezone(zone).date()
    )


def _leaves(due: int, zones: tuple[str, ...], rules: Rules) -> int:
    """When it leaves: when it is due or later on that day by the group's clock, else as late before as the person's hours allow."""
    here = ZoneInfo(rules.zone)
    day = moment(due).astimezone(here).date()
    leave = policy.may_leave(moment(due), zones, rules.quiet)
    if leave.ok or (leave.not_before is not None and leave.not_before.astimezone(here).date() == day):
        return due
    morning = ms(datetime.combine(day, time(), here))
    earlier = range(due, morning - 1, -EARLIER_MS)
    return next((at for at in earlier if policy.may_leave(moment(at), zones, rules.quiet).ok), due)


def _matching(db: sqlite3.Connection, campaign: Campaign, reminder: Reminder) -> list[sqlite3.Row]:
    """Everybody who was texted, neither asked to stop nor may have, whose answers that hold are all among `when` and none among
    `unless`, whose number is right, and who has a seat where seats are short.
    """
    newest = "(SELECT max(id) FROM answer n WHERE n.target_id=t.id AND n.field=? AND n.undone_at IS NULL)"
    joins, values, last = "", list[object](), "t.texted_at"
    for at, (name, allowed) in enumerate(reminder.when.items()):
        marks = ",".join("?" * len(allowed))
        joins += f" JOIN answer a{at} ON a{at}.id={newest} AND a{at}.value IN ({marks})"
        values += [name, *allowed]
        last = f"max({last}, a{at}.at)"
    values.append(campaign.id)
    where = ""
    for name, barred in (*reminder.unless.items(), *WRONG.items()):
        marks = ",".join("?" * len(barred))
        where += f" AND NOT EXISTS (SELECT 1 FROM answer x WHERE x.id={newest} AND x.value IN ({marks}))"
        values += [name, *barred]
    found = db.execute(
        f"SELECT t.id, t.contact_id, t.conversation_id, {last} AS said_at FROM target t JOIN conversation c ON c.id=t.conversation_id{joins} "
        f"WHERE t.campaign_id=? AND t.texted_at IS NOT NULL AND c.opted_out_at IS NULL AND c.asks_opt_out=0{where}",
        values,
    ).fetchall()
    waiters = _waiters(db, campaign) if found else set()
    return [person for person in found if person["id"] not in waiters]


def _waiters(db: sqlite3.Connection, campaign: Campaign) -> set[int]:
    """Targets on a waiting list."""
    if campaign.kind.name not in places.PLACES:
        return set()
    booked = places.bookings(campaign.kind, campaign.facts, results.people(db, campaign.id))
    return {each.person.target_id for each in booked if each.waits}


def _take_back_unfit(db: sqlite3.Connection, rules: Rules, now: int) -> None:
    """Reminders that wait or are approved, of people who have answered otherwise since, or of what the campaign said before (one was
    with a modem when that was changed); they are drafted anew when they match again.
    """
    open_ones: dict[tuple[int, str], list[sqlite3.Row]] = {}  # of a campaign and one of its reminders
    for state in ("m.state='awaiting'", f"m.{GOING} AND m.state='approved'"):  # as the partial indexes say it
        for row in db.execute(
            "SELECT m.id, m.draft_key, m.resend_of, m.target_id, t.campaign_id, m.created_by IS NULL AND m.merged<>p.content AS stale "
            f"FROM message m JOIN target t ON t.id=m.target_id JOIN campaign p ON p.id=t.campaign_id WHERE {state} AND m.kind=2"
        ).fetchall():
            if row["stale"]:
                _take_back(db, row["id"], "The campaign was changed.", now)
                continue
            open_ones.setdefault((row["campaign_id"], _reminder_of(db, row)), []).append(row)
    for (campaign_id, name), texts in open_ones.items():
        campaign = campaigns.load(db, campaign_id)
        reminder = next((each for each in campaign.script.reminders if each.id == name), None)
        if reminder is None:
            continue
        people = {person["id"]: person for person in _matching(db, campaign, reminder)}
        for text in texts:
            person = people.get(text["target_id"])
            if person is None or not _of_their_day(text, campaign, reminder, person, rules):
                _take_back(db, text["id"], "What they answered since no longer fits this reminder.", now)


def _of_their_day(
    text: sqlite3.Row, campaign: Campaign, reminder: Reminder, person: sqlite3.Row, rules: Rules
) -> bool:
    """Whether this text is of the day that holds now, for one that counts from the person's own answer; else they get another for that."""
    day = _day(campaign, reminder, person, rules)
    if reminder.fact != ANSWERED or day is None or not (text["draft_key"] or "").startswith("reminder:"):
        return True
    return text["draft_key"] in _keys(person["id"], reminder, due_at(reminder, day, rules.zone), rules.zone)


def _take_back(db: sqlite3.Connection, message_id: int, reason: str, now: int) -> None:
    with write(db):
        row = outbox.load(db, message_id)
        if row["state"] in ("awaiting", "approved") and row["submitted_at"] is None:
            move(db, "withdraw", message_id, actor="gateway", now=now, reason=reason, draft_key=None)


def _reminder_of(db: sqlite3.Connection, row: sqlite3.Row | None) -> str:
    """Which reminder this text is, also one that a person wrote in the place of another; "" when nobody knows."""
    while row is not None and not (row["draft_key"] or "").startswith("reminder:"):
        row = db.execute("SELECT draft_key, resend_of FROM message WHERE id=?", [row["resend_of"]]).fetchone()
    return "" if row is None else row["draft_key"].split(":", 2)[2].rpartition(":")[0]


def _keys(target_id: int, reminder: Reminder, due: int, zone: str) -> tuple[str, str]:
    """What makes it one a person and day: the key of a new one, by the group's clock, and as older versions wrote it."""
    bare, here = f"reminder:{target_id}:{reminder.id}", moment(due).astimezone(ZoneInfo(zone))
    return f"{bare}:{here.date()}", f"{bare}:{moment(due).date()}"


def _draft(
    db: sqlite3.Connection,
    campaign: Campaign,
    reminder: Reminder,
    person: sqlite3.Row,
    due: int,
    rules: Rules,
    now: int,
) -> bool:
    keys = _keys(person["id"], reminder, due, rules.zone)
    with write(db):
        as_read = db.execute(  # a long list takes minutes: it may be changed, closed, or the person erased meanwhile
            "SELECT 1 FROM target t JOIN campaign p ON p.id=t.campaign_id WHERE t.id=? AND p.content=? AND p.state='running'",
            [person["id"], campaign.content],
        ).fetchone()
        known = db.execute(
            f"SELECT m.id, {TOO_SOON} AS too_soon FROM message m WHERE draft_key IN (?,?)", [now, *keys]
        ).fetchall()
        if not as_read or not all(each["too_soon"] for each in known):
            return False
        values = campaigns.merge_values(db, campaign, person["contact_id"], NOBODY, rules)
        merged = merge(reminder.text, {**values, "my_name": rules.organisation})
        conversation = db.execute(
            "SELECT * FROM conversation WHERE id=?", [person["conversation_id"]]
        ).fetchone()
        zones = conversations.zones(conversation, rules)
        leaves = _leaves(due, zones, rules)
        leave = policy.may_leave(moment(max(leaves, now)), zones, rules.quiet)
        runs_out = min(
            outbox.expiry("reminder", zones, rules, max(leaves, now)), _end_of_day(due, rules.zone)
        )
        if not leave.ok and (leave.not_before is None or ms(leave.not_before) >= runs_out):
            return False  # its day is over for them; the campaign's page says so
        db.executemany("UPDATE message SET draft_key=NULL WHERE id=?", [(each["id"],) for each in known])
        try:
            merged.refuse_gaps()
            message_id = outbox.insert_draft(
                db,
                person["conversation_id"],
                outbox.checked_text(merged.text),
                kind="reminder",
                key=keys[0],
                channel="gateway",
                by=None,
                rules=rules,
                now=now,
                expires_at=runs_out,
                resend_of=max((each["id"] for each in known), default=None),
            )
        except (
            Refused
        ):  # a hole in the words, a number that cannot be texted, or somebody who stopped a moment ago
            return False
        db.execute(
            "UPDATE message SET target_id=?, step=?, merged=?, due_at=? WHERE id=?",
            [person["id"], reminder.step or None, campaign.content, leaves, message_id],
        )
    return True


def _end_of_day(at: int, zone: str) -> int:
    """The midnight after this moment, by the group's clock (ms)."""
    here = ZoneInfo(zone)
    return ms(datetime.combine(moment(at).astimezone(here).date() + timedelta(days=1), time(), here))
