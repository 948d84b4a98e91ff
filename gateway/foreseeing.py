"""What a start would do, seen before it: who of the list is left out and why, and how many texts the others make.

Promises: the same rules as the start itself (`enrolment`); nothing is written. Of a long list every tenth or hundredth person is
looked at, and `exact` says so. Texts are merged for some of the people that get each wording: a name outside the alphabet makes
three of one.
"""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import gcd

from gateway import campaigns, enrolment
from gateway.campaigns import Campaign
from gateway.errors import Refused
from gateway.merge import merge
from gateway.people import User
from gateway.rules import Rules
from gateway.script import ruler_of

LOOKED_AT = 2000
MERGED = 100
SHARES = "Shares a number with somebody who is texted."
_TO_GO = (
    "FROM target t JOIN conversation c ON c.id=t.conversation_id "
    "WHERE t.campaign_id=? AND t.state IN ('open','held') AND c.opted_out_at IS NULL"
)


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
    def each(self) -> str:
        """What one person gets, where that is more than one text: "2 texts each", "1 to 3 texts each"; else ""."""
        if self.most == 1:
            return ""
        return f"{self.most if self.least == self.most else f'{self.least} to {self.most}'} texts each"


def of(
    db: sqlite3.Connection, campaign: Campaign, user: User, rules: Rules, people: int, *, now: int
) -> Foreseen:
    """Whom a start would text, or who is still to be texted; nobody of a closed one. `people`: how many its list has."""
    if campaign.open:
        return to_go(db, campaign, user, rules)
    if campaign.state == "closed" or campaign.list_id is None:
        return Foreseen(0, 0, [])
    return foresee(db, campaign, user, rules, people, now=now)


def foresee(
    db: sqlite3.Connection, campaign: Campaign, user: User, rules: Rules, people: int, *, now: int
) -> Foreseen:
    """Of a campaign that has not started."""
    wordings = len(campaign.script.first.texts)
    every = max(1, -(-people // LOOKED_AT))
    while gcd(every, wordings) > 1:  # every second person would always get the same of two wordings
        every += 1
    rows = enrolment.members(db, campaign, most=LOOKED_AT + 1, every=every)
    reasons = [enrolment.left_out_for(row, campaign, now=now) for row in rows]
    numbers: set[int] = set()
    texted: list[list[int]] = [[] for _ in range(wordings)]
    for at, row in enumerate(rows):
        if reasons[at]:
            continue
        if row["conversation_id"] in numbers:
            reasons[at] = SHARES
        else:
            numbers.add(row["conversation_id"])
            texted[enrolment.wording_of(row["id"], wordings)].append(row["id"])
    share = people / len(rows) if rows else 0.0
    out = Counter(reason for reason in reasons if reason)
    length, least, most = _lengths(db, campaign, [(len(ids), ids) for ids in texted], user, rules)
    return Foreseen(
        round(sum(map(len, texted)) * share),
        round(length * share),
        [(reason, round(n * share)) for reason, n in out.most_common()],
        every == 1,
        least,
        most,
    )


def to_go(db: sqlite3.Connection, campaign: Campaign, user: User, rules: Rules) -> Foreseen:
    """Of one that has started: whom nobody has texted yet."""
    counted = dict[int, int](
        db.execute(f"SELECT coalesce(t.wording, 0), count(*) {_TO_GO} GROUP BY 1", [campaign.id]).fetchall()
    )
    groups = [
        (counted.get(at, 0), _some_to_go(db, campaign.id, at))
        for at in range(len(campaign.script.first.texts))
    ]
    length, least, most = _lengths(db, campaign, groups, user, rules)
    return Foreseen(sum(counted.values()), round(length), [], least=least, most=most)


def _some_to_go(db: sqlite3.Connection, campaign_id: int, wording: int) -> list[int]:
    rows = db.execute(
        f"SELECT t.contact_id {_TO_GO} AND coalesce(t.wording, 0)=? LIMIT ?", [campaign_id, wording, MERGED]
    )
    return [row["contact_id"] for row in rows]


def _lengths(
    db: sqlite3.Connection,
    campaign: Campaign,
    groups: Sequence[tuple[int, Sequence[int]]],
    user: User,
    rules: Rules,
) -> tuple[float, int, int]:
    """Segments of all first texts, of the shortest and of the longest. `groups`: for each wording how many get it, and ids of contacts
    among them, of whom some are looked at.
    """
    total, seen = 0.0, set[int]()
    for text, (people, ids) in zip(campaign.script.first.texts, groups, strict=True):
        if ids:
            found = list[int]()
            for one in ids[:: -(-len(ids) * len(groups) // MERGED)]:
                with suppress(Refused):  # erased while the others were looked at
                    values = campaigns.merge_values(db, campaign, one, user, rules)
                    found.append(ruler_of(merge(text, values).text).segments)
            total += people * sum(found) / max(1, len(found))
            seen.update(found)
    return total, min(seen, default=1), max(seen, default=1)
