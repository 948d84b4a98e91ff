"""What a modem hands over and stores nowhere, and letting a modem go.

Promises: whatever it said by then is recorded or in hand (`Desk.results`), whoever lets it go and why: a text that was handed
over directly exists nowhere else.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from gateway import arrivals
from gateway.arrivals import Received, Seen
from gateway.claims import Seat
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


@contextmanager
def kept_at_once(desk: Desk, seat: Seat) -> Iterator[None]:
    """While a text's answer is awaited, which may take minutes: a text that the modem hands over is committed as it comes. It may be a stop, and
    a power cut would take it.
    """

    def commit(direct: Direct) -> bool:
        if direct.kind == "report":
            return False  # it may be of this very text, and is matched when that one's answer is known
        try:
            keep(desk, [Received(direct.pdu)], Seen(desk.name, seat.sim.iccid))
        except (sqlite3.Error, OSError):
            return False  # it stays among what was heard: whoever deals with that meets the same trouble
        return True

    assert desk.modem is not None
    desk.modem.keep_at_once(commit)
    try:
        yield
    finally:
        desk.modem.keep_at_once(None)


def salvage(desk: Desk) -> None:
    """The modem goes: what it said and stored nowhere stays in hand."""
    if desk.modem is None:
        return
    desk.modem.last_words()
    heard, desk.heard = late.settle(desk, [*desk.heard, *desk.modem.notices()]), []
    direct = [Received(n.pdu) for n in heard if isinstance(n, Direct) and not n.kept]
    card = desk.seat.sim.iccid if desk.seat is not None else desk.modem.identity.iccid or desk.card
    desk.results += [partial(keep, desk, [received], Seen(desk.name, card)) for received in direct]


def let_go(desk: Desk) -> None:
    """Let the modem and its SIM's seat go; the port closes in its own time. Results in hand keep their own seat."""
    if desk.modem is not None:
        salvage(desk)
        desk.modem.close()
        desk.taken.let_go(desk.name, now=desk.clock.monotonic())
    desk.modem = None
    desk.seat = None
    desk.registered = False
