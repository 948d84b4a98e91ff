"""The plug is pulled: whatever was acted upon is on the disk, and the database is whole, at any moment of a recorded day.

`make soak POWER=1` looks at every moment and at many ways to lose what was not synced; here it is a part of them.
"""

import warnings
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conftest import Need
from tests.scenarios.power.acts import acts
from tests.scenarios.power.cuts import LIES, cuts
from tests.scenarios.power.disk import Record, read
from tests.scenarios.power.recording import MEMORY, Day, record

RECORDINGS = 4


def _some(at: int, record: Record) -> Iterable[float]:
    """Each byte for a modem and each word to a person, and of the rest one way at every second record."""
    if record.kind in "wM":
        return (0.0, 0.5) if record.kind == "M" or len(record.data) > 12 else (0.5,)
    if record.kind == "r" or at % 2:
        return ()
    return ((0.0, 0.5, 1.0)[at // 2 % 3],)


def _around_moves(_at: int, record: Record) -> Iterable[float]:
    """Where names change hands, files are made or go: much of it is undecided until the folder is synced."""
    return (0.5,) * {"R": 16, "L": 8, "U": 2}.get(record.kind, 0)


def _acted(_at: int, record: Record) -> Iterable[float]:
    """A journal of texts that is gone as a whole is known to be gone; one that lost its end is the worse lie, so parts are lost too."""
    return (
        (0.0, 0.5, 0.5, 0.5) if record.kind == "M" or (record.kind == "w" and b"\x1a" in record.data) else ()
    )


def _readable_day(folder: Path, compiler: str) -> Day:
    """A recording that hangs together: now and then one lacks a file's opening, or a read, and nothing can be said of it."""
    for attempt in range(RECORDINGS):
        (folder / str(attempt)).mkdir()
        day = record(folder / str(attempt), compiler)
        records, disk = read(day.log), day.start()
        try:
            acts(records)
            for each in records:
                disk.take(each)
        except KeyError as missing:
            warnings.warn(f"recording {attempt} does not hang together: {missing!r}", stacklevel=2)
            continue
        return day
    raise AssertionError(f"none of {RECORDINGS} recordings hangs together")


def test_no_power_cut_loses_what_was_acted_upon_and_a_disk_that_lies_is_found_out(need: Need) -> None:
    compiler = need("cc", package="gcc libc6-dev")
    with TemporaryDirectory(dir=MEMORY) as folder:
        day, left = _readable_day(Path(folder), compiler), Path(folder) / "left"

        honest = [*cuts(day, left, wanted=_some), *cuts(day, left, wanted=_around_moves, seed=1)]
        assert [cut for cut in honest if cut[-1]] == []
        assert len(honest) > 500

        for lie in LIES:
            found = (
                wrong
                for seed in range(
                    64
                )  # which part of a file is lost is the seed's; of the journal of texts few show it
                for _, _, wrong in cuts(day, left, wanted=_acted, lie=lie, seed=seed)
                if wrong
            )
            assert next(found, None), f"nobody notices that {lie} is not synced"
