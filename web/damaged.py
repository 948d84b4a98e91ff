"""While the database is damaged every page is this one: what happened, the evidence, what was done, and the one command to give.

Promises: nothing is read from the database or written to it meanwhile, and no connection is kept, so that a restore finds it
free. Once another database is in its place the panel goes on by itself.
"""

import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

from flask import Flask, current_app, g, render_template, request
from flask.typing import ResponseReturnValue

from gateway import damage
from gateway.sessions import panel_secret
from gateway.store import connect, wall_ms
from web import access, data

AGAIN_S = "15"  # the browser asks again by itself


def page(found: damage.Damage) -> ResponseReturnValue:
    """503 in plain words."""
    g.plain = True  # the page must not ask the database
    notice = damage.told(data.database_path(), found)
    return render_template("damaged.html", notice=notice), 503, {"Refresh": AGAIN_S, "Retry-After": AGAIN_S}


def gate() -> ResponseReturnValue | None:
    """Before anything else of a request: the page, while there is damage; files pass."""
    access.check_host()
    if request.endpoint in ("static", "stream.alive"):
        return None
    found = damage.seen(data.database_path())
    if found is not None:
        current_app.config["NEEDS_SECRET"] = True
        return page(found)
    if current_app.config["NEEDS_SECRET"]:
        current_app.config["SECRET_KEY"] = _secret(data.database_path())
        current_app.config["NEEDS_SECRET"] = False
    return None


def install(app: Flask) -> None:
    """Stand before everything else; the key that signs forms is the database's."""
    database = data.path_of(app)
    app.config["NEEDS_SECRET"] = damage.seen(database) is not None
    app.config["SECRET_KEY"] = secrets.token_hex(32)  # until the database can be read
    if not app.config["NEEDS_SECRET"]:
        try:
            app.config["SECRET_KEY"] = _secret(database)
        except sqlite3.DatabaseError as error:
            if not damage.note_if(database, error, now=wall_ms()):
                raise
            app.config["NEEDS_SECRET"] = True
    app.before_request(gate)


def _secret(database: Path) -> str:
    with closing(connect(database)) as db:
        return panel_secret(db)
