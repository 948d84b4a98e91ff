"""What goes wrong around a campaign in one room: each ends in a sentence, an intact database, and nothing sent."""

import re
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from gateway import assignments, campaigns, enrolment, optoutlist, optouts, store
from tests.campaigning import PEOPLE, SIMS, bring_in, drafted, started
from tests.web.conftest import Visitor
from tests.web.world import World, modems
from web.screens import campaigns as screen
from web.starts import REST_S, Starts

Visit = Callable[..., Visitor]


@pytest.fixture
def running(world: World) -> int:
    """A campaign of six people, all of them in the volunteer's hand."""
    modems(world)
    now = store.wall_ms()
    campaign_id = started(world.db, world.users["coordinator"], world.rules, now=now)
    assignments.take(world.db, campaign_id, world.users["volunteer"], world.rules, SIMS, now=now)
    return campaign_id


def open_card(maya: Visitor) -> tuple[str, str]:
    """The card as it stands before the volunteer: (where it is approved, what was seen)."""
    page = maya.get("/send").get_data(as_text=True)
    found = re.search(r'action="(/send/\d+/approve)"', page)
    assert found, page
    return found[1], maya.field(page, "seen")


def approved(world: World) -> int:
    return int(
        world.db.execute("SELECT count(*) FROM message WHERE approval_id IS NOT NULL AND kind=3").fetchone()[
            0
        ]
    )


def said(answer: TestResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())


@pytest.mark.parametrize("what", ["close", "pause"])
def test_a_card_that_is_open_while_its_campaign_ends_sends_nothing(
    world: World, visit: Visit, running: int, what: str
) -> None:
    maya, cleo = visit("volunteer"), visit("coordinator")
    path, seen = open_card(maya)
    cleo.get(f"/campaigns/{running}")
    assert cleo.post(f"/campaigns/{running}/{what}").status_code == 303

    answer = maya.post(path, seen=seen, follow=True)

    assert approved(world) == 0, said(answer)
    assert answer.status_code < 500
    assert re.search(r"closed|paused|Nothing was sent|taken back", said(answer)), said(answer)
    assert "First texts" in said(cleo.get(f"/campaigns/{running}"))


def test_what_runs_is_not_thrown_away(world: World, visit: Visit, running: int) -> None:
    maya, cleo = visit("volunteer"), visit("coordinator")
    path, seen = open_card(maya)
    cleo.get(f"/campaigns/{running}")
    answer = cleo.post(f"/campaigns/{running}/abandon")
    assert answer.status_code == 409
    assert "cannot be deleted" in said(answer)
    assert maya.post(path, seen=seen).status_code == 303
    assert approved(world) == 1, "its volunteer goes on"


def test_whoever_moves_an_event_reads_how_many_know_its_old_day(
    world: World, visit: Visit, running: int
) -> None:
    """They said yes to the fifth, the page said “Kept.”, and they came on the fifth: the reminder was for the twelfth."""
    cleo = visit("coordinator")

    def keep(**changes: str) -> str:
        facts = {
            f"fact_{name}": value
            for name, value in {**campaigns.load(world.db, running).facts, **changes}.items()
        }
        page = cleo.get(f"/campaigns/{running}").get_data(as_text=True)
        more = {"name": cleo.field(page, "name"), "revision": cleo.field(page, "revision")}
        return said(cleo.post(f"/campaigns/{running}/facts", follow=True, **facts, **more))

    assert "nothing tells them" not in keep(place="The new hall")  # nobody was texted yet
    one = world.card("volunteer").id
    world.db.execute(
        "UPDATE target SET state='texted', texted_at=? WHERE message_id=?", [store.wall_ms(), one]
    )
    assert (
        "1 person was texted before you changed “Day” and “Place”, and nothing tells them by itself"
        in keep(day="2099-12-12", place="The old hall")
    )
    assert "nothing tells them" not in keep(seats="41")


def test_an_answer_to_a_closed_campaign_comes_in_and_is_answered(
    world: World, visit: Visit, running: int
) -> None:
    maya = visit("volunteer")
    path, seen = open_card(maya)
    maya.post(path, seen=seen)
    world.db.execute("UPDATE message SET approved_at=approved_at-60000, not_before=NULL")
    world.fly("sent")
    campaigns.close(world.db, running, by=world.users["coordinator"], now=store.wall_ms())
    number = world.db.execute(
        "SELECT number FROM conversation c JOIN message m ON m.conversation_id=c.id WHERE m.state='sent'"
    ).fetchone()[0]
    world.receive(number, "YES 2")

    conversation = world.conversation(number)
    page = maya.get(f"/inbox/{conversation}").get_data(as_text=True)
    assert "YES 2" in page
    sent = maya.post(f"/inbox/{conversation}/reply", text="See you there", key=maya.field(page, "key"))

    assert sent.status_code == 303
    assert (
        world.db.execute("SELECT state FROM message WHERE text='See you there'").fetchone()["state"]
        == "approved"
    )
    assert campaigns.load(world.db, running).state == "closed"


def test_two_coordinators_start_it_at_once_and_it_starts_once(world: World, visit: Visit) -> None:
    now = store.wall_ms()
    campaign_id = drafted(world.db, world.users["coordinator"], bring_in(world.db, now=now), now=now)
    visitors = [visit("coordinator"), visit("admin")]
    for each in visitors:
        each.get(f"/campaigns/{campaign_id}")
    door, answers = threading.Barrier(2), list[TestResponse]()

    def press(each: Visitor) -> None:
        door.wait()
        answers.append(each.post(f"/campaigns/{campaign_id}/start"))

    threads = [threading.Thread(target=press, args=[each]) for each in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.status_code for answer in answers) in (
        [303, 409],
        [303, 303],
    ), "whoever presses when it runs is shown it"
    for refused in (answer for answer in answers if answer.status_code == 409):
        assert re.search("It has started already|Somebody was faster", said(refused))
    assert enrolment.progress(world.db, campaign_id).open == len(PEOPLE)


def test_a_list_that_a_draft_works_with_is_not_deleted(world: World, visit: Visit) -> None:
    now = store.wall_ms()
    list_id = bring_in(world.db, now=now)
    drafted(world.db, world.users["coordinator"], list_id, now=now)
    cleo = visit("coordinator")
    cleo.get(f"/lists/{list_id}/delete")
    answer = cleo.post(f"/lists/{list_id}/delete")
    assert answer.status_code == 409
    assert "“Rent hearing” works with this list. Nothing was deleted." in said(answer)
    assert world.db.execute("SELECT count(*) FROM list_member").fetchone()[0] == len(PEOPLE)


def opt_everybody_out(world: World) -> None:
    for row in world.db.execute("SELECT number FROM conversation").fetchall():
        optoutlist.by_number(
            world.db, row["number"], reason="rang", by=world.users["coordinator"], now=store.wall_ms()
        )


def test_a_list_that_is_emptied_by_opt_outs_cannot_start(world: World, visit: Visit) -> None:
    now = store.wall_ms()
    campaign_id = drafted(world.db, world.users["coordinator"], bring_in(world.db, now=now), now=now)
    opt_everybody_out(world)
    cleo = visit("coordinator")
    cleo.get(f"/campaigns/{campaign_id}")
    answer = cleo.post(f"/campaigns/{campaign_id}/start")
    assert answer.status_code == 409
    assert "Nobody of its list may be texted now." in said(answer)
    assert campaigns.load(world.db, campaign_id).state == "draft"


def test_whoever_opts_out_while_their_card_is_open_is_not_texted(
    world: World, visit: Visit, running: int
) -> None:
    maya = visit("volunteer")
    path, seen = open_card(maya)
    opt_everybody_out(world)
    answer = maya.post(path, seen=seen, follow=True)
    assert answer.status_code < 500
    assert approved(world) == 0, said(answer)
    assert not re.search(r'action="/send/\d+/approve"', maya.get("/send").get_data(as_text=True))


def test_a_long_list_is_taken_in_piece_by_piece_and_the_page_says_how_far(
    world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enrolment, "ENROLLED_AT_ONCE", 2)
    monkeypatch.setattr(screen, "AT_ONCE_S", 0.0)
    now = store.wall_ms()
    campaign_id = drafted(world.db, world.users["coordinator"], bring_in(world.db, now=now), now=now)
    cleo = visit("coordinator")
    cleo.get(f"/campaigns/{campaign_id}")
    pages = []
    while (answer := cleo.post(f"/campaigns/{campaign_id}/start")).status_code == 200:
        pages.append(said(answer))
        assert campaigns.load(world.db, campaign_id).state == "draft", (
            "nobody is offered before everybody is in"
        )
        assert "data-goes-on" in answer.get_data(as_text=True)
    assert ["2 of 6 people are in" in pages[0], "4 of 6 people are in" in pages[1]] == [True, True]
    assert campaigns.load(world.db, campaign_id).state == "running"
    assert enrolment.progress(world.db, campaign_id).open == len(PEOPLE)


def test_a_start_pressed_again_after_a_rest_goes_through_the_whole_list_again(
    world: World, app: Flask, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who was taken in before the page was closed asked to stop since."""
    watch = [0.0]
    app.config["STARTS"] = Starts(lambda: watch[0])
    monkeypatch.setattr(enrolment, "ENROLLED_AT_ONCE", 4)
    monkeypatch.setattr(screen, "AT_ONCE_S", 0.0)
    now = store.wall_ms()
    campaign_id = drafted(world.db, world.users["coordinator"], bring_in(world.db, now=now), now=now)
    cleo = visit("coordinator")
    cleo.get(f"/campaigns/{campaign_id}")
    assert "4 of 6 people are in" in said(cleo.post(f"/campaigns/{campaign_id}/start"))
    rosa = world.conversation("+12025550100")
    optouts.opt_out(world.db, rosa, source="import", by=None, reason="", now=now)

    watch[0] += REST_S
    assert "4 of 6 people are in" in said(cleo.post(f"/campaigns/{campaign_id}/start"))
    assert cleo.post(f"/campaigns/{campaign_id}/start").status_code == 303
    assert enrolment.left_out(world.db, campaign_id) == [("Asked to stop.", 1)]


def test_a_start_that_is_refused_takes_nobody_in(world: World, visit: Visit) -> None:
    """Taken in is kept from other campaigns: what keeps it from starting is looked at first."""
    now = store.wall_ms()
    campaign_id = drafted(world.db, world.users["coordinator"], bring_in(world.db, now=now), now=now)
    world.db.execute("UPDATE campaign SET facts='{}' WHERE id=?", [campaign_id])
    cleo = visit("coordinator")
    cleo.get(f"/campaigns/{campaign_id}")
    answer = cleo.post(f"/campaigns/{campaign_id}/start")
    assert (answer.status_code, "“Day” is not filled in." in said(answer)) == (409, True)
    assert world.db.execute("SELECT count(*) FROM target").fetchone()[0] == 0


def test_a_start_that_waits_for_its_reader_takes_nobody_in(world: World, app: Flask, visit: Visit) -> None:
    now = store.wall_ms()
    campaign_id = drafted(world.db, world.users["coordinator"], bring_in(world.db, now=now), now=now)
    config = app.config["TEXTBANK"]
    app.config["TEXTBANK"] = replace(config, campaigns=replace(config.campaigns, review=True))
    cleo = visit("coordinator")
    cleo.get(f"/campaigns/{campaign_id}")
    answer = cleo.post(f"/campaigns/{campaign_id}/start")
    assert (answer.status_code, "A second coordinator reads it first" in said(answer)) == (409, True)
    assert world.db.execute("SELECT count(*) FROM target").fetchone()[0] == 0


def test_a_new_draft_is_kept_as_it_is(world: World, visit: Visit) -> None:
    cleo = visit("coordinator")
    draft = campaigns.create(
        world.db, "Strike fund", "fundraising", "en", by=world.users["coordinator"], now=1
    )
    page = cleo.get(f"/campaigns/{draft}").get_data(as_text=True)
    empty = dict.fromkeys(re.findall(r'name="(fact_\w+)"', page), "")
    answer = cleo.post(f"/campaigns/{draft}/facts", name="Strike fund", revision="1", **empty)
    assert answer.status_code == 303
