"""What people ask of a station: done between two texts, and answered in words that the page shows.

Promises: every request that is taken is answered, also when the modem fails over it; what would change a setting of
the line, read a text or restart a modem too often is refused before anything is written to the modem.
"""

import contextlib
import sqlite3
from dataclasses import dataclass

from gateway import answers, codes, happenings, selftests, sims, stations
from gateway.errors import Refused
from gateway.station import refused
from gateway.station.desk import Desk, Typed, log
from gateway.station.rescue import Rescue
from gateway.stations import Request
from hardware import query, ussd
from hardware.errors import CommandRefused, HardwareError

NOT_WRITTEN = "The database refused, so it may not have been done. Look at the modem's state, and ask again."


@dataclass(frozen=True)
class Done:
    """What came of a request: the words for who asked, and what the loop does about the modem."""

    words: str
    anew: bool = False  # whatever kept the station from starting is asked again now
    reopen: bool = False  # the modem is let go and started
    refused: bool = False  # it was not done


def obey(desk: Desk, request: Request, rescue: Rescue, *, started: bool) -> Done:
    """Do it and answer; raises HardwareError when the modem fails over it (it is answered then too)."""
    log.info("station=%s asked to %s", desk.name, request.what)
    try:
        done = _do(desk, request, rescue, started=started)
    except HardwareError as error:
        _answer(desk, request, Done(f"The modem failed over it: {error}.", refused=True))
        raise
    except (sqlite3.OperationalError, OSError):
        _answer(desk, request, Done(NOT_WRITTEN, refused=True))
        raise
    _answer(desk, request, done, noted=True)
    return done


def _answer(desk: Desk, request: Request, done: Done, *, noted: bool = False) -> None:
    """In hand until the database takes it: it was done, and nobody does it again."""

    def answer() -> None:
        if noted:
            _note(desk, request, done)
        stations.answer(desk.db, request.id, done.words, refused=done.refused, now=desk.now_ms())

    desk.results.append(answer)
    with contextlib.suppress(
        sqlite3.OperationalError, OSError
    ):  # the next step meets the same trouble, and says so
        desk.flush()


def _note(desk: Desk, request: Request, done: Done) -> None:
    """What a person asked for is among what happened to the modem; what only asks it something is not."""
    row = desk.db.execute("SELECT name FROM user WHERE id=?", [request.by_id]).fetchone()
    words = happenings.asked(row["name"], request.what) if row is not None else ""
    if words:
        words = happenings.was_refused(words, done.words) if done.refused else words
        stations.note(desk.db, desk.name, words, now=desk.now_ms())


def _do(desk: Desk, request: Request, rescue: Rescue, *, started: bool) -> Done:
    match request.what:
        case "pause":
            stations.set_facts(desk.db, desk.name, paused_by=request.by_id)
            desk.paused = "person"
            return Done("It is paused; it still receives.", anew=True)
        case "resume":
            _resume(desk)
            return Done("It goes on.", anew=True)
        case "restart":
            desk.twin = ""  # and whether this is another station's modem too
            return Done("The conversation with the modem is begun anew.", anew=True, reopen=True)
        case "pin":
            until = desk.clock.monotonic() + stations.PIN_LIFE_MS / 1000
            again = _role(desk, request) == "admin"
            desk.pin_once = Typed(request.argument or "", again=again, until=until)
            return Done(
                "The PIN is tried once; the modem's state says how that went.", anew=True, reopen=True
            )
        case "reset":
            words, written = rescue.asked()
            return Done(words, anew=written, reopen=written, refused=not written)
        case "self_test":
            return _self_test(desk, request)
        case _ if not started:
            return Done(answers.not_started(_state(desk)), refused=True)
        case _ if desk.draining(desk.clock.monotonic()):
            return Done(answers.text_under_way(), refused=True)
        case "ussd":
            return _ussd(desk, request.argument or "")
        case _:
            return _query(desk, request.argument or "")


def _resume(desk: Desk) -> None:
    """A person says go on: for this station and for the SIM that is in it."""
    refused.unpause(desk)
    row = desk.db.execute("SELECT iccid FROM station WHERE name=?", [desk.name]).fetchone()
    if sims.paused(desk.db, row["iccid"]):
        sims.resume(desk.db, row["iccid"])


def _role(desk: Desk, request: Request) -> str:
    row = desk.db.execute("SELECT role FROM user WHERE id=?", [request.by_id]).fetchone()
    return "" if row is None else str(row["role"])


def _state(desk: Desk) -> str:
    return str(desk.db.execute("SELECT state FROM station WHERE name=?", [desk.name]).fetchone()["state"])


def _ussd(desk: Desk, code: str) -> Done:
    code = code.strip()
    if not ussd.harmless(code):
        return Done(answers.ussd_not_harmless(code[:40]), refused=True)
    assert desk.modem is not None
    assert desk.seat is not None
    try:
        words = desk.modem.ask_network(code)
    except CommandRefused as refused:
        return Done(answers.ussd_failed(refused.text), refused=True)
    iccid = desk.seat.sim.iccid
    if codes.known(desk.db, iccid) in ("", code) and codes.tells_balance(words):
        codes.keep(desk.db, iccid, code)
        sims.set_balance(desk.db, iccid, words, now=desk.now_ms())
    return Done(words) if words else Done(answers.ussd_failed("its answer was empty"), refused=True)


def _query(desk: Desk, command: str) -> Done:
    written = query.allowed(command)
    if written is None:
        return Done(answers.query_refused(command), refused=True)
    assert desk.modem is not None
    try:
        lines = desk.modem.query(command)
    except CommandRefused as refused:
        return Done(answers.modem_refused(refused.text), refused=True)
    return Done("\n".join([written, *lines, "OK"]))


def _self_test(desk: Desk, request: Request) -> Done:
    receiver = request.argument or selftests.partner(desk.db, desk.name)
    if receiver is None:
        return Done(answers.no_partner(desk.name), refused=True)
    try:
        selftests.begin(
            desk.db, desk.name, receiver, by=None, by_id=request.by_id, rules=desk.rules, now=desk.now_ms()
        )
    except Refused as refusal:
        return Done(str(refusal), refused=True)
    return Done(answers.self_test_began(desk.name, receiver))
