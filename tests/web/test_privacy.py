"""What a group does for one person's privacy: totals after the purge date, their data as a file, their erasure, and the ledger that stays whole."""

import csv
import io
import json
from collections.abc import Callable

import pytest

from gateway import (
    campaigns,
    conversations,
    journal,
    ledger,
    optouts,
    purgedates,
    recording,
    restoring,
    store,
)
from gateway.rules import DAY_MS
from tests.campaigning import started
from tests.web.conftest import Visitor
from tests.web.world import World, busy_day

Visit = Callable[..., Visitor]
ADEBAYO = "+12025550151"


@pytest.fixture
def known(world: World) -> int:
    """A busy day with somebody of a list who was texted, answered and has a note; returns their conversation."""
    busy_day(world)
    world.list_of(
        "First name,Phone,Building\nOluwaseun,+12025550151,12 Oak Street\n", "Fair", cool_down_days=0
    )
    conversation = world.conversation(ADEBAYO)
    world.db.execute(
        "INSERT INTO note (conversation_id, text, at) VALUES (?,'Needs a ramp',1)", [conversation]
    )
    world.db.execute("INSERT INTO tag VALUES (?,'ramp')", [conversation])
    return conversation


def test_after_its_purge_date_the_page_has_the_totals_and_says_since_when(world: World, visit: Visit) -> None:
    then = store.wall_ms() - 100 * DAY_MS
    lead = world.users["coordinator"]
    campaign_id = started(world.db, lead, world.rules, now=then)
    world.db.execute("UPDATE target SET state='texted', texted_at=?", [then])
    recording.record(world.db, 1, "status", "yes", by=lead, now=then)
    campaigns.close(world.db, campaign_id, by=lead, now=then)
    cleo = visit("coordinator")
    page = cleo.get(f"/campaigns/{campaign_id}").get_data(as_text=True)
    assert "Only totals remain from" in page
    purgedates.purge(world.db, now=store.wall_ms(), zone=world.rules.zone)

    page = cleo.get(f"/campaigns/{campaign_id}").get_data(as_text=True)

    assert "Only totals remain since" in page
    assert "6 texted" in page
    assert "119 of 120 seats left" in page
    assert "Rosa" not in page
    for path in ("people", "people.csv"):
        answer = cleo.get(f"/campaigns/{campaign_id}/{path}")
        assert answer.status_code == 409
        assert "Only the totals of this campaign remain" in answer.get_data(as_text=True)
    again = {"name": "Again", "language": "en"}
    assert cleo.post(f"/campaigns/{campaign_id}/clone", **again).status_code == 303


def test_a_coordinator_gives_somebody_all_that_is_here_about_them(
    world: World, visit: Visit, known: int
) -> None:
    answer = visit("coordinator").get(f"/inbox/{known}/everything.json")

    found = json.loads(answer.get_data(as_text=True))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert found["number"] == ADEBAYO
    assert found["people_at_this_number"][0]["columns"] == {"building": "12 Oak Street"}
    assert found["people_at_this_number"][0]["agreed_by"] == "Sign-up sheet"
    assert found["lists"][0]["name"] == "Fair"
    assert found["texts_to_them"][0]["approved_by"] == "Maya"
    assert found["texts_from_them"][0]["text"].startswith("YES 2, me and my mom!")
    assert (found["notes"][0]["text"], found["tags"]) == ("Needs a ramp", [{"tag": "ramp"}])


def test_erasing_asks_first_and_says_what_goes_what_stays_and_until_when(
    world: World, visit: Visit, known: int
) -> None:
    cleo, head = visit("coordinator"), ledger.head(world.db)
    contact = world.db.execute("SELECT id FROM contact WHERE conversation_id=?", [known]).fetchone()["id"]
    assert f"/inbox/{known}/erase" in cleo.get(f"/contacts/{contact}").get_data(as_text=True)
    page = cleo.get(f"/inbox/{known}/erase").get_data(as_text=True)
    for words in (
        "1 text to them, 1 text from them",
        "1 place in a list",
        "1 note, 1 tag",
        "rows of the ledger",
        "Backups elsewhere keep this person",
    ):
        assert words in page
    assert cleo.post(f"/inbox/{known}/erase").status_code == 400, "not without the page that asks"

    done = cleo.post(f"/inbox/{known}/erase", sure="yes", follow=True).get_data(as_text=True)

    assert "Erased, with 1 text to them and 1 text from them." in done
    assert not world.db.execute("SELECT 1 FROM conversation WHERE number=?", [ADEBAYO]).fetchall()
    assert not world.db.execute("SELECT 1 FROM contact").fetchall()
    assert (ledger.verify(world.db).intact, ledger.head(world.db)) == (True, head)
    assert cleo.post(f"/inbox/{known}/erase", sure="yes").status_code == 409


def test_whoever_erases_is_told_at_once_which_lists_must_be_taken_first(
    world: World, visit: Visit, known: int
) -> None:
    for name in ("Spring", "Fair 2"):
        world.list_of("First name,Phone\nSam,+12025550177\n", name, take=False)
    cleo = visit("coordinator")
    page = cleo.get(f"/inbox/{known}/erase").get_data(as_text=True)
    assert "lists that are not taken yet may name this person" in page
    assert "<bdi>Spring</bdi>" in page
    assert "<bdi>Fair 2</bdi>" in page
    assert "Erase this person" not in page
    refused = cleo.post(f"/inbox/{known}/erase", sure="yes")
    assert refused.status_code == 409
    assert "“Spring”, “Fair 2” are not taken yet" in refused.get_data(as_text=True)


def test_who_came_off_by_a_file_is_not_said_to_have_asked(world: World, visit: Visit, known: int) -> None:
    lead, now = world.users["coordinator"], store.wall_ms()
    optouts.opt_out(world.db, known, source="import", by=lead, reason="", now=now, confirm=False)
    cleo = visit("coordinator")
    for path in (f"/inbox/{known}", f"/inbox/{known}/opt-in"):
        page = cleo.get(path).get_data(as_text=True)
        assert "stands in a file of opt-outs that was brought in" in page, path
        assert "asked to stop" not in page, path


def test_who_texted_stop_before_the_database_was_lost_is_not_said_to_stand_in_a_file(
    world: World, visit: Visit, known: int
) -> None:
    """Review r6, 5: the journal knows that they are out and not how, and the page of the undo said that nobody had wished it."""
    acts, key = journal.of(world.db), conversations.number_key(world.db, ADEBAYO)
    acts.note("opt_out", at=store.wall_ms() - DAY_MS, number=key.hex())
    assert restoring.still_out(world.db, acts, now=store.wall_ms()) == 1
    cleo = visit("coordinator")
    for path in (f"/inbox/{known}", f"/inbox/{known}/opt-in"):
        page = cleo.get(path).get_data(as_text=True)
        assert "They asked to stop" in page, path
        assert "or a file of opt-outs had their number then" in page, path
        assert "stands in a file" not in page, path
    page = cleo.get("/opt-outs").get_data(as_text=True)
    assert "They asked, or a file had them" in page
    assert "From a file" not in page


@pytest.mark.parametrize("role", ["volunteer", "trainee", "technician"])
def test_nobody_else_takes_or_erases_a_persons_data(
    world: World, visit: Visit, known: int, role: str
) -> None:
    visitor = visit(role)
    for path in (
        f"/inbox/{known}/everything.json",
        f"/inbox/{known}/erase",
        "/approvals",
        "/approvals/approvals.csv",
    ):
        assert visitor.get(path).status_code == 403, path
    assert visitor.post(f"/inbox/{known}/erase", sure="yes").status_code == 403
    assert world.conversation(ADEBAYO) == known


def test_no_number_on_a_page_is_a_key_that_calls(world: World, visit: Visit) -> None:
    """Safari makes a link of each on an iPhone: one tap calls them, also who said stop, from the volunteer's own number."""
    world.receive(ADEBAYO, "Ring my sister, (202) 555-0152")
    for who, path in (("volunteer", f"/inbox/{world.conversation(ADEBAYO)}"), ("coordinator", "/opt-outs")):
        page = visit(who).get(path).get_data(as_text=True)
        assert '<meta name="format-detection" content="telephone=no">' in page, path


def test_the_ledger_is_a_page_that_can_be_checked_printed_and_kept(
    world: World, visit: Visit, known: int
) -> None:
    cleo = visit("coordinator")
    cleo.get(f"/inbox/{known}/erase")
    cleo.post(f"/inbox/{known}/erase", sure="yes")

    page = cleo.get("/approvals").get_data(as_text=True)
    assert ledger.head(world.db) in page
    assert "erased" in page
    assert "by <bdi>Maya</bdi>" in page
    assert ADEBAYO[-4:] not in page
    assert "The ledger is" not in page, "the chain is walked only when somebody asks"
    assert "The ledger is whole." in cleo.get("/approvals?check=1").get_data(as_text=True)
    rows = list(
        csv.DictReader(
            io.StringIO(cleo.get("/approvals/approvals.csv").get_data(as_text=True).lstrip("\ufeff"))
        )
    )
    assert [row["chain"] for row in rows][-1].startswith(ledger.head(world.db))
    assert "+1202" not in str(rows)

    world.db.execute("UPDATE ledger SET user_id=NULL WHERE id=2")
    assert "The ledger is not whole." in cleo.get("/approvals?check=1").get_data(as_text=True)


def test_a_page_that_is_still_open_on_somebody_who_was_erased_reaches_nobody_else(
    world: World, visit: Visit
) -> None:
    """The newest number wrote, was erased at their wish, and the next stranger wrote before the answer was sent."""
    world.receive("+12025550171", "Please delete all you have of me")
    first = world.conversation("+12025550171")
    maya, cleo = visit(), visit("coordinator")
    page = maya.get(f"/inbox/{first}").get_data(as_text=True)
    form = {name: maya.field(page, name) for name in ("key", "after", "heard")}
    cleo.post(f"/inbox/{first}/erase", sure="yes")
    world.receive("+12025550172", "Where is the meeting?")
    answer = maya.post(f"/inbox/{first}/reply", text="Of course. We are sorry.", **form)
    assert answer.status_code == 404
    assert not world.db.execute("SELECT 1 FROM message WHERE kind=1").fetchone()
    cleo.post(f"/inbox/{first}/erase", sure="yes")
    assert world.conversation("+12025550172"), "nor does the same press erase somebody else"
