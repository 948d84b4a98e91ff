"""Numbers as people write them, as networks give them, and as volunteers see them."""

import subprocess
import sys
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers.tzdata import TIMEZONE_DATA

from gateway import numbers
from gateway.errors import Refused

GOOD = [  # as written, region, E.164
    ("+12025550123", "US", "+12025550123"),
    ("2025550123", "US", "+12025550123"),
    ("(202) 555-0123", "US", "+12025550123"),
    ("1-202-555-0123", "US", "+12025550123"),
    (" 202.555.0123 ", "US", "+12025550123"),
    ("+1 202 555 0123", "DK", "+12025550123"),
    ("tel:+1-202-555-0123", "DK", "+12025550123"),
    ("TEL:2025550123", "US", "+12025550123"),
    ("\u202a+1 202\u00a0555\u20110123\u202c", "US", "+12025550123"),  # as copied from a contact card
    ("0045 20 12 34 56", "DK", "+4520123456"),
    ("011 45 20 12 34 56", "US", "+4520123456"),
    ("20 12 34 56", "DK", "+4520123456"),
    ("4520123456", "DK", "+4520123456"),
    ("+٤٥٢٠١٢٣٤٥٦", "US", "+4520123456"),
    ("٢٠١٢٣٤٥٦", "DK", "+4520123456"),
    ("＋４５２０１２３４５６", "US", "+4520123456"),
    ("06 12 34 56 78", "FR", "+33612345678"),
    ("+44 (0)7700 900123", "GB", "+447700900123"),  # a number of a range that our tables do not know
    ("07700 900123", "GB", "+447700900123"),
    ("312345", "AD", "+376312345"),  # a country whose numbers are as short as short codes elsewhere
    ("011 234 5678", "LK", "+94112345678"),  # begins like an emergency number, and is none
    ("02 1234 5678", "IT", "+390212345678"),
]


@pytest.mark.parametrize(("raw", "region", "expected"), GOOD)
def test_read_as_people_write_them(raw: str, region: str, expected: str) -> None:
    assert numbers.normalise(raw, region) == expected
    assert numbers.normalise(expected, region) == expected


BAD = [  # as written, region, a part of the sentence
    ("", "US", "There is no number"),
    ("   ", "US", "There is no number"),
    ("hello", "US", "not a telephone number"),
    ("+", "US", "not a telephone number"),
    ("n/a", "US", "not a telephone number"),
    ("ada@example.org", "US", "not a telephone number"),
    ("202 555 0123 x5", "US", "extension"),
    ("tel:+1-202-555-0123;ext=5", "US", "extension"),
    ("1-800-FLOWERS", "US", "letters"),
    ("911", "US", "emergency"),
    ("112", "US", "emergency"),
    ("112", "DK", "emergency"),
    ("1120", "DK", "emergency"),
    ("9112345678", "US", "emergency"),
    ("999", "GB", "emergency"),
    ("+1 911", "US", "emergency"),
    ("110", "DE", "emergency"),
    ("72345", "US", "short code"),
    ("1990", "DK", "short code"),
    ("555 0123", "US", "area code"),
    ("20255501", "US", "too few"),
    ("+1555", "US", "too few"),
    ("+1 202 555 01234", "US", "too many"),
    ("202-555-0123 / 202-555-0124", "US", "too many"),
    ("2025550123 2025550124", "US", "too many"),
    ("9" * 300, "US", "too many"),
    ("+999 123 456", "US", "country code that does not exist"),
    ("(000) 555-0123", "US", "cannot be dialled"),
    ("202 155 0123", "US", "cannot be dialled"),
    ("2025550123", "ZZ", "no country code"),
    ("2025550123", "", "no country code"),
]


@pytest.mark.parametrize(("raw", "region", "said"), BAD)
def test_refused_with_what_was_found_and_what_is_allowed(raw: str, region: str, said: str) -> None:
    with pytest.raises(Refused) as refusal:
        numbers.normalise(raw, region)
    sentence = str(refusal.value)
    assert said in sentence
    assert len(sentence) < 200
    assert sentence.endswith(".")
    assert raw.strip()[:20] in sentence


@given(st.text(max_size=40), st.sampled_from(["US", "DK", "IT", "GB"]))
def test_anything_at_all_is_a_number_or_a_refusal(raw: str, region: str) -> None:
    try:
        number = numbers.normalise(raw, region)
    except Refused:
        return
    assert numbers.E164.fullmatch(number)
    assert numbers.normalise(number, region) == number


def test_no_real_number_of_any_country_is_taken_for_an_emergency_or_a_short_code() -> None:
    for region in phonenumbers.SUPPORTED_REGIONS:
        for kind in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE):
            example = phonenumbers.example_number_for_type(region, kind)
            if example is not None:
                written = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
                expected = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
                assert numbers.normalise(written, region) == expected, region


@pytest.mark.parametrize(
    ("number", "landline"),
    [
        ("+33123456789", True),
        ("+442079460018", True),
        ("+33612345678", False),
        ("+12025550123", False),  # a landline or a mobile: the country does not tell
        ("+4520123456", False),
        ("72345", False),
        ("BANK", False),
    ],
)
def test_landlines_are_flagged_only_where_the_country_tells(number: str, landline: bool) -> None:
    assert numbers.is_landline(number) is landline


ADDRESSES = [  # address as decoded, TON, region, as stored
    ("+12025550123", 1, "DK", "+12025550123"),
    ("12025550123", 1, "DK", "+12025550123"),
    ("+004915112345678", 1, "US", "+4915112345678"),
    ("+07700900123", 1, "GB", "+447700900123"),
    ("2025550123", 2, "US", "+12025550123"),
    ("12025550123", 0, "US", "+12025550123"),
    ("07700900123", 2, "GB", "+447700900123"),
    ("20123456", 0, "DK", "+4520123456"),
    ("20123456", 2, "DK", "+4520123456"),
    ("00447700900123", 0, "DK", "+447700900123"),
    ("72345", 0, "US", "72345"),
    ("72345", 3, "US", "72345"),
    ("+72345", 1, "US", "+72345"),
    ("1990", 0, "DK", "1990"),
    ("312345", 0, "AD", "+376312345"),  # countries whose mobiles are as short as short codes elsewhere
    ("212345", 2, "FO", "+298212345"),
    ("51234", 0, "FK", "+50051234"),
    ("116111", 0, "AD", "116111"),
    ("112", 2, "GL", "112"),
    ("40123", 2, "FI", "40123"),
    ("911", 0, "US", "911"),
    ("5550123", 0, "US", "5550123"),  # no area code: nobody knows which
    ("4915112345678", 0, "US", "4915112345678"),
    ("4915112345678", 0, "DE", "+4915112345678"),  # which is no number in Leer (0491)
    ("4915112345678", 2, "DE", "+494915112345678"),  # and this one is
    ("15112345678", 0, "DE", "+4915112345678"),
    ("62812345678", 0, "ID", "+62812345678"),
    ("BANK-24", 5, "US", "BANK-24"),
    ("12345678", 5, "DK", "12345678"),  # an alphanumeric sender may be all digits
    ("*100#", 0, "US", "*100#"),
    ("", 0, "US", ""),
]


@pytest.mark.parametrize(("number", "ton", "region", "stored"), ADDRESSES)
def test_senders_are_numbers_where_they_are_and_else_as_they_came(
    number: str, ton: int, region: str, stored: str
) -> None:
    assert numbers.inbound_address(number, ton=ton, region=region) == stored


@pytest.mark.parametrize(
    ("number", "person"),
    [
        ("+12025550123", True),
        ("+4520123456", True),
        ("72345", False),
        ("+72345", False),
        ("BANK", False),
        ("", False),
    ],
)
def test_only_a_full_number_is_answered_by_itself(number: str, person: bool) -> None:
    assert numbers.is_person(number) is person


def test_zones() -> None:
    assert numbers.zones_for("+12025550123") == ("America/New_York",)
    assert numbers.zones_for("+4520123456") == ("Europe/Copenhagen",)
    assert len(numbers.zones_for("+79161234567")) > 5
    assert "Australia/Perth" in numbers.zones_for("+61491570156")
    assert "Europe/London" in numbers.zones_for("+447700900123")  # an unknown range of a known country
    assert numbers.zones_for("+80012345678") == ()
    assert numbers.zones_for("+999123456") == ()
    assert numbers.zones_for("72345") == ()
    assert numbers.zones_for("BANK") == ()


def test_every_zone_that_a_number_can_name_exists_here() -> None:
    for zone in {zone for zones in TIMEZONE_DATA.values() for zone in zones}:
        ZoneInfo(zone)


MASKS = [  # number, masked, pretty
    ("+12025550123", "+1 202 ••• ••23", "+1 202 555 0123"),
    ("+4520123456", "+45 •• •• •• 56", "+45 20 12 34 56"),
    ("+33612345678", "+33 • •• •• •• 78", "+33 6 12 34 56 78"),
    ("+447700900123", "+44 •••• ••••23", "+44 7700 900123"),
    ("+999123456", "+•••••••56", "+999123456"),
    ("4915112345678", "•••••••••••78", "4915112345678"),
    ("72345", "72345", "72345"),
    ("BANK", "BANK", "BANK"),
    ("", "", ""),
]


@pytest.mark.parametrize(("number", "masked", "pretty"), MASKS)
def test_shown_with_care(number: str, masked: str, pretty: str) -> None:
    assert numbers.masked(number) == masked
    assert numbers.pretty(number) == pretty


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("+1 212 555 0199", "•••99"),
        ("call (212) 555-0199 or ana.b@example.org", "call (•••99 or •••"),
        ("+1 212‑555‑0199", "•••99"),
        ("212\u200b555\u200b0199", "•••99"),
        ("2026-05-01", "2026-05-01"),
        ("14 Oak Street, 20009-1234", "14 Oak Street, 20009-1234"),
    ],
)
def test_words_of_a_list_hide_how_else_to_reach_somebody(words: str, shown: str) -> None:
    assert numbers.unreachable(words) == shown


def test_a_mask_of_any_country_shows_few_digits_of_the_subscriber() -> None:
    for region in phonenumbers.SUPPORTED_REGIONS:
        example = phonenumbers.example_number(region)
        if example is not None:
            number = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
            shown = "".join(c for c in numbers.masked(number).split(" ", 1)[1] if c.isdigit())
            assert len(shown) <= (5 if example.country_code == 1 else 2), region


def test_nothing_heavy_is_imported_before_a_number_is_read_and_the_geocoder_never() -> None:
    program = """
import sys
from gateway import numbers
early = [name for name in sys.modules if name.startswith("phonenumbers")]
numbers.normalise("202 555 0123", "US"), numbers.zones_for("+12025550123"), numbers.masked("+12025550123")
print(early, [name for name in sys.modules if "geocoder" in name or "geodata" in name or "carrier" in name])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[] []"


def test_the_kinds_are_those_of_the_library() -> None:
    from phonenumbers import PhoneNumberType as Kind

    known = {
        Kind.FIXED_LINE: "landline",
        Kind.TOLL_FREE: "freephone",
        Kind.PREMIUM_RATE: "premium",
        Kind.SHARED_COST: "premium",
    }
    assert known == numbers._KINDS
    assert numbers.with_kind("+44 20 7946 0000", "US") == ("+442079460000", "landline")
    assert numbers.with_kind("(202) 555-0147", "US") == ("+12025550147", "")
    assert numbers.kind_of("+19005551234") == "premium"


@pytest.mark.parametrize(
    ("written", "region", "kept"),
    [
        ("4915112345678", "DE", "+4915112345678"),  # and with Leer's 0491 in front a landline
        ("436641234567", "AT", "+436641234567"),
        ("015112345678", "DE", "+4915112345678"),
        ("091 98123 45678", "IN", "+919812345678"),
        ("(0491) 5112345678", "DE", "+494915112345678"),
        ("3012345678", "DE", "+493012345678"),  # Berlin, whose 0 the spreadsheet took
        ("8 (495) 1234567", "RU", "+74951234567"),  # Moscow, dialled with 8: +84 is Vietnam's
        ("12025550141", "US", "+12025550141"),
    ],
)
def test_a_mobile_whose_plus_a_spreadsheet_took_is_still_itself(written: str, region: str, kept: str) -> None:
    """All mobiles of a German list were landlines in Leer, and nobody was texted."""
    assert numbers.normalise(written, region) == kept


@pytest.mark.parametrize(
    ("written", "region"),
    [("4915112345678", "AT"), ("33612345678", "DE"), ("12025550141", "IN"), ("4790123456", "SE")],
)
def test_one_of_another_country_is_no_number_of_this(written: str, region: str) -> None:
    """+43 4915112345678, which nobody has, or a stranger, was texted in its place."""
    with pytest.raises(
        Refused, match=rf"“{written}” may be \+{written}, or a number of this country\. Write it with \+"
    ):
        numbers.normalise(written, region)
