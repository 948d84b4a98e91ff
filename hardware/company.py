"""Whether another program (ModemManager, gammu, somebody's terminal) works at our port: by what comes that nobody here asked for.

Three degrees. `heard`: something came that may be its own, or a late answer to us, or a prompt just took unusually long, of which it may
have taken a part; to be careful costs little. Until `calm_at`: it came just now, and whoever has only just begun goes on. `present`: it came
twice (just after the port was opened: five times), a second apart, and cannot have been to us; then no text should leave.
Promises: no late answer, and nothing that a slow or talkative modem adds to its answers, makes it `present`: each command of ours that
was not answered in time excuses one result and every line of its name; one that got a bare result, which may have been an earlier command's
on a slow line, excuses its lines. It is `present` until the port was quiet for
a while, and never longer than `PATIENCE_S`, pauses that are hardly longer included: then it is `stubborn`, and may be a modem's own way
to talk.
"""

from hardware.framing import Final
from hardware.link import Clock

HEARD_S = 600.0
QUIET_S = 90.0  # ModemManager asks every half minute, others every minute
PATIENCE_S = 900.0
CALM_S = 5.0  # whoever has only just begun to work there goes on within it
SAME_S = (
    2 * QUIET_S
)  # whoever comes back so soon had not gone: a script, or a modem that talks whenever it is set up
APART_S = 1.0
TIMES = 2
TIMES_AT_FIRST = 5  # a port that was just opened may still say what was asked for before
STARTING_S = 60.0
ADDED_S = 1.0  # some end an answer twice
OWED_S = 120.0
BEHIND_S = (
    30.0  # on a line so slow that each command gets the result of the one before, its lines come after it
)


class Company:
    """What was heard at one port, over all its openings; one thread owns it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard_at: float | None = None
        self._times = 0  # that something came which was not to us, since it was quiet
        self._counted_at = self._last = self._set_at = -HEARD_S
        self._often = False  # that was often enough
        self._since: float | None = None  # since when, whoever came back soon
        self._starting_until = self._adding_until = 0.0
        self.answers = 0  # lines that were said to it, or are about to be
        self._doubted = False  # since a slow prompt the SIM was not read
        # Commands of ours that were not answered, and when they were given up.
        self._owed: list[tuple[str, float]] = []
        self._bare: dict[str, float] = {}  # by name: when a command of ours had a result and no line

    @property
    def heard(self) -> bool:
        """Whether another program may have been there within ten minutes: what was set may be set otherwise now."""
        return self._doubted or (
            self._heard_at is not None and self._clock.monotonic() - self._heard_at < HEARD_S
        )

    @property
    def works(self) -> bool:
        """Whether it is there now: `present` or `stubborn`."""
        return self._often and self._clock.monotonic() < self._last + QUIET_S

    @property
    def present(self) -> bool:
        """Whether it is there now, and not for longer than we wait for that."""
        return self.works and not self.stubborn

    @property
    def stubborn(self) -> bool:
        """Whether it has been there for so long that we go on beside it."""
        return self.works and self._clock.monotonic() >= (self._since or 0.0) + PATIENCE_S

    @property
    def over_at(self) -> float:
        """When it stops to be `present`, if nothing more is heard (monotonic)."""
        return min(self._last + QUIET_S, (self._since or 0.0) + PATIENCE_S)

    @property
    def was_there(self) -> bool:
        """Whether something that was not to us came within ten minutes: what the modem said may have gone to another."""
        return self._clock.monotonic() - self._last < HEARD_S

    @property
    def calm_at(self) -> float:
        """Until when a first sign may be followed by a second (monotonic); long ago when there were more."""
        return self._last + (-QUIET_S if self.works else CALM_S)

    @property
    def owes(self) -> bool:
        """Whether the result of a command of ours that was given up may still come, and be taken for that of the next."""
        self._forget_old()
        return bool(self._owed)

    def opened(self) -> None:
        """The port was opened for the first time, or since it was gone: what comes at first may be from before."""
        self._starting_until = self._clock.monotonic() + STARTING_S

    def unanswered(self, name: str) -> None:
        """A command of ours ("+CPMS", "" for AT and ESC) was given up: its answer may come yet."""
        self._owed.append((name, self._clock.monotonic()))

    def slow_prompt(self) -> None:
        """A prompt took unusually long: another program may have taken from it, and all that else would have told of that program."""
        self._doubted = True

    def was_read(self) -> None:
        """The SIM was read with that in mind. A modem that is slow now and then is not beset for longer: its next prompt would be slow for it."""
        self._doubted = False

    def answered(self, name: str, lines: list[str]) -> None:
        """A command of ours was answered, and the modem may add something."""
        now = self._clock.monotonic()
        self._adding_until = now + ADDED_S
        if not any(line.startswith(f"{name}:") for line in lines):
            self._bare[name] = now

    def dropped(self) -> None:
        """A result came that was waited out: it was one of those that were owed."""
        if self._owed:
            self._owed.pop(0)

    def line(self, name: str) -> None:
        """A line of this name came, which is only said in answer to a question that was not ours."""
        self._forget_old()
        self.answers += 1
        behind = self._clock.monotonic() < self._bare.get(name, -BEHIND_S) + BEHIND_S
        self._sign(ours=behind or any(owed == name for owed, _ in self._owed))

    def perhaps(self) -> None:
        """Something came that may be its own, and that some modems say by themselves."""
        self._sign(ours=True)

    def before_prompt(self) -> None:
        """An OK came while a prompt was awaited: one that was owed, or of another program, which may have chosen text mode."""
        self._forget_old()
        if self._owed:
            self.dropped()
        else:
            self.set_anew()

    def set_anew(self) -> None:
        """The modem behaves as if somebody else had set it. On a slow line it always does: that is heeded now and then."""
        now = self._clock.monotonic()
        self._set_at = now if now >= self._set_at + QUIET_S else self._set_at
        self._sign(ours=True)

    def may_have_set(self, since: float) -> bool:
        """Whether it may have set the modem otherwise since then (monotonic)."""
        return self._set_at >= since

    def result(self, result: Final) -> None:
        """A result came that nobody waited for. One of a text (+CMS ERROR), or of a call that ended, may come late or by itself."""
        self._forget_old()
        ours = bool(self._owed) or self._clock.monotonic() < self._adding_until
        self.dropped()
        self._sign(
            ours=ours or result.family == "CMS" or not (result.ok or result.family in ("CME", "ERROR"))
        )

    def _sign(self, *, ours: bool) -> None:
        now = self._heard_at = self._clock.monotonic()
        if ours:
            return
        if now - self._last >= QUIET_S:
            self._times, self._often = 0, False
        if now - self._last >= SAME_S:
            self._since = None
        if now - self._counted_at >= APART_S:
            self._times, self._counted_at = self._times + 1, now
        self._last = now
        if self._times >= (TIMES_AT_FIRST if now < self._starting_until else TIMES):
            self._often = True
            self._since = now if self._since is None else self._since

    def _forget_old(self) -> None:
        now = self._clock.monotonic()
        self._owed = [(name, at) for name, at in self._owed if now - at < OWED_S]
