"""Octets read in order, with every complaint naming the field and the octet.

What is malformed raises PduError. What a modem or a network got wrong without hiding the message is noted in
`problems` (sentences) and reading goes on.
"""

from enum import IntEnum

from hardware.pdu.errors import PduError

BEYOND = "octets after the end of the message were ignored."
PADDING = 0xFF  # SIM records are 176 octets, filled up with FF (3GPP 31.102 EF_SMS)


class Fit(IntEnum):
    """How the lengths inside a PDU fit its octets; the smaller the likelier is the reading."""

    EXACT = 0
    PADDED = 1
    OTHER = 2


class Reader:
    """A position in the octets of a PDU."""

    __slots__ = ("at", "fit", "no_date", "octets", "odd", "problems")

    def __init__(self, octets: bytes, at: int = 0) -> None:
        self.octets = octets
        self.at = at
        self.problems: list[str] = []
        self.fit = Fit.EXACT
        self.odd = 0  # allowed, but seldom seen: tells two readings apart that fit equally
        self.no_date: int | None = None  # where the last time stamp stood that is no date

    def octet(self, field: str) -> int:
        """The next octet."""
        at = self.at
        if at >= len(self.octets):
            raise self.ends(field)
        self.at = at + 1
        return self.octets[at]

    def take(self, count: int, field: str) -> bytes:
        """The next `count` octets, all of them."""
        at = self.at
        end = at + count
        if end > len(self.octets):
            raise self.ends(field)
        self.at = end
        return self.octets[at:end]

    def take_most(self, count: int) -> bytes:
        """The next `count` octets, or the fewer that are there."""
        found = self.octets[self.at : self.at + count]
        self.at += len(found)
        return found

    def rest_is_padding(self) -> bool:
        """Whether nothing but FF follows (nothing at all included)."""
        return self.octets.count(PADDING, self.at) == len(self.octets) - self.at

    def ends(self, field: str) -> PduError:
        """The PDU is too short for this field."""
        return PduError(
            f"The PDU ends after {len(self.octets)} octets: {field} is not whole.",
            field,
            len(self.octets),
        )

    def finish(self) -> tuple[str, ...]:
        """Judge what follows the message, and return all problems."""
        extra = len(self.octets) - self.at
        if extra:
            if self.rest_is_padding():
                self.fit = max(self.fit, Fit.PADDED)
            else:
                self.fit = Fit.OTHER
                self.problems.append(f"{extra} {BEYOND}")
        return tuple(self.problems)
