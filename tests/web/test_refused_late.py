"""The disk is full at the COMMIT of what a person does: what they are told is what happened, and pressing it again does it once."""

import io
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from gateway import backup, conversations, listfile, manydrafts, optoutfile, sessions, store
from gateway.cli import cli
from tests.web.conftest import Visitor
from tests.web.world import HELLO, World, modems
from web.taker import Taker

Visit = Callable[..., Visitor]
NOT_KEPT = "What you just pressed was not kept, or not all of it"


class Disk:
    """Full at the COMMIT with this number, and at each one behind it where it stays so; counted by all connections."""

    def __init__(self) -> None:
        self.at, self.stays, self.commits = 0, False, 0

    def execute(self, db: sqlite3.Connection, sql: str, *values: Any) -> sqlite3.Cursor:
        if sql == "COMMIT" and self.at:
            self.commits += 1
            if self.commits == self.at or (self.stays and self.commits > self.at):
                sqlite3.Connection.execute(db, "ROLLBACK")
                raise sqlite3.OperationalError("database or disk is full")
        return sqlite3.Connection.execute(db, sql, *values)

    @contextmanager
    def full(self, at: int = 1, *, stays: bool = False) -> Iterator[None]:
        self.at, self.stays, self.commits = at, stays, 0
        yield
        assert self.commits >= at, "nothing was refused"
        self.at = 0


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk()
    monkeypatch.setattr(store.Connection, "execute", lambda *given: made.execute(*given), raising=False)
    return made


def command(world: World, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--config", str(world.source), *words])


def test_of_several_texts_those_that_were_approved_are_not_called_unchanged(world: World, disk: Disk) -> None:
    world.source.write_text(
        world.source.read_text().replace("[sending]", "[sending]\nallow_cli_approval = true")
    )
    texts = [world.draft(f"P{at}", f"+1202555014{at}", HELLO) for at in range(3)]
    with disk.full(2):
        said = command(world, "approve", *map(str, texts), "--as", "Cleo")
    assert [world.state(text) for text in texts] == ["approved", "awaiting", "awaiting"]
    assert said.exit_code == 1
    assert "Nothing was changed" not in said.output
    assert "This one and those behind it were not approved; those before were." in said.output


def test_a_file_that_was_decided_is_not_to_be_sent_again(world: World, disk: Disk) -> None:
    """It said that nothing was changed; everybody in it was drafted by and by, and once more by whoever sent it again."""
    file = world.source.parent / "texts.csv"
    rows = (f"+1202555{at:04d},Hello from Elm Street Tenants {at}. STOP to end.\n" for at in range(300, 450))
    file.write_text("to,text\n" + "".join(rows))
    decided = False
    for at in range(1, 12):
        with disk.full(at):
            said = command(world, "send", "--csv", str(file))
        assert said.exit_code == 1
        decided = bool(world.db.execute("SELECT 1 FROM setting WHERE key GLOB 'drafting:*'").fetchall())
        assert ("Do not send the file again" in said.output) == decided
        assert ("Nothing was changed" in said.output) != decided
        if decided:
            break
    assert decided
    manydrafts.sweep(world.db, now=store.wall_ms() + 200_000)
    [drafts] = world.db.execute("SELECT count(*) FROM message WHERE state='awaiting'").fetchone()
    assert drafts == 150


def test_what_was_pressed_on_a_full_disk_does_not_seem_to_be_kept(
    world: World, disk: Disk, visit: Visit
) -> None:
    """The page spoke of texts on their way, and that it goes on by itself: a stop and a text taken back seemed to be kept."""
    text = world.draft("Rosa", "+12025550147", HELLO)
    world.approve(text, ago_ms=0)
    maya = visit()
    with disk.full():
        undone = maya.post(f"/send/{text}/undo", act="approve")
    assert (undone.status_code, NOT_KEPT in undone.get_data(as_text=True)) == (503, True)
    with disk.full():
        out = maya.post(f"/inbox/{world.conversation('+12025550147')}/opt-out")
    assert (out.status_code, NOT_KEPT in out.get_data(as_text=True)) == (503, True)


def test_pages_can_be_looked_at_while_nothing_can_be_written(world: World, disk: Disk, visit: Visit) -> None:
    """Once an hour the device's last visit is noted: until there was room again nobody saw a page, nor did who could mend it."""
    ana = visit("admin")
    world.db.execute("UPDATE session SET seen_at=seen_at-7200000")
    with disk.full(stays=True):
        assert [ana.get(page).status_code for page in ("/", "/modems", "/inbox")] == [200, 200, 200]


def test_a_full_disk_is_no_wrong_password(world: World, disk: Disk, visit: Visit) -> None:
    sessions.set_password(world.db, world.users["admin"], "three words are easy")
    someone = visit(None)
    someone.get("/sign-in")
    with disk.full(stays=True):
        codes = {someone.post("/sign-in", name="Ana", password="x").status_code for _ in range(21)}
    assert codes == {503}
    assert someone.post("/sign-in", name="Ana", password="x").status_code == 403


def test_an_erasure_that_was_refused_is_done_by_no_restore(
    world: World, disk: Disk, visit: Visit, tmp_path: Path
) -> None:
    number = "+12025550152"
    world.receive(number, "Hello")
    cleo = visit("coordinator")
    with disk.full():
        assert cleo.post(f"/inbox/{world.conversation(number)}/erase", sure="yes").status_code == 503
    world.receive(number, "My new address is Elm 5")
    made = backup.make(world.path, tmp_path / "b.db", now=store.wall_ms()).path
    world.db.close()
    said = command(world, "restore", str(made), "--yes")
    assert said.exit_code == 0, said.output
    world.db = store.connect(world.path)
    texts = world.db.execute("SELECT text FROM inbound ORDER BY id").fetchall()
    assert [row["text"] for row in texts] == ["Hello", "My new address is Elm 5"]


def test_who_was_erased_is_not_said_to_be_here_still(world: World, disk: Disk) -> None:
    world.receive("+12025550151", "zebra")
    with disk.full(2):
        said = command(world, "erase", "+12025550151", "--yes")
    assert said.exit_code == 0, said.output
    assert "Erased, with 0 texts and 1 answer." in said.output
    assert "the gateway empties it" in said.output
    assert conversations.known_of(world.db, ["+12025550151"]) == {}
    assert world.db.execute("SELECT 1 FROM setting WHERE key='log_to_empty'").fetchone()


def test_a_backup_that_is_in_place_is_not_said_to_be_none(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = backup.make(world.path, tmp_path / "b.db", now=store.wall_ms()).path
    world.receive("+12025550170", "after the backup")
    sync, replace, placed = backup.sync_folder, os.replace, [False]

    def putting(old: str | Path, new: str | Path) -> None:
        replace(old, new)
        placed[0] = placed[0] or str(new) == str(world.path)

    def syncing(folder: Path) -> None:
        if placed[0]:
            raise OSError(5, "Input/output error")
        sync(folder)

    monkeypatch.setattr(backup, "sync_folder", syncing)
    monkeypatch.setattr("gateway.backup.os.replace", putting)
    world.db.close()
    said = command(world, "restore", str(made), "--yes")
    world.db = store.connect(world.path)
    assert said.exit_code == 1
    assert "The backup is in place" in said.output
    assert "The database is as it was" not in said.output


def test_two_things_that_belong_together_are_done_or_not(world: World, disk: Disk, visit: Visit) -> None:
    """A person without a link, whose name was taken at the second press; a balance that was asked for, and its code forgotten."""
    modems(world)
    ana = visit("admin")

    def pressed(path: str, done: str, **form: str) -> None:
        for at in range(1, 9):
            disk.at, disk.stays, disk.commits = at, False, 0
            code = ana.post(path, **form).status_code
            refused, disk.at = disk.commits >= at, 0
            assert (code == 503) == refused == (world.db.execute(done).fetchone() is None)
            if not refused:
                return

    pressed("/people", "SELECT 1 FROM user WHERE name='Nia'", name="Nia", role="volunteer")
    pressed("/modems/north/balance", "SELECT 1 FROM station_request", code="*100#")
    has_one = "SELECT 1 FROM user WHERE name='Ana' AND password_hash IS NOT NULL"
    pressed("/me/password", has_one, password="three words are easy")


def test_a_file_of_stops_that_stands_still_says_so_when_there_is_room(
    world: World, disk: Disk, app: Flask, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even that it stopped could be written: the page said for ever that it goes on by itself."""
    monkeypatch.setattr("web.taker.RETRY_S", 0.05)
    taker: Taker = app.config["TAKER"]
    told: list[str] = []
    say = Taker._say

    def saying(self: Taker, what: str) -> bool:
        done = say(self, what)
        told.append(what)
        if not done and len(told) == 2:
            disk.at = 0  # there is room again
        return done

    monkeypatch.setattr(Taker, "_say", saying)
    upload = listfile.keep(io.BytesIO(b"Phone\n+12025550147\n+12025550148\n"), world.path)
    by, now = world.users["coordinator"], store.wall_ms()
    made = optoutfile.bring(
        world.db, upload, name="stops.csv", region="US", database=world.path, by=by, now=now
    )
    disk.at, disk.stays, disk.commits = 1, True, 0
    taker.ring()
    taker.wait(60)
    row = world.db.execute("SELECT state, trouble FROM contact_list WHERE id=?", [made]).fetchone()
    assert (row["state"], "press Go on" in (row["trouble"] or "")) == ("taking", True)
    assert len(told) == 3
