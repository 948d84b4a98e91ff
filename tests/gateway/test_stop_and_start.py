"""I4: of a STOP and a START the one that was sent last counts, in whatever order a modem gives them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway import arrivals, conversations, erasing, journal, optoutlist, restoring
from gateway.arrivals import Received
from gateway.rules import DAY_MS
from hardware.pdu import Address, encode_deliver, segment
from tests.gateway.conftest import ADA, NOON, Desk
from tests.gateway.test_arrivals import SEEN, SENT_AT, deliver

MINUTE = timedelta(minutes=1)


def arrive(desk: Desk, *pdus: str, now: int = NOON) -> None:
    """What lies on the SIM, in the order of its slots."""
    items = [Received(pdu, "SM", slot) for slot, pdu in enumerate(pdus, start=now % 97)]
    arrivals.keep(desk.db, items, SEEN, desk.rules, now=now)


def as_older(desk: Desk, *forms: str) -> None:
    """A conversation for each form of a number, as databases of before 0.1.0 have them."""
    conversations._make(desk.db, [(number, "", None) for number in forms], NOON)


def is_out(desk: Desk) -> bool:
    return desk.conversation()["opted_out_at"] is not None


@pytest.mark.parametrize("known", [True, False], ids=["who was out already", "who was not"])
def test_a_start_that_is_read_after_a_later_stop_brings_nobody_back(desk: Desk, known: bool) -> None:
    """The gateway was off meanwhile, and this modem lists its newest text first; or the START lay in the other storage."""
    text = desk.approved()
    if known:
        arrive(desk, *deliver("STOP", at=SENT_AT - timedelta(days=1)), now=NOON - DAY_MS)
    [start], [stop] = deliver("START", at=SENT_AT - MINUTE), deliver("STOP", at=SENT_AT)
    arrive(desk, stop, start)
    assert is_out(desk)
    assert desk.state(text) == "withdrawn"
    assert desk.conversation()["waiting_at"] is not None, "somebody reads the START"


def test_a_start_from_another_storage_that_is_read_a_minute_later_brings_nobody_back(desk: Desk) -> None:
    arrive(desk, *deliver("STOP", at=SENT_AT))
    arrive(desk, *deliver("START", at=SENT_AT - MINUTE), now=NOON + 60_000)
    assert is_out(desk)


def test_a_start_after_a_stop_brings_them_back_also_when_both_are_read_at_once(desk: Desk) -> None:
    arrive(desk, *deliver("STOP", at=SENT_AT - MINUTE), *deliver("START", at=SENT_AT))
    assert not is_out(desk)


def test_a_stop_whose_stamp_is_years_off_shuts_nobody_out_for_ever(desk: Desk) -> None:
    arrive(desk, *deliver("STOP", at=SENT_AT + timedelta(days=3000)))
    arrive(desk, *deliver("START", at=SENT_AT), now=NOON + 60_000)
    assert not is_out(desk)


def test_a_start_from_before_a_colleague_noted_the_stop_or_a_restore_did_brings_nobody_back(
    desk: Desk,
) -> None:
    """It lay on the SIM of a modem that was off, or came back from a slot that cannot be emptied."""
    desk.draft()
    desk.stop(now=NOON)
    arrive(desk, *deliver("START", at=SENT_AT), now=NOON + 60_000)
    assert is_out(desk)
    arrive(desk, *deliver("START", at=SENT_AT + 2 * MINUTE), now=NOON + 120_000)
    assert not is_out(desk)


def test_a_start_brings_nobody_back_whose_later_stop_went_with_them_when_they_were_erased(desk: Desk) -> None:
    """No text of theirs tells any more when they stopped: the older START, from the other storage, had lifted it."""
    arrive(desk, *deliver("STOP", at=SENT_AT))
    erasing.erase(desk.db, ADA, now=NOON + 1)
    arrive(desk, *deliver("START", at=SENT_AT - MINUTE), now=NOON + 60_000)
    assert is_out(desk)
    arrive(desk, *deliver("START", at=SENT_AT + 2 * MINUTE), now=NOON + 120_000)
    assert not is_out(desk)


def test_a_start_between_a_colleagues_stop_and_their_own_brings_nobody_back(desk: Desk) -> None:
    desk.draft()
    desk.stop(now=NOON)
    arrive(desk, *deliver("STOP", at=SENT_AT + 3 * MINUTE), now=NOON + 180_000)
    arrive(desk, *deliver("START", at=SENT_AT + 2 * MINUTE), now=NOON + 240_000)
    assert is_out(desk)


@pytest.mark.parametrize("days", [-30, 30], ids=["the clock is behind", "the SIM lay in a drawer"])
def test_a_start_is_older_than_a_stop_whatever_the_clock_says_when_both_are_read(
    desk: Desk, days: int
) -> None:
    arrive(desk, *deliver("STOP", at=SENT_AT), now=NOON + days * DAY_MS)
    arrive(desk, *deliver("START", at=SENT_AT - MINUTE), now=NOON + days * DAY_MS + 60_000)
    assert is_out(desk)


@pytest.mark.parametrize(
    ("sender", "whose"),
    [
        (Address("2025550123"), True),
        (Address("12025550123", ton=2), True),
        (Address("0012025550123"), True),
        (Address("25550123"), False),
        (Address("2025550123", ton=5), False),
    ],
    ids=["no country", "no +", "as one dials abroad", "a service with the same end", "a name"],
)
def test_a_stop_whose_sender_has_no_country_and_no_region_says_which_is_known(
    desk: Desk, sender: Address, whose: bool
) -> None:
    """The region was left out of the file, as it may be: the stop was a stranger's, and the person was texted again."""
    desk.rules = replace(desk.rules, region="")
    text = desk.approved()
    arrive(desk, "00" + encode_deliver(sender, segment("STOP"), timestamp=SENT_AT).hex().upper())
    assert is_out(desk) is whose
    assert desk.state(text) == ("withdrawn" if whose else "approved")


def test_a_stop_from_a_home_that_is_not_the_region_of_the_file_is_known(desk: Desk) -> None:
    """Read by the region it was the stop of somebody in another country, whom nobody knows."""
    desk.rules = replace(desk.rules, region="US")
    text = desk.approved("+525512345678")
    stop = encode_deliver(Address("5512345678"), segment("STOP"), timestamp=SENT_AT)
    arrive(desk, "00" + stop.hex().upper())
    assert desk.state(text) == "withdrawn"


@pytest.mark.parametrize("ton", [0, 2])
def test_a_stop_from_home_is_known_where_mobiles_have_six_digits(desk: Desk, ton: int) -> None:
    """In Greenland, the Faroes and Andorra it was taken for a service's short code, and the person was texted again."""
    desk.rules = replace(desk.rules, region="GL")
    text = desk.approved("+299221234")
    stop = encode_deliver(Address("221234", ton=ton), segment("STOP"), timestamp=SENT_AT)
    arrive(desk, "00" + stop.hex().upper())
    assert desk.state(text) == "withdrawn"


def test_whose_text_it_is_stays_open_where_two_have_this_number_in_two_countries(desk: Desk) -> None:
    desk.rules = replace(desk.rules, region="")
    desk.draft(ADA)
    desk.draft("+442025550123")
    arrive(
        desk, "00" + encode_deliver(Address("2025550123"), segment("STOP"), timestamp=SENT_AT).hex().upper()
    )
    assert not is_out(desk)


@pytest.mark.parametrize(
    ("listed", "network_says"),
    [
        ("+525512345678", "+5215512345678"),
        ("+5491123456789", "+541123456789"),
        ("+541123456789", "+5491123456789"),
    ],
    ids=["Mexico", "Argentina", "Argentina, listed without the 9"],
)
def test_a_stop_from_the_other_form_of_a_mobile_is_its_persons(
    desk: Desk, listed: str, network_says: str
) -> None:
    """Mexico and Argentina write a mobile in two forms: the STOP was a stranger's, and the person was texted again."""
    text = desk.approved(number=listed)
    arrive(desk, *deliver("STOP", network_says))
    assert desk.state(text) == "withdrawn"
    assert [row["number"] for row in desk.db.execute("SELECT number FROM conversation")] == [listed]
    known = conversations.ensure(desk.db, network_says, now=NOON)
    assert known == desk.conversation(listed)["id"], "a list that brings the other form brings nobody back"


def test_a_start_from_the_other_form_brings_back_who_stopped_in_the_first(desk: Desk) -> None:
    desk.approved(number="+525512345678")
    arrive(desk, *deliver("STOP", "+525512345678", at=SENT_AT - MINUTE))
    arrive(desk, *deliver("START", "+5215512345678", at=SENT_AT))
    assert conversations.open_opt_out(desk.db, "+525512345678") is None
    assert conversations.open_opt_out(desk.db, "+5215512345678") is None


def out_of(desk: Desk) -> dict[str, bool]:
    return {
        row["number"]: row["opted_out_at"] is not None
        for row in desk.db.execute("SELECT number, opted_out_at FROM conversation")
    }


@pytest.mark.parametrize("known", [False, True], ids=["now", "noted by an older program for that form alone"])
def test_a_stop_stops_also_the_conversation_with_the_numbers_other_form(desk: Desk, known: bool) -> None:
    """They wrote before a list brought them: that text of the list left, even when they said stop from both numbers."""
    listed, network_says = "+525512345678", "+5215512345678"
    arrive(desk, *deliver("Hello", network_says, at=SENT_AT - MINUTE))
    as_older(desk, listed)
    text = desk.approved(number=listed)
    arrive(desk, *deliver("STOP", network_says))
    if known:
        desk.db.execute("UPDATE conversation SET opted_out_at=NULL WHERE number=?", [listed])
        arrive(desk, *deliver("STOP", listed, at=SENT_AT + MINUTE))
    assert desk.state(text) == "withdrawn"
    assert out_of(desk) == {listed: True, network_says: True}
    arrive(desk, *deliver("START", listed, at=SENT_AT + 2 * MINUTE), now=NOON + 120_000)
    assert out_of(desk) == {listed: False, network_says: False}


def test_a_start_is_older_than_a_stop_from_the_numbers_other_form(desk: Desk) -> None:
    """It is read later, from another storage: it had lifted the stop that was sent after it."""
    listed, network_says = "+525512345678", "+5215512345678"
    arrive(desk, *deliver("Hello", network_says, at=SENT_AT - MINUTE))
    as_older(desk, listed)
    desk.approved(number=listed)
    arrive(desk, *deliver("STOP", network_says, at=SENT_AT))
    arrive(desk, *deliver("START", listed, at=SENT_AT - MINUTE), now=NOON + 60_000)
    assert out_of(desk) == {listed: True, network_says: True}


@pytest.mark.parametrize("other_is_out", [False, True])
def test_a_stop_that_only_the_journal_knows_stops_both_forms_of_a_number(
    desk: Desk, other_is_out: bool
) -> None:
    """After a kill or a restore the conversation that a list had brought stayed open."""
    listed, network_says = "+525512345678", "+5215512345678"
    arrive(desk, *deliver("Hello", network_says))
    as_older(desk, listed)
    text = desk.approved(number=listed)
    acts = journal.of(desk.db)
    if other_is_out:  # by an older program, which left the one of the list open
        arrive(desk, *deliver("STOP", network_says, at=SENT_AT + MINUTE))
        desk.db.execute("UPDATE conversation SET opted_out_at=NULL WHERE number=?", [listed])
        acts.note("opt_out", at=NOON, number=conversations.number_key(desk.db, listed).hex())
    acts.note("opt_out", at=NOON, number=conversations.number_key(desk.db, network_says).hex())
    restoring.still_out(desk.db, acts, now=NOON)
    assert desk.state(text) == "withdrawn"
    assert out_of(desk) == {listed: True, network_says: True}


def test_an_opt_out_typed_in_a_numbers_other_form_is_that_persons_and_so_is_its_end(desk: Desk) -> None:
    listed, typed = "+525512345678", "+5215512345678"
    text = desk.approved(number=listed)
    optoutlist.by_number(desk.db, typed, reason="They rang.", by=desk.room.coordinator, now=NOON)
    assert desk.state(text) == "withdrawn"
    assert out_of(desk)[listed]
    optoutlist.undo_by_number(
        desk.db, typed, reason="They rang again.", by=desk.room.coordinator, now=NOON + 1
    )
    assert not out_of(desk)[listed]


def test_a_stop_holds_for_both_forms_of_a_mobile_where_both_are_known(desk: Desk) -> None:
    """Two lists have one person in two forms: the STOP took off the list the one that the network names, and the other was texted
    again; nor could anybody take that one off, for the number was out already.
    """
    forms = "+541123456789", "+5491123456789"
    as_older(desk, *forms)
    texts = [desk.approved(number=number) for number in forms]
    arrive(desk, *deliver("STOP", "+5491123456789", at=SENT_AT - MINUTE))
    out = "SELECT count(*) FROM conversation WHERE opted_out_at IS NOT NULL"
    assert [desk.state(text) for text in texts] == ["withdrawn", "withdrawn"]
    assert desk.db.execute(out).fetchone()[0] == 2
    arrive(desk, *deliver("START", "+5491123456789", at=SENT_AT))
    assert desk.db.execute(out).fetchone()[0] == 0


def test_a_stop_holds_for_whom_a_list_brought_after_they_had_written_from_the_other_form(desk: Desk) -> None:
    arrive(desk, *deliver("Who is this?", "+5215512345678", at=SENT_AT - MINUTE))
    as_older(desk, "+525512345678")
    text = desk.approved(number="+525512345678")
    arrive(desk, *deliver("STOP", "+5215512345678", at=SENT_AT))
    assert desk.state(text) == "withdrawn"
    assert desk.conversation("+525512345678")["opted_out_at"] is not None


def test_who_is_out_by_one_form_of_their_mobile_alone_can_be_taken_off_by_the_other(desk: Desk) -> None:
    """As an older version left them: the key was pressed, and they were texted again."""
    as_older(desk, "+541123456789", "+5491123456789")
    desk.stop("+541123456789")
    desk.db.execute("UPDATE conversation SET opted_out_at=NULL WHERE number='+5491123456789'")
    desk.stop("+5491123456789")
    assert desk.conversation("+5491123456789")["opted_out_at"] is not None


def test_an_answer_by_one_form_of_their_mobile_holds_back_what_waits_for_the_other(desk: Desk) -> None:
    """“Stop the bill! Call me instead” came into one of two conversations of an older database; the text of the other left."""
    forms = "+541123456789", "+5491123456789"
    as_older(desk, *forms)
    texts = [desk.approved(number=number) for number in forms]
    arrive(desk, *deliver("Please stop the bill, and call me instead", forms[1]))
    assert [desk.state(text) for text in texts] == ["awaiting", "awaiting"]
