"""Numbers as people write them: in a reply, where a person still confirms, and in the facts of a campaign."""

import pytest

from gateway import factwords
from gateway.errors import Refused
from gateway.kinds import kind
from gateway.suggest import number_in, suggestion


@pytest.mark.parametrize(
    ("reply", "number"),
    [
        ("YES 2", 2),
        ("yes, two of us", 2),
        ("somos tres", 3),
        ("$1,000", 1000),
        ("10.000", 10_000),
        ("I'll give $1,000.00!", 1000),
        ("50.", 50),
        ("2 adults and 2 kids", None),
        ("two adults, 2 kids", None),
        ("1,5", None),
        ("99.50", None),
        ("Yes but I have to leave at 6", None),
        ("yes, 2 of us, we come at 8", 2),
        ("can come at 18:30", None),
        ("6pm works", None),
        ("llego a las 7", None),
        ("0", None),
        ("12345678", None),
        ("yes + 1", None),
        ("Yes, plus one!", None),
        ("me +2", None),
        ("Sí, más uno", None),
        ("two plus one", None),
    ],
)
def test_a_number_is_offered_only_when_it_can_mean_one_thing(reply: str, number: int | None) -> None:
    assert number_in(reply) == number


def test_leave_at_six_takes_no_six_seats() -> None:
    found = suggestion(kind("event").scripts["en"].first, "Yes but I have to leave at 6")
    assert found is not None
    assert (found.choice.id, found.number) == ("yes", None)


@pytest.mark.parametrize("reply", ["already registered", "I'm registered", "registered"])
def test_who_is_registered_is_not_read_as_not_registered(reply: str) -> None:
    found = suggestion(kind("voter").scripts["en"].first, reply)
    assert found is None or found.choice.id != "unregistered"


def test_who_is_not_registered_still_is() -> None:
    found = suggestion(kind("voter").scripts["en"].first, "I'm not registered")
    assert found is not None
    assert found.choice.id == "unregistered"


@pytest.mark.parametrize(
    ("typed", "kept"), [("9950", "9950"), ("10,000", "10000"), ("10.000", "10000"), ("10 000", "10000")]
)
def test_a_goal_is_kept_as_it_is_meant(typed: str, kept: str) -> None:
    assert factwords.checked(kind("fundraising"), {"goal": typed})["goal"] == kept


@pytest.mark.parametrize("typed", ["99.50", "1,5", "10.00", "1.000,5", "1,00,000"])
def test_a_goal_with_cents_is_refused_and_not_made_a_hundredfold(typed: str) -> None:
    with pytest.raises(Refused, match="whole number"):
        factwords.checked(kind("fundraising"), {"goal": typed})
