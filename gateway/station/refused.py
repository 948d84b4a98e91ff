"""What becomes of a text, and of its station, when the modem or the network did not take it.

`gateway/verdict.py` judges the one refusal, `gateway/streak.py` those in a row; here both are carried out: recorded first,
then the station pauses, holds, looks, or opens its modem anew.
"""

from dataclasses import replace
from typing import Literal

from gateway import explain, explain_sending, flight, sims, stations, verdict
from gateway.claims import Job, Seat
from gateway.station import late
from gateway.station.desk import UNCERTAIN_IN_A_ROW, Desk, Hold, StartAnew, log
from gateway.verdict import Decision, Family, Refusal
from hardware.errors import (
    CommandRefused,
    HardwareError,
    ModemSilent,
    PortGone,
    PromptLost,
    SubmitUncertain,
    TpduRefused,
)

LOST: dict[str, Family] = {"silence": "SILENCE", "port": "PORT", "restart": "RESET"}
WHOSE = (
    "The network refused a text, and the answer to the one before was still awaited: nobody knows whose refusal it is. "
    "This text may have gone out, or not."
)
BESIDE = (
    "The modem refused a text while another program seemed to work at its port, and may have refused something to that. "
    "This text may have gone out, or not."
)
WHOSE_YES = (
    "The network took a text, and the answer to the one before was still awaited: nobody knows which of the two it took. "
    "This text may have gone out, or not."
)
SHOWN_S = 30  # a shorter hold is not worth a line in anybody's list
CENTRE_PERHAPS = (28, 30, 38, 330)  # also said when the number of the text centre is wrong


def settle(desk: Desk, job: Job, seq: int, error: HardwareError, written_at: float | None) -> None:
    """Turn what the modem did into what becomes of the text and of the station. Raises `error` when the modem has to go."""
    seat = desk.seat
    assert seat is not None
    refusal = _fact(desk, error, written_at)
    centre = _centre(desk, refusal)
    decision = verdict.decide(refusal, job.attempts + 1, others=len(desk.suspects.keys() - {job.number}))
    decision = desk.streak.weigh(refusal, decision, desk.technology)
    if centre == "" and decision.move == "fail":
        decision = verdict.decide(Refusal("after", "CMS", 330), job.attempts + 1)
    if whose := _whose(desk, refusal, written_at):
        decision = replace(decision, move="uncertain", wait_s=0, hold_s=0, reason=whose)
    log.info(
        "station=%s text=%d %s, %s: %s", desk.name, job.message_id, decision.move, decision.station, error
    )
    if decision.suspect:
        desk.suspects[job.number] = decision.reason
    # First what is owed: when the database refuses, the rest is written later and from elsewhere.
    unanswered = refusal.family in ("SILENCE", "PORT") or verdict.said_to_another(refusal, decision)
    if unanswered and written_at is not None and decision.move == "uncertain":
        late.owe(desk, job, seq, until=written_at + late.LISTEN_S, drains=refusal.family != "PORT")
    _record(desk, seat, job, seq, refusal, decision, written_at)
    _station_after(desk, decision, centre, error)


def _whose(desk: Desk, refusal: Refusal, written_at: float | None) -> str:
    """Why nobody knows whether it was this text that was refused; "" when it was, or the modem said nothing."""
    if refusal.stage == "before" or refusal.family in LOST.values():
        return ""
    beside = (
        refusal.beside or desk.company.works or (written_at is not None and written_at < desk.company.calm_at)
    )
    return WHOSE if late.refusal_is_unclear(desk) else BESIDE if beside else ""


def unclear(desk: Desk, job: Job, seq: int) -> None:
    """An acceptance came that may be another's: nobody knows of this segment."""
    seat, now = desk.seat, desk.now_ms()
    assert seat is not None
    desk.settle(lambda: _lose(desk, seat, job, seq, WHOSE_YES, now))
    if in_a_row(desk) >= UNCERTAIN_IN_A_ROW:
        desk.paused = "uncertain"
        desk.say("paused", lost_sight(desk, in_a_row(desk)))


def _record(
    desk: Desk, seat: Seat, job: Job, seq: int, refusal: Refusal, decision: Decision, written_at: float | None
) -> None:
    now, reason = desk.now_ms(), decision.reason

    def outcome() -> None:
        desk.count_error(refusal.called)
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

    desk.settle(outcome)


def _lose(desk: Desk, seat: Seat, job: Job, seq: int, reason: str, now: int) -> None:
    with desk.write():
        flight.lose(desk.db, seat, job, seq, reason, now=now)
        desk.db.execute(
            "UPDATE station SET uncertain_in_a_row=uncertain_in_a_row+1 WHERE name=?", [desk.name]
        )
        if in_a_row(desk) >= UNCERTAIN_IN_A_ROW:  # here too: this may be written long after it happened
            desk.paused = desk.paused or "uncertain"  # a person's pause stays one


def in_a_row(desk: Desk) -> int:
    """How many texts this station has lost sight of since the network took one."""
    row = desk.db.execute("SELECT uncertain_in_a_row FROM station WHERE name=?", [desk.name]).fetchone()
    return int(row["uncertain_in_a_row"])


def _fact(desk: Desk, error: HardwareError, written_at: float | None) -> Refusal:
    stage: Literal["before", "after"] = "before" if written_at is None else "after"
    errors = desk.modem.profile.errors if desk.modem is not None else ""
    match error:
        case CommandRefused():
            shared = desk.modem is not None and desk.modem.has_company
            return Refusal(
                stage, error.family, error.code, error.text, error.after_s, errors, shared, error.beside
            )
        case TpduRefused():
            return Refusal("before", "CMS", 304, error.evidence, 0.0, errors)
        case PromptLost():
            return Refusal("before", "PORT", None, error.evidence, 0.0, errors)
        case PortGone():
            return Refusal(stage, "PORT", None, error.evidence, 0.0, errors)
        case SubmitUncertain():
            return Refusal("after", LOST[error.lost], None, error.evidence, error.waited_s, errors)
        case ModemSilent():
            return Refusal(stage, "SILENCE", None, str(error), error.waited_s, errors)
        case _:
            return Refusal(stage, "RESET", None, str(error), 0.0, errors)


def _centre(desk: Desk, refusal: Refusal) -> str | None:
    """The SIM's text centre, read again once for each start when a refusal may be about it; "" when the SIM has none."""
    if refusal.family != "CMS" or refusal.code not in CENTRE_PERHAPS or desk.modem is None:
        return None
    if not desk.smsc_asked:
        desk.smsc_asked = True
        desk.modem.read_service_centre()
    return desk.modem.smsc


def _station_after(desk: Desk, decision: Decision, centre: str | None, error: HardwareError) -> None:
    assert desk.seat is not None
    lost = in_a_row(desk)
    desk.look_soon = decision.station in ("wait", "pause")
    if lost >= UNCERTAIN_IN_A_ROW:
        desk.paused = "uncertain"
        desk.say("paused", lost_sight(desk, lost))
    elif decision.station == "pause" and centre != "":
        pause_sim(
            desk, (decision.why or decision.reason) + (f" Its text centre is {centre}." if centre else "")
        )
    elif decision.hold_s:
        desk.hold = Hold(desk.clock.monotonic() + decision.hold_s, decision.words, decision.hold_s)
        if decision.hold_s >= SHOWN_S:
            desk.say("waiting", explain_sending.not_now(desk.name, decision.words, decision.hold_s))
    if decision.station == "reset":
        desk.wants_reset = decision.words
    if decision.station in ("restart", "reset") or isinstance(error, PortGone | ModemSilent):
        if isinstance(error.__cause__, HardwareError):
            raise error.__cause__  # what the port or the modem did, behind "nobody knows whether it left"
        raise StartAnew(decision.words) if isinstance(error, CommandRefused) else error


def pause_sim(desk: Desk, why: str) -> None:
    """Nothing leaves by this SIM, after a restart and in another modem too, until a person says *Go on*."""
    assert desk.seat is not None
    iccid, now = desk.seat.sim.iccid, desk.now_ms()
    desk.paused = why
    desk.settle(lambda: sims.pause(desk.db, iccid, why, now=now))
    desk.say("paused", explain.refused_by_network(desk.name, why))


def lost_sight(desk: Desk, in_a_row: int) -> explain.Notice:
    """The words of a pause after uncertain texts, with what may help where they do not go by this technology."""
    if not desk.streak.not_on(desk.technology):
        return explain.uncertain_in_a_row(desk.name, in_a_row)
    to_3g = desk.modem.profile.to_3g if desk.modem is not None else ""
    return explain_sending.no_texts_by(desk.name, desk.technology, in_a_row, to_3g)


def unpause(desk: Desk) -> None:
    """A person says that this station may go on, or a self-test has shown it."""
    with desk.write():
        stations.set_facts(desk.db, desk.name, paused_by=None, uncertain_in_a_row=0)
        if desk.seat is not None:
            sims.resume(desk.db, desk.seat.sim.iccid)
    desk.paused = ""
    desk.hold = desk.hold if desk.hold is not None and desk.hold.in_doubt else None
    desk.suspects.clear()
    desk.streak = type(desk.streak)()


def shown_well(desk: Desk) -> None:
    """A text of ours went and came, or reports came: what paused this station because it lost sight of texts is over."""
    if desk.paused == "uncertain":
        unpause(desk)
