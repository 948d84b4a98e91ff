"""I1: nothing is approved but exactly what one person saw, by who may, once."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway import arrivals, cards, claims, conversations, flight, inbox, ledger, outbox, settling
from gateway.arrivals import Received, Seen
from gateway.claims import Seat
from gateway.errors import Refused, StaleMessage
from gateway.people import User
from gateway.rules import DAY_MS, HOUR_MS, Rules
from tests.gateway.conftest import ADA, ICCID, NOON, Desk, Room, take_seat
from tests.gateway.test_arrivals import deliver


def approve(
    desk: Desk, message_id: int, by: object, seen: str | None = None, now: int = NOON, **more: object
) -> None:
    row = outbox.load(desk.db, message_id)
    outbox.approve(
        desk.db, message_id, by=by, seen=seen or outbox.seen(row), rules=desk.rules, now=now, **more
    )  # type: ignore[arg-type]


def test_a_number_is_kept_as_e164_and_the_text_with_one_kind_of_newline(desk: Desk) -> None:
    row = outbox.load(desk.db, desk.draft("(202) 555-0123", "Hi\r\nthere\r"))
    assert (row["number"], row["text"], row["state"]) == (ADA, "Hi\nthere", "awaiting")


@pytest.mark.parametrize("text", ["", "  \r\n ", "bell \x07", "half \ud83d pair", "x" * 1540])
def test_a_text_that_no_phone_shows_is_refused_and_nothing_is_written(desk: Desk, text: str) -> None:
    with pytest.raises(Refused):
        desk.draft(text=text)
    assert desk.db.execute("SELECT count(*) FROM message").fetchone()[0] == 0


def edit(desk: Desk, message_id: int, text: str, by: User) -> None:
    seen = outbox.seen(outbox.load(desk.db, message_id))
    outbox.edit(desk.db, message_id, text, by=by, seen=seen, rules=desk.rules, now=NOON)


def test_the_same_key_twice_is_one_draft(desk: Desk, rules: Rules) -> None:
    def draft(text: str) -> int:
        return outbox.draft(
            desk.db, ADA, text, kind="first", key="k1", channel="cli", by=None, rules=rules, now=NOON
        )

    assert draft("one") == draft("one")
    with pytest.raises(Refused, match="other words"):
        draft("two")
    assert desk.db.execute("SELECT count(*) FROM message").fetchone()[0] == 1


def test_approval_of_other_words_than_were_shown_is_refused(desk: Desk, room: Room) -> None:
    message_id = desk.draft()
    shown = outbox.seen(outbox.load(desk.db, message_id))
    edit(desk, message_id, "Something else", room.coordinator)
    with pytest.raises(StaleMessage):
        approve(desk, message_id, room.volunteer, seen=shown)
    assert desk.state(message_id) == "awaiting"


def test_the_same_tap_twice_is_one_approval(desk: Desk, room: Room) -> None:
    message_id = desk.draft()
    shown = outbox.seen(outbox.load(desk.db, message_id))
    for _ in range(3):
        approve(desk, message_id, room.volunteer, seen=shown)
    assert desk.state(message_id) == "approved"
    assert desk.db.execute("SELECT count(*) FROM ledger").fetchone()[0] == 1
    with pytest.raises(Refused):
        approve(desk, message_id, room.other, seen=shown)


def test_an_undone_approval_cannot_come_back_by_a_delayed_tap(desk: Desk, room: Room) -> None:
    message_id = desk.draft()
    shown = outbox.seen(outbox.load(desk.db, message_id))
    approve(desk, message_id, room.volunteer, seen=shown)
    outbox.undo(desk.db, message_id, by=room.volunteer, now=NOON + 1000)
    with pytest.raises(StaleMessage):
        approve(desk, message_id, room.volunteer, seen=shown)
    assert desk.state(message_id) == "awaiting"


def test_only_who_approved_or_a_coordinator_can_undo(desk: Desk, room: Room) -> None:
    approve(desk, message_id := desk.draft(), room.volunteer)
    with pytest.raises(Refused):
        outbox.undo(desk.db, message_id, by=room.other, now=NOON)
    outbox.undo(desk.db, message_id, by=room.coordinator, now=NOON)
    assert desk.state(message_id) == "awaiting"


def test_who_asked_to_stop_gets_no_draft_and_no_approval(desk: Desk, room: Room) -> None:
    message_id = desk.draft()
    shown = outbox.seen(outbox.load(desk.db, message_id))
    desk.stop()
    assert desk.state(message_id) == "withdrawn"
    with pytest.raises(Refused):
        approve(desk, message_id, room.volunteer, seen=shown)
    with pytest.raises(Refused, match="asked to stop"):
        desk.draft()


def test_a_technician_approves_nothing_and_the_command_line_only_when_allowed(
    desk: Desk, room: Room, db: sqlite3.Connection
) -> None:
    message_id = desk.draft()
    with pytest.raises(Refused):
        approve(desk, message_id, room.technician)
    approve(desk, message_id, room.volunteer, channel="cli", os_user="pi")
    row = db.execute("SELECT channel, os_user, user_id FROM ledger").fetchone()
    assert tuple(row) == ("cli", "pi", room.volunteer.id)


def test_a_trainees_own_words_wait_for_a_coordinator(desk: Desk, room: Room) -> None:
    message_id = desk.draft(kind="reply")
    edit(desk, message_id, "My own words", room.trainee)
    with pytest.raises(Refused):
        approve(desk, message_id, room.trainee)
    approve(desk, message_id, room.coordinator)
    assert desk.state(message_id) == "approved"


def test_an_approval_in_quiet_hours_waits_for_their_end(desk: Desk) -> None:
    night = NOON + 9 * 3_600_000  # 21:00 in New York
    message_id = desk.approved(now=night)
    row = outbox.load(desk.db, message_id)
    assert row["not_before"] == NOON + 21 * 3_600_000  # 9:00 next morning
    assert "Quiet hours" in row["reason"]


@pytest.mark.parametrize(
    ("allowed", "kind", "wrote_ago", "leaves"),
    [
        (True, "reply", 59, True),
        (True, "reply", 61, False),
        (True, "reply", None, False),
        (True, "first", 5, False),
        (False, "reply", 5, False),
    ],
)
def test_at_night_only_somebody_who_wrote_within_the_hour_is_answered_and_only_where_allowed(
    desk: Desk, seat: Seat, allowed: bool, kind: str, wrote_ago: int | None, leaves: bool
) -> None:
    night = NOON + 9 * 3_600_000  # 21:00 in New York
    desk.rules = replace(desk.rules, answers_at_night=allowed)
    message_id = desk.draft(kind=kind, now=night)
    if wrote_ago is not None:
        desk.db.execute("UPDATE conversation SET last_in_at=?", [night - wrote_ago * 60_000])
    approve(desk, message_id, desk.room.volunteer, now=night)
    job, _ = claims.claim_next(desk.db, seat, desk.rules, now=night)
    assert (job is not None) is leaves
    if job is not None:
        assert flight.validity(desk.db, job, desk.rules, now=night) > timedelta(hours=1), (
            "the network may try"
        )
    else:
        assert "Quiet hours" in outbox.load(desk.db, message_id)["reason"]


def test_undo_time_holds_the_text_back(desk: Desk, room: Room, rules: Rules) -> None:
    message_id = desk.draft()
    desk.rules = Rules(rules.organisation, "US", rules.zone, rules.quiet, undo_ms=5000)
    approve(desk, message_id, room.volunteer)
    assert outbox.load(desk.db, message_id)["not_before"] == NOON + 5000


def test_a_first_text_expires_at_the_end_of_the_day_and_a_reply_after_one(desk: Desk) -> None:
    first = outbox.load(desk.db, desk.draft())
    reply = outbox.load(desk.db, desk.draft(kind="reply"))
    assert first["expires_at"] == NOON + 12 * 3_600_000
    assert reply["expires_at"] == NOON + DAY_MS
    assert outbox.expire(desk.db, now=NOON + 12 * 3_600_000) == 1
    assert desk.state(first["id"]) == "expired"


def test_the_ledger_verifies_and_shows_a_changed_row_a_changed_text_and_a_text_without_approval(
    desk: Desk,
) -> None:
    first, second = desk.approved(), desk.approved("+12025550147", "Second")
    assert ledger.verify(desk.db).intact
    desk.db.execute("UPDATE message SET text='Other words' WHERE id=?", [first])
    assert any(f"text {first} is not" in line for line in ledger.verify(desk.db).broken)
    desk.db.execute("UPDATE message SET text='Can you come?' WHERE id=?", [first])
    desk.db.execute("UPDATE ledger SET user_id=user_id+1 WHERE message_id=?", [second])
    assert any("row 2" in line for line in ledger.verify(desk.db).broken)
    desk.db.execute("UPDATE ledger SET user_id=user_id-1 WHERE message_id=?", [second])
    assert ledger.verify(desk.db).intact
    with pytest.raises(sqlite3.IntegrityError):
        desk.db.execute("UPDATE message SET approval_id=NULL WHERE id=?", [second])


def test_erasing_the_salt_leaves_the_chain_intact(desk: Desk) -> None:
    desk.approved()
    desk.db.execute("UPDATE conversation SET salt=NULL")
    found = ledger.verify(desk.db)
    assert (found.intact, found.erased) == (True, 1)


def hears(desk: Desk, text: str = "Where is it?", now: int = NOON) -> int:
    """Ada writes; returns her conversation."""
    arrivals.keep(
        desk.db, [Received(pdu, "ME", 1) for pdu in deliver(text)], Seen("north", ICCID), desk.rules, now=now
    )
    return int(desk.conversation()["id"])


def answer(desk: Desk, conversation_id: int, by: User, now: int = NOON) -> int:
    return inbox.reply(desk.db, conversation_id, "At the hall", by=by, key="k1", rules=desk.rules, now=now)


def waiting(desk: Desk, user: User, now: int = NOON) -> list[int]:
    rows = inbox.conversations_in(desk.db, user, box="waiting", now=now)
    return [row.conversation_id for row in rows]


def test_a_trainees_reply_is_a_coordinators_next_card_while_the_trainee_still_has_the_conversation(
    desk: Desk, room: Room
) -> None:
    message_id = answer(desk, hears(desk), room.trainee)
    soon = NOON + 60_000
    card = cards.next_card(desk.db, room.coordinator, rules=desk.rules, now=soon)
    assert card is not None
    assert (card.id, card.text, card.by) == (message_id, "At the hall", "trainee")
    approve(desk, message_id, room.coordinator, seen=card.seen, now=soon)
    assert desk.state(message_id) == "approved"
    assert desk.conversation()["holder_id"] == room.trainee.id


def _undone(desk: Desk, conversation_id: int) -> None:
    message_id = answer(desk, conversation_id, desk.room.volunteer)
    outbox.undo(desk.db, message_id, by=desk.room.volunteer, now=NOON + 1)


def _skipped(desk: Desk, conversation_id: int) -> None:
    message_id = answer(desk, conversation_id, desk.room.trainee)
    outbox.skip(desk.db, message_id, by=desk.room.coordinator, now=NOON + 1)


def _expired(desk: Desk, conversation_id: int) -> None:
    answer(desk, conversation_id, desk.room.volunteer)
    assert outbox.expire(desk.db, now=NOON + 2 * DAY_MS) == 1


def _failed(desk: Desk, conversation_id: int) -> None:
    answer(desk, conversation_id, desk.room.volunteer)
    seat = take_seat(desk.db)
    job, _ = claims.claim_next(desk.db, seat, desk.rules, now=NOON)
    assert job is not None
    flight.submit(desk.db, seat, job, 1, desk.rules, valid_for=timedelta(hours=1), now=NOON)
    flight.fail(desk.db, seat, job, 1, "There is no such number.", now=NOON)


@pytest.mark.parametrize("ends", [_undone, _skipped, _expired, _failed])
def test_a_question_whose_answer_did_not_go_waits_again(
    desk: Desk, room: Room, ends: Callable[[Desk, int], None]
) -> None:
    conversation_id = hears(desk)
    ends(desk, conversation_id)
    assert waiting(desk, room.coordinator) == [conversation_id]


def test_a_stop_word_that_a_person_must_judge_stays_in_the_box_after_an_answer(
    desk: Desk, room: Room
) -> None:
    conversation_id = hears(desk, "STOP the bill! count me in")
    answer(desk, conversation_id, room.volunteer)
    assert waiting(desk, room.coordinator) == [conversation_id]
    assert waiting(desk, room.volunteer) == [conversation_id]
    inbox.not_opt_out(desk.db, conversation_id, by=room.volunteer, now=NOON)
    assert waiting(desk, room.volunteer) == []


@pytest.fixture
def uncertain(desk: Desk, room: Room) -> int:
    """A volunteer's text that may have left or not."""
    message_id = desk.draft()
    approve(desk, message_id, room.volunteer)
    seat = take_seat(desk.db)
    job, _ = claims.claim_next(desk.db, seat, desk.rules, now=NOON)
    assert job is not None
    flight.submit(desk.db, seat, job, 1, desk.rules, valid_for=timedelta(hours=1), now=NOON)
    flight.lose(desk.db, seat, job, 1, "no answer", now=NOON)
    return message_id


@pytest.mark.parametrize("who", ["other", "trainee", "technician"])
def test_nobody_settles_or_resends_somebody_elses_text(
    desk: Desk, room: Room, uncertain: int, who: str
) -> None:
    later, by = NOON + HOUR_MS, getattr(room, who)  # the volunteer's hold is stale: it is still their text
    with pytest.raises(Refused):
        settling.settle(desk.db, uncertain, arrived=True, by=by, now=later)
    with pytest.raises(Refused):
        settling.resend(desk.db, uncertain, by=by, key="k", rules=desk.rules, now=later)
    assert desk.state(uncertain) == "uncertain"
    assert desk.db.execute("SELECT count(*) FROM message").fetchone()[0] == 1


def test_whoever_resends_second_gets_the_draft_of_the_first(desk: Desk, room: Room, uncertain: int) -> None:
    drafts = {
        settling.resend(desk.db, uncertain, by=by, key=by.name, rules=desk.rules, now=NOON)
        for by in (room.volunteer, room.coordinator)
    }
    assert len(drafts) == 1
    assert {desk.state(message_id) for message_id in drafts} == {"awaiting"}


def ended(desk: Desk, message_id: int, state: str) -> None:
    """It was approved and has left, and this is what is known of it."""
    desk.approve(message_id)
    desk.db.execute(
        "UPDATE message SET state=?, submitted_at=?, iccid='1', station='north', total=1 WHERE id=?",
        [state, NOON, message_id],
    )


@pytest.mark.parametrize("became", ["submitted", "sent", "delivered", "uncertain", "undelivered"])
def test_the_same_words_are_not_written_a_third_time_once_the_second_may_have_arrived(
    desk: Desk, room: Room, uncertain: int, became: str
) -> None:
    again = settling.resend(desk.db, uncertain, by=room.volunteer, key="a", rules=desk.rules, now=NOON)
    settling.settle(desk.db, uncertain, arrived=False, by=room.volunteer, now=NOON)
    ended(desk, again, became)
    with pytest.raises(Refused, match="once more already"):
        settling.resend(desk.db, uncertain, by=room.coordinator, key="b", rules=desk.rules, now=NOON)


def test_words_whose_second_try_failed_may_be_written_again_but_not_beside_their_third(
    desk: Desk, room: Room, uncertain: int
) -> None:
    def again(message_id: int, key: str) -> int:
        return settling.resend(desk.db, message_id, by=room.volunteer, key=key, rules=desk.rules, now=NOON)

    second = again(uncertain, "a")
    ended(desk, second, "failed")
    third = again(second, "b")
    assert again(uncertain, "c") == third  # it waits: the same one for whoever asks
    ended(desk, third, "delivered")
    for message_id in (uncertain, second):
        with pytest.raises(Refused, match="once more already"):
            again(message_id, f"d{message_id}")


def test_the_confirmation_of_a_stop_goes_out_once_whatever_became_of_it(
    desk: Desk, room: Room, uncertain: int
) -> None:
    desk.db.execute("UPDATE message SET kind=0 WHERE id=?", [uncertain])
    with pytest.raises(Refused, match="goes out once"):
        settling.resend(desk.db, uncertain, by=room.coordinator, key="k", rules=desk.rules, now=NOON)
    assert desk.db.execute("SELECT count(*) FROM message").fetchone()[0] == 1


def homeless(desk: Desk) -> int:
    """An approved text of a conversation whose SIM is in no modem any more."""
    desk.db.execute("UPDATE conversation SET iccid='8901260000000000009' WHERE id=?", [hears(desk)])
    return desk.approved()


def test_a_text_whose_sim_is_gone_says_so(desk: Desk) -> None:
    message_id = homeless(desk)
    assert conversations.say_homeless(desk.db) == 1
    assert "SIM that this conversation began on" in desk.reason(message_id)
    assert conversations.say_homeless(desk.db) == 0


def test_a_coordinator_moves_a_conversation_to_whatever_sim_takes_it(desk: Desk, room: Room) -> None:
    message_id, seat = homeless(desk), take_seat(desk.db)
    conversations.say_homeless(desk.db)
    assert claims.claim_next(desk.db, seat, desk.rules, now=NOON) == (None, None)
    with pytest.raises(Refused, match="coordinator"):
        conversations.move_home(desk.db, desk.conversation()["id"], room.volunteer)
    conversations.move_home(desk.db, desk.conversation()["id"], room.coordinator)
    assert desk.reason(message_id) == "None"
    job, _ = claims.claim_next(desk.db, seat, desk.rules, now=NOON)
    assert job is not None
    assert job.message_id == message_id


def test_a_hold_from_a_clock_that_was_ahead_locks_nobody_out(desk: Desk, room: Room) -> None:
    conversation_id = hears(desk)
    message_id = desk.draft()
    conversations.hold(desk.db, conversation_id, room.volunteer, now=NOON + 365 * DAY_MS)
    assert waiting(desk, room.other) == [conversation_id]
    assert cards.counts(desk.db, room.other, now=NOON).waiting_answers == 1
    card = cards.next_card(desk.db, room.other, rules=desk.rules, now=NOON)
    assert card is not None
    assert card.id == message_id
    approve(desk, message_id, room.other, seen=card.seen)
    assert desk.conversation()["holder_id"] == room.other.id


def test_a_holder_whose_clock_was_ahead_holds_from_now_on(desk: Desk, room: Room) -> None:
    conversation_id = hears(desk)
    conversations.hold(desk.db, conversation_id, room.volunteer, now=NOON + 365 * DAY_MS)
    conversations.hold(desk.db, conversation_id, room.volunteer, now=NOON)
    assert waiting(desk, room.other) == []
