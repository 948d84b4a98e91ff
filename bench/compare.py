"""Textbank and the peers on the same virtual modems in one run: how fast, how soon, at what cost."""

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from bench.group import WORDS
from bench.readings import cpu_s, disk_folder, p50, p95, pss_mb, written_bytes
from bench.rivals import Rival, Text, Textbank, until
from hardware.virtual import VirtualBank
from hardware.virtual.errors import VirtualError

Figures = dict[str, float]
SEED = 7


@contextmanager
def on(kind: type[Rival], modems: int = 1, latency: str | float = "none") -> Iterator[Rival]:
    """This gateway, running on virtual modems that send after `latency` seconds."""
    with tempfile.TemporaryDirectory(dir=disk_folder(), prefix="tb-") as name:
        folder = Path(name)
        with VirtualBank(modems, folder / "m", send_latency=latency, carry_s=3600.0, report_s=3600.0) as bank:
            rival = kind(folder, bank)
            try:
                rival.start()
                yield rival
            finally:
                rival.stop()


def texts(count: int, first: int = 0) -> list[Text]:
    """To different people."""
    return [(f"+1202{5550000 + first + i}", f"{WORDS} {first + i}"[:150]) for i in range(count)]


def sent(rival: Rival, count: int, timeout_s: float) -> int:
    """Wait for the air; how many texts are on it in time."""
    try:
        return len(rival.bank.wait_air(count, timeout_s))
    except VirtualError:
        return len(rival.bank.air())


def throughput(kind: type[Rival], latency_s: float, count: int, modems: int = 1) -> Figures:
    """Seconds for `count` texts that were queued at once, and the gaps between them; counted from queueing to the last one."""
    with on(kind, modems, latency_s or "none") as rival:
        began, pids = time.monotonic(), rival.pids()
        wrote, cpu = written_bytes(pids), cpu_s(pids)
        rival.queue(texts(count))
        done = sent(rival, count, 30 + count * (latency_s + 5))
        took = time.monotonic() - began
        air = rival.bank.air()
        time.sleep(1.5)  # the record of the last one
        cost = (written_bytes(rival.pids()) - wrote) / max(done, 1) / 1000
        busy = (cpu_s(rival.pids()) - cpu) / max(done, 1) * 1000
    gaps = [
        (after.asked_s - before.at_s) * 1000
        for modem in range(modems)
        for before, after in pairwise([record for record in air if record.modem == modem])
    ]
    spent = air[-1].at_s - air[0].asked_s if air else float("nan")
    ideal = latency_s * count / modems
    return {
        "sent": done,
        "of": count,
        "took_s": took,
        "a_minute": done / took * 60,
        "share": ideal / spent if latency_s else 0.0,
        "gap_p50_ms": p50(gaps),
        "gap_p95_ms": p95(gaps),
        "kb_a_text": cost,
        "cpu_ms_a_text": busy,
    }


def latency(kind: type[Rival], count: int) -> Figures:
    """Queued (for Textbank: approved) to AT+CMGS at the modem, nothing else going on; and what it needs to wait."""
    dice, taken = random.Random(SEED), []
    with on(kind) as rival:
        pids = rival.pids()
        cpu, began = cpu_s(pids), time.monotonic()
        time.sleep(5)
        idle = (cpu_s(pids) - cpu) / (time.monotonic() - began) * 100
        for i in range(count):
            time.sleep(1 + dice.random())
            at = time.time()
            rival.queue(texts(1, i))
            if sent(rival, i + 1, 40) <= i:
                break
            taken.append((rival.bank.wall(rival.bank.air()[-1].asked_s).timestamp() - at) * 1000)
        memory = pss_mb(rival.pids())
    return {
        "idle_p50_ms": p50(taken),
        "idle_p95_ms": p95(taken),
        "memory_mb": memory,
        "idle_cpu_percent": idle,
    }


def inbound(kind: type[Rival], count: int) -> Figures:
    """A text at the modem to a text in the gateway's own store."""
    dice, taken = random.Random(SEED), []
    with on(kind) as rival:
        for i in range(count):
            time.sleep(0.5 + dice.random())
            at = time.monotonic()
            rival.bank.inbound(0, f"+12025559{i:03d}", f"Reply number {i}")
            until(lambda: rival.stored() > i, f"{rival.name}: a text that came in", 40, 0.0005)  # noqa: B023
            taken.append((time.monotonic() - at) * 1000)
    return {"inbound_p50_ms": p50(taken), "inbound_p95_ms": p95(taken)}


def measures(*, quick: bool) -> list[tuple[str, float, Callable[[type[Rival]], Figures]]]:
    """(Name, about how many seconds a gateway, what is measured)."""
    if quick:
        return [
            ("0 s", 8, lambda kind: throughput(kind, 0, 5)),
            ("inbound", 8, lambda kind: inbound(kind, 3)),
        ]
    return [
        ("0 s", 50, lambda kind: throughput(kind, 0, 300 if kind is Textbank else 20)),
        ("0.1 s", 50, lambda kind: throughput(kind, 0.1, 60 if kind is Textbank else 20)),
        ("3 s", 90, lambda kind: throughput(kind, 3, 20)),
        ("4 modems", 45, lambda kind: throughput(kind, 0.5, 80, 4)),
        ("idle", 45, lambda kind: latency(kind, 20)),
        ("inbound", 45, lambda kind: inbound(kind, 20)),
    ]


def run(
    kinds: list[type[Rival]], *, quick: bool, say: Callable[[str], None]
) -> dict[str, dict[str, Figures]]:
    """{measure: {gateway: figures}}."""
    found: dict[str, dict[str, Figures]] = {}
    for name, _, measure in measures(quick=quick):
        for kind in kinds:
            try:
                figures = measure(kind)
            except (TimeoutError, VirtualError, OSError) as error:
                say(f"{name}: {kind.name}: did not finish ({error})")
                continue
            found.setdefault(name, {})[kind.name] = figures
            say(f"{name}: {kind.name}: " + ", ".join(f"{key} {value:.3g}" for key, value in figures.items()))
    return found
