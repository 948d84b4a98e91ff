"""A restore while the panel is up, and idle: it has no connection open, and makes one with the next tap."""

import contextlib
import os
import sqlite3
from pathlib import Path

import pytest

from gateway import arrivals, backup, conversations, given, lock, optouts, restoring, runs, store
from gateway.arrivals import Received
from gateway.rules import Rules
from tests.gateway.conftest import ADA, LUIS, NOON, Desk, Room
from tests.gateway.test_arrivals import SEEN, deliver

HOUR = 3_600_000
A_MOMENT_S = 0.05


@pytest.fixture
def saved(path: Path, desk: Desk, tmp_path: Path) -> Path:
    """A backup in which Ada waits for her text; then nobody has the database open."""
    desk.draft(ADA)
    made = backup.make(path, tmp_path / "saved.db", now=NOON)
    desk.db.close()
    return made.path


def is_out(path: Path) -> bool:
    with contextlib.closing(store.connect(path)) as db:
        return conversations.open_opt_out(db, ADA) is not None


def test_a_stop_that_a_volunteer_taps_while_a_restore_copies_is_not_lost(
    path: Path, room: Room, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was committed into the file that was then replaced, after the restore had read who stopped: Ada was texted again."""
    begin, tapped = restoring.begin_again, []

    def copies(*args: object, **kwargs: object) -> restoring.Counts:
        counts = begin(*args, **kwargs)  # type: ignore[arg-type]
        with (
            contextlib.suppress(sqlite3.OperationalError),
            contextlib.closing(store.connect(path, timeout_s=A_MOMENT_S)) as db,
        ):
            ada = conversations.ensure(db, ADA, now=NOON + 1)
            tapped.append(
                optouts.opt_out(db, ada, source="volunteer", by=room.volunteer, reason="", now=NOON + 1)
            )
        return counts

    monkeypatch.setattr(backup.restoring, "begin_again", copies)
    backup.restore(saved, path, now=NOON + HOUR)
    assert is_out(path) == bool(tapped), "a volunteer saw that Ada is out"


def test_nobody_writes_into_the_replaced_file_nor_leaves_a_log_beside_the_new_one(
    path: Path, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page opened the old file just before another was put in its place, and wrote just after."""
    replace, opened = os.replace, []

    def replaced(old: Path, new: Path) -> None:
        if new == path:
            opened.append(sqlite3.connect(path, timeout=A_MOMENT_S, isolation_level=None))
            with contextlib.suppress(sqlite3.OperationalError):
                opened[0].execute("PRAGMA journal_mode=WAL")
        replace(old, new)

    monkeypatch.setattr(backup.os, "replace", replaced)
    backup.restore(saved, path, now=NOON + HOUR)
    with contextlib.closing(opened[0]) as late:
        with contextlib.suppress(sqlite3.OperationalError):
            late.execute("PRAGMA journal_mode=WAL")
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            late.execute("INSERT INTO setting (key, value) VALUES ('written', 'into nothing')")
    assert not Path(f"{path}-wal").exists()
    with contextlib.closing(store.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert db.execute("SELECT 1 FROM setting WHERE key='restored'").fetchone()


@pytest.mark.parametrize("damaged", [False, True])
def test_no_number_that_was_given_since_the_backup_is_given_to_anybody_else(
    path: Path, room: Room, rules: Rules, saved: Path, damaged: bool
) -> None:
    """What a volunteer had half typed to Luis, who had come since the backup, stood below the words of whoever wrote next after it;
    `textbank approve` with the number of a text of then approved another's; and a program that asks for `textbank inbox` had seen the next one.
    """
    earlier = set[tuple[str, int]]()
    for hour in (1, 2, 3):  # the same backup, again and again
        with lock.gateway(path) as hold, contextlib.closing(store.connect(path)) as db:
            runs.count(db, hold)
            Desk(db, room, rules).draft(LUIS)
            arrivals.keep(db, [Received(*deliver("Yes", LUIS))], SEEN, rules, now=NOON)
            newest = {
                (table, db.execute(f"SELECT max(id) FROM {table}").fetchone()[0])
                for table in ("conversation", "message", "inbound")
            }
        assert not newest & earlier
        earlier |= newest
        if damaged:
            path.write_bytes(b"")
        backup.restore(saved, path, now=NOON + hour * HOUR)
    assert (max(number for _, number in earlier) > given.SINCE) == damaged
