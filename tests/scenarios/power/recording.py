"""A day of a small group with the real gateway, panel and commands under the recorder.

Two modems, one of which stores no text that comes in. A PIN is entered; a volunteer approves texts on the page, one of them
long; answers come in, one is a stop; somebody is erased; a backup is made; everything ends; the backup is restored. Nothing
else opens the database meanwhile.
"""

from __future__ import annotations

import contextlib
import copy
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gateway import optouts, outbox, people, schema, sessions, store
from gateway.config import load
from gateway.rules import rules_of
from hardware.virtual import VirtualBank
from tests.scenarios.power.disk import Disk, mark
from tests.scenarios.test_faults_direct import direct_only
from tests.web.test_launcher import Browser

SOURCE = Path(__file__).with_name("recorder.c")
MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None  # a card is not worn out by what is only played
PATIENCE_S = 60.0
TEXTED = [f"+1202555013{number}" for number in range(6)]
LUIS, ZOE = "+12025550147", "+12025550148"
DATABASE, COPY = "textbank.db", "copy.db"
CONFIG = """[organisation]
region = "US"
timezone = "America/New_York"
[database]
path = "data/textbank.db"
[panel]
port = {port}
[sending]
undo_seconds = 0
quiet_from = "00:00"
quiet_until = "00:00"
[[stations]]
name = "north"
port = "{north}"
pin = "1234"
per_minute = 0
[[stations]]
name = "south"
port = "{south}"
per_minute = 0
"""


def compiled(folder: Path, compiler: str) -> Path:
    """The recorder as a library. Raises CalledProcessError with what the compiler said."""
    library = folder / "recorder.so"
    command = [
        compiler,
        "-O1",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-shared",
        "-fPIC",
        "-o",
        library,
        SOURCE,
        "-ldl",
    ]
    subprocess.run(command, check=True)
    return library


@dataclass
class Day:
    """The group while it is recorded."""

    folder: Path
    library: Path
    port: int = 0
    texts: list[tuple[int, str]] = field(default_factory=list)  # id, what was seen
    way_in: str = ""

    def __post_init__(self) -> None:
        self.folder = self.folder.resolve()
        self.data, self.log = self.folder / "data", self.folder / "log"
        self.data.mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def start(self) -> Disk:
        """The disk as it was before the first record."""
        return copy.deepcopy(self._before)

    def link(self, _who: str) -> str:
        """For the browser: Vera's link."""
        return f"/s/{self.way_in}"

    def found(self, north: str, south: str) -> None:
        """Before the record begins: people, drafts, and one person who will be erased."""
        source = self.folder / "textbank.toml"
        source.write_text(CONFIG.format(port=self.port, north=north, south=south))
        self.config = load(source)
        rules, now = rules_of(self.config), store.wall_ms()
        with contextlib.closing(store.connect(self.config.database.path)) as db:
            schema.migrate(db)
            admin = people.create(db, "Max", "admin", now=now)
            optouts.approve_confirmation(
                db, optouts.default_confirmation("Elm Street"), by=admin, channel="cli", now=now
            )
            vera = people.create(db, "Vera", "volunteer", now=now)
            self.way_in = sessions.invite(db, vera.id, now=now)
            for place, number in enumerate(TEXTED):
                words = "Can you come? " * (15 if place == 1 else 1)
                message_id = outbox.draft(
                    db, number, words, kind="first", key=None, channel="cli", by=None, rules=rules, now=now
                )
                self.texts.append((message_id, outbox.seen(outbox.load(db, message_id))))
        self._before = Disk(self.data)

    def _recorded(self, *command: str) -> subprocess.Popen[bytes]:
        recorder = {
            "LD_PRELOAD": str(self.library),
            "POWER_FOLDER": str(self.data),
            "POWER_LOG": str(self.log),
        }
        with (self.folder / "said").open("ab") as said:
            return subprocess.Popen(
                [sys.executable, "-m", *command], env={**os.environ, **recorder}, stdout=said, stderr=said
            )

    def command(self, *words: str) -> None:
        """Run a command to its end."""
        process = self._recorded("gateway", "--config", str(self.config.source), *words)
        assert process.wait(PATIENCE_S) == 0, (words, (self.folder / "said").read_text())

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Gateway and panel, ended politely."""
        source = str(self.config.source)
        started = [
            self._recorded("gateway", "--config", source, "gateway"),
            self._recorded("web", "--config", source),
        ]
        try:
            self.until(self._answers, "the panel")
            yield
        finally:
            for process in started:
                process.send_signal(signal.SIGTERM)
            for process in started:
                process.wait(PATIENCE_S)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/alive", timeout=5):
                return True
        except OSError:
            return False

    def until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, f"not within {PATIENCE_S:g} s: {what}"
            time.sleep(0.01)  # asks again; nothing depends on how long

    def approve(self, browser: Browser, *places: int) -> None:
        """Vera sends these texts with her own tap."""
        token = browser.token(browser.ask("GET", "/me"))
        for place in places:
            message_id, seen = self.texts[place]
            browser.ask("POST", f"/send/{message_id}/approve", f"csrf_token={token}&seen={seen}")
            assert browser.status == 303
            mark(self.log, f"approved {TEXTED[place]}")

    def live(self, bank: VirtualBank) -> None:
        """The day itself."""
        bank.fault(0, "pin_required")
        bank.inbound(0, ZOE, "Hello")
        with self.running():
            browser = Browser(self.port, self)
            self.approve(browser, 0, 1, 2)
            bank.wait_air(4, PATIENCE_S)
            bank.inbound(0, TEXTED[0], "Yes")
            bank.inbound(0, LUIS, "STOP")
            bank.wait_air(5, PATIENCE_S)  # the confirmation
            bank.inbound(1, TEXTED[1], "I will")
            self.until(lambda: all_read(bank), "everything read")
            mark(self.log, f"erasing {ZOE}")
            self.command("erase", ZOE, "--yes")
            mark(self.log, f"erased {ZOE}")
            self.command("backup", str(self.data / COPY))
            mark(self.log, f"backup {COPY}")
            self.approve(browser, 3, 4)
            bank.inbound(0, TEXTED[2], "STOP")
            bank.wait_air(8, PATIENCE_S)
            self.until(lambda: all_read(bank), "everything read")
        self.command("restore", str(self.data / COPY), "--yes")
        mark(self.log, "restored")


def all_read(bank: VirtualBank) -> bool:
    """Whether no modem holds, or waits to be told of, anything that the gateway has not kept."""
    return not any(bank.stored(number) for number in (0, 1))


def record(folder: Path, compiler: str) -> Day:
    """Play the day; what was recorded is in its `log`, from `start` on."""
    day = Day(folder, compiled(folder, compiler))
    with VirtualBank(2, folder / "m", personality=["generic", direct_only()]) as bank:
        day.found(*bank.ports)
        day.live(bank)
    return day
