"""What cannot be taken back, in the order of the log: what was written to a modem, and what people were told."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

from hardware.pdu import Deliver, Submit, decode
from tests.scenarios.power.disk import Record

CTRL_Z = b"\x1a"
SHOWN = re.compile(  # on a SIM, with its slot; or handed over and nowhere stored
    rb"\+(?:CMGL: (\d+),|CMT: |CDS: )[^\r\n]*\r+\n([0-9A-F]+)\r"
)


@dataclass(frozen=True, slots=True)
class Act:
    """One of them; `at` is its record.

    `what`: left (a text's PDU: to whom, its words, which segment), deleted (an inbound PDU on the SIM, or the network's only
    copy of it, by an acknowledgement; from whom), pin, or a word of `disk.mark`.
    """

    at: int
    what: str
    whom: str = ""
    seq: int = 1
    words: str = ""
    octets: bytes = b""


class _Wire:
    """One modem's port: both directions."""

    def __init__(self) -> None:
        self.written = b""
        self.read = b""
        self._storage = b""
        self._held: dict[tuple[bytes, int], bytes] = {}
        self._handed: list[bytes] = []

    def acts(self, at: int) -> list[Act]:
        """What the bytes written so far are, as far as they are whole; those are forgotten."""
        found = []
        while (end := re.search(rb"[\r\x1a\x1b]", self.written)) is not None:
            words, self.written = self.written[: end.start()].strip(), self.written[end.end() :]
            if end[0] == CTRL_Z:
                found.append(_left(at, words))
            elif words.startswith(b"AT+CPIN="):
                found.append(Act(at, "pin"))
            elif chosen := re.match(rb'AT\+CPMS="(\w+)"', words):
                self._look()  # what was listed so far lies in the storage before
                self._storage = chosen[1]
            elif deleted := re.match(rb"AT\+CMGD=(\d+)", words):
                self._look()
                found.append(_deleted(at, self._held.pop((self._storage, int(deleted[1])))))
            elif words == b"AT+CNMA":
                self._look()
                found.append(_deleted(at, self._handed.pop(0)))
        return found

    def _look(self) -> None:
        end = 0
        for shown in SHOWN.finditer(self.read):
            end = shown.end()
            if shown[1]:
                self._held[self._storage, int(shown[1])] = shown[2]
            else:
                self._handed.append(shown[2])
        self.read = self.read[end:]  # the rest may be the beginning of one


def _deleted(at: int, pdu: bytes) -> Act:
    tpdu = decode(pdu.decode())
    whom = tpdu.sender.number if isinstance(tpdu, Deliver) else ""
    return Act(at, "deleted", whom, octets=bytes.fromhex(pdu.decode()))


def _left(at: int, words: bytes) -> Act:
    tpdu = decode(words.decode())
    assert isinstance(tpdu, Submit)
    concat = tpdu.body.header.concat
    return Act(at, "left", tpdu.recipient.number, concat.seq if concat else 1, tpdu.text or "")


def acts(records: list[Record]) -> list[Act]:
    """Every act of a log."""
    wires: dict[int, _Wire] = defaultdict(_Wire)
    found: list[Act] = []
    for at, record in enumerate(records):
        if record.kind == "w":
            wires[record.inode].written += record.data
            found += wires[record.inode].acts(at)
        elif record.kind == "r":
            wires[record.inode].read += record.data
        elif record.kind == "M":
            what, _, whom = record.name.partition(" ")
            found.append(Act(at, what, whom))
    return found
