"""What a program of somebody else's finds when it calls the commands: what they say is so."""

import contextlib
from pathlib import Path

import pytest

from gateway import lock, people, stations, store
from tests.gateway.test_commands import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_no_modem_is_said_to_be_ready_while_no_gateway_runs(shell: Shell) -> None:
    """With the gateway stopped, and the modem in a drawer, `textbank stations` said: ready, -67 dBm."""
    with contextlib.closing(store.connect(shell.database)) as db:
        for name, state in (("away", "lost"), ("north", "ready"), ("south", "paused")):
            stations.ensure(db, name, now=store.wall_ms())
            stations.set_state(db, name, state, "", now=store.wall_ms())
            stations.set_facts(db, name, operator="Mobile", signal_dbm=-67)
    away, north, south = shell.json("stations")
    assert (north["state"], north["operator"], north["signal_dbm"]) == ("failed", None, None)
    assert all("gateway does not run" in each["reason"] for each in (away, north))
    assert "textbank run" in shell.run("stations").stdout
    assert south["state"] == "paused"
    with lock.gateway(shell.database):
        assert [row["state"] for row in shell.json("stations")] == ["lost", "ready", "paused"]


def test_an_init_that_is_refused_is_no_run_that_was_cut_off(shell: Shell) -> None:
    """Started after a second `init`, the gateway read all of the database first, and said that its last run was cut off."""
    with contextlib.closing(store.connect(shell.database)) as db:
        people.create(db, "Ann", "admin", now=store.wall_ms())
    assert "there already" in shell.run("init").stderr
    with lock.gateway(shell.database) as hold:
        assert not hold.unclean
