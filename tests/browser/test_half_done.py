"""What somebody has typed, chosen or is about to press on one place of a page outlives what happens at another place."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from gateway import bell, erasing, store
from tests.browser.conftest import DESK, Visit
from tests.browser.test_live import HOLD_THE_FORM
from tests.browser.test_thread import NUMBER, Talk
from tests.browser.test_thread import talk as talk
from tests.web.world import HELLO

Enter = Callable[..., Visit]


def test_a_choice_that_is_made_while_a_form_is_under_way_stays_and_keeps_the_focus(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    page = visit("volunteer", DESK).go(talk("event").wrote("Is there a ramp?"))
    page.evaluate(HOLD_THE_FORM)
    maybe = page.locator("#facts").get_by_role("button", name="Maybe")
    maybe.click()
    page.wait_for_selector("body[data-held=form]")
    whom = page.get_by_label("Pass on to")
    whom.focus()
    whom.select_option(label="Cleo, coordinator")
    page.evaluate("letGo()")
    expect(maybe).to_have_attribute("aria-pressed", "true")
    expect(whom.locator("option:checked")).to_have_text("Cleo, coordinator")
    expect(whom).to_be_focused()
    expect(page.get_by_role("alertdialog")).to_be_hidden()


@pytest.mark.parametrize("where", ["thread", "thread without a stream", "words", "contact", "approvals"])
def test_nothing_of_somebody_who_was_erased_stays_on_an_open_screen(
    talk: Callable[..., Talk], visit: Enter, where: str
) -> None:
    """Their name, their words and what was half typed to them stood there until the page was left."""
    begun = talk("event")
    world, path = begun.world, begun.wrote("I live at 3 Elm Street")
    visitor = visit("coordinator", DESK)
    if where.startswith("thread"):
        if "without" in where:
            visitor.context.add_init_script("EventSource = class { addEventListener() {} close() {} }")
        page = visitor.go(path)
        page.get_by_label("Your answer to Elena").fill("Hello Elena")
    elif where == "words":
        answer = world.draft("Elena", NUMBER, "Hello Elena", kind="reply")
        page = visitor.go(f"/send/{answer}/edit")
        page.get_by_label("The words to Elena").fill("Hello Elena, dear")
    else:
        page = visitor.go("/contacts/1" if where == "contact" else "/approvals?check=1")
        expect(page.locator("main")).to_contain_text("Elena")
    if "without" not in where:
        visitor.wait_live()
    erasing.erase(world.db, NUMBER, now=store.wall_ms())
    bell.ring(world.path)
    if "without" in where:
        page.get_by_role("button", name="Send to Elena").click()
    expect(page.locator("main")).to_contain_text("erased")
    expect(page.locator("body")).not_to_contain_text("Elena")
    expect(page.locator("body")).not_to_contain_text("Elm Street Tenants. The")
    assert "3 Elm Street" not in page.content()
    assert "Elena" not in page.title()
    assert "Elena" not in page.evaluate("JSON.stringify(sessionStorage)")
    visitor.complaints[:] = [line for line in visitor.complaints if "404" not in line and "409" not in line]


def test_space_on_a_key_whose_piece_is_drawn_anew_presses_it(talk: Callable[..., Talk], visit: Enter) -> None:
    """Between Space down and up its piece was exchanged: nothing was pressed, and the focus was nowhere."""
    begun = talk("event")
    visitor = visit("volunteer", DESK)
    page = visitor.go(begun.wrote("Is there a ramp?"))
    visitor.wait_live()
    maybe = page.locator("#facts").get_by_role("button", name="Maybe")
    maybe.focus()
    page.keyboard.down("Space")
    begun.wrote("Hello?")
    bell.ring(begun.world.path)
    page.wait_for_timeout(1500)  # the page could be drawn anew by now
    page.keyboard.up("Space")
    expect(maybe).to_have_attribute("aria-pressed", "true")


def test_the_focus_stays_on_its_key_when_its_piece_is_drawn_anew(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    begun = talk("event")
    visitor = visit("volunteer", DESK)
    page = visitor.go(begun.wrote("Is there a ramp?"))
    visitor.wait_live()
    yes = page.locator("#facts button[value=yes]")
    expect(yes).to_have_count(2)  # to come, and to wait for a seat
    yes.last.focus()
    begun.wrote("Hello?")
    bell.ring(begun.world.path)
    expect(page.locator("#facts")).to_contain_text("From them2 texts")
    expect(yes.last).to_be_focused()


def test_the_chain_of_approvals_is_walked_when_somebody_asks_and_not_at_each_text(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """A page that had checked it asked for itself with the check again at every text of the room: it reads all that was ever sent."""
    world = talk("event").world
    visitor = visit("coordinator", DESK)
    page = visitor.go("/approvals?check=1")
    visitor.wait_live()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    world.approve(world.draft("Luis Ortega", "+12025550148", HELLO))
    bell.ring(world.path)
    expect(page.locator("#rows")).to_contain_text("Luis Ortega")
    expect(page.locator("main")).to_contain_text("The ledger is whole.")
    assert not [url for url in asked if "check" in url]
