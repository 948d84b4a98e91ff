"""The technician's screens when there is much to show: axe finds nothing, nothing scrolls sideways, nothing is too small to tap."""

from collections.abc import Callable

import pytest

from tests.browser.conftest import DESK, PHONE, Panel, Visit
from tests.browser.test_every_screen import SIDEWAYS, SMALL, findings
from tests.web.modem_days import FOUND, everything_asked, restless_day
from tests.web.world import World

Enter = Callable[..., Visit]
PATHS = {
    "technician": [
        "/modems",
        "/modems/north",
        f"/modems/{FOUND}",
        "/modems/north/day",
        "/modems/north/week",
        f"/modems/{FOUND}/hour",
    ],
    "coordinator": ["/modems", f"/modems/{FOUND}"],
}
OPEN = "document.querySelectorAll('main details').forEach(details => { details.open = true; })"
TURN = "() => [...document.querySelectorAll('main .key.turn')].filter(e => e.offsetParent).length"


@pytest.fixture
def full(world: World) -> World:
    restless_day(world)
    everything_asked(world)
    return world


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_axe_finds_nothing_on_a_restless_day(
    full: World, panel: Panel, visit: Enter, size: dict[str, int], scheme: str
) -> None:
    for who, paths in PATHS.items():
        visitor = visit(who, size, scheme, bypass_csp=True)
        for path in paths:
            page = visitor.go(path)
            page.evaluate(OPEN)
            assert findings(page) == [], (who, path)
            assert page.evaluate(SIDEWAYS) <= 0, (who, path)
            assert page.evaluate(SMALL) == [], (who, path)
            assert page.evaluate(TURN) <= 1, (who, path)
        visitor.context.close()


def test_nothing_scrolls_sideways_at_320_px_or_with_doubled_text(
    full: World, panel: Panel, visit: Enter
) -> None:
    visitor = visit("technician", {"width": 320, "height": 640}, bypass_csp=True)
    for path in (*PATHS["technician"], "/modems/south", "/modems/north/hour", "/modems/north/month"):
        page = visitor.go(path)
        page.evaluate(OPEN)
        assert page.evaluate(SIDEWAYS) <= 0, path
        page.add_style_tag(content="html {font-size: 200%}")
        assert page.evaluate(SIDEWAYS) <= 0, (path, "doubled")


def test_the_screens_obey_their_own_csp(full: World, panel: Panel, visit: Enter) -> None:
    visitor = visit("technician")
    for path in PATHS["technician"]:
        visitor.go(path)
        visitor.wait_live()
    assert visitor.complaints == []
