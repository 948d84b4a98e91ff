"""Status reports settle the text that they speak of, whatever the order, and never a guess."""

import json
from datetime import timedelta

import pytest

from gateway import claims, erasing, flight, reports, settling, unanswered
from gateway.claims import Job, Seat
from gateway.errors import Refused
from gateway.flight import Accepted
from gateway.moves import move
from gateway.reports import Arrived
from gateway.rules import DAY_MS
from tests.gateway.conftest import ADA, ICCID, NOON, Desk

MINUTE = 60_000


def on_air(desk: Desk, seat: Seat, text: str = "Can you come?", now: int = NOON) -> Job:
    """Handed to the modem; its answer is still to come."""
    desk.approved(text=text, now=now)
    job, _ = claims.claim_next(desk.db, seat, desk.rules, now=now)
    assert job is not None
    for seq in job.todo[:1]:
        flight.submit(desk.db, seat, job, seq, desk.rules, valid_for=timedelta(hours=1), now=now)
    return job


def sent(desk: Desk, seat: Seat, mr: int | None, text: str = "Can you come?", now: int = NOON) -> int:
    job = on_air(desk, seat, text, now)
    flight.accept(desk.db, seat, Accepted(job, 1, mr, now))
    return job.message_id


def report(
    desk: Desk, mr: int, status: int = 0, number: str = ADA, at: int = NOON, now: int = NOON + 5000
) -> None:
    reports.keep(desk.db, ICCID, Arrived(number, mr, status, at), now=now)


@pytest.mark.parametrize(
    ("status", "state"),
    [(0x00, "delivered"), (0x02, "delivered"), (0x20, "sent"), (0x46, "undelivered"), (0x65, "undelivered")],
)
def test_the_status_decides(desk: Desk, seat: Seat, status: int, state: str) -> None:
    message_id = sent(desk, seat, 7)
    report(desk, 7, status)
    assert desk.state(message_id) == state


def test_a_report_that_still_tries_is_followed_by_the_final_one(desk: Desk, seat: Seat) -> None:
    message_id = sent(desk, seat, 7)
    report(desk, 7, 0x30)
    report(desk, 7, 0x00)
    assert desk.state(message_id) == "delivered"


def test_a_report_before_its_cmgs_is_kept_and_matched_by_it(desk: Desk, seat: Seat) -> None:
    job = on_air(desk, seat)
    report(desk, 7)
    assert desk.state(job.message_id) == "submitted"
    flight.accept(desk.db, seat, Accepted(job, 1, 7, NOON + 6000))
    assert desk.state(job.message_id) == "delivered"


def test_another_form_of_the_number_matches_by_its_last_eight_digits(desk: Desk, seat: Seat) -> None:
    message_id = sent(desk, seat, 7)
    report(desk, 7, number="2025550123")
    assert desk.state(message_id) == "delivered"


def test_when_mr_wraps_the_nearest_in_time_is_meant(desk: Desk, seat: Seat) -> None:
    old = sent(desk, seat, 7)
    new = sent(desk, seat, 7, "Second", now=NOON + 3_600_000)
    report(desk, 7, at=NOON + 3_600_500, now=NOON + 3_700_000)
    assert (desk.state(old), desk.state(new)) == ("sent", "delivered")
    report(desk, 7, at=NOON + 100, now=NOON + 3_800_000)
    assert desk.state(old) == "delivered"


def test_an_uncertain_text_is_settled_when_nothing_else_fits(desk: Desk, seat: Seat) -> None:
    job = on_air(desk, seat)
    flight.lose(desk.db, seat, job, 1, "no answer", now=NOON)
    report(desk, 99)
    assert desk.state(job.message_id) == "delivered"


@pytest.mark.parametrize("known_to_be_restored", [True, False])
def test_after_a_restore_a_report_from_before_it_settles_no_text_by_guess(
    desk: Desk, seat: Seat, known_to_be_restored: bool
) -> None:
    """Seeds 600331 and 830487: the report was of a text that left after the backup and is no longer here. The text beside it may have
    been on its way when the backup was made, or uncertain already."""
    job = on_air(desk, seat)
    if known_to_be_restored:
        move(
            desk.db,
            "restore",
            job.message_id,
            actor="gateway",
            now=NOON + 1000,
            reason="It may have gone out.",
        )
    else:
        flight.lose(desk.db, seat, job, 1, "The port is gone.", now=NOON + 1000)
    restored = json.dumps({"at": NOON + 2000})
    desk.db.execute("INSERT INTO setting (key, value) VALUES ('restored', ?)", [restored])
    report(desk, 99)
    assert desk.state(job.message_id) == "uncertain"


def test_a_report_of_a_text_that_was_erased_settles_no_later_one_to_the_same_number(
    desk: Desk, seat: Seat
) -> None:
    """Seed 912131: the report came ten minutes late, and the one text to that number whose fate nobody knew was called delivered."""
    sent(desk, seat, 145)
    erasing.erase(desk.db, ADA, now=NOON + 6 * MINUTE)
    job = on_air(desk, seat, now=NOON + 7 * MINUTE)
    flight.lose(desk.db, seat, job, 1, "The modem was unplugged.", now=NOON + 7 * MINUTE)
    report(desk, 145, at=NOON, now=NOON + 10 * MINUTE)
    assert desk.state(job.message_id) == "uncertain"


def test_a_text_that_was_brought_back_is_settled_by_its_own_reference_only(desk: Desk, seat: Seat) -> None:
    """A database that lost its last writes: the report may be of a text that is no longer here."""
    job = on_air(desk, seat)
    move(desk.db, "restore", job.message_id, actor="gateway", now=NOON + 1000, reason="It may have gone out.")
    report(desk, 99)
    assert desk.state(job.message_id) == "uncertain"


def test_two_uncertain_texts_to_one_number_are_left_to_a_person(desk: Desk, seat: Seat) -> None:
    ids = []
    for text in ("One", "Two"):
        job = on_air(desk, seat, text)
        flight.lose(desk.db, seat, job, 1, "no answer", now=NOON)
        ids.append(job.message_id)
    report(desk, 99)
    assert [desk.state(i) for i in ids] == ["uncertain", "uncertain"]
    assert desk.db.execute("SELECT count(*) FROM report WHERE message_id IS NULL").fetchone()[0] == 1


def test_a_known_mr_is_preferred_to_an_uncertain_text(desk: Desk, seat: Seat) -> None:
    known = sent(desk, seat, 7)
    job = on_air(desk, seat, "Second")
    flight.lose(desk.db, seat, job, 1, "no answer", now=NOON)
    report(desk, 7)
    assert (desk.state(known), desk.state(job.message_id)) == ("delivered", "uncertain")


def test_a_long_text_is_delivered_when_every_segment_is(desk: Desk, seat: Seat) -> None:
    job = on_air(desk, seat, "A long text about the meeting. " * 8)
    assert job.total == 2
    flight.accept(desk.db, seat, Accepted(job, 1, 10, NOON))
    flight.submit(desk.db, seat, job, 2, desk.rules, valid_for=timedelta(hours=1), now=NOON)
    flight.accept(desk.db, seat, Accepted(job, 2, 11, NOON))
    report(desk, 11)
    assert desk.state(job.message_id) == "sent"
    report(desk, 10)
    assert desk.state(job.message_id) == "delivered"


def test_a_report_for_somebody_else_is_kept_and_changes_nothing(desk: Desk, seat: Seat) -> None:
    message_id = sent(desk, seat, 7)
    report(desk, 7, number="+12025559999")
    report(desk, 8)
    assert desk.state(message_id) == "sent"
    assert desk.db.execute("SELECT count(*) FROM report").fetchone()[0] == 2


def lost(desk: Desk, seat: Seat, text: str = "Can you come?", now: int = NOON) -> int:
    """Nobody knows whether it left."""
    job = on_air(desk, seat, text, now)
    flight.lose(desk.db, seat, job, 1, "no answer", now=now)
    return job.message_id


def test_a_repeated_report_of_a_delivered_text_settles_no_other(desk: Desk, seat: Seat) -> None:
    delivered = sent(desk, seat, 7)
    report(desk, 7)
    later = NOON + 10 * 60_000
    uncertain = lost(desk, seat, "Second", later)
    unknown = sent(desk, seat, None, "Third", later)
    report(desk, 7, at=NOON, now=later + 5000)
    assert [desk.state(i) for i in (delivered, uncertain, unknown)] == ["delivered", "uncertain", "sent"]


@pytest.mark.parametrize("arrived", [True, False])
def test_a_report_settles_nothing_when_it_may_be_of_a_text_of_which_a_person_has_said_what_became_of_it(
    desk: Desk, seat: Seat, arrived: bool
) -> None:
    first, second = lost(desk, seat), lost(desk, seat, "Second", NOON + 40_000)
    settling.settle(desk.db, first, arrived=arrived, by=desk.room.coordinator, now=NOON + 50_000)
    settling.settle(desk.db, second, arrived=not arrived, by=desk.room.coordinator, now=NOON + 50_000)
    before = [desk.state(first), desk.state(second)]
    report(desk, 9, at=NOON + 41_000, now=NOON + 60_000)
    assert [desk.state(first), desk.state(second)] == before


def test_a_report_of_a_text_that_a_person_said_had_arrived_is_its_own(desk: Desk, seat: Seat) -> None:
    text = lost(desk, seat)
    settling.settle(desk.db, text, arrived=True, by=desk.room.coordinator, now=NOON + 2000)
    report(desk, 9)
    assert desk.db.execute("SELECT message_id FROM report").fetchone()["message_id"] == text
    assert desk.state(text) == "delivered"


def test_the_reference_of_a_report_is_its_texts_and_holds_up_no_later_one(desk: Desk, seat: Seat) -> None:
    first = lost(desk, seat)
    settling.settle(desk.db, first, arrived=True, by=desk.room.coordinator, now=NOON + 2000)
    report(desk, 9)
    later = NOON + 40_000
    second = lost(desk, seat, "Second", later)
    report(desk, 10, at=later, now=later + 5000)
    assert desk.state(second) == "delivered"


@pytest.mark.parametrize("state", ["approved", "withdrawn", "expired"])
def test_a_report_may_be_of_a_text_of_which_only_a_part_has_left(desk: Desk, seat: Seat, state: str) -> None:
    """Without its reference it was taken for the other text's, which had not left."""
    long = on_air(desk, seat, "long " * 50)
    desk.db.execute("UPDATE segment SET state='unknown' WHERE message_id=? AND seq=1", [long.message_id])
    desk.db.execute("UPDATE message SET state=? WHERE id=?", [state, long.message_id])
    other = lost(desk, seat, "Second", NOON + 40_000)
    report(desk, 9, at=NOON + 1000, now=NOON + 60_000)
    assert desk.state(other) == "uncertain"


def test_a_text_that_was_sent_without_a_reference_is_settled_by_a_report_from_its_time(
    desk: Desk, seat: Seat
) -> None:
    message_id = sent(desk, seat, None)
    report(desk, 7)
    assert desk.state(message_id) == "delivered"


@pytest.mark.parametrize("apart_ms", [-reports.NEAR_MS - 1, reports.NEAR_MS + 1, 3 * DAY_MS])
def test_a_report_from_another_time_settles_nothing(desk: Desk, seat: Seat, apart_ms: int) -> None:
    uncertain = lost(desk, seat)
    report(desk, 7, at=NOON + apart_ms, now=NOON + 3 * DAY_MS)
    assert desk.state(uncertain) == "uncertain"


def test_a_late_report_corrects_the_person_who_thought_it_lost_and_takes_the_second_draft_back(
    desk: Desk, seat: Seat
) -> None:
    message_id = lost(desk, seat)
    by, later = desk.room.coordinator, NOON + 60_000
    settling.settle(desk.db, message_id, arrived=False, by=by, now=later)
    again = settling.resend(desk.db, message_id, by=by, key="again", rules=desk.rules, now=later)
    assert (desk.state(message_id), desk.state(again)) == ("failed", "awaiting")
    report(desk, 7, now=later + 60_000)
    assert (desk.state(message_id), desk.state(again)) == ("delivered", "withdrawn")
    assert "arrived after all" in desk.reason(again)


@pytest.mark.parametrize("in_hand", [False, True])
def test_whatever_was_written_in_the_place_of_a_text_that_arrived_stays_here(
    desk: Desk, seat: Seat, in_hand: bool
) -> None:
    """The second one was refused and written once more, or it was with the modem when the report of the first one came."""
    first = lost(desk, seat)
    by, later = desk.room.coordinator, NOON + 60_000
    settling.settle(desk.db, first, arrived=False, by=by, now=later)
    again = settling.resend(desk.db, first, by=by, key="second", rules=desk.rules, now=later)
    desk.approve(again, now=later)
    job, _ = claims.claim_next(desk.db, seat, desk.rules, now=later)
    assert job is not None
    flight.submit(desk.db, seat, job, 1, desk.rules, valid_for=timedelta(hours=1), now=later)
    if not in_hand:
        flight.fail(desk.db, seat, job, 1, "Refused.", now=later)
        again = settling.resend(desk.db, again, by=by, key="third", rules=desk.rules, now=later)
        desk.approve(again, now=later)
    move(desk.db, "settle_delivered", first, actor="gateway", now=later, reason="The network reported it.")
    if in_hand:
        flight.release(desk.db, seat, job, "The network is busy.", now=later, seq=1)
    assert claims.claim_next(desk.db, seat, desk.rules, now=later)[0] is None
    assert (desk.state(again), desk.reason(again)) == ("withdrawn", "The first text arrived after all.")


def refused(desk: Desk, seat: Seat, message_id: int) -> None:
    """This one leaves next, and the network refuses it for good."""
    job, _ = claims.claim_next(desk.db, seat, desk.rules, now=NOON + 70_000, only=message_id)
    assert job is not None
    flight.submit(desk.db, seat, job, 1, desk.rules, valid_for=timedelta(hours=1), now=NOON + 70_000)
    flight.fail(desk.db, seat, job, 1, "There is no such number.", now=NOON + 71_000)


@pytest.mark.parametrize("of_the_first", [True, False])
def test_evidence_takes_back_whatever_was_drafted_in_the_place_of_the_text_and_of_what_took_its_place(
    desk: Desk, seat: Seat, of_the_first: bool
) -> None:
    """The second draft was refused, and a third was on its way although the first had arrived."""
    first = lost(desk, seat)
    by, later = desk.room.coordinator, NOON + 60_000
    settling.settle(desk.db, first, arrived=False, by=by, now=later)
    second = settling.resend(desk.db, first, by=by, key="2", rules=desk.rules, now=later)
    desk.approve(second, now=later)
    refused(desk, seat, second)
    of = second if of_the_first else first
    third = settling.resend(desk.db, of, by=by, key="3", rules=desk.rules, now=later + 20_000)
    desk.approve(third, now=later + 20_000)
    desk.db.execute("UPDATE message SET mr=? WHERE id=?", [7, second if of_the_first else first])
    report(desk, 9, at=NOON + 1000 if of_the_first else NOON + 70_000, now=later + 60_000)
    assert desk.state(first if of_the_first else second) == "delivered"
    assert desk.state(third) == "withdrawn"


HOUR_MS = 3_600_000


@pytest.mark.parametrize("uncertain", [True, False])
def test_a_reference_from_another_time_is_no_evidence_while_a_text_of_the_reports_own_time_has_none(
    desk: Desk, seat: Seat, uncertain: bool
) -> None:
    """References begin anew after 256 texts: the report of one whose own is unknown was taken for a text of two days before."""
    old = sent(desk, seat, 7)
    later = NOON + 48 * HOUR_MS
    job = on_air(desk, seat, "Second", later)
    if uncertain:
        flight.lose(desk.db, seat, job, 1, "no answer", now=later)
    report(desk, 7, 0x46, at=later + 1000, now=later + 5000)
    assert desk.state(old) == "sent"
    if not uncertain:
        flight.accept(desk.db, seat, Accepted(job, 1, 7, later + 6000))
        assert desk.state(job.message_id) == "undelivered"


def test_after_a_restore_a_reference_from_another_time_is_no_evidence(desk: Desk, seat: Seat) -> None:
    """The report was of a text that left after the backup and is no longer here."""
    old = sent(desk, seat, 7)
    later = NOON + 48 * HOUR_MS
    restored = json.dumps({"at": later + 2000})
    desk.db.execute("INSERT INTO setting (key, value) VALUES ('restored', ?)", [restored])
    report(desk, 7, at=later, now=later + 5000)
    assert desk.state(old) == "sent"
    report(desk, 7, at=NOON + 1000, now=later + 6000)
    assert desk.state(old) == "delivered"


def test_a_report_of_a_segment_says_anew_how_much_of_an_uncertain_text_went(desk: Desk, seat: Seat) -> None:
    """A person read that one was unknown, and the network had tried to deliver it."""
    job = on_air(desk, seat, "long " * 50)
    flight.lose(desk.db, seat, job, 1, "no answer", now=NOON)
    assert "1 unknown, 1 not sent" in desk.reason(job.message_id)
    report(desk, 9, status=0x46)
    assert desk.state(job.message_id) == "uncertain"
    assert "1 accepted, 1 not sent" in desk.reason(job.message_id)


@pytest.mark.parametrize("status", [0x00, 0x46])
def test_a_report_of_the_only_unknown_segment_settles_an_uncertain_text_as_sent(
    desk: Desk, seat: Seat, status: int
) -> None:
    """The network had every segment, and a person was still asked whether the text had gone: who said no had it sent a second time."""
    job = on_air(desk, seat, "long " * 50)
    flight.accept(desk.db, seat, Accepted(job, 1, 8, NOON))
    flight.submit(desk.db, seat, job, 2, desk.rules, valid_for=timedelta(hours=1), now=NOON)
    flight.lose(desk.db, seat, job, 2, "no answer", now=NOON)
    report(desk, 9, status)
    assert (desk.state(job.message_id), desk.reason(job.message_id)) == ("sent", reports.TOOK)
    report(desk, 8)
    assert desk.state(job.message_id) == ("undelivered" if status else "delivered")


def test_a_network_that_still_tries_has_taken_an_uncertain_text(desk: Desk, seat: Seat) -> None:
    """The phone was off, and for days a person was asked whether the text had gone: who said no had it sent a second time."""
    job = on_air(desk, seat)
    flight.lose(desk.db, seat, job, 1, "no answer", now=NOON)
    report(desk, 9, 0x30)
    assert (desk.state(job.message_id), desk.reason(job.message_id)) == ("sent", reports.TRYING)
    report(desk, 9)
    assert desk.state(job.message_id) == "delivered"


def test_a_network_that_still_tries_has_taken_the_only_segment_in_doubt(desk: Desk, seat: Seat) -> None:
    job = on_air(desk, seat, "long " * 50)
    flight.lose(desk.db, seat, job, 1, "no answer", now=NOON)
    report(desk, 9, 0x30)
    assert desk.state(job.message_id) == "uncertain"  # the other has not left
    desk.db.execute("UPDATE segment SET state='accepted', mr=10 WHERE seq=2")
    report(desk, 9, 0x30)
    assert desk.state(job.message_id) == "sent"


def test_a_text_that_a_report_settled_as_sent_may_still_be_answered(desk: Desk, seat: Seat) -> None:
    """A restore and an erasure forgot it: its late answer would have been taken for another's text that was lost."""
    job = on_air(desk, seat)
    flight.lose(desk.db, seat, job, 1, "no answer", now=NOON)
    report(desk, 9, 0x30)
    owed = unanswered.settled(desk.db, ICCID, since=NOON - 1)
    assert [handed.job.message_id for handed in owed] == [job.message_id]
    assert [tuple(row) for row in desk.db.execute(unanswered.NEWEST)] == [(ICCID, NOON)]
    with pytest.raises(Refused, match="may still answer"):
        erasing.erase(desk.db, ADA, now=NOON + MINUTE)
