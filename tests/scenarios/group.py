"""A group's folder with virtual modems on real ptys, and its gateway as a real process beside the test."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gateway import outbox, people, store
from gateway.config import load
from gateway.rules import rules_of
from hardware.virtual import VirtualBank
from tests import blank

ADA, LUIS = "+12025550123", "+12025550147"
PATIENCE_S = 30.0
PR_SET_PDEATHSIG = 1
CONFIG = """[organisation]
region = "US"
timezone = "America/New_York"
[sending]
undo_seconds = 0
quiet_from = "00:00"
quiet_until = "00:00"
allow_cli_approval = true
"""


def die_with_parent() -> None:
    """In a gateway: a test that is killed leaves none behind, which would open the next test's modems by their old names."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Group:
    """A group's folder with virtual modems, and its gateway process."""

    def __init__(self, folder: Path, bank: VirtualBank, ports: list[str] | None = None) -> None:
        self.bank, self.config_path = bank, folder / "textbank.toml"
        stations = "".join(
            f'[[stations]]\nname = "s{i}"\nport = "{port}"\nper_minute = 0\n'
            for i, port in enumerate(ports or bank.ports)
        )
        self.config_path.write_text(CONFIG + stations)
        self.config = load(self.config_path)
        self.db = blank.database(self.config.database.path)
        self.user = people.create(self.db, "Vera", "volunteer", now=store.wall_ms())
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *more: str, stderr: int = subprocess.DEVNULL) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "--config", str(self.config_path), "gateway", *more],
            stderr=stderr,
            process_group=0,  # as a shell does: else nothing is stopped by a Ctrl-Z
            preexec_fn=die_with_parent,
        )

    def end(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(PATIENCE_S)
        self.process = None

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "gateway", "--config", str(self.config_path), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)

    def json(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--json").stdout)

    def approved(self, number: str, text: str = "Can you come?") -> int:
        rules, now = rules_of(self.config), store.wall_ms()
        message_id = outbox.draft(
            self.db, number, text, kind="first", key=None, channel="cli", by=None, rules=rules, now=now
        )
        row = outbox.load(self.db, message_id)
        outbox.approve(self.db, message_id, by=self.user, seen=outbox.seen(row), rules=rules, now=now)
        return message_id

    def state(self, message_id: int) -> str:
        return str(self.db.execute("SELECT state FROM message WHERE id=?", [message_id]).fetchone()["state"])

    def until(self, condition: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
        deadline = time.monotonic() + patience_s
        while not condition():
            assert time.monotonic() < deadline, f"not within {patience_s:g} s: {what}"
            time.sleep(0.01)  # asks again; nothing depends on how long

    def close(self) -> None:
        if self.process is not None:
            self.end(signal.SIGKILL)
        self.db.close()


def went_to(group: Group, number: str) -> int:
    return sum(record.to == number for record in group.bank.air())


def five_minutes_pass(database: Path) -> None:
    """Since a text was handed over last: until then a restore waits for the answers of texts that it does not know."""
    os.utime(f"{database}.texted", times=(time.time() - 301, time.time() - 301))
