"""Times on the wire: service centre time stamps (3GPP 23.040 clause 9.2.3.11) and their octets.

A time stamp that is no date is None with a note, never an exception: the message it belongs to is worth more.
"""

from datetime import UTC, datetime, timedelta, timezone

from hardware.pdu.errors import PduError
from hardware.pdu.reader import Reader

OCTETS = 7
CENTURY_TURNS = 70  # years from 70 are 19yy
QUARTERS_MOST = 79  # what the field can say; real offsets are -48 to 56

_DECIMAL = tuple(
    (octet & 0x0F) * 10 + (octet >> 4) if octet & 0x0F < 10 and octet >> 4 < 10 else 255
    for octet in range(256)
)
_ZONES = {
    quarters: timezone(timedelta(minutes=15 * quarters))
    for quarters in range(-QUARTERS_MOST, QUARTERS_MOST + 1)
}


def read_time(reader: Reader, field: str) -> datetime | None:
    """Seven semi-octet pairs: local time of the service centre with its offset."""
    octets = reader.take(OCTETS, field)
    when = parse_time(octets)
    if when is None:
        reader.no_date = reader.at - OCTETS
        reader.problems.append(f"{field} is no date: {octets.hex().upper()}.")
    return when


def parse_time(octets: bytes) -> datetime | None:
    """The time of these seven octets, aware; None when they are no date."""
    year, month, day, hour, minute, second, zone = octets
    quarters = _DECIMAL[zone & 0xF7]  # bit 3 is the sign
    if zone & 0x08:
        quarters = -quarters
    offset = _ZONES.get(quarters)
    if offset is None:
        return None
    year = _DECIMAL[year]
    try:
        return datetime(
            year + (1900 if year >= CENTURY_TURNS else 2000) if year < 100 else 0,
            _DECIMAL[month],
            _DECIMAL[day],
            _DECIMAL[hour],
            _DECIMAL[minute],
            _DECIMAL[second],
            tzinfo=offset,
        )
    except ValueError:
        return None


def time_octets(when: datetime) -> bytes:
    """The seven octets of an aware time, to the second; its offset is rounded to a quarter of an hour."""
    if when.tzinfo is None:
        raise PduError("A time stamp needs an offset from UTC.", "timestamp")
    offset = when.utcoffset() or timedelta()
    quarters = round(offset / timedelta(minutes=15))
    if quarters not in _ZONES:
        raise PduError("A time stamp's offset lies within 19:45 hours.", "timestamp")
    try:
        local = when.astimezone(UTC).replace(tzinfo=None) + timedelta(minutes=15 * quarters)
    except OverflowError:
        raise PduError("A time stamp's year lies between 1970 and 2069.", "timestamp") from None
    if not 1900 + CENTURY_TURNS <= local.year < 2000 + CENTURY_TURNS:
        raise PduError("A time stamp's year lies between 1970 and 2069.", "timestamp")
    pairs = (local.year % 100, local.month, local.day, local.hour, local.minute, local.second, abs(quarters))
    octets = bytes(pair % 10 << 4 | pair // 10 for pair in pairs)
    return octets[:6] + bytes((octets[6] | (0x08 if quarters < 0 else 0),))
