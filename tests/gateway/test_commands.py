"""The command line as other programs use it: exit codes, JSON, plain words; nothing half written."""

import contextlib
import json
import os
import pwd
import sqlite3
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway import conversations, ledger, optouts, people, selftests, stations, store
from gateway.cli import COMMANDS, cli
from gateway.commands import modems
from gateway.config import load
from gateway.rules import rules_of
from tests import blank
from tests.hostile import HOSTILE, SENDERS, receive_all
from tests.web.world import World

CONFIG = """[organisation]
name = "Elm Street"
region = "US"
timezone = "America/New_York"
[sending]
undo_seconds = 0
quiet_from = "00:00"
quiet_until = "00:00"
allow_cli_approval = {allow}
[[stations]]
name = "north"
port = "/dev/null/none"
per_day = 100
"""


class Shell:
    """Runs commands on one group's configuration."""

    def __init__(self, folder: Path, *, allow: bool = True) -> None:
        self.path = folder / "textbank.toml"
        self.path.write_text(CONFIG.format(allow=str(allow).lower()))
        self.database = folder / "textbank.db"
        with blank.database(self.database) as db:
            for role in ("volunteer", "technician"):
                people.create(db, role.title(), role, now=store.wall_ms())
        db.close()

    def run(self, *words: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(cli, ["--config", str(self.path), *words], input=stdin)

    def json(self, *words: str, stdin: str | None = None, code: int = 0) -> Any:
        result = self.run(*words, "--json", stdin=stdin)
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_send_queues_a_text_that_awaits_approval(shell: Shell) -> None:
    [row] = shell.json("send", "--to", "(202) 555-0123", "--text", "Hi 👋")
    assert row == {"id": row["id"], "state": "awaiting", "to": "+12025550123", "text": "Hi 👋"}
    [listed] = shell.json("outbox")
    wanted = {
        "id",
        "state",
        "reason",
        "not_before",
        "expires_at",
        "to",
        "text",
        "campaign",
        "approved_by",
        "approved_at",
    }
    assert set(listed) == wanted | {"station", "segments", "sent_at", "delivered_at"}
    assert (listed["state"], listed["approved_by"], listed["segments"]) == ("awaiting", None, [])
    assert listed["expires_at"].endswith("Z")


def test_a_key_makes_a_repeat_harmless(shell: Shell) -> None:
    words = ("send", "--to", "+12025550123", "--text", "Hi", "--key", "order-7")
    assert shell.json(*words)[0]["id"] == shell.json(*words)[0]["id"]
    assert len(shell.json("outbox")) == 1


@pytest.mark.parametrize("rows", [2, 150])  # few are drafted at once, many are staged first
def test_an_empty_key_queues_nothing_instead_of_one_row_for_all(
    shell: Shell, tmp_path: Path, rows: int
) -> None:
    """`--key "$RUN"` with RUN unset: every row had the same key, so of 150 texts one was queued, with exit code 0."""
    many = tmp_path / "many.csv"
    many.write_text("to,text\n" + "".join(f"+1202555{1000 + row},Hi\n" for row in range(rows)))
    for key in ("", " "):
        result = shell.run("send", "--csv", str(many), "--key", key)
        assert (result.exit_code, "--key" in result.stderr) == (2, True)
    assert shell.run("send", "--to", "+12025550123", "--text", "Hi", "--key", "").exit_code == 2
    assert shell.json("outbox") == []


def test_a_key_that_was_used_for_other_words_is_named_as_it_was_given(shell: Shell) -> None:
    shell.json("send", "--to", "+12025550123", "--text", "Hi", "--key", "order-7")
    result = shell.run("send", "--to", "+12025550123", "--text", "Ho", "--key", "order-7")
    assert (result.exit_code, "The key order-7 was used before" in result.stderr) == (1, True)


def test_a_csv_queues_all_rows_in_order_or_none(shell: Shell, tmp_path: Path) -> None:
    good = tmp_path / "good.csv"
    good.write_text('\ufeffTo,text\n+12025550123,"Hi, Ada"\n2025550147,Hi\n', encoding="utf-8")
    assert [row["to"] for row in shell.json("send", "--csv", str(good))] == ["+12025550123", "+12025550147"]
    bad = tmp_path / "bad.csv"
    bad.write_text("to,text\n+12025550123,Hi\n911,Hi\nabc,\n")
    result = shell.run("send", "--csv", str(bad))
    assert result.exit_code == 1
    assert "bad.csv:3:" in result.stderr
    assert "bad.csv:4:" in result.stderr
    assert len(shell.json("outbox")) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a,b\n1,2\n",
        b"to,text\n",
        b"\xff\xfe\x00",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b'to,text\n"x',
        b"to,text\n1,2,3,4\n",
        b"to,text,To\n+12025550123,Hi,+12025550124\n",  # which of the two is meant?
    ],
)
def test_a_file_that_is_no_such_csv_is_refused_in_words(shell: Shell, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "photo.csv"
    path.write_bytes(content)
    result = shell.run("send", "--csv", str(path))
    assert (result.exit_code, "Traceback" in result.output) == (1, False)
    assert "Nothing was queued" in result.stderr


def test_approve_obeys_the_role_and_says_what_was_refused(shell: Shell) -> None:
    first, second = (shell.json("send", "--to", f"+1202555012{i}", "--text", "Hi")[0]["id"] for i in range(2))
    assert shell.json("approve", str(first), "--as", "Volunteer") == [
        {"id": first, "state": "approved", "reason": None}
    ]
    refused = shell.json("approve", "-", "--as", "Technician", stdin=f"{second}\n999 x\n", code=1)
    assert [(row["id"], row["state"]) for row in refused] == [(second, "awaiting"), (999, None), ("x", None)]
    assert all(row["reason"] for row in refused)
    [row] = shell.json("outbox", "--state", "approved")
    assert (row["id"], row["approved_by"]) == (first, "Volunteer")


@pytest.mark.parametrize("ctrl_c", [False, True])
@pytest.mark.parametrize("taken", [False, True])
def test_a_reset_that_nobody_took_is_not_done_after_the_command_gave_up(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, taken: bool, ctrl_c: bool
) -> None:
    """It stood for minutes more: the modem restarted after its technician had been told that nobody answers, or had ended the command."""
    if ctrl_c:
        monkeypatch.setattr(
            modems.time, "sleep", lambda _: (nothing for nothing in ()).throw(KeyboardInterrupt)
        )
    else:
        monkeypatch.setattr(modems, "ANSWER_S", 0.0)
    with contextlib.closing(store.connect(shell.database)) as db:
        db.execute("INSERT INTO station (name, state, since_at) VALUES ('north', 'ready', 0)")
        if taken:
            monkeypatch.setattr(
                modems, "ring", lambda _: stations.take_request(db, "north", now=store.wall_ms())
            )
        told = shell.run("reset", "north", "--as", "Technician")
        assert told.exit_code == 1
        assert ("may still do it" if taken else "nothing is done") in told.output
        assert stations.take_request(db, "north", now=store.wall_ms()) is None


def test_why_a_text_did_not_go_out_ends_with_one_full_stop(shell: Shell, tmp_path: Path) -> None:
    made = shell.json("send", "--to", "+12025550123", "--text", "Hi")
    with contextlib.closing(store.connect(shell.database)) as db:
        people.create(db, "Cora", "coordinator", now=store.wall_ms())
    stops = tmp_path / "stops.csv"
    stops.write_text("number\n+12025550123\n")
    shell.json("opt-outs", "bring", str(stops), "--as", "Cora")
    (refused,) = shell.json("approve", str(made[0]["id"]), "--as", "Volunteer", code=1)
    assert refused["reason"].endswith("asked to stop.")
    assert ".." not in refused["reason"]


def test_a_place_that_takes_no_export_or_backup_is_told_what_to_do(shell: Shell, tmp_path: Path) -> None:
    """An export said what went wrong and no more; a backup without a right to write wanted room; FILE with --list was ignored."""
    taken = tmp_path / "file"
    taken.write_text("")
    assert "Name a new folder" in shell.run("export", str(taken)).stderr
    assert "may write there" in shell.run("backup", "/proc/backup.db").stderr
    assert shell.run("backup", str(taken), "--list").exit_code == 2


def test_approving_here_is_off_unless_the_configuration_allows_it(tmp_path: Path) -> None:
    shell = Shell(tmp_path, allow=False)
    [row] = shell.json("send", "--to", "+12025550123", "--text", "Hi")
    result = shell.run("approve", str(row["id"]), "--as", "Volunteer")
    assert result.exit_code == 1
    assert "allow_cli_approval" in result.stderr
    assert shell.json("outbox")[0]["state"] == "awaiting"


def test_an_approval_from_here_is_in_the_ledger_with_channel_and_system_user(shell: Shell) -> None:
    [row] = shell.json("send", "--to", "+12025550123", "--text", "Hi")
    shell.json("approve", str(row["id"]), "--as", "volunteer")
    with store.connect(shell.database) as db:
        entry = db.execute("SELECT channel, os_user FROM ledger").fetchone()
        assert entry["channel"] == "cli"
        assert entry["os_user"]
    db.close()
    assert shell.json("verify-ledger")["intact"] is True


@pytest.mark.parametrize("known", [True, False])
def test_the_ledger_has_the_system_user_that_the_system_knows(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    """`LOGNAME=ada textbank approve` put ada into the ledger, and a user without a name, as in a container, ended in a traceback."""
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    if known:
        monkeypatch.setenv("LOGNAME", "ada")
    else:
        monkeypatch.setattr(os, "getuid", lambda: 2_000_000_123)
    [row] = shell.json("send", "--to", "+12025550123", "--text", "Hi")
    shell.json("approve", str(row["id"]), "--as", "volunteer")
    with contextlib.closing(store.connect(shell.database)) as db:
        written = db.execute("SELECT os_user FROM ledger").fetchone()["os_user"]
    assert written == (pwd.getpwuid(os.getuid()).pw_name if known else "uid 2000000123")


def test_a_rewritten_ledger_is_found(shell: Shell) -> None:
    [row] = shell.json("send", "--to", "+12025550123", "--text", "Hi")
    shell.json("approve", str(row["id"]), "--as", "volunteer")
    with store.connect(shell.database) as db:
        db.execute("UPDATE ledger SET at=at+1")
    db.close()
    assert shell.json("verify-ledger", code=1)["broken"]


def test_limits_and_times_of_the_lists(shell: Shell) -> None:
    for i in range(5):
        shell.json("send", "--to", f"+1202555013{i}", "--text", "Hi")
    assert len(shell.json("outbox", "--limit", "2")) == 2
    assert len(shell.json("outbox", "--limit", "0")) == 5
    assert shell.json("outbox", "--since", "2999-01-01") == []
    assert len(shell.json("outbox", "--since", "2020-01-01T00:00:00+01:00")) == 5
    assert shell.json("inbox") == []
    assert shell.run("outbox", "--since", "yesterday").exit_code == 2
    assert shell.run("outbox", "--state", "gone").exit_code == 2


def test_stations_before_the_first_start_are_an_empty_list(shell: Shell) -> None:
    assert shell.json("stations") == []


@pytest.mark.parametrize("command", ["outbox", "inbox", "stations", "verify-ledger"])
def test_without_a_database_each_says_what_to_do(tmp_path: Path, command: str) -> None:
    shell = Shell(tmp_path)
    shell.database.unlink()
    result = shell.run(command)
    assert result.exit_code == 1
    assert "textbank init" in result.stderr
    assert not shell.database.exists()


@pytest.mark.parametrize("way", ["deleted", "emptied"])
def test_a_database_made_in_the_place_of_a_lost_one_still_knows_who_stopped(tmp_path: Path, way: str) -> None:
    """`textbank init`, which every other command then advises, made one in which whoever had asked to stop could be texted again: their
    stops stood in textbank.db.acts beside it, and nobody looked.
    """
    shell, stopped, back = Shell(tmp_path), "+12025550172", "+12025550173"
    (tmp_path / "stops.csv").write_text(f"number\n{stopped}\n{back}\n")
    with contextlib.closing(store.connect(shell.database)) as db:
        boss = people.create(db, "Boss", "admin", now=store.wall_ms())
        assert shell.run("opt-outs", "bring", str(tmp_path / "stops.csv"), "--as", "Boss").exit_code == 0
        theirs = conversations.known_of(db, [back])[back]["id"]
        assert optouts.undo(db, theirs, by=boss, reason="asked on the phone", now=store.wall_ms())
    for suffix in ("-wal", "-shm", ""):
        Path(f"{shell.database}{suffix}").unlink(missing_ok=True)
    if way == "emptied":
        shell.database.touch()
    made = shell.run("init", "--admin", "Ann")
    assert (made.exit_code, "1 person who asked to stop" in made.stdout) == (0, True), made.output

    assert shell.run("send", "--to", stopped, "--text", "Hello").exit_code == 1
    assert shell.run("send", "--to", back, "--text", "Hello").exit_code == 0
    [out] = shell.json("opt-outs", "list")
    assert out["reason"] == "kept beside the database"


@pytest.mark.parametrize("command", ["virtual", "demo"])
@pytest.mark.parametrize("latency", ["soon", "-1", "601", "nan"])
def test_a_latency_that_is_none_is_bad_usage_and_nothing_starts(
    tmp_path: Path, command: str, latency: str
) -> None:
    """`virtual` called it a refusal (1); `demo` made its folder anew and then started modems that cannot, for 15 seconds."""
    result = CliRunner().invoke(cli, [command, "--dir", str(tmp_path / "made"), f"--latency={latency}"])
    assert (result.exit_code, "0 to 600" in result.stderr) == (2, True)
    assert not (tmp_path / "made").exists()


def test_a_broken_database_is_said_in_words(shell: Shell) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{shell.database}{suffix}").unlink(missing_ok=True)
    shell.database.write_bytes(b"not a database, a shopping list" * 100)
    result = shell.run("outbox")
    assert (result.exit_code, "Traceback" in result.output) == (1, False)
    assert isinstance(result.exception, SystemExit)


def test_a_database_of_a_newer_textbank_is_told_so_and_not_to_start_the_gateway(shell: Shell) -> None:
    """It was said to be not ready, after five seconds, with two pieces of advice that could not help."""
    with contextlib.closing(store.connect(shell.database)) as db:
        db.execute("PRAGMA user_version=99")
    result = shell.run("outbox")
    assert (result.exit_code, "newer Textbank" in result.stderr) == (1, True)
    assert "init" not in result.stderr


def test_text_from_outside_cannot_move_the_terminals_cursor(shell: Shell) -> None:
    with store.connect(shell.database) as db:
        from gateway import arrivals
        from gateway.config import load
        from gateway.rules import rules_of

        arrivals.keep(
            db,
            [arrivals.Received("zz\x1b[2J")],
            arrivals.Seen("north", "1"),
            rules_of(load(shell.path)),
            now=store.wall_ms(),
        )
    db.close()
    assert "\x1b" not in shell.run("inbox").output


def test_the_ledger_head_of_an_empty_database(shell: Shell) -> None:
    with sqlite3.connect(shell.database) as db:
        db.row_factory = sqlite3.Row
        assert ledger.head(db) == "empty"
    db.close()


def test_the_database_is_for_its_user_alone(shell: Shell) -> None:
    shell.json("send", "--to", "+12025550123", "--text", "Hi")
    assert shell.database.stat().st_mode & 0o077 == 0


def test_an_admin_forbids_self_tests_again(shell: Shell) -> None:
    with contextlib.closing(store.connect(shell.database)) as db:
        people.create(db, "Ana", "admin", now=store.wall_ms())
        assert shell.run("self-test", "--allow", "--as", "Ana").exit_code == 0
        refused = shell.run("self-test", "--forbid", "--as", "Technician")
        assert (refused.exit_code, selftests.standing(db) is None) == (1, False)
        assert "No more self-tests" in shell.run("self-test", "--forbid", "--as", "Ana").stdout
        assert selftests.standing(db) is None
    assert shell.run("self-test", "north", "--forbid", "--as", "Ana").exit_code == 2


def test_what_strangers_write_acts_on_no_terminal(shell: Shell) -> None:
    """`textbank inbox` printed the sender as it came, and --json everything: a name with a CR wrote over its own line."""
    db = store.connect(shell.database)
    db.execute("INSERT INTO station (name, epoch, state, since_at) VALUES ('north', 1, 'ready', 0)")
    people.create(db, "Ann", "admin", now=1)
    world = World(shell.path, rules_of(load(shell.path)), db, {})
    sent = [("+12025550151", text) for text in HOSTILE] + [(sender, "hello") for sender in SENDERS]
    receive_all(world, sent)
    kept = [row[0] for row in db.execute("SELECT text FROM inbound ORDER BY id DESC")]
    db.close()
    plain, document = shell.run("inbox"), shell.run("inbox", "--json")
    assert len(plain.stdout.splitlines()) == len(sent)
    for printed in (plain.stdout, document.stdout):
        assert not [c for c in printed if unicodedata.category(c) in ("Cc", "Cs") and c != "\n"]
        assert not set(printed) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert [row["text"] for row in json.loads(document.stdout)] == kept


def test_every_command_can_be_imported_by_itself() -> None:
    """Modules that import each other in a circle work or fail by who is first: each is first once, in a process of its own."""
    topics = sorted({f"gateway.commands.{module}" for module, _ in COMMANDS.values()})
    code = "import importlib, sys; importlib.import_module(sys.argv[1])"
    for topic in topics:
        done = subprocess.run(
            [sys.executable, "-c", code, topic], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (topic, done.stderr[-400:])
