"""USSD (27.007 7.15): one code asked, its answer read in whatever form the model writes it, the session closed.

Answers come in many pieces and encodings: packed septets or UCS2 as hex, with or without a <dcs>, characters of the
GSM alphabet shown as if they were ASCII, line breaks inside the quotes, padding behind the text. The profile's word
goes first, then what the answer looks like; when that leaves doubt, it is given as the modem wrote it.

Promises: nothing is asked that `harmless` refuses; a session that stays open is ended (AT+CUSD=2).
Failure: `CommandRefused` when modem or network refuse or the network says nothing for a minute, else what the channel
raises.
"""

from __future__ import annotations

import re

from hardware.asking import ask
from hardware.at import At
from hardware.errors import CommandRefused
from hardware.framing import final, unasked
from hardware.pdu.alphabet import alphabet
from hardware.pdu.septets import pack, unpack

ANSWER_S = 60.0
MORE_S = 2.0  # a further piece comes within
LONGEST = 1000
_CODE = re.compile(
    r"(\*\*|\*#|##|\*|#)(\d{1,4})((?:\*\d{0,5}){0,3})#", re.ASCII
)  # more digits are a number or a voucher
# 3GPP 22.030 annex B: forwarding, barring, waiting, presentation, passwords and PINs. With * or # before them they
# change a setting of the line at once; the form *#code# only asks.
SETTINGS = re.compile(
    r"002|004|03|04|042|05|052|21|30|31|33[0-35]?|35[13]?|37|43|6[1267]|7[567]|96|300|36[0-3]"
)
_ANSWER = re.compile(r'\+CUSD:\s*(\d)\s*(?:,\s*(?:"(.*?)"|([^,"]*))\s*(?:,\s*(-?\d{1,3}))?\s*)?$', re.DOTALL)
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_GSM_AS_ASCII = re.compile(r"(?<=[A-Za-z])[{|}~\[\]\\^](?=[a-z])")
_UCS2_DCS = (0x11, 0x48, 0x49, 0x4A, 0x4B)  # 23.038 clause 5
_OCTETS_DCS = (*range(0x44, 0x48), *range(0xF4, 0xF8))
NO_ANSWER = 5
_OVER = {4: "the modem or the network does not know USSD", NO_ANSWER: "the network did not answer in time"}


def harmless(code: str) -> bool:
    """Whether a code only asks: an operator's own code, or *#code#.

    What changes a setting, or could, is not; nor what names somebody's number or a voucher: so credit is given away.
    """
    found = _CODE.fullmatch(code)
    if not found:
        return False
    how, service, _ = found.groups()
    if how == "*#":
        return True
    return how in ("*", "#") and not SETTINGS.fullmatch(service)


def ask_network(at: At, code: str, form: str, answer_s: float = ANSWER_S) -> str:
    """Ask the network `code` and return what it answered, in readable words as far as they can be told.

    `form` is the profile's `ussd`. Raises as the module says.
    """
    if not harmless(code):
        raise ValueError("this code may change a setting of the line")
    started = at.clock.monotonic()
    lines = _write(at, code, form)
    pieces: list[str] = []
    session = 0
    while True:
        said, told = _piece(at, lines, started + answer_s if not pieces else at.clock.monotonic() + MORE_S)
        lines = []
        if said is None:
            break
        session = told
        pieces.append(said)
    if session == 1:
        ask(at, "AT+CUSD=2")
    if not pieces:
        ask(at, "AT+CUSD=2")  # it may still be open: the next code must not be taken for an answer
        session = NO_ANSWER
    if session in _OVER and not any(pieces):
        raise CommandRefused("AT+CUSD", "TEXT", None, _OVER[session], at.clock.monotonic() - started)
    return "\n".join(read(piece, form) for piece in pieces if piece)[:LONGEST]


def _write(at: At, code: str, form: str) -> list[str]:
    """Hand the code over; a model that wants it packed refuses it plain and the other way round, and then it has not left."""
    packed = pack(alphabet().encode(code)).hex().upper()
    forms = (packed, code) if form == "packed" else (code, packed)
    refusal: CommandRefused | None = None
    for written in forms:
        try:
            return at.command(f'AT+CUSD=1,"{written}",15', 15.0)
        except CommandRefused as refused:
            refusal = refusal or refused
    assert refusal is not None
    raise refusal


def _piece(at: At, lines: list[str], deadline: float) -> tuple[str | None, int]:
    """The next +CUSD, as "payload" with its <dcs> behind a NUL, and its <m>; (None, 0) at the deadline."""
    whole = ""
    waiting = list(lines)
    while True:
        line = waiting.pop(0) if waiting else at.incoming.next(deadline)
        if line is None:
            break
        if line.startswith("+CUSD:"):
            whole = line
        elif whole and not at.incoming.owes_body and not unasked(line, "") and not final(line):
            whole += "\n" + line
        else:
            at.incoming.set_aside(line, "")
        if whole and whole.count('"') != 1:  # else a line break stood inside the quotes
            break
    found = _ANSWER.match(whole)
    if not found:
        return (whole.partition(",")[2], 0) if whole else (None, 0)
    payload = found[2] if found[2] is not None else found[3] or ""
    return f"{payload}\0{found[4] or ''}" if payload else "", int(found[1])


def read(piece: str, form: str) -> str:
    """One answer's payload (with its <dcs> behind a NUL, "" for none) as words; as it came when nothing is certain."""
    payload, _, told = piece.partition("\0")
    payload = payload.strip()
    if not _HEX.fullmatch(payload) or len(payload) < 6:
        return _from_gsm(payload) if form == "gsm" or _GSM_AS_ASCII.search(payload) else payload
    octets = bytes.fromhex(payload)
    words = _first_certain(octets, form, int(told) % 256 if told else None)
    return payload if words is None else words


def _first_certain(octets: bytes, form: str, dcs: int | None) -> str | None:
    """The octets as words, by what is known of their form first."""
    if dcs in _OCTETS_DCS and (words := _plausible(octets.decode("latin-1"))):
        return words
    ucs2, packed = _ucs2(octets), _packed(octets)
    if dcs in _UCS2_DCS or form == "ucs2":
        return ucs2 if ucs2 is not None else packed
    if ucs2 is not None and _every_other_is_alike(octets):
        return ucs2
    if form == "packed":
        return packed if packed is not None else ucs2
    if octets.hex().isdigit() and octets[0]:
        return None  # a number: "12345678" is one in any alphabet
    likely = packed if packed is not None and _mostly_ascii(packed) else None
    return (likely or ucs2) if dcs is not None else (ucs2 or likely)


def _ucs2(octets: bytes) -> str | None:
    end = next((at for at in range(0, len(octets) - 1, 2) if octets[at : at + 2] == b"\xff\xff"), len(octets))
    octets = octets[:end]  # HE910 pads with FFFF and what was in its memory
    if len(octets) < 2 or len(octets) % 2:
        return None
    try:
        return _plausible(octets.decode("utf-16-be"))
    except UnicodeDecodeError:
        return None


def _packed(octets: bytes) -> str | None:
    words = alphabet().decode(unpack(octets, len(octets) * 8 // 7))
    if len(octets) % 7 == 0 and words.endswith("\r"):  # 23.038 6.1.2.3.1: eight septets' last one is padding
        words = words[:-1]
    return _plausible(words)


def _plausible(words: str) -> str | None:
    """`words` when they read as a text: letters of at most two alphabets, no unknown or control characters."""
    words = words.replace("\r\n", "\n").replace("\r", "\n").rstrip("\0 \n")
    if not words or any(not (c.isprintable() or c in "\n\t") for c in words):
        return None
    blocks = {ord(c) >> 8 for c in words if c.isalpha()} - {0}
    odd = sum(not (c.isalnum() or c.isspace() or c in ".,:;!?-+*#/()'\"%$€£&=@_") for c in words)
    return words if len(blocks) <= 2 and odd * 5 <= len(words) else None


def _every_other_is_alike(octets: bytes) -> bool:
    """Whether the high octets are those of one alphabet with its spaces and digits, as no packed text's are."""
    high = set(octets[::2])
    return len(octets) % 2 == 0 and 0 in high and len(high) <= 2


def _mostly_ascii(words: str) -> bool:
    return sum(c.isascii() for c in words) * 5 >= len(words) * 4


def _from_gsm(payload: str) -> str:
    """Characters that are septets of the GSM alphabet, shown as if they were ASCII: "w{hlen"."""
    try:
        return alphabet().decode(payload.encode("ascii"))
    except UnicodeEncodeError:
        return payload
