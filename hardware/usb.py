"""What is known of USB modems, as data, and which of a stick's ports takes commands.

The table is usb-ids.tsv beside this file: `mode` is modem, bridge (a bare serial adapter, behind which a modem may
be), storage (not switched over yet), hilink (a network card only) or not-a-modem; `at_interface` and `urc_interface`
are interface numbers, or "protocol" where the interface's protocol tells; `ports` says what its interfaces are for.

Promises: a port that is for diagnostics, GPS, audio or nobody knows what is in no plan, whoever asks. Pure, but for
reading the table once and following links.
"""

from __future__ import annotations

import csv
import functools
import os
from dataclasses import dataclass, field
from importlib import resources

NEVER = ("diag", "gps", "audio", "other")  # what AT must not be written to
# A Huawei interface says by subclass and protocol what it is (drivers of ModemManager and oFono).
HUAWEI = {
    ("01", "02"): "at",
    ("02", "02"): "at",
    ("01", "32"): "at",
    ("01", "12"): "at",
    ("01", "01"): "data",
    ("02", "01"): "data",
    ("01", "03"): "diag",
}
HUAWEI_VID = "12d1"
MODEM_DRIVERS = frozenset({"option", "option1", "qcserial", "sierra", "hso"})  # drive nothing but modems
ACM_AT = frozenset(
    {"01", "02", "03", "04", "05", "06"}
)  # CDC 1.2: protocols of class 02/02 that are AT commands
DISK = frozenset({"08", "03"})  # what a stick shows before it is switched over: a CD-ROM, perhaps a keypad
ROLE_WORDS = {
    "diag": "the port for diagnostics",
    "gps": "the GPS port",
    "audio": "the port for voice",
    "data": "the port for data",
    "other": "a port that takes no commands",
}


@dataclass(frozen=True, slots=True)
class Known:
    """One row of the table."""

    vid: str
    pid: str
    vendor: str
    model: str
    mode: str
    at: tuple[int, ...]
    urc: int | None
    by_protocol: bool
    roles: dict[int, str]
    notes: str

    @property
    def name(self) -> str:
        """ "Huawei E220/E230" for people: the first two of those that share this identity."""
        model = "/".join(self.model.partition(" (")[0].split("/")[:2])
        return f"{self.vendor} {model}".strip()


@dataclass(frozen=True, slots=True)
class Port:
    """A tty of a stick. Class, subclass and protocol are two hex digits, "" where they are not known."""

    device: str  # "/dev/ttyUSB2"
    interface: int | None = None
    kind: tuple[str, str, str] = ("", "", "")
    driver: str = ""


@dataclass(frozen=True, slots=True)
class Stick:
    """A USB device that may be a modem, or one channel of an adapter with several."""

    place: str  # the socket: "1-1.3"; of one channel "1-1.3:1.2"
    vid: str
    pid: str
    product: str = ""  # what it calls itself
    ports: tuple[Port, ...] = ()
    classes: frozenset[str] = frozenset()  # of its interfaces
    number: str = ""  # grows with each plugging in
    shunned: bool = False  # ModemManager is told to leave it alone


@dataclass(frozen=True, slots=True)
class Plan:
    """What a stick is taken for.

    `kind`: modem; perhaps (asked a few times, then left alone); storage, hilink, mute (a modem without a port for
    commands); other (nothing of ours).
    """

    kind: str
    name: str
    ports: tuple[Port, ...] = ()  # to ask, best first
    spare: tuple[Port, ...] = field(default=(), repr=False)  # when those stay silent


def plan(stick: Stick) -> Plan:
    """What to do with a stick: which ports may be asked, best first."""
    known = row_of(stick)
    name = known.name if known else stick.product or f"USB {stick.vid}:{stick.pid}"
    if known is not None and known.mode in ("hilink", "not-a-modem"):
        return Plan("hilink" if known.mode == "hilink" else "other", name)
    if not stick.ports:
        if known is not None and known.mode == "storage":
            return Plan("storage", name)
        return Plan("mute" if known is not None and known.mode == "modem" else "other", name)
    if known is not None and known.mode == "bridge":
        return Plan("perhaps", name, stick.ports)
    if known is not None:
        chosen = _listed(stick, known)
        spare = tuple(port for port in _by_number(stick) if port not in chosen and _may_ask(port, stick))
        return Plan("modem", name, chosen, spare) if chosen else Plan("modem", name, spare)
    asked = tuple(port for port in _by_number(stick) if _looks_like_at(port, stick))
    return Plan("perhaps", name, asked) if asked else Plan("other", name)


def row_of(stick: Stick) -> Known | None:
    """The table's row for a stick as it is now; some keep their id when they switch over from storage."""
    rows = {row.mode: row for row in known_as(stick.vid, stick.pid)}
    switched = next(
        (rows[mode] for mode in ("modem", "bridge", "hilink", "not-a-modem") if mode in rows), None
    )
    only_a_disk = not stick.ports and bool(stick.classes) and stick.classes <= DISK
    if not only_a_disk:
        return switched or (None if stick.ports else rows.get("storage"))
    if "storage" in rows:
        return rows["storage"]
    if switched is not None or (stick.vid == HUAWEI_VID and "android" not in stick.product.lower()):
        vendor, model = (switched.vendor, switched.model) if switched else ("Huawei", "stick")
        return Known(
            stick.vid, stick.pid, vendor, model, "storage", (), None, by_protocol=False, roles={}, notes=""
        )
    return None


def role_of(port: Port, stick: Stick) -> str:
    """What a port is for: at, data, diag, gps, audio, other; "" when nobody says."""
    known = row_of(stick)
    if port.interface is not None and known is not None and port.interface in known.roles:
        return known.roles[port.interface]
    if stick.vid == HUAWEI_VID and port.kind[0] == "ff" and port.kind[1:] in HUAWEI:
        return HUAWEI[port.kind[1], port.kind[2]]
    if known is not None and port.interface in (*known.at, known.urc) and port.interface is not None:
        return "at"
    return ""


def wrong_port(device: str, stick: Stick | None) -> str:
    """What a port of this stick is for, and where its modem is, when it is not the one to use; "" when it is, or nobody knows."""
    mine = next((port for port in stick.ports if same_device(port.device, device)), None) if stick else None
    if stick is None or mine is None:
        return ""
    chosen = plan(stick)
    if mine in chosen.ports[:1]:
        return ""
    what = ROLE_WORDS.get(role_of(mine, stick), "another port")
    better = f"; its modem is on {chosen.ports[0].device}" if chosen.ports else ""
    return f"The port {device} is {what} of the {chosen.name}{better}"


def same_device(one: str, other: str) -> bool:
    """Whether two paths lead to the same device; links count as what they lead to."""
    return os.path.realpath(one) == os.path.realpath(other)


def _listed(stick: Stick, known: Known) -> tuple[Port, ...]:
    """The ports that the table or the protocol says take commands: first the one that also announces texts."""
    numbers = [number for number in (known.urc, *known.at) if number is not None]
    numbers += [number for number, role in known.roles.items() if role == "at"]
    found = [port for number in numbers for port in stick.ports if port.interface == number]
    found += [port for port in stick.ports if role_of(port, stick) == "at"]
    return tuple(dict.fromkeys(found))


def _by_number(stick: Stick) -> list[Port]:
    """Where nothing is known: the last first, because the port for control mostly comes after the one for data."""
    return sorted(
        stick.ports, key=lambda port: -1 if port.interface is None else port.interface, reverse=True
    )


def _may_ask(port: Port, stick: Stick) -> bool:
    return role_of(port, stick) not in NEVER


def _looks_like_at(port: Port, stick: Stick) -> bool:
    """An unknown device is asked only where its class or its driver says that it is a modem."""
    if not _may_ask(port, stick):
        return False
    if port.kind[:2] == ("02", "02"):
        return port.kind[2] in ACM_AT
    return port.driver in MODEM_DRIVERS and port.kind[0] in ("ff", "")


def known_as(vid: str, pid: str) -> tuple[Known, ...]:
    """The rows of a USB identity: none, one, or one for each mode that keeps it."""
    return table().get((vid.lower(), pid.lower()), ())


@functools.cache
def table() -> dict[tuple[str, str], tuple[Known, ...]]:
    """The table, by (vendor id, product id)."""
    text = resources.files("hardware").joinpath("usb-ids.tsv").read_text(encoding="utf-8")
    rows: dict[tuple[str, str], tuple[Known, ...]] = {}
    for row in csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        at, urc = row["at_interface"], row["urc_interface"]
        roles = (item.split("=") for item in row["ports"].split())
        known = Known(
            vid=row["vid"],
            pid=row["pid"],
            vendor=row["vendor"],
            model=row["model"],
            mode=row["mode"],
            at=tuple(int(number) for number in at.split() if number.isdigit()),
            urc=int(urc) if urc.isdigit() else None,
            by_protocol="protocol" in (at, urc),
            roles={int(number): role for number, role in roles},
            notes=row["notes"],
        )
        key = (known.vid, known.pid)
        rows[key] = (*rows.get(key, ()), known)
    return rows
