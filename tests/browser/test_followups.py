"""Follow-up lists by thumb: from what people said to a list that a campaign can use, in two presses."""

from collections.abc import Callable

from playwright.sync_api import expect

from gateway import lists, recording, store
from tests.browser.conftest import PHONE, Panel, Visit
from tests.browser.looking import in_order
from tests.campaigning import started
from tests.web.world import World

Enter = Callable[..., Visit]


def test_who_did_not_answer_is_a_list_two_presses_later(world: World, panel: Panel, visit: Enter) -> None:
    now = store.wall_ms()
    campaign_id = started(world.db, world.users["coordinator"], world.rules, now=now)
    world.db.execute("UPDATE target SET state='texted', texted_at=?", [now])
    for field, value in (("status", "yes"), ("seats", "2")):
        recording.record(world.db, 1, field, value, by=world.users["volunteer"], now=now)
    world.db.execute("UPDATE conversation SET last_in_at=? WHERE name='Rosa'", [now + 1])
    page = visit("coordinator", PHONE).go(f"/campaigns/{campaign_id}/people")
    page.get_by_text("Only those who").click()
    in_order(page, "who said what")
    page.get_by_role("link", name="No answer").click()
    expect(page.locator("#people")).to_contain_text("Luis")
    expect(page.locator("#people")).not_to_contain_text("Rosa")
    page.get_by_role("button", name="Make a list of them").click()
    page.wait_for_url("**/lists/*")
    (made, *_) = lists.all_of(world.db)
    assert sorted(row["first_name"] for row in lists.members(world.db, made.id)) == [
        "Ada",
        "Luis",
        "Mei",
        "Sam",
        "Theo",
    ]
