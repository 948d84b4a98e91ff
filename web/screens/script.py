"""The words of a campaign: everything it may say on one page, and an editor for each piece, with the checks, their mends and a preview.

Promises: a piece that was drawn before a colleague's change keeps nothing and stays on the screen as it was typed; looking, choosing
a reader or asking for the checks keeps nothing. Everything works by plain forms: the key that was pressed says what is meant.
"""

from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from gateway import enrolment, hints, readers, scriptcheck, secondreader
from gateway.campaigns import Campaign
from gateway.errors import Refused
from gateway.merge import Part, merge
from gateway.readers import Readers
from gateway.script import Ruler, ruler_of
from gateway.scriptcheck import Ground, Problem
from gateway.scripts import Step
from web import access, data, words
from web.access import needs
from web.forms import asked_id, go
from web.screens import campaigns as screen
from web.screens import script_forms as forms
from web.screens.campaigns import loaded, save
from web.screens.script_forms import Piece, Thing

bp = Blueprint("script", __name__, url_prefix="/campaigns/<id:campaign_id>/words")
KEPT_MS, MOST_KEPT = 30_000, 8
GROUNDS: dict[tuple[Path, int, int], tuple[int, Ground]] = {}
PARTS = "<any(first, answer, step, ready, reminder):part>/<at>"


@dataclass(frozen=True)
class Look:
    """One text as somebody reads it, what it costs, and what is found in it."""

    parts: tuple[Part, ...]
    ruler: Ruler
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class Eyes:
    """What texts are read with: a person of the list, and what is known of everybody."""

    campaign: Campaign
    readers: Readers
    values: dict[str, str]
    ground: Ground

    def look(self, text: str, *, first: bool = False, counted: bool = False) -> Look:
        """One text, as it is or while it is typed."""
        text = text.replace("\r\n", "\n").strip()
        merged = merge(text, {**self.values, "count": "2"} if counted else self.values)
        found = scriptcheck.of_text(text, self.ground, first=first, counted=counted) if text else []
        quiet = self.campaign.options.meant
        return Look(merged.parts, ruler_of(merged.text), tuple(scriptcheck.unmeant(found, quiet)))

    def between(self, step: Step) -> list[Problem]:
        """What is found between the answers of a step."""
        return scriptcheck.unmeant(scriptcheck.of_step(step), self.campaign.options.meant)

    def looks(self, piece: Piece, thing: Thing) -> dict[str, Look]:
        """Each text of a piece, by the name of its field."""
        return {
            name: self.look(text, first=piece.part == "first", counted=name == "counted")
            for name, text in forms.texts(thing).items()
        }


def eyes(campaign: Campaign, who: int, *, typing: bool = False) -> Eyes:
    """The list's person with this id, or the next one. While somebody is `typing`, a long list is not counted for every key."""
    db, rules = data.db(), data.rules()
    found = readers.readers(db, campaign.list_id, who)
    return Eyes(
        campaign,
        found,
        readers.values(db, campaign, found.who, access.user(), rules),
        enrolment.for_words(counted(campaign) if typing else enrolment.ground(db, campaign, rules), campaign),
    )


def counted(campaign: Campaign) -> Ground:
    """What the words are checked against, at most `KEPT_MS` old."""
    key, now = (data.database_path(), campaign.id, campaign.revision), data.now()
    at, kept = GROUNDS.get(key, (0, None))
    if kept is None or not 0 <= now - at <= KEPT_MS:
        kept = enrolment.ground(data.db(), campaign, data.rules())
        if len(GROUNDS) >= MOST_KEPT:
            GROUNDS.clear()
        GROUNDS[key] = (now, kept)
    return kept


def number(name: str) -> int:
    """A number that the page put into its form; 0 when there is none."""
    said = request.form.get(name, "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) <= 18 else 0


@bp.get("")
@needs("run_campaigns")
def page(campaign_id: int) -> ResponseReturnValue:
    """Every text on one page, as one person of the list reads it: for who writes it, and for the second reader."""
    campaign = loaded(campaign_id)
    return render_template(
        "script.html",
        campaign=campaign,
        eyes=eyes(campaign, asked_id("who") or 0),
        labels={step.id: step.label for step in campaign.script.steps},
        quiet=hints.quiet(data.db(), campaign, data.rules()),
        review=data.config().campaigns.review,
        place=request.args.get("at", "")[:100],
        days_words=forms.days_words,
    )


@bp.post("/<any(ask, read):act>")
@needs("run_campaigns")
def review(campaign_id: int, act: str) -> ResponseReturnValue:
    """Ask a second coordinator to read it, when nothing else stops its start, with what stands on its page; or have read it."""
    if act == "ask":
        campaign = loaded(campaign_id)
        if campaign.state != "draft":  # before anything of the form is kept
            raise Refused("Somebody was faster: the campaign is not as you saw it. Look at it again.")
        if refused := screen.kept_facts(campaign) if "name" in request.form else None:
            return refused
        campaign = loaded(campaign_id)
        if said := enrolment.hindrance(data.db(), campaign, data.rules(), needs_review=False):
            return screen.draw(campaign, wrong=said), 409
        secondreader.ask_review(data.db(), campaign_id, by=access.user())
        words.tell("Kept. Another coordinator sees on their home page that it waits to be read.")
    else:
        secondreader.review(data.db(), campaign_id, by=access.user(), seen_revision=number("revision"))
        words.tell("You have read it. It can start.")
    return go("campaigns.detail", campaign_id=campaign_id)


@bp.get(f"/{PARTS}")
@needs("run_campaigns")
def edit(campaign_id: int, part: str, at: str) -> ResponseReturnValue:
    """One piece, open for change."""
    campaign, piece = loaded(campaign_id), Piece.of(part, at)
    return draw(campaign, piece, forms.found(campaign.script, piece), asked_id("who") or 0)


def draw(
    campaign: Campaign,
    piece: Piece,
    thing: Thing,
    who: int,
    *,
    wrong: str = "",
    revision: int | None = None,
    focus: str = "",
    theirs: Thing | None = None,
) -> str:
    """The editor with what is kept, or with what was typed; `theirs`: what a colleague put there meanwhile."""
    seen = eyes(campaign, who)
    return render_template(
        "script_piece.html",
        campaign=campaign,
        piece=piece,
        thing=thing,
        eyes=seen,
        looks=seen.looks(piece, thing),
        right=right(piece, thing, seen),
        chips=chips(seen),
        days=forms.days_of(campaign.kind),
        days_offered=forms.DAYS,
        days_words=forms.days_words,
        wrong=wrong,
        focus=focus,
        theirs=forms.texts(theirs) if theirs else {},
        revision=campaign.revision if revision is None else revision,
    )


def right(piece: Piece, thing: Thing, seen: Eyes) -> list[str]:
    """What is as it should be in a first text, as it stands or is typed."""
    return scriptcheck.right([forms.texts(thing)["text"]], seen.ground) if piece.part == "first" else []


def chips(seen: Eyes) -> list[str]:
    """What can be put in: what is always known, the facts that are filled in, the list's columns."""
    facts = [name for name, value in seen.ground.facts.items() if value]
    named = ["first_name", "my_name", "organisation", *facts, *seen.ground.columns]
    return [name for name in dict.fromkeys(named) if name not in ("name", "organization")]


@bp.post(f"/{PARTS}")
@needs("run_campaigns")
def change(campaign_id: int, part: str, at: str) -> ResponseReturnValue:
    """Do what the pressed key says: keep, take out, mend, put a placeholder in, show the next reader."""
    campaign, piece = loaded(campaign_id), Piece.of(part, at)
    what, _, more = request.form.get("do", "keep")[:2000].partition(":")
    who = number("who")
    seen = number("revision")
    kept = thing = forms.found(campaign.script, piece)
    try:
        if what == "out":
            save(campaign, script=forms.without(campaign.script, piece))
            words.tell(f"Taken out.{back_again(campaign)}")
            return go("script.page", campaign_id=campaign_id, who=who or None)
        thing = forms.typed(thing, campaign.kind)
        if what == "next":
            after = eyes(campaign, who).readers.next
            return draw(campaign, piece, thing, after, revision=seen, focus="next")
        if what == "put":
            name, _, placeholder = more.partition(":")
            thing = forms.with_text(thing, name, forms.texts(thing).get(name, "") + placeholder)
            return draw(campaign, piece, thing, who, revision=seen)
        if what == "mend":
            thing = mended(campaign, piece, thing, more)
        if what == "meant":
            meant(campaign, piece, thing, more)
        else:
            save(campaign, script=forms.edited(campaign.script, piece, thing, campaign.kind))
    except Refused as answer:
        # Whoever has seen what stands there now may put their own in its place.
        theirs = kept if seen != campaign.revision and kept != thing else None
        return draw(campaign, piece, thing, who, wrong=str(answer), theirs=theirs), 409
    words.tell(f"Kept.{back_again(campaign) if thing != kept else ''}")
    if what in ("mend", "meant") and not piece.new:
        return go("script.edit", campaign_id=campaign_id, part=part, at=at, who=who or None)
    return go("script.page", campaign_id=campaign_id, who=who or None, at=piece.place)


def mended(campaign: Campaign, piece: Piece, thing: Thing, which: str) -> Thing:
    """The piece with one mend done, on the words as they were typed; unchanged when that is not to be mended any more."""
    name, _, key = which.partition(":")
    look = eyes(campaign, 0).looks(piece, thing).get(name)
    text = forms.texts(thing).get(name, "")
    mends = [mend for problem in look.problems for mend in problem.mends if mend.key == key] if look else []
    return forms.with_text(thing, name, mends[0].applied(text.replace("\r\n", "\n"))) if mends else thing


def meant(campaign: Campaign, piece: Piece, thing: Thing, key: str) -> None:
    """Keep the words as they were typed, and the hint of this key with them; only the hint when no word was changed."""
    if piece.new or forms.found(campaign.script, piece) != thing:
        save(campaign, script=forms.edited(campaign.script, piece, thing, campaign.kind))
    hints.keep(data.db(), campaign.id, key, by=access.user(), rules=data.rules())


def back_again(campaign: Campaign) -> str:
    """What a change of a campaign that runs does to what is approved."""
    return " What was approved and had not left waits to be read again." if campaign.open else ""


@bp.post(f"/{PARTS}/look")
@needs("run_campaigns")
def look(campaign_id: int, part: str, at: str) -> ResponseReturnValue:
    """The words while they are typed: as the chosen person reads them, their cost, the checks."""
    campaign, piece = loaded(campaign_id), Piece.of(part, at)
    thing = forms.typed(forms.found(campaign.script, piece), campaign.kind)
    who = number("who")
    seen = eyes(campaign, who, typing=True)
    return render_template(
        "script_look.html",
        eyes=seen,
        looks=seen.looks(piece, thing),
        piece=piece,
        right=right(piece, thing, seen),
    )
