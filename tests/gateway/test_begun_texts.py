"""Long texts of which a segment has left: the rest follows once, as it was approved and in time, or not at all."""

import dataclasses
import sqlite3
from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest

from gateway import claims, flight, outbox, texted
from gateway.claims import Job, Seat
from gateway.errors import Refused
from gateway.flight import Accepted, NotNowError
from gateway.moves import void_waiting
from gateway.policy import Limits, Quiet
from gateway.rules import DAY_MS, Rules
from gateway.station import sending
from gateway.store import wall_ms
from tests.gateway.bench import Bench, Blocker
from tests.gateway.conftest import ADA, LUIS, NOON, Desk, take_seat
from tests.gateway.test_flight import HOUR_MS, LONG, claim, submit

TALLY = "Of its 3 segments: 1 accepted, 2 not sent."
SHORTER = "A shorter text about the meeting. " * 6  # two segments

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def rules(rules: Rules) -> Rules:
    return dataclasses.replace(rules, quiet=Quiet(time(0), time(0)))


@pytest.fixture
def job(desk: Desk, seat: Seat) -> Job:
    """The first segment has left and was accepted; the network was busy for the second."""
    desk.approved(text=LONG)
    job = claim(desk, seat)
    submit(desk, seat, job, 1)
    flight.accept(desk.db, seat, Accepted(job, 1, 7, NOON))
    flight.release(desk.db, seat, job, "The network is busy.", now=NOON)
    return job


def segments_on_air(bench: Bench, number: str = ADA) -> list[tuple[int, int] | None]:
    """(total, sequence) of each segment to this number, in the order in which they left."""
    air = [record for record in bench.bank.air() if record.to == number]
    return [record.concat[1:] if record.concat else None for record in air]


def comes_while_it_waits(bench: Bench, text: str) -> None:
    """A text arrives while the modem keeps the station waiting for its next prompt."""
    bench.bank.fault(0, "prompt_delay", int(sending.FRESH_S * 1000) + 100, 1)
    bench.bank.inbound(0, ADA, text)


@pytest.mark.parametrize("prompt", [2, 3])
def test_no_segment_goes_twice_when_the_database_is_locked_at_the_next_one(
    bench: Bench, blocker: Blocker, now: int, prompt: int
) -> None:
    bench.until_ready()
    bench.at_prompt(prompt, blocker.lock)
    message_id = bench.desk.approved(text=LONG, now=now)
    bench.until(lambda: blocker.holds, f"prompt {prompt}")
    for _ in range(3):  # it goes on asking the locked database
        bench.step()
    assert len(bench.bank.air()) == prompt - 1
    blocker.free()
    bench.until_state(message_id, "delivered")
    assert segments_on_air(bench) == [(3, 1), (3, 2), (3, 3)]
    assert len({record.concat[0] for record in bench.bank.air() if record.concat}) == 1


def test_an_answer_that_is_recorded_after_the_text_was_put_back_still_counts(desk: Desk, seat: Seat) -> None:
    desk.approved(text=LONG)
    job = claim(desk, seat)
    submit(desk, seat, job, 1)
    flight.release(desk.db, seat, job, "The database was busy.", now=NOON)
    flight.accept(desk.db, seat, Accepted(job, 1, 7, NOON))
    assert claim(desk, seat).todo == (2, 3)


def _undo(desk: Desk, job: Job) -> None:
    outbox.undo(desk.db, job.message_id, by=desk.room.coordinator, now=NOON)


def _skip(desk: Desk, job: Job) -> None:
    outbox.skip(desk.db, job.message_id, by=desk.room.coordinator, now=NOON)


def _edit(desk: Desk, job: Job) -> None:
    shown = outbox.seen(outbox.load(desk.db, job.message_id))
    outbox.edit(
        desk.db,
        job.message_id,
        "Other words",
        by=desk.room.coordinator,
        seen=shown,
        rules=desk.rules,
        now=NOON,
    )


@pytest.mark.parametrize("act", [_undo, _skip, _edit])
def test_nobody_can_undo_edit_or_skip_what_has_begun_to_leave(
    desk: Desk, seat: Seat, job: Job, act: Callable[[Desk, Job], None]
) -> None:
    with pytest.raises(Refused):
        act(desk, job)
    rest = claim(desk, seat)
    assert (rest.todo, rest.text, rest.concat_ref) == ((2, 3), job.text, job.concat_ref)


def test_a_question_from_the_person_lets_the_rest_of_the_text_follow(
    desk: Desk, seat: Seat, job: Job
) -> None:
    void_waiting(desk.db, job.conversation_id, actor="test", now=NOON, reason="Ada wrote")
    assert claim(desk, seat).todo == (2, 3)


def test_a_stop_between_two_segments_keeps_the_rest_here_and_says_how_much_left(
    desk: Desk, seat: Seat
) -> None:
    message_id = desk.approved(text=LONG)
    job = claim(desk, seat)
    submit(desk, seat, job, 1)
    desk.stop()  # while the modem has the first segment
    flight.accept(desk.db, seat, Accepted(job, 1, 7, NOON))
    with pytest.raises(NotNowError):
        submit(desk, seat, job, 2)
    assert desk.state(message_id) == "withdrawn"
    assert TALLY in desk.reason(message_id)


def test_a_stop_while_the_rest_waits_keeps_it_here_and_says_how_much_left(
    desk: Desk, seat: Seat, job: Job
) -> None:
    desk.stop()
    assert desk.state(job.message_id) == "withdrawn"
    assert TALLY in desk.reason(job.message_id)
    assert claims.claim_next(desk.db, seat, desk.rules, now=NOON) == (None, None)


def test_a_stop_that_arrives_at_the_second_prompt_leaves_one_segment_on_the_air(
    bench: Bench, now: int
) -> None:
    bench.until_ready()
    bench.at_prompt(2, lambda: comes_while_it_waits(bench, "STOP"))
    message_id = bench.desk.approved(text=LONG, now=now)
    bench.until_state(message_id, "withdrawn")
    assert segments_on_air(bench) == [(3, 1)]
    assert TALLY in bench.desk.reason(message_id)


def test_the_rest_of_a_text_whose_time_ran_out_stays_here_and_says_how_much_left(
    desk: Desk, seat: Seat, job: Job
) -> None:
    later = NOON + 2 * DAY_MS
    assert outbox.expire(desk.db, now=later) == 1
    assert desk.state(job.message_id) == "expired"
    assert TALLY in desk.reason(job.message_id)


def test_no_segment_follows_when_the_validity_of_the_first_is_almost_over(
    desk: Desk, seat: Seat, job: Job
) -> None:
    almost = NOON + HOUR_MS - 4 * 60_000  # the shortest validity is five minutes
    assert claims.claim_next(desk.db, seat, desk.rules, now=almost) == (None, None)
    assert desk.state(job.message_id) == "expired"
    assert TALLY in desk.reason(job.message_id)


@pytest.mark.parametrize("words", ["Send money to this account. " * 13, "Send money."])
def test_other_words_never_follow_the_first_segment(desk: Desk, seat: Seat, job: Job, words: str) -> None:
    desk.db.execute("UPDATE message SET text=? WHERE id=?", [words, job.message_id])
    found, _ = claims.claim_next(desk.db, seat, desk.rules, now=NOON)
    if found is not None:
        with pytest.raises(NotNowError):
            submit(desk, seat, found, 2)
    assert desk.state(job.message_id) == "expired"
    assert TALLY in desk.reason(job.message_id)


def test_a_refusal_of_the_second_segment_says_that_the_first_was_accepted(
    desk: Desk, seat: Seat, job: Job
) -> None:
    rest = claim(desk, seat)
    submit(desk, seat, rest, 2)
    flight.fail(desk.db, seat, rest, 2, "There is no such number.", now=NOON)
    assert desk.state(job.message_id) == "failed"
    assert "1 accepted, 1 refused, 1 not sent" in desk.reason(job.message_id)


def test_a_text_that_was_made_shorter_before_it_left_has_only_its_new_segments(
    desk: Desk, seat: Seat
) -> None:
    desk.approved(text=LONG)
    first = claim(desk, seat)
    void_waiting(desk.db, first.conversation_id, actor="test", now=NOON, reason="Ada wrote")
    shown = outbox.seen(outbox.load(desk.db, first.message_id))
    outbox.edit(
        desk.db, first.message_id, SHORTER, by=desk.room.coordinator, seen=shown, rules=desk.rules, now=NOON
    )
    desk.approve(first.message_id)
    job = claim(desk, seat)
    assert (first.total, job.total, job.todo) == (3, 2, (1, 2))
    assert len(job.tpdus(timedelta(hours=1), status_report=True)) == 2


def test_a_text_that_was_made_shorter_before_it_left_holds_up_nobody(bench: Bench, now: int) -> None:
    desk = bench.desk
    bench.until_ready()
    bench.at_prompt(1, lambda: comes_while_it_waits(bench, "When is it?"))
    message_id = desk.approved(text=LONG, now=now)
    bench.until_state(message_id, "awaiting")
    shown = outbox.seen(outbox.load(desk.db, message_id))
    outbox.edit(desk.db, message_id, SHORTER, by=desk.room.coordinator, seen=shown, rules=desk.rules, now=now)
    desk.approve(message_id, now=wall_ms())  # after she wrote
    other = desk.approved(LUIS, now=now)
    bench.until_state(message_id, "delivered")
    bench.until_state(other, "delivered")
    assert segments_on_air(bench) == [(2, 1), (2, 2)]


def test_what_is_still_to_follow_of_a_text_counts_before_another_may_leave(desk: Desk) -> None:
    """Three others took its place in the day's budget, and its rest left beyond it."""
    seat = take_seat(desk.db, limits=Limits(per_day=4))
    long = desk.approved(text=LONG, kind="reply")
    job = claim(desk, seat)
    submit(desk, seat, job, 1)
    flight.accept(desk.db, seat, Accepted(job, 1, 7, NOON))
    flight.release(desk.db, seat, job, "The network is busy.", now=NOON, wait_s=60)
    others = [desk.approved(f"+1202555011{number}", kind="reply") for number in range(3)]
    submit(desk, seat, claim(desk, seat))
    found, why = claims.claim_next(desk.db, seat, desk.rules, now=NOON)
    assert (found, why is not None) == (None, True)
    rest = claim(desk, seat, now=NOON + 60_000)
    assert (rest.message_id, rest.todo) == (long, (2, 3))
    for seq in rest.todo:
        submit(desk, seat, rest, seq, now=NOON + 60_000)
    assert desk.db.execute("SELECT sum(segments) FROM sim_day").fetchone()[0] == 4
    assert [desk.state(text) for text in others] == ["submitted", "approved", "approved"]


def test_a_segment_whose_submit_was_committed_and_that_did_not_leave_still_follows(
    bench: Bench, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The card failed to read between the commit and Ctrl-Z: two of three segments left, and the text stayed with the modem for ever."""
    bench.until_ready()
    real, calls = texted.Texted.sent, []

    def sent(*args: Any, **kwargs: Any) -> None:
        calls.append(args)
        if len(calls) == 2:
            raise sqlite3.OperationalError("disk I/O error")
        real(*args, **kwargs)

    monkeypatch.setattr(texted.Texted, "sent", sent)
    message_id = bench.desk.approved(text=LONG, now=now)
    bench.until_state(message_id, "delivered")
    assert segments_on_air(bench) == [(3, 1), (3, 2), (3, 3)]
