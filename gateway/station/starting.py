"""Starting a modem: open, initialise, enter the PIN at most once, begin a new epoch, read all that it holds.

A PIN attempt is committed before the PIN is written to the modem, for each card (ICCID, or IMEI where a
locked modem hides it) and PIN: one that was refused, or whose outcome nobody knows, is never tried again by
the software.
"""

import hmac
import sqlite3

from gateway import claims, conversations, explain, flight, stations
from gateway.explain import Notice
from gateway.station.desk import Desk
from hardware.errors import (
    HardwareError,
    ModemSilent,
    NotAModem,
    PinRefused,
    PortBusy,
    PortGone,
    PortMissing,
    SimNotReady,
)
from hardware.modem import Identity


def start(desk: Desk) -> bool:
    """Bring the modem up; False when it cannot be now (the state says why). Raises HardwareError for what the loop explains."""
    if desk.spec.port is None:
        desk.say("waiting", _no_port(desk.name))
        return False
    desk.modem = desk.open_modem()
    pins = Pins(desk)
    try:
        desk.modem.start(pins.enter)
    except PinRefused:
        pins.outcome("refused")
        raise
    pins.outcome("accepted")
    _begin(desk, desk.modem.identity)
    return True


def _begin(desk: Desk, identity: Identity) -> None:
    assert desk.modem is not None
    desk.flush()
    epoch = flight.begin(desk.db, desk.name, now=desk.now_ms())
    desk.seat = claims.Seat(
        desk.name, epoch, desk.sim(identity.iccid or identity.imsi or f"no-iccid-{identity.imei}")
    )
    desk.late = None
    desk.suspects.clear()
    desk.remember_minute()
    stations.set_facts(
        desk.db,
        desk.name,
        port=desk.spec.port or "",
        model=" ".join((identity.manufacturer, identity.model)).strip(),
        imei=identity.imei,
        iccid=desk.seat.sim.iccid,
        imsi=identity.imsi,
        number=identity.number,
    )


class Pins:
    """The durable memory of PIN attempts, for one start of one modem."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tried: int | None = None

    def enter(self, identity: Identity) -> str | None:
        """The PIN to write, its attempt committed; None when it must not be tried (again)."""
        pin, card = self._desk.spec.pin, identity.iccid or identity.imei
        if not pin or not card:
            return None
        db = self._desk.db
        key = hmac.digest(conversations.number_key(db, card), pin.encode(), "sha256")
        with self._desk.write():
            row = db.execute(
                "SELECT id, outcome FROM pin_attempt WHERE card=? AND pin_key=?", [card, key]
            ).fetchone()
            if row is not None and row["outcome"] != "accepted":
                return None
            if row is None:
                cursor = db.execute(
                    "INSERT INTO pin_attempt (card, pin_key, at) VALUES (?,?,?)",
                    [card, key, self._desk.now_ms()],
                )
                self._tried = int(cursor.lastrowid or 0)
            else:
                db.execute(
                    "UPDATE pin_attempt SET outcome=NULL, at=? WHERE id=?", [self._desk.now_ms(), row["id"]]
                )
                self._tried = int(row["id"])
        return pin

    def outcome(self, outcome: str) -> None:
        """Remember what became of the attempt, if one was made."""
        if self._tried is not None:
            with self._desk.write():
                self._desk.db.execute("UPDATE pin_attempt SET outcome=? WHERE id=?", [outcome, self._tried])
            self._tried = None


def _no_port(name: str) -> Notice:
    return Notice(
        f"{name} has no port.",
        "The configuration names none, and this version does not look for modems by itself.",
        "Nothing was opened.",
        f'Write port = "/dev/ttyUSB…" under the station {name}, then start Textbank again.',
    )


def trouble(name: str, port: str, error: HardwareError | sqlite3.Error) -> tuple[str, Notice]:
    """The state and the words for what stopped this modem."""
    match error:
        case PortMissing():
            return "lost", explain.port_missing(name, port)
        case PortBusy():
            return "lost", explain.port_busy(name, port, error.holder)
        case PortGone():
            return "lost", explain.port_gone(name, port, error.evidence)
        case NotAModem():
            return "failed", explain.not_a_modem(name, port, error.evidence)
        case PinRefused():
            return "paused", explain.pin_refused(name)
        case SimNotReady(state="PIN"):
            return "paused", explain.pin_required(name)
        case SimNotReady(state="PUK"):
            return "paused", explain.puk_required(name)
        case SimNotReady(state="ABSENT"):
            return "paused", explain.sim_absent(name)
        case SimNotReady(state="BUSY"):
            return "waiting", explain.sim_busy(name)
        case SimNotReady():
            return "paused", explain.sim_failure(name, error.evidence)
        case ModemSilent():
            return "lost", explain.modem_silent(name, error.command, error.waited_s)
        case _:
            return "lost", explain.modem_silent(name, str(error), 0.0)
