"""Answers in a thread: one press fills the box, Send records it; a change of mind, a note, a tag, passing on."""

import html
import re
from collections.abc import Callable

import pytest

from gateway import assignments, campaigns, outbox, recording, store
from tests.campaigning import SIMS, started
from tests.web.conftest import Visitor
from tests.web.world import World

Visit = Callable[..., Visitor]
ROSA = "+12025550100"


@pytest.fixture
def rosa(world: World) -> int:
    """Rosa was texted by Maya for the rent hearing; returns her conversation."""
    now = store.wall_ms()
    campaign_id = started(world.db, world.users["coordinator"], world.rules, now=now)
    assignments.take(world.db, campaign_id, world.users["volunteer"], world.rules, SIMS, now=now)
    card = world.card("volunteer")
    outbox.approve(
        world.db, card.id, by=world.users["volunteer"], seen=card.seen, rules=world.rules, now=now - 60_000
    )
    world.fly("sent")
    return world.conversation(ROSA)


def said(world: World, conversation_id: int) -> dict[str, str]:
    target = world.db.execute("SELECT id FROM target WHERE conversation_id=?", [conversation_id]).fetchone()
    return recording.current(world.db, target["id"])


def send(maya: Visitor, page: str, conversation_id: int, **more: str) -> str:
    fields = {name: maya.field(page, name) for name in ("key", "after", "heard", "content", "target")}
    fields["filled"] = html.unescape(maya.field(page, "filled"))
    action = re.search(r'id="reply" method="post" action="([^"]+)"', page)
    assert action
    assert f"/inbox/{conversation_id}/reply" in action[1]
    form: dict[str, object] = {"text": box(page), **fields, **more}
    answer = maya.post(action[1], **form)  # type: ignore[arg-type]
    return answer.get_data(as_text=True)


def box(page: str) -> str:
    """The words that stand in the box."""
    words = re.search(r'<textarea id="answer"[^>]*>([^<]*)', page)
    assert words
    return html.unescape(words[1])


def test_a_reply_is_read_one_press_fills_the_box_and_send_writes_it_down(
    world: World, rosa: int, visit: Visit
) -> None:
    world.receive(ROSA, "YES 2, me and my mom")
    maya = visit()
    page = maya.get(f"/inbox/{rosa}").get_data(as_text=True)
    assert "Reads as “<bdi>Yes</bdi>”, 2." in page
    assert said(world, rosa) == {}  # a suggestion records nothing

    page = maya.get(f"/inbox/{rosa}?choice=yes").get_data(as_text=True)
    assert "Perfect, we&#39;ll save 2 for you." in page
    assert 'name="number" value="2"' in page
    assert said(world, rosa) == {}

    send(maya, page, rosa, choice="yes", number="2")
    assert said(world, rosa) == {"status": "yes", "seats": "2"}
    assert "Send, and write down" not in maya.get(f"/inbox/{rosa}").get_data(as_text=True)


def test_a_question_points_at_the_ready_answer(world: World, rosa: int, visit: Visit) -> None:
    world.receive(ROSA, "Who is this??")
    page = visit().get(f"/inbox/{rosa}").get_data(as_text=True)
    assert "Asks: “<bdi>Who we are</bdi>”." in page
    assert re.search(r'class="chip plain meant"[^>]*>Who we are', page)
    assert "Reads as" not in page


def test_after_a_yes_the_next_questions_answers_are_offered(world: World, rosa: int, visit: Visit) -> None:
    world.receive(ROSA, "yes")
    maya = visit()
    send(maya, maya.get(f"/inbox/{rosa}?choice=yes").get_data(as_text=True), rosa, choice="yes")
    world.fly("sent")
    world.receive(ROSA, "just me")
    page = maya.get(f"/inbox/{rosa}").get_data(as_text=True)
    assert "Reads as “<bdi>1</bdi>”." in page


def test_undo_takes_back_what_was_written_down(world: World, rosa: int, visit: Visit) -> None:
    world.receive(ROSA, "yes")
    maya = visit()
    send(maya, maya.get(f"/inbox/{rosa}?choice=yes").get_data(as_text=True), rosa, choice="yes")
    newest = world.db.execute("SELECT max(id) FROM message").fetchone()[0]
    outbox.undo(world.db, newest, by=world.users["volunteer"], now=store.wall_ms())
    assert said(world, rosa) == {}
    step = world.db.execute("SELECT step FROM target WHERE conversation_id=?", [rosa]).fetchone()["step"]
    assert step == "first"


def test_the_form_cannot_record_what_the_script_does_not(world: World, rosa: int, visit: Visit) -> None:
    world.receive(ROSA, "yes")
    maya = visit()
    page = maya.get(f"/inbox/{rosa}").get_data(as_text=True)
    for more in ({"choice": "thanked"}, {"choice": "yes", "number": "many"}):
        fields = {name: maya.field(page, name) for name in ("key", "after")}
        assert maya.post(f"/inbox/{rosa}/reply", text="ok", **fields, **more).status_code == 409
    assert said(world, rosa) == {}


def test_a_change_of_mind_keeps_its_history(world: World, rosa: int, visit: Visit) -> None:
    maya = visit()
    maya.get(f"/inbox/{rosa}")
    for value in ("yes", "no"):
        maya.post(f"/inbox/{rosa}/record", field="status", value=value)
    assert said(world, rosa) == {"status": "no"}
    maya.post(f"/inbox/{rosa}/record", field="status", value="")
    assert said(world, rosa) == {}
    assert world.db.execute("SELECT count(*) FROM answer").fetchone()[0] == 3


def test_an_answer_that_a_colleague_gave_meanwhile_is_shown_first(
    world: World, rosa: int, visit: Visit
) -> None:
    world.receive(ROSA, "is there a ramp?")
    cleo, maya = visit("coordinator"), visit()
    maya_page = maya.get(f"/inbox/{rosa}").get_data(as_text=True)
    world.db.execute("UPDATE conversation SET holder_id=NULL WHERE id=?", [rosa])
    cleo_page = cleo.get(f"/inbox/{rosa}").get_data(as_text=True)
    cleo.post(
        f"/inbox/{rosa}/reply",
        text="There is.",
        key=cleo.field(cleo_page, "key"),
        after=cleo.field(cleo_page, "after"),
    )
    world.db.execute("UPDATE conversation SET holder_id=NULL WHERE id=?", [rosa])
    form = {"key": maya.field(maya_page, "key"), "after": maya.field(maya_page, "after")}
    answer = maya.post(f"/inbox/{rosa}/reply", text="Yes there is.", **form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Cleo has answered meanwhile" in page
    assert "Yes there is." in page  # what she typed is still there
    form = {"key": maya.field(page, "key"), "after": maya.field(page, "after")}
    assert maya.post(f"/inbox/{rosa}/reply", text="Yes there is.", **form).status_code == 303


def test_what_they_wrote_meanwhile_is_read_before_an_answer_goes(
    world: World, rosa: int, visit: Visit
) -> None:
    world.receive(ROSA, "yes")
    maya = visit()
    page = maya.get(f"/inbox/{rosa}").get_data(as_text=True)
    world.receive(ROSA, "sorry, no after all")
    form = {name: maya.field(page, name) for name in ("key", "after", "heard")}
    answer = maya.post(f"/inbox/{rosa}/reply", text="Great!", **form)
    assert answer.status_code == 409
    assert "They wrote again meanwhile" in answer.get_data(as_text=True)
    assert world.db.execute("SELECT waiting_at FROM conversation WHERE id=?", [rosa]).fetchone()["waiting_at"]


def test_notes_and_tags_stay_in_the_room(world: World, rosa: int, visit: Visit) -> None:
    maya = visit()
    maya.get(f"/inbox/{rosa}")
    maya.post(f"/inbox/{rosa}/note", note="Mother uses a wheelchair.")
    maya.post(f"/inbox/{rosa}/tag", tag="Ramp")
    page = maya.get(f"/inbox/{rosa}").get_data(as_text=True)
    assert "Mother uses a wheelchair." in page
    assert ">ramp</button>" in page
    maya.post(f"/inbox/{rosa}/tag", tag="ramp")
    page = maya.get(f"/inbox/{rosa}").get_data(as_text=True)
    assert ">ramp</button>" in page, (
        "two colleagues saw the same need, or the answer to the first press was lost"
    )
    name = re.search(r'<button class="chip" name="(\w+)" value="ramp"', page)
    assert name
    maya.post(f"/inbox/{rosa}/tag", **{name[1]: "ramp"})
    assert ">ramp</button>" not in maya.get(f"/inbox/{rosa}").get_data(as_text=True)


def test_a_volunteer_passes_their_own_on_to_a_colleague_and_nobody_elses(
    world: World, rosa: int, visit: Visit
) -> None:
    maya, sam = visit(), visit("other")
    ted = str(world.users["technician"].id)
    assert f'<option value="{ted}">' not in maya.get(f"/inbox/{rosa}").get_data(as_text=True)
    assert maya.post(f"/inbox/{rosa}/pass-on", to=ted).status_code == 409  # a technician reads nobody's texts
    assert maya.post(f"/inbox/{rosa}/pass-on", to=str(world.users["other"].id)).status_code == 303
    assert maya.get(f"/inbox/{rosa}").status_code == 409
    for to in (str(world.users["volunteer"].id), ""):
        assert maya.post(f"/inbox/{rosa}/pass-on", to=to).status_code == 409
    assert "Rosa" in sam.get("/inbox?box=mine").get_data(as_text=True)


def test_a_coordinator_passes_somebody_on_and_a_volunteer_gives_them_to_the_room(
    world: World, rosa: int, visit: Visit
) -> None:
    cleo = visit("coordinator")
    cleo.get(f"/inbox/{rosa}")
    cleo.post(f"/inbox/{rosa}/pass-on", to=str(world.users["other"].id))
    holder = world.db.execute("SELECT holder_id FROM conversation WHERE id=?", [rosa]).fetchone()["holder_id"]
    assert holder == world.users["other"].id
    maya = visit()
    maya.get("/inbox")
    assert maya.post(f"/inbox/{rosa}/note", note="x").status_code in (403, 409)  # it is Sam's now
    sam = visit("other")
    sam.get(f"/inbox/{rosa}")
    sam.post(f"/inbox/{rosa}/pass-on", to="")
    assert (
        world.db.execute("SELECT holder_id FROM conversation WHERE id=?", [rosa]).fetchone()["holder_id"]
        is None
    )


def test_an_insult_is_folded_and_not_dropped(world: World, rosa: int, visit: Visit) -> None:
    world.receive(ROSA, "fuck off you idiots")
    for screen in ("/", "/inbox"):
        page = visit().get(screen).get_data(as_text=True)
        assert "n insult, folded" in page
        assert "idiots" not in page, f"it stands in full on {screen}"
    page = visit().get(f"/inbox/{rosa}").get_data(as_text=True)
    assert re.search(
        r"<details[^>]*><summary[^>]*>An insult, folded\. Show it</summary><p[^>]*>fuck off you idiots", page
    )


def test_an_answer_to_a_closed_campaign_is_still_written_down(world: World, rosa: int, visit: Visit) -> None:
    campaigns.close(world.db, 1, by=world.users["coordinator"], now=store.wall_ms())
    world.receive(ROSA, "no")
    maya = visit()
    page = maya.get(f"/inbox/{rosa}?choice=no").get_data(as_text=True)
    assert "which is closed" in page
    assert "is closed. What they answer is still written down." in page.split('id="offered"')[1], (
        "above the box"
    )
    send(maya, page, rosa, choice="no")
    assert said(world, rosa) == {"status": "no"}


def test_a_wrong_number_is_left_out_of_the_next_campaign(world: World, rosa: int) -> None:
    now = store.wall_ms()
    target = world.db.execute("SELECT id FROM target WHERE conversation_id=?", [rosa]).fetchone()["id"]
    recording.record(world.db, target, "contact", "wrong_number", by=world.users["volunteer"], now=now)
    campaigns.close(world.db, 1, by=world.users["coordinator"], now=now)
    second = started(
        world.db, world.users["coordinator"], world.rules, "Second", list_id=1, cool_down_days=0, now=now
    )
    row = world.db.execute(
        "SELECT state, reason FROM target WHERE campaign_id=? AND conversation_id=?", [second, rosa]
    ).fetchone()
    assert tuple(row) == ("out", "A wrong number, as they told us.")


def test_an_answer_taken_back_stands_in_the_box_and_leaves_once(
    world: World, rosa: int, visit: Visit
) -> None:
    world.receive(ROSA, "YES 2")
    maya = visit()
    send(maya, maya.get(f"/inbox/{rosa}?choice=yes").get_data(as_text=True), rosa, choice="yes", number="2")
    first = world.db.execute("SELECT max(id) FROM message").fetchone()[0]
    page = maya.post(f"/inbox/{rosa}/undo/{first}", follow=True).get_data(as_text=True)
    assert "we&#39;ll save 2 for you" in page.split('id="answer"')[1]
    assert "Waits for a Send" not in page, "it stands in the box, not in what was said"
    assert (maya.field(page, "choice"), maya.field(page, "number"), said(world, rosa)) == ("yes", "2", {})

    form = {name: maya.field(page, name) for name in ("key", "after", "heard", "instead_of")}
    outbox.approve(  # in another tab, as a card
        world.db,
        first,
        by=world.users["volunteer"],
        seen=outbox.seen(outbox.load(world.db, first)),
        rules=world.rules,
        now=store.wall_ms(),
    )
    answer = maya.post(f"/inbox/{rosa}/reply", text="Others", **form)
    assert answer.status_code == 409
    assert "nothing was sent twice" in answer.get_data(as_text=True)

    page = maya.post(f"/inbox/{rosa}/undo/{first}", follow=True).get_data(as_text=True)
    form = {name: maya.field(page, name) for name in ("key", "after", "heard", "instead_of")}
    for _ in range(2):  # the same tap twice
        assert maya.post(f"/inbox/{rosa}/reply", text="Others", **form).status_code == 303
    states = world.db.execute("SELECT text, state FROM message WHERE id>=? ORDER BY id", [first]).fetchall()
    assert [row["state"] for row in states] == ["skipped", "approved"]


def test_other_words_under_the_key_of_an_answer_that_left_are_not_lost(
    world: World, rosa: int, visit: Visit
) -> None:
    """The line was cut when the first answer was sent, and she typed more before the second press."""
    world.receive(ROSA, "Where is it?")
    maya = visit()
    form = {name: maya.field(maya.get(f"/inbox/{rosa}").get_data(as_text=True), name) for name in ("key", "after", "heard")}  # fmt: skip
    maya.post(f"/inbox/{rosa}/reply", text="Union Hall.", **form)
    answer = maya.post(f"/inbox/{rosa}/reply", text="Union Hall. Bring the letter.", **form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409, "nothing said that it went"
    assert box(page) == "Union Hall. Bring the letter."
    form = {name: maya.field(page, name) for name in ("key", "after", "heard")}
    maya.post(f"/inbox/{rosa}/reply", text="Bring the letter.", **form)
    replies = world.db.execute("SELECT text FROM message WHERE kind=1 ORDER BY id").fetchall()
    assert [row["text"] for row in replies] == ["Union Hall.", "Bring the letter."]


def test_who_opted_out_and_wrote_again_holds_up_nobodys_next_batch(
    world: World, rosa: int, visit: Visit
) -> None:
    maya, user = visit(), world.users["volunteer"]
    maya.post(f"/inbox/{rosa}/begin")
    maya.post(f"/inbox/{rosa}/opt-out", reason="told me so")
    world.receive(ROSA, "But why did you text me?")
    page = maya.get(f"/inbox/{rosa}").get_data(as_text=True)
    assert "<strong>Close</strong> it when you have read" in page
    offer = assignments.offers(world.db, user, world.rules, SIMS, now=store.wall_ms())[0]
    assert "waits for your answer" not in offer.why


def moved(world: World) -> None:
    """Cleo tells another place for the campaign."""
    campaign = campaigns.load(world.db, 1)
    facts = {**campaign.facts, "place": "City Park"}
    by, seen = world.users["coordinator"], campaign.revision
    campaigns.save(world.db, 1, by=by, now=store.wall_ms(), seen_revision=seen, facts=facts)


def answers(world: World) -> list[str]:
    return [row["text"] for row in world.db.execute("SELECT text FROM message WHERE kind=1 ORDER BY id")]


def test_an_answer_that_was_filled_in_before_the_place_changed_is_written_anew_and_not_sent(
    world: World, rosa: int, visit: Visit
) -> None:
    world.receive(ROSA, "YES 2")
    maya = visit()
    page = maya.get(f"/inbox/{rosa}?choice=yes").get_data(as_text=True)
    assert "Union Hall" in box(page)
    moved(world)
    page = send(maya, page, rosa, choice="yes", number="2")
    assert "The campaign was changed while this stood here." in page
    assert answers(world) == []
    assert "City Park" in box(page)
    send(maya, page, rosa, choice="yes", number="2")
    (left,) = answers(world)
    assert "City Park" in left
    assert said(world, rosa) == {"status": "yes", "seats": "2"}


def test_typed_words_stay_when_the_campaign_was_changed_and_go_with_the_next_press(
    world: World, rosa: int, visit: Visit
) -> None:
    world.receive(ROSA, "where is it?")
    maya = visit()
    page = maya.get(f"/inbox/{rosa}").get_data(as_text=True)
    moved(world)
    page = send(maya, page, rosa, text="At the Union Hall.")
    assert "Read the words again" in page
    assert (box(page), answers(world)) == ("At the Union Hall.", [])
    send(maya, page, rosa, text="In City Park.")
    assert answers(world) == ["In City Park."]


def test_another_number_in_the_box_writes_the_words_anew_before_they_go(
    world: World, rosa: int, visit: Visit
) -> None:
    world.receive(ROSA, "YES 2")
    maya = visit()
    page = maya.get(f"/inbox/{rosa}?choice=yes").get_data(as_text=True)
    assert "save 2 for you" in box(page)
    page = send(maya, page, rosa, choice="yes", number="5")
    assert answers(world) == []
    assert "save 5 for you" in box(page)
    send(maya, page, rosa, choice="yes", number="5")
    assert "save 5 for you" in answers(world)[0]
    assert said(world, rosa)["seats"] == "5"


def test_a_ready_answer_is_written_anew_when_the_place_changed(world: World, rosa: int, visit: Visit) -> None:
    world.receive(ROSA, "where is it?")
    maya = visit()
    page = maya.get(f"/inbox/{rosa}").get_data(as_text=True)
    ready = re.search(r'href="([^"]*ready=\d+)"[^>]*>Where', page)
    assert ready
    page = maya.get(ready[1]).get_data(as_text=True)
    assert "Union Hall" in box(page)
    moved(world)
    page = send(maya, page, rosa)
    assert "City Park" in box(page)
    assert answers(world) == []
