"""People of France overseas: their numbers are written like all others of France, and have country codes and hours of their own."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

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


@pytest.mark.parametrize(
    ("number", "zones"),
    [
        ("+18762101234", ("America/Jamaica",)),
        ("+18682911234", ("America/Port_of_Spain",)),
        ("+12423591234", ("America/Nassau",)),
        ("+14413701234", ("Atlantic/Bermuda",)),
        ("+77011234567", ("Asia/Almaty", "Asia/Aqtobe")),
    ],
)
def test_texts_leave_to_mobiles_of_the_caribbean_and_of_kazakhstan(
    desk: Desk, seat: Seat, number: str, zones: tuple[str, ...]
) -> None:
    """They counted as from Hawaii to Trinidad, which share no hour of the day, or to Kamchatka: a text there waited for ever."""
    assert numbers.zones_for(number) == zones
    noon = int(datetime.combine(date(2026, 11, 24), time(12), ZoneInfo(zones[0])).timestamp() * 1000)
    text = desk.approved(number=number, now=noon)
    job, _ = claims.claim_next(desk.db, seat, desk.rules, now=noon)
    assert job is not None
    assert job.message_id == text


def test_a_range_newer_than_our_tables_may_be_anywhere_in_its_country() -> None:
    """A mobile of Perth counted as in Sydney, and was texted at six in the morning."""
    assert {"Australia/Perth", "Australia/Sydney"} <= set(numbers.zones_for("+61441234567"))
    assert {"Europe/Moscow", "Asia/Kamchatka"} <= set(numbers.zones_for("+79451234567"))


def test_a_mobile_of_indonesia_may_be_in_any_of_its_three_zones(desk: Desk, seat: Seat) -> None:
    """They all counted as in Jakarta: at ten to eight there it was ten to ten in Papua (I5)."""
    evening = int(datetime(2026, 11, 24, 18, 30, tzinfo=ZoneInfo("Asia/Jakarta")).timestamp() * 1000)
    number = "+6281234567890"
    assert set(numbers.zones_for(number)) == {"Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"}
    desk.approved(number=number, now=evening)
    assert claims.claim_next(desk.db, seat, desk.rules, now=evening)[0] is None


@pytest.mark.parametrize(
    ("number", "zone", "at"),
    [
        ("+212612345678", "Africa/Casablanca", "2026-11-24 20:30"),
        ("+213551234567", "Africa/Algiers", "2026-07-14 08:30"),
        ("+218912345678", "Africa/Tripoli", "2026-07-14 08:30"),
        ("+211977123456", "Africa/Juba", "2026-07-14 08:30"),
        ("+50581234567", "America/Managua", "2026-07-14 08:30"),
        ("+5581998765432", "America/Recife", "2026-07-14 08:30"),
        ("+526141234567", "America/Chihuahua", "2026-07-14 20:30"),
        ("+18679791234", "America/Iqaluit", "2026-07-14 21:00"),
        ("+56961234567", "America/Punta_Arenas", "2026-07-14 20:30"),
    ],
)
def test_the_hours_of_a_place_are_its_own_and_not_a_neighbours(
    desk: Desk, seat: Seat, number: str, zone: str, at: str
) -> None:
    """The tables of numbers have Morocco in the Canaries and Nicaragua in Chicago: a text left an hour or two into the night (I5)."""
    assert zone in numbers.zones_for(number)
    now = int(datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)
    desk.approved(number=number, now=now)
    assert claims.claim_next(desk.db, seat, desk.rules, now=now)[0] is None


@pytest.mark.parametrize(
    ("number", "zone"),
    [
        ("+18509790123", "America/Chicago"),  # Pensacola
        ("+12709790123", "America/Chicago"),  # Bowling Green
        ("+15419790123", "America/Los_Angeles"),
        ("+18079790123", "America/Winnipeg"),  # Kenora
    ],
)
def test_an_area_code_of_two_zones_is_in_both(desk: Desk, seat: Seat, number: str, zone: str) -> None:
    """A mobile counted as in the larger part, and was texted at eight in the morning in the other (I5)."""
    eight = int(datetime(2026, 11, 24, 8, 30, tzinfo=ZoneInfo(zone)).timestamp() * 1000)
    desk.approved(number=number, now=eight)
    assert claims.claim_next(desk.db, seat, desk.rules, now=eight)[0] is None
    assert len(numbers.zones_for(number)) == 2


def test_an_exchange_whose_zone_is_known_is_in_that_zone() -> None:
    assert numbers.zones_for("+18509790123") == ("America/New_York", "America/Chicago")
    assert numbers.zones_for("+18504320123") == ("America/Chicago",)
