"""How a campaign goes, read from the tables: where its first texts are, who answered what, who waits, how its wordings do.

Reads only; the meaning of the numbers is in `gateway/boards.py`. What was undone does not count.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from gateway import boards
from gateway.boards import Board, Row
from gateway.campaigns import Campaign
from gateway.places import Person

OLD_MS = 20 * 60_000  # somebody who waits for longer is pointed out
MOST_NAMED = 10

# Of target t in campaign p with conversation c: what comes after its close, or after another campaign's text, is not its own.
# While it is open nobody else texts its people.
_UNTIL = (
    "CASE WHEN p.closed_at IS NULL THEN 1e15 ELSE min(p.closed_at, coalesce((SELECT min(o.texted_at) FROM target o "
    "WHERE o.conversation_id=t.conversation_id AND o.texted_at>t.texted_at), 1e15)) END"
)
ANSWERED = (
    f"coalesce(c.last_in_at>t.texted_at AND (c.last_in_at<={_UNTIL} OR EXISTS (SELECT 1 FROM inbound i "
    f"WHERE i.conversation_id=t.conversation_id AND i.received_at>t.texted_at AND i.received_at<={_UNTIL})), 0)"
)
_STOPPED = f"(c.opted_out_at>=t.texted_at AND c.opted_out_at<={_UNTIL})"
_WAITS = f"(c.waiting_at IS NOT NULL AND c.waiting_at<={_UNTIL})"
# Of answer a: what goes with a text belongs to theirs, which it answers; what is set by hand is the group's own word, and counts.
COUNTS = (
    "a.undone_at IS NULL AND (p.closed_at IS NULL OR a.message_id IS NULL OR coalesce((SELECT max(i.received_at) FROM inbound i "
    f"WHERE i.conversation_id=t.conversation_id AND i.received_at<=a.at), t.texted_at, 0)<={_UNTIL})"
)
_TEXTED = (
    "FROM target t JOIN conversation c ON c.id=t.conversation_id JOIN campaign p ON p.id=t.campaign_id "
    "WHERE t.campaign_id=? AND t.texted_at IS NOT NULL"
)


@dataclass(frozen=True)
class Wording:
    """One wording of the first text: how many got it, how many of them answered."""

    text: str
    texted: int
    answered: int


@dataclass(frozen=True)
class Results:
    """The numbers that every kind has."""

    board: Board
    texted: int
    delivered: int
    no_report: int
    undelivered: int
    uncertain: int
    on_the_way: int
    answered: int
    stops: int
    waiting: int
    waiting_old: int
    oldest_at: int | None
    wordings: tuple[Wording, ...]
    reminders_waiting: int = 0  # drafted, and not approved yet
    reminders_expired: int = 0  # nobody approved them in time
    not_reminded: tuple[tuple[int, str], ...] = ()  # the last of these: conversation and name


def people(db: sqlite3.Connection, campaign_id: int) -> list[Person]:
    """Everybody of a campaign of whom an answer is written down, in the order of their first text."""
    found: dict[int, Person] = {}
    rows = db.execute(
        "SELECT t.id, t.conversation_id, k.first_name, k.last_name, a.id AS answer_id, a.field, a.value, c.opted_out_at FROM target t "
        "JOIN campaign p ON p.id=t.campaign_id JOIN contact k ON k.id=t.contact_id JOIN conversation c ON c.id=t.conversation_id "
        f"JOIN answer a ON a.target_id=t.id WHERE t.campaign_id=? AND {COUNTS} ORDER BY t.id, a.id",
        [campaign_id],
    )
    for row in rows:
        name = " ".join(part for part in (row["first_name"], row["last_name"]) if part)
        stopped = row["opted_out_at"] is not None
        person = found.setdefault(row["id"], Person(row["id"], row["conversation_id"], name, {}, {}, stopped))
        said, at = dict(person.said), dict(person.at)
        if row["value"]:
            if said.get(row["field"]) != row["value"]:  # the same again: who was first stays first
                at[row["field"]] = row["answer_id"]
            said[row["field"]] = row["value"]
        else:
            said.pop(row["field"], None)
        found[row["id"]] = replace(person, said=said, at=at)
    return list(found.values())


def results(db: sqlite3.Connection, campaign: Campaign, *, today: date, now: int) -> Results:
    """The whole of a campaign's page; of one that is closed as it stood then."""
    states = {
        row["state"]: row["n"]
        for row in db.execute(
            "SELECT m.state, count(*) AS n FROM target t LEFT JOIN message m ON m.id=t.message_id WHERE t.campaign_id=? AND t.texted_at IS NOT NULL "
            "GROUP BY m.state",
            [campaign.id],
        )
    }
    texted = sum(states.values())
    row = db.execute(
        f"SELECT coalesce(sum({ANSWERED}), 0) AS answered, coalesce(sum({_STOPPED}), 0) AS stops, coalesce(sum({_WAITS}), 0) AS waiting, "
        f"coalesce(sum({_WAITS} AND c.waiting_at<=?), 0) AS old, min(CASE WHEN {_WAITS} THEN c.waiting_at END) AS oldest {_TEXTED}",
        [now - OLD_MS, campaign.id],
    ).fetchone()
    return Results(
        boards.board(
            campaign.kind,
            campaign.facts,
            people(db, campaign.id),
            texted=texted,
            today=None if campaign.state == "closed" else today,
        ),
        texted,
        states.get("delivered", 0),
        states.get("sent", 0),
        states.get("undelivered", 0) + states.get("failed", 0),
        states.get("uncertain", 0),
        sum(states.get(state, 0) for state in ("approved", "claimed", "submitted")),
        row["answered"],
        row["stops"],
        row["waiting"],
        row["old"],
        row["oldest"],
        tuple(_wordings(db, campaign)),
        *_reminders(db, campaign.id),
    )


def _reminders(db: sqlite3.Connection, campaign_id: int) -> tuple[int, int, tuple[tuple[int, str], ...]]:
    """How many wait, how many ran out, whose; one that ran out by a clock that was ahead is written again, and has no key any more."""
    row = db.execute(
        "SELECT coalesce(sum(m.state='awaiting'), 0) AS waiting, coalesce(sum(m.state='expired' AND m.draft_key IS NOT NULL), 0) AS expired "
        "FROM message m JOIN target t ON t.id=m.target_id WHERE t.campaign_id=? AND m.kind=2",
        [campaign_id],
    ).fetchone()
    whom = db.execute(
        "SELECT t.conversation_id, trim(k.first_name || ' ' || k.last_name) AS name FROM message m JOIN target t ON t.id=m.target_id "
        "JOIN contact k ON k.id=t.contact_id WHERE t.campaign_id=? AND m.kind=2 AND m.state='expired' AND m.draft_key IS NOT NULL "
        "GROUP BY t.conversation_id ORDER BY max(m.id) DESC LIMIT ?",
        [campaign_id, MOST_NAMED if row["expired"] else 0],
    )
    return row["waiting"], row["expired"], tuple((each["conversation_id"], each["name"]) for each in whom)


def _wordings(db: sqlite3.Connection, campaign: Campaign) -> Iterator[Wording]:
    texts = campaign.script.first.texts
    if len(texts) < 2:
        return
    rows = db.execute(
        f"SELECT t.wording, count(*) AS n, coalesce(sum({ANSWERED}), 0) AS answered {_TEXTED} GROUP BY t.wording",
        [campaign.id],
    )
    counted = {row["wording"]: (row["n"], row["answered"]) for row in rows}
    for at, text in enumerate(texts):
        yield Wording(text, *counted.get(at, (0, 0)))


def csv_rows(
    db: sqlite3.Connection, campaign: Campaign, *, only: Set[int] | None = None
) -> Iterator[list[str]]:
    """Every person of a campaign, or these targets, with what they said: a header, then a row for each. Who asked to stop says so in a
    column that every reader of lists knows.
    """
    fields = [field.name for field in campaign.kind.fields]
    yield [
        "number",
        "first_name",
        "last_name",
        "state",
        "reason",
        "first_text",
        "texted_at",
        "answered",
        "opted_out",
        *fields,
    ]
    said = {person.target_id: person.said for person in people(db, campaign.id)}
    rows = db.execute(
        f"SELECT t.id, t.state, t.reason, t.texted_at, {ANSWERED} AS answered, c.number, c.opted_out_at, k.first_name, k.last_name, "
        "m.state AS text_state FROM target t JOIN contact k ON k.id=t.contact_id JOIN conversation c ON c.id=t.conversation_id "
        "JOIN campaign p ON p.id=t.campaign_id LEFT JOIN message m ON m.id=t.message_id WHERE t.campaign_id=? ORDER BY t.id",
        [campaign.id],
    )
    from gateway.store import rfc3339

    for row in rows:
        if only is not None and row["id"] not in only:
            continue
        answers = said.get(row["id"], {})
        yield [
            row["number"], row["first_name"], row["last_name"], row["state"], row["reason"], row["text_state"] or "",
            rfc3339(row["texted_at"]) or "", "yes" if row["answered"] else "no", "yes" if row["opted_out_at"] else "",
            *(answers.get(name, "") for name in fields),
        ]  # fmt: skip


def number_rows(found: Results, first_texts: Sequence[Row], owed: Sequence[Row] = ()) -> list[Row]:
    """What, how many, of how many (0: of nothing): every number of a campaign's page. `first_texts` and `owed`: those that are counted
    elsewhere.
    """
    texted = found.texted
    return [
        *first_texts,
        ("Delivered", found.delivered, texted),
        ("No report yet", found.no_report, texted),
        ("On the way", found.on_the_way, texted),
        ("Did not arrive", found.undelivered, texted),
        ("May not have left", found.uncertain, texted),
        ("Answered", found.answered, texted),
        ("Asked to stop", found.stops, texted),
        ("Wait for an answer", found.waiting, found.answered),
        ("Wait for more than 20 minutes", found.waiting_old, found.waiting),
        ("Reminders that wait for a Send", found.reminders_waiting, 0),
        ("Reminders that ran out", found.reminders_expired, 0),
        *owed,
        *found.board.figures,
        *found.board.rows,
        *(("Shift: " + words, part, whole) for words, part, whole in found.board.slots),
        *(
            (f"To do: {each.words.removeprefix(f'{each.many:,} ')}", each.many, 0)
            for each in found.board.todo
        ),
        *(
            (("To do: may have a place now, not told yet", len(found.board.freed), 0),)
            if found.board.gives_places
            else ()
        ),
        *((f"Answered: {each.text}", each.answered, each.texted) for each in found.wordings),
    ]


def total_rows(kept: Mapping[str, Any]) -> list[Row]:
    """The same of a campaign whose people are purged, from what `totals` kept."""
    texted = int(kept["texted"])
    names = {
        "delivered": "Delivered",
        "undelivered": "Did not arrive",
        "uncertain": "May not have left",
        "answered": "Answered",
        "stops": "Asked to stop",
    }
    return [
        ("Texted", texted, 0),
        *((words, int(kept[name]), texted) for name, words in names.items()),
        *((str(words), int(part), int(whole)) for words, part, whole in kept["rows"]),
    ]


def totals(db: sqlite3.Connection, campaign: Campaign, *, today: date, now: int) -> str:
    """What remains of a campaign when its people are purged: JSON of its numbers, no name and no number in it."""
    found = results(db, campaign, today=today, now=now)
    numbers = {
        name: getattr(found, name)
        for name in ("texted", "delivered", "undelivered", "uncertain", "answered", "stops")
    }
    rows = [*found.board.figures, *found.board.rows, *found.board.slots]
    return json.dumps({"headline": found.board.headline, "rows": rows, **numbers})
