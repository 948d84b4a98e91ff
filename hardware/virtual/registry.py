"""Which function answers which AT command. A handler returns the information lines (OK follows), returns None when
the command takes its time (it ends later by resume, fail, silence or prompt), or raises Refusal."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from hardware.virtual.commandline import Command
from hardware.virtual.refusal import Refusal

if TYPE_CHECKING:
    from hardware.virtual.engine import Engine

Handler = Callable[["Engine", Command, float], list[str] | None]

HANDLERS: dict[str, Handler] = {}


def answers(*names: str) -> Callable[[Handler], Handler]:
    """This function answers these commands."""

    def register(handler: Handler) -> Handler:
        for name in names:
            HANDLERS[name] = handler
        return handler

    return register


def integer(command: Command, place: int, low: int, high: int, default: int | None = None) -> int:
    """The whole number at this place, within bounds. Refused as a bare ERROR otherwise."""
    text = command.arg(place)
    if not text and default is not None:
        return default
    try:
        value = int(text)
    except ValueError:
        raise Refusal("CME", 50) from None
    if not low <= value <= high:
        raise Refusal("CME", 50)
    return value
