"""Many seeds: `make soak` (SECONDS=600 FIRST=0 JOBS=2), or one of them with all that happened: `make soak SEED=179`."""

import argparse
import gc
import hashlib
import logging
import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.scenarios.simulation.chaos import play
from tests.scenarios.simulation.house import House
from tests.scenarios.simulation.judge import breaches
from tests.scenarios.simulation.troubles import TROUBLES

PROJECT = Path(__file__).parents[3]
SHARED_MEMORY = Path("/dev/shm")
BAR = 30
ENOUGH = 1_500  # houses in which every fault must have struck
AHEAD = 3  # seeds that wait for each process: one that takes long holds up no other


@dataclass
class Run:
    """What came of one seed: what is wrong, what happened, the hours that were lived through, how often what happened."""

    seed: int
    wrong: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    hours: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)


def one(seed: int) -> Run:
    """Run one seed on a file system in memory."""
    logging.disable(logging.CRITICAL)
    gc.disable()  # a house is thrown away whole: what it leaves is collected once,
    gc.freeze()  # and nothing else is looked at
    with tempfile.TemporaryDirectory(dir=SHARED_MEMORY if SHARED_MEMORY.is_dir() else None) as folder:
        house = House(Path(folder), seed)
        try:
            wrong = breaches(house, play(house))
        except Exception as error:
            wrong = [f"{type(error).__name__}: {error}", traceback.format_exc()]
        if wrong:
            house.log += _stations(house)
        run = Run(seed, wrong, house.log, house.now / 3600, house.counts)
        house.close()
    gc.collect()
    gc.unfreeze()
    gc.enable()
    return run


def _stations(house: House) -> list[str]:
    rows = house.db.execute("SELECT name, state, reason FROM station ORDER BY name").fetchall()
    return [f"{row['name']} is {row['state']}. {row['reason']}" for row in rows]


def state() -> str:
    """A digest of all code of the project that houses run: seeds of different runs add up while it stays the same."""
    ours = {Path(module.__file__) for module in sys.modules.values() if getattr(module, "__file__", None)}
    digest = hashlib.sha256()
    for path in sorted(path for path in ours - {Path(__file__)} if path.is_relative_to(PROJECT)):
        if ".venv" not in path.parts:
            digest.update(f"{path.relative_to(PROJECT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:10]


def main() -> int:
    """Exit code 1 when a seed shows a breach, or a fault of the catalogue never struck in so many houses that it should have."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    asked = parser.parse_args()
    if asked.seed is not None:
        run = one(asked.seed)
        print(*run.log, *run.wrong, sep="\n")
        return bool(run.wrong)
    return _soak(asked.seconds, asked.first, asked.jobs)


def _soak(seconds: float, first: int, jobs: int) -> int:
    began, hours, failed, done = time.monotonic(), 0.0, 0, 0
    counts: Counter[str] = Counter()
    seeds, running = count(first), set[Future[Run]]()
    with ProcessPoolExecutor(jobs) as pool:
        while (spent := time.monotonic() - began) < seconds or running:
            while spent < seconds and len(running) < jobs * AHEAD:
                running.add(pool.submit(_in_short, next(seeds)))
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for run in (future.result() for future in ended):
                done, hours = done + 1, hours + run.hours
                counts.update(run.counts)
                if run.wrong:
                    failed += 1
                    print(
                        f"\r\033[Kseed {run.seed}: make soak SEED={run.seed}",
                        *run.wrong,
                        sep="\n  ",
                        flush=True,
                    )
            _show(time.monotonic() - began, seconds, done, hours, failed)
    print()
    _table(counts)
    print(
        f"{done} seeds from {first}, {hours:.0f} hours in {spent / 3600:.2f} h "
        f"({done / spent:.1f} seeds a second in {jobs} processes), {failed} with a breach; state {state()}"
    )
    unmet = sorted({name for name, _, _ in TROUBLES if not counts[f"struck: {name}"]})
    if unmet:
        print(f"Never struck: {', '.join(unmet)}.")
    return bool(failed or (unmet and done >= ENOUGH))


def _in_short(seed: int) -> Run:
    """The same without what happened: nobody reads it, and its seed tells it again."""
    run = one(seed)
    run.log.clear()
    return run


def _show(spent: float, seconds: float, done: int, hours: float, failed: int) -> None:
    full = int(BAR * min(1.0, spent / seconds))
    print(
        f"\r\033[K[{'#' * full}{'.' * (BAR - full)}] {done} seeds, {done / spent:.1f} a second, "
        f"{hours / spent * 3600:,.0f} simulated hours an hour, {failed} with a breach",
        end="",
        flush=True,
    )


def _table(counts: Counter[str]) -> None:
    """How often each fault was thrown, and struck or was looked at; and how often all else happened."""
    print(f"{'fault':24}{'thrown':>9}{'struck':>9}")
    for name in sorted({name for name, _, _ in TROUBLES}):
        print(f"{name:24}{counts[f'fault: {name}']:9}{counts[f'struck: {name}']:9}")
    print()
    for what in sorted(counts):
        if not what.startswith(("fault: ", "struck: ")):
            print(f"{what:44}{counts[what]:9}")


if __name__ == "__main__":
    sys.exit(main())
