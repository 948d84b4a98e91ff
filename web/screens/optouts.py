"""Opt-outs: who is out over all campaigns and SIMs; bring a file of numbers, take one away, undo with a reason."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from gateway import numbers, optoutlist
from gateway.errors import Refused
from gateway.optoutlist import Brought
from web import access, data, words
from web.access import needs
from web.forms import field, go
from web.screens.lists import as_file
from web.uploads import takes_file

bp = Blueprint("optouts", __name__, url_prefix="/opt-outs")
SHOWN = 100


@bp.get("")
@needs("undo_opt_out")
def page() -> ResponseReturnValue:
    """The newest."""
    return draw()


def draw(wrong: str = "", where: str = "", brought: Brought | None = None) -> str:
    """The list, with what did not go said at the form `where` it was asked."""
    out, stopped = optoutlist.counts(data.db())
    return render_template(
        "optouts.html",
        out=out,
        stopped=stopped,
        found=optoutlist.newest(data.db(), limit=SHOWN),
        wrong=wrong,
        where=where,
        brought=brought,
        form=request.form,
        most=optoutlist.MOST_BYTES,
    )


@bp.post("/bring")
@needs("undo_opt_out")
@takes_file(optoutlist.MOST_BYTES)
def bring() -> ResponseReturnValue:
    """Every number of a file is out from now on."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return draw("Choose a file first: a CSV with a column of numbers.", "bring"), 409
    try:
        brought = optoutlist.bring(
            data.db(),
            file.stream.read(optoutlist.MOST_BYTES + 1),
            region=data.rules().region,
            by=access.user(),
            now=data.now(),
        )
    except Refused as refusal:
        return draw(str(refusal), "bring"), 409
    return draw(brought=brought)


@bp.post("/add")
@needs("undo_opt_out")
def add() -> ResponseReturnValue:
    """One number is out: somebody rang or wrote a letter."""
    try:
        number = numbers.normalise(field("number"), data.rules().region)
        new = optoutlist.by_number(
            data.db(), number, reason=field("reason"), by=access.user(), now=data.now()
        )
    except Refused as refusal:
        return draw(str(refusal), "add"), 409
    said = "is off every list. Nobody texts it again, from any SIM." if new else "was off every list already."
    words.tell(f"{numbers.pretty(number)} {said}", "shown")
    return go("optouts.page")


@bp.post("/undo")
@needs("undo_opt_out")
def undo() -> ResponseReturnValue:
    """One number may be texted again, with the reason."""
    try:
        number = numbers.normalise(field("number"), data.rules().region)
        optoutlist.undo_by_number(
            data.db(), number, reason=field("reason", 300), by=access.user(), now=data.now()
        )
    except Refused as refusal:
        return draw(str(refusal), "undo"), 409
    words.tell(f"{numbers.pretty(number)} may be texted again. Your reason is kept.", "shown")
    return go("optouts.page")


@bp.get("/opt-outs.csv")
@needs("undo_opt_out")
def as_csv() -> ResponseReturnValue:
    """For another program."""
    return as_file(optoutlist.as_csv, "opt-outs")
