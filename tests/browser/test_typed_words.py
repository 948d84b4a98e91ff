"""Words that somebody is typing stay when something else on the same page is pressed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, Visit
from tests.browser.test_thread import Talk, settled
from tests.browser.test_thread import talk as talk

Enter = Callable[..., Visit]
WORDS = "There is a ramp at the side door, and the"


@pytest.mark.parametrize("what", ["an answer by hand", "a tag", "a note"])
def test_an_answer_that_is_half_typed_stays_when_something_is_written_down_beside_it(
    talk: Callable[..., Talk], visit: Enter, what: str
) -> None:
    """The whole page was drawn anew, and the box with it: the words of the answer were gone."""
    page = visit("volunteer", DESK).go(talk("event").wrote("Is there a ramp? I use a wheelchair"))
    box = page.get_by_label("Your answer to Elena")
    box.fill(WORDS)
    if what == "an answer by hand":
        page.locator("#facts").get_by_role("button", name="Maybe").click()
        expect(page.locator("#facts").get_by_role("button", name="Maybe")).to_have_attribute(
            "aria-pressed", "true"
        )
    elif what == "a tag":
        page.get_by_placeholder("Tag").fill("wheelchair")
        page.get_by_placeholder("Tag").press("Enter")
        expect(page.locator("#facts")).to_contain_text("wheelchair")
    else:
        page.get_by_label("Note for the room").fill("Uses a wheelchair.")
        page.get_by_role("button", name="Keep the note").click()
        expect(page.locator("#facts")).to_contain_text("Uses a wheelchair. Maya")
    expect(box).to_have_value(WORDS)


def test_what_is_half_typed_stands_below_an_answer_that_is_taken_back(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    page = visit("volunteer", DESK).go(talk("event").wrote("Is there a ramp?"))
    box = page.get_by_label("Your answer to Elena")
    box.fill("Yes, there is.")
    box.press("Control+Enter")
    expect(page.locator("#talk .bubble").last).to_have_text("Yes, there is.")
    box.fill("And a lift.")
    settled(page.get_by_role("button", name="Undo")).click()
    expect(box).to_have_value("Yes, there is.\nAnd a lift.")


def test_a_note_that_is_half_typed_stays_when_a_stop_word_comes_in(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """The question whether that is a stop is a new piece of the page, for which all of it was drawn anew."""
    begun = talk("event")
    page = visit("volunteer", DESK).go(begun.wrote("Is there a ramp?"))
    page.get_by_label("Note for the room").fill("Uses a wheel")
    begun.wrote("We must STOP the rent hikes")
    expect(page.locator("#talk .bubble").last).to_have_text("We must STOP the rent hikes")
    expect(page.get_by_label("Note for the room")).to_have_value("Uses a wheel")
