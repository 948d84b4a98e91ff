"""A group that has one of everything, for tests that look at every page: five campaigns half-way through and one in each other state, lists in every
state, people who said everything, modems that work, are lost and wait, a restless day behind them.

All of it by the gateway's own acts, as in world.py.
"""

import io
from dataclasses import dataclass, field

import pytest

from gateway import (
    assignments,
    campaigns,
    config,
    keeping,
    listfile,
    lists,
    notes,
    optoutfile,
    purgedates,
    secondreader,
    store,
)
from gateway.commands import _demo_day
from gateway.commands._demo_cast import LIVE
from gateway.planning import SimRoom
from gateway.rules import DAY_MS
from tests.campaigning import bring_in, drafted, started
from tests.web.modem_days import everything_asked, restless_day
from tests.web.world import World, busy_day

MORE = '\n[campaigns]\nreview = true\n\n[backup]\nfolder = "{folder}"\n'
FAIR = (
    "First name;Last name;Cell phone;Building;Last hearing\n"
    "Rosa;Delgado;(202) 555-0141;14 Oak Street, the blue door at the very end of the yard;2026-03-12\n"
    "Maria-Magdalena;Papadimitriou-Konstantopoulou;2025550142;;\n"
    "Zoë;Nwosu;1,20255E+10;;\n"
    "Bea;Lindqvist;+12025550153;;\n"
)
INSULT = "Go to hell, all of you, and take your hearing with you"
SUGGESTS = "Sí voy a votar"  # the demo's Elena: what she wrote reads as an answer


@dataclass
class Ids:
    """What tests ask for by name."""

    texts: dict[str, int] = field(default_factory=dict)
    campaigns: dict[str, int] = field(default_factory=dict)  # by kind, or by state
    lists: dict[str, int] = field(default_factory=dict)  # by state; "stops": a file of opt-outs


def everything(world: World) -> Ids:
    """Make all of it."""
    ids = Ids()
    world.source.write_text(world.source.read_text() + MORE.format(folder=world.source.parent / "kept"))
    _demo(world, ids)
    restless_day(world)
    everything_asked(world)
    ids.texts = busy_day(world)
    world.receive("+12025550178", INSULT)
    _campaigns(world, ids)
    _lists(world, ids)
    keeping.make(keeping.plan_of(config.load(world.source)), now=store.wall_ms())
    return ids


def _demo(world: World, ids: Ids) -> None:
    """The day of `textbank demo`; its people have numbers of their own here. Two volunteers hold a batch."""
    live = {name: f"+12025550{400 + at}" for at, name in enumerate(LIVE)}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_demo_day, "FIRST_NUMBER", 300)
        _demo_day.play(
            config.load(world.source),
            world.db,
            lead=world.users["coordinator"],
            volunteer=world.users["other"],
            live=live,
        )
    for each in campaigns.everything(world.db):
        ids.campaigns[each.kind.name] = each.id
    rooms = [SimRoom("north", "8901", ready=True, limits=_demo_day.FREE)]
    for who, kind in (("volunteer", "event"), ("trainee", "voter")):
        now = store.wall_ms()
        assignments.take(world.db, ids.campaigns[kind], world.users[who], world.rules, rooms, now=now)


def _campaigns(world: World, ids: Ids) -> None:
    """One in each other state."""
    db, lead, now = world.db, world.users["coordinator"], store.wall_ms()
    ids.campaigns["draft"] = campaigns.create(db, "Empty chairs", "recruitment", "es", by=lead, now=now)
    street = bring_in(db, first=500, now=now)
    for at, state in enumerate(("ready", "asked", "read")):
        made = ids.campaigns[state] = drafted(
            db, lead, street, f"Rent hearing, evening {at + 2}, for whoever could not come", now=now
        )
        if state != "ready":
            secondreader.ask_review(db, made, by=lead)
        if state == "read":
            seen = campaigns.load(db, made).revision
            secondreader.review(db, made, by=world.users["admin"], seen_revision=seen)
    for at, state in enumerate(("paused", "closed", "kept")):
        then = now - (100 * DAY_MS if state == "kept" else 0)
        people = bring_in(db, first=600 + 10 * at, now=then)
        made = ids.campaigns[state] = started(
            db, lead, world.rules, f"Rent hearing, {state}", now=then, list_id=people
        )
        if state == "paused":
            campaigns.pause(
                db, made, by=None, reason="4 of the first 10 texts did not arrive. Look at the modems."
            )
        else:
            campaigns.close(db, made, by=lead, now=then)
    purgedates.purge(db, now=now, zone=world.rules.zone)
    olu = world.conversation("+12025550300")
    notes.add(db, olu, "Two seats by the door are marked for them.", by=world.users["volunteer"], now=now)
    stops = listfile.keep(io.BytesIO(b"Phone\n+12025550190\n12\n"), world.path)
    ids.lists["stops"] = optoutfile.bring(
        db, stops, name="stops.csv", region="US", database=world.path, by=lead, now=now
    )
    world.work()


def _lists(world: World, ids: Ids) -> None:
    """One that is looked at, one with rows that were not taken, one that stands still, one whose file is gone."""
    ids.lists["ready"] = campaigns.load(world.db, ids.campaigns["event"]).list_id or 0
    ids.lists["rejects"] = world.list_of(FAIR, "Street fair")
    ids.lists["staged"] = world.list_of(FAIR.replace("Zoë", "Zora"), "Food table", take=False)
    ids.lists["gone"] = world.list_of("Name,Phone\nAda,+12025550144\n", "Old list", take=False)
    stuck = ids.lists["taking"] = world.list_of("Name,Phone\nSam,+12025550145\n", "Open day", take=False)
    by, now = world.users["coordinator"], store.wall_ms()
    lists.begin(
        world.db,
        stuck,
        name="Open day",
        source="Door to door",
        consented_on="2026-10-03",
        cool_down_days=3,
        by=by,
        now=now,
    )
    for list_id in (ids.lists["gone"], stuck):
        listfile.remove(
            listfile.path_of(world.path, list_id)
        )  # the panel's thread finds it gone, and says so
