"""Making a modem begin anew when it does not answer any more: by its own command, by USB, by the power of its port.

    by_command   the vendor's reset, written even to a modem that answers nothing
    by_usb       USBDEVFS_RESET on its device, or its `authorized` switch: as if it were unplugged
    by_power     uhubctl, only where the hub says that it switches each port by itself (ppps)

Each returns what it did, in a few words for a technician, or raises `NotPossible` with the reason. Whether and when
is decided elsewhere (`gateway/ladder.py`).
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from hardware.at import ABANDON, At
from hardware.errors import CommandRefused, HardwareError, ModemSilent, PortGone
from hardware.link import Clock, Link
from hardware.profiles import Profile

USBDEVFS_RESET = 0x5514
ANSWER_S = 10.0
SETTLE_S = 0.5
PROGRAM_S = 30.0

Run = Callable[[list[str]], str]


class NotPossible(HardwareError):  # noqa: N818
    """This way is not open here; str() says why."""


def by_command(
    link: Link, clock: Clock, profile: Profile, hear: Callable[[str], str | None] = lambda urc: None
) -> str:
    """Write the vendor's reset commands until one is taken, or is not answered, or takes the port away. `hear` is told of each line
    that comes unasked meanwhile.
    """
    at = At(link, clock)
    at.incoming.on_urc = hear
    link.write(ABANDON)
    at.incoming.hush(SETTLE_S)
    command = ""
    for command in profile.reset:
        try:
            at.command(command, ANSWER_S)
        except CommandRefused:
            continue
        except ModemSilent:
            return f"{command} was written; it did not answer"
        except PortGone:
            return f"{command} was written; its port went away, as it does in a restart"
        return f"{command} was taken"
    raise NotPossible(f"it refused {command}")


def usb_device(port: str, sys_root: Path = Path("/sys")) -> Path | None:
    """The USB device in sysfs behind a port (/dev/ttyUSB2, or a link to it); None when it is not on USB."""
    name = Path(os.path.realpath(port)).name
    tty = sys_root / "class" / "tty" / name
    if not tty.exists():
        return None
    place = tty.resolve()
    for folder in (place, *place.parents):
        if (folder / "busnum").exists() and (folder / "devnum").exists():
            return folder
    return None


def by_usb(device: Path, dev_root: Path = Path("/dev")) -> str:
    """Reset a USB device (a folder of sysfs); the port comes back by itself."""
    try:
        bus, number = (int((device / name).read_text()) for name in ("busnum", "devnum"))
    except (OSError, ValueError):
        raise NotPossible(f"the USB device {device.name} is not there any more") from None
    node = dev_root / "bus" / "usb" / f"{bus:03d}" / f"{number:03d}"
    try:
        handle = os.open(node, os.O_WRONLY | os.O_CLOEXEC)
    except OSError as refused:
        return _by_authorized(device, refused)
    try:
        fcntl.ioctl(handle, USBDEVFS_RESET, 0)
    except OSError as error:
        raise NotPossible(f"the USB reset of {device.name} failed: {error.strerror}") from error
    finally:
        os.close(handle)
    return f"the USB device {device.name} was reset"


def _by_authorized(device: Path, refused: OSError) -> str:
    switch = device / "authorized"
    try:
        switch.write_text("0")
        switch.write_text("1")
    except OSError:
        raise NotPossible(f"we may not reset the USB device {device.name}: {refused.strerror}") from None
    return f"the USB device {device.name} was let go and taken again"


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PROGRAM_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotPossible(f"{command[0]} could not be used: {error}") from error
    if done.returncode:
        raise NotPossible(f"{command[0]} said: {(done.stderr or done.stdout).strip()[:200]}")
    return done.stdout


def by_power(device: Path, run: Run = _run, *, installed: bool | None = None) -> str:
    """Take the power of the device's hub port for some seconds; NotPossible where that would hit other devices too."""
    if not (shutil.which("uhubctl") if installed is None else installed):
        raise NotPossible("the program uhubctl is not installed")
    hub, port = hub_and_port(device.name)
    said = run(["uhubctl", "-l", hub])
    line = next((line for line in said.splitlines() if re.search(rf"\bhub {re.escape(hub)}\b", line)), "")
    if "ppps" not in line:
        raise NotPossible(f"the hub {hub} does not switch the power of one port by itself")
    run(["uhubctl", "-l", hub, "-p", port, "-a", "cycle", "-d", "5"])
    return f"port {port} of the hub {hub} was without power for 5 s"


def hub_and_port(place: str) -> tuple[str, str]:
    """Where a device hangs, in uhubctl's words: "1-1.3" is port 3 of hub 1-1, "1-2" is port 2 of the root hub 1."""
    hub, dot, port = place.rpartition(".")
    if dot:
        return hub, port
    bus, _, port = place.partition("-")
    return bus, port
