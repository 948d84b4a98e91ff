"""A campaign used again: its name, and the language of the texts.

Promises: the page says before the press what of the words comes along, and what cannot.
"""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from gateway import cloning
from gateway.campaigns import Campaign
from gateway.errors import Refused
from gateway.kinds import LANGUAGES
from web import access, data, words
from web.access import needs
from web.forms import choice, field, go
from web.screens.campaigns import LANGUAGE_WORDS, loaded

bp = Blueprint("again", __name__, url_prefix="/campaigns/<id:campaign_id>/clone")
IN_ENGLISH = {"en": "English", "es": "Spanish"}
MOST_NAMED = 3  # changed texts that are named one by one


@bp.get("")
@needs("run_campaigns")
def page(campaign_id: int) -> ResponseReturnValue:
    """What comes along, in which language."""
    campaign = loaded(campaign_id)
    return draw(campaign, cloning.again(campaign.name), campaign.language)


def draw(campaign: Campaign, name: str, language: str, *, wrong: str = "") -> str:
    """The form, with what was typed."""
    changed = cloning.changed(campaign)
    more = len(changed) - MOST_NAMED
    return render_template(
        "campaign_again.html",
        campaign=campaign,
        name=name,
        language=language,
        languages=LANGUAGE_WORDS,
        in_english=IN_ENGLISH,
        changed=changed if more <= 1 else [*changed[:MOST_NAMED], f"{more} more"],
        to_read=cloning.to_read(campaign),
        wrong=wrong,
    )


@bp.post("")
@needs("run_campaigns")
def clone(campaign_id: int) -> ResponseReturnValue:
    """Make the draft."""
    campaign = loaded(campaign_id)
    name, language = field("name"), choice("language", LANGUAGES)
    try:
        made = cloning.clone(
            data.db(), campaign_id, name, by=access.user(), now=data.now(), language=language
        )
    except Refused as answer:
        return draw(campaign, name, language, wrong=str(answer)), 409
    told = f"This is a new draft of “{campaign.name}”. Choose whom it is for."
    if language != campaign.language and (facts := cloning.to_read(campaign)):
        named = ", ".join(f"“{fact}”" for fact in facts)
        told = f"{told} Its facts are as they were: write {named} in {IN_ENGLISH[language]}."
    words.tell(told, "shown")
    return go("campaigns.detail", campaign_id=made)
