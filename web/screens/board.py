"""A campaign's people by what they said, the door of an event, and everything as CSV.

Promises: a cell of a CSV that a spreadsheet would run as a formula begins with an apostrophe there.
"""

import csv
import io
import json
from collections.abc import Iterator

from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue

from gateway import boards, campaigns, recording, results
from gateway.errors import Refused
from gateway.letters import fold
from web import access, data, words
from web.access import needs
from web.forms import go

bp = Blueprint("board", __name__, url_prefix="/campaigns")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
MOST_SHOWN = 500
GONE = "Only the totals of this campaign remain: its purge date is past. They stand on its page."


def loaded(campaign_id: int) -> campaigns.Campaign:
    """The campaign that the address names; Refused when its people are purged."""
    campaign = campaigns.load(data.db(), campaign_id)
    if kept(campaign):
        raise Refused(GONE)
    return campaign


@bp.get("/<id:campaign_id>/people")
@needs("run_campaigns")
def people(campaign_id: int) -> ResponseReturnValue:
    """Who said what; `said` (field=value) keeps those who said it."""
    campaign = loaded(campaign_id)
    which = request.args.get("said", "")
    field, _, value = which.partition("=")
    everybody = people_of(campaign_id)
    found = everybody
    known = campaign.kind.field(field)
    if known is not None:
        found = [person for person in found if person.said.get(field) == value]
    seats = {seat.person.target_id: seat for seat in boards.bookings(campaign.facts, everybody)}
    asked = request.args.get("q", "")[:80]
    if asked.strip():
        found = [person for person in found if fold(asked).strip() in fold(person.name)]
    found = sorted(found, key=lambda person: (fold(person.name), person.target_id))
    return render_template(
        "campaign_people.html",
        campaign=campaign,
        people=found[:MOST_SHOWN],
        total=len(found),
        q=asked,
        which=which if known else "",
        words=campaign.kind.words(field, value, campaign.facts) if known else "",
        seats=seats if campaign.kind.name == "event" else {},
    )


def people_of(campaign_id: int) -> list[boards.Person]:
    """Everybody who said something, as a long list lets them be read."""
    counted = current_app.config["COUNTED"]
    found: list[boards.Person] = counted.of(
        ("people", campaign_id), lambda: results.people(data.db(), campaign_id)
    )
    return found


@bp.post("/<id:campaign_id>/people/<id:target_id>/door")
@needs("run_campaigns")
def door(campaign_id: int, target_id: int) -> ResponseReturnValue:
    """So many of them are here; none takes it back."""
    db = data.db()
    campaign = loaded(campaign_id)
    seats = boards.bookings(campaign.facts, results.people(db, campaign_id))
    seat = next((seat for seat in seats if seat.person.target_id == target_id), None)
    if campaign.kind.name != "event" or seat is None:
        raise Refused("This person has no seat here. Write down their yes first.")
    came = request.form.get("came", "")
    if not came.isdecimal() or int(came) > max(seat.seats, seat.came):
        raise Refused(f"Choose how many of their {words.count(seat.seats, 'seat', 'seats')} are here.")
    recording.record(db, target_id, "checked_in", came if int(came) else "", by=access.user(), now=data.now())
    current_app.config["COUNTED"].forget()
    name = seat.person.name or "They"
    words.tell(f"{name}: {came} here." if int(came) else f"{name}: not here yet.")
    where = {key: said for key in ("said", "q") if (said := request.form.get(key, "")[:80])}
    return go("board.people", campaign_id=campaign_id, **where)


@bp.get("/<id:campaign_id>/people.csv", endpoint="csv")
@needs("run_campaigns")
def csv_file(campaign_id: int) -> ResponseReturnValue:
    """Everybody with what they said, as a file for a spreadsheet."""
    campaign = loaded(campaign_id)
    rows = list(results.csv_rows(data.db(), campaign))
    return _file(rows, f"campaign-{campaign_id}.csv")


@bp.get("/<id:campaign_id>/numbers.csv")
@needs("run_campaigns")
def numbers_csv(campaign_id: int) -> ResponseReturnValue:
    """Every number of the campaign's page, also when only its totals remain: what, how many, of how many."""
    campaign = campaigns.load(data.db(), campaign_id)
    if remains := kept(campaign):
        rows = results.total_rows(remains)
    else:
        today = words.local(data.now()).date()
        rows = results.number_rows(results.results(data.db(), campaign, today=today, now=data.now()))
    return _file(
        [["what", "how_many", "of_how_many"], *([str(cell) for cell in row] for row in rows)],
        f"campaign-{campaign_id}-numbers.csv",
    )


def _file(rows: list[list[str]], name: str) -> Response:
    return Response(
        _lines(rows), mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _lines(rows: list[list[str]]) -> Iterator[str]:
    yield "\ufeff"  # Excel reads UTF-8 only with it
    for row in rows:
        line = io.StringIO()
        csv.writer(line).writerow([_safe(cell) for cell in row])
        yield line.getvalue()


def _safe(cell: str) -> str:
    number = cell.startswith("+") and cell[1:].isdigit()
    return f"'{cell}" if cell.startswith(FORMULA) and not number else cell


def kept(campaign: campaigns.Campaign) -> dict[str, object]:
    """What remains of a campaign whose people were purged; {} while they are there."""
    row = data.db().execute("SELECT totals FROM campaign WHERE id=?", [campaign.id]).fetchone()
    return dict(json.loads(row["totals"])) if row["totals"] else {}
