"""The last act is taken back, whatever it was; a skip only while nothing else happened to that person."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway import assignments, campaigns, cards, conversations, outbox, undoing
from gateway.errors import Refused, StaleMessage
from gateway.people import User
from gateway.rules import HOUR_MS, Rules
from tests.campaigning import SIMS, bring_in, started
from tests.gateway.conftest import NOON, Desk, Room

SOON = NOON + 2_000


@pytest.fixture
def rules(rules: Rules) -> Rules:
    return replace(rules, undo_ms=5_000)


@pytest.fixture
def list_id(db: sqlite3.Connection) -> int:
    return bring_in(db, now=NOON)


@pytest.fixture
def card(db: sqlite3.Connection, room: Room, rules: Rules, list_id: int) -> cards.Card:
    """The first card of a campaign's batch, skipped by the volunteer."""
    campaign_id = started(db, room.coordinator, rules, now=NOON, list_id=list_id, cool_down_days=0)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    shown = cards.next_card(db, room.volunteer, rules=rules, now=NOON)
    assert shown is not None
    outbox.skip(db, shown.id, by=room.volunteer, now=NOON)
    return shown


def last(db: sqlite3.Connection, user: User, rules: Rules, *, now: int = SOON) -> tuple[str, int] | None:
    act = undoing.last_act(db, user, rules=rules, now=now)
    return (act.act, act.id) if act else None


def target(db: sqlite3.Connection, message_id: int) -> tuple[object, ...]:
    query = "SELECT state, live, holder_id FROM target WHERE message_id=?"
    return tuple(db.execute(query, [message_id]).fetchone())


def test_a_skip_taken_back_is_a_card_in_the_same_batch_and_counts_nowhere(
    db: sqlite3.Connection, room: Room, rules: Rules, card: cards.Card
) -> None:
    assert target(db, card.id) == ("skipped", 0, None)
    assert last(db, room.volunteer, rules) == ("skip", card.id)
    undoing.take_back(db, card.id, "skip", by=room.volunteer, rules=rules, now=SOON)
    assert target(db, card.id) == ("held", 1, room.volunteer.id)
    again = cards.card(db, card.id, room.volunteer, rules=rules, now=SOON)
    assert (again.text, again.name) == (card.text, card.name)
    with pytest.raises(StaleMessage):  # the form from before the skip approves nothing
        outbox.approve(db, card.id, by=room.volunteer, seen=card.seen, rules=rules, now=SOON)
    outbox.approve(db, card.id, by=room.volunteer, seen=again.seen, rules=rules, now=SOON)
    assert target(db, card.id)[0] == "texted"


def test_the_last_act_is_what_the_key_takes_back(
    db: sqlite3.Connection, room: Room, rules: Rules, card: cards.Card
) -> None:
    """After a skip it took back the text before."""
    second = cards.next_card(db, room.volunteer, rules=rules, now=NOON)
    assert second is not None
    outbox.approve(db, second.id, by=room.volunteer, seen=second.seen, rules=rules, now=NOON + 1_000)
    assert last(db, room.volunteer, rules) == ("approve", second.id)
    third = cards.next_card(db, room.volunteer, rules=rules, now=NOON + 1_000)
    assert third is not None
    outbox.later(db, third.id, by=room.volunteer, now=NOON + 1_500)
    assert last(db, room.volunteer, rules) == ("later", third.id)
    undoing.take_back(db, third.id, "later", by=room.volunteer, rules=rules, now=SOON)
    following = cards.next_card(db, room.volunteer, rules=rules, now=SOON)
    assert following is not None
    assert following.id == third.id
    # One after the other, each as long as its own time lasts; and nobody else's.
    assert last(db, room.volunteer, rules) == ("approve", second.id)
    outbox.undo(db, second.id, by=room.volunteer, now=SOON)
    assert last(db, room.volunteer, rules) == ("skip", card.id)
    assert last(db, room.other, rules) is None
    assert last(db, room.volunteer, rules, now=NOON + 5_000) is None


def opted_out(db: sqlite3.Connection, room: Room, desk: Desk, card: cards.Card) -> None:
    desk.stop(card.number, now=NOON + 1_000)


def wrote(db: sqlite3.Connection, room: Room, desk: Desk, card: cards.Card) -> None:
    db.execute("UPDATE conversation SET last_in_at=? WHERE id=?", [NOON + 1_000, card.conversation_id])


def in_another_hand(db: sqlite3.Connection, room: Room, desk: Desk, card: cards.Card) -> None:
    conversations.hold(db, card.conversation_id, room.other, now=NOON + 1_000)


def written_to(db: sqlite3.Connection, room: Room, desk: Desk, card: cards.Card) -> None:
    desk.draft(card.number, "By hand", now=NOON + 1_000)


def closed(db: sqlite3.Connection, room: Room, desk: Desk, card: cards.Card) -> None:
    campaigns.close(db, 1, by=room.coordinator, now=NOON + 1_000)


def in_another_campaign(db: sqlite3.Connection, room: Room, desk: Desk, card: cards.Card) -> None:
    list_id = db.execute("SELECT max(id) FROM contact_list").fetchone()[0]
    made = started(db, room.coordinator, desk.rules, "Second", now=NOON, list_id=list_id, cool_down_days=0)
    row = db.execute("SELECT count(*) FROM target WHERE campaign_id=? AND live=1", [made]).fetchone()
    assert row[0] == 1


@pytest.mark.parametrize(
    ("happened", "said"),
    [
        (opted_out, "Rosa asked to stop"),
        (wrote, "Rosa wrote meanwhile"),
        (in_another_hand, "Somebody else has this conversation"),
        (written_to, "Something else was written to Rosa"),
        (closed, "“Rent hearing” is closed"),
        (in_another_campaign, "Rosa is in “Second” now"),
    ],
)
def test_a_skip_stays_when_anything_else_happened_to_that_person(
    happened: Callable[..., None], said: str, db: sqlite3.Connection, room: Room, desk: Desk, card: cards.Card
) -> None:
    desk.rules = replace(desk.rules, undo_ms=5_000)
    happened(db, room, desk, card)
    with pytest.raises(Refused, match=f"{said}.*The skip stays"):
        undoing.take_back(db, card.id, "skip", by=room.volunteer, rules=desk.rules, now=SOON)
    assert outbox.load(db, card.id)["state"] == "skipped"
    assert target(db, card.id)[:2] == ("skipped", 0)


def test_a_skip_is_taken_back_when_the_other_campaign_of_that_person_is_closed(
    db: sqlite3.Connection, room: Room, desk: Desk, card: cards.Card
) -> None:
    desk.rules = replace(desk.rules, undo_ms=5_000)
    in_another_campaign(db, room, desk, card)
    other = db.execute("SELECT max(id) FROM campaign").fetchone()[0]
    campaigns.close(db, other, by=room.coordinator, now=NOON + 1_000)
    undoing.take_back(db, card.id, "skip", by=room.volunteer, rules=desk.rules, now=SOON)
    assert target(db, card.id) == ("held", 1, room.volunteer.id)


def test_a_skip_is_taken_back_by_whoever_skipped_and_only_right_after(
    db: sqlite3.Connection, room: Room, rules: Rules, card: cards.Card
) -> None:
    for user in (room.other, room.coordinator, room.technician):
        with pytest.raises(Refused, match="Only the person who skipped"):
            undoing.take_back(db, card.id, "skip", by=user, rules=rules, now=SOON)
    late = NOON + rules.undo_ms + undoing.LATE_MS
    for moment in (late + 1, NOON - 1):
        with pytest.raises(Refused, match="too late"):
            undoing.take_back(db, card.id, "skip", by=room.volunteer, rules=rules, now=moment)
    for _ in range(2):
        undoing.take_back(db, card.id, "skip", by=room.volunteer, rules=rules, now=late)
    with pytest.raises(Refused, match="not skipped any more"):
        undoing.take_back(db, card.id, "skip", by=room.coordinator, rules=rules, now=late)


def test_a_text_of_no_campaign_that_was_skipped_comes_back_too(
    db: sqlite3.Connection, room: Room, rules: Rules, desk: Desk
) -> None:
    made = desk.draft()
    shown = cards.next_card(db, room.volunteer, rules=rules, now=NOON)
    assert shown is not None
    outbox.skip(db, made, by=room.volunteer, now=NOON)
    undoing.take_back(db, made, "skip", by=room.volunteer, rules=rules, now=SOON)
    assert desk.state(made) == "awaiting"
    assert cards.next_card(db, room.other, rules=rules, now=SOON) is None, "it is the volunteer's again"


def test_a_later_that_is_over_is_not_taken_back(
    db: sqlite3.Connection, room: Room, rules: Rules, desk: Desk
) -> None:
    made = desk.draft()
    outbox.later(db, made, by=room.volunteer, now=NOON)
    with pytest.raises(Refused, match="does not wait for later"):
        undoing.take_back(db, made, "later", by=room.volunteer, rules=rules, now=NOON + HOUR_MS)


def test_an_act_of_before_the_clock_stepped_back_is_as_old_as_this_moment(
    db: sqlite3.Connection, room: Room, rules: Rules, card: cards.Card
) -> None:
    """The key said "in 3605 s"."""
    hour_ago = NOON - HOUR_MS
    act = undoing.last_act(db, room.volunteer, rules=rules, now=hour_ago)
    assert act is not None
    assert act.undo_until == hour_ago + rules.undo_ms
