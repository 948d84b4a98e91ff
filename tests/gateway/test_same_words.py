"""The same words once more: a repeat is folded, an answer to another question stands behind it."""

from datetime import timedelta

from gateway import arrivals, flight, inbox
from gateway.arrivals import Received
from gateway.claims import Seat, claim_next
from gateway.flight import Accepted
from tests.gateway.conftest import ADA, NOON, Desk
from tests.gateway.test_arrivals import SEEN, SENT_AT, deliver

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
