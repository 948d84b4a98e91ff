"""What a coordinator reads who changes facts of a campaign, such as its day, while people have them in their telephones already.

Promises: nobody is texted by it. Of a number, or of a fact that was not filled in, no text told anything.
"""

from collections.abc import Mapping

from gateway import enrolment
from gateway.campaigns import Campaign
from web import data, words


def told(before: Campaign, facts: Mapping[str, str]) -> str:
    """Who knows other facts by now than these, which are kept, and what to do; "" when nobody does."""
    other = [
        fact.label["en"]
        for fact in before.kind.facts
        if fact.type in ("date", "time", "text")
        and before.facts.get(fact.name, "") not in ("", facts.get(fact.name, ""))
    ]
    texted = enrolment.progress(data.db(), before.id).texted if before.open and other else 0
    if not texted:
        return ""
    named = " and ".join(f"“{label}”" for label in other)
    return (
        f"{words.count(texted, 'person was', 'people were')} texted before you changed {named}, and nothing tells them by itself: "
        "“Who said what” has who said yes. Write to each, or add a reminder for them under “The words”."
    )
