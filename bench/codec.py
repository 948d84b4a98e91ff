"""How fast the codec is on one core: full 153-septet segments from text to TPDU octets, and from hex to text.

Prints the best of several rounds, which is what the machine can do when nobody disturbs it, and the median.
"""

import platform
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hardware.pdu import Address, decode, encode_deliver, segment, smsc_field, submit_tpdus

WORDS = "Hi Ada, it is Sam from Elm Street Tenants. Will you come on Tuesday at 7? Reply STOP to end. "
TARGET = 20_000
SEGMENTS = 3
ROUNDS, REPEATS = 15, 400


def rate(work: Callable[[], object]) -> tuple[float, float]:
    """(Best, median) segments a second; `work` does SEGMENTS of them."""
    rates = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        for _ in range(REPEATS):
            work()
        rates.append(REPEATS * SEGMENTS / (time.perf_counter() - begun))
    return max(rates), statistics.median(rates)


def rows() -> list[tuple[str, Callable[[], object]]]:
    """What is measured."""
    size = 153 * SEGMENTS
    plain = (WORDS * 10)[:size]
    extended = ("[50 €] " + WORDS) * 10
    unicode = "Привет, Ада! Придёшь во вторник? " * 10
    centre = smsc_field(Address("+12025550100", 1))
    now = datetime(2026, 11, 24, 11, 30, tzinfo=UTC)

    def submit(text: str) -> Callable[[], object]:
        def work() -> object:
            cut = segment(text)
            return submit_tpdus("+12025550123", cut, ref=7, validity=timedelta(hours=9), status_report=True)

        return work

    def deliver(text: str) -> Callable[[], object]:
        cut = segment(text)
        pdus = [
            (centre + encode_deliver("+12025550123", cut, timestamp=now, seq=seq, ref=7)).hex().upper()
            for seq in range(1, SEGMENTS + 1)
        ]
        return lambda: [decode(pdu).text for pdu in pdus]

    extended = extended[: next(n for n in range(1, 999) if segment(extended[: n + 1]).count > SEGMENTS)]
    unicode = unicode[: 67 * SEGMENTS]
    return [
        ("encode, GSM 7-bit", submit(plain)),
        ("encode, with extension characters", submit(extended)),
        ("encode, UCS2", submit(unicode)),
        ("decode, GSM 7-bit", deliver(plain)),
        ("decode, with extension characters", deliver(extended)),
        ("decode, UCS2", deliver(unicode)),
    ]


def main() -> int:
    """Print the table; 1 when a full GSM 7-bit segment misses the target."""
    print(
        f"{platform.node()}, {platform.machine()}, Python {platform.python_version()}; segments a second, one core"
    )
    missed = False
    for name, work in rows():
        best, median = rate(work)
        print(f"{name:36} best {best:10,.0f}   median {median:10,.0f}   target {TARGET:,}")
        missed |= median < TARGET
    return int(missed)
