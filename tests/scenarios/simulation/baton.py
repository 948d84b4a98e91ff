"""Actors that take turns: exactly one acts at a time, the dice say which, and time moves only when all of them wait.

So stations can run as they are, blocking calls and all, and the same dice give the same run. Each actor is a greenlet: a
turn costs a microsecond, where a thread's costs fifty. An actor gives its turn back in `pause`; a process is a group of
actors that dies as one (`kill -9`): from then on nothing that it does has an effect, not even what its `finally` blocks
try.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from greenlet import getcurrent, greenlet

from tests.scripted import FakeClock

SPIN_LIMIT = 5_000  # turns without time moving: somebody polls


class Killed(BaseException):
    """The process of this actor is dead."""


class Spins(AssertionError):  # noqa: N818
    """An actor asks for its turn again and again without waiting."""


class Process:
    """Actors that die together. `countdown` kills it after so many of its own steps (statements, bytes read or written)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.dead = False
        self.countdown: int | None = None
        self.actors: list[Actor] = []
        self.closing: list[Callable[[], None]] = []  # what the kernel closes when it dies

    def point(self) -> None:
        """A step at which it may die."""
        if self.dead:
            raise Killed
        if self.countdown is not None:
            self.countdown -= 1
            if self.countdown <= 0:
                self.dead = True
                raise Killed

    def steps(self, wanted: int) -> int:
        """How many of so many steps in a row it lives to do; at the next `point` it is dead if that is not all."""
        if self.dead:
            raise Killed
        if self.countdown is None:
            return wanted
        done = min(wanted, self.countdown - 1)
        self.countdown -= done
        if done < wanted:
            self.countdown = 0
        return done


class Actor(greenlet):
    """One who acts when it has the turn."""

    def __init__(
        self, turns: Turns, name: str, work: Callable[[Actor], None], process: Process | None
    ) -> None:
        super().__init__(self._live, turns.hub)
        self.name = name
        self.process = process
        self.until = turns.clock.monotonic()
        self.ready: Callable[[], bool] | None = None
        self.done = False
        self.error: BaseException | None = None
        self.stopped = False
        self.kept: Any = None  # what it keeps from turn to turn
        self._turns = turns
        self._work = work

    def pause(self, until: float, ready: Callable[[], bool] | None = None) -> None:
        """Let others act, until this moment of the clock or until `ready`."""
        self.until, self.ready = until, ready
        self._turns.hub.switch()
        if self.stopped or (self.process is not None and self.process.dead):
            raise Killed

    def take_turn(self) -> None:
        """From outside: let it act until it waits again."""
        self.switch()

    def _live(self) -> None:
        try:
            if not self.stopped:
                self._work(self)
        except Killed:
            pass
        except BaseException as error:  # the run reports it
            self.error = error
        self.done = True


def current() -> Actor | None:
    """Whose turn it is; None outside of all of them."""
    here = getcurrent()
    return here if isinstance(here, Actor) else None


class Lock:
    """What `threading.Lock` is to threads, to actors: whoever finds it held lets others act."""

    def __init__(self) -> None:
        self._held = False

    def __enter__(self) -> None:
        actor = current()
        while self._held:
            assert actor is not None
            actor.pause(float("inf"), lambda: not self._held)
        self._held = True

    def __exit__(self, *_: object) -> None:
        self._held = False


class Turns:
    """Runs the actors until a moment of the clock. `outside` is what is not an actor: (its next moment, do it now)."""

    def __init__(
        self,
        clock: FakeClock,
        dice: random.Random,
        outside: tuple[Callable[[], float | None], Callable[[], None]],
    ) -> None:
        self.clock = clock
        self.dice = dice
        self.actors: list[Actor] = []
        self.hub = getcurrent()  # who gives the turns
        self._next, self._tick = outside

    def start(self, name: str, work: Callable[[Actor], None], process: Process | None = None) -> Actor:
        """A new actor; it begins with its first turn."""
        actor = Actor(self, name, work, process)
        self.actors.append(actor)
        if process is not None:
            process.actors.append(actor)
        return actor

    def run(self, until: float) -> None:
        """Turn after turn until this moment. Whatever an actor dies of is raised here."""
        spins = 0
        while True:
            self._tick()
            now = self.clock.monotonic()
            able = [a for a in self.actors if a.until <= now or (a.ready is not None and a.ready())]
            if able:
                spins += 1
                if spins > SPIN_LIMIT:
                    raise Spins(f"{', '.join({a.name for a in able})} at {now:.3f}")
                actor = able[0] if len(able) == 1 else self.dice.choice(able)
                actor.take_turn()
                if actor.done or (actor.process is not None and actor.process.dead):
                    self._bury()
                continue
            spins = 0
            due = min((a.until for a in self.actors), default=until)
            outside = self._next()
            if outside is not None:
                due = min(due, outside)
            if due >= until:
                self.clock.time_s = max(now, until)
                self._tick()
                return
            self.clock.time_s = max(now, due)

    def _bury(self) -> None:
        for process in {a.process for a in self.actors if a.process is not None and a.process.dead}:
            self.kill(process)
        for actor in self.actors:
            if actor.error is not None:
                raise actor.error
        self.actors = [a for a in self.actors if not a.done]

    def kill(self, process: Process) -> None:
        """End a process at once: its actors unwind without effect, what it held open is closed."""
        process.dead = True
        for actor in process.actors:
            while not actor.done:
                actor.take_turn()
        for close in process.closing:
            close()
        process.closing.clear()
        errors = [actor.error for actor in process.actors if actor.error is not None]
        process.actors.clear()
        self.actors = [a for a in self.actors if not a.done]
        if errors:
            raise errors[0]

    def end(self) -> None:
        """Stop everybody."""
        for actor in self.actors:
            actor.stopped = True
            while not actor.done:
                actor.take_turn()
