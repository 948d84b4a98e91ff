"""How often one address may try to sign in; each account's own count is in the database (`gateway/sessions.py`) and outlives a restart."""

from typing import Any

from flask import Flask
from flask.wrappers import Response
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

TRIES = "20 per minute; 200 per hour"  # refused ones: a whole room behind one address may come in at once
LIMITED = ("sign_in.enter", "sign_in.use_link")


def install(app: Flask) -> None:
    """Make the limiter; its counts live in memory."""
    app.config["LIMITER"] = Limiter(
        get_remote_address, app=app, storage_uri="memory://", headers_enabled=False
    )


def refused(answer: Response) -> bool:
    """True for an attempt that counts: a wrong password, a link that works no more."""
    return answer.status_code >= 400


def apply(app: Flask) -> None:
    """Limit the routes that try something secret; the views must be registered."""
    limiter: Limiter = app.config["LIMITER"]
    views: dict[str, Any] = app.view_functions
    for endpoint in LIMITED:
        limited = limiter.limit(TRIES, deduct_when=refused)(views[endpoint])
        limited.needs = views[endpoint].needs
        views[endpoint] = limited
