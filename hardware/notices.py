"""Unsolicited lines into notices: texts waiting, restarts, late answers, calls.

A doorbell that cannot be read ("+CMTI: "SM",-1", broken quotes) is still a doorbell: `Waiting` with index -1.
Promises: never raises; an unknown line is no notice. A modem that repeats how it stands with the network, or tells it anew
with each cell, makes one notice for each change, and one at a time.

Restarts. Some lines are said only by a modem that began anew ("hard": RDY, *ATREADY, ^SYSSTART, ^BOOT with
another id). Others also end a slow boot that we already talk through ("soft": SMS Ready, PB DONE, +CPIN: ...).
Once armed (the start is done) both are `Restarted`, but only a sure one ends the wait for a text's answer. A line that may as well
be the answer to another program's question ("+CPIN: READY") is never sure: a modem that began anew says others, too.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from hardware import framing
from hardware.facts import (
    Call,
    Direct,
    LateRefusal,
    LateSubmit,
    Notice,
    Registration,
    Restarted,
    StorageFull,
    Waiting,
)
from hardware.link import Clock

BOOT_TAIL_S = 60.0  # soft lines may still belong to the boot before our start

_DOORBELL = re.compile(r'\+(?:CMTI|CDSI):\s*"?([A-Z_]*)"?\s*,\s*(-?\d{1,6})\s*$')
_DIRECT = re.compile(r"\+(CMT|CDS):[^\n]*\n(.+)")
_ADDED = re.compile(
    r'(?<=[0-9A-Fa-f]{14})("?)\s*,\s*\d*\s*$'
)  # behind a PDU; in text mode a comma stands in words
_FULL = re.compile(r'\^SMMEMFULL:\s*"?(\w*)"?|\+ ?SMS FULL')  # the second is SIMCom's (A76, SIM767)
_HARD = re.compile(
    r"RDY$|APP RDY$|QCRDY$|AT READY$|\*ATREADY|\+AT: READY|[+^]?SYSSTART|\+KSUP: ?0|MODEM:STARTUP"
)
_SOFT = re.compile(
    r'Call Ready$|SMS R(?:eady|EADY)$|\+SIM READY$|PB DONE$|(\+QIND: ?"?)?SMS DONE"?$|\+CPIN:|\+QUSIM: ?1|\+CFUN: ?1|\*EMRDY: ?1'
)
# Of the soft ones: also what another program's question is answered with, or what a SIM that was put in brings about.
_ANSWER = re.compile(r"\+CPIN:|\+QUSIM: ?1|\+QIND:|\+SIM READY|\+CFUN: ?1")
_BOOT = re.compile(r"\^BOOT:\s*([^,]+)")
_REGISTRATION = re.compile(r"(\+C[GE]?REG):\s*0*(\d{1,2})\b")
_CALLER = re.compile(r'\+CLIP:\s*"([^"]*)"')


class Ears:
    """Hears unsolicited lines; `notices` is what they mean, in order, at most 1,000."""

    def __init__(self, clock: Clock) -> None:
        self.notices: deque[Notice] = deque(maxlen=1000)
        self.booted = ""  # a hard restart heard since `disarm`
        self.said: set[str] = set()  # soft lines heard since `disarm`
        self.called_at: float | None = None
        self.keep: Callable[[Direct], bool] | None = None  # asked at once about each `Direct`
        self._clock = clock
        self._armed_at: float | None = None
        self._boot_id = ""
        self._stats: dict[str, str] = {}  # "+CREG" -> <stat> as told last

    def disarm(self) -> None:
        """A start begins: lines of a boot are expected."""
        self._armed_at = None
        self.booted = ""
        self.said = set()

    def arm(self) -> None:
        """The start is done: from now on a boot is news."""
        self._armed_at = self._clock.monotonic()
        kept = [notice for notice in self.notices if not isinstance(notice, Restarted)]
        self.notices.clear()
        self.notices.extend(kept)

    def hear(self, urc: str) -> str | None:
        """Note one line (with its PDU behind a newline). Returns evidence when the modem surely restarted."""
        if self._is_hard(urc):
            self.booted = urc
            self.notices.append(Restarted(urc))
            return urc
        if _SOFT.match(urc):
            return self._soft(urc)
        notice = self._notice(urc)
        if isinstance(notice, Direct) and self.keep is not None and self.keep(notice):
            notice = replace(notice, kept=True)
        if notice is not None:
            self.notices.append(notice)
        return None

    def _is_hard(self, urc: str) -> bool:
        boot = _BOOT.match(urc)
        if not boot:
            return bool(_HARD.match(urc))
        before, self._boot_id = self._boot_id, boot[1]
        return bool(before) and before != boot[1]  # Huawei repeats the same one as noise

    def _soft(self, urc: str) -> str | None:
        again = urc in self.said
        self.said.add(urc)
        if self._armed_at is None:
            return None
        told = again or self._clock.monotonic() - self._armed_at > BOOT_TAIL_S
        sure = told and _ANSWER.match(urc) is None
        self.notices.append(Restarted(urc, heard=sure))
        return urc if sure else None

    def _notice(self, urc: str) -> Notice | None:
        if urc.startswith(("+CMTI", "+CDSI")):
            bell = _DOORBELL.match(urc)
            report = urc.startswith("+CDSI")
            return Waiting(bell[1], int(bell[2]), report) if bell else Waiting("", -1, report)
        if direct := _DIRECT.match(urc):
            return Direct("deliver" if direct[1] == "CMT" else "report", _ADDED.sub(r"\1", direct[2]).strip())
        if late := framing.acceptance(urc):
            return LateSubmit(int(late[1]) % 256 if late[1] else None)
        if framing.refuses_text(urc):
            refusal = framing.final(urc)
            return LateRefusal(refusal.code, refusal.text) if refusal else None
        if full := _FULL.match(urc):
            return StorageFull(full[1] or "")
        if stat := _REGISTRATION.match(urc):
            return self._registration(stat[1], stat[2])
        if urc.startswith(("RING", "+CRING", "+CLIP")):
            self.called_at = self._clock.monotonic()
            caller = _CALLER.match(urc)
            return Call(caller[1] if caller else "")
        return None

    def _registration(self, kind: str, stat: str) -> Registration | None:
        before, self._stats[kind] = self._stats.get(kind), stat
        told = before == stat or any(isinstance(notice, Registration) for notice in self.notices)
        return None if told else Registration()
