"""The whole path measured: real gateway and panel processes, virtual modems on ptys, a real database file.

    python bench/path.py [latency gap bytes approving four idle inbound ...] [--idle-s 600]

Prints one line for each measure with its target, and the machine's name. Times are taken where a person or the air would: a text's way ends when its
AT+CMGS reaches the modem, a reply's when it stands in an open browser.
"""

import argparse
import contextlib
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

from gateway import bell, lock, outbox, people, schema, sessions, store
from gateway.config import load
from gateway.rules import rules_of
from hardware.virtual import VirtualBank

CONFIG = """[organisation]
name = "Bench"
region = "US"
timezone = "America/New_York"
[panel]
port = {port}
[sending]
undo_seconds = 0
quiet_from = "00:00"
quiet_until = "00:00"
"""
STATION = '[[stations]]\nname = "s{i}"\nport = "{port}"\nper_minute = 0\nper_day = 0\nper_month = 0\n'
WORDS = "Hi, this is Elm Street Tenants. We meet on Thursday at 7 pm in the library. Can you come? STOP ends."


class Bench:
    """One group with its modems, gateway and (when asked) panel."""

    def __init__(self, folder: Path, bank: VirtualBank, *, panel: bool) -> None:
        self.bank, self.folder = bank, folder
        text = CONFIG.format(port=8097) + "".join(
            STATION.format(i=i, port=p) for i, p in enumerate(bank.ports)
        )
        path = folder / "textbank.toml"
        path.write_text(text)
        self.config = load(path)
        self.rules = rules_of(self.config)
        with lock.gateway(self.config.database.path):
            self.db = store.connect(self.config.database.path)
            schema.migrate(self.db)
            self.user = people.create(self.db, "Vera", "coordinator", now=store.wall_ms())
        self.link = sessions.invite(self.db, self.user.id, now=store.wall_ms())
        self.processes = [self._start("-m", "gateway", "gateway")] + (
            [self._start("-m", "web")] if panel else []
        )
        self._wait_ready()

    def _start(self, *words: str) -> "subprocess.Popen[bytes]":
        environment = {**os.environ, "TEXTBANK_CONFIG": str(self.folder / "textbank.toml")}
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen([sys.executable, *words], env=environment, stdout=log, stderr=log)

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + 30
        wanted = len(self.bank.ports)
        while self.db.execute("SELECT count(*) FROM station WHERE state='ready'").fetchone()[0] < wanted:
            if time.monotonic() > deadline:
                raise SystemExit((self.folder / "log").read_text())
            time.sleep(0.05)

    def draft(self, count: int, first: int = 0) -> list[int]:
        now = store.wall_ms()
        with store.write(self.db):
            return [
                outbox.draft(
                    self.db,
                    f"+1202{5550000 + first + i}",
                    WORDS,
                    kind="first",
                    key=None,
                    channel="cli",
                    by=None,
                    rules=self.rules,
                    now=now,
                )
                for i in range(count)
            ]

    def approve(self, message_id: int) -> float:
        """Approve as the panel does; returns the wall time just after the commit."""
        row = outbox.load(self.db, message_id)
        outbox.approve(
            self.db, message_id, by=self.user, seen=outbox.seen(row), rules=self.rules, now=store.wall_ms()
        )
        at = time.time()
        bell.ring(self.config.database.path)
        return at

    def close(self) -> None:
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(30)
        self.db.close()


@contextlib.contextmanager
def bench(count: int = 1, latency: str | float = "none", *, panel: bool = False) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with VirtualBank(count, folder / "m", send_latency=latency, carry_s=3600.0, report_s=3600.0) as bank:
            running = Bench(folder, bank, panel=panel)
            try:
                yield running
            finally:
                running.close()


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[18]


def say(what: str, value: str, target: str) -> None:
    print(f"{what:<66} {value:<34} target {target}", flush=True)


def gaps_ms(running: Bench, since: int = 0) -> list[float]:
    air = running.bank.air()[since:]
    return [(b.asked_s - a.at_s) * 1000 for a, b in pairwise(air)]


def latency() -> None:
    with bench() as running:
        taken = []
        for i, message_id in enumerate(running.draft(100)):
            time.sleep(0.05)  # idle between texts is what is measured
            at = running.approve(message_id)
            record = running.bank.wait_air(i + 1)[-1]
            taken.append((running.bank.wall(record.asked_s).timestamp() - at) * 1000)
        say(
            "approved (undo 0) to AT+CMGS, idle modem, 100 texts",
            f"p50 {statistics.median(taken):.1f} p95 {p95(taken):.1f} ms",
            "p95 < 100 ms",
        )


def gap() -> None:
    with bench() as running:
        ids = running.draft(200)
        with store.write(running.db):
            for message_id in ids:
                running.approve(message_id)
        bell.ring(running.config.database.path)
        running.bank.wait_air(200, 60)
        gaps = gaps_ms(running)
        say(
            "gap from +CMGS to the next AT+CMGS, 200 texts",
            f"p50 {statistics.median(gaps):.1f} p95 {p95(gaps):.1f} ms",
            "p50 < 10, p95 < 40 ms",
        )


def written(running: Bench) -> int:
    """Bytes that our processes and this one sent to the disk."""
    total = 0
    for pid in [os.getpid(), *(process.pid for process in running.processes)]:
        for line in Path(f"/proc/{pid}/io").read_text().splitlines():
            if line.startswith("write_bytes"):
                total += int(line.split()[1])
    return total


def bytes_written() -> None:
    with bench() as running:
        ids = running.draft(500)
        before = written(running)
        for i, message_id in enumerate(ids):
            running.approve(message_id)
            running.bank.wait_air(i + 1)
        _settled(running, 500)
        each = (written(running) - before) / 500 / 1000
        say("bytes written for each text, 500 approved one by one", f"{each:.1f} KB", "< 50 KB")


def _settled(running: Bench, count: int) -> None:
    deadline = time.monotonic() + 30
    while running.db.execute("SELECT count(*) FROM message WHERE state='sent'").fetchone()[0] < count:
        if time.monotonic() > deadline:
            raise SystemExit("the texts were not all sent")
        time.sleep(0.02)


def approving() -> None:
    with bench(latency=0.05) as running:
        ids = running.draft(400)
        with store.write(running.db):
            for message_id in ids[:200]:
                running.approve(message_id)
        for message_id in ids[200:]:
            running.approve(message_id)
            time.sleep(0.1)
            if len(running.bank.air()) >= 200:
                break
        gaps = gaps_ms(running)
        say(
            f"gap while volunteers approve 10 texts a second, {len(gaps)} gaps",
            f"p50 {statistics.median(gaps):.1f} p95 {p95(gaps):.1f} ms",
            "p95 < 60 ms",
        )


def four() -> None:
    per_modem = 40
    with bench(4, latency=0.5) as running:
        with store.write(running.db):
            for message_id in running.draft(4 * per_modem):
                running.approve(message_id)
        bell.ring(running.config.database.path)
        air = running.bank.wait_air(4 * per_modem, 120)
        spent = air[-1].at_s - air[0].asked_s
        say(
            "4 modems at 0.5 s a text, share of four times one modem",
            f"{per_modem * 0.5 / spent * 100:.1f} %",
            "> 95 %",
        )


WATCH = """words => { window.seen = new Promise(done => {
  new MutationObserver((_, watcher) => {
    if (document.body.innerText.includes(words)) { watcher.disconnect(); done(Date.now()); }
  }).observe(document.body, {childList: true, subtree: true, characterData: true}) }) }"""


def inbound() -> None:
    from playwright.sync_api import sync_playwright

    with bench(panel=True) as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page()
        sign_in(page, running)
        page.goto(f"http://127.0.0.1:{running.config.panel.port}/inbox")
        taken = []
        for i in range(40):
            words = f"Reply number {i} end"
            page.evaluate(WATCH, words)
            at = time.time() * 1000
            running.bank.inbound(0, f"+12025559{i:03d}", words)
            taken.append(float(page.evaluate("window.seen")) - at)
        browser.close()
        say(
            "inbound at the modem to visible in an open browser, 40 texts",
            f"p50 {statistics.median(taken):.0f} p95 {p95(taken):.0f} ms",
            "p95 < 500 ms",
        )


def sign_in(page: "object", running: Bench) -> None:
    page.goto(f"http://127.0.0.1:{running.config.panel.port}/s/{running.link}")  # type: ignore[attr-defined]
    page.get_by_role("button").first.click()  # type: ignore[attr-defined]
    page.wait_for_load_state()  # type: ignore[attr-defined]


def pss_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1000


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


IDLE_S = 60.0


def idle() -> None:
    from playwright.sync_api import sync_playwright

    with bench(2, panel=True) as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page()
        sign_in(page, running)
        time.sleep(5)
        pids = [process.pid for process in running.processes]
        before, wrote, began = [cpu_s(pid) for pid in pids], written(running), time.monotonic()
        time.sleep(IDLE_S)
        spent = sum(cpu_s(pid) for pid in pids) - sum(before)
        share = spent / (time.monotonic() - began) * 100
        memory = [pss_mb(pid) for pid in pids]
        say(
            f"idle {IDLE_S:.0f} s, two modems, one open browser: CPU of both",
            f"{share:.2f} % of a core",
            "< 1 %",
        )
        say(
            "   memory of both (PSS)", f"{memory[0]:.0f} + {memory[1]:.0f} = {sum(memory):.0f} MB", "< 130 MB"
        )
        say("   written meanwhile", f"{(written(running) - wrote) / 1000:.0f} KB", "samples only")
        browser.close()


MEASURES: dict[str, Callable[[], None]] = {
    "latency": latency,
    "gap": gap,
    "bytes": bytes_written,
    "approving": approving,
    "four": four,
    "inbound": inbound,
    "idle": idle,
}


def main() -> None:
    global IDLE_S
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("measures", nargs="*", choices=[*MEASURES, []], help="which; all without")
    parser.add_argument("--idle-s", type=float, default=IDLE_S)
    given = parser.parse_args()
    IDLE_S = given.idle_s
    print(
        f"{platform.node()}: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    for name in given.measures or MEASURES:
        MEASURES[name]()


if __name__ == "__main__":
    main()
