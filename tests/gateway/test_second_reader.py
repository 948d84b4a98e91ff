"""Where the group wants a second reader, nobody's own words leave alone: not at the start, and not while it runs."""

import sqlite3

import pytest

from gateway import assignments, campaigns, cards, enrolment, outbox, reminders, scriptedit
from gateway.errors import Refused
from gateway.rules import Rules
from tests.campaigning import FACTS, SIMS
from tests.gateway.conftest import NOON, Room
from tests.gateway.test_campaigns import send_next, started
from tests.gateway.test_reminders import DAY, DUE, approve, said_yes, waiting


def reworded(db: sqlite3.Connection, room: Room, rules: Rules, campaign_id: int) -> int:
    """The coordinator alone puts other words into what runs; returns the revision."""
    campaign = campaigns.load(db, campaign_id)
    words = "{organisation}: something nobody else has read. STOP to end."
    return campaigns.save(
        db,
        campaign_id,
        by=room.coordinator,
        now=NOON,
        seen_revision=campaign.revision,
        script=scriptedit.with_wording(campaign.script, "0", words),
        blocking=lambda changed: enrolment.blocking(db, changed, rules),
        needs_review=True,
    )


def test_words_that_nobody_else_has_read_pause_what_runs_until_somebody_has(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = started(db, room, rules)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    seen = reworded(db, room, rules, campaign_id)
    campaign = campaigns.load(db, campaign_id)
    assert (campaign.state, campaign.reviewed_by) == ("paused", None)
    assert "A second coordinator reads it" in campaign.reason
    assert cards.next_card(db, room.volunteer, rules=rules, now=NOON) is None

    def go_on(by: object, revision: int) -> None:
        campaigns.resume(db, campaign_id, by=by, seen_revision=revision, needs_review=True)  # type: ignore[arg-type]

    with pytest.raises(Refused, match="Somebody else reads it"):
        go_on(room.coordinator, seen)
    with pytest.raises(Refused, match="Read it again"):
        go_on(room.admin, seen - 1)
    go_on(room.admin, seen)
    campaign = campaigns.load(db, campaign_id)
    assert (campaign.state, campaign.reviewed_by) == ("running", room.admin.id)
    send_next(db, room.volunteer, rules)


def test_another_name_asks_for_no_reader_and_takes_none_away(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = started(db, room, rules)
    seen = reworded(db, room, rules, campaign_id)
    campaigns.resume(db, campaign_id, by=room.admin, seen_revision=seen, needs_review=True)
    campaigns.save(
        db, campaign_id, by=room.coordinator, now=NOON, seen_revision=seen, name="Hearing", needs_review=True
    )
    assert campaigns.load(db, campaign_id).state == "running"
    campaigns.pause(db, campaign_id, by=room.coordinator)
    campaigns.resume(db, campaign_id, by=room.coordinator, seen_revision=seen + 1, needs_review=True)
    assert campaigns.load(db, campaign_id).state == "running"


def keep(db: sqlite3.Connection, room: Room, campaign_id: int, **facts: str) -> None:
    """The form of name and facts, which always sends all of them."""
    campaign = campaigns.load(db, campaign_id)
    campaigns.save(
        db,
        campaign_id,
        by=room.coordinator,
        now=NOON,
        seen_revision=campaign.revision,
        name=f"{campaign.name} 2",
        facts={**FACTS, **facts},
    )


def test_a_form_that_changes_the_name_alone_takes_back_no_approval_and_no_reminder(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id, _ = said_yes(db, room, rules)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    card = send_next(db, room.volunteer, rules)
    reminders.draft_due(db, rules, now=DUE - DAY)
    (reminder,) = waiting(db)
    approve(db, reminder["id"], room, rules, now=DUE - DAY)
    open_card = cards.next_card(db, room.volunteer, rules=rules, now=NOON)
    assert open_card is not None

    keep(db, room, campaign_id)
    assert outbox.load(db, card.id)["state"] == "approved"
    assert outbox.load(db, reminder["id"])["state"] == "approved"
    outbox.approve(db, open_card.id, by=room.volunteer, seen=open_card.seen, rules=rules, now=NOON)

    keep(db, room, campaign_id, hour="19:00")
    assert outbox.load(db, card.id)["state"] == "awaiting"
    assert outbox.load(db, reminder["id"])["state"] == "withdrawn"
