"""The plug is pulled: whatever was acted upon is on the disk, and the database is whole, at any moment of a recorded day.

`make soak POWER=1` looks at every moment and at many ways to lose what was not synced; here it is a part of them.
"""

from collections.abc import Iterable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.conftest import Need
from tests.scenarios.power.acts import acts
from tests.scenarios.power.cuts import LIES, cuts
from tests.scenarios.power.disk import Disk, Record
from tests.scenarios.power.recording import MEMORY, record


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


def test_a_deletion_in_one_storage_is_not_taken_for_the_same_slot_of_another() -> None:
    in_sim, in_modem = (
        "07912120550591F9040B912120550541F800006211628011520A05C8329BFD06",
        "07912120550591F9040B912120550531F000006211628011920A03D9F21C",
    )
    wire = []
    for storage, pdu in (("SM", in_sim), ("ME", in_modem)):
        wire.append(_record("w", f'AT+CPMS="{storage}","ME","ME"\r'))
        wire.append(_record("r", f"\r\n+CMGL: 1,0,,24\r\n{pdu}\r\n\r\nOK\r\n"))
    wire += [
        _record("w", "AT+CMGD=1\r"),
        _record("w", 'AT+CPMS="SM","ME","ME"\r'),
        _record("w", "AT+CMGD=1\r"),
    ]
    assert [act.octets.hex().upper() for act in acts(wire)] == [in_modem, in_sim]


def test_a_file_that_two_processes_make_at_once_keeps_what_the_first_wrote(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    for each in (_named("C"), _record("W", "written"), _named("C")):
        disk.take(each)
    assert disk.left(Random(0), 1.0) == {"a": b"written"}
    for each in (_named("U"), _named("C")):  # a new file may get the number of one that is gone
        disk.take(each)
    assert disk.left(Random(0), 1.0) == {"a": b""}


def _record(kind: str, data: str) -> Record:
    return Record(kind, thread=1, inode=7, place=0, name="", second="", data=data.encode())


def _named(kind: str) -> Record:
    return Record(kind, thread=1, inode=7, place=0, name="a", second="", data=b"")


def test_no_power_cut_loses_what_was_acted_upon_and_a_disk_that_lies_is_found_out(need: Need) -> None:
    compiler = need("cc", package="gcc libc6-dev")
    with TemporaryDirectory(dir=MEMORY) as folder:
        day, left = record(Path(folder), compiler), Path(folder) / "left"

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
