"""The time that the network told the modem (NITZ, 22.042), as the modem passes it on.

    +CCLK: "26/11/25,18:42:05-20"      local time, and quarters of an hour from UTC (27.007 8.15)
    ^NWTIME: 26/11/25,18:42:05-20,00
    +QLTS: "2026/11/25,23:42:05-20,0"  UTC, and the zone beside it (Quectel, mode 1)

A modem that was told nothing gives the day of its birth (1980, 2004, 2018); one without a zone cannot be understood: both are
None. Some networks are wrong by an hour or a day, so that this is one voice among others and never a time stamp.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from hardware.asking import ask
from hardware.at import At
from hardware.profiles import Profile

MOST_QUARTERS = 14 * 4  # zones end at UTC+14
FIRST_YEAR = 70  # of two digits, 70 to 99 are of the last century: Qualcomm's clocks begin in 1980
_TIME = re.compile(r"(\d{2}|\d{4})/(\d\d?)/(\d\d?),(\d\d?):(\d\d):(\d\d)([+-]\d{1,2})")


def ask_network(at: At, profile: Profile) -> datetime | None:
    """Ask by the profile's way; an aware datetime in UTC."""
    if profile.time_first:
        ask(at, profile.time_first)
    return time_in(ask(at, profile.time), utc=profile.time_is_utc)


def time_in(lines: list[str] | None, *, utc: bool = False) -> datetime | None:
    """The first time with a zone in an answer; `utc`: the clock shows UTC and the zone is only told."""
    found = _TIME.search("\n".join(lines or []))
    if found is None:
        return None
    year, month, day, hour, minute, second, quarters = (int(part) for part in found.groups())
    if abs(quarters) > MOST_QUARTERS:
        return None
    if year < 100:
        year += 1900 if year >= FIRST_YEAR else 2000
    zone = UTC if utc else timezone(timedelta(minutes=15 * quarters))
    try:
        local = datetime(year, month, day, hour, minute, second, tzinfo=zone)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
