"""What a modem does with a text or report the network hands it: keep it, tell the host, or give it to the host direct.

The answer goes to `done(fate, now)`: kept, the network forgets it; refused, the network tries again. Only kept texts
are in a slot or on the wire (27.005 3.4.1; routing by class is 23.038 clause 4).
"""

from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from hardware.virtual import arriving
from hardware.virtual.octets import deliver_dcs, message_class, service_centre
from hardware.virtual.storage import UNREAD, Slot
from hardware.virtual.textmode import direct_lines

if TYPE_CHECKING:
    from hardware.virtual.engine import Engine

Done = Callable[["Fate", float], None]


class Fate(Enum):
    """What became of what the network handed over."""

    KEPT = "kept"
    REFUSED = "refused"


ACK_S = 15.0  # how long a host with CSMS=1 may take for AT+CNMA (24.011 TR2M: 12 to 20 s)
SECOND_COPY_S = 0.4
RESENT_S = 1.0
SIM_STORAGE = "SM"


def text(modem: "Engine", tpdu: bytes, now: float, done: Done) -> None:
    """A DELIVER arrives."""
    if not modem.reachable or modem.faults.take("reject_inbound"):
        done(Fate.REFUSED, now)
        return
    flash = bool(modem.faults.waits("class0_cmt"))
    tpdu = arriving.changed(modem, tpdu)
    copies = modem.faults.number("dup_inbound")
    for copy in range(1, int(copies or 1)):
        modem.later(now + copy * RESENT_S, lambda due: _arrive(modem, tpdu, due, _nobody, flash=flash))
    _arrive(modem, tpdu, now, done, flash=flash)


def _nobody(fate: Fate, now: float) -> None:
    """Nobody waits for what becomes of a copy."""


def _arrive(modem: "Engine", tpdu: bytes, now: float, done: Done, *, flash: bool) -> None:
    kind = message_class(deliver_dcs(tpdu))
    mt = modem.settings.cnmi[1]
    direct = (mt == 2 and kind != 2) or (mt == 3 and kind == 3)
    if direct or (kind == 0 and (flash or modem.personality.class0_direct)):
        _hand_over(modem, "+CMT", tpdu, now, done)
    elif modem.faults.peek("cnma_required"):
        done(Fate.REFUSED, now)  # it stores nothing
    else:
        _keep(modem, tpdu, now, done, indication="+CMTI" if mt else "", of_sim=kind == 2)


def report(modem: "Engine", tpdu: bytes, now: float, done: Done, *, urgent: bool = False) -> None:
    """A STATUS REPORT arrives. Without ds it is acknowledged and gone."""
    if not modem.plugged or not modem.powered:
        done(Fate.REFUSED, now)
        return
    ds = modem.settings.cnmi[3]
    if ds == 1:
        _hand_over(modem, "+CDS", tpdu, now, done, urgent=urgent)
    elif ds == 2:
        _keep(modem, tpdu, now, done, indication="+CDSI", urgent=urgent)
    else:
        done(Fate.KEPT, now)


def _hand_over(
    modem: "Engine", name: str, tpdu: bytes, now: float, done: Done, *, urgent: bool = False
) -> None:
    """Give it to the host and keep nothing. With CSMS=1 the host must acknowledge, one at a time."""
    if modem.settings.csms == 1 and modem.unacknowledged is not None:
        done(Fate.REFUSED, now)
        return
    if modem.settings.cmgf == 0:
        pdu = service_centre(modem.service_centre) + tpdu
        head = f"{name}: ,{len(tpdu)}" if name == "+CMT" else modem.personality.cds_head.format(len(tpdu))
        lines = [head, pdu.hex().upper()]
    else:
        lines = direct_lines(modem.settings, name, tpdu)
    modem.indicate(*lines, now=now, urgent=urgent)
    if name == "+CDS" and modem.personality.cds_hangs:
        modem.later(now + ACK_S, lambda due: modem.wedge("replug"))
    if modem.settings.csms == 0:
        done(Fate.KEPT, now)
        return
    modem.unacknowledged = done
    modem.later(now + ACK_S, lambda due: _give_up(modem, done, due))


def _give_up(modem: "Engine", waiting: Done, now: float) -> None:
    """No AT+CNMA in time: the modem stops handing over, as 27.005 3.4.4 says, and the network tries again."""
    if modem.unacknowledged is waiting:
        modem.unacknowledged = None
        mode, _, bm, _, bfr = modem.settings.cnmi
        modem.settings.cnmi = (mode, 0, bm, 0, bfr)
        waiting(Fate.REFUSED, now)


def _keep(
    modem: "Engine",
    tpdu: bytes,
    now: float,
    done: Done,
    *,
    indication: str,
    urgent: bool = False,
    of_sim: bool = False,
) -> None:
    """Put it into the storage for arriving texts, a class 2 one into the SIM's, and say so."""
    is_report = indication == "+CDSI"
    name = SIM_STORAGE if of_sim and SIM_STORAGE in modem.storages else modem.settings.memory[2]
    if is_report and modem.faults.peek("report_in"):
        name = str(modem.faults.peek("report_in"))
    if name == "nowhere":  # SIM7600, MU509: it rings for a storage that it has not
        _indicate(modem, f"{indication}:", "SR", 8, now, urgent=urgent)
        done(Fate.KEPT, now)
        return
    twice = not is_report and (modem.personality.stores_twice or modem.faults.take("dup_store"))
    places = [
        place for _ in range(2 if twice else 1) if (place := _place(modem, name, tpdu, now)) is not None
    ]
    if not places:
        if modem.personality.memory_full_urc:
            modem.urc(modem.personality.memory_full_urc.format(name), now=now)
        done(Fate.REFUSED, now)
        return
    for copy, (where, index) in enumerate(places):
        if indication:
            _indicate(modem, f"{indication}:", where, index, now + copy * SECOND_COPY_S, urgent=urgent)
    done(Fate.KEPT, now)


def _place(modem: "Engine", name: str, tpdu: bytes, now: float) -> tuple[str, int] | None:
    """A slot for it: storage and index; None when there is none, here or where it may spill."""
    record = arriving.record(modem, service_centre(modem.service_centre) + tpdu)
    slot = Slot(UNREAD, record, len(tpdu), now)
    if not modem.faults.peek("memory_full"):
        index = modem.storage(name).put(slot)
        if index is not None:
            return name, index
    spill = str(modem.faults.peek("spill") or "")
    if spill in modem.storages:
        index = modem.storages[spill].put(slot)
        return None if index is None else (spill, index)
    return None


def _indicate(modem: "Engine", indication: str, name: str, place: int, due: float, *, urgent: bool) -> None:
    """+CMTI or +CDSI, with what the faults do to it."""
    if indication == "+CMTI:" and modem.faults.take("drop_cmti"):
        return
    wrong = modem.faults.take("cmti_wrong_mem")
    shown = str(wrong) if wrong else name
    other = modem.faults.number("cmti_index")
    index = -1 if modem.faults.take("cmti_index_minus1") else place if other is None else int(other)
    line = f'{indication} "{shown}",{index}'
    for _ in range(2 if modem.faults.take("dup_cmti") else 1):
        if urgent:
            modem.indicate(line, now=due, urgent=True)
        else:
            modem.later(due, partial(_say, modem, line))


def _say(modem: "Engine", line: str, now: float) -> None:
    modem.indicate(line, now=now)


def release(modem: "Engine", now: float) -> None:
    """CNMI changed: what was buffered in mode 0 comes out, or is dropped when bfr is 1."""
    if modem.settings.cnmi[0] == 0:
        return
    buffered, modem.buffered = modem.buffered, []
    if modem.settings.cnmi[4] == 0:
        for lines in buffered:
            modem.urc(*lines, now=now)
