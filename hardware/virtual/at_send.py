"""Sending: CMGS and CMSS, from the prompt to the reference (27.005 clauses 3.5.1 and 4.3).

Ctrl-Z is the point of no return: the network gets the SUBMIT after the send latency, and only then comes +CMGS. Every
way of going wrong before, at and after that point is a fault here or in `refusing`.
"""

from functools import partial
from typing import TYPE_CHECKING

from hardware.virtual import refusing, textmode
from hardware.virtual.commandline import Command
from hardware.virtual.octets import MalformedTpdu, read_submit, with_destination, with_mr
from hardware.virtual.refusal import Refusal
from hardware.virtual.registry import answers, integer
from hardware.virtual.storage import SENT

if TYPE_CHECKING:
    from hardware.virtual.engine import Engine
    from hardware.virtual.terminal import Entry

AFTER_PROMPT_S = 0.01


@answers("+CMGS")
def send(modem: "Engine", command: Command, now: float) -> list[str] | None:
    """AT+CMGS=length (PDU) or ="number" (text): the prompt, then what is typed."""
    if command.form == "test":
        return []
    modem.asked_s = now
    modem.check_texts()
    if modem.trip("cmgs", now):
        return None
    code = modem.faults.number("prompt_error")
    if code is not None:
        raise Refusal("CMS", int(code))
    if modem.personality.format_needs_service and not modem.served:
        raise modem.refusal("no_service")
    length = integer(command, 0, 1, 200) if modem.settings.cmgf == 0 else 0
    number = command.arg(0)

    def entry(typed: bytes | None, moment: float) -> None:
        if typed is None:
            modem.escaped(moment)
        else:
            _typed(modem, typed, length, number, moment)

    _ask(modem, entry, now)
    return None


def _ask(modem: "Engine", entry: "Entry", now: float) -> None:
    """The prompt, late or missing if a fault says so."""
    missing = modem.faults.take("prompt_missing")
    if missing == "lost":
        modem.prompt(entry, now, shown=False)
        return
    if missing or modem.call.ringing:
        modem.later(now, modem.silence)
        return

    def show(due: float) -> None:
        modem.prompt(entry, due)
        if modem.trips_at("prompt"):  # it said so much and hears nothing any more
            modem.deafen(due + AFTER_PROMPT_S)
            modem.later(due + AFTER_PROMPT_S, partial(_gone_at_prompt, modem))

    delay_ms = modem.faults.number("prompt_delay")
    if delay_ms is None:
        show(now)
    else:
        modem.later(now + delay_ms / 1000, show)


def _gone_at_prompt(modem: "Engine", now: float) -> None:
    modem.trip("prompt", now)


def _typed(modem: "Engine", typed: bytes, length: int, number: str, now: float) -> None:
    """Ctrl-Z came: read it as a SUBMIT, or refuse it."""
    if modem.trip("ctrl_z", now):
        return
    try:
        tpdu = textmode.typed_submit(modem.settings, typed, length, number)
    except MalformedTpdu as wrong:
        if modem.faults.take("long_pdu_hangs"):
            modem.wedge("reset")
            return
        occasion = "bad_address" if "TP-DA" in str(wrong) else "bad_pdu"
        modem.fail(Refusal("CMS", 305) if modem.settings.cmgf else modem.refusal(occasion), now)
        return
    own_centre = bool(modem.settings.cmgf == 0 and not typed.strip().startswith(b"00"))
    transmit(modem, tpdu, "+CMGS", now, own_centre=own_centre)


@answers("+CMSS")
def send_stored(modem: "Engine", command: Command, now: float) -> list[str] | None:
    """AT+CMSS=index[,number]: send a text kept with AT+CMGW."""
    if command.form == "test":
        return []
    modem.check_texts()
    slot = modem.storage(modem.settings.memory[1]).get(integer(command, 0, 0, 9999))
    if slot is None:
        raise Refusal("CMS", 321)
    try:
        octets = bytes.fromhex(slot.pdu)
        tpdu = octets[1 + octets[0] :]
        if command.arg(1):
            tpdu = with_destination(tpdu, command.arg(1))
        read_submit(tpdu)
    except (MalformedTpdu, ValueError, IndexError):  # a damaged record, or no SUBMIT
        raise Refusal("CMS", 304) from None
    slot.status = SENT
    transmit(modem, tpdu, "+CMSS", now, own_centre=bool(octets[0]))
    return None


def transmit(modem: "Engine", tpdu: bytes, word: str, now: float, *, own_centre: bool = False) -> None:
    """Hand a SUBMIT to the network and say how it went, after the send latency.

    `own_centre`: the PDU names a service centre, so that the SIM's does not matter.
    """
    error = refusing.why_not(modem, own_centre=own_centre)
    if error is not None:
        _refused(modem, tpdu, error, now)
        return
    tpdu = with_mr(tpdu, modem.next_mr())
    modem.later(now + modem.latency(), lambda due: _accepted(modem, tpdu, word, due, own_centre=own_centre))


def _refused(modem: "Engine", tpdu: bytes, error: object, now: float) -> None:
    """An error: a code, the word ERROR, or {"code", "after_s", "sent", "words"}."""
    told = error if isinstance(error, dict) else {"code": error}
    code = told.get("code", 500)
    bare = code == "ERROR" or (isinstance(code, int) and code < 0)
    refusal = Refusal() if bare else Refusal("CMS", int(str(code)), str(told.get("words", "")))
    after_s = float(str(told.get("after_s", modem.latency())))
    if told.get("sent"):
        modem.carrier.submit(modem, with_mr(tpdu, modem.next_mr()), now, early=False)
    modem.later(now + after_s, lambda due: modem.fail(refusal, due))


def _accepted(modem: "Engine", tpdu: bytes, word: str, now: float, *, own_centre: bool) -> None:
    """The network has it (or, cmgs_silent lost, has not): say so, late, or not at all."""
    silent = modem.faults.take("cmgs_silent")
    if silent != "lost":
        early = bool(modem.faults.take("report_before_cmgs"))
        swallowed = refusing.swallowed(modem, now, own_centre=own_centre)
        modem.carrier.submit(modem, tpdu, now, early=early, swallowed=swallowed)
    if modem.trip("sent", now):
        return
    if silent:
        modem.silence(now)
        return
    lines = [] if modem.faults.take("ok_without_cmgs") else [f"{word}: {tpdu[1]}"]
    stray_ms = modem.faults.number("cmgs_stray")
    if stray_ms is not None:
        modem.later(now + stray_ms / 1000, partial(_say_late, modem, [*lines, "", "OK"]))
        modem.silence(now)
        return
    late_ms = modem.faults.number("cmgs_late")
    if late_ms is None:
        modem.resume(lines, now)
    else:
        modem.later(now + late_ms / 1000, lambda due: modem.resume(lines, due))


def _say_late(modem: "Engine", lines: list[str], now: float) -> None:
    modem.here(*lines, now=now)
