"""Every moment at which the plug could have been pulled in a recorded day, and what is wrong after it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests.scenarios.power.acts import acts
from tests.scenarios.power.disk import Disk, Record, read
from tests.scenarios.power.judge import breaches
from tests.scenarios.power.recording import Day

LIES = (
    "-wal",
    "textbank.db",
    ".acts",
    ".texted",
    "/",
)  # whose fsync a disk may only pretend to do; "/" is the folder's


def everywhere(at: int, record: Record) -> Iterable[float]:
    """After each record: what was not synced is gone; all of it is there, as after a kill; or any part of it, by seed."""
    if record.kind == "r":
        return ()
    return (0.0, 1.0, 0.5) if record.kind != "w" else (0.0, 0.5)


def cuts(
    day: Day,
    folder: Path,
    *,
    wanted: Callable[[int, Record], Iterable[float]] = everywhere,
    lie: str | None = None,
    seed: int = 0,
) -> Iterator[tuple[int, float, list[str]]]:
    """Cut after each record with each of the chances that `wanted` names: (record, chance, breaches).

    `lie`: the disk says that it synced the files whose name ends so, and did not.
    """
    records, disk = read(day.log), day.start()
    done = acts(records)
    for at, record in enumerate(records):
        if lie is None or record.kind not in "fd" or not _named(disk, record).endswith(lie):
            disk.take(record)
        for turn, chance in enumerate(wanted(at, record)):
            left = disk.left(random.Random(f"{seed} {at} {turn}"), chance)
            just_left = record.kind == "w" and b"\x1a" in record.data
            yield at, chance, breaches(folder, left, [act for act in done if act.at <= at], restore=just_left)


def _named(disk: Disk, record: Record) -> str:
    return "/" if record.kind == "d" else disk.name_of(record.inode)
