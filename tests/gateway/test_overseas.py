"""People of France overseas: their numbers are written like all others of France, and have country codes and hours of their own."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway import claims, numbers, schema
from gateway.claims import Seat
from tests.gateway.conftest import Desk
from tests.gateway.test_arrivals import deliver
from tests.gateway.test_stop_and_start import arrive, as_older, out_of

FIVE_IN_PARIS = int(
    datetime(2026, 11, 24, 16, 0, tzinfo=UTC).timestamp() * 1000
)  # eight in the evening at Saint-Denis
TEN_IN_PARIS = int(
    datetime(2026, 11, 24, 9, 0, tzinfo=UTC).timestamp() * 1000
)  # five in the morning at Pointe-à-Pitre


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.rules = replace(desk.rules, region="FR", zone="Europe/Paris")
    return desk


@pytest.mark.parametrize(
    ("written", "region", "number", "zone"),
    [
        ("06 92 12 34 56", "FR", "+262692123456", "Indian/Reunion"),
        ("+33 6 92 12 34 56", "FR", "+262692123456", "Indian/Reunion"),
        ("06 39 12 34 56", "FR", "+262639123456", "Indian/Mayotte"),
        ("06 90 12 34 56", "FR", "+590690123456", "America/Guadeloupe"),
        ("06 94 12 34 56", "FR", "+594694123456", "America/Cayenne"),
        ("06 96 12 34 56", "FR", "+596696123456", "America/Martinique"),
        ("06 96 12 34 56", "RE", "+596696123456", "America/Martinique"),
        ("06 12 34 56 78", "RE", "+33612345678", "Europe/Paris"),
        ("06 12 34 56 78", "GP", "+33612345678", "Europe/Paris"),
        ("06 95 12 34 56", "FR", "+33695123456", "Europe/Paris"),
    ],
)
def test_a_mobile_of_france_has_the_country_code_and_the_hours_of_where_it_is(
    written: str, region: str, number: str, zone: str
) -> None:
    """It got the code of the region in the file, with which nobody has it, and that region's hours."""
    assert numbers.normalise(written, region) == number
    assert numbers.inbound_address(written.replace(" ", ""), ton=2, region=region) == number or "+" in written
    assert zone in numbers.zones_for(number)
    assert numbers.zones_for(numbers.other_form(number) or number) == numbers.zones_for(number)


@pytest.mark.parametrize(
    ("written", "at"), [("0692123456", FIVE_IN_PARIS), ("0690123456", TEN_IN_PARIS)], ids=["evening", "night"]
)
@pytest.mark.parametrize("older", [False, True], ids=["now", "taken by an older program"])
def test_no_text_leaves_at_night_to_somebody_in_france_overseas(
    desk: Desk, seat: Seat, written: str, at: int, older: bool
) -> None:
    """By the hours of Paris it left at five in the morning (I5)."""
    number = f"+33{written[1:]}" if older else numbers.normalise(written, "FR")
    as_older(desk, number)
    text = desk.approved(number=number, now=at)
    assert claims.claim_next(desk.db, seat, desk.rules, now=at)[0] is None
    assert desk.state(text) == "approved"


def test_a_stop_from_reunion_is_its_persons(desk: Desk) -> None:
    """The network gives the code of Réunion: it was a stranger's, and the person was texted again (I4)."""
    number = numbers.normalise("06 92 12 34 56", "FR")
    text = desk.approved(number=number, now=TEN_IN_PARIS)
    arrive(desk, *deliver("STOP", "+262692123456"), now=TEN_IN_PARIS)
    assert desk.state(text) == "withdrawn"


def test_a_stop_that_an_older_program_took_for_a_strangers_holds_for_the_person(desk: Desk) -> None:
    listed, other = "+33692123456", "+262692123456"
    as_older(desk, listed, other, "+33612345678")
    desk.db.execute("UPDATE conversation SET opted_out_at=1 WHERE number=?", [other])
    for statement in schema.SCRIPTS["m008_a_stop_in_more_forms"]:
        desk.db.execute(statement)
    assert out_of(desk) == {listed: True, other: True, "+33612345678": False}
