"""Sending one text: prompt, then commit, then the PDU.

    prompt   AT+CMGS=n, then '>'              nothing has left
    submit   COMMIT (fsync)                   from here on it may have left
    send     PDU and Ctrl-Z, then the MR      silence here is uncertain, never a resend

A result is recorded by the commit that claims the next text, or by one of its own when nothing follows.
"""

import sqlite3
from datetime import timedelta
from typing import Literal

from gateway import claims, explain, flight, stations, verdict
from gateway.claims import Job, Seat
from gateway.flight import Accepted, NotNowError
from gateway.station.desk import LOCK_S, UNCERTAIN_IN_A_ROW, Desk, log
from gateway.store import relaxed, sync
from gateway.verdict import Decision, Refusal
from hardware.errors import (
    CommandRefused,
    HardwareError,
    ModemSilent,
    PortGone,
    PromptLost,
    SubmitUncertain,
    TpduRefused,
)
from hardware.pdu import PduError

RESULT_S = 180.0
LISTEN_S = 300.0
COMMIT_S = 2.0  # a prompt must not wait longer for the database
FRESH_S = 0.25  # what was read on the SIM so long before the prompt still holds
SLOW_PROMPTS = 2


class _KnockError(Exception):
    """Something may have arrived while the prompt was awaited: it may be a stop, and is read first."""


def _accepted(desk: Desk, seat: Seat, accepted: Accepted) -> None:
    """The network took a segment: record it, and that this station is well."""
    flight.accept(desk.db, seat, accepted)
    if desk.paused != "uncertain":  # then it is the self-test that decides
        desk.db.execute(
            "UPDATE station SET uncertain_in_a_row=0 WHERE name=? AND uncertain_in_a_row<>0", [desk.name]
        )


def claim(desk: Desk, *, only: int | None = None) -> Job | None:
    """The next text for this station (`only`: this one or none), with the last one's result recorded in the same commit."""
    assert desk.seat is not None
    now = desk.now_ms()
    recorded = bool(desk.results)
    with relaxed(desk.db), desk.write():
        desk.record()
        job, held_up = claims.claim_next(desk.db, desk.seat, desk.rules, now=now, only=only)
    desk.forget()
    desk.held_up = "" if job is not None else held_up or ""
    if job is None and recorded:
        sync(desk.database)  # no submit follows that would bring the result to the disk
    return job


def send(desk: Desk, job: Job) -> bool:
    """Send what is left of this text; True when the network took all of it. Every outcome is recorded or kept to be."""
    assert desk.seat is not None
    return all(_send_segment(desk, job, seq) for seq in job.todo)


def _send_segment(desk: Desk, job: Job, seq: int) -> bool:
    seat, modem = desk.seat, desk.modem
    assert seat is not None
    assert modem is not None
    written_at: float | None = None
    try:
        valid_for = flight.validity(desk.db, job, desk.rules, now=desk.now_ms())
        if not valid_for:
            _put_back(desk, job, "Quiet hours begin too soon for it to arrive before them.", wait_s=60)
            return False
        tpdu = job.tpdus(valid_for, status_report=desk.rules.delivery_reports)[seq - 1]
        asked_at = desk.clock.monotonic()
        with modem.prompt(len(tpdu)) as prompt:
            if desk.knocked() or _took_too_long(desk, desk.clock.monotonic() - asked_at):
                raise _KnockError
            _submit(desk, job, seq, valid_for)
            written_at = desk.clock.monotonic()
            desk.minute.append(written_at)
            mr = prompt.send(tpdu, timeout_s=RESULT_S)
    except _KnockError:
        _put_back(desk, job, "The SIM is read again before this text leaves.")
    except NotNowError as obstacle:
        log.debug("station=%s text=%d not now: %s", desk.name, job.message_id, obstacle)
        _put_back(desk, job, str(obstacle))
    except sqlite3.OperationalError:
        # The prompt was left with ESC: nothing of this segment has left. It goes back as soon as the database listens.
        desk.results.append(
            lambda: flight.release(desk.db, seat, job, "The database was busy.", now=desk.now_ms())
        )
        raise
    except PduError as error:
        # No modem could carry it: without this the text would end every start of the station.
        words = f"This text cannot be put into the form that networks carry: {error}"
        desk.settle(lambda: flight.fail(desk.db, seat, job, seq, words, now=desk.now_ms()))
    except HardwareError as error:
        _refused(desk, job, seq, error, written_at)
    else:
        accepted = Accepted(job, seq, mr, desk.now_ms())
        desk.results.append(lambda: _accepted(desk, seat, accepted))
        desk.suspects.clear()
        return True
    return False


def _took_too_long(desk: Desk, prompt_s: float) -> bool:
    """A modem keeps its doorbells to itself while it makes us wait for a prompt: after an unusual wait the SIM is read again.

    A modem that is always slow would never send; after two slow prompts in a row slow is usual for it.
    """
    if prompt_s <= FRESH_S:
        desk.slow_prompts = 0
        return False
    desk.slow_prompts += 1
    return desk.slow_prompts <= SLOW_PROMPTS


def _submit(desk: Desk, job: Job, seq: int, valid_for: timedelta) -> None:
    """Commit the intention, with the result of the segment before in the same commit."""
    assert desk.seat is not None
    obstacle: NotNowError | None = None
    desk.db.execute(f"PRAGMA busy_timeout={int(COMMIT_S * 1000)}")
    try:
        with desk.write():
            desk.record()
            try:
                flight.submit(
                    desk.db, desk.seat, job, seq, desk.rules, valid_for=valid_for, now=desk.now_ms()
                )
            except NotNowError as refused:
                obstacle = refused  # what it wrote about the text is committed with the rest
    finally:
        desk.db.execute(f"PRAGMA busy_timeout={int(LOCK_S * 1000)}")
    desk.forget()
    if obstacle is not None:
        raise obstacle


def _put_back(desk: Desk, job: Job, reason: str, wait_s: float = 0) -> None:
    seat = desk.seat
    assert seat is not None
    desk.settle(lambda: flight.release(desk.db, seat, job, reason, now=desk.now_ms(), wait_s=wait_s))


def _refused(desk: Desk, job: Job, seq: int, error: HardwareError, written_at: float | None) -> None:
    """Turn what the modem did into what becomes of the text and of the station."""
    seat = desk.seat
    assert seat is not None
    decision = verdict.decide(
        _fact(desk, error, written_at), job.attempts + 1, others=len(desk.suspects.keys() - {job.number})
    )
    log.info("station=%s text=%d %s: %s", desk.name, job.message_id, decision.move, error)
    if decision.suspect:
        desk.suspects[job.number] = decision.reason
    now, reason = desk.now_ms(), decision.reason

    def outcome() -> None:
        if decision.move == "defer":
            untouched = written_at is None
            handed_over = None if untouched else seq
            flight.release(
                desk.db, seat, job, reason, now=now, seq=handed_over, wait_s=decision.wait_s, tried=untouched
            )
        elif decision.move == "fail":
            flight.fail(desk.db, seat, job, seq, reason, now=now)
        else:
            _lose(desk, seat, job, seq, reason, now)

    if decision.move == "uncertain":
        desk.late = (seat, job, seq, desk.clock.monotonic() + LISTEN_S - RESULT_S)
    code = _code(error)
    desk.settle(outcome, *([lambda: desk.count_error(code)] if code else []))
    _station_after(desk, decision, error)


def _code(error: HardwareError) -> str:
    """Under which name a technician finds it counted; "" for what the loop counts."""
    if isinstance(error, CommandRefused):
        return error.family if error.code is None else f"{error.family} {error.code}"
    return "no answer" if isinstance(error, SubmitUncertain) else ""


def _lose(desk: Desk, seat: Seat, job: Job, seq: int, reason: str, now: int) -> None:
    with desk.write():
        flight.lose(desk.db, seat, job, seq, reason, now=now)
        desk.db.execute(
            "UPDATE station SET uncertain_in_a_row=uncertain_in_a_row+1 WHERE name=?", [desk.name]
        )
        if _in_a_row(desk) >= UNCERTAIN_IN_A_ROW:  # here too: this may be written long after it happened
            desk.paused = "uncertain"


def _in_a_row(desk: Desk) -> int:
    row = desk.db.execute("SELECT uncertain_in_a_row FROM station WHERE name=?", [desk.name]).fetchone()
    return int(row["uncertain_in_a_row"])


def _fact(desk: Desk, error: HardwareError, written_at: float | None) -> Refusal:
    stage: Literal["before", "after"] = "before" if written_at is None else "after"
    vendor = desk.modem.identity.manufacturer if desk.modem is not None else ""
    match error:
        case CommandRefused():
            return Refusal(stage, error.family, error.code, error.text, error.after_s, vendor)
        case TpduRefused():
            return Refusal("before", "CMS", 304, error.evidence, 0.0, vendor)
        case PromptLost():
            return Refusal("before", "PORT", None, error.evidence, 0.0, vendor)
        case PortGone():
            return Refusal(stage, "PORT", None, error.evidence, 0.0, vendor)
        case SubmitUncertain():
            return Refusal("after", "SILENCE", None, error.evidence, error.waited_s, vendor)
        case ModemSilent():
            return Refusal(stage, "SILENCE", None, str(error), error.waited_s, vendor)
        case _:
            return Refusal(stage, "RESET", None, str(error), 0.0, vendor)


def _station_after(desk: Desk, decision: Decision, error: HardwareError) -> None:
    in_a_row = _in_a_row(desk)
    if in_a_row >= UNCERTAIN_IN_A_ROW:
        desk.paused = "uncertain"
        desk.say("paused", explain.uncertain_in_a_row(desk.name, in_a_row))
    elif decision.station == "pause":
        desk.paused = decision.reason
        desk.say("paused", explain.refused_by_network(desk.name, decision.reason))
    if decision.station == "wait":
        desk.registered = False  # the health check says when it may go on
    if decision.station == "restart" or isinstance(error, PortGone | ModemSilent):
        raise error


def unpause(desk: Desk) -> None:
    """A person says that this station may go on."""
    desk.paused = ""
    desk.suspects.clear()
    stations.set_facts(desk.db, desk.name, paused_by=None, uncertain_in_a_row=0)
