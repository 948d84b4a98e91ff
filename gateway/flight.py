"""What a station does with texts: claim, submit, accept, defer, fail, lose; and the recovery of what a dead
station left behind.

The law is kept here: `submit` is committed (fsync) before Ctrl-Z is written, and its transaction asks
everything again that may have changed since the approval: opt-out, quiet hours, budget, words, epoch. `claim`
is committed without fsync: a power cut that forgets it forgets nothing that left.

Promises: a text is never in two stations; a segment that may have left is never sent again; segments that are
known not to have left follow with the same reference on the same SIM, also after a restart.
"""

import hmac
import sqlite3
from dataclasses import dataclass
from datetime import timedelta

from gateway import budget, conversations, ledger, policy, reports
from gateway.claims import ON_AIR_MS, SHORTEST_MS, Job, Obstacle, Seat, obstacle_to, put_off
from gateway.errors import StaleMessage
from gateway.following import rest_follows
from gateway.message import GOING
from gateway.moves import left_already, move
from gateway.rules import HOUR_MS, Rules
from gateway.store import moment, write

LONGEST_VALIDITY = timedelta(hours=24)
ON_AIR = timedelta(milliseconds=ON_AIR_MS)
GIVEN_UP = ("uncertain", "failed")  # failed: a person thought that it was lost
LONG_TEXT = 2 * timedelta(milliseconds=SHORTEST_MS)  # its last segment is given the shortest period too


@dataclass(frozen=True)
class Accepted:
    """A `+CMGS` that is not committed yet."""

    job: Job
    seq: int
    mr: int | None
    at: int


class NotNowError(Exception):
    """The submit was refused by its own guard: nothing has left, and the row already says what comes of the text."""


def begin(db: sqlite3.Connection, station: str, *, now: int) -> int:
    """A new start of this station: grows the epoch, so that a thread of an older start can no longer submit. Returns it."""
    with write(db):
        db.execute(
            "INSERT INTO station (name, epoch, state, since_at) VALUES (?, 1, 'starting', ?) "
            "ON CONFLICT (name) DO UPDATE SET epoch=epoch+1, retired_at=NULL",
            [station, now],
        )
        epoch = int(db.execute("SELECT epoch FROM station WHERE name=?", [station]).fetchone()["epoch"])
        recover(db, station, now=now)
    return epoch


def recover(db: sqlite3.Connection, station: str, *, now: int) -> None:
    """Settle what this station had in hand when it ended: claimed texts go back, what may have left becomes uncertain."""
    actor = f"station:{station}"
    with write(db):
        for row in db.execute(
            f"SELECT * FROM message WHERE {GOING} AND station=? AND state='claimed'", [station]
        ).fetchall():
            move(db, "defer", row["id"], actor=actor, now=now, reason="The gateway restarted before it left.")
        for row in db.execute(
            f"SELECT * FROM message WHERE {GOING} AND station=? AND state='submitted'", [station]
        ).fetchall():
            _recover_submitted(db, row, actor, now)


def recover_all(db: sqlite3.Connection, *, now: int) -> None:
    """Settle what any station had in hand, before one begins: its own modem may never come back, and its SIM be in another."""
    held = db.execute(f"SELECT DISTINCT station FROM message WHERE {GOING} AND state<>'approved'").fetchall()
    for row in held:
        recover(db, row["station"], now=now)


def set_aside(db: sqlite3.Connection, station: str, *, now: int) -> None:
    """This station died on what it had in hand: others go first, so that one text cannot end it again and again."""
    reason = "The station stopped while it took this text; it is tried again in an hour."
    with write(db):
        for row in db.execute(
            f"SELECT id FROM message WHERE {GOING} AND station=? AND state='claimed'", [station]
        ).fetchall():
            move(
                db,
                "defer",
                row["id"],
                actor=f"station:{station}",
                now=now,
                reason=reason,
                not_before=now + HOUR_MS,
            )


def _recover_submitted(db: sqlite3.Connection, row: sqlite3.Row, actor: str, now: int) -> None:
    unknown = 1
    if row["total"] > 1:
        unknown = db.execute(
            "UPDATE segment SET state='unknown' WHERE message_id=? AND state='submitted'", [row["id"]]
        ).rowcount
    if unknown:
        lost = "The gateway stopped after the text was handed to the modem and before its answer."
        words = left_already(db, row["id"], row["total"], lost)
        move(db, "lose", row["id"], actor=actor, now=now, reason=words)
        reports.match_open(db, row, now=now)
    else:
        move(
            db,
            "defer",
            row["id"],
            actor=actor,
            now=now,
            reason="The gateway restarted; the rest of the text follows.",
            not_before=None,
        )


def validity(db: sqlite3.Connection, job: Job, rules: Rules, *, now: int) -> timedelta:
    """How long the network may try, from now on: until quiet hours begin, the same end for every segment. Zero: not at all."""
    row = db.execute(
        f"SELECT m.kind, m.valid_until, c.zone, c.number, {conversations.WROTE_AT} FROM message m "
        "JOIN conversation c ON c.id=m.conversation_id WHERE m.id=?",
        [job.message_id],
    ).fetchone()
    later = moment(now) + ON_AIR  # the network counts from when it has the text, not from now
    if row["valid_until"] is not None:
        return policy.validity_step(moment(row["valid_until"]) - later)
    zones, answer = conversations.zones(row, rules), conversations.answering(row, rules)
    if answer["wrote_at"] is not None:
        answer["wrote_at"] += ON_AIR  # the hour in which an answer may leave is asked from now
    first = policy.validity(later, zones, rules.quiet, LONGEST_VALIDITY, **answer)
    return first if job.total == 1 or first >= LONG_TEXT else timedelta(0)


def submit(
    db: sqlite3.Connection, seat: Seat, job: Job, seq: int, rules: Rules, *, valid_for: timedelta, now: int
) -> None:
    """Record that this segment is about to leave. When it returns, the row is on the disk and Ctrl-Z may be written; NotNowError: it may not."""
    obstacle: Obstacle | None = None
    with write(db):
        row = db.execute(
            f"SELECT m.*, c.number, c.name, c.zone, c.salt, c.opted_out_at, c.last_in_at, {conversations.WROTE_AT}, l.digest, "
            "s.epoch AS current FROM message m JOIN conversation c ON c.id=m.conversation_id "
            "LEFT JOIN ledger l ON l.id=m.approval_id JOIN station s ON s.name=m.station WHERE m.id=?",
            [job.message_id],
        ).fetchone()
        if (
            row is None
            or row["current"] != seat.epoch
            or (row["station"], row["epoch"]) != (seat.station, seat.epoch)
            or row["state"] not in (("claimed", "submitted") if job.total > 1 else ("claimed",))
        ):
            raise NotNowError(f"text {job.message_id} is no longer this station's")
        obstacle = _other_words(db, row, job) or obstacle_to(db, row, seat, rules, job.total, now)
        if obstacle is None:
            _record_submit(db, seat, job, row, seq, valid_for, now)
    if obstacle is not None:
        release(db, seat, job, obstacle.reason, now=now)
        put_off(
            db,
            db.execute("SELECT * FROM message WHERE id=?", [job.message_id]).fetchone(),
            obstacle,
            seat,
            now,
        )
        raise NotNowError(obstacle.reason)


def _other_words(db: sqlite3.Connection, row: sqlite3.Row, job: Job) -> Obstacle | None:
    """What leaves is byte for byte what a person approved, or it goes back to a person."""
    approved = (
        row["salt"] is not None
        and row["digest"] is not None
        and (row["text"], row["number"]) == (job.text, job.number)
    )
    if approved and hmac.compare_digest(
        ledger.digest(row["salt"], row["number"], row["text"]), row["digest"]
    ):
        return None
    if row["submitted_at"] is not None:
        words = "Its words or its number were changed after it had begun to leave; the rest stays here."
        return Obstacle("expire", left_already(db, row["id"], row["total"], words))
    return Obstacle("void", "Its words or its number are not those that were approved. It did not leave.")


def _record_submit(
    db: sqlite3.Connection, seat: Seat, job: Job, row: sqlite3.Row, seq: int, valid_for: timedelta, now: int
) -> None:
    if job.total > 1:
        changed = db.execute(
            "UPDATE segment SET state='submitted', submitted_at=? WHERE message_id=? AND seq=? AND state='pending'",
            [now, job.message_id, seq],
        ).rowcount
        if changed != 1:
            raise NotNowError(f"segment {seq} of text {job.message_id} is not waiting")
    if row["state"] == "claimed":
        move(
            db,
            "submit",
            job.message_id,
            actor=seat.actor,
            now=now,
            iccid=seat.sim.iccid,
            submitted_at=row["submitted_at"] or now,
            valid_until=row["valid_until"] or now + ON_AIR_MS + int(valid_for.total_seconds() * 1000),
            attempts=row["attempts"] + 1,
        )
        # Somebody of an open campaign stays marked, and whoever is answered: the campaign's own text is still to be read with doubt.
        db.execute(
            "UPDATE conversation SET iccid=coalesce(iccid, :iccid), last_at=:now, perhaps_texted_at=CASE WHEN :answer OR EXISTS "
            "(SELECT 1 FROM target t JOIN campaign p ON p.id=t.campaign_id WHERE t.conversation_id=:person AND t.live=1 AND p.state<>'closed') "
            "THEN perhaps_texted_at END WHERE id=:person",
            {
                "iccid": seat.sim.iccid,
                "now": now,
                "person": job.conversation_id,
                "answer": job.kind in policy.KEPT_FOR,
            },
        )
    budget.count(db, seat.sim, job.conversation_id, 1, now)


def _still(db: sqlite3.Connection, job: Job) -> sqlite3.Row:
    """The text's row. StaleMessage when its person was erased meanwhile: what came of it is nobody's any more."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM message WHERE id=?", [job.message_id]).fetchone()
    if row is None:
        raise StaleMessage(f"Text {job.message_id} is not there any more.")
    return row


def accept(db: sqlite3.Connection, seat: Seat, accepted: Accepted) -> None:
    """The network took this segment; after the last one the text is sent. A report that came before it is matched now."""
    job = accepted.job
    with write(db):
        row = _still(db, job)
        if row["state"] in GIVEN_UP:  # by a newer start of this station
            settle_late(db, seat, job, accepted.seq, accepted.mr, now=accepted.at)
            return
        if job.total > 1:
            db.execute(
                "UPDATE segment SET state='accepted', mr=? WHERE message_id=? AND seq=? AND state IN ('submitted','unknown')",
                [accepted.mr, job.message_id, accepted.seq],
            )
            if _not_accepted(db, job.message_id):
                return
        move(
            db,
            "accept",
            job.message_id,
            actor=seat.actor,
            now=accepted.at,
            sent_at=accepted.at,
            mr=accepted.mr if job.total == 1 else None,
        )
        reports.match_open(db, row, now=accepted.at)


def _not_accepted(db: sqlite3.Connection, message_id: int) -> int:
    """How many segments the network is not known to have."""
    row = db.execute(
        "SELECT count(*) FROM segment WHERE message_id=? AND state NOT IN ('accepted','delivered','undelivered')",
        [message_id],
    ).fetchone()
    return int(row[0])


def release(
    db: sqlite3.Connection,
    seat: Seat,
    job: Job,
    reason: str,
    *,
    now: int,
    seq: int | None = None,
    wait_s: float = 0,
    tried: bool = False,
    untried: bool = False,
) -> None:
    """Put a text back that is known not to have left (or whose remaining segments have not), with the reason and when to
    try again. `seq` is the segment that was handed over and is known not to have left; None when none was. `tried`, `untried`: this
    counts as an attempt though no submit says so, or does not (nor against the SIM's plan) though one does.
    """
    with write(db):
        row = _still(db, job)
        if row["state"] not in ("claimed", "submitted") or (row["station"], row["epoch"]) != (
            seat.station,
            seat.epoch,
        ):
            return  # withdrawn or voided meanwhile, and perhaps another's by now: a person's word stands
        if job.total > 1 and seq is not None:
            db.execute(  # one that was not tried had no Ctrl-Z: no report is of it
                "UPDATE segment SET state='pending', submitted_at=CASE WHEN ? THEN NULL ELSE submitted_at END "
                "WHERE message_id=? AND seq=? AND state='submitted'",
                [untried, job.message_id, seq],
            )
        if untried and seq is not None and row["state"] == "submitted":
            budget.take_back(db, seat.sim, now)
        gone = job.total > 1 and len(_pending(db, job)) < job.total
        attempts = row["attempts"] + (1 if tried and row["state"] == "claimed" else 0)
        move(
            db,
            "defer",
            job.message_id,
            actor=seat.actor,
            now=now,
            reason=left_already(db, job.message_id, job.total, reason) if gone else reason,
            not_before=now + int(wait_s * 1000) if wait_s else None,
            attempts=job.attempts if untried and seq == job.todo[0] else attempts,
            submitted_at=row["submitted_at"] if gone else None,
            iccid=seat.sim.iccid if gone else None,
            valid_until=row["valid_until"] if gone else None,
        )
        if row["state"] == "submitted":
            reports.match_open(db, row, now=now)


def _pending(db: sqlite3.Connection, job: Job) -> tuple[int, ...]:
    if job.total == 1:
        return (1,)
    waiting = "SELECT seq FROM segment WHERE message_id=? AND state='pending' ORDER BY seq"
    return tuple(row["seq"] for row in db.execute(waiting, [job.message_id]))


def fail(db: sqlite3.Connection, seat: Seat, job: Job, seq: int, reason: str, *, now: int) -> None:
    """This text was refused for good."""
    with write(db):
        if job.total > 1:
            db.execute(
                "UPDATE segment SET state='refused' WHERE message_id=? AND seq=?", [job.message_id, seq]
            )
        words = left_already(db, job.message_id, job.total, reason)
        move(db, "fail", job.message_id, actor=seat.actor, now=now, reason=words)


def lose(db: sqlite3.Connection, seat: Seat, job: Job, seq: int, reason: str, *, now: int) -> None:
    """Nobody knows whether this segment left: the text is uncertain, and only evidence or a person settles it. A report may have come before."""
    with write(db):
        row = _still(db, job)
        if job.total > 1:
            db.execute(
                "UPDATE segment SET state='unknown' WHERE message_id=? AND seq=?", [job.message_id, seq]
            )
        words = left_already(db, job.message_id, job.total, reason)
        move(db, "lose", job.message_id, actor=seat.actor, now=now, reason=words)
        reports.match_open(db, row, now=now)


def settle_late(db: sqlite3.Connection, seat: Seat, job: Job, seq: int, mr: int | None, *, now: int) -> None:
    """A late `+CMGS` of this attempt: the network has the segment after all, whatever a person thought meanwhile."""
    with write(db):
        if job.total > 1:
            db.execute(
                "UPDATE segment SET state='accepted', mr=? WHERE message_id=? AND seq=? AND state='unknown'",
                [mr, job.message_id, seq],
            )
            if _not_accepted(db, job.message_id):
                if not rest_follows(db, job.message_id, actor=seat.actor, now=now):
                    words = left_already(db, job.message_id, job.total, "The network took a segment late.")
                    db.execute(
                        "UPDATE message SET reason=? WHERE id=? AND state='uncertain'",
                        [words, job.message_id],
                    )
                return
        row = _still(db, job)
        if row["state"] in GIVEN_UP:
            reason = "The network's answer came late: it took the text."
            move(
                db,
                "settle_sent",
                job.message_id,
                actor=seat.actor,
                now=now,
                reason=reason,
                sent_at=now,
                mr=mr if job.total == 1 else None,
            )
            reports.match_open(db, row, now=now)


def refuse_late(
    db: sqlite3.Connection, seat: Seat, job: Job, seq: int, words: str, *, for_good: bool, now: int
) -> None:
    """A late `+CMS ERROR` of this attempt. One for good means that it did not leave; any other only says a little more."""
    with write(db):
        if _still(db, job)["state"] != "uncertain":
            return
        if not for_good:
            reason = f"{words} The answer came late, so the text may have gone out, or not."
            reason = left_already(db, job.message_id, job.total, reason)
            db.execute("UPDATE message SET reason=? WHERE id=?", [reason, job.message_id])
            return
        refused = "UPDATE segment SET state='refused' WHERE message_id=? AND seq=? AND state='unknown'"
        if job.total > 1 and not db.execute(refused, [job.message_id, seq]).rowcount:
            return  # a report said otherwise
        reason = left_already(db, job.message_id, job.total, f"{words} The network said so late.")
        move(db, "settle_failed", job.message_id, actor=seat.actor, now=now, reason=reason)
