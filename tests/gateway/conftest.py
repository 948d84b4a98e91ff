"""A real database in a temporary folder, people of each role, and the rules of a small group."""

import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from gateway import optouts, outbox, people
from gateway.budget import Sim
from gateway.claims import Seat
from gateway.flight import begin
from gateway.policy import Limits, Quiet
from gateway.rules import Rules
from gateway.station import desk as belongings
from gateway.station import sending
from hardware.virtual import VirtualBank
from tests import blank
from tests.campaigning import Hall
from tests.gateway.bench import Bench, Blocker
from tests.gateway.clinic import database as database
from tests.gateway.clinic import doctor as doctor
from tests.gateway.clinic import free_port as free_port
from tests.gateway.clinic import modem as modem
from tests.web import world as the_world
from tests.web.world import World

NOON = int(datetime(2026, 11, 24, 17, 0, tzinfo=UTC).timestamp() * 1000)  # noon in New York
ADA = "+12025550123"
LUIS = "+12025550147"
ICCID = "8901260000000000001"


@dataclass(frozen=True)
class Room:
    """The people of the group."""

    volunteer: people.User
    other: people.User
    trainee: people.User
    coordinator: people.User
    technician: people.User
    admin: people.User


@pytest.fixture
def stick() -> Iterator[Path]:
    """A file system that is neither the database's nor the system's."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "textbank.db"


@pytest.fixture
def db(path: Path) -> Iterator[sqlite3.Connection]:
    connection = blank.database(path)
    yield connection
    connection.close()


@pytest.fixture
def room(db: sqlite3.Connection) -> Room:
    roles = {"volunteer": "volunteer", "other": "volunteer"} | {
        role: role for role in ("trainee", "coordinator", "technician", "admin")
    }
    return Room(**{name: people.create(db, name, role, now=NOON) for name, role in roles.items()})


@pytest.fixture
def rules() -> Rules:
    return Rules("Elm Street", "US", "America/New_York", Quiet(time(20), time(9)), undo_ms=0, allow_cli=True)


class Desk:
    """The acts of a shift in short words, for tests that begin with an approved text."""

    def __init__(self, db: sqlite3.Connection, room: Room, rules: Rules) -> None:
        self.db, self.room, self.rules = db, room, rules

    def draft(
        self, number: str = ADA, text: str = "Can you come?", kind: str = "first", *, now: int = NOON
    ) -> int:
        return outbox.draft(
            self.db, number, text, kind=kind, key=None, channel="panel", by=None, rules=self.rules, now=now
        )

    def approve(self, message_id: int, *, now: int = NOON) -> int:
        row = outbox.load(self.db, message_id)
        outbox.approve(
            self.db, message_id, by=self.room.coordinator, seen=outbox.seen(row), rules=self.rules, now=now
        )
        return message_id

    def approved(
        self, number: str = ADA, text: str = "Can you come?", kind: str = "first", *, now: int = NOON
    ) -> int:
        return self.approve(self.draft(number, text, kind, now=now), now=now)

    def state(self, message_id: int) -> str:
        return str(self.db.execute("SELECT state FROM message WHERE id=?", [message_id]).fetchone()["state"])

    def reason(self, message_id: int) -> str:
        return str(
            self.db.execute("SELECT reason FROM message WHERE id=?", [message_id]).fetchone()["reason"]
        )

    def conversation(self, number: str = ADA) -> sqlite3.Row:
        row: sqlite3.Row = self.db.execute("SELECT * FROM conversation WHERE number=?", [number]).fetchone()
        return row

    def stop(self, number: str = ADA, *, now: int = NOON) -> None:
        optouts.opt_out(
            self.db,
            self.conversation(number)["id"],
            source="volunteer",
            by=self.room.coordinator,
            reason="",
            now=now,
        )


@pytest.fixture
def desk(db: sqlite3.Connection, room: Room, rules: Rules) -> Desk:
    return Desk(db, room, rules)


@pytest.fixture
def hall(db: sqlite3.Connection, room: Room, rules: Rules) -> Hall:
    """Campaigns at noon, by the people of the room."""
    return Hall(db, rules, vars(room), NOON)


def take_seat(
    db: sqlite3.Connection, name: str = "north", iccid: str = ICCID, limits: Limits | None = None
) -> Seat:
    """A fresh start of a station."""
    return Seat(name, begin(db, name, now=NOON), Sim(iccid, limits or Limits(), "America/New_York"))


@pytest.fixture
def seat(db: sqlite3.Connection) -> Seat:
    return take_seat(db)


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[VirtualBank]:
    with VirtualBank(2, tmp_path / "m") as bank:
        yield bank


@pytest.fixture
def now() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


@pytest.fixture
def bench(bank: VirtualBank, path: Path, desk: Desk, rules: Rules) -> Iterator[Bench]:
    bench = Bench(bank, path, desk, rules)
    yield bench
    bench.station.close()


@pytest.fixture
def blocker(db: sqlite3.Connection, path: Path) -> Iterator[Blocker]:
    blocker = Blocker(path)
    yield blocker
    blocker.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stations that give a locked database a tenth of a second."""
    monkeypatch.setattr(belongings, "LOCK_S", 0.1)
    monkeypatch.setattr(sending, "COMMIT_S", 0.1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = the_world.found(tmp_path)
    yield made
    made.db.close()
