"""What is deleted by age each night: in small batches with pauses between them, so that no station waits for it.

The age counts from a moment of its own, which follows the clock by at most two days a night: a clock that stands in
2070 for a night does not empty the database, and one that is right catches up.

Promises: of texts and answers their number stays, by day (`purged`); the approval ledger and opt-outs stay whole; nothing
that waits for a person, is on its way or is uncertain is touched. Fails with sqlite3.Error; what is left goes the next night.
"""

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from gateway import given, unanswered
from gateway.config import Privacy
from gateway.message import OVER
from gateway.rules import DAY_MS
from gateway.store import moment, write

SETTING = "purge"
FROM_HOUR = 3  # by the group's clock; a machine that is off then makes up for it
MOST_A_NIGHT_MS = 2 * DAY_MS
BATCH = 100
REST_MS = 7 * DAY_MS  # an arrival that its modem never showed to be gone is kept so much longer
NOTHING = 2**63 - 1  # came after that
OVER_STATES = ",".join(f"'{state}'" for state in OVER)

_ARRIVALS = (
    "SELECT id FROM arrival WHERE first_at<:before AND (inbound_id IS NOT NULL OR report_id IS NOT NULL OR total IS NULL OR pdu=x'') "
    "AND (gone_at IS NOT NULL OR pdu<>x'' AND (storage='' OR first_at<:before-:rest)) LIMIT :most"
)
_REPORTS = (
    "SELECT r.id FROM report r WHERE r.received_at<:before "
    "AND NOT EXISTS (SELECT 1 FROM message m WHERE m.id=r.message_id AND m.state='uncertain') LIMIT :most"
)
_EVENTS = (
    "SELECT e.id FROM event e JOIN message m ON m.id=e.message_id WHERE e.at<:before "
    f"AND m.state IN ({OVER_STATES}) LIMIT :most"
)
_RESTING = (  # people with whom nothing was said for so long, and nothing waits
    "SELECT c.id FROM conversation c WHERE c.last_at<:before AND c.waiting_at IS NULL AND c.asks_opt_out=0 "
    f"AND NOT EXISTS (SELECT 1 FROM message m WHERE m.conversation_id=c.id AND m.state NOT IN ({OVER_STATES})) "
    "AND (EXISTS (SELECT 1 FROM message m WHERE m.conversation_id=c.id) "
    "OR EXISTS (SELECT 1 FROM inbound i WHERE i.conversation_id=c.id)) "
)


def is_due(db: sqlite3.Connection, *, now: int, zone: str) -> bool:
    """Whether last night's is still to be done."""
    here = moment(now).astimezone(ZoneInfo(zone))
    told = _told(db)
    return told is None or (here.hour >= FROM_HOUR and told["day"] != here.date().isoformat())


def purge(
    db: sqlite3.Connection, keep: Privacy, *, now: int, zone: str, rest: Callable[[], bool] = lambda: True
) -> int:
    """Delete what is older than it is kept; returns how many rows went. `rest` is called between batches; False ends it."""
    told = _told(db)
    moment_of_age = now if told is None else min(now, told["at"] + MOST_A_NIGHT_MS)
    gone = 0
    if told is not None:  # the first night only learns what time it is
        with unbound(db):
            gone = _all(db, keep, moment_of_age, zone, rest)
    day = moment(now).astimezone(ZoneInfo(zone)).date().isoformat()
    with write(db):
        db.execute(
            "INSERT INTO setting (key, value) VALUES (?,?) ON CONFLICT (key) DO UPDATE SET value=excluded.value",
            [SETTING, json.dumps({"at": moment_of_age, "day": day})],
        )
    return gone


def _all(db: sqlite3.Connection, keep: Privacy, now: int, zone: str, rest: Callable[[], bool]) -> int:
    gone = _of_modems(db, keep, now)
    for days, what, query in (
        (keep.keep_pdus_days, "arrival", _ARRIVALS),
        (keep.keep_reports_days, "report", _REPORTS),
        (keep.keep_events_days, "event", _EVENTS),
    ):
        if days:
            gone += _by_rows(db, what, query, now - days * DAY_MS, rest)
    if keep.keep_texts_days:
        gone += _texts(db, now - keep.keep_texts_days * DAY_MS, zone, rest)
    return gone


def age(db: sqlite3.Connection) -> int:
    """The moment from which ages count (ms); 0 before the first night."""
    told = _told(db)
    return int(told["at"]) if told is not None else 0


def go_on(db: sqlite3.Connection, other: str) -> None:
    """Ages count from the moment that another state of this database knew (its setting), where that is later, and tonight: what had gone by
    then would stay for half as long as the two lie apart. Inside the caller's transaction.
    """
    with contextlib.suppress(ValueError, KeyError, TypeError):  # one that was damaged
        at = int(json.loads(other)["at"])
        if at > age(db):
            db.execute(
                "INSERT OR REPLACE INTO setting (key, value) VALUES (?,?)",
                [SETTING, json.dumps({"at": at, "day": ""})],
            )


def totals(db: sqlite3.Connection) -> dict[str, int]:
    """How many texts were deleted by age, by state ("answer": came in)."""
    return dict(db.execute("SELECT what, sum(count) FROM purged GROUP BY what").fetchall())


def _told(db: sqlite3.Connection) -> dict[str, Any] | None:
    row = db.execute("SELECT value FROM setting WHERE key=?", [SETTING]).fetchone()
    return dict(json.loads(row["value"])) if row is not None else None


def _by_rows(db: sqlite3.Connection, what: str, query: str, before: int, rest: Callable[[], bool]) -> int:
    """Look without the write lock, delete by row with it."""
    gone = 0
    while True:
        ids = [row["id"] for row in db.execute(query, {"before": before, "most": BATCH, "rest": REST_MS})]
        found = Belongings(**{what: ids})
        if what == "report":
            found = replace(found, arrival=_ids(db, "SELECT id FROM arrival WHERE report_id IN ", ids))
        with write(db):
            found.delete(db)
        gone += len(ids)
        if len(ids) < BATCH or not rest():
            return gone


def _texts(db: sqlite3.Connection, before: int, zone: str, rest: Callable[[], bool]) -> int:
    """The texts of people who rest; who they are stays, and so does how many texts there were."""
    gone = 0
    while True:
        people = [row["id"] for row in db.execute(_RESTING + "LIMIT 20", {"before": before})]
        found = belongings(db, people)
        with write(db):
            asked = {"before": before, "people": json.dumps(people)}
            still = db.execute(
                _RESTING + "AND c.id IN (SELECT value FROM json_each(:people))", asked
            ).fetchall()
            if len(still) == len(people):  # else one of them wrote this very moment: the next night
                count(db, people, zone)
                found.delete(db)
                gone += len(found.message) + len(found.inbound)
        if not people or len(still) < len(people) or not rest():
            return gone


@dataclass(frozen=True)
class Belongings:
    """Ids of rows that go together."""

    message: Sequence[int] = ()
    inbound: Sequence[int] = ()
    report: Sequence[int] = ()
    arrival: Sequence[int] = ()
    event: Sequence[int] = ()

    def delete(self, db: sqlite3.Connection, *, repeated_since: int = NOTHING) -> None:
        """Delete them, inside the caller's transaction. What came after `repeated_since` (ms) may be repeated by the network."""
        unanswered.keep_references(db, self.event)
        for table in ("message", "inbound"):
            if getattr(self, table):
                given.remember(db, table)
        texts = [(number,) for number in self.message]
        db.executemany("UPDATE self_test SET message_id=NULL WHERE message_id=?", texts)
        db.executemany("UPDATE target SET message_id=NULL WHERE message_id=?", texts)
        db.executemany("UPDATE answer SET message_id=NULL WHERE message_id=?", texts)
        db.executemany("DELETE FROM segment WHERE message_id=?", texts)
        # Rows that go refer to each other: a restore erases again inside its own transaction, with foreign keys.
        db.executemany("UPDATE message SET resend_of=NULL WHERE id=? AND resend_of IS NOT NULL", texts)
        db.executemany(
            "UPDATE inbound SET again_of=NULL, replaced_by=NULL WHERE id=? AND coalesce(again_of, replaced_by) IS NOT NULL",
            [(number,) for number in self.inbound],
        )
        # A slot that was not seen empty is read again: that its text was read stays known, and nothing else of it.
        arrivals = [(number, repeated_since) for number in self.arrival]
        db.executemany(
            "UPDATE arrival SET pdu=x'', number=NULL, concat_ref=NULL, total=NULL, seq=NULL, inbound_id=NULL, report_id=NULL "
            "WHERE id=? AND (gone_at IS NULL OR first_at>?)",
            arrivals,
        )
        db.executemany("DELETE FROM arrival WHERE id=? AND gone_at IS NOT NULL AND first_at<=?", arrivals)
        for table in ("event", "report", "inbound", "message"):
            db.executemany(f"DELETE FROM {table} WHERE id=?", [(number,) for number in getattr(self, table)])
        if self.event:
            unanswered.settle_references(db)


def belongings(db: sqlite3.Connection, people: list[int]) -> Belongings:
    """Everything that was said with these people (ids of conversations), and what tells of it."""
    texts = _ids(db, "SELECT id FROM message WHERE conversation_id IN ", people)
    answers = _ids(db, "SELECT id FROM inbound WHERE conversation_id IN ", people)
    reports = _ids(db, "SELECT id FROM report WHERE message_id IN ", texts)
    arrivals = {
        *_ids(db, "SELECT id FROM arrival WHERE inbound_id IN ", answers),
        *_ids(db, "SELECT id FROM arrival WHERE report_id IN ", reports),
    }
    events = _ids(db, "SELECT id FROM event WHERE message_id IN ", texts)
    return Belongings(texts, answers, reports, with_repeats(db, arrivals), events)


def with_repeats(db: sqlite3.Connection, arrivals: Iterable[int]) -> list[int]:
    """These arrivals, and those of the same octets that belong to nothing: repeats of a segment whose text was not whole yet."""
    ids = sorted(arrivals)
    digests = {row["digest"] for row in _rows(db, "SELECT digest FROM arrival WHERE id IN ", ids)}
    alone = "SELECT id FROM arrival WHERE inbound_id IS NULL AND report_id IS NULL AND total IS NULL AND digest IN "
    return sorted({*ids, *_ids(db, alone, sorted(digests))})


def _ids(db: sqlite3.Connection, query: str, ids: Sequence[int]) -> list[int]:
    return [row["id"] for row in _rows(db, query, ids)]


def _rows(db: sqlite3.Connection, query: str, ids: Sequence[int]) -> list[sqlite3.Row]:
    if not ids:
        return []
    return db.execute(f"{query}(SELECT value FROM json_each(?))", [json.dumps(list(ids))]).fetchall()


@contextlib.contextmanager
def unbound(db: sqlite3.Connection) -> Iterator[None]:
    """Without foreign keys: for each row that goes SQLite would read whole tables that have no index for it, with the write
    lock held. Whoever uses this deletes what refers to a row together with it.
    """
    db.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        db.execute("PRAGMA foreign_keys=ON")


def count(db: sqlite3.Connection, people: list[int], zone: str) -> None:
    """Count the texts of these people (ids of conversations) by day before they go, inside the caller's transaction."""
    here = ZoneInfo(zone)
    counts: dict[tuple[date, str], int] = {}
    for row in db.execute(
        "SELECT coalesce(submitted_at, created_at) AS at, state AS what FROM message "
        "WHERE conversation_id IN (SELECT value FROM json_each(:people)) "
        "UNION ALL SELECT received_at, 'answer' FROM inbound WHERE conversation_id IN (SELECT value FROM json_each(:people))",
        {"people": json.dumps(people)},
    ):
        mark = (moment(row["at"]).astimezone(here).date(), row["what"])
        counts[mark] = counts.get(mark, 0) + 1
    db.executemany(
        "INSERT INTO purged (day, what, count) VALUES (?,?,?) ON CONFLICT (day, what) DO UPDATE SET count=count+excluded.count",
        [(day.isoformat(), what, count) for (day, what), count in counts.items()],
    )


def _of_modems(db: sqlite3.Connection, keep: Privacy, now: int) -> int:
    gone = 0
    with write(db):
        if keep.keep_samples_days:
            before = now - keep.keep_samples_days * DAY_MS
            gone += db.execute("DELETE FROM station_sample WHERE at<?", [before]).rowcount
            gone += db.execute("DELETE FROM station_error WHERE last_at<?", [before]).rowcount
            gone += db.execute(  # the last one of each says how it stands
                "DELETE FROM station_event WHERE at<? AND id NOT IN (SELECT max(id) FROM station_event GROUP BY station)",
                [before],
            ).rowcount
        if keep.keep_host_events_days:
            before = now - keep.keep_host_events_days * DAY_MS
            gone += db.execute("DELETE FROM host_event WHERE at<?", [before]).rowcount
    return gone
