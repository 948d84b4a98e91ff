"""What processes cost, as the kernel counts it: CPU, memory, bytes on their way to the disk."""

import os
import statistics
import tempfile
from collections.abc import Iterable
from pathlib import Path

PROBE_BYTES = 1 << 20


def p50(values: list[float]) -> float:
    """The middle."""
    return statistics.median(values)


def p95(values: list[float]) -> float:
    """What one in twenty is above."""
    return statistics.quantiles(values, n=20)[18] if len(values) > 1 else values[0]


def cpu_s(pids: Iterable[int]) -> float:
    """CPU seconds of these processes and of their children that ended."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += sum(int(fields[place]) for place in (11, 12, 13, 14))
    return total / os.sysconf("SC_CLK_TCK")


def pss_mb(pids: Iterable[int]) -> float:
    """Memory, with what is shared counted in parts."""
    total = 0.0
    for pid in pids:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1000
    return total


def written_bytes(pids: Iterable[int]) -> int:
    """Bytes that these processes and this one caused to be written: whole pages of 4 KiB, each time they become dirty."""
    total = 0
    for pid in {os.getpid(), *pids}:
        lines = Path(f"/proc/{pid}/io").read_text().splitlines()
        total += sum(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))
    return total


def disk_folder() -> str:
    """A folder on a real disk: where files live in memory (tmpfs) nothing counts as written. SystemExit when there is none."""
    for folder in (tempfile.gettempdir(), "/var/tmp", os.getcwd()):
        before = written_bytes([])
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(os.urandom(PROBE_BYTES))
            probe.flush()
            os.fsync(probe.fileno())
        if written_bytes([]) - before >= PROBE_BYTES:
            return folder
    raise SystemExit(
        "No folder here counts what is written to it: is everything in memory? TMPDIR names another."
    )
