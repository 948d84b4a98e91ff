"""A modem on another machine: what is said when it cannot be had, and how soon it is asked for again.

It may be back at any moment, so it is asked every `BACK_S`. But two programs that take one modem from each other
(`kickolduser` in ser2net) would do so every second, each time in the middle of a text: after `MOST` cuts in `WINDOW_S`
of a connection that had worked it is left alone for `REST_S`.
"""

from collections import deque

from gateway import explain_remote
from gateway.notice import Notice
from hardware.errors import HardwareError, PortGone, PortMissing, PortRefused
from hardware.remote import is_remote

BACK_S = 2.0
WINDOW_S = 120.0
MOST = 4
REST_S = 60.0


class Far:
    """One station's port, if it is on another machine."""

    def __init__(self, name: str, port: str | None) -> None:
        self._name, self._port = name, port or ""
        self._cuts: deque[float] = deque()
        self._met: type[HardwareError] | None = None
        self._notice = explain_remote.gone(self._name, self._port, "")

    def meet(self, error: HardwareError, *, worked: bool, now: float) -> tuple[Notice, float] | None:
        """What to say of this, and the seconds until the next try; None when it is no matter of the network.

        `worked`: the modem had been started; `now`: monotonic.
        """
        if not is_remote(self._port) or not isinstance(error, PortMissing | PortGone):
            return None
        if worked and self._cut_too_often(now):
            minutes = int(WINDOW_S / 60)
            return explain_remote.contested(self._name, self._port, len(self._cuts), minutes), REST_S
        # Each try may end a little differently; said anew it would be written to the disk every two seconds.
        if worked or type(error) is not self._met or not isinstance(error, PortGone):
            self._met, self._notice = type(error), self._said(error)
        return self._notice, BACK_S

    def _cut_too_often(self, now: float) -> bool:
        self._cuts.append(now)
        while self._cuts[0] < now - WINDOW_S:
            self._cuts.popleft()
        return len(self._cuts) >= MOST

    def _said(self, error: PortMissing | PortGone) -> Notice:
        match error:
            case PortMissing():
                return explain_remote.missing(self._name, self._port, error.evidence)
            case PortRefused(taken=True):
                return explain_remote.taken(self._name, self._port, error.evidence)
            case PortRefused():
                return explain_remote.refused(self._name, self._port, error.evidence)
            case _:
                return explain_remote.gone(self._name, self._port, error.evidence)
