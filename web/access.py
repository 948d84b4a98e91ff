"""Who gets in: the Host and Origin checks, sign-in, and who may use which route.

Promises: a route that does not say who may use it stops the application at its start. A request under a foreign host name (DNS rebinding) is refused
before anything is read. An unsafe request must come from a page of this very host. A person's role is read from the database at each request.
"""

import ipaddress
import socket
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from werkzeug.exceptions import Forbidden, HTTPException

from gateway import sessions
from gateway.people import User
from gateway.policy import Act, may
from web import data

COOKIE = "textbank"
SAFE = ("GET", "HEAD", "OPTIONS")
Door = Literal["public", "signed-in"]
PUBLIC: Door = "public"
SIGNED_IN: Door = "signed-in"
View = TypeVar("View", bound=Callable[..., Any])


class ForeignHost(HTTPException):
    """The page was asked for under a name that is not this box's."""

    code = 421
    description = "This box does not answer to that name. Open it by its number or by its .local name."


def needs(act: Act | Door) -> Callable[[View], View]:
    """Mark a view with who may use it: PUBLIC, SIGNED_IN, or an act of `gateway.policy.may`."""

    def mark(view: View) -> View:
        view.needs = act  # type: ignore[attr-defined]
        return view

    return mark


def needed(app: Flask, endpoint: str) -> Act | Door | None:
    """What a route asks of the person, or None when it does not say."""
    if endpoint == "static":
        return PUBLIC
    return cast("Act | Door | None", getattr(app.view_functions[endpoint], "needs", None))


def check_every_route(app: Flask) -> None:
    """Stop at the start when a route forgot to say who may use it."""
    silent = [rule.endpoint for rule in app.url_map.iter_rules() if needed(app, rule.endpoint) is None]
    if silent:
        raise RuntimeError(f"these routes do not say who may use them: {', '.join(silent)}")


def user() -> User:
    """The signed-in person; only for routes that need one."""
    return cast(User, g.device.user)


def signed_in() -> bool:
    """True when somebody is signed in on this device."""
    return g.get("device") is not None


def can(act: Act) -> bool:
    """True when somebody is signed in whose role may do this."""
    return signed_in() and may(user().role, act)


def install(app: Flask) -> None:
    """Run the checks before every request, in this order."""
    app.before_request(check_host)
    app.before_request(check_origin)
    app.before_request(find_person)
    app.before_request(check_role)
    app.after_request(keep_signed_in)
    app.jinja_env.globals.update(can=can, signed_in=signed_in)


def own_host(name: str) -> bool:
    """True for the names under which this box may be asked: no name that a stranger's DNS server could point at it."""
    name = name.lower().rstrip(".")
    if name == "localhost" or name.endswith((".local", ".localhost")):
        return True
    if name in (data.config().panel.host.lower(), socket.gethostname().lower()):
        return True
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def check_host() -> None:
    """Refuse a foreign Host name."""
    try:
        name = urlsplit(f"//{request.headers.get('Host', '')}").hostname or ""
    except ValueError:
        name = ""
    if not own_host(name):
        raise ForeignHost


def check_origin() -> None:
    """Refuse an unsafe request that does not come from a page of this host."""
    if request.method in SAFE:
        return
    told = request.headers.get("Origin") or request.headers.get("Referer") or ""
    try:
        origin = urlsplit(told)
    except ValueError:
        origin = urlsplit("")
    if not origin.netloc or origin.netloc.lower() != request.headers.get("Host", "").lower():
        raise Forbidden(
            "That came from another page, so nothing was done. Open the panel itself and try again there."
        )


def find_person() -> None:
    """Who is at this device, if anybody; nobody is looked up for a file."""
    g.device = None
    token = request.cookies.get(COOKIE, "")
    if request.endpoint == "static" or not token or len(token) > 100:
        return
    g.device = sessions.find(data.db(), token, now=data.now())
    if g.device is not None:
        g.stays = ""
        with suppress(
            sqlite3.OperationalError
        ):  # a disk that takes nothing can still be read: it is noted another time
            g.stays = token if sessions.touch(data.db(), g.device, now=data.now()) else ""


def give_token(response: Response, token: str) -> None:
    """Let this browser keep its device token for as long as the database keeps the device."""
    give_cookie(response, COOKIE, token, sessions.SESSION_MS // 1000)


def give_cookie(response: Response, name: str, value: str, lifetime_s: int) -> None:
    """A cookie that no script and no other site reaches; over https no plain line either."""
    response.set_cookie(
        name, value, max_age=lifetime_s, httponly=True, samesite="Lax", secure=request.is_secure
    )


def keep_signed_in(response: Response) -> Response:
    """A device that is used stays signed in: its cookie is renewed whenever its row was."""
    if g.get("stays") and "Set-Cookie" not in response.headers:
        give_token(response, g.stays)
    return response


def check_role() -> ResponseReturnValue | None:
    """Send strangers to the sign-in page, which says so when something was pressed, and refuse what a role does not do."""
    if request.endpoint is None:
        return None
    needs_act = needed(current_app, request.endpoint)
    if needs_act is None or needs_act == "public":
        return None
    if not signed_in():
        # Who is signed out already has what they pressed.
        pressed = request.method not in SAFE and request.endpoint != "me.sign_out"
        return redirect(url_for("sign_in.page", pressed=1 if pressed else None), 303)
    if needs_act != "signed-in" and not can(needs_act):
        raise Forbidden(f"That page is not for a {user().role}. Nothing was shown and nothing was changed.")
    return None


def device_id() -> int:
    """The device in this person's hand."""
    return int(g.device.id)
