"""Whose texts were read and could not be kept, as on a full disk: they may have asked to stop, so no station texts them meanwhile.

Promises: known to all stations of this process at once, without the database; until they are kept, and no longer than `HELD_MS`, for the modem
may be gone. A start reads the SIMs before it sends.
"""

import contextlib
from collections.abc import Iterable
from pathlib import Path

from gateway import numbers, texted
from gateway.arrivals import Received
from gateway.rules import Rules
from hardware.pdu import Deliver, PduError, decode

HELD_MS = 900_000


def add(database: Path, received: Iterable[Received], rules: Rules, now: int) -> None:
    """These were read, and could not be kept."""
    texted.of(database).unkept.update(dict.fromkeys(_senders(received, rules), now))


def end(database: Path, received: Iterable[Received], rules: Rules) -> None:
    """They are kept."""
    known = texted.of(database).unkept
    for number in _senders(received, rules) if known else ():
        known.pop(number, None)


def holds(database: Path, number: str, now: int) -> bool:
    """Whether what this person wrote may still be unknown; `now` in ms."""
    at = texted.of(database).unkept.get(number)
    return at is not None and abs(now - at) < HELD_MS


def _senders(received: Iterable[Received], rules: Rules) -> set[str]:
    """Who wrote these; of one that is damaged nothing is told."""
    found = set()
    for item in received:
        with contextlib.suppress(PduError):
            tpdu = decode(item.pdu)
            if isinstance(tpdu, Deliver):
                found.add(
                    numbers.inbound_address(tpdu.sender.number, ton=tpdu.sender.ton, region=rules.region)
                )
    return found
