"""The panel's process is killed while it takes a list; the next one goes on: everybody is in it once."""

import signal
import threading
import time
from pathlib import Path

import pytest

from gateway import damage, lists, store
from tests.web import world as the_world
from tests.web.test_launcher import free_port, start
from tests.web.world import World
from web.taker import Taker

ROWS = 2_000
PATIENCE_S = 60


def until(world: World, list_id: int, what: str) -> lists.List:
    """Look until the list is so far ("begun", "ready")."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        one = lists.by_id(world.db, list_id)
        if one.state == "ready" or (what == "begun" and one.rows_done):
            return one
        time.sleep(0.01)
    raise AssertionError(f"the list was not {what} in {PATIENCE_S} s: {one}")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "stopped"])
def test_a_list_is_whole_whatever_happens_to_the_panel(tmp_path: Path, how: signal.Signals) -> None:
    world = the_world.found(tmp_path, port=free_port())
    content = "Name,Tel\n" + "".join(f"P{n},202555{n:04}\n" for n in range(ROWS))
    list_id = world.list_of(content, take=False)
    lists.begin(world.db, list_id, name="Big", source="Sheet", consented_on="2026-10-03", cool_down_days=3,
                by=world.users["coordinator"], now=store.wall_ms())  # fmt: skip
    first = start(world.source)
    try:
        begun = until(world, list_id, "begun")
        first.send_signal(how)
        output, _ = first.communicate(timeout=20)
        assert first.returncode == (0 if how == signal.SIGTERM else -how), output
        assert begun.state == "taking"
        assert lists.by_id(world.db, list_id).rows_done < ROWS
        assert not lists.ready(world.db)
        first = start(world.source)
        whole = until(world, list_id, "ready")
    finally:
        first.kill()
        first.communicate()
    assert (whole.people, whole.counts) == (ROWS, {"taken": ROWS})
    assert world.db.execute("SELECT count(*) FROM contact").fetchone()[0] == ROWS
    world.db.close()


def begun_by_a_taker(world: World) -> tuple[Taker, int]:
    """A list that a taker of this process is at."""
    content = "Name,Tel\n" + "".join(f"P{n},202555{n:04}\n" for n in range(ROWS))
    list_id = world.list_of(content, take=False)
    lists.begin(world.db, list_id, name="Big", source="Sheet", consented_on="2026-10-03", cool_down_days=3,
                by=world.users["coordinator"], now=store.wall_ms())  # fmt: skip
    taker = Taker(world.path, world.rules)
    taker.ring()
    return taker, list_id


def test_while_the_database_is_said_to_be_damaged_no_list_is_taken_and_then_it_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside a log that was deleted it was written over what the gateway had brought in, and a restore was refused for it."""
    monkeypatch.setattr("web.taker.GLANCE_S", 0.05)
    taker, list_id = begun_by_a_taker(world)
    until(world, list_id, "begun")
    damage.note(world.path, "Its log was deleted.", now=store.wall_ms())
    assert not taker.wait(1.0)
    done = lists.by_id(world.db, list_id).rows_done
    assert not taker.wait(0.3)
    assert lists.by_id(world.db, list_id).rows_done == done < ROWS
    damage.mended(world.path)
    assert until(world, list_id, "ready").counts == {"taken": ROWS}
    assert taker.wait(5.0)


def test_a_list_whose_database_lost_its_log_goes_on_by_itself(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That it had stopped was written to a log that the gateway set aside: its page said for ever that it goes on."""
    monkeypatch.setattr("web.taker.GLANCE_S", 0.05)
    gone = [FileNotFoundError(2, "No such file or directory", f"{world.path}-wal")]
    really = store.sync

    def sync(database: Path) -> None:
        if gone:
            raise gone.pop()
        really(database)

    monkeypatch.setattr("gateway.taking.sync", sync)
    taker, list_id = begun_by_a_taker(world)
    assert not until(world, list_id, "ready").trouble
    assert taker.wait(5.0)


def test_an_end_that_comes_while_its_thread_is_being_started_is_none_with_a_traceback(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the first moment of `textbank panel`: "cannot join thread before it is started"."""
    taker = Taker(world.path, world.rules)
    really = threading.Thread.start

    def interrupted(thread: threading.Thread) -> None:
        taker.stop()  # as the handler of a signal does
        really(thread)

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    taker.ring()
    assert taker.wait(5.0)
