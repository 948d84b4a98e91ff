"""A pledge with its amount: the number that stands in a reply is written down and answered as such, and nobody is thanked twice."""

from collections.abc import Callable

import pytest

from gateway import assignments, campaigns, enrolment, outbox, recording, store
from tests.campaigning import SIMS, bring_in
from tests.web.conftest import Visitor
from tests.web.test_answers import box, send
from tests.web.world import World

Visit = Callable[..., Visitor]
ROSA = "+12025550100"
FACTS = {
    "cause": "the strike fund",
    "goal": "5000",
    "currency": "$",
    "day": "2099-12-03",
    "link": "give.example/elm",
}


@pytest.fixture
def rosa(world: World) -> int:
    """Rosa was asked by Maya to chip in; returns her conversation."""
    now, lead, maya = store.wall_ms(), world.users["coordinator"], world.users["volunteer"]
    fund = campaigns.create(world.db, "Strike fund", "fundraising", "en", by=lead, now=now)
    people = bring_in(world.db, ("Rosa",), now=now)
    campaigns.save(world.db, fund, by=lead, now=now, seen_revision=1, facts=FACTS, list_id=people)
    after: int | None = 0
    while after is not None:
        after = enrolment.enrol(world.db, fund, now=now, after=after)
    enrolment.start(world.db, fund, by=lead, rules=world.rules, now=now, needs_review=False)
    assignments.take(world.db, fund, maya, world.rules, SIMS, now=now)
    card = world.card("volunteer")
    outbox.approve(world.db, card.id, by=maya, seen=card.seen, rules=world.rules, now=now)
    world.fly("sent")
    return world.conversation(ROSA)


def said(world: World) -> dict[str, str]:
    return recording.current(world.db, world.db.execute("SELECT id FROM target").fetchone()["id"])


def test_an_amount_that_was_named_is_not_asked_for(world: World, rosa: int, visit: Visit) -> None:
    world.receive(ROSA, "Yes, I can give $1,000")
    maya = visit()
    page = maya.get(f"/inbox/{rosa}?choice=yes").get_data(as_text=True)
    assert box(page) == (
        "Thank you so much! We've put you down for $1,000. You can give here: give.example/elm"
    )
    send(maya, page, rosa, choice="yes", number=maya.field(page, "number"))
    assert said(world) == {"pledge": "yes", "amount": "1000", "link_sent": "yes"}
    world.fly("sent")
    world.receive(ROSA, "Done")
    page = maya.get(f"/inbox/{rosa}").get_data(as_text=True)
    assert "Reads as “<bdi>Gave</bdi>”." in page


def test_without_an_amount_it_is_asked_for(world: World, rosa: int, visit: Visit) -> None:
    world.receive(ROSA, "Yes!")
    maya = visit()
    page = maya.get(f"/inbox/{rosa}?choice=yes").get_data(as_text=True)
    assert box(page) == "Thank you so much! How much can we put you down for?"
    send(maya, page, rosa, choice="yes")
    assert said(world) == {"pledge": "yes"}


def test_who_was_thanked_is_not_to_be_thanked_again(world: World, rosa: int, visit: Visit) -> None:
    world.receive(ROSA, "I already gave")
    maya = visit()
    send(maya, maya.get(f"/inbox/{rosa}?choice=gave").get_data(as_text=True), rosa, choice="gave")
    assert said(world) == {"pledge": "yes", "gift": "confirmed", "thanked": "yes"}
    assert "Thank them" not in maya.get(f"/inbox/{rosa}").get_data(as_text=True)


def test_the_words_say_all_that_an_answer_writes_down(world: World, rosa: int, visit: Visit) -> None:
    """ "Link sent" was written down with an amount, and stood nowhere among the words."""
    page = visit("coordinator").get("/campaigns/1/words").get_data(as_text=True)
    assert "as they say; with the number: Link sent</dd>" in page
