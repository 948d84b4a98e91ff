"""A whole bank of virtual modems with their network, pure: time is an argument, octets go in and out by modem.

What the shell over ptys, the tests and a simulator drive. `now` is seconds on one clock that does not run
backwards; `epoch` is the wall time of its 0. Everything random comes from the seed.
"""

import random
from collections.abc import Callable
from datetime import datetime
from functools import partial

from hardware.virtual import injecting, octets
from hardware.virtual.engine import Engine
from hardware.virtual.errors import VirtualError
from hardware.virtual.faults import Value
from hardware.virtual.identity import card
from hardware.virtual.network import Network, Parcel
from hardware.virtual.people import People
from hardware.virtual.personality import Personality, personality
from hardware.virtual.second import SecondPort
from hardware.virtual.storage import UNREAD, Slot

INBOUND_VALID_S = 7 * 86_400.0
MOST_MODEMS = 200
SLOWEST_SEND_S = 10.0


def latency(kind: str | float, dice: random.Random) -> Callable[[], float]:
    """How long a text takes to be sent: "none", "realistic" (0 to 10 s, about 2 s mostly) or seconds."""
    if kind == "none":
        return lambda: 0.0
    if kind == "realistic":
        return lambda: min(dice.lognormvariate(0.7, 0.7), SLOWEST_SEND_S)
    try:
        fixed = float(kind)
    except ValueError:
        fixed = -1.0
    if not 0 <= fixed <= 600:
        raise VirtualError(f"A send latency is none, realistic, or seconds from 0 to 600, not {kind!r}.")
    return lambda: fixed


class World:
    """The modems of a bank, by number from 0, and everything that can be done to them."""

    def __init__(
        self,
        count: int,
        *,
        epoch: datetime,
        personality: str | Personality | list[str | Personality] = "generic",
        send_latency: str | float = "none",
        seed: int = 0,
        carry_s: float = 0.0,
        report_s: float = 0.0,
        people: People | None = None,
    ) -> None:
        if not 1 <= count <= MOST_MODEMS:
            raise VirtualError(f"A bank has 1 to {MOST_MODEMS} modems, not {count}.")
        self.network = Network(epoch, carry_s=carry_s, report_s=report_s)
        self.ports: dict[str, Engine] = {}  # by number; "0.1" is the second port of modem 0
        rows = personality if isinstance(personality, list) else [personality]
        dice = random.Random(seed)  # noqa: S311 (a simulator's dice)
        for place in range(count):
            row = _row(rows[place % len(rows)])
            wait = latency(send_latency, random.Random(dice.random()))  # noqa: S311
            engine = Engine(card(place), row, self.network, seed=dice.randrange(2**32), latency=wait)
            self.network.modems.append(engine)
            self.ports[str(place)] = engine
            if row.ports > 1:
                self.ports[f"{place}.1"] = SecondPort(engine, dice.randrange(2**32))
        self.people = people
        self._reference = 0
        if people is not None:
            self.network.person = self._said_to_person

    @property
    def modems(self) -> list[Engine]:
        """The modems, by number."""
        return self.network.modems

    def modem(self, number: int) -> Engine:
        """One modem. Raises VirtualError when there is none of this number."""
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(self.modems):
            raise VirtualError(f"There is no modem {number!r}; they are 0 to {len(self.modems) - 1}.")
        return self.modems[number]

    # time

    def tick(self, now: float) -> None:
        """Do everything that is due by now, in all modems and between them."""
        ports = self.ports.values()
        while self.network.due(now) or any(port.due(now) for port in ports):
            self.network.tick(now)
            for port in ports:
                if port.due(now):
                    port.tick(now)
        for port in ports:
            port.tick(now)

    def next_wake(self) -> float | None:
        """When to tick next, after everything said was taken; None when nothing is on its way."""
        waits = [self.network.next_wake(), *(port.next_wake() for port in self.ports.values())]
        return min((wait for wait in waits if wait is not None), default=None)

    # texts from outside

    def inbound(
        self, modem: int, sender: str, text: str | None = None, *, now: float, data: str | None = None
    ) -> int:
        """A text from `sender` (number, short code or name) to a modem; how many segments went out.

        `data` instead is one DELIVER in hex as a modem prints it, with its service centre's octets.
        """
        to = self.modem(modem)
        if data is not None:
            tpdus = [_deliver_of(data)]
        elif text is not None:
            self._reference = (self._reference + 1) % 256
            tpdus = injecting.delivers(to.faults, sender, text, self.network.wall(now), self._reference)
        else:
            raise VirtualError("An inbound text needs a text, or data with its PDU in hex.")
        for tpdu in tpdus:
            parcel = Parcel(tpdu, to, to.card, now + INBOUND_VALID_S)
            self.network.later(now, partial(self.network.carry, parcel))
        return len(tpdus)

    def put(self, modem: int, record: str, *, now: float, storage: str = "", status: int = UNREAD) -> int:
        """Put a record into a slot as it stands (hex or not), with no indication; its index."""
        to = self.modem(modem)
        name = storage or to.settings.memory[2]
        if name not in to.storages:
            raise VirtualError(f"Modem {modem} has no storage {name!r}; it has {', '.join(to.storages)}.")
        length = max(0, len(record) // 2 - 8)
        index = to.storages[name].put(Slot(status, record, length, now))
        if index is None:
            raise VirtualError(f"The storage {name} of modem {modem} is full.")
        return index

    def _said_to_person(self, sender: Engine, submit: octets.RawSubmit, now: float) -> None:
        """A text reached somebody's phone: what they answer comes back to the modem that sent it."""
        if self.people is None:
            return
        place = self.modems.index(sender)
        for delay_s, text in self.people.hear(submit, sender.card.number, now):
            self.network.later(now + delay_s, partial(self._answered, place, submit.number, text))

    def _answered(self, modem: int, number: str, text: str, now: float) -> None:
        self.inbound(modem, number, text, now=now)

    # faults and power

    def fault(
        self, modem: int, name: str, value: Value | None = None, times: int | None = None, *, now: float
    ) -> None:
        """Throw a fault switch. Raises VirtualError for an unknown one or a value it cannot use."""
        engine = self.modem(modem)
        chosen = engine.faults.throw(name, value, times)
        try:
            engine.thrown(name, chosen, now)
        except VirtualError:
            engine.faults.clear(name)
            raise

    def clear(self, modem: int, name: str | None = None, *, now: float) -> None:
        """Take back a fault switch, or all; what it held up goes on."""
        engine = self.modem(modem)
        engine.faults.clear(name)
        engine.cleared(name, now)
        if engine.reachable:
            self.network.ready(engine, now)

    def unplug(self, modem: int, *, now: float) -> None:
        """Pull the stick."""
        self.modem(modem).unplug(now)

    def plug(self, modem: int, *, now: float) -> None:
        """Put it back."""
        self.modem(modem).plug(now)

    def unreachable(self, number: str, fate: str | None = "off") -> None:
        """Make a number "off" until the validity ends, "refused" for good, or fine again (None)."""
        if fate is None:
            self.network.unreachable.pop(number, None)
        elif fate in ("off", "refused"):
            self.network.unreachable[number] = fate
        else:
            raise VirtualError(f"A number can be off or refused, not {fate!r}.")

    def port_names(self, number: int) -> list[str]:
        """The names of a modem's ports, there or not: modem0, modem0-1 after it came back under another one."""
        modem = self.modem(number)
        name = f"modem{number}" + (f"-{modem.renumbered}" if modem.renumbered else "")
        return [name, f"{name}.1"][: modem.personality.ports]

    def _usb(self, number: int) -> dict[str, object]:
        """What lsusb would show in this modem's socket; product "" when nothing is there."""
        modem = self.modems[number]
        usb, present = modem.personality.usb, modem.present
        shown = {"modem": usb.product, "cdrom": usb.cdrom, "hilink": usb.hilink, "": ""}[present]
        serial = "" if modem.faults.peek("identical_usb_ids") else modem.card.imei if usb.serial else ""
        return {
            "is": present,
            "vendor": usb.vendor if present else "",
            "product": shown,
            "serial": serial,
            "path": f"1-1.{number + 1}",
            "interface": usb.interface,
        }

    def describe(self) -> list[dict[str, object]]:
        """Every modem: identity, state, what its storages hold, the faults thrown."""
        return [
            {
                "modem": place,
                "number": modem.card.number,
                "imei": modem.card.imei,
                "iccid": modem.card.iccid,
                "imsi": modem.card.imsi,
                "personality": modem.personality.name,
                "ports": self.port_names(place),
                "usb": self._usb(place),
                "pin_entries": modem.sim.entries,
                "plugged": modem.plugged,
                "powered": modem.powered,
                "registration": modem.registration,
                "storages": {name: [len(s.slots), s.size] for name, s in modem.storages.items()},
                "faults": modem.faults.all(),
            }
            for place, modem in enumerate(self.modems)
        ]


def _row(chosen: str | Personality) -> Personality:
    return chosen if isinstance(chosen, Personality) else personality(chosen)


def _deliver_of(data: str) -> bytes:
    """The TPDU in a PDU as a modem prints it. Raises VirtualError when it is too short to be one."""
    try:
        whole = bytes.fromhex(data)
        tpdu = whole[1 + whole[0] :]
        octets.deliver_dcs(tpdu)
    except (ValueError, IndexError):
        raise VirtualError(
            "The PDU given is no DELIVER with service centre octets in hex; to store a damaged one, use put."
        ) from None
    return tpdu
