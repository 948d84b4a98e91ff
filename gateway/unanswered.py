"""What the rows tell of texts whose answer a modem may still owe, for a station that has only just begun: the gateway was
killed between Ctrl-Z and the answer, and the modem goes on.
"""

import heapq
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from gateway.claims import Job, job_of

RECENT = 50_000  # events looked through for a SIM's last text: more than people write in minutes, who approve or take back thousands at once
OWED = "owed"  # a setting: what `NEWEST` found in the database that a backup replaced, {ICCID: ms}
KEPT = "references"  # a setting: MRs of segments whose events were deleted, {ICCID: [[event, MR]]}
GONE = 0  # stands for a text that was deleted
REFERENCES = 256  # as many as there are
ANY_SIM = (
    ""  # in it, where that database could not be asked: until then each SIM may have been handed something
)
# Whatever a report or a person said of it since, also where the rest of it then followed; and what was owed already when that database took
# another's place.
NEWEST = (
    "SELECT iccid, max(at) FROM (SELECT m.iccid, coalesce(s.submitted_at, m.submitted_at) AS at FROM message m "
    "LEFT JOIN segment s ON s.message_id=m.id WHERE m.iccid IS NOT NULL AND m.submitted_at IS NOT NULL AND (m.sent_at IS NULL "
    "OR EXISTS (SELECT 1 FROM event WHERE message_id=m.id AND event='resume' AND actor='network')) "
    "UNION ALL SELECT key, value FROM json_each((SELECT value FROM setting WHERE key='owed'))) GROUP BY iccid"
)


@dataclass(frozen=True)
class Unanswered:
    """One segment that was handed over at `submitted_at` (ms), of which nobody knows whether it left."""

    job: Job
    seq: int
    submitted_at: int


def unanswered(db: sqlite3.Connection, iccid: str, *, since: int) -> list[Unanswered]:
    """What this SIM was handed since then (ms), the oldest first. What a clock that stepped back puts later counts too."""
    rows = db.execute(
        "SELECT m.id, coalesce(s.seq, 1) AS seq, coalesce(s.submitted_at, m.submitted_at) AS at FROM message m "
        "LEFT JOIN segment s ON s.message_id=m.id AND s.state='unknown' "
        "WHERE m.state='uncertain' AND m.iccid=? AND (m.total=1 OR s.seq IS NOT NULL) "
        "AND coalesce(s.submitted_at, m.submitted_at)>=? ORDER BY at, m.id, s.seq",
        [iccid, since],
    )
    return [Unanswered(job_of(db, row["id"]), row["seq"], row["at"]) for row in rows.fetchall()]


def settled(db: sqlite3.Connection, iccid: str, *, since: int) -> list[Unanswered]:
    """What this SIM was handed since then and has not answered, though a report or a person said what became of it: it may yet.

    Of a long text that is uncertain a report may have told of the one segment that was not answered.
    """
    rows = db.execute(
        "SELECT id, at FROM (SELECT m.id, max(m.submitted_at, coalesce((SELECT max(submitted_at) FROM segment WHERE message_id=m.id), 0)) "
        "AS at FROM message m WHERE m.state<>'uncertain' AND m.iccid=:iccid AND m.id IN (SELECT message_id FROM event "
        "WHERE id>(SELECT max(id) FROM event)-:recent AND "
        "(event IN ('settle_delivered','settle_undelivered','settle_failed') OR event IN ('resume','settle_sent') AND actor='network')) "
        "UNION SELECT m.id, max(s.submitted_at) FROM message m JOIN segment s ON s.message_id=m.id WHERE m.state='uncertain' "
        "AND m.iccid=:iccid AND s.state IN ('delivered','undelivered') GROUP BY m.id) WHERE at>=:since ORDER BY at, id",
        {"recent": RECENT, "iccid": iccid, "since": since},
    )
    return [Unanswered(job_of(db, row["id"]), 1, row["at"]) for row in rows.fetchall()]


def by_another_sim(db: sqlite3.Connection, station: str, iccid: str, *, since: int) -> int | None:
    """When this station lost sight of a text by another SIM than that one (ms of its handing over); None when that was before `since`."""
    row = db.execute(
        "SELECT max(max(m.submitted_at, coalesce((SELECT max(submitted_at) FROM segment WHERE message_id=m.id), 0))) AS at FROM message m "
        "WHERE m.station=:station AND m.iccid<>:iccid AND m.id IN "
        "(SELECT message_id FROM event WHERE id>(SELECT max(id) FROM event)-:recent AND event='lose')",
        {"station": station, "iccid": iccid, "recent": RECENT},
    ).fetchone()
    return int(row["at"]) if row["at"] is not None and row["at"] >= since else None


def have_left(db: sqlite3.Connection, station: str, count: int) -> bool:
    """Whether it is known by now of the last `count` times that this station lost sight of a text that all of it left: of a long one it may
    have lost sight twice. Of somebody who was erased since nobody knows: what lies behind a text that was taken is older.
    """
    row = db.execute(
        "WITH lost AS (SELECT id, message_id FROM event WHERE id>(SELECT max(id) FROM event)-:recent AND event='lose' "
        "AND actor=:actor ORDER BY id DESC LIMIT :count) "
        "SELECT count(*) AS left FROM lost JOIN message m ON m.id=lost.message_id WHERE m.state IN ('sent','delivered','undelivered') "
        "AND NOT EXISTS (SELECT 1 FROM event WHERE event='accept' AND actor=:actor "
        "AND id BETWEEN (SELECT min(id) FROM lost) AND (SELECT max(id) FROM lost))",
        {"recent": RECENT, "actor": f"station:{station}", "count": count},
    ).fetchone()
    return int(row["left"]) == count


def forgotten(db: sqlite3.Connection, *, since: int) -> int | None:
    """When a SIM was handed a segment last (ms) that it had not answered when a backup took the place of the database that knew of it, or
    the card lost that; None when that was before `since`, or never. Whichever SIM: it may have been exchanged, and its modem answers.
    """
    row = db.execute("SELECT value FROM setting WHERE key=?", [OWED]).fetchone()
    at = max(json.loads(row["value"]).values(), default=None) if row is not None else None
    return int(at) if at is not None and at >= since else None


def keep_owed(db: sqlite3.Connection, owed: Mapping[str, int]) -> None:
    """Another database takes the place, or the card lost what was written last: what modems may still answer of texts that are not here
    (`OWED`). How far their SIMs have counted since, nobody knows. Inside the caller's transaction.
    """
    db.execute("INSERT OR REPLACE INTO setting (key, value) VALUES (?,?)", [OWED, json.dumps(owed)])
    last = db.execute("SELECT coalesce(max(id), 0) FROM event").fetchone()[0]
    sims = db.execute("SELECT iccid FROM sim").fetchall()
    _keep(db, {sim["iccid"]: [(last, None)] * REFERENCES for sim in sims})


def last_reference(db: sqlite3.Connection, iccid: str) -> tuple[int | None, int]:
    """The MR of the last segment that this SIM was handed and of which one is known (None when no recent text tells), and how many
    it was handed after that one. The SIM counts on from there (31.102 EF SMSS).
    """
    after = 0
    for handed in _handed(db, iccid, _submits(db)):
        if handed.mr is not None:
            return handed.mr, after
        after += 1
    return None, after


def reference_before(db: sqlite3.Connection, iccid: str, owed: Unanswered) -> int | None:
    """The MR of the last segment that this SIM was handed before that one and of which one is known; None when no recent text tells."""
    handed = _handed(db, iccid, _submits(db))
    for each in handed:
        if (each.message_id, each.seq) == (owed.job.message_id, owed.seq):
            return next((before.mr for before in handed if before.mr is not None), None)
    return None


def keep_references(db: sqlite3.Connection, events: Sequence[int]) -> None:
    """These events go, with their texts or without: the SIMs counted references for what they were handed all the same, and a modem's
    next answers are told apart by them. Inside the caller's transaction, before they go; `settle_references` after it.
    """
    going = set(events)
    first = db.execute(
        "SELECT min(id) FROM event WHERE id IN (SELECT value FROM json_each(?)) AND id>(SELECT max(id) FROM event)-? AND event='submit'",
        [json.dumps(list(events)), RECENT],
    ).fetchone()[0]
    if first is None:
        return
    # No further back than what goes: stations wait for the lock meanwhile.
    submits, kept = _submits(db, since=first), _kept(db)
    for iccid in {*kept, *submits.stations}:
        kept[iccid] = [
            (each.event_id, each.mr)
            for each in islice(_handed(db, iccid, submits), REFERENCES)
            if each.message_id == GONE or each.event_id in going
        ]
    _keep(db, kept)


def settle_references(db: sqlite3.Connection) -> None:
    """Events went: the next ones may have the ids of those, and come after all that was kept."""
    last = db.execute("SELECT coalesce(max(id), 0) FROM event").fetchone()[0]
    kept = _kept(db)
    if any(event_id > last for of_sim in kept.values() for event_id, _mr in of_sim):
        _keep(
            db,
            {iccid: [(min(event_id, last), mr) for event_id, mr in of_sim] for iccid, of_sim in kept.items()},
        )


def _kept(db: sqlite3.Connection) -> dict[str, list[tuple[int, int | None]]]:
    """{ICCID: [(event, MR)]} of segments whose events went, the last first; of which event each came after."""
    row = db.execute("SELECT value FROM setting WHERE key=?", [KEPT]).fetchone()
    kept = json.loads(row["value"]) if row is not None else {}
    return {iccid: [(event_id, mr) for event_id, mr in of_sim] for iccid, of_sim in kept.items()}


def _keep(db: sqlite3.Connection, kept: dict[str, list[tuple[int, int | None]]]) -> None:
    db.execute("INSERT OR REPLACE INTO setting (key, value) VALUES (?,?)", [KEPT, json.dumps(kept)])


class _Handed(NamedTuple):
    """One segment that a SIM was handed. `message_id` is GONE when its text or its event went; `seq` too, and when it was refused."""

    event_id: int
    message_id: int
    seq: int
    mr: int | None


class _Submits(NamedTuple):
    """What was handed over of late by any SIM, the last first; which stations (as actors) each SIM was in, by that and now."""

    rows: list[sqlite3.Row]
    stations: dict[str, set[str]]


def _handed(db: sqlite3.Connection, iccid: str, submits: _Submits) -> Iterator[_Handed]:
    """What this SIM was handed of late, each segment once, that of the last attempt first."""
    gone = (_Handed(event_id, GONE, GONE, mr) for event_id, mr in _kept(db).get(iccid, []))
    seen: set[tuple[int, int]] = set()
    # Of the same event: what went was handed after it.
    for each in heapq.merge(gone, _there(db, iccid, submits), key=lambda each: each.event_id, reverse=True):
        if each.seq == GONE:
            yield each
        elif (each.message_id, each.seq) not in seen:
            seen.add((each.message_id, each.seq))
            yield each


def _submits(db: sqlite3.Connection, *, since: int = 1) -> _Submits:
    """Down to the event `since`."""
    rows = db.execute(
        "SELECT e.id AS event_id, e.at, e.actor, m.id, m.iccid, m.total, m.mr FROM event e JOIN message m ON m.id=e.message_id "
        "WHERE e.id>max((SELECT max(id) FROM event)-?, ?) AND e.event='submit' ORDER BY e.id DESC",
        [RECENT, since - 1],
    ).fetchall()
    stations: dict[str, set[str]] = {}
    for row in (*rows, *db.execute("SELECT 'station:'||name AS actor, iccid FROM station").fetchall()):
        if row["iccid"]:
            stations.setdefault(row["iccid"], set()).add(row["actor"])
    return _Submits(rows, stations)


def _there(db: sqlite3.Connection, iccid: str, submits: _Submits) -> Iterator[_Handed]:
    """As far as there are rows. What a SIM was refused, or was handed before the rest of a long text, took a reference too; no row tells
    by which SIM, so that it counts for each that its station had.
    """
    later: set[int] = set()  # texts that were handed over again since
    mine = submits.stations.get(iccid)
    for row in submits.rows:
        if (row["id"] in later or row["iccid"] is None) and (mine is None or row["actor"] in mine):
            yield _Handed(row["event_id"], row["id"], GONE, None)
        if row["iccid"] == iccid:
            yield from _handed_then(db, row)
        later.add(row["id"])


def _handed_then(db: sqlite3.Connection, row: sqlite3.Row) -> Iterator[_Handed]:
    """The segments that were handed over from this `submit` on, the last first, with their references."""
    if row["total"] == 1:
        yield _Handed(row["event_id"], row["id"], 1, row["mr"])
        return
    parts = db.execute(
        "SELECT seq, mr FROM segment WHERE message_id=? AND submitted_at>=? ORDER BY submitted_at DESC, seq DESC",
        [row["id"], row["at"]],
    )
    for part in parts:
        yield _Handed(row["event_id"], row["id"], part["seq"], part["mr"])
