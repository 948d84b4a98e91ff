"""What is written down beside a thread: answers set by hand, notes, tags; taking an answer back; and passing somebody on.

Promises: only who may read the conversation changes it; an answer set by hand puts waiting texts back to be read again.
"""

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue

from gateway import answering, conversations, notes, recording, undoing
from gateway.errors import Refused
from web import access, data, words
from web.access import needs
from web.forms import field, go
from web.screens.inbox import shown

bp = Blueprint("talk", __name__, url_prefix="/inbox")


def back(conversation_id: int) -> ResponseReturnValue:
    """To the thread, or to what is known of the person, where that is a page of its own; with the answer that was picked."""
    picked = {name: request.form.get(name, "")[:40] or None for name in ("choice", "ready")}
    about = 1 if "about" in request.form else None
    return go("inbox.thread", conversation_id=conversation_id, about=about, **picked)


@bp.post("/<id:conversation_id>/record")
@needs("answer")
def record(conversation_id: int) -> ResponseReturnValue:
    """Set one answer by hand, or take it away."""
    db, user, now = data.db(), access.user(), data.now()
    conversations.reachable(db, conversation_id, user, now)
    context = answering.context(db, conversation_id, user, data.rules())
    if context is None:
        raise Refused("This person is in no campaign, so there is nothing to write down.")
    if shown("target") not in (None, context.target_id):
        raise Refused(
            "This person is in another campaign by now, and that was of the one before. Nothing was written down. Open them again."
        )
    recording.record(db, context.target_id, field("field"), field("value"), by=user, now=now)
    words.tell("Written down.")
    return back(conversation_id)


@bp.post("/<id:conversation_id>/undo/<id:message_id>")
@needs("approve")
def undo(conversation_id: int, message_id: int) -> ResponseReturnValue:
    """Take one's own answer back, or as a coordinator any text, while nothing has left: its words are in the box again, or a card."""
    try:
        undoing.take_back(
            data.db(), message_id, "approve", by=access.user(), rules=data.rules(), now=data.now()
        )
    except Refused as answer:
        words.tell(str(answer), "refused")
    else:
        words.tell("Taken back. Nothing went out.")
    return back(conversation_id)


@bp.post("/<id:conversation_id>/note")
@needs("answer")
def note(conversation_id: int) -> ResponseReturnValue:
    """Keep a note for the room."""
    notes.add(data.db(), conversation_id, field("note", 4000), by=access.user(), now=data.now())
    words.tell("Kept for the room.")
    return back(conversation_id)


@bp.post("/<id:conversation_id>/tag")
@needs("answer")
def tag(conversation_id: int) -> ResponseReturnValue:
    """Put a tag on, or take it off."""
    off = "off" in request.form
    word = field("off") if off else field("tag")
    notes.tag(data.db(), conversation_id, word, by=access.user(), now=data.now(), off=off)
    current_app.config["HUB"].changed()
    return back(conversation_id)


@bp.post("/<id:conversation_id>/pass-on")
@needs("answer")
def hand_over(conversation_id: int) -> ResponseReturnValue:
    """Give the conversation to the room, or to a colleague."""
    to = field("to", 18)
    if to and not to.isdecimal():
        raise Refused("Choose somebody of the list. Nothing was changed.")
    whom = notes.hand_over(
        data.db(), conversation_id, int(to) if to else None, by=access.user(), now=data.now()
    )
    current_app.config["HUB"].changed()
    words.tell(f"Passed on to {whom}.")
    return go("inbox.page")


@bp.post("/<id:conversation_id>/take-over")
@needs("hand_over")
def take_over(conversation_id: int) -> ResponseReturnValue:
    """Take the conversation from whoever has it, and go on with the answer that was picked."""
    user = access.user()
    notes.hand_over(data.db(), conversation_id, user.id, by=user, now=data.now())
    current_app.config["HUB"].changed()
    words.tell("It is yours now. Whoever had it sees that you have it.")
    return back(conversation_id)
