"""An approved text that waits for the morning, or for a modem, can still be taken back: by who approved it, and by a coordinator."""

from collections.abc import Callable

import pytest

from gateway import optouts, outbox, store
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
