"""Starting a modem: open, initialise, enter the PIN at most once, begin a new epoch, read all that it holds.

A PIN attempt is committed before the PIN is written to the modem, for each card (ICCID, or IMEI where a
locked modem hides it) and PIN: one that was refused, or whose outcome nobody knows, is never tried again by
the software.
"""

import hmac

from gateway import claims, conversations, explain, flight, numbers, stations
from gateway.errors import Refused
from gateway.explain import Notice
from gateway.station.desk import UNCERTAIN_IN_A_ROW, Desk
from gateway.station.twins import other_port, still_taken
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
    if still_taken(desk):
        return False
    desk.flush()
    desk.modem = desk.open_modem()
    pins = Pins(desk)
    try:
        desk.modem.start(pins.enter)
    except PinRefused:
        pins.refused()
        raise
    pins.accepted(desk.modem.identity)
    if other_port(desk, desk.modem.identity):
        return False
    _begin(desk, desk.modem.identity)
    return True


def _begin(desk: Desk, identity: Identity) -> None:
    """The station's new start: epoch and recovery, the SIM's seat, and what must be known before anything is sent."""
    epoch = flight.begin(desk.db, desk.name, now=desk.now_ms())
    row = desk.db.execute(
        "SELECT paused_by, uncertain_in_a_row FROM station WHERE name=?", [desk.name]
    ).fetchone()
    desk.paused = "person" if row["paused_by"] is not None else ""
    if not desk.paused and row["uncertain_in_a_row"] >= UNCERTAIN_IN_A_ROW:
        desk.paused = "uncertain"
    newest = desk.db.execute("SELECT at FROM event ORDER BY id DESC LIMIT 1").fetchone()
    desk.newest_ms = newest["at"] if newest else 0
    desk.late = None
    desk.suspects.clear()
    seat = claims.Seat(desk.name, epoch, desk.sim(_card(desk, identity)))
    stations.set_facts(
        desk.db,
        desk.name,
        port=desk.spec.port or "",
        model=" ".join((identity.manufacturer, identity.model)).strip(),
        imei=identity.imei,
        iccid=seat.sim.iccid,
        imsi=identity.imsi,
        number=_own_number(desk, identity),
    )
    desk.seat = seat
    desk.remember_minute()


def _card(desk: Desk, identity: Identity) -> str:
    """What this SIM is known by: its ICCID; one that does not answer this once is known by its IMSI from before."""
    if identity.iccid:
        return identity.iccid
    known = desk.db.execute(
        "SELECT iccid FROM station WHERE imsi=? AND imsi<>'' AND iccid<>''", [identity.imsi]
    ).fetchone()
    if known is not None:
        return str(known["iccid"])
    return identity.imsi or f"imei-{identity.imei}"


def _own_number(desk: Desk, identity: Identity) -> str:
    """The SIM's own number as E.164, so that our own texts are known as ours; as it stands when it cannot be read."""
    try:
        return numbers.normalise(identity.number, desk.rules.region) if identity.number else ""
    except Refused:
        return identity.number


class Pins:
    """The durable memory of PIN attempts, for one start of one modem."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tried: int | None = None

    def enter(self, identity: Identity) -> str | None:
        """The PIN to write, its attempt committed; None when it must not be tried (again). An admin's own try is always made."""
        desk, card = self._desk, identity.iccid or identity.imei
        typed, desk.pin_once, desk.pin_spent = desk.pin_once, "", False
        pin = typed or desk.spec.pin
        if not pin or not card:
            return None
        key = hmac.digest(conversations.number_key(desk.db, card), pin.encode(), "sha256")
        with desk.write():
            row = desk.db.execute(
                "SELECT id, outcome FROM pin_attempt WHERE card=? AND pin_key=?", [card, key]
            ).fetchone()
            if row is not None and row["outcome"] != "accepted" and not typed:
                desk.pin_spent = True
                return None
            if row is None:
                cursor = desk.db.execute(
                    "INSERT INTO pin_attempt (card, pin_key, at) VALUES (?,?,?)", [card, key, desk.now_ms()]
                )
                self._tried = int(cursor.lastrowid or 0)
            else:
                desk.db.execute(
                    "UPDATE pin_attempt SET outcome=NULL, at=? WHERE id=?", [desk.now_ms(), row["id"]]
                )
                self._tried = int(row["id"])
        return pin

    def refused(self) -> None:
        """The SIM said no: this PIN is never tried again by the software."""
        if self._tried is not None:
            with self._desk.write():
                self._desk.db.execute("UPDATE pin_attempt SET outcome='refused' WHERE id=?", [self._tried])

    def accepted(self, identity: Identity) -> None:
        """The SIM is open: the attempt of this start, or one whose start ended before its outcome was known, was right."""
        with self._desk.write():
            self._desk.db.execute(
                "UPDATE pin_attempt SET outcome='accepted' WHERE outcome IS NULL AND card IN (?,?)",
                [identity.iccid, identity.imei],
            )


def _no_port(name: str) -> Notice:
    return Notice(
        f"{name} has no port.",
        "The configuration names none, and this version does not look for modems by itself.",
        "Nothing was opened.",
        f'Write port = "/dev/ttyUSB…" under the station {name}, then start Textbank again.',
    )


def trouble(name: str, port: str, error: HardwareError) -> tuple[str, Notice]:
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
