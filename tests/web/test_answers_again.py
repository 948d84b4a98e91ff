"""Answers whose form comes twice or late: sent again after a lost answer, by the Back button, or from before another campaign."""

import re

import pytest

from gateway import assignments, campaigns, store
from tests.campaigning import SIMS, started
from tests.web import test_answers
from tests.web.test_answers import ROSA, Visit, said, send
from tests.web.world import World

rosa = test_answers.rosa


def test_an_answer_that_leads_on_is_one_however_often_its_form_arrives(
    world: World, rosa: int, visit: Visit
) -> None:
    """Sent again after a lost answer it was refused (“not there any more”), with the words in the box under a new key: Send doubled them."""
    world.receive(ROSA, "YES 2")
    maya = visit()
    page = maya.get(f"/inbox/{rosa}?choice=yes").get_data(as_text=True)
    for _ in range(2):
        answer = send(
            maya, page, rosa, choice="yes", number="2", text="We keep 2 for you. See you on Friday!"
        )
        assert 'id="answer"' not in answer, "it went, and the page says so"
    assert world.db.execute("SELECT count(*) FROM message WHERE kind=1").fetchone()[0] == 1
    assert said(world, rosa) == {"status": "yes", "seats": "2"}


@pytest.mark.parametrize("ending", ["undone", "failed"])
def test_an_old_form_of_an_answer_that_did_not_go_says_so(
    world: World, rosa: int, visit: Visit, ending: str
) -> None:
    """The Back button, and Send once more: it said “Answered”, or that a coordinator reads it, and nothing left."""
    world.receive(ROSA, "Where is it?")
    maya = visit()
    page = maya.get(f"/inbox/{rosa}").get_data(as_text=True)
    send(maya, page, rosa, text="Union Hall.")
    first = world.db.execute("SELECT max(id) FROM message").fetchone()[0]
    if ending == "undone":
        maya.post(f"/inbox/{rosa}/undo/{first}")
    else:
        world.db.execute("UPDATE message SET not_before=NULL")
        world.fly("failed")
    again = send(maya, page, rosa, text="Union Hall.")
    assert "did not go" in again
    send(
        maya, again, rosa, text="Union Hall.", **dict(re.findall(r'name="(instead_of)" value="(\d+)"', again))
    )
    texts = world.db.execute("SELECT state FROM message WHERE kind=1 ORDER BY id").fetchall()
    assert [row["state"] for row in texts] == ["skipped" if ending == "undone" else "failed", "approved"]


def test_an_answer_that_is_set_by_hand_is_not_written_down_in_the_next_campaign(
    world: World, rosa: int, visit: Visit
) -> None:
    """She said yes to the first; the second asks for another day."""
    maya, now = visit(), store.wall_ms()
    target = maya.field(maya.get(f"/inbox/{rosa}").get_data(as_text=True), "target")
    campaigns.close(world.db, 1, by=world.users["coordinator"], now=now)
    second = started(
        world.db, world.users["coordinator"], world.rules, "Second", list_id=1, cool_down_days=0, now=now
    )
    assignments.take(world.db, second, world.users["volunteer"], world.rules, SIMS, now=now)
    answer = maya.post(f"/inbox/{rosa}/record", field="status", value="yes", target=target)
    assert "another campaign" in answer.get_data(as_text=True)
    assert not world.db.execute("SELECT 1 FROM answer").fetchone()


def test_an_answer_to_one_campaign_is_not_written_down_in_the_next(
    world: World, rosa: int, visit: Visit
) -> None:
    """The first one was closed and a colleague took the same people for the second, while her answer stood here."""
    world.receive(ROSA, "Yes!")
    maya, now = visit(), store.wall_ms()
    page = maya.get(f"/inbox/{rosa}?choice=yes").get_data(as_text=True)
    campaigns.close(world.db, 1, by=world.users["coordinator"], now=now)
    second = started(
        world.db, world.users["coordinator"], world.rules, "Second", list_id=1, cool_down_days=0, now=now
    )
    assignments.take(world.db, second, world.users["other"], world.rules, SIMS, now=now)
    said_so = send(maya, page, rosa, choice="yes", text="Great, see you on Friday!")
    assert "another campaign" in said_so
    assert 'name="choice"' not in said_so, "nor when it is sent again"
    assert not world.db.execute("SELECT 1 FROM answer").fetchone()


def test_whoever_was_texted_is_who_answers_where_several_have_one_number(world: World, visit: Visit) -> None:
    """Ana had the number in an older list; Luis was texted, and his answer came under her name."""
    now = store.wall_ms()
    world.list_of("Name,Tel\nAna Ortega,2025550141\n")
    list_id = world.list_of("Name,Tel\nLuis Ortega,2025550141\n")
    campaign_id = started(world.db, world.users["coordinator"], world.rules, list_id=list_id, now=now)
    assignments.take(world.db, campaign_id, world.users["volunteer"], world.rules, SIMS, now=now)
    maya = visit()
    page = maya.get("/send").get_data(as_text=True)
    card = maya.field(page, "seen"), world.card("volunteer").id
    said = maya.post(f"/send/{card[1]}/approve", follow=True, seen=card[0]).get_data(as_text=True)
    assert "Approved for Luis" in said
    world.db.execute("UPDATE message SET not_before=NULL")
    world.fly()
    world.receive("+12025550141", "Yes!")
    inbox = maya.get("/inbox").get_data(as_text=True)
    assert "Luis Ortega" in inbox
    assert "Ana Ortega" not in inbox


def test_an_answer_that_a_coordinator_sent_meanwhile_is_shown_before_another_one_goes(
    world: World, rosa: int, visit: Visit
) -> None:
    """Rosa wrote again, so Maya's answer was put back. While Maya wrote a new one, Cleo sent the old one: Rosa got both."""
    world.receive(ROSA, "Is there a ramp?")
    maya, cleo = visit(), visit("coordinator")
    send(maya, maya.get(f"/inbox/{rosa}").get_data(as_text=True), rosa, text="There is.")
    first = world.db.execute("SELECT max(id) FROM message").fetchone()[0]
    world.receive(ROSA, "Hello?")
    page = maya.get(f"/inbox/{rosa}").get_data(as_text=True)
    card = cleo.get(f"/send?card={first}").get_data(as_text=True)
    cleo.post(f"/send/{first}/approve", seen=cleo.field(card, "seen"))
    assert world.state(first) == "approved"
    answer = send(maya, page, rosa, text="There is a ramp.", approved=maya.field(page, "approved"))
    assert "Cleo has answered meanwhile" in answer
    assert world.db.execute("SELECT count(*) FROM message WHERE kind=1 AND approved_by>0").fetchone()[0] == 1
    send(maya, answer, rosa, text="There is a ramp.", approved=maya.field(answer, "approved"))
    assert world.db.execute("SELECT count(*) FROM message WHERE kind=1 AND approved_by>0").fetchone()[0] == 2


def test_an_answer_that_waits_is_read_again_when_somebody_answered_with_other_words(
    world: World, rosa: int, visit: Visit
) -> None:
    """Maya's answer was put back, and its card stood open with Cleo. Maya wrote a new one; Cleo sent the old one as well, and was told nothing."""
    world.receive(ROSA, "Is there a ramp?")
    maya, cleo = visit(), visit("coordinator")
    send(maya, maya.get(f"/inbox/{rosa}").get_data(as_text=True), rosa, text="There is.")
    first = world.db.execute("SELECT max(id) FROM message").fetchone()[0]
    world.receive(ROSA, "Hello?")
    card = cleo.get(f"/send?card={first}").get_data(as_text=True)
    send(maya, maya.get(f"/inbox/{rosa}").get_data(as_text=True), rosa, text="There is a ramp.")
    page = cleo.post(f"/send/{first}/approve", seen=cleo.field(card, "seen"), follow=True)
    assert world.state(first) == "awaiting"
    assert "did not go out: Maya has answered since" in page.get_data(as_text=True)
    card = cleo.get(f"/send?card={first}").get_data(as_text=True)
    cleo.post(f"/send/{first}/approve", seen=cleo.field(card, "seen"))
    assert world.state(first) == "approved", "she has read that Maya answered, and sends it all the same"


def test_an_answer_to_somebody_who_stopped_meanwhile_is_said_not_to_have_gone(
    world: World, rosa: int, visit: Visit
) -> None:
    """The page had no box any more, and so no word of why; it was to say “Send again”, which there was no way to do."""
    world.receive(ROSA, "Is there a ramp?")
    maya = visit()
    page = maya.get(f"/inbox/{rosa}").get_data(as_text=True)
    world.receive(ROSA, "STOP")
    answer = send(maya, page, rosa, text="There is.")
    assert "Rosa asked to stop. Nothing was queued" in answer
    assert "Send again" not in answer
