"""One group on a bank of virtual modems: its configuration, its database, and the acts of its people."""

import os
import time
from pathlib import Path

from gateway import bell, lock, outbox, people, schema, sessions, store
from gateway.config import load
from gateway.rules import rules_of
from hardware.virtual import VirtualBank
from tests.far import free_ports

CONFIG = """[organisation]
name = "Bench"
region = "US"
timezone = "America/New_York"
[panel]
port = {port}
[sending]
undo_seconds = 0
quiet_from = "00:00"
quiet_until = "00:00"
delivery_reports = {reports}
"""
STATION = '[[stations]]\nname = "s{i}"\nport = "{port}"\nper_minute = 0\nper_day = 0\nper_month = 0\n'
WORDS = "Hi, this is Elm Street Tenants. We meet on Thursday at 7 pm in the library. Can you come? STOP ends."
READY_S = 30.0


class Group:
    """The group; nothing runs yet. `reports`: whether it asks for delivery reports (the peers here do not)."""

    def __init__(self, folder: Path, bank: VirtualBank, *, reports: bool = False) -> None:
        self.folder, self.bank = folder, bank
        text = CONFIG.format(port=free_ports(1)[0], reports=str(reports).lower())
        self.source = folder / "textbank.toml"
        self.source.write_text(text + "".join(STATION.format(i=i, port=p) for i, p in enumerate(bank.ports)))
        self.config = load(self.source)
        self.rules = rules_of(self.config)
        with lock.gateway(self.config.database.path):
            self.db = store.connect(self.config.database.path)
            schema.migrate(self.db)
            self.user = people.create(self.db, "Vera", "coordinator", now=store.wall_ms())
        self.link = sessions.invite(self.db, self.user.id, now=store.wall_ms())

    def wait_ready(self) -> None:
        """Until every station of the start that runs now is ready."""
        deadline = time.monotonic() + READY_S
        wanted = len(self.bank.ports)
        while not self._answers() or self._ready() < wanted:
            if time.monotonic() > deadline:
                raise SystemExit((self.folder / "log").read_text())
            time.sleep(0.02)

    def _answers(self) -> bool:
        return Path(f"{self.config.database.path}.gateway.bell").exists()

    def _ready(self) -> int:
        return int(self.db.execute("SELECT count(*) FROM station WHERE state='ready'").fetchone()[0])

    def draft(self, count: int, first: int = 0) -> list[int]:
        """Texts to different people, awaiting."""
        return self.drafted([(f"+1202{5550000 + first + i}", WORDS) for i in range(count)])

    def drafted(self, texts: list[tuple[str, str]]) -> list[int]:
        """These texts, awaiting, written in one transaction."""
        now, rules = store.wall_ms(), self.rules
        more = {"kind": "first", "key": None, "channel": "cli", "by": None}
        with store.write(self.db):
            return [outbox.draft(self.db, to, text, rules=rules, now=now, **more) for to, text in texts]  # type: ignore[arg-type]

    def approve(self, message_id: int) -> float:
        """Approve as the panel does; returns the wall time just after the commit."""
        self._approve(message_id)
        at = time.time()
        bell.ring(self.config.database.path)
        return at

    def approve_all(self, ids: list[int]) -> None:
        """Approve these in one transaction."""
        with store.write(self.db):
            for message_id in ids:
                self._approve(message_id)
        bell.ring(self.config.database.path)

    def _approve(self, message_id: int) -> None:
        seen, now = outbox.seen(outbox.load(self.db, message_id)), store.wall_ms()
        outbox.approve(self.db, message_id, by=self.user, seen=seen, rules=self.rules, now=now)

    def approved(self, texts: list[tuple[str, str]]) -> None:
        """These texts, drafted and approved."""
        self.approve_all(self.drafted(texts))

    def close(self) -> None:
        """Close its connection."""
        self.db.close()


def environment(group: Group) -> dict[str, str]:
    """What its processes are started with."""
    return {**os.environ, "TEXTBANK_CONFIG": str(group.source)}
