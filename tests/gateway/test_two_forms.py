"""Some countries write a mobile in two forms; whoever has it is one person here: one conversation, one first text, one stop."""

import sqlite3

import pytest

from gateway import (
    conversations,
    enrolment,
    erasing,
    journal,
    lists,
    manydrafts,
    numbers,
    optoutfile,
    outbox,
    restoring,
    schema,
    store,
)
from gateway.errors import Refused
from gateway.manydrafts import Wanted
from tests.campaigning import drafted
from tests.gateway.conftest import NOON
from tests.gateway.test_optoutlist import bring, result
from tests.gateway.test_stop_and_start import MINUTE, SENT_AT, Desk, arrive, as_older, deliver, out_of
from tests.web.world import HELLO, World, modems

HEAD = "Name,Cell\n"
MEXICO = "+525512345678", "+5215512345678"
ARGENTINA = "+5491123456789", "+541123456789"
REUNION = "+262692123456", "+33692123456"
PALESTINE = "+970599123456", "+972599123456"
BRAZIL = "+5511981234567", "+551181234567"
BOTH = pytest.mark.parametrize(
    "forms",
    [forms[::way] for forms in (MEXICO, ARGENTINA, REUNION, PALESTINE, BRAZIL) for way in (1, -1)],
    ids=", ".join,
)


def count(db: sqlite3.Connection, table: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@BOTH
def test_a_list_with_both_forms_brings_one_person(world: World, forms: tuple[str, str]) -> None:
    """They were two people with two conversations, and got two first texts."""
    made = world.list_of(HEAD + f"Ana,{forms[0]}\nAna,{forms[1]}\n")
    assert (count(world.db, "conversation"), len(list(lists.members(world.db, made)))) == (1, 1)
    [left] = lists.not_taken(world.db, made)
    assert (left["row"], left["outcome"]) == (3, "twice")
    assert world.db.execute("SELECT landline FROM contact").fetchone()[0] == 0


@BOTH
def test_a_second_campaign_leaves_out_who_is_in_an_open_one_by_the_other_form(
    world: World, forms: tuple[str, str]
) -> None:
    """One open campaign at a time for a number: each form was in one."""
    now = store.wall_ms()
    first, second = (world.list_of(HEAD + f"Ana,{form}\n") for form in forms)
    for name, list_id in (("First", first), ("Second", second)):
        enrolment.enrol(
            world.db, drafted(world.db, world.users["coordinator"], list_id, name, now=now), now=now
        )
    rows = world.db.execute("SELECT live, reason FROM target ORDER BY id").fetchall()
    assert [tuple(row) for row in rows] == [(1, ""), (0, "Is in “First”, which is open.")]


@BOTH
def test_a_row_that_says_stop_holds_for_the_row_with_the_other_form(
    world: World, forms: tuple[str, str]
) -> None:
    made = world.list_of(f"Name,Cell,Opted out\nAna,{forms[0]},no\nAna,{forms[1]},yes\n")
    assert list(lists.members(world.db, made)) == []


def test_a_mobile_of_mexico_as_old_lists_have_it_is_taken(world: World) -> None:
    """“+52 1 …” was rejected as a number with too many digits; in a file of opt-outs that was a stop that nobody kept."""
    assert (
        numbers.normalise("+52 1 55 1234 5678", "US")
        == numbers.normalise("1 55 1234 5678", "MX")
        == MEXICO[0]
    )
    assert result(world, bring(world, "Phone\n+52 1 55 1234 5678\n")) == optoutfile.Result(1, 0, 0)
    [left] = lists.not_taken(world.db, world.list_of(HEAD + f"Ana,{MEXICO[0]}\n"))
    assert left["outcome"] == "opted_out"


@BOTH
def test_a_draft_by_the_other_form_is_to_the_person_who_is_here(world: World, forms: tuple[str, str]) -> None:
    rules, now = world.rules, store.wall_ms()
    world.draft("Ana", forms[0], HELLO)
    more = {"kind": "first", "channel": "cli", "by": None, "rules": rules, "now": now}
    one = outbox.draft(world.db, forms[1], HELLO, key="cli:1", **more)  # type: ignore[arg-type]
    assert outbox.draft(world.db, forms[0], HELLO, key="cli:1", **more) == one  # type: ignore[arg-type]
    wanted = [Wanted(at, "", form, HELLO, None) for at, form in enumerate(forms)]
    manydrafts.draft_all(world.db, wanted, rules=rules, now=now)
    assert (count(world.db, "conversation"), count(world.db, "message")) == (1, 4)


@BOTH
def test_words_of_a_person_who_wrote_from_the_other_form_stop_what_waits_for_them(
    desk: Desk, forms: tuple[str, str]
) -> None:
    """A reply, and a question of a stop, touched one of two conversations; the text of the other left."""
    arrive(desk, *deliver("Hello", forms[0], at=SENT_AT - MINUTE))
    text = desk.approved(number=forms[1])
    arrive(desk, *deliver("Could you stop sending these to my wife", forms[0]))
    assert desk.state(text) == "awaiting"
    [known] = desk.db.execute("SELECT asks_opt_out FROM conversation").fetchall()
    assert known["asks_opt_out"] == 1


@BOTH
def test_a_stop_that_only_the_journal_knows_by_the_other_form_stops_the_person(
    desk: Desk, forms: tuple[str, str]
) -> None:
    """They stopped as a stranger after their list had been deleted; a backup from before brought them back, and they were texted."""
    text, acts = desk.approved(number=forms[0]), journal.of(desk.db)
    acts.note("opt_out", at=NOON, number=conversations.number_key(desk.db, forms[1]).hex())
    restoring.still_out(desk.db, acts, now=NOON)
    assert desk.state(text) == "withdrawn"
    [known] = desk.db.execute("SELECT opted_out_at FROM conversation").fetchall()
    assert known["opted_out_at"] is not None


@BOTH
def test_a_person_is_erased_by_either_form(desk: Desk, forms: tuple[str, str]) -> None:
    """Nobody was found, and their texts stayed."""
    desk.draft(forms[0])
    erasing.erase(desk.db, forms[1], now=NOON)
    assert (count(desk.db, "conversation"), count(desk.db, "message")) == (0, 0)


@BOTH
def test_a_stop_that_an_older_program_noted_for_one_form_holds_for_the_other(
    desk: Desk, forms: tuple[str, str]
) -> None:
    as_older(desk, *forms, "+12025550123")
    desk.db.execute("UPDATE conversation SET opted_out_at=1 WHERE number=?", [forms[0]])
    for name in schema.SCRIPTS:
        for statement in schema.SCRIPTS[name] if "a_stop_in" in name else ():
            desk.db.execute(statement)
    assert out_of(desk) == dict.fromkeys(forms, True) | {"+12025550123": False}


def test_our_own_sim_is_rejected_by_either_form(world: World) -> None:
    modems(world)
    world.db.execute("UPDATE station SET number=?", [MEXICO[1]])
    assert list(lists.members(world.db, world.list_of(HEAD + f"Ours,{MEXICO[0]}\n"))) == []
    assert conversations.known_of(world.db, MEXICO) == {}


def test_a_mobile_of_brazil_from_before_its_ninth_digit_is_taken_with_it() -> None:
    """As old lists and exports of WhatsApp have it nobody was reached."""
    assert numbers.normalise("(11) 8123-4567", "BR") == BRAZIL[0]


@pytest.mark.parametrize(
    "other", ["+551132345678", "+5511971234567", "+551171234567", "+972541234567", "+33612345678"]
)
def test_a_number_that_may_be_another_persons_has_no_other_form(other: str) -> None:
    assert numbers.other_form(other) is None


@pytest.mark.parametrize("written", ["+522914177763", "+5491000000000", "+541234567890"])
def test_a_number_of_a_range_that_is_new_stays_as_it_is_written(written: str) -> None:
    """Mexico's were refused as too long, and Argentina's became another number, which got the text."""
    assert numbers.normalise(written, "US") == written


def test_an_extension_is_refused_in_the_old_form_of_a_mobile_too() -> None:
    """It was dropped, and whoever has the number itself was texted."""
    with pytest.raises(Refused, match="extension"):
        numbers.normalise("+52 1 55 1234 5678 #5", "US")
