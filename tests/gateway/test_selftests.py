"""Self-tests: covered by one admin's act, to our own SIMs only, known by their token, ended with a sentence."""

import dataclasses
import sqlite3
from datetime import time, timedelta

import pytest

from gateway import claims, flight, ledger, selftests, sims, stations
from gateway.errors import Refused
from gateway.manydrafts import Wanted, draft_all
from gateway.policy import Quiet
from gateway.rules import Rules
from tests.gateway.conftest import ADA, NOON, Room, take_seat

NORTH, SOUTH = "+12025550100", "+12025550101"


@pytest.fixture
def two(db: sqlite3.Connection, room: Room) -> sqlite3.Connection:
    for name, iccid, number in (("north", "891", NORTH), ("south", "892", SOUTH)):
        stations.ensure(db, name, now=NOON)
        stations.set_facts(db, name, iccid=iccid)
        stations.set_state(db, name, "ready", "", now=NOON)
        sims.seen(db, iccid, number=number, now=NOON)
    selftests.approve_standing(db, by=room.admin, channel="panel", now=NOON)
    return db


def begin(db: sqlite3.Connection, room: Room, rules: Rules, now: int = NOON) -> sqlite3.Row:
    selftests.begin(db, "north", "south", by=room.technician, rules=rules, now=now)
    return selftests.latest(db)[0]


def test_its_text_is_covered_by_the_ledger_and_says_that_it_is_a_test(
    two: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    test = begin(two, room, rules)
    text = two.execute(
        "SELECT m.*, c.number FROM message m JOIN conversation c ON c.id=m.conversation_id"
    ).fetchone()
    assert (text["number"], text["state"]) == (SOUTH, "approved")
    assert "tests its own modems" in text["text"]
    assert test["token"] in text["text"]
    assert ledger.verify(two).intact


def test_only_an_admin_approves_it_and_nothing_leaves_without(
    db: sqlite3.Connection, room: Room, rules: Rules, two: sqlite3.Connection
) -> None:
    two.execute("DELETE FROM setting WHERE key='self_test'")
    assert selftests.standing(db) is None
    with pytest.raises(Refused, match="admin"):
        begin(two, room, rules)
    with pytest.raises(Refused, match="admin"):
        selftests.approve_standing(db, by=room.technician, channel="panel", now=NOON)
    assert db.execute("SELECT count(*) FROM message").fetchone()[0] == 0


@pytest.mark.parametrize(
    ("sender", "receiver", "said"),
    [("north", "north", "two SIMs"), ("north", "east", "no modem"), ("north", "west", "not known")],
)
def test_a_test_that_makes_no_sense_is_refused(
    two: sqlite3.Connection, room: Room, rules: Rules, sender: str, receiver: str, said: str
) -> None:
    stations.ensure(two, "west", now=NOON)
    stations.set_facts(two, "west", iccid="893")
    with pytest.raises(Refused, match=said):
        selftests.begin(two, sender, receiver, by=room.technician, rules=rules, now=NOON)


@pytest.mark.parametrize(
    ("theirs", "written"),
    [(ADA, ADA), ("+5491123456789", "+541123456789")],
    ids=["", "in the other form of a mobile"],
)
def test_a_number_that_is_somebodys_gets_no_test_text(
    two: sqlite3.Connection, room: Room, rules: Rules, theirs: str, written: str
) -> None:
    """A technician wrote down a person's number as that of a SIM: the test text left to the person, and nobody had approved it."""
    draft_all(two, [Wanted(0, "", theirs, "Can you come on Friday?", None)], rules=rules, now=NOON)
    sims.set_number(two, "892", written, by=room.technician, region="US", now=NOON)
    with pytest.raises(Refused, match="must reach no person"):
        begin(two, room, rules)
    assert two.execute("SELECT count(*) FROM message WHERE state='approved'").fetchone()[0] == 0
    assert selftests.partner(two, "north") is None  # nor is it chosen, where another could be


def test_our_own_number_is_tested_also_when_a_list_has_it(
    two: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    """A test that came proves whose number it is."""
    test = begin(two, room, rules)
    selftests.arrived(two, "south", selftests.WORDS.format(token=test["token"]), number=NORTH, now=NOON)
    two.execute("UPDATE self_test SET ended_at=?", [NOON])
    draft_all(two, [Wanted(0, "", SOUTH, "Can you come on Friday?", None)], rules=rules, now=NOON)
    again = begin(two, room, rules)
    assert selftests.waiting_text(two, "north") == again["message_id"]


def test_a_modem_that_somebody_paused_is_not_tested_and_says_so_at_once(
    two: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    iccid = two.execute("SELECT iccid FROM station WHERE name='north'").fetchone()["iccid"]
    sims.pause(two, iccid, "No credit.", now=NOON)
    with pytest.raises(Refused, match="Go on"):
        begin(two, room, rules)
    sims.resume(two, iccid)
    stations.set_facts(two, "north", paused_by=room.technician.id)
    with pytest.raises(Refused, match="Go on"):
        begin(two, room, rules)


def test_a_volunteer_may_not(two: sqlite3.Connection, room: Room, rules: Rules) -> None:
    with pytest.raises(Refused):
        selftests.begin(two, "north", "south", by=room.volunteer, rules=rules, now=NOON)


def test_nothing_is_sent_in_quiet_hours(two: sqlite3.Connection, room: Room, rules: Rules) -> None:
    night = dataclasses.replace(rules, quiet=Quiet(time(10), time(9)))
    with pytest.raises(Refused, match="quiet"):
        begin(two, room, night)


def test_it_passes_when_it_left_came_and_was_reported(
    two: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    test = begin(two, room, rules)
    two.execute("UPDATE message SET state='claimed'")
    text = two.execute("SELECT text FROM message").fetchone()["text"]
    assert selftests.arrived(two, "south", text, number=NORTH, now=NOON + 4000)
    two.execute(
        "UPDATE message SET state='delivered', iccid='891', submitted_at=?, sent_at=?, reported_at=?",
        [NOON + 1000, NOON + 2000, NOON + 5000],
    )
    assert selftests.judge(two, rules, now=NOON + 6000) == 1
    test = selftests.latest(two)[0]
    assert (test["passed"], test["sent_at"], test["received_at"], test["reported_at"]) == (
        1,
        NOON + 2000,
        NOON + 4000,
        NOON + 5000,
    )


def test_it_ends_after_three_minutes_with_a_sentence_and_its_text_does_not_leave_later(
    two: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    begin(two, room, rules)
    assert selftests.judge(two, rules, now=NOON + 100_000) == 0
    assert selftests.judge(two, rules, now=NOON + 180_000) == 1
    test = selftests.latest(two)[0]
    assert test["passed"] == 0
    assert "could not send" in test["reason"]
    assert two.execute("SELECT state FROM message").fetchone()["state"] == "expired"


def test_a_text_that_becomes_uncertain_after_its_test_is_over_asks_nobody(
    two: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    begin(two, room, rules)
    seat = take_seat(
        two, "north", str(two.execute("SELECT iccid FROM station WHERE name='north'").fetchone()[0])
    )
    job, _ = claims.claim_next(two, seat, rules, now=NOON)
    assert job is not None
    flight.submit(two, seat, job, 1, rules, valid_for=timedelta(hours=1), now=NOON + 2000)
    assert selftests.judge(two, rules, now=NOON + 180_000) == 1
    flight.lose(two, seat, job, 1, "No answer came.", now=NOON + 182_000)
    assert two.execute("SELECT state FROM message").fetchone()["state"] == "uncertain"
    selftests.judge(two, rules, now=NOON + 240_000)
    assert two.execute("SELECT state FROM message").fetchone()["state"] != "uncertain"


@pytest.mark.parametrize("text", ["Test ABCDEFGH", "Hello", selftests.WORDS.format(token="ABCDEFGH")])
def test_another_text_is_no_test(two: sqlite3.Connection, text: str) -> None:
    assert not selftests.arrived(two, "south", text, number="+12025550147", now=NOON)


def test_a_test_text_from_one_of_our_own_numbers_is_nobodys_to_answer(two: sqlite3.Connection) -> None:
    unknown = selftests.WORDS.format(
        token="ABCDEFGH"
    )  # of a test that is forgotten, or of a database restored
    assert selftests.arrived(two, "south", unknown, number=NORTH, now=NOON)
    assert not selftests.arrived(two, "south", f"{unknown} Yes?", number=NORTH, now=NOON)


def test_a_test_text_that_came_to_another_of_our_modems_ends_the_test_and_says_so(
    two: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    begin(two, room, rules)
    text = two.execute("SELECT text FROM message").fetchone()["text"]
    two.execute(
        "UPDATE message SET state='sent', iccid='891', submitted_at=?, sent_at=?", [NOON + 1000, NOON + 2000]
    )
    assert selftests.arrived(two, "west", text, number=NORTH, now=NOON + 3000)
    assert selftests.judge(two, rules, now=NOON + 3000) == 1
    test = selftests.latest(two)[0]
    assert (test["passed"], test["received_at"]) == (0, None)
    assert "came to west" in test["reason"]


@pytest.mark.parametrize(
    ("what_happens", "said"),
    [
        (
            "UPDATE sim SET paused_reason='No credit.' WHERE iccid='891'",
            "could not send the text. No credit.",
        ),
        ("UPDATE station SET iccid='899' WHERE name='north'", "another SIM is in it now"),
        ("UPDATE station SET paused_by=(SELECT min(id) FROM user) WHERE name='north'", "it is paused"),
    ],
)
def test_a_test_whose_text_cannot_leave_ends_at_once_with_the_real_reason(
    two: sqlite3.Connection, room: Room, rules: Rules, what_happens: str, said: str
) -> None:
    begin(two, room, rules)
    two.execute(what_happens)
    assert selftests.judge(two, rules, now=NOON + 1000) == 1
    test = selftests.latest(two)[0]
    assert test["passed"] == 0
    assert said in test["reason"]
    assert two.execute("SELECT state FROM message").fetchone()["state"] == "expired"


def test_a_pause_belongs_to_the_sim_and_a_number_to_one_sim(two: sqlite3.Connection, room: Room) -> None:
    sims.pause(two, "891", "No credit.", now=NOON)
    assert sims.paused(two, "891") == "No credit."
    sims.resume(two, "891")
    assert sims.paused(two, "891") == ""
    with pytest.raises(Refused, match="Another SIM"):
        sims.set_number(two, "891", SOUTH, by=room.technician, region="US", now=NOON)
    with pytest.raises(Refused):
        sims.set_number(two, "891", SOUTH, by=room.volunteer, region="US", now=NOON)
    assert (
        sims.set_number(two, "891", "(202) 555-0144", by=room.admin, region="US", now=NOON) == "+12025550144"
    )


def test_a_number_to_which_tests_leave_and_never_arrive_is_chosen_no_more(
    two: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    for number in range(2):
        assert selftests.partner(two, "north") == "south"
        begin(two, room, rules, NOON + number * 1_000_000)
        two.execute(
            "UPDATE message SET state='sent', iccid='891', submitted_at=1, sent_at=1 WHERE state='approved'"
        )
        selftests.judge(two, rules, now=NOON + number * 1_000_000 + 180_000)
    assert selftests.partner(two, "north") is None
    begin(two, room, rules, NOON + 3_000_000)  # a person may try it
    two.execute("UPDATE self_test SET received_at=1, ended_at=2, sent_at=1 WHERE ended_at IS NULL")
    assert selftests.partner(two, "north") == "south"


def test_a_test_of_a_clock_that_was_ahead_is_over_and_keeps_no_other_from_being_begun(
    two: sqlite3.Connection, rules: Rules
) -> None:
    """Until that year no modem could be tested by another, and one that had lost sight of two texts stayed paused."""
    ahead = NOON + 9 * 365 * 86_400_000
    selftests.begin(two, "north", "south", by=None, rules=rules, now=ahead)
    assert selftests.judge(two, rules, now=NOON) == 1
    assert not selftests.last_by_gateway(two, "north", within_ms=3_600_000, now=NOON)
    selftests.begin(two, "north", "south", by=None, rules=rules, now=NOON)
    assert selftests.last_by_gateway(two, "north", within_ms=3_600_000, now=NOON + 1)
