"""The card ruins the database under the running gateway and panel: all stops, everybody is told, one command helps, and it goes on."""

import http.client
import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gateway import conversations, optouts, outbox, people, sessions, store
from gateway.config import load
from gateway.rules import rules_of
from hardware.virtual import VirtualBank
from tests import blank
from tests.scenarios.group import five_minutes_pass
from tests.web.test_launcher import Browser

ADA, LUIS = "+12025550123", "+12025550147"
PATIENCE_S = 40.0
CONFIG = """[organisation]
region = "US"
timezone = "America/New_York"
[panel]
port = {port}
[sending]
undo_seconds = 0
quiet_from = "00:00"
quiet_until = "00:00"
allow_cli_approval = true
[[stations]]
name = "north"
port = "{modem}"
per_minute = 0
"""


class Group:
    """`textbank run`, and what people do with it."""

    def __init__(self, folder: Path, modem: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder, self.source = folder, folder / "textbank.toml"
        self.source.write_text(CONFIG.format(port=self.port, modem=modem))
        self.config = load(self.source)
        self.database = self.config.database.path
        self.said = folder / "said"
        with closing(blank.database(self.database)) as db:
            self.vera = people.create(db, "Vera", "volunteer", now=store.wall_ms())
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.said.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gateway", "--config", str(self.source), "run"],
                stdout=said,
                stderr=said,
            )

    def end(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(PATIENCE_S) == 0
        self.process = None

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "gateway", "--config", str(self.source), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)

    def state(self) -> str:
        with closing(store.connect(self.database)) as db:
            return str(db.execute("SELECT state FROM message ORDER BY id DESC").fetchone()["state"])

    def approved(self, number: str) -> None:
        rules, now = rules_of(self.config), store.wall_ms()
        with closing(store.connect(self.database)) as db:
            message_id = outbox.draft(
                db,
                number,
                "Can you come?",
                kind="first",
                key=None,
                channel="cli",
                by=None,
                rules=rules,
                now=now,
            )
            seen = outbox.seen(outbox.load(db, message_id))
            outbox.approve(db, message_id, by=self.vera, seen=seen, rules=rules, now=now)

    def link(self, _who: str) -> str:
        with closing(store.connect(self.database)) as db:
            return f"/s/{sessions.invite(db, self.vera.id, now=store.wall_ms())}"

    def page(self) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with closing(connection):
            try:
                connection.request("GET", "/")
                answer = connection.getresponse()
            except OSError:
                return 0, ""
            return answer.status, answer.read().decode()

    def until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, (
                f"not within {PATIENCE_S:g} s: {what}\n{self.said.read_text()}"
            )
            time.sleep(0.05)  # asks again; nothing depends on how long


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[VirtualBank]:
    with VirtualBank(1, tmp_path / "m") as bank:
        yield bank


@pytest.fixture
def group(tmp_path: Path, bank: VirtualBank) -> Iterator[Group]:
    group = Group(tmp_path, bank.ports[0])
    yield group
    group.end()


def test_damage_during_work_stops_all_is_told_and_mended_by_one_command(
    group: Group, bank: VirtualBank
) -> None:
    group.start()
    group.approved(ADA)
    bank.wait_air(1, PATIENCE_S)
    group.until(lambda: group.state() == "delivered", "its report, which would lie on the SIM afterwards")
    group.until(lambda: group.page()[0] == 303, "the panel")
    browser = Browser(group.port, group)
    taken = group.run("backup", str(group.folder), "--json")
    assert taken.returncode == 0, taken.stderr
    made = json.loads(taken.stdout)["file"]

    with group.database.open("r+b") as file:  # by no process that has it open with SQLite
        file.seek(store.PAGE_BYTES)
        file.write(b"\x5a" * (group.database.stat().st_size - store.PAGE_BYTES))
    log = group.database.with_name(f"{group.database.name}-wal")
    with log.open("r+b") as file:
        file.write(b"\x5a" * log.stat().st_size)

    page = browser.ask("GET", "/send")
    assert browser.status == 503
    assert "The database is damaged, so nothing is sent." in page
    group.until(lambda: f"textbank restore {made}" in group.said.read_text(), "the command in the output")
    assert f'<code class="link">textbank restore {made}</code>' in group.page()[1]
    bank.inbound(0, LUIS, "Hello")
    told = group.run("doctor")
    assert told.returncode == 1
    assert f"textbank restore {made}" in told.stdout
    refused = group.run("send", "--to", LUIS, "--text", "Hello")
    assert (refused.returncode, "The database is damaged" in refused.stderr) == (1, True)
    bank.wait_stored(0, 1, PATIENCE_S)  # it waits on the SIM
    assert "Traceback" not in group.said.read_text() + told.stderr + refused.stderr

    five_minutes_pass(group.database)
    restored = group.run("restore", made, "--yes")
    assert restored.returncode == 0, restored.stderr
    group.until(lambda: not bank.stored(0), "the gateway reads again")
    group.until(lambda: group.page()[0] == 303, "the panel again")
    assert Browser(group.port, group).status == 303, "people sign in as before"
    group.approved(LUIS)
    bank.wait_air(2, PATIENCE_S)
    assert [record.to for record in bank.air()] == [ADA, LUIS]
    kept = list(group.folder.glob("textbank.db.before-restore-*"))
    assert {path.read_bytes()[1024:1028] for path in kept if path.name.endswith("Z")} == {b"\x5a" * 4}


@pytest.mark.parametrize("way", ["deleted", "emptied"])
def test_a_database_that_was_lost_is_told_of_with_its_newest_backup(group: Group, way: str) -> None:
    """Every command, and `doctor`, advised `textbank init`, beside a good backup: whoever did so had lost everybody's answers and approvals."""
    group.approved(ADA)
    with closing(store.connect(group.database)) as db:
        ada = conversations.known_of(db, [ADA])[ADA]["id"]
        optouts.opt_out(db, ada, source="volunteer", reason="", by=group.vera, now=store.wall_ms())
    made = json.loads(group.run("backup", str(group.folder), "--json").stdout)["file"]
    for suffix in ("-wal", "-shm", ""):
        group.database.with_name(f"{group.database.name}{suffix}").unlink(missing_ok=True)
    if way == "emptied":
        group.database.touch()

    for words in (["outbox"], ["send", "--to", LUIS, "--text", "Hello"], ["doctor"]):
        told = group.run(*words)
        assert told.returncode == 1
        assert f"textbank restore {made}" in told.stdout + told.stderr
        assert "textbank init" not in told.stdout + told.stderr
    group.start()
    group.until(lambda: f"textbank restore {made}" in group.page()[1], "the page")
    found = "is empty: 0 bytes." if way == "emptied" else "is not there, though textbank.db.acts is."
    assert f"textbank.db {found}" in group.page()[1]
    restored = group.run("restore", made, "--yes")
    assert restored.returncode == 0, restored.stderr
    group.until(lambda: group.page()[0] == 303, "the panel again")


def test_a_log_that_is_deleted_under_the_gateway_takes_nothing_with_it(
    group: Group, bank: VirtualBank
) -> None:
    """The gateway went on in a file without a name: no tap reached it, and it took what people had approved and stopped with it."""
    group.start()
    group.approved(ADA)
    bank.wait_air(1, PATIENCE_S)
    group.until(lambda: group.state() == "delivered", "its report")
    group.until(lambda: group.page()[0] == 303, "the panel")
    for suffix in ("-wal", "-shm"):
        group.database.with_name(f"{group.database.name}{suffix}").unlink()
    group.until(lambda: "is whole: going on" in group.said.read_text(), "noticed")
    assert "Its log (textbank.db-wal) was deleted or replaced" in group.said.read_text()
    group.approved(LUIS)
    bank.wait_air(2, PATIENCE_S)
    group.until(lambda: group.state() == "delivered", "its report")
    group.end()
    with closing(store.connect(group.database)) as db:
        assert [row["state"] for row in db.execute("SELECT state FROM message")] == ["delivered"] * 2
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert [record.to for record in bank.air()] == [ADA, LUIS]


def test_a_backup_that_is_copied_over_the_database_of_a_running_gateway_sends_nothing_again(
    group: Group, bank: VirtualBank
) -> None:
    """With `cp` it is the same file with other content: what was approved in it left a second time within seconds."""
    group.approved(ADA)
    made = json.loads(group.run("backup", str(group.folder), "--json").stdout)["file"]
    group.start()
    bank.wait_air(1, PATIENCE_S)
    group.until(lambda: group.state() == "delivered", "its report")
    group.until(lambda: group.page()[0] == 303, "the panel")
    with closing(store.connect(group.database)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(made, group.database)
    group.until(lambda: "Another file was copied over it" in group.page()[1], "the page")
    five_minutes_pass(group.database)
    restored = group.run("restore", made, "--yes")
    assert restored.returncode == 0, restored.stderr
    group.until(lambda: group.page()[0] == 303, "the panel again")
    assert group.state() == "uncertain"
    group.approved(LUIS)
    bank.wait_air(2, PATIENCE_S)
    assert [record.to for record in bank.air()] == [ADA, LUIS]


def test_a_database_that_is_gone_while_its_log_is_here_is_told_on_the_page_and_not_made_anew(
    group: Group,
) -> None:
    group.database.rename(group.folder / "moved away")
    log = group.database.with_name(f"{group.database.name}-wal")
    log.write_bytes(b"what was done last" * 200)
    again = group.run("init")
    assert (again.returncode, "is lost, and its log" in again.stderr) == (1, True)
    group.start()
    group.until(lambda: group.page()[0] == 503, "the page")
    assert "textbank.db is not there, though textbank.db-wal is." in group.page()[1]
    group.until(lambda: "No good backup was found." in group.said.read_text(), "said in the output")
    assert not group.database.exists()
    assert log.read_bytes() == b"what was done last" * 200
