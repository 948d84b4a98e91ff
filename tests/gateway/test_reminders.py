"""Reminders: drafted a day ahead, approved ahead, sent when due; once, and never to who said no since."""

import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gateway import (
    campaigns,
    claims,
    flight,
    inbox,
    outbox,
    recording,
    reminders,
    results,
    settling,
    timekeeper,
)
from gateway.errors import Refused
from gateway.rules import HOUR_MS, Rules
from tests.campaigning import FACTS, Hall, started
from tests.gateway.conftest import NOON, Room
from tests.gateway.test_approvable import wrote

DUE = int(datetime(2026, 12, 2, 21, 0, tzinfo=UTC).timestamp() * 1000)  # 4 pm in New York on the day before
DAY = 24 * HOUR_MS


def said_yes(db: sqlite3.Connection, room: Room, rules: Rules, value: str = "yes") -> tuple[int, int]:
    """A campaign whose first person was texted and said so; returns (campaign, target)."""
    campaign_id = started(db, room.coordinator, rules, now=NOON)
    target = db.execute("SELECT id FROM target ORDER BY id LIMIT 1").fetchone()["id"]
    db.execute("UPDATE target SET state='texted', texted_at=? WHERE id=?", [NOON, target])
    recording.record(db, target, "status", value, by=room.volunteer, now=NOON)
    return campaign_id, target


def waiting(db: sqlite3.Connection) -> list[sqlite3.Row]:
    return db.execute("SELECT * FROM message WHERE kind=2 AND state='awaiting'").fetchall()


def approve(db: sqlite3.Connection, message_id: int, room: Room, rules: Rules, *, now: int) -> None:
    seen = outbox.seen(outbox.load(db, message_id))
    outbox.approve(db, message_id, by=room.volunteer, seen=seen, rules=rules, now=now)


def test_a_reminder_is_drafted_a_day_ahead_and_once(db: sqlite3.Connection, room: Room, rules: Rules) -> None:
    said_yes(db, room, rules)
    assert reminders.draft_due(db, rules, now=DUE - DAY - 1) == 0
    assert reminders.draft_due(db, rules, now=DUE - DAY) == 1
    assert reminders.draft_due(db, rules, now=DUE - DAY + 60_000) == 0
    (drafted,) = waiting(db)
    assert (
        drafted["text"]
        == "Hi Rosa, The rent hearing is tomorrow, 6 pm, Union Hall. Are you still coming? YES or NO."
    )


def test_approved_the_day_before_it_leaves_when_it_is_due(
    db: sqlite3.Connection, room: Room, rules: Rules, seat: claims.Seat
) -> None:
    said_yes(db, room, rules)
    reminders.draft_due(db, rules, now=DUE - DAY)
    (drafted,) = waiting(db)
    approve(db, drafted["id"], room, rules, now=DUE - DAY + HOUR_MS)
    assert claims.claim_next(db, seat, rules, now=DUE - 1)[0] is None
    job, _ = claims.claim_next(db, seat, rules, now=DUE)
    assert job is not None
    assert job.message_id == drafted["id"]


def test_who_said_maybe_is_asked_two_days_before_and_who_said_no_is_not(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    said_yes(db, room, rules, "maybe")
    assert reminders.draft_due(db, rules, now=DUE - 2 * DAY) == 1
    assert "Do you know yet" in waiting(db)[0]["text"]


def test_a_change_of_mind_puts_an_approved_reminder_back_and_a_no_drafts_none(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    _, target = said_yes(db, room, rules)
    reminders.draft_due(db, rules, now=DUE - DAY)
    (drafted,) = waiting(db)
    approve(db, drafted["id"], room, rules, now=DUE - DAY)
    recording.record(db, target, "status", "no", by=room.volunteer, now=DUE - HOUR_MS)
    assert outbox.load(db, drafted["id"])["state"] == "awaiting"
    assert outbox.load(db, drafted["id"])["reason"] == "Their answer was changed."


def test_one_that_nobody_approved_runs_out_with_its_day(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    said_yes(db, room, rules)
    reminders.draft_due(db, rules, now=DUE - DAY)
    (drafted,) = waiting(db)
    outbox.expire(db, now=DUE + 6 * HOUR_MS)
    assert outbox.load(db, drafted["id"])["state"] == "awaiting"
    outbox.expire(db, now=DUE + 8 * HOUR_MS)
    assert outbox.load(db, drafted["id"])["state"] == "expired"
    assert reminders.draft_due(db, rules, now=DUE + 8 * HOUR_MS) == 0


def test_another_day_takes_the_old_reminder_back_and_drafts_a_new_one(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id, _ = said_yes(db, room, rules)
    reminders.draft_due(db, rules, now=DUE - DAY)
    (old,) = waiting(db)
    approve(db, old["id"], room, rules, now=DUE - DAY)
    campaigns.save(
        db,
        campaign_id,
        by=room.coordinator,
        now=DUE - DAY,
        seen_revision=2,
        facts={**FACTS, "day": "2026-12-10"},
    )
    assert outbox.load(db, old["id"])["state"] == "withdrawn"
    assert reminders.draft_due(db, rules, now=DUE - HOUR_MS) == 0
    assert reminders.draft_due(db, rules, now=DUE + 6 * DAY) == 1


def test_another_hour_of_the_same_day_reminds_nobody_twice(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    """19:30 in New York is the next day by UTC."""
    campaign_id, _ = said_yes(db, room, rules)
    reminders.draft_due(db, rules, now=DUE - DAY)
    (drafted,) = waiting(db)
    approve(db, drafted["id"], room, rules, now=DUE - HOUR_MS)
    db.execute("UPDATE message SET state='failed' WHERE id=?", [drafted["id"]])  # it was sent, or refused
    script = campaigns.load(db, campaign_id).script
    later = tuple(replace(each, at="19:30") for each in script.reminders)
    changed = replace(script, reminders=later)
    campaigns.save(db, campaign_id, by=room.coordinator, now=DUE, seen_revision=2, script=changed)
    assert reminders.draft_due(db, rules, now=DUE + HOUR_MS) == 0
    assert not waiting(db)


def test_a_reminder_that_counts_from_the_persons_own_answer(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    """Advocacy asks the day after somebody said that they would."""
    campaign_id, target = said_yes(db, room, rules)
    from gateway.kinds import kind
    from gateway.scripts import dump

    db.execute(
        "UPDATE campaign SET kind='advocacy', script=?, facts='{\"action\": \"call\"}' WHERE id=?",
        [dump(kind("advocacy").scripts["en"]), campaign_id],
    )
    recording.record(db, target, "pledged", "yes", by=room.volunteer, now=NOON)
    assert reminders.draft_due(db, rules, now=NOON) == 1
    (drafted,) = waiting(db)
    assert drafted["due_at"] == NOON + 23 * HOUR_MS  # 11 am the next day


def test_nobody_is_reminded_who_asked_to_stop(db: sqlite3.Connection, room: Room, rules: Rules) -> None:
    said_yes(db, room, rules)
    db.execute("UPDATE conversation SET opted_out_at=?", [NOON])
    assert reminders.draft_due(db, rules, now=DUE - DAY) == 0


def test_a_reply_that_records_a_no_puts_an_approved_reminder_back(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    _, target = said_yes(db, room, rules)
    reminders.draft_due(db, rules, now=DUE - DAY)
    (drafted,) = waiting(db)
    approve(db, drafted["id"], room, rules, now=DUE - DAY)
    conversation_id = db.execute("SELECT conversation_id FROM target WHERE id=?", [target]).fetchone()[0]
    db.execute("UPDATE conversation SET last_in_at=? WHERE id=?", [DUE - DAY - 1, conversation_id])
    inbox.reply(
        db,
        conversation_id,
        "Thanks for telling us.",
        by=room.volunteer,
        key="k",
        rules=rules,
        now=DUE - DAY + 1,
        campaigning=inbox.Campaigning(target, {"status": "no"}),
    )
    assert outbox.load(db, drafted["id"])["state"] == "awaiting"


def test_a_reminder_that_can_no_longer_leave_today_is_not_approved(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    said_yes(db, room, rules)
    reminders.draft_due(db, rules, now=DUE - DAY)
    (drafted,) = waiting(db)
    with pytest.raises(Refused, match="no longer leave today"):
        approve(db, drafted["id"], room, rules, now=DUE + 4 * HOUR_MS)


def test_a_campaign_that_is_changed_while_its_reminders_are_written_reminds_everybody_of_what_holds_now(
    db: sqlite3.Connection, room: Room, rules: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of a long list got cards with the old place, which no Send took, and no others."""
    campaign_id, target = said_yes(db, room, rules)
    db.execute("UPDATE target SET state='texted', texted_at=? WHERE id=?", [NOON, target + 1])
    recording.record(db, target + 1, "status", "yes", by=room.volunteer, now=NOON)
    write_one = reminders._draft

    def and_then_change(*of: Any) -> bool:
        made = write_one(*of)
        monkeypatch.setattr(reminders, "_draft", write_one)
        seen = campaigns.load(db, campaign_id)
        facts = {**seen.facts, "place": "City Hall"}
        campaigns.save(db, campaign_id, by=room.coordinator, now=DUE - DAY, seen_revision=seen.revision, facts=facts)  # fmt: skip
        return made

    monkeypatch.setattr(reminders, "_draft", and_then_change)
    reminders.draft_due(db, rules, now=DUE - DAY)
    reminders.draft_due(db, rules, now=DUE - DAY + 60_000)
    both = waiting(db)
    assert [("City Hall" in text["text"]) for text in both] == [True, True]
    for text in both:
        approve(db, text["id"], room, rules, now=DUE - DAY + HOUR_MS)


def test_a_reminder_that_a_modem_gives_back_after_the_campaign_was_changed_is_written_anew(
    db: sqlite3.Connection, room: Room, rules: Rules, seat: claims.Seat
) -> None:
    """It waited with the old place, which no Send took, and kept the schedule from writing another for that day."""
    campaign_id, _ = said_yes(db, room, rules)
    reminders.draft_due(db, rules, now=DUE - DAY)
    (old,) = waiting(db)
    approve(db, old["id"], room, rules, now=DUE - DAY)
    job, _ = claims.claim_next(db, seat, rules, now=DUE)
    assert job is not None
    flight.submit(db, seat, job, 1, rules, valid_for=timedelta(hours=1), now=DUE)
    facts = {**FACTS, "place": "City Hall"}
    campaigns.save(db, campaign_id, by=room.coordinator, now=DUE + 1000, seen_revision=2, facts=facts)
    flight.release(db, seat, job, "The network was busy.", now=DUE + 5000, seq=1)
    assert claims.claim_next(db, seat, rules, now=DUE + 6000)[0] is None
    assert reminders.draft_due(db, rules, now=DUE + 60_000) == 1
    (new,) = waiting(db)
    assert "City Hall" in new["text"]
    approve(db, new["id"], room, rules, now=DUE + 60_000)


def test_what_came_and_was_changed_by_a_clock_ahead_puts_back_no_reminder_of_tomorrow(
    db: sqlite3.Connection, room: Room, rules: Rules, seat: claims.Seat
) -> None:
    """When the moment came that the clock had shown, “They wrote after this was approved” stood on what was approved long after."""
    campaign_id, target = said_yes(db, room, rules)
    now, ahead = DUE - DAY, DUE - 2 * HOUR_MS
    db.execute("UPDATE target SET texted_at=? WHERE id=?", [ahead - 2, target])
    db.execute("UPDATE conversation SET last_in_at=? WHERE id=(SELECT conversation_id FROM target WHERE id=?)", [ahead, target])  # fmt: skip
    facts = {**FACTS, "place": "City Hall"}
    campaigns.save(db, campaign_id, by=room.coordinator, now=ahead, seen_revision=2, facts=facts)
    timekeeper.settle(db, rules.zone, now=now, was_ahead=True)
    reminders.draft_due(db, rules, now=now)
    (drafted,) = waiting(db)
    approve(db, drafted["id"], room, rules, now=now + 60_000)
    job, _ = claims.claim_next(db, seat, rules, now=DUE)
    assert job is not None
    found = results.results(db, campaigns.load(db, campaign_id), today=date(2026, 12, 2), now=DUE)
    assert found.answered == 1


def test_what_was_approved_by_a_clock_ahead_is_read_again_when_its_campaign_is_changed(
    db: sqlite3.Connection, room: Room, rules: Rules, seat: claims.Seat
) -> None:
    """A modem had it when the place was changed, and gave it back: it left with the old one, as if approved after the change."""
    campaign_id, _ = said_yes(db, room, rules)
    reminders.draft_due(db, rules, now=DUE - DAY)
    (drafted,) = waiting(db)
    approve(db, drafted["id"], room, rules, now=DUE + 2 * HOUR_MS)
    timekeeper.settle(db, rules.zone, now=DUE, was_ahead=True)
    job, _ = claims.claim_next(db, seat, rules, now=DUE)
    assert job is not None
    flight.submit(db, seat, job, 1, rules, valid_for=timedelta(hours=1), now=DUE)
    facts = {**FACTS, "place": "City Hall"}
    campaigns.save(db, campaign_id, by=room.coordinator, now=DUE + 1000, seen_revision=2, facts=facts)
    flight.release(db, seat, job, "The network was busy.", now=DUE + 5000, seq=1)
    assert claims.claim_next(db, seat, rules, now=DUE + 6000)[0] is None


def test_a_reminder_that_ran_out_by_a_clock_ahead_is_written_again_once_the_clock_is_right(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    """Nobody was reminded, and no page said so: it counted as written."""
    campaign_id, _ = said_yes(db, room, rules)
    reminders.draft_due(db, rules, now=DUE - DAY)
    assert outbox.expire(db, now=DUE + 2 * DAY) == 1
    timekeeper.settle(db, rules.zone, now=DUE - DAY + HOUR_MS, was_ahead=True)
    assert reminders.draft_due(db, rules, now=DUE - DAY + HOUR_MS) == 1
    assert reminders.draft_due(db, rules, now=DUE - DAY + HOUR_MS + 60_000) == 0
    (drafted,) = waiting(db)
    approve(db, drafted["id"], room, rules, now=DUE - HOUR_MS)
    assert reminders.draft_due(db, rules, now=DUE) == 0
    found = results.results(db, campaigns.load(db, campaign_id), today=date(2026, 12, 2), now=DUE)
    assert found.reminders_expired == 0
    old = db.execute("SELECT id FROM message WHERE state='expired'").fetchone()["id"]
    again = settling.resend(db, old, by=room.coordinator, key="again", rules=rules, now=DUE - HOUR_MS)
    assert again == drafted["id"], "nobody gets it twice"


def test_a_reminder_that_ran_out_by_a_clock_ahead_and_that_somebody_wrote_again_is_not_written_twice(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    said_yes(db, room, rules)
    reminders.draft_due(db, rules, now=DUE - DAY)
    (drafted,) = waiting(db)
    outbox.expire(db, now=DUE + 2 * DAY)
    settling.resend(db, drafted["id"], by=room.coordinator, key="again", rules=rules, now=DUE - DAY)
    assert reminders.draft_due(db, rules, now=DUE - DAY) == 0


def test_who_was_texted_by_a_clock_ahead_and_writes_once_it_is_right_has_answered(
    db: sqlite3.Connection, room: Room, rules: Rules, seat: claims.Seat
) -> None:
    """They stood among those without an answer, whom the next list would have texted again, and their reminder came a year late."""
    hall, ahead = Hall(db, rules, vars(room), NOON), NOON + 30 * DAY
    campaign_id = hall.started()
    hall.take(campaign_id)
    card = hall.send(now=ahead)
    job, _ = claims.claim_next(db, seat, rules, now=ahead)
    assert job is not None
    flight.submit(db, seat, job, 1, rules, valid_for=timedelta(hours=1), now=ahead)
    flight.accept(db, seat, flight.Accepted(job, 1, 7, ahead))
    timekeeper.settle(db, rules.zone, now=NOON, was_ahead=True)
    wrote(db, rules, card.number, "Yes", now=NOON + HOUR_MS)
    found = results.results(db, hall.load(campaign_id), today=date(2026, 11, 24), now=NOON + HOUR_MS)
    assert found.answered == 1
