"""What comes from the modem: lines for whoever waits, everything unasked set aside.

Promises: an unsolicited line is never taken for an answer, whether it stands before, within or behind one; a
+CMT or +CDS keeps the PDU that follows it, also in pieces with something else between. What nobody waits for is dropped, but for unsolicited lines.
Failure: `NotAModem` for a flood that no answer can be; `PortGone` from the link.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from hardware import framing
from hardware.company import Company
from hardware.errors import NotAModem
from hardware.link import Clock, Link

ANSWER_LIMIT = (
    2_000_000  # bytes from one command to the next; a full storage of 1,000 texts is under half a megabyte
)
LINES_LIMIT = 20_000
HUSH_LIMIT_S = 5.0
IN_DIGITS = (
    "+CIMI",
    "+CGSN",
    "+GSN",
    "+CCID",
    "+ICCID",
    "+QCCID",
    "^ICCID",
)  # answered by digits alone, by some
NAMING = 14  # digits at least, where something is named by them
FIRST_DIGITS = 12  # of a PDU; what was written has as many in common with it by chance
REST_S = 1.0  # for the rest of a PDU that something else the modem said cut in two


class Incoming:
    """The receiving half of the AT channel; one thread owns it."""

    def __init__(self, link: Link, clock: Clock) -> None:
        self.link = link
        self.clock = clock
        self.urcs: deque[str] = deque(maxlen=500)
        self.on_urc: Callable[[str], str | None] = lambda urc: None
        self.heard = b""  # the end of what came since `begin`
        self.restarted = ""  # evidence from `on_urc` since `begin`
        self.refusal: framing.Final | None = None  # since `begin`, while nobody waited for an answer
        self.owes_result = False  # of a text: it may still come, though nobody waits for it
        self.owed_ok = False  # a late +CMGS came; its OK did not yet
        self.company = Company(clock)
        self._splitter = framing.Splitter()
        self._lines: deque[str] = deque()
        self._received = 0
        self._body_of = ""  # the +CMT or +CDS whose PDU has not come yet, or not all of it
        self._header_at = 0.0
        self._body = ""  # what came of it
        self._body_until: float | None = None  # so long the rest of it is waited for
        self._listed = False  # an entry of a list came instead: the next PDU is its own
        self._ringing = False
        self._woken = False

    def begin(self) -> None:
        """A command is about to be written: count and remember anew."""
        self.leave_body()
        self.heard = b""
        self.restarted = ""
        self.refusal = None
        self._received = 0

    def next(self, deadline: float, *, prompt: bool = False) -> str | None:
        """The next line (">" for a prompt, when `prompt`), or None at the deadline."""
        while not self._lines:
            if prompt and self._splitter.take_prompt():
                return ">"
            until = self._until(deadline)
            data = self.link.read(until)
            if data:
                self._feed(data)
            else:
                self._woken = (
                    self._woken or self.clock.monotonic() < until
                )  # kept for `listen`: no answer is to be missed
                self.leave_body()
            if not self._lines and self.clock.monotonic() >= deadline:
                return ">" if prompt and self._splitter.take_prompt() else None
        return self._lines.popleft()

    def set_aside(self, line: str, own: str) -> bool:
        """Whether `line` is unasked while the command called `own` waits; if so it is kept in `urcs`."""
        if self.owes_result and not own and framing.refuses_text(line):
            self.owes_result = False
            self._keep(line.rstrip())
            return True
        if framing.is_spliced(line):
            self.company.line("+CMGS")
            return True
        unasked = framing.unasked(line, own)
        if self._body_of and not unasked and self._takes_body(line, own):
            return True
        if not unasked:
            return self._ringing and framing.ends_call(line)
        if line.startswith(framing.ANSWERS):
            self.company.line(framing.named(line))
        elif line.startswith("+CSQ:"):  # what ModemManager asks for most
            self.company.perhaps()
        if line.startswith(framing.HAS_BODY):
            self.leave_body(now=True)
            self._body_of, self._listed, self._header_at = line.rstrip(), False, self.clock.monotonic()
            return True
        self._ringing = self._ringing or line.startswith(("RING", "+CRING", "+CLIP"))
        if line.startswith("+CMGS:"):
            self.owed_ok, self.owes_result = True, False
        self._keep(line.rstrip())
        return True

    def _takes_body(self, line: str, own: str) -> bool:
        """Whether `line` stands where a PDU is due and is no answer: it is the PDU, a piece of it, or words between."""
        if framing.stands_between(line, self._body_of):
            return True
        line, answer = line.rstrip(), framing.final(line) is not None or framing.is_named(line)
        if self._listed and not answer:
            self._listed = False
            return False
        self._listed = line.startswith(("+CMGL:", "+CMGR:"))
        due = framing.digits_due(self._body_of, self._body + line)
        if (answer and framing.tells_length(self._body_of)) or (
            own in IN_DIGITS and line.isdigit() and NAMING <= len(line) < due
        ):
            if self._body_until is None:  # one answer after the other would put it off for ever
                self._body_until = self.clock.monotonic() + REST_S
            return False
        body = self._body + line
        if framing.is_piece(line) and len(body) < due:
            self._body, self._body_until = body, self.clock.monotonic() + REST_S
            return True
        rest = not answer and not (self._body and framing.is_piece(line) and len(body) > due)
        if rest:
            self._body = body
        self.leave_body(now=True)
        return rest

    def _until(self, deadline: float) -> float:
        """So long something is waited for, at one go."""
        return deadline if self._body_until is None else min(deadline, self._body_until)

    def leave_body(self, *, now: bool = False) -> None:
        """The rest of a PDU did not come in its time: what came of it is kept as it is."""
        late = self._body_until is not None and self.clock.monotonic() >= self._body_until
        if self._body_of and (now or late):
            header, body = self._body_of, self._body
            self._body_of, self._body, self._body_until = "", "", None
            self._keep(f"{header}\n{body}" if body else header)

    def cut_here(self, line: str) -> bool:
        """Whether `line` is the first digits of a PDU that was cut in two, or just the rest of one, and no echo of what was written."""
        body = self._body + line.rstrip()
        if not self._body_of or not framing.is_piece(body):
            return False
        return len(body) < FIRST_DIGITS or (
            self._body != "" and framing.digits_due(self._body_of, body) == len(body)
        )

    @property
    def owes_body(self) -> bool:
        """Whether the next line belongs to a +CMT or +CDS that came."""
        return self._body_of != ""

    @property
    def awaits_rest(self) -> bool:
        """Whether a text has begun to come: at most `REST_S` after its header, or the last piece of it."""
        begun = self._body_until is not None or self.clock.monotonic() < self._header_at + REST_S
        return begun and self._body_of.startswith("+CMT:")

    def listen(self, deadline: float) -> bool:
        """Set aside what comes unasked, once; whether it was woken or the deadline came instead."""
        if self._lines or self._woken:
            woken, self._woken = self._woken, False
            self._look()
            return woken
        until = self._until(deadline)
        data = self.link.read(until)
        if data:
            self._feed(data)
            self._look()
        self.leave_body()
        return not data and (until == deadline or self.clock.monotonic() < until)

    def catch_up(self) -> bool:
        """Look at what has already come, without waiting; whether a prompt stands at its end."""
        self.begin()
        for _ in range(64):
            data = self.link.read(self.clock.monotonic())
            if not data:
                break
            self._feed(data)
            self._look()
        self._look()
        return self._splitter.take_prompt()

    def rest(self, seconds: float) -> None:
        """Let time pass while what comes is kept for whoever reads next."""
        deadline = self.clock.monotonic() + seconds
        while self.clock.monotonic() < deadline:
            data = self.link.read(deadline)
            self._woken = self._woken or (not data and self.clock.monotonic() < deadline)
            self._feed(data)

    def hush(self, quiet_s: float, *, until_final: bool = False) -> None:
        """Let what is still coming pass, until `quiet_s` of silence or, if so asked, a final result."""
        limit = self.clock.monotonic() + HUSH_LIMIT_S
        while self.clock.monotonic() < limit:
            line = self.next(self.clock.monotonic() + quiet_s)
            if line is None:
                return
            if not self.set_aside(line, "") and framing.final(line):
                self.company.dropped()
                if until_final:
                    return

    def _look(self) -> None:
        while self._lines:
            line = self._lines.popleft()
            result = None if self.set_aside(line, "") else framing.final(line)
            if result:
                if not self.owed_ok:
                    self.company.result(result)
                self.owed_ok = False
                self.refusal = self.refusal if result.ok else result

    def _feed(self, data: bytes) -> None:
        self.heard = (self.heard + data)[-200:]
        self._received += len(data)
        self._lines.extend(self._splitter.feed(data))
        if self._received > ANSWER_LIMIT or len(self._lines) > LINES_LIMIT:
            said = f"a flood of {self._received:,} octets, longer than any answer"  # not which: they may be texts
            self._lines.clear()
            self._received = 0
            raise NotAModem(self.link.name, said)

    def _keep(self, urc: str) -> None:
        self.urcs.append(urc)
        self.restarted = self.on_urc(urc) or self.restarted
