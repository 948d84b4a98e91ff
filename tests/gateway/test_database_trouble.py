"""A database that refuses or is lost: a station waits and does not ask again and again; no command destroys what is left."""

import contextlib
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway import stations, store
from gateway.cli import cli
from tests import blank
from tests.gateway.bench import Bench, Blocker


@pytest.mark.usefixtures("impatient")
def test_a_station_that_cannot_write_rests_although_its_modem_has_said_something(
    bench: Bench, blocker: Blocker
) -> None:
    """A text that rang while the card was full kept the station from resting: it asked the card thousands of times a second."""
    bench.until_ready()
    modem = bench.station.modem
    assert modem is not None
    stations.request(bench.desk.db, "north", "resume", by=bench.desk.room.admin, now=store.wall_ms())
    blocker.lock()
    bench.bank.inbound(0, "+12025550170", "Hello")
    modem.wait(bench.clock.monotonic() + 5)  # the modem rings

    bench.station.step(bench.clock.monotonic())

    began = time.monotonic()
    modem.wait(began + 0.4)
    assert time.monotonic() - began >= 0.4
    blocker.free()
    bench.until(lambda: bench.inbound() == ["Hello"], "the text is read once the database listens")


@pytest.mark.parametrize("words", ["outbox", "user list", "doctor", "verify-ledger", "backup here.db"])
def test_no_command_deletes_the_log_of_a_database_that_the_card_emptied(tmp_path: Path, words: str) -> None:
    """SQLite takes a file without content for a new database and deletes the log beside it: all that was left of answers and approvals.
    The gateway knew that; whoever looked with another command first, `doctor` above all, had destroyed it.
    """
    source = tmp_path / "textbank.toml"
    source.write_text('[organisation]\nname = "Elm"\nregion = "US"\ntimezone = "America/New_York"\n')
    database = tmp_path / "textbank.db"
    with contextlib.closing(blank.database(database)):
        log = Path(f"{database}-wal").read_bytes()
    database.write_bytes(b"")
    Path(f"{database}-wal").write_bytes(log or b"what was done last")

    told = CliRunner().invoke(cli, ["--config", str(source), *words.split()])
    assert (told.exit_code, "damaged" in told.output or "its log" in told.output) == (1, True)
    assert Path(f"{database}-wal").read_bytes() == (log or b"what was done last")
