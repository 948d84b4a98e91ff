"""A group's real gateway: a backup while it runs, then its card is ruined, and the way back."""

import contextlib
import signal
from pathlib import Path

from gateway import backup, keeping, store
from gateway.bell import ring
from tests.scenarios.group import five_minutes_pass
from tests.scenarios.test_processes import ADA, LUIS, Group, went_to
from tests.scenarios.test_processes import group as group


def test_after_a_restore_nobody_is_texted_twice_and_who_was_texted_since_is_marked(group: Group) -> None:
    plan = keeping.plan_of(group.config)
    group.start()
    before = group.approved(ADA)
    group.until(lambda: group.state(before) == "delivered", "the text before the backup")
    keeping.ask(group.db, now=store.wall_ms())
    ring(plan.database)
    group.until(lambda: keeping.state(group.db).made_at is not None, "the backup that was asked for")
    [saved] = keeping.listing(plan.folder)
    backup.check(saved.path)
    refused = group.run("restore", "--yes", str(saved.path))
    assert (refused.returncode, "Stop it" in refused.stderr) == (1, True), "not under a running gateway"

    since = group.approved(LUIS)
    group.until(lambda: went_to(group, LUIS) == 1 and group.state(since) == "delivered", "the text since")
    group.end(signal.SIGKILL)
    group.db.close()
    plan.database.write_bytes(b"\0" * 8192)
    for log in ("-wal", "-shm"):
        Path(f"{plan.database}{log}").unlink(missing_ok=True)
    five_minutes_pass(plan.database)

    told = group.json("restore", "--yes", str(saved.path))

    assert (told["perhaps_texted"], told["known"]) == (1, True)
    group.db = store.connect(plan.database)
    again = group.approved(LUIS)  # the same list once more
    marked = group.db.execute(
        "SELECT number FROM conversation WHERE perhaps_texted_at IS NOT NULL"
    ).fetchall()
    assert [row["number"] for row in marked] == [LUIS]
    group.start()
    group.until(lambda: group.state(again) == "delivered", "a person's word stands")
    assert (went_to(group, ADA), went_to(group, LUIS)) == (1, 2)
    with contextlib.closing(store.connect(plan.database)) as db:
        assert not db.execute("SELECT 1 FROM conversation WHERE perhaps_texted_at IS NOT NULL").fetchone()
