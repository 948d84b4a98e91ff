"""Reminders on the pages: a card that says what it is, a list that says when it leaves, a campaign that says whom none reaches."""

import re
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

from gateway import campaigns, recording, reminders, store
from tests.campaigning import FACTS, bring_in, drafted, started
from tests.web.conftest import Visitor
from tests.web.world import World, modems

Visit = Callable[..., Visitor]


def said_yes(world: World) -> int:
    """An event of tomorrow to which Rosa said yes; her reminder is due at the end of today."""
    modems(world)
    now = store.wall_ms()
    list_id = bring_in(world.db, now=now)
    campaign_id = started(world.db, world.users["coordinator"], world.rules, list_id=list_id, now=now)
    tomorrow = store.moment(now).astimezone(ZoneInfo(world.rules.zone)).date() + timedelta(days=1)
    world.db.execute(  # due today, whenever the test runs
        "UPDATE campaign SET facts=json_set(facts, '$.day', ?), script=replace(script, '16:00', '23:59')",
        [tomorrow.isoformat()],
    )
    world.db.execute("UPDATE target SET state='texted', texted_at=?", [now])
    recording.record(world.db, 1, "status", "yes", by=world.users["volunteer"], now=now)
    return campaign_id


def test_a_reminder_says_that_it_is_one_and_when_it_leaves(world: World, visit: Visit) -> None:
    said_yes(world)
    now = store.wall_ms()
    assert reminders.draft_due(world.db, world.rules, now=now) == 1
    world.db.execute(
        "UPDATE message SET due_at=?, expires_at=? WHERE kind=2", [now + 3_600_000, now + 7_200_000]
    )
    maya = visit()
    page = maya.get("/send").get_data(as_text=True)
    card = world.card("volunteer")
    assert re.search(r"A reminder: it leaves <time.*answered: <bdi>Coming: yes</bdi>", page)
    maya.post(f"/send/{card.id}/approve", seen=card.seen)
    page = maya.get("/send").get_data(as_text=True)
    assert "Your text is approved" in page
    assert "1 reminder of yours leaves when it is due, the first <time" in page
    assert re.search(r"A reminder: it leaves <time", page)


def test_a_paused_campaign_says_whom_it_does_not_remind(world: World, visit: Visit) -> None:
    campaign_id = said_yes(world)
    campaigns.pause(world.db, campaign_id, by=world.users["coordinator"])
    page = visit("coordinator").get(f"/campaigns/{campaign_id}").get_data(as_text=True)
    assert "1 person is due “<bdi>The day before</bdi>”" in page
    assert "No reminder is written while the campaign is paused" in page
    today = store.moment(store.wall_ms()).astimezone(ZoneInfo(world.rules.zone)).date()
    kept = visit("coordinator").get(f"/campaigns/{campaign_id}/numbers.csv").get_data(as_text=True)
    assert f'"Due, and held by the pause: “The day before”, due {today}",1' in kept


def test_who_does_not_get_a_reminder_is_chosen_with_its_words(world: World, visit: Visit) -> None:
    now = store.wall_ms()
    campaign_id = drafted(world.db, world.users["coordinator"], bring_in(world.db, now=now), now=now)
    cleo = visit("coordinator")
    at = f"/campaigns/{campaign_id}/words/reminder/day-before"
    page = cleo.get(at).get_data(as_text=True)
    assert "Who does not get it" in page
    revision = re.search(r'name="revision" value="(\d+)"', page)
    assert revision
    cleo.post(
        at, revision=revision[1], label="The day before", text="Tomorrow!", when="status=yes", unless="reminder=coming",
        fact="day", days_before="1", at="16:00", step="coming",
    )  # fmt: skip
    (kept,) = [
        each for each in campaigns.load(world.db, campaign_id).script.reminders if each.id == "day-before"
    ]
    assert (kept.when, kept.unless) == ({"status": ("yes",)}, {"reminder": ("coming",)})
    words = cleo.get(f"/campaigns/{campaign_id}/words").get_data(as_text=True)
    assert "but not who said “After the reminder: coming”" in words
    assert FACTS["event"] in words


def test_whose_reminder_ran_out_is_named(world: World, visit: Visit) -> None:
    """ "2 reminders ran out" named nobody: which two must be told was found by opening each conversation."""
    campaign_id = said_yes(world)
    reminders.draft_due(world.db, world.rules, now=store.wall_ms())
    world.db.execute("UPDATE message SET state='expired' WHERE kind=2")
    again = dict(world.db.execute("SELECT * FROM message WHERE kind=2").fetchone()) | {
        "id": None,
        "draft_key": "of another day",
    }
    marks = ",".join("?" * len(again))
    world.db.execute(f"INSERT INTO message ({','.join(again)}) VALUES ({marks})", list(again.values()))
    page = visit("coordinator").get(f"/campaigns/{campaign_id}").get_data(as_text=True)
    assert "2 reminders ran out" in page
    rosa = world.conversation("+12025550100")
    assert page.count(f'<a href="/inbox/{rosa}"><bdi>Rosa</bdi></a>') == 1
