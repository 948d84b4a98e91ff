"""Words that somebody is typing stay when something else on the same page is pressed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from gateway import bell, store
from tests.browser.conftest import DESK, PHONE, Visit
from tests.browser.looking import TURN
from tests.browser.test_live import HOLD_THE_FORM
from tests.browser.test_thread import Talk, settled
from tests.browser.test_thread import talk as talk
from tests.web.world import HELLO, World

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


def test_the_question_whether_it_is_a_stop_comes_up_beside_a_half_typed_answer(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """The words that came were shown and the question was not: Send went to somebody who may have said stop."""
    begun = talk("event")
    page = visit("volunteer", PHONE).go(begun.wrote("Is there a ramp?"))
    box = page.get_by_label("Your answer to Elena")
    box.fill(WORDS)
    begun.wrote("We must STOP the rent hikes")
    expect(page.locator("#talk .bubble").last).to_have_text("We must STOP the rent hikes")
    ask = page.locator("#ask")
    expect(ask).to_contain_text("A stop word stands in this text")
    assert page.evaluate(TURN) == 1  # the question is what is to be pressed, and Send is not marked so
    expect(box).to_have_value(WORDS)
    settled(ask.get_by_role("button", name="No, go on")).click()
    expect(ask).to_have_count(0)
    expect(box).to_have_value(WORDS)


def test_who_types_into_the_search_goes_on_typing_when_the_page_gets_another_piece(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """The page was drawn anew, the letters were gone and the next ones were keys: a "u" was an Undo."""
    begun = talk("event")
    page = visit("volunteer", DESK).go(begun.wrote("Is there a ramp?"))
    field = page.locator("#q")
    field.press_sequentially("lu")
    begun.wrote("We must STOP the rent hikes")
    expect(page.locator("#ask")).to_be_visible()
    page.keyboard.type("is")
    expect(field).to_have_value("luis")


def test_words_for_a_text_that_is_withdrawn_meanwhile_stay_and_it_is_said(world: World, visit: Enter) -> None:
    """The next person's card came under them, with *Keep these words* below it, which did nothing."""
    rosa = world.draft("Rosa Delgado", "+12025550147", HELLO)
    world.draft("Luis Ortega", "+12025550148", HELLO)
    visitor = visit("volunteer", PHONE)
    page = visitor.go(f"/send/{rosa}/edit")
    visitor.wait_live()
    words = page.get_by_label("The words to Rosa")
    words.fill(WORDS)
    words.blur()
    world.receive("+12025550147", "STOP")
    expect(page.get_by_role("alert")).to_contain_text("That text is not waiting any more.")
    expect(words).to_have_value(WORDS)
    expect(page.locator("#who")).to_have_text("Rosa Delgado")
    page.get_by_role("alert").evaluate("said => said.dataset.once = 'yes'")
    page.evaluate(
        "() => { const real = textbank.refresh; textbank.refresh = (...all) => { real(...all); document.body.dataset.asked = 'yes'; }; }"
    )
    world.receive("+12025550199", "Hello?")
    page.wait_for_selector("body[data-asked]")
    expect(page.get_by_role("alert")).to_have_attribute("data-once", "yes")  # not said anew at each change
    page.get_by_role("link", name="Leave them as they were").click()
    expect(page.locator("#who")).to_have_text("Luis Ortega")


def test_a_newer_panel_below_an_open_page_takes_no_words(talk: Callable[..., Talk], visit: Enter) -> None:
    """A page of the panel before asked for itself again, and what was half typed was gone."""
    begun = talk("event")
    page = visit("volunteer", PHONE).go(begun.wrote("Is there a ramp?"))
    page.get_by_label("Your answer to Elena").fill(WORDS)
    page.evaluate("document.body.dataset.build = 'the one before'")
    begun.wrote("Hello?")
    page.wait_for_selector("body:not([data-build='the one before'])")
    expect(page.get_by_label("Your answer to Elena")).to_have_value(WORDS)


@pytest.mark.parametrize("how", ["Send", "by itself"])
def test_words_wait_in_the_tab_for_whoever_was_signed_out_over_them(
    talk: Callable[..., Talk], visit: Enter, how: str
) -> None:
    """An answer was typed, its Send brought the sign-in, and the answer was gone."""
    begun = talk("event")
    world, path = begun.world, begun.wrote("Is there a ramp?")
    visitor = visit("volunteer", PHONE)
    page = visitor.go(path)
    visitor.wait_live()
    page.get_by_label("Your answer to Elena").fill(WORDS)
    if how == "Send":
        visitor.context.clear_cookies()
        page.get_by_role("button", name="Send to Elena").click()
    else:
        world.db.execute("UPDATE session SET revoked_at=?", [store.wall_ms()])
        bell.ring(world.path)
    page.wait_for_url("**/sign-in" + "?pressed=1" * (how == "Send"))
    expect(page.get_by_role("alert")).to_contain_text("What you typed is kept in this tab.")
    assert WORDS not in page.content()
    visitor.come_in("volunteer")
    page = visitor.go(path)
    expect(page.get_by_label("Your answer to Elena")).to_have_value(WORDS)
    page = visitor.go(path)
    expect(page.get_by_label("Your answer to Elena")).to_have_value(WORDS)


def test_words_are_not_exchanged_for_the_sign_in_while_they_are_measured(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """The ruler asked, was sent to the sign-in, and put that page's pieces in the place of this one's: the box and the words were gone."""
    visitor = visit("volunteer", PHONE)
    page = visitor.go(talk("event").wrote("Is there a ramp?"))
    visitor.wait_live()
    visitor.context.clear_cookies()
    with page.expect_response(lambda answer: answer.url.endswith("/sign-in?pressed=1") and answer.ok):
        page.get_by_label("Your answer to Elena").fill(WORDS)
        page.wait_for_timeout(500)  # the ruler asks 150 ms after the last key
    expect(page.get_by_label("Your answer to Elena")).to_have_value(WORDS)
    visitor.complaints.clear()


def test_nobody_else_at_the_same_browser_finds_the_words(talk: Callable[..., Talk], visit: Enter) -> None:
    path = talk("event").wrote("Is there a ramp?")
    visitor = visit("volunteer", PHONE)
    page = visitor.go(path)
    page.get_by_label("Your answer to Elena").fill(WORDS)
    expect(page.locator("#ruler")).to_contain_text("of 160")  # all that the keys asked for has its answer
    visitor.context.clear_cookies()
    visitor.come_in("coordinator")
    page = visitor.go("/")
    assert WORDS not in page.evaluate("JSON.stringify(sessionStorage)")


def test_a_look_at_what_is_known_of_the_person_takes_no_words_and_what_was_sent_does_not_come_back(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """On a phone *About* is a page of its own: whoever looked there lost the answer that they had begun."""
    page = visit("volunteer", PHONE).go(talk("event").wrote("Is there a ramp?"))
    box = page.get_by_label("Your answer to Elena")
    box.fill(WORDS)
    page.get_by_role("link", name="About").click()
    expect(page.get_by_label("Note for the room")).to_be_visible()
    page.locator("#bar").get_by_role("link", name="Elena").click()
    expect(box).to_have_value(WORDS)
    page.get_by_role("button", name="Send to Elena").click()
    expect(page.locator("#talk .bubble").last).to_have_text(WORDS)
    page.reload()
    expect(box).to_have_value("")


def test_changed_words_stay_over_a_step_back_until_they_are_given_up(world: World, visit: Enter) -> None:
    """A thumb that swiped back from the open words lost them."""
    rosa = world.draft("Rosa Delgado", "+12025550147", HELLO)
    visitor = visit("volunteer", PHONE)
    page = visitor.go(f"/send/{rosa}/edit")
    words = page.get_by_label("The words to Rosa")
    as_it_was = words.input_value()
    words.fill(WORDS)
    page = visitor.go("/inbox")
    page = visitor.go(f"/send/{rosa}/edit")
    expect(words).to_have_value(WORDS)
    page.get_by_role("link", name="Leave them as they were").click()
    page.get_by_role("link", name="Edit").click()
    expect(words).to_have_value(as_it_was)


def test_a_page_of_somebody_who_is_not_signed_in_here_any_more_becomes_the_one_of_who_is(
    world: World, visit: Enter
) -> None:
    """Two people at one tablet: the open page kept the name of the one and took the cards of the other."""
    visitor = visit("volunteer", DESK)
    page = visitor.go("/inbox")
    visitor.wait_live()
    expect(page.locator(".me")).to_have_text("Maya")
    visitor.come_in("coordinator")
    world.receive("+12025550199", "Hello?")
    bell.ring(world.path)
    expect(page.locator(".me")).to_have_text("Cleo")


def test_a_page_that_was_open_over_another_sign_in_of_the_same_person_still_sends(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """Its forms had the token of the sign-in before: each tap said "This page was too old", and to open it anew lost the words."""
    begun = talk("event")
    visitor = visit("volunteer", PHONE)
    page = visitor.go(begun.wrote("Is there a ramp?"))
    visitor.wait_live()
    box = page.get_by_label("Your answer to Elena")
    box.fill(WORDS)
    other = visitor.context.new_page()
    link = begun.world.link("volunteer")
    other.goto(f"{visitor.panel.base}{link}")
    other.get_by_role("button").first.click()
    other.wait_for_url(f"{visitor.panel.base}/")
    begun.wrote("Hello?")
    expect(page.locator("#talk .bubble").last).to_have_text("Hello?")
    page.get_by_role("button", name="Send to Elena").click()
    expect(page.locator("#talk .bubble").last).to_have_text(WORDS)


def test_an_answer_that_arrived_before_somebody_left_over_its_send_goes_once(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """Its page never heard so, kept the words, and had them in the box again under another key: Send sent them twice."""
    begun = talk("event")
    world, path = begun.world, begun.wrote("Is there a ramp?")
    page = visit("volunteer", PHONE).go(path)
    box = page.get_by_label("Your answer to Elena")
    box.fill(WORDS)
    expect(page.locator("#ruler")).to_contain_text("of 160")
    page.evaluate(HOLD_THE_FORM)  # it reaches the box; what the box says does not reach the page
    page.get_by_role("button", name="Send to Elena").click()
    page.wait_for_selector("body[data-held=form]")
    page.reload()
    expect(page.locator("#talk .bubble").last).to_have_text(WORDS)
    expect(box).to_have_value(WORDS)
    page.get_by_role("button", name="Send to Elena").click()
    expect(box).to_have_value("")
    answers = "SELECT count(*) FROM message WHERE text=?"
    assert world.db.execute(answers, [WORDS]).fetchone()[0] == 1


def test_words_that_somebody_deletes_after_a_step_back_stay_deleted(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """A page that its browser had kept whole came back with its words, which stayed in the tab as well and were there again later."""
    visitor = visit("volunteer", PHONE)
    path = talk("event").wrote("Is there a ramp?")
    page = visitor.go(path)
    box = page.get_by_label("Your answer to Elena")
    box.fill(WORDS)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    box.fill("")
    visitor.go("/inbox")
    visitor.go(path)
    expect(box).to_have_value("")


def test_who_signs_out_leaves_no_words_at_a_shared_tablet(talk: Callable[..., Talk], visit: Enter) -> None:
    """What was half typed to somebody stayed in the browser for whoever came next, who was told so."""
    visitor = visit("volunteer", PHONE)
    page = visitor.go(talk("event").wrote("Is there a ramp?"))
    page.get_by_label("Your answer to Elena").fill(WORDS)
    page = visitor.go("/me")
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url("**/sign-in")
    assert WORDS not in page.evaluate("JSON.stringify(sessionStorage)")
    expect(page.get_by_role("alert")).to_have_count(0)
