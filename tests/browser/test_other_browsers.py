"""What Safari, Firefox and the browsers of old machines do otherwise or do not have, done to the one browser that is here."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Route, expect

from gateway import store
from tests.browser.conftest import DESK, PHONE, ROOT, Panel, Visit
from tests.browser.test_script import written
from tests.browser.test_thread import NUMBER, Talk, in_view
from tests.browser.test_thread import talk as talk
from tests.web.world import HELLO, World

Enter = Callable[..., Visit]
WORDS = "There is a ramp at the side door"
# Safari looks for what has `autofocus` after the page was read, where nothing has the focus yet, and goes to its beginning.
LATE_AUTOFOCUS = """
  let read = false;
  addEventListener('DOMContentLoaded', () => { read = true; }, true);
  addEventListener('focusin', (event) => read || event.target.blur());
  addEventListener('load', () => {
    const field = document.querySelector('[autofocus]');
    if (field && document.activeElement === document.body) { field.focus(); field.setSelectionRange(0, 0); }
    document.body.dataset.ready = 'yes';
  });
"""
# The page keeps the key from the browser, which Firefox asks before it opens its own search with "/".
KEPT = "addEventListener('keydown', (event) => setTimeout(() => { document.body.dataset.kept = event.defaultPrevented; }))"
OLDER_THAN_THE_ZONE = """
  const Known = Intl.DateTimeFormat;
  Intl.DateTimeFormat = function (locale, options) {
    if (options?.timeZone === 'America/New_York') throw new RangeError('Invalid time zone specified');
    return new Known(locale, options);
  };
"""
HOURS_BEHIND = """
  const Known = Date;
  Date = class extends Known {
    constructor(...at) { super(...(at.length ? at : [Date.now()])); }
    static now() { return Known.now() - 5 * 3600000; }
  };
"""
OLDER_THAN_ITS_RULES = """
  const Known = Intl.DateTimeFormat;
  Intl.DateTimeFormat = function (locale, options) {
    return new Known(locale, options?.timeZone === 'America/New_York' ? {...options, timeZone: 'America/Anchorage'} : options);
  };
"""
# A page that is a minute old: a young one waits before it asks for itself.
CANNOT_DRAW = """() => {
  DOMParser.prototype.parseFromString = () => { throw new Error('cannot draw'); };
  performance.now = () => 60000;
}"""
HIDDEN = """(hidden) => {
  Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
  document.dispatchEvent(new Event('visibilitychange'));
}"""
# A page of the browser that has this in its keeping comes back as it was left.
BACK_WHOLE = """(kept) => {
  localStorage.clear();
  for (const [name, value] of kept) localStorage.setItem(name, value);
  dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}));
  return document.title + document.body.textContent;
}"""


def now_there() -> re.Pattern[str]:
    """What the clock in New York shows during the next minutes."""
    hours = {
        f"{store.moment(store.wall_ms() + ms).astimezone(ZoneInfo('America/New_York')):%-I}"
        for ms in (0, 300_000)
    }
    return re.compile(rf"^({'|'.join(hours)}):\d\d\s[AP]M$")


def test_a_letter_that_is_a_key_here_is_kept_from_the_browser(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """Firefox opened its own search at "/", and the panel's stayed shut."""
    page = visit("volunteer", DESK).go(talk("event").wrote("Is there a ramp?"))
    page.evaluate(KEPT)
    for key, kept in (("/", "true"), ("x", "false")):
        page.locator("#who").focus()
        page.keyboard.press(key)
        page.wait_for_selector(f"body[data-kept={kept}]", state="attached")
    page.get_by_label("Your answer to Elena").press("/")
    expect(page.get_by_label("Your answer to Elena")).to_have_value("/")


def test_words_that_are_opened_go_on_where_they_end(world: World, visit: Enter) -> None:
    """In Safari what was typed came to stand before the first word of the text."""
    card = world.draft("Rosa Person", "+12025550140", HELLO)
    visitor = visit("volunteer", DESK)
    visitor.context.add_init_script(LATE_AUTOFOCUS)
    page = visitor.go(f"/send/{card}/edit")
    page.wait_for_selector("body[data-ready]")
    box = page.get_by_label("The words to Rosa")
    expect(box).to_be_focused()
    page.keyboard.type(" Bye!")
    expect(box).to_have_value(f"{HELLO.format(name='Rosa')} Bye!")


def test_who_types_goes_on_in_the_box_when_the_veil_is_gone(
    panel: Panel, talk: Callable[..., Talk], visit: Enter
) -> None:
    """Nothing had the focus then: the letters went on as keys, and "u" took the last text back."""
    visitor = visit("volunteer", DESK)
    page = visitor.go(talk("event").wrote("Is there a ramp?"))
    visitor.wait_live()
    box = page.get_by_label("Your answer to Elena")
    box.press_sequentially(WORDS)
    panel.stop()
    veil = page.get_by_role("alertdialog")
    expect(veil).to_be_visible()
    page.keyboard.type(" nu1")  # not a key behind the veil either
    panel.start()
    page.keyboard.press("Enter")  # on “Try now”
    expect(veil).to_be_hidden()
    expect(box).to_be_focused()
    page.keyboard.type(", and a lift.")
    expect(box).to_have_value(f"{WORDS}, and a lift.")
    visitor.complaints[:] = [line for line in visitor.complaints if "ERR_" not in line]


def test_words_of_a_script_are_asked_about_in_an_old_browser_too(world: World, visit: Enter) -> None:
    """That of Windows 7 asks only where the event has an answer."""
    page = visit("coordinator", DESK).go(f"/campaigns/{written(world)}/words/first/0")
    asks = """() => {
      const event = document.createEvent('BeforeUnloadEvent');
      event.initEvent('beforeunload', false, true);
      dispatchEvent(event);
      return event.returnValue !== '';
    }"""
    assert not page.evaluate(asks)
    page.get_by_label("First text").fill(WORDS)
    assert page.evaluate(asks)


def test_words_of_a_script_stay_where_the_browser_does_not_ask(world: World, visit: Enter) -> None:
    """An iPhone leaves a page without a question: what a coordinator had written was gone with the next tap."""
    made = written(world)
    visitor = visit("coordinator", PHONE)
    visitor.context.add_init_script(
        "addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), true)"
    )
    page = visitor.go(f"/campaigns/{made}/words/first/0")
    page.get_by_label("First text").fill(WORDS)
    page.get_by_role("link", name="The words").click()
    expect(page.get_by_label("First text")).to_have_count(0)
    visitor.go(f"/campaigns/{made}/words/first/0")
    expect(page.get_by_label("First text")).to_have_value(WORDS)


def test_which_key_was_pressed_is_not_lost_where_the_browser_does_not_say_it(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """Safari before 15.4: each key of a form with several was sent without its name, and “Start it” kept the facts instead."""
    visitor = visit("volunteer", DESK)
    visitor.context.add_init_script("delete SubmitEvent.prototype.submitter")
    page = visitor.go(talk("event").wrote("Is there a ramp?"))
    maybe = page.locator("#facts").get_by_role("button", name="Maybe")
    maybe.click()
    expect(maybe).to_have_attribute("aria-pressed", "true")


def test_a_start_goes_on_by_itself_where_a_form_cannot_ask_for_its_own_sending(visit: Enter) -> None:
    """Safari 15: the page stood still, and said that it goes on by itself."""
    visitor = visit("coordinator", PHONE)
    visitor.context.add_init_script("delete HTMLFormElement.prototype.requestSubmit")
    starting = (
        '<!doctype html><form method="post" action="/campaigns/1/start" data-goes-on><button data-going="Starting">Go on</button></form>'
        '<script src="/static/files.js" defer></script>'
    )
    answers = {"/campaigns/1/starting": starting, "/campaigns/1/start": "On its way"}
    for path, body in answers.items():
        visitor.context.route(f"**{path}", partial(Route.fulfill, body=body, content_type="text/html"))
    visitor.context.route("**/files.js", partial(Route.fulfill, path=ROOT / "web/static/files.js"))
    expect(visitor.go("/campaigns/1/starting").locator("body")).to_have_text("On its way")


@pytest.mark.parametrize(("width", "knows"), [(1024, True), (1280, False)], ids=["narrow", "old Firefox"])
def test_what_is_known_of_a_person_is_within_reach(
    talk: Callable[..., Talk], visit: Enter, width: int, knows: bool
) -> None:
    """The note, the tags and who it is passed on to were 8 pixels high on a screen less than 1200 wide, and in a Firefox without `:has()` on all."""
    visitor = visit("volunteer", {"width": width, "height": 768})
    if not knows:
        sheet = (ROOT / "web/static/screens.css").read_text().replace(":has(", ":unknown(")
        visitor.context.route("**/screens.css*", partial(Route.fulfill, body=sheet, content_type="text/css"))
    page = visitor.go(talk("event").wrote("Is there a ramp?"))
    known = page.locator("#facts").bounding_box()
    assert known
    assert known["height"] > 600
    in_view(page, page.get_by_role("button", name="Send to Elena"))
    page.get_by_label("Note for the room").fill("Uses a wheelchair.")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator("#facts")).to_contain_text("Uses a wheelchair. Maya")


def test_a_page_lives_where_the_browser_does_not_know_somebodys_zone(
    world: World, talk: Callable[..., Talk], visit: Enter
) -> None:
    """“Europe/Kyiv” is of 2022, and browsers are older: nothing was drawn anew there, and each Send brought the veil, again and again."""
    visitor = visit("volunteer", DESK)
    visitor.context.add_init_script(OLDER_THAN_THE_ZONE)
    page = visitor.go(talk("event").wrote("Is there a ramp?"))
    visitor.wait_live()
    there = now_there()
    expect(page.locator("#who + p time")).to_have_text(there)
    world.receive(NUMBER, "And parking?")
    expect(page.locator("#talk")).to_contain_text("And parking?")
    page.get_by_label("Your answer to Elena").fill("Both.")
    page.get_by_role("button", name="Send to Elena").click()
    expect(page.locator("#talk .bubble.out").last).to_have_text("Both.")
    expect(page.get_by_role("alertdialog")).to_be_hidden()
    expect(page.locator("#who + p time")).to_have_text(there)


def test_the_hour_there_is_that_of_the_box_where_the_browser_has_old_rules(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """An hour off in Mexico, whose summer time ended in 2022: a volunteer read another hour than the quiet hours go by."""
    visitor = visit("volunteer", DESK)
    visitor.context.add_init_script(OLDER_THAN_ITS_RULES)
    page = visitor.go(talk("event").wrote("Is there a ramp?"))
    expect(page.locator("#who + p time")).to_have_text(now_there())


def test_a_page_that_comes_back_whole_after_a_sign_out_shows_nobodys_texts(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """Safari's back key, at a shared tablet: the conversation stood there until the box answered, which it does not while it restarts."""
    before, after = visit("volunteer", PHONE), visit("volunteer", PHONE)
    page, path = after.go("/me"), talk("event").wrote("Is there a ramp?")
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_label("Password")).to_be_visible()
    tab = page.evaluate("Object.entries(localStorage)")
    page = before.go(path)
    expect(page.locator("#talk")).to_contain_text("Is there a ramp?")
    theirs = page.evaluate("Object.entries(localStorage)")
    shown = page.evaluate(BACK_WHOLE, tab)
    assert ("ramp" in shown, "Elena" in shown) == (False, False)
    expect(page.locator("#talk")).to_contain_text("Is there a ramp?")
    assert "ramp" in page.evaluate(BACK_WHOLE, theirs)  # to whom it belongs it stays


@pytest.mark.parametrize("first", ["Control", "Meta"])
def test_whichever_key_comes_up_first_the_answer_is_sent(
    talk: Callable[..., Talk], visit: Enter, first: str
) -> None:
    """It was not, and nothing said so, when Ctrl came up before Enter; and never by a Mac's command key, which hides that Enter comes up."""
    page = visit("volunteer", DESK).go(talk("event").wrote("Is there a ramp?"))
    page.get_by_label("Your answer to Elena").fill(WORDS)
    page.keyboard.down(first)
    page.keyboard.down("Enter")
    page.keyboard.up(first)
    if first == "Control":
        page.keyboard.up("Enter")
    expect(page.locator("#talk .bubble.out").last).to_have_text(WORDS)


def test_a_key_of_the_browser_is_none_of_the_page(world: World, visit: Enter) -> None:
    """Ctrl+S, and Ctrl came up first: the person on the card was skipped, and is never texted by that campaign."""
    for n, name in enumerate(("Rosa", "Luis")):
        world.draft(f"{name} Person", f"+1202555014{n}", HELLO)
    page = visit("volunteer", DESK).go("/send")
    expect(page.locator("#who")).to_have_text("Rosa Person")
    for key in ("s", "l"):
        page.keyboard.down("Control")
        page.keyboard.down(key)
        page.keyboard.up("Control")
        page.keyboard.up(key)
    page.keyboard.press("e")
    expect(page.get_by_label("The words to Rosa")).to_be_focused()


def test_words_outlive_a_page_that_a_phone_throws_away_behind_another_app(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """It tells the page only that it is hidden: whoever looked at a map for the answer came back to an empty box."""
    visitor = visit("volunteer", PHONE)
    visitor.context.add_init_script(
        "addEventListener('pagehide', (event) => event.stopImmediatePropagation(), true)"
    )
    page = visitor.go(talk("event").wrote("Is there a ramp?"))
    box = page.get_by_label("Your answer to Elena")
    box.fill(WORDS)
    page.evaluate(HIDDEN, True)
    page.evaluate(HIDDEN, False)
    assert WORDS not in page.evaluate("JSON.stringify(sessionStorage)")  # they stand in the box
    page.evaluate(HIDDEN, True)
    page.reload()
    expect(box).to_have_value(WORDS)
    box.fill("")
    page.evaluate(HIDDEN, True)
    page.reload()
    expect(box).to_have_value("")


def test_a_page_that_cannot_draw_what_came_is_asked_for_whole(
    world: World, talk: Callable[..., Talk], visit: Enter
) -> None:
    """It called that a box that does not answer: it asked for the same three times a second, showed nothing, and sent each form again."""
    visitor = visit("volunteer", DESK)
    page = visitor.go(talk("event").wrote("Is there a ramp?"))
    asked: list[str] = []
    page.on("request", lambda one: asked.append(f"{one.method} {one.url.removeprefix(visitor.panel.base)}"))

    def breaks() -> None:
        visitor.wait_live()
        page.evaluate(CANNOT_DRAW)
        asked.clear()

    breaks()
    box = page.get_by_label("Your answer to Elena")
    box.fill(WORDS)
    world.receive(NUMBER, "And parking?")
    expect(page.locator("#talk")).to_contain_text("And parking?")
    assert len([each for each in asked if each.startswith("GET /inbox/")]) == 2, asked
    expect(box).to_have_value(WORDS)

    breaks()
    page.get_by_role("button", name="Send to Elena").click()
    expect(page.locator("#talk .bubble.out").last).to_have_text(WORDS)
    expect(box).to_have_value("")
    assert len([each for each in asked if each.startswith("POST")]) == 1, asked
    expect(page.get_by_role("alertdialog")).to_be_hidden()
    assert {line.split("\n")[0] for line in visitor.complaints} == {"Error: cannot draw"}, visitor.complaints
    visitor.complaints.clear()


def test_in_a_contrast_theme_the_words_that_were_filled_in_are_read_and_what_is_chosen_shows(
    world: World, visit: Enter
) -> None:
    """Edge on Windows: “Hi     , it's      .” stood on the card, for whose Send nobody could read to whom and from whom."""
    card = world.draft("Rosa Person", "+12025550140", HELLO)
    page = visit("volunteer", PHONE, scheme="dark", forced_colors="active").go(f"/send?card={card}")
    ink = "e => getComputedStyle(e).color"
    bubble = page.locator(".bubble.wait")
    assert {mark.evaluate(ink) for mark in bubble.locator("mark").all()} == {bubble.evaluate(ink)}
    page.goto(page.url.replace(f"/send?card={card}", "/inbox?box=mine"))
    ground = "e => getComputedStyle(e).backgroundColor"
    grounds = {link.text_content(): link.evaluate(ground) for link in page.locator(".chip").all()}
    assert grounds["Mine"] not in (grounds["Waiting"], grounds["All"])


def test_now_is_that_of_the_box_on_a_laptop_whose_clock_is_hours_behind(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """It said of what came an hour ago that it came now, and showed another hour at the person's place than the one that quiet hours go by."""
    elena = talk("event")
    path = elena.wrote("Can I bring my dog?")
    elena.world.db.execute("UPDATE conversation SET last_in_at=last_in_at-2400000")
    guest = visit("volunteer", DESK)
    guest.context.add_init_script(HOURS_BEHIND)
    page = guest.go(path)
    expect(page.locator("#rows time")).to_have_text("40 min. ago")
    there = store.moment(store.wall_ms()).astimezone(ZoneInfo("America/New_York"))
    near = [f"{there - timedelta(minutes=by):%-I:%M}" for by in (0, 1)]
    shown = page.locator(".thread .head time").inner_text()
    assert any(hour in shown for hour in near), shown
