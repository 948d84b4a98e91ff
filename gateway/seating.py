"""The places of a campaign that are still free for somebody, and which words an answer that takes some offers: the place, or the
waiting list.

Promises: it counts as the board does (`gateway/places.py`): places that others have, and those that are kept for who waits and may have
them now, are not free. That somebody was told that they wait, or that they wait no longer, is written down with the words that say so.
`gone` asks once more when a text is approved: what was free when it was written may be promised to somebody else by then. Reads only.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway import campaigns, places, recording, results
from gateway.campaigns import Campaign
from gateway.kinds import Kind
from gateway.places import WAITING, Taken
from gateway.scripts import Choice

TELLS = "told"  # an answer that records so tells somebody who waits that they have a place now


@dataclass(frozen=True)
class Room:
    """How many places there are for one person. `free`: by which; one that is not there is not counted."""

    free: Mapping[str, int] = field(default_factory=dict)
    listed: bool = False  # they were told that they wait
    may: bool = False  # they wait, and may have theirs now
    has: Taken | None = None  # the places that are theirs already

    @property
    def full(self) -> frozenset[str]:
        """Which places nobody can have now."""
        return frozenset(which for which, free in self.free.items() if not free)

    @property
    def none_left(self) -> bool:
        """Whether all of several kinds of places are full."""
        return len(self.free) > 1 and not any(self.free.values())

    def lacks(self, part: Taken | None) -> bool:
        """Whether these are more places than are free; what somebody has is free for them."""
        if part is None or part.which not in self.free:
            return False
        own = self.has.seats if self.has is not None and self.has.which == part.which else 0
        return part.seats > max(own, self.free[part.which])

    def also_records(self, part: Taken | None, *, waits: bool) -> dict[str, str]:
        """What an answer that takes these places writes down of the waiting list."""
        if part is None or not (waits or self.listed):
            return {}
        return {WAITING: "yes" if waits else TELLS}


def tells(choice: Choice) -> bool:
    """Whether this answer tells somebody who waits that they have a place now."""
    return choice.records.get(WAITING) == TELLS


def telling(campaign: Campaign) -> Choice | None:
    """The answer that does: the script's own, or the one of the kind when the script has none; None when no place can be full."""
    scripts = (campaign.script, campaign.kind.scripts[campaign.language])
    every = (each for script in scripts for step in script.steps for each in step.choices)
    return next((each for each in every if tells(each)), None)


def asked(kind: Kind, records: Mapping[str, str], said: Mapping[str, str], *, listed: bool) -> Taken | None:
    """The places that an answer which writes this down takes; of who waits (`listed`) as many as they said before, unless it says
    another number.
    """
    part = places.taken(kind, records)
    if records.get(WAITING) == TELLS or (listed and part is not None):
        return places.taken(kind, {**said, **records})
    return part


def gone(db: sqlite3.Connection, target_id: int, records: Mapping[str, str]) -> str:
    """That the places which a text with these records promises are not free for its person any more, in a sentence; "" when they
    are, or when it tells them that they wait.
    """
    if not records or records.get(WAITING) == "yes":
        return ""
    row = db.execute("SELECT campaign_id FROM target WHERE id=?", [target_id]).fetchone()
    campaign, said = campaigns.load(db, row["campaign_id"]), recording.current(db, target_id)
    if asked(campaign.kind, records, said, listed=False) is None:
        return ""
    found = room(db, campaign, target_id)
    part = asked(campaign.kind, records, said, listed=found.listed)
    if part is None or not found.lacks(part):
        return ""
    if part.which:
        return f"“{campaign.facts[f'slot_{part.which}']}” is full by now."
    free = found.free[part.which]
    return (
        f"{part.seats:,} {'seat is' if part.seats == 1 else 'seats are'} asked for, and {free or 'none'} "
        f"{'is' if free <= 1 else 'are'} free by now."
    )


def room(db: sqlite3.Connection, campaign: Campaign, target_id: int) -> Room:
    """The places that the person of this target could have."""
    if campaign.kind.name not in places.PLACES:
        return Room()
    people = results.people(db, campaign.id)
    booked = places.bookings(campaign.kind, campaign.facts, people)
    own = next((each for each in booked if each.person.target_id == target_id), None)
    waits_for = own.which if own is not None and own.person.said.get(WAITING) == "yes" else None
    free = {}
    for which in places.several(campaign.kind, campaign.facts):
        of = places.room(campaign.kind, campaign.facts, which)
        if of:
            others = [each for each in booked if each.which == which and each is not own]
            # Kept are the places of all who wait for them; for one of these, of those who stand before them.
            first = booked[: booked.index(own)] if own is not None and which == waits_for else booked
            kept = sum(each.takes for each in others if not each.waits or (each.may and each in first))
            walked_in = places.besides(
                campaign.kind, (each for each in people if each.target_id != target_id)
            )
            free[which] = max(0, of - kept - walked_in)
    # Also of who said no in between, and has no booking.
    listed = any(each.target_id == target_id and each.said.get(WAITING) == "yes" for each in people)
    has = Taken(own.which, own.seats) if own is not None and not own.waits else None
    return Room(free, listed, own is not None and own.may, has)
