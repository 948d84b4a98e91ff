"""A database that is locked, a disk without room or without writing: the page says so in words, and nothing is half done."""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway import outbox, room, store
from tests.gateway.bench import Blocker
from tests.web.conftest import Visitor
from tests.web.world import World
from web import data
from web.__main__ import unreadable

Visit = Callable[..., Visitor]


@pytest.fixture
def blocker(world: World) -> Iterator[Blocker]:
    blocker = Blocker(world.path)
    yield blocker
    blocker.close()


def test_a_busy_database_is_said_in_words_and_the_text_still_waits(
    visit: Visit, world: World, blocker: Blocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    rosa = world.draft("Rosa", "+12025550147", "Hi Rosa")
    maya = visit("volunteer")
    maya.get("/send")
    seen = outbox.seen(outbox.load(world.db, rosa))
    monkeypatch.setattr(data, "LOCK_WAIT_S", 0.1)
    blocker.lock()
    answer = maya.post(f"/send/{rosa}/approve", seen=seen)
    assert answer.status_code == 503
    assert "The database is in use" in answer.get_data(as_text=True)
    assert "Try again in a moment" in answer.get_data(as_text=True)
    blocker.free()
    assert world.state(rosa) == "awaiting"
    assert maya.post(f"/send/{rosa}/approve", seen=seen).status_code == 303
    assert world.state(rosa) == "approved"


def test_a_page_that_waited_while_a_backup_was_restored_does_not_send_people_to_buy_a_card(
    visit: Visit, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite calls the file that was replaced "readonly", and the page then said that the card can only be read."""
    maya = visit("volunteer")

    def replaced(path: Path, **more: float) -> None:
        with contextlib.closing(sqlite3.connect(path.with_name("old.db"))) as old:
            old.execute("CREATE TABLE one (a)")
            path.with_name("old.db").unlink()
            old.execute("PRAGMA journal_mode=WAL")

    monkeypatch.setattr(data, "connect", replaced)
    answer = maya.get("/send")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 503
    assert "A backup was put in place" in page
    assert "card" not in page


def test_a_full_disk_is_said_in_words_and_nothing_is_half_done(
    visit: Visit, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's own word for it: no page more than there are."""
    rosa = world.draft("Rosa", "+12025550147", "Hi Rosa")
    maya = visit("volunteer")
    maya.get("/send")
    text = outbox.load(world.db, rosa)
    before = world.db.execute("SELECT count(*) FROM ledger").fetchone()[0]
    connect = store.connect

    def without_room(path: Path, **more: float) -> object:
        db = connect(path, **more)  # type: ignore[arg-type]
        db.execute(f"PRAGMA max_page_count={db.execute('PRAGMA page_count').fetchone()[0]}")
        return db

    monkeypatch.setattr(data, "connect", without_room)
    answer = maya.post(f"/send/{rosa}/edit", seen=outbox.seen(text), text="Où? " * 300)
    assert answer.status_code == 503
    assert "The disk is full" in answer.get_data(as_text=True)
    assert outbox.load(world.db, rosa)["text"] == "Hi Rosa"
    assert world.db.execute("SELECT count(*) FROM ledger").fetchone()[0] == before


def test_every_page_says_that_the_disk_is_full_or_can_only_be_read(
    visit: Visit, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    maya, ted = visit("volunteer"), visit("technician")
    disk = os.statvfs(world.path.parent)

    def says(**changed: int) -> tuple[str, str]:
        names = ("f_bavail", "f_frsize", "f_flag", "f_files", "f_favail")
        fields = {name: getattr(disk, name) for name in names} | changed
        monkeypatch.setattr(os, "statvfs", lambda _folder: type("Disk", (), fields))
        return maya.get("/").get_data(as_text=True), ted.get("/modems").get_data(as_text=True)

    assert "disk" not in says(f_bavail=1_000_000)[0].casefold().split("</header>")[1].replace('id="disk"', "")
    volunteer, technician = says(f_bavail=0)
    assert "The disk is full" in volunteer
    assert "tell your technician" in volunteer
    assert "No room is left" in technician
    assert "textbank.db" in technician, "what takes the room"
    room.keep(world.path)
    assert "The disk is full" not in says(f_bavail=0)[0], "sending goes on while the reserve is there"
    assert "The disk can only be read" in says(f_flag=os.ST_RDONLY)[1]


def test_a_panel_that_another_program_keeps_out_sends_nobody_to_rights_and_disk(tmp_path: Path) -> None:
    """A shell with `PRAGMA locking_mode=EXCLUSIVE` kept it out, and rights and a full disk were to be looked for."""
    path = tmp_path / "textbank.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("CREATE TABLE something (it)")
        with (
            contextlib.closing(sqlite3.connect(path, timeout=0)) as ours,
            pytest.raises(sqlite3.OperationalError) as refused,
        ):
            ours.execute("SELECT * FROM something")
    said = unreadable(path, refused.value)
    assert "is in use by another program" in said
    assert "disk" not in said
