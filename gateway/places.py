"""What of a campaign can be full, the seats of an event and its shifts, and who has a place there, who waits, and who may have one now.

Pure. A kind that gives out no places has no row in `PLACES`; room that is not filled in among the facts is no limit.

Promises: whoever was told that they wait goes on waiting until somebody tells them otherwise, also when there is room again: until
then those places are kept for them, in the order in which they were told. Of the others whoever asked for the place first has it.
Who came has their places, as many as came, whatever they had said.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gateway.kinds import Kind

WAITING = "waiting"  # the field in which it is written down that somebody was told that they wait: "yes", then "told"
NO_LIMIT = 2**31


@dataclass(frozen=True)
class Places:
    """Which answer takes a place, where it is written how many and which, and which fact says how many there are."""

    yes: tuple[str, str]  # field, value
    number: str  # the field of how many; "": one each
    which: str  # the field of which of several; "": there is one kind of place
    room: str  # the fact, with {} for which
    over: bool  # more may come than are needed: without the waiting list's words nobody waits


PLACES: Mapping[str, Places] = {
    "event": Places(("status", "yes"), "seats", "", "seats", over=False),
    "recruitment": Places(("shift", "yes"), "", "slot", "slot_{}_needed", over=True),
}


@dataclass(frozen=True)
class Person:
    """One target that has said something. `said`: the answers that hold; `at`: which came first, whatever the clock said then."""

    target_id: int
    conversation_id: int
    name: str
    said: Mapping[str, str]
    at: Mapping[str, int]
    stopped: bool = False  # asked to get no more texts

    @property
    def reachable(self) -> bool:
        """Whether they can be told anything."""
        return not self.stopped and self.said.get("contact") != "wrong_number"


@dataclass(frozen=True)
class Booking:
    """The places of one person, and what became of them."""

    person: Person
    which: str
    seats: int
    confirmed: bool
    waits: bool
    may: bool  # they wait and may have theirs now: nobody has told them yet
    came: int

    @property
    def takes(self) -> int:
        """Places that are promised; who came though they were told that they wait has none, and is counted by `besides`."""
        return 0 if self.came and self.person.said.get(WAITING) == "yes" else self.seats


@dataclass(frozen=True)
class Taken:
    """The places that answers take: so many of one kind of them."""

    which: str
    seats: int


def number(value: str | None) -> int:
    """A recorded number; 0 when there is none."""
    return int(value) if value and value.isdecimal() else 0


def taken(kind: Kind, said: Mapping[str, str]) -> Taken | None:
    """What these answers take; None for nothing."""
    places = PLACES.get(kind.name)
    if places is None or said.get(places.yes[0]) != places.yes[1]:
        return None
    which = said.get(places.which, "") if places.which else ""
    if places.which and not which:
        return None
    return Taken(which, number(said.get(places.number)) or 1)


def several(kind: Kind, facts: Mapping[str, str]) -> list[str]:
    """The kinds of places that this campaign has: [""] where there is one."""
    places = PLACES.get(kind.name)
    if places is None or not places.which:
        return [""] if places else []
    return list(kind.values_of(places.which, facts))


def room(kind: Kind, facts: Mapping[str, str], which: str) -> int:
    """How many places of this kind there are; 0 for no limit."""
    places = PLACES.get(kind.name)
    return number(facts.get(places.room.format(which))) if places else 0


def bookings(kind: Kind, facts: Mapping[str, str], people: Sequence[Person]) -> list[Booking]:
    """Everybody whose answers take places: who asked first stands first, who was told that they wait behind the others."""
    places = PLACES.get(kind.name)
    if places is None:
        return []
    yes = [(person, part) for person in people if (part := taken(kind, person.said))]
    yes.sort(key=lambda each: _turn(places, each[0]))
    left = {part.which: room(kind, facts, part.which) or NO_LIMIT for _, part in yes}
    walked_in, made = besides(kind, people), list[Booking]()
    for person, part in yes:
        came, told = number(person.said.get("checked_in")), _told(person)
        # Who has a promise keeps it, whoever walks in besides; who waits gets what these leave.
        there = left[part.which] - (walked_in if told else 0)
        fits = part.seats <= there and (person.reachable or not told)
        waits = not came and (told or not (fits or places.over))
        firm = person.said.get("reminder") == "coming" or came > 0
        booking = Booking(person, part.which, part.seats, firm and not waits, waits, told and fits, came)
        if fits or not waits:
            left[part.which] -= booking.takes
        made.append(booking)
    return made


def still_said(kind: Kind, said: Mapping[str, str]) -> dict[str, str]:
    """These answers, without how many places and which waiting list where they take none any more."""
    places = PLACES.get(kind.name)
    idle = {places.number, WAITING} if places and taken(kind, said) is None else set()
    return {name: value for name, value in said.items() if name not in idle}


def besides(kind: Kind, people: Iterable[Person]) -> int:
    """Places of those who came and had no promise, and of those whom others brought along."""
    return sum(max(0, number(each.said.get("checked_in")) - _promised(kind, each)) for each in people)


def _promised(kind: Kind, person: Person) -> int:
    part = None if person.said.get(WAITING) == "yes" else taken(kind, person.said)
    return 0 if part is None else part.seats


def _told(person: Person) -> bool:
    """Whether they were told that they wait, and did not come all the same."""
    return person.said.get(WAITING) == "yes" and not number(person.said.get("checked_in"))


def _turn(places: Places, person: Person) -> tuple[bool, int, int]:
    told = _told(person)
    asked_at = person.at.get(places.which or places.yes[0], 0)
    # Who waited for another shift before waits for this one from when they asked for it.
    return (
        told,
        max(asked_at if places.which else 0, person.at.get(WAITING, 0)) if told else asked_at,
        person.target_id,
    )
