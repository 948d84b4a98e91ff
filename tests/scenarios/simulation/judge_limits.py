"""What must be true of when texts left, and how many: quiet hours, a clock that may be wrong, the undo time, a station that a person
paused, each SIM's budget, and PINs. Judged by the air, never by what the gateway counted.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.clocktrust import AGREES_S, STEP_S
from hardware.pdu import segment
from hardware.virtual.air import AirRecord
from tests.scenarios.simulation.chaos import Chaos
from tests.scenarios.simulation.house import House
from tests.scenarios.simulation.words import is_confirmation, of_record

# Networks tell the time to the minute, and a small step shows when they are asked next (dense seed 24000111).
WRONG_S = AGREES_S + STEP_S
ZONE = ZoneInfo("America/New_York")
MINUTE_S = 60.0
SLACK_S = 3.0  # a modem takes up to 2 s from Ctrl-Z to the air
AT_ONCE_S = 0.1
CLOCK_S = 0.001  # rows have milliseconds


def limits(house: House, chaos: Chaos, db: sqlite3.Connection) -> Iterator[str]:
    """Every breach of a limit, of the hours or of the clock."""
    yield from _hours(house)
    yield from _by_a_wrong_clock(house)
    yield from _too_soon(house, chaos)
    yield from _paused(house, chaos, db)
    yield from _budgets(house, chaos, db)
    yield from _pins(house)


def _hours(house: House) -> Iterator[str]:
    """A clock may be fast by as much as nobody can tell; in the evening texts run out before that matters."""
    for record in house.world.network.air:
        local = datetime.fromisoformat(record.at).astimezone(ZONE)
        fast = timedelta(seconds=min(max(house.wrong_s(record.asked_s, record.at_s)), WRONG_S))
        if (local + fast).hour < 9 or local.hour >= 20:
            yield f"I5 texted at {local:%H:%M}: {record.to}"


def _by_a_wrong_clock(house: House) -> Iterator[str]:
    """I5: a clock that was set wrong is not trusted, whatever it shows; sending waits for a voice, a battery or a person."""
    for record in house.world.network.air:
        wrong_s = min(house.wrong_s(record.asked_s, record.at_s))
        if wrong_s > WRONG_S:
            yield f"I5 texted by a clock that was wrong by {wrong_s:.0f} s: {record.to} at {record.at_s:.3f}"


def _too_soon(house: House, chaos: Chaos) -> Iterator[str]:
    """I1: for some seconds after an approval it can be undone, and nothing leaves. A clock that is set meanwhile may shorten that."""
    undo_s = house.rules.undo_ms / 1000
    for record in house.world.network.air:
        approved = chaos.people.approved.get((record.to, of_record(record)), [])
        at = max((at for at in approved if at < record.asked_s), default=None)
        if at is None or any(at <= when <= record.asked_s for when, _ in house.jumps):
            continue
        if record.asked_s < at + undo_s - AT_ONCE_S and (record.concat or (0, 0, 1))[2] == 1:
            yield f"I1 left {record.asked_s - at:.1f} s after its approval: {record.to} at {record.at_s:.3f}"


def _paused(house: House, chaos: Chaos, db: sqlite3.Connection) -> Iterator[str]:
    """From when the page says that a station is paused until somebody tells it to go on, whatever happens to its modem meanwhile."""
    asked = db.execute(
        "SELECT station, what, created_at, taken_at, refused, result FROM station_request WHERE what IN ('pause', 'resume') ORDER BY id"
    ).fetchall()
    for place, pause in enumerate(asked):
        if pause["what"] != "pause" or pause["result"] is None or pause["refused"]:
            continue
        # Rows have whole milliseconds: what left in the one before the pause was taken left before it (922729).
        since = house.true_s(pause["taken_at"], last=True) + CLOCK_S
        ends = [
            house.true_s(later["created_at"], last=False)
            for later in asked[place:]
            if (later["station"], later["what"]) == (pause["station"], "resume")
        ]
        if chaos.restored is not None and since < chaos.restored:
            ends.append(chaos.backed_up)  # nor does the backup know who told it to go on since
        end = min(ends, default=float("inf")) - CLOCK_S
        for record in house.world.network.air:
            if f"m{record.modem}" == pause["station"] and since < record.asked_s < end:
                yield f"left while a person had paused its station: {record.to} at {record.at_s:.3f}"


def _budgets(house: House, chaos: Chaos, db: sqlite3.Connection) -> Iterator[str]:
    """A house lives through one day: what left by a SIM, against what its plan allows and against what was counted."""
    plan = house.plan
    by_sim: dict[str, list[AirRecord]] = defaultdict(list)
    unseen = _exchanged(house)
    for record in house.world.network.air:
        by_sim[record.iccid].append(record)
    counted: Counter[str] = Counter()
    for row in db.execute("SELECT iccid, segments FROM sim_day").fetchall():
        counted[_known_as(house, row["iccid"])] += row["segments"]
    prompts = sum(len(shown) for shown in house.witness.prompts)
    if sum(counted.values()) > prompts:
        yield f"budget: {sum(counted.values())} segments counted, and modems asked for a PDU {prompts} times"
    for sims in unseen:
        left, known = sum(len(by_sim[iccid]) for iccid in sims), sum(counted[iccid] for iccid in sims)
        if left > known:
            yield f"budget: {left} segments left by the SIMs {', '.join(sorted(sims))} and {known} were counted"
    for iccid, records in by_sim.items():
        if any(iccid in sims for sims in unseen):
            continue  # while nobody sees that another one is in, the first one's counts
        if len(records) > counted[iccid]:
            yield f"budget: {len(records)} segments left by SIM {iccid} and {counted[iccid]} were counted"
        for what, limit in (("day", plan.per_day), ("month", plan.per_month)):
            if limit:
                yield from _spent(chaos, records, limit, f"a {what} by SIM {iccid}")
        people = {record.to for record in records}
        if plan.people_per_month and len(people) > plan.people_per_month:
            yield f"budget: {len(people)} people a month by SIM {iccid}"
        yield from _minutes(records, plan.per_minute, house.steps())


def _known_as(house: House, name: str) -> str:
    """The ICCID of the SIM that a gateway counts as this: by its IMSI when it met it so first, another program having taken the rest."""
    cards = [card.card for modem in house.world.modems for card in modem.drawer.all().values()]
    return next((card.iccid for card in cards if card.imsi == name), name)


def _exchanged(house: House) -> list[set[str]]:
    """The SIMs of each modem in which one was put in the place of another."""
    modems = [modem for modem in house.world.modems if modem.faults.struck["sim_swap"]]
    return [{card.card.iccid for card in modem.drawer.all().values()} for modem in modems]


def _spent(chaos: Chaos, records: list[AirRecord], limit: int, what: str) -> Iterator[str]:
    """The limit, of which a tenth is kept for confirmations and replies. Whether a text fits is asked before its first segment."""
    kept = max(0, min(-(-limit // 10), limit - 1))
    for number, record in enumerate(records):
        if (record.concat or (0, 0, 1))[2] > 1:
            continue
        key = record.to, of_record(record)
        total = 1 if is_confirmation(record) else segment(chaos.people.written.get(key, "")).count or 1
        allowed = limit if is_confirmation(record) or key in chaos.people.replies else limit - kept
        if number + total > allowed:
            yield f"budget: segment {number + 1} to {record.to} of {limit} {what}, {kept} kept for replies"


def _minutes(records: list[AirRecord], limit: int, steps: list[tuple[float, float]]) -> Iterator[str]:
    """Segments a minute; a text that has begun goes on. What a clock that stepped on meanwhile makes older, a restart forgets."""
    for number, record in enumerate(records):
        since = record.at_s - MINUTE_S + SLACK_S
        since += sum(max(0.0, step) for at, step in steps if since <= at <= record.at_s)
        before = sum(other.at_s > since for other in records[:number])
        if (record.concat or (0, 0, 1))[2] == 1 and before >= limit:
            yield f"budget: {before + 1} segments within a minute at {record.at_s:.3f}, {limit} are allowed"


def _pins(house: House) -> Iterator[str]:
    for number, modem in enumerate(house.world.modems):
        for card in modem.drawer.all().values():
            if card.sim.refused > 1:
                yield f"I6 m{number}: {card.sim.refused} wrong PINs for one SIM"
