"""Pages that stood open, or came back by the Back button, while somebody wrote or a colleague acted: what was not on them is not decided."""

import re
from collections.abc import Callable

import pytest

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
