"""The answer to one command while it comes in, line by line.

Promises: it reads and writes nothing; `hardware.at` gives it each line. After Ctrl-Z no result is the text's that may be another program's.
"""

from __future__ import annotations

from hardware import framing
from hardware.facts import OF_THE_MODEM
from hardware.incoming import Incoming

GRACE_S = 2.0  # for what may still follow a line that already says enough
SUBMIT_GRACE_S = (
    10.0  # for the OK behind a +CMGS, and for the +CMGS behind an OK that may be another program's
)
# How long it is heard, when a modem refuses a text for itself, whether it says so to somebody else: others ask every three seconds, and may
# have taken the text's own answer.
OWN_S = 4.0


class Answer:
    """The answer to one command while it comes in."""

    def __init__(self, incoming: Incoming, text: str, own: str, *, enough: str, grace_s: float) -> None:
        self.lines: list[str] = []
        self.text, self.name = text, own  # "" also for a prompt
        self.started = incoming.clock.monotonic()
        self.deadline = self.started
        self._incoming = incoming
        self.echo = framing.Echo(text)
        self._enough = enough
        self._grace_s = grace_s
        self._fallback: framing.Final | None = None  # what silence would mean
        self.had_bare_ok = False
        self.refused_s: float | None = None  # when the modem refused for itself, and
        self.doubled = False  # it did so again: whose either of them is nobody knows

    def take(self, line: str) -> framing.Final | None:
        """Sort one line in; the final result when it is one."""
        if self._fallback and self._fallback.cut and line.strip().isdigit():
            return framing.final(f"+{self._fallback.family} ERROR: {line.strip()}")
        typed = line.strip()
        line = line if self._incoming.cut_here(line) else self.echo.strip(line)
        if not line and framing.is_command(typed) and not self.text.startswith(typed):
            self._incoming.company.answers += 1  # it follows
        if not line or self._incoming.set_aside(line, self.name):
            return None
        result = framing.final(line)
        if result is None:
            self.lines.append(line.rstrip())
            if self._enough and line.startswith(self._enough):
                self._settle_for(framing.OK, self._grace_s)
            return None
        if result.cut:
            if not self.had_bare_ok:  # else whose it is nobody knows
                self._settle_for(result, GRACE_S)
            return None
        if self._incoming.owed_ok and not self.lines:  # it belongs to a +CMGS that came late
            self._incoming.owed_ok = False
            self._settle_for(result, GRACE_S / 2)
            return None
        return result

    @property
    def referenced(self) -> bool:
        """Whether the line came that says under which reference a text was taken."""
        return any(line.startswith(self._enough) for line in self.lines)

    def wants_more(self, result: framing.Final) -> bool:
        """Of a text: whether this result does not yet tell what became of it, for it may be another program's."""
        if self.referenced:
            return False
        if result.ok:
            self.had_bare_ok = True  # the text's own answer may follow
            self._settle_for(framing.OK, SUBMIT_GRACE_S)
        elif self.refused_s is not None:
            self.doubled = True
        elif result.family == "CME" or (result.family == "CMS" and _is_own(result.code)):
            self.refused_s = self._incoming.clock.monotonic() - self.started
            self._settle_for(result, OWN_S)  # it is the text's if nothing else comes
        else:
            return False
        return True

    @property
    def refused(self) -> framing.Final | None:
        """That the modem refused for itself, when nothing else came."""
        return (
            self._fallback
            if self._fallback and not self._fallback.ok and self.refused_s is not None
            else None
        )

    def silence(self) -> framing.Final | None:
        """What it means that nothing more came."""
        return self._fallback

    def _settle_for(self, result: framing.Final, grace_s: float) -> None:
        self._fallback = result
        self.deadline = min(self.deadline, self._incoming.clock.monotonic() + grace_s)


def _is_own(code: int | None) -> bool:
    """Whether a modem says this of itself, or what was read of it: another program may have taken the last digits (3 of 305)."""
    return any(str(own).startswith(str(code)) for own in OF_THE_MODEM)
