"""What every promise about the database rests on."""

import contextlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from gateway import store


def test_opening_another_connection_leaves_the_locks_of_the_first_in_place(
    path: Path, db: sqlite3.Connection
) -> None:
    """POSIX drops all locks of a process on a file when it closes any descriptor of it: another process then believed
    itself alone, removed the write-ahead log under us and corrupted the database.
    """
    db.execute("INSERT INTO setting VALUES ('kept', '1')")
    log = Path(f"{path}-wal").stat().st_ino
    store.connect(path).close()
    script = f"import sqlite3; db = sqlite3.connect({str(path)!r}); db.execute('SELECT * FROM setting').fetchall(); db.close()"
    subprocess.run([sys.executable, "-c", script], check=True)
    assert Path(f"{path}-wal").stat().st_ino == log


def test_opening_another_connection_leaves_the_locks_of_the_one_that_made_the_file(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    with contextlib.closing(store.connect(path)) as db:
        db.execute("CREATE TABLE kept (what)")
        store.connect(path).close()
        assert f":{path.stat().st_ino} " in Path("/proc/locks").read_text()


def test_a_path_that_leads_nowhere_is_told_in_sqlites_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        store.connect(tmp_path / "file" / "textbank.db")


def test_a_failed_write_leaves_nothing_and_an_inner_one_belongs_to_the_outer(db: sqlite3.Connection) -> None:
    with pytest.raises(ZeroDivisionError), store.write(db):  # noqa: PT012
        with store.write(db):
            db.execute("INSERT INTO setting VALUES ('inner', '1')")
        raise ZeroDivisionError
    assert db.execute("SELECT count(*) FROM setting").fetchone()[0] == 0


def test_only_full_commits_and_those_synced_after_are_promised_to_survive_a_power_cut(
    db: sqlite3.Connection, path: Path
) -> None:
    with store.relaxed(db), store.write(db):
        db.execute("INSERT INTO setting VALUES ('a', '1')")
        assert db.execute("PRAGMA synchronous").fetchone()[0] == 1
    assert db.execute("PRAGMA synchronous").fetchone()[0] == 2
    store.sync(path)


def test_a_file_that_is_no_database_is_not_left_open(path: Path) -> None:
    """While somebody looks at what went wrong; a Python that warns of what was never closed ended the tests there."""
    path.write_bytes(b"a shopping list, " * 100)
    with pytest.raises(sqlite3.DatabaseError) as held:
        store.connect(path)
    assert held.tb is not None
    assert path not in [Path(f"/proc/self/fd/{fd}").resolve() for fd in os.listdir("/proc/self/fd")]
