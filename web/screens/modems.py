"""The modems: state in words, signal, SIM, what was sent, and what to do. Nobody's words are on these pages."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from gateway import policy, stations
from gateway.errors import Refused
from gateway.stations import StationRow
from gateway.store import moment
from web import access, data, words
from web.access import needs
from web.forms import field, go

bp = Blueprint("modems", __name__, url_prefix="/modems")
NEEDS_SOMEBODY = ("failed", "lost", "paused")  # the others go on by themselves
ASKED = {
    "pause": "{} finishes the text it has, then pauses.",
    "resume": "{} goes on.",
    "restart": "{} starts anew. What it had in hand is kept.",
}


def rows() -> list[StationRow]:
    """All stations, those that need somebody first."""
    today = policy.day_of(moment(data.now()), data.rules().zone).isoformat()
    found = stations.rows(data.db(), {one.name: one.per_day for one in data.config().stations}, today)
    order = ("failed", "lost", "paused", "starting", "waiting", "ready")
    return sorted(found, key=lambda row: (order.index(row.state), row.name.casefold()))


def named(name: str) -> StationRow:
    """The station of this name."""
    found = next((row for row in rows() if row.name == name), None)
    if found is None:
        raise NotFound
    return found


@bp.get("")
@needs("see_stations")
def page() -> ResponseReturnValue:
    """Every modem as a box."""
    found = rows()
    work = sum(row.state == "ready" for row in found)
    need = sum(row.state in NEEDS_SOMEBODY for row in found)
    return render_template("modems.html", rows=found, work=work, need=need, rest=len(found) - work - need)


@bp.get("/<name>")
@needs("see_stations")
def detail(name: str) -> ResponseReturnValue:
    """One modem: everything it said of itself, and what happened to it."""
    row = named(name)
    events = stations.events(data.db(), name, 60)
    return render_template("modem.html", row=row, events=events, asks_pin=asks_pin(row))


def asks_pin(row: StationRow) -> bool:
    """True while this station waits for a PIN that a person knows; a PUK is for a telephone, never for this page."""
    return row.state not in ("ready", "lost") and "PIN" in row.reason and "PUK" not in row.reason


@bp.post("/<name>/<any(pause,resume,restart):what>")
@needs("control_stations")
def ask(name: str, what: str) -> ResponseReturnValue:
    """Ask the station for something; it answers by its state."""
    row = named(name)
    stations.request(data.db(), row.name, what, by=access.user(), now=data.now())
    words.tell(ASKED[what].format(row.name))
    return go("modems.page") if field("from") == "list" else go("modems.detail", name=row.name)


@bp.post("/<name>/pin")
@needs("enter_pin")
def pin(name: str) -> ResponseReturnValue:
    """Hand a SIM's PIN to its station, which tries it once and never again."""
    row, typed = named(name), field("pin", 20).strip()
    if not (typed.isascii() and typed.isdigit() and 4 <= len(typed) <= 8):
        raise Refused("A PIN is 4 to 8 digits. Nothing was tried, so no try was used up.")
    stations.request(data.db(), row.name, "pin", by=access.user(), now=data.now(), argument=typed)
    words.tell(f"{row.name} tries this PIN once.")
    return go("modems.detail", name=row.name)
