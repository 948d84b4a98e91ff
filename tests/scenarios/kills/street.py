"""Some minutes of a group whose gateway is killed again and again at moments by seed, while texts go both ways.

Real processes, ptys, files and time; only which moments, which acts and which modems is the seed's. Afterwards air, SIMs
and rows are reckoned up (`reckoning`).
"""

from __future__ import annotations

import contextlib
import random
import signal
import sqlite3
import time
from pathlib import Path
from typing import Any

from gateway import inbox, optouts, outbox, people, stations, store
from gateway.errors import Refused
from gateway.rules import rules_of
from hardware.virtual import VirtualBank
from tests.scenarios.kills import reckoning
from tests.scenarios.kills.doomed import Doomed
from tests.scenarios.kills.nursery import Nursery
from tests.scenarios.kills.points import POINTS

MODEMS = 2
MODELS = ("generic", "huawei-e3131", "sim800l", "a7670e", "sim7600", "quectel-ec25", "cinterion", "wavecom")
PEOPLE = [f"+120255502{number:02d}" for number in range(10, 30)]
LIFE_S = 1.5  # most of it is the start
AT_WORK_S = 0.03  # on average, after something was seen on the air or on a SIM
SETTLED_S = 240.0  # where nobody knows whose an answer was, the other one is awaited for three minutes
MOVING = ("approved", "claimed", "submitted")


class Street:
    """One seed. `injected` is what came in: (sender, text, modem)."""

    def __init__(self, folder: Path, seed: int, nursery: Nursery) -> None:
        self.dice = random.Random(seed)
        self.seed, self.kills = seed, 0
        models: list[Any] = [self.dice.choice(MODELS) for _ in range(MODEMS)]
        latency = self.dice.choice(("none", 0.02, 0.2))
        self.bank = VirtualBank(
            MODEMS,
            folder / "m",
            personality=models,
            send_latency=latency,
            seed=seed,
            report_s=self.dice.choice((0.0, 0.1, 1.0)),
        )
        self.group = Doomed(folder / "group", self.bank, list(range(MODEMS)), nursery)
        self.injected: list[tuple[str, str, int]] = []
        self.reported = self.dice.random() < 0.7
        if not self.reported:
            for modem in range(MODEMS):
                self.bank.fault(modem, "report_never")
        self.log: list[str] = [f"{models} {latency} {'with' if self.reported else 'without'} reports"]
        self._rules = rules_of(self.group.config)
        self._began, self._count = time.monotonic(), 0
        self._technician = people.create(self.group.db, "Tess", "technician", now=store.wall_ms())

    def note(self, what: str) -> None:
        """For whoever looks at a seed that failed."""
        self.log.append(f"{time.monotonic() - self._began:8.3f} {what}")

    def live(self, kills: int) -> None:
        """Be killed so often, then come to rest."""
        for _ in range(kills):
            point, nth = self._point()
            self.group.start(point, nth)
            self._acts()
            self._moment()
            self.group.end(signal.SIGKILL)
            self.kills += 1
            self.note("kill -9")
            if self.dice.random() < 0.3:
                self._acts()
        self.group.start()
        try:
            self.group.until(self._at_rest, "everything settled", SETTLED_S)
        except AssertionError as still:
            raise AssertionError(f"{still}: {self._unsettled()}") from None
        self.group.end(signal.SIGTERM)

    def _point(self) -> tuple[str, int]:
        """Now and then a named point, should the gateway come to it before its moment."""
        if self.dice.random() < 0.7:
            return "", 1
        return self.dice.choice(sorted(POINTS)), self.dice.randint(1, 4)

    def _moment(self) -> None:
        """Any moment of a start, or one right after something was seen to happen."""
        if self.dice.random() < 0.35:
            time.sleep(self.dice.uniform(0.0, LIFE_S))  # this is the moment itself
            return
        seen, deadline = self._visible(), time.monotonic() + 2 * LIFE_S
        while self._visible() == seen and time.monotonic() < deadline and self.group.process.poll() is None:
            time.sleep(0.002)
        time.sleep(min(self.dice.expovariate(1 / AT_WORK_S), LIFE_S))

    def _visible(self) -> tuple[int, int]:
        return len(self.bank.air()), sum(len(self.bank.stored(modem)) for modem in range(MODEMS))

    def _acts(self) -> None:
        for _ in range(self.dice.randint(1, 8)):
            act = self.dice.choices(
                (self._new, self._text, self._answer, self._stop_by_hand), (6, 4, 2, 0.2)
            )[0]
            with contextlib.suppress(Refused):
                act()

    def _words(self, letter: str) -> str:
        self._count += 1
        words = f"{letter}{self._count}w"
        return " ".join([words] * 60) if self.dice.random() < 0.3 else words

    def _new(self) -> None:
        self.group.approved(self.dice.choice(PEOPLE), self._words("T"))

    def _text(self) -> None:
        """Somebody's telephone."""
        sender, modem = self.dice.choice(PEOPLE), self.dice.randrange(MODEMS)
        text = "STOP" if self.dice.random() < 0.1 else self._words("R")
        self.injected.append((sender, text, modem))
        self.bank.inbound(modem, sender, text)
        self.note(f"{sender[-2:]} texts {text[:8]} to m{modem}")

    def _answer(self) -> None:
        db = self.group.db
        waiting = db.execute(
            "SELECT id FROM conversation WHERE waiting_at IS NOT NULL ORDER BY id"
        ).fetchall()
        if waiting:
            words = self._words("T")
            inbox.reply(
                db,
                self.dice.choice(waiting)["id"],
                words,
                by=self.group.user,
                key=words,
                rules=self._rules,
                now=store.wall_ms(),
            )

    def _stop_by_hand(self) -> None:
        reachable = self.group.db.execute(
            "SELECT id FROM conversation WHERE opted_out_at IS NULL ORDER BY id"
        ).fetchall()
        if reachable:
            optouts.opt_out(
                self.group.db,
                self.dice.choice(reachable)["id"],
                source="volunteer",
                by=self.group.user,
                reason="",
                now=store.wall_ms(),
            )

    def _at_rest(self) -> bool:
        """Nothing moves any more; what was put back before a person is approved again, a paused station told to go on."""
        group = self.group
        for row in group.db.execute("SELECT name FROM station WHERE state='paused'").fetchall():
            stations.request(group.db, row["name"], "resume", by=self._technician, now=store.wall_ms())
        for row in group.db.execute("SELECT id FROM message WHERE state='awaiting' ORDER BY id").fetchall():
            found = outbox.load(group.db, row["id"])
            with contextlib.suppress(Refused):
                outbox.approve(
                    group.db,
                    row["id"],
                    by=group.user,
                    seen=outbox.seen(found),
                    rules=self._rules,
                    now=store.wall_ms(),
                )
        kept = {(row["number"], row["text"]) for row in group.db.execute("SELECT number, text FROM inbound")}
        with self.bank._shell.lock:
            under_way = self.bank._world.network.next_wake() is not None
        return (
            not under_way
            and not self._unsettled()
            and group.empty()
            and all((sender, text) in kept for sender, text, _ in self.injected)
        )

    def _unsettled(self) -> list[tuple[int, str, str]]:
        marks = ",".join("?" * len(MOVING))
        rows = self.group.db.execute(
            f"SELECT id, state, reason FROM message WHERE state IN ({marks})", MOVING
        )
        return [(row["id"], row["state"], row["reason"]) for row in rows]

    def breaches(self) -> list[str]:
        """What is wrong, a sentence each."""
        return reckoning.breaches(self, self.group.db)

    def counts(self) -> dict[str, int]:
        """What there was of each."""
        db: sqlite3.Connection = self.group.db
        states = {
            row["state"]: row["n"]
            for row in db.execute("SELECT state, count(*) AS n FROM message GROUP BY state")
        }
        doubts = db.execute("SELECT count(*) FROM event WHERE event='lose'").fetchone()[0]
        return {
            "doubts": doubts,
            "out": sum(states.values()),
            "uncertain": states.get("uncertain", 0),
            "in": len(self.injected),
            "air": len(self.bank.air()),
        }

    def close(self) -> None:
        self.group.close()
        self.bank.close()
