"""Who the modem and its SIM say they are. Nothing here fails for want of an answer: it is "" then."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from hardware.asking import ask, fields, value
from hardware.at import At
from hardware.facts import Identity
from hardware.profiles import Profile

LOOKS = 4  # until one number came twice
_IMEI = re.compile(r"(?<!\d)(\d{15})\d{0,2}(?!\d)")
_ICCID = re.compile(r"(?<![0-9A-Fa-f])(\d{18,20})[Ff]{0,2}(?![0-9A-Fa-f])")
_IMSI = re.compile(r"(?<!\d)(\d{14,15})(?!\d)")
# Done: 9000, and what 11.11 has besides, 91xx (the card's toolkit wants something), 92xx (tried again), 9Fxx (so many octets).
_CRSM = re.compile(r'\+CRSM:\s*(?:14[456]|159)\s*,\s*\d+\s*,\s*"?([0-9A-Fa-f]{20})')


def of_modem(at: At, known: Identity | None = None) -> Identity:
    """What the modem says of itself, where it is not `known`; needs no SIM."""
    known = known or Identity()
    return replace(
        known,
        imei=known.imei or imei_in(ask(at, "AT+CGSN")),
        manufacturer=known.manufacturer or value(ask(at, "AT+CGMI"))[:80],
        model=known.model or value(ask(at, "AT+CGMM"))[:80],
        revision=known.revision or value(ask(at, "AT+CGMR"))[:80],
    )


def with_card(at: At, identity: Identity, profile: Profile) -> Identity:
    """`identity` with the card's ICCID, which most modems tell before the PIN; tries the profile's ways."""
    told = (_told_twice(at, command, iccid_in) for command in profile.iccid)
    return replace(identity, iccid=next((iccid for iccid in told if iccid), identity.iccid))


def _told_twice(at: At, command: str, read: Callable[[list[str] | None], str]) -> str:
    """The ICCID or IMSI that an answer tells, "" for none. One digit that another program at the port took or put in makes it another SIM, with
    limits of its own: it is believed when it comes a second time, or as it came first when none does.
    """
    told: list[str] = []
    for _ in range(LOOKS):
        number = read(ask(at, command))
        if number in told or not (number or told):
            return number
        if number:
            told.append(number)
    return told[0]


def with_subscriber(at: At, identity: Identity) -> Identity:
    """`identity` with IMSI and own number, which need an unlocked SIM."""
    number = ""
    for line in ask(at, "AT+CNUM") or []:
        parts = [part.strip('"') for part in fields(line)]
        if line.startswith("+CNUM") and len(parts) >= 2 and re.fullmatch(r"\+?\d{3,15}", parts[1]):
            international = len(parts) > 2 and parts[2] == "145" and not parts[1].startswith("+")
            number = f"+{parts[1]}" if international else parts[1]
            break
    return replace(identity, imsi=_told_twice(at, "AT+CIMI", imsi_in), number=number)


def imsi_in(lines: list[str] | None) -> str:
    """The IMSI in the answer to AT+CIMI; "" when there is none."""
    return _found(_IMSI, lines)


def imei_in(lines: list[str] | None) -> str:
    """The IMEI in an answer to AT+CGSN, whatever stands around it."""
    return _found(_IMEI, lines)


def iccid_in(lines: list[str] | None) -> str:
    """The ICCID in an answer: with or without name, quotes and filler, or raw with its nibbles swapped.

    Each begins with 89 (ITU-T E.118): what does not is an answer whose beginning another program at the port took.
    """
    text = "\n".join(lines or [])
    raw = _CRSM.search(text)
    found = raw[1] if raw else _found(_ICCID, lines)
    iccid = _swapped(found) if raw or found.startswith("98") else found
    return iccid if iccid.startswith("89") else ""


def _swapped(digits: str) -> str:
    pairs = zip(digits[1::2], digits[::2], strict=False)
    return "".join(low + high for low, high in pairs).rstrip("Ff")


def _found(pattern: re.Pattern[str], lines: list[str] | None) -> str:
    found = pattern.search("\n".join(lines or []))
    return found[1] if found else ""
