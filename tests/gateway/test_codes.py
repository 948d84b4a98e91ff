"""Which answers to a USSD code may be a balance."""

import pytest

from gateway import codes


@pytest.mark.parametrize(
    "words",
    ["Your balance is $10.00.", "Guthaben 3,00 EUR", "You have 12 texts left", "1 GB and 2 GB; 3.50 left"],
)
def test_an_amount_may_be_a_balance(words: str) -> None:
    assert codes.tells_balance(words)


@pytest.mark.parametrize(
    "words",
    ["Unknown service code", "", "1 Balance 2 Offers", "1. Balance\n2. Offers\n3. Help", "Menu: 1) A 2) B"],
)
def test_an_error_or_a_menu_is_none(words: str) -> None:
    assert not codes.tells_balance(words)
