"""TP-VP, how long the network keeps trying: its four forms (3GPP 23.040 clause 9.2.3.12).

Decoding always has an answer (a form the spec reserves has no duration) unless the PDU ends in the field. Encoding is
relative and never promises longer than asked: it rounds down to a step that exists, and raises PduError below the
first one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from hardware.pdu.errors import PduError
from hardware.pdu.reader import Reader
from hardware.pdu.times import OCTETS, parse_time

STEP = timedelta(minutes=5)  # the shortest period
LONGEST = timedelta(weeks=63)

NONE, ENHANCED, RELATIVE, ABSOLUTE = range(4)  # TP-VPF
_DECIMAL = tuple(
    (octet & 0x0F) * 10 + (octet >> 4) if octet & 0x0F < 10 and octet >> 4 < 10 else None
    for octet in range(256)
)


@dataclass(frozen=True, slots=True)
class Validity:
    """One TP-VP: a duration (relative, enhanced) or an end (absolute), each None when the field has none."""

    format: Literal["relative", "absolute", "enhanced"]
    raw: bytes
    duration: timedelta | None = None
    until: datetime | None = None
    subformat: int | None = (
        None  # of the enhanced form: 0 none, 1 relative, 2 seconds, 3 hours minutes seconds
    )
    single_shot: bool = False


def relative(octet: int) -> timedelta:
    """The duration of a relative TP-VP."""
    if octet <= 143:
        return STEP * (octet + 1)
    if octet <= 167:
        return timedelta(hours=12, minutes=30 * (octet - 143))
    if octet <= 196:
        return timedelta(days=octet - 166)
    return timedelta(weeks=octet - 192)


def relative_octet(duration: timedelta) -> int:
    """The relative TP-VP of the longest step that is not longer than `duration`."""
    if duration < STEP:
        raise PduError("A text stays valid for five minutes at least.", "validity")
    if duration <= timedelta(hours=12):
        return duration // STEP - 1
    if duration <= timedelta(hours=24):
        return (duration - timedelta(hours=12)) // timedelta(minutes=30) + 143
    if duration < timedelta(weeks=5):
        return min(duration // timedelta(days=1), 30) + 166
    return min(duration, LONGEST) // timedelta(weeks=1) + 192


def read_validity(reader: Reader, form: int) -> Validity | None:
    """TP-VP as TP-VPF says; None when the PDU has none."""
    if form == NONE:
        return None
    if form == RELATIVE:
        raw = reader.take(1, "TP-VP")
        return Validity("relative", raw, relative(raw[0]))
    raw = reader.take(OCTETS, "TP-VP")
    if form == ENHANCED:
        reader.odd += 1
        return _enhanced(raw)
    until = parse_time(raw)
    if until is None:
        reader.problems.append(f"TP-VP is no date: {raw.hex().upper()}.")
    return Validity("absolute", raw, until=until)


def _enhanced(raw: bytes) -> Validity:
    """Clause 9.2.3.12.3: functionality octets while their bit 7 is set, then the period."""
    at = 0
    while at < OCTETS - 1 and raw[at] & 0x80:
        at += 1
    subformat = raw[0] & 0x07
    period = raw[at + 1 :] + bytes(3)
    duration = None
    if subformat == 1:
        duration = relative(period[0])
    elif subformat == 2 and period[0]:
        duration = timedelta(seconds=period[0])
    elif subformat == 3:
        hours, minutes, seconds = (_DECIMAL[octet] for octet in period[:3])
        if hours is not None and minutes is not None and seconds is not None:
            duration = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return Validity("enhanced", raw, duration, subformat=subformat, single_shot=bool(raw[0] & 0x40))
