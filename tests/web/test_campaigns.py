"""A coordinator's campaign pages: from a kind to a start, and what stands in the way."""

import csv
import html
import io
import re
from collections.abc import Callable

import pytest

from gateway import assignments, campaigns, optouts, recording, scriptedit, store
from tests.campaigning import AHEAD, FACTS, SIMS, bring_in, drafted, started
from tests.web.conftest import Visitor
from tests.web.world import World, modems

Visit = Callable[..., Visitor]


def test_from_a_kind_to_a_start(world: World, visit: Visit) -> None:
    modems(world)
    list_id = bring_in(world.db, now=store.wall_ms())
    cleo = visit("coordinator")
    cleo.get("/campaigns/new")
    made = cleo.post("/campaigns/new", name="Rent hearing", kind="event", language="en")
    path = made.headers["Location"]
    page = cleo.get(path).get_data(as_text=True)
    assert "“Day” is not filled in." in page
    assert "It has no list of people yet" in page

    facts = {
        f"fact_{name}": {**FACTS, "day": AHEAD}.get(name, "")
        for name in ("event", "day", "hour", "place", "seats", "next_event")
    }
    cleo.post(f"{path}/facts", revision="1", name="Rent hearing", list_id=str(list_id), **facts)
    page = cleo.get(path).get_data(as_text=True)

    assert "the start" not in page
    assert "Says how to stop" in page
    assert "One day is enough with 1 SIM." in page
    assert "<mark>Rosa</mark>" in page
    assert cleo.post(f"{path}/start").status_code == 303
    assert campaigns.load(world.db, int(path.rsplit("/", 1)[1])).state == "running"
    assert "Take the next 6" in visit().get("/").get_data(as_text=True)


def test_one_press_keeps_what_was_typed_and_chosen_and_starts(world: World, visit: Visit) -> None:
    """Choosing a list threw away the facts that stood beside it."""
    list_id = bring_in(world.db, now=store.wall_ms())
    cleo = visit("coordinator")
    cleo.get("/campaigns/new")
    path = cleo.post("/campaigns/new", name="Rent hearing", kind="event", language="en").headers["Location"]
    facts = {f"fact_{name}": value for name, value in {**FACTS, "next_event": ""}.items()}
    page = cleo.get(path).get_data(as_text=True)
    assert '<option value="">Choose one</option>' in page
    assert cleo.post(f"{path}/start", revision="1", name="", list_id=str(list_id), **facts).status_code == 409
    wrong = cleo.post(f"{path}/start", revision="9", name="Rent hearing", list_id=str(list_id), **facts)
    assert wrong.status_code == 409
    assert 'value="Union Hall"' in wrong.get_data(as_text=True), "what was typed stays"
    assert "Kept so far" not in wrong.get_data(as_text=True), "nothing was, and that stood under each field"
    right = {"revision": "1", "name": "Rent hearing", "list_id": str(list_id), **facts}
    assert cleo.post(f"{path}/start", **right).status_code == 303
    assert cleo.post(f"{path}/start", **right).status_code == 303, "a second press changes nothing"
    found = campaigns.load(world.db, int(path.rsplit("/", 1)[1]))
    assert (found.state, found.list_id, found.facts["place"]) == ("running", list_id, "Union Hall")


def test_a_refused_start_says_where_it_is_wrong_before_the_full_stop(world: World, visit: Visit) -> None:
    """ "It cannot start yet: No way out. (the first text, wording 1)"."""
    list_id = bring_in(world.db, now=store.wall_ms())
    campaign_id = drafted(world.db, world.users["coordinator"], list_id, now=store.wall_ms())
    bad = scriptedit.with_wording(
        campaigns.load(world.db, campaign_id).script, "0", "{organisation}: come? {"
    )
    campaigns.save(
        world.db, campaign_id, by=world.users["coordinator"], now=store.wall_ms(), seen_revision=2, script=bad
    )
    cleo = visit("coordinator")
    cleo.get(f"/campaigns/{campaign_id}")
    said = html.unescape(cleo.post(f"/campaigns/{campaign_id}/start").get_data(as_text=True))
    assert "come? {” (the first text, wording 1). No way out (the first text, wording 1)." in said


def test_who_came_off_by_a_file_is_counted_as_left_out_and_not_as_left_to_take(
    world: World, visit: Visit
) -> None:
    """The home page offered "12 people nobody has taken"; 11 could be. "Asked to stop 0 0%" stood above "Asked to stop. 1"."""
    modems(world)
    campaign_id = started(world.db, world.users["coordinator"], world.rules, now=store.wall_ms())
    sam = world.db.execute("SELECT id FROM conversation WHERE name='Sam'").fetchone()["id"]
    optouts.opt_out(world.db, sam, source="import", by=None, reason="", now=store.wall_ms())
    assert "5 people nobody has taken" in visit().get("/").get_data(as_text=True)
    page = visit("coordinator").get(f"/campaigns/{campaign_id}").get_data(as_text=True)
    assert "<dt>Nobody has taken</dt><dd>5</dd>" in page
    assert '<h3 class="small">Left out, not texted</h3>' in page
    assert "<dt>Asked to stop</dt><dd>1</dd>" in page
    assert "Asked to stop after a text" in page
    assert visit().post(f"/send/take/{campaign_id}").status_code == 303
    held = world.db.execute("SELECT count(*) FROM target WHERE state='held'").fetchone()[0]
    assert held == 5


def test_before_the_start_the_plan_leaves_out_whom_the_start_leaves_out(world: World, visit: Visit) -> None:
    modems(world)
    now = store.wall_ms()
    list_id = bring_in(world.db, now=now)
    campaign_id = drafted(world.db, world.users["coordinator"], list_id, now=now)
    first, second = [row["id"] for row in world.db.execute("SELECT id FROM contact ORDER BY id LIMIT 2")]
    world.db.execute("UPDATE contact SET landline=1 WHERE id=?", [first])
    world.db.execute("UPDATE contact SET first_name='Chloë' WHERE id=?", [second])
    cleo = visit("coordinator")
    page = cleo.get(f"/campaigns/{campaign_id}").get_data(as_text=True)
    assert "<dt>People</dt><dd>5</dd>" in page
    assert "<dt>Texts</dt><dd>7, 1 to 3 texts each</dd>" in page, (
        "a letter outside the alphabet makes more of one"
    )
    assert "<dt>A landline: it cannot get texts</dt><dd>1</dd>" in page
    cleo.post(f"/campaigns/{campaign_id}/start")
    assert "0 of 5 texted" in cleo.get(f"/campaigns/{campaign_id}").get_data(as_text=True)


def test_a_day_that_is_past_is_said_before_the_start(world: World, visit: Visit) -> None:
    modems(world)
    now = store.wall_ms()
    campaign_id = drafted(world.db, world.users["coordinator"], bring_in(world.db, now=now), now=now)
    world.db.execute(
        "UPDATE campaign SET facts=json_set(facts, '$.day', '2025-11-01') WHERE id=?", [campaign_id]
    )
    page = visit("coordinator").get(f"/campaigns/{campaign_id}").get_data(as_text=True)
    assert re.search(r"“Day” is <time [^>]*>1 November 2025</time>, which is past\.", page)


def test_a_start_that_cannot_be_says_why_and_changes_nothing(world: World, visit: Visit) -> None:
    cleo = visit("coordinator")
    campaign_id = campaigns.create(
        world.db, "Empty", "voter", "es", by=world.users["coordinator"], now=store.wall_ms()
    )
    cleo.get(f"/campaigns/{campaign_id}")
    answer = cleo.post(f"/campaigns/{campaign_id}/start")
    assert answer.status_code == 409
    assert "It cannot start yet" in answer.get_data(as_text=True)
    assert campaigns.load(world.db, campaign_id).state == "draft"


def test_what_a_colleague_changed_meanwhile_is_not_overwritten(world: World, visit: Visit) -> None:
    now = store.wall_ms()
    campaign_id = drafted(world.db, world.users["coordinator"], bring_in(world.db, now=now), now=now)
    cleo = visit("coordinator")
    cleo.get(f"/campaigns/{campaign_id}")
    facts = {f"fact_{name}": "x" for name in ("event", "day", "hour", "place", "seats", "next_event")}
    answer = cleo.post(f"/campaigns/{campaign_id}/facts", revision="1", name="Mine", **facts)
    assert answer.status_code == 409
    assert campaigns.load(world.db, campaign_id).name == "Rent hearing"


def test_pause_go_on_and_close_are_one_press_each(world: World, visit: Visit) -> None:
    campaign_id = started(world.db, world.users["coordinator"], world.rules, now=store.wall_ms())
    cleo = visit("coordinator")
    path = f"/campaigns/{campaign_id}"
    cleo.get(path)
    for what, state in (("pause", "paused"), ("resume", "running"), ("close", "closed")):
        cleo.post(f"{path}/{what}")
        assert campaigns.load(world.db, campaign_id).state == state
    page = cleo.get(path).get_data(as_text=True)
    notice = page.split("Cleo closed it.")[0].rsplit('<div class="notice', 1)[1]
    assert " calm" in notice, "marigold is a person's turn, and nobody's turn it is"
    assert "Its numbers are those of <time" in page
    assert "; what you set by hand and late reports still count." in page
    for gone in ("Needs a person now", "A volunteer takes"):
        assert gone not in page
    form = cleo.get(f"{path}/clone").get_data(as_text=True)
    again = cleo.post(f"{path}/clone", name=cleo.field(form, "name"), language="en").headers["Location"]
    assert again != path
    assert re.search(r"<h1[^>]*>Rent hearing again</h1>", cleo.get(again).get_data(as_text=True))


def test_the_board_counts_what_people_said_and_the_door_ticks_them_off(world: World, visit: Visit) -> None:
    now = store.wall_ms()
    campaign_id = started(world.db, world.users["coordinator"], world.rules, now=now)
    target = world.db.execute("SELECT id FROM target ORDER BY id LIMIT 1").fetchone()["id"]
    for field, value in (("status", "yes"), ("seats", "2")):
        recording.record(world.db, target, field, value, by=world.users["volunteer"], now=now)
    cleo = visit("coordinator")
    page = cleo.get(f"/campaigns/{campaign_id}").get_data(as_text=True)
    assert "118 of 120 seats left" in page
    assert "120 seats: 0 confirmed, 2 asked for, 118 free" in page
    page = cleo.get(f"/campaigns/{campaign_id}/people?said=status%3Dyes").get_data(as_text=True)
    assert "2 seats" in page
    door = f"/campaigns/{campaign_id}/people/{target}/door"
    for bad in ("-1", "many", "51"):
        assert cleo.post(door, came=bad).status_code == 409
    came = cleo.post(door, came="1", said="status=yes", q="ros")
    assert came.headers["Location"].endswith(f"/campaigns/{campaign_id}/people?said=status%3Dyes&q=ros")
    page = cleo.get(came.headers["Location"]).get_data(as_text=True)
    assert "1 here" in page
    assert "Rosa" in page
    assert "2 confirmed, 0 asked for" in cleo.get(f"/campaigns/{campaign_id}").get_data(as_text=True)
    cleo.post(door, came="0")
    assert "0 confirmed, 2 asked for" in cleo.get(f"/campaigns/{campaign_id}").get_data(as_text=True)


def test_who_came_is_ticked_off_one_press_a_person_and_taken_back_by_the_same(
    world: World, visit: Visit
) -> None:
    now = store.wall_ms()
    campaign_id = started(world.db, world.users["coordinator"], world.rules, now=now)
    world.db.execute("UPDATE campaign SET kind='fundraising' WHERE id=?", [campaign_id])
    target = world.db.execute("SELECT id FROM target ORDER BY id LIMIT 1").fetchone()["id"]
    recording.record(world.db, target, "pledge", "yes", by=world.users["volunteer"], now=now)
    cleo = visit("coordinator")
    page = cleo.get(f"/campaigns/{campaign_id}/people").get_data(as_text=True)
    assert "Thanked</button>" in page
    ticks = f"/campaigns/{campaign_id}/people/{target}/tick"
    assert cleo.post(ticks, what="gift=confirmed", said="pledge=yes").status_code == 303
    assert recording.current(world.db, target)["gift"] == "confirmed"
    cleo.post(ticks, what="gift=confirmed")
    assert recording.current(world.db, target)["gift"] == "confirmed", (
        "the browser sends again what got no answer"
    )
    page = cleo.get(f"/campaigns/{campaign_id}/people").get_data(as_text=True)
    back = re.findall(r'value="(gift=[^"]*)" aria-pressed="true"', page)[0]
    for _ in range(2):
        cleo.post(ticks, what=back)
        assert "gift" not in recording.current(world.db, target)
    assert cleo.post(ticks, what="pledge=no").status_code == 409, "that is for the person to say"


def test_every_number_of_the_page_is_a_row_of_a_file(world: World, visit: Visit) -> None:
    now = store.wall_ms()
    campaign_id = started(world.db, world.users["coordinator"], world.rules, now=now)
    target = world.db.execute("SELECT id FROM target ORDER BY id LIMIT 1").fetchone()["id"]
    recording.record(world.db, target, "status", "yes", by=world.users["volunteer"], now=now)
    world.db.execute("UPDATE target SET state='texted', texted_at=?", [now])
    answer = visit("coordinator").get(f"/campaigns/{campaign_id}/numbers.csv")
    rows = {row["what"]: row for row in csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig")))}
    assert rows["Texted"]["how_many"] == "6"
    assert (rows["Yes"]["how_many"], rows["Yes"]["of_how_many"]) == ("1", "6")
    assert any(what.startswith("Answered: ") for what in rows), "wordings compared"


@pytest.mark.parametrize(
    ("name", "written"),
    [("=1+1", "'=1+1"), ("＝1+1", "'＝1+1"), ("'=1+1", "''=1+1"), ("\x1b[2J", "␛[2J")],
)
def test_the_csv_has_everybody_and_runs_no_formula(
    world: World, visit: Visit, name: str, written: str
) -> None:
    now = store.wall_ms()
    campaign_id = started(world.db, world.users["coordinator"], world.rules, now=now)
    world.db.execute("UPDATE contact SET first_name=? WHERE first_name='Rosa'", [name])
    target = world.db.execute("SELECT id FROM target ORDER BY id LIMIT 1").fetchone()["id"]
    recording.record(world.db, target, "status", "yes", by=world.users["volunteer"], now=now)
    answer = visit("coordinator").get(f"/campaigns/{campaign_id}/people.csv")
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert len(rows) == 6
    assert (rows[0]["number"], rows[0]["first_name"], rows[0]["status"]) == ("+12025550100", written, "yes")


def test_who_texts_whom_is_shown_taken_back_and_handed_over(world: World, visit: Visit) -> None:
    modems(world)
    now = store.wall_ms()
    campaign_id = started(world.db, world.users["coordinator"], world.rules, now=now)
    maya, sam = world.users["volunteer"], world.users["other"]
    assignments.take(world.db, campaign_id, maya, world.rules, SIMS, now=now)
    cleo, path = visit("coordinator"), f"/campaigns/{campaign_id}"
    page = cleo.get(path).get_data(as_text=True)
    assert "Who texts whom" in page
    assert "6 people, since" in page
    cleo.post(f"{path}/held/{maya.id}/move", to=str(sam.id))
    page = cleo.get(path).get_data(as_text=True)
    assert "6 people are Sam&#39;s now." in page
    cleo.post(f"{path}/held/{sam.id}/take-back")
    page = cleo.get(path).get_data(as_text=True)
    assert "6 people are the room&#39;s again." in page
    assert "Nobody holds people now" in page
    assert "A volunteer takes the next 6 from their home page" in page, "no 25 where 6 are left"


def test_wordings_are_compared_whole(world: World, visit: Visit) -> None:
    """Both were cut to "Hi {first_name|…": they differ further on."""
    campaign_id = started(world.db, world.users["coordinator"], world.rules, now=store.wall_ms())
    page = visit("coordinator").get(f"/campaigns/{campaign_id}").get_data(as_text=True)
    compared = page.split("Wordings compared")[1].split("</ul>")[0]
    for text in campaigns.load(world.db, campaign_id).script.first.texts:
        assert html.escape(text, quote=False).replace("'", "&#39;") in compared
    assert "clip" not in compared


def test_the_page_says_what_holds_new_people_back_from_everybody(world: World, visit: Visit) -> None:
    campaign_id = started(world.db, world.users["coordinator"], world.rules, now=store.wall_ms())
    page = visit("coordinator").get(f"/campaigns/{campaign_id}").get_data(as_text=True)
    assert "Nobody gets new people now." in page
    assert "No modem is ready. A technician looks at the Modems page" in page
    assert "A volunteer takes" not in page, "which nobody can, now"


def test_a_list_that_was_deleted_meanwhile_is_not_chosen(world: World, visit: Visit) -> None:
    cleo = visit("coordinator")
    path = cleo.post("/campaigns/new", name="Hearing", kind="event", language="en").headers["Location"]
    cleo.get(path)
    facts = {f"fact_{name}": value for name, value in {**FACTS, "next_event": ""}.items()}
    answer = cleo.post(
        f"{path}/facts", revision="1", name="Hearing", list_id="4711", **facts
    )  # gone meanwhile
    assert answer.status_code == 409
    assert "That list is not there any more" in answer.get_data(as_text=True)
