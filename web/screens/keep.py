"""The admin's *Data* screen: backups, how to restore one, and what is deleted by itself.

A backup is not to be had through the page: it holds everybody's texts, and leaves the machine by the stick or by the hand of
somebody who may enter it.
"""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from gateway import keeping, purging
from web import data, words
from web.access import needs
from web.forms import go

bp = Blueprint("keep", __name__, url_prefix="/data")
MOST_SHOWN = 40


@bp.get("")
@needs("manage_data")
def page() -> ResponseReturnValue:
    """How safe everything is."""
    plan, db = keeping.plan_of(data.config()), data.db()
    saved = keeping.listing(plan.folder)
    known = keeping.state(db)
    last = saved[0].made_at if saved else known.made_at
    totals = purging.totals(db)
    return render_template(
        "keep.html",
        plan=plan,
        saved=saved[:MOST_SHOWN],
        more=len(saved) - MOST_SHOWN,
        known=known,
        last=last,
        asked=keeping.asked(db),
        trouble=keeping.away(plan) or known.trouble,
        old=last is not None and data.now() - last > keeping.OLD_MS,
        privacy=data.config().privacy,
        purged_answers=totals.get("answer", 0),
        purged_texts=sum(number for what, number in totals.items() if what != "answer"),
        config_file=data.config().source,
    )


@bp.post("/backup")
@needs("manage_data")
def backup() -> ResponseReturnValue:
    """Ask the gateway for one now."""
    keeping.ask(data.db(), now=data.now())
    words.tell("A backup is being made. It shows here when it was read back.")
    return go("keep.page")
