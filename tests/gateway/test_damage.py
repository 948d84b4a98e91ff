"""A damaged database is found, nothing of it is destroyed, and people are told which one command helps."""

import contextlib
import errno
import os
import shutil
import socket
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway import backup, damage, lock, people, schema, store
from gateway.daemon import Worker
from gateway.errors import Refused
from gateway.lock import Hold
from gateway.schedule import Housekeeper
from gateway.station import Station
from hardware.link import SystemClock
from tests.simulated import RULES

NOW = 1_795_000_000_000
Break = Callable[[Path], None]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database as a clean end leaves it: one file, with some thousand people in it."""
    path = tmp_path / "textbank.db"
    with contextlib.closing(store.connect(path)) as db:
        schema.migrate(db)
        with store.write(db):
            for number in range(2000):
                people.create(db, f"Volunteer {number}", "volunteer", now=NOW)
    return path


def _patch(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


def _flipped(path: Path) -> None:
    content = path.read_bytes()
    at = (
        content.index(b"Volunteer 1000") // store.PAGE_BYTES * store.PAGE_BYTES
    )  # the page of a table that holds it
    _patch(path, at, bytes(byte ^ 0xFF for byte in content[at : at + 64]))


def _truncated(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def _page_1(path: Path) -> None:
    _patch(path, 0, bytes(store.PAGE_BYTES))


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _foreign(path: Path) -> None:
    path.unlink()
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE recipe (name TEXT)")
        db.commit()


def _words(path: Path) -> None:
    path.write_text("Milk, bread, apples. " * 200)


def _lost(path: Path) -> None:
    path.unlink()
    Path(f"{path}-wal").write_bytes(b"the log of what was done" * 100)


KINDS = [
    pytest.param(_flipped, "it showed", id="bytes flipped in a table"),
    pytest.param(_truncated, "malformed", id="truncated"),
    pytest.param(_page_1, "not a database", id="page 1 is zeros"),
    pytest.param(_empty, "0 bytes", id="empty"),
    pytest.param(_foreign, "another program", id="another program's"),
    pytest.param(_words, "not a database", id="a shopping list"),
    pytest.param(_lost, "is not there, though textbank.db-wal is", id="gone, its log is here"),
]


def _content(folder: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.suffix not in (".damaged", ".lock", ".acts")
    }


@pytest.mark.parametrize(("harm", "evidence"), KINDS)
def test_after_a_cut_the_start_finds_it_changes_nothing_and_a_restore_mends_it(
    database: Path, tmp_path: Path, harm: Break, evidence: str
) -> None:
    good = backup.make(database, tmp_path, now=NOW).path
    harm(database)
    before = _content(tmp_path)

    assert not damage.fit_to_start(database, Hold(unclean=True), now=NOW)

    found = damage.seen(database)
    assert found is not None
    assert evidence in found.evidence
    assert {name: content for name, content in _content(tmp_path).items() if name in before} == before
    assert damage.newest_backup([tmp_path], database) == good
    done = backup.restore(good, database, now=NOW)
    assert done.set_aside is not None
    assert done.set_aside.read_bytes() in before.values()
    assert damage.seen(database) is None
    assert damage.fit_to_start(database, Hold(unclean=True), now=NOW)


class Killed(BaseException):
    """The power goes."""


@pytest.mark.parametrize("end", [Killed(), OSError(28, "No space left on device")])
def test_a_restore_that_ends_behind_the_log_and_before_the_file_loses_no_commit(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: BaseException
) -> None:
    """What the log held was set aside, the file was whole without it, and the gateway went on as if nothing of that had happened."""
    good = backup.make(database, tmp_path, now=NOW).path
    (folder := tmp_path / "killed").mkdir()
    killed = folder / database.name
    with contextlib.closing(store.connect(database)) as db:
        people.create(db, "Last", "volunteer", now=NOW)
        for suffix in ("", damage.LOG):
            shutil.copy(f"{database}{suffix}", f"{killed}{suffix}")
    damage.note(killed, "A page could not be read.", now=NOW)

    def ends(*names: object) -> None:
        raise end

    with monkeypatch.context() as patched:
        patched.setattr(backup.os, "replace", ends)
        if isinstance(end, Killed):
            patched.setattr(backup, "take_back", lambda _: None)
        with pytest.raises((Killed, OSError, Refused)):
            backup.restore(good, killed, now=NOW)

    assert damage.fit_to_start(killed, Hold(unclean=True), now=NOW)
    with contextlib.closing(store.connect(killed)) as db:
        assert "Last" in {row["name"] for row in db.execute("SELECT name FROM user")}
    assert not list(folder.glob("*before-restore*"))


def test_the_copy_of_a_restore_that_was_killed_goes_with_the_next_start(database: Path) -> None:
    """Hidden beside the database it kept everybody, also whoever was erased since."""
    copy = database.with_name(f".{database.name}.restoring")
    for left in (copy, Path(f"{copy}-wal")):
        left.write_bytes(b"+12025550123")
    assert damage.fit_to_start(database, Hold(unclean=False), now=NOW)
    assert not list(database.parent.glob(".*"))


def test_a_log_that_was_cut_gives_what_was_committed_before_the_cut(database: Path, tmp_path: Path) -> None:
    other = tmp_path / "cut"
    other.mkdir()
    with contextlib.closing(store.connect(database)) as db:
        people.create(db, "First", "volunteer", now=NOW)
        size = Path(f"{database}-wal").stat().st_size
        people.create(db, "Second", "volunteer", now=NOW)
        for name in ("textbank.db", "textbank.db-wal"):
            shutil.copy(tmp_path / name, other / name)
    with Path(f"{other / database.name}-wal").open("r+b") as log:
        log.truncate(size + 700)
    assert damage.fit_to_start(other / database.name, Hold(unclean=True), now=NOW)
    with contextlib.closing(store.connect(other / database.name)) as db:
        names = [row["name"] for row in db.execute("SELECT name FROM user ORDER BY id DESC LIMIT 1")]
    assert names == ["First"]


def test_after_a_clean_end_only_what_costs_nothing_is_looked_at(database: Path) -> None:
    _flipped(database)
    with lock.gateway(database) as hold:
        assert not hold.unclean
        assert damage.fit_to_start(database, hold, now=NOW)


def test_a_holder_that_died_is_known_to_the_next_until_somebody_looked(database: Path) -> None:
    Path(f"{database}.lock").write_text("4711\n")  # as a process that was killed leaves it
    with lock.gateway(database) as hold:
        assert hold.unclean
    with lock.gateway(database) as hold:
        assert hold.unclean, "taken meanwhile by a command that did not look"
        assert damage.fit_to_start(database, hold, now=NOW)
    with lock.gateway(database) as hold:
        assert not hold.unclean


def test_the_stick_with_the_newest_backup_may_be_pulled_out_before_somebody_reads_of_it(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page was "Something broke here", and the gateway that waited for the restore ended."""
    stick = database.parent / "stick"
    stick.mkdir()
    saved = backup.make(database, stick, now=1).path
    found = damage.note(database, "x", now=1, backup=damage.newest_backup([stick], database))
    assert str(saved) in damage.told(database, found).next

    def stat(self: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        raise OSError(errno.EIO, "Input/output error", str(self))

    monkeypatch.setattr(Path, "stat", stat)
    monkeypatch.setattr(os, "stat", stat)
    assert "Plug in the stick" in damage.told(database, found).next
    with pytest.raises(Refused, match="There is no file"):
        backup.check(saved)


def test_what_was_said_to_be_damaged_and_is_whole_goes_on(database: Path) -> None:
    """A reader that fails once, a file put back by hand: the whole is read, then nobody is held up."""
    damage.note(database, "It looked so.", now=NOW)
    assert damage.fit_to_start(database, Hold(unclean=False), now=NOW)
    assert damage.seen(database) is None


def test_the_first_evidence_stays_and_a_note_that_was_cut_still_counts(database: Path) -> None:
    damage.note(database, "First.", now=NOW)
    damage.note(database, "Second.", now=NOW + 1, backup=database)
    assert damage.seen(database) == damage.Damage(NOW, "First.", database)
    Path(f"{database}.damaged").write_text('{"at": 17')
    assert damage.seen(database) == damage.Damage(0, "")


def test_only_what_says_that_the_file_is_damaged_counts_as_damage(database: Path) -> None:
    with contextlib.closing(store.connect(database, timeout_s=0.01)) as db:
        for statement in ("SELECT nothing", "INSERT INTO user (name) VALUES (NULL)"):
            with pytest.raises(sqlite3.Error) as refused:
                db.execute(statement)
            assert not damage.note_if(database, refused.value, now=NOW)
    assert damage.seen(database) is None


def test_a_lost_database_is_not_made_anew_while_its_log_is_here(database: Path) -> None:
    """SQLite takes a file without content for a new database, and deletes the log beside it."""
    _lost(database)
    assert store.log_without_file(database)
    _empty(database)
    assert store.log_without_file(database)
    Path(f"{database}-wal").unlink()
    assert not store.log_without_file(database)


def test_the_wait_for_a_restore_ends_with_the_program(database: Path) -> None:
    damage.note(database, "It looked so.", now=NOW)
    ending, end = socket.socketpair()
    with contextlib.closing(ending), contextlib.closing(end):
        end.send(b".")
        damage.await_restore(database, [database.parent], ending)
    assert damage.seen(database) is not None


def test_what_was_restored_while_the_backups_were_read_is_not_damaged_again(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That takes minutes on a small machine; then the gateway noted the damage anew, and waited for a second restore."""
    damage.note(database, "It looked so.", now=NOW)
    monkeypatch.setattr(damage, "newest_backup", lambda *_: damage.mended(database))
    ending, end = socket.socketpair()
    with contextlib.closing(ending), contextlib.closing(end):
        end.send(b".")  # else it would wait for ever
        damage.await_restore(database, [database.parent], ending)
    assert damage.seen(database) is None


def test_the_gateway_that_waits_begins_when_the_restore_has_let_go(database: Path) -> None:
    """It looked between the restore's last act and its end, took it for another gateway, and ended for good."""
    damage.note(database, "It looked so.", now=NOW)
    ending, end = socket.socketpair()
    waits = threading.Thread(target=damage.await_restore, args=(database, [database.parent], ending))
    with contextlib.closing(ending), contextlib.closing(end):
        with lock.gateway(database):
            waits.start()
            damage.mended(database)
            waits.join(2 * damage.GLANCE_S)
            assert waits.is_alive()
        waits.join(10)
        assert not waits.is_alive()


def test_a_file_that_took_the_databases_place_is_not_called_damaged(database: Path) -> None:
    """It may be whole, and whoever moved it there looked for what had broken it."""
    damage.note_if_other(database, (0, 0), now=NOW)
    found = damage.seen(database)
    assert found is not None
    assert "damaged" not in str(damage.told(database, found))


@pytest.mark.parametrize("harm", [_flipped, _page_1])
def test_a_backup_that_turns_out_damaged_shows_that_the_database_is(
    database: Path, tmp_path: Path, harm: Break
) -> None:
    """The daily backup reads everything, and so finds what no start after a clean end looks for. Of what cannot even be copied it said
    that the stick may not take so large a file.
    """
    harm(database)
    with pytest.raises(Refused, match="The database is damaged"):
        backup.make(database, tmp_path, now=NOW)
    assert damage.seen(database) is not None
    assert not list(tmp_path.glob(damage.BACKUPS))


def test_a_station_that_meets_damage_notes_it_and_ends(database: Path) -> None:
    def open_it() -> Station:
        store.connect(database).close()
        raise AssertionError("it could be opened")

    _page_1(database)
    worker = Worker("north", database, open_it, SystemClock())
    worker.start()
    assert worker.join(10), "it is not started again and again"
    assert damage.seen(database) is not None


@pytest.mark.parametrize("who", ["station", "housekeeping"])
def test_what_still_reads_the_file_that_was_replaced_says_nothing_of_the_new_one(
    database: Path, tmp_path: Path, who: str
) -> None:
    """It ended after the restore: a station that awaits an answer, a round of a minute. Then a second restore was waited for."""
    good = tmp_path / "good.db"
    shutil.copy(database, good)
    _page_1(database)

    def meets() -> Station:
        with contextlib.closing(sqlite3.connect(database)) as db:
            db.execute("SELECT 1").fetchone()
            good.replace(database)
            db.execute("SELECT * FROM user").fetchone()
        raise AssertionError("it could be read")

    if who == "station":
        worker = Worker("north", database, meets, SystemClock())
        worker.start()
        assert worker.join(10)
    else:
        Housekeeper(database, RULES, SystemClock())._noting_damage(meets)
    assert damage.seen(database) is None


def test_housekeeping_that_meets_damage_notes_it(database: Path) -> None:
    _page_1(database)
    housekeeper = Housekeeper(database, RULES, SystemClock())
    housekeeper._noting_damage(housekeeper._round)
    assert damage.seen(database) is not None


def test_where_nothing_can_be_noted_this_process_knows_all_the_same(database: Path) -> None:
    Path(f"{database}.damaged.part").mkdir()  # as good as a folder that cannot be written
    damage.note(database, "It looked so.", now=NOW)
    assert damage.seen(database) == damage.Damage(NOW, "It looked so.")
    damage.mended(database)
    assert damage.seen(database) is None


def test_what_could_not_be_noted_is_noted_when_it_can_be_and_ends_with_a_restore_by_another_process(
    database: Path, tmp_path: Path
) -> None:
    """On a full card the gateway alone knew of it, and waited for ever: the restore had no note to take away."""
    in_the_way = Path(f"{database}.damaged.part")
    in_the_way.mkdir()
    damage.note(database, "It looked so.", now=NOW)
    ending, end = socket.socketpair()
    waits = threading.Thread(target=damage.await_restore, args=(database, [], ending))
    with contextlib.closing(ending), contextlib.closing(end):
        waits.start()
        in_the_way.rmdir()
        deadline = time.monotonic() + 10
        while not Path(f"{database}.damaged").exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        Path(f"{database}.damaged").unlink()
        waits.join(10)
        assert not waits.is_alive()
    in_the_way.mkdir()
    damage.note(database, "It looked so.", now=NOW)
    shutil.copy(database, tmp_path / "restored")
    (tmp_path / "restored").replace(database)
    assert damage.seen(database) is None


def test_a_backup_of_a_lost_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused):
        backup.make(tmp_path / "textbank.db", tmp_path, now=NOW)
