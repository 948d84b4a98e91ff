"""Which column of a list is what: the header, our fields, and the names by which scripts call the others.

Pure. A guess is only a proposal: a coordinator sees it with the first rows and corrects it before anything is taken.

Promises: every name of a placeholder is letters, digits and `_`, unlike any other of its list and unlike our own fields.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.letters import INVISIBLE, fold

FIELDS = {  # our field: how a coordinator reads it
    "number": "Telephone number",
    "first_name": "First name",
    "last_name": "Last name",
    "name": "Whole name, in one column",
    "language": "Language",
    "zone": "Time zone",
    "opted_out": "Asked to stop (yes, or a day)",
}
NAMES = {  # our field: what people call it, folded; the likeliest first
    "number": (
        "mobile|mobile phone|mobile number|mobilephone|cell|cell phone|cellphone|cell number|phone mobile|movil|telefono movil|celular|"
        "portable|telephone portable|handy|handynummer|mobil|mobilnummer|mobiltelefon|komorka|telefon komorkowy|gsm|telemovel|cellulare|"
        "phone|phone number|phonenumber|telephone|telephone number|tel|number|telefono|numero|numero de telefono|numero de telephone|"
        "telefon|telefonnummer|telefone|nummer|numer telefonu|телефон|мобильный|номер|номер телефона|τηλεφωνο|κινητο|הטלפון|טלפון|נייד|"
        "هاتف|جوال|رقم الهاتف|手机|电话|電話|携帯|contact|contact number|phone 1 value|primary phone|whatsapp"
    ),
    "first_name": (
        "first name|firstname|first|given name|givenname|forename|your first name|what is your first name|what s your first name|"
        "preferred first name|preferred name|legal first name|nombre|nombres|prenom|vorname|nome|imie|jmeno|keresztnev|voornaam|"
        "fornamn|fornavn|etunimi|имя|ονομα|الاسم الاول|שם פרטי|名"
    ),
    "last_name": (
        "last name|lastname|last|surname|family name|familyname|your last name|what is your last name|legal last name|"
        "apellido|apellidos|nom|nom de famille|nachname|familienname|sobrenome|"
        "apelido|cognome|nazwisko|prijmeni|vezeteknev|achternaam|efternamn|etternavn|efternavn|sukunimi|фамилия|επωνυμο|اسم العائلة|שם משפחה|姓"
    ),
    "name": (
        "name|full name|fullname|display name|contact name|whole name|first and last name|first and last|name first and last|"
        "name first last|your name|your full name|what is your name|what s your name|what is your full name|"
        "attendee name|participant name|member name|supporter name|donor name|legal name|ihr name|dein name|votre nom|tu nombre|"
        "nombre completo|nombre y apellidos|nombre y apellido|"
        "nombres y apellidos|nom complet|nom et prenom|prenom et nom|vor und nachname|vorname und nachname|vor und zuname|ganzer name|"
        "vollstandiger name|nome completo|nome e cognome|nome e sobrenome|nome e apelido|imie i nazwisko|jmeno a prijmeni|"
        "voor en achternaam|volledige naam|for och efternamn|for og etternavn|fullt navn|фио|имя и фамилия|姓名|氏名|שם|الاسم"
    ),
    "language": "language|lang|idioma|langue|sprache|lingua|jezyk|jazyk|taal|sprak|kieli|язык|γλωσσα|لغة|שפה|语言|言語",
    "zone": "time zone|timezone|tz|zona horaria|huso horario|fuseau horaire|fuseau|zeitzone|fuso horario|strefa czasowa|часовой пояс",
    "opted_out": (
        "opted out|opted out at|opt out|optout|opted out on|opt out date|text opt out|sms opt out|opted out of texts|unsubscribed|"
        "unsubscribed at|unsubscribe|do not text|do not contact|do not message|do not sms|no texts|dnt|sms opted out|text opted out|"
        "opt out status|sms opt out status|dado de baja|baja|no contactar|no enviar mensajes|abgemeldet|abgemeldet am|widersprochen|"
        "nicht kontaktieren|keine sms|desinscrit|desabonne|ne pas contacter|ne plus contacter|non contattare|disiscritto|nao contatar|"
        "nao contactar|descadastrado|nie kontaktowac|wypisany|отписан|退订"
    ),
}
OURS = (
    "number",
    "first_name",
    "last_name",
    "name",
    "language",
    "organisation",
    "volunteer",
)  # never a column's placeholder
MOST_KEPT = 40  # further columns that are kept with each person
MOST_NAME = 40
MOST_TITLES = 8
SAMPLE = 200
WHOLE = 9  # digits of a number that is no date
DATE = re.compile(r"\d{4}([-./])\d\d?\1\d\d?|\d\d?([-./])\d\d?\2(\d\d)?\d\d")
MOSTLY = 0.3  # of the cells that hold anything


@dataclass(frozen=True)
class Meaning:
    """Which column (from 0) holds what: our fields, and the other columns that are kept, by their placeholders."""

    fields: Mapping[str, int] = field(default_factory=dict)
    kept: Mapping[str, int] = field(default_factory=dict)


def digits_of(cell: str) -> int:
    """How many digits a cell holds."""
    return sum(c.isdecimal() for c in cell)


def looks_like_number(cell: str) -> bool:
    """True for what could be somebody's telephone number, whole or spoilt by a spreadsheet."""
    bare = INVISIBLE.sub("", cell).strip().lstrip("'’").removeprefix('="').removesuffix('"')
    return bool(
        re.fullmatch(r"(tel:)?[+＋]?[\d\s().,/·\-‐-―]+(e\+?\d+)?(\s*(x|ext\.?)\s*\d+)?", bare, re.IGNORECASE)
    ) and (6 <= digits_of(bare) <= 17)


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns: it holds no number, however that is written, and every name once."""
    if not rows or any(looks_like_number(cell) for cell in rows[0]):
        return False
    names = [fold(cell).strip() for cell in rows[0] if cell.strip()]
    if any(_words(name) in _KNOWN for name in names):
        return True
    below = rows[1:]
    if any(digits_of(cell) > 6 and _share(below, at) >= MOSTLY for at, cell in enumerate(rows[0])):
        return False
    return bool(names) and len(names) == len(set(names)) and len(rows) > 1


def titles(rows: Sequence[Sequence[str]]) -> int:
    """How many rows stand above the one that names the columns, such as a report's name and its day; 0 where nobody can tell."""
    for at, row in enumerate(rows[:MOST_TITLES]):
        known = sum(_words(fold(cell)) in _KNOWN for cell in row)
        if known >= (2 if at else 1):
            return at
        if any(looks_like_number(cell) and not DATE.fullmatch(cell.strip()) for cell in row):
            return 0
    return 0


def column_names(header: Sequence[str] | None, width: int) -> list[str]:
    """What each column is called; one without a name is "Column 3"."""
    names = [" ".join(cell.split())[:MOST_NAME] for cell in (header or [])[:width]]
    names += [""] * (width - len(names))
    return [name or f"Column {at}" for at, name in enumerate(names, 1)]


def guess(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Meaning:
    """The likeliest meaning of each column, by its name and then by what stands in it."""
    found: dict[str, int] = {}
    called = {at: _words(fold(name)) for at, name in enumerate(names)}
    for ours, likely in _LIKELY.items():
        ranked = [
            (likely.index(name), at)
            for at, name in called.items()
            if name in likely and at not in found.values()
        ]
        if ours == "number":  # of several such columns the one that holds numbers
            ranked = [(rank, at) for rank, at in ranked if _share(rows, at) >= MOSTLY] or ranked
        if ours == "opted_out":  # whose numbers stand in it is a list of whom not to text
            ranked = [(rank, at) for rank, at in ranked if _share(rows, at, _is_whole) < MOSTLY]
        if ranked:
            found[ours] = min(ranked)[1]
    if "number" not in found:
        share, at = max(
            ((_share(rows, at), -at) for at in called if at not in found.values()), default=(0.0, 0)
        )
        if share >= MOSTLY:
            found["number"] = -at
    if "first_name" in found and "last_name" not in found and "name" in found:
        del found["name"]
    left = [at for at in called if at not in found.values() and _share(rows, at, reaches) < MOSTLY]
    # Of many columns none that says who stopped is left behind.
    first = sorted(left, key=lambda at: called[at] not in _LIKELY["opted_out"])
    return Meaning(found, kept(names, sorted(first[:MOST_KEPT])))


def also_numbers(
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    besides: int,
    *,
    header: bool,
    reads: Callable[[str], bool],
) -> list[int]:
    """The other columns that hold telephone numbers, by what stands in them and by a word for a telephone in their name: a member's
    number is none, nor is the day on which a telephone was opted out. Without a header what stands in them has to do, and
    somebody must be reached there (`reads`).
    """

    def called(name: str) -> bool:
        return not header or bool(_PHONE.intersection(_words(fold(name)).split()))

    def fits(cell: str) -> bool:
        if DATE.fullmatch(cell.strip()):
            return False
        return looks_like_number(cell) and (header or (digits_of(cell) >= WHOLE and reads(cell)))

    found = (at for at, name in enumerate(names) if at != besides and called(name))
    return [at for at in found if _share(rows, at, fits) >= MOSTLY]


def kept(names: Sequence[str], columns: Iterable[int]) -> dict[str, int]:
    """The placeholder of each of these columns."""
    made: dict[str, int] = {}
    for at in columns:
        if 0 <= at < len(names):
            made[_unlike(placeholder(names[at]), made)] = at
    return made


def placeholder(name: str) -> str:
    """A column's name as scripts write it between braces: "Last hearing" is last_hearing."""
    words = re.findall(r"\w+", fold(name).replace("_", " "))
    return "_".join(words)[:MOST_NAME].strip("_") or "column"


def _unlike(name: str, taken: Mapping[str, int]) -> str:
    number, unlike = 2, name
    while unlike in taken or unlike in OURS:
        unlike, number = f"{name}_{number}", number + 1
    return unlike


def _words(folded: str) -> str:
    return " ".join(re.findall(r"\w+", folded.replace("_", " ")))


def reaches(cell: str) -> bool:
    """True for another number or an e-mail address of the person: kept only where somebody asks for it, as volunteers would read it."""
    return "@" in cell or _is_whole(cell)


def _is_whole(cell: str) -> bool:
    return looks_like_number(cell) and digits_of(cell) >= WHOLE


def _share(rows: Sequence[Sequence[str]], at: int, what: Callable[[str], bool] = looks_like_number) -> float:
    cells = [row[at] for row in rows[:SAMPLE] if at < len(row) and row[at].strip()]
    return sum(what(cell) for cell in cells) / len(cells) if cells else 0.0


_LIKELY = {ours: [_words(fold(name)) for name in said.split("|")] for ours, said in NAMES.items()}
_KNOWN = frozenset(name for likely in _LIKELY.values() for name in likely)
_PHONE = frozenset(word for name in _LIKELY["number"] for word in name.split()) - {
    "number", "numero", "nummer", "numer", "номер", "رقم", "de", "contact", "primary", "value", "1",
}  # fmt: skip
