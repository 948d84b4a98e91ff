"""The user data header: information elements, and the kinds that change what a text is (3GPP 23.040 clause 9.2.3.24).

Concatenation (00, 08), ports (04, 05), waiting voicemail (01), national tables (24, 25). An element with a wrong length or an impossible value
keeps its place in the list and means nothing; of elements that exclude each other the last one counts, of lamps the last that goes on. When the last
element runs over the end, the whole header means nothing (clause 9.2.3.24) and the text behind it is still read.
"""

from dataclasses import dataclass

from hardware.pdu.errors import PduError

CONCAT_8, CONCAT_16, PORTS_8, PORTS_16, WAITING = 0x00, 0x08, 0x04, 0x05, 0x01
SINGLE_SHIFT, LOCKING_SHIFT = 0x24, 0x25
LAMPS = ("voicemail", "fax", "email", "other")


@dataclass(frozen=True, slots=True)
class InformationElement:
    """One element: its identifier and its octets."""

    iei: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Concat:
    """Segment `seq` (from 1) of `total`; `ref` is the same for all segments; `bits` of the reference: 8 or 16."""

    ref: int
    total: int
    seq: int
    bits: int = 8


@dataclass(frozen=True, slots=True)
class Ports:
    """Application ports, destination and source; `bits`: 8 or 16."""

    dst: int
    src: int
    bits: int = 16


@dataclass(frozen=True, slots=True)
class National:
    """Language identifiers of the locking and the single shift table; 0 is the default table."""

    locking: int = 0
    single: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """Message waiting indication: what waits, and whether the lamp goes on or off."""

    active: bool
    type: str


@dataclass(frozen=True, slots=True)
class Header:
    """What the elements of one header mean together."""

    elements: tuple[InformationElement, ...] = ()
    concat: Concat | None = None
    ports: Ports | None = None
    national: National | None = None
    waiting: Waiting | None = None


NO_HEADER = Header()


def read_header(octets: bytes) -> Header | None:
    """The header of these octets (without UDHL); None when its elements do not fit them."""
    elements = []
    concat: Concat | None = None
    ports: Ports | None = None
    locking: int | None = None
    single: int | None = None
    waiting: Waiting | None = None
    at, end = 0, len(octets)
    while at < end:
        if at + 1 >= end or at + 2 + octets[at + 1] > end:
            return None
        iei, length = octets[at], octets[at + 1]
        at += 2
        data = octets[at : at + length]
        at += length
        elements.append(InformationElement(iei, data))
        if iei in (CONCAT_8, CONCAT_16):
            concat = _concat(iei, data) or concat
        elif iei in (PORTS_8, PORTS_16):
            ports = _ports(iei, data) or ports
        elif iei == LOCKING_SHIFT and length == 1:
            locking = data[0]
        elif iei == SINGLE_SHIFT and length == 1:
            single = data[0]
        elif iei == WAITING and length == 2:
            lamp = Waiting(
                data[1] > 0, LAMPS[data[0] & 0x03]
            )  # (the other bits: more kinds, and whose it is)
            waiting = lamp if waiting is None or lamp.active >= waiting.active else waiting
    national = None if locking is None and single is None else National(locking or 0, single or 0)
    return Header(tuple(elements), concat, ports, national, waiting)


def _concat(iei: int, data: bytes) -> Concat | None:
    bits = 8 if iei == CONCAT_8 else 16
    if len(data) != bits // 8 + 2:
        return None
    ref, total, seq = int.from_bytes(data[:-2], "big"), data[-2], data[-1]
    return Concat(ref, total, seq, bits) if 1 <= seq <= total else None


def _ports(iei: int, data: bytes) -> Ports | None:
    if iei == PORTS_8:
        return Ports(data[0], data[1], 8) if len(data) == 2 else None
    return Ports(int.from_bytes(data[:2], "big"), int.from_bytes(data[2:], "big")) if len(data) == 4 else None


def element(iei: int, data: bytes) -> bytes:
    """The octets of one element."""
    return bytes((iei, len(data))) + data


def concat_element(concat: Concat) -> bytes:
    """The octets of a concatenation element."""
    if not 0 <= concat.ref < 1 << concat.bits:
        raise PduError(f"A reference of {concat.bits} bits cannot be {concat.ref}.", "reference")
    if concat.bits == 8:
        return bytes((CONCAT_8, 3, concat.ref, concat.total, concat.seq))
    return bytes((CONCAT_16, 4, concat.ref >> 8, concat.ref & 0xFF, concat.total, concat.seq))


def ports_element(ports: Ports) -> bytes:
    """The octets of a port element."""
    most = (1 << ports.bits) - 1
    if ports.bits not in (8, 16) or not (0 <= ports.dst <= most and 0 <= ports.src <= most):
        raise PduError(f"A port of {ports.bits} bits lies between 0 and {most}.", "ports")
    size = ports.bits // 8
    data = ports.dst.to_bytes(size, "big") + ports.src.to_bytes(size, "big")
    return element(PORTS_8 if ports.bits == 8 else PORTS_16, data)


def national_elements(national: National) -> bytes:
    """The octets of the elements that name national tables, none for the default ones."""
    octets = element(LOCKING_SHIFT, bytes((national.locking,))) if national.locking else b""
    return octets + element(SINGLE_SHIFT, bytes((national.single,))) if national.single else octets
