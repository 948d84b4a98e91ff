"""The approval ledger on paper: who allowed which text, the head of the chain, and whether the chain is whole.

Promises: the page can be printed as it stands. The whole chain is walked only when somebody asks, for it reads every text.
"""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from gateway import approvals, ledger
from web import data
from web.access import needs
from web.forms import asked_id
from web.screens.lists import as_file

bp = Blueprint("approvals", __name__, url_prefix="/approvals")
SHOWN = 100


@bp.get("")
@needs("see_ledger")
def page() -> ResponseReturnValue:
    """The newest; `before` an id: older ones; `check`: with the verdict."""
    db = data.db()
    rows = approvals.newest(db, before=asked_id("before"), limit=SHOWN + 1)
    return render_template(
        "approvals.html",
        rows=rows[:SHOWN],
        older=rows[SHOWN - 1]["id"] if len(rows) > SHOWN else None,
        head=ledger.head(db),
        verdict=ledger.verify(db) if "check" in request.args else None,
        acts=approvals.ACTS,
        at=data.now(),
    )


@bp.get("/approvals.csv")
@needs("see_ledger")
def as_csv() -> ResponseReturnValue:
    """All of it, for another program to verify."""
    return as_file(approvals.as_csv, "approvals")
