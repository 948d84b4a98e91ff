"""What people do to the database's file by hand, where `textbank restore` was meant."""

import shutil
import signal
from contextlib import closing
from pathlib import Path

import pytest

from gateway import backup, conversations, damage, lock, optouts, people, store
from gateway.config import load
from gateway.errors import Refused
from gateway.lock import Hold
from tests import blank
from tests.scenarios.group import ADA, LUIS, Group, five_minutes_pass, went_to
from tests.scenarios.test_processes import group as group

NEW = "+12025550190"


def test_a_backup_that_somebody_copied_over_the_database_sends_nothing_again(group: Group) -> None:
    """What the backup had still to send left once more, also to somebody who had stopped since."""
    path = group.config.database.path
    sent, stopped = group.approved(ADA), group.approved(LUIS)
    saved = path.parent / "saved.db"
    backup.make(path, saved, now=store.wall_ms())
    luis = conversations.ensure(group.db, LUIS, now=store.wall_ms())
    optouts.opt_out(
        group.db, luis, source="volunteer", by=group.user, reason="", now=store.wall_ms(), confirm=False
    )
    group.start()
    group.until(lambda: group.state(sent) == "delivered", "the text since the backup")
    group.end(signal.SIGTERM)
    group.db.close()
    for log in ("-wal", "-shm"):
        Path(f"{path}{log}").unlink(missing_ok=True)
    shutil.copy(saved, path)
    five_minutes_pass(path)

    group.start()
    group.db = store.connect(path)
    group.until(lambda: group.state(sent) != "approved", "what the backup had to send")
    after = group.approved(NEW)
    group.until(lambda: group.state(after) == "delivered", "what is approved now")

    assert (went_to(group, ADA), went_to(group, LUIS)) == (1, 0)
    assert (group.state(sent), group.state(stopped)) == ("uncertain", "withdrawn")
    marked = group.db.execute("SELECT perhaps_texted_at FROM conversation WHERE number=?", [ADA]).fetchone()
    assert marked["perhaps_texted_at"] is not None


def test_an_older_copy_of_the_database_that_somebody_put_back_sends_nothing_again(group: Group) -> None:
    """As before an upgrade, and after one that did not please: what the copy had to send left once more."""
    path = group.config.database.path
    text = group.approved(ADA)
    copy = path.parent / "before-the-upgrade.db"
    group.db.execute("VACUUM INTO ?", [str(copy)])
    group.start()
    group.until(lambda: group.state(text) == "delivered", "sent by the newer one")
    group.db.close()
    group.end(signal.SIGTERM)
    shutil.copy(copy, path)
    five_minutes_pass(path)

    for _ in range(2):  # the second start has nothing more to say
        group.start()
        group.db = store.connect(path)
        group.until(lambda: group.state(text) != "approved", "what the copy had to send")
        after = group.approved(LUIS)
        group.until(lambda sent=after: group.state(sent) == "delivered", "what is approved now")  # type: ignore[misc]
        group.db.close()
        group.end(signal.SIGTERM)
    group.db = store.connect(path)
    assert (went_to(group, ADA), went_to(group, LUIS), group.state(text)) == (1, 2, "uncertain")


def test_a_backup_that_was_copied_over_a_database_whose_log_is_still_there_is_not_mixed_with_it(
    tmp_path: Path,
) -> None:
    """After a power cut, on another machine: SQLite brought the log into it, of both there was a half, and what had left was not known."""
    database, now = tmp_path / "textbank.db", store.wall_ms()
    blank.database(database).close()
    saved = backup.make(database, tmp_path / "saved.db", now=now).path
    copy = tmp_path / "card" / "textbank.db"
    copy.parent.mkdir()
    with closing(store.connect(database)) as db:
        people.create(db, "Nora", "volunteer", now=now)
        for name in ("textbank.db", "textbank.db-wal"):
            shutil.copy(database.with_name(name), copy.with_name(name))
    shutil.copy(saved, copy)
    log, file = Path(f"{copy}-wal").read_bytes(), copy.read_bytes()
    with lock.gateway(copy) as hold:
        assert not damage.fit_to_start(copy, hold, now=now)
    found = damage.seen(copy)
    assert found is not None
    assert (
        "is the log of another file. To go on with this one, move it elsewhere and restore" in found.evidence
    )
    assert (Path(f"{copy}-wal").read_bytes(), copy.read_bytes()) == (log, file)
    damage.mended(copy)  # nobody started it
    aside = backup.restore(saved, copy, now=now + 1000).set_aside
    assert aside is not None
    assert (Path(f"{aside}-wal").read_bytes(), aside.read_bytes()) == (log, file)


def test_another_file_that_is_moved_over_the_database_of_a_running_gateway_stops_everything(
    group: Group,
) -> None:
    """It went on in the file that was deleted, and began anew with the other one, which had a text to send that had left."""
    path = group.config.database.path
    text = group.approved(ADA)
    other = backup.make(path, path.parent / "other.db", now=store.wall_ms()).path
    with closing(store.connect(other)) as copy:
        copy.execute("DELETE FROM setting WHERE key='backed_up'")  # as somebody's own copy
    group.start()
    group.until(lambda: group.state(text) == "delivered", "sent")
    group.db.close()
    other.rename(path)
    group.until(lambda: damage.seen(path) is not None and not lock.is_held(path), "noticed, and all stopped")
    assert "another file was put in its place" in group.run("outbox").stderr
    assert not damage.fit_to_start(path, Hold(unclean=False), now=store.wall_ms()), "nor does the next start"

    path.rename(other)
    five_minutes_pass(path)
    assert group.json("restore", "--yes", str(other))["uncertain"] == 1

    group.db = store.connect(path)
    after = group.approved(LUIS)
    group.until(lambda: group.state(after) == "delivered", "it goes on")
    assert (went_to(group, ADA), group.state(text)) == (1, "uncertain")


def test_a_database_behind_a_link_has_one_lock_and_one_journal_by_whatever_path_it_is_opened(
    tmp_path: Path,
) -> None:
    """A second gateway ran on it by its own path; and a restore by the link texted who had stopped, for it asked another journal."""
    (tmp_path / "disk").mkdir()
    real, link = tmp_path / "disk" / "real.db", tmp_path / "textbank.db"
    link.symlink_to(real)
    (tmp_path / "textbank.toml").write_text("")
    database = load(tmp_path / "textbank.toml").database.path
    blank.database(real).close()
    with closing(store.connect(database)) as db:
        cora = people.create(db, "Cora", "coordinator", now=store.wall_ms())
        ada = conversations.ensure(db, ADA, now=store.wall_ms())
        backup.make(database, tmp_path / "saved.db", now=store.wall_ms())
        optouts.opt_out(db, ada, source="volunteer", by=cora, reason="", now=store.wall_ms())
    with lock.gateway(database), pytest.raises(Refused, match="already runs"), lock.gateway(real):
        pass

    backup.restore(tmp_path / "saved.db", database, now=store.wall_ms())

    with closing(store.connect(database)) as db:
        assert conversations.open_opt_out(db, ADA) is not None
