"""What each kind of campaign comes to: the sentence over its page, its chart, its numbers, and what waits for a person.

Pure. Rows in, a board out; the store reads are in `gateway/results.py`.

Promises: every percentage stands beside its count; a board of nobody divides by nothing; who said yes first has the seat, the
others wait in the order of their yes.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from gateway.kinds import Kind

Row = tuple[str, int, int]  # words, how many, of how many


@dataclass(frozen=True)
class Person:
    """One target that has said something. `said`: the answers that hold; `at`: when each was written down (ms)."""

    target_id: int
    conversation_id: int
    name: str
    said: Mapping[str, str]
    at: Mapping[str, int]


@dataclass(frozen=True)
class Seat:
    """One booking of an event: how many seats, and what became of it."""

    person: Person
    seats: int
    confirmed: bool
    waits: bool  # on the waiting list
    came: int


@dataclass(frozen=True)
class Board:
    """A campaign in numbers."""

    headline: str
    rows: tuple[Row, ...]
    chart: str = "bar"  # bar, hall, slots
    done: int = 0  # of the chart: firmly
    asked: int = 0  # of the chart: spoken for
    of: int = 0  # the whole of it; 0: no limit
    slots: tuple[Row, ...] = ()
    seats: tuple[Seat, ...] = field(default=(), repr=False)
    todo: tuple[
        tuple[str, str, str], ...
    ] = ()  # words, more words, the field=value of the people it is about


def board(
    kind: Kind, facts: Mapping[str, str], people: Sequence[Person], *, texted: int, today: date
) -> Board:
    """The board of a campaign of this kind."""
    return _KINDS[kind.name](facts, people, texted, today)


def number(value: str | None) -> int:
    """A recorded number; 0 when there is none."""
    return int(value) if value and value.isdecimal() else 0


def _count(many: int, one: str, more: str) -> str:
    return f"{many:,} {one if many == 1 else more}"


def share(part: int, whole: int) -> int:
    """Per cent, rounded; 0 of nothing."""
    return round(100 * part / whole) if whole else 0


def choices(kind: Kind, people: Sequence[Person], name: str, texted: int) -> list[Row]:
    """How often each value of a choice was said."""
    known = kind.field(name)
    count = Counter(person.said.get(name, "") for person in people)
    return [
        (value.replace("_", " ").capitalize(), count[value], texted)
        for value in (known.values if known else ())
    ]


def bookings(facts: Mapping[str, str], people: Sequence[Person]) -> list[Seat]:
    """Every yes with its seats, the first to say so first; whoever is past the last seat waits."""
    yes = sorted(
        (p for p in people if p.said.get("status") == "yes"),
        key=lambda p: (p.at.get("status", 0), p.target_id),
    )
    room, taken, made = number(facts.get("seats")), 0, []
    for person in yes:
        seats = number(person.said.get("seats")) or 1
        waits = bool(room) and taken + seats > room
        taken += 0 if waits else seats
        came = number(person.said.get("checked_in"))
        made.append(Seat(person, seats, person.said.get("reminder") == "coming" or came > 0, waits, came))
    return made


def _event(facts: Mapping[str, str], people: Sequence[Person], texted: int, today: date) -> Board:
    seats = bookings(facts, people)
    room = number(facts.get("seats"))
    kept = [seat for seat in seats if not seat.waits]
    spoken, confirmed = sum(s.seats for s in kept), sum(s.seats for s in kept if s.confirmed)
    came, waits = sum(s.came for s in seats), sum(s.seats for s in seats if s.waits)
    maybe = sum(p.said.get("status") == "maybe" for p in people)
    no = sum(p.said.get("status") == "no" for p in people)
    headline = f"{max(0, room - spoken):,} of {room:,} seats left" if room else f"{spoken:,} seats spoken for"
    todo = []
    if waits:
        todo.append(
            (
                _count(waits, "seat on the waiting list", "seats on the waiting list"),
                "The hall is spoken for; tell them, or find a bigger one",
                "status=yes",
            )
        )
    if maybe:
        todo.append((f"{maybe:,} said maybe", "They are asked again two days before", "status=maybe"))
    return Board(
        headline,
        (
            ("Yes", len(seats), texted),
            ("Maybe", maybe, texted),
            ("No", no, texted),
            ("Seats confirmed", confirmed, spoken),
            ("Came, of the seats spoken for", came, spoken),
        ),
        "hall" if 0 < room <= 400 else "bar",
        confirmed,
        spoken - confirmed,
        room,
        seats=tuple(seats),
        todo=tuple(todo),
    )


def _voter(facts: Mapping[str, str], people: Sequence[Person], texted: int, today: date) -> Board:
    voted = sum(p.said.get("vote") == "voted" for p in people)
    will = [p for p in people if p.said.get("vote") == "will"]
    planned = [p for p in people if p.said.get("vote") in ("will", "voted") and p.said.get("plan_hour")]
    plans = len(planned)
    without = sum(not p.said.get("plan_hour") for p in will)
    rides = sum(p.said.get("ride") == "needed" for p in people)
    unregistered = sum(p.said.get("registered") == "no" for p in people)
    todo = []
    if rides:
        todo.append(
            (
                _count(rides, "ride is open", "rides are open"),
                "Somebody finds a driver and says so",
                "ride=needed",
            )
        )
    if unregistered:
        todo.append(
            (
                _count(unregistered, "is not registered", "are not registered"),
                "Tell them how, and by when",
                "registered=no",
            )
        )
    if without:
        todo.append(
            (f"{without:,} will vote and have no plan", "Ask when they will go", "vote=will;plan_hour=")
        )
    return Board(
        f"{_count(plans, 'plan', 'plans')} made, {share(plans, len(will) + voted)}% of those who vote",
        (
            ("Will vote", len(will), texted),
            ("Plans made", plans, len(will) + voted),
            ("Voted", voted, texted),
            ("Not voted yet", len(will), len(will) + voted),
            ("Rides open", rides, len(will)),
            ("Not registered", unregistered, texted),
        ),
        done=voted + len(will) - without,
        asked=without,
        of=texted,
        todo=tuple(todo),
    )


def _recruitment(facts: Mapping[str, str], people: Sequence[Person], texted: int, today: date) -> Board:
    yes = [p for p in people if p.said.get("shift") == "yes"]
    needed = {slot: number(facts.get(f"slot_{slot}_needed")) for slot in "abc"}
    filled = Counter(p.said.get("slot", "") for p in yes)
    slots = tuple(
        (facts.get(f"slot_{slot}") or slot.upper(), filled[slot], needed[slot])
        for slot in "abc"
        if facts.get(f"slot_{slot}")
    )
    have, want = sum(min(filled[slot], needed[slot]) for slot in "abc"), sum(needed.values())
    shows = sum(p.said.get("showed") == "yes" for p in people)
    no_shows = sum(p.said.get("showed") == "no" for p in people)
    without = sum(not p.said.get("slot") for p in yes)
    lifts = sum(p.said.get("transport") == "needs" for p in yes)
    todo = []
    if without:
        todo.append(
            (
                _count(without, "said yes and has no shift", "said yes and have no shift"),
                "Ask which one",
                "shift=yes;slot=",
            )
        )
    if lifts:
        todo.append(
            (_count(lifts, "needs a lift", "need a lift"), "Find one and tell them", "transport=needs")
        )
    return Board(
        f"{have:,} of {want:,} shifts filled",
        (
            ("Yes", len(yes), texted),
            ("Later", sum(p.said.get("shift") == "later" for p in people), texted),
            ("No", sum(p.said.get("shift") == "no" for p in people), texted),
            ("Were there", shows, shows + no_shows),
            ("No-shows", no_shows, shows + no_shows),
        ),
        "slots",
        have,
        0,
        want,
        slots=slots,
        todo=tuple(todo),
    )


def _advocacy(facts: Mapping[str, str], people: Sequence[Person], texted: int, today: date) -> Board:
    pledged = sum(p.said.get("pledged") == "yes" for p in people)
    done = sum(p.said.get("done") == "yes" for p in people)
    goal = number(facts.get("goal"))
    days = _days_left(facts, today)
    ask = pledged - sum(p.said.get("pledged") == "yes" and bool(p.said.get("done")) for p in people)
    todo = (
        [
            (
                _count(ask, "will do it and has not told us", "will do it and have not told us"),
                "They are asked the day after",
                "pledged=yes;done=",
            )
        ]
        if ask
        else []
    )
    return Board(
        f"{done:,} of {goal:,} actions done, {days}",
        (
            ("Will do it", pledged, texted),
            ("Done", done, pledged),
            ("Against", sum(p.said.get("pledged") == "against" for p in people), texted),
            ("No", sum(p.said.get("pledged") == "no" for p in people), texted),
            ("Told us what they heard", sum(bool(p.said.get("heard")) for p in people), done),
        ),
        done=done,
        asked=max(0, pledged - done),
        of=goal,
        todo=tuple(todo),
    )


def _fundraising(facts: Mapping[str, str], people: Sequence[Person], texted: int, today: date) -> Board:
    yes = [p for p in people if p.said.get("pledge") == "yes"]
    gave = [p for p in people if p.said.get("gift") == "confirmed"]
    pledged, given = (sum(number(p.said.get("amount")) for p in group) for group in (yes, gave))
    goal, sign = number(facts.get("goal")), facts.get("currency", "")
    unthanked = sum(p.said.get("thanked") != "yes" for p in gave)
    no_link = sum(p.said.get("link_sent") != "yes" and p.said.get("gift") != "confirmed" for p in yes)
    todo = []
    if unthanked:
        todo.append(
            (f"{unthanked:,} gave, not thanked yet", "Thank them today", "gift=confirmed;thanked!=yes")
        )
    if no_link:
        todo.append(
            (
                f"{no_link:,} pledged, no link sent yet",
                "Send it in the next text",
                "pledge=yes;link_sent!=yes;gift!=confirmed",
            )
        )
    return Board(
        f"{sign}{pledged:,} of {sign}{goal:,} pledged, {sign}{given:,} given",
        (
            ("Pledged", len(yes), texted),
            ("Gave, of those who pledged", len(gave), len(yes)),
            ("Thanked", len(gave) - unthanked, len(gave)),
            ("Later", sum(p.said.get("pledge") == "later" for p in people), texted),
            ("No", sum(p.said.get("pledge") == "no" for p in people), texted),
        ),
        done=given,
        asked=max(0, pledged - given),
        of=goal,
        todo=tuple(todo),
    )


def _days_left(facts: Mapping[str, str], today: date) -> str:
    if not facts.get("day"):
        return "no end set"
    left = (date.fromisoformat(facts["day"]) - today).days
    if left < 0:
        return "its day is over"
    return "today is the last day" if left == 0 else "1 day left" if left == 1 else f"{left} days left"


_KINDS: Mapping[str, Callable[[Mapping[str, str], Sequence[Person], int, date], Board]] = {
    "event": _event,
    "voter": _voter,
    "recruitment": _recruitment,
    "advocacy": _advocacy,
    "fundraising": _fundraising,
}
