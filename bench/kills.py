"""kill -9 at the two worst moments of a text, eight times each: is it lost, doubled, or does the gateway not go on?

The air log of the virtual modem judges: after the kill the gateway is started again and gets one more text; once that is on the
air, or will not come, and some seconds later, the copies of the first are counted. `asked`: nobody can know whether it left,
and the gateway says so to a person instead of guessing.
"""

import contextlib
import time

from bench.compare import on, sent, texts
from bench.rivals import Rival

TIMES = 8
LATE_MS = 3000
MOMENTS = ("after Ctrl-Z, before the answer", "after +CMGS, before the record")
AFTER_MS = (0, 1, 2, 3, 5, 8, 12, 20)  # of the second moment: somewhere here each of them writes its record
NEXT_S = 60.0  # for the text after the kill
LOOK_S = 8.0  # gammu-smsd sends again after its retrytimeout of 5 s

Count = dict[str, int]


def once(rival: Rival, moment: int, turn: int) -> str:
    """One kill on a running gateway: "once", "asked", "doubled", "lost" or "stuck"."""
    before, known = len(rival.bank.air()), rival.asks()
    first, second = texts(2, 10 + 2 * (TIMES * moment + turn))
    if moment == 0:
        rival.bank.fault(0, "cmgs_late", LATE_MS, 1)
    rival.queue([first])
    if sent(rival, before + 1, NEXT_S) == before:
        return "stuck"
    time.sleep(0.2 if moment == 0 else AFTER_MS[turn] / 1000)
    rival.kill()
    if moment == 0:
        time.sleep(LATE_MS / 1000)  # the modem has said its +CMGS to nobody
        rival.bank.clear(0)
    rival.start()
    rival.queue([second])
    ends = time.monotonic() + NEXT_S
    while time.monotonic() < ends and not copies(rival, second[0], before):
        time.sleep(0.05)
    went_on = copies(rival, second[0], before) > 0
    time.sleep(LOOK_S)
    count = copies(rival, first[0], before)
    if count != 1:
        return "doubled" if count > 1 else "lost"
    if not went_on:
        return "stuck"
    return "asked" if rival.asks() > known else "once"


def copies(rival: Rival, number: str, since: int) -> int:
    """How often this person was texted."""
    return sum(record.to.endswith(number[-9:]) for record in rival.bank.air(since))


def run(kind: type[Rival], times: int = TIMES) -> dict[str, Count]:
    """{moment: {what came of it: how often}}."""
    found: dict[str, Count] = {}
    for moment, name in enumerate(MOMENTS):
        found[name] = dict.fromkeys(("once", "asked", "doubled", "lost", "stuck"), 0)
        with on(kind) as rival:
            for turn in range(times):
                outcome = "stuck"
                with contextlib.suppress(TimeoutError):
                    outcome = once(rival, moment, turn)
                found[name][outcome] += 1
    return found
