"""People: who may come in, as what, on how many devices; invite by link and QR code, shut out at once."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway import addresses, people, sessions
from gateway.errors import Refused
from gateway.people import Person
from gateway.store import write
from web import access, data, words
from web.access import needs
from web.forms import field, go

bp = Blueprint("people", __name__, url_prefix="/people")
ROLE_WORDS = {
    "volunteer": "sends and answers",
    "trainee": "the same, but a coordinator reads typed words first",
    "coordinator": "sees all conversations and whole numbers",
    "technician": "looks after modems, sees no texts",
    "admin": "everything, and people",
}


def draw(*, name: str = "", role: str = "volunteer", wrong: str = "") -> str:
    """The list with the form for one more."""
    listed = people.everyone(data.db(), now=data.now())
    return render_template("people.html", people=listed, roles=ROLE_WORDS, name=name, role=role, wrong=wrong)


@bp.get("")
@needs("manage_users")
def page() -> ResponseReturnValue:
    """Everybody."""
    return draw()


@bp.post("")
@needs("manage_users")
def add() -> ResponseReturnValue:
    """One more person, with their link."""
    name, role = field("name"), field("role")
    try:
        with write(data.db()):  # both, or pressing it again finds the name taken
            user = people.create(data.db(), name, role, now=data.now())
            token = sessions.invite(data.db(), user.id, now=data.now())
    except Refused as answer:
        return draw(name=name, role=role, wrong=str(answer)), 409
    return draw_link(user.id, token)


def draw_link(user_id: int, token: str) -> str:
    """A fresh one-time link as words and as a QR code, under the address that this browser reached the box by."""
    user = people.by_id(data.db(), user_id)
    reached = request.host_url.rstrip("/")
    base = addresses.for_others(reached, data.config().panel.host, data.config().panel.port)
    path = url_for("sign_in.look", token=token)
    link = base + path
    return render_template(
        "invite.html",
        person=user,
        link=link,
        named=reached + path if reached != base else "",
        qr=addresses.qr(link),
        only_here=addresses.only_here(base),
        let_others_in=addresses.to_let_others_in(data.config().panel.host),
    )


@bp.get("/<id:user_id>")
@needs("manage_users")
def detail(user_id: int) -> ResponseReturnValue:
    """One person: role, devices, link, shut out."""
    person: Person | None = next(
        (p for p in people.everyone(data.db(), now=data.now()) if p.id == user_id), None
    )
    if person is None:
        raise Refused("There is no such person. Look at the list again.")
    user = people.by_id(data.db(), user_id)
    return render_template(
        "person.html",
        person=person,
        roles=ROLE_WORDS,
        devices=sessions.devices(data.db(), user, now=data.now()),
    )


@bp.post("/<id:user_id>/link")
@needs("manage_users")
def link(user_id: int) -> ResponseReturnValue:
    """A new link; the one before stops working."""
    return draw_link(user_id, sessions.invite(data.db(), user_id, now=data.now()))


@bp.post("/<id:user_id>/role")
@needs("manage_users")
def role(user_id: int) -> ResponseReturnValue:
    """Another role, from the next click on."""
    people.change_role(data.db(), user_id, field("role"))
    words.tell(f"{people.by_id(data.db(), user_id).name} is a {field('role')} now.")
    return go("people.detail", user_id=user_id)


@bp.post("/<id:user_id>/sign-out")
@needs("manage_users")
def sign_out(user_id: int) -> ResponseReturnValue:
    """Every device of this person, at once: a phone was lost."""
    user = people.by_id(data.db(), user_id)
    keep = access.device_id() if user.id == access.user().id else None
    number = sessions.sign_out_others(data.db(), user, keep=keep, now=data.now())
    words.tell(f"{words.count(number, 'device is', 'devices are')} signed out.")
    return go("people.detail", user_id=user_id)


@bp.post("/<id:user_id>/disable")
@needs("manage_users")
def disable(user_id: int) -> ResponseReturnValue:
    """Shut somebody out now."""
    people.disable(data.db(), user_id, now=data.now())
    said = (
        f"{people.by_id(data.db(), user_id).name} is shut out. Their conversations are free for the others."
    )
    if left := people.yet_to_leave(data.db(), user_id):
        said += f" {words.count(left, 'text', 'texts')} that they approved can still leave: a coordinator takes them back, each in its conversation."
    words.tell(said, "shown" if left else "done")
    return go("people.detail", user_id=user_id)


@bp.post("/<id:user_id>/enable")
@needs("manage_users")
def enable(user_id: int) -> ResponseReturnValue:
    """Let somebody in again."""
    people.enable(data.db(), user_id)
    words.tell(f"{people.by_id(data.db(), user_id).name} may come in again. Make them a link.")
    return go("people.detail", user_id=user_id)
