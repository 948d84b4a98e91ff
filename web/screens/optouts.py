"""Opt-outs: who is out over all campaigns and SIMs; bring a file of numbers, take one away, undo with a reason."""

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue

from gateway import listcsv, listfile, lists, numbers, optoutfile, optoutlist
from gateway.errors import Refused
from gateway.listfile import MOST_BYTES, OPT_OUTS
from web import access, data, words
from web.access import needs
from web.forms import field, go
from web.screens.inbox import shown
from web.screens.lists import SHOWN_LEFT, as_file, by_reason, ring
from web.uploads import takes_file

bp = Blueprint("optouts", __name__, url_prefix="/opt-outs")
SHOWN, SHOWN_FILES = 100, 3


@bp.get("")
@needs("undo_opt_out")
def page() -> ResponseReturnValue:
    """The newest."""
    return draw()


def draw(wrong: str = "", where: str = "") -> str:
    """The list, with what did not go said at the form `where` it was asked."""
    out, stopped = current_app.config["COUNTED"].of("opt-outs", lambda: optoutlist.counts(data.db()))
    return render_template(
        "optouts.html",
        out=out,
        stopped=stopped,
        found=optoutlist.newest(data.db(), limit=SHOWN),
        files=lists.all_of(data.db(), brings=OPT_OUTS, limit=SHOWN_FILES),
        wrong=wrong,
        where=where,
        form=request.form,
        most=MOST_BYTES,
    )


@bp.post("/bring")
@needs("undo_opt_out")
@takes_file(MOST_BYTES)
def bring() -> ResponseReturnValue:
    """Every number of a file is out, piece by piece from now on."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return draw("Choose a file first: a CSV with a column of numbers.", "bring"), 409
    try:
        list_id = optoutfile.bring(
            data.db(),
            listfile.keep(file.stream, data.database_path()),
            name=file.filename.replace("\\", "/").rpartition("/")[2],
            region=data.rules().region,
            database=data.database_path(),
            by=access.user(),
            now=data.now(),
        )
    except Refused as refusal:
        return draw(str(refusal), "bring"), 409
    ring()
    return go("optouts.file", list_id=list_id)


@bp.get("/files/<id:list_id>")
@needs("undo_opt_out")
def file(list_id: int) -> str:
    """One file: how far it is, then what it did."""
    one = lists.by_id(data.db(), list_id, brings=OPT_OUTS)
    left = list(lists.not_taken(data.db(), list_id, limit=SHOWN_LEFT)) if one.state == "ready" else []
    return render_template(
        "optout_file.html", one=one, done=optoutfile.result(one), left=len(left), reasons=by_reason(left)
    )


@bp.post("/files/<id:list_id>/go-on")
@needs("undo_opt_out")
def go_on(list_id: int) -> ResponseReturnValue:
    """Try again what stood still."""
    ring()
    return go("optouts.file", list_id=list_id)


@bp.post("/files/<id:list_id>/delete")
@needs("undo_opt_out")
def forget(list_id: int) -> ResponseReturnValue:
    """The file and its rows go; whoever is out stays out."""
    name = lists.delete(data.db(), list_id, by=access.user(), brings=OPT_OUTS)
    listfile.remove(listfile.path_of(data.database_path(), list_id))
    ring()
    words.tell(f"The file {name} is gone. Whoever it opted out stays out.")
    return go("optouts.page")


@bp.get("/files/<id:list_id>/rejected.csv")
@needs("undo_opt_out")
def rejected_csv(list_id: int) -> ResponseReturnValue:
    """The rows that hold no number, with the reasons."""
    lists.by_id(data.db(), list_id, brings=OPT_OUTS)
    return as_file(lambda db: listcsv.not_taken(db, list_id), f"opt-outs-{list_id}-rejected")


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
    current_app.config["COUNTED"].forget()
    said = "is off every list. Nobody texts it again, from any SIM." if new else "was off every list already."
    words.tell(f"{numbers.pretty(number)} {said}", "shown")
    return go("optouts.page")


@bp.post("/undo")
@needs("undo_opt_out")
def undo() -> ResponseReturnValue:
    """One number may be texted again, with the reason."""
    try:
        number = numbers.normalise(field("number"), data.rules().region)
        reason, drawn = field("reason", 300), shown("drawn")
        optoutlist.undo_by_number(
            data.db(), number, reason=reason, by=access.user(), now=data.now(), drawn=drawn
        )
    except Refused as refusal:
        return draw(str(refusal), "undo"), 409
    current_app.config["COUNTED"].forget()
    words.tell(f"{numbers.pretty(number)} may be texted again. Your reason is kept.", "shown")
    return go("optouts.page")


@bp.get("/opt-outs.csv")
@needs("undo_opt_out")
def as_csv() -> ResponseReturnValue:
    """For another program."""
    return as_file(optoutlist.as_csv, "opt-outs")
