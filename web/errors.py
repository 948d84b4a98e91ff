"""What a person sees when something does not go: a sentence, what is safe, what to do next. Never a traceback.

A fault of ours is written to the log by its kind and place, without the values, which may be people's words.
"""

import logging
import os
import sqlite3
import traceback

from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from gateway import damage, explain, room, sessions
from gateway.errors import Held, Refused
from gateway.store import LOCK_TIMEOUT_S, wall_ms
from web import access, damaged, data
from web.forms import go

log = logging.getLogger(__name__)

SAID = {  # status: headline, what it means and what to do
    400: (
        "That did not arrive whole",
        "A part of the form was missing, so nothing was done. Go back and try again.",
    ),
    403: ("Not for you", "Your role does not open this page. Nothing was changed."),
    404: (
        "This page is not here",
        "The link may be old. Everything that waits for you is on the first page.",
    ),
    405: (
        "That is not a page",
        "It is only the target of a key. Nothing was done. Go back to the first page.",
    ),
    413: ("That was too long", "More came than any text needs, so nothing was done. Go back and shorten it."),
    421: (
        "Wrong name",
        "This box does not answer to that name. Open it by its number or by its .local name.",
    ),
    429: ("Too many tries", "Wait a minute, then try again. A sign-in link from an admin works at once."),
    500: (
        "Something broke here",
        "Nothing was sent twice. Go back and try again; if it comes again, tell your technician.",
    ),
    503: ("The box is busy", "Nothing was done. Try again in a moment; what you sent before is safe."),
}
REPLACED = "It took the place of the database while this waited. Nothing was done. Open the page again; you may have to sign in anew."


def say(status: int, why: str | None = None, headline: str | None = None) -> ResponseReturnValue:
    """The page for this status."""
    g.plain = True  # the page that says so must not ask the database again
    title, sentence = SAID.get(status, SAID[400 if status < 500 else 500])
    page = render_template("error.html", headline=headline or title, sentence=why or sentence, status=status)
    return page, status


def held(error: Held) -> ResponseReturnValue:
    """A colleague has this conversation: who, and when it is everybody's again if they do nothing more."""
    return render_template("held.html", held=error), 409


def refused(error: Refused) -> ResponseReturnValue:
    """The software said no, in its own words."""
    return say(409, str(error), "That did not go")


def tapped_twice() -> bool:
    """Whether this is another tap at the door of the person who is in here by now."""
    if request.endpoint == "sign_in.use_link":
        return sessions.used_by(data.db(), (request.view_args or {})["token"], access.user())
    return request.endpoint == "sign_in.enter" and request.form.get("name", "").strip() == access.user().name


def form_token(_error: CSRFError) -> ResponseReturnValue:
    """The page was older than the sign-in on this device; whoever taps twice at the door is in by the first tap."""
    if access.signed_in() and tapped_twice():
        return go("home.page")
    return say(
        400,
        "This page was too old, so nothing was done. Open it again, then do it once more.",
        "This page was too old",
    )


def disk_trouble() -> explain.Notice | None:
    """What keeps the box from writing, for the top of every page; None when nothing does."""
    if g.get("plain"):
        return None
    folder = data.database_path().parent
    refused = room.read_only(folder)
    if refused:
        return explain.read_only(str(folder), refused)
    disk = os.statvfs(folder)
    if disk.f_bavail * disk.f_frsize >= room.RESERVE_BYTES or room.reserve(data.database_path()).exists():
        return None
    here = room.look(folder)
    return explain.disk_full(str(folder), here.free_bytes, here.largest)


def database(error: sqlite3.Error) -> ResponseReturnValue:
    """A damaged or locked database, a full disk, a card that cannot be written: said in words, with 503."""
    if damage.note_if(data.database_path(), error, now=wall_ms()):
        return damaged.page(damage.seen(data.database_path()) or damage.Damage(0, damage.said(error)))
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_READONLY_DBMOVED:
        return say(503, REPLACED, "A backup was put in place")
    found, folder = str(error), data.database_path().parent
    log.error("database: %s: %s", type(error).__name__, found)
    here = room.look(folder)
    if room.is_full(error) or (here.free_bytes < room.RESERVE_BYTES and "locked" not in found):
        notice = explain.disk_full(
            str(folder), here.free_bytes, here.largest if access.can("see_stations") else ()
        )
    elif here.read_only or "readonly" in found:
        notice = explain.read_only(str(folder), found)
    elif "locked" in found or "busy" in found:
        notice = explain.database_locked(min(LOCK_TIMEOUT_S, data.LOCK_WAIT_S))
    elif isinstance(error, sqlite3.OperationalError):
        return say(
            503,
            f"The database could not be read or written just now. {_pressed()} If it comes again, tell your technician.",
        )
    else:
        return fault(error)
    return say(503, f"{_pressed()} {notice.evidence} {notice.done} {notice.next}", notice.what)


def _pressed() -> str:
    """What became of what was pressed: a stop, or a text taken back, must not seem to be kept. A page may also follow what was done."""
    if request.method in access.SAFE:
        return "This page cannot be shown now; what was done before it stays done."
    return (
        "What you just pressed was not kept, or not all of it: look at the page again, then press it again."
    )


def fault(error: Exception) -> ResponseReturnValue:
    """Our own mistake: its kind and place go to the log, a sentence to the person."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    log.error(
        "%s %s: %s in %s:%s",
        request.method,
        request.endpoint,
        type(error).__name__,
        where.filename,
        where.lineno,
    )
    log.debug("the whole of it", exc_info=error)  # TEXTBANK_LOG=debug: may hold people's words
    return say(500)


def http(error: HTTPException) -> ResponseReturnValue:
    """Everything that HTTP has a number for; a redirect passes."""
    if error.code is None or error.code < 400:
        return error
    ours = isinstance(error, access.ForeignHost) or (
        error.code in (403, 404) and error.description != type(error).description
    )
    return say(error.code, error.description if ours else None)


def install(app: Flask) -> None:
    """Every kind of failure has its page."""
    app.jinja_env.globals.update(disk_trouble=disk_trouble)
    app.register_error_handler(Held, held)
    app.register_error_handler(Refused, refused)
    app.register_error_handler(CSRFError, form_token)
    app.register_error_handler(sqlite3.Error, database)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(Exception, fault)
