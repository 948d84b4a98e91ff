"""A configuration file as text: read it, parse it as TOML, and say on which line a key stands.

Promises: whatever the file holds, the answer is a document or `BadFile` with a line and a sentence; the file
is read whole and once, and not at all when it is no plain file or is larger than MAX_BYTES.
"""

import os
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

MAX_BYTES = 1_000_000
KeyPath = tuple[str | int, ...]

BARE_OR_QUOTED = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
DOTTED = rf"{BARE_OR_QUOTED}(?:\s*\.\s*{BARE_OR_QUOTED})*"
HEADER = re.compile(rf"\s*(\[\[?)\s*({DOTTED})\s*\]")
ASSIGNMENT = re.compile(rf"\s*({DOTTED})\s*=")
# Quotes and spaces that are none for TOML
TYPESET = re.compile("[\u201c\u201d\u201e\u201f\u2018\u2019\u00ab\u00bb\u00a0]")
TOKEN = re.compile(r'"""|\'\'\'|"(?:[^"\\]|\\.)*"|\'[^\']*\'|#.*|[\[\]{}]')


class BadFile(Exception):  # noqa: N818 - named for what was found
    """This is no configuration file. `line` is 1 or more, or None where no line is to blame."""

    def __init__(self, sentence: str, line: int | None = None) -> None:
        super().__init__(sentence)
        self.line = line


def read(path: Path) -> str:
    """The file's text, without a byte order mark."""
    try:
        # Without O_NONBLOCK the opening of a named pipe would wait for its writer.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise BadFile("found something that is not a plain file; name the file itself")
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise BadFile(
            "there is no such file; copy config.example.toml to this place, or name another"
        ) from None
    except IsADirectoryError:
        raise BadFile("found a folder; name the file in it") from None
    except PermissionError:
        raise BadFile(
            "this user may not read it; ask as the user that runs Textbank (sudo -u USER), or let its owner give the right (chmod, chown)"
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise BadFile(f"it could not be read ({error}); name a file that can") from None
    if len(raw) > MAX_BYTES:
        raise BadFile(f"found more than {MAX_BYTES:,} bytes; a configuration is a page or two")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        byte = raw[error.start]
        raise BadFile(
            f"found the byte 0x{byte:02x}, which is not UTF-8; save the file as UTF-8", line
        ) from None


def parse(text: str) -> dict[str, Any]:
    """The TOML document."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, _, where = str(error).partition(" (at ")
        at = re.match(r"line (\d+), column (\d+)", where)
        line = int(at[1]) if at else len(text.splitlines()) or 1
        column = f" at column {at[2]}" if at else " at the end of the file"
        typed = (
            TYPESET.search(TOKEN.sub("", text.split("\n")[line - 1])) if at else None
        )  # in words it may stand
        if typed:  # of the whole line: the parser stumbles somewhere behind it
            what += f"; in this line is {typed[0]!r}, which a word processor or a web page put there: type it anew"
        sentence = f'found no valid TOML{column} ({what}); allowed are lines such as key = "value"'
        raise BadFile(sentence, line) from None
    except ValueError:  # Python refuses to read a decimal number of more than 4,300 digits
        raise BadFile("found a number of thousands of digits; every number here has a few") from None
    except RecursionError:
        raise BadFile("found brackets nested hundreds deep; here they are nested once") from None


def key_parts(dotted: str) -> list[str]:
    """The names in a dotted key as TOML means them: a."b.c" is a and b.c."""
    inner: Any = tomllib.loads(f"{dotted} = 0")
    names = []
    while isinstance(inner, dict):
        ((name, inner),) = inner.items()
        names.append(name)
    return names


class Lines:
    """Where each key of a valid document stands; for a key inside an inline table, where that table does."""

    def __init__(self, text: str) -> None:
        self.numbers: dict[KeyPath, int] = {}
        self._counts: dict[KeyPath, int] = {}  # how often each [[table]] has begun
        self._table: KeyPath = ()
        self._open = ""  # the quotes of a string that goes on over lines
        self._depth = 0  # brackets of a value that goes on over lines
        for number, line in enumerate(text.split("\n"), start=1):
            rest = line
            if not self._open and not self._depth:
                rest = self._enter(line, number)
            self._skip(rest)

    def of(self, path: KeyPath) -> int:
        """The line of the key, else of what it stands in, else 1."""
        while path:
            if path in self.numbers:
                return self.numbers[path]
            path = path[:-1]
        return 1

    def _enter(self, line: str, number: int) -> str:
        """Note the header or the key that begins on this line; what is left is the value."""
        if header := HEADER.match(line):
            path = self._inside(key_parts(header[2]))
            if header[1] == "[[":
                self.numbers.setdefault(path, number)
                self._counts[path] = self._counts.get(path, 0) + 1
                path = (*path, self._counts[path] - 1)
            self._table = path
            self.numbers.setdefault(path, number)
            return ""
        if assignment := ASSIGNMENT.match(line):
            path = (*self._table, *key_parts(assignment[1]))
            for end in range(len(self._table) + 1, len(path) + 1):
                self.numbers.setdefault(path[:end], number)
            return line[assignment.end() :]
        return line

    def _inside(self, names: list[str]) -> KeyPath:
        """[[a]] then [a.b] means b of the newest a."""
        path: KeyPath = ()
        for position, name in enumerate(names):
            path = (*path, name)
            if path in self._counts and position < len(names) - 1:
                path = (*path, self._counts[path] - 1)
        return path

    def _skip(self, rest: str) -> None:
        """Follow strings and brackets that do not end on this line."""
        position = 0
        while position < len(rest):
            if self._open:
                end = rest.find(self._open, position)
                if end < 0:
                    return
                position, self._open = end + 3, ""
                continue
            token = TOKEN.search(rest, position)
            if token is None:
                return
            position = token.end()
            if token[0] in ('"""', "'''"):
                self._open = token[0]
            elif token[0] in "[{":
                self._depth += 1
            elif token[0] in "]}":
                self._depth = max(0, self._depth - 1)
