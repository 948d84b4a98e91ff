"""No new people while those who wrote, and those who will soon, are more than the room can answer."""

import sqlite3

from gateway import conversations, governor
from gateway.rules import HOUR_MS, Rules
from tests.campaigning import bring_in, started
from tests.gateway.conftest import NOON, Room

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
