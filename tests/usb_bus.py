"""A USB bus for tests, by Debian's umockdev: sticks whose ttys lead to virtual modems, or to nothing.

    with UsbBus() as bus:
        bus.plug("1-1.3", E1550, to={2: bank.ports[0]})     # interface 2 leads to this modem
        subprocess.Popen([...], env=bus.environment)        # sees this bus in place of the machine's
        bus.unplug("1-1.3")

Numbers of ttys are the lowest that are free, as the kernel's are.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TESTBED = Path(__file__).parent / "usb_testbed.py"
LOCK = TESTBED.with_name("usb_lock.c")
GONE = "/nowhere"


@dataclass(frozen=True)
class Model:
    """What a stick shows of itself. Each interface: its number, class/subclass/protocol, driver."""

    vid: str
    pid: str
    interfaces: tuple[tuple[int, str, str], ...]
    product: str = "USB stick"
    serial: str = ""
    tty: str = "ttyUSB"
    properties: tuple[str, ...] = ()


def vendor_specific(
    *numbers: int, kind: str = "ff/ff/ff", driver: str = "option"
) -> tuple[tuple[int, str, str], ...]:
    return tuple((number, kind, driver) for number in numbers)


E1550 = Model("12d1", "1001", vendor_specific(0, 1, 2), "HUAWEI Mobile")
E3372 = Model("12d1", "1506", ((0, "ff/02/01", "option"), (1, "ff/02/03", "option"), (2, "ff/02/02", "option")), "HUAWEI Mobile")  # fmt: skip
EC25 = Model("2c7c", "0125", vendor_specific(0, 1, 2, 3), "EC25-E")
MF190 = Model("19d2", "0031", vendor_specific(0, 1, 3), "ZTE WCDMA")
CD_ROM = Model("12d1", "1446", ((0, "08/06/50", "usb-storage"),), "HUAWEI Mobile")
HILINK = Model("12d1", "14dc", ((0, "02/06/00", "cdc_ether"), (1, "0a/00/00", "cdc_ether")), "HUAWEI Mobile")
GNSS = Model("1546", "01a7", ((0, "02/02/01", "cdc_acm"),), "u-blox 7 - GPS/GNSS Receiver", tty="ttyACM")
UNKNOWN_OPTION = Model("dead", "0001", vendor_specific(0, 2), "No-name modem")
UNKNOWN_ACM = Model("dead", "0002", ((0, "02/02/01", "cdc_acm"),), "No-name ACM", tty="ttyACM")
PRINTER = Model("dead", "0003", ((0, "07/01/02", "usblp"),), "A printer")
SERIAL_THING = Model("dead", "0004", ((0, "ff/00/00", "ch341"),), "A serial thing that nobody knows")
CP2102 = Model("10c4", "ea60", ((0, "ff/00/00", "cp210x"),), "CP2102", serial="0001")
FT4232 = Model("0403", "6011", vendor_specific(0, 1, 2, 3, driver="ftdi_sio"), "Quad RS232-HS")
WITH_TTY = {"option", "cdc_acm", "cp210x", "ftdi_sio", "ch341", "qcserial", "sierra", "pl2303"}


@dataclass
class Plugged:
    paths: list[str] = field(default_factory=list)
    ttys: dict[int, str] = field(default_factory=dict)  # interface -> "/dev/ttyUSB2"


class UsbBus:
    def __init__(self) -> None:
        self._bed = subprocess.Popen(
            ["umockdev-wrapper", "/usr/bin/python3", str(TESTBED)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.root = Path(self._read())
        (self.root / "dev").mkdir(exist_ok=True)
        self._lock = self.root / "usb_lock.so"
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", self._lock, LOCK], check=True)
        self.plugged: dict[str, Plugged] = {}
        self._numbers = itertools.count(2)
        self._hub = self._root_hub()

    def __enter__(self) -> UsbBus:
        return self

    def __exit__(self, *_: object) -> None:
        self._bed.kill()
        self._bed.wait()
        for stream in (self._bed.stdin, self._bed.stdout):
            assert stream is not None
            stream.close()
        shutil.rmtree(self.root)  # the testbed itself leaves it, however it ends

    @property
    def environment(self) -> dict[str, str]:
        """For a program that is to see this bus."""
        preloaded = f"{self._lock} libumockdev-preload.so.0"
        return {**os.environ, "UMOCKDEV_DIR": str(self.root), "LD_PRELOAD": preloaded}

    def plug(self, place: str, model: Model, to: Mapping[int, str] | None = None) -> dict[int, str]:
        """Plug a stick in; the device of each interface that has a tty. `to`: where their bytes go."""
        stick = self.plugged[place] = Plugged()
        attributes = {
            "idVendor": model.vid,
            "idProduct": model.pid,
            "product": model.product,
            "busnum": "1",
            "devnum": str(next(self._numbers)),
            "bDeviceClass": "00",
            "bNumInterfaces": f"{len(model.interfaces):2d}",
            "power/control": "auto",
        }
        if model.serial:
            attributes["serial"] = model.serial
        usb = self._add(
            stick, "usb", place, self._hub, attributes, ["DEVTYPE", "usb_device", *model.properties]
        )
        for number, kind, driver in model.interfaces:
            names = ("bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol")
            shown = {"bInterfaceNumber": f"{number:02x}", **dict(zip(names, kind.split("/"), strict=True))}
            name = f"{place}:1.{number}"
            part = self._add(stick, "usb", name, usb, shown, ["DEVTYPE", "usb_interface", "DRIVER", driver])
            if driver in WITH_TTY:
                stick.ttys[number] = self._tty(stick, part, model.tty, (to or {}).get(number))
        return dict(stick.ttys)

    def _root_hub(self) -> str:
        machine = Plugged()  # is never pulled out
        controller = self._add(machine, "pci", "0000:00:14.0", None, {}, [])
        shown = {"idVendor": "1d6b", "idProduct": "0002", "bDeviceClass": "09", "busnum": "1", "devnum": "1"}
        return self._add(machine, "usb", "usb1", controller, shown, ["DEVTYPE", "usb_device"])

    def _tty(self, stick: Plugged, part: str, kind: str, target: str | None) -> str:
        used = {tty for other in self.plugged.values() for tty in other.ttys.values()}
        device = next(path for number in range(100) if (path := f"/dev/{kind}{number}") not in used)
        if target is not None:
            self.lead(device, target)
        self._add(
            stick,
            "tty",
            device[5:],
            part,
            {"dev": f"188:{len(used)}"},
            ["DEVNAME", device, "MAJOR", "188", "MINOR", f"{len(used)}"],
        )
        return device

    def lead(self, device: str, target: str) -> None:
        """Let a tty's bytes go to `target` from now on, in one step; a tty that is gone stays as a link to nowhere.

        Never unlinked: umockdev, within the program that looks, aborts it when what was a link a moment ago is none.
        """
        link = self.root / device[1:]
        made = link.with_name(f".{link.name}")
        made.symlink_to(target)
        made.rename(link)

    def unplug(self, place: str) -> None:
        """Pull it out: the kernel takes the ttys away first."""
        stick = self.plugged.pop(place)
        for path in reversed(stick.paths):
            self._ask(do="remove", path=path)
        for device in stick.ttys.values():
            if (self.root / device[1:]).is_symlink():
                self.lead(device, GONE)

    def _add(
        self,
        stick: Plugged,
        subsystem: str,
        name: str,
        parent: str | None,
        attributes: dict[str, str],
        properties: list[str],
    ) -> str:
        flat = [word for item in attributes.items() for word in item]
        path = self._ask(
            do="add", subsystem=subsystem, name=name, parent=parent, attributes=flat, properties=properties
        )
        stick.paths.append(path)
        return str(path)

    def _ask(self, **request: Any) -> Any:
        assert self._bed.stdin is not None
        self._bed.stdin.write(json.dumps(request) + "\n")
        self._bed.stdin.flush()
        return self._read()

    def _read(self) -> Any:
        assert self._bed.stdout is not None
        line = self._bed.stdout.readline()
        assert line, "umockdev's testbed ended"
        return json.loads(line)
