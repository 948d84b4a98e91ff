"""What replies to the questions of each kind read as."""

import pytest

from gateway.kinds import kind
from gateway.suggest import Suggestion, foreseen


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
