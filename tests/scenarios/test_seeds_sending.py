"""Many faults of sending at once, by seed, with restarts of the process and pulled sticks: what the rows say agrees with the air."""

import random
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.office import NUMBERS, Office

PERSONALITIES = [
    "generic",
    "huawei-e3131",
    "sim800l",
    "a7670e",
    "sim7600",
    "quectel-ec25",
    "cinterion",
    "wavecom",
    "novatel",
]
TROUBLES: list[tuple[str, Any]] = [
    ("cmgs_silent", "sent"),
    ("cmgs_silent", "lost"),
    ("cmgs_late", 200_000),
    ("cmgs_late", 100_000),
    ("cmgs_stray", 240_000),
    ("cmgs_error", 1),
    ("cmgs_error", 38),
    ("cmgs_error", 41),
    ("cmgs_error", 302),
    ("cmgs_error", 512),
    ("cmgs_error", {"code": 38, "after_s": 40.0, "sent": True}),
    ("cmgs_error", {"code": "ERROR", "after_s": 2.0, "sent": True}),
    ("cmgs_error", {"code": 1, "after_s": 200.0}),
    ("prompt_missing", "silent"),
    ("prompt_missing", "lost"),
    ("prompt_delay", 20_000),
    ("prompt_error", 515),
    ("ok_without_cmgs", None),
    ("report_before_cmgs", None),
    ("reboot_at", "cmgs"),
    ("reboot_at", "ctrl_z"),
    ("reboot_at", "sent"),
    ("usb_drop_at", {"state": "pdu", "back_after_s": 3.0}),
    ("usb_drop_at", {"state": "sent", "back_after_s": 3.0}),
    ("hang", 40.0),
]
QUIRKS = [
    "nul_prefix",
    "echo_stuck",
    "split_reads",
    "noise",
    "urc_inside_response",
    "glued_urc",
    "cr_cr_lf",
    "esc_ok",
    "prompt_no_space",
]
QUIRKS += ["dup_cmti", "report_twice", "report_ra_international", "plain_error", "text_errors"]
NOT_LEFT = ("approved", "failed", "expired", "withdrawn")


def agree(office: Office, texts: dict[int, str]) -> None:
    """Every row against the air: nothing left twice, and no row claims what is not so."""
    for text, number in texts.items():
        state, left = office.state(text), [to for to, _ in office.air()].count(number)
        assert left <= 1, f"{number} got it {left} times"
        if state in ("sent", "delivered"):
            assert left == 1, (state, office.reason(text))
        if state in NOT_LEFT:
            assert left == 0, (state, office.reason(text))


@pytest.mark.parametrize("seed", range(16))
def test_the_rows_agree_with_the_air(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    office = Office(tmp_path / "textbank.db", personality=dice.choice(PERSONALITIES))
    for quirk in dice.sample(QUIRKS, dice.randint(0, 4)):
        office.fault(quirk)
    texts: dict[int, str] = {}
    for number in NUMBERS[:10]:
        if dice.random() < 0.6:
            name, value = dice.choice(TROUBLES)
            office.fault(name, value, times=None if name == "hang" else 1)
        texts[office.approved(number)] = number
        office.run(dice.choice([1, 30, 250]))
        if dice.random() < 0.15:
            office.restart()
        if dice.random() < 0.1:
            office.world.unplug(0, now=office.now())
            office.run(5)
            office.world.plug(0, now=office.now())
        agree(office, texts)
    office.clear()
    for _ in range(8):  # a person looks after it
        office.run(1800)
        office.ask("resume")
    agree(office, texts)
    states = [office.state(text) for text in texts]
    assert "approved" not in states, [
        office.reason(text) for text in texts if office.state(text) == "approved"
    ]
    office.close()
