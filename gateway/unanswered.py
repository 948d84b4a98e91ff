"""What the rows tell of texts whose answer a modem may still owe, for a station that has only just begun: the gateway was
killed between Ctrl-Z and the answer, and the modem goes on.
"""

import sqlite3
from dataclasses import dataclass

from gateway.claims import Job, job_of

RECENT = 5_000  # events looked through for a SIM's last text


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


def settled(db: sqlite3.Connection, iccid: str, *, since: int) -> bool:
    """Whether a report, or a person, said what became of a text that this SIM was handed since then and has not answered: it may yet.
    Of a long text that is uncertain a report may have told of the one segment that was not answered.
    """
    row = db.execute(
        "SELECT 1 FROM (SELECT 1 FROM event e JOIN message m ON m.id=e.message_id WHERE e.id>(SELECT max(id) FROM event)-:recent "
        "AND e.event IN ('settle_delivered','settle_failed') AND m.state<>'uncertain' AND m.iccid=:iccid AND m.submitted_at>=:since "
        "UNION ALL SELECT 1 FROM message m JOIN segment s ON s.message_id=m.id WHERE m.state='uncertain' AND m.iccid=:iccid "
        "AND s.state IN ('delivered','undelivered') AND s.submitted_at>=:since) LIMIT 1",
        {"recent": RECENT, "iccid": iccid, "since": since},
    ).fetchone()
    return row is not None


def last_reference(db: sqlite3.Connection, iccid: str) -> int | None:
    """The MR of what this SIM handed to the network last; None when no recent text tells. The SIM counts on from there
    (31.102 EF SMSS).
    """
    row = db.execute(
        "SELECT coalesce(m.mr, (SELECT mr FROM segment s WHERE s.message_id=m.id AND s.mr IS NOT NULL "
        "ORDER BY s.submitted_at DESC, s.seq DESC LIMIT 1)) AS reference "
        "FROM event e JOIN message m ON m.id=e.message_id WHERE e.id>(SELECT max(id) FROM event)-? "
        "AND e.event IN ('submit','accept','settle_sent') AND m.iccid=? AND reference IS NOT NULL ORDER BY e.id DESC LIMIT 1",
        [RECENT, iccid],
    ).fetchone()
    return None if row is None else int(row["reference"])
