"""What the script's check only points out: a coordinator mends it with one tap, or says that it is meant.

Promises: what is meant stays quiet for this campaign until the text that it is about changes, and whoever said so is remembered.
Saying so changes no word: nothing that was approved comes back, and a second reader need not read again. What blocks a
start cannot be meant.

Fails with `Refused`, in a sentence for the coordinator.
"""

import json
import sqlite3
from dataclasses import asdict, replace

from gateway import scriptedit
from gateway.campaigns import Campaign, leads, load
from gateway.enrolment import for_words, ground
from gateway.errors import Refused
from gateway.people import User
from gateway.rules import Rules
from gateway.scriptcheck import Problem, of_step, problems
from gateway.scripts import Script
from gateway.store import write

MOST_MEANT = 100  # the oldest are pointed out again
OTHERWISE = "That is not so any more. Nothing was changed; look at the words again."


def quiet(db: sqlite3.Connection, campaign: Campaign, rules: Rules) -> list[Problem]:
    """The hints of this script that somebody said are meant."""
    if not campaign.options.meant:
        return []
    found = problems(campaign.script, for_words(ground(db, campaign, rules), campaign))
    return [problem for problem in found if problem.hint and problem.key in campaign.options.meant]


def keep(db: sqlite3.Connection, campaign_id: int, key: str, *, by: User, rules: Rules) -> None:
    """The hint of this key is meant; keeping it twice is keeping it."""
    leads(by)
    campaign = load(db, campaign_id)
    # Without the write lock: the columns of a long list may have to be counted.
    found = problems(campaign.script, for_words(ground(db, campaign, rules), campaign))
    with write(db):
        campaign = _open(db, campaign_id)
        if key not in {problem.key for problem in found if problem.hint}:
            raise Refused(OTHERWISE)
        others = [each for each in campaign.options.meant.items() if each[0] != key]
        _set(db, campaign, dict([*others, (key, by.name)][-MOST_MEANT:]))


def point_out(db: sqlite3.Connection, campaign_id: int, key: str, *, by: User) -> None:
    """The hint of this key is pointed out again."""
    leads(by)
    with write(db):
        campaign = _open(db, campaign_id)
        _set(db, campaign, {each: name for each, name in campaign.options.meant.items() if each != key})


def mended(script: Script, key: str, which: int) -> Script:
    """The script with one mend of a hint between answers done; Refused when there is none."""
    found = (problem for step in script.steps for problem in of_step(step) if problem.key == key)
    mends = next(found, None)
    if mends is None or not 0 <= which < len(mends.steps):
        raise Refused(OTHERWISE)
    return scriptedit.with_whole_step(script, mends.steps[which].step)


def _open(db: sqlite3.Connection, campaign_id: int) -> Campaign:
    campaign = load(db, campaign_id)
    if campaign.state == "closed":
        raise Refused("This campaign is closed; its words stay as they were. Nothing was changed.")
    return campaign


def _set(db: sqlite3.Connection, campaign: Campaign, meant: dict[str, str]) -> None:
    options = json.dumps(asdict(replace(campaign.options, meant=meant)), ensure_ascii=False)
    db.execute("UPDATE campaign SET options=? WHERE id=?", [options, campaign.id])
