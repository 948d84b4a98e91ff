"""After the kills: the air, the SIMs and the rows against each other. Each breach is a sentence that begins with its invariant."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from gateway import ledger
from hardware.pdu import segment
from hardware.virtual import VirtualBank
from hardware.virtual.air import AirRecord
from tests.scenarios.kills.doomed import CONFIRMATION

ON_AIR = ("sent", "delivered", "undelivered")
UNKNOWN = ("uncertain",)
AT_ONCE_MS = 500  # a text that was being handed over by one station while another wrote the stop down

LOST = ("I2 lost", "I2 stuck", "I3 lost", "I4 lost")
DOUBLED = ("I2 doubled", "I3 doubled", "I4 doubled")


class Lived(Protocol):
    """What is reckoned up: `injected` are (sender, text, modem) of what came in."""

    bank: VirtualBank
    injected: list[tuple[str, str, int]]


def breaches(lived: Lived, db: sqlite3.Connection) -> list[str]:
    """Everything that is wrong; empty when all is well."""
    air = lived.bank.air()
    return [*_texts(air, db), *_stops(lived.bank, air, db), *_inbound(lived, db), *_sims(lived.bank)]


def _word(text: str) -> str:
    """The word that a text consists of; a segment may begin in the middle of it."""
    return next((word for word in text.split() if word.startswith("T")), text[:30])


def _texts(air: list[AirRecord], db: sqlite3.Connection) -> Iterator[str]:
    left: dict[tuple[str, str], list[AirRecord]] = defaultdict(list)
    for record in air:
        if record.text != CONFIRMATION:
            left[record.to, _word(record.text or "")].append(record)
    rows = db.execute(
        "SELECT m.*, c.number FROM message m JOIN conversation c ON c.id=m.conversation_id WHERE m.kind<>0"
    )
    for row in rows.fetchall():
        yield from _text(row, left.pop((row["number"], _word(row["text"])), []))
    yield from (f"I1 nobody wrote this: {to} {word}" for to, word in left)
    yield from (f"I1 ledger: {line}" for line in ledger.verify(db).broken)


def _text(row: sqlite3.Row, records: list[AirRecord]) -> Iterator[str]:
    what = f"text {row['id']} to {row['number']} ({row['state']}, {row['reason']})"
    total = segment(row["text"]).count
    parts = {record.concat[2] if record.concat else 1: record.text or "" for record in records}
    whole = len(parts) == total
    if len(records) > len(parts):
        yield f"I2 doubled: {what}: {Counter(record.concat for record in records)}"
    if row["state"] in ON_AIR and not whole:
        yield f"I2 lost: {what}: only {sorted(parts)} of {total} on the air"
    if row["state"] not in (*ON_AIR, *UNKNOWN) and (whole or (parts and row["submitted_at"] is None)):
        yield f"I2 lost: {what}: on the air, and said not to be"
    if row["state"] in ("approved", "claimed", "submitted"):
        yield f"I2 stuck: {what}"
    if whole and "".join(parts[seq] for seq in sorted(parts)) != row["text"]:
        yield f"I1 other words left: {what}"
    if records and row["approval_id"] is None:
        yield f"I1 left without an approval: {what}"


def _stops(bank: VirtualBank, air: list[AirRecord], db: sqlite3.Connection) -> Iterator[str]:
    rows = db.execute(
        "SELECT number, opted_out_at FROM conversation WHERE opted_out_at IS NOT NULL"
    ).fetchall()
    for row in rows:
        to = [record for record in air if record.to == row["number"]]
        confirmations = sum(record.text == CONFIRMATION for record in to)
        if confirmations > 1:
            yield f"I4 doubled: {confirmations} confirmations to {row['number']}"
        after = [
            r for r in to if r.text != CONFIRMATION and _asked_ms(bank, r) > row["opted_out_at"] + AT_ONCE_MS
        ]
        yield from (f"I4 texted after the stop: {record.to} {record.text}" for record in after)


def _asked_ms(bank: VirtualBank, record: AirRecord) -> float:
    """When its AT+CMGS came."""
    asked: datetime = bank.wall(record.asked_s)
    return asked.timestamp() * 1000


def _inbound(lived: Lived, db: sqlite3.Connection) -> Iterator[str]:
    shown = "SELECT number, text FROM inbound WHERE replaced_by IS NULL AND kind<>'silent'"
    kept = Counter((row["number"], row["text"]) for row in db.execute(shown))
    sent = Counter((sender, text) for sender, text, _ in lived.injected)
    for (sender, text), times in sent.items():
        if kept[sender, text] != times and text != "STOP":
            yield f"I3 {'lost' if kept[sender, text] < times else 'doubled'}: {sender} {text[:10]}: {kept[sender, text]}"
    for sender in {sender for sender, text, _ in lived.injected if text == "STOP"}:
        row = db.execute("SELECT opted_out_at FROM conversation WHERE number=?", [sender]).fetchone()
        if row is None or row["opted_out_at"] is None:
            yield f"I4 lost: the stop of {sender}"
    yield from (f"I3 nobody sent this: {number} {text[:10]}" for number, text in kept.keys() - sent.keys())


def _sims(bank: VirtualBank) -> Iterator[str]:
    for number in range(len(bank.ports)):
        if left := len(bank.stored(number)):
            yield f"I3 m{number} still holds {left} texts"
