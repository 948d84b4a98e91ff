"""The way out of a virtual modem: octets with the moment each leaves, and the framing of answers (V.250 clause 5.7).

Octets leave in the order they were put, never overtaking. The framing faults act here and nowhere else.
"""

from collections import deque
from collections.abc import Callable

from hardware.virtual.faults import Faults

PIECE_GAP_S = 0.001
GARBAGE = b"\xf8\x00\xfe\xe0"  # what an idle or misread line looks like


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


def information(said: list[str], faults: Faults, newline: str, stray: Callable[[], str]) -> bytes:
    """The information part of an answer, with what faults do to it; `stray` gives a line that does not belong."""
    told = list(said)
    if len(told) > 1 and faults.waits("glued_cmgl"):
        told = _glued(told, faults)
    if len(told) > 1 and faults.take("extra_blank_lines"):
        told = [told[0], "", *told[1:], ""]
    with_pdu = len(told) > 1 and told[0].startswith("+CMG")
    if (with_pdu and faults.take("urc_inside_pdu")) or faults.take("urc_inside_response"):
        told[1:1] = ["", stray(), ""]
    return _framed(told, faults, newline)


def _framed(told: list[str], faults: Faults, newline: str) -> bytes:
    """The lines as octets, with what stands before them or is missing there."""
    data = lines(told, "\r\r\n" if faults.peek("cr_cr_lf") else newline)
    if faults.take("no_leading_crlf"):
        data = data.removeprefix(b"\r\n")
    if faults.take("garbage_prefix"):
        data = GARBAGE + data
    return b"\0\0" + data if faults.take("nul_prefix") else data


def _glued(told: list[str], faults: Faults) -> list[str]:
    """The second and later `+CMGL:` stuck to the PDU before it (gammu's at-sms.c knows such modems)."""
    glued: list[str] = []
    for line in told:
        if glued and line.startswith("+CMGL:") and faults.take("glued_cmgl"):
            glued[-1] += line
        else:
            glued.append(line)
    return glued


def final(word: str, faults: Faults, newline: str) -> bytes:
    """A final result."""
    return _framed([word, ""] if faults.take("extra_blank_lines") else [word], faults, newline)


def unsolicited(told: list[str], faults: Faults, newline: str) -> bytes:
    """Lines that nobody asked for."""
    return lines(told, "\r\r\n" if faults.peek("cr_cr_lf") else newline)


def lines(told: list[str], newline: str) -> bytes:
    """Lines in the frame of V.250: a line break before, between and after."""
    return (newline + newline.join(told) + newline).encode("latin-1", "replace")


def single(line: str, newline: str) -> bytes:
    """One line by itself."""
    return lines([line], newline)
