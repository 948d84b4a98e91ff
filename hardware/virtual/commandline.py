"""One AT command line into its commands (V.250 clause 5.2): basic letters, S-registers, extended, joined by `;`.

Never fails: what cannot be read becomes a Command with a name nobody knows, which the modem answers with an error.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Form = Literal["exec", "set", "read", "test"]

_EXTENDED = re.compile(r"[+^#*%$_][A-Za-z0-9_]*")
_BASIC = re.compile(r"(&?[A-Za-z])(\d*)")
_REGISTER = re.compile(r"[Ss]\d+(=\d*|\?)?")
_PARAMETER = re.compile(r'\s*("[^"]*"?|[^,]*)\s*(?:,|$)')


@dataclass(frozen=True, slots=True)
class Command:
    """One command: `+CMGS` with its form, what stood after the `=`, and that as parameters without their quotes."""

    name: str
    form: Form
    raw: str = ""
    args: tuple[str, ...] = ()

    def arg(self, place: int, default: str = "") -> str:
        """The parameter at this place, or the default when it was left out or empty."""
        value = self.args[place] if place < len(self.args) else ""
        return value or default


@lru_cache(maxsize=256)  # a host says the same again and again
def parse(line: str) -> tuple[Command, ...] | None:
    """The commands of a line; None when it holds no `AT`, which a modem ignores. `AT` alone has none."""
    start = line.upper().find("AT")
    if start < 0:
        return None
    rest = line[start + 2 :].strip()
    commands = []
    while rest:
        command, rest = _next(rest)
        commands.append(command)
        rest = rest.lstrip("; ")
    return tuple(commands)


def _next(rest: str) -> tuple[Command, str]:
    """The first command of what is left of the line, and what is left after it."""
    if extended := _EXTENDED.match(rest):
        end = _end_of_command(rest)
        return _extended(extended.group(0).upper(), rest[extended.end() : end].strip()), rest[end:]
    if register := _REGISTER.match(rest):
        return Command("S", "set", register.group(0)), rest[register.end() :]
    if rest[0] in "Dd":
        return Command("D", "set", rest[1:]), ""
    if basic := _BASIC.match(rest):
        return Command(basic.group(1).upper(), "set", basic.group(2), (basic.group(2),)), rest[basic.end() :]
    return Command(rest, "exec"), ""


def _end_of_command(rest: str) -> int:
    """Where the next `;` outside quotes stands, or the end."""
    quoted = False
    for place, character in enumerate(rest):
        if character == '"':
            quoted = not quoted
        elif character == ";" and not quoted:
            return place
    return len(rest)


def _extended(name: str, tail: str) -> Command:
    if tail == "=?":
        return Command(name, "test")
    if tail == "?":
        return Command(name, "read")
    if tail.startswith("="):
        return Command(name, "set", tail[1:], parameters(tail[1:]))
    return Command(name + tail, "exec")  # `+CSCA?999` is no command that a modem knows


def parameters(raw: str) -> tuple[str, ...]:
    """`"SM",1,"a,b"` as ("SM", "1", "a,b"): split at commas outside quotes, quotes taken off."""
    if not raw.strip():
        return ()
    values: list[str] = []
    place, more = 0, True
    while more:
        found = _PARAMETER.match(raw, place)
        if found is None:  # something after a closing quote: a host's slip, dropped
            break
        values.append(found.group(1).strip().strip('"'))
        more = found.group(0).endswith(",")
        place = found.end()
    return tuple(values)
