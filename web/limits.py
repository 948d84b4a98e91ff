"""How often one address, and one device that is known, may try to sign in; each account's own count is in the database (`gateway/sessions.py`) and
outlives a restart.
"""

from typing import Any

from flask import Flask, request
from flask.wrappers import Response
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

TRIES = "20 per minute; 200 per hour"  # refused ones: a whole room behind one address may come in at once
TRIES_OF_A_DEVICE = (
    "10 per hour"  # it does not wait when strangers try its person's password, so it has its own count
)
MARK = "textbank_known"
LIMITED = ("sign_in.enter", "sign_in.use_link")


def install(app: Flask) -> None:
    """Make the limiter; its counts live in memory."""
    app.config["LIMITER"] = Limiter(
        get_remote_address, app=app, storage_uri="memory://", headers_enabled=False
    )


def refused(answer: Response) -> bool:
    """True for an attempt that counts: a wrong password, a link that works no more; not one that a full disk refused."""
    return 400 <= answer.status_code < 500


def mark() -> str:
    """What this browser brings from when its person came in; "" for none."""
    return request.cookies.get(MARK, "")[:200]


def apply(app: Flask) -> None:
    """Limit the routes that try something secret; the views must be registered."""
    limiter: Limiter = app.config["LIMITER"]
    views: dict[str, Any] = app.view_functions
    for endpoint in LIMITED:
        limited = limiter.limit(TRIES, deduct_when=refused)(views[endpoint])
        limited = limiter.limit(
            TRIES_OF_A_DEVICE, key_func=mark, exempt_when=lambda: not mark(), deduct_when=refused
        )(limited)
        limited.needs = views[endpoint].needs
        views[endpoint] = limited
