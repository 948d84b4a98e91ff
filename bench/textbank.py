"""Textbank's own path: real gateway and panel processes, virtual modems on ptys, a real database file.

Times are taken where a person or the air would: a text's way ends when its AT+CMGS reaches the modem, a reply's when it
stands in an open browser.
"""

import contextlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

from bench.group import Group, environment
from bench.readings import cpu_s, disk_folder, p95, pss_mb, written_bytes
from hardware.virtual import VirtualBank


class Running(Group):
    """A group whose gateway (and, when asked, panel) runs."""

    def __init__(self, folder: Path, bank: VirtualBank, *, panel: bool) -> None:
        super().__init__(folder, bank)
        self.processes = [self._start("-m", "gateway", "gateway")] + (
            [self._start("-m", "web")] if panel else []
        )
        try:
            self.wait_ready()
        except BaseException:
            self.close()  # one that is left would take the modems of the next
            raise

    def _start(self, *words: str) -> "subprocess.Popen[bytes]":
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen([sys.executable, *words], env=environment(self), stdout=log, stderr=log)

    @property
    def pids(self) -> list[int]:
        """Its processes."""
        return [process.pid for process in self.processes]

    def close(self) -> None:
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(30)
        super().close()


@contextlib.contextmanager
def bench(count: int = 1, latency: str | float = "none", *, panel: bool = False) -> Iterator[Running]:
    with tempfile.TemporaryDirectory(dir=disk_folder(), prefix="tb-") as name:
        folder = Path(name)
        with VirtualBank(count, folder / "m", send_latency=latency, carry_s=3600.0, report_s=3600.0) as bank:
            running = Running(folder, bank, panel=panel)
            try:
                yield running
            finally:
                running.close()


def say(what: str, value: str, target: str) -> None:
    print(f"{what:<66} {value:<34} target {target}", flush=True)


def gaps_ms(running: Running, since: int = 0) -> list[float]:
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
            "p95 < 80 ms",
        )


def gap() -> None:
    with bench() as running:
        running.approve_all(running.draft(200))
        running.bank.wait_air(200, 60)
        gaps = gaps_ms(running)
        say(
            "gap from +CMGS to the next AT+CMGS, 200 texts",
            f"p50 {statistics.median(gaps):.1f} p95 {p95(gaps):.1f} ms",
            "p50 < 10, p95 < 40 ms",
        )


def bytes_written() -> None:
    for count, together in ((500, 1), (1000, 50)):
        with bench() as running:
            ids = running.draft(count)
            before = written_bytes(running.pids)
            for at in range(0, count, together):
                running.approve_all(ids[at : at + together])
                if together == 1:
                    running.bank.wait_air(at + 1)
            running.bank.wait_air(count, 120)
            _settled(running, count)
            each = (written_bytes(running.pids) - before) / count / 1000
        how = "one by one" if together == 1 else f"{together} at a time"
        target = "< 40 KB" if together == 1 else "< 25 KB"
        say(f"bytes written for each text, {count} approved {how}", f"{each:.1f} KB", target)


def _settled(running: Running, count: int) -> None:
    deadline = time.monotonic() + 30
    while running.db.execute("SELECT count(*) FROM message WHERE state='sent'").fetchone()[0] < count:
        if time.monotonic() > deadline:
            raise SystemExit("the texts were not all sent")
        time.sleep(0.02)


def approving() -> None:
    with bench(latency=0.05) as running:
        ids = running.draft(400)
        running.approve_all(ids[:200])
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


WATCH = """words => { window.seen = new Promise(done => {
  new MutationObserver((_, watcher) => {
    if (document.body.innerText.includes(words)) { watcher.disconnect(); done(Date.now()); }
  }).observe(document.body, {childList: true, subtree: true, characterData: true}) }) }"""


def inbound() -> None:
    from playwright.sync_api import sync_playwright

    with bench(panel=True) as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium-headless-shell",
            args=["--no-sandbox", "--disable-background-networking"],
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


def sign_in(page: "object", running: Running) -> None:
    page.goto(f"http://127.0.0.1:{running.config.panel.port}/s/{running.link}")  # type: ignore[attr-defined]
    page.get_by_role("button").first.click()  # type: ignore[attr-defined]
    page.wait_for_load_state()  # type: ignore[attr-defined]


IDLE_S = 60.0


def idle() -> None:
    from playwright.sync_api import sync_playwright

    with bench(2, panel=True) as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium-headless-shell",
            args=["--no-sandbox", "--disable-background-networking"],
        )
        page = browser.new_page()
        sign_in(page, running)
        time.sleep(5)
        before, wrote, began = cpu_s(running.pids), written_bytes(running.pids), time.monotonic()
        time.sleep(IDLE_S)
        share = (cpu_s(running.pids) - before) / (time.monotonic() - began) * 100
        memory = [pss_mb([pid]) for pid in running.pids]
        say(
            f"idle {IDLE_S:.0f} s, two modems, one open browser: CPU of both",
            f"{share:.2f} % of a core",
            "< 1 %",
        )
        both = f"{memory[0]:.0f} + {memory[1]:.0f} = {sum(memory):.0f} MB"
        say("   memory of both (PSS)", both, "< 130 MB")
        say("   written meanwhile", f"{(written_bytes(running.pids) - wrote) / 1000:.0f} KB", "samples only")
        browser.close()


def importing() -> None:
    """A hundred thousand rows by `textbank send --csv` while texts go out."""
    rows = 100_000
    with bench(latency=0.1) as running:
        path = running.folder / "many.csv"
        lines = (f"+1202{2000000 + n},Hello {n} from Elm Street. STOP ends.\n" for n in range(rows))
        path.write_text("to,text\n" + "".join(lines))
        running.approve_all(running.draft(1500))
        first, began = len(running.bank.wait_air(20, 60)), time.monotonic()
        words = ["-m", "gateway", "--config", str(running.source), "send", "--csv", str(path)]
        done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=True)
        took = time.monotonic() - began
        if len(done.stdout.split()) != rows:
            raise SystemExit("not all rows were queued")
        gaps = gaps_ms(running, first)
        say(f"{rows:,} rows queued by textbank send --csv", f"{took:.0f} s", "< 60 s")
        words_of = f"p50 {statistics.median(gaps):.0f} p95 {p95(gaps):.0f} worst {max(gaps):.0f} ms"
        say(f"   gap meanwhile, {len(gaps)} texts at 0.1 s", words_of, "p95 < 100 ms")


MEASURES: dict[str, Callable[[], None]] = {
    "latency": latency,
    "gap": gap,
    "bytes": bytes_written,
    "approving": approving,
    "inbound": inbound,
    "importing": importing,
    "idle": idle,
}
