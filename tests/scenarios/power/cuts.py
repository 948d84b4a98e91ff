"""Every moment at which the plug could have been pulled in a recorded day, and what is wrong after it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests.scenarios.power.acts import acts
from tests.scenarios.power.disk import Record, read
from tests.scenarios.power.judge import breaches
from tests.scenarios.power.recording import Day

CHANCES = (0.0, 1.0, 0.5)  # nothing of what was not synced is there; all of it; any part, by seed


def cuts(
    day: Day,
    folder: Path,
    *,
    wanted: Callable[[int, Record], Iterable[float]],
    forget: Callable[[Record], bool] = lambda _: False,
    seed: int = 0,
) -> Iterator[tuple[int, float, list[str]]]:
    """Cut after each record with each of the chances that `wanted` names: (record, chance, breaches).

    `forget`: records that never happened, such as an fsync that the disk only pretends to do.
    """
    records, disk = read(day.log), day.start()
    done = acts(records)
    for at, record in enumerate(records):
        if not forget(record):
            disk.take(record)
        for turn, chance in enumerate(wanted(at, record)):
            left = disk.left(random.Random(f"{seed} {at} {turn}"), chance)
            yield at, chance, breaches(folder, left, [act for act in done if act.at <= at])
