"""The *Send* screen: one card, one person, one key.

Promises: what the form carries back (`seen`) is what stood on the screen; a text that changed meanwhile is shown again, not sent. Sending the same
form twice is one approval.
"""

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from gateway import assignments, board, capacity, cards, conversations, gate, outbox, undoing
from gateway.cards import Card, Recent
from gateway.errors import Held, Refused
from gateway.message import KINDS
from gateway.policy import may_approve
from gateway.script import ruler_of
from web import access, data, words
from web.access import needs
from web.forms import asked_id, choice, field, go
from web.screens.home import day_start, offers

bp = Blueprint("send", __name__, url_prefix="/send")
MOST_PIPS = 25
MOST_CHARACTERS = 2000
BATCH = "batch_began"
TAKEN_BACK = {  # an act, and what is said when it was taken back
    "approve": "Taken back. Nothing went out.",
    "skip": "Taken back. {} is on your list again.",
    "later": "Taken back. {} is here now.",
}


def current_card() -> Card | None:
    """The card that was asked for, while it still waits for this person; else the next one."""
    db, user, now = data.db(), access.user(), data.now()
    wanted = asked_id("card")
    if wanted is not None:
        try:
            row = outbox.load(db, wanted)
            conversations.reachable(db, row["conversation_id"], user, now)
            if cards.decides(db, row, user, now=now) and not gate.in_anothers_batch(db, row, user):
                conversations.hold(db, row["conversation_id"], user, now=now)
                return cards.card(db, wanted, user, rules=data.rules(), now=now)
        except Refused:
            pass  # it is somebody else's by now: the next one follows
    return cards.next_card(db, user, rules=data.rules(), now=now)


def undoable(recents: list[Recent]) -> Recent | None:
    """The latest approval that can still be taken back."""
    return next((recent for recent in recents if recent.undo_until > data.now()), None)


@bp.get("")
@needs("approve")
def page() -> ResponseReturnValue:
    """The next card, or a calm page when nothing waits."""
    return draw(current_card(), editing=False)


def draw(card: Card | None, *, editing: bool, text: str | None = None) -> str:
    """The screen with this card, its words open for change or not."""
    db, user, now = data.db(), access.user(), data.now()
    counts = words.counts()
    recents = cards.recent(db, user, rules=data.rules(), now=now, limit=8)
    today = approved_today()
    done = today - batch_began(today) if card else today
    total = done + counts.to_send
    shown_done = min(done, max(MOST_PIPS - counts.to_send, MOST_PIPS // 2))
    words_now = card.text if card and text is None else text or ""
    return render_template(
        "send.html",
        card=card,
        offers=[] if card else offers(),
        counts=counts,
        recents=recents,
        undo=undoing.last_act(db, user, rules=data.rules(), now=now),
        undo_ms=data.rules().undo_ms,
        done=done,
        ahead=(0, None) if card else cards.ahead(db, user, now=now),
        total=total,
        pips_done=shown_done,
        pips=min(MOST_PIPS, shown_done + counts.to_send),
        ruler=ruler_of(words_now) if card else None,
        editing=editing,
        text=words_now,
    )


def approved_today() -> int:
    """How many cards this person approved today."""
    return board.approved_since(data.db(), access.user(), since=day_start())


def batch_began(today: int) -> int:
    """How many cards had been approved today when the batch in hand was taken, as this browser knows; 0 when it does not."""
    kept = session.get(BATCH)
    day, began = kept if isinstance(kept, list) else ("", 0)
    return began if day == _today() and began <= today else 0


def _today() -> str:
    return words.local(data.now()).date().isoformat()


@bp.post("/take/<id:campaign_id>")
@needs("approve")
def take(campaign_id: int) -> ResponseReturnValue:
    """The next batch of a campaign's people; then the first card."""
    db, now = data.db(), data.now()
    sims = capacity.rooms(db, data.config(), now=now)
    began = (
        approved_today() if not words.counts().to_send else None
    )  # more people beside some in hand are one batch
    try:
        taken = assignments.take(db, campaign_id, access.user(), data.rules(), sims, now=now)
    except Refused as answer:
        words.tell(str(answer), "refused")
        return go("home.page")
    if began is not None:
        session[BATCH] = [_today(), began]
    words.tell(f"{words.count(taken, 'person is', 'people are')} yours now.")
    return go("send.page")


@bp.post("/<id:message_id>/approve")
@needs("approve")
def approve(message_id: int) -> ResponseReturnValue:
    """One press, one text to one person; then the next card."""
    db, user, now = data.db(), access.user(), data.now()
    try:
        outbox.approve(db, message_id, by=user, seen=field("seen"), rules=data.rules(), now=now)
    except Refused as answer:
        words.tell(unless_somebody_elses(message_id, str(answer)), "refused")
    else:
        words.tell(f"Approved for {words.first_name(outbox.load(db, message_id))}.")
    return go("send.page")


def unless_somebody_elses(message_id: int, sentence: str) -> str:
    """The refusal, which may name the person; without the name when the text is with somebody else."""
    db = data.db()
    row = outbox.load(db, message_id)
    try:
        conversations.reachable(db, row["conversation_id"], access.user(), data.now())
    except Held as held:
        return str(held)
    except Refused:
        return "Somebody else has this text now. Nothing was sent twice."
    return sentence


@bp.post("/<id:message_id>/skip")
@needs("approve")
def skip(message_id: int) -> ResponseReturnValue:
    """Not this person."""
    row = outbox.load(data.db(), message_id)
    never = row["target_id"] is not None and KINDS[row["kind"]] == "first"
    return decide(
        message_id, "skip", "Skipped: {} is not texted by this campaign." if never else "Skipped {}."
    )


@bp.post("/<id:message_id>/later")
@needs("approve")
def later(message_id: int) -> ResponseReturnValue:
    """Others first."""
    return decide(message_id, "later", "{} comes back later.")


def decide(message_id: int, what: str, said: str) -> ResponseReturnValue:
    """Skip or later, then the next card."""
    try:
        act = outbox.skip if what == "skip" else outbox.later
        act(data.db(), message_id, by=access.user(), now=data.now(), seen=request.form.get("seen", ""))
    except Refused as answer:
        words.tell(str(answer), "refused")
    else:
        words.tell(said.format(words.first_name(outbox.load(data.db(), message_id))))
    return go("send.page")


@bp.post("/<id:message_id>/undo")
@needs("approve")
def undo(message_id: int) -> ResponseReturnValue:
    """Take one's own last act back, the one that the key named: a Send of which nothing has left, a skip, a Later; the card comes up again."""
    act = choice("act", tuple(TAKEN_BACK)) if "act" in request.form else "approve"
    try:
        undoing.take_back(data.db(), message_id, act, by=access.user(), rules=data.rules(), now=data.now())
    except Refused as answer:
        words.tell(unless_somebody_elses(message_id, str(answer)), "refused")
        return go("send.page")
    words.tell(TAKEN_BACK[act].format(words.first_name(outbox.load(data.db(), message_id))))
    return go("send.page", card=message_id)


@bp.get("/<id:message_id>/edit")
@needs("approve")
def edit(message_id: int) -> ResponseReturnValue:
    """The same card with its words open for change."""
    if not data.db().execute("SELECT 1 FROM message WHERE id=?", [message_id]).fetchone():
        raise NotFound(
            "There is no such text any more: it was erased with its person. Nothing was changed. The next card is on the page Send."
        )
    card = cards.card(data.db(), message_id, access.user(), rules=data.rules(), now=data.now())
    if outbox.load(data.db(), message_id)["state"] != "awaiting":
        words.tell(
            "That text is not waiting any more. Nothing was changed; go on with the next card.", "refused"
        )
        return go("send.page")
    return draw(card, editing=True)


@bp.post("/<id:message_id>/edit")
@needs("approve")
def change(message_id: int) -> ResponseReturnValue:
    """Keep the new words; they wait for a Send like before."""
    db, user, now = data.db(), access.user(), data.now()
    text, seen = field("text", 4 * MOST_CHARACTERS), field("seen")
    try:
        outbox.edit(db, message_id, text, by=user, seen=seen, rules=data.rules(), now=now)
    except Refused as answer:
        words.tell(str(answer), "refused")
        card = cards.card(db, message_id, user, rules=data.rules(), now=now)
        if outbox.load(db, message_id)["state"] != "awaiting":
            return go("send.page")
        return draw(card, editing=True, text=text), 409
    if may_approve(user.role, own=True, kind="first", channel="panel", allow_cli=False):
        words.tell("Kept. A coordinator reads it before it goes.", "shown")
    return redirect(url_for("send.page", card=message_id), 303)


@bp.post("/count")
@needs("answer")
def count() -> ResponseReturnValue:
    """How these words would leave: the ruler under the text while it is typed."""
    text = field("text", 4 * MOST_CHARACTERS)
    return render_template("parts/ruler_only.html", ruler=ruler_of(text.replace("\r\n", "\n")))
