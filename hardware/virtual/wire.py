"""The way out of a virtual modem: octets with the moment each leaves, and the framing of answers (V.250 clause 5.7).

Octets leave in the order they were put, never overtaking. The framing faults act here and nowhere else.
"""

from collections import deque

from hardware.virtual.faults import Faults

PIECE_GAP_S = 0.001


class Wire:
    """What the modem has said and the port has not taken yet."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._out: deque[tuple[float, bytes]] = deque()
        self._last_due = 0.0
        self._joinable = False  # the last piece may grow: it was not cut by split_reads

    def put(self, data: bytes, due: float) -> None:
        """These octets leave at `due`, or after what was put before them."""
        due = max(due, self._last_due)
        size = self._faults.number("split_reads")
        if size is None and self._joinable and self._out and self._out[-1][0] == due:
            self._out[-1] = (due, self._out[-1][1] + data)
        elif size is None:
            self._out.append((due, data))
        else:
            step = max(1, int(size))
            for start in range(0, len(data), step):
                self._out.append((due, data[start : start + step]))
                due += PIECE_GAP_S
        self._joinable = size is None
        self._last_due = due

    def take(self, now: float) -> list[bytes]:
        """The pieces due by now, each to be written by itself."""
        pieces = []
        while self._out and self._out[0][0] <= now:
            pieces.append(self._out.popleft()[1])
        return pieces

    def next_due(self) -> float | None:
        """When the next piece leaves; None when there is none."""
        return self._out[0][0] if self._out else None

    def cut(self) -> None:
        """The port is gone, or the modem restarted: what was on its way is lost."""
        self._out.clear()
        self._last_due = 0.0


def information(lines: list[str], faults: Faults, newline: str, urc: str) -> bytes:
    """The information part of an answer: a line break, the lines, a line break. `urc` is what a fault may put inside."""
    lines = list(lines)
    if len(lines) > 1 and faults.peek("glued_cmgl"):
        lines = _glued(lines, faults)
    if len(lines) > 1 and faults.take("extra_blank_lines"):
        lines = [lines[0], "", *lines[1:], ""]
    if len(lines) > 1 and lines[0].startswith(("+CMG", "+CMT", "+CDS")) and faults.take("urc_inside_pdu"):
        lines[1:1] = ["", urc, ""]
    elif lines and faults.take("urc_inside_response"):
        lines[1:1] = ["", urc, ""]
    data = (newline + newline.join(lines) + newline).encode("latin-1", "replace")
    return b"\0\0" + data if faults.take("nul_prefix") else data


def _glued(lines: list[str], faults: Faults) -> list[str]:
    """The second and later `+CMGL:` stuck to the PDU before it (gammu's at-sms.c knows such modems)."""
    glued: list[str] = []
    for line in lines:
        if glued and line.startswith("+CMGL:") and faults.take("glued_cmgl"):
            glued[-1] += line
        else:
            glued.append(line)
    return glued


def single(line: str, newline: str) -> bytes:
    """One line by itself: a final result or an unsolicited one."""
    return (newline + line + newline).encode("latin-1", "replace")
