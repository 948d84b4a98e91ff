"""Texts that may have gone out, or not: a person says; nothing is sent again by itself."""

from collections.abc import Callable

import pytest

from tests.web.conftest import Visitor
from tests.web.world import World, busy_day

Visit = Callable[..., Visitor]


@pytest.fixture
def lost(world: World) -> int:
    return busy_day(world)["uncertain"]


def test_it_says_what_happened_and_what_one_may_know(lost: int, visit: Visit) -> None:
    maya = visit()
    assert maya.get("/uncertain").headers["Location"] == f"/uncertain/{lost}"
    page = maya.get(f"/uncertain/{lost}").get_data(as_text=True)
    for said in (
        "Did this text reach",
        "Ada Nwosu",
        "We never send it again by ourselves",
        "Handed to the modem",
        "for 180 s",
    ):
        assert said in page


@pytest.mark.parametrize(("known", "state"), [("arrived", "delivered"), ("not", "failed")])
def test_a_person_settles_it(world: World, lost: int, visit: Visit, known: str, state: str) -> None:
    maya = visit()
    key = maya.field(maya.get(f"/uncertain/{lost}").get_data(as_text=True), "key")
    page = maya.post(f"/uncertain/{lost}", follow=True, known=known, key=key).get_data(as_text=True)
    assert world.state(lost) == state
    assert "Nothing is uncertain" in page


def test_again_makes_one_new_text_that_waits_for_a_send(world: World, lost: int, visit: Visit) -> None:
    maya = visit()
    key = maya.field(maya.get(f"/uncertain/{lost}").get_data(as_text=True), "key")
    for _ in range(2):
        page = maya.post(f"/uncertain/{lost}", follow=True, known="again", key=key).get_data(as_text=True)
    assert world.state(lost) == "failed"
    copies = world.db.execute("SELECT id, state FROM message WHERE draft_key=?", [key]).fetchall()
    assert [row["state"] for row in copies] == ["awaiting"]
    assert f'data-card="{copies[0]["id"]}"' in page


def test_a_trainee_does_not_settle(world: World, lost: int, visit: Visit) -> None:
    assert (
        visit("trainee").post(f"/uncertain/{lost}", known="arrived", key="panel:" + "x" * 16).status_code
        == 403
    )
    assert world.state(lost) == "uncertain"


def test_somebody_elses_text_is_not_ours_to_settle(world: World, lost: int, visit: Visit) -> None:
    sam = visit("other")
    page = sam.post(f"/uncertain/{lost}", follow=True, known="arrived", key="panel:" + "x" * 16).get_data(
        as_text=True
    )
    assert world.state(lost) == "uncertain"
    assert "Ada" not in page
    assert "Of every text of yours it is known whether it left" in page


def test_a_text_that_was_settled_meanwhile_is_not_settled_twice(
    world: World, lost: int, visit: Visit
) -> None:
    maya = visit()
    key = maya.field(maya.get(f"/uncertain/{lost}").get_data(as_text=True), "key")
    maya.post(f"/uncertain/{lost}", known="arrived", key=key)
    maya.post(f"/uncertain/{lost}", known="not", key=key)
    assert world.state(lost) == "delivered"


def test_again_pressed_on_a_page_that_stood_open_writes_nothing_once_a_colleague_sent_it_again(
    world: World, lost: int, visit: Visit
) -> None:
    maya, cleo = visit(), visit("coordinator")
    keys = [one.field(one.get(f"/uncertain/{lost}").get_data(as_text=True), "key") for one in (maya, cleo)]
    maya.post(f"/uncertain/{lost}", known="again", key=keys[0])
    again = world.db.execute("SELECT id FROM message WHERE resend_of=?", [lost]).fetchone()["id"]
    world.approve(again)
    texts = world.db.execute("SELECT count(*) FROM message").fetchone()[0]

    cleo.post(f"/uncertain/{lost}", known="again", key=keys[1])
    assert world.db.execute("SELECT count(*) FROM message").fetchone()[0] == texts
    while world.fly("sent") != again:  # others of that day leave first
        assert world.state(again) == "approved"
    page = cleo.post(f"/uncertain/{lost}", follow=True, known="again", key=keys[1]).get_data(as_text=True)
    assert world.db.execute("SELECT count(*) FROM message").fetchone()[0] == texts
    assert "went to them once more already" in page
