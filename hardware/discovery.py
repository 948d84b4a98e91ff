"""What is plugged in, from udev: sticks with their sockets and ports, and word of each change.

    watch = Watch()                  # Unavailable, with the reason in words, where there is no udev
    for stick in watch.sticks(): ...
    for change in watch.wait(30.0): ...

Promises: between changes it sleeps (where udev itself does not run, as in most containers, it looks every five
seconds, and `blind` says so); nothing is opened and nothing is written, to any port.
Failure: `Unavailable` at the start; later a device that vanishes while it is read is left out.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hardware import usb
from hardware.usb import Port, Stick

if TYPE_CHECKING:
    import pyudev

UDEV_SOCKET = Path("/run/udev/control")
LOOK_EVERY_S = 5.0
IGNORE = "TEXTBANK_IGNORE"  # a rule of the technician's own may set it: what carries it is not for us
HUB_CLASS = "09"
_NUMBER = re.compile(r":\d+\.(\d+)$")  # of the interface, at the end of its name: "1-1.3:1.2"


class Unavailable(Exception):  # noqa: N818 - named for what was found
    """Nothing can be found by itself here; str() says why, in a sentence without a full stop."""


@dataclass(frozen=True, slots=True)
class Change:
    """Something came, went or changed. `path`: the device under /sys, "" when nobody knows which."""

    gone: bool
    path: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A stick, and the devices under /sys that it consists of: when one of them goes, so does the stick."""

    stick: Stick
    paths: frozenset[str]


class Watch:
    """Owned by one thread; only `wake` may be called from another."""

    def __init__(self) -> None:
        self._context = _context()
        self._monitor = _monitor(self._context)
        self._looked_at = time.monotonic()
        self._wake_out, self._wake_in = socket.socketpair()
        self._wake_out.settimeout(0)
        self._wake_in.settimeout(0)
        self._poll = select.poll()
        self._poll.register(self._monitor.fileno(), select.POLLIN)
        self._poll.register(self._wake_out, select.POLLIN)

    @property
    def blind(self) -> str:
        """Why changes are noticed late, in words; "" where udev tells them."""
        return "" if UDEV_SOCKET.exists() else "udev does not run here, so we look every five seconds"

    def seen(self) -> list[Seen]:
        """Everything on USB that has a port or may come to have one."""
        return list(_seen(self._context))

    def wait(self, timeout_s: float | None) -> list[Change]:
        """What changed; at the latest after `timeout_s` (None: no limit), or when woken, perhaps nothing."""
        until_look_s = LOOK_EVERY_S - (time.monotonic() - self._looked_at) if self.blind else None
        if until_look_s is not None:
            timeout_s = until_look_s if timeout_s is None else min(timeout_s, until_look_s)
        ready = dict(self._poll.poll(None if timeout_s is None else max(0.0, timeout_s) * 1000))
        if self._wake_out.fileno() in ready:
            with contextlib.suppress(BlockingIOError):
                self._wake_out.recv(4096)
        if self._monitor.fileno() in ready:
            return list(self._changes())
        if until_look_s is not None and time.monotonic() - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = time.monotonic()
            return [Change(gone=False)]
        return []

    def _changes(self) -> Iterator[Change]:
        while True:
            try:
                device = self._monitor.poll(timeout=0)
            except OSError:  # more came than the kernel keeps for us: look at everything
                yield Change(gone=False)
                continue
            if device is None:
                return
            yield Change(device.action in ("remove", "unbind"), device.sys_path)

    def wake(self) -> None:
        """From any thread: end a `wait`; nothing when it is closed."""
        with contextlib.suppress(OSError):
            self._wake_in.send(b"w")

    def close(self) -> None:
        """Let go of everything; the watch is of no use afterwards."""
        self._wake_in.close()
        self._wake_out.close()
        del self._monitor


def sticks() -> list[Stick]:
    """What is plugged in now; Unavailable."""
    return [seen.stick for seen in _seen(_context())]


def stick_of(device: str) -> Stick | None:
    """The stick that a port belongs to; None when it is on no stick, or nobody can tell."""
    with contextlib.suppress(Unavailable, OSError):
        wanted = Path(device).resolve()
        for stick in sticks():
            if any(Path(port.device).resolve() == wanted for port in stick.ports):
                return stick
    return None


def _context() -> pyudev.Context:
    try:
        import pyudev
    except ImportError as error:
        raise Unavailable("the Python package pyudev is not installed") from error
    try:
        return pyudev.Context()
    except (ImportError, OSError) as error:  # it looks for the library only now
        raise Unavailable("the system has no libudev (Debian's package libudev1)") from error


def _monitor(context: pyudev.Context) -> pyudev.Monitor:
    import pyudev

    try:
        monitor = pyudev.Monitor.from_netlink(context)
        monitor.filter_by("usb")
        monitor.filter_by("tty")
        monitor.start()
    except OSError as error:
        raise Unavailable(f"the system does not tell what is plugged in ({error})") from error
    return monitor


def _seen(context: pyudev.Context) -> Iterator[Seen]:
    """Each USB device with its interfaces and ttys."""
    devices: dict[str, pyudev.Device] = {}
    interfaces: dict[str, list[pyudev.Device]] = {}
    ttys: dict[str, list[pyudev.Device]] = {}
    for device in context.list_devices(subsystem="usb"):
        if device.device_type == "usb_device":
            devices[device.sys_path] = device
        elif device.device_type == "usb_interface":
            interfaces.setdefault(_above(device), []).append(device)
    for tty in context.list_devices(subsystem="tty"):
        above = tty.find_parent("usb", "usb_device")
        if above is not None and tty.device_node:
            ttys.setdefault(above.sys_path, []).append(tty)
    for path, device in devices.items():
        if _attribute(device, "bDeviceClass") == HUB_CLASS or _ignored(device):
            continue
        yield from _one(
            device, interfaces.get(path, []), [tty for tty in ttys.get(path, []) if not _ignored(tty)]
        )


def _one(device: pyudev.Device, parts: list[pyudev.Device], ttys: list[pyudev.Device]) -> Iterator[Seen]:
    said = (_attribute(device, "manufacturer"), _attribute(device, "product"))
    stick = Stick(
        place=device.sys_name,
        vid=_attribute(device, "idVendor").lower(),
        pid=_attribute(device, "idProduct").lower(),
        product=" ".join(filter(None, said))[:60],
        classes=frozenset(filter(None, (_attribute(part, "bInterfaceClass").lower() for part in parts))),
        number=f"{_attribute(device, 'busnum')}:{_attribute(device, 'devnum')}",
        shunned=_property(device, "ID_MM_DEVICE_IGNORE") == "1",
    )
    ports = {tty.sys_path: _port(tty) for tty in ttys}
    whole = frozenset({device.sys_path, *(part.sys_path for part in parts)})
    if len(ports) > 1 and _is_bridge(stick):
        for path, port in ports.items():  # each channel has a modem of its own
            channel = f"1.{port.interface}" if port.interface is not None else Path(port.device).name
            yield Seen(replace(stick, place=f"{stick.place}:{channel}", ports=(port,)), whole | {path})
        return
    ordered = tuple(sorted(ports.values(), key=lambda port: (port.interface or 0, port.device)))
    yield Seen(replace(stick, ports=ordered), whole | frozenset(ports))


def _is_bridge(stick: Stick) -> bool:
    return any(row.mode == "bridge" for row in usb.known_as(stick.vid, stick.pid))


def _port(tty: pyudev.Device) -> Port:
    part = tty.find_parent("usb", "usb_interface")
    number = _property(tty, "ID_USB_INTERFACE_NUM")
    if part is None:
        return Port(tty.device_node, int(number, 16) if number else None)
    in_name = _NUMBER.search(part.sys_name)
    number = _attribute(part, "bInterfaceNumber") or number
    kind = [_attribute(part, f"bInterface{name}").lower() for name in ("Class", "SubClass", "Protocol")]
    return Port(
        tty.device_node,
        int(number, 16) if number else int(in_name[1]) if in_name else None,
        (kind[0], kind[1], kind[2]),
        _property(part, "DRIVER") or part.driver or _property(tty, "ID_USB_DRIVER"),
    )


def _above(part: pyudev.Device) -> str:
    above = part.find_parent("usb", "usb_device")
    return above.sys_path if above is not None else ""


def _ignored(device: pyudev.Device) -> bool:
    return _property(device, IGNORE) == "1"


def _property(device: pyudev.Device, name: str) -> str:
    return str(device.properties.get(name) or "")


def _attribute(device: pyudev.Device, name: str) -> str:
    """A value under /sys; "" when there is none, or the device has gone meanwhile."""
    try:
        return str(device.attributes.asstring(name)).strip()
    except (KeyError, UnicodeDecodeError, OSError):
        return ""
