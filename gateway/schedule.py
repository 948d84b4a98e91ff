"""Housekeeping by APScheduler: rows only, never ports.

APScheduler stops or hangs when the system clock jumps; `watch` compares wall and monotonic time and starts it
anew. Every job may run late, twice or never without harm to a text: what is due lives in the tables.
"""

import contextlib
import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from apscheduler.schedulers.background import BackgroundScheduler

from gateway import (
    arrivals,
    assignments,
    canary,
    conversations,
    manydrafts,
    outbox,
    readings,
    selftests,
    stations,
)
from gateway.bell import ring
from gateway.rules import Rules
from gateway.store import connect, ms
from hardware.link import Clock

log = logging.getLogger("textbank.schedule")

JUMP_S = 60.0
EVERY_S = 60
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

    def __init__(self, database: Path, rules: Rules, clock: Clock) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._scheduler: BackgroundScheduler | None = None
        self._offset = self._wall_minus_monotonic()
        logging.getLogger("apscheduler").setLevel(logging.ERROR)

    def start(self) -> None:
        """Begin; the first round runs after a minute."""
        scheduler = BackgroundScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        )
        scheduler.add_job(self._round, "interval", seconds=EVERY_S)
        scheduler.start()
        self._scheduler = scheduler

    def stop(self) -> None:
        """End without waiting for a round that runs: its transaction is whole or not there."""
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None

    def watch(self) -> None:
        """Called twice a second: after a jump of the wall clock the scheduler starts anew."""
        offset = self._wall_minus_monotonic()
        if abs(offset - self._offset) > JUMP_S:
            log.warning("the clock jumped by %.0f s; housekeeping starts anew", offset - self._offset)
            self._offset = offset
            self.stop()
            self.start()

    def _wall_minus_monotonic(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()

    def _round(self) -> None:
        """Expire texts whose time ran out, show long texts whose missing segments never came, say whose SIM is gone."""
        now = ms(self._clock.now())
        with contextlib.closing(connect(self._database)) as db:
            jobs: tuple[Callable[[], int], ...] = (
                lambda: expire_all(db, now),
                lambda: manydrafts.sweep(db, now=now),
                lambda: arrivals.show_incomplete(db, now=now),
                lambda: conversations.say_homeless(db),
                lambda: stations.forget_requests(db, now=now),
                lambda: selftests.judge(db, self._rules, now=now),
                lambda: readings.thin(db, now=now),
                lambda: len(canary.judge(db, now=now)),
                lambda: assignments.free_stale(db, now=now),
            )
            if sum(job() for job in jobs):
                ring(self._database)
