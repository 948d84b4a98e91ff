"""Lists: bring a file, look at its columns, say how these people agreed, take it, see what became of every row.

Promises: nothing is taken before a coordinator has seen the first rows and given the source and day of consent. Taking
goes on when the page is closed (`web/taker.py`).
"""

import contextlib
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from gateway import columns, listcsv, listfile, lists, rowreading, saysstop, taking
from gateway.columns import FIELDS, MOST_KEPT, Meaning
from gateway.errors import Refused
from gateway.listfile import MOST_BYTES
from gateway.lists import List
from gateway.sheets import ENCODINGS
from gateway.store import connect
from web import access, data, words
from web.access import needs
from web.forms import field, go
from web.uploads import takes_file

bp = Blueprint("lists", __name__, url_prefix="/lists")
SHOWN_ROWS, SHOWN_COLUMNS = 5, 24
LOOKED_AT = 500  # rows of the preview's counts
SHOWN_LEFT = 50
IN_ROW = re.compile(r"^“[^”]*”")  # what stood in the row, at the head of a reason


TOLD = (  # what became of rows: (key, mark, ink, of one that is only looked at, of several, of one that is taken, of several)
    ("taken", "delivered", "", "would be taken", "would be taken", "is in it", "are in it"),
    ("landline", "ask", "idle", *2 * ("of them has a landline, which hardly gets a text", "of them have a landline, which hardly gets a text")),
    ("known", "approved", "idle", *2 * ("of them was known already and is up to date now", "of them were known already and are up to date now")),
    ("twice", "approved", "idle", *2 * ("stands in it twice and is one person", "stand in it twice and are one person each")),
    ("opted_out", "out", "idle", *2 * ("asked to stop and stays out", "asked to stop and stay out")),
    ("cool_down", "held", "idle", *2 * ("was texted lately and rests", "were texted lately and rest")),
    ("rejected", "failed", "bad", *2 * ("has no number that can be texted", "have no number that can be texted")),
)  # fmt: skip


def told(counts: dict[str, int], *, done: bool) -> list[tuple[str, str, str]]:
    """What became of the rows, or would: (mark, ink, sentence)."""
    said = []
    for key, shape, ink, *forms in TOLD:
        number = counts.get(key, 0)
        if number:
            said.append((shape, ink, f"{number:,} {forms[2 * done + (number > 1)]}"))
    if not counts.get("taken"):
        said.insert(
            0,
            (
                "failed",
                "bad",
                "Nobody is in it." if done else "Nobody would be in it. Is it the right column?",
            ),
        )
    return said


def ring() -> None:
    """Wake the thread that takes lists."""
    current_app.config["TAKER"].ring()


@bp.get("")
@needs("draft")
def page() -> ResponseReturnValue:
    """All lists, and the place to bring one."""
    return draw()


def draw(wrong: str = "") -> str:
    """The lists with the form for one more."""
    return render_template("lists.html", lists=lists.all_of(data.db()), wrong=wrong, most=MOST_BYTES)


@bp.post("")
@needs("draft")
@takes_file(MOST_BYTES)
def bring() -> ResponseReturnValue:
    """A file came in."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return draw("Choose a file first: a CSV from a spreadsheet, or a vCard from a phone."), 409
    name = file.filename.replace("\\", "/").rpartition("/")[2].rpartition(".")[0] or file.filename
    try:
        upload = listfile.keep(file.stream, data.database_path())
        list_id = lists.stage(
            data.db(),
            upload,
            name=name,
            region=data.rules().region,
            database=data.database_path(),
            by=access.user(),
            now=data.now(),
        )
    except Refused as refusal:
        return draw(str(refusal)), 409
    return go("lists.detail", list_id=list_id)


@bp.get("/<id:list_id>")
@needs("draft")
def detail(list_id: int) -> ResponseReturnValue:
    """One list as it is now: to be looked at, being taken, or taken."""
    one = lists.by_id(data.db(), list_id)
    if one.state == "staged":
        return draw_staged(one)
    db, ready = data.db(), one.state == "ready"
    left = list(lists.not_taken(db, list_id, limit=SHOWN_LEFT)) if ready else []
    not_taken = sum(one.counts.get(what, 0) for what in ("rejected", "twice", "opted_out", "cool_down"))
    outcomes = told(one.counts, done=True)
    if ready and (
        at_one := current_app.config["COUNTED"].of(
            ("households", list_id), lambda: lists.households(db, list_id)
        )
    ):
        said = f"{words.count(at_one, 'household', 'households')}: several people at one number"
        outcomes.append(("ask", "idle", said))
    return render_template(
        "list.html",
        one=one,
        left=len(left),
        reasons=by_reason(left),
        not_taken=not_taken,
        outcomes=outcomes,
    )


def by_reason(left: Sequence[sqlite3.Row]) -> list[tuple[str, list[sqlite3.Row]]]:
    """Rows that were not taken, with what is said of all of them once; a reason that begins with what stood in the row says "This" of several."""
    found: dict[str, list[sqlite3.Row]] = {}
    for row in left:
        found.setdefault(IN_ROW.sub("This", row["reason"]), []).append(row)
    return [(rows[0]["reason"] if len(rows) == 1 else said, rows) for said, rows in found.items()]


def draw_staged(one: List, wrong: str = "") -> str:
    """The columns, the first rows, what would become of them, and the question for consent."""
    path = listfile.path_of(data.database_path(), one.id)
    if not path.exists():  # a backup was restored, or the list is just being made of a campaign's result
        return render_template("list_delete.html", one=one, why=taking.FILE_GONE)
    shown = list(range(min(len(one.format.columns), SHOWN_COLUMNS)))
    tally = None
    if "number" in one.meaning.fields:
        tally = taking.preview(data.db(), one, path, data.rules(), most=LOOKED_AT, now=data.now()).counts
    return render_template(
        "list_columns.html",
        one=one,
        wrong=wrong,
        form=request.form,
        first=[row.cells for row in listfile.first_rows(path, one.format, SHOWN_ROWS)],
        shown=shown,
        fields=FIELDS,
        encodings=ENCODINGS,
        counts=tally,
        outcomes=told(tally or {}, done=False),
        looked_at=min(LOOKED_AT, one.row_count),
        most_kept=MOST_KEPT,
        heard_by=heard_by(one.format.columns),
        twin=lists.same_file(data.db(), one),
        today=words.local(data.now()).date().isoformat(),
    )


def heard_by(names: tuple[str, ...]) -> dict[int, str]:
    """What is heard by a column that scripts may not need, while it is kept."""
    every = columns.kept(names, range(len(names)))
    stops = dict.fromkeys(saysstop.telling(tuple(every)), "Whoever asked to stop by this column stays out")
    abroad = dict.fromkeys(
        rowreading.COUNTRY.intersection(every), "By it a number of another country is told"
    )
    return {every[name]: said for name, said in {**abroad, **stops}.items()}


@bp.post("/<id:list_id>")
@needs("draft")
def decide(list_id: int) -> ResponseReturnValue:
    """Look again with other columns, or take it."""
    one = lists.by_id(data.db(), list_id)
    try:
        anew = apply_columns(one)
        if field("do") != "take":
            return go("lists.detail", list_id=list_id)
        if anew:
            raise Refused("The file was read anew, as you chose. Look at its rows and columns, then take it.")
        lists.begin(
            data.db(),
            list_id,
            name=field("name"),
            source=field("source", 400),
            consented_on=field("consented_on", 20),
            cool_down_days=number("cool_down_days"),
            by=access.user(),
            now=data.now(),
        )
    except Refused as refusal:
        if one.state != "staged":
            raise
        return draw_staged(lists.by_id(data.db(), list_id), str(refusal)), 409
    ring()
    words.tell("It is being taken. You may close this page.")
    return go("lists.detail", list_id=list_id)


def apply_columns(one: List) -> bool:
    """What the form says of encoding, header and columns. With another encoding or header the columns are guessed anew; returns
    whether they were: nobody has seen them then.
    """
    encoding, header = field("encoding", 20), "header" in request.form
    if encoding not in ENCODINGS:
        raise BadRequest
    how = one.format
    path = listfile.path_of(data.database_path(), one.id)
    anew = one.state == "staged" and (encoding, header) != (how.encoding, how.header) and how.kind == "csv"
    if anew:
        how = listfile.reread(path, encoding, header=header)
        meaning = listfile.meaning_of(path, how)
        rows = listfile.count(path, how)
    else:
        meaning, rows = chosen(len(how.columns), how.columns), one.row_count
    lists.reread(data.db(), one.id, how, meaning, rows=rows, by=access.user())
    return anew


def chosen(width: int, names: tuple[str, ...]) -> Meaning:
    """The columns as the form has them; each is used once, and one that is ours is not kept again."""
    fields: dict[str, int] = {}
    for ours in FIELDS:
        at = request.form.get(f"column_{ours}", "")
        if at.isascii() and at.isdigit() and int(at) < width:
            if int(at) in fields.values():
                raise Refused(f"The column “{names[int(at)]}” is chosen twice. Choose another one, or none.")
            fields[ours] = int(at)
    ticked = [
        int(at) for at in request.form.getlist("keep") if at.isascii() and at.isdigit() and int(at) < width
    ]
    kept = [at for at in dict.fromkeys(ticked) if at not in fields.values()]
    if len(kept) > MOST_KEPT:
        raise Refused(
            f"{len(kept)} columns are ticked; at most {MOST_KEPT} are kept with each person. Untick those that no script needs."
        )
    return Meaning(fields, columns.kept(names, kept))


def number(name: str) -> int:
    """A small whole number of the form; one that is none is out of any range."""
    said = field(name, 10).strip()
    return int(said) if said.isascii() and said.isdigit() else -1


@bp.post("/<id:list_id>/go-on")
@needs("draft")
def go_on(list_id: int) -> ResponseReturnValue:
    """Try again what stood still."""
    ring()
    return go("lists.detail", list_id=list_id)


@bp.get("/<id:list_id>/delete")
@needs("draft")
def ask_delete(list_id: int) -> ResponseReturnValue:
    """Are you sure: what goes, what stays."""
    return render_template("list_delete.html", one=lists.by_id(data.db(), list_id))


@bp.post("/<id:list_id>/delete")
@needs("draft")
def delete(list_id: int) -> ResponseReturnValue:
    """Off every page now."""
    name = lists.delete(data.db(), list_id, by=access.user())
    listfile.remove(listfile.path_of(data.database_path(), list_id))
    ring()
    words.tell(f"The list {name} is deleted.")
    return go("lists.page")


def as_file(make: Callable[[sqlite3.Connection], Iterator[str]], name: str) -> Response:
    """Lines of CSV as a file to keep, sent in pieces over a connection of their own."""
    path = data.database_path()

    def pieces() -> Iterator[str]:
        with contextlib.closing(connect(path)) as db:
            lines = make(db)
            while piece := list(islice(lines, listcsv.PIECE)):
                yield "".join(piece)

    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(pieces(), mimetype="text/csv", headers=headers)


@bp.get("/<id:list_id>/people.csv")
@needs("see_numbers")
def people_csv(list_id: int) -> ResponseReturnValue:
    """Everybody of the list."""
    lists.by_id(data.db(), list_id)
    return as_file(lambda db: listcsv.people(db, list_id), f"list-{list_id}")


@bp.get("/<id:list_id>/not-taken.csv")
@needs("see_numbers")
def not_taken_csv(list_id: int) -> ResponseReturnValue:
    """What was not taken, with the reasons; `stops`: whoever asked to stop alone."""
    lists.by_id(data.db(), list_id)
    stops = "stops" in request.args
    name = f"list-{list_id}-{'stops' if stops else 'not-taken'}"
    return as_file(lambda db: listcsv.not_taken(db, list_id, stops=stops), name)
