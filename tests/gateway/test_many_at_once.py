"""Conversations and contacts of many numbers, asked for in one piece: what one after the other would have become of them."""

import sqlite3

from gateway import contacts, conversations, optouts
from gateway.contacts import Consent, Person
from tests.gateway.conftest import NOON

ROSA, LUIS, ADA = (f"+1202555017{at}" for at in range(3))
SHEET = Consent("Sheet", "2026-01-01")


def test_of_several_rows_with_one_number_the_first_name_stays(db: sqlite3.Connection) -> None:
    known = conversations.ensure(db, LUIS, now=NOON)
    rows = [(ROSA, "", None), (ROSA, "Rosa", "America/Chicago"), (ROSA, "Reza", None), (LUIS, "Luis", None)]
    ids = conversations.ensure_all(db, rows, now=NOON)
    assert ids.keys() == {ROSA, LUIS}
    assert ids[LUIS] == known
    found = conversations.known_of(db, ids)
    assert {number: row["name"] for number, row in found.items()} == {ROSA: "Rosa", LUIS: "Luis"}
    indexed = {
        row[0] for row in db.execute("SELECT rowid FROM name_search WHERE name_search MATCH 'rosa OR luis'")
    }
    assert indexed == set(ids.values())


def test_who_is_out_is_out_from_the_first_moment_among_others_too(db: sqlite3.Connection) -> None:
    gone = conversations.ensure(db, ROSA, now=NOON)
    optouts.opt_out(db, gone, source="text", by=None, reason="", now=NOON)
    db.execute("DELETE FROM conversation WHERE id=?", [gone])
    ids = conversations.ensure_all(db, [(ADA, "", None), (ROSA, "", None)], now=NOON + 5)
    out = {number: row["opted_out_at"] for number, row in conversations.known_of(db, ids).items()}
    assert out == {ADA: None, ROSA: NOON}


def test_a_household_and_its_repeats_in_one_piece(db: sqlite3.Connection) -> None:
    people = [
        Person(ROSA, "Rosa", "Ortega"),
        Person(ROSA, "Luis", "Ortega"),
        Person(ROSA, "Ortega", "Rosa", language="es"),
        Person(ADA),
        Person(ADA, "Ada"),
    ]
    made = contacts.put_all(db, people, SHEET, now=NOON)
    rosa, luis, ada = made[0][0], made[1][0], made[3][0]
    assert made == [(rosa, False), (luis, False), (rosa, True), (ada, False), (ada, True)]
    assert contacts.by_id(db, rosa)["language"] == "es"
    assert contacts.by_id(db, ada)["first_name"] == "Ada"
    assert contacts.put_all(db, people[:1], SHEET, now=NOON + 1) == [(rosa, True)]
