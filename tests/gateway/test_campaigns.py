"""Campaigns in the store: a start that is whole, batches, cards merged for who sees them, the canary, a pause, an end."""

import json
import sqlite3
from datetime import date

import pytest

from gateway import (
    assignments,
    campaigns,
    canary,
    cards,
    claims,
    conversations,
    enrolment,
    optouts,
    outbox,
    people,
    secondreader,
    timekeeper,
)
from gateway.errors import Refused, StaleMessage
from gateway.factwords import over
from gateway.kinds import kind
from gateway.planning import SimRoom
from gateway.policy import Limits
from gateway.rules import DAY_MS, HOUR_MS, Rules
from tests.campaigning import FACTS, PEOPLE, SIMS, bring_in, drafted
from tests.campaigning import started as started_at
from tests.gateway.conftest import NOON, Room

OWN = "Hi, Elm Street in my own words. STOP to end."


def started(db: sqlite3.Connection, room: Room, rules: Rules, name: str = "Rent hearing", **more: int) -> int:
    return started_at(db, room.coordinator, rules, name, now=NOON, **more)


def send_next(db: sqlite3.Connection, user: people.User, rules: Rules, *, now: int = NOON) -> cards.Card:
    card = cards.next_card(db, user, rules=rules, now=now)
    assert card is not None
    outbox.approve(db, card.id, by=user, seen=card.seen, rules=rules, now=now)
    return card


def states(db: sqlite3.Connection, campaign_id: int) -> dict[str, int]:
    rows = db.execute(
        "SELECT state, count(*) AS n FROM target WHERE campaign_id=? GROUP BY state", [campaign_id]
    )
    return {row["state"]: row["n"] for row in rows}


def test_a_volunteer_takes_a_batch_and_each_card_is_merged_for_them(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = started(db, room, rules)
    assert assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON) == len(PEOPLE)

    card = cards.next_card(db, room.volunteer, rules=rules, now=NOON)

    assert card is not None
    assert card.text.startswith(
        "This is volunteer with Elm Street. Will you join us for The rent hearing, Thursday, December 3"
    )
    assert ("mark", "Union Hall") in card.parts
    assert card.listed == (("building", "0 Oak Street"),)
    assert db.execute("SELECT count(*) FROM message").fetchone()[0] == 1  # nobody else's words exist yet


def test_a_volunteer_reads_no_second_number_of_the_list(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = started(db, room, rules)
    db.execute("UPDATE contact SET fields=?", [json.dumps({"whatsapp": "+1 202 555 0100", "ward": "12"})])
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    card = cards.next_card(db, room.volunteer, rules=rules, now=NOON)
    assert card is not None
    assert card.listed == (("whatsapp", "•••00"), ("ward", "12"))


def test_nobody_is_in_two_batches(db: sqlite3.Connection, room: Room, rules: Rules) -> None:
    campaign_id = started(db, room, rules, batch=4)
    assert assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON) == 4
    assert assignments.take(db, campaign_id, room.other, rules, SIMS, now=NOON) == 2
    with pytest.raises(Refused, match="taken"):
        assignments.take(db, campaign_id, room.coordinator, rules, SIMS, now=NOON)
    mine = {send_next(db, room.volunteer, rules).name for _ in range(4)}
    theirs = {send_next(db, room.other, rules).name for _ in range(2)}
    assert mine | theirs == set(PEOPLE)
    assert not mine & theirs


def test_a_start_is_refused_with_every_reason(db: sqlite3.Connection, room: Room, rules: Rules) -> None:
    campaign_id = campaigns.create(db, "Empty", "event", "en", by=room.coordinator, now=NOON)
    with pytest.raises(Refused, match=r"“Day” is not filled in\..*no list of people"):
        enrolment.start(db, campaign_id, by=room.coordinator, rules=rules, now=NOON, needs_review=False)


def test_a_volunteer_runs_no_campaigns(db: sqlite3.Connection, room: Room) -> None:
    for user in (room.volunteer, room.trainee, room.technician):
        with pytest.raises(Refused, match="coordinator"):
            campaigns.create(db, "x", "event", "en", by=user, now=NOON)


def test_one_open_campaign_for_a_number(db: sqlite3.Connection, room: Room, rules: Rules) -> None:
    list_id = bring_in(db, now=NOON)
    started(db, room, rules, list_id=list_id)
    with pytest.raises(Refused, match="Nobody of its list"):
        started(db, room, rules, "Second", list_id=list_id)
    reasons = {row["reason"] for row in db.execute("SELECT reason FROM target WHERE live=0")}
    assert reasons == {"Is in “Rent hearing”, which is open."}


def test_who_asked_to_stop_is_left_out_and_who_stops_later_gets_no_card(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    list_id = bring_in(db, now=NOON)
    rosa = conversations.ensure(db, "+12025550100", now=NOON)
    optouts.opt_out(db, rosa, source="import", by=None, reason="", now=NOON)
    campaign_id = started(db, room, rules, list_id=list_id)
    assert states(db, campaign_id) == {"open": 5, "out": 1}
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    luis = conversations.ensure(db, "+12025550101", now=NOON)
    optouts.opt_out(db, luis, source="import", by=None, reason="", now=NOON)
    names = {send_next(db, room.volunteer, rules).name for _ in range(4)}
    assert names == {"Ada", "Sam", "Mei", "Theo"}
    assert cards.next_card(db, room.volunteer, rules=rules, now=NOON) is None


def test_a_change_of_the_facts_puts_what_was_approved_back_with_the_new_words(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = started(db, room, rules)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    card = send_next(db, room.volunteer, rules)
    campaigns.save(
        db, campaign_id, by=room.coordinator, now=NOON, seen_revision=2, facts={**FACTS, "hour": "19:00"}
    )

    again = cards.card(db, card.id, room.volunteer, rules=rules, now=NOON)

    assert "7 pm" in again.text
    assert again.reason == "The campaign was changed after this was written."
    assert states(db, campaign_id) == {"held": 6}
    with pytest.raises(StaleMessage):
        outbox.approve(db, card.id, by=room.volunteer, seen=card.seen, rules=rules, now=NOON)
    outbox.approve(db, card.id, by=room.volunteer, seen=again.seen, rules=rules, now=NOON)
    assert states(db, campaign_id) == {"held": 5, "texted": 1}


def test_an_open_card_from_before_a_change_cannot_be_approved(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = started(db, room, rules)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    card = cards.next_card(db, room.volunteer, rules=rules, now=NOON)
    assert card is not None
    campaigns.save(
        db, campaign_id, by=room.coordinator, now=NOON, seen_revision=2, facts={**FACTS, "hour": "19:00"}
    )
    with pytest.raises(Refused, match="changed"):
        outbox.approve(db, card.id, by=room.volunteer, seen=card.seen, rules=rules, now=NOON)


def test_a_batch_given_back_is_merged_for_whoever_takes_it(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = started(db, room, rules)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    card = cards.next_card(db, room.volunteer, rules=rules, now=NOON)
    assert card is not None
    people.let_go(db, room.volunteer)
    theirs = cards.next_card(db, room.other, rules=rules, now=NOON)
    assert theirs is not None
    assert theirs.id == card.id
    assert "other" in theirs.text
    assert "volunteer" not in theirs.text
    assert states(db, campaign_id) == {"held": 1, "open": 5}


def test_a_batch_that_nobody_touches_comes_free(db: sqlite3.Connection, room: Room, rules: Rules) -> None:
    campaign_id = started(db, room, rules)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    assert assignments.free_stale(db, now=NOON + HOUR_MS - 1) == 0
    assert assignments.free_stale(db, now=NOON + HOUR_MS) == len(PEOPLE)
    assert states(db, campaign_id) == {"open": 6}


def test_a_batch_taken_by_a_clock_that_was_ahead_comes_free_too(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id, ahead = started(db, room, rules), NOON + 7 * DAY_MS
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=ahead)
    card = cards.next_card(db, room.volunteer, rules=rules, now=ahead)
    assert card is not None
    outbox.approve(db, card.id, by=room.volunteer, seen=card.seen, rules=rules, now=ahead)
    timekeeper.settle(db, rules.zone, now=NOON)
    assert assignments.free_stale(db, now=NOON + HOUR_MS) == len(PEOPLE) - 1


def test_the_canary_holds_until_its_texts_have_arrived(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = started(db, room, rules, canary=2)
    assert assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON) == 2
    ids = [send_next(db, room.volunteer, rules).id for _ in range(2)]
    with pytest.raises(Refused, match="The first 2 are out"):
        assignments.take(db, campaign_id, room.other, rules, SIMS, now=NOON)
    assert canary.judge(db, now=NOON) == []
    for message_id in ids:
        db.execute(
            "UPDATE message SET state='delivered', iccid='8901', submitted_at=? WHERE id=?",
            [NOON, message_id],
        )
    assert canary.judge(db, now=NOON + 60_000) == [campaign_id]
    assert assignments.take(db, campaign_id, room.other, rules, SIMS, now=NOON) == 4


def test_a_canary_that_fails_pauses_the_campaign_and_says_why(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = started(db, room, rules, canary=2)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    first, second = [send_next(db, room.volunteer, rules).id for _ in range(2)]
    db.execute(
        "UPDATE message SET state='undelivered', iccid='8901', submitted_at=? WHERE id=?", [NOON, first]
    )
    db.execute("UPDATE message SET state='sent', iccid='8901', submitted_at=? WHERE id=?", [NOON, second])
    assert canary.judge(db, now=NOON + 30 * 60_000) == [campaign_id]
    campaign = campaigns.load(db, campaign_id)
    assert (campaign.state, campaign.canary) == ("paused", "stopped")
    assert campaign.reason.startswith("1 of the first 2 did not arrive")
    campaigns.resume(db, campaign_id, by=room.coordinator)
    assert assignments.take(db, campaign_id, room.other, rules, SIMS, now=NOON) == 4


def test_a_pause_holds_what_was_approved_and_go_on_lets_it_leave(
    db: sqlite3.Connection, room: Room, rules: Rules, seat: claims.Seat
) -> None:
    campaign_id = started(db, room, rules)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    card = send_next(db, room.volunteer, rules)
    campaigns.pause(db, campaign_id, by=room.coordinator)
    assert cards.next_card(db, room.volunteer, rules=rules, now=NOON) is None
    assert claims.claim_next(db, seat, rules, now=NOON)[0] is None
    assert outbox.load(db, card.id)["reason"] == campaigns.PAUSED
    campaigns.resume(db, campaign_id, by=room.coordinator)
    job, _ = claims.claim_next(db, seat, rules, now=NOON)
    assert job is not None
    assert job.message_id == card.id


def test_closing_takes_back_what_has_not_left_and_frees_the_numbers(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    list_id = bring_in(db, now=NOON)
    campaign_id = started(db, room, rules, list_id=list_id, cool_down_days=0)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    card = send_next(db, room.volunteer, rules)
    assert campaigns.close(db, campaign_id, by=room.coordinator, now=NOON) == 1
    assert outbox.load(db, card.id)["state"] == "withdrawn"
    started(db, room, rules, "Second", list_id=list_id)


def test_a_skip_means_never_and_an_expired_text_is_offered_again(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = started(db, room, rules, canary=6)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    card = cards.next_card(db, room.volunteer, rules=rules, now=NOON)
    assert card is not None
    outbox.skip(db, card.id, by=room.volunteer, now=NOON)
    second = send_next(db, room.volunteer, rules)
    outbox.expire(db, now=NOON + 24 * HOUR_MS)
    assert outbox.load(db, second.id)["state"] == "expired"
    assert states(db, campaign_id) == {"skipped": 1, "held": 4, "open": 1}
    tomorrow = NOON + 24 * HOUR_MS
    assignments.give_back(db, room.volunteer.id)
    assignments.take(db, campaign_id, room.other, rules, SIMS, now=tomorrow)
    names = {send_next(db, room.other, rules, now=tomorrow).name for _ in range(5)}
    assert second.name in names
    assert card.name not in names


def test_no_more_people_are_handed_out_than_the_sims_can_take_today(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = started(db, room, rules)
    nearly = [SimRoom("north", "8901", ready=True, limits=Limits(15, 200, 3000), used_today=177)]
    assert assignments.take(db, campaign_id, room.volunteer, rules, nearly, now=NOON) == 3
    with pytest.raises(Refused, match="cannot take more first texts today"):
        assignments.take(db, campaign_id, room.other, rules, nearly, now=NOON)
    with pytest.raises(Refused, match="No modem is ready"):
        assignments.take(db, campaign_id, room.other, rules, [], now=NOON)


def test_no_batch_in_quiet_hours(db: sqlite3.Connection, room: Room, rules: Rules) -> None:
    campaign_id = started(db, room, rules)
    with pytest.raises(Refused, match="between 9 am and 7:50 pm"):
        assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON + 9 * HOUR_MS)


def test_nobody_is_asked_to_what_is_over(db: sqlite3.Connection, room: Room, rules: Rules) -> None:
    """The campaign stood open on the day after its event, and volunteers were offered the people who were left."""
    campaign_id = started(db, room, rules)
    last = NOON + 9 * DAY_MS
    assert assignments.offers(db, room.volunteer, rules, SIMS, now=last)[0].room == 6
    (offer,) = assignments.offers(db, room.volunteer, rules, SIMS, now=last + DAY_MS)
    assert (offer.room, offer.why[:34]) == (0, "Its day, 3 December 2026, is past:")
    with pytest.raises(Refused, match="A coordinator changes the day, or closes it"):
        assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=last + DAY_MS)


@pytest.mark.parametrize(
    ("more", "gone"),
    [({}, True), ({"slot_b": "Sun 2 to 5"}, False), ({"slot_b": "Sun 2 to 5", "day_b": "2026-12-06"}, True)],
)
def test_a_shift_whose_day_nobody_wrote_down_is_not_over(more: dict[str, str], gone: bool) -> None:
    """Volunteers were offered nobody for Sunday's shift on Sunday: only the day of the first one has to be filled in."""
    facts = {"slot_a": "Sat 10 to 1", "day": "2026-12-05", **more}
    assert bool(over(kind("recruitment"), facts, date(2026, 12, 7))) is gone


def test_replies_come_before_new_people(db: sqlite3.Connection, room: Room, rules: Rules) -> None:
    campaign_id = started(db, room, rules)
    luis = conversations.ensure(db, "+12025550199", now=NOON)
    db.execute(
        "UPDATE conversation SET waiting_at=?, holder_id=?, held_at=? WHERE id=?",
        [NOON, room.volunteer.id, NOON, luis],
    )
    with pytest.raises(Refused, match="One person whom you have waits for your answer"):
        assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)


def test_a_colleagues_change_is_not_overwritten(db: sqlite3.Connection, room: Room) -> None:
    campaign_id = drafted(db, room.coordinator, bring_in(db, now=NOON), now=NOON)
    with pytest.raises(Refused, match="Somebody changed this campaign meanwhile"):
        campaigns.save(db, campaign_id, by=room.coordinator, now=NOON, seen_revision=1, name="Other")


def test_a_trainees_changed_words_come_to_a_coordinator_at_once(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    """They stayed in the trainee's batch, where nobody else saw them."""
    campaign_id = started(db, room, rules)
    assignments.take(db, campaign_id, room.trainee, rules, SIMS, now=NOON)
    card = cards.next_card(db, room.trainee, rules=rules, now=NOON)
    assert card is not None
    outbox.edit(db, card.id, OWN, by=room.trainee, seen=card.seen, rules=rules, now=NOON)
    read = cards.next_card(db, room.coordinator, rules=rules, now=NOON + 1)
    assert read is not None
    assert (read.id, read.edited, read.by) == (card.id, True, room.trainee.name)
    outbox.approve(db, read.id, by=room.coordinator, seen=read.seen, rules=rules, now=NOON + 2)
    following = cards.next_card(db, room.trainee, rules=rules, now=NOON + 3)
    assert following is not None
    assert following.name != card.name


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Give money now. STOP to end.", "no longer says who writes"),
        ("Hi, Elm Street here. Come!", "no longer says how to stop"),
        ("Hi {first_name}, Elm Street. STOP to end.", "“{first_name}” would leave as it stands"),
    ],
)
def test_own_words_for_a_first_text_say_what_its_script_must(
    db: sqlite3.Connection, room: Room, rules: Rules, text: str, why: str
) -> None:
    campaign_id = started(db, room, rules)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    card = cards.next_card(db, room.volunteer, rules=rules, now=NOON)
    assert card is not None
    with pytest.raises(Refused, match=why):
        outbox.edit(db, card.id, text, by=room.volunteer, seen=card.seen, rules=rules, now=NOON)
    assert cards.card(db, card.id, room.volunteer, rules=rules, now=NOON).text == card.text


def test_a_second_reader_is_somebody_other_than_whoever_wrote_it_last(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    first = drafted(db, room.coordinator, bring_in(db, now=NOON), now=NOON)
    with pytest.raises(Refused, match="you wrote what stands there now"):
        secondreader.review(db, first, by=room.coordinator, seen_revision=2)
    other = people.create(db, "Olu", "coordinator", now=NOON)
    campaigns.save(db, first, by=other, now=NOON, seen_revision=2, name="Hearing")
    with pytest.raises(Refused, match="you wrote what stands there now"):
        secondreader.review(db, first, by=other, seen_revision=3)
    with pytest.raises(Refused, match="changed after you opened it"):
        secondreader.review(db, first, by=room.coordinator, seen_revision=2)
    secondreader.review(db, first, by=room.coordinator, seen_revision=3)
    campaigns.save(db, first, by=other, now=NOON, seen_revision=3, name="The hearing")
    assert campaigns.load(db, first).reviewed_by is None, "a change asks for a reader again"
