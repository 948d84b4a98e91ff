"""The service centre's work on TPDUs, done on octets: a SUBMIT becomes the DELIVER its receiver gets, and its report.

A service centre does not read texts, so user data and user data header pass untouched, whatever they hold. Malformed
SUBMITs raise MalformedTpdu, which the network of a virtual modem answers as a real one does. 3GPP 23.040 clause 9.2.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hardware.pdu import Address, address_field, smsc_field
from hardware.pdu.times import time_octets
from hardware.pdu.validity import relative

UDHI, SRR, REPLY_PATH = 0x40, 0x20, 0x80
ALPHANUMERIC, DIGITS_MOST = 0x50, 20
DEFAULT_VALIDITY = timedelta(days=2)
_DIGITS = "0123456789*#abc"


class MalformedTpdu(Exception):  # noqa: N818 (says what it is)
    """Octets that are no SUBMIT."""


@dataclass(frozen=True, slots=True)
class RawSubmit:
    """A SUBMIT as octets: `address` is the whole TP-DA field, `number` what it says, user data untouched."""

    octets: bytes
    first: int
    mr: int
    address: bytes
    number: str
    pid: int
    dcs: int
    validity: timedelta
    length: int
    data: bytes

    @property
    def wants_report(self) -> bool:
        """TP-SRR."""
        return bool(self.first & SRR)


def read_submit(octets: bytes) -> RawSubmit:
    """Split a SUBMIT without service centre octets (9.2.2.2). Raises MalformedTpdu."""
    try:
        if octets[0] & 0x03 != 0x01:
            raise MalformedTpdu(f"TP-MTI {octets[0] & 0x03} is not a SUBMIT")
        if not 1 <= octets[2] <= DIGITS_MOST or octets[3] & 0x70 == ALPHANUMERIC:
            raise MalformedTpdu("TP-DA is no number of 1 to 20 digits")
        end = 3 + 1 + (octets[2] + 1) // 2
        address = octets[2:end]
        pid, dcs = octets[end], octets[end + 1]
        validity, at = _validity(octets[0], octets, end + 2)
        length, data = octets[at], octets[at + 1 :]
        number = read_address(address)
    except IndexError:
        raise MalformedTpdu("the SUBMIT ends too early") from None
    if len(data) != user_data_octets(dcs, length) or len(data) > 140:
        raise MalformedTpdu(f"TP-UDL {length} does not fit {len(data)} octets of user data")
    return RawSubmit(octets, octets[0], octets[1], address, number, pid, dcs, validity, length, data)


def _validity(first: int, octets: bytes, at: int) -> tuple[timedelta, int]:
    """TP-VP in its four forms (9.2.3.12): how long, and where TP-UDL stands."""
    form = first >> 3 & 0x03
    if form == 0:
        return DEFAULT_VALIDITY, at
    if form != 2:  # enhanced and absolute have 7 octets; an absolute end needs a clock nobody here needs
        return DEFAULT_VALIDITY, at + 7
    return relative(octets[at]), at + 1


def user_data_octets(dcs: int, length: int) -> int:
    """How many octets TP-UDL stands for: septets for the default alphabet, else octets (23.038 clause 4)."""
    general = not dcs & 0x80  # and automatic deletion: there compressed texts and two alphabets count octets
    counted = bool(dcs & 0x20) or dcs & 0x0C in (0x04, 0x08)
    octets = counted if general else dcs & 0xF0 == 0xE0 or dcs & 0xF4 == 0xF4
    return length if octets else (length * 7 + 7) // 8


def message_class(dcs: int) -> int | None:
    """The class a DCS gives, None when it gives none (23.038 clause 4)."""
    if dcs & 0xC0 == 0 and dcs & 0x10:
        return dcs & 0x03
    return dcs & 0x03 if dcs & 0xF0 == 0xF0 else None


def read_address(field: bytes) -> str:
    """The number in an address field (length in digits, type, swapped semi-octets; 9.1.2.5)."""
    digits = "".join(_DIGITS[n] if n < 15 else "" for o in field[2:] for n in (o & 0x0F, o >> 4))
    return ("+" if field[1] & 0x70 == 0x10 else "") + digits[: field[0]]


def address(number: str) -> bytes:
    """An address field: a leading + makes it international, letters make it a name. PduError when it is neither."""
    return address_field(Address.of(number, "number"))


def service_centre(number: str) -> bytes:
    """The service centre's octets as a modem puts them before a TPDU."""
    return smsc_field(Address.of(number, "service centre") if number else None)


def deliver(submit: RawSubmit, sender: str, when: datetime) -> bytes:
    """The DELIVER that the receiver of this SUBMIT gets: no more messages waiting, same user data."""
    first = 0x04 | (submit.first & (UDHI | REPLY_PATH))
    head = bytes([first]) + address(sender) + bytes([submit.pid, submit.dcs])
    return head + time_octets(when) + bytes([submit.length]) + submit.data


def deliver_dcs(tpdu: bytes) -> int:
    """TP-DCS of a DELIVER."""
    return tpdu[3 + (tpdu[1] + 1) // 2 + 1]


def with_dcs(tpdu: bytes, dcs: int) -> bytes:
    """The same DELIVER with another TP-DCS."""
    at = 3 + (tpdu[1] + 1) // 2 + 1
    return tpdu[:at] + bytes([dcs]) + tpdu[at + 1 :]


def report(submit: RawSubmit, recipient: str, when: datetime, done: datetime, status: int) -> bytes:
    """The STATUS REPORT for a SUBMIT. `recipient` empty: the address as it was sent."""
    field = address(recipient) if recipient else submit.address
    return bytes([0x06, submit.mr]) + field + time_octets(when) + time_octets(done) + bytes([status])


def with_mr(tpdu: bytes, mr: int) -> bytes:
    """The same SUBMIT with the modem's own reference: a modem overwrites what it was given."""
    return tpdu[:1] + bytes([mr]) + tpdu[2:]


def with_destination(tpdu: bytes, number: str) -> bytes:
    """The same SUBMIT to another number (AT+CMSS=index,number)."""
    end = 4 + (tpdu[2] + 1) // 2
    return tpdu[:2] + address(number) + tpdu[end:]
