"""The seats of an event that are still free, and which words an answer that takes some offers: the seats, or the waiting list.

Promises: it counts as the board does (`boards.bookings`): whoever said yes first has the seat, and who is answered now is last. What is
recorded is the same in both cases; only the words differ. Reads only.
"""

import sqlite3
from collections.abc import Mapping

from gateway import boards, results
from gateway.campaigns import Campaign


def free(db: sqlite3.Connection, campaign: Campaign, *, besides: int) -> int | None:
    """Seats that nobody has but, perhaps, the person of target `besides`; None when there is no limit, or none are given out."""
    room = boards.number(campaign.facts.get("seats")) if campaign.kind.name == "event" else 0
    if not room:
        return None
    others = [each for each in results.people(db, campaign.id) if each.target_id != besides]
    return room - sum(seat.seats for seat in boards.bookings(campaign.facts, others) if not seat.waits)


def asked_for(records: Mapping[str, str]) -> int:
    """How many seats an answer takes by what it records; 0 for none."""
    return boards.number(records.get("seats")) or 1 if records.get("status") == "yes" else 0
