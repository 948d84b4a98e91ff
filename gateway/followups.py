"""Whom a result of a campaign is about, for its page, its file and the list that follows: "said maybe", "no answer", "pledged, not given".

A result is written as terms with ";" between: `field=value` answered so, `field!=value` did not, `field!=` answered something,
`field=` nothing, `no_answer` has not written back. The three callers read the same people.

Promises: a list has exactly who was shown, without those who asked to stop. Fails with `Refused`, in words.
"""

import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway import lists
from gateway.kinds import Kind
from gateway.letters import fold
from gateway.people import User
from gateway.results import ANSWERED, COUNTS

NO_ANSWER = "no_answer"
FEWEST_DIGITS = 2  # of a number, to look somebody up by
# What people ask for most of all, by kind: the result, and how they call it.
USUAL = {
    "voter": ("vote=will;plan_hour=", "Will vote, no plan"),
    "recruitment": ("shift=yes;slot=", "Yes, no shift yet"),
    "advocacy": ("pledged=yes;done!=yes", "Will do it, not done"),
    "fundraising": ("pledge=yes;gift!=confirmed", "Pledged, not given"),
}
CALLED = dict(USUAL.values()) | {
    NO_ANSWER: "No answer",
    "pledged=yes;done=": "Will do it, has not told us",
    "gift=confirmed;thanked!=yes": "Gave, not thanked",
    "pledge=yes;link_sent!=yes;gift!=confirmed": "Pledged, no link sent",
}
_ANSWER = (
    f"(SELECT nullif(value, '') FROM answer a WHERE a.target_id=t.id AND a.field=? AND {COUNTS} "
    "ORDER BY a.id DESC LIMIT 1)"
)
_SAID = f"EXISTS (SELECT 1 FROM answer a WHERE a.target_id=t.id AND {COUNTS})"


@dataclass(frozen=True)
class Result:
    """What people of a campaign answered, as a choice of some of them.

    said: field to value, "" for whatever value; not_said: fields (to value, or "") that they must not have answered so.
    replied: True for those who wrote back after their first text, False for those who did not, None for both.
    """

    said: Mapping[str, str] = field(default_factory=dict)
    not_said: Mapping[str, str] = field(default_factory=dict)
    replied: bool | None = None


def read(kind: Kind, written: str) -> Result:
    """The result that is written so; terms that this kind does not know say nothing."""
    said, not_said, replied = dict[str, str](), dict[str, str](), None
    for term in written.split(";"):
        name, equals, value = term.partition("=")
        bare = name.removesuffix("!")
        if term == NO_ANSWER:
            replied = False
        elif equals and kind.field(bare) is not None:
            holds = (bare == name) == bool(value)  # `a=x` and `a!=` are about what was said
            (said if holds else not_said)[bare] = value
    return Result(said, not_said, replied)


def written(result: Result) -> str:
    """The same result as terms."""
    terms = [f"{name}={value}" if value else f"{name}!=" for name, value in result.said.items()]
    terms += [f"{name}!={value}" if value else f"{name}=" for name, value in result.not_said.items()]
    return ";".join([*terms, *([NO_ANSWER] if result.replied is False else [])])


def words(kind: Kind, facts: Mapping[str, str], result: Result) -> str:
    """A result as a coordinator reads it: "Pledged, not given", "Coming: yes, not “Seats: 2”"; "" for everybody with an answer."""
    if called := CALLED.get(written(result)):
        return called

    def label(name: str) -> str:
        known = kind.field(name)
        return known.label["en"].rstrip("?") if known else name

    parts = ["No answer"] if result.replied is False else []
    for name, value in result.said.items():
        parts.append(kind.words(name, value, facts) if value else f"{label(name)}: anything")
    for name, value in result.not_said.items():
        parts.append(
            f"not “{kind.words(name, value, facts)}”" if value else f"{label(name)}: nothing written down"
        )
    return ", ".join(parts)


def chosen(
    db: sqlite3.Connection, campaign_id: int, result: Result, *, named: str = "", all_texted: bool = False
) -> list[sqlite3.Row]:
    """Those it is about, by name: id (of the target), contact_id, conversation_id, first_name, last_name, opted_out_at. A result that
    asks for nothing is everybody with an answer, or everybody who was texted; or whoever is in the campaign, when somebody is looked
    for: by a part of the name, or by the last digits of the number.
    """
    where, values = _where(result)
    if result == Result() and not all_texted and not named:
        where = _SAID
    also = "1" if result == Result() and named else f"(t.state='texted' OR {_SAID})"
    if digits := _digits(named):
        where, values = f"{where} AND c.number LIKE ?", [*values, f"%{digits}"]
    rows = db.execute(
        "SELECT t.id, t.contact_id, t.conversation_id, k.first_name, k.last_name, c.opted_out_at FROM target t "
        "JOIN contact k ON k.id=t.contact_id JOIN conversation c ON c.id=t.conversation_id JOIN campaign p ON p.id=t.campaign_id "
        f"WHERE t.campaign_id=? AND {also} AND {where}",
        [campaign_id, *values],
    ).fetchall()
    sought = "" if digits else fold(named).strip()
    by_name = sorted((fold(name_of(row)), row["id"], at) for at, row in enumerate(rows))
    return [rows[at] for name, _, at in by_name if sought in name]


def _digits(named: str) -> str:
    """The digits that are looked for, of a number as people write it; "" for a name."""
    bare = re.sub(r"[\s().+-]", "", named)
    return bare if bare.isascii() and bare.isdecimal() and len(bare) >= FEWEST_DIGITS else ""


def name_of(row: sqlite3.Row) -> str:
    """A person's whole name."""
    return " ".join(part for part in (row["first_name"], row["last_name"]) if part)


def make_list(
    db: sqlite3.Connection, campaign_id: int, people: Sequence[sqlite3.Row], *, name: str, by: User, now: int
) -> int:
    """A ready list of these people (of `chosen`), without whoever asked to stop; returns its id. Refused when nobody is left."""
    may_be_texted = sorted(row["contact_id"] for row in people if row["opted_out_at"] is None)
    return lists.from_campaign(db, campaign_id, may_be_texted, name=name, by=by, now=now)


def _where(result: Result) -> tuple[str, list[object]]:
    where, values = ["1"], list[object]()
    for name, value in result.said.items():
        where.append(f"{_ANSWER}=?" if value else f"{_ANSWER} IS NOT NULL")
        values += [name, value] if value else [name]
    for name, value in result.not_said.items():
        where.append(f"{_ANSWER} IS NOT ?" if value else f"{_ANSWER} IS NULL")
        values += [name, value] if value else [name]
    if result.replied is not None:
        where.append(ANSWERED if result.replied else f"NOT {ANSWERED}")
    return " AND ".join(where), values
