"""Housekeeping by APScheduler: rows only, never ports.

APScheduler stops or hangs when the system clock jumps; `watch` compares wall and monotonic time and starts it
anew. Every job may run late, twice or never without harm to a text: what is due lives in the tables.
"""

import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from apscheduler.schedulers.background import BackgroundScheduler

from gateway import (
    arrivals,
    assignments,
    canary,
    conversations,
    damage,
    erasing,
    keeping,
    manydrafts,
    outbox,
    purgedates,
    purging,
    readings,
    reminders,
    restored,
    search,
    selftests,
    stations,
)
from gateway.bell import ring
from gateway.carried import Carrier
from gateway.config import Config
from gateway.journal import Journal
from gateway.rules import Rules
from gateway.store import connect, ms
from gateway.timekeeper import Timekeeper
from hardware.link import Clock

log = logging.getLogger("textbank.schedule")

JUMP_S = 60.0
EVERY_S = 60
REST_S = 0.1
NIGHT, ACTS = "night", "acts"
MOST_BATCHES = 250  # the next round goes on
PAUSE_S = 0.1


def expire_all(db: sqlite3.Connection, now: int) -> int:
    """Expire what ran out, in short transactions with a pause, for a station may want to write meanwhile."""
    total = 0
    for _ in range(MOST_BATCHES):
        count = outbox.expire(db, now=now)
        total += count
        if count < outbox.EXPIRED_AT_ONCE:
            break
        time.sleep(PAUSE_S)
    return total


class Housekeeper:
    """The gateway's periodic work on the database."""

    def __init__(
        self,
        database: Path,
        rules: Rules,
        clock: Clock,
        timekeeper: Timekeeper | None = None,
        config: Config | None = None,
    ) -> None:
        self._timekeeper = timekeeper or Timekeeper(clock)
        self._database = database
        self._rules = rules
        self._clock = clock
        self._scheduler: BackgroundScheduler | None = None
        self._offset = self._wall_minus_monotonic()
        self._config = config  # None: no backups, and nothing is deleted by age
        self._ending = threading.Event()
        self._at_night = threading.Lock()
        self._carrier = Carrier(database)
        self._ours = damage.which(database)
        logging.getLogger("apscheduler").setLevel(logging.ERROR)

    def start(self) -> None:
        """Begin; the first round runs after a minute."""
        scheduler = BackgroundScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        )
        scheduler.add_job(self._noting_damage, "interval", seconds=EVERY_S, args=[self._round])
        if self._config is not None:
            night = partial(self._night, self._config)
            scheduler.add_job(self._noting_damage, "interval", seconds=EVERY_S, args=[night], id=NIGHT)
            carry = partial(self._carry, self._config)
            scheduler.add_job(carry, "interval", seconds=EVERY_S, id=ACTS)
        scheduler.start()
        self._scheduler = scheduler

    def stop(self) -> None:
        """End without waiting for a round that runs: its transaction is whole or not there. A backup is broken off."""
        self._ending.set()
        self._shut_down()

    def look(self, db: sqlite3.Connection) -> None:
        """Called when something changed: a backup that somebody asked for is begun at once, and a stop goes to where they lie."""
        if self._config is not None and self._scheduler is not None and self._carrier.news():
            self._scheduler.modify_job(ACTS, next_run_time=datetime.now(UTC))
        try:
            wanted = self._config is not None and keeping.asked(db)
        except sqlite3.Error as error:
            damage.note_if(self._database, error, now=ms(self._clock.now()))
            log.warning("whether a backup was asked for could not be read: %s", error)
            return
        if wanted and self._scheduler is not None:
            self._scheduler.modify_job(NIGHT, next_run_time=datetime.now(UTC))

    def _shut_down(self) -> None:
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None

    def watch(self) -> None:
        """Called twice a second: after a jump of the wall clock the scheduler starts anew."""
        offset = self._wall_minus_monotonic()
        if abs(offset - self._offset) > JUMP_S:
            log.warning("the clock jumped by %.0f s; housekeeping starts anew", offset - self._offset)
            self._offset = offset
            self._shut_down()
            self.start()

    def _wall_minus_monotonic(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()

    def _noting_damage(self, job: Callable[[], None]) -> None:
        """Damage of the database that shows in housekeeping stops everything."""
        try:
            job()
        except sqlite3.DatabaseError as error:
            if not damage.note_if(self._database, error, now=ms(self._clock.now()), ours=self._ours):
                raise

    def _round(self) -> None:
        """Expire texts whose time ran out, show long texts whose missing segments never came, say whose SIM is gone.

        Nothing ends by a clock that may be wrong: a year ahead, it would end everything.
        """
        now = ms(self._clock.now())
        with contextlib.closing(connect(self._database)) as db:
            if stations.forget_requests(db, now=now):  # by whatever clock: a typed PIN must not lie about
                ring(self._database)
            if not self._timekeeper.trusted(db):
                return
            jobs: tuple[Callable[[], int], ...] = (
                lambda: expire_all(db, now),
                lambda: manydrafts.sweep(db, now=now),
                lambda: arrivals.show_incomplete(db, now=now),
                lambda: conversations.say_homeless(db),
                lambda: restored.by_now(db, now=now),
                lambda: selftests.judge(db, self._rules, now=now),
                lambda: readings.thin(db, now=now),
                lambda: erasing.empty_log_later(db),
                lambda: len(canary.judge(db, now=now)),
                lambda: assignments.free_stale(db, now=now),
                lambda: reminders.draft_due(db, self._rules, now=now),
            )
            if sum(job() for job in jobs):
                ring(self._database)

    def _carry(self, config: Config) -> None:
        """Who asked to stop or was erased is known beside the backups, too, where those lie on a stick."""
        plan = keeping.plan_of(config)
        if plan.folder is not None and not plan.beside and not keeping.away(plan) and plan.folder.is_dir():
            self._carrier.turn(plan.folder)

    def _night(self, config: Config) -> None:
        """Delete what is old, once a night, and make a backup when one is due or was asked for. One after the other."""
        if not self._at_night.acquire(blocking=False):
            return  # after a jump of the clock the round before may still be at it
        try:
            zone = config.organisation.timezone
            with (
                self._told("what is old could not be deleted"),
                contextlib.closing(connect(self._database)) as db,
            ):
                due = purging.is_due(db, now=ms(self._clock.now()), zone=zone)
                if due and self._timekeeper.trusted(db):
                    Journal(self._database).compact()
                    purging.purge(db, config.privacy, now=ms(self._clock.now()), zone=zone, rest=self._rest)
                    purgedates.purge(db, now=purging.age(db), zone=zone, rest=self._rest)
                    search.forget(db)  # the words of what was deleted leave the index, too
            with self._told("what came of the backup could not be kept"):
                if keeping.turn(keeping.plan_of(config), now=ms(self._clock.now()), stop=self._ending):
                    ring(self._database)
        finally:
            self._at_night.release()

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """A database that refuses the one still lets the other be tried; the next minute comes."""
        try:
            yield
        except sqlite3.Error as error:
            log.warning("%s: %s", what, error)

    def _rest(self) -> bool:
        """A pause in which stations write; False when the gateway ends."""
        return not self._ending.wait(REST_S)
