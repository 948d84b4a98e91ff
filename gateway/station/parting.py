"""What a modem hands over and stores nowhere, and letting a modem go.

Promises: whatever it said by then is recorded or in hand (`Desk.results`), whoever lets it go and why: a text that was handed
over directly exists nowhere else.
"""

from dataclasses import replace
from functools import partial

from gateway import arrivals
from gateway.arrivals import Received, Seen
from gateway.station import hearsay, late
from gateway.station.desk import Desk
from hardware.modem import Direct


def keep(desk: Desk, received: list[Received], seen: Seen) -> int:
    """Commit what came, and ring; returns how many were new. What a modem said before it told its SIM came by the one that it had."""
    if not seen.iccid:
        row = desk.db.execute("SELECT iccid FROM station WHERE name=?", [desk.name]).fetchone()
        seen = replace(seen, iccid=row["iccid"] or "")
    new = arrivals.keep(desk.db, received, seen, desk.rules, now=desk.now_ms())
    hearsay.read_stamps(desk, new)
    if new:
        desk.ring()
    return new


def salvage(desk: Desk) -> None:
    """The modem goes: what it said and stored nowhere stays in hand."""
    if desk.modem is None:
        return
    desk.modem.last_words()
    heard, desk.heard = late.settle(desk, [*desk.heard, *desk.modem.notices()]), []
    card = desk.seat.sim.iccid if desk.seat is not None else desk.modem.identity.iccid or desk.card
    seen = Seen(desk.name, card)
    desk.results += [partial(keep, desk, [Received(n.pdu)], seen) for n in heard if isinstance(n, Direct)]


def let_go(desk: Desk) -> None:
    """Let the modem and its SIM's seat go; the port closes in its own time. Results in hand keep their own seat."""
    if desk.modem is not None:
        salvage(desk)
        desk.modem.close()
        desk.taken.let_go(desk.name, now=desk.clock.monotonic())
    desk.modem = None
    desk.seat = None
    desk.registered = False
