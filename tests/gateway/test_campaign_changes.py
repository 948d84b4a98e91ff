"""What a change, a pause or a colleague does to a campaign's texts that are on their way: nothing old, half or foreign leaves."""

import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway import (
    assignments,
    campaigns,
    canary,
    cards,
    claims,
    enrolment,
    flight,
    gate,
    inbox,
    outbox,
    recording,
    settling,
)
from gateway.errors import Refused, StaleMessage
from gateway.rules import HOUR_MS, Rules
from tests.campaigning import FACTS, SIMS
from tests.gateway.conftest import NOON, Room
from tests.gateway.test_campaigns import OWN, send_next, started


def test_a_running_campaign_keeps_a_script_that_could_start(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = started(db, room, rules)
    script = campaigns.load(db, campaign_id).script
    broken = replace(script, steps=(replace(script.first, texts=("Hi {frist_name}",) * 2), *script.steps[1:]))
    with pytest.raises(Refused, match="frist_name"):
        campaigns.save(
            db,
            campaign_id,
            by=room.coordinator,
            now=NOON,
            seen_revision=2,
            script=broken,
            blocking=lambda changed: enrolment.blocking(db, changed, rules),
        )
    assert campaigns.load(db, campaign_id).script == script


def test_a_text_that_a_modem_gave_back_after_a_change_is_read_again(
    db: sqlite3.Connection, room: Room, rules: Rules, seat: claims.Seat
) -> None:
    """It was with the modem when the coordinator changed the hour, so nothing could take its approval off."""
    campaign_id = started(db, room, rules)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    card = send_next(db, room.volunteer, rules)
    job, _ = claims.claim_next(db, seat, rules, now=NOON)
    assert job is not None
    flight.submit(db, seat, job, 1, rules, valid_for=timedelta(hours=1), now=NOON)
    campaigns.save(
        db, campaign_id, by=room.coordinator, now=NOON + 1, seen_revision=2, facts={**FACTS, "hour": "19:00"}
    )
    flight.release(db, seat, job, "The network is busy.", now=NOON + 2, seq=1)
    assert claims.claim_next(db, seat, rules, now=NOON + 3)[0] is None
    assert outbox.load(db, card.id)["state"] == "awaiting"
    assert "7 pm" in cards.card(db, card.id, room.volunteer, rules=rules, now=NOON + 4).text


def test_an_answer_that_is_read_again_with_others_ends_no_station(
    db: sqlite3.Connection, room: Room, rules: Rules, seat: claims.Seat
) -> None:
    """Found by house 900205: by a clock that had been an hour slow both were older than what their person wrote. The first one's
    answer was taken back, and the second one with it; the second was then taken back again, and every station died of that, over and over.
    """
    campaign_id = started(db, room, rules)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON - 2 * HOUR_MS)
    target = db.execute("SELECT id, conversation_id FROM target ORDER BY id LIMIT 1").fetchone()
    db.execute("UPDATE conversation SET last_in_at=? WHERE id=?", [NOON - 1, target["conversation_id"]])
    replies = [
        inbox.reply(
            db,
            target["conversation_id"],
            words,
            by=room.coordinator,
            key=words,
            rules=rules,
            now=NOON - HOUR_MS,
            campaigning=inbox.Campaigning(target["id"], {"status": "yes"}),
        )
        for words in ("See you!", "At six, yes.")
    ]
    assert claims.claim_next(db, seat, rules, now=NOON) == (None, None)
    assert [outbox.load(db, reply)["state"] for reply in replies] == ["awaiting", "awaiting"]


def test_a_text_that_a_modem_gave_back_after_the_close_is_taken_back(
    db: sqlite3.Connection, room: Room, rules: Rules, seat: claims.Seat
) -> None:
    """Else it says until midnight that it leaves when a coordinator lets the campaign go on, which no coordinator can."""
    campaign_id = started(db, room, rules)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    card = send_next(db, room.volunteer, rules)
    job, _ = claims.claim_next(db, seat, rules, now=NOON)
    assert job is not None
    flight.submit(db, seat, job, 1, rules, valid_for=timedelta(hours=1), now=NOON)
    campaigns.close(db, campaign_id, by=room.coordinator, now=NOON + 1)
    flight.release(db, seat, job, "The network is busy.", now=NOON + 2, seq=1)
    assert claims.claim_next(db, seat, rules, now=NOON + 3)[0] is None
    row = outbox.load(db, card.id)
    assert (row["state"], row["reason"]) == ("withdrawn", "The campaign was closed.")


@pytest.mark.parametrize("changed", [True, False])
def test_an_answer_that_a_modem_gave_back_after_they_changed_their_mind_is_read_again(
    db: sqlite3.Connection, room: Room, rules: Rules, seat: claims.Seat, changed: bool
) -> None:
    """They said no by telephone while “See you there” was with the modem. The same answer once more changes nothing."""
    campaign_id = started(db, room, rules)
    target = db.execute("SELECT * FROM target WHERE campaign_id=? LIMIT 1", [campaign_id]).fetchone()
    said = inbox.Campaigning(target["id"], {"status": "yes"})
    person, key = target["conversation_id"], "panel:0123456789abcdef"
    reply = inbox.reply(
        db, person, "See you there!", by=room.coordinator, key=key, rules=rules, now=NOON, campaigning=said
    )
    job, _ = claims.claim_next(db, seat, rules, now=NOON)
    assert job is not None
    flight.submit(db, seat, job, 1, rules, valid_for=timedelta(hours=1), now=NOON)
    recording.record(db, target["id"], "status", "no", by=room.coordinator, now=NOON + 1)
    if not changed:
        recording.record(db, target["id"], "status", "yes", by=room.coordinator, now=NOON + 2)
    flight.release(db, seat, job, "The network is busy.", now=NOON + 3, seq=1)
    assert (claims.claim_next(db, seat, rules, now=NOON + 4)[0] is None) is changed
    assert (outbox.load(db, reply)["state"] == "awaiting") is changed


def test_an_edited_card_that_is_open_while_the_campaign_changes_is_read_again(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = started(db, room, rules)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    card = cards.next_card(db, room.volunteer, rules=rules, now=NOON)
    assert card is not None
    outbox.edit(db, card.id, OWN, by=room.volunteer, seen=card.seen, rules=rules, now=NOON)
    seen = outbox.seen(outbox.load(db, card.id))
    campaigns.save(
        db, campaign_id, by=room.coordinator, now=NOON, seen_revision=2, facts={**FACTS, "hour": "19:00"}
    )
    with pytest.raises(StaleMessage, match="changed"):
        outbox.approve(db, card.id, by=room.volunteer, seen=seen, rules=rules, now=NOON)


def test_options_and_name_make_nothing_stale(db: sqlite3.Connection, room: Room, rules: Rules) -> None:
    campaign_id = started(db, room, rules)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    card = cards.next_card(db, room.volunteer, rules=rules, now=NOON)
    assert card is not None
    campaigns.save(db, campaign_id, by=room.coordinator, now=NOON, seen_revision=2, name="Another name")
    outbox.approve(db, card.id, by=room.volunteer, seen=card.seen, rules=rules, now=NOON)


def test_a_canary_whose_texts_were_taken_back_is_no_canary(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = started(db, room, rules, canary=2)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    for _ in range(2):
        send_next(db, room.volunteer, rules)
    campaigns.save(
        db, campaign_id, by=room.coordinator, now=NOON, seen_revision=2, facts={**FACTS, "hour": "19:00"}
    )
    canary.judge(db, now=NOON + HOUR_MS)
    assert campaigns.load(db, campaign_id).canary == "open"


def test_a_first_text_that_has_begun_to_leave_is_not_offered_again(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = started(db, room, rules)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    card = send_next(db, room.volunteer, rules)
    db.execute("UPDATE message SET submitted_at=?, iccid='8901', total=2 WHERE id=?", [NOON, card.id])
    outbox.expire(db, now=NOON + 24 * HOUR_MS)
    assert outbox.load(db, card.id)["state"] == "expired"
    assert (
        db.execute("SELECT state FROM target WHERE message_id=?", [card.id]).fetchone()["state"] == "texted"
    )


def test_a_text_written_again_stays_its_campaigns(db: sqlite3.Connection, room: Room, rules: Rules) -> None:
    campaign_id = started(db, room, rules)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    card = send_next(db, room.volunteer, rules)
    db.execute(
        "UPDATE message SET state='uncertain', submitted_at=?, iccid='8901' WHERE id=?", [NOON, card.id]
    )
    again = settling.resend(db, card.id, by=room.volunteer, key="again", rules=rules, now=NOON)
    campaigns.pause(db, campaign_id, by=room.coordinator)
    with pytest.raises(Refused, match="paused"):
        outbox.approve(
            db, again, by=room.volunteer, seen=outbox.seen(outbox.load(db, again)), rules=rules, now=NOON
        )
    campaigns.close(db, campaign_id, by=room.coordinator, now=NOON)
    assert outbox.load(db, again)["state"] == "withdrawn"
    with pytest.raises(Refused, match="campaign is closed"):  # else it is a card that no Send takes
        settling.resend(db, card.id, by=room.volunteer, key="once more", rules=rules, now=NOON)


def test_nobody_skips_or_opens_a_card_of_anothers_batch(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = started(db, room, rules)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    card = cards.next_card(db, room.volunteer, rules=rules, now=NOON)
    assert card is not None
    later = NOON + HOUR_MS - 1  # the conversation's hold is stale by now, the batch is not
    for act in (outbox.skip, outbox.later):
        with pytest.raises(Refused):
            act(db, card.id, by=room.other, now=later)
    assert gate.in_anothers_batch(db, outbox.load(db, card.id), room.other)
    assert not gate.in_anothers_batch(db, outbox.load(db, card.id), room.coordinator)


def test_a_small_cap_still_lets_somebody_take_people(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = started(db, room, rules, most_held=4)
    assert assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON) == 4
