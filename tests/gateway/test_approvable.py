"""What may be approved: nothing to who may have asked to stop, nothing that cannot leave, nothing that is another than it shows."""

import sqlite3
from datetime import UTC, datetime

import pytest

from gateway import arrivals, assignments, cards, inbox, outbox, recording, reminders, store
from gateway.errors import Refused
from gateway.rules import Rules
from hardware.pdu import encode_deliver, segment
from tests.campaigning import SIMS
from tests.gateway.conftest import ICCID, NOON, Room
from tests.gateway.test_campaigns import send_next, started

ROSA, LUIS = "+12025550100", "+12025550101"
EVE = int(datetime(2026, 12, 1, 21, 0, tzinfo=UTC).timestamp() * 1000)  # a day before the reminder is due
PERHAPS = "STOP the bill! count me in"


def wrote(db: sqlite3.Connection, rules: Rules, number: str, text: str, *, now: int = NOON) -> int:
    """They wrote this; returns their conversation."""
    pdu = "00" + encode_deliver(number, segment(text), timestamp=store.moment(now)).hex()
    arrivals.keep(
        db, [arrivals.Received(pdu, "SM", 1)], arrivals.Seen("north", ICCID), rules, now=now
    )
    return int(db.execute("SELECT id FROM conversation WHERE number=?", [number]).fetchone()["id"])


def texted(db: sqlite3.Connection, number: str) -> int:
    """They have had their first text; returns their target."""
    row = db.execute(
        "SELECT t.id FROM target t JOIN conversation c ON c.id=t.conversation_id WHERE c.number=?", [number]
    ).fetchone()
    db.execute("UPDATE target SET state='texted', texted_at=? WHERE id=?", [NOON, row["id"]])
    return int(row["id"])


def names(db: sqlite3.Connection, user: object, rules: Rules, *, now: int = NOON) -> list[str]:
    """Whose cards come up one after the other, each put off for later."""
    found: list[str] = []
    while (card := cards.next_card(db, user, rules=rules, now=now)) and card.name not in found:  # type: ignore[arg-type]
        found.append(card.name)
        outbox.later(db, card.id, by=user, now=now)  # type: ignore[arg-type]
    return found


def test_whoever_may_have_asked_to_stop_has_no_card_until_somebody_says_no_go_on(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = started(db, room, rules)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    rosa = wrote(db, rules, ROSA, PERHAPS)
    assert cards.counts(db, room.volunteer, now=NOON).to_send == 5
    assert "Rosa" not in names(db, room.volunteer, rules)

    inbox.not_opt_out(db, rosa, by=room.volunteer, now=NOON)
    card = next(c for c in iter(lambda: send_next(db, room.volunteer, rules), None) if c.name == "Rosa")
    assert card.waiting == PERHAPS  # and what they wrote stands on it


def test_a_card_that_was_open_when_they_may_have_asked_to_stop_does_not_go(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    campaign_id = started(db, room, rules)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    card = cards.next_card(db, room.volunteer, rules=rules, now=NOON)
    assert card is not None
    wrote(db, rules, ROSA, PERHAPS)
    row = outbox.load(db, card.id)
    assert not cards.decides(db, row, room.volunteer, now=NOON)
    with pytest.raises(Refused, match="may have asked to stop"):
        outbox.approve(db, card.id, by=room.volunteer, seen=outbox.seen(row), rules=rules, now=NOON)
    assert "Rosa" not in names(db, room.volunteer, rules)


def test_whoever_may_have_asked_to_stop_is_answered_and_not_reminded(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    started(db, room, rules)
    recording.record(db, texted(db, ROSA), "status", "yes", by=room.volunteer, now=NOON)
    rosa = wrote(db, rules, ROSA, PERHAPS)
    assert reminders.draft_due(db, rules, now=EVE) == 0
    answer = inbox.reply(
        db, rosa, "Shall we stop texting you?", by=room.volunteer, key="asked", rules=rules, now=NOON
    )
    assert outbox.load(db, answer)["state"] == "approved"

    inbox.not_opt_out(db, rosa, by=room.volunteer, now=NOON)
    assert reminders.draft_due(db, rules, now=EVE) == 1
    wrote(db, rules, ROSA, "please STOP the noise and see you there", now=EVE)
    assert cards.next_card(db, room.other, rules=rules, now=EVE) is None
    (reminder,) = db.execute("SELECT id FROM message WHERE kind=2").fetchall()
    seen = outbox.seen(outbox.load(db, reminder["id"]))
    with pytest.raises(Refused, match="may have asked to stop"):
        outbox.approve(db, reminder["id"], by=room.volunteer, seen=seen, rules=rules, now=EVE)
