"""Claiming: which approved text a station takes next, and what keeps one from leaving.

Order: confirmations, replies, reminders, first texts; oldest first within each. A claim is committed without fsync
(`store.relaxed`): a power cut that forgets it forgets nothing that left. It has no event row of its own: the submit, a
moment later, has, and each row is a write.

Promises: a text is never in two stations; one that may not go now is left out, with the reason on its row.
"""

import secrets
import sqlite3
from dataclasses import dataclass
from datetime import timedelta

from gateway import budget, conversations, gate, policy
from gateway.budget import Sim
from gateway.clocktrust import STEP_S
from gateway.message import GOING, KINDS
from gateway.moves import ARRIVED, arrived_before, back_to_awaiting, left_already, move
from gateway.rules import HOUR_MS, Rules
from gateway.store import moment, ms, write
from hardware.pdu import segment, submit_tpdus


@dataclass(frozen=True)
class Seat:
    """Who takes texts: one start of one station, with the SIM that is in it."""

    station: str
    epoch: int
    sim: Sim

    @property
    def actor(self) -> str:
        """How event rows name this station."""
        return f"station:{self.station}"


@dataclass(frozen=True)
class Job:
    """One claimed text as the station needs it; `todo` are the segments that are known not to have left."""

    message_id: int
    conversation_id: int
    number: str
    text: str
    kind: str
    total: int
    todo: tuple[int, ...]
    concat_ref: int
    attempts: int
    begun: bool  # a segment has left before: nothing is asked again

    def tpdus(self, validity: timedelta | None, *, status_report: bool) -> list[bytes]:
        """Every segment's TPDU; the same job gives the same octets whenever it is asked."""
        return submit_tpdus(
            self.number,
            segment(self.text),
            ref=self.concat_ref,
            validity=validity,
            status_report=status_report,
        )


@dataclass(frozen=True)
class Obstacle:
    """Why a text does not go now."""

    event: str | None  # what becomes of the text; None: it waits as it is
    reason: str
    not_before: int | None = None


MOST_LOOKED_AT = (
    200  # texts that may not go are looked at again with the next wake; the write lock is held meanwhile
)
SHORTEST_MS = 5 * 60_000  # the shortest period that a network can be given
ON_AIR_MS = 4 * 60_000  # until a network counts, at the latest: 180 s are waited for its answer

_READY = (
    "SELECT m.*, c.number, c.name, c.zone, c.opted_out_at, c.last_in_at, "
    f"CASE m.kind WHEN 1 THEN (SELECT {conversations.WROTE_AT}) END AS wrote_at FROM message m "
    f"JOIN conversation c ON c.id=m.conversation_id WHERE m.{GOING} AND m.state='approved' AND (m.not_before IS NULL OR m.not_before<=:now) "
    "AND (m.iccid IS NULL OR m.iccid=:iccid) AND (c.iccid IS NULL OR c.iccid=:iccid) "
    # A first text that another station has in hand decides by which SIM the conversation goes.
    "AND NOT EXISTS (SELECT 1 FROM message o WHERE o.conversation_id=m.conversation_id AND o.state IN ('claimed','submitted') "
    "AND o.station<>:station) AND (:only IS NULL OR m.id=:only) ORDER BY m.kind, m.id"
)


def anything_ready(db: sqlite3.Connection, seat: Seat, *, now: int) -> bool:
    """A cheap look, without the write lock: could this SIM take something now?"""
    return (
        db.execute(
            _READY + " LIMIT 1",
            {"now": now, "iccid": seat.sim.iccid, "station": seat.station, "only": None},
        ).fetchone()
        is not None
    )


def next_wake(db: sqlite3.Connection, *, now: int) -> int | None:
    """When the next approved text that waits for its time may be looked at again (ms)."""
    row = db.execute(
        f"SELECT min(not_before) AS at FROM message WHERE {GOING} AND state='approved' AND not_before>?",
        [now],
    ).fetchone()
    return None if row["at"] is None else int(row["at"])


def claim_next(
    db: sqlite3.Connection, seat: Seat, rules: Rules, *, now: int, only: int | None = None
) -> tuple[Job | None, str | None]:
    """Take the next text that may leave by this SIM now (`only`: this one or none); else (None, why the first one waits,
    if any does).
    """
    held_up: str | None = None
    rows = db.execute(
        f"{_READY} LIMIT {MOST_LOOKED_AT}",
        {"now": now, "iccid": seat.sim.iccid, "station": seat.station, "only": only},
    ).fetchall()
    for row in rows:
        total = segment(row["text"]).count
        obstacle = obstacle_to(db, row, seat, rules, total, now)
        if obstacle is not None:
            put_off(db, row, obstacle, seat, now)
            if obstacle.event is None and obstacle.not_before is None:
                held_up = held_up or obstacle.reason
            continue
        job = _claim(db, row, seat, total)
        if job is not None:
            return job, None
    return None, held_up


def obstacle_to(
    db: sqlite3.Connection, row: sqlite3.Row, seat: Seat, rules: Rules, segments: int, now: int
) -> Obstacle | None:
    """Everything that can stop an approved text, asked when it is claimed and again when each segment is submitted.

    Of a long text that has begun to leave, budget is not asked again. Its segments share one validity that ends before quiet hours,
    and what has not left by then does not leave at all.
    """
    begun = row["submitted_at"] is not None
    if unwanted := _unwanted(db, row):
        return Obstacle("withdraw", _reason(db, row, unwanted))
    if row["expires_at"] <= now:
        return Obstacle("expire", _reason(db, row, "Its time ran out before all of it could leave."))
    if begun:
        if row["total"] != segments or _rest_is_late(row, rules, now):
            return Obstacle("expire", _reason(db, row, "The rest of it could not leave in time."))
        return None
    held = gate.holds(db, row)
    if held == "closed":  # it was in a modem's hands at the close
        return Obstacle("withdraw", gate.CLOSED)
    if outdated := gate.outdated(db, row, now=now):
        return Obstacle("void", outdated)
    if held:
        return Obstacle(None, gate.PAUSED, now + gate.LOOK_AGAIN_MS)
    leave = policy.may_leave(
        moment(now), conversations.zones(row, rules), rules.quiet, **conversations.answering(row, rules)
    )
    if not leave.ok:
        later = now + HOUR_MS if leave.not_before is None else ms(leave.not_before)
        return Obstacle(None, "Quiet hours where this person lives; it leaves when they end.", later)
    refusal = budget.refusal(db, seat.sim, row["conversation_id"], KINDS[row["kind"]], segments, now)
    return None if refusal is None else Obstacle(None, refusal.sentence)


def _unwanted(db: sqlite3.Connection, row: sqlite3.Row) -> str:
    """That its person asked to stop, or that the text in whose place it was written arrived; of a confirmation, that the opt-out which
    it confirms does not stand any more. It may have been in a modem's hands when that was known.
    """
    name = conversations.name_of(row)
    if arrived_before(db, row["resend_of"]):
        return ARRIVED
    if KINDS[row["kind"]] != "confirmation":
        return f"{name} asked to stop." if row["opted_out_at"] is not None else ""
    opt_out = (row["draft_key"] or "").removeprefix("opt-out:")
    ended = db.execute("SELECT 1 FROM opt_out WHERE id=? AND until_at IS NOT NULL", [opt_out]).fetchone()
    return f"{name} came back since." if ended is not None else ""


def _rest_is_late(row: sqlite3.Row, rules: Rules, now: int) -> bool:
    """Whether the segments that have not left must not follow any more: their end has come, or it is night where the person lives
    after all. An answer that began to leave at night may end within the hour.
    """
    if row["valid_until"] is not None and now > row["valid_until"] - SHORTEST_MS - ON_AIR_MS:
        return True
    # By a clock that was set back that end may lie in another night.
    if now < row["submitted_at"] - int(STEP_S * 1000):
        return True
    answer = conversations.answering(row, rules)
    if answer["wrote_at"] is not None:
        answer["wrote_at"] = max(answer["wrote_at"], moment(row["submitted_at"]))
    return not policy.may_leave(
        moment(now), conversations.zones(row, rules), rules.quiet, timedelta(0), **answer
    ).ok


def _reason(db: sqlite3.Connection, row: sqlite3.Row, words: str) -> str:
    return words if row["submitted_at"] is None else left_already(db, row["id"], row["total"], words)


def put_off(db: sqlite3.Connection, row: sqlite3.Row, obstacle: Obstacle, seat: Seat, now: int) -> None:
    """Record why this text does not go, and what becomes of it; nothing when it is not approved any more (what became of one text
    of a person may put back the others).
    """
    with write(db):
        if not db.execute("SELECT 1 FROM message WHERE id=? AND state='approved'", [row["id"]]).fetchone():
            return
        if obstacle.event == "void":
            back_to_awaiting(db, "void", row, actor=seat.actor, now=now, reason=obstacle.reason)
        elif obstacle.event is not None:
            move(db, obstacle.event, row["id"], actor=seat.actor, now=now, reason=obstacle.reason)
        elif obstacle.not_before is not None or row["reason"] != obstacle.reason:
            db.execute(
                "UPDATE message SET reason=?, not_before=coalesce(?, not_before) WHERE id=? AND state='approved'",
                [obstacle.reason, obstacle.not_before, row["id"]],
            )


def _claim(db: sqlite3.Connection, row: sqlite3.Row, seat: Seat, total: int) -> Job | None:
    begun = row["submitted_at"] is not None
    ref = row["concat_ref"] if begun else secrets.randbelow(256) if total > 1 else 0
    with write(db):
        taken = db.execute(
            "UPDATE message SET state='claimed', reason=NULL, station=?, epoch=?, total=?, concat_ref=? "
            "WHERE id=? AND state='approved' AND ?=(SELECT epoch FROM station WHERE name=?)",
            [seat.station, seat.epoch, total, ref, row["id"], seat.epoch, seat.station],
        ).rowcount
        if taken != 1:
            return None  # a person or another station was faster, or this is an older start
        if not begun:  # segments of an earlier wording must not survive
            db.execute("DELETE FROM segment WHERE message_id=?", [row["id"]])
            if total > 1:
                db.executemany(
                    "INSERT INTO segment (message_id, seq, state) VALUES (?,?,'pending')",
                    [(row["id"], seq) for seq in range(1, total + 1)],
                )
        return job_of(db, row["id"])


def job_of(db: sqlite3.Connection, message_id: int) -> Job:
    """A text that was claimed, as a station needs it."""
    row = db.execute(
        "SELECT m.*, c.number FROM message m JOIN conversation c ON c.id=m.conversation_id WHERE m.id=?",
        [message_id],
    ).fetchone()
    todo: tuple[int, ...] = (1,)
    if row["total"] > 1:
        pending = db.execute(
            "SELECT seq FROM segment WHERE message_id=? AND state='pending' ORDER BY seq", [message_id]
        )
        todo = tuple(part["seq"] for part in pending)
    return Job(
        message_id=message_id,
        conversation_id=row["conversation_id"],
        number=row["number"],
        text=row["text"],
        kind=KINDS[row["kind"]],
        total=row["total"],
        todo=todo,
        concat_ref=row["concat_ref"],
        attempts=row["attempts"],
        begun=len(todo) < row["total"],
    )
