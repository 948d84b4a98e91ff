"""What a start would do, seen before it: who of the list is left out and why, and how many texts the others make.

Promises: the same rules as the start itself (`enrolment`); nothing is written. Of a long list every tenth or hundredth person is
looked at, and `exact` says so. Texts are merged for some of the people that get each wording: a name outside the alphabet makes
three of one.
"""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd

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
    """People who would be texted, segments of their first texts, and reasons with how many each leaves out, most first; `least` and
    `most`: segments of one first text, as far as was looked.
    """

    people: int
    segments: int
    left_out: list[tuple[str, int]]
    exact: bool = True
    least: int = 1
    most: int = 1

    @property
    def to_go(db: sqlite3.Connection, campaign: Campaign, user: User, rules: Rules) -> Foreseen:
    """Of one that has started: whom nobody has texted yet."""
    wordings = len(campaign.script.first.texts)
    counted = dict[int, int](
        db.execute(
            "SELECT coalesce(wording, 0), count(*) FROM target WHERE campaign_id=? AND state IN ('open','held') GROUP BY 1",
            [campaign.id],
        ).fetchall()
    )
    groups = [(counted.get(at, 0), _some_to_go(db, campaign.id, at)) for at in range(wordings)]
    length, least, most = _lengths(db, campaign, groups, user, rules)
    return Foreseen(sum(counted.values()), round(length), [], True, least, most)


def _some_to_go(db: sqlite3.Connection, campaign_id: int, wording: int) -> list[int]:
    return [
        row["contact_id"]
        for row in db.execute(
            "SELECT contact_id FROM target WHERE campaign_id=? AND state IN ('open','held') AND coalesce(wording, 0)=? LIMIT ?",
            [campaign_id, wording, MERGED],
        )
    ]


def _lengths(
    db: sqlite3.Connection,
    campaign: Campaign,
    groups: Sequence[tuple[int, Sequence[int]]],
    user: User,
    rules: Rules,
) -> tuple[float, int, int]:
    """Segments of all first texts, of the shortest and of the longest. For each wording: how many get it, and ids of contacts among
    them, of whom some are looked at.
    """
    total, seen = 0.0, set[int]()
    for text, (people, ids) in zip(campaign.script.first.texts, groups, strict=True):
        if ids:
            found = [
                ruler_of(merge(text, campaigns.merge_values(db, campaign, one, user, rules)).text).segments
                for one in ids[:: -(-len(ids) * len(groups) // MERGED)]
            ]
            total += people * sum(found) / len(found)
            seen.update(found)
    return total, min(seen, default=1), max(seen, default=1)
