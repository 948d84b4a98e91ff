"""Pages that stood open, or came back by the Back button, while somebody wrote or a colleague acted: what was not on them is not decided."""

import re
from collections.abc import Callable

import pytest

from gateway import campaigns, clockwords, erasing, store
from tests.campaigning import FACTS, bring_in, started
from tests.web.conftest import Visitor
from tests.web.world import HELLO, World

Visit = Callable[..., Visitor]
ROSA = "+12025550147"


@pytest.fixture
def rosa(world: World) -> int:
    """Rosa was texted; returns her conversation."""
    world.approve(world.draft("Rosa Delgado", ROSA, HELLO))
    world.fly("sent")
    return world.conversation(ROSA)


def asks(world: World, conversation_id: int) -> bool:
    row = world.db.execute("SELECT asks_opt_out FROM conversation WHERE id=?", [conversation_id]).fetchone()
    return bool(row["asks_opt_out"])


def heard_in(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form with this address, as a browser sends them."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page, re.DOTALL)
    assert form, f"no form to {action}"
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]))


def test_a_second_plea_that_nobody_has_read_is_not_answered_with_go_on(
    world: World, rosa: int, visit: Visit
) -> None:
    """“No, go on” was pressed to the first text, on a page from before the second."""
    world.receive(ROSA, "STOP the bill! count me in")
    maya = visit()
    page = maya.get(f"/inbox/{rosa}").get_data(as_text=True)
    form = heard_in(page, f"/inbox/{rosa}/not-opt-out")
    world.receive(ROSA, "and please stop sending me these, Thomas is not here")
    said = maya.post(f"/inbox/{rosa}/not-opt-out", follow=True, **form).get_data(as_text=True)
    assert asks(world, rosa), "nobody has read the second text"
    assert "wrote again" in said
    page = maya.get(f"/inbox/{rosa}").get_data(as_text=True)
    maya.post(f"/inbox/{rosa}/not-opt-out", **heard_in(page, f"/inbox/{rosa}/not-opt-out"))
    assert not asks(world, rosa)


def test_a_stop_that_came_after_the_page_is_not_undone_by_it(world: World, rosa: int, visit: Visit) -> None:
    """A volunteer had opted her out by mistake; while a coordinator typed the reason, she asked for it herself."""
    maya, cleo = visit(), visit("coordinator")
    maya.get(f"/inbox/{rosa}")
    maya.post(f"/inbox/{rosa}/opt-out", reason="")
    page = cleo.get(f"/inbox/{rosa}/opt-in").get_data(as_text=True)
    form = heard_in(page, f"/inbox/{rosa}/opt-in")
    world.receive(ROSA, "STOP")
    said = cleo.post(f"/inbox/{rosa}/opt-in", follow=True, reason="Pressed by mistake.", **form)
    assert "wrote" in said.get_data(as_text=True)
    assert world.db.execute("SELECT opted_out_at FROM conversation WHERE id=?", [rosa]).fetchone()[0]
    assert world.db.execute("SELECT 1 FROM opt_out WHERE until_at IS NULL").fetchone()
    assert ">STOP</p>" in cleo.get(f"/inbox/{rosa}/opt-in").get_data(as_text=True), (
        "it is read before it is undone"
    )


def test_nor_is_the_one_that_a_colleague_wrote_down_since(world: World, rosa: int, visit: Visit) -> None:
    """Undone by somebody else, and then she rang and asked for it."""
    maya, cleo = visit(), visit("coordinator")
    maya.get(f"/inbox/{rosa}")
    maya.post(f"/inbox/{rosa}/opt-out", reason="")
    form = heard_in(
        cleo.get(f"/inbox/{rosa}/opt-in").get_data(as_text=True), action := f"/inbox/{rosa}/opt-in"
    )
    cleo.post(action, reason="Pressed by mistake.")
    maya.post(f"/inbox/{rosa}/opt-out", reason="She rang.")
    cleo.post(action, reason="Pressed by mistake.", **form)
    assert world.db.execute("SELECT reason FROM opt_out WHERE until_at IS NULL").fetchone()[0] == "She rang."


def test_an_undo_by_number_that_comes_again_does_not_undo_a_later_stop(
    world: World, rosa: int, visit: Visit
) -> None:
    """She rang, and was taken back in; then she texted STOP. The Back button, and the same press again, texted her once more."""
    cleo = visit("coordinator")
    world.receive(ROSA, "STOP")
    form = heard_in(cleo.get("/opt-outs").get_data(as_text=True), "/opt-outs/undo")
    cleo.post("/opt-outs/undo", number=ROSA, reason="She rang.", **form)
    assert not world.db.execute("SELECT 1 FROM opt_out WHERE until_at IS NULL").fetchone()
    world.receive(ROSA, "Stop!")
    answer = cleo.post("/opt-outs/undo", number=ROSA, reason="She rang.", **form)
    assert (answer.status_code, "anew" in answer.get_data(as_text=True)) == (409, True)
    assert world.db.execute("SELECT 1 FROM opt_out WHERE until_at IS NULL").fetchone()


def test_what_came_after_the_page_is_not_closed_with_it(world: World, rosa: int, visit: Visit) -> None:
    world.receive(ROSA, "ok")
    maya = visit()
    page = maya.get(f"/inbox/{rosa}").get_data(as_text=True)
    form = heard_in(page, f"/inbox/{rosa}/close")
    world.receive(ROSA, "and where is it?")
    said = maya.post(f"/inbox/{rosa}/close", follow=True, **form).get_data(as_text=True)
    row = world.db.execute("SELECT waiting_at FROM conversation WHERE id=?", [rosa]).fetchone()
    assert row["waiting_at"], "nobody has read the question"
    assert "wrote again" in said


@pytest.mark.parametrize("act", ["later", "skip"])
def test_a_text_that_was_sent_does_not_come_back_later(world: World, visit: Visit, act: str) -> None:
    """Send, then the Back button, then Later on the card that stands there: it said “comes back later”, and the text left."""
    card = world.draft("Rosa Delgado", ROSA, HELLO)
    maya = visit()
    seen = maya.field(maya.get("/send").get_data(as_text=True), "seen")
    maya.post(f"/send/{card}/approve", seen=seen)
    said = maya.post(f"/send/{card}/{act}", follow=True).get_data(as_text=True)
    assert world.state(card) == "approved"
    assert "comes back later" not in said
    assert "not put off" in said or "can still take it back" in said
    held = world.db.execute("SELECT holder_id FROM conversation WHERE number=?", [ROSA]).fetchone()
    assert held["holder_id"] == world.users["volunteer"].id, "her answer comes to whoever texted her"


@pytest.mark.parametrize("act", ["later", "skip"])
def test_a_page_on_somebody_who_was_erased_since_skips_nobody_else(
    world: World, visit: Visit, act: str
) -> None:
    """The next text has the number of theirs, as an older version gave it: Skip on the page that still showed Rosa left Luis out for good."""
    card = world.draft("Rosa Delgado", ROSA, HELLO)
    maya, cleo = visit(), visit("coordinator")
    form = heard_in(maya.get("/send").get_data(as_text=True), f"/send/{card}/{act}")
    cleo.post(f"/inbox/{world.conversation(ROSA)}/erase", sure="yes")
    world.db.execute("DELETE FROM setting WHERE key='last_message'")
    assert world.draft("Luis Ortega", "+12025550148", HELLO) == card
    said = maya.post(f"/send/{card}/{act}", follow=True, **form).get_data(as_text=True)
    row = world.db.execute("SELECT state, not_before FROM message").fetchone()
    assert tuple(row) == ("awaiting", None)
    assert "Read it again" in said


def test_what_became_of_an_erased_persons_text_is_said_of_no_other(world: World, visit: Visit) -> None:
    """Luis's text got the number of Rosa's: “It arrived” on the page that still asked about hers was written down for his."""
    world.approve(world.draft("Rosa Delgado", ROSA, HELLO))
    maya, asked = visit("coordinator"), world.fly("uncertain")
    form = heard_in(maya.get(f"/uncertain/{asked}").get_data(as_text=True), f"/uncertain/{asked}")
    erasing.erase(world.db, ROSA, now=store.wall_ms() + clockwords.LATELY_MS + 60_000)
    his = world.approve(world.draft("Luis Ortega", "+12025550148", HELLO))
    assert world.fly("uncertain") == his
    maya.post(f"/uncertain/{asked}", **form, known="arrived")
    assert world.state(his) == "uncertain"


def test_a_pause_that_is_not_on_the_page_is_not_ended_by_it(world: World, visit: Visit) -> None:
    """Paused for lunch; somebody let it go on, and its first texts did not arrive. “Go on” from before opened it to everybody."""
    lead, now = world.users["coordinator"], store.wall_ms()
    campaign_id = started(world.db, lead, world.rules, now=now)
    campaigns.pause(world.db, campaign_id, by=lead)
    cleo, action = visit("coordinator"), f"/campaigns/{campaign_id}/resume"
    form = heard_in(cleo.get(f"/campaigns/{campaign_id}").get_data(as_text=True), action)
    campaigns.resume(world.db, campaign_id, by=world.users["admin"])
    campaigns.pause(world.db, campaign_id, by=None, reason="3 of the first 10 did not arrive.")
    world.db.execute("UPDATE campaign SET canary='stopped' WHERE id=?", [campaign_id])
    said = cleo.post(action, follow=True, **form).get_data(as_text=True)
    assert "3 of the first 10 did not arrive" in said
    assert (campaigns.load(world.db, campaign_id).state, campaigns.load(world.db, campaign_id).canary) == (
        "paused",
        "stopped",
    )
    form = heard_in(cleo.get(f"/campaigns/{campaign_id}").get_data(as_text=True), action)
    cleo.post(action, **form)
    assert campaigns.load(world.db, campaign_id).state == "running"


def test_a_page_of_a_draft_that_was_thrown_away_starts_no_other(world: World, visit: Visit) -> None:
    """The next draft got its id: Start on the old page gave it the old page's name, facts and list, and started it."""
    list_id, cleo, lead = bring_in(world.db, now=store.wall_ms()), visit("coordinator"), world.users["admin"]
    cleo.get("/campaigns/new")
    path = cleo.post("/campaigns/new", name="Rent hearing", kind="event", language="en").headers["Location"]
    revision = cleo.field(cleo.get(path).get_data(as_text=True), "revision")
    campaigns.abandon(world.db, int(path.rsplit("/", 1)[1]), by=lead)
    other = campaigns.create(world.db, "Summer party", "event", "en", by=lead, now=store.wall_ms())
    facts = {f"fact_{name}": value for name, value in {**FACTS, "next_event": ""}.items()}
    said = cleo.post(f"{path}/start", revision=revision, name="Rent hearing", list_id=str(list_id), **facts)
    kept = campaigns.load(world.db, other)
    assert (kept.name, kept.state, kept.list_id) == ("Summer party", "draft", None)
    assert "no such campaign" in said.get_data(as_text=True)
    campaigns.abandon(world.db, other, by=lead)
    assert campaigns.create(world.db, "Third", "event", "en", by=lead, now=store.wall_ms()) > other
