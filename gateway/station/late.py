"""An answer that came when nobody waited for it any more: it belongs to the attempt before, and to no other.

Promises: it is attributed by the attempt, never by what was written last; also when the port was opened anew meanwhile. A
late "no" settles a text only when it is one for good: a temporary one that comes late may be the modem's own timer. While
an answer is owed, what comes after the next text and may be that answer is believed of neither.

A modem owes none once it was heard to begin anew. One that went from the bus has most likely lost the text, so what it
accepts is believed; but it may only have fallen off the bus, and a refusal that is believed sends a text again.
"""

from collections.abc import Iterable

from gateway import flight, unanswered, verdict
from gateway.claims import Job
from gateway.station.desk import Desk, Hold, Late, log
from gateway.verdict import LATE_S, Refusal
from hardware.modem import LateRefusal, LateSubmit, Notice
from hardware.submit import RESULT_S

LISTEN_S = 300.0  # after Ctrl-Z
FORGOTTEN = (
    "A backup was restored, or the card lost what was written last, and the modem may still answer for a text that is not known here: "
    "nobody could tell whose its next answer is."
)
EXCHANGED = "Its SIM was exchanged, and the modem may still answer for a text by the SIM before: nobody could tell whose its next answer is."
ALIKE = (
    "The modem may still answer for more than one text of this SIM, and no reference is known by which to tell them apart: "
    "nobody could tell whose its next answer is."
)
OTHER = "The modem answered, and nobody knows for which of two texts: the other answer may come yet."
BEHIND = 128  # references: half of what there are is before, half after


def owe(desk: Desk, job: Job, seq: int, *, until: float, drains: bool) -> None:
    """The modem was handed this segment and did not answer: it may yet."""
    assert desk.seat is not None
    owed = _owed(desk)
    late = Late(desk.seat, job, seq, until, drains, mr_before=desk.last_mr, span=desk.unreferenced)
    if owed is not None:
        late.mr_before, late.doubted = owed.mr_before, True
        late.span = max(owed.span, _steps(owed.mr_before, desk.last_mr) + desk.unreferenced)
    desk.late = late


def remember(desk: Desk, *, stayed: bool, answers: bool) -> None:
    """A station that has only just begun, or has another SIM: what was handed to it before, by whatever station, may still be answered.

    `stayed`: nobody saw it go from the bus. `answers`: the modem may still answer for the SIM that it had before.
    """
    assert desk.seat is not None
    now, now_ms = desk.clock.monotonic(), desk.now_ms()
    since, iccid = now_ms - int(LISTEN_S * 1000) - desk.timekeeper.set_forward(desk.db), desk.seat.sim.iccid
    forgotten = unanswered.forgotten(desk.db, since=since)
    others = unanswered.by_another_sim(desk.db, desk.name, iccid, since=since)
    for handed_at, why in ((forgotten, FORGOTTEN), (others if answers else None, EXCHANGED)):
        rest_s = _rest_s(now_ms, handed_at) if handed_at is not None else 0.0
        if rest_s and (desk.hold is None or desk.hold.until < now + rest_s):
            desk.hold = Hold(now + rest_s, why, int(rest_s), in_doubt=True)
    settled = unanswered.settled(desk.db, iccid, since=since)
    owed = [*unanswered.unanswered(desk.db, iccid, since=since), *settled]
    if not owed:
        return
    newest = max(owed, key=lambda handed: handed.submitted_at)
    until = now + _rest_s(now_ms, newest.submitted_at)
    late = Late(desk.seat, newest.job, newest.seq, until, drains=False, stayed=stayed, followed=True)
    late.doubted = len(owed) > 1 or settled != [] or forgotten is not None or others is not None
    # Of a SIM's first text no reference tells it from the next, which is believed.
    late.first = desk.last_mr is None
    if late.first and len(owed) > 1 and (desk.hold is None or desk.hold.until < until):
        desk.hold = Hold(until, ALIKE, int(until - now), in_doubt=True)  # nor these from a third
    if desk.last_mr is not None:
        # Texts may have been taken after one of these, so what lies behind is doubtful too.
        late.mr_before, late.span = (desk.last_mr - BEHIND) % 256, BEHIND + desk.unreferenced
        late.above = unanswered.reference_before(desk.db, iccid, newest)
    desk.late = late


def _rest_s(now_ms: int, handed_at: int) -> float:
    """How long an answer may come yet; all the time there is where the clock was set since."""
    since_s = (now_ms - handed_at) / 1000
    return LISTEN_S - since_s if 0 <= since_s <= LISTEN_S else LISTEN_S


def _owed(desk: Desk) -> Late | None:
    """The attempt before this one, while its answer may still come between ours."""
    late = desk.late
    return late if late is not None and late.followed and desk.clock.monotonic() <= late.until else None


def refusal_is_unclear(desk: Desk) -> bool:
    """Whether what refused this text may be the answer of the attempt before: taken for this text's, it would go twice."""
    late = _owed(desk)
    if late is not None:
        _doubt(desk, late)
    return late is not None


def acceptance_is_unclear(desk: Desk, mr: int | None) -> bool:
    """Whether this acceptance may be the attempt before's: taken for this text's, this one might be lost unnoticed.

    References are counted by the modem, one for each segment (23.040 9.2.3.6), so those that the one before may have are known, and this
    one's. Some modems do not count, and texts of which nobody here knows are counted too: any other reference tells nothing. Of a SIM's
    first two texts none is known: an acceptance is believed, else each first text that is lost would stop the SIM for a person.
    """
    late = _owed(desk)
    if late is None or not late.stayed:
        return False
    unclear = (
        not late.first if mr is None else late.mr_before is not None and not _is_the_next(desk, late, mr)
    )
    if unclear:
        _doubt(desk, late)
    return unclear


def count_from(desk: Desk, mr: int | None) -> None:
    """This text's own reference. Of an attempt before it that is still owed, with nothing known before it, it is now known that its
    reference lies behind this one.
    """
    late = _owed(desk)
    if late is not None and late.mr_before is None and mr is not None:
        late.mr_before, late.span = (mr - 1 - BEHIND) % 256, BEHIND
    desk.count_from(mr)


def _doubt(desk: Desk, late: Late) -> None:
    """One answer came to two attempts. The other must not meet a third: it is awaited as long as any answer."""
    late.doubted, desk.look_soon = True, True
    desk.hold = Hold(desk.clock.monotonic() + RESULT_S, OTHER, int(RESULT_S), in_doubt=True)


def _in_reach(late: Late, mr: int) -> bool:
    return 1 <= _steps(late.mr_before, mr) <= late.span


def _is_the_next(desk: Desk, late: Late, mr: int) -> bool:
    """Whether only what was handed over after that text has this reference, as the SIM counts on from the last one."""
    known = _steps(late.mr_before, desk.last_mr)
    return max(late.span, known) < _steps(late.mr_before, mr) <= known + desk.unreferenced


def _may_be_its_own(late: Late, mr: int) -> bool:
    """Whether this text may have that reference: within reach, and counted after what was known before it was handed over."""
    return _in_reach(late, mr) and (
        late.above is None or 1 <= _steps(late.above, mr) <= late.span - _steps(late.mr_before, late.above)
    )


def _steps(before: int | None, mr: int | None) -> int:
    return 0 if before is None or mr is None else (mr - before) % 256


def settle(desk: Desk, notices: Iterable[Notice]) -> list[Notice]:
    """Take the late answers out of what the modem said and record them; returns the rest."""
    rest: list[Notice] = []
    for notice in notices:
        match notice:
            case LateSubmit(mr=mr):
                _accepted(desk, mr)
            case LateRefusal():
                _refused(desk, notice)
            case _:
                rest.append(notice)
    return rest


def _taken(desk: Desk) -> Late | None:
    """The attempt that waits for its answer, which has come now."""
    late = desk.late
    if late is None or late.doubted:
        return None
    desk.late = None
    return late if desk.clock.monotonic() <= late.until else None


def _accepted(desk: Desk, mr: int | None) -> None:
    owed = desk.late
    if owed is not None and mr is not None and owed.mr_before is not None and not _may_be_its_own(owed, mr):
        return  # another program's text, by the same port, or one that this modem was handed long before
    late = _taken(desk)
    if late is None:
        return
    log.info("station=%s text=%d answered late", desk.name, late.job.message_id)
    if not late.followed:
        desk.count_from(mr)
    now = desk.now_ms()
    desk.results.append(lambda: flight.settle_late(desk.db, late.seat, late.job, late.seq, mr, now=now))


def _refused(desk: Desk, notice: LateRefusal) -> None:
    late = _taken(desk)
    if late is None or desk.modem is None:
        return
    errors = desk.modem.profile.errors
    refusal = Refusal("after", "CMS", notice.code, notice.text, LATE_S, errors)
    decision = verdict.decide(refusal, late.job.attempts + 1)
    log.info("station=%s text=%d refused late: %s", desk.name, late.job.message_id, decision.move)
    now = desk.now_ms()
    desk.results.append(
        lambda: flight.refuse_late(
            desk.db, late.seat, late.job, late.seq, decision.words, for_good=decision.move == "fail", now=now
        )
    )
