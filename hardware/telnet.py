"""Telnet with a serial port's settings, the client's half: RFC 854, 855, 856 (binary), 858 (no go-ahead), 2217. Pure.

What is plain is given back, what must be answered stands in `answers`. Our own rather than pyserial's client, whose
reading thread may die without a word, drops what came last, hides what a server says before it closes, and cannot open
a port that has no control lines.
Promises: never raises; bounded memory; answers nothing twice, so that two ends cannot argue for ever.
"""

from __future__ import annotations

import re
import struct

IAC, DONT, DO, WONT, WILL, SB, SE = 255, 254, 253, 252, 251, 250, 240
BINARY, NO_GO_AHEAD, COM_PORT = 0, 3, 44
SET_BAUD_RATE, SET_DATA_SIZE, SET_PARITY, SET_STOP_SIZE, SET_CONTROL = 1, 2, 3, 4, 5
NO_PARITY, ONE_STOP_BIT, NO_FLOW_CONTROL = 1, 1, 1
LONGEST_OPTION = 1024  # octets of a sub-negotiation; the longest is a server's signature
_SUB_NEGOTIATION = re.compile(rb"(?:[^\xff]|\xff\xff)*\xff\xf0", re.DOTALL)


def escape(data: bytes) -> bytes:
    """What is plain, as it is written."""
    return data.replace(b"\xff", b"\xff\xff")


class Telnet:
    """One connection. `agreed`: whether the server speaks RFC 2217; None while it has not said."""

    def __init__(self) -> None:
        self.agreed: bool | None = None
        self.answers = b""  # to be written; take them out
        self._ours = {BINARY: True, NO_GO_AHEAD: True, COM_PORT: True}  # what we do, as we told it
        self._theirs = {BINARY: True, NO_GO_AHEAD: True}  # what they shall do, as we told it
        self._left = b""  # a command that has begun

    def hello(self) -> bytes:
        """What we offer and ask for."""
        offers = b"".join(bytes((IAC, WILL, option)) for option in self._ours)
        return offers + b"".join(bytes((IAC, DO, option)) for option in self._theirs)

    def settings(self, baud_rate: int) -> bytes:
        """The line as modems have it: 8N1, nothing held up by control lines."""
        values = (
            (SET_BAUD_RATE, struct.pack("!I", baud_rate)),
            (SET_DATA_SIZE, b"\x08"),
            (SET_PARITY, bytes((NO_PARITY,))),
            (SET_STOP_SIZE, bytes((ONE_STOP_BIT,))),
            (SET_CONTROL, bytes((NO_FLOW_CONTROL,))),
        )
        return b"".join(
            bytes((IAC, SB, COM_PORT, what)) + escape(value) + bytes((IAC, SE)) for what, value in values
        )

    def feed(self, data: bytes) -> bytes:
        """What of this is plain."""
        plain = bytearray()
        self._left += data
        while self._left:
            before, iac, rest = self._left.partition(b"\xff")
            plain += before
            taken = self._command(rest) if iac else 0
            if iac and not taken:
                self._left = iac + rest
                break
            if iac and rest[0] == IAC:
                plain.append(IAC)
            self._left = rest[taken:]
        return bytes(plain)

    def _command(self, rest: bytes) -> int:
        """Obey the command behind an IAC; how many octets it has, 0 while some are missing."""
        if not rest or (rest[0] in (DO, DONT, WILL, WONT) and len(rest) < 2):
            return 0
        if rest[0] in (DO, DONT):
            if rest[1] == COM_PORT:
                self.agreed = rest[0] == DO
            self._settle(self._ours, rest[1], asked=rest[0] == DO, yes=WILL, no=WONT)
            return 2
        if rest[0] in (WILL, WONT):
            self._settle(self._theirs, rest[1], asked=rest[0] == WILL, yes=DO, no=DONT)
            return 2
        if (
            rest[0] == SB
        ):  # an acknowledgement of a setting, or the state of control lines: a modem needs neither
            found = _SUB_NEGOTIATION.match(rest, 1)
            if found:
                return found.end()
            return 0 if len(rest) < LONGEST_OPTION else 1
        return 1

    def _settle(self, told: dict[int, bool], option: int, *, asked: bool, yes: int, no: int) -> None:
        """Agree to what we want, refuse the rest; say only what we have not said."""
        agreed = asked and option in (BINARY, NO_GO_AHEAD, COM_PORT)
        if told.get(option, False) is not agreed or (asked and option not in told):
            self.answers += bytes((IAC, yes if agreed else no, option))
        told[option] = agreed
