"""What the check of a script only points out, decided where it is read: mended with one press, kept as it is, pointed out again.

Promises: a mend of words that a colleague has changed meanwhile changes nothing; keeping a hint changes no word.
"""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from gateway import hints, scriptedit
from web import access, data, words
from web.access import needs
from web.forms import choice, field, go
from web.screens.campaigns import loaded, save
from web.screens.script import back_again
from web.screens.script_forms import Piece

bp = Blueprint("hints", __name__, url_prefix="/campaigns/<id:campaign_id>/words")
MOVES = {"up": -1, "down": 1}


@bp.post("/hint")
@needs("run_campaigns")
def decide(campaign_id: int) -> ResponseReturnValue:
    """Do what the pressed key says with one hint; back to the page that it was on."""
    campaign, key = loaded(campaign_id), field("key", 40)
    what, _, which = field("do", 20).partition(":")
    if what == "mend" and which.isascii() and which.isdecimal():
        save(campaign, script=hints.mended(campaign.script, key, int(which)))
        words.tell(f"Mended.{back_again(campaign)}")
    elif what == "again":
        hints.point_out(data.db(), campaign_id, key, by=access.user())
        words.tell("It is pointed out again.")
    elif what == "keep":
        hints.keep(data.db(), campaign_id, key, by=access.user(), rules=data.rules())
        words.tell("Kept as it is. It is not pointed out again until the words change.")
    else:
        raise BadRequest
    if request.form.get("back") == "campaign":
        return go("campaigns.detail", campaign_id=campaign_id)
    return go("script.page", campaign_id=campaign_id, who=request.form.get("who", "")[:18] or None)


@bp.post("/answer/<at>/move")
@needs("run_campaigns")
def move(campaign_id: int, at: str) -> ResponseReturnValue:
    """An answer one place up or down among the answers of its question."""
    campaign, piece, way = loaded(campaign_id), Piece.of("answer", at), choice("do", tuple(MOVES))
    script = scriptedit.moved_choice(campaign.script, piece.step, piece.at, MOVES[way])
    if script != campaign.script:
        save(campaign, script=script)
    choices = script.step(piece.step).choices
    place = next(number for number, each in enumerate(choices, 1) if each.id == piece.at)
    words.tell(f"“{choices[place - 1].label}” is number {place} of {len(choices)} now.")
    who = request.form.get("who", "")[:18] or None
    return go("script.page", campaign_id=campaign_id, who=who, at=f"{way}-{piece.address}")
