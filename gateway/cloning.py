"""A campaign used again: a new draft with its facts and options and nobody in it, in its language or in another one.

Promises: in its own language a clone has the words as they stand. In another one it has the words of its kind's template there,
for a program cannot translate what somebody wrote: `changed` names beforehand what that leaves behind, `to_read` the facts whose
words stay as they are. The campaign that is used again does not change.

Fails with `Refused`, in a sentence for the coordinator; nothing is made then.
"""

import json
import sqlite3
from dataclasses import asdict, replace

from gateway import scripts
from gateway.campaigns import LONGEST_NAME, Campaign, free_name, insert, leads, load
from gateway.errors import Refused
from gateway.kinds import LANGUAGES
from gateway.people import User
from gateway.store import write


def clone(
    db: sqlite3.Connection, campaign_id: int, name: str, *, by: User, now: int, language: str = ""
) -> int:
    """A new draft from this campaign, in this language ("": its own); returns its id. Without a name it is this one again."""
    leads(by)
    with write(db):
        campaign = load(db, campaign_id)
        if language not in ("", *LANGUAGES):
            raise Refused("Choose one of the languages. Nothing was made.")
        into = language or campaign.language
        script, options = campaign.script, campaign.options
        if into != campaign.language:
            script = campaign.kind.scripts[into]
            options = replace(options, meant={})  # what was meant was said of other words
        return insert(
            db,
            free_name(db, name or again(campaign.name)),
            campaign.kind.name,
            into,
            scripts.dump(script),
            json.dumps(dict(campaign.facts), ensure_ascii=False),
            json.dumps(asdict(options)),
            by,
            now,
        )


def again(name: str) -> str:
    """The name that is proposed: "Rent hearing again", never too long to be taken."""
    return f"{name[: LONGEST_NAME - len(' again')].rstrip()} again"


def changed(campaign: Campaign) -> list[str]:
    """Where its script is no longer its kind's template, in words; none: every text of it is there in the other languages too."""
    template = campaign.kind.scripts[campaign.language]
    if campaign.script == template:
        return []
    known = {text for _, text in template.texts()}
    said = dict.fromkeys(where for where, text in campaign.script.texts() if text not in known)
    return list(said) or ["its questions and answers"]


def to_read(campaign: Campaign) -> list[str]:
    """The facts that are words, and filled in: they stand in texts as they were written, in whatever language that was."""
    facts = (fact for fact in campaign.kind.facts if fact.type == "text" and campaign.facts.get(fact.name))
    return [fact.label["en"] for fact in facts]
