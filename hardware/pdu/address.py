"""Addresses: numbers and names of senders, recipients and service centres (3GPP 23.040 clause 9.1.2.5).

A number is a str: digits with a leading + when its type is international, `*#abc` as they stand, names as text.
Decoding raises PduError when the field is longer than the spec allows or the PDU ends in it; a stray filler inside a
number ends it and is noted. Encoding raises PduError for what is no number and no name of at most 11 characters.
"""

import re
from dataclasses import dataclass

from hardware.pdu.alphabet import alphabet
from hardware.pdu.errors import PduError
from hardware.pdu.reader import Reader
from hardware.pdu.septets import pack, unpack

UNKNOWN, INTERNATIONAL, ALPHANUMERIC = 0, 1, 5  # type of number
ISDN = 1  # numbering plan
DIGITS_MOST = 20
NAME_SEPTETS_MOST = 11
SMSC_OCTETS_MOST = 12

_USUAL_KINDS = frozenset({0x80, 0x81, 0x91, 0xA1, 0xB1, 0xC8, 0xC9, 0xD0, 0xD1})
_SWAP = bytes((octet & 0x0F) << 4 | octet >> 4 for octet in range(256))
_SIGNS = str.maketrans("abcde", "*#abc")  # semi-octets A to E
_SEMI_OCTETS = str.maketrans("*#abc", "abcde")
_DIGITS = re.compile(r"[0-9*#abc]*")
_NUMBER = re.compile(r"\+?[0-9*#abc]{1,20}")


@dataclass(frozen=True, slots=True)
class Address:
    """A number or name with its type of number (ton) and numbering plan (npi)."""

    number: str
    ton: int = UNKNOWN
    npi: int = ISDN

    @property
    def alphanumeric(self) -> bool:
        """Whether it is a name: nobody can be answered there."""
        return self.ton == ALPHANUMERIC

    @classmethod
    def of(cls, number: str, field: str) -> "Address":
        """The address of a number as people write it without spaces, or of a name. PduError(field)."""
        if _NUMBER.fullmatch(number):
            return cls(number, INTERNATIONAL if number.startswith("+") else UNKNOWN)
        try:
            fits = 0 < len(alphabet().encode(number)) <= NAME_SEPTETS_MOST
        except PduError:
            fits = False
        if not fits:
            raise PduError(
                f"The {field} is neither a number of at most 20 digits nor a name of at most 11 letters.",
                field,
            )
        return cls(number, ALPHANUMERIC, 0)


def read_address(reader: Reader, field: str) -> Address:
    """TP-OA, TP-DA or TP-RA: a length in useful semi-octets, the type, the value."""
    at = reader.at
    length = reader.octet(field)
    if length > DIGITS_MOST:
        raise PduError(f"{field} says that it has {length} digits; at most 20 are allowed.", field, at)
    kind = reader.octet(field)
    value = reader.take((length + 1) // 2, field)
    return _address(reader, field, kind, value, length)


def read_smsc(reader: Reader) -> Address | None:
    """The service centre's octets before a TPDU: a length in octets, the type, the value; None when there is no number."""
    at = reader.at
    length = reader.octet("SMSC")
    if length > SMSC_OCTETS_MOST:
        raise PduError(f"SMSC says that it has {length} octets; at most 12 are allowed.", "SMSC", at)
    if length == 0:
        return None
    kind = reader.octet("SMSC")
    value = reader.take(length - 1, "SMSC")
    if not value or kind >> 4 & 0x07 == ALPHANUMERIC:
        reader.odd += 1
    return _address(reader, "SMSC", kind, value, 2 * len(value))


def _address(reader: Reader, field: str, kind: int, value: bytes, length: int) -> Address:
    ton, npi = kind >> 4 & 0x07, kind & 0x0F
    if kind not in _USUAL_KINDS:
        reader.odd += 1
    if ton == ALPHANUMERIC:
        # Half an octet may be filler: only whole septets inside the useful semi-octets are characters.
        return Address(alphabet().decode(unpack(value, length * 4 // 7)), ton, npi)
    digits = value.translate(_SWAP).hex()
    if length % 2 and digits[-1:] != "f":
        reader.odd += 1
    digits = digits[:length]
    if not digits.isdecimal():
        digits, filler, after = digits.partition("f")
        if filler and after.strip("f"):
            reader.problems.append(f"{field} has a filler inside its digits; what follows it was left out.")
        if not digits.isdecimal():
            reader.odd += 1
        digits = digits.translate(_SIGNS)
    return Address("+" + digits if ton == INTERNATIONAL and digits else digits, ton, npi)


def address_field(address: Address) -> bytes:
    """The octets of TP-OA, TP-DA or TP-RA."""
    if address.alphanumeric:
        septets = alphabet().encode(address.number)
        length, value = (len(septets) * 7 + 3) // 4, pack(septets)
    else:
        digits = address.number.lstrip("+")
        length, value = len(digits), _semi_octets(digits)
    if length > DIGITS_MOST:
        raise PduError("An address has at most 20 digits or 11 characters.", "address")
    return bytes((length, _kind(address))) + value


def smsc_field(address: Address | None) -> bytes:
    """The octets of a service centre's number before a TPDU; one zero for none."""
    if address is None:
        return b"\x00"
    digits = address.number.lstrip("+")
    if len(digits) > DIGITS_MOST:
        raise PduError("A service centre's number has at most 20 digits.", "SMSC")
    value = _semi_octets(digits)
    return bytes((1 + len(value), _kind(address))) + value


def _kind(address: Address) -> int:
    return 0x80 | (address.ton & 0x07) << 4 | address.npi & 0x0F


def _semi_octets(digits: str) -> bytes:
    if not _DIGITS.fullmatch(digits):
        raise PduError("A number has only digits, *, #, a, b and c.", "address")
    return bytes.fromhex(digits.translate(_SEMI_OCTETS) + "f" * (len(digits) % 2)).translate(_SWAP)
