"""CSV as people have it: any delimiter, any encoding that spreadsheets write, headers or none, torn quotes.

Pure. It works on the first octets of a file (`guess`) and on its lines (`rows`), so that a file of any size takes the
same memory.

Promises: every row of the file comes out, with its number as a spreadsheet shows it, or is named with what is wrong.
Fails with `Refused`, in words: a photo, a spreadsheet's own format, a web page, an empty file.
"""

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gateway.errors import Refused

DELIMITERS = (",", ";", "\t", "|")
SEEN_ROWS = 60
MOST_COLUMNS = 1000
MOST_CELL = 10_000  # characters
MOST_LINES = 100  # of the file in one row: more is a quotation mark that was left open
ENCODINGS = {  # what a coordinator may choose
    "utf-8-sig": "UTF-8 (the usual)",
    "utf-16": "UTF-16 (“Unicode text”)",
    "cp1252": "Windows, western Europe and America",
    "cp1250": "Windows, central Europe",
    "cp1251": "Windows, Cyrillic",
    "cp1253": "Windows, Greek",
    "cp1254": "Windows, Turkish",
    "cp1255": "Windows, Hebrew",
    "cp1256": "Windows, Arabic",
    "cp1257": "Windows, Baltic",
    "cp1258": "Windows, Vietnamese",
    "mac-roman": "Mac (Excel's plain CSV there)",
    "cp850": "MS-DOS, western Europe",
    "cp437": "MS-DOS, America",
    "gb18030": "Chinese, simplified (GBK)",
    "big5hkscs": "Chinese, traditional (Big5)",
    "cp932": "Japanese (Shift JIS)",
    "cp949": "Korean (EUC-KR)",
    "cp874": "Thai",
    "utf-16-le": "UTF-16 without its mark",
    "utf-16-be": "UTF-16 without its mark, other order",
}
PAGES = {  # the Windows code page of a country where it is not 1252
    "cp1250": "PL CZ SK HU SI HR BA RO AL ME",
    "cp1251": "RU UA BG BY RS MK KZ KG MN TJ",
    "cp1253": "GR CY",
    "cp1254": "TR AZ",
    "cp1255": "IL",
    "cp1256": "EG SA AE IQ JO LB SY MA DZ TN LY YE OM KW QA BH SD PS IR PK",
    "cp1257": "EE LV LT",
    "cp1258": "VN",
    "gb18030": "CN SG",
    "big5hkscs": "TW HK MO",
    "cp932": "JP",
    "cp949": "KR",
    "cp874": "TH",
}
OF_REGION = {region: page for page, regions in PAGES.items() for region in regions.split()}
OTHER_SCRIPT = (  # whole words of letters above ASCII
    "cp1251", "cp1253", "cp1255", "cp1256", "gb18030", "big5hkscs", "cp932", "cp949", "cp874",
)  # fmt: skip
# Within a word: letters of a Mac that are none in Windows, or capitals there ("JosŽ", "Mu–oz"), and letters of Windows.
ONES = rb"[\x87-\x89\x8b-\x91\x95\x98\x9b\x9d\x9f]"
OF_A_MAC = re.compile(rb"[a-z]" + ONES + rb"|[A-Z]" + ONES + rb"[a-z]|[a-z][\x96\x97][a-z]")
OF_WINDOWS = re.compile(rb"[A-Za-z][\xc0-\xd4\xd6-\xff]")
PICTURE = "a picture, not a list"
SIGNS = (  # how files begin that are no text: (at, octets, what it is)
    (0, b"\xff\xd8\xff", PICTURE),
    (0, b"\x89PNG", PICTURE),
    (0, b"GIF8", PICTURE),
    (0, b"BM", PICTURE),
    (0, b"RIFF", "a picture, a sound or a film, not a list"),
    (4, b"ftyp", "a picture or a film, not a list"),
    (0, b"%PDF", "a PDF"),
    (0, b"PK\x03\x04", "a spreadsheet in its own format, or a ZIP file"),
    (0, b"\xd0\xcf\x11\xe0", "a spreadsheet in Excel's own format"),
    (0, b"SQLite format 3", "a database"),
    (0, b"\x1f\x8b", "a compressed file"),
)
AS_CSV = "Open it in a spreadsheet, choose “Save as” and CSV, then bring that file. Nothing was kept."


@dataclass(frozen=True)
class Sheet:
    """How a CSV file is read."""

    encoding: str
    delimiter: str  # "" when there is only one column
    announced: bool = False  # the first line is Excel's `sep=;`


@dataclass(frozen=True)
class Row:
    """One row: its number as a spreadsheet shows it, its cells, and what is wrong with it as a whole."""

    number: int
    cells: tuple[str, ...]
    problem: str = ""


def refuse_what_is_no_text(head: bytes) -> None:
    """Refused, in words, for a file that no list can be in."""
    if not head.strip(b"\0\r\n\t ,;\xff\xfe\xef\xbb\xbf"):
        raise Refused(
            "This file is empty. Nothing was kept. Look at the file, then bring the one with the people."
        )
    for at, sign, what in SIGNS:
        printable = sign == b"BM" and all(c >= 9 for c in head[:64])  # "BM" may begin a column's name
        if head[at : at + len(sign)] == sign and not printable:
            raise Refused(f"This file is {what}, whatever its name says. {AS_CSV}")
    if head[:300].lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml", b"{\\rtf")):
        raise Refused(f"This file is a web page or a document, not a list. {AS_CSV}")
    if (
        _utf16(head) is None
        and sum(c < 32 and c not in (0, 9, 10, 11, 12, 13, 26, 27) for c in head) > len(head) / 20
    ):
        raise Refused(f"This file is no text: most likely a picture or a program's own format. {AS_CSV}")


def _utf16(head: bytes) -> str | None:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = head[:4096]
    for encoding, nulls in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[0::2])):
        if len(sample) >= 8 and nulls.count(0) > 0.6 * len(nulls):
            return encoding
    return None


def encoding_of(head: bytes, region: str, *, is_utf8: bool) -> str:
    """The likeliest encoding. `is_utf8`: the whole file is valid UTF-8. Excel writes the code page of its own country otherwise."""
    wide = _utf16(head)
    if wide or is_utf8 or _is_mostly_utf8(head):
        return wide or "utf-8-sig"
    page = OF_REGION.get(region, "cp1252")
    high = [at for at, octet in enumerate(head) if octet >= 0xC0]
    beside = sum(
        1 for at in high if (at and head[at - 1] >= 0xC0) or (at + 1 < len(head) and head[at + 1] >= 0xC0)
    )
    if len(high) >= 4 and beside > 0.8 * len(high) and page not in OTHER_SCRIPT:
        return "cp1251"
    if page == "cp1252" and len(OF_A_MAC.findall(head)) > len(OF_WINDOWS.findall(head)):
        return "mac-roman"
    return page


def delimiter_of(lines: Sequence[str]) -> str:
    """The delimiter under which the rows are most alike; "" when there is one column."""
    best, found = 1.0, ""
    for delimiter in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row][:SEEN_ROWS]
        except csv.Error:
            continue
        if not widths:
            continue
        usual = max(set(widths), key=lambda width: (widths.count(width), width))
        alike = widths.count(usual) / len(widths)
        if usual > 1 and alike * min(usual, 12) > best:
            best, found = alike * min(usual, 12), delimiter
    return found


def _is_mostly_utf8(head: bytes) -> bool:
    """Whether it is UTF-8 but for some letters: two exports were put into one file. Letters of a code page make hardly a pair of it."""
    text = head.decode("utf-8", "replace")
    return sum(c > "\x7f" for c in text) > 2 * text.count("\ufffd")


def guess(head: bytes, region: str, *, is_utf8: bool, whole: bool) -> Sheet:
    """How to read a file that begins with these octets; `whole` when that is all of it."""
    refuse_what_is_no_text(head)
    return with_encoding(head, encoding_of(head, region, is_utf8=is_utf8), whole=whole)


def with_encoding(head: bytes, encoding: str, *, whole: bool) -> Sheet:
    """The same for an encoding that a person chose."""
    text = head.decode(encoding, "ignore").replace("\0", "").lstrip("\ufeff")
    lines = text.splitlines(keepends=True)
    lines = lines if whole or len(lines) < 3 else lines[:-1]  # the last one may be cut
    first = lines[0].strip() if lines else ""
    if first.lower().startswith("sep=") and len(first) == 5:
        return Sheet(encoding, first[4], announced=True)
    if first.lower() == "sep=":  # a tab, which strip took
        return Sheet(encoding, "\t", announced=True)
    return Sheet(encoding, delimiter_of(lines[: 2 * SEEN_ROWS]))


def rows(lines: Iterable[str], sheet: Sheet) -> Iterator[Row]:
    """Every row that holds anything, in order. Lines come with their ends, as the csv module wants them."""
    held: list[str] = []  # the lines of the row that is read

    def keep(line: str) -> str:
        held.append(line.replace("\0", ""))
        return held[-1]

    clean = map(keep, lines)
    number = 0
    if sheet.announced:
        next(clean, None)
    reader = csv.reader(clean, delimiter=sheet.delimiter or "\x1f")
    before = 0
    while True:
        number += 1
        held.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Row(
                number,
                (),
                f"From line {before + 1} of the file on nothing could be read as a row: is a quotation mark left open there?",
            )
            before = reader.line_num
            continue
        took, before = reader.line_num - before, reader.line_num
        if any(cell.strip() for cell in cells):
            problem = _problem(cells, took, before) or (
                _run_together(held, sheet, before) if took > 1 else ""
            )
            yield Row(number, tuple(cells), problem)


def _run_together(held: list[str], sheet: Sheet, line: int) -> str:
    """That these lines, read as one row, are several people: the quotation mark that joins them was no beginning of a cell."""
    try:
        list(csv.reader(held, delimiter=sheet.delimiter or "\x1f", strict=True))
    except csv.Error:
        return (
            f"Lines {line - len(held) + 1} to {line} of the file run together: a quotation mark is left open there. "
            "Nobody of them was taken. Close it first."
        )
    return ""


def _problem(cells: list[str], took: int, line: int) -> str:
    if took > MOST_LINES:
        return f"This row runs over {took:,} lines of the file, from line {line - took + 1} on: a quotation mark is left open there. Close it first."
    if len(cells) > MOST_COLUMNS:
        return f"This row has {len(cells):,} columns; a list has at most {MOST_COLUMNS:,}."
    if any(len(cell) > MOST_CELL for cell in cells):
        return f"A cell of this row is longer than {MOST_CELL:,} characters: is a quotation mark left open?"
    return ""
