"""Sending as a volunteer does it: with the keyboard alone, with one thumb, with a hand that is too quick."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Panel, Visit
from tests.browser.looking import DOUBLED, SIDEWAYS
from tests.web.world import HELLO, World

Enter = Callable[..., Visit]
NAMES = ("Rosa", "Luis", "Mei", "Ada")
LINES = """() => [...document.querySelectorAll("#acts .even .key")].map(key => {
  const words = [...key.childNodes].find(node => node.nodeType === Node.TEXT_NODE && node.data.trim()), range = document.createRange();
  range.selectNodeContents(words);
  return range.getClientRects().length;
})"""


@pytest.fixture
def ids(world: World) -> dict[str, int]:
    return {name: world.draft(f"{name} Person", f"+1202555014{n}", HELLO) for n, name in enumerate(NAMES)}


def approved(world: World) -> list[str]:
    """The names of those whose text was approved, in order."""
    rows = world.db.execute(
        "SELECT c.name FROM ledger l JOIN message m ON m.id=l.message_id JOIN conversation c ON c.id=m.conversation_id "
        "WHERE l.act='approve' ORDER BY l.id"
    )
    return [row["name"].split()[0] for row in rows]


def on_card(page: Page, name: str) -> None:
    """Wait until this person's card is there and takes taps."""
    expect(page.locator("#who")).to_have_text(f"{name} Person")
    expect(page.locator("body")).not_to_have_class(re.compile("fresh"))


def test_with_the_keyboard_alone(world: World, ids: dict[str, int], visit: Enter) -> None:
    page = visit("volunteer", DESK).go("/")
    page.keyboard.press("Tab")
    for _ in range(20):
        if page.evaluate("document.activeElement.getAttribute('href')") == "/send":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    on_card(page, "Rosa")
    page.keyboard.press("Enter")
    on_card(page, "Luis")
    assert world.state(ids["Rosa"]) == "approved"
    page.keyboard.press("s")
    on_card(page, "Mei")
    assert world.state(ids["Luis"]) == "skipped"
    page.keyboard.press("u")  # the last act, and not the text to Rosa
    on_card(page, "Luis")
    assert (world.state(ids["Luis"]), world.state(ids["Rosa"])) == ("awaiting", "approved")
    page.keyboard.press("s")
    on_card(page, "Mei")
    page.keyboard.press("l")
    on_card(page, "Ada")
    page.keyboard.press("e")
    words = page.get_by_label("The words to Ada")
    expect(words).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("See you, Ada! sule?")  # letters rest while somebody types
    assert page.locator("#keys[open]").count() == 0
    page.keyboard.press("Control+Enter")
    on_card(page, "Ada")
    expect(page.locator(".bubble.wait")).to_have_text("See you, Ada! sule?")
    on_card(page, "Ada")
    page.keyboard.press("Enter")
    on_card(page, "Mei")
    page.keyboard.press("u")
    on_card(page, "Ada")
    expect(page.locator("#say")).to_have_text("Taken back. Nothing went out.")
    assert world.state(ids["Ada"]) == "awaiting"


def test_with_one_thumb(world: World, ids: dict[str, int], visit: Enter) -> None:
    page = visit("volunteer", PHONE, has_touch=True, is_mobile=True).go("/send")
    for name, following in (("Rosa", "Luis"), ("Luis", "Mei")):
        on_card(page, name)
        key = page.get_by_role("button", name=f"Send to {name}")
        box = key.bounding_box()
        assert box
        assert box["y"] > PHONE["height"] * 0.6  # within reach of a thumb
        assert box["height"] >= 60
        key.tap()
        on_card(page, following)
    assert approved(world) == ["Rosa", "Luis"]
    page.get_by_role("button", name="Undo").tap()
    on_card(page, "Luis")
    assert world.state(ids["Luis"]) == "awaiting"


def test_holding_enter_sends_once(world: World, ids: dict[str, int], visit: Enter) -> None:
    page = visit("volunteer", DESK).go("/send")
    on_card(page, "Rosa")
    for _ in range(8):
        page.keyboard.down("Enter")  # a held key repeats
    assert approved(world) == []
    page.keyboard.up("Enter")
    on_card(page, "Luis")
    page.get_by_role("button", name="Send to Luis").focus()
    for _ in range(8):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    on_card(page, "Mei")
    assert approved(world) == ["Rosa", "Luis"]


def test_a_double_tap_does_not_send_the_next_card(world: World, ids: dict[str, int], visit: Enter) -> None:
    page = visit("volunteer", PHONE).go("/send")
    on_card(page, "Rosa")
    # Taps as quick as a nervous finger, on whatever lies under it, until well after the next card is there.
    page.evaluate(
        """async () => {
          const at = document.getElementById('send').getBoundingClientRect();
          const tap = () => document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2).click();
          tap();
          while (document.getElementById('who').textContent.startsWith('Rosa')) { tap(); await new Promise(r => setTimeout(r, 5)); }
          for (const until = performance.now() + 120; performance.now() < until;) { tap(); await new Promise(r => setTimeout(r, 10)); }
        }"""
    )
    on_card(page, "Luis")
    assert approved(world) == ["Rosa"]


def test_the_ring_empties_and_the_toast_goes(world: World, ids: dict[str, int], visit: Enter) -> None:
    page = visit("volunteer", PHONE).go("/send")
    on_card(page, "Rosa")
    page.get_by_role("button", name="Send to Rosa").click()
    expect(page.locator("#toast")).to_contain_text(re.compile(r"To Rosa in [345] s"))
    expect(page.locator("#toast")).to_contain_text("To Rosa in 1 s", timeout=6000)
    expect(page.locator("#toast.over")).to_have_count(1, timeout=3000)
    assert page.evaluate("document.querySelector('#toast button').closest('[inert]') !== null")


def test_letters_can_be_switched_off(world: World, ids: dict[str, int], visit: Enter) -> None:
    page = visit("volunteer", DESK).go("/me")
    page.get_by_label("Off").check()
    page.get_by_role("button", name="Keep on this device").click()
    page.goto(page.url.replace("/me", "/send"))
    on_card(page, "Rosa")
    page.keyboard.press("s")
    page.keyboard.press("?")
    page.wait_for_timeout(300)
    assert page.locator("#keys[open]").count() == 0
    assert world.state(ids["Rosa"]) == "awaiting"
    page.keyboard.press("Enter")
    on_card(page, "Luis")


def test_everything_works_without_scripts(world: World, ids: dict[str, int], visit: Enter) -> None:
    page = visit("volunteer", PHONE, java_script_enabled=False).go("/send")
    page.get_by_role("button", name="Send to Rosa").click()
    expect(page.locator("#who")).to_have_text("Luis Person")
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("The words to Luis").fill("Other words")
    page.get_by_role("button", name="Keep these words").click()
    expect(page.locator(".bubble.wait")).to_have_text("Other words")
    page.get_by_role("button", name="Skip").click()
    expect(page.locator("#who")).to_have_text("Mei Person")
    assert approved(world) == ["Rosa"]


@pytest.mark.parametrize("width", [360, 412])
def test_with_text_doubled_the_words_of_the_small_keys_stay_whole(
    world: World, ids: dict[str, int], visit: Enter, width: int
) -> None:
    """Edit, Skip and Later stood letter below letter, and were so high that the words to be sent were out of sight."""
    page = visit("volunteer", {"width": width, "height": 740}).go("/send")
    page.evaluate(DOUBLED, "32px")
    assert page.evaluate(LINES) == [1, 1, 1]
    assert page.evaluate(SIDEWAYS) == 0


def test_a_double_tap_without_scripts_does_not_send_the_next_card(
    world: World, ids: dict[str, int], visit: Enter
) -> None:
    """Also on a slow link, where the card is there before its script: the second tap sent the next person's text, which nobody had read."""
    page = visit("volunteer", PHONE, java_script_enabled=False).go("/send")
    key = page.get_by_role("button", name="Send to Rosa")
    key.hover()  # it takes taps
    place = key.bounding_box()
    assert place is not None
    at = (place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    pace = page.context.new_cdp_session(page)
    pace.send("Animation.enable")
    pace.send(
        "Animation.setPlaybackRate", {"playbackRate": 0.001}
    )  # a slow machine's second tap comes as early as a thumb's
    page.mouse.click(*at)
    expect(page.locator("#who")).to_have_text("Luis Person")
    page.mouse.click(*at)
    pace.send("Animation.setPlaybackRate", {"playbackRate": 1})
    page.get_by_role("button", name="Send to Luis").hover()
    assert approved(world) == ["Rosa"]


def test_the_ruler_follows_the_words(world: World, ids: dict[str, int], visit: Enter) -> None:
    page = visit("volunteer", DESK).go(f"/send/{ids['Rosa']}/edit")
    field = page.get_by_label("The words to Rosa")
    field.fill("Hello")
    expect(page.locator("#ruler")).to_contain_text("1 text, 5 of 160")
    field.fill("Hello " * 40)
    expect(page.locator("#ruler")).to_contain_text("2 texts in one")
    field.fill("Привет")
    expect(page.locator("#ruler")).to_contain_text("6 of 70")


def test_words_from_right_to_left_keep_their_side(world: World, panel: Panel, visit: Enter) -> None:
    world.draft("ليلى حدّاد", "+12025550170", "مرحبا ليلى، هل ستأتين؟")
    page = visit("volunteer", PHONE).go("/send")
    aligned = "e => getComputedStyle(e).direction"
    assert page.locator("#who").evaluate(aligned) == "rtl"
    assert page.locator(".bubble.wait").evaluate(aligned) == "rtl"
    assert page.locator("main").evaluate(aligned) == "ltr"


def test_words_stay_in_the_box_when_the_database_is_busy(world: World, panel: Panel, visit: Enter) -> None:
    world.receive("+12025550199", "Hello?")
    conversation = world.conversation("+12025550199")
    visitor = visit("volunteer", PHONE)
    page = visitor.go(f"/inbox/{conversation}")
    field = page.get_by_label("Your answer to")
    field.fill("Long words, typed with care")
    world.db.execute("BEGIN IMMEDIATE")  # longer than the panel waits
    page.get_by_role("button", name="Send to").click()
    expect(page.locator("#refused")).to_contain_text("The database is in use", timeout=20000)
    expect(field).to_have_value("Long words, typed with care")
    world.db.execute("ROLLBACK")
    page.get_by_role("button", name="Send to").click()
    expect(page.locator("#talk .bubble.out")).to_have_text("Long words, typed with care")
    expect(page.locator("#refused")).to_have_count(0)
    visitor.complaints[:] = [line for line in visitor.complaints if "503" not in line]
