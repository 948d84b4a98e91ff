"""A campaign used again: as it stands, or in the other language with what nobody can translate named beforehand."""

import sqlite3
from dataclasses import replace

import pytest

from gateway import campaigns, cloning, scriptedit
from gateway.errors import Refused
from gateway.kinds import KINDS, kind
from gateway.scripts import Choice, Script
from tests.campaigning import FACTS, bring_in, drafted
from tests.gateway.conftest import NOON, Room

OURS = "{organisation}: coming to {event}? STOP to end."


def keep(db: sqlite3.Connection, room: Room, campaign_id: int, script: Script) -> None:
    seen = campaigns.load(db, campaign_id).revision
    campaigns.save(db, campaign_id, by=room.coordinator, now=NOON, seen_revision=seen, script=script)


def test_in_its_own_language_a_clone_has_the_words_as_they_stand(db: sqlite3.Connection, room: Room) -> None:
    first = drafted(db, room.coordinator, bring_in(db, now=NOON), now=NOON, batch=10)
    keep(db, room, first, scriptedit.with_wording(campaigns.load(db, first).script, "0", OURS))
    made = campaigns.load(db, cloning.clone(db, first, "", by=room.coordinator, now=NOON))
    assert (made.name, made.language, made.state) == ("Rent hearing again", "en", "draft")
    assert made.script.first.texts[0] == OURS
    assert (made.facts, made.options.batch, made.list_id) == ({**FACTS, "next_event": ""}, 10, None)


@pytest.mark.parametrize("name", KINDS)
def test_in_the_other_language_it_has_the_words_of_its_kind_there(
    db: sqlite3.Connection, room: Room, name: str
) -> None:
    first = campaigns.create(db, "Ours", name, "en", by=room.coordinator, now=NOON)
    assert cloning.changed(campaigns.load(db, first)) == []
    there = cloning.clone(db, first, "", by=room.coordinator, now=NOON, language="es")
    made = campaigns.load(db, there)
    assert (made.language, made.script) == ("es", kind(name).scripts["es"])
    back = campaigns.load(db, cloning.clone(db, there, "", by=room.coordinator, now=NOON, language="en"))
    assert back.script == kind(name).scripts["en"]


def test_what_was_changed_is_named_and_its_facts_come_along(db: sqlite3.Connection, room: Room) -> None:
    first = drafted(db, room.coordinator, bring_in(db, now=NOON), now=NOON)
    script = campaigns.load(db, first).script
    keep(db, room, first, scriptedit.with_wording(script, "1", OURS))
    assert cloning.changed(campaigns.load(db, first)) == ["the first text, wording 2"]
    keep(db, room, first, scriptedit.with_choice(script, "first", Choice("new", "Later")))
    assert cloning.changed(campaigns.load(db, first)) == ["its questions and answers"]
    made = campaigns.load(db, cloning.clone(db, first, "Otra", by=room.coordinator, now=NOON, language="es"))
    assert (made.script, made.facts["place"]) == (kind("event").scripts["es"], "Union Hall")
    assert cloning.to_read(made) == ["What is it? (“the rent hearing”)", "Place"]


def test_what_is_used_again_does_not_change(db: sqlite3.Connection, room: Room) -> None:
    first = drafted(db, room.coordinator, bring_in(db, now=NOON), now=NOON)
    before = campaigns.load(db, first)
    cloning.clone(db, first, "", by=room.coordinator, now=NOON, language="es")
    assert campaigns.load(db, first) == before


def test_a_clone_is_refused_in_words(db: sqlite3.Connection, room: Room) -> None:
    first = drafted(db, room.coordinator, bring_in(db, now=NOON), now=NOON)
    with pytest.raises(Refused, match="called “Rent hearing” already"):
        cloning.clone(db, first, "Rent hearing", by=room.coordinator, now=NOON)
    with pytest.raises(Refused, match="one of the languages"):
        cloning.clone(db, first, "", by=room.coordinator, now=NOON, language="tlh")
    with pytest.raises(Refused, match="coordinator"):
        cloning.clone(db, first, "", by=room.volunteer, now=NOON)
    assert len(campaigns.everything(db)) == 1


def test_the_proposed_name_of_a_long_one_still_fits(db: sqlite3.Connection, room: Room) -> None:
    """It had 86 characters, and was refused for a length that nobody had chosen."""
    first = drafted(db, room.coordinator, bring_in(db, now=NOON), "N" * 80, now=NOON)
    made = campaigns.load(db, cloning.clone(db, first, "", by=room.coordinator, now=NOON))
    assert made.name == "N" * 74 + " again"


def test_hints_that_were_meant_come_along_with_the_words_and_not_without_them(
    db: sqlite3.Connection, room: Room
) -> None:
    first = drafted(db, room.coordinator, bring_in(db, now=NOON), now=NOON)
    before = campaigns.load(db, first)
    options = replace(before.options, meant={"abc": "Cleo"})
    campaigns.save(db, first, by=room.coordinator, now=NOON, seen_revision=2, options=options)
    for language, meant in (("en", {"abc": "Cleo"}), ("es", {})):
        made = cloning.clone(db, first, language, by=room.coordinator, now=NOON, language=language)
        assert campaigns.load(db, made).options.meant == meant
