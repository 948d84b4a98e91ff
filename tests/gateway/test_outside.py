"""What a program of somebody else's finds when it calls the commands: what they say is so."""

import contextlib
import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from gateway import addresses, lock, outbox, people, stations, store
from gateway.cli import cli
from gateway.commands import _checks
from gateway.config import load
from gateway.rules import rules_of
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
    assert (south["state"], south["signal_dbm"]) == ("paused", None)
    with lock.gateway(shell.database):
        assert [row["state"] for row in shell.json("stations")] == ["lost", "ready", "paused"]


def test_a_modem_that_is_away_is_lost_since_the_same_day_behind_each_stop(shell: Shell) -> None:
    """Else one that was found, and is gone for good, would never be forgotten."""
    with contextlib.closing(store.connect(shell.database)) as db:
        for name, state in (("away", "lost"), ("here", "waiting"), ("off", "paused")):
            stations.ensure(db, name, now=1)
            stations.set_state(db, name, state, "", now=2)
            stations.leave(db, name, now=3)
        rows = db.execute("SELECT state, since_at FROM station ORDER BY name").fetchall()
        away = db.execute("SELECT reason FROM station WHERE name='away'").fetchone()["reason"]
    assert [tuple(row) for row in rows] == [("lost", 2), ("failed", 3), ("paused", 2)]
    assert away.startswith("Nobody drives"), "it is not looked for"


def test_pages_do_not_say_ready_behind_a_restore_before_the_gateway_is_started(
    shell: Shell, tmp_path: Path
) -> None:
    """The backup of the night was made while its modems were ready."""
    with contextlib.closing(store.connect(shell.database)) as db:
        stations.ensure(db, "north", now=store.wall_ms())
        stations.set_state(db, "north", "ready", "", now=store.wall_ms())
    assert shell.run("backup", str(tmp_path / "b.db")).exit_code == 0
    assert shell.run("restore", str(tmp_path / "b.db"), "--yes").exit_code == 0
    with contextlib.closing(store.connect(shell.database)) as db:
        assert stations.none_works(db)


def test_an_init_that_is_refused_is_no_run_that_was_cut_off(shell: Shell) -> None:
    """Started after a second `init`, the gateway read all of the database first, and said that its last run was cut off."""
    with contextlib.closing(store.connect(shell.database)) as db:
        people.create(db, "Ann", "admin", now=store.wall_ms())
    assert "there already" in shell.run("init").stderr
    with lock.gateway(shell.database) as hold:
        assert not hold.unclean


def test_a_repeat_is_harmless_though_somebody_changed_the_words_meanwhile(
    shell: Shell, tmp_path: Path
) -> None:
    """The whole file was refused, with the advice to take a new key: that would have queued every text twice."""
    (tmp_path / "many.csv").write_text("to,text\n+12025550123,Hi Ada\n+12025550147,Hi Bob\n")
    words = ("send", "--csv", str(tmp_path / "many.csv"), "--key", "monday")
    first = shell.json(*words)
    with contextlib.closing(store.connect(shell.database)) as db:
        changed = outbox.seen(outbox.load(db, first[0]["id"]))
        by, now = people.by_name(db, "Volunteer"), store.wall_ms()
        outbox.edit(
            db, first[0]["id"], "Hello Ada", by=by, seen=changed, rules=rules_of(load(shell.path)), now=now
        )
    assert shell.json(*words) == [{**first[0], "text": "Hello Ada"}, first[1]]
    assert len(shell.json("outbox")) == 2


def test_one_is_said_in_the_singular(shell: Shell) -> None:
    """The first words that a new group reads of its ledger were: 1 approvals."""
    [row] = shell.json("send", "--to", "+12025550123", "--text", "Hi")
    shell.json("approve", str(row["id"]), "--as", "Volunteer")
    with contextlib.closing(store.connect(shell.database)) as db:
        stations.ensure(db, "north", now=store.wall_ms())
        db.execute("UPDATE station SET iccid='8901'")
        day = datetime.now(ZoneInfo("America/New_York")).date().isoformat()
        db.execute("INSERT INTO sim_day (iccid, day, segments, last_at) VALUES ('8901', ?, 1, 1)", [day])
    assert shell.run("verify-ledger").stdout.startswith("1 approval, ")
    assert "1 segment today of 100" in shell.run("stations").stdout


def test_the_qr_code_of_a_link_is_there_also_without_a_terminal(shell: Shell) -> None:
    """Asked through ssh, or read in a container's log, `init` and `user invite` printed a link to type by hand, and no code."""
    said = shell.run("user", "invite", "Volunteer").stdout
    [link] = [line for line in said.split("\n") if line.startswith("http")]
    assert addresses.qr_for_terminal(link) in said
    assert "█" not in json.dumps(shell.json("user", "invite", "Volunteer"))
    plain = CliRunner(charset="ascii").invoke(
        cli, ["--config", str(shell.path), "user", "invite", "Volunteer"]
    )
    assert (plain.exit_code, "\\u25" in plain.stdout) == (0, False), "and no escapes where it cannot be drawn"


@pytest.mark.parametrize(
    ("named", "found", "do"),
    [
        (None, "No configuration: there is neither ./textbank.toml nor", "Copy config.example.toml to textb"),
        ("away.toml", "away.toml: there is no such file.", "Copy config.example.toml to this place, or"),
        (".", ".: found a folder.", "Name the file in it"),
    ],
)
def test_the_doctor_asks_nobody_to_mend_a_line_of_a_file_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str | None, found: str, do: str
) -> None:
    """A stranger's first call was answered: Mend this line."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TEXTBANK_CONFIG", raising=False)
    monkeypatch.setattr("gateway.config.SYSTEM_WIDE", tmp_path / "none.toml")
    told = _checks.configuration(named)[1][0]
    assert (told.found[: len(found)], told.do[: len(do)]) == (found, do)
    (tmp_path / "bad.toml").write_text("[panel]\nport = 0\n")
    [told] = _checks.configuration("bad.toml")[1]
    assert (told.found[:22], told.do) == ("bad.toml:2: panel.port", "Mend this line.")


@pytest.mark.parametrize(
    "words", [["--config", "", "outbox", "--json"], ["outbox", "--json", "--config", ""]]
)
def test_a_configuration_that_a_variable_does_not_name_is_not_the_one_that_lies_here(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    """`--config "$GROUP"` with GROUP unset went to whichever group's folder the call was made in."""
    monkeypatch.chdir(shell.path.parent)
    refused = CliRunner().invoke(cli, words)
    assert (refused.exit_code, list(json.loads(refused.stdout))) == (2, ["error"])
    unset = CliRunner(env={"TEXTBANK_CONFIG": ""}).invoke(cli, ["outbox", "--json"])
    assert (unset.exit_code, unset.stdout) == (0, "[]\n")


def test_an_empty_name_is_not_the_folder_of_the_call(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`textbank backup "$STICK"` with STICK unset said that all was well: the backup lay where cron had called, and so would all people as CSV."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for words in (("backup", ""), ("export", ""), ("restore", "", "--yes")):
        assert "empty" in shell.json(*words, code=2)["error"]
    assert list(Path().iterdir()) == []
