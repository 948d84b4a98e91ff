"""kill -9 at random moments of real gateways: `make soak KILLS=500`; one seed with all that happened: `make soak KILLS=12 STREET=7`.

Moments and acts come from the seed, and happen in real time: a seed that failed is a good start, not the very same run.
"""

import argparse
import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import count
from pathlib import Path

from tests.scenarios.kills.nursery import Nursery
from tests.scenarios.kills.reckoning import DOUBLED, LOST
from tests.scenarios.kills.street import Street

KILLS_EACH = 12
BAR = 30


def one(seed: int, kills: int, nursery: Nursery) -> tuple[int, int, list[str], list[str], dict[str, int]]:
    """Live one seed: kills, what is wrong, what happened, how much there was."""
    with tempfile.TemporaryDirectory(prefix="street") as folder:
        street = Street(Path(folder), seed, nursery)
        try:
            street.live(kills)
            wrong = street.breaches()
        except Exception as error:  # whatever it is, the run goes on and says so
            wrong = [f"{type(error).__name__}: {error}", *street.breaches(), traceback.format_exc()]
        log = [*street.log, *street.group.log.read_text().splitlines()]
        counts = street.counts()
        street.close()
        return seed, street.kills, wrong, log, counts


def show(done: int, kills: int, began: float, wrong: int) -> None:
    """The bar."""
    full, spent = int(BAR * min(1.0, done / kills)), time.monotonic() - began
    print(
        f"\r[{'#' * full}{'.' * (BAR - full)}] {done} of {kills} kills, {done / spent:.2f} a second, {wrong} seeds with a breach",
        end="",
        flush=True,
    )


def portions(kills: int) -> Iterator[int]:
    """How many kills each street has."""
    for start in count(0, KILLS_EACH):
        if start >= kills:
            return
        yield min(KILLS_EACH, kills - start)


def main() -> int:
    """Exit code 1 when something was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--street", type=int)
    asked = parser.parse_args()
    with Nursery() as nursery:
        if asked.street is not None:
            _, _, wrong, log, _ = one(asked.street, asked.kills, nursery)
            print(*log, *wrong, sep="\n")
            return bool(wrong)
        began, done, failed, total = time.monotonic(), 0, 0, Counter[str]()
        with ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
            streets = [
                pool.submit(one, asked.first + place, kills, nursery)
                for place, kills in enumerate(portions(asked.kills))
            ]
            for street in as_completed(streets):
                seed, kills, wrong, _, counts = street.result()
                done += kills
                total.update(counts)
                total["lost"] += sum(line.startswith(LOST) for line in wrong)
                total["doubled"] += sum(line.startswith(DOUBLED) for line in wrong)
                if wrong:
                    failed += 1
                    print(f"\rstreet {seed}: make soak KILLS={kills} STREET={seed}", *wrong, sep="\n  ")
                show(done, asked.kills, began, failed)
    print(f"\nlost: {total['lost']}, doubled: {total['doubled']}; {total['out']} texts out ({total['air']} segments on the air, "
          f"{total['doubts']} were uncertain and {total['uncertain']} are), {total['in']} in")  # fmt: skip
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
