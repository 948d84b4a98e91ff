"""What keeps pages live: the stream of changes, and the small answer that says the box is there."""

from flask import Blueprint, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import ServiceUnavailable

from web import access, data, live
from web.access import PUBLIC, SIGNED_IN, needs

bp = Blueprint("stream", __name__)


@bp.get("/live")
@needs(SIGNED_IN)
def changes() -> ResponseReturnValue:
    """Server-sent events until about a minute has passed; `since` is the pulse that the page was drawn at."""
    hub: live.Hub = current_app.config["HUB"]
    gone = request.environ.get("waitress.client_disconnected", lambda: False)
    listener = live.Listener(access.device_id(), gone)
    if not hub.join(listener):
        raise ServiceUnavailable
    since = request.headers.get("Last-Event-ID") or request.args.get("since", "")
    # Read after joining: what changes in between is told twice rather than not at all.
    current = hub.pulse(data.db())
    g.pop("db").close()  # a stream lasts a minute and needs no connection of its own
    body = live.stream(hub, listener, since[:200], current)
    return Response(body, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})


@bp.get("/alive")
@needs(PUBLIC)
def alive() -> ResponseReturnValue:
    """The box answers."""
    return Response("yes\n", mimetype="text/plain")
