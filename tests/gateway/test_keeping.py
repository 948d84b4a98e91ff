"""Backups by themselves: when, where to, what is never deleted, what people are told."""

import contextlib
import errno
import os
import shutil
import sqlite3
import threading
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest

from gateway import backup, carried, keeping, schema, store
from gateway.errors import Refused
from gateway.keeping import Plan
from gateway.rotation import Rotation
from tests.gateway.conftest import ADA, NOON, Desk

DAY = 24 * 3_600_000
NIGHT = NOON + 16 * 3_600_000  # 4 in the morning in New York
ROTATION = Rotation(time(3, 30), 2, 0, 0, "America/New_York")


@pytest.fixture
def plan(path: Path, desk: Desk) -> Plan:
    """Backups beside the database, the newest of two days."""
    desk.draft()
    return Plan(path, path.parent / "backups", ROTATION)


def names(plan: Plan) -> list[str]:
    assert plan.folder is not None
    return sorted(path.name for path in plan.folder.iterdir() if not path.match(carried.COPIES))


def test_the_first_night_makes_the_first_one_and_no_night_two(plan: Plan, db: sqlite3.Connection) -> None:
    assert not keeping.turn(plan, now=NOON), "the first start alone makes none"
    assert keeping.turn(plan, now=NIGHT)
    assert not keeping.turn(plan, now=NIGHT + 60_000)
    known = keeping.state(db)
    assert (known.made_at, known.trouble) == (NIGHT, "")
    backup.check(Path(known.file))
    assert Path(known.file).stat().st_mode & 0o77 == 0
    assert plan.folder is not None
    assert plan.folder.stat().st_mode & 0o77 == 0


def test_one_that_is_asked_for_is_made_at_once(plan: Plan, db: sqlite3.Connection) -> None:
    keeping.turn(plan, now=NOON)
    keeping.ask(db, now=NOON)
    assert keeping.turn(plan, now=NOON + 1000)
    assert not keeping.asked(db)
    assert len(names(plan)) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_backs_up_keeps_no_later_backup_from_being_made(plan: Plan, stick: Path) -> None:
    """After one `sudo textbank backup` the gateway could not read the copy of the journal there: it made no backup any more."""
    os.chown(plan.database, 12345, 12345)
    assert plan.folder is not None
    for folder in (plan.folder, stick):
        keeping.make(replace(plan, folder=folder), now=NIGHT)
    made = [*plan.folder.iterdir(), *stick.iterdir()]
    assert len(made) == 4
    assert {path.stat().st_uid for path in (plan.folder, *made)} == {12345}


@pytest.mark.parametrize("number", [errno.EPERM, errno.EINVAL, errno.EOPNOTSUPP])
def test_what_root_backs_up_is_whole_where_no_file_can_be_given_away(
    plan: Plan, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A folder of another machine that does not know the gateway's user by name (NFSv4: "Invalid argument") took none any more."""

    def refuse(*_names: object, **_more: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", refuse)
    assert keeping.make(plan, now=NIGHT).path.exists()


def test_a_backup_for_a_stick_that_is_not_mounted_is_said_to_be_on_the_card(
    path: Path, desk: Desk, stick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`textbank backup /media/stick` said "read back and whole", and an empty stick was carried away."""
    monkeypatch.setattr(keeping, "STICKS", (str(tmp_path / "media"), str(stick)))
    (tmp_path / "media" / "stick").mkdir(parents=True)
    here = backup.make(path, tmp_path / "media" / "stick", now=NOON).path
    there = backup.make(path, stick, now=NOON).path
    beside = backup.make(path, tmp_path / "by hand.db", now=NOON).path
    assert "No stick is mounted" in keeping.on_the_card(path, here)
    assert [keeping.on_the_card(path, made) for made in (there, beside)] == ["", ""]
    on_the_system = here.stat().st_dev == Path("/").stat().st_dev
    assert bool(keeping.on_the_card(stick / "textbank.db", here)) is on_the_system, (
        "the database has a disk of its own"
    )


def test_old_ones_go_and_what_is_not_ours_stays(plan: Plan, tmp_path: Path) -> None:
    assert plan.folder is not None
    plan.folder.mkdir()
    foreign = tmp_path / "foreign.db"
    with contextlib.closing(store.connect(foreign)) as other:
        schema.migrate(other)
        other.execute("INSERT INTO setting VALUES ('number_key', 'ff')")
    made = backup.make(foreign, plan.folder, now=NOON - 300 * DAY).path
    letter = plan.folder / "textbank-letter.db"
    letter.write_text("dear")
    broken = plan.folder / "textbank-20250101T000000Z-0123456789abcdef.db"
    broken.write_text("who knows whose")
    for night in range(5):
        keeping.make(plan, now=NOON + night * DAY)
    ours = set(names(plan)) - {made.name, letter.name, broken.name}
    assert {made.name, letter.name, broken.name} <= set(names(plan))
    assert [name[9:17] for name in sorted(ours)] == ["20261127", "20261128"]


def test_without_room_the_oldest_go_and_the_newest_whole_one_never(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = Plan(plan.database, plan.folder, Rotation(time(3, 30), 9, 0, 0, "America/New_York"))
    made = [keeping.make(wide, now=NOON + night * DAY).path for night in range(4)]
    made[3] = made[3].rename(
        made[3].with_name("textbank-20261127T170000Z-0123456789abcdef.db")
    )  # not what it says
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(Refused, match="no room"):
        keeping.make(wide, now=NOON + 4 * DAY)
    assert [path.exists() for path in made] == [False, False, True, False]


def test_backups_of_nights_on_which_the_clock_was_ahead_take_nobodys_place(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the last days none was kept any more, and on a full stick the last that was left was years old."""
    ahead = [keeping.make(plan, now=NOON + (3650 + night) * DAY).path for night in range(2)]
    made = [keeping.make(plan, now=NOON + night * DAY).path for night in range(4)]
    assert [path.exists() for path in made] == [False, False, True, True]
    behind = keeping.make(plan, now=DAY).path
    assert all(path.exists() for path in (*ahead, *made[2:], behind))
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(Refused, match="no room"):
        keeping.make(plan, now=NOON + 4 * DAY)
    assert [path.exists() for path in (*ahead, *made[2:], behind)] == [False, True, False, True, False]


def test_a_stick_that_is_not_in_is_said_and_nothing_is_written_under_its_mount_point(
    path: Path, desk: Desk, db: sqlite3.Connection, tmp_path_factory: pytest.TempPathFactory
) -> None:
    mount_point = tmp_path_factory.mktemp("media")
    plan = Plan(path, mount_point / "textbank", ROTATION)
    keeping.turn(plan, now=NOON)
    assert keeping.turn(plan, now=NIGHT)
    assert "is not in, or not mounted" in keeping.state(db).trouble
    assert not list(mount_point.iterdir())
    assert not keeping.turn(plan, now=NIGHT + 3_600_000), "it is said once"
    with pytest.raises(Refused, match="not mounted"):
        keeping.make(plan, now=NIGHT)


def test_a_stick_that_comes_back_gets_its_backup_in_the_next_minute(
    path: Path, desk: Desk, db: sqlite3.Connection, stick: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    mount_point = tmp_path_factory.mktemp("media") / "stick"
    plan = Plan(path, mount_point / "textbank", ROTATION)
    keeping.turn(plan, now=NOON)
    keeping.turn(plan, now=NIGHT)
    mount_point.symlink_to(stick)  # it is mounted
    assert keeping.turn(plan, now=NIGHT + 60_000)
    assert keeping.state(db).trouble == ""
    assert len(list((stick / "textbank").iterdir())) == 1


def test_a_stick_that_is_pulled_out_while_it_is_written_leaves_nothing_on_the_card(
    path: Path, desk: Desk, stick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = tmp_path.parent / f"{tmp_path.name}-card"
    card.mkdir()
    place = tmp_path.parent / f"{tmp_path.name}-mount"
    place.symlink_to(stick)
    plan = Plan(path, place, ROTATION)
    real = backup.make

    def pulled(*args: object, **named: object) -> backup.Made:
        place.unlink()
        place.symlink_to(card)
        return real(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(backup, "make", pulled)
    with pytest.raises(Refused, match="not mounted"):
        keeping.make(plan, now=NOON)
    assert not list(card.iterdir())


def test_what_a_power_cut_left_of_a_copy_is_cleared_away(plan: Plan) -> None:
    assert plan.folder is not None
    plan.folder.mkdir()
    left = plan.folder / ".textbank-backup-999999999.part"
    left.write_text("half")
    living = plan.folder / f".textbank-backup-{os.getppid()}.part"
    living.write_text("somebody is at it")
    keeping.make(plan, now=NOON)
    assert not left.exists()
    assert living.exists()


def test_a_failure_is_tried_again_after_an_hour(
    plan: Plan, db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping.turn(plan, now=NOON)
    usage = shutil.disk_usage("/")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
        assert keeping.turn(plan, now=NIGHT)
        assert "no room" in keeping.state(db).trouble
    assert not keeping.turn(plan, now=NIGHT + 60_000)
    assert keeping.turn(plan, now=NIGHT + 3_600_000)
    assert keeping.state(db).trouble == ""


def test_the_gateways_end_breaks_a_backup_off_and_the_next_start_makes_it(
    plan: Plan, db: sqlite3.Connection
) -> None:
    keeping.turn(plan, now=NOON)
    keeping.ask(db, now=NOON)
    ending = threading.Event()
    ending.set()
    assert not keeping.turn(plan, now=NIGHT, stop=ending)
    assert names(plan) == []
    assert keeping.asked(db)
    assert keeping.turn(plan, now=NIGHT)


def test_a_backup_does_not_begin_anew_with_each_commit_and_holds_one_moment(
    path: Path, db: sqlite3.Connection, desk: Desk, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.write(db):
        for number in range(400):
            desk.draft(f"+1202555{1000 + number}", "Words that fill a page of the database. " * 8)
    monkeypatch.setattr(backup, "STEP_PAGES", 8)
    steps: list[int] = []
    real = os.fdatasync

    def commits(descriptor: int) -> None:
        steps.append(descriptor)
        with contextlib.closing(store.connect(path)) as other:
            other.execute("UPDATE conversation SET name='later' WHERE number=?", [ADA])
        real(descriptor)

    monkeypatch.setattr(os, "fdatasync", commits)
    made = keeping.make(plan, now=NOON)
    assert 3 < len(steps) < 40
    with contextlib.closing(sqlite3.connect(made.path)) as copy:
        assert copy.execute("SELECT name FROM conversation WHERE number=?", [ADA]).fetchone()[0] == ""


def test_a_card_too_full_to_remember_the_last_backup_does_not_make_one_each_minute(
    plan: Plan, db: sqlite3.Connection
) -> None:
    keeping.turn(plan, now=NOON)
    keeping.make(plan, now=NIGHT)  # made, and what came of it could not be written down
    assert not keeping.turn(plan, now=NIGHT + 60_000)
    assert len(names(plan)) == 1


def test_the_backup_of_another_group_on_the_same_stick_is_not_taken_for_ours(
    plan: Plan, tmp_path: Path
) -> None:
    keeping.turn(plan, now=NOON)
    assert plan.folder is not None
    plan.folder.mkdir()
    foreign = tmp_path / "foreign.db"
    with contextlib.closing(store.connect(foreign)) as other:
        schema.migrate(other)
        other.execute("INSERT INTO setting VALUES ('number_key', 'ff')")
    backup.make(foreign, plan.folder, now=NIGHT - 1000)
    assert keeping.turn(plan, now=NIGHT)
    assert len(names(plan)) == 2
