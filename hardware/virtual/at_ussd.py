"""USSD (27.007 7.15): a balance, a menu, an unknown code; and the ways in which modems write the answer.

The model's way is `ussd` of its row; the switch `ussd` chooses another. Codes are understood as typed, as packed septets
in hex and as UCS2 in hex, whatever CSCS says, because modems differ in that too.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from hardware.pdu.alphabet import alphabet
from hardware.pdu.septets import pack, unpack
from hardware.virtual.commandline import Command
from hardware.virtual.faults import field_of
from hardware.virtual.refusal import Refusal
from hardware.virtual.registry import answers

if TYPE_CHECKING:
    from hardware.virtual.engine import Engine

AFTER_S, PIECE_S = 0.2, 0.3
BALANCE, MENU = "*100#", "*111#"
TEXTS = {BALANCE: "Your balance is $10.00.", MENU: "1 Balance\n2 Offers\n3 Help"}
UNKNOWN_CODE = "Unknown service code."
DONE, WANTS_ANSWER, ENDED, NOT_SUPPORTED = 0, 1, 2, 4  # <m>
GSM7, UCS2 = 15, 72  # <dcs>
CR = 0x0D
PADDING = "FFFF60B1"  # what some modems leave behind the text in their buffer

Form = Callable[[int, str], list[str]]  # <m> and the text: the lines, one or several


@answers("+CUSD")
def ussd(modem: "Engine", command: Command, now: float) -> list[str]:
    """1,"code" asks, 2 ends what is open. The answer comes unsolicited."""
    if command.form == "test":
        return ["+CUSD: (0-2)"]
    if command.form == "read":
        return ["+CUSD: 1"]
    if command.arg(0) == "2":
        modem.ussd_open = False
        return []
    typed = command.arg(1)
    if not typed:
        return []
    modem.sim.check()
    told = modem.faults.take("ussd")
    kind = str(field_of(told, "kind", told if isinstance(told, str) else modem.personality.ussd))
    if kind == "refused":
        raise Refusal("CME", 258)  # phone busy
    if kind == "never":
        return []
    code = understood(typed)
    text = str(field_of(told, "text", TEXTS.get(code, UNKNOWN_CODE)))
    m = DONE
    if kind == "open" or (code == MENU and not modem.ussd_open):
        m, kind = WANTS_ANSWER, modem.personality.ussd if kind == "open" else kind
    elif modem.ussd_open:
        text = TEXTS[BALANCE] if code == "1" else text
    modem.ussd_open = m == WANTS_ANSWER
    for place, line in enumerate(FORMS[kind](m, text)):
        modem.later(now + AFTER_S + place * PIECE_S, partial(modem.unasked_as_is, line))
    return []


def understood(typed: str) -> str:
    """The code that was typed: plain, packed septets in hex, or UCS2 in hex."""
    try:
        octets = bytes.fromhex(typed)
    except ValueError:
        return typed
    if len(typed) <= 2:
        return typed  # an answer to a menu
    readings = [octets.decode("utf-16-be", "replace")] if len(octets) % 2 == 0 else []
    readings.append(alphabet().decode(unpack(octets, len(octets) * 8 // 7)).rstrip("\r@"))
    return next((code for code in readings if code and set(code) <= set("0123456789*#")), typed)


def packed(text: str) -> str:
    """Septets in hex; a CR fills the last octet where seven bits would be left (23.038 6.1.2.3.1)."""
    septets = _septets(text)
    if len(septets) % 8 == 7:
        septets += bytes([CR])
    return pack(septets).hex().upper()


def _septets(text: str) -> bytes:
    have = alphabet()
    return have.encode("".join(letter if have.has(letter) else "?" for letter in text))


def _hex16(text: str) -> str:
    return text.encode("utf-16-be", "replace").hex().upper()


def _as_text(m: int, text: str) -> list[str]:
    return [f'+CUSD: {m},"{text}",{GSM7}']


def _in_ascii(m: int, text: str) -> list[str]:
    """Septets shown as the ASCII letters of the same value: `{` is ä."""
    return [f'+CUSD: {m},"{_septets(text).decode("latin-1")}",{GSM7}']


def _with_newlines(m: int, text: str) -> list[str]:
    return [
        f'+CUSD: {m},"'
        + text.replace(" ", "\r\n", 1).replace("\n", "\r\n").replace("\r\r", "\r")
        + f'",{GSM7}\r\n'
    ]


def _in_pieces(m: int, text: str) -> list[str]:
    half = len(text) // 2
    return [f'+CUSD: {WANTS_ANSWER},"{text[:half]}",{GSM7}', f'+CUSD: {m},"{text[half:]}",{GSM7}']


FORMS: dict[str, Form] = {
    "text": _as_text,
    "packed": lambda m, text: [f'+CUSD: {m},"{packed(text)}",{GSM7}'],
    "unquoted": lambda m, text: [f"+CUSD: {m}, {packed(text)}"],
    "ucs2": lambda m, text: [f'+CUSD: {m},"{_hex16(text)}",{UCS2}'],
    "ucs2_no_dcs": lambda m, text: [f'+CUSD: {m},"{_hex16(text)}"'],
    "ascii": _in_ascii,
    "newlines": _with_newlines,
    "padded": lambda m, text: [f'+CUSD: {m},"{_hex16(text)}{PADDING}",{UCS2}'],
    "pieces": _in_pieces,
    "ended": lambda m, text: [f"+CUSD: {ENDED}"],
}
