"""What each SIM has sent, counted when a text is handed to the modem (uncertain ones too), by the SIM's own
days and months.

The counts are rows of their own, so that purging texts, or erasing a person, never refills a budget. Minutes are counted
by the station on the monotonic clock; a station that starts learns of the last one here.
"""

import json
import sqlite3
from dataclasses import dataclass, replace

from gateway import policy
from gateway.message import GOING
from gateway.policy import Limits, Spent, Used
from gateway.store import moment

MINUTE_MS = 60_000
MOST_TO_FOLLOW = (
    50  # segments of texts that have begun to leave by one SIM and wait for their rest: a few texts
)
RECENT = 5_000  # events: more than all modems together write in a minute
ERASED = "erased_minute"  # a setting: ICCID and moment (ms) of each segment of the last minute whose rows an erasure deleted
# When each segment was handed over: a text of one segment may have no row of its own.
MOMENTS = (
    "SELECT m.iccid, CASE WHEN m.total>1 THEN s.submitted_at ELSE m.submitted_at END AS at "
    "FROM message m LEFT JOIN segment s ON s.message_id=m.id WHERE at>? AND "
)


@dataclass(frozen=True)
class Sim:
    """One SIM and what its plan allows; days and months are those of `zone`."""

    iccid: str
    limits: Limits
    zone: str
    billing_day: int = 1

    def day(self, now: int) -> str:
        """The SIM's day as YYYY-MM-DD."""
        return policy.day_of(moment(now), self.zone).isoformat()

    def month(self, now: int) -> str:
        """The first day of the SIM's billing month."""
        return policy.month_start(moment(now), self.zone, self.billing_day).isoformat()


def used(db: sqlite3.Connection, sim: Sim, now: int) -> Used:
    """Segments today and this month, and different people this month (the minute is the station's to count)."""
    month = sim.month(now)
    row = db.execute(
        "SELECT coalesce(sum(segments), 0) AS month, coalesce(sum(CASE WHEN day=? THEN segments END), 0) AS today "
        "FROM sim_day WHERE iccid=? AND day>=?",
        [sim.day(now), sim.iccid, month],
    ).fetchone()
    people = 0
    if sim.limits.people_per_month:
        people = db.execute(
            "SELECT count(*) FROM sim_person WHERE iccid=? AND month=?", [sim.iccid, month]
        ).fetchone()[0]
    return Used(minute=0, day=row["today"], month=row["month"], people=people)


def refusal(
    db: sqlite3.Connection, sim: Sim, conversation_id: int, kind: str, segments: int, now: int
) -> Spent | None:
    """Why this SIM cannot take this text now; None when it can."""
    if not (sim.limits.per_day or sim.limits.per_month or sim.limits.people_per_month):
        return None
    known = db.execute(
        "SELECT 1 FROM sim_person WHERE iccid=? AND month=? AND conversation_id=?",
        [sim.iccid, sim.month(now), conversation_id],
    ).fetchone()
    spent = used(db, sim, now)
    refused = policy.budget(sim.limits, spent, segments, kind, new_person=known is None)
    if refused is not None or not _soon_spent(sim.limits, spent, segments):
        return refused
    follow = _to_follow(db, sim.iccid, now)
    spent = replace(spent, day=spent.day + follow, month=spent.month + follow)
    return policy.budget(sim.limits, spent, segments, kind, new_person=known is None)


def _soon_spent(limits: Limits, spent: Used, segments: int) -> bool:
    """Whether the rest of texts that have begun to leave may matter: it is looked for among all that wait."""
    soon = segments + MOST_TO_FOLLOW
    day = limits.per_day and spent.day + soon > limits.per_day - limits.per_day // 10
    return bool(day or (limits.per_month and spent.month + soon > limits.per_month - limits.per_month // 10))


def _to_follow(db: sqlite3.Connection, iccid: str, now: int) -> int:
    """How many segments wait of texts of which others have left by this SIM, or may have while there is time for the rest. CROSS: what
    goes or is uncertain is few, all segments are many.
    """
    waiting = (
        "SELECT count(*) FROM message m CROSS JOIN segment s ON s.message_id=m.id WHERE m.iccid=:iccid "
        "AND s.state='pending' AND m.submitted_at IS NOT NULL AND m."
    )
    row = db.execute(
        f"SELECT ({waiting}{GOING}) + ({waiting}state='uncertain' AND m.valid_until>:now)",
        {"iccid": iccid, "now": now},
    ).fetchone()
    return int(row[0])


def count(db: sqlite3.Connection, sim: Sim, conversation_id: int, segments: int, now: int) -> None:
    """Count segments inside the transaction that lets them go."""
    db.execute(
        "INSERT INTO sim_day (iccid, day, segments, last_at) VALUES (?,?,?,?) "
        "ON CONFLICT (iccid, day) DO UPDATE SET segments=segments+excluded.segments, last_at=excluded.last_at",
        [sim.iccid, sim.day(now), segments, now],
    )
    db.execute(
        "INSERT OR IGNORE INTO sim_person (iccid, month, conversation_id) VALUES (?,?,?)",
        [sim.iccid, sim.month(now), conversation_id],
    )


def take_back(db: sqlite3.Connection, sim: Sim, now: int) -> None:
    """A segment that was counted a moment ago was not handed over after all."""
    db.execute(
        "UPDATE sim_day SET segments=segments-1 WHERE iccid=? AND day=? AND segments>0",
        [sim.iccid, sim.day(now)],
    )


def last_minute(db: sqlite3.Connection, sim: Sim, *, now: int, fill: bool) -> list[int]:
    """When (ms) each segment of the last minute left by this SIM, the oldest first, as far as the rows of texts tell, and
    what erasures kept of theirs.

    `fill`: where they do not know the last that was counted (a backup was restored, a text put back), nobody knows how
    many went with it: the minute counts as full from then on.
    """
    limit, since = sim.limits.per_minute, now - MINUTE_MS
    last: int | None = db.execute("SELECT max(last_at) FROM sim_day WHERE iccid=?", [sim.iccid]).fetchone()[0]
    if not limit or last is None or last <= since:
        return []
    rows = db.execute(
        MOMENTS + "m.iccid=? AND m.id IN "
        "(SELECT message_id FROM event WHERE id>(SELECT max(id) FROM event)-? AND event='submit')",
        [since, sim.iccid, RECENT],
    ).fetchall()
    erased = [at for iccid, at in _erased(db) if iccid == sim.iccid and at > since]
    times = sorted([int(row["at"]) for row in rows] + erased)
    return times + [last] * limit if fill and last > max(times, default=0) else times


def keep_erased(db: sqlite3.Connection, conversation_id: int) -> None:
    """A person is erased, before their texts are: they count on as nobody (below zero), whoever gets the ID of their
    conversation counts for themselves, and what left in the last minute counts on in it.
    """
    last: int = db.execute("SELECT coalesce(max(last_at), 0) FROM sim_day").fetchone()[0]
    theirs = db.execute(MOMENTS + "m.conversation_id=?", [last - MINUTE_MS, conversation_id]).fetchall()
    if theirs:
        kept = [*_erased(db), *((row["iccid"], row["at"]) for row in theirs)]
        db.execute(
            "INSERT OR REPLACE INTO setting (key, value) VALUES (?,?)",
            [ERASED, json.dumps([moment for moment in kept if moment[1] > last - MINUTE_MS])],
        )
    db.execute(
        "UPDATE sim_person SET conversation_id=? WHERE conversation_id=?", [_nobody(db) - 1, conversation_id]
    )


def _erased(db: sqlite3.Connection) -> list[tuple[str, int]]:
    """ICCID and moment (ms) of segments that erasures kept."""
    row = db.execute("SELECT value FROM setting WHERE key=?", [ERASED]).fetchone()
    return [(iccid, at) for iccid, at in json.loads(row["value"])] if row else []


def take_over(db: sqlite3.Connection, people: list[tuple[str, str, int, str | None]]) -> None:
    """Count whom SIMs texted by another database: ICCID, month, the conversation there and its number (None: erased since)."""
    nobody = min([_nobody(db), *(there for _, _, there, _ in people)])
    for iccid, month, there, number in people:
        here = db.execute("SELECT id FROM conversation WHERE number=?", [number]).fetchone()
        stranger = there if there < 0 else nobody - there
        db.execute(
            "INSERT OR IGNORE INTO sim_person (iccid, month, conversation_id) VALUES (?,?,?)",
            [iccid, month, stranger if here is None else here["id"]],
        )


def _nobody(db: sqlite3.Connection) -> int:
    """The lowest number of those who are no longer here; 0 when there are none."""
    return int(db.execute("SELECT min(0, coalesce(min(conversation_id), 0)) FROM sim_person").fetchone()[0])


def bring_back(db: sqlite3.Connection, zone: str, now: int) -> None:
    """The clock stood ahead and was set right: what was counted on days and months to come counts today and this month."""
    today = policy.day_of(moment(now), zone).isoformat()
    ahead = db.execute(
        "SELECT iccid, sum(segments) AS segments FROM sim_day WHERE day>? GROUP BY iccid", [today]
    ).fetchall()
    for row in ahead:
        db.execute("DELETE FROM sim_day WHERE iccid=? AND day>?", [row["iccid"], today])
        db.execute(
            "INSERT INTO sim_day (iccid, day, segments, last_at) VALUES (?,?,?,?) "
            "ON CONFLICT (iccid, day) DO UPDATE SET segments=segments+excluded.segments",
            [row["iccid"], today, row["segments"], now],
        )
    # The last two digits of a month are the SIM's billing day, or the last day of a shorter month.
    months = db.execute(
        "SELECT iccid, max(substr(month, 9)) AS day FROM sim_person GROUP BY iccid HAVING max(month)>?",
        [today],
    ).fetchall()
    for row in months:
        month = policy.month_start(moment(now), zone, int(row["day"])).isoformat()
        db.execute(
            "INSERT OR IGNORE INTO sim_person (iccid, month, conversation_id) "
            "SELECT iccid, ?, conversation_id FROM sim_person WHERE iccid=? AND month>?",
            [month, row["iccid"], today],
        )
        db.execute("DELETE FROM sim_person WHERE iccid=? AND month>?", [row["iccid"], today])
