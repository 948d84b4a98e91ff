"""A coordinator deletes what others work with: each ends in a sentence, an intact database, and nothing sent that should not be."""

import html
import re
import sqlite3
from collections.abc import Callable, Iterator

import pytest
from werkzeug.test import TestResponse

from gateway import (
    assignments,
    campaigns,
    enrolment,
    erasing,
    inbox,
    outbox,
    purgedates,
    scriptedit,
    seating,
    store,
)
from gateway.rules import DAY_MS
from tests.campaigning import PEOPLE, SIMS, bring_in, drafted, started
from tests.web.conftest import Visitor
from tests.web.world import World, modems
from web.screens import campaigns as screen

Visit = Callable[..., Visitor]
ROSA = "+12025550100"


@pytest.fixture
def running(world: World) -> Iterator[int]:
    """A campaign whose people are all in the volunteer's hand; whatever is deleted, the database is whole afterwards."""
    modems(world)
    now = store.wall_ms()
    campaign_id = started(
        world.db, world.users["coordinator"], world.rules, now=now, list_id=bring_in(world.db, now=now)
    )
    assignments.take(world.db, campaign_id, world.users["volunteer"], world.rules, SIMS, now=now)
    yield campaign_id
    assert world.db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert world.db.execute("PRAGMA foreign_key_check").fetchall() == []


def said(answer: TestResponse) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))).split())


def texted(world: World, campaign_id: int) -> int:
    return enrolment.progress(world.db, campaign_id).texted


def test_the_list_of_a_campaign_that_runs_stays(world: World, visit: Visit, running: int) -> None:
    cleo, maya = visit("coordinator"), visit("volunteer")
    cleo.get("/lists/1/delete")
    refused = cleo.post("/lists/1/delete")
    assert refused.status_code == 409
    assert "“Rent hearing” works with this list. Nothing was deleted. Close the campaign first" in said(refused)  # fmt: skip
    page = maya.get("/send").get_data(as_text=True)
    path = re.search(r'action="(/send/\d+/approve)"', page)[1]  # type: ignore[index]
    maya.post(path, seen=maya.field(page, "seen"))
    assert texted(world, running) == 1


@pytest.mark.parametrize("act", ["approve", "undo"])
def test_a_person_who_is_erased_while_their_card_is_open(
    world: World, visit: Visit, running: int, act: str
) -> None:
    """The tap said only that there is no text of that number."""
    maya = visit("volunteer")
    page = maya.get("/send").get_data(as_text=True)
    message_id = int(re.search(r"/send/(\d+)/approve", page)[1])  # type: ignore[index]
    seen, name = maya.field(page, "seen"), outbox.load(world.db, message_id)["name"]
    erasing.erase(world.db, outbox.load(world.db, message_id)["number"], now=store.wall_ms())
    answer = maya.post(f"/send/{message_id}/{act}", follow=True, seen=seen)
    assert answer.status_code < 500
    assert "it was erased with its person. Nothing was sent." in said(answer)
    page = maya.get("/send").get_data(as_text=True)
    assert re.search(r"/send/\d+/approve", page), "the next one follows"
    assert f'id="who" tabindex="-1">{name}<' not in page
    assert enrolment.progress(world.db, running).people == len(PEOPLE) - 1


def answered(world: World, visit: Visit, running: int) -> tuple[Visitor, str, str]:
    """Rosa was texted and said yes; the volunteer has pressed the answer and not yet Send."""
    maya = visit("volunteer")
    page = maya.get("/send").get_data(as_text=True)
    path = re.search(r'action="(/send/\d+/approve)"', page)[1]  # type: ignore[index]
    maya.post(path, seen=maya.field(page, "seen"))
    world.db.execute("UPDATE message SET approved_at=approved_at-60000, not_before=NULL")
    world.fly()
    world.receive(ROSA, "no")
    thread = f"/inbox/{world.conversation(ROSA)}"
    return maya, thread, maya.get(f"{thread}?choice=no").get_data(as_text=True)


def test_an_answer_that_is_taken_out_of_the_script_while_somebody_gives_it(
    world: World, visit: Visit, running: int
) -> None:
    maya, thread, page = answered(world, visit, running)
    script = scriptedit.without_choice(campaigns.load(world.db, running).script, "first", "no")
    by, now = world.users["coordinator"], store.wall_ms()
    campaigns.save(world.db, running, by=by, now=now, seen_revision=2, script=script)
    key = maya.field(page, "key")
    refused = maya.post(f"{thread}/reply", key=key, text="A pity!", choice="no")
    assert "That answer is not there any more." in said(refused)
    assert ">A pity!</textarea>" in refused.get_data(as_text=True), "the words stay"
    assert world.db.execute("SELECT count(*) FROM answer").fetchone()[0] == 0


@pytest.mark.parametrize(
    ("list_goes", "status", "words"),
    [
        (1, 404, "the person was erased, or their campaign is past its purge date. Nothing was done."),
        (0, 409, "Nobody has texted this person yet."),
    ],
)
def test_a_campaign_that_is_closed_and_purged_while_somebody_answers(
    world: World, visit: Visit, running: int, list_goes: int, status: int, words: str
) -> None:
    """The words left, and what they said was written down nowhere, in silence."""
    world.db.execute("UPDATE campaign SET options=json_set(options, '$.purge_list', ?)", [list_goes])
    maya, thread, page = answered(world, visit, running)
    now = store.wall_ms()
    campaigns.close(world.db, running, by=world.users["coordinator"], now=now)
    purgedates.purge(world.db, now=now + 100 * DAY_MS, zone=world.rules.zone)
    refused = maya.post(f"{thread}/reply", key=maya.field(page, "key"), text="A pity!", choice="no")
    assert refused.status_code == status
    assert words in refused.get_data(as_text=True)
    assert world.db.execute("SELECT count(*) FROM message WHERE text='A pity!'").fetchone()[0] == 0


def test_whoever_is_erased_while_a_list_of_people_is_drawn_is_not_on_it(world: World, running: int) -> None:
    rosa, gone = world.conversation(ROSA), 10_000
    rows = inbox.rows_of(world.db, [gone, rosa], world.users["coordinator"], now=store.wall_ms())
    assert [row.conversation_id for row in rows] == [rosa]


def test_a_draft_that_is_thrown_away_while_its_page_is_drawn_is_said_to_be_gone(
    world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleo = world.users["coordinator"]
    made = drafted(world.db, cleo, bring_in(world.db, now=1), now=1)

    def loaded(campaign_id: int) -> campaigns.Campaign:
        found = campaigns.load(world.db, campaign_id)
        campaigns.abandon(world.db, campaign_id, by=cleo)
        return found

    monkeypatch.setattr(screen, "loaded", loaded)
    answer = visit("coordinator").get(f"/campaigns/{made}")
    assert answer.status_code == 409
    assert "no such campaign any more" in said(answer)


def test_whoever_is_erased_while_their_conversation_is_drawn_is_said_to_be_gone(
    world: World, visit: Visit, running: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rosa, room = world.conversation(ROSA), seating.room

    def meanwhile(db: sqlite3.Connection, campaign: campaigns.Campaign, target_id: int) -> seating.Room:
        found = room(db, campaign, target_id)
        erasing.erase(world.db, ROSA, now=store.wall_ms())
        return found

    monkeypatch.setattr(seating, "room", meanwhile)
    answer = visit("coordinator").get(f"/inbox/{rosa}")
    assert answer.status_code == 409
    assert "There is no such conversation" in said(answer)
