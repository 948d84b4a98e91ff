"""The file beside the database that an old copy of the database does not undo."""

import os
import stat
from pathlib import Path

import pytest

from gateway import carried
from gateway.journal import Journal, read


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "textbank.db")


def test_what_is_noted_is_read_again_by_another(journal: Journal, tmp_path: Path) -> None:
    journal.note("pin", at=1, attempt=journal.digest("1234"))
    journal.note("other", at=2)
    other = Journal(tmp_path / "textbank.db")
    assert [act["attempt"] for act in other.acts("pin")] == [other.digest("1234")]


def test_it_names_no_pin_and_is_for_this_user_alone(journal: Journal) -> None:
    journal.note("pin", at=1, attempt=journal.digest("8944110065012345678", "4711"))
    assert "4711" not in journal.path.read_text()
    assert "8944110065012345678" not in journal.path.read_text()
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600


def test_a_line_that_was_cut_is_passed_over_and_the_next_one_is_whole(journal: Journal) -> None:
    journal.note("pin", at=1, attempt="a")
    with journal.path.open("ab") as file:
        file.write(b'{"act":"pin","at":2,"att')
    journal.note("pin", at=3, attempt="c")
    assert [act["attempt"] for act in journal.acts("pin")] == ["a", "c"]


def test_each_line_reaches_the_disk(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(fd), real(fd))[1])
    journal.note("pin", at=1)
    assert len(synced) == 2  # the file and, as it is new, its folder
    journal.note("pin", at=2)
    assert len(synced) == 3


def test_a_journal_that_cannot_be_written_says_so(journal: Journal) -> None:
    journal.path.mkdir()
    with pytest.raises(OSError, match="directory"):
        journal.note("pin", at=1)


def test_bytes_that_are_no_json_harm_nothing(journal: Journal) -> None:
    journal.path.write_bytes(b"\xff\xfe\n[1]\nnull\n")
    journal.note("pin", at=1)
    assert len(list(journal.acts("pin"))) == 1


def test_a_line_of_which_the_disk_took_a_part_is_an_error(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.note("pin", at=1)
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[: len(data) // 2]))
    with pytest.raises(OSError, match="No space"):
        journal.note("pin", at=2)
    monkeypatch.undo()
    journal.note("pin", at=3)
    assert [act["at"] for act in journal.acts("pin")] == [1, 3]


def test_a_pin_that_opens_its_card_each_day_fills_neither_the_journal_nor_its_copy(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stick that came and went wrote two lines each time, and each time all of them were written to the backups' stick."""
    monkeypatch.setattr("gateway.journal.COMPACT_BYTES", 1)
    journal.note("number_key", at=0, key="00")
    journal.note("pin", at=1, attempt="wrong")
    for day in range(100):
        journal.note("pin", at=day, card="c", attempt="right")
        journal.note("pin", at=day, opened="right")
        copied = carried.copy(journal.database, tmp_path)
        assert copied is not None
        assert len(read(copied)) == 2
    journal.note("pin", at=100, card="c", attempt="right")
    journal.compact()
    assert [act["attempt"] for act in journal.acts("pin")] == ["wrong", "right"], (
        "nobody saw whether it opened"
    )
    journal.note("pin", at=101, opened="right")
    journal.note("pin", at=102, refused="right")
    journal.compact()
    assert [act.get("attempt", act.get("refused")) for act in journal.acts("pin")] == ["wrong", "right"]
