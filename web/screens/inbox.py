"""The inbox and one thread: read, answer, opt out, close.

Promises: an answer that is sent twice leaves once (its form carries a key made here). Looking holds nobody; the first key, a tap on an
answer or Send makes a free conversation this person's, so that two people do not answer at once.
"""

from contextlib import suppress

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from gateway import (
    answering,
    cards,
    conversations,
    enrolment,
    gate,
    inbox,
    notes,
    optouts,
    outbox,
    people,
    search,
)
from gateway.errors import Refused
from gateway.heard import newest
from gateway.message import KINDS, clean
from gateway.script import ruler_of
from web import access, data, words
from web.access import needs
from web.forms import choice, field, go, nonce, used_nonce
from web.screens.send import MOST_CHARACTERS, undoable

bp = Blueprint("inbox", __name__, url_prefix="/inbox")
BOXES = ("waiting", "mine", "all")


@bp.before_request
def check_conversation() -> None:
    """404 in words for an id that is nobody's; the door was passed before this."""
    asked = (request.view_args or {}).get("conversation_id")
    if (
        asked is not None
        and not data.db().execute("SELECT 1 FROM conversation WHERE id=?", [asked]).fetchone()
    ):
        raise NotFound(
            "There is no such conversation any more: the person was erased, or their campaign is past its purge date. Nothing was done. "
            "Everybody who waits is in the inbox."
        )


def box() -> str:
    """Which list was asked for; anything else is the one that waits."""
    asked = request.args.get("box", "waiting")
    return asked if asked in BOXES else "waiting"


def searched() -> str:
    """The words that were looked for; "" when none were."""
    return " ".join(request.args.get("q", "")[:100].split())


def rows() -> list[inbox.Row]:
    """The list beside the thread: a box, or whom the search finds."""
    if searched():
        return search.find(data.db(), access.user(), searched(), now=data.now())
    return inbox.conversations_in(
        data.db(), access.user(), box=box(), now=data.now(), limit=inbox.MOST_ROWS + 1
    )


def listing(found: list[inbox.Row]) -> dict[str, object]:
    """The list as its template takes it; `cut`: there are more people than it shows, or may be where they were searched for."""
    most = inbox.MOST_ROWS
    cut = len(found) >= search.MOST if searched() else len(found) > most
    return {"rows": found[:most], "box": box(), "q": searched(), "cut": cut}


@bp.get("")
@needs("answer")
def page() -> ResponseReturnValue:
    """Who waits."""
    return render_template("inbox.html", **listing(rows()), thread=None)


def picked(context: answering.Context | None, choice_id: str | None) -> answering.Offered | None:
    """The answer that was pressed, while it is still one of this step."""
    if context is None or not choice_id:
        return None
    return next((each for each in context.offered if each.choice.id == choice_id), None)


def colleagues() -> list[people.Person]:
    """Whom a conversation may be passed on to."""
    everyone = people.everyone(data.db(), now=data.now())
    return [p for p in everyone if not p.disabled and p.role != "technician" and p.id != access.user().id]


def undoable_here(conversation_id: int) -> cards.Recent | None:
    """This person's latest approval in this conversation, while it can be taken back."""
    recents = cards.recent(data.db(), access.user(), rules=data.rules(), now=data.now(), limit=8)
    return undoable([recent for recent in recents if recent.conversation_id == conversation_id])


def draw(
    conversation_id: int,
    *,
    text: str | None = None,
    key: str | None = None,
    wrong: str = "",
    choice_id: str | None = None,
    number: str = "",
) -> str:
    """One conversation, with what was pressed and typed so far."""
    db, user, now = data.db(), access.user(), data.now()
    thread = inbox.thread(db, conversation_id, user, now=now)
    context = answering.context(db, conversation_id, user, data.rules())
    back = thread.taken_back
    fresh = text is None and not {"choice", "ready"} & set(request.args)
    if back and fresh:  # the words are in the box again, with the answer that they came from
        choice_id, number = answering.chosen_before(context, back.records, back.step) if context else ("", "")
        text = back.text
    chosen = picked(context, choice_id or request.args.get("choice"))
    meant = context.suggestion if context and chosen else None
    if not number and meant and chosen and meant.choice.id == chosen.choice.id:
        number = str(meant.number or "")
    filled = None if text is None else request.form.get("filled", "")
    if text is None:
        waits = context.waits(chosen.choice.id, number) if context and chosen else False
        text = chosen.words(number, waits=waits) if chosen else ready_words(context)
    listed = rows()
    person = conversations.reachable(db, conversation_id, user, now)
    answer = {**dict(person), "kind": KINDS.index("reply"), "due_at": None}
    return render_template(
        "inbox.html",
        thread=thread,
        **listing(listed),
        zone=conversations.zones(person, data.rules())[0],
        kept_until=gate.kept_until(answer, data.rules(), now),
        undo=undoable_here(conversation_id),
        undo_ms=data.rules().undo_ms,
        next_row=next(
            (row for row in listed if row.waiting and row.conversation_id != conversation_id), None
        ),
        about="about" in request.args,
        context=context,
        chosen=chosen,
        number=number,
        notes=notes.of(db, conversation_id),
        tags=notes.tags(db, conversation_id),
        colleagues=colleagues(),
        text=text,
        filled=text if filled is None else filled,
        wrong=wrong,
        key=key or nonce(),
        ruler=ruler_of(text),
    )


def ready_words(context: answering.Context | None) -> str:
    """The ready answer that was pressed; "" when none was."""
    at = request.args.get("ready", "")
    if context is None or not (at.isascii() and at.isdigit()) or int(at) >= len(context.ready):
        return ""
    return context.ready[int(at)][1]


@bp.get("/<id:conversation_id>")
@needs("answer")
def thread(conversation_id: int) -> ResponseReturnValue:
    """What was said, and the place to answer. Looking holds nobody; a tap on an answer does."""
    if {"choice", "ready"} & set(request.args):
        with suppress(Refused):  # who may read what somebody else holds is told so on the page
            inbox.begin(data.db(), conversation_id, access.user(), now=data.now())
    return draw(conversation_id)


@bp.post("/<id:conversation_id>/begin")
@needs("answer")
def begin(conversation_id: int) -> ResponseReturnValue:
    """The first key in the box: the conversation is this person's from now on."""
    inbox.begin(data.db(), conversation_id, access.user(), now=data.now())
    return "", 204


@bp.post("/<id:conversation_id>/reply")
@needs("answer")
def reply(conversation_id: int) -> ResponseReturnValue:
    """Answer; a trainee's words wait for a coordinator."""
    db, user, now = data.db(), access.user(), data.now()
    text, key = field("text", 4 * MOST_CHARACTERS), used_nonce()
    choice_id, number = (request.form.get(name, "")[:40] for name in ("choice", "number"))
    after, approved, heard = (shown(name) for name in ("after", "approved", "heard"))
    try:
        message_id = inbox.reply(
            db,
            conversation_id,
            text,
            by=user,
            key=key,
            rules=data.rules(),
            now=now,
            campaigning=written_down(conversation_id, choice_id, number, text, key),
            after=after,
            approved=approved,
            heard=heard,
            instead_of=shown("instead_of"),
        )
    except Refused as answer:
        typed = None if as_filled(text) else text  # what nobody typed is written anew
        choice_id = "" if isinstance(answer, Elsewhere) else choice_id
        key = nonce() if inbox.written_before(db, key) else key  # what stands there now is another answer
        return draw(
            conversation_id, text=typed, key=key, wrong=str(answer), choice_id=choice_id, number=number
        ), 409
    row = outbox.load(db, message_id)
    name = words.first_name(row)
    said = (
        f"Your answer to {name} waits for a coordinator."
        if row["state"] == "awaiting"
        else f"Answered {name}."
    )
    words.tell(said)
    return go("inbox.thread", conversation_id=conversation_id)


def shown(name: str) -> int | None:
    """Which text was the newest on the screen, as the form carries it."""
    said = request.form.get(name, "")[:18]
    return int(said) if said.isascii() and said.isdigit() else None


def as_filled(text: str) -> bool:
    """Whether these are the words with which the panel filled the box."""
    filled = request.form.get("filled", "")
    return bool(filled) and clean(filled) == clean(text)


class Elsewhere(Refused):
    """The person is in another campaign than the one whose answer was pressed."""


def written_down(
    conversation_id: int, choice_id: str, number: str, text: str, key: str
) -> inbox.Campaigning | None:
    """What this reply writes down; of a form that came before nothing more: it was an answer to the step before."""
    try:
        return campaigning(conversation_id, choice_id, number, text)
    except Refused:
        if inbox.written_before(data.db(), key) is None:
            raise
        return None


def campaigning(conversation_id: int, choice_id: str, number: str, text: str) -> inbox.Campaigning | None:
    """What this reply writes down, from the campaign's own script. Refused when the words that it filled in say another number, and
    first of all when the person asked to stop: no sentence about their answer is of use then.
    """
    person = conversations.reachable(data.db(), conversation_id, access.user(), data.now())
    conversations.may_be_texted(person, data.rules())
    context = answering.context(data.db(), conversation_id, access.user(), data.rules())
    if context is None and choice_id:
        raise Refused(
            "This person is in no campaign any more, so the answer cannot be written down. Send again sends the words alone."
        )
    if context is None:
        return None
    if shown("target") not in (None, context.target_id):
        raise Elsewhere(
            "This person is in another campaign by now, and your answer was to the one before. Nothing was sent. "
            "Read the words again; Send again sends them alone."
        )
    if not choice_id:
        return inbox.Campaigning(context.target_id, {}, content=shown("content"))
    gate.as_shown(data.db(), context.target_id, shown("content"))
    waits = request.form.get("waits") == "yes"
    records = context.records(choice_id, number, waits=waits)
    chosen = context.pick(choice_id)
    if waits and as_filled(text) and not context.waits(choice_id, number):
        raise Refused("There is room for them now, so the words were written anew. Read them, then send.")
    if as_filled(text) and clean(chosen.words(number, waits=waits)) != clean(text):
        raise Refused(
            "The words were written anew for the number that stands there now. Read them, then send."
        )
    step = answering.step_after(chosen.choice, records, waits=waits)
    return inbox.Campaigning(context.target_id, records, step, shown("content"))


@bp.get("/<id:conversation_id>/opt-out")
@needs("opt_out")
def ask_opt_out(conversation_id: int) -> ResponseReturnValue:
    """Are you sure: it stops every text to this person."""
    db, user, now = data.db(), access.user(), data.now()
    thread = inbox.thread(db, conversation_id, user, now=now)
    told = conversations.in_touch(db, conversations.reachable(db, conversation_id, user, now))
    return render_template("opt_out.html", thread=thread, back_in=False, confirmed=told)


@bp.post("/<id:conversation_id>/opt-out")
@needs("opt_out")
def opt_out(conversation_id: int) -> ResponseReturnValue:
    """This person wants no more texts."""
    db, user, now = data.db(), access.user(), data.now()
    row = conversations.reachable(db, conversation_id, user, now)
    source = "coordinator" if access.can("see_all_conversations") else "volunteer"
    reason = field("reason") if "reason" in request.form else ""
    # To somebody who never had a text it would be the first one.
    told = conversations.in_touch(db, row)
    optouts.opt_out(db, conversation_id, source=source, by=user, reason=reason, now=now, confirm=told)
    words.tell(f"{words.first_name(row)} is off the list. Nobody texts them again, from any SIM.")
    return go("inbox.thread", conversation_id=conversation_id)


@bp.post("/<id:conversation_id>/not-opt-out")
@needs("opt_out")
def not_opt_out(conversation_id: int) -> ResponseReturnValue:
    """The stop word was part of a sentence, not a wish."""
    try:
        inbox.not_opt_out(data.db(), conversation_id, by=access.user(), now=data.now(), heard=shown("heard"))
    except Refused as answer:
        words.tell(str(answer), "refused")
    else:
        words.tell("Kept on the list.")
    return go("inbox.thread", conversation_id=conversation_id)


@bp.get("/<id:conversation_id>/opt-in")
@needs("undo_opt_out")
def ask_opt_in(conversation_id: int) -> ResponseReturnValue:
    """Why may this person be texted again?"""
    last = newest(data.db(), conversation_id)  # first: what comes now is not on the page
    thread = inbox.thread(data.db(), conversation_id, access.user(), now=data.now())
    return render_template("opt_out.html", thread=thread, back_in=True, heard=last)


@bp.post("/<id:conversation_id>/opt-in")
@needs("undo_opt_out")
def opt_in(conversation_id: int) -> ResponseReturnValue:
    """End an opt-out, with a reason that is kept."""
    since, last = shown("since"), shown("heard")
    seen = None if since is None or last is None else (since, last)
    reason, by = field("reason", 300), access.user()
    optouts.undo(data.db(), conversation_id, by=by, reason=reason, now=data.now(), seen=seen)
    campaign = enrolment.waits_in(data.db(), conversation_id)
    waits = f" Their first text in “{campaign}” waits for a volunteer again." if campaign else ""
    words.tell(f"Back on the list, with your reason.{waits}")
    return go("inbox.thread", conversation_id=conversation_id)


@bp.post("/<id:conversation_id>/close")
@needs("answer")
def close(conversation_id: int) -> ResponseReturnValue:
    """Nothing more to say here."""
    try:
        inbox.close(data.db(), conversation_id, by=access.user(), now=data.now(), heard=shown("heard"))
    except Refused as answer:
        words.tell(str(answer), "refused")
        return go("inbox.thread", conversation_id=conversation_id)
    words.tell("Closed. Their next text opens it again.")
    return go("inbox.page", box=choice("box", BOXES) if "box" in request.form else "waiting")
