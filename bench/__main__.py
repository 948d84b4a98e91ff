"""The measures.

    python -m bench                      all of them; writes what the manual shows when asked: --write
    python -m bench compare kills        only these parts; --quick takes some minutes and shows that all of it runs

Parts: compare (Textbank and the peers), kills (kill -9 at the worst moments, each of them), path, many, million, faults,
finding, codec. The peers need `./setup.sh peers`. Where others work on the machine meanwhile, the figures say little: the load
stands beside them.
"""

import argparse
import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bench import codec, compare, faults, finding, kills, many, million, page, rivals, textbank
from bench.page import Found, Kills

DOCS = Path(__file__).parent.parent / "docs"
MINUTES = {  # about, on two cores
    "compare": 28,
    "kills": 28,
    "path": 8,
    "many": 3,
    "million": 5,
    "faults": 7,
    "finding": 1,
    "codec": 1,
}
QUICK_MINUTES = {"compare": 2, "kills": 2, "million": 1, "codec": 1}


class Session:
    """One run: what to do, and what came of it."""

    def __init__(self, kinds: list[type[rivals.Rival]], *, quick: bool) -> None:
        self.kinds, self.quick = kinds, quick
        self.found: Found = {}
        self.kills: Kills = {}

    def compare(self) -> None:
        """Textbank and the peers."""
        self.found = compare.run(self.kinds, quick=self.quick, say=_print)
        print(page.table(self.found, [kind.name for kind in self.kinds]))

    def kill(self) -> None:
        """kill -9 for each."""
        for kind in self.kinds:
            self.kills[kind.name] = kills.run(kind, 1 if self.quick else kills.TIMES)
            print(page.kill_table({kind.name: self.kills[kind.name]}), flush=True)

    def path(self) -> None:
        """Textbank alone."""
        for measure in textbank.MEASURES.values():
            measure()

    def many(self) -> None:
        """Several modems."""
        many.share(4, 0.5, 60, "> 97 %")
        many.share(16, 1.0, 30, "> 95 %")
        many.ready()

    def million(self) -> None:
        """A full card."""
        if self.quick:
            million.run(textbank.say, texts=5000, persons=500, times=5)
        else:
            million.run(textbank.say)

    def faults(self) -> None:
        """Modems that fail."""
        for measure in faults.MEASURES.values():
            measure()


def _print(line: str) -> None:
    print(line, flush=True)


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", choices=[*MINUTES, []], help="which; all without")
    parser.add_argument(
        "--quick", action="store_true", help="a few texts each: shows that it runs, measures nothing"
    )
    parser.add_argument(
        "--write", action="store_true", help="put the comparison into docs/bench.md and docs/bench.svg"
    )
    given = parser.parse_args()
    if given.write and given.quick:
        parser.error("--quick measures nothing: its figures are not written into the manual")
    if given.write and not {"compare", "kills"} & set(given.parts or MINUTES):
        parser.error(
            "the manual shows compare and kills: without one of them --write would put a new date over old figures"
        )
    kinds = [kind for kind in rivals.ALL if kind.here()]
    minutes = QUICK_MINUTES if given.quick else MINUTES
    parts = given.parts or list(minutes)
    about = sum(minutes.get(part, 0) for part in parts)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{platform.node()}: {machine}; load {os.getloadavg()[0]:.1f}; about {about} minutes", flush=True)
    absent = [kind.name for kind in rivals.ALL if kind not in kinds]
    if absent:
        print(f"Not installed, so not measured: {', '.join(absent)}. Run: ./setup.sh peers")
    session = Session(kinds, quick=given.quick)
    run: dict[str, Callable[[], object]] = {
        "compare": session.compare,
        "kills": session.kill,
        "path": session.path,
        "many": session.many,
        "million": session.million,
        "faults": session.faults,
        "finding": finding.main,
        "codec": codec.main,
    }
    for part in parts:
        print(f"\n{part}, load {os.getloadavg()[0]:.1f}", flush=True)
        run[part]()
    if given.write:
        page.write(DOCS, session.found, session.kills, datetime.now(UTC).strftime("%Y-%m-%d"), machine)
    return 0


if __name__ == "__main__":
    sys.exit(main())
