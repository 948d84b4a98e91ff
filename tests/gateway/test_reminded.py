"""Who is reminded, and who is not: nobody who did it, whose number is wrong, who waits for a seat; each on the eve of their own day."""

import sqlite3
from datetime import UTC, datetime

from gateway import (
    campaigns,
    cards,
    claims,
    clockwords,
    enrolment,
    optouts,
    outbox,
    recording,
    reminders,
    restoring,
    settling,
    timekeeper,
)
from gateway.claims import Seat
from gateway.clockwords import Instant, Standing
from gateway.rules import HOUR_MS, Rules
from tests.campaigning import FACTS, Hall, bring_in
from tests.gateway.conftest import NOON, Room

DUE = int(datetime(2026, 12, 2, 21, 0, tzinfo=UTC).timestamp() * 1000)  # 4 pm in New York on the eve
MIDNIGHT = int(datetime(2026, 12, 3, 5, 0, tzinfo=UTC).timestamp() * 1000)
DAY = 24 * HOUR_MS
OTHER_FACTS = {
    "advocacy": {"issue": "rents", "action": "call Senator Lee", "how": "555", "say": "hi", "day": "2026-12-10", "goal": "5"},
    "fundraising": {"cause": "the fund", "goal": "100", "currency": "$", "day": "2026-11-28", "link": "x.example"},
    "recruitment": {
        "task": "phone night", "day": "2026-12-03", "place": "Hall", "slot_a": "Thu 10 to 1", "slot_a_needed": "1",
        "slot_b": "Sun 2 to 5", "slot_b_needed": "1",
    },
}  # fmt: skip


def running(hall: Hall, kind: str, facts: dict[str, str]) -> int:
    """A campaign of this kind that texted everybody of its list."""
    by = hall.users["coordinator"]
    campaign_id = campaigns.create(hall.db, kind, kind, "en", by=by, now=NOON)
    hall.change(campaign_id, facts=facts, list_id=bring_in(hall.db, now=NOON))
    hall.enrol(campaign_id)
    enrolment.start(hall.db, campaign_id, by=by, rules=hall.rules, now=NOON, needs_review=False)
    hall.db.execute("UPDATE target SET state='texted', texted_at=?", [NOON])
    return campaign_id


def say(hall: Hall, who: str, *, now: int = NOON, **answers: str) -> None:
    target = hall.db.execute(
        "SELECT t.id FROM target t JOIN conversation c ON c.id=t.conversation_id WHERE c.name=?", [who]
    ).fetchone()["id"]
    for field, value in answers.items():
        recording.record(hall.db, target, field, value, by=hall.users["volunteer"], now=now)


def reminded(hall: Hall, *, state: str = "awaiting") -> list[str]:
    rows = hall.db.execute(
        "SELECT c.name FROM message m JOIN conversation c ON c.id=m.conversation_id WHERE m.kind=2 AND m.state=? ORDER BY m.id",
        [state],
    )
    return [row["name"] for row in rows]


def through(hall: Hall, until: int, start: int = NOON) -> None:
    for now in range(start, until, HOUR_MS):
        reminders.draft_due(hall.db, hall.rules, now=now)


def test_whoever_did_it_already_is_not_asked_whether_they_did(hall: Hall) -> None:
    running(hall, "advocacy", OTHER_FACTS["advocacy"])
    say(hall, "Rosa", pledged="yes", done="yes")
    say(hall, "Luis", pledged="yes")
    say(hall, "Ada", pledged="yes", done="no")
    through(hall, NOON + 2 * DAY)
    assert reminded(hall) == ["Luis", "Ada"]


def test_whoever_gave_is_not_reminded_of_the_pledge(hall: Hall) -> None:
    running(hall, "fundraising", OTHER_FACTS["fundraising"])
    say(hall, "Rosa", pledge="yes", gift="confirmed", thanked="yes")
    say(hall, "Luis", pledge="yes")
    through(hall, NOON + 3 * DAY)
    assert reminded(hall) == ["Luis"]


def test_a_wrong_number_is_not_reminded(hall: Hall) -> None:
    running(hall, "event", FACTS)
    say(hall, "Rosa", status="yes", contact="wrong_number")
    say(hall, "Luis", status="yes")
    through(hall, DUE, DUE - DAY)
    assert reminded(hall) == ["Luis"]


def test_whoever_waits_for_a_seat_is_not_asked_whether_they_are_still_coming(hall: Hall) -> None:
    running(hall, "event", {**FACTS, "seats": "3"})
    say(hall, "Rosa", status="yes", seats="2")
    say(hall, "Luis", now=NOON + 1, status="yes", seats="2")
    through(hall, DUE - HOUR_MS, DUE - DAY)
    assert reminded(hall) == ["Rosa"]
    say(hall, "Rosa", status="no")
    reminders.draft_due(hall.db, hall.rules, now=DUE - HOUR_MS)
    assert reminded(hall) == ["Luis"], "the seat is theirs now"


def test_a_later_shift_is_reminded_on_its_own_eve(hall: Hall) -> None:
    campaign_id = running(hall, "recruitment", OTHER_FACTS["recruitment"])
    say(hall, "Rosa", shift="yes", slot="a")
    say(hall, "Luis", shift="yes", slot="b")
    say(hall, "Ada", shift="yes")
    (owed,) = reminders.owed(hall.db, hall.load(campaign_id), hall.rules, now=NOON)
    assert (owed.label, owed.people, owed.why) == ("The day before, shift B", 1, "day")
    hall.change(campaign_id, facts={**OTHER_FACTS["recruitment"], "day_b": "2026-12-06"})
    through(hall, DUE, DUE - DAY)
    assert reminded(hall) == ["Rosa", "Ada"]
    through(hall, DUE + 3 * DAY, DUE + 4 * HOUR_MS)
    assert reminded(hall) == ["Rosa", "Ada", "Luis"]
    assert reminders.owed(hall.db, hall.load(campaign_id), hall.rules, now=DUE + 3 * DAY) == []


def test_whoever_answers_after_the_draft_that_they_did_it_has_the_reminder_taken_back(hall: Hall) -> None:
    running(hall, "advocacy", OTHER_FACTS["advocacy"])
    say(hall, "Rosa", pledged="yes")
    say(hall, "Luis", pledged="yes")
    reminders.draft_due(hall.db, hall.rules, now=NOON)
    for row in hall.db.execute("SELECT id FROM message WHERE kind=2").fetchall():
        hall.approve(row["id"], now=NOON + 1)
    say(hall, "Rosa", now=NOON + HOUR_MS, done="yes")
    reminders.draft_due(hall.db, hall.rules, now=NOON + HOUR_MS)
    assert reminded(hall, state="approved") == ["Luis"]
    assert reminded(hall, state="withdrawn") == ["Rosa"]
    say(hall, "Rosa", now=NOON + 2 * HOUR_MS, done="no")
    reminders.draft_due(hall.db, hall.rules, now=NOON + 2 * HOUR_MS)
    assert reminded(hall) == ["Rosa"], "a slip of the finger costs nobody their reminder"


def test_nobody_reads_tomorrow_on_the_day_itself(hall: Hall) -> None:
    """4 pm in New York is quiet in London: the text goes there earlier, and runs out with New York's day."""
    running(hall, "event", FACTS)
    hall.db.execute("UPDATE conversation SET zone='Europe/London' WHERE name='Rosa'")
    say(hall, "Rosa", status="yes")
    reminders.draft_due(hall.db, hall.rules, now=DUE - DAY)
    drafted = hall.db.execute("SELECT * FROM message WHERE kind=2").fetchone()
    assert DUE - 2 * HOUR_MS < drafted["due_at"] <= DUE - HOUR_MS - HOUR_MS // 6
    assert drafted["expires_at"] <= MIDNIGHT
    hall.approve(drafted["id"], now=DUE - DAY + HOUR_MS)
    assert (
        hall.db.execute("SELECT not_before FROM message WHERE id=?", [drafted["id"]]).fetchone()[0]
        == drafted["due_at"]
    )


def test_no_card_is_made_of_a_reminder_that_can_no_longer_leave_today(hall: Hall) -> None:
    running(hall, "event", FACTS)
    hall.db.execute("UPDATE conversation SET zone='Europe/London' WHERE name='Rosa'")
    say(hall, "Rosa", status="yes")
    assert reminders.draft_due(hall.db, hall.rules, now=DUE) == 0


def test_a_campaign_paused_over_the_due_day_says_whom_it_did_not_remind(hall: Hall) -> None:
    campaign_id = running(hall, "event", FACTS)
    say(hall, "Rosa", status="yes")
    campaigns.pause(hall.db, campaign_id, by=hall.users["coordinator"])
    through(hall, DUE + DAY, DUE - DAY)
    assert reminded(hall) == []

    def told(now: int) -> list[tuple[str, int, str]]:
        found = reminders.owed(hall.db, hall.load(campaign_id), hall.rules, now=now)
        return [(each.label, each.people, each.why) for each in found]

    assert told(DUE - DAY - 1) == []
    assert told(DUE - HOUR_MS) == [("The day before", 1, "paused")]
    assert told(DUE + DAY) == [("The day before", 1, "late")]
    say(hall, "Luis", now=DUE + 1, status="yes")
    assert told(DUE + DAY) == [("The day before", 1, "late")], "who said yes after that hour was due none"
    campaigns.resume(hall.db, campaign_id, by=hall.users["coordinator"])
    assert told(DUE - HOUR_MS) == [], "it is drafted this very minute"


def test_a_reminders_card_says_what_it_is_what_they_answered_and_when_it_leaves(
    hall: Hall, db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    running(hall, "event", FACTS)
    say(hall, "Rosa", status="yes", seats="2")
    reminders.draft_due(db, rules, now=DUE - DAY)
    card = cards.next_card(db, room.volunteer, rules=rules, now=DUE - DAY)
    assert card is not None
    assert (card.kind, card.due_at, card.answered) == ("reminder", DUE, ("Coming: yes", "Seats: 2"))
    seen = outbox.seen(outbox.load(db, card.id))
    outbox.approve(db, card.id, by=room.volunteer, seen=seen, rules=rules, now=DUE - DAY)
    (sent,) = cards.recent(db, room.volunteer, rules=rules, now=DUE - DAY)
    assert (sent.kind, sent.due_at) == ("reminder", DUE)


def test_a_reminder_that_somebody_writes_again_stops_no_other_reminder(hall: Hall) -> None:
    """It failed for good, and a volunteer wrote it once more: the schedule goes on, and takes it back when the answer changes."""
    running(hall, "event", FACTS)
    say(hall, "Rosa", status="yes")
    through(hall, DUE - DAY + HOUR_MS, DUE - DAY)
    (first,) = hall.db.execute("SELECT id FROM message WHERE kind=2").fetchone()
    hall.approve(first, now=DUE - 3 * HOUR_MS)
    hall.db.execute("UPDATE message SET state='failed' WHERE id=?", [first])
    again = settling.resend(
        hall.db, first, by=hall.users["volunteer"], key="panel:0123456789abcdef", rules=hall.rules, now=DUE - 2 * HOUR_MS
    )  # fmt: skip
    say(hall, "Luis", status="yes", now=DUE - 2 * HOUR_MS)
    through(hall, DUE, DUE - 2 * HOUR_MS)
    assert reminded(hall) == ["Rosa", "Luis"]
    say(hall, "Rosa", status="no", now=DUE - HOUR_MS)
    through(hall, DUE, DUE - HOUR_MS)
    assert outbox.load(hall.db, again)["state"] == "withdrawn"


def test_a_reminder_that_is_written_again_before_it_is_due_leaves_when_it_is_due(
    hall: Hall, seat: Seat
) -> None:
    """A restore made it uncertain on the eve."""
    running(hall, "event", FACTS)
    say(hall, "Rosa", status="yes")
    through(hall, DUE - DAY + HOUR_MS, DUE - DAY)
    (first,) = hall.db.execute("SELECT id FROM message WHERE kind=2").fetchone()
    hall.approve(first, now=DUE - DAY + HOUR_MS)
    restoring.may_have_left(hall.db, first, "A backup came back.", DUE - 5 * HOUR_MS)
    again = settling.resend(
        hall.db, first, by=hall.users["volunteer"], key="panel:0123456789abcdef", rules=hall.rules, now=DUE - 4 * HOUR_MS
    )  # fmt: skip
    settling.settle(hall.db, first, arrived=False, by=hall.users["volunteer"], now=DUE - 4 * HOUR_MS)
    hall.approve(again, now=DUE - 4 * HOUR_MS)
    assert claims.claim_next(hall.db, seat, hall.rules, now=DUE - 1)[0] is None
    assert claims.claim_next(hall.db, seat, hall.rules, now=DUE)[0] is not None


def test_a_clock_that_is_in_doubt_ends_no_reminder_that_somebody_looks_at(hall: Hall) -> None:
    """It stood at night for an hour at noon, and the reminder would never have been written again."""
    running(hall, "event", FACTS)
    say(hall, "Rosa", status="yes")
    through(hall, DUE - DAY + HOUR_MS, DUE - DAY)
    night = Instant(DUE + 6 * HOUR_MS, 0, "boot")
    clockwords.keep_standing(hall.db, Standing("boot", 0, "server", "", "It was changed."), night)
    cards.next_card(hall.db, hall.users["volunteer"], rules=hall.rules, now=night.wall_ms)
    assert reminded(hall) == ["Rosa"]


def test_whoever_comes_back_before_the_day_is_reminded_after_all(hall: Hall) -> None:
    """A stop took their reminder back, and a START an hour later brought no other: they had a seat and heard nothing more."""
    running(hall, "event", FACTS)
    say(hall, "Rosa", status="yes")
    through(hall, DUE - 2 * HOUR_MS, DUE - DAY)
    assert reminded(hall) == ["Rosa"]
    rosa = hall.db.execute("SELECT id FROM conversation WHERE name='Rosa'").fetchone()["id"]
    optouts.opt_out(hall.db, rosa, source="text", by=None, reason="", now=DUE - 2 * HOUR_MS)
    through(hall, DUE - HOUR_MS, DUE - 2 * HOUR_MS)
    assert reminded(hall) == []
    optouts.undo(hall.db, rosa, by=None, reason="asked by text", now=DUE - HOUR_MS)
    through(hall, DUE, DUE - HOUR_MS)
    assert reminded(hall) == ["Rosa"]


def test_whoever_says_again_that_they_will_is_reminded_once(hall: Hall) -> None:
    """The reminder of the first yes waited on beside that of the second: as after a clock that was ahead, by which they had said yes."""
    running(hall, "advocacy", OTHER_FACTS["advocacy"])
    say(hall, "Rosa", pledged="yes", now=NOON + DAY)
    assert reminders.draft_due(hall.db, hall.rules, now=NOON + DAY) == 1
    timekeeper.settle(hall.db, hall.rules.zone, now=NOON, was_ahead=True)
    through(hall, NOON + 2 * DAY)
    assert reminded(hall) == ["Rosa"]
    through(hall, NOON + 2 * DAY)
    assert len(reminded(hall)) == 1


def test_an_answer_that_was_taken_back_by_a_clock_ahead_puts_back_nothing_of_later(hall: Hall) -> None:
    """When the moment came that the clock had shown, “Their answer was changed” stood on what was approved long after."""
    running(hall, "advocacy", OTHER_FACTS["advocacy"])
    say(hall, "Rosa", pledged="yes")
    say(hall, "Rosa", pledged="no")
    hall.db.execute("UPDATE answer SET undone_at=? WHERE value='no'", [NOON + 2 * HOUR_MS])
    timekeeper.settle(hall.db, hall.rules.zone, now=NOON, was_ahead=True)
    target = hall.db.execute("SELECT target_id FROM answer").fetchone()["target_id"]
    assert not recording.changed_since(hall.db, target, NOON + HOUR_MS, now=NOON + 3 * HOUR_MS)
