"""What a modem does with a text or report the network hands it: keep it, tell the host, or give it to the host direct.

The answer goes to `done(fate, now)`: kept, the network forgets it; refused, the network tries again. Only kept texts
are in a slot or on the wire (27.005 3.4.1; routing by class is 23.038 clause 4).
"""

from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from hardware.virtual.octets import deliver_dcs, message_class, service_centre, with_dcs
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
RECORD_OCTETS = 176  # EF_SMS


def text(modem: "Engine", tpdu: bytes, now: float, done: Done) -> None:
    """A DELIVER arrives."""
    if not modem.reachable or modem.faults.take("reject_inbound"):
        done(Fate.REFUSED, now)
        return
    flash = modem.faults.take("class0_cmt")
    if flash:
        dcs = deliver_dcs(tpdu)
        tpdu = with_dcs(tpdu, dcs & 0xFC if dcs & 0xF0 == 0xF0 else dcs & 0x2C | 0x10)
    kind = message_class(deliver_dcs(tpdu))
    mt = modem.settings.cnmi[1]
    direct = (mt == 2 and kind != 2) or (mt == 3 and kind == 3)
    if direct or (kind == 0 and (flash or modem.personality.class0_direct)):
        _hand_over(modem, "+CMT", tpdu, now, done)
        return
    _keep(modem, tpdu, now, done, indication="+CMTI" if mt else "")


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
        head = f"{name}: ,{len(tpdu)}" if name == "+CMT" else f"{name}: {len(tpdu)}"
        lines = [head, pdu.hex().upper()]
    else:
        lines = direct_lines(modem.settings, name, tpdu)
    modem.indicate(*lines, now=now, urgent=urgent)
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
    modem: "Engine", tpdu: bytes, now: float, done: Done, *, indication: str, urgent: bool = False
) -> None:
    """Put it into the storage for arriving texts and say so."""
    name = modem.settings.memory[2]
    places = []
    for _ in range(2 if indication == "+CMTI" and modem.faults.take("dup_store") else 1):
        slot = Slot(UNREAD, _record(modem, tpdu), len(tpdu), now)
        full = modem.faults.peek("memory_full")
        place = None if full else modem.storages[name].put(slot)
        if place is not None:
            places.append(place)
    if not places:
        if modem.personality.memory_full_urc:
            modem.urc(modem.personality.memory_full_urc.format(name), now=now)
        done(Fate.REFUSED, now)
        return
    for copy, place in enumerate(places):
        if indication:
            _indicate(modem, f"{indication}:", name, place, now + copy * SECOND_COPY_S, urgent=urgent)
    done(Fate.KEPT, now)


def _indicate(modem: "Engine", indication: str, name: str, place: int, due: float, *, urgent: bool) -> None:
    """+CMTI or +CDSI, with what the faults do to it."""
    if indication == "+CMTI:" and modem.faults.take("drop_cmti"):
        return
    wrong = modem.faults.take("cmti_wrong_mem")
    shown = str(wrong) if wrong else name
    index = -1 if modem.faults.take("cmti_index_minus1") else place
    line = f'{indication} "{shown}",{index}'
    for _ in range(2 if modem.faults.take("dup_cmti") else 1):
        if urgent:
            modem.indicate(line, now=due, urgent=True)
        else:
            modem.later(due, partial(_say, modem, line))


def _say(modem: "Engine", line: str, now: float) -> None:
    modem.indicate(line, now=now)


def _record(modem: "Engine", tpdu: bytes) -> str:
    """The record as the modem will print it, damaged if a fault says so."""
    record = (service_centre(modem.service_centre) + tpdu).hex().upper()
    left = modem.faults.number("truncated_pdu")
    if left is not None:
        record = record[: 2 * int(left)]
    if modem.faults.take("nonhex_pdu"):
        record = record[:14] + "=9" + record[16:20] + "p7" + record[22:]
    if modem.faults.take("ff_padded_pdu"):
        record = record.ljust(2 * RECORD_OCTETS, "F")
    return record


def release(modem: "Engine", now: float) -> None:
    """CNMI changed: what was buffered in mode 0 comes out, or is dropped when bfr is 1."""
    if modem.settings.cnmi[0] == 0:
        return
    buffered, modem.buffered = modem.buffered, []
    if modem.settings.cnmi[4] == 0:
        for lines in buffered:
            modem.urc(*lines, now=now)
