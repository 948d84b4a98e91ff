"""Countries as lists write them, by their two letters: the names are those of the IANA's table, which comes with the time zones, and a few
that people write instead.

Promises: what is no country is "". Never fails.
"""

from contextlib import suppress
from functools import cache, lru_cache
from importlib.resources import files

from gateway.letters import fold

ALSO = {  # two letters: what people write, too
    "AT": "österreich",
    "BR": "brasil",
    "CH": "schweiz|suisse|svizzera",
    "DE": "deutschland|allemagne",
    "ES": "españa",
    "GB": "uk|united kingdom|great britain|england|scotland|wales",
    "IT": "italia",
    "MX": "méxico",
    "NL": "holland|nederland|the netherlands",
    "PL": "polska",
    "US": "usa|u.s.|u.s.a.|united states of america|estados unidos|ee. uu.",
}


def code_of(said: str) -> str:
    """The two letters of a country by its name or letters, in capitals or not; "" where it is none."""
    return _codes().get(fold(said).strip(), "")


@lru_cache(maxsize=256)
def calling_code(said: str) -> str:
    """The digits that a list says a number's country has, "52", "+52", "0052", "MX" or "Mexico"; "" where it says none."""
    import phonenumbers as lib

    if country := code_of(said):
        return str(lib.country_code_for_region(country) or "")
    digits = said.lstrip("+0")
    known = digits.isascii() and digits.isdecimal() and len(digits) <= 3
    return digits if known and int(digits) in lib.COUNTRY_CODE_TO_REGION_CODE else ""


def mobile_in(code: str, written: str, number: str) -> str:
    """The mobile (E.164) that was meant, where what was `written` and read as `number` is one of the country with this code; "" where none
    there is as long.
    """
    import phonenumbers as lib

    for digits in (written, lib.national_significant_number(lib.parse(number))):
        with suppress(lib.NumberParseException):
            meant = lib.parse(f"+{code}{''.join(filter(str.isdecimal, digits))}")
            if lib.is_possible_number_for_type(meant, lib.PhoneNumberType.MOBILE):
                return str(lib.format_number(meant, lib.PhoneNumberFormat.E164))
    return ""


@cache
def _codes() -> dict[str, str]:
    table = (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    named = {fold(written): code for code, name in rows for written in (code, name)}
    return named | {fold(written): code for code, every in ALSO.items() for written in every.split("|")}
