"""No new people while those who wrote, and those who will soon, are more than the room can answer."""

import sqlite3

from gateway import conversations, governor, outbox, sessions
from gateway.rules import HOUR_MS, Rules
from tests.campaigning import bring_in, started
from tests.gateway.conftest import ADA, LUIS, NOON, Desk, Room

EACH = 10


def texted(db: sqlite3.Connection, first: int, how_many: int, *, at: int, wrote: int = 0) -> None:
    """So many people got their first text then, and the first of them wrote back."""
    for number in range(first, first + how_many):
        person = conversations.ensure(db, f"+1202555{number:04d}", now=at)
        contact = db.execute(
            "INSERT INTO contact (conversation_id, first_name, name_key, created_at) VALUES (?,'X','x',1)",
            [person],
        ).lastrowid
        text = db.execute(
            "INSERT INTO message (conversation_id, kind, state, text, channel, created_at, expires_at) VALUES (?,3,'skipped','?','panel',?,?)",
            [person, at, at],
        ).lastrowid
        db.execute(
            "INSERT INTO target (campaign_id, contact_id, conversation_id, state, live, message_id, texted_at) VALUES (1,?,?,'texted',0,?,?)",
            [contact, person, text, at],
        )
        if number < first + wrote:
            db.execute("UPDATE conversation SET last_in_at=? WHERE id=?", [at + 1, person])


def test_who_will_write_soon_counts_as_those_did_who_were_texted_before(
    db: sqlite3.Connection, room: Room, rules: Rules
) -> None:
    started(db, room.coordinator, rules, list_id=bring_in(db, now=NOON), now=NOON)
    texted(db, 1000, 40, at=NOON - HOUR_MS, wrote=20)
    assert governor.expected(db, now=NOON) == 0
    assert governor.hold_back(db, EACH, now=NOON) is None
    texted(db, 2000, 30, at=NOON - 60_000)
    assert governor.expected(db, now=NOON) == 15, "half of those before wrote back"
    held = governor.hold_back(db, EACH, now=NOON)
    assert held is not None
    assert "about 15 more will write soon" in held
    assert governor.hold_back(db, 2 * EACH, now=NOON) is None
    assert governor.expected(db, now=NOON + HOUR_MS) == 0, "whoever has not written by then hardly will"


def test_a_few_texts_tell_nothing_yet(db: sqlite3.Connection, room: Room, rules: Rules) -> None:
    started(db, room.coordinator, rules, list_id=bring_in(db, now=NOON), now=NOON)
    texted(db, 1000, governor.ENOUGH - 1, at=NOON - HOUR_MS, wrote=governor.ENOUGH - 1)
    texted(db, 2000, 200, at=NOON)
    assert governor.expected(db, now=NOON) == 0


def test_who_came_in_an_hour_ago_and_sends_is_on_hand(db: sqlite3.Connection, room: Room, desk: Desk) -> None:
    """When a device was here is written once an hour: a whole shift counted as one volunteer for most of it."""
    for who in (room.volunteer, room.other):
        link = sessions.invite(db, who.id, now=NOON - HOUR_MS // 2)
        _, token = sessions.use_link(db, link, device="", now=NOON - HOUR_MS // 2)
        device = sessions.find(db, token, now=NOON)
        assert device is not None
        assert not sessions.touch(db, device, now=NOON)
    for number in range(EACH + 2):
        conversation = conversations.ensure(db, f"+1202555{number:04d}", now=NOON)
        db.execute(
            "UPDATE conversation SET waiting_at=?, last_in_at=? WHERE id=?", [NOON, NOON, conversation]
        )
    assert governor.hold_back(db, EACH, now=NOON) is not None
    for who, number in ((room.volunteer, ADA), (room.other, LUIS)):
        sent = desk.draft(number, now=NOON)
        outbox.approve(db, sent, by=who, seen=outbox.seen(outbox.load(db, sent)), rules=desk.rules, now=NOON)
    assert governor.hold_back(db, EACH, now=NOON + 60_000) is None
    assert governor.hold_back(db, EACH, now=NOON + HOUR_MS) is not None, "they went home"
