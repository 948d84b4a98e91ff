"""What technicians do with a modem: each act is a request that its station answers, or a self-test; the answer appears where it
was asked. The page itself touches no modem.
"""

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from gateway import codes, consent, selftests, sims, stations
from gateway.errors import Refused
from gateway.stations import StationRow
from gateway.store import write
from web import access, data, words
from web.access import needs
from web.forms import choice, field, go
from web.screens.modems import can_be_texted, is_phone, named, rows

bp = Blueprint("modem_acts", __name__, url_prefix="/modems")
SAID = {
    "pause": "{} finishes the text it has, then pauses.",
    "resume": "{} goes on.",
    "restart": "{} starts anew. What it had in hand is kept.",
    "reset": "{} is asked to reset itself. It is back within a minute or two.",
}
MOST_COMMAND = 120
PHONE = "gammu drives this phone, and cannot ask it this. Nothing was asked; look at the phone itself."


def back(row: StationRow, place: str) -> ResponseReturnValue:
    """To the place on the modem's page where the answer appears."""
    flash(place, "place")
    return go("modems.detail", name=row.name, _anchor=place)


def put(row: StationRow, what: str, argument: str | None = None) -> None:
    """Leave a request for the station."""
    stations.request(data.db(), row.name, what, by=access.user(), now=data.now(), argument=argument)


@bp.post("/<name>/<any(pause,resume,restart,reset):what>")
@needs("control_stations")
def ask(name: str, what: str) -> ResponseReturnValue:
    """Pause, go on, start anew, reset; the station answers by its state."""
    row = named(name)
    put(row, what)
    words.tell(SAID[what].format(row.name))
    return go("modems.page") if choice("from", ("list", "one")) == "list" else back(row, f"asked-{what}")


@bp.post("/<name>/pin")
@needs("enter_pin")
def pin(name: str) -> ResponseReturnValue:
    """Hand a SIM's PIN to its station, which tries it once and never again."""
    row, typed = named(name), field("pin", 20).strip()
    if not (typed.isascii() and typed.isdigit() and 4 <= len(typed) <= 8):
        raise Refused("A PIN is 4 to 8 digits. Nothing was tried, so no try was used up.")
    put(row, "pin", typed)
    words.tell(f"{row.name} tries this PIN once.")
    return back(row, "asked-pin")


@bp.post("/<name>/balance")
@needs("control_stations")
def balance(name: str) -> ResponseReturnValue:
    """Ask the operator for the SIM's balance by its USSD code."""
    row, code = named(name), codes.checked(field("code", 60))
    if is_phone(name):
        raise Refused(PHONE)
    if not row.iccid:
        raise Refused(
            "This modem has shown no SIM yet, so nobody can be asked. Nothing was sent; see on its card what it waits for."
        )
    with write(data.db()):
        put(row, "ussd", code)
        codes.keep(data.db(), row.iccid, code)
    words.tell(f"{row.name} asks its operator.")
    return back(row, "asked-ussd")


@bp.post("/<name>/query")
@needs("control_stations")
def query(name: str) -> ResponseReturnValue:
    """Ask the modem for its own state; what would change or send anything is refused by the gateway, in words."""
    row = named(name)
    if is_phone(name):
        raise Refused(PHONE)
    command = " ".join((request.form.get("command") or request.form.get("typed") or "").split())
    if len(command) > MOST_COMMAND:
        raise BadRequest
    if not command:
        raise Refused("Choose a question or type one, such as AT+CSQ. Nothing was asked.")
    put(row, "query", command)
    words.tell(f"{row.name} is asked {command}.")
    return back(row, "asked-query")


@bp.post("/<name>/test")
@needs("control_stations")
def test_text(name: str) -> ResponseReturnValue:
    """Send a test text from this modem to another one of ours."""
    row, receiver = named(name), field("to")
    selftests.begin(data.db(), row.name, receiver, by=access.user(), rules=data.rules(), now=data.now())
    words.tell(f"{row.name} texts {receiver}.")
    return back(row, "asked-test")


@bp.post("/<name>/number")
@needs("control_stations")
def number(name: str) -> ResponseReturnValue:
    """Write down which number the SIM in this modem has."""
    row, typed = named(name), field("number", 40)
    if not row.iccid:
        raise Refused(
            "This modem has shown no SIM yet, so there is nothing to write down. Nothing was changed."
        )
    region = data.rules().region
    known = sims.set_number(data.db(), row.iccid, typed, by=access.user(), region=region, now=data.now())
    words.tell(
        f"The SIM in {row.name} has the number {words.sim_number(known)}."
        if known
        else "The number is taken back."
    )
    return back(row, "facts")


@bp.post("/tests")
@needs("control_stations")
def run_all_tests() -> ResponseReturnValue:
    """Every ready modem texts the next one: each sends once and receives once."""
    ready = [row for row in rows() if row.state == "ready" and can_be_texted(row)]
    if len(ready) < 2:
        raise Refused(
            "A test needs two ready modems whose numbers are known. Nothing was sent; write the numbers of both on their pages."
        )
    begun, refused = 0, ""
    with write(data.db()):  # all of them, or "nothing was done" is no lie
        for sender, receiver in zip(ready, [*ready[1:], ready[0]], strict=True):
            try:
                selftests.begin(
                    data.db(),
                    sender.name,
                    receiver.name,
                    by=access.user(),
                    rules=data.rules(),
                    now=data.now(),
                )
                begun += 1
            except Refused as error:
                refused = str(error)
    if not begun:
        raise Refused(refused)
    words.tell(f"{words.count(begun, 'modem texts', 'modems text')} another one of ours.")
    return go("modems.page")


@bp.post("/tests/allow")
@needs("change_settings")
def allow_tests() -> ResponseReturnValue:
    """An admin approves, once, that the group's own SIMs text each other."""
    selftests.approve_standing(data.db(), by=access.user(), channel="panel", now=data.now())
    words.tell("Self-tests are allowed.")
    return go("modems.page")


@bp.post("/tests/forbid")
@needs("change_settings")
def forbid_tests() -> ResponseReturnValue:
    """An admin takes that back: no further one begins."""
    consent.withdraw(data.db(), by=access.user())
    words.tell("No more self-tests are sent. One that is under way still ends.")
    return go("modems.page")
