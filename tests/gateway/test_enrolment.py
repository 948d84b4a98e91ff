"""Who is in a campaign at its start: decided anew at the press that counts, whatever an earlier one left behind."""

import pytest

from gateway import campaigns, conversations, door, enrolment, optouts, scriptedit
from gateway.errors import Refused
from gateway.rules import DAY_MS
from tests.campaigning import FACTS, PEOPLE, Hall, bring_in
from tests.gateway.conftest import NOON

NUMBERS = {name: f"+12025550{100 + at}" for at, name in enumerate(PEOPLE)}


def out(hall: Hall, campaign_id: int) -> dict[str, str]:
    """Who is left out, and why."""
    rows = hall.db.execute(
        "SELECT c.first_name, t.reason FROM target t JOIN contact c ON c.id=t.contact_id WHERE t.campaign_id=? AND t.state='out'",
        [campaign_id],
    )
    return {row["first_name"]: row["reason"] for row in rows}


def stops(hall: Hall, name: str) -> None:
    person = conversations.ensure(hall.db, NUMBERS[name], now=NOON)
    optouts.opt_out(hall.db, person, source="import", by=None, reason="", now=NOON)


def test_a_start_that_is_pressed_again_days_later_keeps_no_old_reason(hall: Hall) -> None:
    list_id = bring_in(hall.db, now=NOON)
    other = hall.started("Other", list_id=list_id)
    made = hall.drafted(list_id)
    hall.enrol(made)
    assert set(out(hall, made)) == set(PEOPLE)

    hall.db.execute("UPDATE target SET live=0, state='skipped' WHERE campaign_id=?", [other])  # it was closed
    stops(hall, "Rosa")
    hall.db.execute(  # a text that began to leave two days later
        "INSERT INTO message (conversation_id, kind, state, text, channel, created_at, expires_at, submitted_at) "
        "SELECT id, 3, 'expired', 'Hi', 'panel', 1, 2, ? FROM conversation WHERE number=?",
        [NOON + 2 * DAY_MS, NUMBERS["Luis"]],
    )
    hall.enrol(made, now=NOON + 4 * DAY_MS)

    assert out(hall, made) == {"Rosa": "Asked to stop.", "Luis": "Was texted a short while ago."}
    hall.enrol(made, now=NOON + 6 * DAY_MS)  # Luis has rested
    assert out(hall, made) == {"Rosa": "Asked to stop."}
    live = hall.db.execute("SELECT count(*) FROM target WHERE campaign_id=? AND live=1", [made]).fetchone()[0]
    assert (hall.states(made), live) == ({"open": 5, "out": 1}, 5)


def test_whoever_stood_in_a_campaign_that_is_closed_is_free_for_one_other(hall: Hall) -> None:
    list_id = bring_in(hall.db, now=NOON)
    first = hall.started("First", list_id=list_id)
    made = hall.drafted(list_id)
    hall.enrol(made)
    assert set(out(hall, made)) == set(PEOPLE)
    campaigns.close(hall.db, first, by=hall.users["coordinator"], now=NOON)
    hall.enrol(made)
    assert out(hall, made) == {}
    third = hall.drafted(list_id, "Third")
    hall.enrol(third)
    assert set(out(hall, third)) == set(PEOPLE), "each number is in one open campaign at a time"


def test_nobody_is_texted_who_left_the_list_after_a_start_that_was_interrupted(hall: Hall) -> None:
    made = hall.drafted()
    hall.enrol(made)
    for name in ("Rosa", "Theo"):  # the first and the last
        hall.db.execute(
            "DELETE FROM list_member WHERE contact_id=(SELECT id FROM contact WHERE first_name=?)", [name]
        )
    hall.enrol(made)
    assert hall.states(made) == {"open": len(PEOPLE) - 2}
    hall.db.execute("DELETE FROM list_member")
    hall.enrol(made)
    assert hall.states(made) == {}


def test_a_household_is_decided_once_and_one_of_it_is_texted(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enrolment, "ENROLLED_AT_ONCE", 2)
    made = hall.drafted()
    rosa = conversations.ensure(hall.db, NUMBERS["Rosa"], now=NOON)
    bea = hall.db.execute(
        "INSERT INTO contact (conversation_id, first_name, name_key, created_at) VALUES (?,'Bea','bea',1)",
        [rosa],
    ).lastrowid
    hall.db.execute("INSERT INTO list_member SELECT list_id, ? FROM list_member LIMIT 1", [bea])
    for _ in range(2):
        hall.enrol(made)
        assert hall.states(made) == {"open": len(PEOPLE)}
    assert out(hall, made) == {}


def test_an_interrupted_taking_out_leaves_the_first_ones(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a definite order: what is left is the same whenever the power fails."""
    monkeypatch.setattr(enrolment, "UNENROLLED_AT_ONCE", 2)
    made = hall.drafted()
    hall.enrol(made)
    looks = iter([hall.load(made)])
    with monkeypatch.context() as cut:
        cut.setattr(enrolment, "load", lambda *_: next(looks))
        with pytest.raises(StopIteration):
            enrolment.unenrol(hall.db, made)
    left = hall.db.execute(
        "SELECT c.first_name FROM target t JOIN contact c ON c.id=t.contact_id ORDER BY t.id"
    )
    assert tuple(row["first_name"] for row in left) == PEOPLE[:4]
    enrolment.unenrol(hall.db, made)
    assert hall.states(made) == {}


def test_a_wording_added_after_a_refused_start_reaches_its_share_and_none_once_it_runs(hall: Hall) -> None:
    made = hall.drafted()
    hall.enrol(made)
    script = scriptedit.with_wording(hall.load(made).script, "new", "{organisation}: coming? STOP to end.")
    hall.change(made, script=script)
    hall.enrol(made)
    wordings = [row["wording"] for row in hall.db.execute("SELECT wording FROM target ORDER BY wording")]
    assert wordings == [0, 0, 1, 1, 2, 2]
    by = hall.users["coordinator"]
    enrolment.start(hall.db, made, by=by, rules=hall.rules, now=NOON, needs_review=False)
    with pytest.raises(Refused, match="shared out already"):
        hall.change(made, script=scriptedit.without_wording(script, "0"))
    with pytest.raises(Refused, match="has started already"):
        hall.enrol(made)
    assert hall.change(made, facts={**FACTS, "hour": "19:00"}) == 4


def test_a_campaign_that_a_colleague_changed_while_its_people_were_taken_in_is_not_started(
    hall: Hall,
) -> None:
    """With another list or other wordings by then, it started with half of its people."""
    made = hall.drafted()
    before = hall.load(made).revision
    hall.enrol(made)
    hall.change(made, facts={**FACTS, "hour": "19:00"})
    by = hall.users["coordinator"]
    with pytest.raises(Refused, match="while its people were taken in"):
        enrolment.start(hall.db, made, by=by, rules=hall.rules, now=NOON, needs_review=False, taken_in=before)
    assert hall.load(made).state == "draft"


def comes_back(hall: Hall, name: str) -> None:
    person = conversations.ensure(hall.db, NUMBERS[name], now=NOON)
    optouts.undo(hall.db, person, by=hall.users["coordinator"], reason="It was another Rosa.", now=NOON)


@pytest.mark.parametrize("when", ["before their card", "on a card", "approved"])
def test_whoever_was_taken_off_the_list_by_mistake_gets_their_campaigns_text_after_all(
    hall: Hall, when: str
) -> None:
    """The coordinator undid it with a reason; they stayed out of the campaign that ran, and nobody texted them or could."""
    campaign_id = hall.batch()
    if when != "before their card":
        card = hall.card()
        assert card.name == "Rosa"
    if when == "approved":
        hall.approve(card)
    stops(hall, "Rosa")
    hall.card()  # passes over her
    assert hall.states(campaign_id)["out"] == 1
    comes_back(hall, "Rosa")
    person = conversations.ensure(hall.db, NUMBERS["Rosa"], now=NOON)
    assert enrolment.waits_in(hall.db, person) == "Rent hearing"
    for _ in range(5):
        hall.send()
    hall.take(campaign_id)
    assert hall.send().name == "Rosa"
    assert hall.states(campaign_id) == {"texted": 6}


def test_whoever_comes_back_is_in_no_campaign_that_they_were_not_in_nor_in_two(hall: Hall) -> None:
    list_id = bring_in(hall.db, now=NOON)
    stops(hall, "Luis")
    first = hall.batch(list_id=list_id)
    hall.card()
    stops(hall, "Rosa")
    second = hall.drafted(list_id, "Second")
    hall.db.execute("UPDATE conversation SET opted_out_at=NULL WHERE number=?", [NUMBERS["Rosa"]])
    hall.enrol(second)  # has her, while the first has not
    comes_back(hall, "Rosa")
    comes_back(hall, "Luis")
    assert set(out(hall, first)) == {"Luis", "Rosa"}


def test_whoever_comes_to_the_event_and_back_on_the_list_there_is_not_asked_whether_they_come(
    hall: Hall,
) -> None:
    """At the door they said that they want texts again: a volunteer was offered the text that asks them to come."""
    campaign_id = hall.batch()
    hall.card()
    stops(hall, "Rosa")
    hall.card()
    rosa = hall.db.execute("SELECT id FROM target WHERE state='out'").fetchone()["id"]
    door.let_in(hall.db, rosa, 1, by=hall.users["coordinator"], now=NOON)
    comes_back(hall, "Rosa")
    assert hall.states(campaign_id)["out"] == 1
