"""Every power cut of a recorded day, again and again with other parts lost: `make soak POWER=1` (SECONDS=600 FIRST=0)."""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.scenarios.power.cuts import cuts
from tests.scenarios.power.recording import MEMORY, record

BAR = 30


def main() -> int:
    """Exit code 1 when a cut shows a breach. The first round is always finished."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    asked = parser.parse_args()
    compiler = shutil.which("cc")
    if compiler is None:
        print("There is no C compiler here. Run: sudo apt-get install gcc libc6-dev", file=sys.stderr)
        return 1
    began, done, failed, seed = time.monotonic(), 0, 0, asked.first
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        day = record(Path(folder), compiler)
        while seed == asked.first or time.monotonic() - began < asked.seconds:
            for at, chance, wrong in cuts(day, Path(folder) / "left", seed=seed):
                done += 1
                if wrong:
                    failed += 1
                    print(f"\rseed {seed}, record {at}, chance {chance}:", *wrong, sep="\n  ")
                if done % 50 == 0:
                    _progress(time.monotonic() - began, asked.seconds, done, failed)
                if seed > asked.first and time.monotonic() - began > asked.seconds:
                    break
            seed += 1
    _progress(time.monotonic() - began, asked.seconds, done, failed)
    print()
    return bool(failed)


def _progress(spent_s: float, of_s: float, done: int, failed: int) -> None:
    full = int(BAR * min(1.0, spent_s / of_s))
    bar = "#" * full + "." * (BAR - full)
    print(f"\r[{bar}] {done} cuts, {done / spent_s:.0f} a second, {failed} with a breach", end="", flush=True)


if __name__ == "__main__":
    sys.exit(main())
