"""A coordinator's hand on the batches: who holds whom, taken back, handed to another."""

import sqlite3
from collections.abc import Callable
from functools import partial

import pytest

from gateway import assignments, batches, cards, conversations, enrolment, optouts, outbox
from gateway.errors import Refused
from gateway.rules import Rules
from tests.campaigning import PEOPLE, SIMS, Hall, bring_in, started
from tests.gateway.conftest import NOON, Room


@pytest.fixture
def campaign_id(db: sqlite3.Connection, room: Room, rules: Rules) -> int:
    """A campaign of which the volunteer holds everybody; the first card is on their screen."""
    made = started(db, room.coordinator, rules, now=NOON)
    assignments.take(db, made, room.volunteer, rules, SIMS, now=NOON)
    assert cards.next_card(db, room.volunteer, rules=rules, now=NOON) is not None
    return made


def test_who_holds_how_many_and_since_when(db: sqlite3.Connection, room: Room, campaign_id: int) -> None:
    (batch,) = batches.batches(db, campaign_id)
    assert (batch.user_id, batch.name, batch.people, batch.since) == (
        room.volunteer.id,
        room.volunteer.name,
        len(PEOPLE),
        NOON,
    )


def test_a_batch_that_is_handed_over_is_at_once_the_others_with_the_card_that_was_open(
    db: sqlite3.Connection, room: Room, rules: Rules, campaign_id: int
) -> None:
    open_card = cards.next_card(db, room.volunteer, rules=rules, now=NOON)
    assert open_card is not None
    moved = batches.move(db, campaign_id, room.volunteer.id, room.other.id, by=room.coordinator, now=NOON + 1)
    assert moved == len(PEOPLE)
    assert cards.next_card(db, room.volunteer, rules=rules, now=NOON + 2) is None
    card = cards.next_card(db, room.other, rules=rules, now=NOON + 2)
    assert card is not None
    assert card.id == open_card.id
    assert f"{room.other.name} " in card.text
    with pytest.raises(Refused, match="Somebody else has this text now"):
        outbox.approve(db, card.id, by=room.volunteer, seen=open_card.seen, rules=rules, now=NOON + 3)
    outbox.approve(db, card.id, by=room.other, seen=card.seen, rules=rules, now=NOON + 3)


def test_what_is_taken_back_can_be_taken_by_others_now(
    db: sqlite3.Connection, room: Room, rules: Rules, campaign_id: int
) -> None:
    assert batches.take_back(db, campaign_id, room.volunteer.id, by=room.coordinator) == len(PEOPLE)
    card = cards.next_card(db, room.other, rules=rules, now=NOON + 1)  # the drafted one is everybody's
    assert card is not None
    assert assignments.take(db, campaign_id, room.other, rules, SIMS, now=NOON + 2) == len(PEOPLE) - 1


def test_who_was_texted_is_not_moved(
    db: sqlite3.Connection, room: Room, rules: Rules, campaign_id: int
) -> None:
    card = cards.next_card(db, room.volunteer, rules=rules, now=NOON)
    assert card is not None
    outbox.approve(db, card.id, by=room.volunteer, seen=card.seen, rules=rules, now=NOON)
    assert (
        batches.move(db, campaign_id, room.volunteer.id, room.other.id, by=room.coordinator, now=NOON)
        == len(PEOPLE) - 1
    )
    row = db.execute("SELECT holder_id FROM conversation WHERE id=?", [card.conversation_id]).fetchone()
    assert row["holder_id"] == room.volunteer.id


def test_nobody_gets_more_than_the_most_and_nobody_who_does_not_send(
    db: sqlite3.Connection, room: Room, rules: Rules, campaign_id: int
) -> None:
    db.execute(
        "UPDATE campaign SET options=json_set(options, '$.most_held', ?) WHERE id=?",
        [len(PEOPLE) - 1, campaign_id],
    )
    with pytest.raises(Refused, match="6 people open, and 5 are the most"):
        batches.move(db, campaign_id, room.volunteer.id, room.other.id, by=room.coordinator, now=NOON)
    with pytest.raises(Refused, match="does not send texts"):
        batches.move(db, campaign_id, room.volunteer.id, room.technician.id, by=room.coordinator, now=NOON)
    with pytest.raises(Refused, match="coordinator"):
        batches.take_back(db, campaign_id, room.volunteer.id, by=room.other)
    assert batches.batches(db, campaign_id)[0].people == len(PEOPLE)


def steps(db: sqlite3.Connection, act: Callable[[], object]) -> int:
    """In hundreds of its steps, what SQLite did for it: a measure without a clock."""
    done = 0

    def count() -> None:
        nonlocal done
        done += 1

    db.set_progress_handler(count, 100)
    act()
    db.set_progress_handler(None, 0)
    return done


def test_a_file_of_opt_outs_makes_no_offer_and_no_batch_slower(hall: Hall, room: Room, rules: Rules) -> None:
    """Review r6, 4: home, a campaign's page, and the lock under which a batch is taken, read everybody whom a file had brought out."""
    campaign_id = hall.started(batch=2)
    offers = partial(assignments.offers, hall.db, room.volunteer, rules, SIMS, now=NOON)
    page = partial(enrolment.progress, hall.db, campaign_id)
    before = [
        steps(hall.db, lambda: hall.take(campaign_id, "volunteer")),
        *(steps(hall.db, act) for act in (offers, page)),
    ]
    numbers = [f"+1202556{at:04d}" for at in range(2000)]
    optouts.opt_out_strangers(hall.db, numbers, by=room.coordinator, now=NOON)
    conversations.ensure_all(hall.db, ((number, "", None) for number in numbers), now=NOON)
    after = [
        steps(hall.db, lambda: hall.take(campaign_id, "other")),
        *(steps(hall.db, act) for act in (offers, page)),
    ]
    assert [now <= then + 5 for then, now in zip(before, after, strict=True)] == [True] * 3


def test_a_batch_of_a_long_list_is_taken_as_fast_as_one_of_a_short_one(hall: Hall, room: Room) -> None:
    """The write lock is held for it: nobody of the list is counted meanwhile."""
    short = hall.started(batch=2)
    names = tuple(f"Name {at}" for at in range(800))
    long = hall.started("Long", list_id=bring_in(hall.db, names, first=1000, now=NOON), batch=2)
    of_short = steps(hall.db, lambda: hall.take(short, "volunteer"))
    assert steps(hall.db, lambda: hall.take(long, "other")) <= of_short + 5


def test_of_a_very_long_list_all_count_whom_nobody_has_taken(
    hall: Hall, room: Room, rules: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall.started()
    person = hall.db.execute("SELECT conversation_id AS id FROM target LIMIT 1").fetchone()["id"]
    optouts.opt_out(hall.db, person, source="coordinator", by=room.coordinator, reason="", now=NOON)
    (offer,) = assignments.offers(hall.db, room.volunteer, rules, SIMS, now=NOON)
    assert offer.left == len(PEOPLE) - 1
    monkeypatch.setattr(assignments, "EXACT", len(PEOPLE) - 2)
    (offer,) = assignments.offers(hall.db, room.volunteer, rules, SIMS, now=NOON)
    assert offer.left == len(PEOPLE)
