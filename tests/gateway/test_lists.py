"""A list from its file to its people, in a real database: who is in it, who is not and why, through kills and deletes."""

import io
import json
from datetime import UTC, datetime

import pytest

from gateway import contacts, conversations, listcsv, listfile, lists, optouts, rowreading, store, taking
from gateway.columns import Meaning
from gateway.contacts import Person
from gateway.errors import Refused
from tests.web.world import HELLO, World, modems, names

HEAD = "First name,Last name,Cell,Building\n"


def reasons(world: World, list_id: int) -> dict[int, tuple[str, str]]:
    return {row["row"]: (row["outcome"], row["reason"]) for row in lists.not_taken(world.db, list_id)}


def test_a_list_becomes_people_and_every_other_row_keeps_its_reason(world: World) -> None:
    modems(world)
    world.draft("Out", "+12025550160", HELLO)
    optouts.opt_out(
        world.db, world.conversation("+12025550160"), source="text", by=None, reason="", now=store.wall_ms()
    )
    world.approve(world.draft("Lately", "+12025550161", HELLO))
    world.fly("sent")  # the confirmation to who opted out
    world.fly("sent")
    list_id = world.list_of(
        HEAD + "Rosa,Delgado,(202) 555-0141,14 Oak\n"  # 2
        "Luis,Ortega,2025550142,\n"  # 3
        "Ana,Ortega,2025550142,12 Oak\n"  # 4: a household
        "ORTEGA,Luis,+1 202 555 0142,12 Oak\n"  # 5: the same person, names the other way round
        "Out,Now,2025550160,\n"  # 6
        "Lately,Texted,2025550161,\n"  # 7
        "Zoë,Nwosu,1.20255E+10,\n"  # 8
        "Olu,,911,\n"  # 9
        "Short,,12345,\n"  # 10
        "Nobody,,,\n"  # 11
        "Dear,,+1 900 555 1234,\n"  # 12
        "Ours,,+1 518 555 0117,\n"  # 13: the SIM of north
        "London,,+44 20 7946 0000,\n"  # 14: a landline
    )  # fmt: skip
    one = lists.by_id(world.db, list_id)
    assert one.state == "ready"
    assert names(world, list_id) == ["Rosa", "Luis", "Ana", "London"]
    assert one.counts == {
        "taken": 4,
        "twice": 1,
        "opted_out": 1,
        "cool_down": 1,
        "rejected": 6,
        "landline": 1,
    }
    why = reasons(world, list_id)
    assert why[5][0] == "twice"
    assert "asked to stop" in why[6][1]
    assert "3 days of rest" in why[7][1]
    assert "last digits are lost" in why[8][1]
    assert "emergency" in why[9][1]
    assert "short code" in why[10][1]
    assert "no number" in why[11][1]
    assert "premium" in why[12][1]
    assert "our own SIMs" in why[13][1]
    luis, ana = list(lists.members(world.db, list_id))[1:3]
    assert luis["conversation_id"] == ana["conversation_id"]
    assert contacts.merge_values(luis) == {
        "first_name": "Luis",
        "last_name": "Ortega",
        "language": "",
        "building": "12 Oak",
    }
    assert (luis["source"], luis["consented_on"]) == ("Sign-up sheet", "2026-10-03")
    landline = list(lists.members(world.db, list_id))[3]
    assert landline["landline"] == 1
    assert not listfile.path_of(world.path, list_id).exists()


def test_when_somebody_was_texted_is_said_in_the_groups_own_days(world: World) -> None:
    """On the evening of the 25th in New York it said the 26th, which is London's."""
    now = int(datetime(2026, 11, 26, 1, 30, tzinfo=UTC).timestamp() * 1000)
    modems(world)
    world.approve(world.draft("Lately", "+12025550161", HELLO))
    world.fly("sent")
    world.db.execute("UPDATE message SET submitted_at=?", [now])
    list_id = world.list_of("Name,Tel\nLately,2025550161\n", take=False)
    door = taking.Door.of(world.db, lists.by_id(world.db, list_id), world.rules, now, ["+12025550161"])
    assert door.objection("+12025550161") == (
        "cool_down",
        "They were texted on 25 November 2026, within the 3 days of rest.",
    )


def test_days_of_rest_may_be_none(world: World) -> None:
    modems(world)
    world.approve(world.draft("Lately", "+12025550161", HELLO))
    world.fly("sent")
    assert names(world, world.list_of("Name,Tel\nLately,2025550161\n", cool_down_days=0)) == ["Lately"]


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("'+12025550147", "+12025550147"),
        ('="+12025550147"', "+12025550147"),
        ("=2025550147", "+12025550147"),
        ("2025550147.0", "+12025550147"),
        ("12025550147,00", "+12025550147"),
        ("tel:+1-202-555-0147", "+12025550147"),
        ("\u202a+1 202 555 0147\u202c", "+12025550147"),
        ("0034 600 123 456", None),
        ("+34 600 123 456", "+34600123456"),
        ("1.20255E+10", None),
        ("1,20255e10", None),
        ("1.2025550147E+10", "+12025550147"),
        ("2,025550147e9", "+12025550147"),
        ("1.202555014E+10", None),
        ("1.2025550147E-10", None),
        ("-1.2025550147E+10", None),
        ("202-555-0147 / 202-555-0148", None),
        ("+1 800 555 0199", None),
        ("Rosa", None),
    ],
)
def test_what_spreadsheets_do_to_numbers_is_undone_or_refused(cell: str, number: str | None) -> None:
    if number is None:
        with pytest.raises(Refused):
            rowreading.number_of(cell, "US")
    else:
        assert rowreading.number_of(cell, "US")[0] == number


def test_names_zones_and_languages_are_understood_as_people_write_them() -> None:
    meaning = Meaning({"number": 0, "name": 1, "zone": 2, "language": 3}, {})
    read = lambda *cells: rowreading.read(cells, meaning, "US")  # noqa: E731
    assert read("2025550147", "Ortega, Luis", "Eastern", "Español") == Person(
        "+12025550147", "Luis", "Ortega", "es", "America/New_York"
    )
    assert read("2025550147", "Luis Ortega Ruiz", "america/los_angeles", "EN").zone == "America/Los_Angeles"
    assert read("2025550147", "Luis Ortega Ruiz", "my zone", "Klingon") == Person(
        "+12025550147", "Luis", "Ortega Ruiz", "klingon"
    )
    assert read("2025550147").whole_name == ""


def test_a_zone_of_the_list_becomes_the_conversations_own(world: World) -> None:
    world.list_of("Name,Tel,Time zone\nRosa,2025550141,Pacific\n")
    row = world.db.execute("SELECT zone FROM conversation").fetchone()
    assert row["zone"] == "America/Los_Angeles"


def test_a_zone_is_not_that_of_everybody_who_has_the_number(world: World) -> None:
    """It changed hands: Luis, in Washington, would have been texted at eleven in the evening, by Ana's clock."""
    world.list_of("Name,Tel,Time zone\nAna,2025550141,Pacific\n")
    world.list_of("Name,Tel\nLuis,2025550141\n")
    row = world.db.execute("SELECT * FROM conversation").fetchone()
    assert set(conversations.zones(row, world.rules)) == {"America/New_York", "America/Los_Angeles"}
    world.list_of("Name,Tel,Time zone\nLuis,2025550141,Central\n", "With it")
    row = world.db.execute("SELECT * FROM conversation").fetchone()
    assert conversations.zones(row, world.rules) == ("America/Chicago", "America/Los_Angeles")


def test_a_zone_of_a_list_that_was_deleted_is_not_that_of_who_has_the_number_now(world: World) -> None:
    """Luis, in Washington, would have been texted at eleven in the evening, by the clock of somebody who is in no list any more."""
    gone = world.list_of("Name,Tel,Time zone\nAna,2025550141,Pacific\n")
    world.db.execute("UPDATE conversation SET last_in_at=1")  # she wrote once
    lists.delete(world.db, gone, by=world.users["coordinator"])
    world.work()
    world.list_of("Name,Tel\nLuis,2025550141\n")
    row = world.db.execute("SELECT * FROM conversation").fetchone()
    assert set(conversations.zones(row, world.rules)) == {"America/New_York", "America/Los_Angeles"}


@pytest.mark.parametrize(
    ("cell", "zone"),
    [
        ("Pacific Time (US & Canada)", "America/Los_Angeles"),
        ("(GMT-08:00) Pacific Standard Time (America/Los_Angeles)", "America/Los_Angeles"),
        ("(UTC-08:00) Pacific Time (US & Canada)", "America/Los_Angeles"),
        ("Pacific Daylight Time", "America/Los_Angeles"),
        ("(GMT-08:00) Pacific Time - Los Angeles", "America/Los_Angeles"),
        ("US/Pacific time", "America/Los_Angeles"),
        ("PST8PDT", "America/Los_Angeles"),
        ("Central Standard Time", "America/Chicago"),
        ("US Mountain Standard Time", "America/Phoenix"),
        ("Hawaiian Standard Time", "Pacific/Honolulu"),
        ("Eastern_Time", "America/New_York"),
        ("America/Denver America/Phoenix", "America/Denver America/Phoenix"),
    ],
)
def test_a_zone_is_read_as_programs_write_it(cell: str, zone: str) -> None:
    """With a number of Washington it was taken for none, and a text left at nine there: at six in the morning in Seattle."""
    assert rowreading.zone_of(cell, "+12025550147") == zone


def test_a_zones_winter_name_is_also_that_of_a_place_without_summer_time() -> None:
    """MST is Denver's, and the whole year that of Phoenix: at nine by Denver's summer it is eight there."""
    assert rowreading.zone_of("MST", "+16025550147") == "America/Denver America/Phoenix"
    assert rowreading.zone_of("MST", "+12025550147") == "America/Denver"
    assert rowreading.zone_of("EST", "+18769220147") == "America/New_York America/Jamaica"


@pytest.mark.parametrize("cell", ["UTC", "Etc/UTC", "etc/gmt+5", "Eastern European Time", "Central America"])
def test_a_zone_of_nobody_does_not_move_anybodys_night(cell: str) -> None:
    """A CRM writes UTC for everybody: taken as their own zone it let texts out at half past four in the morning."""
    assert rowreading.zone_of(cell, "+12025550147") is None


@pytest.mark.parametrize("cell", ["EST", "Eastern", "central", "CST"])
def test_a_short_name_of_a_zone_is_american_only_for_an_american_number(cell: str) -> None:
    """An Australian list writes EST, for Sydney: taken for New York's, a text would have left at one in the morning there."""
    meaning = Meaning({"number": 0, "zone": 1}, {})
    assert rowreading.read(["0412 345 678", cell], meaning, "AU").zone is None
    assert rowreading.read(["0412 345 678", "Australia/Sydney"], meaning, "AU").zone == "Australia/Sydney"
    assert rowreading.read(["2025550147", cell], meaning, "US").zone in (
        "America/New_York",
        "America/Chicago",
    )


def test_a_newer_list_brings_people_up_to_date_and_doubles_nobody(world: World) -> None:
    first = world.list_of("Name,Tel,Building\n,2025550141,\nLuis,2025550142,12 Oak\n")
    second = world.list_of("Name,Tel,Building\nRosa,2025550141,14 Oak\nluís,2025550142,\n", "Later")
    assert names(world, first) == names(world, second) == ["Rosa", "Luis"]
    assert lists.by_id(world.db, second).counts == {"taken": 2, "known": 2}
    assert [json.loads(row["fields"]) for row in lists.members(world.db, second)] == [
        {"building": "14 Oak"},
        {"building": "12 Oak"},
    ]


def test_nothing_is_taken_without_consent(world: World) -> None:
    list_id = world.list_of("Name,Tel\nRosa,2025550141\n", take=False)
    asked = {"name": "Fair", "source": "Sheet", "consented_on": "2026-10-03", "cool_down_days": 3}
    for wrong in (
        {"source": " "},
        {"consented_on": ""},
        {"consented_on": "2999-01-01"},
        {"consented_on": "yesterday"},
        {"cool_down_days": -1},
        {"name": " "},
    ):
        with pytest.raises(Refused):
            lists.begin(
                world.db, list_id, **{**asked, **wrong}, by=world.users["coordinator"], now=store.wall_ms()
            )  # type: ignore[arg-type]
    with pytest.raises(Refused, match="Only a coordinator"):
        lists.begin(world.db, list_id, **asked, by=world.users["volunteer"], now=store.wall_ms())  # type: ignore[arg-type]
    world.work()
    assert lists.by_id(world.db, list_id).state == "staged"
    assert not lists.ready(world.db)


def test_the_same_file_again_is_pointed_out(world: World) -> None:
    first = world.list_of("Name,Tel\nRosa,2025550141\n")
    second = world.list_of("Name,Tel\nRosa,2025550141\n", "Again", take=False)
    twin = lists.same_file(world.db, lists.by_id(world.db, second))
    assert twin is not None
    assert twin.id == first


def many(rows: int) -> str:
    return "Name,Tel\n" + "".join(f"P{n},202555{n:04}\n" for n in range(rows))


def test_a_panel_that_is_killed_half_way_goes_on_where_it_was(world: World) -> None:
    list_id = world.list_of(many(200), take=False)
    lists.begin(world.db, list_id, name="Big", source="Sheet", consented_on="2026-10-03", cool_down_days=3,
                by=world.users["coordinator"], now=store.wall_ms())  # fmt: skip
    world.work(stop_after=2)
    half = lists.by_id(world.db, list_id)
    assert half.state == "taking"
    assert 0 < half.rows_done < 200
    assert half.people == half.rows_done
    assert not lists.ready(world.db), "a list that is half taken must not be offered to a campaign"
    world.work()
    whole = lists.by_id(world.db, list_id)
    assert (whole.state, whole.people, whole.counts) == ("ready", 200, {"taken": 200})


def test_an_opt_out_that_comes_while_a_list_is_taken_counts(world: World) -> None:
    list_id = world.list_of(many(200), take=False)
    lists.begin(world.db, list_id, name="Big", source="Sheet", consented_on="2026-10-03", cool_down_days=3,
                by=world.users["coordinator"], now=store.wall_ms())  # fmt: skip
    world.work(stop_after=2)
    world.receive("+12025550199", "STOP")
    world.work()
    assert lists.by_id(world.db, list_id).counts == {"taken": 199, "opted_out": 1}


def test_a_file_that_is_gone_is_said_and_the_list_can_be_deleted(world: World) -> None:
    list_id = world.list_of(many(3), take=False)
    lists.begin(world.db, list_id, name="Big", source="Sheet", consented_on="2026-10-03", cool_down_days=3,
                by=world.users["coordinator"], now=store.wall_ms())  # fmt: skip
    listfile.remove(listfile.path_of(world.path, list_id))
    world.work()
    assert "is not there any more" in lists.by_id(world.db, list_id).trouble
    lists.delete(world.db, list_id, by=world.users["coordinator"])
    with pytest.raises(Refused, match="no such list"):
        lists.by_id(world.db, list_id)


def test_deleting_a_list_forgets_who_stood_in_no_other_and_was_never_texted(world: World) -> None:
    other = world.list_of("Name,Tel\nBoth,2025550142\n")
    list_id = world.list_of("Name,Tel\nOnly,2025550141\nBoth,2025550142\nTexted,2025550143\nBad,12\n")
    world.draft("Texted", "+12025550143", HELLO)
    lists.delete(world.db, list_id, by=world.users["coordinator"])
    assert [one.id for one in lists.all_of(world.db)] == [other]
    world.work()
    left = {row["number"] for row in world.db.execute("SELECT number FROM conversation")}
    assert left == {"+12025550142", "+12025550143"}
    assert names(world, other) == ["Both"]
    assert not list(lists.not_taken(world.db, list_id))


def campaign(world: World, list_id: int, *, state: str = "running") -> int:
    cursor = world.db.execute(
        "INSERT INTO campaign (name, kind, state, script, list_id, created_at) VALUES ('Hearing','event',?,'{}',?,1)",
        [state, list_id],
    )
    return int(cursor.lastrowid or 0)


def test_a_list_that_a_campaign_works_with_is_not_deleted(world: World) -> None:
    list_id = world.list_of("Name,Tel\nRosa,2025550141\n")
    campaign(world, list_id)
    with pytest.raises(Refused, match="“Hearing” works with this list"):
        lists.delete(world.db, list_id, by=world.users["coordinator"])
    assert lists.by_id(world.db, list_id).state == "ready"


def test_csvs_of_a_list_hold_no_formula(world: World) -> None:
    list_id = world.list_of('Name,Tel,Note\n=cmd|calc,2025550141,"+SUM(A1)"\n@x,12,-1+1\n')
    people = "".join(listcsv.people(world.db, list_id))
    left = "".join(listcsv.not_taken(world.db, list_id))
    assert people.startswith("\ufeffnumber,first_name")
    assert "+12025550141,'=cmd|calc," in people
    assert ",'+SUM(A1)" in people
    assert "'@x,12,'-1+1" in left


def test_a_file_that_is_too_large_or_has_too_many_rows_leaves_nothing_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listfile, "MOST_BYTES", 2**20)
    with pytest.raises(Refused, match="larger than 1 MB"):
        listfile.keep(io.BytesIO(b"x" * (2**20 + 1)), world.path)
    monkeypatch.setattr(listfile, "MOST_ROWS", 100)
    with pytest.raises(Refused, match="more than 100 rows"):
        world.list_of(many(101), take=False)
    with pytest.raises(Refused, match="no rows"):
        world.list_of("Name,Tel\n", take=False)
    assert not list(listfile.folder(world.path).iterdir())
    assert not lists.all_of(world.db)


def test_a_file_that_nobody_looked_at_for_a_day_goes(world: World) -> None:
    list_id = world.list_of(many(3), take=False)
    world.db.execute("UPDATE contact_list SET created_at=created_at-?", [lists.STAGED_MS + 1])
    path = listfile.path_of(world.path, list_id)
    import os

    os.utime(path, (1, 1))
    world.work()
    assert not path.exists()
    assert not lists.all_of(world.db)


def test_a_contact_is_found_by_parts_of_the_name_or_of_the_number(world: World) -> None:
    world.list_of("Name,Tel\nOluwaseun Adébáyò,2025550141\nRosa Delgado,2025550142\n")
    found = lambda words: [row["first_name"] for row in contacts.search(world.db, words)]  # noqa: E731
    assert found("adeb OLU") == ["Oluwaseun"]
    assert found("555-0142") == ["Rosa"]
    assert found("") == ["Rosa", "Oluwaseun"]
    assert found("nobody") == []
