"""The demo's day so far: lists brought, five campaigns started, the first texts gone, answers in. All through the gateway's own acts.

Promises: what the demo shows came about as it would for a real group, with the times at which it would have; nothing is written
past the store. Its commits are few: an SD card waits long for each. The last minute is now.
"""

import io
import sqlite3
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from gateway import (
    answering,
    arrivals,
    assignments,
    campaigns,
    canary,
    cards,
    claims,
    enrolment,
    flight,
    inbox,
    listfile,
    lists,
    notes,
    outbox,
    reports,
    store,
    taking,
)
from gateway.budget import Sim
from gateway.campaigns import Options
from gateway.commands._demo_cast import PLAYS, STRANGER, TEXTED, Play
from gateway.config import Config
from gateway.people import User
from gateway.planning import SimRoom
from gateway.policy import Limits
from gateway.rules import Rules, rules_of
from hardware.pdu import encode_deliver, segment
from hardware.virtual.identity import card as virtual_sim

BEGAN_MS = 4 * 3_600_000
TEXT_MS, TURN_MS = 20_000, 60_000
FIRST_NUMBER = 121  # +1 202 555 01..; those before are the ten who answer live
FREE = Limits(0, 1000, 5000)


@dataclass
class Day:
    """The day as far as it has come; `at` is its clock (ms)."""

    config: Config
    db: sqlite3.Connection
    lead: User
    volunteer: User
    at: int
    numbers: dict[str, str] = field(default_factory=dict)  # by name
    seats: list[claims.Seat] = field(default_factory=list)
    stamps: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def rules(self) -> Rules:
        """As the gateway will have them."""
        return rules_of(self.config)

    def pass_time(self, span_ms: int) -> int:
        """Later; returns the moment."""
        self.at += span_ms
        return self.at


def play(
    config: Config, db: sqlite3.Connection, *, lead: User, volunteer: User, live: dict[str, str]
) -> None:
    """Everything until now. `live`: the numbers of those who are not texted yet, by name."""
    day = Day(config, db, lead, volunteer, store.wall_ms() - BEGAN_MS, dict(live))
    fresh = count(FIRST_NUMBER)
    for who in (name for each in PLAYS for name, _ in each.people if name not in live):
        day.numbers[who] = f"+12025550{next(fresh)}"
    with store.write(db):
        day.seats = [_seat(day, at, spec.name) for at, spec in enumerate(config.stations)]
    started = []
    for each in PLAYS:
        list_id = _bring(day, each)
        with store.write(db):
            started.append(_start(day, each, list_id))
    with store.write(db):
        for campaign_id in started:
            _first_texts(day, campaign_id)
        canary.judge(db, now=day.pass_time(campaigns.Options().canary_minutes * TURN_MS))
        waiting = [talk for each in PLAYS for talk in each.talks.items() if not _talk(day, each, *talk)]
        day.at = store.wall_ms() - (len(waiting) + 2) * TURN_MS
        for first_name, turns in waiting:
            _hear(day, _number(day, first_name), turns[-1])
        _hear(day, *STRANGER)
        _for_the_room(day)


def _seat(day: Day, place: int, station: str) -> claims.Seat:
    sim = Sim(virtual_sim(place).iccid, FREE, day.rules.zone)
    return claims.Seat(station, flight.begin(day.db, station, now=day.at), sim)


def _bring(day: Day, of: Play) -> int:
    """The list as a coordinator brings it: a file with columns."""
    rows = [f"Name,Phone,{of.column}", *(f"{name},{day.numbers[name]},{extra}" for name, extra in of.people)]
    database = day.config.database.path
    upload = listfile.keep(io.BytesIO("\n".join(rows).encode()), database)
    list_id = lists.stage(
        day.db, upload, name=of.name, region=day.rules.region, database=database, by=day.lead, now=day.at
    )
    lists.begin(
        day.db,
        list_id,
        name=of.name,
        source=of.source,
        consented_on=store.moment(day.at - 30 * 86_400_000).date().isoformat(),
        cool_down_days=3,
        by=day.lead,
        now=day.at,
    )
    taking.work(database, day.db, day.rules, wait=lambda _: False, now=lambda: day.at)
    return list_id


def _start(day: Day, of: Play, list_id: int) -> int:
    today = store.moment(day.at).date()
    facts = {
        name: (today + timedelta(days=int(said))).isoformat() if said.startswith("+") else said
        for name, said in of.facts.items()
    }
    made = campaigns.create(day.db, of.name, of.kind, of.language, by=day.lead, now=day.at)
    campaigns.save(
        day.db,
        made,
        by=day.lead,
        now=day.at,
        seen_revision=1,
        facts=facts,
        list_id=list_id,
        options=Options(batch=TEXTED, canary=TEXTED),
    )
    enrolment.enrol(day.db, made, now=day.at)
    enrolment.start(day.db, made, by=day.lead, rules=day.rules, now=day.at, needs_review=False)
    return made


def _first_texts(day: Day, campaign_id: int) -> None:
    """A volunteer takes the first ten and sends them, one by one."""
    sims = [SimRoom(seat.station, seat.sim.iccid, ready=True, limits=FREE) for seat in day.seats]
    assignments.take(day.db, campaign_id, day.volunteer, day.rules, sims, now=day.at)
    while card := cards.next_card(day.db, day.volunteer, rules=day.rules, now=day.at):
        outbox.approve(day.db, card.id, by=day.volunteer, seen=card.seen, rules=day.rules, now=day.at)
        _fly(day)


def _fly(day: Day) -> None:
    """What is approved leaves, after its undo time, and arrives."""
    day.pass_time(TEXT_MS)
    for seat in day.seats:
        while job := claims.claim_next(day.db, seat, day.rules, now=day.at)[0]:
            for seq in job.todo:
                mr = next(day.stamps) % 256
                flight.submit(day.db, seat, job, seq, day.rules, valid_for=timedelta(hours=4), now=day.at)
                flight.accept(day.db, seat, flight.Accepted(job, seq, mr, day.at))
                arrived = reports.Arrived(job.number, mr, 0, day.at)
                reports.keep(day.db, seat.sim.iccid, arrived, now=day.at + 4000)


def _number(day: Day, first_name: str) -> str:
    return next(
        number for name, number in day.numbers.items() if name.split()[0] == first_name and " " in name
    )


def _conversation(day: Day, number: str) -> int:
    row = day.db.execute("SELECT id FROM conversation WHERE number=?", [number]).fetchone()
    return int(row["id"])


def _hear(day: Day, number: str, text: str) -> None:
    """Somebody writes: the segments as the modem that texted them would give them."""
    row = day.db.execute(
        "SELECT m.station FROM message m JOIN conversation c ON c.id=m.conversation_id WHERE c.number=? AND m.station IS NOT NULL",
        [number],
    ).fetchone()
    seat = next((seat for seat in day.seats if row and seat.station == row["station"]), day.seats[0])
    plan, ref = segment(text), next(day.stamps)
    at = store.moment(day.pass_time(TURN_MS)).replace(microsecond=0)
    came = [
        arrivals.Received(
            "00" + encode_deliver(number, plan, timestamp=at, seq=seq, ref=ref % 256).hex(), "SM", ref
        )
        for seq in range(1, plan.count + 1)
    ]
    arrivals.keep(day.db, came, arrivals.Seen(seat.station, seat.sim.iccid), day.rules, now=day.at)


def _talk(day: Day, of: Play, first_name: str, turns: tuple[str, ...]) -> bool:
    """Play a talk up to our last answer; False when their last words still come, and wait."""
    number = _number(day, first_name)
    stops = turns == ("STOP",)
    for theirs, ours in zip(turns[::2], turns[1::2], strict=False):
        _hear(day, number, theirs)
        _answer(day, _conversation(day, number), ours)
    if stops:
        _hear(day, number, turns[0])
        _fly(day)
    return stops or len(turns) % 2 == 0


def _answer(day: Day, conversation_id: int, ours: str) -> None:
    """The volunteer presses an answer of the script, and Send."""
    choice_id, _, told = ours.partition(" ")
    context = answering.context(day.db, conversation_id, day.volunteer, day.rules)
    assert context is not None
    offered = context.pick(choice_id)
    records = context.records(choice_id, told)
    goes = inbox.Campaigning(context.target_id, records, answering.step_after(offered.choice, records))
    inbox.reply(
        day.db,
        conversation_id,
        offered.words(told),
        by=day.volunteer,
        key=f"demo:{next(day.stamps)}",
        rules=day.rules,
        now=day.pass_time(TURN_MS // 2),
        campaigning=goes,
    )
    _fly(day)


def _for_the_room(day: Day) -> None:
    """A note and a tag."""
    olu, sofia = (_conversation(day, _number(day, name)) for name in ("Olu", "Sofia"))
    notes.add(
        day.db, olu, "His mother uses a wheelchair: keep two seats by the door.", by=day.lead, now=day.at
    )
    notes.tag(day.db, olu, "wheelchair", by=day.lead, now=day.at)
    notes.tag(day.db, sofia, "ride", by=day.lead, now=day.at)
