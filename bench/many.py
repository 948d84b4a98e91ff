"""Many modems on a small machine, and how soon one is ready: a real gateway process, virtual modems on ptys.

    python bench/many.py [share ready] [--modems 16] [--texts 30]

The virtual modems run in this process and are no part of what is measured, but they share its cores. The load of the
machine stands beside the figures: where others work as well they say little.
"""

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from path import bench, cpu_s, p95, say

from gateway import bell, store
from hardware.link import Link, SystemClock
from hardware.modem import Modem
from hardware.port import open_port
from hardware.virtual import VirtualBank

LATENCY_S = 1.0
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


def share(modems: int, texts: int) -> None:
    """Texts through all modems at once, against as many modems that never wait for us."""
    with bench(modems, latency=LATENCY_S) as running:
        total = modems * texts
        with store.write(running.db):
            for message_id in running.draft(total):
                running.approve(message_id)
        gateway = running.processes[0].pid
        theirs, ours, began = cpu_s(gateway), cpu_s(os.getpid()), time.monotonic()
        bell.ring(running.config.database.path)
        air = running.bank.wait_air(total, texts * LATENCY_S * 3 + 60)
        took = time.monotonic() - began
        theirs, ours = cpu_s(gateway) - theirs, cpu_s(os.getpid()) - ours
        spent = air[-1].at_s - air[0].asked_s
        what = f"{modems} modems at {LATENCY_S:g} s a text, {total} texts, share of the ideal"
        say(what, f"{texts * LATENCY_S / spent * 100:.1f} %", "> 95 %")
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


def ready(_modems: int, _texts: int) -> None:
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


MEASURES: dict[str, Callable[[int, int], None]] = {"share": share, "ready": ready}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("measures", nargs="*", choices=[*MEASURES, []], help="which; all without")
    parser.add_argument("--modems", type=int, default=16)
    parser.add_argument("--texts", type=int, default=30, help="for each modem")
    given = parser.parse_args()
    machine = (
        f"{platform.node()}: {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    for name in given.measures or MEASURES:
        print(f"{machine}; load {os.getloadavg()[0]:.1f}")
        MEASURES[name](given.modems, given.texts)


if __name__ == "__main__":
    main()
