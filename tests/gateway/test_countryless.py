"""I4: a stop of somebody whom nobody knew, from a network that left their country away, is known when a list brings their number."""

import contextlib
from dataclasses import replace
from pathlib import Path

import pytest

from gateway import backup, conversations, erasing, inbox, journal, optouts, restoring, store
from gateway.errors import Refused
from gateway.rules import HOUR_MS
from hardware.pdu import Address, encode_deliver, segment
from tests.gateway.conftest import ADA, NOON, Desk
from tests.gateway.test_arrivals import SENT_AT
from tests.gateway.test_stop_and_start import arrive

WRITTEN = pytest.mark.parametrize("written", ["2025550123", "12025550123", "02025550123"])


def writes(desk: Desk, number: str, words: str) -> int:
    """A text from a number without its country, where no region is set; the id of its conversation."""
    desk.rules = replace(desk.rules, region="")
    pdu = encode_deliver(Address(number), segment(words), timestamp=SENT_AT)
    arrive(desk, "00" + pdu.hex().upper())
    return int(desk.db.execute("SELECT max(id) FROM conversation").fetchone()[0])


@WRITTEN
@pytest.mark.parametrize("words", ["STOP", "please do not text me, remove me from your list"])
def test_a_strangers_stop_without_a_country_is_asked_about_when_a_list_brings_them(
    desk: Desk, written: str, words: str
) -> None:
    """It stood in a conversation of its own, with which nobody could do anything, and the person of the list was texted."""
    before = writes(desk, written, words)
    text = desk.draft(ADA)
    with pytest.raises(Refused, match="may have asked to stop"):
        desk.approve(text)
    thread = inbox.thread(desk.db, before, desk.room.coordinator, now=NOON)
    assert (thread.number, thread.asks_opt_out) == (ADA, True)
    assert words in [entry.text for entry in thread.entries]


@WRITTEN
def test_who_was_taken_off_the_list_without_their_country_stays_off(desk: Desk, written: str) -> None:
    before = writes(desk, written, "STOP")
    optouts.opt_out(
        desk.db, before, source="volunteer", by=desk.room.volunteer, reason="", now=NOON, confirm=False
    )
    assert conversations.ensure(desk.db, ADA, now=NOON) == before
    with pytest.raises(Refused, match="asked to stop"):
        desk.draft(ADA)
    assert conversations.open_opt_out(desk.db, ADA) is not None
    desk.db.execute("DELETE FROM opt_out")  # an older copy of the database
    restoring.still_out(desk.db, journal.of(desk.db), now=NOON)
    assert conversations.open_opt_out(desk.db, ADA) is not None
    optouts.undo(desk.db, before, by=desk.room.coordinator, reason="They rang.", now=NOON + 1)
    assert desk.state(desk.approved(ADA)) == "approved"


def test_a_question_without_a_country_waits_in_the_conversation_of_the_one_whose_number_it_is(
    desk: Desk,
) -> None:
    before = writes(desk, "2025550123", "Who is this?")
    assert conversations.ensure(desk.db, ADA, now=NOON, name="Ada") == before
    row = desk.conversation(ADA)
    assert (row["name"], row["asks_opt_out"], row["waiting_at"]) == ("Ada", 0, NOON)


@pytest.mark.parametrize("taken_off", [False, True])
def test_a_stop_counts_in_whichever_way_two_networks_left_the_country_away(
    desk: Desk, *, taken_off: bool
) -> None:
    """Each writing had a conversation of its own, and only the older one's words were looked at: a text left after the STOP."""
    first, second = writes(desk, "2025550123", "Who is this?"), writes(desk, "12025550123", "STOP")
    if taken_off:
        by = desk.room.volunteer
        optouts.opt_out(desk.db, second, source="volunteer", by=by, reason="", now=NOON, confirm=False)
    assert conversations.ensure(desk.db, ADA, now=NOON) == first
    with pytest.raises(Refused, match="asked to stop"):
        desk.approve(desk.draft(ADA))
    thread = inbox.thread(desk.db, first, desk.room.coordinator, now=NOON)
    assert {"Who is this?", "STOP"} <= {entry.text for entry in thread.entries}
    assert (conversations.open_opt_out(desk.db, ADA) is not None) == taken_off


@pytest.mark.parametrize("listed_first", [True, False])
@pytest.mark.parametrize(
    ("listed", "written"),
    [
        ("+5215512345678", "525512345678"),
        ("+5215512345678", "5512345678"),
        ("+525512345678", "5215512345678"),
        ("+5491123456789", "541123456789"),
        ("+541123456789", "5491123456789"),
    ],
)
def test_a_stop_by_the_other_form_of_their_mobile_without_its_plus_is_theirs(
    desk: Desk, listed: str, written: str, *, listed_first: bool
) -> None:
    """A list had +52 1 and the network said 52 without a plus: the STOP stood in a conversation of its own, and they were texted."""
    if listed_first:
        person = conversations.ensure(desk.db, listed, now=NOON)
        writes(desk, written, "STOP")
    else:
        writes(desk, written, "STOP")
        person = conversations.ensure(desk.db, listed, now=NOON)
    row = desk.conversation(listed)
    assert row["id"] == person
    assert row["opted_out_at"] is not None or row["asks_opt_out"]


def test_a_service_and_another_country_are_nobody_elses(desk: Desk) -> None:
    for number in ("25550123", "72025550123"):
        writes(desk, number, "STOP")
    assert desk.state(desk.approved(ADA)) == "approved"


def test_of_two_countries_with_the_same_number_nobody_is_taken_for_the_sender(desk: Desk) -> None:
    before = writes(desk, "2025550123", "STOP")
    ids = conversations.ensure_all(desk.db, [(ADA, "", None), ("+442025550123", "", None)], now=NOON)
    assert before not in ids.values()


def test_bringing_in_such_a_sender_reads_no_whole_table_of_what_came(desk: Desk) -> None:
    """Every arrival of years was read for each of them, in the transaction that every station waits for."""
    writes(desk, "2025550123", "Who is this?")
    asked: list[str] = []
    desk.db.set_trace_callback(asked.append)
    conversations.ensure(desk.db, ADA, now=NOON)
    desk.db.set_trace_callback(None)
    moves = [sql for sql in asked if "UPDATE" in sql]
    plans = {step["detail"] for sql in moves for step in desk.db.execute(f"EXPLAIN QUERY PLAN {sql}")}
    assert any("arrival" in step for step in plans)
    assert not [step for step in plans if step.startswith("SCAN") and "VIRTUAL" not in step]


def test_who_wrote_without_a_country_and_was_erased_is_erased_again_by_a_restore(
    desk: Desk, path: Path, tmp_path: Path
) -> None:
    """In the backup they stand under the number without its country, of which the journal of the erasure knows nothing."""
    writes(desk, "2025550123", "My name is Ada.")
    saved = backup.make(path, tmp_path / "saved.db", now=NOON).path
    conversations.ensure(desk.db, ADA, now=NOON)
    erasing.erase(desk.db, ADA, now=NOON + HOUR_MS)
    desk.db.close()
    backup.restore(saved, path, now=NOON + 2 * HOUR_MS)
    with contextlib.closing(store.connect(path)) as db:
        assert not db.execute("SELECT text FROM inbound").fetchall()
        assert not db.execute("SELECT number FROM conversation").fetchall()
