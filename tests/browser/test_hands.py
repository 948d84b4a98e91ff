"""What hands do at a keyboard and browsers do by themselves: which keys count, and who has the focus."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, Visit
from tests.browser.test_thread import Talk
from tests.browser.test_thread import talk as talk
from tests.web.world import HELLO, World

Enter = Callable[..., Visit]


def first_card(world: World, visit: Enter) -> Visit:
    for n, name in enumerate(("Rosa", "Luis")):
        world.draft(f"{name} Person", f"+1202555014{n}", HELLO)
    visitor = visit("volunteer", DESK)
    expect(visitor.go("/send").locator("#who")).to_have_text("Rosa Person")
    visitor.wait_live()
    return visitor


def opens_the_words(page: Page) -> None:
    """A key that is done after those before it, at the same person."""
    page.keyboard.press("e")
    expect(page.get_by_label("The words to Rosa")).to_be_focused()


@pytest.mark.parametrize("key", ["s", "l", "Enter"])
def test_a_key_with_alt_is_none_of_the_page_whichever_comes_up_first(
    world: World, visit: Enter, key: str
) -> None:
    """Alt+S opens a menu of Firefox: where Alt came up first the person on the card was skipped."""
    page = first_card(world, visit).page
    page.keyboard.down("Alt")
    page.keyboard.down(key)
    page.keyboard.up("Alt")
    page.keyboard.up(key)
    opens_the_words(page)


@pytest.mark.parametrize("key", ["s", "Enter"])
def test_a_key_that_went_down_in_a_box_does_nothing_beside_it(world: World, visit: Enter, key: str) -> None:
    """Whoever left the box while the last letter was down skipped the person, or sent the text."""
    page = first_card(world, visit).page
    page.evaluate(
        "document.querySelector('#card').insertAdjacentHTML('beforebegin', '<textarea id=box></textarea>')"
    )
    page.locator("#box").focus()
    page.keyboard.down(key)
    page.locator("#box").blur()
    page.keyboard.up(key)
    opens_the_words(page)


def test_a_key_that_needs_shift_is_pressed_whichever_comes_up_first(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """“?”, and each digit of a French keyboard, did nothing when Shift came up first."""
    page = visit("volunteer", DESK).go(talk("event").wrote("Is there a ramp?"))
    page.keyboard.down("Shift")
    page.keyboard.down("Slash")
    page.keyboard.up("Shift")
    page.keyboard.up("Slash")
    expect(page.get_by_role("dialog")).to_be_visible()
