"""The file of a list, from its upload until it is taken: it lies beside the database and is read row by row.

It is not put into the database first: a hundred thousand rows would be written to the card twice. When the list is
taken or deleted the file goes. A backup does not hold it.

Promises: memory does not grow with the file. What is kept is for this user alone.
Fails with `Refused`, in words: too big, too many rows, no rows, no text at all.
"""

import codecs
import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import IO, cast

from gateway import columns, sheets, vcards
from gateway.columns import Meaning
from gateway.errors import Refused
from gateway.rules import HOUR_MS
from gateway.sheets import Row, Sheet
from gateway.store import belong_with

MOST_BYTES = 50 * 1024 * 1024
MOST_ROWS = 250_000
CHUNK = 64 * 1024
HEAD = 256 * 1024  # octets that a guess is made from
MOST_LINE = 100_000  # characters: no list has such a line
FIRST_ROWS = 200
PEOPLE, OPT_OUTS = "people", "opt_outs"  # what a file brings
TOO_BIG = (
    "This file is larger than {megabytes} MB, and a list may have up to 50. Nothing was kept. "
    "Save only the columns that you need, or split it."
)

NO_ROOM = "The file could not be written beside the database: {why}. Nothing was kept. Tell your technician, then bring it again."


@dataclass(frozen=True)
class Upload:
    """A file that came in: where it lies, its digest, how it begins, whether all of it is UTF-8."""

    path: Path
    digest: bytes
    size: int
    head: bytes
    is_utf8: bool

    @property
    def whole(self) -> bool:
        """The head is all of it."""
        return self.size == len(self.head)


@dataclass(frozen=True)
class Format:
    """How a list's file is read; kept with the list as JSON."""

    kind: str  # csv, vcard
    encoding: str
    delimiter: str = ","
    announced: bool = False
    header: bool = True
    columns: tuple[str, ...] = ()
    brings: str = PEOPLE
    titles: int = 0  # rows above the header

    @property
    def sheet(self) -> Sheet:
        """The part that the reader of CSV needs."""
        return Sheet(self.encoding, self.delimiter, self.announced)


def folder(database: Path) -> Path:
    """Where the files of this database's lists lie."""
    return Path(f"{database}.lists")


def path_of(database: Path, list_id: int) -> Path:
    """The file of one list."""
    return folder(database) / str(list_id)


def keep(stream: IO[bytes], database: Path) -> Upload:
    """Write what comes in beside the database, octet for octet, in small pieces; Refused beyond MOST_BYTES."""
    place = folder(database)
    place.mkdir(mode=0o700, exist_ok=True)
    belong_with(place, database)
    path = place / f"incoming-{secrets.token_hex(8)}"
    digest, utf8 = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    size, head, is_utf8 = 0, b"", True
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            while chunk := stream.read(CHUNK):
                size += len(chunk)
                if size > MOST_BYTES:
                    raise Refused(TOO_BIG.format(megabytes=MOST_BYTES // 2**20))
                head = head + chunk if len(head) < HEAD else head
                digest.update(chunk)
                file.write(chunk)
                is_utf8 = is_utf8 and _goes_on(utf8, chunk)
            file.flush()
            os.fsync(file.fileno())
        belong_with(path, database)
        is_utf8 = is_utf8 and _goes_on(utf8, b"", final=True)
    except BaseException as fault:
        path.unlink(missing_ok=True)
        if isinstance(fault, OSError):
            raise Refused(NO_ROOM.format(why=fault.strerror)) from fault
        raise
    return Upload(path, digest.digest(), size, head, is_utf8)


def _goes_on(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def guess(upload: Upload, region: str) -> Format:
    """How to read it. Refused when it is no list."""
    sheet = sheets.guess(upload.head, region, is_utf8=upload.is_utf8, whole=upload.whole)
    return named(upload.path, _format(upload.head, sheet))


def reread(path: Path, encoding: str, *, header: bool) -> Format:
    """The same file by another encoding, with or without a header, as a person chose."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    return named(
        path,
        _format(head, sheets.with_encoding(head, encoding, whole=path.stat().st_size <= HEAD)),
        header=header,
    )


def _format(head: bytes, sheet: Sheet) -> Format:
    kind = "vcard" if vcards.is_vcard(head[:64].decode(sheet.encoding, "ignore")) else "csv"
    return Format(kind, sheet.encoding, sheet.delimiter, sheet.announced)


def named(path: Path, how: Format, *, header: bool | None = None) -> Format:
    """With its columns' names and whether the first row is that of the names."""
    first = [() if row.problem else row.cells for row in islice(rows_in(path, how), FIRST_ROWS)]
    above = 0 if header is False or how.kind == "vcard" else columns.titles(first)
    first = [cells for cells in first[above:] if cells]
    told = columns.has_header(first) if header is None or how.kind == "vcard" else header
    width = min(max((len(cells) for cells in first), default=0), sheets.MOST_COLUMNS)
    names = columns.column_names(first[0] if told and first else None, width)
    return replace(how, header=told, columns=tuple(names), titles=above)


def rows_in(path: Path, how: Format) -> Iterator[Row]:
    """Every row of the file, its header too."""
    with path.open("rb") as raw:
        text = TextIOWrapper(cast(IO[bytes], raw), encoding=how.encoding, errors="replace", newline="")
        lines = iter(lambda: text.readline(MOST_LINE), "")
        yield from vcards.rows(lines) if how.kind == "vcard" else sheets.rows(lines, how.sheet)


def people_in(path: Path, how: Format) -> Iterator[Row]:
    """Every row below the header."""
    found = rows_in(path, how)
    return islice(found, how.titles + 1 if how.header else 0, None)


def first_rows(path: Path, how: Format, most: int = FIRST_ROWS) -> list[Row]:
    """The first rows with people."""
    return list(islice(people_in(path, how), most))


def meaning_of(path: Path, how: Format) -> Meaning:
    """Our guess at what the columns hold."""
    return columns.guess(how.columns, [row.cells for row in first_rows(path, how)])


def count(path: Path, how: Format) -> int:
    """How many rows below the header; Refused when there are none, or too many."""
    number = 0
    for number, _ in enumerate(people_in(path, how), 1):
        if number > MOST_ROWS:
            raise Refused(
                f"This file has more than {MOST_ROWS:,} rows. Nothing was kept. Split it into several lists."
            )
    if not number:
        raise Refused(
            "This file has no rows with people below its header. Nothing was kept. Look at the file."
        )
    return number


def remove(path: Path) -> None:
    """The file is not needed any more."""
    path.unlink(missing_ok=True)


def sweep(database: Path, needed: set[int], *, now: int) -> None:
    """Remove every file that belongs to no list that needs it, once it is an hour old: something was killed half-way."""
    with contextlib.suppress(FileNotFoundError):
        for path in folder(database).iterdir():
            old = path.stat().st_mtime * 1000 < now - HOUR_MS
            if old and not (path.name.isdecimal() and int(path.name) in needed):
                path.unlink(missing_ok=True)
