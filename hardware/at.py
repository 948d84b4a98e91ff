"""The AT channel: one command at a time over a `Link`, whatever comes unasked set aside.

Promises: an answer is never given to another command: after a silence the line is brought back into step
before the next command is written. An answer is returned the moment its final result is there.
Failure: an error answer is `CommandRefused`; no answer is `ModemSilent`, and `SubmitUncertain` once Ctrl-Z
was written; a flood that is no answer is `NotAModem`; a lost port is `PortGone`.

One thread owns an `At`. Only `Link.wake` may come from another; a wake during a command is kept for `listen`.
"""

from __future__ import annotations

from collections import deque

from hardware import framing
from hardware.answer import GRACE_S, SUBMIT_GRACE_S, Answer
from hardware.errors import (
    CommandRefused,
    HardwareError,
    ModemSilent,
    NoPrompt,
    PortGone,
    PromptLost,
    SubmitUncertain,
)
from hardware.incoming import Incoming
from hardware.link import Clock, Link
from hardware.spared import Spared

PATIENCE_LIMIT_S = 600.0  # however steadily a patient command's answer drips
NUMBER = 3  # digits at most of a slot or a count; the rest of an echo is longer
ESC = b"\x1b"
# Leaves a prompt, and ends a line that a killed process left half typed as one that no modem carries out: "AT+CMGD=1" would delete
# a text, "AT+CSCA" the service centre. In a command line ESC is ignored (V.250, 5.2.1); a line without AT says nothing.
ABANDON = ESC + b"999\r"
IN_TEXT_MODE = ("CMS", 305)  # invalid text mode parameter (27.005 3.2.5): what another program chose
CTRL_Z = b"\x1a"
LEFT_S = 0.5  # of silence, after which no answer of before is on its way any more: radio links take a while
IN_WORDS = "ATQ0V1"  # results, as words: for a modem that stored ATV0 and says "0", or ATQ1 and only echoes
FAST = (0, 0.0)  # a PDU in one write; else so many octets at a time, and seconds between them


class At:
    """The channel. `urcs` keeps the latest unsolicited lines ("+CMT: ,23\\n0791..." with their PDU).

    `incoming.on_urc` is told of each as it comes; what it returns, if anything, is evidence that the modem
    restarted, which ends the wait for a submit's answer.
    """

    def __init__(self, link: Link, clock: Clock) -> None:
        self.link = link
        self.clock = clock
        self.incoming = Incoming(link, clock)
        self.spared = Spared(clock)
        self._out_of_step = False  # an answer may still come that nobody waits for
        self._at_prompt = False
        self._typed = ""  # the PDU that stands at the prompt
        self._echoes: bool | None = None  # whether the last command came back
        self.pace = FAST
        self.blocked_s = 0.0  # for so long a modem may answer nothing behind what it could not; else three AT
        self.accepted_at: float | None = None  # when a text was taken last, on the clock

    @property
    def has_company(self) -> bool:
        """Whether another program may be at the port: what was set may be set otherwise now. It may also have been late answers."""
        return self.incoming.company.heard

    @property
    def bare_ok_is_sure(self) -> bool:
        """Whether an OK with no line before it can only be to the last command: else it may be another program's, or to one given up."""
        return not (self.has_company or self.incoming.company.owes)

    @property
    def urcs(self) -> deque[str]:
        """The latest unsolicited lines, oldest first; take them out."""
        return self.incoming.urcs

    def command(
        self, text: str, timeout_s: float = 5.0, *, enough: str = "", patient: bool = False, shown: str = ""
    ) -> list[str]:
        """Write `text` and return its information lines, without echo and unsolicited lines.

        `enough`: a line that begins so suffices when no OK follows it. `patient`: the time limit is for each
        silence, not for the whole answer. `shown`: what errors call the command (when it holds a secret).
        """
        self.in_step()
        answer = self._write(text, framing.name_of(text), b"\r", enough=enough, grace_s=GRACE_S)
        result = self._wait(answer, timeout_s, patient=patient)
        if result is None:
            heard = b"" if shown else self.incoming.heard
            raise ModemSilent(shown or text, self._since(answer), heard)
        return self._checked(shown or text, answer, result)

    def prompt(self, text: str, timeout_s: float = 15.0) -> None:
        """Write `text` and return when the modem prompts. On silence ESC is sent: nothing has left."""
        self.in_step()
        answer = self._write(text, "", b"\r", enough="", grace_s=GRACE_S)
        while True:
            line = self.incoming.next(answer.started + timeout_s, prompt=True)
            if line is None:
                cut = answer.silence()
                if cut and not cut.ok:
                    self._checked(text, answer, cut)
                waited_s, heard = self._since(answer), self.incoming.heard
                self.incoming.company.unanswered("")
                raise (NoPrompt if self._leaves_prompt() else ModemSilent)(text, waited_s, heard)
            if line.startswith(">"):
                self._heed_echo(answer)
                self._at_prompt = True
                return
            result = answer.take(line)
            if result and result.ok:
                self.incoming.company.before_prompt()
            elif result:
                self._checked(text, answer, result)

    def send(self, pdu_hex: str, timeout_s: float = 180.0) -> list[str]:
        """After the prompt: write the PDU and Ctrl-Z, the point of no return; the lines before the final OK, +CMGS among them.

        A final error is `CommandRefused`; anything else that is no OK is `SubmitUncertain`, and so is an OK without a
        reference: it may be the answer to a command of another program at this port, as then may be an error behind it.
        `PromptLost` when the prompt is known to be gone before anything was written.
        """
        self.still_prompted()
        self._at_prompt = False
        self._out_of_step = True
        started = self.clock.monotonic()
        typed, self._typed = self._typed, ""
        try:
            answer = self._write(
                pdu_hex, "+CMGS", CTRL_Z, enough="+CMGS:", grace_s=SUBMIT_GRACE_S, typed=typed == pdu_hex
            )
            result = self._wait(answer, timeout_s, sending=True)
        except HardwareError as lost:
            self.incoming.owes_result = True
            raise SubmitUncertain(str(lost), self.clock.monotonic() - started, "port") from lost
        if result is None:
            self.incoming.owes_result = True
            if self.incoming.restarted:
                restarted = f"the modem restarted ({self.incoming.restarted})"
                raise SubmitUncertain(restarted, self._since(answer), "restart")
            raise SubmitUncertain("no final answer came", self._since(answer))
        if not result.ok and answer.referenced:  # it answers something else: the network has the text
            self._out_of_step = True
            result = framing.OK
        if result.ok and not answer.referenced:
            self.incoming.owes_result = True
            raise SubmitUncertain("the OK that came had no reference with it", self._since(answer))
        if result.ok:
            self.accepted_at = self.clock.monotonic()
            return answer.lines
        if (result.family, result.code) == IN_TEXT_MODE:
            self.incoming.company.set_anew()
        # More than an echo of the PDU, or noise: the rest of an answer to another program, which may be what was refused.
        rests = [line.upper() for line in answer.lines if line.isascii() and line.isprintable()]
        beside = answer.doubled or any(line not in pdu_hex or len(line) <= NUMBER for line in rests)
        raise CommandRefused(
            "AT+CMGS",
            result.family,
            result.code,
            result.text,
            self._since(answer) if answer.refused_s is None else answer.refused_s,
            beside=beside,
        )

    def type_pdu(self, pdu_hex: str) -> None:
        """At the prompt: write the PDU and leave Ctrl-Z, which alone is then written, to `send`. Nothing has left, and ESC
        takes it back. PromptLost when the prompt is gone.
        """
        self.still_prompted()
        try:
            self._put(pdu_hex.encode("latin-1"), self.pace)
        except PortGone as gone:
            raise PromptLost(gone.port, gone.evidence) from gone
        self._typed = pdu_hex

    def still_prompted(self) -> None:
        """What the modem said while the intention was committed is heard; it may be that it is not there any more, or would not wait for
        Ctrl-Z.
        """
        restarted = self.incoming.restarted
        try:
            self.incoming.catch_up()
        except PortGone as gone:
            raise PromptLost(gone.port, gone.evidence) from gone
        restarted = restarted or self.incoming.restarted
        if restarted:
            self._at_prompt = False
            self._out_of_step = True
            raise PromptLost(self.link.name, f"the modem restarted ({restarted})")
        refusal = self.incoming.refusal
        if self._typed and refusal:
            self._at_prompt, self._out_of_step, self._typed = False, True, ""
            raise CommandRefused("AT+CMGS", refusal.family, refusal.code, refusal.text, 0.0)

    def escape(self) -> None:
        """Leave a prompt: ESC, then AT to see that the line is free. ModemSilent when it is not."""
        self._at_prompt = False
        self._typed = ""
        self._out_of_step = True
        self.link.write(ESC)
        self.incoming.company.unanswered("")  # some answer ESC
        self.incoming.hush(0.5, until_final=True)
        self._free_line(escape=True)

    def answers(self, timeout_s: float) -> bool:
        """Whether AT is answered, if only by an error. `incoming.heard` is what was said instead."""
        for command in ("AT", IN_WORDS):
            answer = self._write(command, "", b"\r", enough="", grace_s=GRACE_S)
            if self._wait(answer, timeout_s) is not None:
                break
            if not (framing.OK_IN_DIGITS.search(self.incoming.heard) or framing.is_echo(self.incoming.heard)):
                return False
        else:
            return False
        self.incoming.owes_result = False  # the modem listens to commands again: that text's is over
        return True

    def resync(self) -> None:
        """After a silence: ESC (not while a text's answer may still come), AT until it is answered."""
        self.incoming.hush(0.05)
        self._free_line(escape=not self.incoming.owes_result)
        self.settled()

    def settled(self) -> None:
        """What answered AT after a silence may have been late; then the answer to AT itself follows, and is no other command's."""
        self.incoming.hush(LEFT_S)

    def listen(self, deadline: float) -> bool:
        """Set aside what comes unasked, once; whether it was woken or the deadline came instead."""
        return self.incoming.listen(deadline)

    def in_step(self) -> None:
        """Before a command: look at what came meanwhile, leave a forgotten prompt, mend a silence."""
        if self.incoming.catch_up() or self._at_prompt:
            self.escape()
        elif self._out_of_step:
            self.resync()

    def _free_line(self, *, escape: bool) -> None:
        started = self.clock.monotonic()
        attempt = 0
        while attempt < 3 or self.clock.monotonic() < started + self.blocked_s:
            if escape or attempt == 2:
                self.link.write(ABANDON)
                self.incoming.company.unanswered("")
                self.incoming.hush(0.3)
            if self.answers(GRACE_S):
                self.incoming.hush(0.05)
                self._out_of_step = self.incoming.owed_ok = False
                return
            attempt += 1
        raise ModemSilent("AT", self.clock.monotonic() - started, self.incoming.heard)

    def _leaves_prompt(self) -> bool:
        """Leave a prompt that did not come; whether it answers."""
        try:
            self.escape()
        except ModemSilent:
            self._out_of_step = True  # the next command finds out
        return not self._out_of_step

    def _write(
        self, text: str, own: str, end: bytes, *, enough: str, grace_s: float, typed: bool = False
    ) -> Answer:
        self.incoming.begin()
        data = end if typed else text.encode("latin-1") + end
        self._put(data, self.pace if end == CTRL_Z else FAST)
        return Answer(self.incoming, text, own, enough=enough, grace_s=grace_s)

    def _put(self, data: bytes, pace: tuple[int, float]) -> None:
        octets, gap_s = pace
        for start in range(0, len(data), octets or len(data)):
            if start:
                self.incoming.rest(gap_s)
            self.link.write(data[start : start + (octets or len(data))])

    def _wait(
        self, answer: Answer, timeout_s: float, *, patient: bool = False, sending: bool = False
    ) -> framing.Final | None:
        """Read until the final result; None (and out of step) when none came, or the modem restarted."""
        answer.deadline = answer.started + timeout_s
        beside = False  # another program's command came back: what follows answers that
        while (line := self.incoming.next(answer.deadline)) is not None:
            if sending:
                line = line.lstrip("> ")
                if framing.ends_call(line):  # says nothing about the text
                    continue
                if framing.is_command(line):
                    beside = True
                    self.incoming.company.line(line)
                    continue
            result = answer.take(line)
            if result and not result.ok and (beside or answer.had_bare_ok):  # whose it is nobody knows
                beside, result = False, None
            if result and not (sending and answer.wants_more(result)):
                self._out_of_step = False
                if not sending:  # some echo a text, and no command
                    self._heed_echo(answer)
                self.incoming.company.answered(answer.name, answer.lines)
                return result
            # Behind a refusal for itself it may only be a SIM that is back: whoever else asks is heard a while longer.
            if sending and self.incoming.restarted and not answer.refused:
                return None
            if patient:
                limit = answer.started + PATIENCE_LIMIT_S
                answer.deadline = min(self.clock.monotonic() + timeout_s, limit)
            if self.clock.monotonic() > answer.deadline + GRACE_S:
                break  # it talks on and on, and never answers
        self._out_of_step = not answer.refused
        if answer.refused:
            self.incoming.company.answered(answer.name, answer.lines)
        else:
            self.incoming.company.unanswered(answer.name)
        return answer.silence()

    def _heed_echo(self, answer: Answer) -> None:
        """An echo that was gone and is back: another program set the modem anew (ATZ, AT&F), perhaps to text mode."""
        if answer.echo.came and self._echoes is False:
            self.incoming.company.set_anew()
        self._echoes = None if answer.text == "ATZ" else answer.echo.came

    def _since(self, answer: Answer) -> float:
        return self.clock.monotonic() - answer.started

    def _checked(self, shown: str, answer: Answer, result: framing.Final) -> list[str]:
        if result.ok:
            return answer.lines
        raise CommandRefused(shown, result.family, result.code, result.text, self._since(answer))
