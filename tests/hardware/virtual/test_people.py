"""The simulated people: seeded, each in character, and done when they said STOP."""

from collections import Counter

import pytest

from hardware import pdu
from hardware.virtual.asked import ANYBODY, ASKED
from hardware.virtual.characters import LINES, SHARES
from hardware.virtual.octets import read_submit
from hardware.virtual.people import FASTEST_S, SLOWEST_S, People

NUMBERS = [f"+1{area}55501{place:02d}" for area in range(200, 220) for place in range(70, 100)]


def hears(people, number, text="Will you come to the meeting on Thursday?"):
    tpdus = pdu.submit_tpdus(number, pdu.segment(text), ref=7)
    return [answer for tpdu in tpdus for answer in people.hear(read_submit(tpdu), "+12025550100", 0.0)]


def one(people, character):
    return next(number for number in NUMBERS if people.person(number).character == character)


def test_the_same_seed_gives_the_same_answers():
    answers = [[hears(People(seed), number) for number in NUMBERS[:50]] for seed in (1, 1, 2)]
    assert answers[0] == answers[1] != answers[2]


def test_all_kinds_of_people_are_there_in_their_shares():
    people = People(0)
    found = Counter(people.person(number).character for number in NUMBERS)
    assert set(found) == set(SHARES)
    assert found["yes"] > found["stop"]
    assert sum(SHARES.values()) == 100
    assert set(LINES) == set(SHARES) - {"silent"}


def test_who_says_stop_never_writes_again():
    people = People(0)
    number = one(people, "stop")
    ((_, text),) = hears(people, number)
    assert text.lower().startswith("stop")
    assert [hears(people, number) for _ in range(10)] == [[]] * 10


def test_silent_people_are_silent():
    people = People(0)
    assert hears(people, one(people, "silent")) == []


@pytest.mark.parametrize("character", sorted(set(SHARES) - {"silent", "stop"}))
def test_others_answer_after_a_human_while_and_end_some_day(character):
    people = People(0)
    number = one(people, character)
    ((delay_s, text),) = hears(people, number)
    assert FASTEST_S <= delay_s <= SLOWEST_S
    assert text in LINES[character][0]
    later = [hears(people, number) for _ in range(20)]
    assert 0 < sum(map(len, later)) <= 2


def test_long_answers_have_more_than_one_segment():
    assert all(pdu.segment(line).count > 1 for line in LINES["long"][0])


def test_a_long_text_is_answered_once_when_it_is_whole():
    people = People(0)
    assert len(hears(people, one(people, "yes"), "Please come. " * 40)) == 1


def test_pace_scales_the_delay():
    number = one(People(0), "yes")
    ((slow_s, _),) = hears(People(0), number)
    ((quick_s, _),) = hears(People(0, pace=0.1), number)
    assert quick_s == pytest.approx(slow_s / 10)


@pytest.mark.parametrize(
    ("asked", "fits"),
    [
        ("The hearing is Thursday. Can you come? YES, MAYBE or NO.", ("yes", "count", "there")),
        ("The city election is Tuesday. Will you vote? YES or NO.", ("yes", "vote")),
        ("Great, thank you! How many of you are coming?", ("of us", "just me")),
        ("The rent law is decided by Friday. Will you call Senator Lee today?", ("yes", "call")),
    ],
)
def test_people_answer_what_was_asked(asked, fits):
    people = People(0)
    said = [
        answer
        for number in NUMBERS
        if people.person(number).character == "yes"
        for _, answer in hears(people, number, asked)
    ]
    assert len(said) > 20
    assert all(any(word in text.lower() for word in fits) for text in said)


def test_every_character_has_something_to_say_to_whatever_is_asked():
    for words, lines in ASKED:
        assert ANYBODY in lines or set(lines) >= set(LINES) - {"stop"}, words


def test_a_spanish_text_is_answered_in_spanish():
    people = People(0)
    for character in ("yes", "no", "long", "later"):
        number = one(people, character)
        for text in ("¿Vas a votar en la elección? SI o NO.", "¡Gracias por avisar!"):
            for _, said in hears(people, number, text):
                assert any(
                    word in said.lower()
                    for word in ("sí", "no sé", "no, esta vez", "mudé", "gracias", "mamá")
                ), said
