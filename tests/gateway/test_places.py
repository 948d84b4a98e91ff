"""Who has a place at an event or in a shift, who waits, and who may have one now and was not told yet."""

import sqlite3
from datetime import date

import pytest

from gateway import answering, boards, inbox, outbox, places, recording, results, suggest
from gateway.errors import Refused
from gateway.kinds import kind
from gateway.places import Person
from gateway.rules import DAY_MS
from gateway.seating import Room
from tests.campaigning import FACTS, Hall
from tests.gateway.conftest import NOON
from tests.gateway.test_counting import texted, writes

EVENT, SHIFTS = kind("event"), kind("recruitment")
TODAY = date(2026, 11, 24)


def person(target_id: int, *, stopped: bool = False, **said: str) -> Person:
    return Person(target_id, target_id, f"P{target_id}", said, dict.fromkeys(said, target_id), stopped)


def dee_waits(**hall: str) -> boards.Board:
    """Eli has 1 of 4 seats, Dee was told that she waits for 3."""
    eli = person(1, status="yes", seats="1")
    dee = person(3, status="yes", seats="3", waiting="yes")
    return boards.board(EVENT, {"seats": "4", **hall}, [eli, dee], texted=3, today=TODAY)


def test_who_was_told_that_they_wait_waits_until_somebody_tells_them() -> None:
    """Dee was moved in silently when Ben's seats came free: nobody was asked to tell her."""
    found = dee_waits()
    assert [(seat.person.name, seat.waits, seat.may) for seat in found.seats] == [
        ("P1", False, False),
        ("P3", True, True),
    ]
    assert found.headline == "3 of 4 seats left, 3 kept for who waits"
    assert [each.person.name for each in found.freed] == ["P3"]
    told = person(3, status="yes", seats="3", waiting="told")
    assert not places.bookings(EVENT, {"seats": "4"}, [told])[0].waits


def test_the_hall_is_spoken_for_only_when_no_seat_is_left() -> None:
    """The page said "The hall is spoken for" while 1 of 4 seats was left."""
    found = dee_waits(seats="3")
    assert (found.headline, found.todo[0].words) == ("2 of 3 seats left", "3 seats on the waiting list")
    assert found.todo[0].more == "2 seats are left, too few for any of them; find a bigger hall"
    full = dee_waits(seats="1")
    assert full.todo[0].more == "The hall is spoken for; find a bigger one"


def test_a_seat_that_came_free_is_kept_for_who_waits_longest_and_can_be_told() -> None:
    waits = [person(n, status="yes", seats="2", waiting="yes", stopped=n == 1) for n in (1, 2, 3)]
    may = [(seat.person.target_id, seat.may) for seat in places.bookings(EVENT, {"seats": "3"}, waits)]
    assert may == [(1, False), (2, True), (3, False)], "the first asked to stop: nobody can tell them"


def test_the_line_for_a_place_is_of_who_asked_for_it_first_and_was_told_first() -> None:
    """Cy said yes before Dan and asked for shift A after him: he was told "full", and that he could have Dan's place."""
    facts = {"slot_a": "Mon", "slot_a_needed": "2"}
    ana = person(1, shift="yes", slot="a")
    cy = Person(
        3, 3, "Cy", {"shift": "yes", "slot": "a", "waiting": "yes"}, {"shift": 3, "slot": 9, "waiting": 9}
    )
    dan = Person(
        4, 4, "Dan", {"shift": "yes", "slot": "a", "waiting": "yes"}, {"shift": 4, "slot": 5, "waiting": 5}
    )
    booked = places.bookings(SHIFTS, facts, [ana, cy, dan])
    assert [(each.person.name, each.may) for each in booked] == [("P1", False), ("Dan", True), ("Cy", False)]
    hall = [
        Person(
            n, n, f"P{n}", {"status": "yes", "seats": "1", "waiting": "yes"}, {"status": n, "waiting": 9 - n}
        )
        for n in (1, 2)
    ]
    assert [each.person.name for each in places.bookings(EVENT, {"seats": "1"}, hall) if each.may] == ["P2"]


def test_who_came_sits_there_and_their_seats_are_promised_to_nobody() -> None:
    """Six stood in the hall of ten and two more were expected: the board said that seven seats were left."""
    people = [
        person(1, status="yes", seats="1", checked_in="3"),
        person(2, status="yes", seats="2"),
        person(3, status="no", checked_in="1"),
        person(4, checked_in="2"),
    ]
    found = boards.board(EVENT, {"seats": "10"}, people, texted=5, today=TODAY)
    assert found.headline == "2 of 10 seats left"
    assert found.of - found.done - found.asked == 2, "the drawn hall says another"
    waits = person(5, status="yes", seats="3", waiting="yes")
    assert not places.bookings(EVENT, {"seats": "10"}, [*people, waits])[-1].may
    assert places.bookings(EVENT, {"seats": "11"}, [*people, waits])[-1].may
    late = person(5, status="yes", seats="3", waiting="yes", checked_in="3")
    assert not places.bookings(EVENT, {"seats": "1"}, [late])[0].waits, "they are in the hall"


def test_who_said_no_keeps_no_seats_and_waits_for_none() -> None:
    """ "Coming: no · Seats: 4 · On the waiting list" stood in *Who said what*."""
    said = {"status": "no", "seats": "4", "waiting": "yes", "contact": "moved"}
    assert places.still_said(EVENT, said) == {"status": "no", "contact": "moved"}
    assert places.still_said(EVENT, {**said, "status": "yes"}) == {**said, "status": "yes"}
    assert places.still_said(kind("voter"), {"vote": "no"}) == {"vote": "no"}


def test_that_every_shift_is_full_is_said_of_shifts_only() -> None:
    assert Room({"a": 0, "b": 0}).none_left
    assert not Room({"a": 0, "b": 1}).none_left
    assert not Room({"": 0}).none_left, "of seats it is said how many are free"


def test_who_was_promised_a_seat_keeps_it_whoever_walks_in() -> None:
    """Luis had two of three seats; two walked in, and the page told him that he was on the waiting list."""
    luis, walked_in = person(1, status="yes", seats="2", reminder="coming"), person(2, checked_in="2")
    brought = person(3, status="yes", seats="1", checked_in="4")
    for came in (walked_in, brought):
        found = boards.board(EVENT, {"seats": "3"}, [luis, came], texted=3, today=TODAY)
        assert not any(seat.waits for seat in found.seats)
        assert ("Seats on the waiting list", 0, 0) in found.figures
        assert found.headline == "0 of 3 seats left"


def test_who_waits_for_another_shift_waits_for_this_one_from_when_they_asked_for_it() -> None:
    """Luis was told at 500 that B is full, and asked for A at 950: he stood before Rosa, who was told for A at 900."""
    facts = {"slot_a": "Mon", "slot_a_needed": "1", "slot_b": "Sun", "slot_b_needed": "0"}
    said = {"shift": "yes", "slot": "a", "waiting": "yes"}
    luis = Person(1, 1, "Luis", said, {"shift": 400, "slot": 950, "waiting": 500})
    rosa = Person(2, 2, "Rosa", said, {"shift": 800, "slot": 900, "waiting": 900})
    assert [each.person.name for each in places.bookings(SHIFTS, facts, [luis, rosa]) if each.may] == ["Rosa"]


def test_who_waits_for_a_shift_fills_it_only_when_they_were_told() -> None:
    """The board said "2 of 1" for a shift that was full when the second asked."""
    facts = {"slot_a": "Sat", "slot_a_needed": "2", "slot_b": "Sun", "slot_b_needed": "1"}
    first, second = person(1, shift="yes", slot="b"), person(2, shift="yes", slot="b", waiting="yes")
    found = boards.board(SHIFTS, facts, [first, second], texted=2, today=TODAY)
    assert found.slots == (("Sat", 0, 2), ("Sun", 1, 1))
    assert [each.words for each in found.todo] == ["1 is on a shift's waiting list"]
    found = boards.board(SHIFTS, facts, [second], texted=2, today=TODAY)
    assert [(each.which, each.person.name) for each in found.freed] == [("b", "P2")]


def test_a_shift_that_does_not_exist_is_no_answer_of_the_campaign() -> None:
    """*Which shift: C* stood among the choices of a campaign with two shifts."""
    assert SHIFTS.values_of("slot", {"slot_a": "Sat", "slot_b": "Sun", "slot_c": ""}) == ("a", "b")
    assert SHIFTS.values_of("showed", {}) == ("yes", "no")


def test_a_shift_is_read_by_its_letter_also_before_it_was_asked_which_one() -> None:
    """ "Slot B works" was read as nothing, and "Which one?" had to be sent first."""
    for language, said in (("en", ("B", "Slot B works", "shift b", "b please")), ("es", ("B", "Turno B"))):
        script = SHIFTS.scripts[language]
        for text in said:
            found = suggest.foreseen(script, script.first, text)
            assert found is not None, text
            assert found.choice.records == {"shift": "yes", "slot": "b"}
    script = SHIFTS.scripts["en"]
    for text in ("Give me a call", "plan b is bad"):
        assert suggest.foreseen(script, script.first, text) is None, text
        assert suggest.suggestion(script.step("slot"), text) is None, text


def test_every_number_of_a_board_stands_in_the_file() -> None:
    """The headline's numbers were in no CSV: money against the goal, seats free, actions, shifts."""
    facts = {"goal": "500", "currency": "$", "seats": "4", "slot_a": "Sat", "slot_a_needed": "2"}
    gave = person(1, pledge="yes", amount="120", gift="confirmed")
    rows = [
        row
        for name, people in (
            ("fundraising", [gave]),
            ("event", [person(1, status="yes", seats="3")]),
            ("advocacy", [person(1, done="yes")]),
            ("recruitment", [person(1, shift="yes", slot="a")]),
        )
        for row in boards.board(kind(name), facts, people, texted=1, today=TODAY).figures
    ]
    assert rows == [
        ("Amount pledged, of the goal ($)", 120, 500),
        ("Amount given, of the goal ($)", 120, 500),
        ("Seats spoken for", 3, 4),
        ("Seats on the waiting list", 0, 0),
        ("Seats kept for who waits", 0, 0),
        ("Seats left", 1, 4),
        ("Actions done, of the goal", 1, 500),
        ("Shifts filled", 1, 2),
    ]


def test_a_closed_campaign_has_no_days_left_and_nothing_to_do() -> None:
    """Its board went on saying "9 days left" and "They are asked the day after"."""
    facts = {"goal": "10", "day": "2026-12-03"}
    found = boards.board(kind("advocacy"), facts, [person(1, pledged="yes")], texted=1, today=None)
    assert (found.headline, found.todo) == ("0 of 10 actions done", ())


def test_an_answer_to_a_text_after_the_close_is_written_down_and_changes_no_number(hall: Hall) -> None:
    """The board of a closed campaign went from 1 to 2 by an answer after its close."""
    campaign_id = texted(hall)
    hall.db.execute("UPDATE campaign SET state='closed', closed_at=? WHERE id=?", [NOON + 100, campaign_id])
    rosa, luis, ada = hall.db.execute("SELECT id, conversation_id FROM target ORDER BY id LIMIT 3").fetchall()
    writes(hall, "Rosa", now=NOON + 50)
    writes(hall, "Luis", now=NOON + 150)
    for target in (rosa, luis):
        inbox.reply(
            hall.db,
            target["conversation_id"],
            "See you!",
            by=hall.users["volunteer"],
            key=f"answer {target['id']}",
            rules=hall.rules,
            now=NOON + 200,
            campaigning=inbox.Campaigning(target["id"], {"status": "yes"}),
        )
    recording.record(hall.db, ada["id"], "status", "yes", by=hall.users["coordinator"], now=NOON + 300)
    found = results.results(hall.db, hall.load(campaign_id), today=TODAY, now=NOON + 400)
    assert found.board.rows[0][1] == 2, "who wrote before the close, and what was set by hand"
    assert recording.current(hall.db, luis["id"]) == {"status": "yes"}


def test_places_that_are_kept_for_who_waits_are_not_free_for_the_next(hall: Hall) -> None:
    campaign_id = texted(hall)
    hall.change(campaign_id, facts={**FACTS, "seats": "3"})
    rosa, luis, ada = hall.db.execute("SELECT id, conversation_id FROM target ORDER BY id LIMIT 3").fetchall()
    maya = hall.users["volunteer"]
    said = {"status": "yes", "seats": "2", "waiting": "yes"}
    for at, (field, value) in enumerate(said.items()):
        recording.record(hall.db, rosa["id"], field, value, by=maya, now=NOON + at)
    recording.record(hall.db, luis["id"], "status", "yes", by=maya, now=NOON + 10)

    def context(of: dict[str, int]) -> answering.Context:
        found = answering.context(hall.db, of["conversation_id"], maya, hall.rules)
        assert found is not None
        return found

    assert context(ada).room.free == {"": 0}, "one is Luis's, two are kept for Rosa"
    assert context(rosa).room.free == {"": 2}
    assert context(rosa).offered[0].choice.id == "room_again"
    assert context(rosa).records("room_again", "") == {"status": "yes", "waiting": "told"}
    assert "room_again" not in [each.choice.id for each in context(ada).offered]
    taken_back = context(ada).records("yes", "", waits=True)
    assert taken_back == {"status": "yes", "waiting": "yes"}
    assert answering.chosen_before(context(ada), taken_back, "seats") == ("yes", "")


def one_seat(hall: Hall) -> tuple[sqlite3.Row, sqlite3.Row]:
    """A hall with one seat; Rosa and Luis have written."""
    hall.change(texted(hall), facts={**FACTS, "seats": "1"})
    rosa, luis = hall.db.execute("SELECT id, conversation_id FROM target ORDER BY id LIMIT 2").fetchall()
    writes(hall, "Rosa", now=NOON + 50)
    writes(hall, "Luis", now=NOON + 50)
    return rosa, luis


def answers(hall: Hall, target: sqlite3.Row, who: str, **records: str) -> int:
    hall.db.execute("UPDATE conversation SET holder_id=NULL")  # whoever had them passed them on
    return inbox.reply(
        hall.db,
        target["conversation_id"],
        "Perfect!",
        by=hall.users[who],
        key=f"{target['id']} {who} {records}",
        rules=hall.rules,
        now=NOON + 100,
        campaigning=inbox.Campaigning(target["id"], records),
    )


def test_a_trainees_answer_that_is_approved_later_does_not_promise_the_seat_again(hall: Hall) -> None:
    """Places were looked at when the reply was drafted: "1 seat is yours" left to Rosa and to Luis, and there was one."""
    rosa, luis = one_seat(hall)
    drafted = answers(hall, rosa, "trainee", status="yes", seats="1")
    answers(hall, luis, "volunteer", status="yes", seats="1")
    with pytest.raises(Refused, match=r"1 seat is asked for, and none is free by now\. The text did not go"):
        hall.approve(drafted, "coordinator", now=NOON + 200)
    assert outbox.load(hall.db, drafted)["state"] == "awaiting"
    assert recording.current(hall.db, rosa["id"]) == {}
    with pytest.raises(Refused, match=r"none is free by now\. Nothing was sent"):
        answers(hall, rosa, "other", status="yes", seats="1")
    answers(hall, luis, "volunteer", status="yes", seats="1", contact="moved")  # the seat is theirs already
    answers(hall, rosa, "volunteer", status="yes", seats="1", waiting="yes")
    assert recording.current(hall.db, rosa["id"])["waiting"] == "yes"


def test_an_answer_that_was_taken_back_does_not_promise_a_seat_that_went_meanwhile(hall: Hall) -> None:
    rosa, luis = one_seat(hall)
    taken_back = answers(hall, rosa, "volunteer", status="yes", seats="1")
    outbox.undo(hall.db, taken_back, by=hall.users["volunteer"], now=NOON + 101)
    answers(hall, luis, "volunteer", status="yes", seats="1")
    with pytest.raises(Refused, match="none is free by now"):
        hall.approve(taken_back, now=NOON + 200)
    assert recording.current(hall.db, rosa["id"]) == {}


def test_who_waited_and_said_no_and_says_yes_again_waits_no_longer(hall: Hall) -> None:
    """Rosa was promised 2 seats and stayed on the waiting list: the board asked to tell her once more."""
    rosa, luis = one_seat(hall)
    maya = hall.users["volunteer"]
    recording.record(hall.db, luis["id"], "status", "yes", by=maya, now=NOON + 60)
    said = (("status", "yes"), ("seats", "2"), ("waiting", "yes"), ("status", "no"))
    for at, (field, value) in enumerate(said):
        recording.record(hall.db, rosa["id"], field, value, by=maya, now=NOON + 110 + at)
    hall.change(1, facts={**FACTS, "seats": "4"})
    context = answering.context(hall.db, rosa["conversation_id"], maya, hall.rules)
    assert context is not None
    records = context.records("yes", "")
    assert records == {"status": "yes", "waiting": "told"}
    assert context.takes("yes", "") == places.Taken("", 2), "as many as she had asked for"
    answers(hall, rosa, "volunteer", **records)
    found = results.results(hall.db, hall.load(1), today=TODAY, now=NOON + 200).board
    assert [(seat.person.name, seat.seats, seat.waits) for seat in found.seats] == [
        ("Luis", 1, False),
        ("Rosa", 2, False),
    ]
    assert not found.freed


def test_who_asked_by_a_clock_that_stood_behind_takes_nobodys_turn(hall: Hall) -> None:
    """By the times the seat that came free was Luis's, though Rosa had waited for it since before the box was off."""
    rosa, luis = one_seat(hall)
    for target, now in ((rosa, NOON), (luis, NOON - 60 * DAY_MS)):
        for field, value in (("status", "yes"), ("waiting", "yes")):
            recording.record(hall.db, target["id"], field, value, by=hall.users["volunteer"], now=now)
    found = results.results(hall.db, hall.load(1), today=TODAY, now=NOON + 200).board
    assert [seat.person.name for seat in found.freed] == ["Rosa"]


def test_the_number_of_who_waits_for_a_shift_is_of_those_whom_its_list_shows() -> None:
    """ "1 waits for a shift that is full" opened three people, one of whose shifts was free and one who had asked to stop."""
    facts = {"slot_a": "Sat", "slot_a_needed": "2", "slot_b": "Sun", "slot_b_needed": "1"}
    people = [
        person(1, shift="yes", slot="b"),
        person(2, shift="yes", slot="b", waiting="yes"),
        person(3, shift="yes", slot="a", waiting="yes"),
        person(4, shift="yes", slot="b", waiting="yes", stopped=True),
    ]
    found = boards.board(SHIFTS, facts, people, texted=4, today=TODAY).todo
    shown = sum(each.said["shift"] == "yes" and each.said.get("waiting") == "yes" for each in people)
    assert [(each.many, each.which) for each in found] == [(shown, "shift=yes;waiting=yes")]
    assert found[0].more == (
        "Ask whether another shift would do; 1 has a place to be told of; 1 cannot be told: asked to stop, or a wrong number"
    )


@pytest.mark.parametrize("cannot", ["stopped", "wrong number"])
def test_a_hall_is_not_too_small_for_who_cannot_be_told(cannot: str) -> None:
    """ "5 seats are left, too few for any of them; find a bigger hall", for ever, of one who had asked to stop."""
    more = {"contact": "wrong_number"} if cannot == "wrong number" else {}
    waits = person(1, status="yes", seats="2", waiting="yes", stopped=cannot == "stopped", **more)
    found = boards.board(EVENT, {"seats": "5"}, [waits], texted=1, today=TODAY)
    assert found.todo == ()
    assert ("Seats on the waiting list", 0, 0) in found.figures
    shift = person(1, shift="yes", slot="a", waiting="yes", stopped=cannot == "stopped", **more)
    facts = {"slot_a": "Sat", "slot_a_needed": "2"}
    assert boards.board(SHIFTS, facts, [shift], texted=1, today=TODAY).todo == ()
