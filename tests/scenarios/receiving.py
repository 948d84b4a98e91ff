"""What the scenarios of receiving share: PDUs as modems give them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from hardware.pdu import encode_deliver, segment
from tests.simulated import ADA, House

Make = Callable[..., House]


def pdus(text: str, *, at: datetime, sender: str = ADA, ref: int = 1, **how: object) -> list[str]:
    """The segments of a text, stamped `at`, behind an empty service centre address."""
    plan = segment(text)
    return [
        "00" + encode_deliver(sender, plan, seq=seq, ref=ref, timestamp=at, **how).hex().upper()  # type: ignore[arg-type]
        for seq in range(1, plan.count + 1)
    ]


def pdu(house: House, text: str, sender: str = ADA, **how: object) -> str:
    """A text of one segment, stamped now."""
    return pdus(text, at=house.clock.now(), sender=sender, **how)[0]


def read(house: House, count: int = 1) -> Callable[[], bool]:
    """Whether so many texts are on the page and the modem is empty."""
    return lambda: len(house.page()) >= count and not house.stored()
