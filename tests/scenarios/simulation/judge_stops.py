"""I4: what must be true of everybody who asked to stop: from the row on, and from when their STOP lay on a SIM."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator

from gateway.station.sending import FRESH_S, UNUSUAL
from hardware.virtual.air import AirRecord
from tests.scenarios.simulation.chaos import Chaos
from tests.scenarios.simulation.house import House, Span
from tests.scenarios.simulation.witness import Prompt, Stored
from tests.scenarios.simulation.words import is_confirmation

CLOCK_S = 0.001  # rows have milliseconds
MOMENT_S = (
    0.05  # on top of what ARCHITECTURE.md allows: from the list of the SIM to AT+CMGS no time passes here
)
PLAIN = ("STOP", "Stop please")  # what opts out by itself
STAMP_S = 1.0
REMEMBERED = 5  # prompts by which a station judges the next
IN_A_ROW_S = 200.0  # the next segment of a long text goes as soon as the one before was answered


def stops(house: House, chaos: Chaos, db: sqlite3.Connection) -> Iterator[str]:
    """While an opt-out stands nothing is handed over but one confirmation; nor while a STOP lies where the station reads first."""
    out, surely, longest = (
        house.opted_out(db),
        house.opted_out(db, sure=True),
        house.opted_out(db, longest=True),
    )
    to: dict[str, list[AirRecord]] = defaultdict(list)
    for record in house.world.network.air:
        to[record.to].append(record)
    for number, spans in out.items():
        confirmations = [record for record in to[number] if is_confirmation(record)]
        stops = len(spans) + _unknown(chaos, number, spans)
        if len(confirmations) > stops:
            yield f"I4 {len(confirmations)} confirmations of {stops} stops to {number}"
        for record in to[number]:
            # What was handed over before the stop was known may still take its time in the modem.
            if not is_confirmation(record) and any(
                since + CLOCK_S < record.asked_s < until
                for since, until in _known_then(chaos, record, surely[number])
            ):
                yield f"I4 texted after the stop: {number} {(record.text or '')[:8]} at {record.at_s:.3f}"
    for stop in house.witness.stored:
        if stop.text.upper().startswith("STOP") and stop.arrival:
            texts = [record for record in to[stop.sender] if not is_confirmation(record)]
            # Of a stop and a START that came after the backup only the replaced database knows.
            known = out[stop.sender] + longest[stop.sender] + chaos.out_before.get(stop.sender, [])
            yield from _on_the_sim(house, stop, texts, _read_at(house, chaos, db, stop, known))


def _unknown(chaos: Chaos, number: str, spans: list[Span]) -> int:
    """How many opt-outs began after the backup that took the database's place: it knows nothing of one that ended, nor of one that
    followed the end of another, which for it stands."""
    known = [since for since, _ in spans]
    before = chaos.out_before.get(number, [])
    return sum(
        min((abs(since - other) for other in known), default=CLOCK_S) >= CLOCK_S for since, _ in before
    )


def _known_then(chaos: Chaos, record: AirRecord, spans: list[Span]) -> list[Span]:
    """A restore does not know when an opt-out ended since the backup: of what left before it the replaced database knows."""
    return chaos.out_before.get(record.to, []) if chaos.not_in_the_backup(record) else spans


def _read_at(house: House, chaos: Chaos, db: sqlite3.Connection, stop: Stored, out: list[Span]) -> float:
    """When the row of this STOP was committed: from then on the opt-out counts. At once where what became of it is not known."""
    rows = db.execute(
        "SELECT received_at FROM inbound WHERE number=? AND text=?", [stop.sender, stop.text]
    ).fetchall()
    times = [at for row in rows for at in house.all_true_s(row["received_at"], set_right=True)]
    times += [since for since, _ in out]
    # A text that the network repeats, as it does within seconds, is one: a repetition has no row. Nor has one that was sent twice within the
    # second of its stamp, for it is the same PDU (dense seed 24000505).
    sent = [came.at for came in chaos.came if (came.sender, came.text) == (stop.sender, stop.text)]
    came_at = max((at for at in sent if at <= stop.at_s), default=stop.at_s)
    came_at = min((at for at in sent if came_at - STAMP_S < at <= came_at), default=came_at)
    later = [at for at in times if at >= came_at - CLOCK_S]
    gone = chaos.people.erased.get(stop.sender, [])
    lost = any(stop.at_s < at for at in (chaos.restored or 0.0, *gone))  # the row, perhaps; never the opt-out
    spans = chaos.perhaps_out_before.get(stop.sender, []) + out
    if lost and (stop.text not in PLAIN or any(since <= stop.at_s < until for since, until in spans)):
        return stop.at_s  # one that asks a person, or of somebody who is out (939568), begins nothing
    return min(later, default=stop.at_s if lost else float("inf"))


def _on_the_sim(house: House, stop: Stored, texts: list[AirRecord], read_at: float) -> Iterator[str]:
    """What ARCHITECTURE.md allows: the SIM is read before each text, and again after a prompt that took unusually long."""
    for record in texts:
        if record.iccid != stop.iccid or record.asked_s >= read_at or _goes_on(house, record):
            continue
        prompts = house.witness.prompt_of(record)
        if stop.at_s + MOMENT_S < record.asked_s:
            yield (
                f"I4 texted while the stop lay on the SIM: {stop.sender} at {record.asked_s:.3f}, there since {stop.at_s:.3f}"
            )
        elif prompts and stop.at_s + FRESH_S + MOMENT_S < prompts[-1].shown_s and not _is_usual(prompts):
            yield (
                f"I4 texted after a prompt of {prompts[-1].took_s:.1f} s: {stop.sender} at {record.at_s:.3f}, "
                f"there since {stop.at_s:.3f}"
            )


def _goes_on(house: House, record: AirRecord) -> bool:
    """A later segment of a long text that has begun to leave, right behind the one before: half a text helps nobody."""
    if record.concat is None or record.concat[2] == 1:
        return False
    same = [
        other.at_s
        for other in house.world.network.air
        if other.iccid == record.iccid and other.concat == (*record.concat[:2], record.concat[2] - 1)
    ]
    return any(record.asked_s - IN_A_ROW_S < at <= record.asked_s for at in same)


def _is_usual(prompts: list[Prompt]) -> bool:
    """A modem that is always slow would never send: what takes no longer than some of its last prompts is usual for it."""
    before = [prompt.took_s for prompt in prompts[-1 - REMEMBERED : -1]]
    return prompts[-1].took_s <= UNUSUAL * max(before, default=0.0)
