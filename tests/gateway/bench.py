"""One real station over a virtual modem on a real pty, stepped by the test as its thread would step it.

`at_prompt` acts in the station's thread right before `AT+CMGS` is written: the moment at which a test locks the database
or lets a text arrive, and knows that the text is claimed and has not left.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.config import Station as Spec
from gateway.rules import Rules
from gateway.station import Station
from gateway.whereabouts import Seek
from hardware.errors import HardwareError
from hardware.link import Clock, Link, SystemClock
from hardware.modem import Modem
from hardware.patience import Patience
from hardware.port import open_port
from hardware.virtual import VirtualBank

if TYPE_CHECKING:
    from tests.gateway.conftest import Desk

QUICK = Patience(probes=3, probe_s=0.5, settle_s=0.02, answer_s=1.0, sim_ready_s=1.0, sim_fault_s=0.5, smsc_s=0.5, retry_s=0.1,
                 pin_s=0.5, sms_ready_s=0.5, pdu_mode_s=0.1, list_s=1.0, delete_s=1.0, prompt_s=1.0)  # fmt: skip
PATIENCE_S = 10.0


class Tapped:
    """A link that tells a test when AT+CMGS is about to be written."""

    def __init__(self, link: Link, bench: Bench) -> None:
        self.name, self.read, self.wake, self.close = link.name, link.read, link.wake, link.close
        self._link, self._bench = link, bench

    def write(self, data: bytes) -> None:
        if data.startswith(b"AT+CMGS=") and self._bench.tap is not None:
            self._bench.tap()
        self._link.write(data)


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Return once another thread has made it true."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {PATIENCE_S:g} s: {what}"
        time.sleep(0.005)


class Blocker:
    """Another program that holds the database's write lock."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)

    @property
    def holds(self) -> bool:
        return self._db.in_transaction

    def lock(self) -> None:
        if not self.holds:
            self._db.execute("BEGIN IMMEDIATE")

    def free(self) -> None:
        if self.holds:
            self._db.execute("ROLLBACK")

    def close(self) -> None:
        self._db.close()


class Bench:
    """One station under test; `until` steps it as its thread would."""

    def __init__(self, bank: VirtualBank, path: Path, desk: Desk, rules: Rules, **spec: object) -> None:
        self.bank, self.path, self.desk, self.rules = bank, path, desk, rules
        self.spec = Spec(**{"name": "north", "port": bank.ports[0], **spec})  # type: ignore[arg-type]
        self.clock: Clock = SystemClock()
        self.tap: Callable[[], None] | None = None
        self.station = self.make()

    def make(self, seek: Seek | None = None) -> Station:
        def open_modem() -> Modem:
            link = open_port(self.spec.port or "", self.clock)
            return Modem(Tapped(link, self), self.clock, QUICK)

        return Station(
            self.spec,
            database=self.path,
            rules=self.rules,
            clock=self.clock,
            open_modem=open_modem,
            seek=seek,
        )

    def restart(self) -> None:
        """The process died and came back: nothing is left of the old station but its rows."""
        if self.station.modem is not None:
            self.station.modem.close()
        self.station._desk.db.close()
        self.station = self.make()

    def step(self) -> None:
        now = self.clock.monotonic()
        wake_at = min(self.station.step(now), now + 0.05)
        if self.station.modem is not None and wake_at > self.clock.monotonic():
            try:
                self.station.modem.wait(wake_at)
            except HardwareError as error:
                self.station.meet(error)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, (
                f"not within {PATIENCE_S:g} s: {what}; {self.said()}, {self.texts()}"
            )
            self.step()

    def said(self) -> tuple[str, str]:
        row = self.desk.db.execute("SELECT state, reason FROM station WHERE name='north'").fetchone()
        return (row["state"], row["reason"]) if row else ("", "")

    def texts(self) -> list[tuple[int, str, str]]:
        return [tuple(row) for row in self.desk.db.execute("SELECT id, state, reason FROM message")]

    def until_state(self, message_id: int, *states: str) -> None:
        assert self.rules.quiet.off, "the station goes by the hour that it is: give the bench no night"
        self.until(lambda: self.desk.state(message_id) in states, f"text {message_id} {states}")

    def until_ready(self) -> None:
        self.until(lambda: self.said()[0] == "ready", "ready")

    def at_prompt(self, number: int, act: Callable[[], None]) -> None:
        """Do this once, right before the `number`th AT+CMGS from now (from 1) is written."""
        left = number

        def tap() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                act()

        self.tap = tap

    def on_air(self) -> list[str | None]:
        return [record.text for record in self.bank.air()]

    def inbound(self) -> list[str]:
        return [row["text"] for row in self.desk.db.execute("SELECT text FROM inbound ORDER BY id")]
