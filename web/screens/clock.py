"""The time of the box: what browsers say of it, the doubt on every page, and the one tap of a coordinator that ends it.

A page's own requests carry the browser's time (`X-Now`, ms). A coordinator's or an admin's is a voice among others while no time
server and no person vouches for the clock; nobody's is kept otherwise.
"""

import logging
import sqlite3
import time
from dataclasses import dataclass

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from gateway import clockwords
from gateway.clocktrust import FIRST_SANE_MS, VOICES, VOTED
from gateway.clockwords import Instant
from gateway.machineclock import boot_id
from web import access, data, words
from web.access import needs
from web.forms import field, go

log = logging.getLogger(__name__)

bp = Blueprint("clock", __name__, url_prefix="/clock")
HEADER = "X-Now"
SHORT_MS, USUAL_MS = 200, int(data.LOCK_WAIT_S * 1000)


def instant() -> Instant:
    """This moment of the request by both clocks."""
    if "instant" not in g:
        g.instant = Instant(data.now(), time.monotonic_ns() // 1_000_000, boot_id())
    return g.instant  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Doubt:
    """Why the clock is not trusted, what it shows, who says what, and what a confirmation has to bring back."""

    why: str
    shown: str
    said: list[tuple[str, str]]
    confirmable: bool
    seen: str


def doubt() -> Doubt | None:
    """What the gateway says of the clock in this run of the machine; None while it is trusted, or nobody has looked."""
    if g.get("plain") or not access.signed_in():
        return None
    standing, at = clockwords.standing(data.db()), instant()
    if standing is None or standing.by or standing.boot != at.boot:
        return None
    said = [
        (_who(word.voice, word.who), _shown(at.wall_ms + int(word.ahead_s * 1000)))
        for word in clockwords.words(data.db(), at)
    ]
    seen = f"{at.wall_ms}.{at.mono_ms}.{at.boot}"
    return Doubt(standing.why, _shown(at.wall_ms), said, at.wall_ms >= FIRST_SANE_MS, seen)


def _shown(at: int) -> str:
    return f"{words.local(at):%H:%M on %-d %B %Y}"


def _who(voice: str, who: str) -> str:
    if voice == "browser":
        row = data.db().execute("SELECT name FROM user WHERE id=?", [who]).fetchone()
        return f"The browser of {row['name']}" if row else VOICES["browser"].capitalize()
    return f"The network of the modem {who}" if voice == "network" else f"The newest text at the modem {who}"


@bp.app_context_processor
def for_templates() -> dict[str, object]:
    """Every page may show the doubt."""
    return {"clock_doubt": doubt}


@bp.before_app_request
def hear_the_browser() -> None:
    """What a coordinator's browser says, when that would be a voice."""
    told = request.headers.get(HEADER, "")
    if not (told.isascii() and told.isdigit() and len(told) < 15 and access.can("confirm_time")):
        return
    db = data.db()
    standing = clockwords.standing(db)
    if standing is None or standing.by not in VOTED:
        return
    db.execute(f"PRAGMA busy_timeout={SHORT_MS}")
    try:
        person = access.user()
        clockwords.hear(db, "browser", str(person.id), int(told), instant(), by=person)
    except sqlite3.OperationalError as error:
        log.info("a browser's time was not kept: %s", error)  # it says so again with its next request
    finally:
        db.execute(f"PRAGMA busy_timeout={USUAL_MS}")


@bp.post("")
@needs("confirm_time")
def confirm() -> ResponseReturnValue:
    """Yes, that is the time."""
    wall, mono, boot = [*field("seen", 100).split(".", 2), "", ""][:3]
    if not (wall + mono).isascii() or not (wall.isdigit() and mono.isdigit() and len(wall + mono) < 40):
        raise BadRequest
    shown = Instant(int(wall), int(mono), boot)
    clockwords.confirm(data.db(), by=access.user(), shown=shown, at=instant())
    words.tell("Thank you. Texts leave again, and it is noted that you confirmed the time.")
    return go("home.page")
