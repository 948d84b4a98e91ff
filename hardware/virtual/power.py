"""Power and port of a virtual modem: starts, restarts, the stick that is pulled, ports that come late or under another
name, and a modem that has stopped answering and what cures it.
"""

from abc import abstractmethod

from hardware.virtual.faults import state_of
from hardware.virtual.models.row import Personality
from hardware.virtual.terminal import Terminal


class Powered(Terminal):
    """A terminal with a plug and a switch."""

    def __init__(self, personality: Personality, seed: int) -> None:
        super().__init__(personality, seed)
        self.texts_wait = False  # commands for texts are refused: it is starting
        self.flooding = 0  # the number of the flood that goes on
        self.cdrom = False  # it is in the socket as a CD-ROM
        self.renumbered = 0  # how often its port came back under another name
        self.heard = 0  # command lines since it woke

    @abstractmethod
    def woke(self, now: float) -> None:
        """It is on: say the boot lines."""

    @property
    def present(self) -> str:
        """What the bus shows: "modem", "cdrom" (no port yet), "hilink" (a network card), or "" (nothing)."""
        if not self.in_socket:
            return ""
        if self.faults.peek("hilink_only"):
            return "hilink"
        if self.plugged:
            return "modem"
        return "cdrom" if self.cdrom else ""

    def trips_at(self, state: str) -> str:
        """The fault that strikes at this state, "" for none."""
        for name in ("reboot_at", "usb_drop_at"):
            value = self.faults.waits(name)
            if value is not None and state_of(value) == state:
                return name
        return ""

    def trip(self, state: str, now: float) -> bool:
        """Restart or drop off the bus here, if a fault says so. True when it happened."""
        name = self.trips_at(state)
        if not name:
            return False
        value = self.faults.take(name)
        if name == "reboot_at":
            self.reboot(now)
        else:
            self.unplug(now)
            if isinstance(value, dict) and "back_after_s" in value:
                self.later(now + float(str(value["back_after_s"])), self.plug)
        return True

    def typing_began(self, now: float) -> None:
        """The state `pdu` of the faults."""
        self.trip("pdu", now)

    def unplug(self, now: float) -> None:
        """The stick is pulled: port and power are gone, the SIM and its texts are not."""
        self.forget()
        self.plugged = self.powered = self.in_socket = self.cdrom = False

    def plug(self, now: float) -> None:
        """The stick is back; the port is there before the modem answers."""
        if self.in_socket:
            return
        self.in_socket = True
        self._start(now)
        self._come_back(now)

    def reboot(self, now: float) -> None:
        """Lose every volatile setting, be deaf while starting, say the boot lines. Some lose their port meanwhile."""
        self._start(now)
        if self.personality.reboot_drops_port:
            self.plugged = False
            self.later(now + self.personality.boot_s / 2, self._come_back)

    def _start(self, now: float) -> None:
        self.forget()
        self.powered = False
        slow_s = self.faults.number("slow_boot")
        self.later(now + (self.personality.boot_s if slow_s is None else slow_s), self._wake)

    def _come_back(self, now: float) -> None:
        """The bus sees it: with its port, or as a CD-ROM first."""
        cdrom_ms = self.faults.number("cdrom_first")
        if cdrom_ms is None:
            self._port_back(now)
        else:
            self.cdrom = True
            self.later(now + cdrom_ms / 1000, self._port_back)

    def _port_back(self, now: float) -> None:
        self.cdrom = False
        if self.faults.peek("hilink_only") or self.plugged:
            return
        self.plugged = True
        if self.faults.take("renumber_tty"):
            self.renumbered += 1

    def _wake(self, now: float) -> None:
        self.powered = True
        self.woke(now)

    def power_off(self, now: float) -> None:
        """Switched off by itself: the port stays, nothing is said until it is unplugged and plugged again."""
        self.forget()
        self.powered = False

    # a modem that answers nothing any more

    def wedge(self, cure: str) -> None:
        """Answer nothing until this cures it: its port is opened anew, it is told to restart, or it is plugged anew."""
        self.wedged = cure
        self._running = False

    def is_wedged(self, line: str, now: float) -> bool:
        """Whether this line gets no answer because the modem has stopped answering."""
        self.heard += 1
        after = self.faults.waits("stops_answering_after")
        if after is not None and not self.wedged:
            told = after if isinstance(after, dict) else {"commands": after}
            if self.heard > int(float(str(told.get("commands", 10)))):
                self.faults.take("stops_answering_after")
                self.wedge(str(told.get("cure", "replug")))
        deadly = self.faults.waits("dies_of")
        if (
            deadly
            and line.strip().upper().removeprefix("AT").startswith(str(deadly))
            and self.faults.take("dies_of")
        ):
            self.wedge("reopen")
        if self.wedged == "reset" and line.strip().upper().removeprefix("AT") in self.personality.resets:
            self.reboot(now)
            return True
        return bool(self.wedged)

    def opened_anew(self) -> None:
        """Every program left the port: what that cures is cured."""
        if self.wedged == "reopen":
            self.wedged, self.heard = "", 0

    def forget(self) -> None:
        """Power was lost."""
        super().forget()
        self.texts_wait = False
        self.wedged, self.heard = "", 0
        self.flooding += 1
