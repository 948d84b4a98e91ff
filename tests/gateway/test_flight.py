"""I1, I2, I4, I5 in the store: what a station may take, what it must ask again, what a dead one leaves behind."""

import dataclasses
from datetime import timedelta

import pytest

from gateway import claims, flight, optouts, settling
from gateway.claims import Job, Seat
from gateway.errors import Refused
from gateway.flight import Accepted, NotNowError
from gateway.policy import Limits
from tests.gateway.conftest import ADA, ICCID, LUIS, NOON, Desk, take_seat

HOUR_MS = 3_600_000
LONG = "A long text about the meeting. " * 12  # three segments


def claim(desk: Desk, seat: Seat, now: int = NOON) -> Job:
    job, why = claims.claim_next(desk.db, seat, desk.rules, now=now)
    assert job is not None, why
    return job


def submit(desk: Desk, seat: Seat, job: Job, seq: int = 1, now: int = NOON) -> None:
    flight.submit(desk.db, seat, job, seq, desk.rules, valid_for=timedelta(hours=1), now=now)


def test_texts_leave_by_kind_then_age(desk: Desk, seat: Seat) -> None:
    first = desk.approved("+12025550101")
    reminder = desk.approved("+12025550102", kind="reminder")
    reply = desk.approved("+12025550103", kind="reply")
    second = desk.approved("+12025550104")
    order = [claim(desk, seat).message_id for _ in range(4)]
    assert order == [reply, reminder, first, second]


def test_one_text_is_never_in_two_stations(desk: Desk, seat: Seat) -> None:
    desk.approved()
    south = take_seat(desk.db, "south", "8901260000000000002")
    assert claims.claim_next(desk.db, seat, desk.rules, now=NOON)[0] is not None
    assert claims.claim_next(desk.db, south, desk.rules, now=NOON) == (None, None)


def test_an_opt_out_after_the_claim_stops_the_submit(desk: Desk, seat: Seat) -> None:
    message_id = desk.approved()
    job = claim(desk, seat)
    desk.stop()
    with pytest.raises(NotNowError):
        submit(desk, seat, job)
    assert desk.state(message_id) == "withdrawn"
    assert desk.db.execute("SELECT count(*) FROM sim_day").fetchone()[0] == 0


def test_a_reply_after_the_claim_puts_the_text_back_before_a_person(desk: Desk, seat: Seat) -> None:
    from gateway.moves import void_waiting

    message_id = desk.approved()
    job = claim(desk, seat)
    void_waiting(desk.db, desk.conversation()["id"], actor="test", now=NOON, reason="wrote")
    with pytest.raises(NotNowError):
        submit(desk, seat, job)
    assert desk.state(message_id) == "awaiting"


def test_words_changed_behind_the_approval_never_leave(desk: Desk, seat: Seat) -> None:
    message_id = desk.approved()
    desk.db.execute("UPDATE message SET text='Send money' WHERE id=?", [message_id])
    job = claim(desk, seat)
    with pytest.raises(NotNowError):
        submit(desk, seat, job)
    assert desk.state(message_id) == "awaiting"


def test_quiet_hours_are_asked_again_at_the_submit(desk: Desk, seat: Seat) -> None:
    message_id = desk.approved()
    just_before = NOON + 8 * HOUR_MS - 11 * 60_000  # 19:49
    job = claim(desk, seat, now=just_before)
    with pytest.raises(NotNowError):
        submit(desk, seat, job, now=just_before + 2 * 60_000)  # 19:51, too late to start
    assert desk.state(message_id) == "approved"
    assert claims.claim_next(desk.db, seat, desk.rules, now=just_before + 3 * 60_000)[0] is None


def test_the_validity_ends_before_quiet_hours_and_is_the_same_end_for_every_segment(
    desk: Desk, seat: Seat
) -> None:
    desk.approved(text=LONG)
    at = NOON + 7 * HOUR_MS  # 19:00
    job = claim(desk, seat, now=at)
    whole = flight.validity(desk.db, job, desk.rules, now=at)
    assert whole == timedelta(minutes=55)  # counted from a minute later, when the network may have it
    flight.submit(desk.db, seat, job, 1, desk.rules, valid_for=whole, now=at)
    assert flight.validity(desk.db, job, desk.rules, now=at + 7 * 60_000) == timedelta(minutes=45)


NETWORK_S = 180  # so long a text may take to the network, and the answer is still good
QUIET = NOON + 8 * HOUR_MS  # 20:00


def test_a_text_that_the_network_has_only_after_three_minutes_still_runs_out_before_quiet_hours(
    desk: Desk, seat: Seat
) -> None:
    """At 19:44 it had a quarter of an hour from when the network had it: until 20:01:50."""
    desk.approved()
    job = claim(desk, seat)
    for at in range(QUIET - HOUR_MS, QUIET - 10 * 60_000, 10_000):
        may_try = flight.validity(desk.db, job, desk.rules, now=at)
        assert timedelta(0) < may_try <= timedelta(milliseconds=QUIET - at) - timedelta(seconds=NETWORK_S)


def test_a_long_text_that_begins_shortly_before_quiet_hours_has_time_for_its_last_segment(
    desk: Desk, seat: Seat
) -> None:
    """The first could leave with five minutes, and for the second there was then no period left: half a text."""
    desk.approved(text=LONG)
    job = claim(desk, seat)
    began = 0
    for at in range(QUIET - 30 * 60_000, QUIET - 10 * 60_000, 10_000):
        whole = flight.validity(desk.db, job, desk.rules, now=at)
        if not whole:
            continue
        began += 1
        desk.db.execute("BEGIN IMMEDIATE")
        flight.submit(desk.db, seat, job, 1, desk.rules, valid_for=whole, now=at)
        for later in (60_000, 120_000):
            rest = flight.validity(desk.db, job, desk.rules, now=at + later)
            assert timedelta(0) < rest <= timedelta(milliseconds=QUIET - at - later - NETWORK_S * 1000)
        desk.db.execute("ROLLBACK")
    assert began > 60


def test_an_older_start_of_a_station_can_no_longer_submit(desk: Desk, seat: Seat) -> None:
    message_id = desk.approved()
    job = claim(desk, seat)
    newer = take_seat(desk.db)
    assert desk.state(message_id) == "approved"
    with pytest.raises(NotNowError):
        submit(desk, seat, job)
    again = claim(desk, newer)
    with pytest.raises(NotNowError):
        submit(desk, seat, job)
    flight.release(desk.db, seat, job, "the old thread gives up", now=NOON)
    assert desk.state(message_id) == "claimed"
    submit(desk, newer, again)
    assert desk.state(message_id) == "submitted"


def test_recovery_returns_what_was_claimed_and_parks_what_was_submitted(desk: Desk, seat: Seat) -> None:
    claimed, submitted = desk.approved("+12025550101"), desk.approved("+12025550102", kind="reply")
    submit(desk, seat, claim(desk, seat))
    claim(desk, seat)
    take_seat(desk.db)
    assert (desk.state(submitted), desk.state(claimed)) == ("uncertain", "approved")
    take_seat(desk.db)
    assert desk.state(submitted) == "uncertain"


def test_recovery_is_for_each_station_alone(desk: Desk, seat: Seat) -> None:
    message_id = desk.approved()
    submit(desk, seat, claim(desk, seat))
    take_seat(desk.db, "south", "8901260000000000002")
    assert desk.state(message_id) == "submitted"


def test_segments_known_not_to_have_left_follow_with_the_same_reference_after_a_restart(
    desk: Desk, seat: Seat
) -> None:
    message_id = desk.approved(text=LONG)
    job = claim(desk, seat)
    assert (job.total, job.todo) == (3, (1, 2, 3))
    submit(desk, seat, job, 1)
    flight.accept(desk.db, seat, Accepted(job, 1, 7, NOON))
    rest = claim(desk, take_seat(desk.db))
    assert (rest.todo, rest.concat_ref, rest.begun) == ((2, 3), job.concat_ref, True)
    assert (
        rest.tpdus(timedelta(hours=1), status_report=True)[1:]
        == job.tpdus(timedelta(hours=1), status_report=True)[1:]
    )
    assert desk.state(message_id) == "claimed"


def test_the_rest_of_a_text_goes_by_the_sim_that_began_it(desk: Desk, seat: Seat) -> None:
    desk.approved(text=LONG)
    job = claim(desk, seat)
    submit(desk, seat, job, 1)
    flight.accept(desk.db, seat, Accepted(job, 1, 7, NOON))
    flight.release(desk.db, seat, job, "busy", now=NOON)
    assert (
        claims.claim_next(desk.db, take_seat(desk.db, "south", "8901260000000000002"), desk.rules, now=NOON)[
            0
        ]
        is None
    )
    assert claim(desk, seat).todo == (2, 3)


def test_a_long_text_that_waits_halfway_says_how_much_of_it_went(desk: Desk, seat: Seat) -> None:
    """It said "Nothing went out", with one of its segments at the person's phone."""
    desk.approved(text="long " * 50)
    job = claim(desk, seat)
    submit(desk, seat, job, 1)
    flight.accept(desk.db, seat, Accepted(job, 1, 7, NOON))
    flight.release(desk.db, seat, job, "The network is busy.", now=NOON)
    assert desk.reason(job.message_id) == "The network is busy. Of its 2 segments: 1 accepted, 1 not sent."


def test_no_segment_follows_when_the_clock_was_set_back_a_day_since_the_first(desk: Desk, seat: Seat) -> None:
    """The end that the first one was given was tomorrow's: the rest left at ten in the evening, to be tried all night."""
    tomorrow = NOON + 24 * HOUR_MS
    message_id = desk.approved(text=LONG, now=tomorrow)
    job = claim(desk, seat, now=tomorrow)
    submit(desk, seat, job, 1, now=tomorrow)
    flight.accept(desk.db, seat, Accepted(job, 1, 7, tomorrow))
    flight.release(desk.db, seat, job, "The network is busy.", now=tomorrow)
    assert claims.claim_next(desk.db, seat, desk.rules, now=NOON + 10 * HOUR_MS) == (None, None)
    assert desk.state(message_id) == "expired"
    assert "1 accepted, 2 not sent" in desk.reason(message_id)


@pytest.mark.parametrize(("minutes", "follows"), [(50, True), (300, False)])
def test_the_rest_of_an_answer_in_the_evening_does_not_follow_in_the_middle_of_the_night(
    desk: Desk, seat: Seat, minutes: int, follows: bool
) -> None:
    """An answer within the hour has no end before quiet hours, so its rest left at three."""
    rules = dataclasses.replace(desk.rules, answers_at_night=True)
    evening = NOON + 10 * HOUR_MS
    desk.rules = rules
    desk.draft(text="Hello")
    desk.db.execute("UPDATE conversation SET last_in_at=?", [evening - HOUR_MS // 2])
    message_id = desk.approved(text=LONG, kind="reply", now=evening)
    job, why = claims.claim_next(desk.db, seat, rules, now=evening)
    assert job is not None, why
    whole = flight.validity(desk.db, job, rules, now=evening)
    flight.submit(desk.db, seat, job, 1, rules, valid_for=whole, now=evening)
    flight.accept(desk.db, seat, Accepted(job, 1, 7, evening))
    flight.release(desk.db, seat, job, "The network is busy.", now=evening)
    rest, _ = claims.claim_next(desk.db, seat, rules, now=evening + minutes * 60_000)
    assert (rest is not None) == follows
    assert desk.state(message_id) == ("claimed" if follows else "expired")


def test_an_unknown_segment_makes_the_text_uncertain_and_says_how_much_went(desk: Desk, seat: Seat) -> None:
    message_id = desk.approved(text=LONG)
    job = claim(desk, seat)
    submit(desk, seat, job, 1)
    flight.accept(desk.db, seat, Accepted(job, 1, 7, NOON))
    submit(desk, seat, job, 2)
    take_seat(desk.db)
    assert desk.state(message_id) == "uncertain"
    assert "1 accepted, 1 unknown, 1 not sent" in desk.reason(message_id)


def test_a_late_cmgs_settles_its_own_attempt(desk: Desk, seat: Seat) -> None:
    message_id = desk.approved()
    job = claim(desk, seat)
    submit(desk, seat, job)
    flight.lose(desk.db, seat, job, 1, "no answer", now=NOON)
    flight.settle_late(desk.db, seat, job, 1, 9, now=NOON + 200_000)
    assert desk.state(message_id) == "sent"


def test_a_late_cmgs_corrects_the_person_who_thought_it_lost_and_takes_the_second_draft_back(
    desk: Desk, seat: Seat
) -> None:
    """The network took it after all, and what was written in its place went too."""
    message_id = desk.approved()
    job = claim(desk, seat)
    submit(desk, seat, job)
    flight.lose(desk.db, seat, job, 1, "no answer", now=NOON)
    by = desk.room.coordinator
    settling.settle(desk.db, message_id, arrived=False, by=by, now=NOON + 10_000)
    again = settling.resend(desk.db, message_id, by=by, key="k", rules=desk.rules, now=NOON + 10_000)
    desk.approve(again, now=NOON + 10_000)
    flight.settle_late(desk.db, seat, job, 1, 9, now=NOON + 20_000)
    assert (desk.state(message_id), desk.state(again)) == ("sent", "withdrawn")


def test_a_conversation_stays_on_the_sim_that_it_began_on(desk: Desk, seat: Seat) -> None:
    desk.approved()
    job = claim(desk, seat)
    submit(desk, seat, job)
    flight.accept(desk.db, seat, Accepted(job, 1, 1, NOON))
    desk.approved(text="Second")
    assert desk.conversation()["iccid"] == ICCID
    south = take_seat(desk.db, "south", "8901260000000000002")
    assert claims.claim_next(desk.db, south, desk.rules, now=NOON)[0] is None
    assert claim(desk, seat).text == "Second"


def test_a_day_budget_keeps_a_tenth_for_replies(desk: Desk) -> None:
    seat = take_seat(desk.db, limits=Limits(per_day=10))
    for i in range(9):
        desk.approved(f"+1202555011{i}")
        submit(desk, seat, claim(desk, seat))
    first = desk.approved("+12025550131")
    job, why = claims.claim_next(desk.db, seat, desk.rules, now=NOON)
    assert job is None
    assert why
    reply = desk.approved("+12025550132", kind="reply")
    assert claim(desk, seat).message_id == reply
    assert desk.state(first) == "approved"


def test_the_one_confirmation_leaves_after_an_opt_out_and_nothing_else(desk: Desk, seat: Seat) -> None:
    optouts.approve_confirmation(
        desk.db, "You are off our list.", by=desk.room.admin, channel="cli", now=NOON
    )
    desk.approved(ADA)
    desk.approved(LUIS)
    desk.stop(ADA)
    job = claim(desk, seat)
    assert (job.kind, job.number, job.text) == ("confirmation", ADA, "You are off our list.")
    submit(desk, seat, job)
    flight.accept(desk.db, seat, Accepted(job, 1, 1, NOON))
    desk.stop(ADA)
    assert claim(desk, seat).number == LUIS
    assert claims.claim_next(desk.db, seat, desk.rules, now=NOON) == (None, None)


def test_a_confirmation_that_may_have_left_is_not_sent_again_after_the_person_is_back(
    desk: Desk, seat: Seat
) -> None:
    """Seed 300034: the opt-out was undone by a coordinator, and somebody pressed Send again: told twice that they are off the list."""
    optouts.approve_confirmation(
        desk.db, "You are off our list.", by=desk.room.admin, channel="cli", now=NOON
    )
    desk.draft(ADA)
    desk.stop(ADA)
    job = claim(desk, seat)
    submit(desk, seat, job)
    flight.lose(desk.db, seat, job, 1, "no answer", now=NOON)
    person = desk.conversation()["id"]
    optouts.undo(desk.db, person, by=desk.room.coordinator, reason="They called.", now=NOON)
    with pytest.raises(Refused, match="off the list"):
        settling.resend(
            desk.db, job.message_id, by=desk.room.coordinator, key="k", rules=desk.rules, now=NOON
        )


@pytest.mark.parametrize("stops_again", [False, True])
def test_a_confirmation_that_the_modem_gave_back_stays_here_when_the_person_came_back(
    desk: Desk, seat: Seat, stops_again: bool
) -> None:
    """They texted START while it was with the modem. It would tell them that they are off the list; or twice, when they stopped again."""
    optouts.approve_confirmation(
        desk.db, "You are off our list.", by=desk.room.admin, channel="cli", now=NOON
    )
    desk.draft()
    desk.stop()
    job = claim(desk, seat)
    submit(desk, seat, job)
    optouts.undo(desk.db, job.conversation_id, by=None, reason="asked by text", now=NOON + 1)
    if stops_again:
        desk.stop(now=NOON + 2)
    flight.release(desk.db, seat, job, "The network is busy.", now=NOON + 3, seq=1)
    following, _ = claims.claim_next(desk.db, seat, desk.rules, now=NOON + 4)
    assert (following is not None) is stops_again, "the confirmation of the second stop"
    assert desk.state(job.message_id) == "withdrawn"


def test_two_texts_to_one_person_never_leave_by_two_sims_at_once(desk: Desk, seat: Seat) -> None:
    desk.approved(text="One")
    desk.approved(text="Two")
    first = claim(desk, seat)
    south = take_seat(desk.db, "south", "8901260000000000002")
    assert claims.claim_next(desk.db, south, desk.rules, now=NOON) == (None, None)
    submit(desk, seat, first)
    assert claims.claim_next(desk.db, south, desk.rules, now=NOON) == (None, None)
    flight.accept(desk.db, seat, Accepted(first, 1, 1, NOON))
    assert claim(desk, seat).text == "Two"


def test_what_a_station_had_in_hand_is_settled_though_its_modem_never_comes_back(
    desk: Desk, seat: Seat
) -> None:
    left, waits = desk.approved(ADA), desk.approved(LUIS)
    submit(desk, seat, claim(desk, seat))
    claim(desk, seat)
    again = desk.approved(ADA, "And this?")
    flight.recover_all(desk.db, now=NOON)
    assert [desk.state(text) for text in (left, waits)] == ["uncertain", "approved"]
    other = take_seat(desk.db, "south")  # the same SIM, in another modem
    assert {claim(desk, other).message_id, claim(desk, other).message_id} == {waits, again}


def test_the_text_of_a_self_test_is_found_behind_any_number_of_others(desk: Desk, seat: Seat) -> None:
    for n in range(claims.MOST_LOOKED_AT + 1):
        desk.approved(f"+1202555{n:04}", kind="reply")
    last = desk.approved(LUIS, kind="reply")
    job, _ = claims.claim_next(desk.db, seat, desk.rules, now=NOON, only=last)
    assert job is not None
    assert job.message_id == last
