"""The first page: what waits for this person."""

from flask import Blueprint, current_app, render_template, url_for
from flask.typing import ResponseReturnValue

from gateway import assignments, board, capacity, cards, inbox, people, secondreader, sessions
from gateway.factwords import hour_words
from gateway.hours import LEAD, closes_at, last_leave
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


def quiet_line() -> tuple[bool, str, str] | None:
    """Whether texts leave now by the group's clock, when they stop and when they go on; None without quiet hours."""
    quiet, zone = data.rules().quiet, data.rules().zone
    if quiet.from_ == quiet.until:
        return None
    at = moment(data.now())
    closes = closes_at(at, (zone,), quiet)
    region = data.rules().region
    goes_on = hour_words(quiet.until, region) + (" the next day" if quiet.from_ > quiet.until else "")
    return closes is not None and closes - LEAD > at, hour_words(last_leave(quiet), region), goes_on


def offers() -> list[assignments.Offer]:
    """What each running campaign has for this person now."""
    db, now = data.db(), data.now()
    if (
        not access.can("approve")
        or not db.execute("SELECT 1 FROM campaign WHERE state='running' LIMIT 1").fetchone()
    ):
        return []
    return assignments.offers(
        db, access.user(), data.rules(), capacity.rooms(db, data.config(), now=now), now=now
    )


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
        offers=offers(),
        waiting=waiting,
        recents=cards.recent(db, user, rules=data.rules(), now=now, limit=8),
        shift=board.shift(db, user, since=day_start()),
        uncertain=cards.uncertain(db, user, now=now) if access.can("settle") else [],
        quiet=quiet_line(),
        to_read=secondreader.to_read(db, user) if data.config().campaigns.review else [],
        mine=len(inbox.conversations_in(db, user, box="mine", now=now, limit=200)),
        minutes=lambda texts: max(1, round(texts * SECONDS_A_TEXT / 60)),
        wants_password=access.can("see_stations") and not sessions.has_password(db, user),
        answer_url=url_for("inbox.thread", conversation_id=waiting[0].conversation_id) if waiting else "",
    )


@bp.post("/leave")
@needs("answer")
def leave() -> ResponseReturnValue:
    """I have to go: whoever I hold is free for the others."""
    people.let_go(data.db(), access.user())
    current_app.config["HUB"].changed()
    words.tell("Your people are back with the room. Nobody is forgotten. Thank you for today.")
    return go("home.page")
