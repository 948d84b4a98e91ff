"""After a restore: who is marked as texted since, what of opt-outs, and what stands when it is interrupted or refused."""

import contextlib
import json
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from gateway import (
    backup,
    campaigns,
    cards,
    claims,
    conversations,
    flight,
    inbox,
    journal,
    lists,
    moves,
    optouts,
    outbox,
    restored,
    schema,
    store,
    taking,
    texted,
)
from gateway.claims import Seat
from gateway.errors import Refused
from gateway.journal import Journal
from gateway.rules import Rules
from tests.campaigning import Hall, bring_in
from tests.gateway.conftest import ADA, LUIS, NOON, Desk, Room

HOUR = 3_600_000
BEA, OLU, NEW = "+12025550153", "+12025550151", "+12025550190"


def sends(desk: Desk, seat: Seat, rules: Rules, number: str, *, now: int = NOON, kind: str = "first") -> None:
    """A text to this number is approved and handed over, as a station does it."""
    db = desk.db
    text = desk.approved(number, kind=kind, now=now)
    job, _ = claims.claim_next(db, seat, rules, now=now, only=text)
    assert job is not None
    who = texted.of(Path(db.execute("PRAGMA database_list").fetchone()[2]))
    who.ahead(db, number)
    flight.submit(db, seat, job, 1, rules, valid_for=flight.validity(db, job, rules, now=now), now=now)
    who.sent(db, number)


def marked(path: Path) -> set[str]:
    with contextlib.closing(store.connect(path)) as db:
        rows = db.execute("SELECT number FROM conversation WHERE perhaps_texted_at IS NOT NULL")
        return {row["number"] for row in rows}


@pytest.fixture
def saved(path: Path, desk: Desk, seat: Seat, rules: Rules, tmp_path: Path) -> Path:
    """A backup of a day on which Ada was texted, and Luis, Bea and Olu waited for their text."""
    sends(desk, seat, rules, ADA)
    for number in (LUIS, BEA, OLU):
        desk.draft(number)
    (tmp_path / "stick").mkdir()
    return backup.make(path, tmp_path / "stick", now=NOON + 1).path


@pytest.mark.parametrize("ruined", [False, True])
def test_exactly_those_who_were_texted_since_are_marked(
    path: Path, desk: Desk, seat: Seat, rules: Rules, saved: Path, ruined: bool
) -> None:
    sends(desk, seat, rules, LUIS, now=NOON + 2)
    sends(desk, seat, rules, NEW, now=NOON + 3)  # came on a list after the backup
    desk.db.close()
    if ruined:
        path.write_bytes(b"\0" * 5000)
    done = backup.restore(saved, path, now=NOON + HOUR)
    assert done.counts.known
    assert done.counts.perhaps_texted == 2
    assert marked(path) == {LUIS}
    with contextlib.closing(store.connect(path)) as db:
        conversations.ensure(db, NEW, now=NOON + 2 * HOUR)  # the same list is imported again
        conversations.ensure(db, "+12025550199", now=NOON + 2 * HOUR)
        reasons = dict(
            db.execute(
                "SELECT c.number, m.reason FROM message m JOIN conversation c ON c.id=m.conversation_id "
                "WHERE m.state='awaiting'"
            ).fetchall()
        )
    assert marked(path) == {LUIS, NEW}
    assert "may have been texted since" in reasons[LUIS]
    assert "nothing was sent to the person since" in reasons[BEA]


def test_who_writes_after_a_restore_takes_no_mark_from_the_text_that_may_have_gone_out(
    path: Path, desk: Desk, seat: Seat, rules: Rules, saved: Path
) -> None:
    sends(desk, seat, rules, LUIS, now=NOON + 2)
    desk.db.close()
    backup.restore(saved, path, now=NOON + HOUR)
    with contextlib.closing(store.connect(path)) as db:
        row = db.execute(
            "SELECT m.id, m.round, m.conversation_id FROM message m JOIN conversation c ON c.id=m.conversation_id "
            "WHERE m.state='awaiting' AND c.number=?",
            [LUIS],
        ).fetchone()
        with store.write(db):
            moves.void_waiting(
                db,
                row["conversation_id"],
                actor="station:s0",
                now=NOON + HOUR,
                reason="Luis wrote after this was written",
            )
        after = outbox.load(db, row["id"])
    assert "may have been texted since" in after["reason"]
    assert after["round"] > row["round"], "a form that was open approves nothing"


@pytest.mark.parametrize("harm", ["lost", "older backup"])
def test_without_the_journal_everybody_is_marked_and_nobody_is_said_to_have_got_nothing(
    path: Path, desk: Desk, seat: Seat, rules: Rules, saved: Path, harm: str
) -> None:
    """Also who had been texted before it: they may have got a reminder since."""
    with contextlib.closing(sqlite3.connect(saved)) as copy:
        copy.execute(
            "INSERT INTO message (conversation_id, kind, state, text, channel, created_at, expires_at) "
            "SELECT id, 2, 'awaiting', 'Doors open at seven.', 'panel', 1, ? FROM conversation WHERE number=?",
            [NOON + 24 * HOUR, ADA],
        )
        copy.commit()
    sends(desk, seat, rules, LUIS, now=NOON + 2)
    desk.db.close()
    if harm == "lost":
        texted.of(path).path.unlink()
    else:
        with contextlib.closing(sqlite3.connect(saved)) as copy:
            copy.execute("DELETE FROM setting WHERE key='backed_up'")
            copy.commit()
    done = backup.restore(saved, path, now=NOON + HOUR)
    assert not done.counts.known
    assert marked(path) == {ADA, LUIS, BEA, OLU}
    with contextlib.closing(store.connect(path)) as db:
        waiting = db.execute("SELECT reason FROM message WHERE state='awaiting'").fetchall()
        assert len(waiting) == 4
        assert all("may have been texted since" in row["reason"] for row in waiting)
        assert restored.by_now(db, now=NOON + HOUR)
        conversations.ensure(db, NEW, now=NOON + 2 * HOUR)
        conversations.ensure(db, "+12025550199", now=NOON + HOUR + 31 * 24 * HOUR)
    assert marked(path) == {ADA, LUIS, BEA, OLU, NEW}, "a new list may be the old one for a month"


def test_somebody_of_an_open_campaign_stays_marked_whatever_else_is_written_to_them(
    path: Path, desk: Desk, hall: Hall, seat: Seat, rules: Rules
) -> None:
    """Another text lifted the mark, and the campaign's first text, which had left since the backup, left again (seed 802678)."""
    campaign = hall.started()
    person = "+12025550100"
    desk.db.execute("UPDATE conversation SET perhaps_texted_at=? WHERE number=?", [NOON, person])
    sends(desk, seat, rules, person, now=NOON + 1)
    assert marked(path) == {person}
    campaigns.close(desk.db, campaign, by=hall.users["coordinator"], now=NOON + 2)
    sends(desk, seat, rules, person, now=NOON + 3)
    assert marked(path) == set()


def test_an_answer_to_somebody_lifts_no_mark(
    path: Path, desk: Desk, hall: Hall, seat: Seat, rules: Rules
) -> None:
    """Their campaign was a draft in the backup: they answered what it had sent since, were answered, and it starts once more."""
    hall.drafted()
    person = "+12025550100"
    desk.db.execute("UPDATE conversation SET perhaps_texted_at=? WHERE number=?", [NOON, person])
    sends(desk, seat, rules, person, kind="reply", now=NOON + 1)
    assert marked(path) == {person}


def test_whoever_goes_with_their_list_and_comes_again_with_another_stays_marked(
    path: Path, hall: Hall
) -> None:
    list_id, db = bring_in(hall.db, now=NOON), hall.db
    db.execute("UPDATE conversation SET perhaps_texted_at=? WHERE number='+12025550100'", [NOON])
    lists.delete(db, list_id, by=hall.users["coordinator"])
    assert taking.clear(db, list_id, wait=lambda _seconds: False)
    assert not db.execute("SELECT 1 FROM conversation").fetchone()
    bring_in(db, now=NOON)
    assert marked(path) == {"+12025550100"}


def test_who_sends_reads_it_on_the_card_and_in_the_thread_and_a_program_cannot(
    path: Path, desk: Desk, room: Room, seat: Seat, rules: Rules, saved: Path
) -> None:
    sends(desk, seat, rules, LUIS, now=NOON + 2)
    luis = desk.conversation(LUIS)["id"]
    desk.db.close()
    backup.restore(saved, path, now=NOON + HOUR)
    with contextlib.closing(store.connect(path)) as db:
        draft = db.execute("SELECT id FROM message WHERE conversation_id=?", [luis]).fetchone()["id"]
        card = cards.card(db, draft, room.coordinator, rules=rules, now=NOON + HOUR)
        assert card.perhaps_texted_at == NOON + HOUR
        assert inbox.thread(db, luis, room.coordinator, now=NOON + HOUR).perhaps_texted_at == NOON + HOUR
        with pytest.raises(Refused, match="may have been texted"):
            outbox.approve(
                db, draft, by=room.coordinator, seen=card.seen, rules=rules, now=NOON + HOUR, channel="cli"
            )
        again = Desk(db, room, rules)
        again.approve(draft, now=NOON + HOUR)
        seat = Seat(seat.station, flight.begin(db, seat.station, now=NOON + HOUR), seat.sim)
        job, _ = claims.claim_next(db, seat, rules, now=NOON + HOUR, only=draft)
        assert job is not None
        valid_for = flight.validity(db, job, rules, now=NOON + HOUR)
        flight.submit(db, seat, job, 1, rules, valid_for=valid_for, now=NOON + HOUR)
    assert marked(path) == set(), "a person looked and sent; it is known again what went"


def test_a_start_that_was_never_committed_lifts_no_opt_out(
    path: Path, db: sqlite3.Connection, desk: Desk, room: Room, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.stop(LUIS, now=NOON + 2)

    class Killed(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:  # the process ends inside the transaction of the START
        patch.setattr(optouts, "move", killed)
        db.execute(
            "UPDATE message SET kind=0, state='approved', approval_id=1 WHERE conversation_id=?",
            [desk.conversation(LUIS)["id"]],
        )
        with pytest.raises(Killed):
            optouts.undo(
                db, desk.conversation(LUIS)["id"], by=room.coordinator, reason="She asked.", now=NOON + 3
            )
    db.close()
    backup.restore(saved, path, now=NOON + HOUR)
    with contextlib.closing(store.connect(path)) as again:
        assert (
            again.execute("SELECT opted_out_at FROM conversation WHERE number=?", [LUIS]).fetchone()[0]
            == NOON + 2
        )


def test_a_stop_between_the_commit_of_a_start_and_its_line_stands(
    path: Path, db: sqlite3.Connection, desk: Desk, room: Room, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.stop(LUIS, now=NOON + 2)
    real = journal.Journal.note

    def late(acts: Journal, act: str, *, at: int, **fields: str | int) -> None:
        if act == "opt_in":
            monkeypatch.undo()
            with contextlib.closing(store.connect(path)) as other:
                Desk(other, room, desk.rules).stop(LUIS, now=NOON + 4)
        real(acts, act, at=at, **fields)

    monkeypatch.setattr(journal.Journal, "note", late)
    optouts.undo(db, desk.conversation(LUIS)["id"], by=room.coordinator, reason="She asked.", now=NOON + 3)
    db.close()
    backup.restore(saved, path, now=NOON + HOUR)
    with contextlib.closing(store.connect(path)) as again:
        assert again.execute("SELECT opted_out_at FROM conversation WHERE number=?", [LUIS]).fetchone()[0]


def test_who_stopped_on_a_fresh_start_stays_out_when_an_old_backup_comes_later(
    path: Path, desk: Desk, room: Room, rules: Rules, saved: Path, tmp_path: Path
) -> None:
    desk.db.close()
    away = tmp_path / "another machine"
    away.mkdir()
    elsewhere = away / "textbank.db"
    with contextlib.closing(store.connect(elsewhere)) as fresh:
        schema.migrate(fresh)
        shutil_room = Desk(fresh, room, rules)
        fresh.execute("INSERT INTO user SELECT 4, 'coordinator', 'coordinator', NULL, 0, NULL, 0, NULL")
        for number in (LUIS, NEW):
            shutil_room.draft(number)
            shutil_room.stop(number, now=NOON + 5)
    backup.restore(saved, elsewhere, now=NOON + HOUR)
    with contextlib.closing(store.connect(elsewhere)) as again:
        conversations.ensure(again, NEW, now=NOON + HOUR)  # only the fresh start knew her
        rows = dict(again.execute("SELECT number, opted_out_at FROM conversation").fetchall())
        assert rows[LUIS] == rows[NEW] == NOON + 5
        assert rows[BEA] is None
        optouts.undo(again, again.execute("SELECT id FROM conversation WHERE number=?", [NEW]).fetchone()[0],
                     by=None, reason="asked by text", now=NOON + 2 * HOUR)  # fmt: skip
        assert conversations.open_opt_out(again, NEW) is None


def test_a_new_database_beside_an_old_journal_goes_on_with_its_key(
    path: Path, desk: Desk, room: Room, rules: Rules
) -> None:
    desk.draft(ADA)
    key = conversations.number_key(desk.db, ADA)
    desk.db.close()
    path.unlink()
    with contextlib.closing(store.connect(path)) as fresh:
        schema.migrate(fresh)
        assert conversations.number_key(fresh, ADA) == key


def test_the_journal_of_acts_does_not_grow_for_ever_and_keeps_the_last_word(
    path: Path, db: sqlite3.Connection, desk: Desk, room: Room, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts = Journal(path)
    acts.note("pin", at=1, attempt="a")
    for turn in range(10):
        desk.stop(LUIS, now=NOON + 10 * turn)
        optouts.undo(
            db, desk.conversation(LUIS)["id"], by=room.coordinator, reason="x", now=NOON + 10 * turn + 5
        )
    desk.stop(BEA, now=NOON + 200)
    before = acts.path.stat().st_size
    monkeypatch.setattr(journal, "COMPACT_BYTES", 1)
    acts.compact()
    assert acts.path.stat().st_size < before / 2
    assert acts.path.stat().st_mode & 0o77 == 0
    assert [act["attempt"] for act in acts.acts("pin")] == ["a"]
    db.close()
    backup.restore(saved, path, now=NOON + HOUR)
    with contextlib.closing(store.connect(path)) as again:
        rows = dict(again.execute("SELECT number, opted_out_at FROM conversation").fetchall())
    assert (rows[LUIS], rows[BEA]) == (None, NOON + 200)


def test_a_line_noted_while_the_journal_is_written_anew_is_not_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts = Journal(path)
    acts.note("pin", at=1, attempt="a")
    real, opened = os.open, []

    def replaced_meanwhile(name: object, *rest: object, **named: object) -> int:
        handle = real(name, *rest, **named)  # type: ignore[arg-type]
        if name == acts.path and not opened:
            opened.append(handle)
            shutil.copy(acts.path, f"{acts.path}.x")
            os.replace(
                f"{acts.path}.x", acts.path
            )  # another process compacted it between our open and our lock
        return handle

    monkeypatch.setattr(os, "open", replaced_meanwhile)
    acts.note("pin", at=2, attempt="b")
    monkeypatch.undo()
    assert [act["attempt"] for act in acts.acts("pin")] == ["a", "b"]


def test_a_backup_that_is_not_what_its_name_says_is_refused(path: Path, desk: Desk, saved: Path) -> None:
    desk.db.close()
    other = saved.with_name("textbank-20261124T170000Z-0123456789abcdef.db")
    saved.rename(other)
    with pytest.raises(Refused, match="not what its name says"):
        backup.restore(other, path, now=NOON)


def test_the_old_log_is_gone_from_beside_the_name_before_the_new_file_has_it(
    path: Path, desk: Desk, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged database whose log cannot be folded: a power cut may keep the last rename and not the one before it."""
    desk.db.close()
    path.write_bytes(b"damaged" * 1000)
    Path(f"{path}-wal").write_bytes(b"a log of the damaged one")
    order: list[str] = []
    sync, replace = backup.sync_folder, os.replace
    monkeypatch.setattr(
        backup,
        "sync_folder",
        lambda folder: (order.append(f"sync, log {Path(f'{path}-wal').exists()}"), sync(folder)),
    )
    monkeypatch.setattr(backup.os, "replace", lambda a, b: (order.append("replace"), replace(a, b)))
    backup.restore(saved, path, now=NOON + HOUR)
    assert order == ["sync, log False", "replace", "sync, log False"]


def test_a_backup_tells_when_it_was_made_and_the_live_database_does_not(
    path: Path, desk: Desk, saved: Path
) -> None:
    with contextlib.closing(sqlite3.connect(saved)) as copy:
        told = json.loads(copy.execute("SELECT value FROM setting WHERE key='backed_up'").fetchone()[0])
    assert told["at"] == NOON + 1
    assert not desk.db.execute("SELECT 1 FROM setting WHERE key='backed_up'").fetchone()


def test_campaigns_that_ran_are_paused_and_say_why(path: Path, desk: Desk, tmp_path: Path) -> None:
    desk.db.execute(
        "INSERT INTO campaign (id, name, kind, state, script, created_at) VALUES (7,'Rent','event','running','{}',1)"
    )
    made = backup.make(path, tmp_path / "saved.db", now=NOON)
    desk.db.close()
    backup.restore(made.path, path, now=NOON + HOUR)
    with contextlib.closing(store.connect(path)) as db:
        row = db.execute("SELECT state, reason FROM campaign").fetchone()
    assert row["state"] == "paused"
    assert "may have been texted since" in row["reason"]
