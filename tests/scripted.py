"""A modem that says exactly what a test tells it to, in no time at all: for tests of the driver and the station.

It is not a modem: it knows no storage, no network and no state beyond "at the prompt". It answers each command by
the first rule that matches, and for what a test does not care about it has the answers of a good generic modem.

    clock = FakeClock()
    modem = Scripted({"AT+CSQ": "+CSQ: 17,99", "AT+CMGL=4": "ERROR", PDU: Silence()})
    link = ScriptedLink(clock, modem)           # a hardware.link.Link
    link.arrive('\\r\\n+CMTI: "SM",3\\r\\n', after_s=2.0)

A reply is text (lines; OK is added when it ends in no final result), `Raw` bytes as they are, `Silence()`,
`Gone()` (the port is lost), `Late(seconds, reply)`, a list of replies for one time each (the last stays), or a
function from the command to one of these. Waiting moves the clock; nothing sleeps.
"""

from __future__ import annotations

import fnmatch
import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hardware.errors import PortGone

PDU = "<pdu>"  # the rule for what is written at the prompt
PROMPT = "<prompt>"  # the reply to AT+CMGS=n
FINAL = ("OK", "ERROR", "+CMS ERROR", "CMS ERROR", "+CMGS ERROR", "+CME ERROR", "COMMAND NOT SUPPORT")


class FakeClock:
    """Time that stands still until somebody waits."""

    def __init__(self) -> None:
        self.time_s = 1000.0
        self.start = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.time_s

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.time_s - 1000.0)

    def advance(self, seconds: float) -> None:
        self.time_s += seconds


@dataclass
class Raw:
    data: bytes


@dataclass
class Silence:
    pass


@dataclass
class Gone:
    evidence: str = "device reports readiness to read but returned no data"


@dataclass
class Late:
    seconds: float
    reply: Any


GENERIC = {
    "AT": "OK",
    "AT+CGMI": "Textbank",
    "AT+CGMM": "Scripted",
    "AT+CGMR": "1.0",
    "AT+CGSN": "356938035643809",
    "AT+CCID": "+CCID: 8944110065012345678",
    "AT+CIMI": "310260123456789",
    "AT+CNUM": '+CNUM: "","+12025550100",145',
    "AT+CPIN?": "+CPIN: READY",
    "AT+CFUN?": "+CFUN: 1",
    "AT+CPMS=?": '+CPMS: ("SM","ME"),("SM","ME"),("SM","ME")',
    "AT+CPMS?": '+CPMS: "SM",0,30,"SM",0,30,"SM",0,30',
    'AT+CPMS="ME"*': "+CPMS: 0,20,0,20,0,20",
    "AT+CPMS=*": "+CPMS: 0,30,0,30,0,30",
    "AT+CNMI?": "+CNMI: 2,1,0,2,0",
    "AT+CSCA?": '+CSCA: "+12025550199",145',
    "AT+CSQ": "+CSQ: 17,99",
    "AT+CREG?": '+CREG: 2,1,"18D8","FFFF",0',
    "AT+COPS?": '+COPS: 0,0,"Testnet",0',
    "AT+CMGS=*": PROMPT,
    PDU: "+CMGS: 1",
    "<esc>": "OK",
}


class Scripted:
    """The modem's side: `written` holds its commands, `submits` the PDUs it was given with Ctrl-Z."""

    def __init__(self, rules: dict[str, Any] | None = None, *, echo: bool = False) -> None:
        self.rules: dict[str, Any] = {**(rules or {})}
        self.echo = echo
        self.written: list[str] = []
        self.submits: list[str] = []
        self._at_prompt = False
        self._buffer = b""

    def take(self, data: bytes) -> list[Any]:
        """What is said to `data`, as replies in wire form."""
        self._buffer += data
        said: list[Any] = []
        while True:
            ends = b"\x1a\x1b" if self._at_prompt else b"\r\x1b"
            at = next((i for i, byte in enumerate(self._buffer) if byte in ends), None)
            if at is None:
                return said
            text, end, self._buffer = self._buffer[:at], self._buffer[at], self._buffer[at + 1 :]
            said += self._answer(text.decode("latin-1"), chr(end))

    def _answer(self, text: str, end: str) -> list[Any]:
        echo = [Raw((text + end).encode("latin-1"))] if self.echo and text else []
        if end == "\x1b":
            was, self._at_prompt = self._at_prompt, False
            return [self._wire(self._rule("<esc>"), "<esc>")] if was else []
        if self._at_prompt:
            self._at_prompt = False
            self.submits.append(text)
            return [*echo, self._wire(self._rule(PDU), text)]
        if not text.upper().startswith("A"):  # no command: modems say nothing to it
            return echo
        self.written.append(text)
        if text == "ATE0":
            self.echo = False
        return [*echo, self._wire(self._rule(text), text)]

    def _rule(self, key: str) -> Any:
        for rules in (self.rules, GENERIC):
            for pattern, reply in rules.items():
                if pattern == key or (
                    key[0] != "<" and fnmatch.fnmatchcase(key, pattern.replace("[", "[[]"))
                ):
                    if isinstance(reply, list):
                        return reply.pop(0) if len(reply) > 1 else reply[0]
                    return reply
        return "OK"

    def _wire(self, reply: Any, key: str) -> Any:
        if isinstance(reply, Late):
            return Late(reply.seconds, self._wire(reply.reply, key))
        if callable(reply):
            return self._wire(reply(key), key)
        if reply == PROMPT:
            self._at_prompt = True
            return Raw(b"\r\n> ")
        if isinstance(reply, str):
            lines = reply.split("\n") if reply else []
            if not lines or not lines[-1].startswith(FINAL):
                lines.append("OK")
            return Raw("".join(f"\r\n{line}\r\n" for line in lines).encode("latin-1"))
        if isinstance(reply, Raw) and reply.data.rstrip(b" \r\n").endswith(b">"):
            self._at_prompt = True
        return reply


class ScriptedLink:
    """A `Link` to a `Scripted`. `chunk` bytes arrive at a time (None: all that are there)."""

    name = "scripted"

    def __init__(self, clock: FakeClock, modem: Scripted, chunk: int | None = None) -> None:
        self.clock = clock
        self.modem = modem
        self.chunk = chunk
        self.closed = False
        self.sent = b""
        self.woken = False
        self.on_write: Callable[[bytes], None] = lambda data: None
        self._order = itertools.count()
        self._coming: list[tuple[float, int, Any]] = []

    def arrive(self, data: str | bytes | Gone, after_s: float = 0.0) -> None:
        """Let `data` come by itself."""
        raw = data.encode("latin-1") if isinstance(data, str) else data
        heapq.heappush(self._coming, (self.clock.time_s + after_s, next(self._order), raw))

    def read(self, deadline: float) -> bytes:
        if self.closed:
            raise PortGone(self.name, "it was closed")
        due = self._coming[0][0] if self._coming else None
        if due is not None and due <= max(deadline, self.clock.time_s):
            self.clock.time_s = max(self.clock.time_s, due)
            _, order, data = heapq.heappop(self._coming)
            if isinstance(data, Gone):
                self.closed = True
                raise PortGone(self.name, data.evidence)
            if self.chunk and len(data) > self.chunk:
                heapq.heappush(self._coming, (due, order, data[self.chunk :]))
                data = data[: self.chunk]
            return data
        if self.woken:
            self.woken = False
            return b""
        self.clock.time_s = max(self.clock.time_s, deadline)
        return b""

    def write(self, data: bytes) -> None:
        if self.closed:
            raise PortGone(self.name, "[Errno 5] Input/output error")
        self.sent += data
        self.on_write(data)
        for reply in self.modem.take(data):
            after_s = 0.0
            while isinstance(reply, Late):
                after_s, reply = after_s + reply.seconds, reply.reply
            if not isinstance(reply, Silence):
                self.arrive(reply.data if isinstance(reply, Raw) else reply, after_s)

    def wake(self) -> None:
        self.woken = True

    def close(self) -> None:
        self.closed = True
