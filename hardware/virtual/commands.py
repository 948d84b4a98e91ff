"""From a command to its answer: what this modem does not know, what its model adds, then the table of handlers."""

from typing import TYPE_CHECKING

from hardware.virtual import at_general, at_network, at_routing, at_send, at_sim, at_store
from hardware.virtual.commandline import Command
from hardware.virtual.refusal import Refusal
from hardware.virtual.registry import HANDLERS, answers

if TYPE_CHECKING:
    from hardware.virtual.engine import Engine

TOPICS = (
    at_general,
    at_sim,
    at_network,
    at_routing,
    at_store,
    at_send,
)  # imported: their handlers are in the table

UNKNOWN_WHEN = {"+CMEE": "no_cmee", "+CSMS": "no_csms", "+CMGL": "no_cmgl"}
_SUFFIX = {"exec": "", "read": "?", "test": "=?", "set": "="}


def answer(modem: "Engine", command: Command, now: float) -> list[str] | None:
    """What the modem answers: lines, None for later, or a Refusal."""
    fault = UNKNOWN_WHEN.get(command.name)
    if fault and modem.faults.take(fault):
        raise Refusal
    if command.name == "+CPMS" and command.form in ("read", "test") and modem.faults.take("no_cpms_query"):
        raise Refusal
    extra = modem.personality.extras.get(command.name + _SUFFIX[command.form] + command.raw)
    if extra is not None:
        return list(extra)
    handler = HANDLERS.get(command.name)
    if handler is None:
        raise Refusal("ERROR", words=modem.personality.unknown)
    return handler(modem, command, now)


@answers("+CLAC")
def clac(modem: "Engine", command: Command, now: float) -> list[str]:
    """The commands it knows, one a line."""
    return [name for name in sorted(HANDLERS) if name.startswith("+")]
