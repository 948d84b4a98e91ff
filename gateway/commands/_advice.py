"""What `textbank doctor` says of a station that the gateway drives, or whose port takes no commands: its own notice, with the
next step in it.

A notice that sends people to `textbank doctor` is answered here: which port takes commands, or what keeps the other program
away. Never fails itself; only ports of the same stick are asked, and others when that is wanted.
"""

import contextlib
import glob
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator

from gateway import sightings
from gateway.commands._checks import TAKES_PORTS, Finding
from hardware import discovery, usb
from hardware.discovery import Unavailable

HERE = "`textbank doctor"  # a notice that names us
RESUME = "Press Go on at the modem's page when it may send again."
Answer = Callable[[str], str]  # port: who answers there in words, "" when no modem does


class Ports:
    """The ports beside those that stations have, and who answers on them."""

    def __init__(self, in_use: set[str], patterns: Iterable[str], answer: Answer, *, search: bool) -> None:
        self._in_use = in_use
        self._patterns = tuple(patterns)
        self._answer = answer
        self._search = search

    def instead_of(self, station: str, port: str) -> str:
        """What to do when this port takes no commands: the port that does, where anything can tell."""
        if hint := usb.wrong_port(port, discovery.stick_of(port)):
            return f"{hint}. Name the right one under {station}, or none: then its modem is found."
        for other in self._free(port):
            if who := self._answer(other):
                return f'Write port = "{other}" under {station}: there {who}.'
        if not self._search:
            return f"Name another port under {station}; `textbank doctor --find` asks the others which of them takes commands."
        return f"No other port takes commands now: look at the plug and the cable, then name the modem's port under {station}."

    def _free(self, port: str) -> Iterator[str]:
        """Ports that no station has: those of the same stick, and the others of the machine when that is wanted."""
        stick = discovery.stick_of(port)
        found = [one.device for one in usb.plan(stick).ports] if stick is not None else []
        if self._search:
            with contextlib.suppress(
                Unavailable
            ):  # then the patterns are all there is, and a finding of its own says so
                found += [one.device for each in discovery.sticks() for one in usb.plan(each).ports]
            found += [path for pattern in self._patterns for path in sorted(glob.glob(pattern))]
        taken = self._in_use | {os.path.realpath(port)}
        for path in dict.fromkeys(found):
            if os.path.realpath(path) not in taken:
                yield path


def of_gateway(row: sqlite3.Row, port: str | None, ports: Ports) -> Finding:
    """How a station is, from the row that it writes: what happened with its evidence, and the advice of its notice.

    `port`: the one that the configuration names; a station that has met no modem has written none.
    """
    check = f"modem {row['name']}"
    what, evidence, _, following = (row["reason"].split("\n") + [""] * 4)[:4]
    found = f"The gateway says: {row['state']}. {what} {evidence}".strip()
    by_hand = row["state"] == "paused" and not what
    if by_hand:
        following = RESUME
    elif HERE in following:
        following = _answered(row["name"], row["port"] or port, evidence, ports)
    return Finding(check, by_hand or row["state"] in ("ready", "starting"), found, following)


def _answered(station: str, port: str | None, evidence: str, ports: Ports) -> str:
    """The next step where the notice leaves it to us."""
    holder = next((name for name in TAKES_PORTS if name in evidence), "")
    if holder == "ModemManager":
        return sightings.RULES
    if holder:
        return f"Run: {TAKES_PORTS[holder]}"
    if port and "held by" not in evidence:
        return ports.instead_of(station, port)
    return "Stop that program; the modem goes on by itself then."
