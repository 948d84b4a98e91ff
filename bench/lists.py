"""A list of a hundred thousand rows, taken while a station commits twenty times a second: how long, how much memory, how long it waits.

    python bench/lists.py [rows]

The station is a process of its own that writes one row and notes how long its transaction took; texts leave between such
commits. The load of the machine stands beside the figures: where others work as well they say little.
"""

import contextlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType

sys.path.insert(0, str(Path(__file__).parents[1]))

from gateway import config, listfile, lists, people, schema, store, taking
from gateway.rules import rules_of

ROWS = 100_000
GAP_S = 0.05
CONFIG = '[organisation]\nname = "Elm"\nregion = "US"\ntimezone = "America/New_York"\n[[stations]]\nname = "north"\nport = "/dev/null"\n'


def station(path: str) -> None:
    """Commit until SIGTERM; print the times (ms) as JSON."""
    took: list[float] = []

    def end(_signal: int, _frame: FrameType | None) -> None:
        took.sort()
        print(
            json.dumps(
                {
                    "commits": len(took),
                    **{f"p{p}": round(took[len(took) * p // 100], 1) for p in (50, 95, 99)},
                    "most": round(took[-1], 1),
                }
            )
        )
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    with contextlib.closing(store.connect(path)) as db:
        while True:
            began = time.perf_counter()
            with store.write(db):
                db.execute(
                    "INSERT INTO setting VALUES ('bench','x') ON CONFLICT (key) DO UPDATE SET value=value||'x'"
                )
            took.append(1000 * (time.perf_counter() - began))
            time.sleep(GAP_S)


def write_file(path: Path, rows: int) -> None:
    """People with names, numbers and two columns, by seed."""
    chance = random.Random(5)
    with path.open("w", encoding="utf-8") as file:
        file.write("First name,Last name,Cell,Building,Last hearing\n")
        for n in range(rows):
            number = f"({chance.randint(201, 989)}) {chance.randint(200, 999)}-{chance.randint(0, 9999):04}"
            file.write(
                f"{chance.choice(('Rosa', 'Luis', 'Zoë'))},Ortega{n % 977},{number},{n % 99} Oak St,2026-03-12\n"
            )


def main(rows: int) -> None:
    """Take one list and say how it went."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "textbank.toml"
        source.write_text(CONFIG)
        loaded = config.load(source)
        path = loaded.database.path
        write_file(Path(folder) / "list.csv", rows)
        with contextlib.closing(store.connect(path)) as db:
            schema.migrate(db)
            by, now = people.create(db, "Cleo", "coordinator", now=1), store.wall_ms()
            with (Path(folder) / "list.csv").open("rb") as file:
                upload = listfile.keep(file, path)
            list_id = lists.stage(db, upload, name="Big", region="US", database=path, by=by, now=now)
            lists.begin(
                db,
                list_id,
                name="Big",
                source="Sheet",
                consented_on="2026-01-01",
                cool_down_days=3,
                by=by,
                now=now,
            )
            other = subprocess.Popen(
                [sys.executable, __file__, "station", str(path)], stdout=subprocess.PIPE, text=True
            )
            before, began, cpu = (
                resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
                time.monotonic(),
                time.process_time(),
            )
            taking.work(path, db, rules_of(loaded), wait=pause, now=store.wall_ms)
            took, cpu = time.monotonic() - began, time.process_time() - cpu
            other.terminate()
            said = other.communicate()[0].strip()
            one = lists.by_id(db, list_id)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print(
            f"{rows:,} rows ({one.state}, {one.people:,} people): {took:.1f} s, {cpu:.1f} s of a core, memory grew by {grown:.1f} MB"
        )
        print(f"a station's commits meanwhile, ms: {said}; load of the machine {os.getloadavg()[0]:.1f}")


def pause(seconds: float) -> bool:
    """The taker's wait, never told to stop."""
    time.sleep(seconds)
    return False


if __name__ == "__main__":
    if sys.argv[1:2] == ["station"]:
        station(sys.argv[2])
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else ROWS)
