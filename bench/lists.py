"""The long works of a text bank with a hundred thousand people, while a station commits twenty times a second: how long each takes, how much
memory, how long the station waits.

    python bench/lists.py [rows [people_in] [opt_outs] [texts]]

The station is a process of its own that writes one row and notes how long its transaction took; texts leave between such
commits. The load of the machine stands beside the figures: where others work as well they say little.
"""

import contextlib
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from gateway import (
    campaigns,
    config,
    enrolment,
    listfile,
    lists,
    manydrafts,
    optoutfile,
    people,
    schema,
    sessions,
    store,
    taking,
)
from gateway.rules import DAY_MS, rules_of
from web import create_app

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

ROWS = 100_000
GAP_S = 0.05
CONFIG = '[organisation]\nname = "Elm"\nregion = "US"\ntimezone = "America/New_York"\n[[stations]]\nname = "north"\nport = "/dev/null"\n'


def station(path: str) -> None:
    """Say "ready", commit until SIGTERM, print the times (ms) as JSON."""
    took: list[float] = []

    def end(_signal: int, _frame: FrameType | None) -> None:
        took.sort()
        print(
            json.dumps(
                {
                    "commits": len(took),
                    **{f"p{p}": round(took[len(took) * p // 100], 1) for p in (50, 95, 99) if took},
                    "most": round(max(took, default=0.0), 1),
                }
            )
        )
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    with contextlib.closing(store.connect(path)) as db:
        print("ready", flush=True)
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


class Group:
    """A new database with a coordinator, and the figures of each work on it."""

    def __init__(self, folder: Path) -> None:
        source = folder / "textbank.toml"
        source.write_text(CONFIG)
        self.folder, self.config = folder, config.load(source)
        self.path, self.rules = self.config.database.path, rules_of(self.config)
        self.db = store.connect(self.path)
        schema.migrate(self.db)
        self.by = people.create(self.db, "Cleo", "coordinator", now=1)

    def upload(self) -> listfile.Upload:
        """The file as the panel keeps it."""
        with (self.folder / "list.csv").open("rb") as file:
            return listfile.keep(file, self.path)

    @contextlib.contextmanager
    def measured(self, what: str) -> Iterator[None]:
        """Say how long it took while a station committed."""
        station = [sys.executable, __file__, "station", str(self.path)]
        other = subprocess.Popen(station, stdout=subprocess.PIPE, text=True)
        assert other.stdout is not None
        other.stdout.readline()
        memory, began, cpu = peak_mb(), time.monotonic(), time.process_time()
        yield
        took, cpu, grown = time.monotonic() - began, time.process_time() - cpu, peak_mb() - memory
        other.terminate()
        said = other.communicate()[0].strip()
        print(f"{what}: {took:.1f} s, {cpu:.1f} s of a core, memory grew by {grown:.1f} MB")
        print(
            f"   a station's commits meanwhile, ms: {said}; load of the machine {os.getloadavg()[0]:.1f}",
            flush=True,
        )


def main(rows: int, only: Sequence[str]) -> None:
    """Do each of the long works (or only the named ones) and say how it went."""
    with tempfile.TemporaryDirectory() as folder:
        group = Group(Path(folder))
        write_file(group.folder / "list.csv", rows)
        with contextlib.closing(group.db):
            for work in WORKS:
                if not only or work.__name__ in only:
                    work(group, rows)


def people_in(group: Group, rows: int) -> None:
    """A list, then a campaign with everybody of it."""
    now = store.wall_ms()
    list_id = lists.stage(
        group.db,
        group.upload(),
        name="Big",
        region="US",
        database=group.path,
        by=group.by,
        now=now,
    )
    lists.begin(
        group.db,
        list_id,
        name="Big",
        source="Sheet",
        consented_on="2026-01-01",
        cool_down_days=3,
        by=group.by,
        now=now,
    )
    with group.measured(f"{rows:,} rows into a list"):
        taking.work(group.path, group.db, group.rules, wait=pause, now=store.wall_ms)
    campaign_id = campaigns.create(
        group.db, "Big", "voter", "en", by=group.by, now=store.wall_ms(), list_id=list_id
    )
    day = store.moment(now + 30 * DAY_MS).date().isoformat()
    facts = {"election": "the city election", "day": day, "polls_open": "7 am to 8 pm"}
    campaigns.save(group.db, campaign_id, by=group.by, now=store.wall_ms(), seen_revision=1, facts=facts)
    panel = signed_in(group)
    with group.measured("a campaign with them starts, by the panel"):
        while press(panel, f"/campaigns/{campaign_id}/start").status_code == HTTPStatus.OK:
            pass
    campaign = campaigns.load(group.db, campaign_id)
    in_it = enrolment.progress(group.db, campaign_id).people
    assert campaign.state == "running", campaign.reason
    with group.measured(f"it is closed ({in_it:,} people)"):
        campaigns.close(group.db, campaign_id, by=group.by, now=store.wall_ms())


def opt_outs(group: Group, rows: int) -> None:
    """A file of opt-outs of whom nobody knows."""
    chance = random.Random(7)
    numbers = (f"(415) {chance.randint(200, 999)}-{chance.randint(0, 9999):04}" for _ in range(rows))
    (group.folder / "list.csv").write_text("\n".join(["Cell", *numbers]))
    optoutfile.bring(
        group.db,
        group.upload(),
        name="Out",
        region="US",
        database=group.path,
        by=group.by,
        now=store.wall_ms(),
    )
    with group.measured(f"{rows:,} opt-outs"):
        taking.work(group.path, group.db, group.rules, wait=pause, now=store.wall_ms)


def texts(group: Group, rows: int) -> None:
    """A file of texts, each to somebody else, as `send --csv` drafts it."""
    wanted = [
        manydrafts.Wanted(
            n, f"list.csv:{n}: ", f"+1206{2_000_000 + 7 * n}", f"Hello {n}, will you come?", f"k{n}"
        )
        for n in range(rows)
    ]
    with group.measured(f"{rows:,} rows of send --csv"):
        manydrafts.draft_all(group.db, wanted, rules=group.rules, now=store.wall_ms())


WORKS = (people_in, opt_outs, texts)


def signed_in(group: Group) -> "FlaskClient":
    """The panel, as the coordinator's browser has it."""
    panel = create_app(group.config).test_client()
    path = "/s/" + sessions.invite(group.db, group.by.id, now=store.wall_ms())
    assert press(panel, path, token_of=path).status_code == HTTPStatus.SEE_OTHER
    return panel


def press(panel: "FlaskClient", path: str, *, token_of: str = "/me") -> "TestResponse":
    """A form's button."""
    page = panel.get(token_of).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    return panel.post(path, data={"csrf_token": token[1]}, headers={"Origin": "http://localhost"})


def peak_mb() -> float:
    """The most memory that this process had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def pause(seconds: float) -> bool:
    """The taker's wait, never told to stop."""
    time.sleep(seconds)
    return False


if __name__ == "__main__":
    if sys.argv[1:2] == ["station"]:
        station(sys.argv[2])
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else ROWS, sys.argv[2:])
