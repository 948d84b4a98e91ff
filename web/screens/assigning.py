"""Who texts whom, for coordinators: take a volunteer's people back, or hand them to another. Its section stands on the campaign's page.

Promises: what was moved is said with how many people it was; nobody who was texted is moved.
"""

from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue

from gateway import assignments, batches, campaigns, capacity, people
from gateway.campaigns import Campaign
from gateway.errors import Refused
from web import access, data, words
from web.access import needs
from web.forms import field, go

bp = Blueprint("assigning", __name__, url_prefix="/campaigns")


def section(campaign: Campaign) -> dict[str, object]:
    """What the section shows: the batches, whom they may go to, and what holds new ones back ("" for nothing)."""
    db, now = data.db(), data.now()
    if not campaign.open:
        return {"batches": [], "texters": [], "held_back": ""}
    everyone = people.everyone(db, now=now)
    sims = capacity.rooms(db, data.config(), now=now)
    return {
        "batches": batches.batches(db, campaign.id),
        "texters": [each for each in everyone if not each.disabled and each.role != "technician"],
        "held_back": assignments.open_to_all(db, campaign, data.rules(), sims, now)[1]
        if campaign.state == "running"
        else "",
    }


@bp.post("/<id:campaign_id>/held/<id:user_id>/take-back")
@needs("run_campaigns")
def take_back(campaign_id: int, user_id: int) -> ResponseReturnValue:
    """The room has them again."""
    campaigns.load(data.db(), campaign_id)
    freed = batches.take_back(data.db(), campaign_id, user_id, by=access.user())
    current_app.config["HUB"].changed()
    words.tell(
        f"{words.count(freed, 'person is', 'people are')} the room's again."
        if freed
        else "They had nobody left."
    )
    return go("campaigns.detail", campaign_id=campaign_id)


@bp.post("/<id:campaign_id>/held/<id:user_id>/move")
@needs("run_campaigns")
def move(campaign_id: int, user_id: int) -> ResponseReturnValue:
    """Somebody else has them."""
    to = field("to", 18)
    if not to.isdecimal():
        raise Refused("Choose somebody of the list. Nobody was moved.")
    moved = batches.move(data.db(), campaign_id, user_id, int(to), by=access.user(), now=data.now())
    current_app.config["HUB"].changed()
    name = people.by_id(data.db(), int(to)).name
    words.tell(
        f"{words.count(moved, 'person is', 'people are')} {name}'s now." if moved else "They had nobody left."
    )
    return go("campaigns.detail", campaign_id=campaign_id)
