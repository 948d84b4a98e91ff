"""The machine under the modems: undervoltage of a Raspberry Pi, USB resets and disconnects, recorded beside the modems' own
troubles, so that nobody blames a modem for a weak power supply.

Undervoltage is `in0_lcrit_alarm` of the hwmon driver rpi_volt, which announces a change; USB events and, where there is
no such driver, undervoltage come from the kernel's log (/dev/kmsg). Both are waited for beside the gateway's doorbell:
nothing is polled.

Promises: never raises for what a machine lacks or forbids, nor for a database that cannot be written to: what was seen is kept
until it can, and what was ready is read all the same, so that nobody who waits for it spins. Only events after the start are told.
"""

import contextlib
import logging
import os
import re
import sqlite3
from collections import deque
from pathlib import Path

from gateway import readings
from gateway.store import connect

log = logging.getLogger("textbank.host")

DRIVER = "rpi_volt"
ALARM = "in0_lcrit_alarm"
RECORDS_MOST = 1000  # at once
_USB_RESET = re.compile(r"usb \S+: reset .*USB device")
_USB_LOST = re.compile(r"usb \S+: USB disconnect|xhci\S* \S+: HC died")
_UNDERVOLTAGE = re.compile(r"(?:hwmon hwmon\d+: Undervoltage detected|Under-voltage detected)")
_UNREADABLE = re.compile(r"[^\x20-\x7e]")


class Host:
    """What is watched; `files` and `alarms` are for select (reading, exceptional), `note` is called when one is ready."""

    def __init__(self, sys_root: Path = Path("/sys"), kmsg: Path = Path("/dev/kmsg")) -> None:
        self._alarm = _open(_alarm_file(sys_root))
        self._low = self._is_low()
        self.unwritten: deque[tuple[int, str, str]] = deque(maxlen=RECORDS_MOST)  # at, kind, evidence
        self._refused = False
        self._kmsg: int | None = None
        try:
            self._kmsg = os.open(kmsg, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as refused:
            log.info(
                "the kernel's log cannot be read (%s): USB troubles of this machine are not noted",
                refused.strerror,
            )
        else:
            with contextlib.suppress(OSError):  # a pipe has no end to go to
                os.lseek(self._kmsg, 0, os.SEEK_END)

    @property
    def files(self) -> list[int]:
        """Ready to read when the kernel said something."""
        return [] if self._kmsg is None else [self._kmsg]

    @property
    def alarms(self) -> list[int]:
        """Exceptional when the power alarm changed."""
        return [] if self._alarm is None else [self._alarm]

    def note(self, database: Path, *, now: int) -> None:
        """Read what happened since the last time (at `now`, ms), and write it down; what cannot be written stays in `unwritten`."""
        self._look(now)
        if not self.unwritten:
            return
        try:
            with contextlib.closing(connect(database)) as db:
                while self.unwritten:
                    at, kind, evidence = self.unwritten[0]
                    readings.host_event(db, kind, evidence, now=at)
                    self.unwritten.popleft()
            self._refused = False
        except sqlite3.Error as error:
            if not self._refused:
                log.warning("what the machine did could not be written down yet: %s", error)
            self._refused = True

    def _look(self, now: int) -> None:
        if self._alarm is not None:
            low = self._is_low()
            if low and not self._low:
                self.unwritten.append(
                    (now, "undervoltage", "the power supply fell below what this computer needs")
                )
            self._low = low
        for said in self._said():
            kind = _kind(said)
            if kind is not None and (kind != "undervoltage" or self._alarm is None):
                self.unwritten.append((now, kind, _UNREADABLE.sub("·", said)[:200]))

    def _is_low(self) -> bool:
        if self._alarm is None:
            return False
        try:
            return os.pread(self._alarm, 8, 0).strip() == b"1"  # reading also asks for the next announcement
        except OSError:
            return False

    def _said(self) -> list[str]:
        """The kernel's new lines; /dev/kmsg gives one record a read."""
        lines: list[str] = []
        while self._kmsg is not None and len(lines) < RECORDS_MOST:
            try:
                data = os.read(self._kmsg, 8192)
            except BrokenPipeError:
                continue  # records were overwritten before they were read: go on with the oldest there is
            except BlockingIOError:
                break
            except OSError as error:
                log.info("the kernel's log ended: %s", error.strerror)
                data = b""
            if not data:
                os.close(self._kmsg)
                self._kmsg = None
                break
            text = data.decode("utf-8", "replace")
            lines += [
                line.partition(";")[2] or line for line in text.splitlines() if not line.startswith(" ")
            ]
        return lines

    def close(self) -> None:
        """Let the files go."""
        for handle in (self._alarm, self._kmsg):
            if handle is not None:
                os.close(handle)
        self._alarm = self._kmsg = None


def _kind(said: str) -> str | None:
    if _USB_RESET.search(said):
        return "usb_reset"
    if _USB_LOST.search(said):
        return "usb_lost"
    return "undervoltage" if _UNDERVOLTAGE.search(said) else None


def _alarm_file(sys_root: Path) -> Path | None:
    for name in sorted((sys_root / "class" / "hwmon").glob("hwmon*/name")):
        with contextlib.suppress(OSError):
            if name.read_text().strip() == DRIVER:
                return name.parent / ALARM
    return None


def _open(path: Path | None) -> int | None:
    if path is None:
        return None
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
