"""TP-DCS, the data coding scheme: which alphabet, which class, which voicemail lamp (3GPP 23.038 clause 4).

Every one of the 256 octets has a meaning; reserved ones mean the default alphabet, as the spec says.
"""

from dataclasses import dataclass
from typing import Literal

from hardware.pdu.errors import PduError
from hardware.pdu.udh import LAMPS, Waiting

Coding = Literal["gsm7", "8bit", "ucs2"]
Group = Literal["general", "auto-delete", "reserved", "mwi-discard", "mwi-store", "mwi-store-ucs2", "class"]

_CODINGS: tuple[Coding, ...] = ("gsm7", "8bit", "ucs2", "gsm7")  # the fourth is reserved


@dataclass(frozen=True, slots=True)
class Dcs:
    """One TP-DCS octet, read. `message_class`: 0 flash, 1 modem, 2 SIM, 3 computer, None for no class."""

    value: int
    group: Group
    coding: Coding
    message_class: int | None = None
    compressed: bool = False
    mwi: Waiting | None = None


def _read(value: int) -> Dcs:
    high = value >> 4
    if high < 0x08:
        group: Group = "general" if high < 0x04 else "auto-delete"
        message_class = value & 0x03 if value & 0x10 else None
        return Dcs(value, group, _CODINGS[value >> 2 & 0x03], message_class, bool(value & 0x20))
    if high < 0x0C:
        return Dcs(value, "reserved", "gsm7")
    if high == 0x0F:
        return Dcs(value, "class", "8bit" if value & 0x04 else "gsm7", value & 0x03)
    lamp = Waiting(bool(value & 0x08), LAMPS[value & 0x03])
    groups: tuple[tuple[Group, Coding], ...] = (
        ("mwi-discard", "gsm7"),
        ("mwi-store", "gsm7"),
        ("mwi-store-ucs2", "ucs2"),
    )
    group, coding = groups[high - 0x0C]
    return Dcs(value, group, coding, mwi=lamp)


DCS = tuple(_read(value) for value in range(256))


def dcs_value(coding: Coding, message_class: int | None = None) -> int:
    """The octet of the general group for an alphabet and a class."""
    if message_class not in (None, 0, 1, 2, 3):
        raise PduError("A message class lies between 0 and 3.", "message_class")
    value = {"gsm7": 0x00, "8bit": 0x04, "ucs2": 0x08}[coding]
    return value if message_class is None else value | 0x10 | message_class
