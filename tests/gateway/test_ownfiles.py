"""The database's own files, looked at by the gateway that works with them."""

import contextlib
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gateway import damage, people, schema, store
from gateway.lock import Hold
from gateway.ownfiles import OwnFiles

NOW = 1_795_000_000_000
PANEL = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('SELECT 1 FROM user'); print(); input()"
READER = (
    "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None); db.execute('BEGIN'); db.execute('SELECT 1 FROM user').fetchall(); "
    "print(flush=True); input()"
)
WRITER = (
    "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], isolation_level=None); db.execute('SELECT 1 FROM user').fetchall(); print(flush=True); "
    "input(); db.execute(\"INSERT INTO user (name, role, created_at) VALUES ('Luis', 'volunteer', 0)\")"
)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "textbank.db"
    with contextlib.closing(store.connect(path)) as db:
        schema.migrate(db)
    return path


def test_a_log_that_was_deleted_is_brought_in_also_when_the_panel_met_it_first(database: Path) -> None:
    """What the page noted between two looks kept the gateway from looking, and what people had approved went with its end."""
    own = OwnFiles(database, Hold(unclean=False))
    with contextlib.closing(store.connect(database)) as db:
        people.create(db, "Vera", "volunteer", now=NOW)
        for suffix in ("-wal", "-shm"):
            Path(f"{database}{suffix}").unlink()
        panel = subprocess.Popen(
            [sys.executable, "-c", PANEL, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert panel.stdout is not None
        panel.stdout.readline()
        damage.note(database, 'Reading it failed: "database disk image is malformed".', now=NOW)
        own.look()
    own.close()
    panel.communicate(b"\n", timeout=30)
    with contextlib.closing(store.connect(database)) as db:
        assert [row["name"] for row in db.execute("SELECT name FROM user")] == ["Vera"]


def test_what_is_written_while_the_gateway_ends_is_brought_in_with_the_log_that_was_deleted(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A round of the housekeeping, and a station that waits for its modem, may outlast the end: an answer would be lost."""
    own = OwnFiles(database, Hold(unclean=False))
    began, ends = threading.Event(), threading.Event()
    opened_here = OwnFiles._opened_here

    def asked_who_writes(own: OwnFiles) -> int:
        found = opened_here(own)
        ends.set()
        return found

    def write_late() -> None:
        with contextlib.closing(store.connect(database)) as db:
            people.create(db, "Vera", "volunteer", now=NOW)
            began.set()
            ends.wait(10)
            people.create(db, "Luis", "volunteer", now=NOW)

    monkeypatch.setattr(OwnFiles, "_opened_here", asked_who_writes)
    late = threading.Thread(target=write_late)
    late.start()
    began.wait()
    for suffix in ("-wal", "-shm"):
        Path(f"{database}{suffix}").unlink()
    own.look()
    own.close()
    with contextlib.closing(store.connect(database)) as db:
        assert [row["name"] for row in db.execute("SELECT name FROM user ORDER BY id")] == ["Vera", "Luis"]
    late.join()


def test_what_the_panel_still_writes_to_the_log_that_was_deleted_is_waited_for(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was lost; and a list that was being taken was brought into the database over what the gateway had written since."""
    own = OwnFiles(database, Hold(unclean=False))
    with contextlib.closing(store.connect(database)) as db:
        people.create(db, "Vera", "volunteer", now=NOW)
    command = [sys.executable, "-c", WRITER, str(database)]
    panel = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert panel.stdout is not None
    panel.stdout.readline()
    for suffix in ("-wal", "-shm"):
        Path(f"{database}{suffix}").unlink()
    own.look()
    opened_elsewhere = OwnFiles._opened_elsewhere

    def asked_who_else(own: OwnFiles) -> bool:
        found = opened_elsewhere(own)
        if found:
            panel.communicate(b"\n", timeout=30)
        return found

    monkeypatch.setattr(OwnFiles, "_opened_elsewhere", asked_who_else)
    own.close()
    panel.kill()
    panel.wait(30)
    said = damage.seen(database)  # not to restore a backup meanwhile
    assert said is not None
    assert (said.evidence, said.awaited) == ("others still work with it", True)
    with contextlib.closing(store.connect(database)) as db:
        assert [row["name"] for row in db.execute("SELECT name FROM user ORDER BY id")] == ["Vera", "Luis"]


def test_on_a_full_card_a_log_that_was_deleted_is_brought_in_as_soon_as_there_is_room(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever makes room takes it for something temporary: who had stopped went with it, and nothing but a restore helped."""
    monkeypatch.setattr("gateway.ownfiles.AGAIN_LATER_S", 0.01)
    own = OwnFiles(database, Hold(unclean=False), lambda: False)
    with contextlib.closing(store.connect(database)) as db:
        people.create(db, "Vera", "volunteer", now=NOW)
        for suffix in ("-wal", "-shm"):
            Path(f"{database}{suffix}").unlink()
        own.look()
    asked = iter((True, True, False))
    really, full, told = own.db, sqlite3.OperationalError("database or disk is full"), ""

    class Card:
        close = really.close

        def execute(self, statement: str) -> sqlite3.Cursor:
            nonlocal told
            if next(asked):
                raise full
            if (found := damage.seen(database)) is not None:
                told = str(damage.told(database, found))
            return really.execute(statement)

    monkeypatch.setattr(own, "db", Card())
    own.close()
    # Every page said to restore a backup; that is refused with “Stop the other one first”, and what was kept went with it.
    assert "Do not stop Textbank before, and restore nothing" in told
    assert own.log_is_gone  # and everything begins anew
    with contextlib.closing(store.connect(database)) as db:
        assert [row["name"] for row in db.execute("SELECT name FROM user")] == ["Vera"]


def test_a_log_that_was_deleted_during_a_backup_is_brought_in_behind_it(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy to a slow stick reads for minutes; the database was said to be another one, which nothing but a restore ends."""
    monkeypatch.setattr("gateway.ownfiles.LET_GO_S", 0.1)
    own = OwnFiles(database, Hold(unclean=False), lambda: False)
    own.db.execute("PRAGMA busy_timeout=100")
    command = [sys.executable, "-c", READER, str(database)]
    copy = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert copy.stdout is not None
    copy.stdout.readline()
    with contextlib.closing(store.connect(database)) as db:
        people.create(db, "Vera", "volunteer", now=NOW)
        for suffix in ("-wal", "-shm"):
            Path(f"{database}{suffix}").unlink()
        own.look()
    ending = threading.Timer(1.0, copy.communicate, [b"\n", 30])
    ending.start()
    own.close()
    ending.join()
    assert own.log_is_gone  # and everything begins anew
    with contextlib.closing(store.connect(database)) as db:
        assert [row["name"] for row in db.execute("SELECT name FROM user")] == ["Vera"]


def test_what_is_awaited_is_said_until_that_fails(database: Path) -> None:
    damage.note(database, "Its log was deleted.", now=NOW)
    found = damage.note(database, "database or disk is full", now=NOW, awaited=True)
    assert damage.seen(database) == found
    damage.note(database, "Its log was deleted.", now=NOW, other=True)
    assert damage.seen(database) == damage.Damage(NOW, "Its log was deleted.", other=True)
