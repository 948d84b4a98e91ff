"""Follow-up lists: what *Who said what* shows becomes a list with one press, or a file."""

import csv
import io
import re
from collections.abc import Callable

import pytest

from gateway import campaigns, followups, lists, optouts, purgedates, recording, store
from gateway.kinds import kind
from gateway.rules import DAY_MS
from tests.campaigning import started
from tests.web.conftest import Visitor
from tests.web.world import World

Visit = Callable[..., Visitor]
RESULTS = {
    "": ["Ada", "Luis", "Mei", "Rosa"],
    "status=maybe": ["Luis", "Mei"],
    "no_answer": ["Luis", "Mei", "Sam", "Theo"],
    "status=yes;seats!=2": ["Ada"],
    "seats=": ["Ada", "Luis", "Mei", "Sam", "Theo"],
    "seats!=": ["Rosa"],
    "junk=1": ["Ada", "Luis", "Mei", "Rosa"],
}


@pytest.fixture
def campaign_id(world: World) -> int:
    """Six were texted: Rosa and Ada come, Luis and Mei may, Sam and Theo said nothing; Mei stopped."""
    now = store.wall_ms()
    made = started(world.db, world.users["coordinator"], world.rules, now=now)
    world.db.execute("UPDATE target SET state='texted', texted_at=?", [now])
    for who, field, value in (
        ("Rosa", "status", "yes"), ("Rosa", "seats", "2"), ("Luis", "status", "maybe"), ("Ada", "status", "maybe"),
        ("Ada", "status", "yes"), ("Mei", "status", "maybe"),
    ):  # fmt: skip
        target = world.db.execute(
            "SELECT t.id FROM target t JOIN contact c ON c.id=t.contact_id WHERE c.first_name=?", [who]
        ).fetchone()["id"]
        recording.record(world.db, target, field, value, by=world.users["volunteer"], now=now)
    world.db.execute("UPDATE conversation SET last_in_at=? WHERE name IN ('Rosa', 'Ada')", [now + 1])
    mei = world.db.execute("SELECT id FROM conversation WHERE name='Mei'").fetchone()["id"]
    optouts.opt_out(
        world.db, mei, source="volunteer", by=world.users["coordinator"], reason="", now=now, confirm=False
    )
    return made


@pytest.mark.parametrize("which", RESULTS)
def test_one_press_makes_a_list_of_exactly_who_is_shown(
    world: World, visit: Visit, campaign_id: int, which: str
) -> None:
    who = RESULTS[which]
    cleo = visit("coordinator")
    at = f"/campaigns/{campaign_id}/people"
    page = cleo.get(at, query_string={"said": which}).get_data(as_text=True)
    assert re.findall(r'<strong dir="auto">(\w+)</strong>', page) == who
    assert ("1 person of them asked to stop" in page) == ("Mei" in who)
    rows = cleo.get(f"{at}.csv", query_string={"said": which}).get_data().decode("utf-8-sig")
    named = sorted(row["first_name"] for row in csv.DictReader(io.StringIO(rows)))
    assert named == (who if which not in ("", "junk=1") else ["Ada", "Luis", "Mei", "Rosa", "Sam", "Theo"])
    answer = cleo.post(f"{at}/list", said=which)
    (made, *_) = lists.all_of(world.db)
    assert answer.headers["Location"].endswith(f"/lists/{made.id}")
    inside = sorted(row["first_name"] for row in lists.members(world.db, made.id))
    assert inside == [name for name in who if name != "Mei"]
    assert (made.state, made.source, made.consented_on) == ("ready", "signed up", "2026-10-03")


def test_the_form_narrows_what_is_shown_to_what_is_written_down_or_not(
    world: World, visit: Visit, campaign_id: int
) -> None:
    cleo = visit("coordinator")
    page = cleo.get(f"/campaigns/{campaign_id}/people?said=status%3Dyes&field=seats&is=%3D").get_data(
        as_text=True
    )
    assert re.findall(r'<strong dir="auto">(\w+)</strong>', page) == ["Ada"]
    assert "Coming: yes, Seats: nothing written down" in page
    assert "said=status%3Dyes;seats%3D" in page, "the file follows"


def test_when_everybody_has_written_back_the_page_of_no_answer_says_so(
    world: World, visit: Visit, campaign_id: int
) -> None:
    """ "Nobody yet. Answers show up here by themselves." stood there."""
    world.db.execute("UPDATE conversation SET last_in_at=?", [store.wall_ms() + 1])
    page = visit("coordinator").get(f"/campaigns/{campaign_id}/people?said=no_answer").get_data(as_text=True)
    assert "Everybody who was texted has written back." in page
    assert "Nobody yet" not in page


@pytest.mark.parametrize(
    ("of", "said", "words"),
    [
        ("fundraising", "pledge=yes;gift!=confirmed", "Pledged, not given"),
        ("fundraising", "gift=confirmed;thanked!=yes", "Gave, not thanked"),
        ("recruitment", "shift=yes", "Takes a shift"),
        ("recruitment", "shift=yes;transport!=needs", "Takes a shift, not “Needs a lift”"),
        ("voter", "vote=will", "Will vote"),
        ("event", "contact=wrong_number", "Wrong number"),
        ("event", "status=yes;seats!=2", "Coming: yes, not “Seats: 2”"),
    ],
)
def test_a_result_is_called_as_its_chip_is(of: str, said: str, words: str) -> None:
    """ "Will give: yes, not Gift: confirmed" was a heading, and the name of the list that followed."""
    assert followups.words(kind(of), {}, followups.read(kind(of), said)) == words


def test_a_result_of_people_who_all_stopped_makes_no_list(
    world: World, visit: Visit, campaign_id: int
) -> None:
    answer = visit("coordinator").post(f"/campaigns/{campaign_id}/people/list", said="status=maybe", q="mei")
    assert "all of them asked to stop" in answer.get_data(as_text=True)
    assert len(lists.all_of(world.db)) == 1


def test_a_volunteer_makes_no_list(world: World, visit: Visit, campaign_id: int) -> None:
    assert visit().post(f"/campaigns/{campaign_id}/people/list", said="").status_code in (302, 303, 403)
    assert len(lists.all_of(world.db)) == 1


def test_the_page_of_a_purged_campaign_says_who_is_still_there_and_whether_its_list_stays(
    world: World, visit: Visit, campaign_id: int
) -> None:
    campaigns.close(world.db, campaign_id, by=world.users["coordinator"], now=store.wall_ms())
    cleo = visit("coordinator")
    page = cleo.get(f"/campaigns/{campaign_id}").get_data(as_text=True)
    assert "its list goes too, unless another campaign has it" in page
    later = store.wall_ms() + 91 * DAY_MS
    world.db.execute("UPDATE conversation SET last_at=? WHERE name='Ada'", [later - 5 * DAY_MS])
    world.db.execute("INSERT INTO message (conversation_id, kind, state, text, channel, created_at, expires_at, target_id) "
                     "SELECT conversation_id, 3, 'skipped', 'Hi', 'panel', 1, 1, id FROM target")  # fmt: skip
    purgedates.purge(world.db, now=later, zone="UTC")
    page = cleo.get(f"/campaigns/{campaign_id}").get_data(as_text=True)
    assert "1 person is still there" in page
    assert "Its list stays" not in page
    purgedates.purge(world.db, now=later + 35 * DAY_MS, zone="UTC")
    page = cleo.get(f"/campaigns/{campaign_id}").get_data(as_text=True)
    assert "Only totals remain since" in page
    assert "still there" not in page
