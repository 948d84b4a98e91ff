"""How soon a modem sends again after a fault, and whether another one notices: two modems at 0.3 s a text."""

import time
from collections.abc import Callable
from itertools import pairwise

from bench.textbank import Running, bench, say

LATENCY_S = 0.3
LOST_S = 180.0  # after Ctrl-Z, the answer being lost
TARGET_S = 5.0


def _again(running: Running, since_s: float, timeout_s: float) -> float:
    """Seconds from this moment of the bank's clock to the next AT+CMGS at modem 0."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        for record in running.bank.air():
            if record.modem == 0 and record.asked_s > since_s:
                return record.asked_s - since_s
        time.sleep(0.02)
    return float("inf")


def _clock(running: Running) -> float:
    """This moment on the bank's clock."""
    return time.time() - running.bank.wall(0).timestamp()


def _tell(running: Running, what: str, again_s: float, target: str) -> None:
    others = [record for record in running.bank.air() if record.modem == 1]
    gap = max((after.asked_s - before.at_s) * 1000 for before, after in pairwise(others))
    say(what, f"sends again after {again_s:.1f} s", target)
    failed = running.db.execute("SELECT count(*) FROM message WHERE state='failed'").fetchone()[0]
    doubled = len(running.bank.air()) - len({record.to for record in running.bank.air()})
    say(
        "   the other modem's longest gap; texts failed, doubled",
        f"{gap:.0f} ms; {failed}, {doubled}",
        "< 100 ms; 0, 0",
    )


def _run(what: str, texts: int, fault: Callable[[Running], float], wait_s: float, target: str) -> None:
    """`fault` returns the moment (the bank's clock) from which on the modem can send again."""
    with bench(2, LATENCY_S) as running:
        running.approve_all(running.draft(texts))
        running.bank.wait_air(10, 30)
        can_s = fault(running)
        _tell(running, what, _again(running, can_s, wait_s), target)


def _until_one_is_out(running: Running) -> None:
    """Until a text is on its way from modem 0 to the network, for the better part of its time."""
    out = "SELECT max(id) FROM message WHERE state='submitted' AND station='s0'"
    before = running.db.execute(out).fetchone()[0]
    deadline = time.monotonic() + 20
    while running.db.execute(out).fetchone()[0] in (None, before) and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(LATENCY_S / 5)  # Ctrl-Z was written


def port_gone() -> None:
    """The stick is pulled out and put back."""

    def fault(running: Running) -> float:
        running.bank.unplug(0)
        time.sleep(5)
        running.bank.plug(0)
        return _clock(running)

    _run("the port gone for 5 s", 120, fault, 60, f"< {TARGET_S:g} s")


def hung() -> None:
    """The modem is deaf, from the next command on. That one is no Ctrl-Z: of a text that it took unheard nobody knows, as of an answer lost."""

    def fault(running: Running) -> float:
        _until_one_is_out(running)
        running.bank.fault(0, "hang", 20.0, 1)
        can_s = _clock(running) + 20
        time.sleep(20)
        return can_s

    _run("the modem deaf for 20 s", 240, fault, 240, f"< {TARGET_S:g} s")


def unregistered() -> None:
    """No network for a while."""

    def fault(running: Running) -> float:
        running.bank.fault(0, "registered", 2)
        time.sleep(40)
        running.bank.clear(0, "registered")
        return _clock(running)

    _run("40 s without registration", 400, fault, 60, f"< {TARGET_S:g} s")


def lost_answer() -> None:
    """The text left, and nothing says so."""

    def fault(running: Running) -> float:
        before = len([record for record in running.bank.air() if record.modem == 0])
        running.bank.fault(0, "cmgs_silent", "sent", 1)
        while len(mine := [record for record in running.bank.air() if record.modem == 0]) <= before + 1:
            if time.monotonic() > began + 20:
                break
            time.sleep(0.01)
        return mine[-1].at_s + LOST_S

    began = time.monotonic()
    _run("an answer lost, from 180 s after Ctrl-Z on", 1400, fault, LOST_S + 60, f"< {TARGET_S:g} s")


MEASURES: dict[str, Callable[[], None]] = {
    "port": port_gone,
    "hung": hung,
    "registration": unregistered,
    "lost": lost_answer,
}
