"""What a slow box or a full room does to a page: the same piece is drawn again, an answer comes late, two come close together."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gateway import bell
from tests.browser.conftest import DESK, PHONE, Panel, Visit, group
from tests.browser.test_live import HOLD_THE_FORM
from tests.browser.test_thread import Talk
from tests.browser.test_thread import talk as talk
from tests.web.world import HELLO, World

Enter = Callable[..., Visit]
DRAW_AGAIN = "([was, is]) => textbank.refresh(document.documentElement.outerHTML.replaceAll(was, is))"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """With an undo time that the slowest machine does not use up."""
    with group(tmp_path, undo=60) as made:
        yield made


def test_undo_does_not_begin_its_seconds_anew_when_the_page_is_asked_for(world: World, visit: Enter) -> None:
    """Each change in the room set the seconds back to where they began; a tap at "3 s" found the text gone."""
    world.draft("Rosa Delgado", "+12025550147", HELLO)
    visitor = visit("volunteer", PHONE)
    visitor.page.clock.install()
    page = visitor.go("/send")
    page.get_by_role("button", name="Send to Rosa").click()
    page.locator("#toast").wait_for()
    page.evaluate("async () => { window.asked = await (await fetch(location.href)).text(); }")
    page.evaluate("document.getElementById('toast').dataset.once = 'yes'")
    seconds = int(page.locator("#toast .seconds").inner_text())
    page.clock.fast_forward(20_000)
    page.evaluate("textbank.refresh(asked)")
    expect(page.locator("#toast")).to_have_attribute("data-once", "yes")
    assert int(page.locator("#toast .seconds").inner_text()) <= seconds - 20


def test_a_card_that_follows_another_within_a_moment_takes_no_tap_for_as_long(
    world: World, visit: Enter
) -> None:
    """The quiet moment of the card before ended that of the next one: a finger that came down sent it unread."""
    world.draft("Rosa Delgado", "+12025550147", HELLO)
    visitor = visit("volunteer", PHONE)
    visitor.page.clock.install()
    page = visitor.go("/send")
    words = page.locator("#card").get_attribute("data-words")
    page.evaluate("void (window.fetch = () => new Promise(() => {}))")  # no other card comes in between
    page.clock.pause_at(page.evaluate("Date.now()") + 60_000)
    page.evaluate(DRAW_AGAIN, [words, "other"])
    page.clock.run_for(150)
    page.evaluate(DRAW_AGAIN, ["other", "more"])
    page.clock.run_for(100)
    assert page.evaluate("textbank.shielded()")
    page.clock.run_for(100)
    assert not page.evaluate("textbank.shielded()")


def test_words_that_are_typed_while_those_before_are_on_their_way_stay(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """The box was emptied when the answer to Send came, and what had been typed after Send was gone."""
    begun = talk("event")
    page = visit("volunteer", DESK).go(begun.wrote("Is there a ramp?"))
    box = page.get_by_label("Your answer to Elena")
    box.fill("Yes, there is.")
    expect(page.locator("#ruler")).to_contain_text("of 160")  # all that the keys asked for has its answer
    page.evaluate(HOLD_THE_FORM)
    box.press("Control+Enter")
    page.wait_for_selector("body[data-held=form]")
    page.evaluate("void (window.sent = window.letGo)")  # what is typed next is measured, by another form
    box.press_sequentially(" And a lift.")
    page.evaluate("window.sent()")
    expect(page.locator("#talk .bubble").last).to_have_text("Yes, there is.")
    expect(box).to_have_value("And a lift.")
    expect(box).to_be_focused()
    page.keyboard.type(" Use the side door.")  # a "u" is no Undo here
    expect(box).to_have_value("And a lift. Use the side door.")


def test_what_is_known_of_a_person_is_drawn_anew_beside_an_empty_note_and_not_beside_a_begun_one(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """At a desk the note's box stands in the same piece: "From them 1 text" stayed after the second, and who holds the conversation too."""
    begun = talk("event")
    visitor = visit("volunteer", DESK)
    page = visitor.go(begun.wrote("Is there a ramp?"))
    visitor.wait_live()
    begun.wrote("Hello?")
    bell.ring(begun.world.path)
    expect(page.locator("#facts")).to_contain_text("From them2 texts")
    page.locator("#facts textarea").fill("Needs a ramp")
    page.locator("#talk").focus()
    begun.wrote("Are you there?")
    bell.ring(begun.world.path)
    expect(page.locator("#talk .bubble").last).to_have_text("Are you there?")
    expect(page.locator("#facts textarea")).to_have_value("Needs a ramp")


def sleeps_over(page: Page, name: str, panel: Panel) -> None:
    """Somebody presses this key without the box, and comes back to it in the morning."""
    page.get_by_role("button", name=name).click()
    expect(page.get_by_role("alertdialog")).to_be_visible()
    page.clock.pause_at(time.time() + 9 * 3600)
    panel.start()
    page.get_by_role("button", name="Try now").click()
    page.clock.resume()


@pytest.mark.parametrize("where", ["card", "conversation"])
def test_what_was_pressed_in_the_evening_without_the_box_is_not_sent_by_itself_in_the_morning(
    world: World, panel: Panel, talk: Callable[..., Talk], visit: Enter, where: str
) -> None:
    """The telephone slept over it in a pocket. “See you in an hour!” went out as it woke near the box, and nobody had pressed anything."""
    path = talk("event").wrote("Are you there?")
    visitor = visit("volunteer", PHONE)
    visitor.page.clock.install()
    page = visitor.go(path if where == "conversation" else "/send")
    visitor.wait_live()
    panel.stop()
    if where == "conversation":
        page.get_by_label("Your answer").fill("See you in an hour!")
    before = [tuple(row) for row in world.db.execute("SELECT id, state FROM message")]
    sleeps_over(page, "Send to", panel)
    expect(page.get_by_role("alert")).to_contain_text("It was not sent again.")
    visitor.wait_live()
    assert [tuple(row) for row in world.db.execute("SELECT id, state FROM message")] == before
    expect(page.locator("body")).not_to_have_class(re.compile("fresh"))
    page.get_by_role("button", name="Send to").click()
    expect(page.locator("#say")).to_contain_text("Answered" if where == "conversation" else "Approved")
    visitor.complaints[:] = [line for line in visitor.complaints if "ERR_" not in line]


def test_an_opt_out_that_was_pressed_in_the_evening_without_the_box_is_kept_in_the_morning(
    panel: Panel, talk: Callable[..., Talk], visit: Enter
) -> None:
    """“It was not sent again”, to a telephone in a pocket; and texts went on to somebody who wanted none."""
    path = talk("event").wrote("Please STOP texting my husband")
    visitor = visit("volunteer", PHONE)
    visitor.page.clock.install()
    page = visitor.go(path)
    visitor.wait_live()
    panel.stop()
    sleeps_over(page, "Yes, opt out", panel)
    expect(page.locator("#about")).to_contain_text("Nobody texts them again")
    visitor.complaints[:] = [line for line in visitor.complaints if "ERR_" not in line]
