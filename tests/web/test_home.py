"""Home and the Send screen say what there is to do: once, and of the batch in hand."""

import re
from collections.abc import Callable
from pathlib import Path

from gateway import assignments, store
from tests.campaigning import SIMS, bring_in, started
from tests.web.conftest import Visitor
from tests.web.world import World, found, modems
from web import create_app

Visit = Callable[..., Visitor]


def run(world: World, *names: str, **options: int) -> list[int]:
    """Campaigns with six people each; returns their ids."""
    now, lead = store.wall_ms(), world.users["coordinator"]
    made = []
    for at, name in enumerate(names):
        people = bring_in(world.db, first=100 + 10 * at, now=now)
        made.append(started(world.db, lead, world.rules, name, list_id=people, now=now, **options))
    return made


def test_why_nobody_gets_new_people_stands_once_above_the_campaigns_that_it_holds_back(
    world: World, visit: Visit
) -> None:
    """The same sentence stood on each of ten cards."""
    modems(world)
    run(world, "Hearing", "Picnic", "Rally", replies_each=1)
    maya = visit()
    for n in range(3):
        world.receive(f"+1202555017{n}", "Who is this?")
    page = maya.get("/").get_data(as_text=True)
    assert page.count("wait for an answer. Answer some of them in the inbox") == 1
    assert all(f'<bdi class="clip">{name}</bdi>' in page for name in ("Hearing", "Picnic", "Rally"))
    assert "Nothing to send, 3 waiting for an answer" in page
    assert "Take the next" not in page


def test_people_to_take_are_not_called_nothing(world: World, visit: Visit) -> None:
    modems(world)
    run(world, "Hearing", "Picnic")
    world.receive("+12025550170", "Who is this?")
    page = visit().get("/").get_data(as_text=True)
    assert "12 people to text, 1 waiting for an answer" in page
    assert page.count("Take the next 6") == 2


def test_what_a_trainee_typed_is_not_on_their_own_list(world: World, visit: Visit) -> None:
    """ "1 to send" led to "Nothing waits for a Send": a coordinator reads it first."""
    modems(world)
    world.receive("+12025550170", "Who is this?")
    conversation = world.conversation("+12025550170")
    world.db.execute("UPDATE user SET role='trainee' WHERE id=?", [world.users["other"].id])
    learner = visit("other")
    page = learner.get(f"/inbox/{conversation}").get_data(as_text=True)
    learner.post(f"/inbox/{conversation}/reply", text="It is Zed.", key=learner.field(page, "key"))
    assert "to send" not in learner.get("/").get_data(as_text=True)
    world.db.execute("UPDATE conversation SET holder_id=NULL")
    assert "to send" not in visit().get("/").get_data(as_text=True), "nor on another volunteer's"
    assert "1 to send" in visit("coordinator").get("/").get_data(as_text=True)


def test_it_is_said_that_no_modem_sends(world: World, visit: Visit) -> None:
    """All SIMs were paused while a volunteer had a batch: the card, Send and her last texts were as ever."""
    modems(world)
    world.draft("Rosa", "+12025550147", "Hello")
    maya = visit()
    assert "No modem sends now" not in maya.get("/").get_data(as_text=True)
    world.db.execute("UPDATE station SET state='paused', paused_by=?", [world.users["technician"].id])
    assert "No modem sends now.</strong> What you approve waits" in maya.get("/").get_data(as_text=True)
    assert "No modem sends now: this text waits" in maya.get("/send").get_data(as_text=True)


def test_the_progress_counts_the_batch_in_hand(world: World, visit: Visit) -> None:
    """ "62 of 72 texts": the day, where ten were in hand."""
    modems(world)
    first, second = run(world, "Hearing", "Picnic")
    maya = visit()
    maya.get("/")
    for campaign in (first, second):
        maya.post(f"/send/take/{campaign}")
        for n in range(6):
            page = maya.get("/send").get_data(as_text=True)
            assert f"{n + 1} of 6 texts" in page
            message = re.search(r"/send/(\d+)/approve", page)
            assert message
            maya.post(f"/send/{message[1]}/approve", seen=maya.field(page, "seen"))
    assert "Your 12 texts of today" in maya.get("/send").get_data(as_text=True)


def test_a_skips_toast_says_never(tmp_path: Path) -> None:
    (tmp_path / "undo").mkdir()
    world = found(tmp_path / "undo", undo=60)
    now, lead = store.wall_ms(), world.users["coordinator"]
    campaign = started(world.db, lead, world.rules, now=now)
    assignments.take(world.db, campaign, world.users["volunteer"], world.rules, SIMS, now=now)
    maya = Visitor(create_app(world.source), world).come_in("volunteer")
    message = re.search(r"/send/(\d+)/skip", maya.get("/send").get_data(as_text=True))
    assert message
    page = maya.post(f"/send/{message[1]}/skip", follow=True).get_data(as_text=True)
    assert "Skipped <bdi>Rosa</bdi>: never by this campaign" in page
    world.db.close()
