"""A file of many texts: all or none, in order, harmless when repeated, and no station waits for it."""

import sqlite3
from itertools import pairwise
from pathlib import Path

import pytest

from gateway import contacts, conversations, erasing, manydrafts, optouts, outbox, store
from gateway.errors import Refused, StaleMessage
from gateway.manydrafts import AT_ONCE, IDLE_MS, STALE_MS, Wanted
from gateway.pace import LARGEST, SMALLEST
from gateway.rules import Rules
from tests.gateway.conftest import ADA, NOON, Desk, Room

COUNT = 3 * AT_ONCE + 7


def rows(count: int = COUNT, key: str | None = "k", text: str = "Hello") -> list[Wanted]:
    return [
        Wanted(n + 2, f"many.csv:{n + 2}: ", f"+1202555{n:04}", f"{text} {n}", key and f"{key}:{n}")
        for n in range(count)
    ]


def counted(db: sqlite3.Connection, table: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def quick(_seconds: float) -> None:
    """No pause: nobody else is here."""


def test_all_become_drafts_in_their_order(db: sqlite3.Connection, rules: Rules) -> None:
    ids = manydrafts.draft_all(db, rows(), rules=rules, now=NOON, pause=quick)
    found = [outbox.load(db, message_id) for message_id in ids]
    assert [(row["number"], row["text"]) for row in found] == [(row.number, row.text) for row in rows()]
    one = outbox.draft(
        db, "+12025559999", "Hi", kind="first", key=None, channel="cli", by=None, rules=rules, now=NOON
    )
    alone = dict(outbox.load(db, one))
    for row in found:
        differ = {name for name in alone if row[name] != alone[name]}
        assert differ <= {"id", "conversation_id", "number", "tail", "text", "salt", "draft_key"}
    assert counted(db, "staged_draft") == 0


def test_the_same_key_again_is_the_same_texts(db: sqlite3.Connection, rules: Rules) -> None:
    first = manydrafts.draft_all(db, rows(AT_ONCE + 5), rules=rules, now=NOON, pause=quick)
    again = manydrafts.draft_all(db, rows(), rules=rules, now=NOON, pause=quick)
    assert again[: AT_ONCE + 5] == first
    assert counted(db, "message") == len(set(again)) == COUNT
    with pytest.raises(Refused, match="was used before"):
        manydrafts.draft_all(db, rows(text="Other words"), rules=rules, now=NOON, pause=quick)


def test_one_bad_row_and_nothing_is_queued_and_nobody_is_left(db: sqlite3.Connection, rules: Rules) -> None:
    wanted = rows()
    wanted[150] = Wanted(152, "many.csv:152: ", "12", "Hello", None)
    with pytest.raises(Refused, match=r"many.csv:152: (.|\n)*all rows or none"):
        manydrafts.draft_all(db, wanted, rules=rules, now=NOON, pause=quick)
    assert counted(db, "message") == counted(db, "conversation") == counted(db, "staged_draft") == 0


def test_somebody_who_stopped_and_was_erased_is_refused_and_not_kept(
    db: sqlite3.Connection, rules: Rules, room: Room
) -> None:
    conversation = conversations.ensure(db, "+12025550150", now=NOON)
    optouts.opt_out(db, conversation, source="text", by=None, reason="", now=NOON)
    erasing.erase(db, "+12025550150", now=NOON)
    with pytest.raises(Refused, match="asked to stop"):
        manydrafts.draft_all(db, rows(), rules=rules, now=NOON, pause=quick)
    assert counted(db, "message") == counted(db, "conversation") == counted(db, "staged_draft") == 0


def test_who_stops_while_the_file_is_staged_gets_no_draft(db: sqlite3.Connection, rules: Rules) -> None:
    def stop(_seconds: float) -> None:
        found = db.execute("SELECT id FROM conversation WHERE number='+12025550001'").fetchone()
        if found:
            optouts.opt_out(db, found["id"], source="text", by=None, reason="", now=NOON)

    with pytest.raises(Refused, match=r"many.csv:3: .*asked to stop just now"):
        manydrafts.draft_all(db, rows(), rules=rules, now=NOON, pause=stop)
    assert counted(db, "message") == counted(db, "staged_draft") == 0


def test_whoever_goes_with_a_list_that_is_deleted_meanwhile_gets_their_draft(
    db: sqlite3.Connection, rules: Rules
) -> None:
    person = conversations.ensure(db, "+12025550001", now=NOON)
    contact = db.execute(
        "INSERT INTO contact (conversation_id, created_at) VALUES (?,?)", [person, NOON]
    ).lastrowid
    assert contact is not None

    def delete(_seconds: float) -> None:
        if counted(db, "staged_draft"):
            contacts.forget_the_listless(db, [contact])

    ids = manydrafts.draft_all(db, rows(), rules=rules, now=NOON, pause=delete)
    assert [outbox.load(db, message_id)["number"] for message_id in ids] == [row.number for row in rows()]
    assert counted(db, "staged_draft") == 0


def test_two_calls_with_one_key_at_once_make_each_text_once(
    db: sqlite3.Connection, rules: Rules, path: Path
) -> None:
    other: list[int] = []

    def somebody_else(_seconds: float) -> None:
        if not other:
            with_own = store.connect(path)
            other.append(0)
            other[:] = manydrafts.draft_all(with_own, rows(), rules=rules, now=NOON, pause=quick)
            with_own.close()

    assert manydrafts.draft_all(db, rows(), rules=rules, now=NOON, pause=somebody_else) == other
    assert counted(db, "message") == COUNT


def test_a_killed_call_leaves_no_draft_and_is_swept(
    db: sqlite3.Connection, rules: Rules, monkeypatch
) -> None:
    def die(_seconds: float) -> None:
        raise KilledError

    monkeypatch.setattr(manydrafts, "_unstage", lambda *_: None)
    with pytest.raises(KilledError):
        manydrafts.draft_all(db, rows(), rules=rules, now=NOON, pause=die)
    monkeypatch.undo()
    assert counted(db, "message") == 0
    assert counted(db, "staged_draft") == SMALLEST
    assert manydrafts.sweep(db, now=NOON + STALE_MS) == 0, "it may still be at it"
    assert manydrafts.sweep(db, now=NOON + STALE_MS + 1) == 1
    assert counted(db, "conversation") == counted(db, "staged_draft") == 0


class KilledError(BaseException):
    """As kill -9: nothing more runs."""


def killed_half_way(db: sqlite3.Connection, rules: Rules, key: str | None = "k") -> int:
    """A call that is killed while decided drafts are made; returns how many were."""

    def die(_seconds: float) -> None:
        if counted(db, "message") > COUNT / 4:
            raise KilledError

    with pytest.raises(KilledError):
        manydrafts.draft_all(db, rows(key=key), rules=rules, now=NOON, pause=die)
    return counted(db, "message")


def test_a_call_killed_once_it_was_decided_is_finished_with_every_text_once(
    db: sqlite3.Connection, rules: Rules
) -> None:
    made = killed_half_way(db, rules)
    assert 0 < made < COUNT
    assert manydrafts.sweep(db, now=NOON + 1000) == 0, "it may still be at it"
    assert manydrafts.sweep(db, now=NOON + IDLE_MS + 60_000) == 1
    found = [row["text"] for row in db.execute("SELECT text FROM message ORDER BY id")]
    assert found == [row.text for row in rows()]
    assert counted(db, "staged_draft") == 0
    assert manydrafts.sweep(db, now=NOON + 2 * IDLE_MS + 60_000) == 0


def test_the_same_file_again_before_a_killed_one_is_finished_doubles_no_text(
    db: sqlite3.Connection, rules: Rules
) -> None:
    killed_half_way(db, rules)
    ids = manydrafts.draft_all(db, rows(), rules=rules, now=NOON, pause=quick)
    assert [outbox.load(db, one)["text"] for one in ids] == [row.text for row in rows()]
    manydrafts.sweep(db, now=NOON + IDLE_MS + 60_000)
    assert (counted(db, "message"), counted(db, "staged_draft")) == (COUNT, 0)


def test_who_stops_after_the_decision_has_a_draft_that_is_taken_back(
    db: sqlite3.Connection, rules: Rules
) -> None:
    killed_half_way(db, rules, key=None)
    last = db.execute("SELECT id FROM conversation WHERE number=?", [rows()[-1].number]).fetchone()["id"]
    optouts.opt_out(db, last, source="text", by=None, reason="", now=NOON)
    manydrafts.sweep(db, now=NOON + IDLE_MS + 60_000)
    states = [row["state"] for row in db.execute("SELECT state FROM message ORDER BY id")]
    assert states == [*["awaiting"] * (COUNT - 1), "withdrawn"]


def test_a_call_that_slept_while_the_gateway_finished_it_still_names_its_texts(
    db: sqlite3.Connection, rules: Rules
) -> None:
    def sleep(_seconds: float) -> None:
        if counted(db, "message"):
            manydrafts.sweep(db, now=NOON + IDLE_MS + 60_000)

    ids = manydrafts.draft_all(db, rows(key=None), rules=rules, now=NOON, pause=sleep)
    assert [outbox.load(db, one)["text"] for one in ids] == [row.text for row in rows()]
    assert counted(db, "message") == COUNT


def test_the_lock_is_never_held_for_more_than_a_few_rows(
    db: sqlite3.Connection, rules: Rules, path: Path
) -> None:
    """Between two writes of it, another connection can write at once."""
    station, got_in = store.connect(path, timeout_s=0.0), []

    def write(_seconds: float) -> None:
        with store.write(station):
            got_in.append(counted(station, "staged_draft"))

    manydrafts.draft_all(db, rows(), rules=rules, now=NOON, pause=write)
    station.close()
    assert len(got_in) > COUNT / LARGEST
    assert max(abs(b - a) for a, b in pairwise(got_in)) <= LARGEST
    assert got_in[-1] == 0


def test_a_row_that_stands_twice_in_a_file_is_told_on_its_second_card(desk: Desk) -> None:
    """Both cards looked the same, and the person got the text twice."""
    rows = [Wanted(line, "", ADA, "Can you come on Friday?", None) for line in range(2)]
    one, two = manydrafts.draft_all(desk.db, rows, rules=desk.rules, now=NOON)
    before = outbox.seen(outbox.load(desk.db, two))
    desk.approve(one)
    with pytest.raises(StaleMessage, match="The same words were approved for this person"):
        outbox.approve(desk.db, two, by=desk.room.coordinator, seen=before, rules=desk.rules, now=NOON + 1000)
    assert desk.state(two) == "awaiting"
    desk.approve(two)  # whoever has read that may mean it
    assert desk.state(two) == "approved"


def test_many_texts_of_the_same_words_to_one_person_are_marked_once(desk: Desk) -> None:
    """Each approval wrote every other one anew: of 800 that was 322,801 rows, on a card."""
    rows = [Wanted(line, "", ADA, "Can you come on Friday?", None) for line in range(20)]
    ids = manydrafts.draft_all(desk.db, rows, rules=desk.rules, now=NOON)
    desk.approve(ids[0])
    before = desk.db.total_changes
    desk.approve(ids[1])
    assert desk.db.total_changes - before < len(rows)
    assert {desk.state(each) for each in ids[2:]} == {"awaiting"}
