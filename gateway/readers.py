"""Whose eyes a script is read with: real people of the list, one after the other, for the preview of its words.

Reads only. Promises: an id that is not of the list is the next one that is; a list of nobody has nobody.
"""

import sqlite3
from dataclasses import dataclass

from gateway import campaigns, numbers
from gateway.campaigns import Campaign
from gateway.people import User
from gateway.rules import Rules

BEFORE, AFTER = 10, 40  # people around the one who is shown, to choose from


@dataclass(frozen=True)
class Readers:
    """One person of the list and those around. `position` counts from 1; 0 and `who` 0: nobody is in the list."""

    who: int
    position: int
    people: int
    next: int  # who comes after, the first one after the last
    near: tuple[tuple[int, str], ...]  # (contact, name, or the masked number where there is none)


def readers(db: sqlite3.Connection, list_id: int | None, who: int) -> Readers:
    """This contact of a list; whoever follows when they are not in it."""

    def first_from(at: int) -> int:
        row = db.execute(
            "SELECT min(contact_id) FROM list_member WHERE list_id=? AND contact_id>=?", [list_id, at]
        ).fetchone()
        return int(row[0] or 0)

    found = first_from(who) or first_from(0)
    if not found:
        return Readers(0, 0, 0, 0, ())
    position, people = db.execute(
        "SELECT sum(contact_id<=?), count(*) FROM list_member WHERE list_id=?", [found, list_id]
    ).fetchone()
    half = "SELECT contact_id FROM list_member WHERE list_id=:list AND contact_id"
    near = db.execute(
        "SELECT k.id, trim(k.first_name||' '||k.last_name) AS name, c.number FROM contact k "
        "JOIN conversation c ON c.id=k.conversation_id WHERE k.id IN "
        f"(SELECT * FROM ({half}<:who ORDER BY contact_id DESC LIMIT :before) UNION ALL "
        f"SELECT * FROM ({half}>=:who ORDER BY contact_id LIMIT :after)) ORDER BY k.id",
        {"list": list_id, "who": found, "before": BEFORE, "after": AFTER},
    )
    names = tuple((row["id"], row["name"] or numbers.masked(row["number"])) for row in near)
    return Readers(found, position, people, first_from(found + 1) or first_from(0), names)


def values(
    db: sqlite3.Connection, campaign: Campaign, who: int, writer: User, rules: Rules
) -> dict[str, str]:
    """What a text to this person may hold, as `campaigns.merge_values`; without a person the facts alone."""
    if who:
        return campaigns.merge_values(db, campaign, who, writer, rules)
    return campaigns.own_values(campaign, writer, rules)
