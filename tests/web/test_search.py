"""Search in the inbox: newest first, nobody else's people, no numbers for who may not see them, and nobody who was erased."""

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest

from gateway import conversations, erasing, search, store
from tests.web.conftest import Visitor
from tests.web.world import World

Visit = Callable[..., Visitor]


@pytest.fixture
def told(world: World) -> World:
    """Three people who wrote, one after the other."""
    for name, number, text in (
        ("Zoë Ångström", "+12025550171", "The elevator is broken again"),
        ("Ben Kiplagat", "+12025550172", "I can drive people on Thursday, élève too"),
        ("", "+12025550173", 'Which elevator? <b>none</b> (here) "OR" AND -x* 100%'),
    ):
        world.draft(name, number, "Hi {name}")
        world.receive(number, text)
    return world


def found(visitor: Visitor, words: str) -> list[str]:
    page = visitor.get(f"/inbox?q={quote(words)}").get_data(as_text=True)
    return re.findall(r'<strong class="clip" dir="auto">([^<]*)</strong>', page)


def test_words_find_people_the_newest_first(told: World, visit: Visit) -> None:
    lee = visit("coordinator")
    assert found(lee, "elevator") == ["+1 202 555 0173", "Zoë Ångström"]
    assert found(lee, "ELEV brok") == ["Zoë Ångström"]
    assert found(lee, "eleve thurs") == ["Ben Kiplagat"]
    assert found(lee, "zoe angstrom") == ["Zoë Ångström"]


def test_signs_are_words_and_never_a_query(told: World, visit: Visit) -> None:
    lee = visit("coordinator")
    for words in (
        '"',
        "(",
        "OR",
        "a AND",
        "x*",
        "- -",
        "100%",
        "name:x",
        "'; DROP",
        "\\",
        "^b",
        "NEAR(a b)",
        "{a}",
    ):
        assert lee.get(f"/inbox?q={quote(words)}").status_code == 200, words
    assert found(lee, "or and x") == ["+1 202 555 0173"]


def test_a_number_is_found_by_its_end_by_who_may_see_numbers(told: World, visit: Visit) -> None:
    lee = visit("coordinator")
    assert found(lee, "0172") == found(lee, "(202) 555-0172") == ["Ben Kiplagat"]
    assert found(lee, "172") == []
    assert found(visit("volunteer"), "0172") == []


def test_a_volunteer_does_not_find_somebody_elses_conversation(told: World, visit: Visit) -> None:
    conversation = told.conversation("+12025550171")
    conversations.hold(told.db, conversation, told.users["coordinator"], now=store.wall_ms())
    assert found(visit("volunteer"), "broken") == found(visit("volunteer"), "Zoë") == []
    assert found(visit("coordinator"), "broken") == ["Zoë Ångström"]


def test_who_was_erased_is_found_no_more_and_leaves_no_word_behind(told: World, visit: Visit) -> None:
    told.receive("+12025550171", "xylophonequartet")
    erasing.erase(told.db, "+12025550171", now=store.wall_ms())
    search.forget(told.db)
    assert found(visit("coordinator"), "Zoë") == found(visit("coordinator"), "xylophonequartet") == []
    assert erasing.empty_log(told.db)
    assert b"xylophonequartet" not in told.path.read_bytes()
    assert b"ngstrom" not in told.path.read_bytes()
    for table in ("inbound_search", "name_search"):
        told.db.execute(f"INSERT INTO {table}({table}) VALUES ('integrity-check')")


def test_a_name_that_changes_is_found_under_the_new_one(told: World, visit: Visit) -> None:
    told.db.execute("UPDATE conversation SET name='Zara Novak' WHERE name='Zoë Ångström'")
    assert found(visit("coordinator"), "zara") == ["Zara Novak"]
    assert found(visit("coordinator"), "angstrom") == []


def test_a_technician_finds_nobody(told: World, visit: Visit) -> None:
    assert visit("technician").get("/inbox?q=elevator").status_code in (303, 403)


def test_a_list_that_is_cut_says_so_and_counts_everybody(world: World, visit: Visit) -> None:
    """“100 people wait for you”, beside a badge that said 103."""
    maya = visit()
    for n in range(103):
        world.receive(f"+1202555{1000 + n}", f"Hello {n}")
        if n == 99:
            for box in ("waiting", "all"):
                assert "Here are the" not in maya.get(f"/inbox?box={box}").get_data(as_text=True)
    page = maya.get("/inbox").get_data(as_text=True)
    assert "103 people wait for you" in page
    assert "Here are the 100 who wait longest." in page
    assert "Here are the newest 100." in maya.get("/inbox?box=all").get_data(as_text=True)
    found = maya.get("/inbox?q=hello").get_data(as_text=True)
    assert "50 people or more found" in found
    assert "more words find fewer" in found
    assert "or more" not in maya.get("/inbox?q=hello+102").get_data(as_text=True)
