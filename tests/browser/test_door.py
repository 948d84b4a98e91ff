"""What stands at no address for long: a link and its end, the invitation, the keys, the veil, a start that takes a while, damage."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from gateway import conversations, damage, enrolment, sessions, store
from tests.browser.conftest import DESK, PHONE, Panel, Visit
from tests.browser.looking import by_keyboard, in_both_schemes, in_order, on_phones
from tests.campaigning import bring_in, drafted
from tests.web.conftest import Visitor
from tests.web.world import World
from web import create_app
from web.screens import campaigns

Enter = Callable[..., Visit]


def test_a_stranger_comes_in_by_a_link_that_works_once(world: World, panel: Panel, visit: Enter) -> None:
    stranger = visit(None, PHONE)
    link = world.link("other")
    page = stranger.go(link)
    in_order(page, "the link")
    page.get_by_role("button", name="Come in").click()
    expect(page.get_by_role("link", name="Sam")).to_be_visible()
    late = visit(None, PHONE)
    page = late.go(link)
    in_order(page, "the link, used")
    assert on_phones(page) == []
    late.complaints[:] = [
        line for line in late.complaints if "410" not in line
    ]  # Chromium lists every failed answer


@pytest.mark.parametrize("again_ms", [0, 250, 950])
def test_who_taps_twice_at_the_door_of_a_slow_box_is_in(
    world: World, panel: Panel, visit: Enter, again_ms: int
) -> None:
    """The second tap takes the first one's answer from the browser: the link was used up, and its person stood outside."""
    stranger = visit(
        None, PHONE, java_script_enabled=False
    )  # else the page holds back most of the second taps
    page = stranger.go(world.link("volunteer"))
    slow = {"offline": False, "latency": 600, "downloadThroughput": -1, "uploadThroughput": -1}
    stranger.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    place = page.get_by_role("button", name="Come in").bounding_box()
    assert place
    at = (place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    page.mouse.click(*at)
    page.wait_for_timeout(again_ms)
    page.mouse.click(*at)
    expect(page.get_by_role("link", name="Maya")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("answered")
    assert len(sessions.devices(world.db, world.users["volunteer"], now=store.wall_ms())) == 1


def test_the_invitation_the_keys_and_the_veil(world: World, panel: Panel, visit: Enter) -> None:
    page = visit("admin", DESK).go("/people")
    page.get_by_label("Name").fill("Zoë")
    page.get_by_role("button", name="Make the QR code").click()
    page.wait_for_selector(".qr svg")
    in_order(page, "the invitation")
    maya = visit("volunteer", PHONE)
    maya.page.keyboard.press("?")
    maya.page.wait_for_selector("#keys[open]")
    assert in_both_schemes(maya.page) == []
    maya.go("/")
    maya.page.evaluate("textbank.lost(null)")
    maya.page.wait_for_selector("#veil:not([hidden])")
    assert in_both_schemes(maya.page) == []


def test_a_start_that_takes_a_while(
    world: World, panel: Panel, visit: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What this very panel would answer, were the list long, in the frame of a page of it."""
    monkeypatch.setattr(enrolment, "ENROLLED_AT_ONCE", 2)
    monkeypatch.setattr(campaigns, "AT_ONCE_S", 0.0)
    now = store.wall_ms()
    made = drafted(world.db, world.users["coordinator"], bring_in(world.db, now=now), now=now)
    cleo = Visitor(create_app(world.source), world).come_in("coordinator")
    cleo.get(f"/campaigns/{made}")
    answer = cleo.post(f"/campaigns/{made}/start").get_data(as_text=True)
    page = visit("coordinator", PHONE).go(f"/campaigns/{made}")
    page.evaluate(
        "html => main.replaceWith(new DOMParser().parseFromString(html, 'text/html').getElementById('main'))",
        answer,
    )
    expect(page.get_by_role("heading", level=1)).to_contain_text("is starting")
    in_order(page, "a start")


def test_a_conversation_that_a_colleague_has(world: World, panel: Panel, visit: Enter) -> None:
    world.receive("+12025550199", "Who is this?")
    talk = world.conversation("+12025550199")
    conversations.hold(world.db, talk, world.users["other"], now=store.wall_ms())
    maya = visit("volunteer", PHONE)
    page = maya.go(f"/inbox/{talk}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sam has this conversation now")
    in_order(page, "a colleague's conversation")
    assert by_keyboard(page) == []
    assert on_phones(page) == []
    maya.complaints[:] = [line for line in maya.complaints if "409" not in line]


def test_damage_is_said_on_every_page(world: World, panel: Panel, visit: Enter) -> None:
    visitor = visit("volunteer", PHONE)
    visitor.wait_live()
    damage.note(world.path, "row 12 missing from index message_state", now=store.wall_ms())
    page = visitor.go("/inbox")
    in_order(page, "damage")
    assert by_keyboard(page) == []
    assert on_phones(page) == []
    visitor.complaints[:] = [line for line in visitor.complaints if "503" not in line]
