"""More of what outlives, or must not outlive, what happens at another place of a page."""

from collections.abc import Callable

from playwright.sync_api import expect

from gateway import bell, erasing, settling, store
from tests.browser.conftest import DESK, Visit
from tests.browser.test_thread import NUMBER, Talk
from tests.browser.test_thread import talk as talk
from tests.web.world import HELLO, World

Enter = Callable[..., Visit]


def test_what_somebody_wrote_who_was_erased_is_not_said_any_more(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """Their last words stayed in the line that a screen reader reads."""
    begun = talk("event")
    world = begun.world
    visitor = visit("coordinator", DESK)
    page = visitor.go(begun.wrote("Hello"))
    visitor.wait_live()
    begun.wrote("I live at 3 Elm Street")
    bell.ring(world.path)
    expect(page.locator("#say")).to_have_text("I live at 3 Elm Street")
    erasing.erase(world.db, NUMBER, now=store.wall_ms())
    bell.ring(world.path)
    expect(page.locator("main")).to_contain_text("erased")
    assert "3 Elm Street" not in page.content()
    visitor.complaints[:] = [line for line in visitor.complaints if "404" not in line]


def test_an_uncertain_text_that_is_settled_elsewhere_leaves_the_screen_whole(
    world: World, visit: Enter
) -> None:
    """Its name and words stayed, over the trip of the next one: who looked there decided by the evidence of another text."""
    lost = []
    for name, number in (("Rosa", "+12025550147"), ("Luis", "+12025550148")):
        world.approve(world.draft(name, number, HELLO))
        lost.append(world.fly("uncertain"))
    visitor = visit("coordinator", DESK)
    page = visitor.go("/uncertain")
    expect(page.locator("#who")).to_contain_text("Rosa")
    visitor.wait_live()
    page.get_by_label("It arrived").check()
    settling.settle(world.db, lost[0], arrived=False, by=world.users["volunteer"], now=store.wall_ms())
    bell.ring(world.path)
    expect(page.locator("main")).to_contain_text("ask Luis")
    expect(page.locator("#who")).to_contain_text("Luis")
    expect(page.get_by_label("It arrived")).not_to_be_checked()
