"""How a text leaves: its alphabet, its segments, where it is cut and how much room is left.

`auto` takes the GSM 7-bit alphabet when it has every character, else the national tables that were asked for when they
do, else UCS2. Segments are filled from the front; neither an extension pair, nor a surrogate pair, nor (8-bit) an octet
group of UTF-8 is ever cut. PduError when a forced alphabet lacks a character, for half a surrogate pair, and for more
than 255 segments. 3GPP 23.038 clause 6, 23.040 clause 9.2.3.24.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from hardware.pdu.alphabet import ESCAPE, LANGUAGE_MOST, alphabet
from hardware.pdu.dcs import Coding, dcs_value
from hardware.pdu.errors import PduError
from hardware.pdu.septets import header_septets
from hardware.pdu.udh import Concat, National, Ports, concat_element, national_elements, ports_element
from hardware.pdu.userdata import OCTETS_MOST, SEPTETS_MOST

SEGMENTS_MOST = 255
UNITS = {"gsm7": "septet", "8bit": "octet", "ucs2": "UTF-16 code unit"}
CODINGS = ("auto", "gsm7", "8bit", "ucs2")


@dataclass(frozen=True, slots=True)
class Segment:
    """Characters [start, end) of the text; `units` it takes; `payload`: its septets (one to a byte) or octets."""

    start: int
    end: int
    units: int
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Segmentation:
    """A text as it would leave. Units are septets, UTF-16 code units or octets; see `unit`."""

    text: str = field(repr=False)
    coding: Coding
    dcs: int
    capacity_single: int
    capacity_per_part: int
    locking: int
    single: int
    ref_bits: int
    elements: bytes  # of the header of every segment, but for the concatenation
    segments: tuple[Segment, ...]

    @property
    def count(self) -> int:
        """How many segments."""
        return len(self.segments)

    @property
    def unit(self) -> str:
        """What is counted."""
        return UNITS[self.coding]

    @property
    def total_units(self) -> int:
        """Units of the whole text."""
        return sum(segment.units for segment in self.segments)

    @property
    def left(self) -> int:
        """Units left in the last segment."""
        room = self.capacity_single if self.count == 1 else self.capacity_per_part
        return room - self.segments[-1].units

    @property
    def udh_elements(self) -> list[str]:
        """The header's elements in hex; RR reference, TT total, SS sequence."""
        found = []
        if self.count > 1:
            found.append("0003RRTTSS" if self.ref_bits == 8 else "0804RRRRTTSS")
        at = 0
        while at < len(self.elements):
            end = at + 2 + self.elements[at + 1]
            found.append(self.elements[at:end].hex().upper())
            at = end
        return found

    def describe(self) -> dict[str, object]:
        """The same as `textbank segments --json` prints it."""
        return {
            "coding": self.coding,
            "dcs": self.dcs,
            "count": self.count,
            "total_units": self.total_units,
            "unit": self.unit,
            "capacity_single": self.capacity_single,
            "capacity_per_part": self.capacity_per_part,
            "left": self.left,
            "locking": self.locking,
            "single": self.single,
            "udh_elements": self.udh_elements,
            "segments": [{"start": s.start, "end": s.end, "units": s.units} for s in self.segments],
        }


def segment(
    text: str,
    coding: str = "auto",
    locking: int = 0,
    single: int = 0,
    ref_bits: int = 8,
    ports: Ports | tuple[int, int] | None = None,
) -> Segmentation:
    """Cut a text. `locking` and `single` are language identifiers to use when needed; `ports`: (destination, source)."""
    _check(coding, locking, single, ref_bits)
    port_octets = (
        b"" if ports is None else ports_element(ports if isinstance(ports, Ports) else Ports(*ports))
    )
    if coding in ("auto", "gsm7"):
        fits = [
            _cut(text, "gsm7", tables, ref_bits, port_octets) for tables in _tables(text, locking, single)
        ]
        if fits:
            return min(fits, key=lambda cut: (cut.count, cut.total_units))
        if coding == "gsm7":
            alphabet(locking, single).encode(text)  # says which character is missing
    return _cut(text, "8bit" if coding == "8bit" else "ucs2", National(), ref_bits, port_octets)


def _check(coding: str, locking: int, single: int, ref_bits: int) -> None:
    if coding not in CODINGS:
        raise PduError(f"A coding is one of {', '.join(CODINGS)}, not {coding!r}.", "coding")
    if not (0 <= locking <= LANGUAGE_MOST and 0 <= single <= LANGUAGE_MOST):
        raise PduError(f"A national table is a number from 0 to {LANGUAGE_MOST}.", "national")
    if ref_bits not in (8, 16):
        raise PduError("A reference has 8 or 16 bits.", "reference")


def _tables(text: str, locking: int, single: int) -> Iterator[National]:
    """The tables that have every character: the default ones alone, else what was asked for."""
    if _has(National(), text):
        yield National()
        return
    # Language 2 (Spanish) has no locking table: naming it would cost room for nothing.
    asked = dict.fromkeys((National(locking, 0), National(0, single), National(locking, single)))
    asked.pop(National(), None)
    yield from (tables for tables in asked if tables.locking != 2 and _has(tables, text))


def _has(tables: National, text: str) -> bool:
    return alphabet(tables.locking, tables.single).has(text)


def _cut(text: str, coding: Coding, tables: National, ref_bits: int, port_octets: bytes) -> Segmentation:
    elements = port_octets + national_elements(tables)
    units = _units(text, coding, tables)
    size = 2 if coding == "ucs2" else 1
    alone = _capacity(coding, len(elements))
    concat = len(concat_element(Concat(0, 1, 1, ref_bits)))
    each = _capacity(coding, len(elements) + concat)
    whole = (Segment(0, len(text), len(units) // size, units),)
    segments = whole if len(units) <= alone * size else tuple(_segments(units, coding, each, size))
    if len(segments) > SEGMENTS_MOST:
        raise PduError(
            f"The text needs {len(segments)} segments; at most {SEGMENTS_MOST} are possible.", "text"
        )
    return Segmentation(
        text,
        coding,
        dcs_value(coding),
        alone,
        each,
        tables.locking,
        tables.single,
        ref_bits,
        elements,
        segments,
    )


def _units(text: str, coding: Coding, tables: National) -> bytes:
    if coding == "gsm7":
        return alphabet(tables.locking, tables.single).encode(text)
    try:
        return text.encode("utf-16-be" if coding == "ucs2" else "utf-8")
    except UnicodeEncodeError as half:
        raise PduError(f"Character {half.start + 1} of the text is half a surrogate pair.", "text") from None


def _capacity(coding: Coding, elements: int) -> int:
    """Units that fit beside a header of so many octets of elements."""
    header = elements + 1 if elements else 0
    if coding == "gsm7":
        return SEPTETS_MOST - header_septets(header)
    room = OCTETS_MOST - header
    return room // 2 if coding == "ucs2" else room


def _segments(units: bytes, coding: Coding, each: int, size: int) -> Iterator[Segment]:
    start = at = 0
    room = each * size
    while at < len(units):
        cut = at + room
        if cut < len(units):
            cut = _whole(units, coding, cut)
        payload = units[at:cut]
        end = start + _characters(payload, coding)
        yield Segment(start, end, len(payload) // size, payload)
        start, at = end, cut


def _whole(units: bytes, coding: Coding, cut: int) -> int:
    """The last place not after `cut` that lies between two characters."""
    if coding == "gsm7":
        return cut - 1 if units[cut - 1] == ESCAPE else cut
    if coding == "ucs2":
        return cut - 2 if units[cut - 2] & 0xFC == 0xD8 else cut
    while units[cut] & 0xC0 == 0x80:
        cut -= 1
    return cut


def _characters(payload: bytes, coding: Coding) -> int:
    if coding == "gsm7":
        return len(payload) - payload.count(ESCAPE)
    return len(payload.decode("utf-16-be" if coding == "ucs2" else "utf-8"))
