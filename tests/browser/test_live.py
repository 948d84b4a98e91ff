"""Live: what comes in is on the screen by itself, nobody's typing is disturbed, and a box that does not answer says so."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from gateway import bell, people, store
from tests.browser.conftest import DESK, PHONE, Panel, Visit
from tests.campaigning import started
from tests.web.world import HELLO, World, busy_day, modems

Enter = Callable[..., Visit]
ROSA = "+12025550147"
HOLD_THE_FORM = """() => {
  const real = window.fetch;
  window.fetch = async (address, options) => {
    const answer = await real(address, options);
    if (options && options.method === "POST") await new Promise((done) => { window.letGo = done; document.body.dataset.held = "form"; });
    return answer;
  };
}"""

HOLD_THE_PAGE = """() => {
  const real = window.fetch;
  window.fetch = async (address, options) => {
    const answer = await real(address, options);
    if (!options.method) await new Promise((done) => { window.letGo = done; document.body.dataset.held = "page"; });
    return answer;
  };
}"""


BUSY_ONCE = """() => {
  const real = window.fetch;
  window.fetch = async () => {
    window.fetch = real;
    setTimeout(() => { document.body.dataset.told = "busy"; }, 100);
    return new Response("The box is busy", { status: 503 });
  };
}"""

DRAWN_FROM_WHAT_WAS_KEPT = """document.addEventListener("DOMContentLoaded", () => {
  const piece = document.getElementById("progress");
  piece.innerHTML = piece.innerHTML.replace("0 of 6 texted", "3 of 6 texted");
  window.was = piece.textContent;
  document.getElementById("main").dataset.later = "400";
})"""


@pytest.fixture
def rosa(world: World) -> int:
    return world.draft("Rosa Delgado", ROSA, HELLO)


def ring(world: World) -> None:
    bell.ring(world.path)


def test_a_reply_is_in_the_open_thread_without_reloading(world: World, rosa: int, visit: Enter) -> None:
    world.approve(rosa)
    world.fly("sent")
    visitor = visit("volunteer", PHONE)
    page = visitor.go(f"/inbox/{world.conversation(ROSA)}")
    visitor.wait_live()
    page.evaluate("window.stillHere = true")
    waits = []
    for n in range(6):
        world.receive(ROSA, f"Answer number {n}")
        began = time.monotonic()
        ring(world)
        page.locator("#talk .bubble", has_text=f"Answer number {n}").wait_for()
        waits.append(time.monotonic() - began)
        page.wait_for_timeout(800)  # people do not answer ten times a second
    assert page.evaluate("window.stillHere") is True
    assert sorted(waits)[-2] < 0.5, waits
    expect(page.locator("#say")).to_have_text("Answer number 5")


def test_the_way_of_a_text_is_followed_on_the_send_screen(world: World, rosa: int, visit: Enter) -> None:
    world.draft("Luis", "+12025550148", HELLO)
    visitor = visit("volunteer", DESK)
    page = visitor.go("/send")
    visitor.wait_live()
    page.get_by_role("button", name="Send to Rosa").click()
    expect(page.locator("#last li").first).to_contain_text("Approved")
    world.db.execute("UPDATE message SET not_before=NULL")
    world.fly("sent")
    ring(world)
    expect(page.locator("#last li").first).to_contain_text("Sent")
    expect(page.locator("#who")).to_have_text("Luis")


def test_a_reply_counts_at_every_place_and_never_moves_the_card(
    world: World, rosa: int, visit: Enter
) -> None:
    visitor = visit("volunteer", DESK)
    page = visitor.go("/send")
    visitor.wait_live()
    where = page.locator("#send").bounding_box()
    world.receive("+12025550199", "Who is this?")
    ring(world)
    expect(page.locator(".tabs .count")).to_contain_text("1")
    assert page.locator("#send").bounding_box() == where
    expect(page.locator("#who")).to_have_text("Rosa Delgado")


def test_who_asks_to_stop_leaves_the_screen_before_the_tap(world: World, rosa: int, visit: Enter) -> None:
    visitor = visit("volunteer", PHONE)
    page = visitor.go("/send")
    visitor.wait_live()
    world.receive(ROSA, "STOP")
    ring(world)
    expect(page.locator("#who")).to_have_text("Nothing waits for a Send")


def test_what_somebody_types_is_left_alone(world: World, rosa: int, visit: Enter) -> None:
    world.approve(rosa)
    world.fly("sent")
    world.receive(ROSA, "Yes?")
    visitor = visit("volunteer", DESK)
    page = visitor.go(f"/inbox/{world.conversation(ROSA)}")
    visitor.wait_live()
    field = page.get_by_label("Your answer to Rosa")
    field.fill("I am writ")
    field.focus()
    world.receive(ROSA, "Are you there?")
    world.receive("+12025550199", "A stranger")
    ring(world)
    page.locator("#talk .bubble", has_text="Are you there?").wait_for()
    expect(field).to_have_value("I am writ")
    expect(field).to_be_focused()
    page.keyboard.type("ing")
    page.keyboard.press("Control+Enter")
    page.locator("#talk .bubble.out", has_text="I am writing").wait_for()
    expect(field).to_have_value("")


def test_the_next_person_by_keyboard(world: World, visit: Enter) -> None:
    busy_day(world)
    page = visit("volunteer", DESK).go("/inbox")
    page.keyboard.press("Control+.")
    expect(page.locator("#who")).to_have_text("Oluwaseun Adébáyò")
    page.keyboard.press("Control+.")
    expect(page.locator("#who")).to_have_text("A number ending in 99")
    page.keyboard.press("Control+,")
    expect(page.locator("#who")).to_have_text("Oluwaseun Adébáyò")


def test_a_box_that_does_not_answer_says_so_and_comes_back_with_what_was_sent(
    world: World, panel: Panel, rosa: int, visit: Enter
) -> None:
    visitor = visit("volunteer", PHONE)
    visitor.page.clock.install()
    page = visitor.go("/send")
    visitor.wait_live()
    panel.stop()
    page.get_by_role("button", name="Send to Rosa").click()
    veil = page.get_by_role("alertdialog")
    expect(veil).to_contain_text("The box does not answer")
    expect(veil).to_contain_text("What you sent is safe")
    expect(page.get_by_role("button", name="Try now")).to_be_focused()
    assert page.locator("main").evaluate("e => e.inert")
    expect(page.locator("#light")).to_contain_text("Not connected")
    assert world.state(rosa) == "awaiting"
    # Else the page's own countdown may look just before the press, and the veil is gone.
    page.clock.pause_at(time.time() + 1)
    panel.start()
    page.get_by_role("button", name="Try now").click()
    page.clock.resume()
    expect(page.locator("#who")).to_have_text("Your text is on its way")
    expect(veil).to_be_hidden()
    assert world.state(rosa) == "approved"
    visitor.wait_live()
    visitor.complaints[:] = [line for line in visitor.complaints if "ERR_" not in line]


def test_a_box_that_goes_away_by_itself_is_noticed(
    world: World, panel: Panel, rosa: int, visit: Enter
) -> None:
    visitor = visit("volunteer", PHONE)
    page = visitor.go("/inbox")
    visitor.wait_live()
    panel.stop()
    expect(page.get_by_role("alertdialog")).to_be_visible(timeout=15000)
    panel.start()
    expect(page.get_by_role("alertdialog")).to_be_hidden(timeout=25000)
    visitor.wait_live()
    visitor.complaints[:] = [line for line in visitor.complaints if "ERR_" not in line]


def test_a_box_that_lost_its_power_is_noticed(world: World, panel: Panel, rosa: int, visit: Enter) -> None:
    """It ends no stream: the page said "Live" for ever, and showed what had been."""
    visitor = visit("volunteer", PHONE)
    visitor.page.clock.install()
    page = visitor.go("/inbox")
    visitor.wait_live()
    panel.freeze(True)
    page.clock.fast_forward(60_000)
    expect(page.get_by_role("alertdialog")).to_be_visible()
    panel.freeze(False)
    expect(page.get_by_role("alertdialog")).to_be_hidden(timeout=25000)
    visitor.wait_live()
    visitor.complaints[:] = [line for line in visitor.complaints if "ERR_" not in line]


def test_a_tap_beside_a_form_that_is_under_way_is_not_lost_without_a_word(
    world: World, rosa: int, visit: Enter
) -> None:
    page = visit("volunteer", PHONE).go("/send")
    page.evaluate(HOLD_THE_FORM)
    page.get_by_role("button", name="Send to Rosa").click()
    page.get_by_role("button", name="Later").click()
    expect(page.get_by_role("alert")).to_contain_text("what you pressed before was still on its way")
    page.wait_for_selector("body[data-held=form]")
    page.evaluate("letGo()")
    expect(page.locator("#who")).to_have_text("Your text is on its way")
    assert world.state(rosa) == "approved"


def test_a_hidden_page_holds_no_stream(world: World, visit: Enter) -> None:
    visitor = visit("volunteer", PHONE)
    visitor.wait_live()
    hidden = """v => {
      Object.defineProperty(document, 'hidden', {value: v, configurable: true});
      document.dispatchEvent(new Event('visibilitychange'));
    }"""
    with visitor.page.expect_event("requestfailed", lambda request: "/live" in request.url):
        visitor.page.evaluate(hidden, True)
    with visitor.page.expect_request(lambda request: "/live" in request.url):
        visitor.page.evaluate(hidden, False)
    visitor.wait_live()


def test_the_stream_opens_at_every_load(world: World, visit: Enter) -> None:
    visitor = visit("volunteer", PHONE)
    for _ in range(10):
        visitor.go("/inbox")
        visitor.wait_live()


def test_a_device_that_is_signed_out_elsewhere_sees_the_door(world: World, rosa: int, visit: Enter) -> None:
    phone, laptop = visit("volunteer", PHONE), visit("volunteer", DESK)
    phone.wait_live()
    laptop.go("/me")
    laptop.page.get_by_role("button", name="Sign out all others").click()
    expect(laptop.page.locator("#say")).to_have_text("1 device is signed out.")
    world.receive("+12025550199", "Hello?")
    ring(world)
    phone.page.wait_for_url("**/sign-in")


def test_a_modem_that_was_pulled_out_is_shown_by_itself(world: World, visit: Enter) -> None:
    from gateway import stations, store

    busy_day(world)
    visitor = visit("technician", DESK)
    page = visitor.go("/modems")
    visitor.wait_live()
    expect(page.locator("h1")).to_have_text("One works, one needs you")
    stations.set_state(world.db, "south", "ready", "", now=store.wall_ms())
    ring(world)
    expect(page.locator("h1")).to_have_text("Both modems work")
    page.get_by_role("button", name="Pause north").click()
    expect(page.locator("#say")).to_have_text("north finishes the text it has, then pauses.")


def test_what_changes_while_a_form_is_under_way_is_not_missed(world: World, visit: Enter) -> None:
    from gateway import stations, store

    busy_day(world)
    ted, ana = visit("technician", DESK), visit("admin", DESK)
    for visitor in (ted, ana):
        visitor.go("/modems/north")
        visitor.wait_live()

    ted.page.evaluate(HOLD_THE_FORM)
    ted.page.get_by_role("button", name="Signal", exact=True).click()
    ted.page.wait_for_selector("body[data-held]")  # the page is drawn, as it was before the answer
    asked = stations.latest_results(world.db, "north", "query", 1)[0]["id"]
    stations.answer(world.db, asked, "+CSQ: 21,99", now=store.wall_ms())
    ring(world)
    ana.page.locator("#asked-query", has_text="+CSQ: 21,99").wait_for()  # so everybody was told
    ted.page.evaluate("letGo()")
    expect(ted.page.locator("#asked-query")).to_contain_text("+CSQ: 21,99")


def test_who_is_shut_out_is_at_the_sign_in_within_seconds(world: World, rosa: int, visit: Enter) -> None:
    visitor = visit("volunteer", PHONE)
    page = visitor.go("/send")
    visitor.wait_live()
    people.disable(world.db, world.users["volunteer"].id, now=store.wall_ms())
    page.wait_for_url("**/sign-in", timeout=5000)


def test_a_change_that_is_told_while_a_form_brings_an_older_page_is_not_missed(
    world: World, panel: Panel, visit: Enter
) -> None:
    """A list was ready before the page that said "100% are taken" had come; that page stood for ever."""
    list_id = world.list_of("Name,Phone\nRosa,+12025550141\n", take=False)
    cleo = visit("coordinator", DESK)
    page = cleo.go(f"/lists/{list_id}")
    cleo.wait_live()
    page.get_by_label("Where their consent comes from").fill("Sign-up sheet")
    page.get_by_label("Since when they agree").fill("2026-10-03")
    page.evaluate(HOLD_THE_FORM)
    page.get_by_role("button", name="Take this list").click()
    page.wait_for_selector("body[data-held=form]")
    world.db.execute("UPDATE contact_list SET name='Another name' WHERE id=?", [list_id])
    ring(world)
    page.wait_for_timeout(1200)  # it is told meanwhile: the stream looks twice a second at the latest
    page.evaluate("window.letGo()")
    expect(page.locator("#result")).to_contain_text("Another name")


def test_a_page_that_was_asked_for_before_a_send_does_not_bring_the_card_before_back(
    world: World, rosa: int, visit: Enter
) -> None:
    """Rosa's card came once more in the place of Luis's, and the key that was being pressed for him sent nothing."""
    world.draft("Luis Ortega", "+12025550148", HELLO)
    visitor = visit("volunteer", PHONE)
    page = visitor.go("/send")
    visitor.wait_live()
    page.evaluate("void (window.at_once = window.fetch)")
    page.evaluate(HOLD_THE_PAGE)
    world.receive("+12025550188", "Hello?")
    ring(world)
    page.wait_for_selector("body[data-held=page]")  # Rosa's
    page.get_by_role("button", name="Send to Rosa").click()
    expect(page.locator("#who")).to_have_text("Luis Ortega")
    page.evaluate("""() => {
      window.cards = new Set();
      new MutationObserver(() => cards.add(document.getElementById("who").textContent)).observe(document.body, {childList: true, subtree: true});
      window.fetch = window.at_once;
      window.letGo();
    }""")
    world.receive("+12025550189", "Hello?")
    ring(world)
    expect(page.locator(".tabs .count")).to_contain_text("2")
    assert page.evaluate("[...cards]") == ["Luis Ortega"]


def test_a_number_that_was_kept_is_asked_for_once_more(world: World, visit: Enter) -> None:
    """On a slow box a count is kept for seconds; the last change fell into them, and the board stayed behind for ever."""
    modems(world)
    campaign_id = started(world.db, world.users["coordinator"], world.rules, now=store.wall_ms())
    visitor = visit("coordinator", DESK)
    visitor.context.add_init_script(DRAWN_FROM_WHAT_WAS_KEPT)
    page = visitor.go(f"/campaigns/{campaign_id}")
    expect(page.locator("#progress")).to_contain_text("0 of 6 texted")
    assert "3 of 6 texted" in page.evaluate("was")


def test_a_change_that_a_busy_box_could_not_show_is_asked_for_again(world: World, visit: Enter) -> None:
    """The answer to the last change was "The box is busy"; the stream was well, so the page never asked again."""
    visitor = visit("coordinator", DESK)
    visitor.page.clock.install()
    page = visitor.go("/")
    visitor.wait_live()
    page.evaluate(BUSY_ONCE)
    world.receive(ROSA, "Hello?")
    ring(world)
    page.wait_for_selector("body[data-told=busy]")
    expect(page.locator("h1")).not_to_contain_text("waiting")
    page.clock.fast_forward(16_000)
    expect(page.locator("h1")).to_contain_text("1 waiting for an answer")


def test_a_tap_is_not_swallowed_by_a_page_that_draws_itself_anew(world: World, visit: Enter) -> None:
    """The first tap on *Take the next 10* fell on a piece that was exchanged between the finger's down and up."""
    modems(world)
    started(world.db, world.users["coordinator"], world.rules, now=store.wall_ms())
    visitor = visit("volunteer", PHONE)
    page = visitor.page
    visitor.wait_live()
    page.evaluate(HOLD_THE_PAGE)

    def told_under_a_finger(what: Locator, number: str) -> None:
        world.receive(number, "Hello?")
        ring(world)
        page.wait_for_selector("body[data-held=page]")
        what.hover()
        page.mouse.down()
        page.evaluate(
            "() => { document.body.dataset.held = ''; window.letGo(); return new Promise(requestAnimationFrame); }"
        )
        page.mouse.up()

    told_under_a_finger(page.locator("h1"), "+12025550188")
    page.wait_for_selector("body[data-held=page]")  # it is asked for again when the finger is up
    page.evaluate("window.letGo()")
    expect(page.locator("h1")).to_contain_text("1 waiting for an answer")
    page.evaluate("document.body.dataset.held = ''")
    told_under_a_finger(page.get_by_role("button", name="Take the next"), "+12025550189")
    page.wait_for_url("**/send")
