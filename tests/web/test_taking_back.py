"""An approved text that waits for the morning, or for a modem, can still be taken back: by who approved it, and by a coordinator."""

from collections.abc import Callable

import pytest

from gateway import inbox, optouts, outbox, store
from gateway.errors import Refused
from tests.web.conftest import Visitor
from tests.web.world import World

Visit = Callable[..., Visitor]
LUIS = "+12025550148"


@pytest.fixture
def answered(world: World) -> tuple[int, int]:
    """Maya answered Luis an hour ago, and no modem has taken it yet: the conversation and the text."""
    world.receive(LUIS, "Where is it?")
    text = world.approve(
        world.draft("Luis Ortega", LUIS, "Union Hall, you idiot.", kind="reply", by="volunteer"),
        ago_ms=3_600_000,
    )
    return world.conversation(LUIS), text


@pytest.mark.parametrize("who", ["volunteer", "coordinator"])
def test_a_text_that_has_not_left_is_taken_back_in_its_conversation(
    world: World, visit: Visit, answered: tuple[int, int], who: str
) -> None:
    """After the few seconds of Undo nobody could: it left at nine, whoever had seen by then what it said."""
    conversation, text = answered
    visitor = visit(who)
    page = visitor.get(f"/inbox/{conversation}").get_data(as_text=True)
    assert f'action="/inbox/{conversation}/undo/{text}"' in page
    said = visitor.post(f"/inbox/{conversation}/undo/{text}", follow=True).get_data(as_text=True)
    assert "Nothing went out" in said
    row = outbox.load(world.db, text)
    assert (row["state"], row["approval_id"]) == ("awaiting", None)
    assert row["waiting_at"] is not None, "Luis waits for an answer"
    if who == "coordinator":
        assert "took it back" in row["reason"]


def test_a_colleague_takes_nothing_back(world: World, visit: Visit, answered: tuple[int, int]) -> None:
    conversation, text = answered
    world.db.execute("UPDATE conversation SET holder_id=NULL, held_at=NULL")
    sam = visit("other")
    assert f"/undo/{text}" not in sam.get(f"/inbox/{conversation}").get_data(as_text=True)
    sam.post(f"/inbox/{conversation}/undo/{text}")
    assert world.state(text) == "approved"


def test_nobody_takes_the_confirmation_of_a_stop_back(
    world: World, visit: Visit, answered: tuple[int, int]
) -> None:
    words = optouts.default_confirmation("Elm Street Tenants")
    optouts.approve_confirmation(
        world.db, words, by=world.users["admin"], channel="panel", now=store.wall_ms()
    )
    world.receive(LUIS, "STOP")
    [text] = world.db.execute("SELECT id FROM message WHERE kind=0").fetchone()
    cleo = visit("coordinator")
    assert f"/undo/{text}" not in cleo.get(f"/inbox/{answered[0]}").get_data(as_text=True)
    cleo.post(f"/inbox/{answered[0]}/undo/{text}")
    assert world.state(text) == "approved"


@pytest.mark.parametrize("way", ["/inbox/{conversation}/undo/{text}", "/send/{text}/undo"])
@pytest.mark.parametrize(
    ("wrote", "said"),
    [
        ("Which hall?", "did not go out: Luis Ortega wrote after"),
        ("STOP", "did not go out: Luis Ortega asked"),
    ],
)
def test_who_presses_undo_when_the_text_was_put_back_already_is_told_that_it_did_not_go_out(
    world: World, visit: Visit, answered: tuple[int, int], way: str, wrote: str, said: str
) -> None:
    """Luis wrote between Send and Undo. Maya read that only the person who approved a text can undo it, or that the modem has it."""
    conversation, text = answered
    world.receive(LUIS, wrote)
    page = visit("volunteer").post(way.format(conversation=conversation, text=text), follow=True)
    assert said in page.get_data(as_text=True)


def test_a_colleague_who_presses_undo_does_not_read_whose_text_it_is(
    world: World, answered: tuple[int, int]
) -> None:
    inbox.begin(world.db, answered[0], world.users["volunteer"], now=store.wall_ms())
    world.receive(LUIS, "Which hall?")
    with pytest.raises(Refused, match=r"^Somebody else has this text now"):
        outbox.undo(world.db, answered[1], by=world.users["other"], now=store.wall_ms())


def test_who_skips_a_card_that_a_colleague_has_sent_is_told_so(world: World, visit: Visit) -> None:
    """They read “Text 27 has moved on meanwhile”: neither whose it was nor that it goes out."""
    text = world.draft("Luis Ortega", LUIS, "Hi Luis. STOP to end.")
    cleo = visit("coordinator")
    page = cleo.get(f"/send?card={text}").get_data(as_text=True)
    world.approve(text, by="admin")
    said = cleo.post(f"/send/{text}/skip", seen=cleo.field(page, "seen"), follow=True)
    assert "The text to Luis Ortega is approved already and has not left yet" in said.get_data(as_text=True)
    world.fly("sent")
    said = cleo.post(f"/send/{text}/skip", seen=cleo.field(page, "seen"), follow=True)
    assert "Somebody already texted Luis Ortega" in said.get_data(as_text=True)
