"""Many modems on a small machine, and how soon one is ready: a real gateway process, virtual modems on ptys.

The virtual modems run in this process and are no part of what is measured, but they share its cores. The load of the
machine stands beside the figures: where others work as well they say little.
"""

import os
import statistics
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from bench.readings import cpu_s, p95
from bench.textbank import bench, say
from hardware.link import Link, SystemClock
from hardware.modem import Modem
from hardware.port import open_port
from hardware.virtual import VirtualBank

THINKS_S = 0.03  # a real stick's time for an ordinary command
PERSONALITIES = ("generic", "huawei-e3131", "sim800l")
TIMES = 5


class Thinking:
    """A link whose modem takes its time before it answers a command."""

    def __init__(self, link: Link) -> None:
        self.name, self.read, self.wake, self.close = link.name, link.read, link.wake, link.close
        self._write = link.write

    def write(self, data: bytes) -> None:
        if data.startswith(b"AT"):
            time.sleep(THINKS_S)
        self._write(data)


def share(modems: int, latency_s: float, texts: int, target: str) -> None:
    """Texts through all modems at once, against as many modems that never wait for us."""
    with bench(modems, latency=latency_s) as running:
        total = modems * texts
        theirs, ours, began = cpu_s(running.pids), cpu_s([os.getpid()]), time.monotonic()
        running.approve_all(running.draft(total))
        air = running.bank.wait_air(total, texts * latency_s * 3 + 60)
        took = time.monotonic() - began
        theirs, ours = cpu_s(running.pids) - theirs, cpu_s([os.getpid()]) - ours
        spent = air[-1].at_s - air[0].asked_s
        what = f"{modems} modems at {latency_s:g} s a text, {total} texts, share of the ideal"
        say(what, f"{texts * latency_s / spent * 100:.1f} %", target)
        gaps = [
            (after.asked_s - before.at_s) * 1000
            for modem in range(modems)
            for before, after in pairwise([record for record in air if record.modem == modem])
        ]
        between = f"p50 {statistics.median(gaps):.0f} p95 {p95(gaps):.0f} worst {max(gaps):.0f} ms"
        say("   between +CMGS and the next AT+CMGS", between, "p50 < 50 ms")
        say("   the gateway meanwhile", f"{theirs / took * 100:.1f} % of a core", "< 25 %")
        say("   each text costs it", f"{theirs / total * 1000:.1f} ms of CPU", "15 ms")
        say("   the virtual modems meanwhile", f"{ours / took * 100:.1f} % of a core", "none")


def ready() -> None:
    """From opening the port to a modem that can send, and from the start of the process to a station that is ready."""
    clock = SystemClock()
    for personality in PERSONALITIES:
        taken = []
        for _ in range(TIMES):
            with (
                tempfile.TemporaryDirectory() as folder,
                VirtualBank(1, Path(folder) / "m", personality=personality) as bank,
            ):
                began = clock.monotonic()
                modem = Modem(Thinking(open_port(bank.ports[0], clock)), clock)
                modem.start(lambda identity: None)
                taken.append(clock.monotonic() - began)
                modem.close()
        what = f"port opened to ready, {personality}, {THINKS_S * 1000:.0f} ms a command, {TIMES} times"
        say(what, f"p50 {statistics.median(taken):.2f} worst {max(taken):.2f} s", "< 3 s")
    began = clock.monotonic()
    with bench(1):
        say("process started to a station that is ready", f"{clock.monotonic() - began:.2f} s", "< 5 s")
