"""An answer that came when nobody waited for it any more: it belongs to the attempt before, and to no other.

Promises: it is attributed by the attempt, never by what was written last; also when the port was opened anew meanwhile. A
late "no" settles a text only when it is one for good: a temporary one that comes late may be the modem's own timer.
"""

from collections.abc import Iterable

from gateway import flight, verdict
from gateway.station.desk import Desk, Late, log
from gateway.verdict import LATE_S, Refusal
from hardware.modem import LateRefusal, LateSubmit, Notice


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
    late, desk.late = desk.late, None
    too_late = late is not None and late.followed and desk.clock.monotonic() > late.until
    return None if too_late else late


def _accepted(desk: Desk, mr: int | None) -> None:
    late = _taken(desk)
    if late is None:
        return
    log.info("station=%s text=%d answered late", desk.name, late.job.message_id)
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
