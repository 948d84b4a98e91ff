"""What a start would do, seen before it: who of the list is left out and why, and how many texts the others make.

Promises: the same rules as the start itself (`enrolment`); nothing is written. Of a long list every tenth or hundredth person is
looked at, and `exact` says so. Texts are merged for some of the people: a name outside the alphabet makes three of one.
"""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from gateway import campaigns, enrolment
from gateway.campaigns import Campaign
from gateway.merge import merge
from gateway.people import User
from gateway.rules import Rules
from gateway.script import ruler_of

LOOKED_AT = 2000
MERGED = 100
SHARES = "Shares a number with somebody who is texted."


@dataclass(frozen=True)
class Foreseen:
    """People who would be texted, segments of their first texts, and reasons with how many each leaves out, most first."""

    people: int
    segments: int
    left_out: list[tuple[str, int]]
    exact: bool = True


def foresee(
    db: sqlite3.Connection, campaign: Campaign, user: User, rules: Rules, people: int, *, now: int
) -> Foreseen:
    """Of a campaign that has not started; `people`: how many its list has."""
    every = max(1, -(-people // LOOKED_AT))
    rows = enrolment.members(db, campaign, most=LOOKED_AT + 1, every=every)
    reasons = [enrolment.left_out_for(row, campaign, now=now) for row in rows]
    numbers: set[int] = set()
    texted: list[int] = []
    for at, row in enumerate(rows):
        if reasons[at]:
            continue
        if row["conversation_id"] in numbers:
            reasons[at] = SHARES
        else:
            numbers.add(row["conversation_id"])
            texted.append(row["id"])
    share = people / len(rows) if rows else 0.0
    out = Counter(reason for reason in reasons if reason)
    going = round(len(texted) * share)
    return Foreseen(
        going,
        round(going * each(db, campaign, texted, user, rules)),
        [(reason, round(n * share)) for reason, n in out.most_common()],
        every == 1,
    )


def each(
    db: sqlite3.Connection, campaign: Campaign, people: Sequence[int], user: User, rules: Rules
) -> float:
    """Segments that the first text takes on average for these people (ids of contacts), by some of them."""
    some = people[:: -(-len(people) // MERGED)] if people else ()
    texts = campaign.script.first.texts
    found = [
        ruler_of(
            merge(texts[one % len(texts)], campaigns.merge_values(db, campaign, one, user, rules)).text
        ).segments
        for one in some
    ]
    return sum(found) / len(found) if found else 1.0


def to_go(db: sqlite3.Connection, campaign: Campaign, user: User, rules: Rules) -> Foreseen:
    """Of one that has started: whom nobody has texted yet."""
    count = db.execute(
        "SELECT count(*) FROM target WHERE campaign_id=? AND state IN ('open','held')", [campaign.id]
    ).fetchone()[0]
    some = db.execute(
        "SELECT contact_id FROM target WHERE campaign_id=? AND state IN ('open','held') ORDER BY id LIMIT ?",
        [campaign.id, MERGED],
    ).fetchall()
    average = each(db, campaign, [row["contact_id"] for row in some], user, rules)
    return Foreseen(count, round(count * average), [])
