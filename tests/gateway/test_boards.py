"""What each kind of campaign comes to, from what people said."""

from datetime import date, timedelta

import pytest

from gateway import boards
from gateway.kinds import KINDS, kind
from gateway.places import Person

TODAY = date(2026, 11, 24)


def person(target_id: int, at: int = 0, /, **said: str) -> Person:
    return Person(target_id, target_id, f"P{target_id}", said, dict.fromkeys(said, at or target_id))


def board(name: str, facts: dict[str, str], *people: Person, texted: int = 10) -> boards.Board:
    return boards.board(kind(name), facts, people, texted=texted, today=TODAY)


@pytest.mark.parametrize(
    ("days", "says"),
    [(3, "They are asked again two days before"), (1, "The second question was due two days before")],
)
def test_who_said_maybe_is_not_asked_again_when_that_day_is_over(days: int, says: str) -> None:
    facts = {"day": (TODAY + timedelta(days=days)).isoformat()}
    assert says in board("event", facts, person(1, status="maybe")).todo[0].more


@pytest.mark.parametrize("name", KINDS)
def test_a_campaign_that_nobody_has_answered_has_a_board(name: str) -> None:
    found = board(name, {}, texted=0)
    assert found.headline
    assert all(part == 0 for _, part, _ in found.rows)
    assert found.todo == ()


def test_who_said_yes_first_has_the_seat_and_the_rest_wait_in_order() -> None:
    people = (
        person(1, 30, status="yes", seats="2"),
        person(2, 10, status="yes", seats="3", reminder="coming"),
        person(3, 20, status="yes"),
        person(4, 5, status="maybe"),
    )
    found = board("event", {"seats": "5"}, *people)
    assert [(s.person.target_id, s.seats, s.waits) for s in found.seats] == [
        (2, 3, False),
        (3, 1, False),
        (1, 2, True),
    ]
    assert found.headline == "1 of 5 seats left"
    assert (found.done, found.asked, found.of) == (3, 1, 5)
    assert [each.words for each in found.todo] == ["2 seats on the waiting list", "1 said maybe"]


def test_a_smaller_party_behind_a_large_one_still_finds_a_seat() -> None:
    found = board(
        "event",
        {"seats": "3"},
        person(1, status="yes", seats="2"),
        person(2, status="yes", seats="4"),
        person(3, status="yes"),
    )
    assert [s.waits for s in found.seats] == [False, True, False]


def test_an_event_without_a_limit_counts_what_is_spoken_for() -> None:
    assert board("event", {}, person(1, status="yes", seats="4")).headline == "4 seats spoken for"


def test_plans_and_rides_of_voters() -> None:
    found = board(
        "voter",
        {},
        person(1, vote="will", plan_hour="morning"),
        person(2, vote="will", ride="needed"),
        person(3, vote="voted"),
        person(4, registered="no"),
    )
    assert found.headline == "1 plan made, 33% of those who vote"
    assert (found.done, found.of) == (1, 3), "the bar under it drew those who had voted"
    assert [each.words for each in found.todo] == [
        "1 ride is open",
        "1 is not registered",
        "1 will vote and has no plan",
    ]


def test_the_plans_of_those_who_voted_by_then_still_count() -> None:
    """100 plans, all voted: the heading said "0 plans made, 0% of those who vote"."""
    people = [person(n, vote="voted", plan_hour="morning") for n in range(4)]
    assert board("voter", {}, *people).headline == "4 plans made, 100% of those who vote"


def test_shifts_are_filled_up_to_what_is_needed() -> None:
    facts = {"slot_a": "Sat 10 to 1", "slot_a_needed": "2", "slot_b": "Sun", "slot_b_needed": "3"}
    found = board(
        "recruitment", facts, *(person(n, shift="yes", slot="a") for n in range(1, 4)), person(9, shift="yes")
    )
    assert found.headline == "2 of 5 shifts filled"
    assert found.slots == (("Sat 10 to 1", 3, 2), ("Sun", 0, 3))


def test_actions_against_target_and_days_left() -> None:
    facts = {"goal": "20", "day": "2026-11-25"}
    found = board("advocacy", facts, person(1, pledged="yes", done="yes"), person(2, pledged="yes"))
    assert found.headline == "1 of 20 actions done, 1 day left"
    assert found.todo[0].words == "1 will do it and has not told us"


def test_pledges_gifts_and_thanks() -> None:
    facts = {"goal": "5000", "currency": "$"}
    found = board(
        "fundraising",
        facts,
        person(1, pledge="yes", amount="100", link_sent="yes", gift="confirmed"),
        person(2, pledge="yes", amount="1200"),
        person(3, pledge="later"),
    )
    assert found.headline == "$1,300 of $5,000 pledged, $100 given"
    assert [each.words for each in found.todo] == [
        "1 gave, not thanked yet",
        "1 pledged, no link sent yet",
    ]


def test_a_pledge_without_an_amount_is_said_beside_the_money() -> None:
    """ "$0 of $500 pledged" stood beside "Pledged 1, Gave 1"."""
    found = board("fundraising", {"goal": "500", "currency": "$"}, person(1, pledge="yes", gift="confirmed"))
    assert found.headline == "$0 of $500 pledged, $0 given, 1 without an amount"


def test_before_anybody_says_that_they_vote_there_is_no_share_of_them() -> None:
    """ "0 plans made, 0% of those who vote"."""
    assert board("voter", {}, person(1, registered="no")).headline == "Nobody has said yet that they vote"


def test_of_the_seats_spoken_for_no_more_than_all_come() -> None:
    """6 of a table of 4 were let in, and one who had said nothing: "Came 7", 175% of the seats."""
    rosa = person(1, status="yes", seats="4", checked_in="6")
    found = board("event", {"seats": "20"}, rosa, person(2, checked_in="1"), person(3, status="yes"))
    assert found.rows[-2:] == (("Came, of the seats spoken for", 4, 5), ("Came besides", 3, 0))


def row(found: boards.Board, words: str) -> tuple[int, int]:
    return next((part, whole) for said, part, whole in found.rows if said == words)


def test_who_gave_without_a_pledge_keeps_no_pledge() -> None:
    """“Later”, and then a gift: “Gave, of those who pledged” was 100% while the one who had pledged gave nothing, or more than all."""
    people = person(1, pledge="yes"), person(2, pledge="later", gift="confirmed"), person(3, gift="confirmed")
    found = board("fundraising", {"goal": "500"}, *people)
    assert row(found, "Gave, of those who pledged") == (0, 1)
    assert row(found, "Thanked") == (0, 2)


def test_who_did_it_without_a_word_before_hides_nobody_who_has_not_yet() -> None:
    """Three were ticked off who had said nothing: “Done: 150% of those who will”, and the chart showed nobody who still would."""
    people = [person(at, pledged="yes") for at in (1, 2)] + [person(at, done="yes") for at in (3, 4, 5)]
    found = board("advocacy", {"goal": "10"}, *people)
    assert row(found, "Done") == (3, 5)
    assert (found.done, found.asked, found.of) == (3, 2, 10)


def test_a_ride_of_somebody_who_has_voted_is_not_open() -> None:
    """A driver was looked for, for somebody who had been; and 200% of those who would vote had a ride open."""
    people = (
        person(1, vote="will", ride="needed"),
        person(2, vote="voted", ride="needed"),
        person(3, ride="needed"),
    )
    found = board("voter", {}, *people)
    assert row(found, "Rides open") == (2, 2)
    assert [each.words for each in found.todo if each.which == "ride=needed;vote!=voted"] == [
        "2 rides are open"
    ]


def test_a_campaign_in_which_thousands_pledged_and_gave_is_counted_in_one_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each who pledged was compared with each who gave: with 5,000 of both, seconds for each look at its page."""
    people = [person(at, pledge="yes", gift="confirmed") for at in range(1, 4)]
    compared: list[object] = []
    monkeypatch.setattr(Person, "__eq__", lambda _one, other: bool(compared.append(other)))
    found = board("fundraising", {}, *people)
    assert ("Gave, of those who pledged", 3, 3) in found.rows
    assert compared == []
