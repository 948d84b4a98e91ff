"""Which backup is named when the database is damaged: the one that had come furthest, whatever the clock says now or said then."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from gateway import backup, conversations, damage, outbox, store
from tests import blank
from tests.simulated import RULES

NOW = 1_795_000_000_000


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "textbank.db"
    blank.database(path).close()
    return path


def happened(db: sqlite3.Connection) -> None:
    """Somebody writes a text."""
    outbox.draft(
        db, "+12025550123", "Hi", kind="first", key=None, channel="cli", by=None, rules=RULES, now=NOW
    )


def test_a_backup_of_a_night_on_which_the_clock_was_ahead_is_not_the_newest_for_ever(
    database: Path, tmp_path: Path
) -> None:
    """Its name says 2035: weeks later the page still told people to go back to that night."""
    ahead = backup.make(database, tmp_path, now=NOW + 9 * 365 * 86_400_000).path
    assert damage.newest_backup([tmp_path], database) == ahead, "better than none"
    since = backup.make(database, tmp_path, now=NOW + 1000).path
    assert damage.newest_backup([tmp_path], database) == since


def test_on_a_box_that_starts_two_months_back_the_newest_backup_is_still_the_newest(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Pi without a time server since then, after a power cut: the page told people to go back to the month before."""
    two_months = 60 * 86_400_000
    backup.make(database, tmp_path, now=NOW - two_months - 86_400_000)
    with contextlib.closing(store.connect(database)) as db:
        happened(db)
    newest = backup.make(database, tmp_path, now=NOW).path
    monkeypatch.setattr(damage, "wall_ms", lambda: NOW - two_months)
    assert damage.newest_backup([tmp_path], database) == newest


def test_another_groups_backup_on_the_same_stick_is_not_named(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stick, theirs = tmp_path / "stick", tmp_path / "theirs" / "textbank.db"
    for folder in (stick, theirs.parent):
        folder.mkdir()
    blank.database(theirs).close()
    for path in (database, theirs):
        with contextlib.closing(store.connect(path)) as db:
            conversations.number_key(db, "+12025550123")
            happened(db)
    ours = backup.make(database, stick, now=NOW).path
    backup.make(theirs, stick, now=NOW + 1000)
    looked_through = list[Path]()
    monkeypatch.setattr(backup, "check", looked_through.append)
    assert damage.newest_backup([stick], database) == ours
    assert looked_through == [ours], "hundreds of theirs would take a quarter of an hour"


def test_the_newest_backup_that_is_whole_is_named_and_a_damaged_one_is_passed_over(
    database: Path, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    good = backup.make(database, stick, now=NOW).path
    bad = backup.make(database, tmp_path, now=NOW + 86_400_000).path
    bad.write_bytes(bad.read_bytes()[: bad.stat().st_size // 2])
    assert damage.newest_backup([tmp_path, stick, tmp_path / "not there"], database) == good
