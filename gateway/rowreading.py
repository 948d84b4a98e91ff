"""One row of a list, made into a person, or refused with the reason that its coordinator reads.

Promises: a number that a spreadsheet has spoilt is refused, never guessed; digits that it added (`.0`, an apostrophe, a
formula around the number) are taken off. A zone that is none is left out: the number's own zones are stricter.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from gateway import countries, numbers
from gateway.columns import Meaning
from gateway.contacts import Person
from gateway.errors import Refused
from gateway.letters import bare, fold, untitled

MOST_NAME = 60
MOST_FIELD = 300
SCIENTIFIC = re.compile(r"\+?(\d)(?:[.,](\d+))?e\+?0*(\d{1,2})|[+-]?\d+(?:[.,]\d+)?e[+-]?\d+", re.IGNORECASE)
FORMULA = re.compile(r"=\s*\"?([^\"=]+)\"?")
DECIMAL = re.compile(r"(\+?\d{7,})[.,]0+")
SPOILT = (
    "“{found}” is a number that a spreadsheet shortened: its last digits are lost. Format that column as text in the original, "
    "and export it again."
)
UNKNOWN = re.compile(  # what programs write where they know nothing, or lost a letter; "Null" and "Nan" are people's names
    r"NULL|null|[(<\[](?i:null|none|blank)[)>\]]|\\N|NaN|undefined|#(?:N/A|REF!|VALUE!|NAME\?|NULL!|DIV/0!|NUM!)|[Nn]/[Aa]|.*\ufffd.*"
)
BLANK = re.compile(r"[-–—_.…?/\s]+")  # what people write where they know nothing: "Your hearing is on -"
NAMELESS = re.compile(
    r"(?i:unknown|no name)|None|[\W\d_]+|\S+@\S+|.*\?.*"
)  # also a number, as telephones save it
RANK = "jr|sr|ii|iii|iv|md|phd|esq|rn|cpa|dds|jd"
RANKS = frozenset(RANK.split("|"))  # behind its comma
# Pictures beside a name, as people keep them in their telephones: notes of their own, and three texts instead of one.
SIGNS = re.compile(r"(?:[\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]\ufe0f?\u200d?)+|\ufe0f|\u20e3")
NAMED = ("first_name", "last_name", "name")
COUNTRIES = (  # columns, as placeholders, that say in which country a number is
    "country|country_code|country_iso|phone_country|phone_country_code|mobile_country_code|calling_code|country_calling_code|dial_code|"
    "dialing_code|dialling_code|phone_code|pais|codigo_pais|codigo_de_pais|pays|code_pays|indicatif|land|landesvorwahl|landerkennung"
)
COUNTRY = frozenset(COUNTRIES.split("|"))
ABROAD = (
    "“{found}” was read as a number of this country, and the column “{name}” says {country}. Write it with +{code} in front; or leave that "
    "column out, if it tells something else of the person."
)
BETWEEN = re.compile(r"\s*[,;/|&\n]\s*|\s+[^\W\d_]+\s+")  # what people write between two numbers
KINDS = {
    "premium": "“{found}” costs whoever texts it more (a premium number), and no person reads there.",
    "freephone": "“{found}” is a company's freephone number; a SIM cannot text it.",
}
IANA = re.compile(r"[a-z]+(?:_[a-z]+)*/[a-z0-9_/+-]+")
AROUND = re.compile(  # what programs write around a zone's name: "(GMT-08:00) Pacific Standard Time (US & Canada)"
    r"\((?:gmt|utc)[^)]*\)|\((?:us|u\.s\.)[^)]*\)|\([a-z]{2,4}\)|\b(?:us/|(?:standard|daylight|savings|saving|time|zone)\b)|\s-\s.*"
)
ZONES = {  # what people and programs write for a zone in North America
    name: zone
    for zone, names in {
        "America/New_York": "eastern|et|est|edt|est/edt|est5edt|us eastern",
        "America/Chicago": "central|ct|cst|cdt|cst/cdt|cst6cdt",
        "America/Denver": "mountain|mt|mst|mdt|mst/mdt|mst7mdt",
        "America/Phoenix": "arizona|us mountain",
        "America/Los_Angeles": "pacific|pt|pst|pdt|pst/pdt|pst8pdt",
        "America/Anchorage": "alaska|alaskan|akt|akst|akdt|akst/akdt",
        "Pacific/Honolulu": "hawaii|hawaiian|hst|hast",
    }.items()
    for name in names.split("|")
}
LANGUAGES = {  # code: what people write for it, folded
    "ar": "arabic|العربيه|عربي",
    "de": "german|deutsch|aleman|allemand",
    "en": "english|ingles|anglais|englisch",
    "es": "spanish|espanol|castellano|espagnol|spanisch",
    "fr": "french|francais|frances",
    "hi": "hindi|हिन्दी",
    "ht": "haitian|haitian creole|creole|kreyol|kreyol ayisyen",
    "it": "italian|italiano",
    "ko": "korean|한국어",
    "pl": "polish|polski",
    "pt": "portuguese|portugues",
    "ru": "russian|русскии|русский",
    "tl": "tagalog|filipino",
    "uk": "ukrainian|українська",
    "vi": "vietnamese|tieng viet",
    "zh": "chinese|mandarin|cantonese|中文",
}
_CODE = {fold(word): code for code, words in LANGUAGES.items() for word in words.split("|")}


def read(cells: Sequence[str], meaning: Meaning, region: str) -> Person:
    """The person in this row; Refused says why there is none."""
    said = {ours: one_line(cells, at, MOST_NAME) for ours, at in meaning.fields.items() if ours != "number"}
    written = one_line(cells, meaning.fields["number"], 80)
    number, kind = number_of(written, region)
    refuse_abroad(number, written, cells, meaning.kept)
    names = {ours: " ".join(SIGNS.sub(" ", said.get(ours, "")).split()) for ours in NAMED}
    said |= {ours: "" if _is_nobody(name) else name for ours, name in names.items()}
    first, last, parted = said.get("first_name", ""), said.get("last_name", ""), False
    if said.get("name") and not (first and last):
        parted = not (first or last)
        first, last = _parted(said["name"]) if parted else (first or said["name"], last)
    return Person(
        number,
        first,
        last,
        language_of(said.get("language", "")),
        zone_of(said.get("zone", ""), number),
        kind == "landline",
        _fields(cells, meaning.kept),
        parted and bool(last),
    )


def number_of(cell: str, region: str) -> tuple[str, str]:
    """E.164 of what stands in the cell, and its kind ("landline" or ""); Refused when nobody can be texted there."""
    found = cell.strip().lstrip("'’").strip()
    wrapped = FORMULA.fullmatch(found)
    found = wrapped[1].strip() if wrapped else found
    if not found:
        raise Refused("There is no number in this row.")
    if shown := SCIENTIFIC.fullmatch(found):
        first, digits, shift = shown.groups(default="")
        if not shift or len(digits) != int(shift):  # with every digit there it is a number like any other
            raise Refused(SPOILT.format(found=found[:40]))
        found = first + digits
    decimal = DECIMAL.fullmatch(found)
    number, kind = numbers.with_kind(decimal[1] if decimal else found, region)
    if kind in KINDS:
        raise Refused(KINDS[kind].format(found=found[:40]))
    return number, kind


def refuse_abroad(number: str, written: str, cells: Sequence[str], kept: Mapping[str, int]) -> None:
    """Refuse a number (E.164) that the list has in another country than the one by whose habit it was read: a stranger here has it."""
    for name in every_abroad(number, written, cells, kept):
        said = one_line(cells, kept[name], MOST_NAME)
        code = countries.calling_code(said)
        raise Refused(ABROAD.format(found=written[:40], country=said, code=code, name=name.replace("_", " ")))


def every_abroad(number: str, written: str, cells: Sequence[str], kept: Mapping[str, int]) -> dict[str, str]:
    """What this number (E.164) is in the country beside it, by the column that says so: none where it is of that country as it was read,
    and none where it can be none there: so is one of here whose person came from there.
    """
    if "+" in written:
        return {}
    forms, found = (number, numbers.other_form(number) or number), {}
    for name in COUNTRY.intersection(kept):
        code = countries.calling_code(one_line(cells, kept[name], MOST_NAME))
        if code and not any(form.startswith(f"+{code}") for form in forms):
            found[name] = countries.mobile_in(code, written, number)
    return {name: abroad for name, abroad in found.items() if abroad}


def every_number_of(cell: str, region: str) -> tuple[list[str], Refused | None]:
    """Every number in a cell of somebody who stopped, as E.164, for people write two into one; and why a part of it is none."""
    try:
        return [number_of(cell, region)[0]], None
    except Refused as refusal:
        parts, found, objection = BETWEEN.split(cell), list[str](), refusal
    for part in parts if len(parts) > 1 else ():
        with suppress(Refused):
            found.append(number_of(part, region)[0])
    return found, None if found and len(found) == len(parts) else objection


def zone_of(cell: str, number: str) -> str | None:
    """The IANA zone of a place that a cell names for this number (E.164), several with a blank between them, or None: "UTC" is what
    programs write for everybody, and is nobody's night. "EST" is New York's in North America, and Sydney's in Australia: elsewhere the
    number's own zones hold. So they do beside it where they share its winter: "MST" is Denver's, and that of Phoenix all year.
    """
    said = cell.strip().lower().replace("_", " ")
    words = re.sub(r"\s+(?=\S*/)", "|", said).replace(" ", "_")  # each place by itself
    named = [_zones().get(name) for name in IANA.findall(words)]
    if places := [zone for zone in named if zone]:
        return " ".join(dict.fromkeys(places))
    short = ZONES.get(" ".join(AROUND.sub(" ", said).split())) if number.startswith("+1") else None
    if short is None:
        return None
    own = numbers.zones_for(number)
    like = own if len(own) == 1 and _winter(own[0]) == _winter(short) else ()
    return " ".join(dict.fromkeys([short, *like]))


@cache
def _winter(zone: str) -> timedelta | None:
    return datetime(2026, 1, 15, tzinfo=ZoneInfo(zone)).utcoffset()


@cache
def _zones() -> dict[str, str]:
    return {
        zone.lower(): zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")
    }


def language_of(cell: str) -> str:
    """The two-letter code where the language is known by its name, else the cell's own words, in small letters."""
    said = " ".join(fold(cell).split())
    return _CODE.get(said) or said.replace("_", "-")[:20]


def language_name(code: str) -> str:
    """What people call the language of a code ("Spanish"); a code or word that nobody knows speaks for itself."""
    return LANGUAGES[code].split("|")[0].capitalize() if code in LANGUAGES else code


def _parted(name: str) -> tuple[str, str]:
    """First and last name of a whole one: "Ortega, Luis", "Luis Ortega", "Dr. Luis Ortega, MD"; of "Mr. Ortega" the last alone."""
    last, comma, first = (part.strip() for part in name.partition(","))
    if comma and first and not (" " in last and bare(first) in RANKS):  # "Vance, J.D." is called so
        return first, last
    words = last.split(" ")
    called = untitled(words)
    if len(called) == 1 and called != words:
        return "", called[0]
    return "".join(called[:1]), " ".join(called[1:])


def _is_nobody(name: str) -> bool:
    return bool(UNKNOWN.fullmatch(name) or NAMELESS.fullmatch(name))


def one_line(cells: Sequence[str], at: int, most: int) -> str:
    """The cell as one line without what cannot be seen; "" where the row is shorter."""
    if at >= len(cells):
        return ""
    shown = cells[at]
    if not shown.isprintable():
        shown = "".join(c if c.isprintable() or c in "\u200c\u200d" else " " for c in shown)
    return " ".join(shown.split())[:most]


def _fields(cells: Sequence[str], kept: Mapping[str, int]) -> dict[str, str]:
    found = {name: one_line(cells, at, MOST_FIELD) for name, at in kept.items()}
    return {
        name: value
        for name, value in found.items()
        if value and not (UNKNOWN.fullmatch(value) or BLANK.fullmatch(value))
    }
