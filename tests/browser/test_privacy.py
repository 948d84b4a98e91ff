"""One person's erasure, the approvals, and a long start that goes on by itself, on a phone."""

from collections.abc import Callable

from playwright.sync_api import expect

from gateway import campaigns, purgedates, store
from gateway.rules import DAY_MS
from tests.browser.conftest import PHONE, Panel, Visit
from tests.campaigning import bring_in, drafted
from tests.web.world import World, busy_day


def test_a_person_is_erased_the_approvals_stay_and_a_start_goes_on_by_itself(
    world: World, panel: Panel, visit: Callable[..., Visit]
) -> None:
    busy_day(world)
    world.list_of("Name,Phone\nOluwaseun,+12025550151\n", cool_down_days=0)
    cleo = visit("coordinator", PHONE)
    page = cleo.go("/contacts/1")
    page.get_by_text("Their data").click()
    page.get_by_role("link", name="Erase this person").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Erase")
    page.get_by_role("button", name="Erase this person").click()
    expect(page.get_by_role("main")).to_contain_text("Erased, with 1 text to them")
    cleo.go("/approvals")
    page.get_by_role("link", name="Check the whole chain").click()
    expect(page.get_by_role("main")).to_contain_text("The ledger is whole.")
    expect(page.locator("#rows")).to_contain_text("erased")
    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="Keep it as CSV")).to_be_hidden()
    page.emulate_media(media="screen")

    panel.stop()
    panel.start(in_pieces=True)
    then = store.wall_ms() - 100 * DAY_MS
    lead = world.users["coordinator"]
    campaign_id = drafted(world.db, lead, bring_in(world.db, first=200, now=then), now=then)
    cleo.go(f"/campaigns/{campaign_id}")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/start") else None)
    page.get_by_role("button", name="Start it").click()
    expect(page.get_by_role("heading", name="First texts")).to_be_visible()
    assert len(asked) > 1
    campaigns.close(world.db, campaign_id, by=lead, now=then)
    purgedates.purge(world.db, now=store.wall_ms(), zone=world.rules.zone)
    cleo.go(f"/campaigns/{campaign_id}")
    expect(page.get_by_role("main")).to_contain_text("Only totals remain since")
