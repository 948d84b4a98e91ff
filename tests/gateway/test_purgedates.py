"""After a campaign's purge date only its totals remain, and nothing goes that belongs to anything else."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import (
    assignments,
    backup,
    campaigns,
    cards,
    claims,
    conversations,
    flight,
    ledger,
    outbox,
    purgedates,
    recording,
    search,
    store,
)
from gateway.arrivals import Received, Seen, keep
from gateway.claims import Seat
from gateway.flight import Accepted
from gateway.rules import DAY_MS, Rules
from tests.campaigning import PEOPLE, SIMS, started
from tests.gateway.conftest import ICCID, NOON, Room
from tests.gateway.test_arrivals import deliver

ZONE = "America/New_York"
LATER = NOON + 91 * DAY_MS
NUMBERS = {name: f"+12025550{100 + at}" for at, name in enumerate(PEOPLE)}


def texted(
    db: sqlite3.Connection, room: Room, seat: Seat, rules: Rules, name: str, *, now: int = NOON
) -> None:
    """The first text to whoever is next, by hand to the air."""
    card = cards.next_card(db, room.volunteer, rules=rules, now=now)
    assert card is not None
    assert card.name == name
    outbox.approve(db, card.id, by=room.volunteer, seen=card.seen, rules=rules, now=now)
    job, why = claims.claim_next(db, seat, rules, now=now, only=card.id)
    assert job is not None, why
    for seq in job.todo:
        flight.submit(db, seat, job, seq, rules, valid_for=flight.validity(db, job, rules, now=now), now=now)
        flight.accept(db, seat, Accepted(job, seq, seq, now))


def says(db: sqlite3.Connection, rules: Rules, name: str, words: str, *, now: int = NOON + 60_000) -> None:
    received = [Received(pdu, "SM", 1) for pdu in deliver(words, NUMBERS[name])]
    keep(db, received, Seen("north", ICCID), rules, now=now)
    db.execute("UPDATE conversation SET waiting_at=NULL WHERE number=?", [NUMBERS[name]])


@pytest.fixture
def closed(db: sqlite3.Connection, room: Room, seat: Seat, rules: Rules) -> int:
    """A campaign that texted three of six, got two answers, and was closed."""
    campaign_id = started(db, room.coordinator, rules, now=NOON, purge_list=1)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    for name in ("Rosa", "Luis", "Ada"):
        texted(db, room, seat, rules, name)
    says(db, rules, "Rosa", "Yes, I bring the zebra")
    says(db, rules, "Luis", "STOP")
    recording.record(db, 1, "status", "yes", by=room.volunteer, now=NOON)
    db.execute(
        "INSERT INTO note (conversation_id, text, at) SELECT id, 'Uses a wheelchair', 1 FROM conversation WHERE number=?",
        [NUMBERS["Rosa"]],
    )
    db.execute("UPDATE message SET state='sent' WHERE state='approved'")  # the confirmation of the stop
    campaigns.close(db, campaign_id, by=room.coordinator, now=NOON + 3_600_000)
    return campaign_id


def rows(db: sqlite3.Connection, *tables: str) -> dict[str, int]:
    return {name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}


def test_only_totals_remain(db: sqlite3.Connection, closed: int, rules: Rules) -> None:
    before = ledger.verify(db)
    assert before.intact
    assert purgedates.purge(db, now=NOON + 89 * DAY_MS, zone=ZONE) == 0

    assert purgedates.purge(db, now=LATER, zone=ZONE) == len(PEOPLE)

    assert set(
        rows(db, "target", "answer", "contact", "list_member", "note", "message", "inbound", "event").values()
    ) == {0}
    assert rows(db, "conversation") == {"conversation": 0}, "nor a number, nor a name"
    assert db.execute("SELECT count(*) FROM opt_out WHERE until_at IS NULL").fetchone()[0] == 1
    row = db.execute("SELECT totals, purged_at, state FROM campaign WHERE id=?", [closed]).fetchone()
    kept = json.loads(row["totals"])
    assert (kept["texted"], kept["answered"], kept["stops"]) == (3, 2, 1)
    assert ["Seats spoken for", 1, 120] in kept["rows"]
    assert kept["rows"][4][:2] == ["Yes", 1]
    assert row["purged_at"] == LATER
    assert not any(name in row["totals"] for name in (*PEOPLE, "zebra", "+1202"))
    after = ledger.verify(db)
    assert (after.intact, after.rows, after.head) == (True, before.rows, before.head)
    search.forget(db)
    assert not db.execute("SELECT 1 FROM inbound_search WHERE inbound_search MATCH 'zebra'").fetchall()
    assert "zebra" not in "".join(db.iterdump())
    assert purgedates.purge(db, now=LATER + DAY_MS, zone=ZONE) == 0
    again = conversations.ensure(db, NUMBERS["Luis"], now=LATER + DAY_MS)
    stopped = db.execute("SELECT opted_out_at FROM conversation WHERE id=?", [again]).fetchone()[0]
    assert stopped is not None, "whoever asked to stop stays out, by the digest"


def test_the_list_goes_too_unless_somebody_keeps_it(
    db: sqlite3.Connection, room: Room, seat: Seat, rules: Rules
) -> None:
    for kept, left in (({}, 0), ({"purge_list": 0}, len(PEOPLE))):
        campaign_id = started(db, room.coordinator, rules, now=NOON, **kept)
        campaigns.close(db, campaign_id, by=room.coordinator, now=NOON)
        purgedates.purge(db, now=LATER, zone=ZONE)
        assert rows(db, "contact", "conversation") == {"contact": left, "conversation": left}


def test_who_wrote_lately_goes_on_a_later_night(db: sqlite3.Connection, closed: int, rules: Rules) -> None:
    says(db, rules, "Ada", "Is the zebra there?", now=LATER - 5 * DAY_MS)
    db.execute("UPDATE conversation SET waiting_at=last_in_at WHERE number=?", [NUMBERS["Ada"]])

    purgedates.purge(db, now=LATER, zone=ZONE)

    assert [row["number"] for row in db.execute("SELECT number FROM conversation")] == [NUMBERS["Ada"]]
    assert db.execute("SELECT purged_at FROM campaign").fetchone()["purged_at"] is None
    assert purgedates.not_yet(db, closed) == 1

    purgedates.purge(db, now=LATER + 31 * DAY_MS, zone=ZONE)

    assert set(rows(db, "conversation", "contact", "inbound", "message", "target").values()) == {0}
    assert db.execute("SELECT purged_at FROM campaign").fetchone()["purged_at"] == LATER + 31 * DAY_MS


def test_who_may_have_asked_to_stop_is_not_purged_before_somebody_said(
    db: sqlite3.Connection, closed: int
) -> None:
    db.execute("UPDATE conversation SET asks_opt_out=1 WHERE number=?", [NUMBERS["Ada"]])
    purgedates.purge(db, now=LATER, zone=ZONE)
    assert [row["number"] for row in db.execute("SELECT number FROM conversation")] == [NUMBERS["Ada"]]


def test_whoever_belongs_to_something_else_keeps_their_words(
    db: sqlite3.Connection, room: Room, closed: int, rules: Rules
) -> None:
    """Another campaign, a talk of last week, a text that may not have left: their conversations stay."""
    other = started(db, room.coordinator, rules, "Second", now=NOON + 10 * DAY_MS, list_id=1)
    db.execute("DELETE FROM target WHERE campaign_id=? AND conversation_id<>(SELECT id FROM conversation WHERE number=?)",
               [other, NUMBERS["Rosa"]])  # fmt: skip
    says(db, rules, "Ada", "Are you still there?", now=LATER - 5 * DAY_MS)

    purgedates.purge(db, now=LATER, zone=ZONE)

    words = {row["text"] for row in db.execute("SELECT text FROM inbound")}
    assert words == {"Yes, I bring the zebra", "Are you still there?"}
    assert rows(db, "target", "answer") == {"target": 2, "answer": 0}, "Ada's goes on a later night"
    assert rows(db, "list_member")["list_member"] == len(PEOPLE), "the other campaign has this list too"
    assert ledger.verify(db).intact


def test_an_uncertain_text_is_not_purged_before_somebody_said_what_became_of_it(
    db: sqlite3.Connection, closed: int
) -> None:
    db.execute("UPDATE message SET state='uncertain' WHERE id=1")
    purgedates.purge(db, now=LATER, zone=ZONE)
    assert [row["id"] for row in db.execute("SELECT id FROM message")] == [1]


def test_an_interrupted_purge_goes_on_and_its_totals_are_those_of_before(
    db: sqlite3.Connection, closed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purgedates, "BATCH", 1)
    pauses: Iterator[bool] = iter([True, False])
    purgedates.purge(db, now=LATER, zone=ZONE, rest=lambda: next(pauses))
    row = db.execute("SELECT purged_at, totals FROM campaign").fetchone()
    assert row["purged_at"] is None
    assert rows(db, "target")["target"] == len(PEOPLE) - 2

    purgedates.purge(db, now=LATER + DAY_MS, zone=ZONE)

    assert rows(db, "target", "contact") == {"target": 0, "contact": 0}
    assert json.loads(row["totals"])["texted"] == 3
    assert db.execute("SELECT totals FROM campaign").fetchone()["totals"] == row["totals"]


def test_a_wrong_number_leaves_the_lists_for_nobody_would_know_it_any_more(
    db: sqlite3.Connection, room: Room, closed: int
) -> None:
    db.execute('UPDATE campaign SET options=\'{"purge_days": 90, "purge_list": 0}\'')
    db.execute("INSERT INTO answer (target_id, field, value, at) VALUES (3, 'contact', 'wrong_number', 1)")
    purgedates.purge(db, now=LATER, zone=ZONE)
    here = {row["first_name"] for row in db.execute("SELECT first_name FROM contact")}
    assert here == set(PEOPLE) - {"Ada"}
    assert rows(db, "list_member")["list_member"] == len(PEOPLE) - 1


def test_whoever_comes_after_a_purge_gets_a_card_of_their_own(
    db: sqlite3.Connection, room: Room, seat: Seat, rules: Rules
) -> None:
    """The rows of those who were purged come again, and the texts to whoever is in another campaign stay."""
    older = started(db, room.coordinator, rules, "Older", now=NOON, purge_days=0)
    assignments.take(db, older, room.volunteer, rules, SIMS, now=NOON)
    texted(db, room, seat, rules, "Rosa")
    campaigns.close(db, older, by=room.coordinator, now=NOON)
    list_id = campaigns.load(db, older).list_id
    purged = started(db, room.coordinator, rules, "Purged", now=NOON + 4 * DAY_MS, list_id=list_id)
    assignments.take(db, purged, room.volunteer, rules, SIMS, now=NOON + 4 * DAY_MS)
    texted(db, room, seat, rules, "Rosa", now=NOON + 4 * DAY_MS)
    campaigns.close(db, purged, by=room.coordinator, now=NOON + 4 * DAY_MS)
    assert purgedates.purge(db, now=LATER + 4 * DAY_MS, zone=ZONE) == len(PEOPLE)

    newest = started(db, room.coordinator, rules, "Newest", now=LATER + 5 * DAY_MS, list_id=list_id)
    assignments.take(db, newest, room.volunteer, rules, SIMS, now=LATER + 5 * DAY_MS)
    texted(db, room, seat, rules, "Rosa", now=LATER + 5 * DAY_MS)


def test_a_campaign_that_was_purged_since_the_backup_is_purged_again(
    db: sqlite3.Connection, path: Path, room: Room, rules: Rules, tmp_path: Path
) -> None:
    """It came back as one that is paused, whose people stay for ever, and could go on."""
    campaign_id = started(db, room.coordinator, rules, now=NOON)
    assignments.take(db, campaign_id, room.volunteer, rules, SIMS, now=NOON)
    assert cards.next_card(db, room.volunteer, rules=rules, now=NOON) is not None
    saved = backup.make(path, tmp_path / "saved.db", now=NOON).path
    campaigns.close(db, campaign_id, by=room.coordinator, now=NOON + 1)
    purgedates.purge(db, now=LATER, zone=ZONE)
    db.close()
    backup.restore(saved, path, now=LATER)
    with contextlib.closing(store.connect(path)) as again:
        assert campaigns.load(again, campaign_id).state == "closed"
        assert not again.execute("SELECT 1 FROM message WHERE state='awaiting'").fetchone()
        assert purgedates.not_yet(again, campaign_id)
        purgedates.purge(again, now=LATER + DAY_MS, zone=ZONE)
        assert not purgedates.not_yet(again, campaign_id)
    backup.restore(saved, path, now=LATER - 2 * DAY_MS)
    with contextlib.closing(store.connect(path)) as again:
        assert campaigns.load(again, campaign_id).state == "paused", "somebody may restore for that"
