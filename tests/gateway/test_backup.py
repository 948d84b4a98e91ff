"""Backup, restore, erase, export: nothing is sent again by a restore, nobody who stopped is texted again."""

import contextlib
import csv
import errno
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import (
    backup,
    claims,
    conversations,
    erasing,
    exporting,
    flight,
    ledger,
    lock,
    optouts,
    schema,
    sessions,
    store,
)
from gateway.claims import Seat
from gateway.errors import Refused
from gateway.journal import Journal
from gateway.rules import Rules
from tests.gateway.conftest import ADA, LUIS, NOON, Desk, take_seat

HOUR = 3_600_000


@contextlib.contextmanager
def reopened(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(store.connect(path)) as db:
        yield db


def closed(db: sqlite3.Connection) -> None:
    """As after Textbank was stopped."""
    db.close()


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return tmp_path / "stick" / "saved.db"


@pytest.fixture(autouse=True)
def stick(saved: Path) -> None:
    saved.parent.mkdir()


def submitted(db: sqlite3.Connection, desk: Desk, seat: Seat, rules: Rules, number: str) -> int:
    """A text that was handed to the modem and not answered."""
    text = desk.approved(number)
    job, _ = claims.claim_next(db, seat, rules, now=NOON)
    assert job is not None
    assert job.message_id == text
    valid_for = flight.validity(db, job, rules, now=NOON)
    flight.submit(db, seat, job, 1, rules, valid_for=valid_for, now=NOON)
    return text


def test_a_backup_holds_what_was_committed_and_opens_by_itself(path: Path, desk: Desk, saved: Path) -> None:
    text = desk.approved()
    made = backup.make(path, saved, now=NOON)
    assert made.head == ledger.head(desk.db)
    assert not list(saved.parent.glob("*-wal")), "one file, without a log beside it"
    assert saved.stat().st_mode & 0o77 == 0, "for its user alone"
    with contextlib.closing(sqlite3.connect(f"file:{saved}?mode=ro", uri=True)) as copy:
        assert copy.execute("SELECT id, state FROM message").fetchall() == [(text, "approved")]


def test_a_backup_into_a_folder_is_named_by_time_and_ledger(path: Path, desk: Desk, saved: Path) -> None:
    desk.approved()
    made = backup.make(path, saved.parent, now=NOON)
    assert made.path.name == f"textbank-20261124T170000Z-{ledger.head(desk.db)}.db"


def test_a_backup_never_replaces_a_file(path: Path, desk: Desk, saved: Path) -> None:
    saved.write_text("somebody's letter")
    with pytest.raises(Refused, match="there already"):
        backup.make(path, saved, now=NOON)
    assert saved.read_text() == "somebody's letter"


def test_a_backup_that_does_not_fit_leaves_nothing(path: Path, desk: Desk) -> None:
    with pytest.raises(Refused, match="no folder"):
        backup.make(path, path.parent / "not there" / "x.db", now=NOON)


def test_restoring_never_resends(
    path: Path, db: sqlite3.Connection, desk: Desk, seat: Seat, rules: Rules, saved: Path
) -> None:
    gone_out = submitted(db, desk, seat, rules, ADA)
    approved = desk.approved(LUIS)
    draft = desk.draft("+12025550199")
    backup.make(path, saved, now=NOON)
    closed(db)

    done = backup.restore(saved, path, now=NOON + HOUR)

    assert (done.counts.uncertain, done.counts.waiting) == (2, 1)
    with reopened(path) as again:
        states = dict(again.execute("SELECT id, state FROM message").fetchall())
        assert states == {gone_out: "uncertain", approved: "uncertain", draft: "awaiting"}
        taken, _ = claims.claim_next(again, take_seat(again), rules, now=NOON + HOUR)
        assert taken is None, "a station finds nothing to send"
        row = again.execute("SELECT round, reason FROM message WHERE id=?", [draft]).fetchone()
        assert row["round"] == 1, "a form from before cannot approve it"
        assert "may have been texted since" in row["reason"]
        assert ledger.verify(again).intact


def test_what_was_there_is_set_aside_whole(path: Path, desk: Desk, saved: Path) -> None:
    backup.make(path, saved, now=NOON)
    text = desk.approved()
    closed(desk.db)
    done = backup.restore(saved, path, now=NOON)
    assert done.set_aside is not None
    with reopened(done.set_aside) as before:
        assert before.execute("SELECT id FROM message").fetchone()["id"] == text


def test_who_opted_out_since_the_backup_stays_out(
    path: Path, db: sqlite3.Connection, desk: Desk, saved: Path
) -> None:
    desk.draft(ADA)
    backup.make(path, saved, now=NOON)
    desk.draft(LUIS)  # known only after the backup
    desk.stop(ADA, now=NOON + 1)
    desk.stop(LUIS, now=NOON + 2)
    closed(db)

    backup.restore(saved, path, now=NOON + HOUR)

    with reopened(path) as again:
        assert (
            again.execute("SELECT opted_out_at FROM conversation WHERE number=?", [ADA]).fetchone()[0]
            == NOON + 1
        )
        assert again.execute("SELECT state FROM message").fetchone()["state"] == "withdrawn"

        conversations.ensure(again, LUIS, now=NOON + HOUR)
        assert (
            again.execute("SELECT opted_out_at FROM conversation WHERE number=?", [LUIS]).fetchone()[0]
            == NOON + 2
        )


def test_who_came_back_since_the_backup_is_back(
    path: Path, db: sqlite3.Connection, desk: Desk, room, saved: Path
) -> None:

    desk.draft(ADA)
    desk.stop(ADA, now=NOON + 1)
    backup.make(path, saved, now=NOON)
    optouts.undo(db, desk.conversation()["id"], by=room.coordinator, reason="She asked.", now=NOON + 2)
    closed(db)
    backup.restore(saved, path, now=NOON + HOUR)
    with reopened(path) as again:
        assert (
            again.execute("SELECT opted_out_at FROM conversation WHERE number=?", [ADA]).fetchone()[0] is None
        )


def test_who_stopped_last_stays_out_though_the_clock_was_set_back_before_it(
    path: Path, db: sqlite3.Connection, desk: Desk, room, saved: Path
) -> None:
    desk.draft(ADA)
    backup.make(path, saved, now=NOON)
    desk.stop(ADA, now=NOON + 1)
    optouts.undo(db, desk.conversation()["id"], by=room.coordinator, reason="She asked.", now=NOON + HOUR)
    desk.stop(ADA, now=NOON + 2)
    closed(db)
    backup.restore(saved, path, now=NOON + HOUR)
    with reopened(path) as again:
        assert again.execute("SELECT opted_out_at FROM conversation WHERE number=?", [ADA]).fetchone()[0]


def test_damaged_lines_of_the_journal_are_passed_over_and_the_others_count(
    path: Path, db: sqlite3.Connection, desk: Desk, saved: Path
) -> None:
    desk.draft(ADA)
    backup.make(path, saved, now=NOON)
    desk.stop(ADA, now=NOON + 1)
    acts = Path(f"{path}.acts")
    odd = '{"act":"opt_in","at":"x","number":"00"}\n{"act":"erase"}\n{"act":"key","key":"zz"}\n'
    acts.write_text(odd + acts.read_text())
    closed(db)
    backup.restore(saved, path, now=NOON + HOUR)
    assert Journal(path).digest("a") == Journal(path).digest("a")
    with reopened(path) as again:
        assert again.execute("SELECT opted_out_at FROM conversation WHERE number=?", [ADA]).fetchone()[0]


def test_who_was_erased_since_the_backup_is_erased_again(
    path: Path, db: sqlite3.Connection, desk: Desk, saved: Path
) -> None:
    desk.draft(ADA, "Only Ada knows this.")
    desk.draft(LUIS)
    backup.make(path, saved, now=NOON)
    erasing.erase(db, ADA, now=NOON + 1)
    closed(db)
    backup.restore(saved, path, now=NOON + HOUR)
    with reopened(path) as again:
        assert [row["number"] for row in again.execute("SELECT number FROM conversation")] == [LUIS]
        assert not again.execute("SELECT 1 FROM message WHERE text LIKE 'Only Ada%'").fetchone()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("lost", [False, True])
def test_what_root_restores_and_notes_stays_the_gateways(
    path: Path, desk: Desk, saved: Path, lost: bool
) -> None:
    """Also where the database was lost: then it was root's, and the gateway could not open it."""
    stick = backup.make(path, saved, now=NOON).path
    closed(desk.db)
    os.chown(path.parent if lost else path, 12345, 12345)
    Path(f"{path}.acts").unlink(missing_ok=True)
    if lost:
        path.unlink()
    Journal(path).note("other", at=NOON)
    backup.restore(stick, path, now=NOON)
    assert {file.stat().st_uid for file in (path, Path(f"{path}.acts"))} == {12345}


def test_what_a_sim_sent_since_the_backup_still_counts(
    path: Path, db: sqlite3.Connection, desk: Desk, saved: Path
) -> None:
    backup.make(path, saved, now=NOON)
    db.execute("INSERT INTO sim_day VALUES ('89', '2026-11-24', 150, ?)", [NOON])
    db.execute(
        "INSERT INTO sim (iccid, first_at, paused_at, paused_reason) VALUES ('89', 1, 2, 'No credit.')"
    )
    closed(db)
    backup.restore(saved, path, now=NOON + HOUR)
    with reopened(path) as again:
        assert again.execute("SELECT segments FROM sim_day").fetchone()["segments"] == 150
        assert again.execute("SELECT paused_reason FROM sim").fetchone()["paused_reason"] == "No credit."


def test_old_sign_ins_end(path: Path, db: sqlite3.Connection, room, saved: Path) -> None:

    sessions.invite(db, room.admin.id, now=NOON)
    backup.make(path, saved, now=NOON)
    closed(db)
    backup.restore(saved, path, now=NOON + HOUR)
    with reopened(path) as again:
        assert again.execute("SELECT expires_at FROM sign_in_link").fetchone()[0] <= NOON + HOUR


def test_nobody_restores_under_a_running_gateway(path: Path, desk: Desk, saved: Path) -> None:
    backup.make(path, saved, now=NOON)
    with lock.gateway(path), pytest.raises(Refused, match="Stop it"):
        backup.restore(saved, path, now=NOON)


def test_nobody_restores_while_the_panel_reads(path: Path, desk: Desk, saved: Path) -> None:
    backup.make(path, saved, now=NOON)
    text = desk.approved()
    with pytest.raises(Refused, match="has the database open"):
        backup.restore(saved, path, now=NOON)
    assert desk.state(text) == "approved", "nothing was changed"


@pytest.mark.parametrize("content", [b"", b"a photo, really" * 500])
def test_what_is_no_backup_is_refused(path: Path, desk: Desk, saved: Path, content: bytes) -> None:
    saved.write_bytes(content)
    closed(desk.db)
    with pytest.raises(Refused, match="Nothing was changed"):
        backup.restore(saved, path, now=NOON)
    assert path.exists()


def test_a_damaged_backup_is_refused(path: Path, desk: Desk, saved: Path) -> None:
    for number in range(60):
        desk.draft(f"+1202555{1000 + number}", f"Text number {number}")
    backup.make(path, saved, now=NOON)
    octets = bytearray(saved.read_bytes())
    for at in range(20 * 1024, len(octets), 3 * 1024):
        octets[at : at + 200] = bytes(200)
    saved.write_bytes(octets)
    closed(desk.db)
    with pytest.raises(Refused, match=r"damaged|cannot be read"):
        backup.restore(saved, path, now=NOON)


def test_a_backup_of_a_newer_textbank_is_refused(path: Path, desk: Desk, saved: Path) -> None:
    backup.make(path, saved, now=NOON)
    with contextlib.closing(sqlite3.connect(saved)) as copy:
        copy.execute(f"PRAGMA user_version={schema.VERSION + 1}")
    with pytest.raises(Refused, match="newer Textbank"):
        backup.restore(saved, path, now=NOON)


def test_a_damaged_database_can_be_replaced(path: Path, desk: Desk, saved: Path) -> None:
    text = desk.approved()
    backup.make(path, saved, now=NOON)
    closed(desk.db)
    path.write_bytes(b"not a database any more" * 100)
    done = backup.restore(saved, path, now=NOON)
    assert done.set_aside is not None
    assert done.set_aside.read_bytes().startswith(b"not a database")
    with reopened(path) as again:
        assert again.execute("SELECT state FROM message WHERE id=?", [text]).fetchone()[0] == "uncertain"


def test_a_restore_that_breaks_off_leaves_the_database_as_it_was(
    path: Path, desk: Desk, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup.make(path, saved, now=NOON)
    text = desk.approved()
    closed(desk.db)

    def full(*names: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup.os, "replace", full)
    with pytest.raises(Refused, match="as it was"):
        backup.restore(saved, path, now=NOON)
    with reopened(path) as again:
        assert again.execute("SELECT state FROM message WHERE id=?", [text]).fetchone()[0] == "approved"


@pytest.mark.parametrize(
    ("error", "do"),
    [
        (sqlite3.OperationalError("database or disk is full"), "Free some space in"),
        (sqlite3.OperationalError("disk I/O error"), "See that .* is still there and takes a file so large"),
        (sqlite3.OperationalError("database is locked"), "End the other program"),
        (OSError(errno.EACCES, "Permission denied", "/media/full/a"), "See that this user may write there"),
    ],
)
def test_a_stick_that_takes_no_backup_and_a_card_that_takes_no_restore_are_told_with_what_to_do(
    path: Path, desk: Desk, saved: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, do: str
) -> None:
    """“database or disk is full.” was all that was said; and “Free some space” where a file was another user's."""
    backup.make(path, saved, now=NOON)
    closed(desk.db)

    def refuse(*_names: object, **_more: object) -> None:
        raise error

    monkeypatch.setattr(backup, "_copy", refuse)
    with pytest.raises(Refused, match=f"{do}.*, or take another stick"):
        backup.make(path, saved.parent, now=NOON)
    with pytest.raises(Refused, match=f"as it was. {do}.*, then try again"):
        backup.restore(saved, path, now=NOON)


def test_an_export_is_harmless_to_a_spreadsheet(db: sqlite3.Connection, desk: Desk, tmp_path: Path) -> None:
    desk.draft(ADA, '=HYPERLINK("http://x")\nsecond line')
    rows = exporting.export(db, tmp_path / "out")
    assert rows["texts.csv"] == 1
    with (tmp_path / "out" / "texts.csv").open(encoding="utf-8-sig", newline="") as file:
        [row] = csv.DictReader(file)
    assert row["number"] == ADA
    assert row["text"].startswith("'=HYPERLINK")
    assert "\nsecond line" in row["text"]


def test_an_export_leaves_a_full_folder_alone(db: sqlite3.Connection, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter").write_text("dear")
    with pytest.raises(Refused, match="not empty"):
        exporting.export(db, tmp_path / "full")


def test_a_sender_whose_name_is_a_formula_is_exported_as_words(
    db: sqlite3.Connection, desk: Desk, tmp_path: Path
) -> None:
    conversations.ensure(db, "=1+cmd|' /C", now=NOON)
    desk.draft(ADA)
    exporting.export(db, tmp_path / "out")
    with (tmp_path / "out" / "people.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {row["number"] for row in csv.DictReader(file)} == {"'=1+cmd|' /C", ADA}
