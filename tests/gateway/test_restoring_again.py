"""After a restore: what an earlier restore knew, and what the database that is replaced still tells."""

import contextlib
import errno
import os
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway import (
    arrivals,
    backup,
    conversations,
    erasing,
    journal,
    lists,
    lock,
    optouts,
    people,
    purging,
    restored,
    restoring,
    runs,
    sessions,
    store,
    taking,
    texted,
)
from gateway.claims import Seat
from gateway.cli import cli
from gateway.config import Privacy
from gateway.errors import Refused
from gateway.journal import Journal
from gateway.rules import DAY_MS, Rules
from hardware.pdu import encode_deliver, segment
from tests.campaigning import bring_in
from tests.gateway.conftest import ADA, ICCID, LUIS, NOON, Desk, Room
from tests.gateway.test_restoring import HOUR, NEW, marked, sends
from tests.gateway.test_restoring import saved as saved


@pytest.mark.parametrize("known", [True, False])
def test_who_was_texted_before_an_earlier_restore_is_still_marked_after_a_second_one(
    path: Path, desk: Desk, seat: Seat, rules: Rules, saved: Path, tmp_path: Path, known: bool
) -> None:
    """The second restore forgot whom the first had found, and who came on a list afterwards was texted again."""
    sends(desk, seat, rules, NEW, now=NOON + 2)
    desk.db.close()
    if not known:
        texted.of(path).path.unlink()
    assert backup.restore(saved, path, now=NOON + HOUR).counts.known == known
    with contextlib.closing(store.connect(path)) as db:
        texted.of(path).open(db)  # the gateway begins
    again = backup.make(path, tmp_path / "again.db", now=NOON + 2 * HOUR).path
    assert backup.restore(again, path, now=NOON + 3 * HOUR).counts.known
    with contextlib.closing(store.connect(path)) as db:
        conversations.ensure(db, NEW, now=NOON + 4 * HOUR)
    assert NEW in marked(path)


def test_a_modem_that_somebody_paused_since_the_backup_stays_paused(
    path: Path, desk: Desk, room: Room, seat: Seat, saved: Path
) -> None:
    """It sent again after the restore, and nobody had pressed Go on."""
    desk.db.execute("UPDATE station SET paused_by=? WHERE name=?", [room.technician.id, seat.station])
    desk.db.close()
    backup.restore(saved, path, now=NOON + HOUR)
    with contextlib.closing(store.connect(path)) as db:
        row = db.execute("SELECT paused_by FROM station WHERE name=?", [seat.station]).fetchone()
        assert row["paused_by"] == room.technician.id


def test_who_was_shut_out_since_the_backup_stays_out(
    path: Path, db: sqlite3.Connection, room: Room, saved: Path
) -> None:
    """They came in again by their password, or with the role and the password that they had lost."""
    sessions.set_password(db, room.other, "an old password, known to many")
    saved.unlink()
    backup.make(path, saved, now=NOON + 1)
    sessions.set_password(db, room.other, "a new one, for the old was known")
    later = people.create(db, "Nora", "admin", now=NOON + 2)
    people.disable(db, room.volunteer.id, now=NOON + 2)
    people.change_role(db, room.coordinator.id, "volunteer")
    people.disable(db, room.admin.id, now=NOON + 2)
    db.close()
    backup.restore(saved, path, now=NOON + HOUR)
    with contextlib.closing(store.connect(path)) as again:
        found = {each.name: (each.role, each.disabled) for each in people.everyone(again, now=NOON + HOUR)}
        assert found["volunteer"] == ("volunteer", True)
        assert found["coordinator"] == ("volunteer", False)
        assert found["admin"] == ("admin", False), "the backup knows no other"
        assert later.name not in found
        with pytest.raises(Refused, match="do not fit together"):
            sessions.sign_in(again, "other", "an old password, known to many", device="", now=NOON + HOUR)


@pytest.mark.parametrize("erased", ["before", "after"])
def test_who_came_back_since_is_back_though_the_backup_does_not_know_them_or_they_were_erased(
    path: Path, desk: Desk, saved: Path, erased: str
) -> None:
    """Their START counted for nothing when a list brought them again: only their opt-out was left of them."""
    desk.stop(LUIS, now=NOON + 1)
    if erased == "before":
        erasing.erase(desk.db, LUIS, now=NOON + 2)
    saved.unlink()
    backup.make(path, saved, now=NOON + 3)
    luis = conversations.ensure(desk.db, LUIS, now=NOON + 4)
    optouts.undo(desk.db, luis, by=None, reason="asked by text", now=NOON + 5)
    if erased == "after":
        erasing.erase(desk.db, LUIS, now=NOON + 6)
    desk.db.close()
    backup.restore(saved, path, now=NOON + HOUR)
    with contextlib.closing(store.connect(path)) as again:
        assert conversations.open_opt_out(again, LUIS) is None


def test_a_start_ends_the_newest_stop_also_where_the_backup_knew_an_older_one(
    path: Path, desk: Desk, saved: Path
) -> None:
    """It named the older one, so that each start of the gateway and each restore put them out again."""
    desk.stop(LUIS, now=NOON + 1)
    saved.unlink()
    backup.make(path, saved, now=NOON + 2)
    luis = desk.conversation(LUIS)["id"]
    optouts.undo(desk.db, luis, by=None, reason="asked by text", now=NOON + 3)
    desk.stop(LUIS, now=NOON + 4)
    desk.db.close()
    backup.restore(saved, path, now=NOON + HOUR)
    with contextlib.closing(store.connect(path)) as again:
        assert (
            again.execute("SELECT opted_out_at FROM conversation WHERE id=?", [luis]).fetchone()[0]
            == NOON + 4
        )
        optouts.undo(again, luis, by=None, reason="asked by text", now=NOON + 2 * HOUR)
        assert not restoring.still_out(again, Journal(path), now=NOON + 2 * HOUR)
    backup.restore(saved, path, now=NOON + 3 * HOUR)
    with contextlib.closing(store.connect(path)) as again:
        assert conversations.open_opt_out(again, LUIS) is None


def a_list_with(db: sqlite3.Connection, number: str, *, now: int) -> int:
    list_id = bring_in(db, ("Eva",), now=now)
    with store.write(db):
        mine = conversations.ensure(db, number, now=now)
        db.execute("UPDATE contact SET conversation_id=? WHERE first_name='Eva'", [mine])
        db.execute("DELETE FROM conversation WHERE number LIKE '+1%'")
    return list_id


def test_who_stopped_last_in_the_other_form_of_their_number_stays_out(
    path: Path, db: sqlite3.Connection, room: Room, tmp_path: Path
) -> None:
    """The backup knew a stop in one form; that it was over let them in, though the journal's last word was a stop in the other."""
    by = room.coordinator

    def calls(number: str, now: int) -> int:
        list_id = a_list_with(db, number, now=now)
        [person] = conversations.known_of(db, [number]).values()
        optouts.opt_out(db, person["id"], source="coordinator", by=by, reason="rang", now=now)
        return list_id

    def over(number: str, list_id: int, now: int) -> None:
        [person] = conversations.known_of(db, [number]).values()
        optouts.undo(db, person["id"], by=by, reason="rang again", now=now)
        lists.delete(db, list_id, by=by)
        assert taking.clear(db, list_id, wait=lambda _seconds: False)

    first, other = "+5215512345678", "+525512345678"
    over(first, calls(first, NOON), NOON + 1)
    list_id = calls(other, NOON + 2)
    saved = backup.make(path, tmp_path / "saved.db", now=NOON + 3).path
    over(other, list_id, NOON + 4)
    calls(first, NOON + 5)
    db.close()
    backup.restore(saved, path, now=NOON + HOUR)
    with contextlib.closing(store.connect(path)) as again:
        assert [row["opted_out_at"] for row in again.execute("SELECT * FROM conversation")] == [NOON + 5]
        assert conversations.open_opt_out(again, first) is not None


def test_what_had_gone_by_age_before_a_restore_goes_that_night(
    path: Path, db: sqlite3.Connection, saved: Path
) -> None:
    """After the restore of a backup of half a year ago it would have stayed for three months: the age caught up by two days a night."""
    for night in range(1, 180):
        purging.purge(db, Privacy(), now=NOON + night * DAY_MS, zone="UTC")
    db.close()
    backup.restore(saved, path, now=NOON + 180 * DAY_MS)
    with contextlib.closing(store.connect(path)) as again:
        assert purging.is_due(again, now=NOON + 180 * DAY_MS, zone="UTC")
        purging.purge(again, Privacy(), now=NOON + 180 * DAY_MS, zone="UTC")
        assert purging.age(again) == NOON + 180 * DAY_MS


def test_the_question_of_somebody_who_came_back_since_the_backup_waits_for_its_answer(
    path: Path, desk: Desk, room: Room, rules: Rules, tmp_path: Path
) -> None:
    """They may be texted again, and nobody was shown what they had asked."""
    asked = "00" + encode_deliver(ADA, segment("Where is it?"), timestamp=store.moment(NOON)).hex().upper()
    arrivals.keep(
        desk.db, [arrivals.Received(asked, "SM", 1)], arrivals.Seen("north", ICCID), rules, now=NOON
    )
    desk.stop(ADA, now=NOON + 1)
    saved = backup.make(path, tmp_path / "saved.db", now=NOON + 2).path
    ada = desk.conversation(ADA)["id"]
    optouts.undo(desk.db, ada, by=room.coordinator, reason="The wrong person.", now=NOON + 3)
    assert desk.conversation(ADA)["waiting_at"] == NOON
    desk.db.close()

    backup.restore(saved, path, now=NOON + HOUR)

    with contextlib.closing(store.connect(path)) as db:
        row = db.execute("SELECT opted_out_at, waiting_at FROM conversation WHERE id=?", [ada]).fetchone()
        assert tuple(row) == (None, NOON)


def test_whoever_stood_only_in_a_row_that_was_not_taken_is_erased_again(
    path: Path, desk: Desk, tmp_path: Path
) -> None:
    """The row came back with the backup, number and name, and with it the export had them."""
    desk.draft("+12025550147")
    desk.db.execute(
        "INSERT INTO contact_list (id, name, state, source, consented_on, created_at) VALUES (1, 'Elm', 'ready', 'signed', '2026-01-08', 1)"
    )
    cells = {2: '["Ada", "(202) 555-0123"]', 3: '["Luis", "(202) 555-0147"]'}
    desk.db.executemany("INSERT INTO list_row VALUES (1, ?, 'twice', 'Twice.', ?)", cells.items())
    saved = backup.make(path, tmp_path / "saved.db", now=NOON).path
    erasing.erase(desk.db, ADA, now=NOON + 1)
    desk.db.close()
    backup.restore(saved, path, now=NOON + HOUR)
    with contextlib.closing(store.connect(path)) as db:
        assert [row["row"] for row in db.execute("SELECT row FROM list_row")] == [3]


def test_whoever_was_erased_while_the_clock_stood_in_1970_is_erased_again(
    path: Path, desk: Desk, tmp_path: Path
) -> None:
    """By its date they had come back since."""
    desk.draft(ADA)
    saved = backup.make(path, tmp_path / "saved.db", now=NOON).path
    erasing.erase(desk.db, ADA, now=HOUR)
    desk.db.close()
    backup.restore(saved, path, now=NOON + HOUR)
    with contextlib.closing(store.connect(path)) as db:
        assert not db.execute("SELECT 1 FROM conversation").fetchall()


def test_whoever_wrote_and_was_erased_after_the_clock_stepped_back_is_erased_again(
    path: Path, desk: Desk, rules: Rules, tmp_path: Path
) -> None:
    """Their last word was older then than the text in the backup, and by its date that had come since (seed 968639)."""
    desk.draft(ADA)
    saved = backup.make(path, tmp_path / "saved.db", now=NOON).path
    wrote = "00" + encode_deliver(ADA, segment("Hello?"), timestamp=store.moment(NOON)).hex().upper()
    seen = arrivals.Seen("north", ICCID)
    arrivals.keep(desk.db, [arrivals.Received(wrote, "SM", 1)], seen, rules, now=HOUR)
    erasing.erase(desk.db, ADA, now=HOUR + 1)
    desk.db.close()
    backup.restore(saved, path, now=NOON + HOUR)
    with contextlib.closing(store.connect(path)) as db:
        assert not db.execute("SELECT 1 FROM conversation").fetchall()


def test_whoever_was_erased_twice_after_the_clock_stepped_back_is_erased_again_when_the_journal_was_written_anew(
    path: Path, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the last act on a number was kept then: it told of another stay than the one that the backup holds."""
    desk.draft(ADA)
    saved = backup.make(path, tmp_path / "saved.db", now=NOON).path
    erasing.erase(desk.db, ADA, now=NOON + 1)
    conversations.ensure(desk.db, ADA, now=HOUR)
    erasing.erase(desk.db, ADA, now=HOUR + 1)
    monkeypatch.setattr(journal, "COMPACT_BYTES", 1)
    Journal(path).compact()
    desk.db.close()
    backup.restore(saved, path, now=NOON + HOUR)
    with contextlib.closing(store.connect(path)) as db:
        assert not db.execute("SELECT 1 FROM conversation").fetchall()


def test_an_older_copy_is_told_once_though_the_start_ends_behind_it(
    path: Path, desk: Desk, seat: Seat, rules: Rules, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start that was cut off there, or waited for room on a card, told it again: what people had approved since waited once more."""
    with lock.gateway(path) as hold:
        hold.count(7)
    sends(desk, seat, rules, LUIS, now=NOON + 2)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(texted, "_write", full)
    told = []
    for start in range(2):
        with lock.gateway(path) as hold:
            restoring.put_here_by_hand(desk.db, hold, path, saved.parent, now=NOON + HOUR + start)
            told.append(desk.db.execute("SELECT value FROM setting WHERE key='restored'").fetchone()["value"])
    assert told[0] == told[1]


def test_a_copy_from_the_old_card_is_an_older_one_after_a_restore_on_a_new_card(
    path: Path, desk: Desk, tmp_path: Path
) -> None:
    """The new card counted from nothing, so that the copy had more runs than it, and all that it had to send left once more."""
    desk.draft(ADA)
    runs.keep(desk.db, 10)
    saved = backup.make(path, tmp_path / "saved.db", now=NOON).path
    desk.db.close()
    backup.restore(saved, path, now=NOON + HOUR)
    with lock.gateway(path) as hold, contextlib.closing(store.connect(path)) as db:
        runs.count(db, hold)
    with lock.gateway(path) as hold, contextlib.closing(store.connect(saved)) as copy:
        assert runs.is_older(copy, hold)


def test_both_forms_of_a_mobile_that_one_list_brings_may_have_been_texted_since_the_backup(
    desk: Desk,
) -> None:
    """Of two rows that are one person by the digest only the last was marked; the other's card said nothing of a text before."""
    listed = "+5491123456789", "+541123456789"
    key = conversations.number_key(desk.db, listed[0])[: conversations.TEXTED_BYTES]
    desk.db.execute("INSERT INTO perhaps_texted (number_key, at) VALUES (?,?)", [key, NOON])
    conversations.ensure_all(desk.db, ((number, "", None) for number in listed), now=NOON)
    marked = desk.db.execute("SELECT perhaps_texted_at FROM conversation").fetchall()
    assert [row["perhaps_texted_at"] for row in marked] == [NOON]


@pytest.mark.parametrize("harm", ["none", "the journal of texts is damaged", "the key is gone"])
def test_a_database_made_in_the_place_of_a_lost_one_marks_who_was_texted_already(
    path: Path, desk: Desk, seat: Seat, rules: Rules, harm: str
) -> None:
    """The next import of the same list brought everybody as new people, and each got the first text once more."""
    sends(desk, seat, rules, ADA)
    desk.db.close()
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    if harm != "none":
        lost = Path(f"{path}.texted" if "texts" in harm else f"{path}.acts")
        lost.write_text("not\na\njournal\n")
    source = path.with_name("textbank.toml")
    source.write_text(
        '[organisation]\nname = "Elm Street"\nregion = "US"\n[database]\npath = "textbank.db"\n'
    )
    made = CliRunner().invoke(cli, ["--config", str(source), "init"])
    assert (made.exit_code, "were texted from an earlier one" in made.stdout) == (0, True), made.output
    with contextlib.closing(store.connect(path)) as db:
        for number in (ADA, LUIS):
            conversations.ensure(db, number, now=store.wall_ms())
    assert marked(path) == ({ADA} if harm == "none" else {ADA, LUIS})
    assert texted.handed(path) == [], "a text of the lost database is taken for none of the new one"


def test_a_restore_by_a_clock_that_stood_behind_marks_who_is_new_for_thirty_right_days(
    path: Path, desk: Desk, tmp_path: Path
) -> None:
    """A new card's clock stands at the day of its image: the days were over as soon as it was set right, and lists texted people twice."""
    desk.draft(ADA)
    saved = backup.make(path, tmp_path / "saved.db", now=NOON).path
    desk.db.close()
    card = tmp_path / "card" / "textbank.db"
    card.parent.mkdir()
    backup.restore(saved, card, now=NOON - 200 * DAY_MS)
    with contextlib.closing(store.connect(card)) as db:

        def is_marked(number: str, now: int) -> bool:
            conversations.ensure(db, number, now=now)
            return conversations.known_of(db, [number])[number]["perhaps_texted_at"] is not None

        assert is_marked(LUIS, NOON + DAY_MS)
        assert restored.by_now(db, now=NOON + DAY_MS)
        assert not restored.by_now(db, now=NOON + 2 * DAY_MS)
        assert is_marked("+12025550171", NOON + 30 * DAY_MS)
        assert not is_marked("+12025550172", NOON + 32 * DAY_MS)


def test_a_first_database_marks_nobody(path: Path) -> None:
    source = path.with_name("textbank.toml")
    source.write_text(
        '[organisation]\nname = "Elm Street"\nregion = "US"\n[database]\npath = "textbank.db"\n'
    )
    made = CliRunner().invoke(cli, ["--config", str(source), "init"])
    assert (made.exit_code, "earlier" in made.stdout) == (0, False), made.output
    with contextlib.closing(store.connect(path)) as db:
        conversations.ensure(db, ADA, now=store.wall_ms())
    assert marked(path) == set()


def test_the_database_itself_is_no_backup_to_restore(path: Path, desk: Desk) -> None:
    """Half a minute later it was "locked", by the restore that held it."""
    desk.draft(ADA)
    desk.db.close()
    os.link(path, path.with_name("also.db"))
    for named in (path, path.with_name("also.db")):
        with pytest.raises(Refused, match="is the database itself"):
            backup.restore(named, path, now=NOON)
