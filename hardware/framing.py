"""Bytes into lines, and what each line is: echo, final result, unasked, or information. Pure.

The rules are those that real modems need, not those of the standard: any split of reads, lines ended by CR,
LF, CR LF or CR CR LF, leading NULs, blank lines anywhere, an echo that is repeated, mangled or interrupted by
an unsolicited line, a header glued to the PDU before it.

Promises: bounded memory whatever comes (a line keeps its first `LINE_LIMIT` bytes). Never raises.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hardware.codes import cme_text, cms_text, code_for
from hardware.errors import Family

LINE_LIMIT = 4096  # the longest real line is a PDU of 176 octets or a USSD answer: under 800 characters

_LINE_ENDS = bytes.maketrans(b"\r\x1a", b"\n\n")  # Ctrl-Z ends the echo of a PDU
_GLUED = re.compile(r"(?<=[0-9A-Fa-f])(?=[+^*][A-Z]{3,}:)")
_ERROR = re.compile(r"\+?CMG?([ES]) ERROR(?::|(?= *\d))(.*)")  # +CMGS ERROR: Fibocom G510
_BARE_ERROR = re.compile(r"ERROR(: *\S.*)?$")  # : 321, or in words
_NAMED = re.compile(r"([+^*#_$%!&][A-Z][A-Z0-9_]*):")
_COMMAND = re.compile(r"AT([+^*#_$%!&]?[A-Z0-9_]+)", re.IGNORECASE)
_ACCEPTED = re.compile(r"\+CMGS:\s*(\d{1,5}(?!\d))?")
# 27.005 4.3: <mr>[,<ackpdu>], in text mode <mr>[,<scts>]
_SPLICED = re.compile(r'\+CMGS:\s*(?:["(,]|\d+\s*,(?!\s*(?:"[\d/,:+ -]*"|"?[0-9A-Fa-f]{14,}"?)?\s*$))')
ANSWERED_AS = {"+CICCID": "+ICCID"}  # SIMCom's manual for SIM7500 and SIM7600
_OLD_ECHO = re.compile(r"AT[+^*#$%][A-Z]{3}")
_REGISTRATION = ("+CREG", "+CGREG", "+CEREG")
_ASKED_REGISTRATION = re.compile(r"\s*0*[0-5]\s*,\s*0*(?:\d|1[01])\s*(?:,|$)")
_CALL_ENDS = ("NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE", "NO DIAL TONE")
_SAID_UNASKED = re.compile(
    r"RING$|(APP |QC)?RDY$|AT READY$|Call Ready$|SMS R(eady|EADY)$|\+SIM (READY|DROP)$|SMS DONE$|PB DONE$|(UNDER|OVER)[-_]VOLTAGE|(NORMAL )?POWER"
    r"(ED)? DOWN$|SDNDCRC =|DST: |REBOOT\b|\^?SYSSTART|[+^*][A-Z]{3,}$|MISSED_CALL: |VOICE CALL: |MODEM:STARTUP$|\+E_UTRAN |\+ ?SMS FULL"
)
# Never said unasked: such a line answers somebody's question.
ANSWERS = ("+CPMS:", "+CMGL:", "+CMGR:", "+CMGF:", "+CNMI:", "+CSMS:", "+CSCA:", "+COPS:")
_PDU = re.compile(r"\W*(?:[0-9A-Fa-f]\s?){4}|[0-9A-Fa-f]+$|[^ :]{14,}$")
_CAME_BACK = re.compile(r"(?:AT|at)(?:$|[+^*#$%&]|[A-Za-z]\d?$)")
_TELLS_LENGTH = re.compile(r"^[^/]*[:,]\s*\d+\s*$")  # a date, in text mode, has a /
HAS_BODY = ("+CMT:", "+CDS:", "+CBM:")  # the next line is their PDU


@dataclass(frozen=True, slots=True)
class Final:
    """A final result: `ok`, or an error's family, number and words; `cut` when its number is missing."""

    ok: bool
    family: Family = "TEXT"
    code: int | None = None
    text: str = ""
    cut: bool = False


OK = Final(ok=True)
OK_IN_DIGITS = re.compile(rb"(?:^|[\r\n])0[\r\n]*$")  # after ATV0 (V.250, 6.2.6)
ECHO_ALONE = re.compile(rb"(AT(Q0V1)?[\r\n]+)+")  # after ATQ1 (V.250, 6.2.5), or no modem


class Splitter:
    """Bytes in, whole lines out; what is unfinished waits in `partial`."""

    def __init__(self) -> None:
        self.partial = b""

    def feed(self, data: bytes) -> list[str]:
        """The lines that `data` completes, without line ends and blank lines; latin-1 loses nothing."""
        data = data.translate(_LINE_ENDS, b"\0")
        first, *rest = data.split(b"\n")
        self.partial = (self.partial + first[:LINE_LIMIT])[:LINE_LIMIT]
        if not rest:
            return []
        ended = [self.partial, *(line[:LINE_LIMIT] for line in rest)]
        self.partial = ended.pop()
        lines: list[str] = []
        for raw in filter(None, ended):
            line = raw.decode("latin-1").strip("\x1b").lstrip()
            if line:
                lines += [line] if line[0] in "+^*" else _GLUED.split(line)
        return lines

    def take_prompt(self) -> bool:
        """Whether the unfinished line is a prompt; if so it is consumed."""
        if not self.partial.lstrip(b" \x1a\x1b").startswith(b">"):
            return False
        self.partial = b""
        return True


class Echo:
    """The echo of one command, to be taken out of what comes back."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    @property
    def came(self) -> bool:
        """Whether all of it did."""
        return self._at >= len(self._text)

    def strip(self, line: str) -> str:
        """`line` without what of the echo it holds: "" when it is all echo."""
        bare = line.rstrip()
        if bare == self._text:
            self._at = len(bare)
            return ""
        left = "" if _OLD_ECHO.match(line) else line
        if not bare or self._at >= len(self._text):
            return left
        for lost in (0, 1) if self._at == 0 else (0,):  # the first character may be lost (MBM)
            due = self._text[self._at + lost :]
            if due.startswith(bare):
                self._at += lost + len(bare)
                return ""
            for cut in range(_common(due, line), 0, -1):  # an unsolicited line glued to a piece of it
                if unasked(line[cut:], ""):
                    self._at += lost + cut
                    return line[cut:]
        return left


def _common(one: str, other: str) -> int:
    for at, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return at
    return min(len(one), len(other))


def name_of(command: str) -> str:
    """The name under which a command is answered: "+CPMS" of 'AT+CPMS="SM"'; "" of "AT"."""
    found = _COMMAND.match(command)
    name = found[1].upper() if found else ""
    return ANSWERED_AS.get(name, name)


def named(line: str) -> str:
    """The name with which `line` begins ("+CPMS"), as answers and unsolicited lines do and PDUs do not; "" for none."""
    found = _NAMED.match(line)
    return found[1] if found else ""


def is_named(line: str) -> bool:
    """Whether `line` begins with a name and a colon, as answers and unsolicited lines do and PDUs do not."""
    return bool(_NAMED.match(line))


def may_be_pdu(line: str) -> bool:
    """Whether `line` is a PDU or a piece of one, perhaps damaged, and no words that a modem says between."""
    return bool(_PDU.match(line.rstrip()))


def is_command(line: str) -> bool:
    """Whether `line` is a command line that came back: where none of ours can, another program's."""
    return bool(_CAME_BACK.match(line.strip()))


def stands_between(line: str, header: str) -> bool:
    """Whether `line` is words that a modem says between the header of a text and the PDU whose length it tells; noise in a PDU is none."""
    other = not line.isascii() or may_be_pdu(line) or final(line) or is_named(line)
    return not other and bool(_TELLS_LENGTH.search(header))


def tells_length(header: str) -> bool:
    """Whether the header of a text or report tells how long the PDU behind it is."""
    return bool(_TELLS_LENGTH.search(header)) and not header.startswith("+CBM:")


def digits_due(header: str, pdu: str) -> int:
    """How many hexadecimal digits the PDU has that begins so, by the length that its header tells; 0 when that is not known."""
    if not tells_length(header) or not is_piece(pdu[:2]):
        return 0
    return 2 * (1 + int(pdu[:2], 16) + int(re.split(r"[:,]", header)[-1]))


def is_piece(line: str) -> bool:
    """Whether `line` is nothing but hexadecimal digits."""
    return bool(re.fullmatch(r"[0-9A-Fa-f]+", line.rstrip()))


def unasked(line: str, own: str) -> bool:
    """Whether `line` is unsolicited while the command called `own` ("" for none) waits for its answer.

    Everything that carries a name is unasked unless the name is the command's own. Registration lines are
    told apart by their fields: an answer is <n>,<stat>, an unsolicited one begins with <stat>.
    """
    named = _NAMED.match(line)
    if not named:
        return bool(_SAID_UNASKED.match(line))
    name = named[1]
    if name != own:
        return not _ERROR.match(line)
    return name in _REGISTRATION and not _ASKED_REGISTRATION.match(line[named.end() :])


def final(line: str) -> Final | None:
    """The final result that `line` is, or None ("OKAY see you" is none)."""
    error = _ERROR.match(line)
    if error:
        return _coded("CME" if error[1] == "E" else "CMS", error[2])
    bare = line.rstrip()
    if bare == "OK":
        return OK
    if _BARE_ERROR.match(bare):
        return Final(ok=False, family="ERROR", text=bare)
    if bare in _CALL_ENDS or bare in ("COMMAND NOT SUPPORT", "NA") or bare.startswith("MODEM ERROR"):
        return Final(ok=False, family="TEXT", text=bare)
    return None


def acceptance(line: str) -> re.Match[str] | None:
    """Says that a text was taken, under the MR in group 1 if it can be read (27.005 4.3); None for any other line."""
    return None if is_spliced(line) else _ACCEPTED.match(line)


def is_spliced(line: str) -> bool:
    """Whether `line` begins as an acceptance and goes on as the end of another answer. Where another program reads too, "+CMG" of a list
    may stand before "S: 0,12,0,12,0,12" of +CPMS.
    """
    return bool(_SPLICED.match(line))


def refuses_text(line: str) -> bool:
    """Whether `line` is a refusal that texts get (+CMS ERROR), however it is spelt."""
    said = final(line)
    return said is not None and said.family == "CMS"


def is_echo(heard: bytes) -> bool:
    """Whether all that came is our own AT, again and again."""
    return bool(ECHO_ALONE.fullmatch(heard.replace(b"\x1b", b"").lstrip(b"\r\n\0 ")))


def ends_call(line: str) -> bool:
    """Whether `line` is one that also comes unasked when a ringing call ends."""
    return line.rstrip() in _CALL_ENDS


def _coded(family: Family, said: str) -> Final:
    text = said.strip().strip('"')
    if not text:  # "+CMS ERROR: " is an answer; "+CMS ERROR:" was cut before its number
        return Final(ok=False, family=family, cut=not said)
    if number := re.fullmatch(r"(-?\d{1,5})(\s+\D.*)?", text):
        code = int(number[1])
        return Final(
            ok=False, family=family, code=code, text=(cms_text if family == "CMS" else cme_text)(code)
        )
    return Final(ok=False, family=family, code=code_for(family, text), text=text)
