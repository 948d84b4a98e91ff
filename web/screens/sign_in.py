"""Coming in: by a one-time link or by name and password.

Promises: looking at a link (a messenger's preview, a browser's prefetch) does not use it up; its button does, and a second tap there is none too
many. Whoever comes in gets a new device token and a new form token, so that nothing from before can be used.
"""

import re

from flask import Blueprint, current_app, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from gateway import sessions
from gateway.errors import Refused
from gateway.people import User
from web import access, data, limits
from web.access import PUBLIC, needs
from web.forms import field, go

bp = Blueprint("sign_in", __name__)
YEAR_S = 365 * 24 * 3600
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
)
BROWSERS_LAST = (("Chrome", "Chrome"), ("CriOS", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


def device_name(agent: str) -> str:
    """What the list of devices calls this browser: "Chrome on Android"."""
    browser = next(
        (name for mark, name in BROWSERS + BROWSERS_LAST if re.search(rf"\b{mark}/", agent)), "A browser"
    )
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return f"{browser} on {system}" if system else browser


def browser() -> str:
    """What this browser alone has before anybody comes in here: the chance in its form cookie."""
    return str(session.get(current_app.config["WTF_CSRF_FIELD_NAME"], ""))


def come_in(person: User, token: str) -> Response:
    """Give this browser its device token, and the mark by which it is known when strangers try this person's password."""
    session.clear()
    answer = make_response(redirect(url_for("home.page"), 303))
    access.give_token(answer, token)
    access.give_cookie(answer, limits.MARK, sessions.mark(data.db(), person), YEAR_S)
    return answer


@bp.get("/sign-in")
@needs(PUBLIC)
def page() -> ResponseReturnValue:
    """Name and password, and what to do without one."""
    if access.signed_in():
        return go("home.page")
    return render_template("sign_in.html", name="", wrong="")


@bp.post("/sign-in")
@needs(PUBLIC)
def enter() -> ResponseReturnValue:
    """Try a name and a password."""
    name, password = field("name"), field("password", 2000)
    agent = request.headers.get("User-Agent", "")
    known = sessions.recognised(data.db(), name, limits.mark())
    try:
        person, token = sessions.sign_in(
            data.db(), name, password, device=device_name(agent), now=data.now(), known=known
        )
    except Refused as answer:
        return render_template("sign_in.html", name=name, wrong=str(answer)), 403
    return come_in(person, token)


@bp.get("/s/<token>")
@needs(PUBLIC)
def look(token: str) -> ResponseReturnValue:
    """Whose link this is, and one button."""
    try:
        person = sessions.look_at_link(data.db(), token, now=data.now(), browser=browser())
    except Refused as answer:
        return render_template("link.html", person=None, wrong=str(answer)), 410
    return render_template("link.html", person=person, token_in_link=token, wrong="")


@bp.post("/s/<token>")
@needs(PUBLIC)
def use_link(token: str) -> ResponseReturnValue:
    """Use the link up and come in."""
    agent = request.headers.get("User-Agent", "")
    try:
        person, device_token = sessions.use_link(
            data.db(), token, device=device_name(agent), now=data.now(), browser=browser()
        )
    except Refused as answer:
        return render_template("link.html", person=None, wrong=str(answer)), 410
    return come_in(person, device_token)
