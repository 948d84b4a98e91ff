"""What each SIM has sent, counted when a text is handed to the modem (uncertain ones too), by the SIM's own
days and months.

The counts are rows of their own, so that purging texts never refills a budget. Minutes are counted by the
station on the monotonic clock.
"""

import sqlite3
from dataclasses import dataclass

from gateway import policy
from gateway.policy import Limits, Spent, Used
from gateway.store import moment


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
    return policy.budget(sim.limits, used(db, sim, now), segments, kind, new_person=known is None)


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
    month = policy.month_start(moment(now), zone, 1).isoformat()
    db.execute(
        "INSERT OR IGNORE INTO sim_person (iccid, month, conversation_id) "
        "SELECT iccid, ?, conversation_id FROM sim_person WHERE month>?",
        [month, month],
    )
    db.execute("DELETE FROM sim_person WHERE month>?", [month])
