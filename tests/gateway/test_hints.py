"""A hint that a coordinator says is meant stays quiet until its text changes; saying so changes no word. Answers change places."""

import sqlite3
from dataclasses import replace

import pytest

from gateway import assignments, campaigns, cards, enrolment, hints, outbox, scriptedit, secondreader
from gateway.errors import Refused
from gateway.rules import Rules
from gateway.scripts import Script
from tests.campaigning import FACTS, SIMS, bring_in, drafted, started
from tests.gateway.conftest import NOON, Room

LINKED = "{organisation}: see elmstreet.example.org. STOP to end."


def keep_script(db: sqlite3.Connection, room: Room, campaign_id: int, script: Script) -> None:
    seen = campaigns.load(db, campaign_id).revision
    campaigns.save(db, campaign_id, by=room.coordinator, now=NOON, seen_revision=seen, script=script)


@pytest.fixture
def made(db: sqlite3.Connection, room: Room) -> int:
    campaign_id = drafted(db, room.coordinator, bring_in(db, now=NOON), now=NOON)
    script = campaigns.load(db, campaign_id).script
    keep_script(db, room, campaign_id, scriptedit.with_wording(script, "0", LINKED))
    return campaign_id


def titles(db: sqlite3.Connection, campaign_id: int, rules: Rules) -> list[str]:
    return [problem.title for problem in enrolment.obstacles(db, campaigns.load(db, campaign_id), rules)[1]]


def key_of(db: sqlite3.Connection, campaign_id: int, rules: Rules) -> str:
    return enrolment.obstacles(db, campaigns.load(db, campaign_id), rules)[1][0].key


def test_a_hint_that_is_meant_stays_quiet_until_its_text_changes(
    db: sqlite3.Connection, room: Room, rules: Rules, made: int
) -> None:
    assert titles(db, made, rules) == ["A link stands in the first text."]
    key = key_of(db, made, rules)
    for _ in range(2):
        hints.keep(db, made, key, by=room.coordinator, rules=rules)
    assert titles(db, made, rules) == []
    script = campaigns.load(db, made).script
    keep_script(db, room, made, scriptedit.with_wording(script, "1", "{organisation}: other? STOP to end."))
    assert titles(db, made, rules) == [], "another text changed"
    assert [quiet.key for quiet in hints.quiet(db, campaigns.load(db, made), rules)] == [key]
    assert campaigns.load(db, made).options.meant == {key: room.coordinator.name}
    keep_script(db, room, made, scriptedit.with_wording(script, "0", f"Hi! {LINKED}"))
    assert titles(db, made, rules) == ["A link stands in the first text."]


def test_whoever_reads_it_second_may_keep_a_hint_without_becoming_its_writer(
    db: sqlite3.Connection, room: Room, rules: Rules, made: int
) -> None:
    secondreader.ask_review(db, made, by=room.coordinator)
    hints.keep(db, made, key_of(db, made, rules), by=room.admin, rules=rules)
    before = campaigns.load(db, made)
    assert (before.state, before.changed_by) == ("review", room.coordinator.id)
    secondreader.review(db, made, by=room.admin, seen_revision=before.revision)
    assert campaigns.load(db, made).reviewed_by == room.admin.id


def test_what_was_meant_can_be_pointed_out_again(
    db: sqlite3.Connection, room: Room, rules: Rules, made: int
) -> None:
    key = key_of(db, made, rules)
    hints.keep(db, made, key, by=room.coordinator, rules=rules)
    hints.point_out(db, made, key, by=room.coordinator)
    assert titles(db, made, rules) == ["A link stands in the first text."]


def test_what_blocks_a_start_cannot_be_meant(
    db: sqlite3.Connection, room: Room, rules: Rules, made: int
) -> None:
    script = campaigns.load(db, made).script
    keep_script(db, room, made, scriptedit.with_wording(script, "0", "{organisation}: coming?"))
    key = key_of(db, made, rules)
    with pytest.raises(Refused, match="not so any more"):
        hints.keep(db, made, key, by=room.coordinator, rules=rules)
    # Not even when its key stands there, from wherever.
    before = campaigns.load(db, made)
    options = replace(before.options, meant={key: "Cleo"})
    campaigns.save(db, made, by=room.coordinator, now=NOON, seen_revision=before.revision, options=options)
    assert titles(db, made, rules) == ["No way out."]


def test_only_who_runs_campaigns_keeps_a_hint_and_not_of_a_closed_one(
    db: sqlite3.Connection, room: Room, rules: Rules, made: int
) -> None:
    key = key_of(db, made, rules)
    with pytest.raises(Refused, match="coordinator"):
        hints.keep(db, made, key, by=room.volunteer, rules=rules)
    with pytest.raises(Refused, match="coordinator"):
        hints.point_out(db, made, key, by=room.volunteer)
    runs = started(db, room.coordinator, rules, "Other", now=NOON, list_id=bring_in(db, ("Zoe",), first=300, now=NOON))  # fmt: skip
    campaigns.close(db, runs, by=room.coordinator, now=NOON)
    with pytest.raises(Refused, match="is closed"):
        hints.keep(db, runs, key, by=room.coordinator, rules=rules)


def approved_text(db: sqlite3.Connection, room: Room, rules: Rules) -> tuple[int, int]:
    campaign_id = started(db, room.coordinator, rules, now=NOON)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    card = cards.next_card(db, room.volunteer, rules=rules, now=NOON)
    assert card is not None
    outbox.approve(db, card.id, by=room.volunteer, seen=card.seen, rules=rules, now=NOON)
    return campaign_id, card.id


def test_an_answer_changes_places_and_nothing_that_was_approved_comes_back(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    """No text changes with the order of its answers."""
    campaign_id, message_id = approved_text(db, room, rules)
    before = campaigns.load(db, campaign_id)
    script = scriptedit.moved_choice(before.script, "first", "no", -1)
    keep_script(db, room, campaign_id, script)
    after = campaigns.load(db, campaign_id)
    assert [choice.id for choice in after.script.first.choices] == ["yes", "no", "maybe", "wrong"]
    assert (after.content, after.revision) == (before.content, before.revision + 1)
    assert outbox.load(db, message_id)["state"] == "approved"
    with pytest.raises(Refused, match="Somebody changed this campaign meanwhile"):
        campaigns.save(db, campaign_id, by=room.coordinator, now=NOON, seen_revision=before.revision, script=before.script)  # fmt: skip
    facts = {**FACTS, "hour": "19:00"}
    campaigns.save(db, campaign_id, by=room.coordinator, now=NOON, seen_revision=after.revision, facts=facts)
    assert outbox.load(db, message_id)["state"] == "awaiting", "other facts do bring it back"


def test_a_changed_answer_still_brings_back_what_was_approved(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id, message_id = approved_text(db, room, rules)
    script = campaigns.load(db, campaign_id).script
    yes = script.first.choice("yes")
    assert yes is not None
    keep_script(db, room, campaign_id, scriptedit.with_choice(script, "first", replace(yes, text="Great!")))
    assert outbox.load(db, message_id)["state"] == "awaiting"
