"""Who a virtual modem and its SIM are: number, IMEI, ICCID, IMSI. The same modem is the same on every start.

Numbers come from the ranges kept for fiction (+1 AAA 555 01xx), so that a text can never reach a living person, even
if a configuration is mixed up and a real modem sends it.
"""

from dataclasses import dataclass, replace

AREA_CODES = ("202", "303", "404", "503", "602", "702", "801", "907")
NUMBERS_PER_AREA = 90  # 0190 to 0199 of each are kept for service centres and people without a modem
SERVICE_CENTRE = "+12025550199"
SPARE_FROM = 200  # places whose SIMs are in no modem at first; 200 modems have two each
SPARES = 2


@dataclass(frozen=True, slots=True)
class Card:
    """One modem and its SIM: E.164 number, 15-digit IMEI and IMSI, 20-digit ICCID; its place in the bank."""

    number: str
    imei: str
    iccid: str
    imsi: str
    place: int = 0


def luhn_digit(digits: str) -> str:
    """The check digit that makes `digits` plus itself pass the Luhn test (IMEI: 3GPP 23.003 annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def card(index: int) -> Card:
    """The identity of the virtual modem at this place in the bank (0 is the first)."""
    area, place = divmod(index, NUMBERS_PER_AREA)
    imei = f"35693803{564380 + index:06d}"
    iccid = f"890141032{1111851000 + index * 7:010d}"
    return Card(
        number=f"+1{AREA_CODES[area % len(AREA_CODES)]}55501{place:02d}",
        imei=imei + luhn_digit(imei),
        iccid=iccid + luhn_digit(iccid),
        imsi=f"310410{123456000 + index:09d}",
        place=index,
    )


def spare_sim(own: Card, number: int) -> Card:
    """Another SIM for the same modem: 1 or 2 (0 is `own`'s). The IMEI stays."""
    return replace(card(SPARE_FROM + 2 * own.place + number - 1), imei=own.imei, place=own.place)
