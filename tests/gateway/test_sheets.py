"""CSV as people have it: every encoding, delimiter and torn quote ends in rows or in a plain sentence."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import columns, sheets, vcards
from gateway.errors import Refused
from gateway.sheets import Row, Sheet

TABLE = [
    ["First name", "Cell", "Building"],
    ["Rosa", "+12025550147", "14 Oak"],
    ["Łukasz", "+12025550148", "12; Oak, rear"],
]


def read(content: bytes, region: str = "US") -> tuple[Sheet, list[Row]]:
    try:
        content.decode("utf-8")
        is_utf8 = True
    except UnicodeDecodeError:
        is_utf8 = False
    sheet = sheets.guess(content, region, is_utf8=is_utf8, whole=True)
    text = io.TextIOWrapper(io.BytesIO(content), encoding=sheet.encoding, errors="replace", newline="")
    return sheet, list(sheets.rows(text, sheet))


def written(delimiter: str, table: list[list[str]] = TABLE) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(table)
    return out.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_delimiter_and_unicode_encoding_is_read_by_itself(delimiter: str, encoding: str) -> None:
    sheet, rows = read(written(delimiter).encode(encoding))
    assert sheet.delimiter == delimiter
    assert [list(row.cells) for row in rows] == TABLE


@pytest.mark.parametrize(
    ("region", "encoding", "name"),
    [
        ("FR", "cp1252", "Zoë Lefèvre"),
        ("US", "cp1252", "José Peña"),
        ("PL", "cp1250", "Łukasz Żółć"),
        ("RU", "cp1251", "Наталья Щукина"),
        ("US", "cp1251", "Наталья Щукина"),
        ("GR", "cp1253", "Ελένη Παπαδοπούλου"),
        ("TR", "cp1254", "Ayşe Yıldız"),
        ("IL", "cp1255", "נועה לוי"),
        ("EG", "cp1256", "ليلى حداد"),
        ("CN", "gb18030", "王芳"),
        ("TW", "big5hkscs", "王芳"),
        ("JP", "cp932", "田中 花子"),
        ("KR", "cp949", "김철수"),
        ("TH", "cp874", "สมชาย"),
        ("US", "cp1252", "Zoë O’Neil"),
        ("US", "cp1252", "Anna–Maria D’Arcy"),
        ("US", "cp1252", "Miloš Žižek"),
        ("US", "mac-roman", "José Muñoz"),
        ("FR", "mac-roman", "Benoît Lefèvre"),
        ("DE", "mac-roman", "Jürgen Groß"),
        ("BR", "mac-roman", "João Conceição"),
        ("US", "mac-roman", "Zoë O’Neil"),
    ],
)
def test_code_pages_are_read_as_excel_of_that_country_writes_them(
    region: str, encoding: str, name: str
) -> None:
    content = written(";", [["Name", "Tel"], [name, "+12025550147"], [name, "+12025550148"]]).encode(encoding)
    assert read(content, region)[1][1].cells[0] == name


def test_a_few_torn_letters_do_not_garble_every_other_name() -> None:
    """Two exports were put into one file: each “José” of a list of UTF-8 became “JosÃ©”."""
    whole = written(",", [["Name", "Tel"], ["José", "2025550147"], ["Zoë", "2025550148"]]).encode()
    _, rows = read(whole + b"Andr\xe9,2025550149\r\n")
    assert [row.cells[0] for row in rows[1:]] == ["José", "Zoë", "Andr\ufffd"]


def test_a_person_may_choose_another_encoding() -> None:
    content = written(";", [["Name", "Tel"], ["Łukasz", "+12025550147"]]).encode("cp1250")
    sheet = sheets.with_encoding(content, "cp1250", whole=True)
    assert next(iter(sheets.rows([content.decode("cp1250").splitlines()[1]], sheet))).cells[0] == "Łukasz"


def test_excels_sep_line_names_the_delimiter_and_is_no_row() -> None:
    sheet, rows = read(b"\xef\xbb\xbfsep=;\r\nName;Tel\r\nRosa, of 14;+12025550147\r\n")
    assert (sheet.delimiter, sheet.announced) == (";", True)
    assert [row.cells for row in rows] == [("Name", "Tel"), ("Rosa, of 14", "+12025550147")]
    assert rows[0].number == 1


def test_quotes_with_newlines_nulls_and_blank_lines_keep_their_row_numbers() -> None:
    _, rows = read(b'Name,Tel\n"Rosa\nDelgado",+12025550147\n\n,,\nLu\0is,+12025550148\n')
    assert [(row.number, row.cells[0]) for row in rows] == [(1, "Name"), (2, "Rosa\nDelgado"), (5, "Luis")]


def test_a_quotation_mark_that_is_left_open_is_named_and_the_rest_is_not_silent() -> None:
    lines = [
        "Name,Tel\n",
        '"Rosa,+12025550147\n',
        *(f"P{n},+1202555{n:04}\n" for n in range(30_000)),
        'Last",+12025559999\n',
    ]
    _, rows = read("".join(lines).encode())
    assert any("quotation mark" in row.problem for row in rows)


def test_people_whom_an_open_quotation_mark_joins_are_named_and_none_is_texted_with_the_others_names() -> (
    None
):
    """Between it and the next quoted cell: “Hi Rosa,+12025550147 Luis,+1202555014…” would have gone to Ada."""
    lines = ["Name,Tel", '"Rosa,+12025550147', "Luis,+12025550148", '"Ada",+12025550149', "Sam,+12025550150"]
    _, found = read("\n".join(lines).encode())
    joined = next(row for row in found if row.problem)
    assert joined.number == 2
    assert "Lines 2 to 4" in joined.problem
    assert [row.cells for row in found if not row.problem][1:] == [("Sam", "+12025550150")]


def test_one_column_and_five_hundred_columns() -> None:
    sheet, rows = read(b"+12025550147\n+12025550148\n")
    assert sheet.delimiter == ""
    assert [row.cells for row in rows] == [("+12025550147",), ("+12025550148",)]
    wide = written(",", [[f"C{n}" for n in range(500)], ["x"] * 499 + ["+12025550147"]])
    assert len(read(wide.encode())[1][1].cells) == 500
    _, [_, row] = read(written(",", [["Tel"], ["1"] * 1001]).encode())
    assert "1,001 columns" in row.problem


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n \r\n", "empty"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256)) * 9, "a picture"),
        (b"\x89PNG\r\n\x1a\n" + bytes(300), "a picture"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(300), "a picture"),
        (b"PK\x03\x04" + bytes(range(200)), "spreadsheet in its own format"),
        (b"\xd0\xcf\x11\xe0" + bytes(range(200)), "Excel's own format"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"<!DOCTYPE html><html><table>", "web page"),
        (bytes(range(1, 9)) * 50, "no text"),
    ],
)
def test_what_is_no_list_is_refused_in_words(content: bytes, word: str) -> None:
    with pytest.raises(Refused, match=word) as refusal:
        read(content)
    assert "Nothing was kept" in str(refusal.value)


@settings(max_examples=50)
@given(st.binary(max_size=400))
def test_any_octets_end_in_rows_or_in_a_sentence(content: bytes) -> None:
    try:
        _, rows = read(content)
    except Refused:
        return
    columns.guess(["a", "b"], [row.cells for row in rows])


@settings(max_examples=50)
@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
            min_size=2,
            max_size=4,
        ),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from(sheets.DELIMITERS),
)
def test_what_a_spreadsheet_writes_comes_out_as_it_went_in(table: list[list[str]], delimiter: str) -> None:
    text = io.StringIO(written(delimiter, table), newline="")
    rows = sheets.rows(text, Sheet("utf-8", delimiter))
    assert [list(row.cells) for row in rows] == [row for row in table if any(cell.strip() for cell in row)]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Last name,First name,Mobile", {"last_name": 0, "first_name": 1, "number": 2}),
        (
            "Teléfono móvil,Nombre,Apellidos,Idioma",
            {"number": 0, "first_name": 1, "last_name": 2, "language": 3},
        ),
        ("Nachname,Vorname,Handynummer", {"last_name": 0, "first_name": 1, "number": 2}),
        ("Home Phone,Cell Phone,Full Name,Time Zone", {"number": 1, "name": 2, "zone": 3}),
        ("Vor- und Nachname,Handy", {"name": 0, "number": 1}),
        ("Portable,Nom complet", {"number": 0, "name": 1}),
        ("Nombre y apellidos,Móvil", {"name": 0, "number": 1}),
        ("Timestamp,What's your name?,Best phone number", {"name": 1, "number": 2}),
        ("Attendee name,Volunteer name,Cell", {"name": 0, "number": 2}),
        ("Your first name,Your last name,Phone", {"first_name": 0, "last_name": 1, "number": 2}),
        ("Preferred name,First name,Cell", {"first_name": 1, "number": 2}),
        ("Nome e cognome,Cellulare", {"name": 0, "number": 1}),
        ("Имя,Фамилия,Телефон", {"first_name": 0, "last_name": 1, "number": 2}),
    ],
)
def test_columns_are_guessed_by_their_names_in_any_order(header: str, expected: dict[str, int]) -> None:
    names = header.split(",")
    row = ["+12025550147" if at == expected["number"] else "x" for at in range(len(names))]
    assert columns.has_header([names, row])
    assert columns.guess(names, [row]).fields == expected


def test_without_a_header_the_column_that_holds_numbers_is_found() -> None:
    rows = [["Rosa", "14 Oak", "(202) 555-0147"], ["Luis", "12 Oak", "202 555 0148"]]
    assert not columns.has_header(rows)
    names = columns.column_names(None, 3)
    found = columns.guess(names, rows)
    assert (found.fields, list(found.kept)) == ({"number": 2}, ["column_1", "column_2"])


def test_other_ways_to_reach_somebody_are_kept_only_when_asked_for() -> None:
    """Volunteers read what is kept; their own view of the number itself is masked."""
    names = ["First name", "Mobile", "WhatsApp", "Home phone", "Email", "Last gift", "Ward"]
    row = ["Ana", "2125550100", "+1 212 555 0101", "(212) 555-0102", "ana@example.org", "2026-05-01", "12"]
    assert list(columns.guess(names, [row]).kept) == ["last_gift", "ward"]


def test_placeholders_are_unlike_each_other_and_unlike_our_own() -> None:
    names = ["Last hearing", "last-hearing", "First name", "Édifice n° 2", "建物", "!!!", "x" * 90]
    kept = columns.kept(names, range(len(names)))
    assert list(kept) == [
        "last_hearing",
        "last_hearing_2",
        "first_name_2",
        "edifice_n_2",
        "建物",
        "column",
        "x" * 40,
    ]


PHONE = """BEGIN:VCARD\r
VERSION:2.1\r
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:N=C3=BA=C3=B1ez;Jos=C3=A9;;;\r
TEL;HOME:202-555-0111\r
TEL;CELL;PREF:(202) 555-0147\r
PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQSkZJRgABAQ\r
 AAAQABAAD\r
\r
END:VCARD\r
BEGIN:VCARD\r
VERSION:3.0\r
item1.TEL;TYPE="cell,voice":+1 202\r
  555 0148\r
N:Ortega\\, Jr.;Luis;;;\r
ORG:Elm Street;Tenants\r
END:VCARD\r
BEGIN:VCARD\r
VERSION:4.0\r
FN:Zoë Nwosu\r
TEL;VALUE=uri;TYPE="voice,work":tel:+1-202-555-0150\r
TEL;VALUE=uri;TYPE=fax:tel:+1-202-555-0999\r
LANG:es\r
END:VCARD\r
BEGIN:VCARD\r
FN:Broken Off\r
TEL:2025550151\r
"""


def test_vcards_of_all_three_versions_become_rows() -> None:
    rows = list(vcards.rows(PHONE.splitlines(keepends=True)))
    assert rows[0].cells == vcards.HEADER
    assert [row.cells[:3] for row in rows[1:]] == [
        ("(202) 555-0147", "José", "Núñez"),
        ("+1 202 555 0148", "Luis", "Ortega, Jr."),
        ("+1-202-555-0150", "Zoë", "Nwosu"),
        ("2025550151", "Broken", "Off"),
    ]
    assert rows[2].cells[4] == "Elm Street Tenants"
    assert rows[3].cells[3] == "es"
    assert [row.number for row in rows] == [1, 2, 3, 4, 5]


@settings(max_examples=50)
@given(st.lists(st.text(max_size=30), max_size=12))
def test_any_lines_are_read_as_vcards_without_a_fault(lines: list[str]) -> None:
    list(vcards.rows(["BEGIN:VCARD\n", *(line + "\n" for line in lines)]))
