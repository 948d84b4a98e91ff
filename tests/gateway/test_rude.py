"""What is folded behind a tap, and what is not."""

import pytest

from gateway.rude import abusive


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("You are a bunch of fucking idiots", True), ("fuck off", True), ("Drop dead", True), ("¡Vete al diablo!", True),
        ("damn, I forgot", False), ("fucking love it, count me in", False), ("I was an idiot and lost the paper", False),
        ("Shall I bring something spicy, or spices?", False), ("Llego con retardo", False), ("Chinkapin Street", False),
        ("Did you kill your lights?", False),
        ("motherfuckers", True), ("assholes", True), ("cabrones", True), ("you retarded", True),
        ("Fuck yourself", True), ("fuck youuu", True), ("fuck your campaign", True), ("Kill yourselves", True),
    ],
)  # fmt: skip
def test_an_insult_is_folded_and_swearing_in_passing_is_not(text: str, folded: bool) -> None:
    assert abusive(text) is folded
