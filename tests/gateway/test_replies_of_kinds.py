"""What replies to the questions of each kind read as."""

import pytest

from gateway.kinds import kind
from gateway.suggest import Suggestion, asked, foreseen


def read(name: str, language: str, step: str, reply: str) -> Suggestion | None:
    script = kind(name).scripts[language]
    return foreseen(script, script.step(step), reply)


@pytest.mark.parametrize(
    ("language", "step", "reply"),
    [
        ("en", "first", "Yes but I need a ride"),
        ("en", "first", "Can somebody drive me there?"),
        ("en", "plan", "Can somebody pick me up?"),
        ("es", "first", "Sí, pero necesito transporte"),
        ("es", "first", "¿Me pueden llevar?"),
        ("es", "plan", "¿Alguien podría llevarme?"),
    ],
)
def test_who_needs_a_ride_is_read_so(language: str, step: str, reply: str) -> None:
    found = read("voter", language, step, reply)
    assert found is not None
    assert found.choice.id == "ride"


@pytest.mark.parametrize(
    ("reply", "meant"),
    [
        ("Yes, I can give $1,000", ("yes", 1000)),
        ("Yes, I already gave", ("gave", None)),
        ("Yes, but what is it for?", None),  # a question says nothing that "yes" says too
        ("yes or no, I have to ask", None),
    ],
)
def test_of_two_answers_the_one_that_says_the_other_too_is_meant(
    reply: str, meant: tuple[str, int | None] | None
) -> None:
    found = read("fundraising", "en", "first", reply)
    assert (found and (found.choice.id, found.number)) == meant


@pytest.mark.parametrize(
    ("name", "language", "reply", "label"),
    [
        ("event", "en", "Who is this?", "Who we are"),
        ("advocacy", "en", "who's this and how did you get my number", "Who we are"),
        ("event", "es", "¿Quién eres?", "Quiénes somos"),
        ("event", "en", "Where?", "Where it is"),
        ("fundraising", "en", "Yes, but what is it for?", "What it is for"),
        ("voter", "en", "I am not who you think", None),
        ("event", "en", "Where is it, and can I bring the kids?", None),  # two questions
        ("event", "en", "Where do I unsubscribe", None),
        ("event", "en", "my daughter died", None),
        ("recruitment", "en", "I have experience", None),
        (
            "event",
            "en",
            "We went to the hall where it was last year and it was nice but far away for us",
            None,
        ),
    ],
)
def test_a_question_reads_as_the_ready_answer_to_it(
    name: str, language: str, reply: str, label: str | None
) -> None:
    """ "who is this?" got no suggestion though *Who we are* stood there."""
    found = asked(kind(name).scripts[language].ready, reply)
    assert (found and found.label) == label


@pytest.mark.parametrize(
    ("name", "reply", "meant"),
    [
        ("recruitment", "Sure, B", "b"),
        ("recruitment", "I can do slot B", "b"),
        ("recruitment", "Yes! A", "a"),
        ("recruitment", "Sure, give me a call", "yes"),
        ("recruitment", "Sure, A and B", "yes"),
        ("recruitment", "Yes", "yes"),
        ("event", "YES 2", "yes"),
        ("event", "No problem, I'll come", "yes"),
    ],
)
def test_an_answer_to_the_next_question_in_the_same_reply_is_not_asked_for_again(
    name: str, reply: str, meant: str
) -> None:
    """ "Sure, B" read as *Yes*, whose words ask "Which one?" once more."""
    found = read(name, "en", "first", reply)
    assert found is not None
    assert found.choice.id == meant


@pytest.mark.parametrize(
    ("name", "language", "reply", "meant"),
    [
        ("event", "en", "I won't miss it!", None),
        ("event", "en", "Yes, can not wait", "yes"),
        ("event", "en", "I'll be there no later than 6", "yes"),
        ("event", "es", "¡No faltaré!", None),
        ("event", "es", "Sí, no me lo pierdo", "yes"),
        ("voter", "en", "Don't need a ride", None),
        ("voter", "en", "Yes, I have a ride", "will"),
        ("voter", "en", "I don't have a ride", "ride"),
        ("voter", "es", "Ya tengo transporte", None),
    ],
)
def test_a_phrase_that_says_the_opposite_of_the_word_in_it_reads_not_as_that(
    name: str, language: str, reply: str, meant: str | None
) -> None:
    """ "I won't miss it" read as *No*, and "I have a ride" as one who needs one, a tap from written down."""
    found = read(name, language, "first", reply)
    assert (found and found.choice.id) == meant


@pytest.mark.parametrize(
    "reply", ["A or B", "B or A", "not A", "anything but B", "A, not B", "What about B?", "wait for A"]
)
def test_a_letter_behind_anything_but_a_yes_is_no_answer(reply: str) -> None:
    """ "A or B" read as B, and "not A" as A."""
    for step in ("first", "slot"):
        found = read("recruitment", "en", step, reply)
        assert found is None or found.choice.id not in "abc"


def test_one_of_several_numbers_is_no_answer_to_how_many() -> None:
    """ "Perfect, 2 seats are yours" stood ready for three who come."""
    reply = "Two of my neighbors could not get up there. All three of us will come"
    for step in ("first", "seats"):
        found = read("event", "en", step, reply)
        assert found is None or "seats" not in found.choice.records


@pytest.mark.parametrize("name", ["voter", "event", "recruitment", "advocacy", "fundraising"])
@pytest.mark.parametrize("thumb", ["Liked “{}”", "Disliked “{}”", "👍 to “{}”", "Le encantó “{}”"])
def test_a_thumb_put_to_our_question_is_no_answer_of_theirs(name: str, thumb: str) -> None:
    """An iPhone sends it as a text with our own words in it: “Disliked “… will you vote? YES …”” read as a yes, one tap from written down."""
    for words in (
        "Hi Rosa, it's Maya. Will you? Reply YES. STOP to end.",
        "Who are you? Where is it? 2 seats, no?",
    ):
        assert read(name, "en", "first", thumb.format(words)) is None
        assert asked(kind(name).scripts["en"].ready, thumb.format(words)) is None
