"""From a command to its answer: what this modem does not know, what its model adds, then the table of handlers."""

from typing import TYPE_CHECKING

from hardware.virtual import (
    at_general,
    at_network,
    at_routing,
    at_send,
    at_sim,
    at_store,
    at_ussd,
    calls,
)
from hardware.virtual.commandline import Command
from hardware.virtual.measures import filled
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
    at_ussd,
    calls,
)  # imported: their handlers are in the table

UNKNOWN_WHEN = {
    "+CMEE": "no_cmee",
    "+CSMS": "no_csms",
    "+CMGL": "no_cmgl",
    "+CMGR": "no_cmgr",
    "+CNMI": "no_cnmi",
    "Z": "atz_error",
}
RESET_AFTER_S = 0.05  # a restart answers OK before it lets go
_SUFFIX = {"exec": "", "read": "?", "test": "=?", "set": "="}


def answer(modem: "Engine", command: Command, now: float) -> list[str] | None:
    """What the modem answers: lines, None for later, or a Refusal."""
    fault = UNKNOWN_WHEN.get(command.name)
    if fault and modem.faults.take(fault):
        raise Refusal
    if _strikes(modem, "refuses", command):
        raise Refusal
    if _strikes(modem, "only_ok", command):
        return []
    if command.name == "+CPMS" and command.form in ("read", "test") and modem.faults.take("no_cpms_query"):
        raise Refusal
    own = _of_the_model(modem, command, now)
    if own is not None:
        return own
    handler = HANDLERS.get(command.name)
    if handler is None:
        raise Refusal("ERROR", words=modem.personality.unknown)
    return handler(modem, command, now)


def _strikes(modem: "Engine", fault: str, command: Command) -> bool:
    """Whether this fault is for commands that begin as this one does."""
    begins = modem.faults.waits(fault)
    return bool(begins and _typed(command).startswith(str(begins)) and modem.faults.take(fault))


def _typed(command: Command) -> str:
    return command.name + _SUFFIX[command.form] + command.raw


def _of_the_model(modem: "Engine", command: Command, now: float) -> list[str] | None:
    """What only this model knows, or knows another way; None when it is as everywhere."""
    row = modem.personality
    typed = _typed(command)
    if typed in row.resets:
        modem.later(now + RESET_AFTER_S, modem.reboot)
        return []
    if typed in row.radios:
        modem.technology = row.radios[typed]
        return []
    if typed in row.urc_ports:
        modem.choose_urc_port(row.urc_ports[typed])
        return []
    if typed == row.flood_start:
        modem.start_flood(now)
        return []
    if typed in row.flood_until:
        modem.flooding += 1
        return None if command.name in HANDLERS else []
    if typed in row.sim_answers:
        return at_sim.told(modem, command, row.sim_answers[typed])
    if typed in row.extras:
        return filled(modem, row.extras[typed])
    if command.form == "test" and command.name not in HANDLERS and _knows(modem, command.name):
        return []
    return None


def _knows(modem: "Engine", name: str) -> bool:
    """Whether this is one of the model's own commands, in whatever form."""
    row = modem.personality
    return any(typed.partition("=")[0].rstrip("?") == name for typed in (*row.sim_answers, *row.extras))


@answers("+CLAC")
def clac(modem: "Engine", command: Command, now: float) -> list[str]:
    """The commands it knows, one a line."""
    return [name for name in sorted(HANDLERS) if name.startswith("+")]
