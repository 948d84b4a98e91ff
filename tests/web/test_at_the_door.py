"""At the door of an event whoever is on the list is found and let in: who said maybe, no or nothing, and with as many as they are."""

from collections.abc import Callable

import pytest

from gateway import assignments, door, outbox, recording, results, store
from tests.campaigning import SIMS, started
from tests.web.conftest import Visitor
from tests.web.world import World

Visit = Callable[..., Visitor]
SAM = "+12025550103"


@pytest.fixture
def hearing(world: World) -> dict[str, int]:
    """A hearing whose Rosa said yes for 4, Luis no, Ada maybe, and the others nothing; returns the targets by name."""
    now, maya = store.wall_ms(), world.users["volunteer"]
    started(world.db, world.users["coordinator"], world.rules, now=now)
    rows = world.db.execute("SELECT t.id, k.first_name FROM target t JOIN contact k ON k.id=t.contact_id")
    targets = {row["first_name"]: row["id"] for row in rows}
    said = (
        ("Rosa", "status", "yes"),
        ("Rosa", "seats", "4"),
        ("Luis", "status", "no"),
        ("Ada", "status", "maybe"),
    )
    for name, field, value in said:
        recording.record(world.db, targets[name], field, value, by=maya, now=now)
    return targets


def here(world: World) -> dict[str, str]:
    return {
        person.name: person.said["checked_in"]
        for person in results.people(world.db, 1)
        if person.said.get("checked_in")
    }


@pytest.mark.parametrize(
    ("name", "sought", "came"),
    [("Luis", "lui", 1), ("Ada", "Ada", 2), ("Sam", "sam", 3), ("Mei", "0104", 1), ("Rosa", "5501 00", 2), ("Rosa", "rosa", 6)],
)  # fmt: skip
def test_whoever_comes_is_found_by_name_or_last_digits_and_let_in(
    world: World, hearing: dict[str, int], visit: Visit, name: str, sought: str, came: int
) -> None:
    cleo = visit("coordinator")
    page = cleo.get(f"/campaigns/1/people?q={sought}").get_data(as_text=True)
    path = f"/campaigns/1/people/{hearing[name]}/door"
    assert path in page
    assert page.count("/door") == 1, "nobody else is found"
    asked = 4 if name == "Rosa" else 1
    assert f"<option selected>{asked}</option>" in page
    page = cleo.post(path, follow=True, came=str(came), q=sought).get_data(as_text=True)
    assert here(world) == {name: str(came)}
    assert f"{came} here" in page
    board = cleo.get("/campaigns/1/numbers.csv").get_data(as_text=True)
    spoken_for = min(came, 4) if name == "Rosa" else 0
    assert f'"Came, of the seats spoken for",{spoken_for},4' in board
    assert f"Came besides,{came - spoken_for}," in board
    cleo.post(path, came="0", q=sought)
    assert here(world) == {}


def test_whoever_came_is_not_asked_whether_they_come(
    world: World, hearing: dict[str, int], visit: Visit
) -> None:
    """Review r6, 19: a volunteer got their card after they had come; in nobody's hands, in a batch, with a card on the screen."""
    cleo = visit("coordinator")

    def comes(name: str, came: int = 1) -> None:
        cleo.post(f"/campaigns/1/people/{hearing[name]}/door", came=str(came))

    def state(name: str) -> tuple[object, ...]:
        row = world.db.execute("SELECT state, live, reason FROM target WHERE id=?", [hearing[name]])
        return tuple(row.fetchone())

    comes("Theo")
    assert state("Theo") == ("skipped", 0, door.CAME)
    maya, now = world.users["volunteer"], store.wall_ms()
    assert assignments.take(world.db, 1, maya, world.rules, SIMS, now=now) == len(hearing) - 1
    card = world.card("volunteer")
    assert card.name == "Rosa"
    comes("Luis")
    comes("Rosa")
    assert world.state(card.id) == "skipped"
    assert "They came" in outbox.load(world.db, card.id)["reason"]
    assert world.card("volunteer").name == "Ada"
    for name in ("Rosa", "Theo"):
        comes(name, 0)
        assert state(name) == ("open", 1, "")
    assert assignments.take(world.db, 1, world.users["other"], world.rules, SIMS, now=now) == 2
    assert world.card("other").name == "Theo", "Rosa's conversation is still Maya's"


def test_whoever_is_let_in_leaves_a_long_choice_of_people_as_it_was(
    hearing: dict[str, int], visit: Visit
) -> None:
    """Its end was cut off, and others stood in the list."""
    said = "status!=maybe;seats=;waiting!=told;reminder!=not_coming;checked_in=;contact!=wrong_number"
    answer = visit("coordinator").post(f"/campaigns/1/people/{hearing['Sam']}/door", came="1", said=said)
    assert answer.headers["Location"].endswith("wrong_number")


def test_whoever_another_campaign_has_meanwhile_stays_with_it(
    world: World, hearing: dict[str, int], visit: Visit
) -> None:
    cleo, now = visit("coordinator"), store.wall_ms()
    path = f"/campaigns/1/people/{hearing['Sam']}/door"
    cleo.post(path, came="1")
    list_id = world.db.execute("SELECT list_id FROM campaign").fetchone()["list_id"]
    other = started(world.db, world.users["coordinator"], world.rules, "Other", list_id=list_id, now=now)
    assert cleo.post(path, came="0").status_code == 303
    rows = world.db.execute(
        "SELECT campaign_id FROM target WHERE live=1 AND conversation_id=?", [world.conversation(SAM)]
    )
    assert [row["campaign_id"] for row in rows] == [other]


def test_without_a_search_the_list_is_of_those_with_an_answer(
    world: World, hearing: dict[str, int], visit: Visit
) -> None:
    cleo = visit("coordinator")
    page = cleo.get("/campaigns/1/people").get_data(as_text=True)
    assert page.count("/door") == 3
    assert "Sam" not in page.split('id="people"')[1]
    assert "Nobody in this campaign is called" in cleo.get("/campaigns/1/people?q=nobody").get_data(
        as_text=True
    )
    other = world.db.execute("SELECT max(id) FROM target").fetchone()[0] + 1
    assert cleo.post(f"/campaigns/1/people/{other}/door", came="1").status_code == 409
