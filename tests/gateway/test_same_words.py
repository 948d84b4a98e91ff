"""The same words once more: a repeat is folded, an answer to another question stands behind it, and what was read twice is one text."""

from datetime import timedelta

import pytest

from gateway import arrivals, flight, inbox, samepdu, sims, slots
from gateway.arrivals import Received, Seen
from gateway.claims import Seat, claim_next
from gateway.flight import Accepted
from gateway.people import User
from gateway.rules import DAY_MS, HOUR_MS
from hardware.pdu import encode_deliver, segment
from tests.gateway.conftest import ADA, ICCID, NOON, Desk
from tests.gateway.test_arrivals import SEEN, SENT_AT, deliver, empty, texts

MINUTE_MS = 60_000


def ask(desk: Desk, seat: Seat, words: str, *, now: int) -> None:
    """A text of ours goes."""
    desk.approved(ADA, words, now=now)
    job, _ = claim_next(desk.db, seat, desk.rules, now=now)
    assert job is not None
    flight.submit(desk.db, seat, job, 1, desk.rules, valid_for=timedelta(hours=1), now=now)
    flight.accept(desk.db, seat, Accepted(job, 1, 7, now))


def say(desk: Desk, minutes: int) -> None:
    [pdu] = deliver("Yes", at=SENT_AT + timedelta(minutes=minutes))
    arrivals.keep(desk.db, [Received(pdu, "SM", minutes)], SEEN, desk.rules, now=NOON + minutes * MINUTE_MS)


def test_the_same_answer_to_the_next_question_stands_behind_it(desk: Desk, seat: Seat) -> None:
    """It was folded into the first, above the question: who opened the conversation saw no answer to it."""
    ask(desk, seat, "Can you come?", now=NOON)
    say(desk, 1)
    ask(desk, seat, "And will you bring a friend?", now=NOON + 2 * MINUTE_MS)
    say(desk, 3)
    say(desk, 4)
    thread = inbox.thread(desk.db, desk.conversation()["id"], desk.room.coordinator, now=NOON + 300_000)
    said = [(entry.text, entry.folded) for entry in thread.entries]
    assert said == [("Can you come?", 0), ("Yes", 0), ("And will you bring a friend?", 0), ("Yes", 1)]


def read_in_both_storages(desk: Desk, pdu: str) -> None:
    """First in ME, whose slot is then seen empty; an hour later, by a clock that was set, in SM."""
    arrivals.keep(desk.db, [Received(pdu, "ME", 0)], SEEN, desk.rules, now=NOON)
    empty(desk.db, NOON)
    arrivals.keep(desk.db, [Received(pdu, "SM", 0)], SEEN, desk.rules, now=NOON + 60 * MINUTE_MS)
    assert set(slots.present(desk.db, ICCID)) == {("SM", 0)}


def test_a_text_read_in_another_storage_is_no_second_one_whatever_the_clock_says(desk: Desk) -> None:
    """Seed 951518: another program chose SM while ME was listed; what lay there was seen to be gone from ME, and stood there twice."""
    [pdu] = deliver("STOP")
    read_in_both_storages(desk, pdu)
    assert texts(desk.db) == ["STOP"]


def test_a_text_with_an_untrue_stamp_in_another_storage_is_a_second_one(desk: Desk) -> None:
    [pdu] = deliver("Yes", at=SENT_AT - timedelta(days=400))  # of a network without a clock
    read_in_both_storages(desk, pdu)
    assert texts(desk.db) == ["Yes", "Yes"]


@pytest.mark.parametrize("waits", [True, False])
def test_a_repeat_by_the_network_is_one_text_whether_others_wait_there_by_then_or_not(
    desk: Desk, waits: bool
) -> None:
    """The first octet says so: a Yes that the network sent again, having missed the answer, was a second Yes."""
    desk.draft()
    for at, more in enumerate((waits, not waits)):
        tpdu = encode_deliver(ADA, segment("Yes"), timestamp=SENT_AT, more_messages=more)
        arrivals.keep(
            desk.db, [Received(f"00{tpdu.hex().upper()}")], SEEN, desk.rules, now=NOON + at * 60_000
        )
    assert desk.db.execute("SELECT count(*) FROM inbound").fetchone()[0] == 1


def test_a_repeat_of_what_was_read_by_a_clock_months_behind_is_folded_once_it_is_set(desk: Desk) -> None:
    """Another text had come since, so that no words told it: whoever had said Yes had said it again, to another question."""
    [yes], [more] = deliver("Yes"), deliver("And my sister", at=SENT_AT + timedelta(seconds=30))
    arrivals.keep(desk.db, [Received(yes)], SEEN, desk.rules, now=NOON - 90 * DAY_MS)
    arrivals.keep(desk.db, [Received(more)], SEEN, desk.rules, now=NOON - 90 * DAY_MS + MINUTE_MS)
    arrivals.keep(desk.db, [Received(yes)], SEEN, desk.rules, now=NOON + 5 * MINUTE_MS)
    thread = inbox.thread(desk.db, desk.conversation()["id"], desk.room.coordinator, now=NOON + 6 * MINUTE_MS)
    assert [entry.text for entry in thread.entries] == ["Yes", "And my sister"]


@pytest.mark.parametrize("other", [ICCID, "another SIM"])
def test_a_text_that_an_older_version_read_while_more_waited_is_one_text_when_it_is_read_again(
    desk: Desk, other: str
) -> None:
    """It lies in a slot that could not be emptied, also of a SIM that was exchanged; that version looked at the first octet too."""
    for iccid in (ICCID, "another SIM"):
        sims.seen(desk.db, iccid, number="", now=NOON)
    yes = encode_deliver(ADA, segment("Yes"), timestamp=SENT_AT, more_messages=True)
    for tpdu in (yes, encode_deliver(ADA, segment("And my sister"), timestamp=SENT_AT)):
        arrivals.keep(desk.db, [Received(f"00{tpdu.hex().upper()}")], SEEN, desk.rules, now=NOON)
    desk.db.execute("UPDATE arrival SET digest=? WHERE id=1", [samepdu.digest(ICCID, yes)])
    again = [Received(f"00{yes.hex().upper()}", "SM", 1)]
    arrivals.keep(desk.db, again, Seen("north", other), desk.rules, now=NOON + 20 * MINUTE_MS)
    thread = inbox.thread(desk.db, desk.conversation()["id"], desk.room.coordinator, now=NOON + HOUR_MS)
    assert [entry.text for entry in thread.entries] == ["Yes", "And my sister"]


def test_what_was_said_before_many_of_the_same_words_stays_on_the_page_and_is_answered(
    desk: Desk, seat: Seat
) -> None:
    """Where as many repeats as a page shows came (“I am driving”) it showed nothing of theirs, and *Close* said for ever that they had written."""
    ask(desk, seat, "Can you come?", now=NOON)
    for minutes in range(1, 8):
        say(desk, minutes)
    of, lead, later = desk.conversation()["id"], desk.room.coordinator, NOON + HOUR_MS
    thread = inbox.thread(desk.db, of, lead, now=later, limit=4)
    assert [(entry.text, entry.folded) for entry in thread.entries] == [("Can you come?", 0), ("Yes", 6)]
    inbox.close(desk.db, of, by=lead, now=later, heard=thread.said.heard)


def test_who_writes_much_behind_a_colleagues_answer_can_be_answered(desk: Desk, seat: Seat) -> None:
    """The answer was above all that the page showed: each Send was told that the colleague had answered “meanwhile”, for ever."""
    ask(desk, seat, "Can you come?", now=NOON)
    of = desk.conversation()["id"]

    def answer(words: str, by: User, now: int) -> inbox.Thread:
        page = inbox.thread(desk.db, of, by, now=now, limit=4)
        inbox.reply(
            desk.db, of, words, by=by, key=words, rules=desk.rules, now=now,
            after=page.said.sent, approved=page.said.approval, heard=page.said.heard,
        )  # fmt: skip
        return page

    answer("We call you.", desk.room.coordinator, NOON + 1)
    for minutes in range(1, 6):
        [pdu] = deliver(f"Call {minutes}", at=SENT_AT + timedelta(minutes=minutes))
        arrivals.keep(
            desk.db, [Received(pdu, "SM", minutes)], SEEN, desk.rules, now=NOON + minutes * MINUTE_MS
        )
    page = answer("We did.", desk.room.volunteer, NOON + DAY_MS // 2)
    assert [entry.text for entry in page.entries] == ["Call 2", "Call 3", "Call 4", "Call 5"]
    assert (page.said.from_us, page.said.from_them, page.said.is_whole) == (2, 5, False)


def test_what_a_newer_text_had_replaced_before_it_was_read_keeps_nobody_from_answering(
    desk: Desk, seat: Seat
) -> None:
    """It lay in the other storage and is not shown: each Send and *Close* said for ever that they had written again."""
    ask(desk, seat, "Can you come?", now=NOON)
    for minutes, words in ((9, "We meet at 5"), (5, "We meet at 4")):
        at = SENT_AT + timedelta(minutes=minutes)
        pdu = "00" + encode_deliver(ADA, segment(words), timestamp=at, pid=0x41).hex().upper()
        now = NOON + 10 * MINUTE_MS
        arrivals.keep(desk.db, [Received(pdu, "SM", minutes)], SEEN, desk.rules, now=now)
    of, lead, later = desk.conversation()["id"], desk.room.coordinator, NOON + HOUR_MS
    thread = inbox.thread(desk.db, of, lead, now=later)
    assert [(entry.text, entry.earlier) for entry in thread.entries[1:]] == [("We meet at 5", 1)]
    inbox.close(desk.db, of, by=lead, now=later, heard=thread.said.heard)
