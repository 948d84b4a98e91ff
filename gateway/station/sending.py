"""Sending one text: prompt and PDU, then commit, then Ctrl-Z.

    ahead    who is texted next               on the disk beside the database: for a restore
    prompt   AT+CMGS=n, then '>', then PDU    nothing has left, ESC takes it back
    submit   COMMIT (fsync)                   from here on it may have left; what came meanwhile is heard
    send     Ctrl-Z, then the MR              silence here is uncertain, never a resend

A result is recorded by the commit that claims the next text, or by one of its own when nothing follows.
"""

import sqlite3
from datetime import timedelta

from gateway import claims, flight, texted
from gateway.claims import Job, Seat
from gateway.flight import Accepted, NotNowError
from gateway.station import late, refused
from gateway.station.desk import Desk, log
from gateway.store import relaxed, sync
from hardware.errors import HardwareError
from hardware.pdu import PduError

RESULT_S = 180.0
COMMIT_S = 2.0  # a prompt must not wait longer for the database
FRESH_S = 0.25  # what was read on the SIM so long before the prompt still holds
READ_FIRST = "The SIM is read again before this text leaves."
UNUSUAL = 1.5  # times as long as the modem usually takes for a prompt
TOO_LATE = "Quiet hours begin too soon for it to arrive before them."
UNKEPT = "What this person wrote could not be kept yet, and may be a stop: that comes first."


class _KnockError(Exception):
    """Something may have arrived while the prompt was awaited, or the intention committed: it may be a stop, and is read first."""


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
        if not valid_for or desk.taken.may_have_stopped(job.number, now=desk.clock.monotonic()):
            _put_back(desk, job, UNKEPT if valid_for else TOO_LATE, wait_s=60)
            return False
        tpdu = job.tpdus(valid_for, status_report=desk.rules.delivery_reports)[seq - 1]
        who = texted.of(desk.database)
        who.ahead(desk.db, job.number)
        asked_at = desk.clock.monotonic()
        if modem.may_keep_link and _more_follows(desk, job, seq):
            modem.keep_link()
        with modem.prompt(len(tpdu)) as prompt:
            _nothing_came(desk, asked_at)
            prompt.type(tpdu)
            _submit(desk, job, seq, valid_for)
            written_at = desk.clock.monotonic()
            prompt.hear()
            if desk.knocked(last=True):  # while it was committed
                raise _KnockError
            who.sent(desk.db, job.number, of=(job.message_id, job.attempts + 1, seq))
            desk.minute.append(written_at)
            desk.unreferenced += 1
            try:
                mr = prompt.send(tpdu, timeout_s=RESULT_S)
            finally:
                _earlier_answers(desk)
    except _KnockError:
        desk.must_read = True
        _put_back(desk, job, READ_FIRST, seq=None if written_at is None else seq)
    except NotNowError as obstacle:
        log.debug("station=%s text=%d not now: %s", desk.name, job.message_id, obstacle)
        _put_back(desk, job, str(obstacle))
    except (sqlite3.OperationalError, OSError):
        # The prompt was left with ESC: nothing of this segment has left. It goes back as soon as the database listens.
        desk.results.append(
            lambda: flight.release(desk.db, seat, job, "The database was busy.", now=desk.now_ms(), seq=seq)
        )
        raise
    except PduError as error:
        # No modem could carry it: without this the text would end every start of the station.
        words = f"This text cannot be put into the form that networks carry: {error}"
        desk.settle(lambda: flight.fail(desk.db, seat, job, seq, words, now=desk.now_ms()))
    except HardwareError as error:
        refused.settle(desk, job, seq, error, written_at)
    else:
        if late.acceptance_is_unclear(desk, mr):
            refused.unclear(desk, job, seq)
            return False
        late.count_from(desk, mr)
        accepted = Accepted(job, seq, mr, desk.now_ms())
        desk.results.append(lambda: _accepted(desk, seat, accepted))
        desk.suspects.clear()
        desk.streak.taken()
        return True
    return False


def _more_follows(desk: Desk, job: Job, seq: int) -> bool:
    """Whether another segment, or another text by this SIM, goes right after this one."""
    assert desk.seat is not None
    if seq != job.todo[-1]:
        return True
    room = desk.room_in_minute(desk.clock.monotonic()) <= 0
    return room and claims.anything_ready(desk.db, desk.seat, now=desk.now_ms())


def _earlier_answers(desk: Desk) -> None:
    """What came before this text's Ctrl-Z answers the attempt before it; while this one is out, an answer is its own."""
    assert desk.modem is not None
    desk.heard = late.settle(desk, [*desk.heard, *desk.modem.notices()])
    if desk.late is not None:
        desk.late.followed = True


def _nothing_came(desk: Desk, asked_at: float) -> None:
    """While the prompt stands: _KnockError when the SIM is to be read first, NotNowError when we are not alone at the port."""
    if desk.company.present or desk.clock.monotonic() < desk.company.calm_at:
        raise NotNowError(
            "Another program seems to work at the modem's port; the text waits until that is over."
        )
    # Who chose text mode before the prompt gives itself away: PDU mode is read back.
    if (
        desk.company.may_have_set(asked_at)
        or desk.knocked()
        or _took_too_long(desk, desk.clock.monotonic() - asked_at)
    ):
        raise _KnockError


def _took_too_long(desk: Desk, prompt_s: float) -> bool:
    """A modem keeps its doorbells to itself while it makes us wait for a prompt: after an unusual wait the SIM is read again.

    What is usual is this modem's own: one that is always slow would never send. One slow prompt is none: it may have waited for what
    another program took.
    """
    known = sorted(desk.prompts_s)
    usual_s = known[(len(known) - 1) // 2] if len(known) > 1 else 0.0
    desk.prompts_s.append(prompt_s)
    slow = prompt_s > max(FRESH_S, UNUSUAL * usual_s)
    if slow:
        desk.company.slow_prompt()
    return slow


def _submit(desk: Desk, job: Job, seq: int, valid_for: timedelta) -> None:
    """Commit the intention, with the result of the segment before in the same commit."""
    assert desk.seat is not None
    obstacle: NotNowError | None = None
    with desk.hurried(COMMIT_S):
        if not desk.clock_is_trusted():  # it may have been set since the text was claimed
            raise NotNowError("The clock of the box was set; somebody confirms the time first.")
        with desk.write():
            if desk.taken.may_have_stopped(job.number, now=desk.clock.monotonic()):
                raise NotNowError(UNKEPT)  # read while this waited for the lock
            desk.record()
            try:
                flight.submit(
                    desk.db, desk.seat, job, seq, desk.rules, valid_for=valid_for, now=desk.now_ms()
                )
            except NotNowError as refused:
                obstacle = refused  # what it wrote about the text is committed with the rest
    desk.forget()
    if obstacle is not None:
        raise obstacle


def _put_back(desk: Desk, job: Job, reason: str, *, wait_s: float = 0, seq: int | None = None) -> None:
    """It was not tried. `seq`: the segment of which was written that it may have left."""
    seat = desk.seat
    assert seat is not None
    now = desk.now_ms()
    desk.settle(
        lambda: flight.release(desk.db, seat, job, reason, now=now, seq=seq, wait_s=wait_s, untried=True)
    )
