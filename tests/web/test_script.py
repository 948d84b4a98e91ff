"""A coordinator changes the words of a campaign: each piece by a plain form, with the checks, their mends and real readers."""

import html
import re
from collections.abc import Callable

import pytest
from flask import Flask

from gateway import campaigns, outbox, secondreader, store
from gateway.config import Campaigns
from gateway.scripts import Script
from tests.campaigning import FACTS, bring_in, drafted, started
from tests.web.conftest import Visitor
from tests.web.world import World, modems

Visit = Callable[..., Visitor]
REMINDER = {"label": "x", "text": "y", "fact": "day", "days_before": "1", "at": "12:00", "step": ""}


def draft(world: World, **options: int) -> str:
    now = store.wall_ms()
    made = drafted(world.db, world.users["coordinator"], bring_in(world.db, now=now), now=now, **options)
    return f"/campaigns/{made}"


def script(world: World, path: str) -> Script:
    return campaigns.load(world.db, int(path.split("/")[2])).script


def plain(page: str) -> str:
    """The words of a page, without its marks."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", page)).split())


def answer_form(revision: str, **changes: str) -> dict[str, str]:
    fields = ("status", "seats", "waiting", "reminder", "checked_in", "contact")
    empty = {f"record_{name}": "" for name in fields}
    return {
        "revision": revision, "label": "", "reads": "", "text": "", "next": "", "number": "", "counted": "", "counted_next": "",
        **empty, **changes,
    }  # fmt: skip


def test_every_text_stands_on_one_page_as_somebody_of_the_list_reads_it(world: World, visit: Visit) -> None:
    path = draft(world)
    page = visit("coordinator").get(f"{path}/words").get_data(as_text=True)
    said = plain(page)
    assert "Hi Rosa, it's Cleo from" in said
    assert "Perfect, we'll save 2 for you." in said, "a text with a number shows one"
    for words in ("Wording 2", "Where it is", "The day before", "1 day before Thursday, December 3, 16:00"):
        assert words in said
    assert "<mark>Rosa</mark>" in page


def test_who_has_no_name_is_chosen_by_their_number(world: World, visit: Visit) -> None:
    """A list without first names: a menu of 50 times "Somebody without a name"."""
    path = draft(world)
    world.db.execute("UPDATE contact SET first_name='', last_name=''")
    page = visit("coordinator").get(f"{path}/words").get_data(as_text=True)
    menu = re.search(r'<select class="grow" id="reader".*?</select>', page, re.DOTALL)
    assert menu is not None
    assert re.findall(r">([^<]+)</option>", menu[0])[:2] == ["+1 202 ••• ••00", "+1 202 ••• ••01"]


def test_a_reminder_says_whom_it_is_for_in_the_words_of_the_answers(world: World, visit: Visit) -> None:
    """ "To whoever said A shift? yes but not who said Which shift b or c"."""
    db, by, now = world.db, world.users["coordinator"], store.wall_ms()
    made = campaigns.create(db, "Phones", "recruitment", "en", by=by, now=now)
    facts = {"slot_a": "Sat 10 to 1", "slot_b": "Sun 2 to 5"}
    campaigns.save(db, made, by=by, now=now, seen_revision=1, facts=facts)
    said = plain(visit("coordinator").get(f"/campaigns/{made}/words").get_data(as_text=True))
    assert "To whoever said “Takes a shift”, but not who said “Which shift: Sun 2 to 5” or " in said
    assert "To whoever said “Takes a shift” and “Which shift: Sun 2 to 5”, 1 day before" in said


def test_a_hole_is_mended_by_one_tap_and_the_next_reader_keeps_nothing(world: World, visit: Visit) -> None:
    path, cleo = draft(world), visit("coordinator")
    edit = f"{path}/words/first/0"
    cleo.get(edit)
    typed = "Hi {frist_name}, it’s {my_name} from {organisation}. Can you come? YES or NO. " + "x" * 60
    shown = cleo.post(edit, revision="2", text=typed, do="next", who="1").get_data(as_text=True)
    assert '<span class="gap">frist_name?</span>' in shown
    assert "2 of 6" in plain(shown)
    assert "“{frist_name}” is not a column of your list. All 6 people would read a hole." in plain(shown)
    assert "2 things stop the start, 1 is yours to decide" in plain(shown)
    assert script(world, path).first.texts[0].startswith("Hi {first_name|neighbor}"), "looking keeps nothing"

    for revision, key in enumerate(
        ("Use {first_name} {frist_name}", "Add “STOP to end.”", "Straighten it"), 2
    ):
        typed = script(world, path).first.texts[0] if revision > 2 else typed
        assert cleo.post(edit, revision=str(revision), text=typed, do=f"mend:text:{key}").status_code == 303
    kept = script(world, path).first.texts[0]
    assert kept.startswith("Hi {first_name}, it's {my_name}")
    assert kept.endswith(" STOP to end.")
    page = cleo.get(edit).get_data(as_text=True)
    assert "stop the start" not in page
    assert "Says how to stop" in page


def test_words_are_looked_at_while_they_are_typed(world: World, visit: Visit) -> None:
    path, cleo = draft(world), visit("coordinator")
    cleo.get(f"{path}/words/first/0")
    seen = cleo.post(
        f"{path}/words/first/0/look", revision="2", who="2", text="{organisation}: {first_name}, {building}. STOP to end."
    ).get_data(as_text=True)  # fmt: skip
    assert "<mark>Luis</mark>, <mark>1 Oak Street</mark>" in seen
    assert "1 text each" in plain(seen)
    assert 'id="ruler-text"' in seen


def test_an_answer_is_added_changed_and_taken_out(world: World, visit: Visit) -> None:
    path, cleo = draft(world), visit("coordinator")
    cleo.get(f"{path}/words/answer/first.new")
    form = answer_form("2", label="Only online", record_status="maybe", reads="online, zoom,  online", text="See {place}", next="seats")  # fmt: skip
    assert cleo.post(f"{path}/words/answer/first.new", **form).status_code == 303
    made = script(world, path).first.choice("only_online")
    assert made is not None
    assert (made.records, made.reads, made.next) == ({"status": "maybe"}, ("online", "zoom"), "seats")

    assert cleo.get(f"{path}/words/answer/first.only_online").status_code == 200
    form = answer_form("3", label="Online", record_status="yes", record_seats="many")
    refused = cleo.post(f"{path}/words/answer/first.only_online", **form)
    assert refused.status_code == 409
    assert "“Seats” is a whole number" in refused.get_data(as_text=True)
    assert 'value="Online"' in refused.get_data(as_text=True), "what was typed stays"

    cleo.post(f"{path}/words/answer/first.only_online", revision="3", do="out")
    assert script(world, path).first.choice("only_online") is None


def test_ready_answers_reminders_and_questions_are_kept(world: World, visit: Visit) -> None:
    path, cleo = draft(world), visit("coordinator")
    cleo.get(f"{path}/words")
    cleo.post(
        f"{path}/words/ready/new",
        revision="2",
        label="Parking",
        reads="parking, where do I park",
        text="Behind the hall.",
    )
    cleo.post(f"{path}/words/step/new", revision="3", label="Lunch?")
    form = {"label": "Thanks", "text": "Thank you for coming!", "when": ["status=yes", "reminder=coming"], "fact": "day",
            "days_before": "-30", "at": "11:30", "step": "lunch"}  # fmt: skip
    assert '<option value="-30"' in cleo.get(f"{path}/words/reminder/new").get_data(as_text=True)
    assert cleo.post(f"{path}/words/reminder/new", revision="4", **form).status_code == 303
    kept = script(world, path)
    assert (kept.ready[-1].label, kept.steps[-1].id) == ("Parking", "lunch")
    assert kept.ready[-1].reads == ("parking", "where do I park")
    thanks = kept.reminders[-1]
    assert (thanks.when, thanks.days_before, thanks.at) == (
        {"status": ("yes",), "reminder": ("coming",)},
        -30,
        "11:30",
    )

    cleo.post(f"{path}/words/step/lunch", revision="5", do="out")
    assert script(world, path).reminders[-1].step == "", "what led to a question that is gone leads nowhere"
    assert cleo.post(f"{path}/words/step/first", revision="6", do="out").status_code == 409


@pytest.mark.parametrize(
    ("part", "form", "said"),
    [
        ("first/0", {"text": "  "}, "cannot be empty"),
        ("first/0", {"text": "x" * 2000}, "has 2000 characters; at most 1600 fit"),
        ("ready/new", {"label": "", "reads": "", "text": "words"}, "needs its label"),
        ("ready/9", {"label": "x", "reads": "", "text": "words"}, "not there any more"),
        ("reminder/new", {**REMINDER, "at": "25:00"}, "no time of day"),
        ("reminder/new", {**REMINDER, "when": "status=gone"}, "none of the answers"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_says_why(
    world: World, visit: Visit, part: str, form: dict[str, str], said: str
) -> None:
    path, cleo = draft(world), visit("coordinator")
    before = script(world, path)
    cleo.get(f"{path}/words")
    answer = cleo.post(f"{path}/words/{part}", revision="2", **form)
    assert answer.status_code == 409
    assert said in answer.get_data(as_text=True)
    assert script(world, path) == before


def test_a_colleagues_words_are_not_overwritten_and_ones_own_stay_on_the_screen(
    world: World, visit: Visit
) -> None:
    path, cleo = draft(world), visit("coordinator")
    cleo.get(f"{path}/words/ready/0")
    cleo.post(f"{path}/words/ready/0", revision="2", label="Where", reads="", text="At {place}.")
    late = cleo.post(f"{path}/words/ready/0", revision="2", label="Where is it", reads="", text="Mine")
    assert late.status_code == 409
    assert "Somebody changed this campaign meanwhile" in late.get_data(as_text=True)
    assert ">Mine</textarea>" in late.get_data(as_text=True)
    assert script(world, path).ready[0].text == "At {place}."
    assert ">At {place}.</p>" in late.get_data(as_text=True), "theirs stands above it"
    revision = cleo.field(late.get_data(as_text=True), "revision")
    again = cleo.post(f"{path}/words/ready/0", revision=revision, label="Where is it", reads="", text="Mine")
    assert again.status_code == 303, "having seen theirs, yours may take its place"


def test_a_changed_text_of_a_running_campaign_brings_approved_ones_back_and_says_so(
    world: World, visit: Visit
) -> None:
    modems(world)
    made = started(world.db, world.users["coordinator"], world.rules, now=store.wall_ms())
    path, maya, cleo = f"/campaigns/{made}", visit(), visit("coordinator")
    maya.get("/")
    maya.post(f"/send/take/{made}")
    page = maya.get("/send").get_data(as_text=True)
    message_id = int(re.search(r"/send/(\d+)/approve", page)[1])  # type: ignore[index]
    maya.post(f"/send/{message_id}/approve", seen=maya.field(page, "seen"))
    assert outbox.load(world.db, message_id)["state"] == "approved"

    page = cleo.get(f"{path}/words/first/0").get_data(as_text=True)
    assert "comes back to be read again" in page
    text = "{organisation}: are you coming to {event}? STOP to end."
    revision = cleo.field(page, "revision")
    kept = cleo.post(f"{path}/words/first/0", follow=True, revision=revision, text=text).get_data(
        as_text=True
    )
    assert "What was approved and had not left waits to be read again." in kept
    row = outbox.load(world.db, message_id)
    assert (row["state"], row["reason"]) == ("awaiting", "The campaign was changed after this was written.")

    cleo.get(f"{path}/words/first/new")
    more = cleo.post(f"{path}/words/first/new", revision=str(int(revision) + 1), text=text)
    assert "shared out already" in more.get_data(as_text=True)


def wants_a_reader(app: Flask) -> None:
    """The group has a second coordinator read each campaign."""
    config = app.config["TEXTBANK"]
    app.config["TEXTBANK"] = type(config)(**{**vars(config), "campaigns": Campaigns(review=True)})


def test_a_second_coordinator_reads_it_when_the_group_wants_that(
    app: Flask, world: World, visit: Visit
) -> None:
    wants_a_reader(app)
    modems(world)
    path, cleo = draft(world), visit("coordinator")
    page = cleo.get(path).get_data(as_text=True)
    assert "Ask a second coordinator to read it" in page
    assert "A second coordinator reads it first" in cleo.post(f"{path}/start").get_data(as_text=True)
    typed = facts_on(page) | {"fact_place": "", "revision": cleo.field(page, "revision")}
    refused = cleo.post(f"{path}/words/ask", **typed).get_data(as_text=True)
    assert "It cannot start yet: " in refused, "it was read for nothing"
    typed |= {"fact_place": "the library", "revision": cleo.field(refused, "revision")}
    cleo.post(f"{path}/words/ask", **typed)
    page = cleo.get(path).get_data(as_text=True)
    assert "It can start when another coordinator has read it." in page
    assert facts_on(page)["fact_place"] == "the library", "what was typed was lost"
    assert "Read its words" not in cleo.get("/").get_data(as_text=True)
    page = cleo.get(f"{path}/words").get_data(as_text=True)
    assert "I have read every text" not in page
    seen = campaigns.load(world.db, int(path.split("/")[2])).revision
    refused = cleo.post(f"{path}/words/read", revision=str(seen)).get_data(as_text=True)
    assert "Somebody else reads it" in refused

    world.db.execute("UPDATE user SET role='coordinator' WHERE id=?", [world.users["other"].id])
    second = visit("other")
    assert f'href="{path}/words"' in second.get("/").get_data(as_text=True), "nobody told them"
    page = second.get(f"{path}/words").get_data(as_text=True)
    assert "I have read every text" in page
    second.post(f"{path}/words/read", revision=second.field(page, "revision"))
    page = cleo.get(path).get_data(as_text=True)
    assert "Read by a second coordinator" in page
    # The key sends what stands on the page; kept again, the same facts made a draft of it, and no campaign could start.
    typed = facts_on(page) | {"revision": cleo.field(page, "revision")}
    assert cleo.post(f"{path}/start", **typed).status_code == 303
    assert campaigns.load(world.db, int(path.split("/")[2])).state == "running"


def facts_on(page: str) -> dict[str, str]:
    """What the form of the facts holds."""
    found = re.findall(r'<input[^>]* name="(name|fact_\w+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def test_a_change_after_the_reading_takes_the_word_of_the_reader_away(
    app: Flask, world: World, visit: Visit
) -> None:
    """The page went on saying "has read it" beside *Draft*."""
    wants_a_reader(app)
    modems(world)
    path, cleo = draft(world), visit("coordinator")
    campaign_id = int(path.split("/")[2])
    secondreader.ask_review(world.db, campaign_id, by=world.users["coordinator"])
    seen = campaigns.load(world.db, campaign_id).revision
    secondreader.review(world.db, campaign_id, by=world.users["admin"], seen_revision=seen)
    page = cleo.get(path).get_data(as_text=True)
    assert "has read it." in page
    cleo.post(
        f"{path}/facts",
        **facts_on(page) | {"fact_place": "the park", "revision": cleo.field(page, "revision")},
    )
    page = cleo.get(path).get_data(as_text=True)
    assert "has read it." not in page
    assert "Ask a second coordinator to read it" in page


def test_other_words_in_what_runs_wait_for_the_second_coordinators_go_on(
    app: Flask, world: World, visit: Visit
) -> None:
    wants_a_reader(app)
    campaign_id = started(world.db, world.users["coordinator"], world.rules, now=store.wall_ms())
    path, cleo = f"/campaigns/{campaign_id}", visit("coordinator")
    page = cleo.get(f"{path}/words/ready/0").get_data(as_text=True)
    cleo.post(
        f"{path}/words/ready/0",
        revision=cleo.field(page, "revision"),
        label="Where",
        reads="",
        text="At {place}.",
    )
    page = cleo.get(path).get_data(as_text=True)
    assert "A second coordinator reads it" in page
    refused = cleo.post(f"{path}/resume", revision=cleo.field(page, "revision")).get_data(as_text=True)
    assert "Somebody else reads it" in refused

    world.db.execute("UPDATE user SET role='coordinator' WHERE id=?", [world.users["other"].id])
    second = visit("other")
    page = second.get(path).get_data(as_text=True)
    assert second.post(f"{path}/resume", revision=second.field(page, "revision")).status_code == 303
    assert campaigns.load(world.db, campaign_id).state == "running"


def test_what_a_question_reads_as_puts_nothing_back(world: World, visit: Visit) -> None:
    """Another phrase of a ready answer took approved texts back, and paused the campaign where a second reader is wanted."""
    campaign_id = started(world.db, world.users["coordinator"], world.rules, now=store.wall_ms())
    path, cleo = f"/campaigns/{campaign_id}", visit("coordinator")
    before = campaigns.load(world.db, campaign_id)
    page = cleo.get(f"{path}/words/ready/0").get_data(as_text=True)
    words = before.script.ready[0]
    form = {"label": words.label, "text": words.text, "reads": "who on earth are you"}
    assert (
        cleo.post(f"{path}/words/ready/0", revision=cleo.field(page, "revision"), **form).status_code == 303
    )
    after = campaigns.load(world.db, campaign_id)
    assert after.script.ready[0].reads == ("who on earth are you",)
    assert after.content == before.content


def test_a_campaign_that_runs_is_not_changed_by_asking_for_a_reader(world: World, visit: Visit) -> None:
    campaign_id = started(world.db, world.users["coordinator"], world.rules, now=store.wall_ms())
    path, cleo = f"/campaigns/{campaign_id}", visit("coordinator")
    page = cleo.get(path).get_data(as_text=True)
    typed = facts_on(page) | {"fact_place": "elsewhere", "revision": cleo.field(page, "revision")}
    assert cleo.post(f"{path}/words/ask", **typed).status_code == 409
    kept = campaigns.load(world.db, campaign_id)
    assert (kept.state, kept.facts["place"]) == ("running", FACTS["place"])


def test_whoever_changes_a_word_while_reviewing_is_not_the_one_who_reviews_it(
    world: World, visit: Visit
) -> None:
    world.db.execute("UPDATE user SET role='coordinator' WHERE id=?", [world.users["other"].id])
    path, second = draft(world), visit("other")
    secondreader.ask_review(world.db, int(path.split("/")[2]), by=world.users["coordinator"])
    second.get(f"{path}/words/ready/0")
    second.post(f"{path}/words/ready/0", revision="2", label="Where", reads="", text="At {place}.")
    refused = second.post(f"{path}/words/read", revision="3").get_data(as_text=True)
    assert "you wrote what stands there now" in refused
    cleo = visit("coordinator")
    cleo.get(path)
    assert cleo.post(f"{path}/words/read", revision="3").status_code == 303


def test_arabic_is_shown_from_right_to_left_with_what_it_costs(world: World, visit: Visit) -> None:
    path, cleo = draft(world), visit("coordinator")
    cleo.get(f"{path}/words/first/0")
    text = "مرحبا {first_name}، معك {my_name} من {organisation}. هل ستأتي؟ أرسل قف للتوقف."
    cleo.post(f"{path}/words/first/0", revision="2", text=text)
    assert script(world, path).first.texts[0] == text
    page = cleo.get(f"{path}/words/first/0").get_data(as_text=True)
    assert 'dir="auto"' in page
    assert "with letters that cost more" in page
    assert "stops the start" not in page
    label = answer_form("3", label="قادم", record_status="yes", reads="نعم")
    cleo.post(f"{path}/words/answer/first.new", **label)
    assert cleo.get(f"{path}/words/answer/first.قادم").status_code == 200


def test_a_closed_campaigns_words_are_read_only(world: World, visit: Visit) -> None:
    made = started(world.db, world.users["coordinator"], world.rules, now=store.wall_ms())
    campaigns.close(world.db, made, by=world.users["coordinator"], now=store.wall_ms())
    cleo = visit("coordinator")
    page = cleo.get(f"/campaigns/{made}/words").get_data(as_text=True)
    assert "Change<" not in page
    answer = cleo.post(f"/campaigns/{made}/words/first/0", revision="2", text="{organisation} STOP to end.")
    assert "This campaign is closed" in answer.get_data(as_text=True)
