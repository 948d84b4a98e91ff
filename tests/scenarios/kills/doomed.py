"""A group whose gateway dies at a named point, and how many of them are lived through side by side."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from gateway import optouts, people, store
from hardware.virtual import VirtualBank
from tests.scenarios.group import Group
from tests.scenarios.kills.nursery import Nursery

ADA, LUIS = "+12025557123", "+12025557147"  # no modem of a large bank has these
CONFIRMATION = "Elm Street: you are off our list."
Case = TypeVar("Case")
GONE = ("sent", "delivered")


class Doomed(Group):
    """A group with some modems of a bank that others use too. Everything of it belongs to one thread."""

    def __init__(self, folder: Path, bank: VirtualBank, modems: list[int], nursery: Nursery) -> None:
        folder.mkdir()
        super().__init__(folder, bank, [bank.ports[modem] for modem in modems])
        self.modems, self._nursery, self.log = modems, nursery, folder / "log"
        admin = people.create(self.db, "Anna", "admin", now=store.wall_ms())
        optouts.approve_confirmation(self.db, CONFIRMATION, by=admin, channel="cli", now=store.wall_ms())

    def start(self, point: str = "", nth: int = 1, *, hangs: bool = False) -> None:
        self.process = self._nursery.start(self.config_path, self.log, point=point, nth=nth, hangs=hangs)

    def dies(self) -> None:
        """At its point, by itself."""
        self.until(lambda: self.process.poll() is not None, "dead at its point")
        self.end(signal.SIGKILL)

    def sent(self, number: str = LUIS) -> None:
        """A text goes out by the modem as if nothing had been."""
        other = self.approved(number, "Are you there?")
        self.until(lambda: self.state(other) in GONE, "another text sent")

    def segments(self, number: str = ADA) -> list[int]:
        """Which segments went to this number, by these modems, in their order."""
        air = [record for record in self.bank.air() if record.to == number and record.modem in self.modems]
        return [record.concat[2] if record.concat else 1 for record in air]

    def went(self, number: str = ADA) -> int:
        return len(self.segments(number))

    def told(self) -> str:
        """What happened, for whoever looks at a failure."""
        rows = self.db.execute("SELECT message_id, event, reason FROM event ORDER BY id").fetchall()
        events = [f"  {row['message_id']} {row['event']} {row['reason'] or ''}" for row in rows]
        return "\n".join([*events, self.log.read_text()])

    def shown(self) -> list[str]:
        """The texts that people see."""
        return [row["text"] for row in self.db.execute("SELECT text FROM inbound WHERE replaced_by IS NULL")]

    def empty(self) -> bool:
        """Whether nothing lies on the SIMs."""
        return not any(self.bank.stored(modem) for modem in self.modems)


def side_by_side(folder: Path, cases: Iterable[Case], play: Callable[[Doomed, Case], None]) -> list[str]:
    """Play every case in a group of its own, all at once; what went wrong, a line each."""
    cases = list(cases)
    with VirtualBank(len(cases), folder / "m") as bank, Nursery() as nursery:

        def one(number: int) -> str:
            group = Doomed(folder / str(number), bank, [number], nursery)
            try:
                play(group, cases[number])
            except AssertionError as wrong:
                return f"{cases[number]}: {wrong}\n{group.told()}"
            finally:
                group.close()
            return ""

        with ThreadPoolExecutor(len(cases)) as pool:
            return [wrong for wrong in pool.map(one, range(len(cases))) if wrong]
