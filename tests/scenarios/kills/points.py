"""Named points at which a real gateway process kills itself (SIGKILL). They exist here, and nothing of them in the product.

Each is a seam of the product and what was just done there: it has returned, and the process is gone before its caller
learns of it. Where the seam is called inside a transaction the point is before the commit.
"""

from __future__ import annotations

import functools
import os
import signal
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import serial

from gateway import arrivals, flight, journal, optouts, reports
from gateway.station import refused, sending
from gateway.station.desk import Desk
from hardware.at import At
from hardware.modem import Modem
from hardware.port import SerialLink
from hardware.submit import Prompt

CLOSE_HANGS_S = 60.0


class Point(NamedTuple):
    """Where: the function `name` of `owner`; `fits` tells from its arguments and its result whether this is the moment."""

    owner: Any
    name: str
    fits: Callable[[tuple[Any, ...], Any], bool] = lambda _, __: True
    early: bool = False  # before the function is called


def _wrote(start: bytes = b"", end: bytes = b"") -> Callable[[tuple[Any, ...], Any], bool]:
    return lambda args, _: args[1].startswith(start) and args[1].endswith(end)


def _gave(_: tuple[Any, ...], result: Any) -> bool:
    return bool(result)


POINTS = {
    "after the claim": Point(sending, "claim", _gave),
    "after AT+CMGS": Point(SerialLink, "write", _wrote(b"AT+CMGS=")),
    "after the prompt": Point(At, "prompt"),
    "after the PDU": Point(Prompt, "type"),
    "before the submit's commit": Point(flight, "submit"),
    "after the submit's commit": Point(sending, "_submit"),
    "after Ctrl-Z": Point(SerialLink, "write", _wrote(end=b"\x1a")),
    "after +CMGS": Point(Prompt, "send"),
    "before the accept's commit": Point(flight, "accept"),
    "after the accept's commit": Point(Desk, "forget", lambda args, _: bool(args[0].results), early=True),
    "before the refusal's commit": Point(flight, "release"),
    "after the refusal's commit": Point(refused, "_record"),
    "after the read": Point(Modem, "list", _gave),
    "before the arrival's commit": Point(arrivals, "_keep_one", _gave),
    "after the arrival's commit": Point(arrivals, "keep", _gave),
    "after AT+CMGD": Point(SerialLink, "write", _wrote(b"AT+CMGD=")),
    "after the delete": Point(Modem, "delete"),
    "before the report's commit": Point(reports, "keep"),
    "after the journal's note": Point(journal.Journal, "note"),
    "before the opt-out's commit": Point(optouts, "opt_out", _gave),
}


def arm(name: str, nth: int = 1) -> None:
    """From now on this process dies at the `nth` time that it comes to this point."""
    sending.FRESH_S = (
        10.0  # a prompt that is slow because the machine is busy sends nobody back to the point before
    )
    point = POINTS[name]
    plain = getattr(point.owner, point.name)
    left = nth

    def look(args: tuple[Any, ...], result: Any) -> None:
        nonlocal left
        if point.fits(args, result):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    @functools.wraps(plain)
    def hooked(*args: Any, **named: Any) -> Any:
        if point.early:
            look(args, None)
        result = plain(*args, **named)
        if not point.early:
            look(args, result)
        return result

    setattr(point.owner, point.name, hooked)


def hang_in_close() -> None:
    """From now on a port takes the kernel's own time to close, as that of a stick whose USB pipe hangs."""
    plain = serial.Serial.close

    def hang(port: serial.Serial) -> None:
        time.sleep(CLOSE_HANGS_S)  # what is tested is what happens meanwhile
        plain(port)

    serial.Serial.close = hang
