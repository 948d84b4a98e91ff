"""What somebody has typed, chosen or is about to press on one place of a page outlives what happens at another place."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from gateway import bell, erasing, store
from tests.browser.conftest import DESK, Visit
from tests.browser.test_live import HOLD_THE_FORM
from tests.browser.test_thread import NUMBER, Talk
from tests.browser.test_thread import talk as talk
from tests.web.world import HELLO, World, modems

Enter = Callable[..., Visit]


def test_a_line_and_a_choice_of_another_form_outlive_what_is_pressed_beside_them(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """The page was drawn anew with the answer: the tag that was half typed was gone, and whom to pass them on to was the room again."""
    page = visit("volunteer", DESK).go(talk("event").wrote("Is there a ramp?"))
    page.get_by_placeholder("Tag").fill("wheelch")
    page.get_by_label("Pass on to").select_option(label="Cleo, coordinator")
    page.locator("#facts").get_by_role("button", name="Maybe").click()
    pressed = page.locator("#facts").get_by_role("button", name="Maybe")
    expect(pressed).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_placeholder("Tag")).to_have_value("wheelch")
    expect(page.get_by_label("Pass on to").locator("option:checked")).to_have_text("Cleo, coordinator")


def test_a_question_to_a_modem_that_is_half_typed_outlives_another_key_of_its_page(
    world: World, visit: Enter
) -> None:
    modems(world)
    page = visit("technician", DESK).go("/modems/north")
    page.get_by_label("A command that reads").fill("AT+CS")
    page.get_by_role("button", name="Start anew").click()
    expect(page.locator("#asked-restart")).to_contain_text("Ted asked")
    expect(page.get_by_label("A command that reads")).to_have_value("AT+CS")


def test_the_next_tag_is_not_lost_when_the_one_before_arrives(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    page = visit("volunteer", DESK).go(talk("event").wrote("Is there a ramp?"))
    page.evaluate(HOLD_THE_FORM)
    tag = page.get_by_placeholder("Tag")
    tag.fill("wheelchair")
    tag.press("Enter")
    page.wait_for_selector("body[data-held=form]")
    tag.fill("ramp")
    page.evaluate("letGo()")
    expect(page.locator("#facts").get_by_role("button", name="wheelchair")).to_be_visible()
    expect(tag).to_have_value("ramp")
    expect(tag).to_be_focused()


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
    expect(whom).not_to_have_attribute("tabindex", "-1")  # Tab would never come back to it
    expect(page.get_by_role("alertdialog")).to_be_hidden()


def test_who_begins_a_note_while_an_answer_is_on_its_way_writes_on_in_it(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """The focus left the empty note with the answer's page, and its first letter, a "u", took the answer back."""
    begun = talk("event")
    page = visit("volunteer", DESK).go(begun.wrote("Is there a ramp?"))
    box = page.get_by_label("Your answer to Elena")
    box.fill("Yes, there is.")
    expect(page.locator("#ruler")).to_contain_text("of 160")
    page.evaluate(HOLD_THE_FORM)
    box.press("Control+Enter")
    page.wait_for_selector("body[data-held=form]")
    page.get_by_label("Note for the room").click()
    page.evaluate("letGo()")
    expect(page.locator("#talk .bubble").last).to_have_text("Yes, there is.")
    page.wait_for_selector("body:not(.fresh)")
    page.keyboard.type("uses a wheelchair")
    expect(page.get_by_label("Note for the room")).to_have_value("uses a wheelchair")


def test_what_is_known_of_a_person_is_drawn_anew_round_a_tag_that_is_half_typed(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """It stayed as it was until the tag was kept or given up."""
    begun = talk("event")
    visitor = visit("volunteer", DESK)
    page = visitor.go(begun.wrote("Is there a ramp?"))
    visitor.wait_live()
    page.get_by_placeholder("Tag").fill("wheelch")
    page.get_by_label("Pass on to").select_option(label="Cleo, coordinator")
    page.locator("#talk").focus()
    begun.wrote("Hello?")
    bell.ring(begun.world.path)
    expect(page.locator("#facts")).to_contain_text("From them2 texts")
    expect(page.get_by_placeholder("Tag")).to_have_value("wheelch")
    expect(page.get_by_label("Pass on to").locator("option:checked")).to_have_text("Cleo, coordinator")


def test_what_was_not_drawn_while_somebody_stood_in_a_field_is_drawn_when_they_leave_it(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """It stayed old until something else happened in the room, which may be an hour."""
    begun = talk("event")
    visitor = visit("volunteer", DESK)
    page = visitor.go(begun.wrote("Is there a ramp?"))
    visitor.wait_live()
    page.get_by_placeholder("Tag").focus()
    begun.wrote("Hello?")
    bell.ring(begun.world.path)
    expect(page.locator("#talk .bubble").last).to_have_text("Hello?")
    expect(page.locator("#facts")).to_contain_text("From them1 text")
    page.locator("#talk").focus()
    expect(page.locator("#facts")).to_contain_text("From them2 texts")


LOSE_THE_ANSWER = """() => {
  const real = window.fetch;
  window.fetch = async (address, options) => {
    const answer = await real(address, options);
    if (!options || options.method !== "POST" || String(address).endsWith("/count")) return answer;
    window.fetch = real;
    throw new TypeError("the answer was lost");
  };
}"""


@pytest.mark.parametrize("what", ["a note", "a batch"])
def test_what_would_be_done_twice_is_not_sent_again_behind_the_veil(
    talk: Callable[..., Talk], visit: Enter, what: str
) -> None:
    """It had arrived, its answer was lost, and it was sent again: the note stood there twice, twice as many people were taken."""
    begun = talk("event")
    world = begun.world
    visitor = visit("volunteer", DESK)
    if what == "a note":
        page = visitor.go(begun.wrote("Is there a ramp?"))
        page.get_by_label("Note for the room").fill("Uses a wheelchair.")
    else:
        world.db.execute("UPDATE campaign SET options=json_set(options, '$.batch', 1)")
        world.db.execute("UPDATE target SET state='open', holder_id=NULL, held_at=NULL WHERE state='held'")
        page = visitor.go("/")
    visitor.wait_live()
    page.evaluate(LOSE_THE_ANSWER)
    page.get_by_role("button", name="Keep the note" if what == "a note" else "Take the next 1").click()
    expect(page.get_by_role("alert")).to_contain_text("nobody knows whether that was done")
    if what == "a note":
        expect(page.locator("#facts li", has_text="Uses a wheelchair.")).to_have_count(1)
        expect(page.get_by_label("Note for the room")).to_have_value("Uses a wheelchair.")
        assert world.db.execute("SELECT count(*) FROM note").fetchone()[0] == 1
    else:
        expect(page.locator("h1")).to_contain_text("1 to send")
        assert world.db.execute("SELECT count(*) FROM target WHERE state='held'").fetchone()[0] == 1


@pytest.mark.parametrize("key", ["s", "u"])
def test_a_key_that_is_pressed_while_a_form_is_under_way_is_not_lost_without_a_word(
    world: World, visit: Enter, key: str
) -> None:
    """It was dropped silently: whoever pressed U at once believed that the text was taken back."""
    rosa = world.draft("Rosa Delgado", "+12025550147", HELLO)
    luis = world.draft("Luis Ortega", "+12025550148", HELLO)
    mei = world.draft("Mei Chen", "+12025550149", HELLO)
    page = visit("volunteer", DESK).go("/send")
    page.keyboard.press("Enter")
    expect(page.locator("#who")).to_have_text("Luis Ortega")
    page.wait_for_selector("body:not(.fresh)")
    page.evaluate(HOLD_THE_FORM)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # a nervous finger, of which nothing needs to be said
    expect(page.get_by_role("alert")).to_have_count(0)
    page.keyboard.press(key)
    expect(page.get_by_role("alert")).to_contain_text("too early, and nothing was done")
    page.wait_for_selector("body[data-held=form]")
    page.evaluate("letGo()")
    expect(page.locator("#who")).to_have_text("Mei Chen")
    expect(page.get_by_role("alert")).to_contain_text("too early, and nothing was done")
    assert [world.state(each) for each in (rosa, luis, mei)] == ["approved", "approved", "awaiting"]
    page.wait_for_selector("body:not(.fresh)")
    page.evaluate("document.body.dataset.held = ''")
    page.keyboard.press("s")
    page.wait_for_selector("body[data-held=form]")
    page.evaluate("letGo()")
    expect(page.locator("#who")).not_to_have_text("Mei Chen")
    expect(page.get_by_role("alert")).to_have_count(0)  # it was said of the key before


def test_a_late_refusal_is_not_said_of_the_conversation_that_was_opened_meanwhile(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    begun = talk("event")
    world = begun.world
    visitor = visit("volunteer", DESK)
    page = visitor.go(begun.wrote("Is there a ramp?"))
    conversations = "UPDATE conversation SET holder_id=?, held_at=? WHERE id=?"
    page.evaluate(
        """() => {
          const real = window.fetch;
          window.fetch = async (address, options) => {
            const answer = await real(address, options);
            if (String(address).endsWith("/begin")) await new Promise((done) => { window.letGo = done; document.body.dataset.held = "begin"; });
            return answer;
          };
        }"""
    )
    world.db.execute(conversations, [world.users["other"].id, store.wall_ms(), begun.id])
    page.get_by_label("Your answer to Elena").press("H")
    page.wait_for_selector("body[data-held=begin]")
    world.db.execute(conversations, [world.users["volunteer"].id, store.wall_ms(), begun.id])
    page.get_by_label("Your answer to Elena").fill("")
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#who")).to_have_count(0)
    page.evaluate("async () => { letGo(); await new Promise(done => setTimeout(done, 300)); }")
    expect(page.get_by_role("alert")).to_have_count(0)
    visitor.complaints[:] = [line for line in visitor.complaints if "409" not in line]


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


@pytest.mark.parametrize("which", ["an answer that is written down", "a ready answer"])
def test_a_picked_answer_whose_words_were_changed_outlives_a_tag(
    talk: Callable[..., Talk], visit: Enter, which: str
) -> None:
    """The page that came with the tag knew of no picked answer: the words of a ready one were gone, and of another one what it writes down."""
    begun = talk("event")
    page = visit("volunteer", DESK).go(begun.wrote("Is there a ramp?"))
    if which == "a ready answer":
        page.locator(".ready a").first.click()
    else:
        page.locator(".answers").get_by_role("link", name="Maybe").click()
    box = page.get_by_label("Your answer to Elena")
    words = box.input_value()
    assert words
    box.fill(f"{words} See you!")
    key = page.locator("#reply button.big").inner_text()
    page.get_by_placeholder("Tag").fill("ramp")
    page.get_by_placeholder("Tag").press("Enter")
    expect(page.locator("#facts").get_by_role("button", name="ramp")).to_be_visible()
    expect(box).to_have_value(f"{words} See you!")
    expect(page.locator("#reply button.big")).to_have_text(key)
