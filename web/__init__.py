"""The panel: a Flask application for volunteers, coordinators, technicians and admins; it never touches a modem.

Promises: every route says who may use it (`access.needs`) or the application does not start; every POST carries a form token and comes from this very
page; no page needs anything from another machine. It reads and writes through the gateway's store functions only.
"""

from pathlib import Path

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from gateway import config as configuration
from gateway.rules import rules_of
from web import (
    access,
    assets,
    damaged,
    data,
    errors,
    forms,
    headers,
    limits,
    live,
    modem_words,
    uploads,
    words,
)
from web.counted import Counted
from web.screens import BLUEPRINTS
from web.starts import Starts
from web.taker import Taker

FORM_BYTES = 64 * 1024  # ten segments of text in the longest encoding, twice over
FORM_PARTS = 50


def create_app(source: Path | str | configuration.Config | None = None) -> Flask:
    """The panel for this configuration (a path, or one already loaded). The launcher waits until the database is there, or known to be damaged."""
    config = source if isinstance(source, configuration.Config) else configuration.load(source)
    app = Flask("web")
    app.config.update(
        MAX_CONTENT_LENGTH=FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=FORM_BYTES,
        MAX_FORM_PARTS=FORM_PARTS,
        SESSION_COOKIE_NAME="textbank_form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_TIME_LIMIT=None,  # a phone left open overnight can still approve
        TEXTBANK=config,
        RULES=rules_of(config),
        HUB=live.Hub(config.database.path),
        TAKER=Taker(config.database.path, rules_of(config)),
        COUNTED=Counted(words.ask_again),
        STARTS=Starts(),
    )
    app.url_map.converters["id"] = forms.Id
    app.session_interface = data.SessionByScheme()
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True, "finalize": words.shown}
    damaged.install(app)
    data.install(app)
    access.install(app)
    uploads.install(app)  # after the door, before anything reads what was sent
    CSRFProtect(app)
    limits.install(app)
    headers.install(app)
    errors.install(app)
    assets.install(app)
    words.install(app)
    modem_words.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    limits.apply(app)
    access.check_every_route(app)
    return app
