"""What the machine itself knows of its clock: which run of it this is, whether a time server keeps it, whether a battery did.

Everything here is read without root, and what cannot be read is no evidence. `MachineClock` asks; `SetClock` is told (for
simulated time, and where a test says how it is).
"""

import contextlib
import ctypes
from pathlib import Path
from typing import Protocol

STA_UNSYNC = 0x40  # linux/timex.h; setting the clock by hand sets it too
TIMEX_BYTES = 256
STATUS_AT = 5 * ctypes.sizeof(ctypes.c_long)  # modes, offset, freq, maxerror, esterror, then status
RTC_AGREES_S = 120.0
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
RTCS = Path("/sys/class/rtc")
CPUS = Path("/proc/cpuinfo")
SYNCHRONISED = Path("/run/systemd/timesync/synchronized")


class Machine(Protocol):
    """The seam: what the machine knows of its clock."""

    boot: str  # names this run of the machine

    def server(self) -> bool:
        """Whether a time server keeps the clock."""
        ...

    def battery(self, wall_s: float, *, stepped: bool) -> bool:
        """Whether something that runs while the machine is off agrees; `stepped`: the clock was set since the machine started."""
        ...


class SetClock:
    """A machine whose clock is known to be right, or whatever a test says."""

    def __init__(self, boot: str = "simulated", *, server: bool = False, battery: bool = True) -> None:
        self.boot, self.has_server, self.has_battery = boot, server, battery

    def server(self) -> bool:
        """As told."""
        return self.has_server

    def battery(self, wall_s: float, *, stepped: bool) -> bool:
        """As told; a battery agrees with no clock that was set."""
        return self.has_battery and not stepped


class MachineClock:
    """The machine under us."""

    def __init__(self) -> None:
        self.boot = boot_id()

    def server(self) -> bool:
        """By the kernel's word; where it may not be asked (some containers), by systemd's."""
        told = _kernel_says()
        return SYNCHRONISED.exists() if told is None else told

    def battery(self, wall_s: float, *, stepped: bool) -> bool:
        """A battery clock that tells the same time; or the host of a virtual machine, which set the clock when it started.

        Who sets the clock by hand sets the battery clock too (timedatectl does): it vouches for no clock that was set.
        """
        if stepped:
            return False
        clocks = [seconds for path in RTCS.glob("rtc*/since_epoch") if (seconds := _number(path)) is not None]
        if clocks:
            return any(abs(seconds - wall_s) <= RTC_AGREES_S for seconds in clocks)
        return _is_virtual()


def boot_id() -> str:
    """What names this run of the machine; "" where the kernel does not tell, so that no run is taken for another."""
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return ""


def _kernel_says() -> bool | None:
    """adjtimex(2), which only reads here; None where it is not allowed."""
    libc = ctypes.CDLL(None, use_errno=True)
    timex = ctypes.create_string_buffer(TIMEX_BYTES)
    if libc.adjtimex(timex) < 0:
        return None
    status = ctypes.c_int.from_buffer(timex, STATUS_AT).value
    return not status & STA_UNSYNC


def _is_virtual() -> bool:
    with contextlib.suppress(OSError), CPUS.open() as cpus:
        for line in cpus:
            if line.startswith("flags"):
                return " hypervisor" in line
    return False


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
