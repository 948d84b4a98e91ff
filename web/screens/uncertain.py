"""Texts that may have gone out, or not: a person says what they know. Nothing here is ever sent again by itself."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from gateway import board, cards, conversations, outbox, settling
from gateway.errors import Refused
from gateway.store import write
from web import access, data, words
from web.access import needs
from web.forms import choice, go, nonce, used_nonce

bp = Blueprint("uncertain", __name__, url_prefix="/uncertain")


@bp.get("")
@needs("settle")
def page() -> ResponseReturnValue:
    """The oldest one, or a calm page."""
    rows = cards.uncertain(data.db(), access.user(), now=data.now())
    return (
        go("uncertain.one", message_id=rows[0]["id"])
        if rows
        else render_template("uncertain.html", text=None)
    )


@bp.get("/<id:message_id>")
@needs("settle")
def one(message_id: int) -> ResponseReturnValue:
    """One text: what happened to it, and what one may know."""
    db, user, now = data.db(), access.user(), data.now()
    rows = cards.uncertain(db, user, now=now)
    ids = [row["id"] for row in rows]
    if message_id not in ids:
        words.tell("That text is settled by now.")
        return go("uncertain.page") if ids else render_template("uncertain.html", text=None)
    return render_template(
        "uncertain.html",
        text=rows[ids.index(message_id)],
        place=ids.index(message_id) + 1,
        total=len(ids),
        trip=board.trip(db, message_id, user, now=now, stale_ms=conversations.HOLD_MS),
        key=nonce(),
    )


@bp.post("/<id:message_id>")
@needs("settle")
def settle(message_id: int) -> ResponseReturnValue:
    """It arrived; it did not; it did not, and the same words again as a new text that waits for a Send."""
    db, user, now = data.db(), access.user(), data.now()
    known, key = choice("known", ("arrived", "not", "again")), used_nonce()
    try:
        if known == "again":
            with write(db):
                again = settling.resend(db, message_id, by=user, key=key, rules=data.rules(), now=now)
                if outbox.load(db, message_id)["state"] == "uncertain":
                    settling.settle(db, message_id, arrived=False, by=user, now=now)
            words.tell("Here are the same words as a new text. It goes out when you send it.")
            return go("send.page", card=again)
        settling.settle(db, message_id, arrived=known == "arrived", by=user, now=now)
    except Refused as answer:
        words.tell(str(answer), "refused")
    else:
        words.tell("Noted: it arrived." if known == "arrived" else "Noted: it did not arrive.")
    return go("uncertain.page")
