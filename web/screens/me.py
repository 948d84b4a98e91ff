"""My own page: how the panel looks, my password, where I am signed in, sign out."""

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from gateway import sessions
from gateway.errors import Refused
from web import access, data, words
from web.access import COOKIE, SIGNED_IN, needs
from web.forms import choice, field, go

bp = Blueprint("me", __name__, url_prefix="/me")
YEAR_S = 365 * 24 * 3600


def draw(*, wrong: str = "") -> str:
    """The page, with what was wrong with the password."""
    db, user, now = data.db(), access.user(), data.now()
    return render_template(
        "me.html",
        devices=sessions.devices(db, user, now=now),
        here=access.device_id(),
        has_password=sessions.has_password(db, user),
        wrong=wrong,
    )


@bp.get("")
@needs(SIGNED_IN)
def page() -> ResponseReturnValue:
    """Everything about me."""
    return draw()


@bp.post("/looks")
@needs(SIGNED_IN)
def looks() -> ResponseReturnValue:
    """Light, dark or the system's; single-letter keys on or off. Kept on this device."""
    theme, letters = choice("theme", ("system", "light", "dark")), choice("letters", ("on", "off"))
    answer = go("me.page")
    for name, value in (("theme", theme), ("letters", letters)):
        answer.set_cookie(
            name, value, max_age=YEAR_S, httponly=True, samesite="Lax", secure=request.is_secure
        )
    words.tell("Kept on this device.")
    return answer


@bp.post("/password")
@needs(SIGNED_IN)
def password() -> ResponseReturnValue:
    """A password for the days on which nobody can make a link; other devices are signed out."""
    db, user = data.db(), access.user()
    try:
        others = sessions.set_password(
            db, user, field("password", 2000), keep=access.device_id(), now=data.now()
        )
    except Refused as answer:
        return draw(wrong=str(answer)), 409
    more = f" {words.count(others, 'other device is', 'other devices are')} signed out." if others else ""
    words.tell(f"Your password is set.{more}")
    return go("me.page")


@bp.post("/devices/<id:device_id>/sign-out")
@needs(SIGNED_IN)
def sign_out_device(device_id: int) -> ResponseReturnValue:
    """One of my devices."""
    if device_id == access.device_id():
        return sign_out()
    sessions.sign_out(data.db(), device_id, access.user(), now=data.now())
    words.tell("That device is signed out.")
    return go("me.page")


@bp.post("/devices/sign-out-others")
@needs(SIGNED_IN)
def sign_out_others() -> ResponseReturnValue:
    """Everywhere but here."""
    number = sessions.sign_out_others(data.db(), access.user(), keep=access.device_id(), now=data.now())
    words.tell(f"{words.count(number, 'device is', 'devices are')} signed out.")
    return go("me.page")


@bp.post("/sign-out")
@needs(SIGNED_IN)
def sign_out() -> Response:
    """Leave this device; nothing that names the person or opens a door stays on it."""
    sessions.sign_out(data.db(), access.device_id(), access.user(), now=data.now())
    answer = make_response(go("sign_in.page"))
    answer.delete_cookie(COOKIE, httponly=True, samesite="Lax", secure=request.is_secure)
    return answer
