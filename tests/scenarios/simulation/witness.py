"""What the air log does not tell, as the virtual bank saw it: which reports the network gave, what lay on which SIM since
when, and how long each prompt was awaited. The judge believes this and not the gateway.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unittest import mock

from hardware import pdu
from hardware.virtual import World, receiving
from hardware.virtual.terminal import Terminal

if TYPE_CHECKING:
    from hardware.virtual.air import AirRecord
    from hardware.virtual.engine import Engine
    from hardware.virtual.network import Sent
    from hardware.virtual.terminal import Entry

PLAIN = (
    0,
    *range(0x41, 0x48),
)  # 23.040 9.2.3.9: a text, or one in the place of another; the rest is for no person's eyes
STILL_TRYING = range(0x20, 0x40)  # 23.040 9.2.3.15


@dataclass(frozen=True)
class Stored:
    """A text of one segment that was put into a slot of this SIM's modem, where texts arrive or elsewhere."""

    modem: int
    iccid: str
    sender: str
    text: str
    at_s: float
    arrival: bool


@dataclass(frozen=True)
class Prompt:
    """When a modem was asked for a prompt, and when it showed it."""

    asked_s: float
    shown_s: float

    @property
    def took_s(self) -> float:
        """Between the two."""
        return self.shown_s - self.asked_s


class Witness:
    """Sees one bank of modems while `watching`."""

    def __init__(self, world: World) -> None:
        self.stored: list[Stored] = []
        self.prompts: list[list[Prompt]] = [[] for _ in world.modems]
        self.given: dict[tuple[str, int, str, float], list[int]] = {}  # the status of each report of a SUBMIT
        self._modems = world.modems
        self._network = world.network

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """While this bank does something."""
        place, prompt, report = receiving._place, Terminal.prompt, self._network._send_report

        def placed(modem: Engine, name: str, tpdu: bytes, now: float) -> tuple[str, int] | None:
            where = place(modem, name, tpdu, now)
            if where is not None:
                self._see_stored(modem, *where, now)
            return where

        def prompted(modem: Terminal, entry: Entry, now: float, *, shown: bool = True) -> None:
            if shown and modem in self._modems:
                asked_s = modem.asked_s  # type: ignore[attr-defined]
                self.prompts[self._modems.index(modem)].append(Prompt(asked_s, now))  # type: ignore[arg-type]
            prompt(modem, entry, now, shown=shown)

        def reported(sent: Sent, status: int, now: float, due: float, *, urgent: bool = False) -> None:
            key = (sent.card.iccid, sent.submit.mr, sent.submit.number, sent.at)
            self.given.setdefault(key, []).append(status)
            report(sent, status, now, due, urgent=urgent)

        with (
            mock.patch.object(receiving, "_place", placed),
            mock.patch.object(Terminal, "prompt", prompted),
            mock.patch.object(self._network, "_send_report", reported),
        ):
            yield

    def _see_stored(self, modem: Engine, where: str, index: int, now: float) -> None:
        slot = modem.storage(where).get(index)
        assert slot is not None
        try:
            text = pdu.decode(slot.pdu)
        except pdu.PduError:
            return  # a fault has spoilt the record
        first = getattr(modem, "first", modem)  # texts may be routed by its second port
        if not isinstance(text, pdu.Deliver) or text.pid not in PLAIN or text.mwi is not None:
            return  # nobody is shown its words: they are no stop
        if text.concat is None and first in self._modems:
            number, arrival = self._modems.index(first), where == modem.settings.memory[2]
            sender, words = text.sender.number, text.text or ""
            self.stored.append(Stored(number, first.card.iccid, sender, words, now, arrival))

    def prompt_of(self, record: AirRecord) -> list[Prompt]:
        """The prompts of this record's modem up to its own, which is the last; empty when nothing was seen of it."""
        prompts = self.prompts[record.modem]
        last = next((n for n, prompt in enumerate(prompts) if prompt.asked_s == record.asked_s), None)
        return [] if last is None else prompts[: last + 1]

    def said(self, record: AirRecord) -> list[int]:
        """The final statuses that the network gave of this SUBMIT."""
        given = self.given.get((record.iccid, record.mr, record.to, record.at_s), [])
        return [status for status in given if status not in STILL_TRYING]
