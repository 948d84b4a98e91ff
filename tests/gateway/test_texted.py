"""The file beside the database that remembers who was texted: what outlives a kill, a power cut, damage, another start."""

import os
import sqlite3
import stat
from pathlib import Path

import pytest

from gateway import conversations, texted
from gateway.texted import Texted
from tests.gateway.conftest import ADA, LUIS, Desk

OTHERS = [f"+1202555{1000 + number}" for number in range(60)]


@pytest.fixture
def boot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The machine's own word for its start; writing another one is a power cut and a start."""
    path = tmp_path / "boot_id"
    path.write_text("monday")
    monkeypatch.setattr(texted, "BOOT", path)
    return path


def digest(db: sqlite3.Connection, number: str) -> bytes:
    return conversations.number_key(db, number)[: conversations.TEXTED_BYTES]


def since(path: Path, told: tuple[str, int]) -> set[bytes] | None:
    return texted.since(path, *told)


def test_who_was_texted_after_the_position_is_named_and_nobody_else(
    path: Path, db: sqlite3.Connection, desk: Desk, boot: Path
) -> None:
    journal = Texted(path)
    journal.ahead(db, LUIS)
    journal.sent(db, LUIS)
    told = texted.position(path)
    assert told is not None
    for number in (ADA, OTHERS[0]):
        journal.ahead(db, number)
    journal.sent(db, ADA)
    assert since(path, told) == {digest(db, ADA)}, "after a kill: what was written is read"


def test_after_a_power_cut_everybody_who_was_ahead_counts(
    path: Path, db: sqlite3.Connection, desk: Desk, boot: Path
) -> None:
    for number in (ADA, LUIS):
        desk.draft(number)
    journal = Texted(path)
    journal.ahead(db, ADA)
    flushed = path.with_name("textbank.db.texted").read_bytes()
    told = texted.position(path)
    assert told is not None
    journal.sent(db, LUIS)  # its line was never flushed
    path.with_name("textbank.db.texted").write_bytes(flushed)
    boot.write_text("tuesday")
    assert since(path, told) == {digest(db, ADA), digest(db, LUIS)}


def test_after_a_clean_end_only_those_count_who_were_texted(
    path: Path, db: sqlite3.Connection, desk: Desk, boot: Path
) -> None:
    journal = Texted(path)
    journal.ahead(db, ADA)
    told = texted.position(path)
    assert told is not None
    journal.close()
    boot.write_text("tuesday")
    assert since(path, told) == set()


def test_one_flush_serves_the_next_thirty(
    path: Path, db: sqlite3.Connection, desk: Desk, boot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in OTHERS:
        desk.draft(number)
    flushes: list[int] = []
    real = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda fd: (flushes.append(fd), real(fd))[1])
    journal = Texted(path)
    for number in OTHERS:
        journal.ahead(db, number)
        journal.sent(db, number)
        db.execute(
            "UPDATE message SET state='skipped' WHERE id=(SELECT min(id) FROM message WHERE state='awaiting')"
        )
    assert len(flushes) <= 4, "one as it begins, and one for each thirty or so"


@pytest.mark.parametrize("harm", ["gone", "damaged", "anew", "an older copy"])
def test_a_file_that_cannot_be_trusted_names_nobody(
    path: Path, db: sqlite3.Connection, desk: Desk, boot: Path, harm: str
) -> None:
    journal = Texted(path)
    journal.ahead(db, ADA)
    journal.sent(db, ADA)
    told = texted.position(path)
    assert told is not None
    file = journal.path
    if harm == "an older copy":  # of the whole card, which somebody put in
        older = file.read_bytes()
        journal.sent(db, ADA)
        told = texted.position(path)
        assert told is not None
        file.write_bytes(older)
    elif harm == "damaged":
        octets = bytearray(file.read_bytes())
        octets[octets.index(b"\n") + 3] ^= 0xFF
        file.write_bytes(octets)
    else:
        file.unlink()
    if harm == "anew":
        journal.ahead(db, LUIS)  # the gateway made another one
        assert texted.position(path) is not None
    assert since(path, told) is None


def test_a_line_that_was_cut_is_overwritten_by_the_next(
    path: Path, db: sqlite3.Connection, desk: Desk, boot: Path
) -> None:
    journal = Texted(path)
    journal.ahead(db, ADA)
    told = texted.position(path)
    assert told is not None
    with journal.path.open("ab") as file:
        file.write(b'{"sent":1,"to":"a')
    again = Texted(path)
    again.ahead(db, ADA)
    again.sent(db, ADA)
    assert since(path, told) == {digest(db, ADA)}


def test_what_could_not_be_written_counts_as_texted(
    path: Path, db: sqlite3.Connection, desk: Desk, boot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Texted(path)
    journal.ahead(db, ADA)
    told = texted.position(path)
    assert told is not None
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, at: real(fd, data[:9], at))
    journal.sent(db, ADA)
    with pytest.raises(OSError, match="No space"):
        journal.ahead(db, LUIS)
    monkeypatch.undo()
    monkeypatch.setattr(texted, "BOOT", boot)
    journal.ahead(db, LUIS)
    assert digest(db, ADA) in (since(path, told) or ())


def test_it_does_not_grow_for_ever_and_forgets_nobody(
    path: Path, db: sqlite3.Connection, desk: Desk, boot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Texted(path)
    journal.ahead(db, ADA)
    told = texted.position(path)
    assert told is not None
    for _ in range(50):
        journal.sent(db, ADA)
    journal.sent(db, LUIS)
    journal.close()
    before = journal.path.stat().st_size
    monkeypatch.setattr(texted, "COMPACT_BYTES", 100)
    Texted(path).ahead(db, ADA)
    assert journal.path.stat().st_size < before / 5
    assert since(path, told) == {digest(db, ADA), digest(db, LUIS)}


def test_it_names_no_number_and_is_for_this_user_alone(
    path: Path, db: sqlite3.Connection, desk: Desk, boot: Path
) -> None:
    journal = Texted(path)
    journal.ahead(db, ADA)
    journal.sent(db, ADA)
    assert ADA[1:] not in journal.path.read_text()
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600


def test_stations_of_one_process_share_it(path: Path) -> None:
    assert texted.of(path) is texted.of(path)
