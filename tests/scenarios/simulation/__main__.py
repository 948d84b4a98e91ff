"""Many seeds: `make soak` (SECONDS=600 FIRST=0), or one of them with all that happened: `make soak SEED=179`."""

import argparse
import logging
import os
import sys
import tempfile
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from itertools import count
from pathlib import Path

from tests.scenarios.simulation.chaos import play
from tests.scenarios.simulation.house import House
from tests.scenarios.simulation.judge import breaches

SHARED_MEMORY = Path("/dev/shm")
BAR = 30


def one(seed: int) -> tuple[int, list[str], list[str], float]:
    """Run one seed: what is wrong, what happened, and the hours that were lived through."""
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory(dir=SHARED_MEMORY if SHARED_MEMORY.is_dir() else None) as folder:
        house = House(Path(folder), seed)
        try:
            wrong = breaches(house, play(house))
        except Exception as error:
            wrong = [f"{type(error).__name__}: {error}", traceback.format_exc()]
        hours = house.now / 3600
        house.close()
        return seed, wrong, house.log, hours


def main() -> int:
    """Exit code 1 when a seed shows a breach."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int)
    asked = parser.parse_args()
    if asked.seed is not None:
        _, wrong, log, _ = one(asked.seed)
        print(*log, *wrong, sep="\n")
        return bool(wrong)
    began, hours, failed, done = time.monotonic(), 0.0, 0, 0
    workers = os.cpu_count() or 1
    seeds = count(asked.first)
    with ProcessPoolExecutor(workers) as pool:
        while (spent := time.monotonic() - began) < asked.seconds:
            for seed, wrong, _, lived in pool.map(one, [next(seeds) for _ in range(workers * 4)]):
                done, hours = done + 1, hours + lived
                if wrong:
                    failed += 1
                    print(f"\rseed {seed}: make soak SEED={seed}", *wrong, sep="\n  ")
            spent = time.monotonic() - began
            full = int(BAR * min(1.0, spent / asked.seconds))
            print(
                f"\r[{'#' * full}{'.' * (BAR - full)}] {done} seeds, {done / spent:.2f} a second, "
                f"{hours:.0f} h lived, {failed} with a breach",
                end="",
                flush=True,
            )
    print()
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
