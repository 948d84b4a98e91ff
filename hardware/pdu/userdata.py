"""TP-UDL and TP-UD: the header and the text or data behind it (3GPP 23.040 clauses 9.2.3.16 and 9.2.3.24).

Decoding raises PduError when the header does not fit the user data or TP-UDL is more than a TPDU can hold. User data
that ends early (a modem cut it) is decoded as far as it goes, with a note: the sender and the words that came are
worth more to people than an error.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from hardware.pdu.alphabet import alphabet
from hardware.pdu.dcs import Dcs
from hardware.pdu.errors import PduError
from hardware.pdu.reader import BEYOND, Fit, Reader
from hardware.pdu.septets import header_septets, pack, unpack
from hardware.pdu.udh import NO_HEADER, Concat, Header, InformationElement, National, Ports, read_header

OCTETS_MOST, SEPTETS_MOST = 140, 160


@dataclass(frozen=True, slots=True)
class UserData:
    """Decoded user data.

    udl: TP-UDL as it stood (septets or octets, header included), None when the PDU has no user data field.
    units: the septets (one to a byte) or octets behind the header.
    """

    udl: int | None
    dcs: Dcs
    units: bytes
    header: Header = NO_HEADER

    @property
    def text(self) -> str | None:
        """The text; None when it is data."""
        if self.dcs.compressed or self.dcs.coding == "8bit":
            return None
        return units_text(self.units, self.dcs, self.header.national)

    @property
    def data(self) -> bytes | None:
        """The octets when they are data (8-bit or compressed); None when it is a text."""
        return self.units if self.dcs.compressed or self.dcs.coding == "8bit" else None


def units_text(units: bytes, dcs: Dcs, national: National | None) -> str:
    """The text of septets or UCS2 octets; unpaired surrogates become U+FFFD, an odd last octet is left out."""
    if dcs.coding == "ucs2":
        return units[: len(units) & ~1].decode("utf-16-be", "replace")
    if national is None:
        return alphabet().decode(units)
    return alphabet(national.locking, national.single).decode(units)


def read_user_data(reader: Reader, dcs: Dcs, *, udhi: bool) -> UserData:
    """TP-UDL and TP-UD at the reader's place."""
    at = reader.at
    udl = reader.octet("TP-UDL")
    in_septets = dcs.coding == "gsm7" and not dcs.compressed
    most = SEPTETS_MOST if in_septets else OCTETS_MOST
    if udl > most:
        unit = "septets" if in_septets else "octets"
        raise PduError(f"TP-UDL says that the text has {udl} {unit}; at most {most} fit.", "TP-UDL", at)
    needed = (udl * 7 + 7) // 8 if in_septets else udl
    octets = reader.take_most(needed)
    header_length, header = 0, NO_HEADER
    if udhi and udl:
        header_length, header = _header(reader, octets, needed)
    elif udhi or dcs.group == "reserved":
        reader.odd += 1
    if len(octets) < needed:
        reader.fit = Fit.OTHER
        reader.problems.append(f"{CUT}: {len(octets)} of {needed} octets came.")
    if in_septets:
        skip = header_septets(header_length)
        count = min(udl, len(octets) * 8 // 7) - skip
        return UserData(udl, dcs, unpack(octets, count, skip), header)
    units = octets[header_length:]
    if dcs.coding == "ucs2" and len(units) % 2:
        reader.problems.append("Half a character at the end of the message was left out.")
    return UserData(udl, dcs, units, header)


def _header(reader: Reader, octets: bytes, needed: int) -> tuple[int, Header]:
    """(Octets of the header with its length octet, what it says)."""
    start = reader.at - len(octets)
    if not octets:
        raise reader.ends("TP-UDH")
    length = octets[0] + 1
    if length > needed:
        raise PduError(
            f"The header says that it has {octets[0]} octets; the user data has {needed - 1} for it.",
            "TP-UDHL",
            start,
        )
    if length > len(octets):
        raise reader.ends("TP-UDH")
    header = read_header(octets[1:length])
    if header is None:
        reader.problems.append("The header's elements do not fit its length; the header was left out.")
        return length, NO_HEADER
    return length, header


def user_data(dcs: Dcs, units: bytes, elements: bytes) -> bytes:
    """The octets of TP-UDL and TP-UD for units behind these header elements. PduError when they do not fit."""
    header = bytes((len(elements),)) + elements if elements else b""
    if dcs.coding == "gsm7" and not dcs.compressed:
        udl = header_septets(len(header)) + len(units)
        octets = pack(units, header)
    else:
        octets = header + units
        udl = len(octets)
    if len(octets) > OCTETS_MOST:
        raise PduError(f"User data of {len(octets)} octets does not fit the 140 of a segment.", "TP-UD")
    return bytes((udl,)) + octets


CUT = "The end of the message is missing"


class Content:
    """What every TPDU with user data says about it."""

    __slots__ = ()

    body: UserData
    problems: tuple[str, ...]

    @property
    def text(self) -> str | None:
        """The text of this segment; None when it is data."""
        return self.body.text

    @property
    def data(self) -> bytes | None:
        """The octets of 8-bit or compressed user data; None when it is a text."""
        return self.body.data

    @property
    def cut(self) -> bool:
        """The end of the text is missing: the modem or its SIM lost it."""
        return any(problem.startswith(CUT) for problem in self.problems)

    @property
    def overlong(self) -> bool:
        """More octets follow than the message has, and they are no padding: two records may have been read as one."""
        return any(problem.endswith(BEYOND) for problem in self.problems)

    @property
    def udh(self) -> tuple[InformationElement, ...]:
        """The header's elements in order."""
        return self.body.header.elements

    @property
    def concat(self) -> Concat | None:
        """Which segment of a long text this is."""
        return self.body.header.concat

    @property
    def ports(self) -> Ports | None:
        """Application ports."""
        return self.body.header.ports

    @property
    def national(self) -> National | None:
        """National tables that the header names."""
        return self.body.header.national


def join(parts: Iterable[Content]) -> str:
    """The text of segments in order. An extension, a character or a surrogate pair that a sender cut between two is made whole."""
    runs: list[tuple[Dcs, National | None, list[bytes]]] = []
    for part in parts:
        body = part.body
        if body.data is not None:
            continue
        if runs and (runs[-1][0].coding, runs[-1][1]) == (body.dcs.coding, body.header.national):
            runs[-1][2].append(body.units)
        else:
            runs.append((body.dcs, body.header.national, [body.units]))
    return "".join(units_text(_whole(pieces, dcs), dcs, national) for dcs, national, pieces in runs)


def _whole(pieces: list[bytes], dcs: Dcs) -> bytes:
    """The units of pieces that belong together. Behind a header of seven octets some senders put 133 octets of UCS2, and the other half
    of the character into the next segment; where the halves do not come in pairs, the odd octets are none.
    """
    whole = b"".join(pieces)
    if dcs.coding == "ucs2" and len(whole) % 2:
        return b"".join(piece[: len(piece) & ~1] for piece in pieces)
    return whole
