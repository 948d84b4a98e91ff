"""Text mode (27.005 clause 3): stored and arriving texts as lines, typed texts as SUBMITs, in the character set CSCS.

Good enough for programs that choose text mode. Texts whose DCS is not the default alphabet are hex, as 27.005 3.1
(<data>) has it. A record that cannot be read is shown as its hex.
"""

from datetime import datetime, timedelta

from hardware import pdu
from hardware.virtual.octets import MalformedTpdu, address
from hardware.virtual.settings import Settings
from hardware.virtual.storage import STATUS_WORDS, Slot

INTERNATIONAL, UNKNOWN = 145, 129


def typed_tpdu(typed: bytes, length: int) -> bytes:
    """The TPDU typed at a PDU prompt, without its service centre. Raises MalformedTpdu, also when `length` differs."""
    try:
        octets = bytes.fromhex(typed.decode("ascii").strip())
    except ValueError:
        raise MalformedTpdu("not hex") from None
    if not octets or len(octets) - 1 - octets[0] != length:
        raise MalformedTpdu("the length announced is another")
    return octets[1 + octets[0] :]


def submit(settings: Settings, number: str, typed: bytes) -> bytes:
    """The SUBMIT of a text typed at a text prompt, with the parameters of CSMP. Raises MalformedTpdu."""
    first, validity, pid, dcs = settings.csmp
    try:
        recipient = address(number)
    except pdu.PduError as error:
        raise MalformedTpdu(str(error)) from None
    length, data = _user_data(settings, first, dcs, typed)
    head = bytes([first & 0xFC | 0x01, 0]) + recipient + bytes([pid, dcs])
    period = bytes([validity]) if first & 0x18 == 0x10 else b""
    if first & 0x18 not in (0x00, 0x10):
        raise MalformedTpdu("only relative validity can be set in text mode here")
    return head + period + bytes([length]) + data


def _user_data(settings: Settings, first: int, dcs: int, typed: bytes) -> tuple[int, bytes]:
    """TP-UDL and TP-UD of what was typed."""
    if dcs & 0x0C in (0x04, 0x08) or first & 0x40:
        data = _hex(typed)
        return len(data), data
    text = typed_text(settings, typed)
    segments = pdu.segment(text, coding="gsm7")
    if segments.count != 1:
        raise MalformedTpdu("the text is longer than one segment")
    tpdu = pdu.submit_tpdus("+0", segments, ref=0)[
        0
    ]  # to the shortest address: 01 00 01 91 F0 00 00, then TP-UDL
    return tpdu[7], tpdu[8:]


def _hex(typed: bytes) -> bytes:
    try:
        return bytes.fromhex(typed.decode("ascii").strip())
    except ValueError:
        raise MalformedTpdu("not hex") from None


def typed_text(settings: Settings, typed: bytes) -> str:
    """What was typed, read in the character set."""
    if settings.cscs == "UCS2":
        return _hex(typed).decode("utf-16-be", "replace")
    if settings.cscs == "UTF-8":
        return typed.decode("utf-8", "replace")
    return typed.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n")


def shown_text(settings: Settings, text: str) -> str:
    """A text as the character set writes it."""
    if settings.cscs == "UCS2":
        return text.encode("utf-16-be").hex().upper()
    if settings.cscs == "UTF-8":
        return text.encode("utf-8").decode("latin-1")
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
    """The lines of +CMT or +CDS."""
    message = pdu.decode(tpdu, smsc=False)
    if isinstance(message, pdu.StatusReport):
        return [f"{name}: {_report_fields(message)}"]
    if isinstance(message, pdu.Submit):  # the network sends none
        return []
    sender = shown_text(settings, message.sender.number)
    return [f'{name}: "{sender}",,"{_stamp(message.timestamp)}"', _body(settings, message)]
