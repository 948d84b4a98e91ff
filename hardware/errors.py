"""What can go wrong between us and a modem, stated as facts that carry their evidence.

Nothing here decides anything: `gateway.verdict` turns these facts into decisions and `gateway.explain` into
sentences for people. `str()` of each is a plain sentence for a log or a technician, without texts or numbers.
Every exception that leaves `hardware` (but for the codec's `PduError`) is a `HardwareError`.
The texts of +CMS ERROR and +CME ERROR codes (27.005 3.2.5, 27.007 9.2) are in `hardware.codes`.
"""

# ruff: noqa: N818  (these names say what happened; the base class says that it is an error)

from __future__ import annotations

import re
from typing import Literal

from hardware.codes import cme_text, cms_text

__all__ = [
    "CommandRefused",
    "DriverUnfit",
    "Family",
    "HardwareError",
    "ModemSilent",
    "NoPrompt",
    "NotAModem",
    "PinKeptBack",
    "PinRefused",
    "PortBusy",
    "PortGone",
    "PortMissing",
    "PortRefused",
    "PromptLost",
    "SimNotReady",
    "SubmitUncertain",
    "TpduRefused",
    "Unreadable",
    "cme_text",
    "cms_text",
    "said",
]

Family = Literal["CMS", "CME", "ERROR", "TEXT"]


class HardwareError(Exception):
    """Anything that a port, a modem or a SIM did to us."""


class PortMissing(HardwareError):
    """The port is not there, or we may not open it; `evidence` is what the system said."""

    def __init__(self, port: str, evidence: str = "") -> None:
        super().__init__(f"{port} cannot be opened: {evidence or 'no such device'}")
        self.port = port
        self.evidence = evidence


class PortBusy(HardwareError):
    """Another program holds the port; `holder` names it ("ModemManager, process 812") or is ""."""

    def __init__(self, port: str, holder: str = "") -> None:
        super().__init__(f"{port} is in use by {holder or 'another program'}")
        self.port = port
        self.holder = holder


def said(error: Exception) -> str:
    """What the system says, in words: without the number of an errno."""
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return re.sub(r"\[Errno \d+\] ", "", words)


class PortGone(HardwareError):
    """The port was open and is lost: unplugged, closed, the other end hung up."""

    def __init__(self, port: str, evidence: str) -> None:
        super().__init__(f"{port} is gone: {evidence}")
        self.port = port
        self.evidence = evidence


class PortRefused(PortGone):
    """The machine that serves the port closed it with a sentence of its own, which is the evidence."""

    @property
    def taken(self) -> bool:
        """Whether somebody else has the port."""
        return "in use" in self.evidence or "kicked off" in self.evidence


class PromptLost(PortGone):
    """The port or the modem went away between the prompt and the PDU: the PDU was not written, nothing left."""


class DriverUnfit(HardwareError):
    """The configured driver cannot drive this phone; `installed` False: the package it needs is not there."""

    def __init__(self, evidence: str, *, installed: bool = True) -> None:
        super().__init__(f"the driver cannot drive this phone: {evidence}")
        self.evidence = evidence
        self.installed = installed


class NotAModem(HardwareError):
    """What answers on this port speaks something else (NMEA, diagnostics, an echo, noise)."""

    def __init__(self, port: str, evidence: str) -> None:
        super().__init__(f"{port} does not answer like a modem: {evidence}")
        self.port = port
        self.evidence = evidence


class ModemSilent(HardwareError):
    """No final answer to `command` in `waited_s` s; `heard` is the end of what did come. Nothing has left."""

    def __init__(self, command: str, waited_s: float, heard: bytes = b"") -> None:
        said = f"only {len(heard)} octets that are no answer came" if heard else "nothing came"
        super().__init__(f"no answer to {command} in {waited_s:.1f} s; {said}")
        self.command = command
        self.waited_s = waited_s
        self.heard = heard


class CommandRefused(HardwareError):
    """A final error, as a fact.

    `family` says which kind of line it was, `code` its number when it had one (a text that is known is turned
    into its number), `text` the modem's own words or the meaning of the code, `after_s` the seconds since the
    command was written; for a submit, since Ctrl-Z was. `beside`: the end of what was no answer to a submit stood before it.
    """

    def __init__(
        self,
        command: str,
        family: Family,
        code: int | None,
        text: str,
        after_s: float,
        *,
        beside: bool = False,
    ) -> None:
        number = "" if code is None else f" {code}"
        super().__init__(f"{command} was refused after {after_s:.1f} s: {family}{number} ({text})")
        self.command = command
        self.family: Family = family
        self.code = code
        self.text = text
        self.after_s = after_s
        self.beside = beside


class NoPrompt(ModemSilent):
    """It answers, and did not ask for the text that it was told of."""


class Unreadable(HardwareError):
    """The modem neither lists texts, nor reads one, nor hands them over as they come: what is sent to it is never heard."""

    def __init__(self, refused: CommandRefused) -> None:
        super().__init__(f"it refuses to list texts, to read one, and to hand them over: {refused.text}")


class TpduRefused(HardwareError):
    """We did not write this TPDU: longer than 23.040 allows, or not what was announced. Nothing left."""

    def __init__(self, length: int, evidence: str) -> None:
        super().__init__(f"a TPDU of {length} octets was not written: {evidence}")
        self.length = length
        self.evidence = evidence


class SubmitUncertain(HardwareError):
    """After Ctrl-Z: silence, a lost port, a reset. The text may have left or not; only evidence can tell.

    `lost` says by what: after a silence an answer may still come.
    """

    def __init__(
        self, evidence: str, waited_s: float, lost: Literal["silence", "port", "restart"] = "silence"
    ) -> None:
        super().__init__(f"no result {waited_s:.1f} s after the PDU was written: {evidence}")
        self.evidence = evidence
        self.waited_s = waited_s
        self.lost = lost


class SimNotReady(HardwareError):
    """The SIM cannot be used.

    `state` is one of PIN, PUK, LOCKED (the modem is locked to another operator or SIM), ABSENT, BUSY,
    FAILURE, WRONG; `evidence` is what the modem said.
    """

    def __init__(self, state: str, evidence: str) -> None:
        super().__init__(f"the SIM is not ready ({state}): {evidence}")
        self.state = state
        self.evidence = evidence


class PinKeptBack(SimNotReady):
    """The SIM wants its PIN, and `left` tries are too few for us to spend one. Nothing was entered."""

    def __init__(self, left: int) -> None:
        super().__init__("PIN", f"only {left} tries are left, so the PIN was not entered")
        self.left = left


class PinRefused(SimNotReady):
    """The one PIN we entered was not accepted. It must not be tried again."""
