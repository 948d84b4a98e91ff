"""A campaign's first few texts: what is uncertain is no good sign, and lunch is none either. And its cards in the evening."""

import sqlite3
from dataclasses import replace

import pytest

from gateway import assignments, campaigns, canary, cards, claims, outbox, purging, timekeeper
from gateway.config import Privacy
from gateway.errors import Refused
from gateway.rules import DAY_MS, HOUR_MS, Rules
from tests.campaigning import SIMS
from tests.gateway.conftest import NOON, Desk, Room
from tests.gateway.test_campaigns import send_next, started

MINUTE = 60_000
LATE = NOON + 31 * MINUTE
EVENING = NOON + 7 * HOUR_MS + 42 * MINUTE  # 19:42
TOO_LATE = NOON + 7 * HOUR_MS + 52 * MINUTE


def flown(db: sqlite3.Connection, room: Room, rules: Rules, *states: str) -> int:
    """A campaign whose canary is so many texts, and what became of each; returns its id."""
    campaign_id = started(db, room, rules, canary=len(states))
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    for state in states:
        card = send_next(db, room.volunteer, rules)
        db.execute(
            "UPDATE message SET state=?, submitted_at=?, iccid='1', station='n', total=1 WHERE id=?",
            [state, NOON, card.id],
        )
    return campaign_id


@pytest.mark.parametrize(
    ("states", "why"),
    [
        (("uncertain",) * 3, "3 of the first 3 may not have left."),
        (("uncertain", "failed", "sent"), "1 of the first 3 may not have left, and 1 did not arrive."),
    ],
)
def test_texts_of_which_nobody_knows_whether_they_left_do_not_open_the_rest(
    db: sqlite3.Connection, room: Room, rules: Rules, states: tuple[str, ...], why: str
) -> None:
    campaign_id = flown(db, room, rules, *states)
    canary.judge(db, now=LATE)
    campaign = campaigns.load(db, campaign_id)
    assert (campaign.state, campaign.canary) == ("paused", "stopped")
    assert campaign.reason.startswith(why)


def test_an_uncertain_text_is_waited_for_and_then_counts_as_what_it_was(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = flown(db, room, rules, "delivered", "delivered", "uncertain")
    db.execute("UPDATE campaign SET options=json_set(options, '$.canary', 3)")
    assert canary.judge(db, now=NOON + MINUTE) == []
    db.execute("UPDATE message SET state='delivered' WHERE state='uncertain'")
    assert canary.judge(db, now=NOON + 2 * MINUTE) == [campaign_id]
    assert campaigns.load(db, campaign_id).canary == "passed"


def test_a_pause_for_lunch_does_not_pass_a_canary_that_waits(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = flown(db, room, rules, "sent", "sent")
    campaigns.pause(db, campaign_id, by=room.coordinator)
    campaigns.resume(db, campaign_id, by=room.coordinator)
    assert campaigns.load(db, campaign_id).canary == "waiting"
    with pytest.raises(Refused, match="The first 2 are out"):
        assignments.take(db, campaign_id, room.other, rules, SIMS, now=NOON)
    assert canary.judge(db, now=LATE) == [campaign_id]
    assert campaigns.load(db, campaign_id).canary == "passed"


def test_a_canary_that_rested_until_its_texts_were_deleted_by_age_goes_on(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    """Nobody could be texted any more, and nothing on the page let it go on."""
    campaign_id = flown(db, room, rules, "sent", "delivered")
    campaigns.pause(db, campaign_id, by=room.coordinator)
    for day in range(12):
        purging.purge(db, replace(Privacy(), keep_texts_days=10), now=NOON + day * DAY_MS, zone=rules.zone)
    assert db.execute("SELECT count(*) FROM message").fetchone()[0] == 0
    campaigns.resume(db, campaign_id, by=room.coordinator)
    canary.judge(db, now=NOON + 12 * DAY_MS)
    assert campaigns.load(db, campaign_id).canary == "passed"


def test_a_canary_of_fewer_texts_than_are_out_waits_for_their_reports_and_opens(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    """A coordinator asked for three when three had gone: it stayed open, and nobody was offered anybody."""
    campaign_id = flown(db, room, rules, *["sent"] * 3)
    db.execute("UPDATE campaign SET canary='open', canary_at=NULL, options=json_set(options, '$.canary', 10)")
    campaign = campaigns.load(db, campaign_id)
    fewer = replace(campaign.options, canary=3)
    campaigns.save(
        db, campaign_id, by=room.coordinator, now=NOON, seen_revision=campaign.revision, options=fewer
    )
    assert canary.judge(db, now=NOON) == [campaign_id]
    assert campaigns.load(db, campaign_id).canary == "waiting"
    canary.judge(db, now=LATE)
    assert campaigns.load(db, campaign_id).canary == "passed"


def test_a_card_of_this_evening_is_for_tomorrow_once_it_cannot_leave_today(
    db: sqlite3.Connection, room: Room, rules: Rules, seat: claims.Seat
) -> None:
    campaign_id = started(db, room, rules)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    open_card = cards.next_card(db, room.volunteer, rules=rules, now=EVENING)
    assert open_card is not None
    with pytest.raises(Refused, match="can no longer leave today"):
        outbox.approve(db, open_card.id, by=room.volunteer, seen=open_card.seen, rules=rules, now=TOO_LATE)

    card = send_next(db, room.volunteer, rules, now=TOO_LATE)
    assert card.id == open_card.id
    row = outbox.load(db, card.id)
    assert row["state"] == "approved"
    assert row["not_before"] == NOON + 21 * HOUR_MS  # nine in the morning
    assert claims.claim_next(db, seat, rules, now=row["not_before"] - 1)[0] is None
    job, _ = claims.claim_next(db, seat, rules, now=row["not_before"])
    assert job is not None
    assert job.message_id == card.id
    following = cards.next_card(db, room.volunteer, rules=rules, now=TOO_LATE)
    assert following is not None
    assert following.name != card.name


def test_a_text_for_this_evening_alone_ends_when_it_cannot_leave_and_the_next_comes(
    desk: Desk, room: Room, rules: Rules
) -> None:
    tonight = desk.draft(now=EVENING)
    reply = desk.draft("+12025550147", "See you tomorrow.", "reply", now=EVENING)
    seen = []
    while (card := cards.next_card(desk.db, room.coordinator, rules=rules, now=TOO_LATE)) and len(seen) < 3:
        seen.append(card.id)
        outbox.approve(desk.db, card.id, by=room.coordinator, seen=card.seen, rules=rules, now=TOO_LATE)
    assert seen == [reply]
    assert desk.state(tonight) == "expired"
    assert "could no longer leave today" in desk.reason(tonight)


def test_a_canary_that_a_clock_ahead_let_wait_is_judged_by_the_clock_that_is_right(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    """Else it says “the rest opens by itself” until the day that the clock had shown."""
    campaign_id = flown(db, room, rules, "sent", "sent", "sent")
    ahead = NOON + 20 * 24 * HOUR_MS
    db.execute("UPDATE campaign SET canary_at=?", [ahead])
    db.execute("UPDATE message SET submitted_at=?", [ahead])
    timekeeper.settle(db, rules.zone, now=NOON)
    assert canary.judge(db, now=NOON + 29 * MINUTE) == []
    assert canary.judge(db, now=LATE) == [campaign_id]
    assert campaigns.load(db, campaign_id).canary == "passed"


def test_stops_count_against_a_canary_that_was_approved_by_a_clock_ahead(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    """They came before it had been texted, as its people's rows had it, and the rest of the list was opened."""
    flown(db, room, rules, "sent", "sent", "sent")
    ahead = NOON + 20 * 24 * HOUR_MS
    db.execute("UPDATE message SET state='approved', submitted_at=NULL, approved_at=?", [ahead])
    db.execute("UPDATE target SET texted_at=? WHERE texted_at IS NOT NULL", [ahead])
    timekeeper.settle(db, rules.zone, now=NOON)
    assert db.execute("SELECT max(texted_at) FROM target").fetchone()[0] == NOON
    db.execute("UPDATE message SET state='delivered', submitted_at=?", [NOON])
    db.execute(
        "UPDATE conversation SET opted_out_at=? WHERE id IN (SELECT conversation_id FROM message LIMIT 2)",
        [NOON + MINUTE],
    )
    [campaign_id] = canary.judge(db, now=LATE)
    assert campaigns.load(db, campaign_id).canary == "stopped"


def test_stops_of_the_night_that_are_read_by_a_clock_two_months_behind_count_against_the_canary(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = flown(db, room, rules, "delivered", "delivered", "delivered")
    db.execute(
        "UPDATE conversation SET opted_out_at=? WHERE id IN (SELECT conversation_id FROM message LIMIT 2)",
        [NOON - 60 * 24 * HOUR_MS],
    )
    assert canary.judge(db, now=LATE) == [campaign_id]
    assert campaigns.load(db, campaign_id).canary == "stopped"
