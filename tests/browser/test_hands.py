"""What hands do at a keyboard and browsers do by themselves: which keys count, and who has the focus."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from tests.browser.conftest import DESK, PHONE, Panel, Visit
from tests.browser.test_script import written
from tests.browser.test_thread import Talk
from tests.browser.test_thread import talk as talk
from tests.web.world import HELLO, World

Enter = Callable[..., Visit]
WORDS = "There is a ramp at the side door"
AWAY = "dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))"
BACK = """() => {
  dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}));
  return document.title + document.body.textContent;
}"""
KEEPS_NOTHING = """for (const kept of ['sessionStorage', 'localStorage']) {
  Object.defineProperty(window, kept, {get() { throw new DOMException('no', 'SecurityError'); }});
}"""


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


def test_ctrl_enter_in_a_note_sends_no_half_typed_answer(
    talk: Callable[..., Talk], world: World, visit: Enter
) -> None:
    """Nor on a link, which it opens in another tab: what stood in the box for the person went to them."""
    page = visit("volunteer", DESK).go(talk("event").wrote("Is there a ramp?"))
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    answer = page.locator("#reply textarea")
    answer.fill("There is a")
    page.locator("#note").fill("Uses a wheelchair")
    page.keyboard.press("Control+Enter")
    page.locator("#rows a").first.evaluate("link => { link.onclick = () => false; link.focus(); }")
    page.keyboard.press("Control+Enter")
    assert [url for url in posted if "reply" in url] == []
    answer.focus()
    page.keyboard.press("Control+Enter")
    expect(answer).not_to_have_value("There is a")
    assert len([url for url in posted if "reply" in url]) == 1


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


def test_a_second_press_of_try_now_presses_nothing_on_the_page(
    world: World, panel: Panel, visit: Enter
) -> None:
    """The focus had gone back to Skip: Space twice on “Try now” skipped the person."""
    visitor = first_card(world, visit)
    page = visitor.page
    page.get_by_role("button", name="Skip").focus()
    panel.stop()
    veil = page.get_by_role("alertdialog")
    expect(veil).to_be_visible()
    panel.start()
    page.evaluate("""() => new MutationObserver((_, watch) => {
      if (!document.getElementById('veil').hidden) return;
      watch.disconnect();
      setTimeout(() => document.activeElement.click(), 0);
    }).observe(document.getElementById('veil'), {attributes: true})""")
    page.keyboard.press("Space")
    expect(veil).to_be_hidden()
    expect(page.locator("body")).not_to_have_class(re.compile("fresh"))
    opens_the_words(page)
    visitor.complaints[:] = [line for line in visitor.complaints if "ERR_" not in line]


def test_a_late_look_for_the_box_does_not_take_the_focus_again(
    talk: Callable[..., Talk], panel: Panel, visit: Enter
) -> None:
    """Two looks were under way; the one that came late put the focus back: words of a note went on in the answer."""
    visitor = visit("volunteer", DESK)
    page = visitor.go(talk("event").wrote("Is there a ramp?"))
    visitor.wait_live()
    page.get_by_label("Your answer to Elena").focus()
    panel.stop()
    veil = page.get_by_role("alertdialog")
    expect(veil).to_be_visible()
    held: list[Route] = []
    visitor.context.route("**/alive", lambda route: held.append(route) if not held else route.continue_())
    panel.start()
    page.get_by_role("button", name="Try now").click()
    page.wait_for_function("document.getElementById('veil-when').textContent === 'Trying now.'")
    page.keyboard.press("Enter")
    expect(veil).to_be_hidden()
    note = page.locator("#note")
    note.focus()
    with page.expect_response("**/alive"):
        held[0].continue_()
    page.evaluate("new Promise((done) => setTimeout(done))")
    expect(note).to_be_focused()
    visitor.complaints[:] = [line for line in visitor.complaints if "ERR_" not in line]


def test_who_was_about_to_write_does_so_where_the_page_was_drawn_anew_behind_the_veil(
    talk: Callable[..., Talk], panel: Panel, visit: Enter
) -> None:
    """The focus was on no box then: letters were keys."""
    visitor = visit("volunteer", DESK)
    talked = talk("event")
    page = visitor.go(talked.wrote("Is there a ramp?"))
    visitor.wait_live()
    page.locator("#note").focus()
    panel.stop()
    veil = page.get_by_role("alertdialog")
    expect(veil).to_be_visible()
    page.evaluate("document.querySelector('#facts').outerHTML += ''")
    panel.start()
    page.keyboard.press("Enter")
    expect(veil).to_be_hidden()
    expect(page.locator("#note")).to_be_focused()
    visitor.complaints[:] = [line for line in visitor.complaints if "ERR_" not in line]


@pytest.mark.parametrize("keeps", [True, False])
def test_a_page_that_comes_back_whole_after_a_sign_out_in_another_tab_shows_nobodys_texts(
    talk: Callable[..., Talk], visit: Enter, keeps: bool
) -> None:
    """It did until the box answered; and after a sign-out in its own tab, where the browser keeps nothing."""
    visitor = visit("volunteer", PHONE)
    if not keeps:
        visitor.context.add_init_script(KEEPS_NOTHING)
    page = visitor.go(talk("event").wrote("Is there a ramp?"))
    visitor.wait_live()
    page.evaluate(AWAY)
    other = visitor.context.new_page()
    other.goto(visitor.panel.base + "/me")
    other.get_by_role("button", name="Sign out", exact=True).click()
    expect(other.get_by_label("Password")).to_be_visible()
    assert "ramp" not in page.evaluate(BACK)
    expect(page.get_by_label("Password")).to_be_visible()
    visitor.complaints[:] = [line for line in visitor.complaints if "EventSource" not in line]


def test_nobody_is_asked_whether_to_leave_words_that_they_keep(world: World, visit: Enter) -> None:
    """An old Safari sends the form itself, and asked whether the changes may be lost at the press that keeps them."""
    made = written(world)
    visitor = visit("coordinator", DESK)
    visitor.context.add_init_script("delete SubmitEvent.prototype.submitter")
    page = visitor.go(f"/campaigns/{made}/words/first/0")
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    page.get_by_label("First text").fill("{organisation}: " + WORDS + " STOP to end.")
    with page.expect_navigation():
        page.locator("#piece button.turn, #piece button.big").first.click()
    assert asked == []


def test_a_second_press_in_an_old_safari_does_nothing_twice(talk: Callable[..., Talk], visit: Enter) -> None:
    """It sends a form itself: a note that was kept with two quick taps stood there twice."""
    visitor = visit("volunteer", PHONE)
    visitor.context.add_init_script("delete SubmitEvent.prototype.submitter")
    visitor.go(talk("event").wrote("Is there a ramp?") + "?about=1")
    page = visitor.page
    sent: list[str] = []
    page.on(
        "request",
        lambda request: request.method == "POST" and "note" in request.url and sent.append(request.url),
    )
    page.locator("#note").fill("A note")
    page.evaluate("""() => {
      const key = document.querySelector('#note').form.querySelector('button');
      key.click();
      setTimeout(() => key.click(), 0);
    }""")
    expect(page.get_by_text("A note", exact=True)).to_be_visible()
    assert len(sent) == 1


def test_a_page_that_is_read_slowly_leaves_the_focus_where_somebody_is(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """Its scripts came late, and took whoever wrote elsewhere by then into the words to the person."""
    visitor = visit("volunteer", DESK)
    path = talk("event").wrote("Is there a ramp?")
    held: list[Route] = []
    page = visitor.context.new_page()
    page.route("**/page.js*", lambda route: held.append(route))
    with page.expect_request("**/page.js*"):
        page.goto(visitor.panel.base + path + "?choice=maybe", wait_until="commit")
    page.locator("#note").focus()
    expect(page.locator("#note")).to_be_focused()
    held[0].continue_()
    page.wait_for_selector("body[data-stream=open]")
    expect(page.locator("#note")).to_be_focused()
