"""How full a modem's storage gets, and when it must be read next. Pure.

A full storage refuses texts, and the network gives up after days: it must be seen coming. Nothing here reads a
modem; counters lag and lie (a Huawei says 0 for half a second), so they warn and never decide what is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

KEEP_FREE = 0.3  # of the slots
SOON_H = 24.0
ROUND_S = 60.0  # every storage is read this often in any case
SHORTEST_S = 5.0
LEAST_INTERVAL_S = 10.0  # a burst of a moment is no pace
LEAST_SPAN_H = 1 / 12  # nor is what came within five minutes, or is counted though it was deleted just now


@dataclass(frozen=True)
class Level:
    """Slots in use and in all at one time (ms)."""

    at: int
    used: int
    total: int


def hours_left(levels: Sequence[Level]) -> float | None:
    """Hours until the storage is full, at the pace of these levels (oldest first); None when it does not fill."""
    if not levels or levels[-1].total <= 0:
        return None
    last = levels[-1]
    if last.used >= last.total:
        return 0.0
    same = [level for level in levels if level.total == last.total]
    lowest = min(same, key=lambda level: (level.used, -level.at))  # since it was last emptied
    hours = (last.at - lowest.at) / 3_600_000
    if hours < LEAST_SPAN_H or last.used <= lowest.used:
        return None
    return (last.total - last.used) * hours / (last.used - lowest.used)


def worth_a_word(levels: Sequence[Level]) -> bool:
    """Whether a technician should be told: less than a third is free, or it will be full within a day."""
    if not levels or levels[-1].total <= 0:
        return False
    left = hours_left(levels)
    return levels[-1].used > levels[-1].total * (1 - KEEP_FREE) or (left is not None and left < SOON_H)


def next_round_s(found: int, interval_s: float, total: int | None) -> float:
    """Seconds until every storage is read again, when a round `interval_s` after the last read found so many unannounced."""
    if not found or not total:
        return ROUND_S
    pace = found / max(interval_s, LEAST_INTERVAL_S)
    return min(ROUND_S, max(SHORTEST_S, total * (1 - KEEP_FREE) / pace))
