"""Who asked to stop is known where the card that knew it is gone: the journal travels with the backups."""

import contextlib
import errno
import os
import shutil
import sqlite3
import threading
from pathlib import Path

import pytest

from gateway import (
    backup,
    carried,
    conversations,
    damage,
    erasing,
    journal,
    keeping,
    optouts,
    restoring,
    store,
)
from gateway.config import Backup, Config, Database
from gateway.journal import Act, Journal
from gateway.schedule import Housekeeper
from hardware.link import SystemClock
from tests import blank
from tests.gateway.conftest import ADA, LUIS, NOON, Desk
from tests.simulated import RULES

HOUR = 3_600_000
DAY = 24 * HOUR
BEA = "+12025550153"


@pytest.fixture
def new_card(tmp_path: Path) -> Path:
    (tmp_path / "new card").mkdir()
    return tmp_path / "new card" / "textbank.db"


def out(database: Path) -> dict[str, int | None]:
    with contextlib.closing(store.connect(database)) as db:
        return dict(db.execute("SELECT number, opted_out_at FROM conversation").fetchall())


def come_back(desk: Desk, number: str, *, now: int) -> None:
    optouts.undo(desk.db, desk.conversation(number)["id"], by=None, reason="asked by text", now=now)


def test_who_stopped_after_the_backup_stays_out_on_a_new_card(
    path: Path, desk: Desk, stick: Path, new_card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real housekeeper brings the stop to the stick; then the card is gone, with all that lay on it."""
    for number in (ADA, LUIS, BEA):
        desk.draft(number)
    saved = backup.make(path, stick, now=NOON).path
    written = threading.Event()
    real = carried.copy

    def copy(database: Path, folder: Path) -> Path | None:
        made = real(database, folder)
        written.set()
        return made

    monkeypatch.setattr(carried, "copy", copy)
    config = Config(Path("textbank.toml"), database=Database(path), backup=Backup(folder=stick))
    housekeeper = Housekeeper(path, RULES, SystemClock(), config=config)
    housekeeper.start()
    try:
        desk.stop(LUIS, now=NOON + HOUR)
        erasing.erase(desk.db, BEA, now=NOON + HOUR)
        housekeeper.look(desk.db)
        assert written.wait(10), "at once, and not with the next backup"
    finally:
        housekeeper.stop()

    done = backup.restore(saved, new_card, now=NOON + 2 * HOUR)

    assert out(new_card) == {ADA: None, LUIS: NOON + HOUR}
    assert done.counts.stops == "until"
    backup.restore(saved, new_card, now=NOON + 3 * HOUR)
    assert out(new_card)[LUIS] == NOON + HOUR, "the new card's own journal knows it from now on"


def test_a_restore_says_when_somebody_may_have_stopped_without_anybody_knowing(
    path: Path, desk: Desk, stick: Path, new_card: Path
) -> None:
    desk.draft(LUIS)
    desk.db.execute(
        "INSERT INTO campaign (id, name, kind, state, script, created_at) VALUES (7,'Rent','event','running','{}',1)"
    )
    saved = backup.make(path, stick, now=NOON).path
    alone = new_card.with_name("saved.db")
    shutil.copy(saved, alone)
    desk.db.close()
    for file, database, stops in (
        (saved, path, "known"),
        (saved, new_card, "until"),
        (alone, new_card.with_name("another.db"), "unknown"),
    ):
        assert backup.restore(file, database, now=NOON + HOUR).counts.stops == stops
        with contextlib.closing(store.connect(database)) as db:
            campaign = db.execute("SELECT state, reason FROM campaign").fetchone()
        assert campaign["state"] == "paused"
        assert ("Who asked to stop" in campaign["reason"]) is (stops != "known")


def test_an_older_card_takes_nothing_from_a_newer_stick(
    path: Path, desk: Desk, stick: Path, tmp_path: Path
) -> None:
    """The card died, and the one that lay in the drawer goes on as it was a month ago."""
    for number in (ADA, LUIS):
        desk.draft(number)
    desk.stop(ADA, now=NOON)
    drawer = tmp_path / "drawer.db"
    backup.make(path, drawer, now=NOON)
    shutil.copy(Journal(path).path, Journal(drawer).path)
    desk.stop(LUIS, now=NOON + 2)
    saved = backup.make(path, stick, now=NOON + 3).path
    with contextlib.closing(store.connect(drawer)) as db:
        old = Desk(db, desk.room, desk.rules)
        carried.copy(drawer, stick)
        come_back(old, ADA, now=NOON + 4)
        old.draft(BEA)
        old.stop(BEA, now=NOON + 5)
        carried.copy(drawer, stick)
    assert backup.restore(saved, drawer, now=NOON + HOUR).counts.stops == "until"
    assert out(drawer)[LUIS] == NOON + 2
    [copy] = stick.glob(carried.COPIES)
    stopped = {act["at"] for act in journal.read(copy) if act["act"] == "opt_out"}
    assert stopped == {NOON, NOON + 2, NOON + 5}


def test_two_groups_share_a_stick(path: Path, desk: Desk, stick: Path, new_card: Path) -> None:
    desk.draft(LUIS)
    saved = backup.make(path, stick, now=NOON).path
    theirs = Journal(new_card.with_name("theirs.db"))
    theirs.note("number_key", at=0, key="ab" * 32)
    theirs.note("opt_out", at=1, number="cd" * 32)
    carried.copy(theirs.database, stick)
    assert len(list(stick.glob(carried.COPIES))) == 2
    backup.restore(saved, new_card, now=NOON + HOUR)
    assert not [*Journal(new_card).acts("opt_out")]


def test_the_backup_of_another_group_on_the_same_stick_is_not_proposed_for_ours(
    path: Path, desk: Desk, stick: Path, new_card: Path
) -> None:
    """Theirs was the newest: whoever followed the sentence had their people in the place of ours."""
    desk.draft(LUIS)
    saved = backup.make(path, stick, now=NOON).path
    with contextlib.closing(blank.database(new_card)) as theirs:
        conversations.ensure(theirs, ADA, now=NOON)
    other = backup.make(new_card, stick, now=NOON + HOUR).path
    assert damage.newest_backup([stick], path) == saved
    assert damage.newest_backup([stick], new_card) == other
    saved.unlink()
    assert damage.newest_backup([stick], path) is None
    journal.Journal(path).path.unlink()  # nobody can know any more whose it is
    assert damage.newest_backup([stick], path) == other


def stop(at: int, who: str = "aa") -> Act:
    return {"act": "opt_out", "at": at, "number": who}


def start(since: int, who: str = "aa") -> Act:
    return {"act": "opt_in", "at": since + 1, "number": who, "since": since}


PIN: Act = {"act": "pin", "at": 1, "attempt": "right"}


@pytest.mark.parametrize(
    ("here", "there", "since"),
    [
        ([], [stop(1)], 1),
        ([stop(1)], [], 1),
        ([stop(1)], [stop(1), start(1)], None),  # the other is the later state of this one
        ([stop(1), start(1)], [stop(1)], None),
        ([stop(1), start(1), stop(3)], [stop(1), start(1)], 3),
        ([stop(1)], [stop(1), start(1), stop(3)], 3),
        ([stop(5)], [stop(1), start(1)], 5),  # they went apart: whoever is out by either is out
        ([stop(1), start(1)], [stop(5)], 5),
        ([stop(3), stop(9, "bb")], [stop(1), start(1), stop(7, "bb")], 3),
        ([stop(9, "bb")], [stop(1), start(1)], None),
        ([stop(9, "bb")], [{"act": "gone", "of": ["ab"]}, start(1), stop(3)], 3),
        ([stop(1), start(1)], [{"act": "gone"}, stop(3)], 3),
        ([stop(1), PIN], [stop(1), start(1)], None),  # the later one has forgotten a PIN that opened its card
        ([stop(1), start(1)], [stop(1), PIN], None),
    ],
)
def test_of_two_journals_the_later_counts_and_of_two_that_went_apart_every_stop(
    here: list[Act], there: list[Act], since: int | None
) -> None:
    both = journal.merged(here, there)
    assert journal.last_words(both)[0].get(b"\xaa") == since
    assert journal.merged(both, there) == both, "and nothing is taken twice"


def test_an_old_copy_that_tells_of_pins_which_opened_their_cards_knows_nothing_more(path: Path) -> None:
    acts = Journal(path)
    acts.note("number_key", at=0, key="00")
    assert not acts.learn([*acts.lines(), PIN, {"act": "pin", "at": 2, "opened": "right"}])
    assert acts.learn([*acts.lines(), PIN])


@pytest.mark.parametrize("there", [[], [stop(1)]])
def test_a_pin_that_was_refused_stays_so_whatever_an_older_copy_says_of_it(
    path: Path, there: list[Act]
) -> None:
    acts, older = Journal(path), [PIN, {"act": "pin", "at": 2, "opened": "right"}]
    acts.note("number_key", at=0, key="00")
    acts.note("pin", at=5, attempt="right")
    acts.learn([*acts.lines()[:1], *older, *there])
    assert [act.get("attempt") for act in acts.acts("pin")] == ["right"]


def test_who_came_back_after_the_journal_was_written_anew_is_back_on_each_card(
    path: Path, desk: Desk, stick: Path, new_card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was taken for another journal than that of the stick: no START of it counted there, and a restore knew less than it said."""
    for number in (ADA, LUIS, BEA):
        desk.draft(number)
        desk.stop(number, now=NOON)
    come_back(desk, LUIS, now=NOON + 1)
    desk.stop(LUIS, now=NOON + 2)
    saved = backup.make(path, stick, now=NOON + 3).path
    monkeypatch.setattr(journal, "COMPACT_BYTES", 1)
    for number in (BEA, LUIS):
        Journal(path).compact()
        come_back(desk, number, now=NOON + HOUR)
        carried.copy(path, stick)
    desk.db.close()
    for card, stops in ((new_card, "until"), (path, "known")):
        assert backup.restore(saved, card, now=NOON + DAY).counts.stops == stops
        assert out(card) == {ADA: NOON, BEA: None, LUIS: None}


def test_on_a_new_card_an_older_backup_knows_who_was_out_by_the_newer_one(
    path: Path, desk: Desk, new_card: Path, tmp_path: Path
) -> None:
    """Copied there by hand, without the file beside them: what the newer one knew was in no journal, and the next restore forgot it."""
    desk.draft(LUIS)
    older = backup.make(path, tmp_path / "older.db", now=NOON).path
    desk.stop(LUIS, now=NOON + 1)
    newer = backup.make(path, tmp_path / "newer.db", now=NOON + 2).path
    for each in tmp_path.glob(carried.COPIES):
        each.unlink()
    for saved in (newer, older):
        done = backup.restore(saved, new_card, now=NOON + DAY)
        assert (done.counts.stops, out(new_card)) == ("unknown", {LUIS: NOON + 1})
        new_card.with_name(f"{new_card.name}.before-restore-20261125T170000Z").unlink(missing_ok=True)
    since = backup.make(new_card, tmp_path / "since.db", now=NOON + DAY + 1).path
    assert backup.restore(since, new_card, now=NOON + 2 * DAY).counts.stops == "known"
    new_card.unlink()
    with contextlib.closing(blank.database(new_card)) as anew:
        assert restoring.still_out(anew, Journal(new_card), now=NOON + 2 * DAY) == 1


def test_who_came_back_is_back_on_a_new_card_on_which_textbank_had_begun(
    path: Path, desk: Desk, stick: Path, new_card: Path
) -> None:
    """Its journal had a key and no word on them: no START of the stick counted."""
    desk.draft(LUIS)
    desk.stop(LUIS, now=NOON)
    saved = backup.make(path, stick, now=NOON + 1).path
    come_back(desk, LUIS, now=NOON + HOUR)
    carried.copy(path, stick)
    with contextlib.closing(blank.database(new_card)) as begun:
        conversations.ensure(begun, ADA, now=NOON)
    backup.restore(saved, new_card, now=NOON + DAY)
    assert out(new_card) == {LUIS: None}


def test_a_journal_on_a_new_card_keeps_the_pins_and_a_key_of_its_own_is_not_exchanged(tmp_path: Path) -> None:
    lost, fresh = Journal(tmp_path / "lost.db"), Journal(tmp_path / "fresh.db")
    lost.note("pin", at=1, attempt=lost.digest("4711"))
    assert fresh.learn(lost.lines())
    assert [act["attempt"] for act in fresh.acts("pin")] == [fresh.digest("4711")]
    other = Journal(tmp_path / "other.db")
    before = other.digest("4711")
    other.learn(lost.lines())
    assert other.digest("4711") == before


def test_a_second_stick_learns_what_the_first_one_knew(
    path: Path, desk: Desk, stick: Path, tmp_path: Path
) -> None:
    """Two sticks that change places: the stop of the morning stood on the one alone, and a restore from the other knew nothing of it."""
    desk.draft(LUIS)
    desk.stop(LUIS, now=NOON - DAY)
    come_back(desk, LUIS, now=NOON)
    carrier = carried.Carrier(path)
    carrier.turn(stick)
    second = shutil.copytree(stick, tmp_path / "second")
    desk.stop(LUIS, now=NOON + HOUR)
    carrier.turn(stick)
    shutil.rmtree(stick)
    shutil.copytree(second, stick)
    carrier.turn(stick)
    [copy] = stick.glob(carried.COPIES)
    assert len([line for line in journal.read(copy) if line["act"] == "opt_out"]) == 2


@pytest.mark.parametrize(
    ("number", "do"),
    [(errno.EIO, "Put the stick in again"), (errno.EACCES, "mount it for the user of Textbank")],
)
def test_a_stick_that_was_pulled_out_or_is_anothers_fills_no_log(
    path: Path, desk: Desk, stick: Path, monkeypatch: pytest.MonkeyPatch, number: int, do: str
) -> None:
    """A traceback each minute."""
    config = Config(Path("textbank.toml"), database=Database(path), backup=Backup(folder=stick))
    real = Path.stat

    def stat(self: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if self.is_relative_to(stick):
            raise OSError(number, os.strerror(number), str(self))
        return real(self, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", stat)
    desk.draft(LUIS)
    desk.stop(LUIS, now=NOON)
    Housekeeper(path, RULES, SystemClock(), config=config)._carry(config)
    assert do in keeping.away(keeping.plan_of(config))


def test_a_gateway_that_runs_for_months_writes_a_long_journal_anew_at_night(
    path: Path, db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a start did."""
    monkeypatch.setattr(journal, "COMPACT_BYTES", 1)
    acts = Journal(path)
    for day in range(10):
        acts.note("pin", at=day, card="c", attempt="right")
        acts.note("pin", at=day, opened="right")
    config = Config(Path("textbank.toml"), database=Database(path))
    keeper = Housekeeper(path, RULES, SystemClock(), config=config)
    assert len(acts.lines()) == 20
    keeper._night(config)
    assert acts.lines() == []


def test_a_restore_of_a_group_that_brought_a_long_file_of_stops_takes_no_hours(tmp_path: Path) -> None:
    """Each was looked for among all of them: of eight thousand it took eleven seconds, of a hundred thousand half an hour."""

    def steps(people: int) -> int:
        path = tmp_path / f"{people}.db"
        taken = 0

        def step() -> None:
            nonlocal taken
            taken += 1

        with contextlib.closing(blank.database(path)) as db:
            conversations.ensure(db, ADA, now=NOON)
            keys = [(number.to_bytes(32), NOON) for number in range(people)]
            Journal(path).note_all("opt_out", [{"number": key.hex()} for key, _ in keys], at=NOON)
            with store.write(db):
                db.executemany(
                    "INSERT INTO opt_out (number_key, source, since_at) VALUES (?,'import',?)", keys
                )
            db.set_progress_handler(step, 1000)
            restoring.begin_again(db, Journal(path), made="empty", now=NOON)
        return taken

    assert steps(1600) < 8 * steps(400)
