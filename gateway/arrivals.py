"""What modems give: kept and committed before it is deleted there, joined when long, triaged, never lost and
never shown twice.

The same TPDU again within ten minutes of its first arrival, or before its slot was seen empty, is a repeat
and changes nothing; later it is a second text. Segments are joined in whatever order and however late they
come, also over a restart; after a day without the missing one the text is shown with its gap. What does not
decode is kept raw and shown as such.
"""

import hashlib
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from gateway import conversations, numbers, optout, optouts, reports, selftests
from gateway.moves import void_waiting
from gateway.rules import DAY_MS, Rules
from gateway.store import ms, write
from hardware.pdu import Deliver, PduError, StatusReport, Submit, decode, join

REPEAT_MS = 10 * 60_000
SET_WINDOW_MS = 2 * DAY_MS
PATIENCE_MS = DAY_MS
GAP = " […] "
MMS_PORT = 2948


@dataclass(frozen=True)
class Received:
    """One PDU as a modem gave it: hex (perhaps damaged), and the slot it sits in (`storage` "" when it came directly)."""

    pdu: str
    storage: str = ""
    slot: int | None = None


@dataclass(frozen=True)
class Seen:
    """Which station and SIM it came through."""

    station: str
    iccid: str


def keep(db: sqlite3.Connection, received: Iterable[Received], seen: Seen, rules: Rules, *, now: int) -> int:
    """Record everything in one commit; after it the modem's copies may be deleted. Returns how many were new."""
    with write(db):
        new = sum(_keep_one(db, item, seen, rules, now) for item in received)
        if new:
            db.execute("UPDATE station SET last_in_at=? WHERE name=?", [now, seen.station])
    return new


def _keep_one(db: sqlite3.Connection, item: Received, seen: Seen, rules: Rules, now: int) -> bool:
    octets = _octets(item.pdu)
    digest = int.from_bytes(hashlib.sha256(seen.iccid.encode() + b"\n" + octets).digest()[:8], "big") >> 1
    known = db.execute(
        "SELECT * FROM arrival WHERE digest=? AND iccid=? AND pdu=? ORDER BY id", [digest, seen.iccid, octets]
    ).fetchall()
    repeat = _repeated(known, now)
    if repeat is not None and any(
        k["gone_at"] is None and (k["storage"], k["slot"]) == (item.storage, item.slot) for k in known
    ):
        return False
    gone_at = now if item.slot is None else None
    cursor = db.execute(
        "INSERT INTO arrival (iccid, digest, pdu, storage, slot, first_at, gone_at, inbound_id, report_id) VALUES (?,?,?,?,?,?,?,?,?)",
        [
            seen.iccid,
            digest,
            octets,
            item.storage,
            item.slot,
            repeat["first_at"] if repeat else now,
            gone_at,
            repeat["inbound_id"] if repeat else None,
            repeat["report_id"] if repeat else None,
        ],
    )
    if repeat is not None:
        return False
    _read(db, int(cursor.lastrowid or 0), item.pdu, seen, rules, now)
    return True


def _octets(pdu: str) -> bytes:
    try:
        return bytes.fromhex(pdu)
    except ValueError:
        return pdu.encode("utf-8", "surrogateescape")


def _repeated(known: list[sqlite3.Row], now: int) -> sqlite3.Row | None:
    """The earlier arrival that this one repeats. A clock that stepped back makes no second text of a repeat."""
    for row in reversed(known):
        if row["gone_at"] is None or now - row["first_at"] < REPEAT_MS:
            return row
    return None


def _read(db: sqlite3.Connection, arrival_id: int, pdu: str, seen: Seen, rules: Rules, now: int) -> None:
    try:
        tpdu = decode(pdu)
    except PduError as damage:
        words = f"A text came that cannot be read ({damage}). As the modem gave it: {pdu[:400]}"
        inbound_id = _show(db, seen, _Text("", "undecoded", words, None), now)
        db.execute("UPDATE arrival SET inbound_id=? WHERE id=?", [inbound_id, arrival_id])
        return
    if isinstance(tpdu, StatusReport):
        arrived = reports.Arrived(
            numbers.inbound_address(tpdu.recipient.number, ton=tpdu.recipient.ton, region=rules.region),
            tpdu.mr,
            tpdu.status,
            ms(tpdu.timestamp) if tpdu.timestamp else None,
        )
        db.execute(
            "UPDATE arrival SET report_id=? WHERE id=?",
            [reports.keep(db, seen.iccid, arrived, now=now), arrival_id],
        )
        return
    if isinstance(tpdu, Submit):
        return  # a stored draft of somebody's phone: not a text to us; the row keeps it
    number = numbers.inbound_address(tpdu.sender.number, ton=tpdu.sender.ton, region=rules.region)
    if tpdu.concat is not None and tpdu.concat.total > 1:
        db.execute(
            "UPDATE arrival SET number=?, concat_ref=?, total=?, seq=? WHERE id=?",
            [number, tpdu.concat.ref, tpdu.concat.total, tpdu.concat.seq, arrival_id],
        )
        _assemble(db, arrival_id, seen, now)
        return
    text = _text_of(number, [tpdu])
    if text.kind == "text" and selftests.arrived(db, seen.station, text.text, now=now):
        return  # our own modem's: the row keeps it, and nobody needs to answer
    inbound_id = _show(db, seen, text, now)
    db.execute("UPDATE arrival SET inbound_id=? WHERE id=?", [inbound_id, arrival_id])


@dataclass(frozen=True)
class _Text:
    number: str
    kind: str
    text: str
    stamped_at: int | None
    missing: int = 0


def _text_of(number: str, parts: list[Deliver | None]) -> _Text:
    """What people read of one text, from its segments in order (None where one is missing)."""
    present = [part for part in parts if part is not None]
    first = present[0]
    stamped_at = ms(first.timestamp) if first.timestamp else None
    missing = len(parts) - len(present) + sum(part.cut for part in present)
    kind = _kind(first)
    if kind == "mms":
        words = "A picture message (MMS) waits at the network; this modem cannot fetch it."
    elif kind in ("binary", "silent"):
        words = (
            "A message for a device, not for people: "
            + b"".join(part.data or b"" for part in present).hex()[:400]
        )
    elif missing:
        words = GAP.join(_runs(parts)) + (GAP if present[-1].cut and parts[-1] is not None else "")
    else:
        words = join(present)
    if kind == "voicemail" and not words:
        words = "Voicemail waits for this number."
    return _Text(number, kind, words, stamped_at, missing)


def _runs(parts: list[Deliver | None]) -> list[str]:
    """The texts of the unbroken runs of segments, with an empty one where the text begins or ends in a gap."""
    runs: list[list[Deliver]] = [[]]
    for part in parts:
        if part is not None:
            runs[-1].append(part)
        elif runs[-1] or len(runs) == 1:
            runs.append([])
    return [join(run) if run else "" for run in runs]


def _kind(tpdu: Deliver) -> str:
    if tpdu.pid in (0x40, 0x7F):
        return "silent"  # 23.040 9.2.3.9: type 0 and SIM data download are not for people
    if (
        tpdu.ports is not None
        and tpdu.ports.dst == MMS_PORT
        and b"application/vnd.wap.mms-message" in (tpdu.data or b"")
    ):
        return "mms"
    if tpdu.text is None:
        return "binary"
    if tpdu.mwi is not None:
        return "voicemail"
    return "flash" if tpdu.dcs.message_class == 0 else "text"


def _assemble(db: sqlite3.Connection, arrival_id: int, seen: Seen, now: int) -> None:
    new = db.execute("SELECT * FROM arrival WHERE id=?", [arrival_id]).fetchone()
    waiting = db.execute(
        f"{_PARTS} AND first_at>=? ORDER BY id", [*_key(new), now - SET_WINDOW_MS]
    ).fetchall()
    for found in _sets(waiting):
        if len(found) == new["total"]:
            _show_set(db, found, new["total"], seen, now)


_PARTS = (
    "SELECT * FROM arrival WHERE number=? AND concat_ref=? AND total=? AND iccid=? AND inbound_id IS NULL"
)


def _key(row: sqlite3.Row) -> list[object]:
    return [row["number"], row["concat_ref"], row["total"], row["iccid"]]


def _sets(rows: list[sqlite3.Row]) -> list[dict[int, sqlite3.Row]]:
    """Segments under one reference as the texts that they make: references come round again, and two texts may be on
    their way at once. A segment joins the text without it whose segments the network stamped nearest.
    """
    sets: list[dict[int, sqlite3.Row]] = []
    for row in rows:
        lacking = [found for found in sets if row["seq"] not in found]
        home = min(lacking, key=lambda found: min(_apart(row, part) for part in found.values()), default=None)
        if home is None:
            home = {}
            sets.append(home)
        home[row["seq"]] = row
    return sets


def _apart(one: sqlite3.Row, other: sqlite3.Row) -> float:
    """Seconds between the network's stamps of two segments; unknown is far."""
    stamps = [
        tpdu.timestamp for tpdu in (decode(one["pdu"]), decode(other["pdu"])) if isinstance(tpdu, Deliver)
    ]
    known = [stamp.timestamp() for stamp in stamps if stamp is not None]
    return abs(known[0] - known[1]) if len(known) == 2 else float("inf")


def _show_set(
    db: sqlite3.Connection, found: dict[int, sqlite3.Row], total: int, seen: Seen, now: int
) -> None:
    parts: list[Deliver | None] = []
    for seq in range(1, total + 1):
        tpdu = decode(found[seq]["pdu"]) if seq in found else None
        parts.append(tpdu if isinstance(tpdu, Deliver) else None)
    number = next(iter(found.values()))["number"]
    inbound_id = _show(db, seen, _text_of(number, parts), now)
    db.executemany(
        "UPDATE arrival SET inbound_id=? WHERE id=?", [(inbound_id, row["id"]) for row in found.values()]
    )


def show_incomplete(db: sqlite3.Connection, *, now: int) -> int:
    """Show the long texts whose missing segments have not come for a day, with their gaps; returns how many."""
    late = db.execute(
        "SELECT number, concat_ref, total, iccid FROM arrival WHERE total IS NOT NULL AND inbound_id IS NULL "
        "GROUP BY number, concat_ref, total, iccid HAVING max(first_at)<?",
        [now - PATIENCE_MS],
    ).fetchall()
    for key in late:
        with write(db):
            for found in _sets(db.execute(f"{_PARTS} ORDER BY id", _key(key)).fetchall()):
                _show_set(db, found, key["total"], Seen("", key["iccid"]), now)
    return len(late)


def _show(db: sqlite3.Connection, seen: Seen, text: _Text, now: int) -> int:
    """The inbound row and all that follows from it: opt-out, whose turn it is, approvals that may no longer fit."""
    number = text.number or "unknown"
    conversation_id = conversations.ensure(db, number, now=now)
    before = db.execute(
        "SELECT id, text, kind, again_of FROM inbound WHERE conversation_id=? ORDER BY id DESC LIMIT 1",
        [conversation_id],
    ).fetchone()
    again = before is not None and (before["text"], before["kind"]) == (text.text, text.kind)
    readable = text.kind in ("text", "flash")
    # A bank or a short code that writes STOP is no person and can never be texted: there is nothing to decide.
    triage = optout.triage(text.text).kind if readable and numbers.is_person(number) else "reply"
    cursor = db.execute(
        "INSERT INTO inbound (conversation_id, number, kind, text, triage, station, iccid, received_at, stamped_at, missing, again_of) "
        "VALUES (?,?,?,?,?,?,?,?,?,?,?)",
        [
            conversation_id,
            number,
            text.kind,
            text.text,
            triage,
            seen.station,
            seen.iccid,
            now,
            text.stamped_at,
            text.missing,
            (before["again_of"] or before["id"]) if again else None,
        ],
    )
    if text.kind != "silent":
        _after_reply(db, conversation_id, triage, seen, now)
    return int(cursor.lastrowid or 0)


def _after_reply(db: sqlite3.Connection, conversation_id: int, triage: str, seen: Seen, now: int) -> None:
    row = db.execute(
        "SELECT name, number, opted_out_at FROM conversation WHERE id=?", [conversation_id]
    ).fetchone()
    rejoins = triage == "start" and row["opted_out_at"] is not None
    needs_answer = triage != "stop" and not rejoins
    db.execute(
        "UPDATE conversation SET last_in_at=?, last_at=?, closed_at=NULL, iccid=coalesce(iccid, ?), "
        "waiting_at=CASE WHEN ? THEN coalesce(waiting_at, ?) ELSE waiting_at END, asks_opt_out=max(asks_opt_out, ?) WHERE id=?",
        [now, now, seen.iccid, needs_answer, now, int(triage == "ask"), conversation_id],
    )
    if triage == "stop":
        optouts.opt_out(
            db, conversation_id, source="text", by=None, reason="asked by text", now=now, station=seen.station
        )
        return
    if rejoins:
        optouts.undo(db, conversation_id, by=None, reason="asked by text", now=now)
    name = conversations.name_of(row)
    void_waiting(
        db,
        conversation_id,
        actor=f"station:{seen.station}",
        now=now,
        reason=f"{name} wrote after this was written",
    )


def present(db: sqlite3.Connection, iccid: str) -> dict[tuple[str, int], int]:
    """The slots of this SIM and modem that were filled when last seen: (storage, index) to arrival id."""
    rows = db.execute(
        "SELECT id, storage, slot FROM arrival WHERE iccid=? AND gone_at IS NULL AND slot IS NOT NULL",
        [iccid],
    )
    return {(row["storage"], row["slot"]): row["id"] for row in rows}


def emptied(db: sqlite3.Connection, arrival_ids: Iterable[int], *, now: int) -> None:
    """Record that these slots were seen empty: the same words there from now on are a second text."""
    with write(db):
        db.executemany(
            "UPDATE arrival SET gone_at=? WHERE id=? AND gone_at IS NULL",
            [(now, row_id) for row_id in arrival_ids],
        )
