"""A campaign's people on the volunteer's screens: take a batch, one card each, told why when there is none."""

import re
from collections.abc import Callable

import pytest

from gateway import campaigns, store
from tests.campaigning import started
from tests.web.conftest import Visitor
from tests.web.world import World

Visit = Callable[..., Visitor]


@pytest.fixture
def campaign(world: World) -> int:
    now = store.wall_ms()
    for name, iccid in (("north", "8901260000000004417"), ("south", "8901260000000009062")):
        world.seat(name)
        world.db.execute("UPDATE station SET state='ready', iccid=? WHERE name=?", [iccid, name])
    return started(world.db, world.users["coordinator"], world.rules, now=now)


def test_home_offers_a_batch_and_one_press_takes_it(world: World, campaign: int, visit: Visit) -> None:
    maya = visit()
    page = maya.get("/").get_data(as_text=True)
    assert "Rent hearing" in page
    assert "Take the next 6" in page

    answer = maya.post(f"/send/take/{campaign}")

    assert answer.headers["Location"] == "/send"
    page = maya.get("/send").get_data(as_text=True)
    assert "1 of 6 texts" in page
    assert "<mark>Union Hall</mark>" in page
    assert "Oak Street" in page  # from the list
    assert "signed up" in page  # why they may be texted


def test_a_volunteer_sends_the_whole_batch_with_one_press_each(
    world: World, campaign: int, visit: Visit
) -> None:
    maya = visit()
    maya.get("/")
    maya.post(f"/send/take/{campaign}")
    for _ in range(6):
        page = maya.get("/send").get_data(as_text=True)
        form = re.search(r'action="(/send/\d+/approve)"', page)
        assert form
        maya.post(form[1], seen=maya.field(page, "seen"))
    rows = world.db.execute("SELECT text, state FROM message").fetchall()
    assert [row["state"] for row in rows] == ["approved"] * 6
    assert all("Maya" in row["text"] for row in rows)
    assert "on their way" in maya.get("/send").get_data(as_text=True)


def test_a_paused_campaign_offers_nobody(world: World, campaign: int, visit: Visit) -> None:
    maya = visit()
    maya.get("/")
    campaigns.pause(world.db, campaign, by=world.users["coordinator"])
    page = maya.post(f"/send/take/{campaign}", follow=True).get_data(as_text=True)
    assert "“Rent hearing” is not running. Cleo paused it." in page
    assert "Take the next" not in page


def test_without_a_modem_nobody_is_handed_out_and_the_page_says_why(
    world: World, campaign: int, visit: Visit
) -> None:
    world.db.execute("UPDATE station SET state='lost'")
    page = visit().get("/").get_data(as_text=True)
    assert "Take the next" not in page
    assert "No modem is ready" in page


def test_a_technician_takes_nobody(campaign: int, visit: Visit) -> None:
    ted = visit("technician")
    ted.get("/me")
    assert ted.post(f"/send/take/{campaign}").status_code == 403
