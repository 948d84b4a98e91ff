"""The doubted clock in a real browser: the card, its look, the voice of the browser, the one tap."""

import time
from collections.abc import Callable

import pytest

from gateway import clockwords, store
from gateway.clockwords import Instant, Standing
from gateway.machineclock import SetClock, boot_id
from gateway.timekeeper import Timekeeper
from hardware.link import SystemClock
from tests.browser.conftest import DESK, PHONE, Panel, Visit
from tests.browser.looking import in_order
from tests.web.world import World

WHY = "The phone network says another time."


@pytest.fixture
def doubted(world: World) -> World:
    at = Instant(store.wall_ms(), time.monotonic_ns() // 1_000_000, boot_id())
    clockwords.hear(world.db, "network", "north", at.wall_ms + 7_200_000, at)
    clockwords.keep_standing(world.db, Standing(at.boot, at.offset_ms, "", "", WHY), at)
    return world


def test_the_doubt_fits_every_screen(doubted: World, panel: Panel, visit: Callable[..., Visit]) -> None:
    for who, path, size in (
        ("coordinator", "/", PHONE),
        ("volunteer", "/send", PHONE),
        ("technician", "/modems", DESK),
    ):
        page = visit(who, size).go(path)
        page.wait_for_selector("#clock .notice")
        in_order(page, path)


def test_a_coordinators_browser_speaks_and_her_tap_ends_the_doubt_on_every_open_page(
    doubted: World, panel: Panel, visit: Callable[..., Visit]
) -> None:
    maya = visit("volunteer")
    maya.wait_live()
    cora = visit("coordinator")
    cora.page.get_by_text("The browser of").wait_for()
    cora.page.get_by_role("button", name="Yes, it is").click()
    cora.page.get_by_text("it is noted that you confirmed the time").wait_for(state="attached")
    keeper = Timekeeper(SystemClock(), SetClock(boot_id(), battery=False))
    assert keeper.trusted(doubted.db)  # the gateway looks
    maya.page.wait_for_selector("#clock .notice", state="detached")
    cora.page.wait_for_selector("#clock .notice", state="detached")
