"""What each kind of campaign comes to: the sentence over its page, its chart, its numbers, and what waits for a person.

Pure. Rows in, a board out; the store reads are in `gateway/results.py`.

Promises: every percentage stands beside its count; a board of nobody divides by nothing; every number of a board stands in `figures`,
`rows`, `slots` or `todo`. Of a campaign that is closed nothing is to be done, and no days are left. Who has a place is for
`gateway/places.py`.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from gateway.kinds import Kind, kind
from gateway.places import PLACES, Booking, Person, bookings, number

Row = tuple[str, int, int]  # words, how many, of how many


@dataclass(frozen=True)
class Todo:
    """What waits for a person."""

    words: str
    more: str
    which: str  # the people it is about, as `gateway/followups.py` reads them
    many: int


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
    seats: tuple[Booking, ...] = field(default=(), repr=False)
    todo: tuple[Todo, ...] = ()
    figures: tuple[Row, ...] = ()  # the numbers of headline and chart
    gives_places: bool = False

    @property
    def freed(self) -> tuple[Booking, ...]:
        """Who waits, may have a place now, and was not told yet."""
        return tuple(each for each in self.seats if each.may)


def board(
    kind: Kind, facts: Mapping[str, str], people: Sequence[Person], *, texted: int, today: date | None
) -> Board:
    """The board of a campaign of this kind; `today` None: it is closed."""
    found = _KINDS[kind.name](facts, people, texted, today)
    if today is None:
        found = replace(found, todo=(), seats=tuple(replace(each, may=False) for each in found.seats))
    return replace(found, gives_places=kind.name in PLACES)


def _todo(many: int, one: str, more: str, hint: str, which: str) -> tuple[Todo, ...]:
    """What is to be done about so many people; nothing when there are none."""
    return (Todo(_count(many, one, more), hint, which, many),) if many else ()


def _count(many: int, one: str, more: str) -> str:
    return f"{many:,} {one if many == 1 else more}"


def share(part: int, whole: int) -> int:
    """Per cent, rounded; 0 of nothing."""
    return round(100 * part / whole) if whole else 0


def _event(facts: Mapping[str, str], people: Sequence[Person], texted: int, today: date | None) -> Board:
    seats = bookings(kind("event"), facts, people)
    room = number(facts.get("seats"))
    kept = [seat for seat in seats if not seat.waits]
    spoken, confirmed = sum(s.seats for s in kept), sum(s.seats for s in kept if s.confirmed)
    came = sum(number(p.said.get("checked_in")) for p in people)
    showed = sum(min(s.came, s.seats) for s in kept)
    waits = sum(s.seats for s in seats if s.waits and s.person.reachable)  # the others are passed over
    maybe = sum(p.said.get("status") == "maybe" for p in people)
    no = sum(p.said.get("status") == "no" for p in people)
    besides = came - showed  # more than they had said, or after a no, or nothing
    left, kept_for = max(0, room - spoken - besides), sum(s.seats for s in seats if s.may)
    headline = f"{left:,} of {room:,} seats left" if room else f"{spoken:,} seats spoken for"
    found = Board(
        f"{headline}, {kept_for:,} kept for who waits" if kept_for else headline,
        (
            ("Yes", len(seats), texted),
            ("Maybe", maybe, texted),
            ("No", no, texted),
            ("Seats confirmed", confirmed, spoken),
            ("Came, of the seats spoken for", showed, spoken),
            ("Came besides", besides, 0),
        ),
        "hall" if 0 < room <= 400 else "bar",
        confirmed + besides,
        spoken - confirmed,
        room,
        seats=tuple(seats),
        todo=(
            *_todo(
                waits,
                "seat on the waiting list",
                "seats on the waiting list",
                _why_they_wait(left, limited=bool(room), some_may=any(seat.may for seat in seats)),
                "status=yes",
            ),
            *_todo(maybe, "said maybe", "said maybe", _asked_again(facts, today), "status=maybe"),
        ),
    )
    figures = [
        ("Seats spoken for", spoken, room),
        ("Seats on the waiting list", waits, 0),
        ("Seats kept for who waits", kept_for, 0),
    ]
    return replace(found, figures=(*figures, *((("Seats left", left, room),) if room else ())))


def _asked_again(facts: Mapping[str, str], today: date | None) -> str:
    day = facts.get("day")
    if today is not None and day and (date.fromisoformat(day) - today).days < 2:
        return "The second question was due two days before; write to them yourself if you need to know"
    return "They are asked again two days before"


def _why_they_wait(left: int, *, limited: bool, some_may: bool) -> str:
    if not limited or some_may:
        return "There is room again for some of them; each is told by a person"
    if left:
        return f"{_count(left, 'seat is', 'seats are')} left, too few for any of them; find a bigger hall"
    return "The hall is spoken for; find a bigger one"


def _voter(facts: Mapping[str, str], people: Sequence[Person], texted: int, today: date | None) -> Board:
    voted = sum(p.said.get("vote") == "voted" for p in people)
    will = [p for p in people if p.said.get("vote") == "will"]
    planned = [p for p in people if p.said.get("vote") in ("will", "voted") and p.said.get("plan_hour")]
    plans = len(planned)
    without = sum(not p.said.get("plan_hour") for p in will)
    needy = [p for p in people if p.said.get("ride") == "needed" and p.said.get("vote") != "voted"]
    rides, riders = len(needy), len(will) + sum(p.said.get("vote") != "will" for p in needy)
    unregistered = sum(p.said.get("registered") == "no" for p in people)
    return Board(
        f"{_count(plans, 'plan', 'plans')} made, {share(plans, len(will) + voted)}% of those who vote"
        if will or voted
        else "Nobody has said yet that they vote",
        (
            ("Will vote", len(will), texted),
            ("Plans made", plans, len(will) + voted),
            ("Voted", voted, texted),
            ("Not voted yet", len(will), len(will) + voted),
            ("Rides open", rides, riders),
            ("Not registered", unregistered, texted),
        ),
        done=plans,
        asked=without,
        of=len(will) + voted,
        todo=(
            *_todo(
                rides,
                "ride is open",
                "rides are open",
                "Somebody finds a driver and says so",
                "ride=needed;vote!=voted",
            ),
            *_todo(
                unregistered,
                "is not registered",
                "are not registered",
                "Tell them how, and by when",
                "registered=no",
            ),
            *_todo(
                without,
                "will vote and has no plan",
                "will vote and have no plan",
                "Ask when they will go",
                "vote=will;plan_hour=",
            ),
        ),
    )


def _recruitment(
    facts: Mapping[str, str], people: Sequence[Person], texted: int, today: date | None
) -> Board:
    yes = [p for p in people if p.said.get("shift") == "yes"]
    booked = bookings(kind("recruitment"), facts, people)
    needed = {slot: number(facts.get(f"slot_{slot}_needed")) for slot in "abc"}
    filled = Counter(each.which for each in booked if not each.waits)
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
    waits = sum(p.said.get("waiting") == "yes" for p in yes)
    full = any(each.waits and not each.may and each.person.reachable for each in booked)
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
        seats=tuple(booked),
        todo=(
            *_todo(
                without,
                "said yes and has no shift",
                "said yes and have no shift",
                "Ask which one",
                "shift=yes;slot=",
            ),
            *_todo(
                waits if full else 0,
                "is on a shift's waiting list",
                "are on a shift's waiting list",
                _who_waits(booked),
                "shift=yes;waiting=yes",
            ),
            *_todo(lifts, "needs a lift", "need a lift", "Find one and tell them", "transport=needs"),
        ),
        figures=(("Shifts filled", have, want),),
    )


def _who_waits(booked: Sequence[Booking]) -> str:
    may, not_told = sum(s.may for s in booked), sum(s.waits and not s.person.reachable for s in booked)
    return "; ".join(
        (
            "Ask whether another shift would do",
            *([f"{_count(may, 'has', 'have')} a place to be told of"] if may else []),
            *([f"{not_told:,} cannot be told: asked to stop, or a wrong number"] if not_told else []),
        )
    )


def _advocacy(facts: Mapping[str, str], people: Sequence[Person], texted: int, today: date | None) -> Board:
    pledged = sum(p.said.get("pledged") == "yes" for p in people)
    done = sum(p.said.get("done") == "yes" for p in people)
    besides = sum(p.said.get("done") == "yes" and p.said.get("pledged") != "yes" for p in people)
    goal = number(facts.get("goal"))
    ask = pledged - sum(p.said.get("pledged") == "yes" and bool(p.said.get("done")) for p in people)
    return Board(
        ", ".join(filter(None, [f"{done:,} of {goal:,} actions done", _days_left(facts, today)])),
        (
            ("Will do it", pledged, texted),
            ("Done", done, pledged + besides),
            ("Against", sum(p.said.get("pledged") == "against" for p in people), texted),
            ("No", sum(p.said.get("pledged") == "no" for p in people), texted),
            ("Told us what they heard", sum(bool(p.said.get("heard")) for p in people), done),
        ),
        done=done,
        asked=pledged + besides - done,
        of=goal,
        todo=_todo(
            ask,
            "will do it and has not told us",
            "will do it and have not told us",
            "They are asked the day after",
            "pledged=yes;done=",
        ),
        figures=(("Actions done, of the goal", done, goal),),
    )


def _fundraising(
    facts: Mapping[str, str], people: Sequence[Person], texted: int, today: date | None
) -> Board:
    yes = [p for p in people if p.said.get("pledge") == "yes"]
    gave = [p for p in people if p.said.get("gift") == "confirmed"]
    pledged, given = (sum(number(p.said.get("amount")) for p in group) for group in (yes, gave))
    goal, sign = number(facts.get("goal")), facts.get("currency", "")
    bare = sum(not number(p.said.get("amount")) for p in yes)
    unthanked = sum(p.said.get("thanked") != "yes" for p in gave)
    no_link = sum(p.said.get("link_sent") != "yes" and p.said.get("gift") != "confirmed" for p in yes)
    return Board(
        f"{sign}{pledged:,} of {sign}{goal:,} pledged, {sign}{given:,} given{f', {bare:,} without an amount' if bare else ''}",
        (
            ("Pledged", len(yes), texted),
            ("Gave, of those who pledged", sum(p.said.get("gift") == "confirmed" for p in yes), len(yes)),
            ("Thanked", len(gave) - unthanked, len(gave)),
            ("Later", sum(p.said.get("pledge") == "later" for p in people), texted),
            ("No", sum(p.said.get("pledge") == "no" for p in people), texted),
        ),
        done=given,
        asked=max(0, pledged - given),
        of=goal,
        todo=(
            *_todo(
                unthanked,
                "gave, not thanked yet",
                "gave, not thanked yet",
                "Thank them today",
                "gift=confirmed;thanked!=yes",
            ),
            *_todo(
                no_link,
                "pledged, no link sent yet",
                "pledged, no link sent yet",
                "Send it in the next text",
                "pledge=yes;link_sent!=yes;gift!=confirmed",
            ),
        ),
        figures=(
            (f"Amount pledged, of the goal{f' ({sign})' if sign else ''}", pledged, goal),
            (f"Amount given, of the goal{f' ({sign})' if sign else ''}", given, goal),
        ),
    )


def _days_left(facts: Mapping[str, str], today: date | None) -> str:
    if today is None:
        return ""
    if not facts.get("day"):
        return "no end set"
    left = (date.fromisoformat(facts["day"]) - today).days
    if left < 0:
        return "its day is over"
    return "today is the last day" if left == 0 else "1 day left" if left == 1 else f"{left} days left"


_KINDS: Mapping[str, Callable[[Mapping[str, str], Sequence[Person], int, date | None], Board]] = {
    "event": _event,
    "voter": _voter,
    "recruitment": _recruitment,
    "advocacy": _advocacy,
    "fundraising": _fundraising,
}
