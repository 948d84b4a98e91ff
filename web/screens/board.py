"""A campaign's people by what they said, the door of an event, and everything as CSV.

Promises: a cell of a CSV that a spreadsheet would run as a formula begins with an apostrophe there.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace

from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue

from gateway import campaigns, enrolment, followups, places, recording, reminders, results
from gateway.door import let_in
from gateway.errors import Refused
from gateway.exporting import safe
from gateway.kinds import TICKS
from web import access, data, words
from web.access import needs
from web.forms import go

bp = Blueprint("board", __name__, url_prefix="/campaigns")
MOST_SHOWN = 500
MOST_CAME = 50  # with one person on the list
WITHOUT = {"paused": "Due, and held by the pause:", "late": "Did not get", "day": "Without a day, so without"}
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
    """Who said what; `said` (`followups.read`) and `q` (a part of the name) keep some of them."""
    campaign = loaded(campaign_id)
    result, asked = asked_for(campaign)
    rows = followups.chosen(data.db(), campaign_id, result, named=asked)
    said = {person.target_id: person for person in people_of(campaign_id)}
    seats = {
        seat.person.target_id: seat
        for seat in places.bookings(campaign.kind, campaign.facts, list(said.values()))
    }
    nothing = places.Person(0, 0, "", {}, {})
    shown = [
        replace(said.get(row["id"], nothing), target_id=row["id"], conversation_id=row["conversation_id"], name=followups.name_of(row))
        for row in rows[:MOST_SHOWN]
    ]  # fmt: skip
    return render_template(
        "campaign_people.html",
        campaign=campaign,
        people=shown,
        total=len(rows),
        stopped={row["id"] for row in rows if row["opted_out_at"] is not None},
        q=asked,
        which=followups.written(result),
        result=result,
        words=followups.words(campaign.kind, campaign.facts, result),
        usual=followups.USUAL.get(campaign.kind.name),
        texted=enrolment.progress(data.db(), campaign_id).texted,
        seats=seats if campaign.kind.name == "event" else {},
        door=campaign.kind.name == "event",
        most_came=MOST_CAME,
        ticks=TICKS.get(campaign.kind.name, ()),
    )


def asked_for(campaign: campaigns.Campaign) -> tuple[followups.Result, str]:
    """The result and the part of a name that the address or the form says; `field` and `is` are the form's own term."""
    said = request.values.get("said", "")[:400]
    if request.values.get("field"):
        said += f";{request.values['field'][:40]}{request.values.get('is', '=')[:210]}"
    return followups.read(campaign.kind, said), request.values.get("q", "")[:80]


@bp.post("/<id:campaign_id>/people/list")
@needs("run_campaigns")
def make_list(campaign_id: int) -> ResponseReturnValue:
    """A list of exactly who is shown, without those who asked to stop."""
    db, campaign = data.db(), loaded(campaign_id)
    result, asked = asked_for(campaign)
    rows = followups.chosen(db, campaign_id, result, named=asked)
    what = followups.words(campaign.kind, campaign.facts, result) or "answered"
    name = f"{campaign.name}: {what}"
    made = followups.make_list(db, campaign_id, rows, name=name, by=access.user(), now=data.now())
    out = sum(row["opted_out_at"] is not None for row in rows)
    left_out = f" {words.count(out, 'person', 'people')} who asked to stop left out." if out else ""
    words.tell(f"A list of {words.count(len(rows) - out, 'person', 'people')} was made.{left_out}")
    return go("lists.detail", list_id=made)


def people_of(campaign_id: int) -> list[places.Person]:
    """Everybody who said something, as a long list lets them be read."""
    counted = current_app.config["COUNTED"]
    found: list[places.Person] = counted.of(
        ("people", campaign_id), lambda: results.people(data.db(), campaign_id)
    )
    return found


@bp.post("/<id:campaign_id>/people/<id:target_id>/door")
@needs("run_campaigns")
def door(campaign_id: int, target_id: int) -> ResponseReturnValue:
    """So many of them are here, whatever they had answered; none takes it back."""
    db, campaign = data.db(), loaded(campaign_id)
    row = db.execute(
        "SELECT k.first_name, k.last_name FROM target t JOIN contact k ON k.id=t.contact_id WHERE t.id=? AND t.campaign_id=?",
        [target_id, campaign_id],
    ).fetchone()
    if campaign.kind.name != "event" or row is None:
        raise Refused("This person is not on the list of this event. Nothing was written down.")
    came = request.form.get("came", "")
    if not (came.isascii() and came.isdecimal()) or int(came) > MOST_CAME:
        raise Refused(f"Choose how many are here, at most {MOST_CAME}. Nothing was written down.")
    came = str(int(came))
    let_in(db, target_id, int(came), by=access.user(), now=data.now())
    current_app.config["COUNTED"].forget()
    name = followups.name_of(row) or "They"
    words.tell(f"{name}: {came} here." if int(came) else f"{name}: not here yet.")
    where = {key: said for key in ("said", "q") if (said := request.form.get(key, "")[:400])}
    return go("board.people", campaign_id=campaign_id, **where)


@bp.post("/<id:campaign_id>/people/<id:target_id>/tick")
@needs("run_campaigns")
def tick(campaign_id: int, target_id: int) -> ResponseReturnValue:
    """Write one thing down for one person, or take it back: as it stood on the page, for the same press may come twice."""
    db, campaign = data.db(), loaded(campaign_id)
    what, _, back = request.form.get("what", "")[:80].partition(";")
    name, _, value = what.partition("=")
    if (name, value) not in [(field, of) for field, of, _ in TICKS.get(campaign.kind.name, ())]:
        raise Refused("That cannot be ticked off in this campaign. Nothing was written down.")
    row = db.execute("SELECT campaign_id FROM target WHERE id=?", [target_id]).fetchone()
    if row is None or row["campaign_id"] != campaign_id:
        raise Refused("This person is not in this campaign any more. Nothing was written down.")
    if not back or recording.current(db, target_id).get(name) == value:  # else it is taken back already
        recording.record(db, target_id, name, "" if back else value, by=access.user(), now=data.now())
    current_app.config["COUNTED"].forget()
    words.tell(
        f"Taken back: {campaign.kind.words(name, value, campaign.facts)}."
        if back
        else f"Written down: {campaign.kind.words(name, value, campaign.facts)}."
    )
    where = {key: said for key in ("said", "q") if (said := request.form.get(key, "")[:400])}
    return go("board.people", campaign_id=campaign_id, **where)


@bp.get("/<id:campaign_id>/people.csv", endpoint="csv")
@needs("run_campaigns")
def csv_file(campaign_id: int) -> ResponseReturnValue:
    """Everybody with what they said, as a file for a spreadsheet; of a result that was chosen, its people."""
    campaign = loaded(campaign_id)
    result, asked = asked_for(campaign)
    only = None
    if result != followups.Result() or asked.strip():
        only = {row["id"] for row in followups.chosen(data.db(), campaign_id, result, named=asked)}
    rows = list(results.csv_rows(data.db(), campaign, only=only))
    return _file(rows, f"campaign-{campaign_id}.csv")


@bp.get("/<id:campaign_id>/numbers.csv")
@needs("run_campaigns")
def numbers_csv(campaign_id: int) -> ResponseReturnValue:
    """Every number of the campaign's page, also when only its totals remain: what, how many, of how many."""
    campaign = campaigns.load(data.db(), campaign_id)
    if remains := kept(campaign):
        rows = results.total_rows(remains)
    else:
        db, now = data.db(), data.now()
        found = results.results(db, campaign, today=words.local(now).date(), now=now)
        owed = [
            (f"{WITHOUT[each.why]} “{each.label}”{_due(each.due)}", each.people, 0)
            for each in reminders.owed(db, campaign, data.rules(), now=now)
        ]
        rows = results.number_rows(found, enrolment.number_rows(db, campaign_id), owed)
    return _file(
        [
            ["what", "how_many", "of_how_many"],
            *([what, str(many), str(of) if of else ""] for what, many, of in rows),
        ],
        f"campaign-{campaign_id}-numbers.csv",
    )


def _due(due: int) -> str:
    """The same reminder may have been due on several days, by what each answered."""
    return f", due {words.local(due).date().isoformat()}" if due else ""


def _file(rows: list[list[str]], name: str) -> Response:
    return Response(
        _lines(rows), mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _lines(rows: list[list[str]]) -> Iterator[str]:
    yield "\ufeff"  # Excel reads UTF-8 only with it
    for row in rows:
        line = io.StringIO()
        csv.writer(line).writerow([safe(cell) for cell in row])
        yield line.getvalue()


def kept(campaign: campaigns.Campaign) -> dict[str, object]:
    """What remains of a campaign whose people were purged; {} while they are there."""
    row = data.db().execute("SELECT totals FROM campaign WHERE id=?", [campaign.id]).fetchone()
    if row is None:  # a draft that somebody threw away since
        raise Refused("There is no such campaign any more. Nothing was changed.")
    return dict(json.loads(row["totals"])) if row["totals"] else {}
