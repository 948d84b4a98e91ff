"""Erasing one person: what goes, what outlives it, and a restore afterwards."""

import contextlib
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway import approvals, backup, conversations, erasing, ledger, optouts, store
from gateway.arrivals import Received, keep
from gateway.claims import Seat
from gateway.cli import cli
from gateway.errors import Refused
from gateway.rules import Rules
from tests.gateway.conftest import ADA, LUIS, NOON, Desk
from tests.gateway.test_arrivals import SEEN, deliver
from tests.gateway.test_backup import submitted


def test_erasing_leaves_no_trace_in_the_file(path: Path, db: sqlite3.Connection, desk: Desk) -> None:
    desk.approved(ADA, "Only Ada knows this.")
    desk.stop(ADA)
    before = ledger.verify(db)
    gone = erasing.erase(db, ADA, now=NOON + 1)
    assert gone.opted_out
    assert erasing.empty_log(db)
    octets = b"".join(file.read_bytes() for file in path.parent.glob("textbank.db*"))
    assert b"Only Ada knows" not in octets
    assert ADA.encode() not in octets
    after = ledger.verify(db)
    assert after.intact
    assert after.head == before.head, "the chain is as it was"
    assert after.erased > 0


@pytest.mark.parametrize("whole", [True, False])
def test_a_segment_that_came_twice_leaves_none_of_its_octets(
    db: sqlite3.Connection, desk: Desk, whole: bool
) -> None:
    """The second time it lay in another slot, before its text was whole: its row belongs to no text."""
    first, second = deliver("zebra " * 40)
    for slot, pdu in enumerate((first, first, second) if whole else (first, first)):
        keep(db, [Received(pdu, "SM", slot)], SEEN, desk.rules, now=NOON + slot)
    conversations.ensure(db, ADA, now=NOON)
    erasing.erase(db, ADA, now=NOON + 10)
    assert not db.execute("SELECT 1 FROM arrival WHERE pdu<>x'' OR number IS NOT NULL").fetchone()


def test_what_the_room_wrote_beside_an_opt_out_goes_with_its_person(
    path: Path, db: sqlite3.Connection, desk: Desk
) -> None:
    desk.draft(ADA)
    person, by = desk.conversation()["id"], desk.room.coordinator
    for words in ("Ada Osei rang at noon", "Ada Osei rang again"):
        optouts.opt_out(db, person, source="coordinator", by=by, reason=words, now=NOON)
        optouts.undo(db, person, by=by, reason=f"{words}, and changed her mind", now=NOON)
    optouts.opt_out(db, person, source="text", by=None, reason="asked by text", now=NOON)
    erasing.erase(db, ADA, now=NOON + 1)
    assert erasing.empty_log(db)
    octets = b"".join(file.read_bytes() for file in path.parent.glob("textbank.db*"))
    assert b"Ada Osei" not in octets
    rows = db.execute("SELECT source, reason, until_at IS NULL FROM opt_out ORDER BY id").fetchall()
    assert [tuple(row) for row in rows] == [("coordinator", "", 0)] * 2 + [("text", "asked by text", 1)]


def test_an_erased_person_who_opted_out_is_never_texted(db: sqlite3.Connection, desk: Desk) -> None:
    desk.draft(ADA)
    desk.stop(ADA)
    erasing.erase(db, ADA, now=NOON + 1)
    with pytest.raises(Refused):
        desk.approved(ADA, now=NOON + 2)


def test_nobody_is_erased_while_a_text_leaves(
    db: sqlite3.Connection, desk: Desk, seat: Seat, rules: Rules
) -> None:
    text = submitted(db, desk, seat, rules, ADA)
    with pytest.raises(Refused, match="is leaving"):
        erasing.erase(db, ADA, now=NOON)
    assert desk.state(text) == "submitted"


def test_the_row_of_somebody_who_was_erased_names_nobody_else_in_the_ledger(
    db: sqlite3.Connection, desk: Desk
) -> None:
    """The next text got the number of hers: the ledger said that two texts to Luis had been approved, and none to anybody who was erased."""
    hers = desk.approved(ADA)
    erasing.erase(db, ADA, now=NOON + 1)
    his = desk.approved(LUIS, now=NOON + 2)
    assert [(row["message_id"], row["number"]) for row in approvals.newest(db, limit=9)] == [
        (his, LUIS),
        (hers, ""),
    ]
    assert ledger.verify(db).erased == 1


def test_nobody_is_said_to_be_erased_to_whom_a_text_was_written_by_a_clock_ahead(desk: Desk) -> None:
    """It was approved when the clock was set, and again after their answer; both rows are of her."""
    text = desk.draft(ADA, kind="reply", now=NOON + 3_600_000)
    desk.approve(text, now=NOON)
    keep(desk.db, [Received(*deliver("Wait!"))], SEEN, desk.rules, now=NOON + 1000)
    desk.approve(text, now=NOON + 2000)
    assert [row["number"] for row in approvals.newest(desk.db, limit=9)] == [ADA, ADA]
    assert ledger.verify(desk.db).erased == 0


def test_who_is_erased_is_also_in_what_a_restore_set_aside_and_the_command_says_so(
    path: Path, tmp_path: Path, desk: Desk
) -> None:
    (tmp_path / "textbank.toml").write_text(
        '[organisation]\nname = "Elm Street"\nregion = "US"\ntimezone = "America/New_York"\n'
        '[[stations]]\nname = "north"\nport = "/dev/null/none"\n'
    )
    desk.draft(ADA)
    aside = Path(f"{path}.before-restore-20261124T170000Z")
    aside.touch()
    words = ["--config", str(tmp_path / "textbank.toml"), "erase", ADA, "--yes"]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, result.output
    assert f"{aside} was set aside by a restore" in result.output


def test_a_backup_is_restored_though_somebody_who_said_yes_twice_was_erased_since(
    path: Path, desk: Desk, tmp_path: Path
) -> None:
    """Rows that refer to each other refused to go: the restore failed at every try."""
    text = desk.draft(ADA)
    came = "INSERT INTO inbound (conversation_id, number, kind, text, triage, station, iccid, received_at, again_of, replaced_by) "
    desk.db.execute(
        f"{came} SELECT id, number, 'text', 'Yes', 'reply', 's', '', ?, NULL, NULL FROM conversation", [NOON]
    )
    desk.db.execute(
        f"{came} SELECT id, number, 'text', 'Yes', 'reply', 's', '', ?, 1, 1 FROM conversation", [NOON]
    )
    desk.db.execute(
        "INSERT INTO message (conversation_id, kind, state, text, channel, created_at, expires_at, resend_of) "
        "SELECT conversation_id, kind, 'skipped', text, channel, created_at, expires_at, id FROM message"
    )
    desk.db.execute("UPDATE message SET state='skipped' WHERE id=?", [text])
    made = backup.make(path, tmp_path / "saved.db", now=NOON)
    erasing.erase(desk.db, ADA, now=NOON)
    desk.db.close()
    backup.restore(made.path, path, now=NOON + 1)
    with contextlib.closing(store.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM inbound").fetchone()[0] == 0
        assert db.execute("SELECT count(*) FROM message").fetchone()[0] == 0
        assert db.execute("SELECT count(*) FROM conversation").fetchone()[0] == 0


def bring_row(db: sqlite3.Connection, list_id: int) -> None:
    """A list with a row of Ada's that was not taken."""
    with store.write(db):
        db.execute(
            "INSERT INTO contact_list (id, name, state, source, consented_on, created_at) VALUES (?,'Old','ready','asked','2026-01-01',0)",
            [list_id],
        )
        db.execute("INSERT INTO list_row VALUES (?, 2, 'twice', 'Twice.', '[\"(202) 555-0123\"]')", [list_id])


def test_rows_of_files_are_looked_through_before_the_lock_that_stations_wait_for(
    db: sqlite3.Connection, desk: Desk
) -> None:
    """A hundred thousand rows that no list took kept every station from writing for three seconds, and a Pi's for five times that."""
    bring_row(db, 1)
    desk.draft(ADA)
    held: list[bool] = []
    db.set_trace_callback(lambda said: held.append(db.in_transaction) if "FROM list_row r" in said else None)
    erasing.erase(db, ADA, now=NOON)
    db.set_trace_callback(None)
    assert held == [False]
    assert db.execute("SELECT count(*) FROM list_row").fetchone()[0] == 0


def test_who_was_texted_last_is_erased_without_a_look_at_all_that_was_sent_before(
    db: sqlite3.Connection, desk: Desk, seat: Seat, rules: Rules
) -> None:
    """Every station waited meanwhile, a Pi's for a second: for each batch of a campaign whose people go, too."""
    earlier = submitted(db, desk, seat, rules, LUIS)
    db.execute(
        "INSERT INTO event (message_id, event, actor, at) WITH n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<3000) "
        "SELECT ?, 'submit', 'station:north', 0 FROM n",
        [earlier],
    )
    submitted(db, desk, seat, rules, ADA)
    db.execute("UPDATE message SET state='uncertain'")
    thousands: list[int] = []
    db.set_progress_handler(lambda: thousands.append(1), 1000)
    erasing.erase(db, ADA, now=NOON + 600_000)
    db.set_progress_handler(None, 0)
    assert len(thousands) < 20


def test_a_list_that_was_taken_between_the_look_and_the_lock_keeps_nothing(
    path: Path, db: sqlite3.Connection, desk: Desk
) -> None:
    desk.draft(ADA)
    brought: list[str] = []

    def meanwhile(said: str) -> None:
        if said.startswith("BEGIN") and not brought:
            with contextlib.closing(store.connect(path)) as other:
                bring_row(other, 7)
            brought.append(said)

    db.set_trace_callback(meanwhile)
    erasing.erase(db, ADA, now=NOON)
    db.set_trace_callback(None)
    assert brought
    assert db.execute("SELECT count(*) FROM list_row").fetchone()[0] == 0
