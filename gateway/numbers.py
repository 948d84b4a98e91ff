"""Telephone numbers: read them as people write them, keep them as E.164, show them with care.

Promises: what `normalise` returns is E.164 of a length that its country uses, and never an emergency
number, a short code or a number with an extension. A number of a range that is newer than our tables is not
refused: the box has no internet, and its tables grow old. What came in is kept exactly when it is no
telephone number.

Fails with `Refused`, which says what was found and what is allowed. `phonenumbers` is imported when first
needed, and its geocoder (101 MB) never.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from gateway.errors import Refused
from gateway.numberclocks import ANYWHERE, BY_AREA, CLOCKS, SPLIT

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

SHORT_CODE_DIGITS = 6
TAIL = 8  # digits, by which a number is found in whatever form a network writes it
INTERNATIONAL, ALPHANUMERIC, NATIONAL = 1, 5, 2  # TON, 3GPP TS 23.040, 9.1.2.5
REACHED = re.compile(
    r"\S+@\S+|(?<!\d)(?!\d{5}-\d{4}\b)\+?\d(?:[\s().,/·•_‐-―\u200b-\u200f\u202a-\u202e\u2060-]*\d){8,}"
)  # an e-mail address; nine digits that are no date and no ZIP+4 code, also with the hyphens and marks of word processors between them
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
NANP = re.compile(r"[2-9][0-9]{2}[2-9][0-9]{6}")
TEL = re.compile(r"^tel:", re.IGNORECASE)
PARAMETER = re.compile(r";(phone-context|isub)=.*", re.IGNORECASE)
PLUS = ("+", "＋")
EMERGENCY = {"112", "911", "999"}
OVERSEAS = {  # how mobiles of France overseas begin, dialled with 0 like all others of France; their country codes
    "690": "590", "691": "590", "692": "262", "693": "262", "639": "262", "694": "594", "696": "596", "697": "596",
}  # fmt: skip
PALESTINE = re.compile(r"\+97[02]5[69]\d{7}")
BRAZIL = re.compile(r"\+55([1-9]\d)(9?)([689]\d{7})")
FRANCE = ("33", *dict.fromkeys(OVERSEAS.values()))
_KINDS = {0: "landline", 3: "freephone", 4: "premium", 5: "premium"}  # of phonenumbers.PhoneNumberType
UNLIKELY = (99, 0)  # of phonenumbers.PhoneNumberType: no range that is known, and a landline's
MAY_BE = (
    "{found} may be {whole}, or a number of this country. Write it with + and the country's code in front."
)
NO_COUNTRY = "begins with a country code that does not exist. Check the digits after +."
TOO_LONG = "has too many digits. Is it two numbers? Keep one number in the field."
TOO_SHORT = "has too few digits for its country. Write the whole number."


def normalise(raw: str, region: str) -> str:
    """The number as E.164; `region` (ISO 3166, "US") says how one without + is meant."""
    return _e164(_read(raw, region)[0])


def with_kind(raw: str, region: str) -> tuple[str, str]:
    """The number as E.164, and its kind as `kind_of` has it, with one reading: a list has a hundred thousand."""
    number, kind = _read(raw, region)
    return _e164(number), _KINDS.get(kind, "")


def _read(raw: str, region: str) -> "tuple[PhoneNumber, int]":
    """The number and its type (`phonenumbers.PhoneNumberType`), which is asked once: it takes most of the time."""
    import phonenumbers as lib

    text = raw.strip()
    if not text.isascii() or not text.isprintable():
        text = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cc")).strip()
    if not text:
        raise Refused("There is no number. Write it like +12025550123, or as you would dial it at home.")
    found = f"“{text[:40]}{'…' if len(text) > 40 else ''}”"
    bare = TEL.sub("", text)
    number = _parse(bare, region, found)
    kind = lib.number_type(number)
    if kind == lib.PhoneNumberType.UNKNOWN and (meant := _meant(_e164(number))):
        twin = lib.parse(meant)
        kind = lib.number_type(twin)
        number.country_code, number.national_number = twin.country_code, twin.national_number
    if kind in UNLIKELY and number.country_code != 1 and not bare.startswith(PLUS):
        whole, dialled = _with_its_country(bare, number)
        at_home = whole is not None and whole.country_code == number.country_code
        if whole and not at_home and not dialled:
            raise Refused(MAY_BE.format(found=found, whole=_e164(whole)))
        if whole and at_home and (kind == UNLIKELY[0] or not dialled):
            number, kind = whole, lib.number_type(whole)
    valid = kind != lib.PhoneNumberType.UNKNOWN
    objection = (None if valid else _local_objection(bare, region)) or _objection(bare, number, valid=valid)
    if objection:
        raise Refused(f"{found} {objection}")
    return number, kind


def _with_its_country(bare: str, at_home: "PhoneNumber") -> "tuple[PhoneNumber | None, bool]":
    """The mobile that these digits are with a + in front, which spreadsheets take away, None for none; and whether what one dials first
    at home stands there, 0 or Russia's 8, which hardly anybody writes in front of a country (but in India).
    """
    digits = "".join(str(unicodedata.digit(c)) for c in bare if c.isdecimal())
    whole = f"+{digits.lstrip('0')}"
    return _known(whole) if _is_mobile(whole) else None, digits != str(at_home.national_number)


def _meant(number: str) -> str | None:
    """The number that is meant by one (E.164) of no range that we know: +52 1, as old lists and exports have the mobiles of Mexico; a
    mobile of Réunion that was written in Paris, or the other way round. None: it is of a new range, and stays as it is written.
    """
    other = other_form(number)
    if other and number.startswith("+33"):
        return other  # as +33 nobody has it
    code = next((code for code in FRANCE if number.startswith(f"+{code}")), "")
    if code and len(at_home := number[len(code) + 1 :]) == 9:
        forms = [f"+{each}{at_home}" for each in FRANCE]
    else:
        forms = [other] if other else []
    known = [form for form in forms if _has_kind(form)]
    return known[0] if len(known) == 1 else None


def _has_kind(number: str) -> bool:
    """Whether this number (E.164) is of a range that we know."""
    import phonenumbers as lib

    return lib.number_type(lib.parse(number)) != lib.PhoneNumberType.UNKNOWN


def _parse(text: str, region: str, found: str) -> "PhoneNumber":
    import phonenumbers as lib

    try:
        return lib.parse(text, region)
    except lib.NumberParseException as problem:
        kind, abroad = lib.NumberParseException, text.startswith(PLUS)
        said = {
            kind.INVALID_COUNTRY_CODE: NO_COUNTRY
            if abroad
            else "has no country code. Write it with +, or set the organisation's region.",
            kind.TOO_LONG: TOO_LONG,
            kind.TOO_SHORT_AFTER_IDD: TOO_SHORT,
            kind.TOO_SHORT_NSN: TOO_SHORT,
        }.get(problem.error_type, "is not a telephone number. Write it like +12025550123.")
        raise Refused(f"{found} {said}") from None


def _local_objection(text: str, region: str) -> str | None:
    """What is wrong with what was written as one dials at home and is no valid number: a few digits there reach
    something else than a person.
    """
    from phonenumbers import shortnumberinfo

    if text.startswith(PLUS):
        return None
    digits = "".join(str(unicodedata.digit(c)) for c in text if c.isdecimal())
    if digits in EMERGENCY or shortnumberinfo.connects_to_emergency_number(digits, region):
        return "reaches an emergency service. Textbank never texts those; take it out of the list."
    if len(digits) <= SHORT_CODE_DIGITS:
        return "is a short code, and a SIM cannot start a conversation with one. Write the whole number."
    return None


def _objection(text: str, number: "PhoneNumber", *, valid: bool) -> str | None:
    """What is wrong with a number whose country is known: an extension, letters, or, where it is not `valid` by our tables, not
    the length of that country.
    """
    import phonenumbers as lib

    if number.extension:
        return "has an extension, which a text cannot reach. Keep the number alone."
    if any(map(str.isalpha, PARAMETER.sub("", text))):
        return "has letters in it. Write the number with digits only."
    if str(number.national_number) in EMERGENCY:
        return "reaches an emergency service. Textbank never texts those; take it out of the list."
    if valid:
        return None
    reason, kind = lib.is_possible_number_with_reason(number), lib.ValidationResult
    said = {
        kind.TOO_LONG: TOO_LONG,
        kind.TOO_SHORT: TOO_SHORT,
        kind.INVALID_LENGTH: TOO_SHORT,
        kind.IS_POSSIBLE_LOCAL_ONLY: "lacks its area code. Write the whole number.",
        kind.INVALID_COUNTRY_CODE: NO_COUNTRY,
    }.get(reason)
    if said is None and number.country_code == 1 and not NANP.fullmatch(str(number.national_number)):
        return "cannot be dialled: an area code and the three digits after it begin with 2 to 9."
    return said


def _e164(number: "PhoneNumber") -> str:
    import phonenumbers as lib

    return lib.format_number(number, lib.PhoneNumberFormat.E164)


def is_landline(number: str) -> bool:
    """True only where the country tells landlines and mobiles apart and this is a landline; then a text
    hardly arrives.
    """
    return kind_of(number) == "landline"


def kind_of(number: str) -> str:
    """ "landline", "premium" (the sender pays more), "freephone", or "" where a person may read a text; as far as the country tells."""
    import phonenumbers as lib

    parsed = _known(number)
    return "" if parsed is None else _KINDS.get(lib.number_type(parsed), "")


def is_person(number: str) -> bool:
    """True for a number that may be answered by itself; short codes and alphanumeric senders would loop."""
    return E164.fullmatch(number) is not None


def inbound_address(number: str, *, ton: int, region: str) -> str:
    """How a sender's address is stored: E.164 where it is a telephone number, else as it came.

    `ton` is the type of number of the OA (3GPP TS 23.040, 9.1.2.5): an unknown type is read as a number of
    `region` only when it is one beyond doubt, for it may be a short code.
    """
    digits = number.removeprefix("+")
    if ton == ALPHANUMERIC and E164.fullmatch(number):
        return f"“{number}”"  # a name that poses as a number: nobody there is answered, opted out or taken for a person
    if ton == ALPHANUMERIC or not re.fullmatch(r"[0-9]+", digits):
        return number
    if ton == INTERNATIONAL or number.startswith("+"):
        digits = digits.removeprefix("00")
        if not digits.startswith("0"):  # as none does: else it is written as one dials at home
            return f"+{digits}" if len(digits) > SHORT_CODE_DIGITS else number
    import phonenumbers as lib

    try:
        parsed = lib.parse(digits, region)
    except lib.NumberParseException:
        return number
    whole, at_home = f"+{digits}", digits.startswith(str(parsed.country_code))
    if ton != NATIONAL and at_home and _is_mobile(whole) and not _is_mobile(_e164(parsed)):
        return whole  # 49151… is a mobile of Germany, and a number of Leer (0491) as well
    as_short = len(digits) <= SHORT_CODE_DIGITS and not (
        _has_short_mobiles(region) and _is_mobile(_e164(parsed))
    )
    if as_short or not lib.is_possible_number(parsed):
        return number
    if ton == NATIONAL or len(digits) >= 10 or lib.is_valid_number(parsed):
        number = _e164(parsed)
        return number if _has_kind(number) else _meant(number) or number
    return number


def _has_short_mobiles(region: str) -> bool:
    """Whether mobiles are as short there as short codes elsewhere: Andorra, Greenland, the Faroes, islands in the Pacific."""
    import phonenumbers as lib

    usual = lib.example_number_for_type(region, lib.PhoneNumberType.MOBILE)
    return usual is not None and len(str(usual.national_number)) <= SHORT_CODE_DIGITS


def _is_mobile(number: str) -> bool:
    """Whether it may be a mobile; only some countries tell."""
    import phonenumbers as lib

    parsed, kind = _known(number), lib.PhoneNumberType
    return parsed is not None and lib.number_type(parsed) in (kind.MOBILE, kind.FIXED_LINE_OR_MOBILE)


def other_form(number: str) -> str | None:
    """The other E.164 form of the same mobile, where a country has two: +52 1 and +52 (Mexico, until 2019), +54 9 and +54 (Argentina),
    +33 and the own code of France overseas, +970 and +972 (Palestine), ten digits and eleven (Brazil, until 2016: only where the ten are
    no landline's). Lists have the one, and networks give the other.
    """
    if PALESTINE.fullmatch(number):
        return ("+972" if number.startswith("+970") else "+970") + number[4:]
    if brazil := BRAZIL.fullmatch(number):
        area, nine, rest = brazil.groups()
        return f"+55{area}{'' if nine else '9'}{rest}"
    if len(number) == 12 and number.startswith("+33") and (code := OVERSEAS.get(number[3:6])):
        return f"+{code}{number[3:]}"
    if len(number) == 13 and OVERSEAS.get(number[4:7]) == number[1:4]:
        return f"+33{number[4:]}"
    for country, mobile in (("+52", "+521"), ("+54", "+549")):
        if number.startswith(mobile) and len(number) == len(mobile) + 10:
            return country + number[len(mobile) :]
        if number.startswith(country) and len(number) == len(country) + 10:
            return mobile + number[len(country) :]
    return None


def tail(number: str) -> str | None:
    """The last digits of what is long enough to be somebody's number."""
    digits = number.lstrip("+")
    return digits[-TAIL:] if digits.isdigit() and len(digits) >= TAIL else None


def is_written_so(number: str, digits: str) -> bool:
    """Whether these digits are this E.164 number without its +, or without its country; no zero stands before them."""
    parsed = _known(number)
    if parsed is None:
        return False
    return digits in (str(parsed.national_number), f"{parsed.country_code}{parsed.national_number}")


def written_so(found: Iterable[str], digits: str) -> list[str]:
    """Those of these numbers that `is_written_so`; where none is, those whose other form is."""
    found = list(found)
    return [number for number in found if is_written_so(number, digits)] or [
        number for number in found if (other := other_form(number)) and is_written_so(other, digits)
    ]


@lru_cache(maxsize=512)
def zones_for(number: str) -> tuple[str, ...]:
    """Every IANA zone that this number may be in; () when the number does not tell."""
    abroad = (
        other_form(number) if number.startswith("+33") else None
    )  # at Réunion it is night before it is in Paris
    parsed = _known(abroad or number)
    if parsed is None:
        return ()
    if own := next((zones for begin, zones in CLOCKS.items() if number.startswith(begin)), None):
        return own
    import phonenumbers as lib
    from phonenumbers import timezone

    if number.startswith(
        BY_AREA
    ):  # mobiles too, which else may be anywhere from Hawaii to Trinidad, or to Kamchatka
        zones = timezone.time_zones_for_geographical_number(parsed)
        both = SPLIT.get(number[2:5], ()) if number.startswith("+1") else ()
        usual = lib.PhoneNumber(country_code=1, national_number=int(number[2:5]) * 10**7) if both else parsed
        if both and zones == timezone.time_zones_for_geographical_number(usual):
            return tuple(both)
    else:
        zones = timezone.time_zones_for_number(parsed)
    if timezone.UNKNOWN_TIMEZONE in zones or number.startswith(ANYWHERE):  # at least its country is known
        anywhere = lib.PhoneNumber(country_code=parsed.country_code, national_number=0)
        zones = timezone.time_zones_for_geographical_number(anywhere)
    return tuple(str(zone) for zone in zones if zone != timezone.UNKNOWN_TIMEZONE)


def unreachable(words: str) -> str:
    """Words of a list without what else reaches the person: e-mail addresses and telephone numbers as volunteers see them.

    >>> unreachable("212 555 0199, ana@example.org")
    '•••99, •••'
    """
    return REACHED.sub(lambda found: "•••" if "@" in found[0] else f"•••{found[0][-2:]}", words)


def masked(number: str) -> str:
    """The number as volunteers see it: "+1 202 ••• ••23". A short code or a name of a sender hides nobody."""
    if number.isdecimal() and len(number) > SHORT_CODE_DIGITS:
        return "•" * (len(number) - 2) + number[-2:]
    if _known(number) is None:
        return number if not E164.fullmatch(number) else "+" + "•" * (len(number) - 3) + number[-2:]
    country, *groups = pretty(number).split(" ")
    area = [groups.pop(0)] if country == "+1" and len(groups) > 2 else []
    rest = " ".join(groups)
    hidden = re.sub(r"[0-9]", "•", rest[:-2])
    return " ".join([country, *area, hidden + rest[-2:]])


def pretty(number: str) -> str:
    """The number in its country's groups: "+1 202 555 0123"; anything else as it is."""
    import phonenumbers as lib

    parsed = _known(number)
    if parsed is None:
        return number
    written = lib.format_number(parsed, lib.PhoneNumberFormat.INTERNATIONAL)
    return re.sub(r"[^0-9+]+", " ", written).strip()


def _known(number: str) -> "PhoneNumber | None":
    """The parsed number of an E.164 string, None for anything else."""
    if not E164.fullmatch(number):
        return None
    import phonenumbers as lib

    try:
        return lib.parse(number, None)
    except lib.NumberParseException:
        return None
