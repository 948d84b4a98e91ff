"""The first page: what waits for this person."""

from datetime import time

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from gateway import board, cards, inbox, sessions
from gateway.hours import closes_at
from gateway.rules import DAY_MS
from gateway.store import moment, ms
from web import access, data, words
from web.access import SIGNED_IN, needs
from web.forms import go

bp = Blueprint("home", __name__)
SECONDS_A_TEXT = 15


def day_start() -> int:
    """The group's midnight, in ms."""
    here = words.local(data.now())
    return max(ms(here.replace(hour=0, minute=0, second=0, microsecond=0)), data.now() - DAY_MS)


def quiet_line() -> tuple[str, str] | None:
    """Until when one may text by the group's clock, and from when again; None without quiet hours or outside them."""
    quiet, zone = data.rules().quiet, data.rules().zone
    if quiet.from_ == quiet.until:
        return None
    closes = closes_at(moment(data.now()), (zone,), quiet)
    return None if closes is None else (_said(quiet.from_), _said(quiet.until))


def _said(at: time) -> str:
    return f"{at:%H:%M}"


@bp.get("/")
@needs(SIGNED_IN)
def page() -> ResponseReturnValue:
    """Home; a technician's home is the modems."""
    db, user, now = data.db(), access.user(), data.now()
    if not access.can("answer"):
        return go("modems.page")
    waiting = inbox.conversations_in(db, user, box="waiting", now=now, limit=50)
    return render_template(
        "home.html",
        counts=words.counts(),
        waiting=waiting,
        recents=cards.recent(db, user, rules=data.rules(), now=now, limit=8),
        shift=board.shift(db, user, since=day_start()),
        uncertain=cards.uncertain(db, user, now=now) if access.can("settle") else [],
        quiet=quiet_line(),
        minutes=lambda texts: max(1, round(texts * SECONDS_A_TEXT / 60)),
        wants_password=access.can("see_stations") and not sessions.has_password(db, user),
        answer_url=url_for("inbox.thread", conversation_id=waiting[0].conversation_id) if waiting else "",
    )
