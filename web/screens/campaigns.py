"""Campaigns for coordinators: choose a kind, fill in its facts, choose a list, read what stands in the way, start; pause, go on, close.

Promises: a form that was drawn before somebody else's change keeps nothing; a start that was interrupted is pressed again.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from flask import Blueprint, current_app, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from gateway import (
    campaigns,
    canary,
    capacity,
    enrolment,
    foreseeing,
    lists,
    people,
    planning,
    purgedates,
    reminders,
    results,
)
from gateway.campaigns import Campaign
from gateway.errors import Refused
from gateway.kinds import KINDS, LANGUAGES, kind
from gateway.lists import List
from gateway.merge import merge
from gateway.pace import Pace
from gateway.scriptcheck import right
from gateway.store import moment, ms
from web import access, data, moved, words
from web.access import needs
from web.forms import choice, field, go
from web.screens import assigning
from web.screens.board import kept

bp = Blueprint("campaigns", __name__, url_prefix="/campaigns")
LANGUAGE_WORDS = {"en": "English", "es": "Español"}
AT_ONCE_S = 2.0  # of taking people in for one answer: the person sees how far it is
MOST = {
    "batch": (10, 25),
    "most_held": (10, 500),
    "replies_each": (1, 100),
    "cool_down_days": (0, 90),
    "canary": (1, 100),
    "purge_days": (0, 3650),
}


def loaded(campaign_id: int) -> Campaign:
    """The campaign that the address names."""
    return campaigns.load(data.db(), campaign_id)


@bp.get("")
@needs("run_campaigns")
def page() -> ResponseReturnValue:
    """All of them, with how far they are."""
    db = data.db()
    listed = campaigns.everything(db)
    return render_template(
        "campaigns.html",
        campaigns=listed,
        progress={c.id: enrolment.progress(db, c.id) for c in listed if c.open},
    )


@bp.get("/new")
@needs("run_campaigns")
def ask_new() -> ResponseReturnValue:
    """The five kinds; `list_id` says for whom, when the way here came from a list."""
    return draw_new(chosen=chosen_list(request.args.get("list_id", "")))


def chosen_list(said: str) -> List | None:
    """The list of this id, when a campaign may use it."""
    return next((one for one in lists.ready(data.db()) if str(one.id) == said), None)


def draw_new(
    *,
    name: str = "",
    of: str = "event",
    language: str = "en",
    wrong: str = "",
    chosen: List | None = None,
) -> str:
    """The form for a new one."""
    kinds = [kind(each) for each in KINDS]
    return render_template(
        "campaign_new.html",
        kinds=kinds,
        languages=LANGUAGE_WORDS,
        name=name,
        of=of,
        language=language,
        wrong=wrong,
        chosen=chosen,
    )


@bp.post("/new")
@needs("run_campaigns")
def create() -> ResponseReturnValue:
    """A draft from a template."""
    name, of, language = field("name"), choice("kind", KINDS), choice("language", LANGUAGES)
    chosen = chosen_list(request.form.get("list_id", ""))
    try:
        made = campaigns.create(
            data.db(),
            name,
            of,
            language,
            by=access.user(),
            now=data.now(),
            list_id=chosen.id if chosen else None,
        )
    except Refused as answer:
        return draw_new(name=name, of=of, language=language, wrong=str(answer), chosen=chosen), 409
    return go("campaigns.detail", campaign_id=made)


@bp.get("/<id:campaign_id>")
@needs("run_campaigns")
def detail(campaign_id: int) -> ResponseReturnValue:
    """One campaign: what is missing before its start, or how it goes."""
    return draw(loaded(campaign_id))


def draw(
    campaign: Campaign, *, facts: Mapping[str, str] | None = None, wrong: str = "", chosen: str = ""
) -> str:
    """The page of one campaign; `facts` and `chosen` are what somebody typed and chose and was not kept."""
    db, rules = data.db(), data.rules()
    if remains := kept(campaign):
        left = purgedates.not_yet(db, campaign.id)
        return render_template("campaign_kept.html", campaign=campaign, kept=remains, not_yet=left)
    said, found = (
        enrolment.obstacles(db, campaign, rules) if campaign.state in ("draft", "review") else ([], [])
    )
    ground = enrolment.ground(db, campaign, rules)
    found_people = foreseen(campaign, ground.people)
    plan = plan_of(found_people)
    return render_template(
        "campaign.html",
        campaign=campaign,
        facts=campaign.facts if facts is None else facts,
        said=said,
        problems=found,
        right=right(campaign.script.first.texts, ground),
        chosen=int(chosen) if chosen.isdecimal() else campaign.list_id,
        lists=lists.ready(db)[:100] if campaign.state in ("draft", "review") else [],
        plan=plan,
        foreseen=found_people,
        of_its_day=of_its_day(campaign, plan),
        in_words=planning.in_words,
        ends=ms(plan.ends) if plan.ends else None,
        example=example_of(campaign),
        progress=enrolment.progress(db, campaign.id),
        first_ten=canary.said(campaign),
        first_room=canary.room(db, campaign),
        left_out=enrolment.left_out(db, campaign.id),
        results=counted_results(campaign) if campaign.started_at else None,
        owed=owed_of(campaign) if campaign.open else [],
        languages=LANGUAGE_WORDS,
        review=data.config().campaigns.review,
        wrong=wrong,
        **assigning.section(campaign),
    )


def counted_results(campaign: Campaign) -> results.Results:
    """How it goes, as a long list lets it be counted."""
    key = ("results", campaign.id, campaign.revision, campaign.state)
    today, now = words.local(data.now()).date(), data.now()
    counted = current_app.config["COUNTED"]
    found: results.Results = counted.of(
        key, lambda: results.results(data.db(), campaign, today=today, now=now)
    )
    return found


def owed_of(campaign: Campaign) -> list[reminders.Owed]:
    """Whom its reminders do not reach, as a long list lets it be counted."""
    counted = current_app.config["COUNTED"]
    found: list[reminders.Owed] = counted.of(
        ("owed", campaign.id, campaign.revision, campaign.state),
        lambda: reminders.owed(data.db(), campaign, data.rules(), now=data.now()),
    )
    return found


def example_of(campaign: Campaign) -> list[tuple[str, str]]:
    """The first text as the first person of the list reads it, in parts."""
    db = data.db()
    row = db.execute(
        "SELECT contact_id FROM list_member WHERE list_id=? ORDER BY contact_id LIMIT 1", [campaign.list_id]
    ).fetchone()
    facts = campaign.words(data.rules())
    values = {**facts, "my_name": people.first_name(access.user().name)}
    if row is not None:
        values = campaigns.merge_values(db, campaign, row["contact_id"], access.user(), data.rules())
    return list(merge(campaign.script.first.texts[0], values).parts)


def foreseen(campaign: Campaign, people: int) -> foreseeing.Foreseen:
    """Whom a start would text, or who is still to be texted; counted once for a while when the list is long."""
    db, by, rules, now = data.db(), access.user(), data.rules(), data.now()
    found: foreseeing.Foreseen = current_app.config["COUNTED"].of(
        ("foreseen", campaign.id, campaign.revision, campaign.state),
        lambda: foreseeing.of(db, campaign, by, rules, people, now=now),
    )
    return found


def plan_of(found: foreseeing.Foreseen) -> planning.Plan:
    """What it takes with the modems and the volunteers of now."""
    db, now = data.db(), data.now()
    return planning.plan(
        found.people,
        found.segments,
        capacity.rooms(db, data.config(), now=now),
        volunteers=max(1, enrolment.volunteers(db)),
        now=moment(now),
        zone=data.rules().zone,
        quiet=data.rules().quiet,
    )


def of_its_day(campaign: Campaign, plan: planning.Plan) -> str:
    """What is to be said of the day that the campaign is about: it is past, or the texts need longer; "" when neither."""
    said = campaign.facts.get("day", "")
    if not said or campaign.state == "closed":
        return ""
    fact = next(fact for fact in campaign.kind.facts if fact.name == "day")
    day, today = date.fromisoformat(said), words.local(data.now()).date()
    shown = Markup("“{}” is {}").format(fact.label["en"], words.day(said))
    if day < today:
        return shown + ", which is past. Every text would say so."
    if plan.ends is not None and words.local(ms(plan.ends)).date() > day:
        return shown + ", and the last texts would leave after it. More SIMs or a shorter list end sooner."
    return ""


@bp.post("/<id:campaign_id>/facts")
@needs("run_campaigns")
def facts(campaign_id: int) -> ResponseReturnValue:
    """Keep name and facts, and before the start whom it is for."""
    campaign = loaded(campaign_id)
    if refused := kept_facts(campaign):
        return refused
    told = moved.told(campaign, loaded(campaign_id).facts)
    words.tell(f"Kept. {told}".strip(), "shown" if told else "done")
    return go("campaigns.detail", campaign_id=campaign_id)


def kept_facts(campaign: Campaign) -> ResponseReturnValue | None:
    """Keep what the form holds; the page with the sentence that refused it, and all that was typed."""
    typed = {fact.name: field(f"fact_{fact.name}", 400) for fact in campaign.kind.facts}
    changes: dict[str, object] = {"name": field("name"), "facts": typed}
    chosen = request.form.get("list_id", "")[:12]
    if not campaign.open and chosen.isdecimal():
        changes["list_id"] = int(chosen)
    try:
        save(campaign, **changes)
    except Refused as answer:
        return draw(campaign, facts=typed, wrong=str(answer), chosen=chosen), 409
    return None


@bp.post("/<id:campaign_id>/options")
@needs("run_campaigns")
def options(campaign_id: int) -> ResponseReturnValue:
    """How many at once, how careful at first, how long it is kept."""
    campaign = loaded(campaign_id)
    chosen: dict[str, Any] = {}
    for name, (least, most) in MOST.items():
        typed = field(name, 10)
        if not (typed.isascii() and typed.isdecimal()) or not least <= int(typed) <= most:
            return draw(
                campaign, wrong=f"A number from {least} to {most} is needed there; “{typed}” is none."
            ), 409
        chosen[name] = int(typed)
    chosen["purge_list"] = int("purge_list" in request.form)
    save(campaign, options=replace(campaign.options, **chosen))
    words.tell("Kept.")
    return go("campaigns.detail", campaign_id=campaign_id)


def save(campaign: Campaign, **changes: object) -> None:
    """Keep what is given, unless somebody changed the campaign after this form was drawn."""
    campaigns.save(
        data.db(),
        campaign.id,
        by=access.user(),
        now=data.now(),
        seen_revision=seen_revision(),
        blocking=lambda changed: enrolment.blocking(data.db(), changed, data.rules()),
        needs_review=data.config().campaigns.review,
        **changes,  # type: ignore[arg-type]
    )


def seen_revision() -> int:
    """Which state of the campaign the form was drawn from; -1 when it does not say."""
    seen = request.form.get("revision", "")[:12]
    return int(seen) if seen.isascii() and seen.isdecimal() else -1


@bp.post("/<id:campaign_id>/start")
@needs("run_campaigns")
def start(campaign_id: int) -> ResponseReturnValue:
    """Keep what stands on the page, take everybody of the list in, then let volunteers have them."""
    db, rules, needs_review = data.db(), data.rules(), data.config().campaigns.review
    campaign = loaded(campaign_id)
    if campaign.open:  # pressed twice
        return go("campaigns.detail", campaign_id=campaign_id)
    if "name" in request.form:
        if refused := kept_facts(campaign):
            return refused
        campaign = loaded(campaign_id)
    said = enrolment.hindrance(db, campaign, rules, needs_review=needs_review)
    if said:  # before anybody of the list is kept from other campaigns
        return draw(campaign, wrong=said), 409
    after = take_in(campaign)
    if after is not None:
        done, of = enrolment.gone_through(db, campaign, after)
        return render_template("campaign_starting.html", campaign=campaign, done=done, of=of)
    try:
        enrolment.start(
            db,
            campaign_id,
            by=access.user(),
            rules=rules,
            now=data.now(),
            needs_review=needs_review,
            taken_in=campaign.revision,
        )
    except Refused as answer:
        return draw(loaded(campaign_id), wrong=str(answer)), 409
    words.tell(f"“{campaign.name}” has started. Volunteers see it on their home page.")
    return go("campaigns.detail", campaign_id=campaign_id)


def take_in(campaign: Campaign) -> int | None:
    """Take people of the list in for `AT_ONCE_S`; None when all are in, else how far it is: the page goes on by itself."""
    db, starts, began, pace = data.db(), current_app.config["STARTS"], time.monotonic(), Pace()
    after: int | None = starts.where(campaign)
    while after is not None:
        with pace.piece(db):
            after = enrolment.enrol(db, campaign.id, now=data.now(), after=after, most=pace.size)
        starts.came(campaign, after)
        if after is not None:
            if time.monotonic() - began > AT_ONCE_S:
                return after
            time.sleep(pace.rest_s())  # stations come in between
    return None


@bp.post("/<id:campaign_id>/<any(pause, resume, close, abandon):what>")
@needs("run_campaigns")
def act(campaign_id: int, what: str) -> ResponseReturnValue:
    """Pause, go on, close; throw a draft away."""
    db, by, now = data.db(), access.user(), data.now()
    campaign = loaded(campaign_id)
    if what == "pause":
        campaigns.pause(db, campaign_id, by=by)
        words.tell("Paused. No first text of it leaves until somebody lets it go on; answers do.")
    elif what == "resume":
        review = data.config().campaigns.review
        why = request.form.get("why")
        campaigns.resume(
            db, campaign_id, by=by, seen_revision=seen_revision(), seen_reason=why, needs_review=review
        )
        words.tell("It goes on.")
    elif what == "close":
        back = campaigns.close(db, campaign_id, by=by, now=now)
        words.tell(
            f"Closed. {words.count(back, 'text', 'texts')} that had not left {'was' if back == 1 else 'were'} taken back."
        )
    else:
        if not campaign.started_at:
            enrolment.unenrol(db, campaign_id)
        campaigns.abandon(db, campaign_id, by=by)
        words.tell(f"“{campaign.name}” is gone. Nobody had been texted.")
        return go("campaigns.page")
    return go("campaigns.detail", campaign_id=campaign_id)


@bp.before_request
def remember_length() -> None:
    """Facts and options are short; a form with more fields than a campaign has is no form of ours."""
    if len(request.form) > 40:
        raise Refused("That form has more fields than this page. Nothing was changed.")
