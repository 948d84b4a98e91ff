"""What a reply reads as on the page is about what they wrote last, whatever kind of text that was."""

from collections.abc import Callable

import pytest

from tests.web.conftest import Visitor
from tests.web.test_answers import ROSA, said, send
from tests.web.test_answers import rosa as rosa
from tests.web.world import World

Visit = Callable[..., Visitor]


def comes(world: World, conversation_id: int, kind: str, text: str) -> None:
    """A text of a kind that no virtual network writes: a photograph's notice, or one that shows at once."""
    world.receive(ROSA, text)
    world.db.execute("UPDATE inbound SET kind=? WHERE id=(SELECT max(id) FROM inbound)", [kind])


@pytest.mark.parametrize("kind", ["mms", "voicemail", "undecoded"])
def test_a_photograph_after_an_answered_yes_is_not_offered_as_another_yes(
    world: World, rosa: int, visit: Visit, kind: str
) -> None:
    """The yes of before stood behind it: “Reads as Coming”, one tap from written down."""
    maya = visit()
    world.receive(ROSA, "YES 2")
    send(maya, maya.get(f"/inbox/{rosa}?choice=yes").get_data(as_text=True), rosa, choice="yes", number="2")
    world.fly("sent")
    comes(world, rosa, kind, "+12025550147")
    page = maya.get(f"/inbox/{rosa}").get_data(as_text=True)
    assert "Reads as" not in page
    assert said(world, rosa) == {"status": "yes", "seats": "2"}


def test_an_answer_that_shows_at_once_on_arrival_is_read_like_any(
    world: World, rosa: int, visit: Visit
) -> None:
    world.receive(ROSA, "Hello")
    comes(world, rosa, "flash", "YES 2")
    assert "Reads as “<bdi>Yes</bdi>”, 2." in visit().get(f"/inbox/{rosa}").get_data(as_text=True)
