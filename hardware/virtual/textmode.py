"""Text mode (27.005 clause 3): stored and arriving texts as lines, typed texts as SUBMITs, in the character set CSCS.

Good enough for programs that choose text mode. Texts whose DCS is not the default alphabet are hex, as 27.005 3.1
(<data>) has it. A record that cannot be read is shown as its hex.
"""

from datetime import datetime, timedelta

from hardware import pdu
from hardware.pdu.alphabet import alphabet
from hardware.pdu.septets import pack
from hardware.virtual.octets import UDHI, MalformedTpdu, read_submit
from hardware.virtual.settings import Settings
from hardware.virtual.storage import STATUS_WORDS, Slot

INTERNATIONAL, UNKNOWN = 145, 129
FORMAT, RELATIVE = 0x18, 0x10  # TP-VPF in the first octet
SEPTETS_MOST = 160


def typed_tpdu(typed: bytes, length: int) -> bytes:
    """The TPDU typed at a PDU prompt, without its service centre. Raises MalformedTpdu, also when `length` differs."""
    try:
        octets = bytes.fromhex(typed.decode("ascii").strip())
    except ValueError:
        raise MalformedTpdu("not hex") from None
    if not octets or len(octets) - 1 - octets[0] != length:
        raise MalformedTpdu("the length announced is another")
    return octets[1 + octets[0] :]


def typed_submit(settings: Settings, typed: bytes, length: int, number: str) -> bytes:
    """The SUBMIT typed at a prompt, in PDU mode or text mode. Raises MalformedTpdu."""
    if settings.cmgf == 0:
        tpdu = typed_tpdu(typed, length)
    else:
        tpdu = submit(settings, number, typed)
    read_submit(tpdu)
    return tpdu


def submit(settings: Settings, number: str, typed: bytes) -> bytes:
    """The SUBMIT of a text typed at a text prompt, with the parameters of CSMP. Raises MalformedTpdu."""
    first, validity, pid, dcs = settings.csmp
    if first & FORMAT not in (0, RELATIVE):
        raise MalformedTpdu("only relative validity can be set in text mode here")
    try:
        recipient = pdu.Address.of(_number(settings, number), "number")
        if recipient.alphanumeric:
            raise MalformedTpdu(f"{number!r} is no number")
        length, data = _user_data(settings, first, dcs, typed)
    except (pdu.PduError, ValueError) as error:
        raise MalformedTpdu(str(error)) from None
    head = bytes([first & 0xFC | 0x01, 0]) + pdu.address_field(recipient) + bytes([pid, dcs])
    period = bytes([validity]) if first & FORMAT else b""
    return head + period + bytes([length]) + data


def _number(settings: Settings, number: str) -> str:
    """The number as typed; hex when the character set is UCS2 (27.005 3.1 <da>)."""
    if settings.cscs == "UCS2" and not number.startswith("+"):
        return bytes.fromhex(number).decode("utf-16-be")
    return number


def _user_data(settings: Settings, first: int, dcs: int, typed: bytes) -> tuple[int, bytes]:
    """TP-UDL and TP-UD of what was typed: hex for data, UCS2 and anything with a header, else a text."""
    if dcs & 0x0C in (0x04, 0x08) or first & UDHI:
        data = bytes.fromhex(typed.decode("ascii"))
        return len(data), data
    septets = alphabet().encode(typed_text(settings, typed))
    if len(septets) > SEPTETS_MOST:
        raise MalformedTpdu("the text is longer than one segment")
    return len(septets), pack(septets)


def typed_text(settings: Settings, typed: bytes) -> str:
    """What was typed, read in the character set. ValueError when it is not in it."""
    if settings.cscs in ("UCS2", "HEX"):
        octets = bytes.fromhex(typed.decode("ascii"))
        return octets.decode("utf-16-be") if settings.cscs == "UCS2" else alphabet().decode(octets)
    if settings.cscs == "UTF-8":
        return typed.decode("utf-8")
    if settings.cscs == "GSM":
        return alphabet().decode(bytes(octet & 0x7F for octet in typed))
    return typed.decode("latin-1")


def shown_text(settings: Settings, text: str) -> str:
    """A text as the character set writes it, each character an octet of the line; `?` for what it has not."""
    if settings.cscs == "UCS2":
        return text.encode("utf-16-be", "replace").hex().upper()
    if settings.cscs == "UTF-8":
        return text.encode("utf-8", "replace").decode("latin-1")
    if settings.cscs in ("GSM", "HEX"):
        have = alphabet()
        septets = have.encode("".join(letter if have.has(letter) else "?" for letter in text))
        return septets.hex().upper() if settings.cscs == "HEX" else septets.decode("latin-1")
    return text.encode("latin-1", "replace").decode("latin-1")


def _stamp(when: datetime | None) -> str:
    """`26/11/24,11:30:00-20`: the zone in quarters of an hour."""
    if when is None:
        return ""
    offset = when.utcoffset() or timedelta()
    quarters = round(offset / timedelta(minutes=15))
    return f"{when:%y/%m/%d,%H:%M:%S}{quarters:+03d}"


def _type_of(number: str) -> int:
    return INTERNATIONAL if number.startswith("+") else UNKNOWN


def _body(settings: Settings, message: pdu.Deliver | pdu.Submit) -> str:
    if message.text is None:
        return (message.data or b"").hex().upper()
    if message.dcs.value & 0x0C == 0x08:
        return message.text.encode("utf-16-be").hex().upper()
    return shown_text(settings, message.text)


def _report_fields(message: pdu.StatusReport) -> str:
    number = message.recipient.number
    times = f'"{_stamp(message.timestamp)}","{_stamp(message.discharge_time)}"'
    return f'6,{message.mr},"{number}",{_type_of(number)},{times},{message.status}'


def stored_lines(settings: Settings, name: str, index: str, slot: Slot) -> list[str]:
    """The lines of one stored text in +CMGL or +CMGR."""
    head = f'{name}: {index}"{STATUS_WORDS[slot.status]}",'
    try:
        message = pdu.decode(slot.pdu)
    except pdu.PduError:
        return [f'{head}"",,', slot.pdu]
    if isinstance(message, pdu.StatusReport):
        return [head + _report_fields(message)]
    if isinstance(message, pdu.Submit):
        return [f'{head}"{shown_text(settings, message.recipient.number)}",', _body(settings, message)]
    sender = message.sender.number
    line = f'{head}"{shown_text(settings, sender)}",,"{_stamp(message.timestamp)}"'
    if settings.csdh:
        line += f",{_type_of(sender)}"
    return [line, _body(settings, message)]


def direct_lines(settings: Settings, name: str, tpdu: bytes) -> list[str]:
    """The lines of +CMT or +CDS. What cannot be read is shown as its hex."""
    try:
        message = pdu.decode(tpdu, smsc=False)
    except pdu.PduError:
        return [f'{name}: "",,', tpdu.hex().upper()]
    if isinstance(message, pdu.StatusReport):
        return [f"{name}: {_report_fields(message)}"]
    if isinstance(message, pdu.Submit):  # no network hands one over
        return [f'{name}: "",,', tpdu.hex().upper()]
    sender = shown_text(settings, message.sender.number)
    return [f'{name}: "{sender}",,"{_stamp(message.timestamp)}"', _body(settings, message)]
