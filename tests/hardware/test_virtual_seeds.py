"""Many faults at once, by seed: what the driver says of a text agrees with what was on the air."""

import random
from typing import Any

import pytest

from hardware.errors import CommandRefused, ModemSilent, SubmitUncertain
from tests.hardware.virtual_bench import PERSONALITIES, Bench

QUIRKS = [
    "nul_prefix",
    "echo_stuck",
    "dup_echo_line",
    "glued_cmgl",
    "extra_blank_lines",
    "split_reads",
    "noise",
]
QUIRKS += [
    "urc_inside_response",
    "urc_inside_pdu",
    "urc_inside_echo",
    "prompt_no_space",
    "esc_ok",
    "at_error",
]
QUIRKS += ["no_cmee", "no_csms", "no_cpms_query", "no_cmgl", "plain_error", "text_errors", "cpms_stale_500ms"]
QUIRKS += ["dup_cmti", "dup_store"]
TROUBLES: list[tuple[str, Any]] = [
    ("cmgs_silent", "sent"),
    ("cmgs_silent", "lost"),
    ("cmgs_late", 200_000),
    ("cmgs_late", 100_000),
    ("cmgs_error", 38),
    ("prompt_missing", "silent"),
    ("prompt_missing", "lost"),
    ("prompt_delay", 20_000),
    ("prompt_error", 302),
    ("ok_without_cmgs", None),
    ("hang", 30.0),
]


def recover(bench: Bench) -> None:
    for _ in range(20):
        try:
            bench.modem.recover()
        except ModemSilent:
            bench.wait(20)
        else:
            return
    pytest.fail("it never recovered")


def send_one(bench: Bench, text: str) -> None:
    before = len(bench.air)
    try:
        (mr,) = bench.send(text)
    except SubmitUncertain:
        bench.wait(20)
        recover(bench)
    except (CommandRefused, ModemSilent):
        assert len(bench.air) == before, "it was said not to have left"
        recover(bench)
    else:
        assert len(bench.air) == before + 1
        assert mr in (None, bench.air[-1].mr)


@pytest.mark.parametrize("seed", range(24))
def test_what_is_said_agrees_with_the_air(seed: int) -> None:
    dice = random.Random(seed)
    bench = Bench(dice.choice(PERSONALITIES), chunk=dice.choice([None, 1, 5]), seed=seed)
    for quirk in dice.sample(QUIRKS, dice.randint(0, 6)):
        bench.fault(quirk)
    bench.start()
    for number in range(8):
        if dice.random() < 0.5:
            name, value = dice.choice(TROUBLES)
            bench.fault(name, value, times=None if name == "hang" else 1)
        send_one(bench, f"text {number}")
        assert bench.modem.health().signal_dbm is not None, "answers have shifted"
        bench.inbound(f"in {number}")
        bench.wait(2)
        assert {text for text in bench.texts() if text != "report"} == {f"in {number}"}
        for stored in bench.modem.list(everything=True):
            bench.modem.delete(stored)
