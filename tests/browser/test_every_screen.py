"""Every screen, on a phone and a desk, in light and dark: axe finds nothing, nothing scrolls sideways, the browser complains of nothing."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from gateway import campaigns, store
from tests.browser.conftest import DESK, PHONE, Panel, Visit
from tests.campaigning import started
from tests.web.world import World, busy_day

AXE = (Path(__file__).parent / "vendor/axe-core/axe.min.js").read_text()
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALL = """() => [...document.querySelectorAll('main a, main button, main input, main textarea, nav a')]
  .filter(e => e.offsetParent && !e.closest('.sr, p, dialog') && !e.matches('.sr, h2 a, input[type=radio]'))
  .filter(e => e.getBoundingClientRect().height < 43.5).map(e => e.outerHTML.slice(0, 90))"""

Enter = Callable[..., Visit]


def screens(world: World, ids: dict[str, int]) -> dict[str, list[str]]:
    """Who sees which addresses."""
    olu, asks, bea = (world.conversation(n) for n in ("+12025550151", "+12025550108", "+12025550153"))
    arabic = world.conversation("+12025550177")
    luis = ids["Luis Ortega"]
    lead, now = world.users["coordinator"], store.wall_ms()
    runs = started(world.db, lead, world.rules, now=now)
    draft = campaigns.create(world.db, "Empty chairs", "recruitment", "es", by=lead, now=now)
    return {
        "volunteer": [
            "/",
            "/send",
            f"/send?card={luis}",
            f"/send/{luis}/edit",
            "/inbox",
            "/inbox?box=all",
            f"/inbox/{olu}",
            f"/inbox/{asks}",
            f"/inbox/{bea}",
            f"/inbox/{arabic}",
            f"/inbox/{olu}/opt-out",
            f"/uncertain/{ids['uncertain']}",
            "/me",
        ],
        "coordinator": [
            f"/inbox/{bea}/opt-in",
            "/modems",
            "/campaigns",
            "/campaigns/new",
            f"/campaigns/{runs}",
            f"/campaigns/{draft}",
        ],
        "technician": [
            "/modems",
            "/modems/north",
            "/modems/south",
            "/modems/north/day",
            "/modems/south/month",
        ],
        "admin": ["/", "/people", "/data", f"/people/{world.users['other'].id}"],
        "trainee": ["/send", "/inbox"],
    }


def findings(page: Page) -> list[str]:
    """What axe says of the page as it is now."""
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, rules)", RULES)
    return [
        f"{violation['id']}: {node['html'][:160]} {json.dumps(node.get('failureSummary', ''))[:200]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    world: World, panel: Panel, visit: Enter, size: dict[str, int], scheme: str
) -> None:
    ids = busy_day(world)
    for who, paths in screens(world, ids).items():
        visitor = visit(who, size, scheme, bypass_csp=True)
        for path in paths:
            page = visitor.go(path)
            assert findings(page) == [], (who, path)
            assert page.evaluate(SIDEWAYS) <= 0, (who, path)
            assert page.evaluate(SMALL) == [], (who, path)
        visitor.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_at_the_door_the_veil_the_keys_and_the_invitation(
    world: World, panel: Panel, visit: Enter, scheme: str
) -> None:
    stranger = visit(None, PHONE, scheme, bypass_csp=True)
    for path in ("/sign-in", world.link("other"), "/s/used"):
        assert findings(stranger.go(path)) == [], path
    admin = visit("admin", DESK, scheme, bypass_csp=True)
    admin.go("/people")
    admin.page.get_by_label("Name").fill("Zoë")
    admin.page.get_by_role("button", name="Make the QR code").click()
    admin.page.wait_for_selector(".qr svg")
    assert findings(admin.page) == []
    maya = visit("volunteer", PHONE, scheme, bypass_csp=True)
    maya.page.keyboard.press("?")
    maya.page.wait_for_selector("#keys[open]")
    assert findings(maya.page) == []
    maya.go("/")
    maya.page.evaluate("textbank.lost(null)")
    maya.page.wait_for_selector("#veil:not([hidden])")
    assert findings(maya.page) == []
    for visitor in (stranger, admin, maya):
        # The used link is a 410 by design, and Chromium lists every failed answer.
        visitor.complaints[:] = [line for line in visitor.complaints if "410" not in line]


def test_nothing_scrolls_sideways_at_320_px_or_with_doubled_text(
    world: World, panel: Panel, visit: Enter
) -> None:
    ids = busy_day(world)
    for who, paths in screens(world, ids).items():
        visitor = visit(who, {"width": 320, "height": 640}, bypass_csp=True)
        for path in paths:
            page = visitor.go(path)
            assert page.evaluate(SIDEWAYS) <= 0, (who, path)
            page.add_style_tag(content="html {font-size: 200%}")
            assert page.evaluate(SIDEWAYS) <= 0, (who, path, "doubled")
        visitor.context.close()


def test_every_screen_obeys_its_own_csp(world: World, panel: Panel, visit: Enter) -> None:
    ids = busy_day(world)
    for who, paths in screens(world, ids).items():
        visitor = visit(who)
        for path in paths:
            visitor.go(path)
            visitor.wait_live()
        assert visitor.complaints == [], who
        visitor.context.close()


def test_each_screen_has_at_most_one_marigold_key(world: World, panel: Panel, visit: Enter) -> None:
    ids = busy_day(world)
    shown = "() => [...document.querySelectorAll('main .key.turn')].filter(e => e.offsetParent).length"
    for who, paths in screens(world, ids).items():
        visitor = visit(who)
        for path in paths:
            assert visitor.go(path).evaluate(shown) <= 1, (who, path)
        visitor.context.close()
