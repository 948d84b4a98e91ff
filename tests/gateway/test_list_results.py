"""What becomes of lists afterwards: a result of a campaign becomes one, one person is erased out of all of them, all are exported."""

import re
from pathlib import Path

import pytest

from gateway import erasing, exporting, followups, lists, optouts, store
from gateway.errors import Refused
from gateway.followups import Result
from tests.web.world import HELLO, World, names


def campaign(world: World, list_id: int, *, state: str = "running") -> int:
    cursor = world.db.execute(
        "INSERT INTO campaign (name, kind, state, script, list_id, created_at) VALUES ('Hearing','event',?,'{}',?,1)",
        [state, list_id],
    )
    return int(cursor.lastrowid or 0)


def answered(world: World) -> tuple[int, dict[str, int]]:
    """A campaign whose people said different things."""
    list_id = world.list_of(
        "Name,Tel,Building\nMaybe,2025550141,1 Oak\nSilent,2025550142,\nChanged,2025550143,\nOut,2025550144,\nHeld,2025550145,\n"
    )
    campaign_id, targets = campaign(world, list_id), {}
    for row in list(lists.members(world.db, list_id)):
        state = "held" if row["first_name"] == "Held" else "texted"
        cursor = world.db.execute(
            "INSERT INTO target (campaign_id, contact_id, conversation_id, state, texted_at) VALUES (?,?,?,?,1)",
            [campaign_id, row["id"], row["conversation_id"], state],
        )
        targets[row["first_name"]] = int(cursor.lastrowid or 0)
    for who, value, undone in (
        ("Maybe", "maybe", None),
        ("Changed", "maybe", None),
        ("Changed", "yes", None),
        ("Out", "maybe", None),
        ("Silent", "yes", 5),
    ):
        world.db.execute(
            "INSERT INTO answer (target_id, field, value, at, undone_at) VALUES (?,'status',?,1,?)",
            [targets[who], value, undone],
        )
    optouts.opt_out(
        world.db, world.conversation("+12025550144"), source="text", by=None, reason="", now=store.wall_ms()
    )
    world.receive("+12025550141", "maybe, not sure")
    return campaign_id, targets


def follow(world: World, campaign_id: int, result: Result) -> int:
    people = followups.chosen(world.db, campaign_id, result, all_texted=True)
    by = world.users["coordinator"]
    return followups.make_list(world.db, campaign_id, people, name="Follow up", by=by, now=store.wall_ms())


@pytest.mark.parametrize(
    ("result", "who"),
    [
        (Result(said={"status": "maybe"}), ["Maybe"]),
        (Result(said={"status": ""}), ["Maybe", "Changed"]),
        (Result(not_said={"status": ""}), ["Silent"]),
        (Result(replied=False), ["Silent", "Changed"]),
        (Result(replied=True, not_said={"status": "yes"}), ["Maybe"]),
        (Result(), ["Maybe", "Silent", "Changed"]),
    ],
)
def test_a_result_of_a_campaign_becomes_a_list(world: World, result: Result, who: list[str]) -> None:
    campaign_id, _ = answered(world)
    made = follow(world, campaign_id, result)
    one = lists.by_id(world.db, made)
    assert (one.state, one.source, names(world, made)) == ("ready", "Sign-up sheet", who)
    assert lists.placeholders(world.db, made) == ["first_name", "last_name", "building"]


def test_a_result_with_nobody_in_it_makes_no_list(world: World) -> None:
    campaign_id, _ = answered(world)
    with pytest.raises(Refused, match="Nobody answered so"):
        follow(world, campaign_id, Result(said={"status": "no"}))
    assert len(lists.all_of(world.db)) == 1


def test_erasing_a_person_reaches_lists_campaigns_answers_and_rows_that_were_not_taken(world: World) -> None:
    _, targets = answered(world)
    who = world.conversation("+12025550141")
    message = world.draft("Maybe", "+12025550141", HELLO)
    world.db.execute("UPDATE message SET target_id=? WHERE id=?", [targets["Maybe"], message])
    world.db.execute("UPDATE answer SET message_id=? WHERE target_id=?", [message, targets["Maybe"]])
    world.db.execute("INSERT INTO note (conversation_id, text, at) VALUES (?,'likes tea',1)", [who])
    world.db.execute("INSERT INTO tag (conversation_id, tag) VALUES (?,'tea')", [who])
    world.list_of("Name,Tel\nMaybe,1.20255E+10 or (202) 555 0141\nOther,12\n")
    erasing.erase(world.db, "+12025550141", now=store.wall_ms())
    dump = "\n".join(world.db.iterdump())
    assert "Maybe" not in dump
    assert "likes tea" not in dump
    assert not re.search(r"555\D{0,2}0141", dump)
    assert "Silent" in dump
    assert world.db.execute("SELECT count(*) FROM list_row").fetchone()[0] == 1


def test_whoever_stands_only_in_a_row_that_was_not_taken_can_be_erased(world: World) -> None:
    world.list_of("Name,Tel\nTwo,202 555 0141 / 202 555 0142\n")
    erasing.erase(world.db, "+12025550142", now=store.wall_ms())
    assert world.db.execute("SELECT count(*) FROM list_row").fetchone()[0] == 0
    with pytest.raises(Refused, match="Nobody with this number"):
        erasing.erase(world.db, "+12025550142", now=store.wall_ms())


def test_nobody_is_erased_while_a_file_may_still_name_them(world: World) -> None:
    world.draft("Rosa", "+12025550141", HELLO)
    world.list_of("Name,Tel\nRosa,2025550141\n", "Fair", take=False)
    with pytest.raises(Refused, match="“Fair” is not taken yet"):
        erasing.erase(world.db, "+12025550141", now=store.wall_ms())


def test_the_export_holds_lists_contacts_and_what_campaigns_recorded(world: World, tmp_path: Path) -> None:
    answered(world)
    rows = exporting.export(world.db, tmp_path / "out")
    assert (rows["contacts.csv"], rows["lists.csv"], rows["campaigns.csv"], rows["recorded.csv"]) == (
        5,
        5,
        5,
        5,
    )
    assert "Maybe" in (tmp_path / "out" / "contacts.csv").read_text(encoding="utf-8-sig")
