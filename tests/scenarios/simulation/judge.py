"""What must be true afterwards of the air, the SIMs and the rows. Each breach is a sentence that names its invariant."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway import ledger
from hardware.pdu import segment
from hardware.virtual.air import AirRecord
from tests.scenarios.simulation.chaos import Chaos
from tests.scenarios.simulation.house import House

ON_AIR = ("sent", "delivered", "undelivered")
NOT_ON_AIR = ("awaiting", "approved", "skipped", "withdrawn", "expired", "failed")
CONFIRMATION = "you are off our list"


def breaches(house: House, chaos: Chaos) -> list[str]:
    """Everything that is wrong; empty when all is well."""
    with contextlib.closing(sqlite3.connect(house.database)) as db:
        db.row_factory = sqlite3.Row
        return [*_texts(house, db), *_stops(house, db), *_inbound(house, chaos, db), *_hours(house)]


def _texts(house: House, db: sqlite3.Connection) -> Iterator[str]:
    rows = db.execute(
        "SELECT m.*, c.number FROM message m JOIN conversation c ON c.id=m.conversation_id"
    ).fetchall()
    air: dict[tuple[str, str], list[AirRecord]] = defaultdict(list)
    for record in house.world.network.air:
        air[record.to, _words(record.text or "")].append(record)
    for row in rows:
        if row["kind"]:  # the confirmations are looked at with the stops
            yield from _text(row, air.pop((row["number"], _words(row["text"])), []))
    for (to, words), records in air.items():
        if CONFIRMATION not in (records[0].text or ""):
            yield f"I1 nobody wrote this: {to} {words} {len(records)}"
    yield from (f"I1 ledger: {line}" for line in ledger.verify(db).broken)


def _text(row: sqlite3.Row, records: list[AirRecord]) -> Iterator[str]:
    total = segment(row["text"]).count
    count = Counter(record.concat[2] if record.concat else 1 for record in records)
    what = f"text {row['id']} ({row['state']}, {row['reason']})"
    doubled = {seq: times for seq, times in count.items() if times > 1}
    if doubled:
        yield f"I2 doubled: {what}: segments {doubled}"
    if row["state"] in ON_AIR and set(count) != set(range(1, total + 1)):
        yield f"I2 said to be {row['state']} and is not on the air: {what}: {dict(count)} of {total}"
    if row["state"] in NOT_ON_AIR and count and row["submitted_at"] is None:
        yield f"I2 on the air and said not to be: {what}: {dict(count)} of {total}"
    if row["state"] in NOT_ON_AIR and len(count) == total:
        yield f"I2 all of it is on the air and said not to be: {what}"
    if row["state"] in ("claimed", "submitted"):
        yield f"I2 stuck: {what}"
    if row["state"] == "approved" and not row["reason"] and not row["not_before"]:
        yield f"I2 stuck without a reason: {what}"
    if records and row["approval_id"] is None:
        yield f"I1 left without an approval: {what}"


def _words(text: str) -> str:
    return (
        text.split()[0]
        if text.startswith("T")
        else next((w for w in text.split() if w.startswith("T")), text[:30])
    )


def _stops(house: House, db: sqlite3.Connection) -> Iterator[str]:
    rows = db.execute(
        "SELECT number, opted_out_at FROM conversation WHERE opted_out_at IS NOT NULL"
    ).fetchall()
    for row in rows:
        after = [
            r for r in house.world.network.air if r.to == row["number"] and _wall_ms(r) > row["opted_out_at"]
        ]
        confirmations = [r for r in after if CONFIRMATION in (r.text or "")]
        if len(confirmations) > 1:
            yield f"I4 {len(confirmations)} confirmations to {row['number']}"
        # What was handed over before the stop was known may still take its time in the modem.
        late = [r for r in after if r not in confirmations and _asked_ms(house, r) > row["opted_out_at"]]
        if late:
            yield f"I4 texted after the stop: {row['number']} {[r.text and r.text[:8] for r in late]}"


def _wall_ms(record: AirRecord) -> int:
    return int(datetime.fromisoformat(record.at).timestamp() * 1000)


def _asked_ms(house: House, record: AirRecord) -> int:
    return int(house.world.network.epoch.timestamp() * 1000 + record.asked_s * 1000)


def _inbound(house: House, chaos: Chaos, db: sqlite3.Connection) -> Iterator[str]:
    kept = Counter((row["number"], row["text"]) for row in db.execute("SELECT number, text FROM inbound"))
    for sender, text, modem in chaos.injected:
        if text == "STOP":
            continue
        times = kept[sender, text]
        if times != 1:
            yield f"I3 {'lost' if not times else 'shown twice'}: {sender} {text[:10]} to m{modem}: {times}"
    stopped = {sender for sender, text, _ in chaos.injected if text == "STOP"}
    for sender in stopped:
        row = db.execute("SELECT opted_out_at FROM conversation WHERE number=?", [sender]).fetchone()
        if row is None or row["opted_out_at"] is None:
            yield f"I4 a stop was lost: {sender}"
    for number, modem in enumerate(house.world.modems):
        left = sum(len(storage.slots) for storage in modem.storages.values())
        if left:
            yield f"I3 m{number} still holds {left} texts"


def _hours(house: House) -> Iterator[str]:
    for record in house.world.network.air:
        local = datetime.fromisoformat(record.at).astimezone(ZoneInfo("America/New_York"))
        if not 9 <= local.hour < 20:
            yield f"I5 texted at {local:%H:%M}: {record.to}"
