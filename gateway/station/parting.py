"""What a modem hands over and stores nowhere, and letting a modem go.

Promises: whatever it said by then is recorded or in hand (`Desk.results`), whoever lets it go and why: a text that was handed
over directly exists nowhere else.
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from gateway import arrivals, numbers, sims
from gateway.arrivals import Received, Seen
from gateway.station import hearsay, late
from gateway.station.desk import Desk
from gateway.store import once_committed
from hardware.modem import Direct, Modem
from hardware.pdu import Deliver, PduError, decode

COMMIT_S = 1.0  # while a command's answer is awaited


def keep(desk: Desk, received: list[Received], seen: Seen) -> int:
    """Commit what came, and ring; returns how many were new. What a modem said before it told its SIM came by the one that it had."""
    if not seen.iccid:
        seen = replace(seen, iccid=_last_card(desk))
    senders = dict(_senders(desk, received))
    direct = {item.pdu for item in received if not item.storage}
    refused, kept = partial(_cannot_keep, desk, senders, direct), partial(_keeps, desk, senders)
    try:
        new = arrivals.keep(desk.db, received, seen, desk.rules, now=desk.now_ms())
    except (sqlite3.Error, OSError):
        refused(now=desk.clock.monotonic())
        raise
    if desk.db.in_transaction:  # a part of a commit that may fail yet
        refused(now=desk.clock.monotonic())
        once_committed(desk.db, kept)
    else:
        kept()
    hearsay.read_stamps(desk, new)
    if new:
        desk.ring()
    return new


def _cannot_keep(desk: Desk, senders: dict[str, str], direct: set[str], *, now: float) -> None:
    desk.unkept.update((pdu, who) for pdu, who in senders.items() if pdu in direct)
    desk.taken.cannot_keep(senders, now=now)


def _keeps(desk: Desk, senders: dict[str, str]) -> None:
    for pdu in senders:
        desk.unkept.pop(pdu, None)
    desk.taken.keeps(senders)


def _senders(desk: Desk, received: Iterable[Received]) -> Iterator[tuple[str, str]]:
    """Who wrote these; of one that is damaged nothing is told."""
    for item in received:
        with contextlib.suppress(PduError):
            tpdu = decode(item.pdu)
            if isinstance(tpdu, Deliver):
                sender = tpdu.sender
                yield (
                    item.pdu,
                    numbers.inbound_address(sender.number, ton=sender.ton, region=desk.rules.region),
                )


def keeps_at_once(desk: Desk, modem: Modem) -> None:
    """From now on what this modem hands over is committed as it comes, whatever is waited for: a text may be a stop, and a power cut would
    take it. What cannot be, now, stays among what was heard.
    """

    def commit(direct: Direct) -> bool:
        if desk.db.in_transaction:
            return False
        try:
            card = _card(desk) if _tells_its_card(desk) else ""
            if card:
                with desk.hurried(COMMIT_S):
                    keep(desk, [Received(direct.pdu)], Seen(desk.name, card))
        except (sqlite3.Error, OSError):
            return False  # whoever deals with what was heard meets the same trouble
        return card != ""

    modem.keep_at_once(commit)


def _card(desk: Desk) -> str:
    """The SIM by which the modem speaks; that of its last start while it has not told it."""
    if desk.seat is not None:
        return desk.seat.sim.iccid
    return (desk.modem.identity.iccid if desk.modem is not None else "") or desk.card


def _tells_its_card(desk: Desk) -> bool:
    """Whether it is known which SIM is in it now. During a start that is the one which it had last: another one may be known here by
    something else than the ICCID that it tells, or a part of it.
    """
    return desk.modem is None or desk.seat is not None or desk.modem.identity.iccid == _last_card(desk)


def _last_card(desk: Desk) -> str:
    """The SIM that it had when anybody knew it last, perhaps another gateway."""
    row = desk.db.execute("SELECT iccid FROM station WHERE name=?", [desk.name]).fetchone()
    return row["iccid"] or ""


def salvage(desk: Desk) -> None:
    """The modem goes: what it said and stored nowhere stays in hand."""
    if desk.modem is None:
        return
    desk.modem.last_words()
    heard, desk.heard = late.settle(desk, [*desk.heard, *desk.modem.notices()]), []
    direct = [Received(n.pdu) for n in heard if isinstance(n, Direct) and not n.kept]
    card, sure = _card(desk), desk.seat is not None
    desk.results += [partial(_salvage, desk, received, card, sure=sure) for received in direct]


def _salvage(desk: Desk, received: Received, card: str, *, sure: bool) -> None:
    """A start that failed knows no IMSI: a part of an ICCID, or one of a SIM that was known without it, is the SIM that it had."""
    keep(
        desk, [received], Seen(desk.name, card if sure or not card else sims.meant(desk.db, desk.name, card))
    )


def let_go(desk: Desk) -> None:
    """Let the modem and its SIM's seat go; the port closes in its own time. Results in hand keep their own seat."""
    if desk.modem is not None:
        salvage(desk)
        desk.modem.close()
        desk.taken.let_go(desk.name, now=desk.clock.monotonic())
    desk.modem = None
    desk.seat = None
    desk.registered = False
