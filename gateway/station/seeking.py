"""Which modem is a station's: what is said while it is nowhere, and what is known of a port on which none answers.

Looks at udev and /proc only; no port is opened here.
"""

import os

from gateway import explain, stations
from gateway.explain import Notice
from gateway.station.desk import Desk
from gateway.whereabouts import imei_of
from hardware import usb
from hardware.discovery import stick_of
from hardware.errors import ModemSilent, PortGone
from hardware.holders import holders_of
from hardware.modem import Identity


def absent(desk: Desk) -> tuple[str, Notice]:
    """The state and the words while the modem of a station without a port of its own is nowhere."""
    where = desk.where
    stations.set_facts(desk.db, desk.name, port="")
    if where.blind:
        return "waiting", explain.cannot_find(desk.name, where.blind)
    row = desk.db.execute("SELECT model, imei, place FROM station WHERE name=?", [desk.name]).fetchone()
    imei = _wanted_imei(desk) or row["imei"]
    if imei or row["place"]:
        known = f"{row['model'] or 'modem'} with the IMEI {imei}" if imei else row["model"] or "modem"
        return "lost", explain.modem_absent(desk.name, known, row["place"], where.about)
    return "waiting", explain.looking_for_modem(desk.name, where.about)


def _wanted_imei(desk: Desk) -> str:
    """The IMEI that the file names, "" when it names none."""
    return desk.spec.imei or imei_of(desk.spec.port)


def same_modem(desk: Desk, identity: Identity) -> None:
    """A stick may have been swapped since it was found: another one is another station's, and must not get our PIN."""
    row = desk.db.execute("SELECT imei FROM station WHERE name=?", [desk.name]).fetchone()
    found = (
        desk.where.place != ""
    )  # only a modem that was found is bound to its IMEI; a port takes what is on it
    expected = _wanted_imei(desk) or (row["imei"] if found else "")
    if expected and identity.imei and identity.imei != expected:
        desk.seek.doubt()
        raise PortGone(desk.port, "another modem is on it now")


def socket_of(port: str) -> str:
    """The USB socket of a port that the file names."""
    stick = stick_of(port) if port.startswith("/dev/") else None
    return stick.place if stick is not None else ""


def wrong_port(port: str) -> str:
    """What is known of a port on which no modem answers, and where its stick's modem is; "" when nothing is."""
    return usb.wrong_port(port, stick_of(port)) if port.startswith("/dev/") else ""


def holder_of(port: str) -> str:
    """Another program that has the port: some take one without asking, and what the modem answers goes to them; "" for none."""
    return holders_of(port) if os.path.realpath(port).startswith("/dev/tty") else ""


def silence(name: str, port: str, error: ModemSilent) -> Notice:
    """No modem answers: another program may take what it answers."""
    if holder := holder_of(port):
        return explain.port_busy(name, port, holder)
    return explain.modem_silent(name, error.command, error.waited_s)
