"""The gateway's judgement of the clock, shared by its stations and its housekeeping.

    evidence (machine, words, database) -> clocktrust.judge -> a row when the verdict changes -> stations send or wait

Promises: a step of the wall clock is seen at the next question, and one is asked right before every submit; nothing is written
while nothing changes. When a clock that was wrong is right again, what was counted on days to come counts today, and what was
approved in the future may leave: a step back neither refills a budget nor shelves a text.
"""

import logging
import sqlite3
import threading
from dataclasses import replace
from datetime import datetime

from gateway import budget, clocktrust, clockwords, doubted, readings, sessions
from gateway.clocktrust import STEP_S, By, Evidence, Voice
from gateway.clockwords import Instant, Standing
from gateway.machineclock import Machine, SetClock
from gateway.message import GOING
from gateway.rules import DAY_MS
from gateway.store import ms, write
from hardware.link import Clock

log = logging.getLogger("textbank.clock")

AGAIN_S = 60.0  # between looks at voices that may come to differ
RECENT = 20_000  # answers, and texts, looked through for those of a clock that was ahead
ASK_S = 3600.0  # between questions to a modem whose network is one of them


class Timekeeper:
    """Whether the clock may be trusted now. Any thread may ask, each with its own connection."""

    def __init__(self, clock: Clock, machine: Machine | None = None, *, zone: str = "UTC") -> None:
        """`machine` None: the clock is taken for one that a battery keeps, as simulated ones are."""
        self._clock = clock
        self._machine = machine or SetClock()
        self._zone = zone
        self._lock = threading.Lock()
        self._held: Standing | None = None
        self._look_at = 0.0
        self._asked: dict[str, float] = {}

    @property
    def listens(self) -> bool:
        """Whether what networks, texts and browsers say would matter: neither a server nor a person vouches."""
        return self._held is None or self._held.by in clocktrust.VOTED

    @property
    def why(self) -> str:
        """Why it is trusted, or not, as a sentence."""
        return self._held.why if self._held else ""

    def began_anew(self, db: sqlite3.Connection) -> bool:
        """Whether the machine was started since a gateway last looked at its clock: it may have been off for days, whatever that shows."""
        last = clockwords.standing(db)
        return last is None or last.boot != self._machine.boot

    def trusted(self, db: sqlite3.Connection) -> bool:
        """Whether the wall clock is right, as far as anybody knows."""
        with self._lock:
            at = self._now()
            held = self._held
            stands = held is not None and held.by != "" and not _stepped(held, at)
            if stands and (not self.listens or at.mono_ms < self._look_at * 1000):
                return True
            return self._look(db, at) != ""

    def hear(self, db: sqlite3.Connection, voice: Voice, who: str, said: datetime) -> None:
        """A network or a text tells the time."""
        clockwords.hear(db, voice, who, ms(said), self._now())
        self._look_at = 0.0

    def wants(self, station: str) -> bool:
        """Whether this station's network should be asked now: at each look while the clock is in doubt, seldom afterwards."""
        if not self.listens:
            return False
        now = self._clock.monotonic()
        trusted = self._held is not None and self._held.by != ""
        if trusted and now < self._asked.get(station, -ASK_S) + ASK_S:
            return False
        self._asked[station] = now
        return True

    def set_forward(self, db: sqlite3.Connection) -> int:
        """By how much (ms) the clock was set forward in the last minutes: so much older seems what was written down before."""
        return clockwords.set_forward(db, self._now())

    def _now(self) -> Instant:
        return Instant(ms(self._clock.now()), int(self._clock.monotonic() * 1000), self._machine.boot)

    def _look(self, db: sqlite3.Connection, at: Instant) -> By:
        last = self._held or clockwords.standing(db)  # of whichever run of the machine
        held = _of_this_run(last, at)
        stepped = held is not None and _stepped(held, at)
        # In doubt when the box went off, and nobody has vouched since: the battery may only have kept what was put in doubt.
        unsure = last is not None and last.by == ""
        newest_ms = _newest(db)
        set_back = held is not None and held.once != "" and stepped and at.offset_ms < held.offset_ms
        verdict = clocktrust.judge(
            Evidence(
                now_ms=at.wall_ms,
                newest_ms=newest_ms,
                set_back=set_back,
                server=self._machine.server(),
                battery=not unsure and self._machine.battery(at.wall_ms / 1000, stepped=stepped),
                person=clockwords.confirmed(db, at),
                before=held.once if held is not None and not stepped else "",
                words=clockwords.words(db, at),
            )
        )
        self._look_at = at.mono_ms / 1000 + AGAIN_S
        if verdict.by or held is None:
            found = Standing(at.boot, at.offset_ms, verdict.by, verdict.by, verdict.why)
        else:  # the clock to come back to is the last one that was trusted
            found = replace(held, by="", why=verdict.why)
        if held is None or (stepped and found.by) or _told(held) != _told(found):
            was_ahead = set_back or newest_ms > at.wall_ms + STEP_S * 1000
            self._change(db, held, found, at, was_ahead=was_ahead)
        else:
            if not found.by:
                doubted.go_on(db, at)
            self._held = held
        return verdict.by

    def _change(
        self, db: sqlite3.Connection, held: Standing | None, found: Standing, at: Instant, *, was_ahead: bool
    ) -> None:
        if held is not None and _stepped(held, at):
            log.warning("the clock stepped by %+.0f s", (at.offset_ms - held.offset_ms) / 1000)
        log.info("the clock is %s: %s", f"trusted ({found.by})" if found.by else "not trusted", found.why)
        try:
            with write(db):
                clockwords.keep_standing(db, found, at)
                if held is not None and _stepped(held, at):
                    clockwords.keep_step(db, held, at)
                if found.by:
                    doubted.end(db, at)
                    settle(db, self._zone, now=at.wall_ms, was_ahead=was_ahead)
                elif held is None or held.by:
                    doubted.begin(db, at)
                else:
                    doubted.go_on(db, at)
        except BaseException:
            self._look_at = 0.0  # the verdict before does not stand for another minute
            raise
        self._held = found


def settle(db: sqlite3.Connection, zone: str, *, now: int, was_ahead: bool = False) -> None:
    """The clock is right: what was written down in what is now the future must neither refill a budget nor keep a text back.

    `was_ahead`: it may have put off texts that were approved before, for a night that it saw. When one may leave is asked anew
    when it is claimed; a reminder still leaves when it is due, and runs out with its day.
    """
    budget.bring_back(db, zone, now)
    soon = now + int(STEP_S * 1000)
    db.execute(
        f"UPDATE message SET not_before=due_at, reason=NULL WHERE {GOING} AND state='approved' AND not_before>:now "
        "AND (approved_at>:soon OR (:was_ahead AND not_before>:soon))",
        {"now": now, "soon": soon, "was_ahead": was_ahead},
    )
    _fits_on(db, now, soon)
    db.execute(  # who stops or answers from now on does so after it, also when it has left
        "UPDATE target SET texted_at=:now WHERE texted_at>:soon AND id IN "
        f"(SELECT target_id FROM message WHERE {GOING} AND state='approved' AND approved_at>:soon "
        "UNION ALL SELECT target_id FROM message WHERE id>(SELECT max(id) FROM message)-:recent AND approved_at>:soon)",
        {"now": now, "soon": soon, "recent": RECENT},
    )
    db.execute(  # what is changed from now on is changed after it
        f"UPDATE message SET approved_at=? WHERE {GOING} AND approved_at>?", [now, soon]
    )
    for state in ("state='awaiting'", f"{GOING} AND state='approved'"):  # in the words of the partial indexes
        db.execute(
            f"UPDATE message SET expires_at=? WHERE {state} AND created_at>? AND expires_at>? AND due_at IS NULL",
            [now + DAY_MS, soon, now + DAY_MS],
        )
        db.execute(  # written after a boot in 1970: its day has only begun
            f"UPDATE message SET expires_at=? WHERE {state} AND expires_at<?",
            [now + DAY_MS, clocktrust.FIRST_SANE_MS],
        )
    db.execute("UPDATE campaign SET canary_at=? WHERE canary='waiting' AND canary_at>?", [now, soon])
    db.execute(  # its people stay for its days from now
        "UPDATE campaign SET purge_at=purge_at-closed_at+:now, closed_at=:now WHERE closed_at>:soon AND purged_at IS NULL",
        {"now": now, "soon": soon},
    )
    db.execute(  # a reminder may count from it, or be approved after it
        "UPDATE answer SET at=min(at, :now), undone_at=min(undone_at, :now) WHERE id>(SELECT max(id) FROM answer)-:recent "
        "AND (at>:soon OR undone_at>:soon)",
        {"now": now, "soon": soon, "recent": RECENT},
    )
    db.execute(  # else what came of a long text is not shown before that day; in the words of the partial index
        "UPDATE arrival SET first_at=? WHERE total IS NOT NULL AND inbound_id IS NULL AND first_at>?",
        [now, soon],
    )
    db.execute("UPDATE conversation SET waiting_at=? WHERE waiting_at>?", [now, soon])
    db.execute("UPDATE target SET held_at=? WHERE state='held' AND held_at>?", [now, soon])
    sessions.set_right(db, now=now)
    readings.bring_back(db, now=now, after=soon)


def _fits_on(db: sqlite3.Connection, now: int, soon: int) -> None:
    """What people wrote and coordinators changed by a clock ahead is of before: what is approved from now on would be put back when that
    moment comes. Who had answered has.
    """
    db.execute(
        "UPDATE target SET texted_at=:now-1 WHERE texted_at>=:now AND conversation_id IN "
        "(SELECT id FROM conversation WHERE last_in_at>:soon) "
        "AND texted_at<(SELECT last_in_at FROM conversation WHERE id=target.conversation_id)",
        {"now": now, "soon": soon},
    )
    db.execute("UPDATE conversation SET last_in_at=? WHERE last_in_at>?", [now, soon])
    db.execute("UPDATE campaign SET content_at=? WHERE content_at>?", [now, soon])


def _told(standing: Standing) -> tuple[str, ...]:
    """What people read of it: why it is trusted may change without news."""
    return (standing.by, standing.once, "" if standing.by else standing.why)


def _stepped(held: Standing, at: Instant) -> bool:
    return abs(at.offset_ms - held.offset_ms) > STEP_S * 1000


def _of_this_run(kept: Standing | None, at: Instant) -> Standing | None:
    """What an earlier gateway made of it, when the machine was not started anew since."""
    return kept if kept is not None and at.boot and kept.boot == at.boot else None


def _newest(db: sqlite3.Connection) -> int:
    row = db.execute("SELECT at FROM event ORDER BY id DESC LIMIT 1").fetchone()
    return int(row["at"]) if row else 0
