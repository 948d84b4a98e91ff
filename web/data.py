"""What a request works with: its own database connection, the rules, this moment."""

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import cast

from flask import Flask, current_app, g, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask.wrappers import Request, Response
from itsdangerous import BadSignature

from gateway import bell
from gateway.config import Config
from gateway.rules import Rules
from gateway.store import connect, wall_ms

LOCK_WAIT_S = 10.0  # a person waits for this answer; the stations' own 30 s would feel like a dead page


class SessionByScheme(SecureCookieSessionInterface):
    """The form cookie is `Secure` exactly when the page came over https: on plain http a Secure cookie is dropped in silence. It has no age:
    Flask's own is refused when the clock was set back, or far ahead, and with it what is pressed on every page that is open.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            return None
        with suppress(BadSignature):
            return self.session_class(serializer.loads(request.cookies.get(self.get_cookie_name(app), "")))
        return self.session_class()

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def config() -> Config:
    """The configuration of this panel."""
    return cast(Config, current_app.config["TEXTBANK"])


def rules() -> Rules:
    """The group's rules."""
    return cast(Rules, current_app.config["RULES"])


def database_path() -> Path:
    """Where the database lies."""
    return config().database.path


def path_of(app: Flask) -> Path:
    """The same, outside a request."""
    return cast(Config, app.config["TEXTBANK"]).database.path


def db() -> sqlite3.Connection:
    """This request's connection, opened when first asked for."""
    if "db" not in g:
        g.db = connect(database_path(), timeout_s=LOCK_WAIT_S)
    return cast(sqlite3.Connection, g.db)


def now() -> int:
    """One moment for the whole request, in ms."""
    if "now" not in g:
        g.now = wall_ms()
    return cast(int, g.now)


def install(app: Flask) -> None:
    """Ring the bell after a request that changed something; close its connection in any case."""

    @app.after_request
    def ring_when_changed(response: Response) -> Response:
        if "db" in g and g.db.total_changes and not g.db.in_transaction:
            bell.ring(database_path())
        return response

    @app.teardown_request
    def close(_error: BaseException | None) -> None:
        opened = g.pop("db", None)
        if opened is not None:
            opened.close()
