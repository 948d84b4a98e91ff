"""Every code, every doing of the machine and every kind of day has words, and says what to do."""

import re
from pathlib import Path

import pytest

from gateway import refusals, troubles
from gateway.day import Gap
from hardware.profiles import profile_for

CODES = [
    *(f"CMS {code}" for code in refusals.CMS),
    *(f"CME {code}" for code in refusals.CME),
    *troubles.OTHER,
    *("CMS 999", "CME 4711", "CMS 200", "SIM busy", "COMMAND NOT SUPPORT", "", "CMS", "CMS x", "⚡"),
]


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_words_and_says_what_to_do(code: str) -> None:
    trouble = troubles.of_code(code)
    for words in (trouble.what, trouble.do):
        assert words
        assert words[0].isupper()
        assert words.endswith(".")
        assert len(words) < 200


def test_the_words_are_those_of_the_vendor() -> None:
    assert "did not answer" in troubles.of_code("CMS 513", "Wavecom Q2").what
    assert "memory" in troubles.of_code("CMS 513", "Cinterion BGS2-W").what


@pytest.mark.parametrize(
    "model",
    [
        *(
            "SIMCOM INCORPORATED SIMCOM_SIM7600E-H",
            "SIMCOM_Ltd SIMCOM_SIM800L",
            "SimTech A7670E",
            "SIMCOM SIM7670G",
        ),
        *("Cinterion BGS2-W", "SIEMENS MC35i", "Gemalto EHS6", "Sierra Wireless MC7304", "WAVECOM Q2406"),
        *("huawei E3372", "ZTE MF190", "Quectel EC25", "Textbank Virtual 27.005", ""),
    ],
)
def test_whose_codes_they_are_is_as_the_profiles_say(model: str) -> None:
    assert troubles.errors_of(model) == profile_for("", model, "").errors


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("CMS 38", "out of order"),
        ("CME 10", "no SIM"),
        ("silence", "did not answer"),
        ("SIM PIN required", "PIN"),
    ],
)
def test_what_a_code_means(code: str, said: str) -> None:
    assert said in troubles.of_code(code).what


@pytest.mark.parametrize("kind", ["undervoltage", "usb_reset", "usb_lost", "something_new"])
def test_the_machine_is_explained(kind: str) -> None:
    trouble = troubles.of_machine(kind)
    assert trouble.what[0].isupper()
    assert "supply" in trouble.do


def gaps(*causes: tuple[str, ...]) -> list[Gap]:
    return [Gap(n * 600_000, n * 600_000 + 60_000, True, cause) for n, cause in enumerate(causes)]


@pytest.mark.parametrize(
    ("found", "falls", "said"),
    [
        (gaps(("undervoltage", "usb_lost"), ()), 1, "The power fell, then the modem went."),
        (gaps(("usb_reset",)), 0, "The USB socket failed, not the network."),
        (gaps(), 4, "The power of the machine fell, and this modem held on."),
        (gaps((), (), ()), 0, "It goes away and comes back."),
    ],
)
def test_what_the_gaps_of_a_day_have_in_common(found: list[Gap], falls: int, said: str) -> None:
    notice = troubles.of_gaps(found, falls, "day")
    assert notice is not None
    assert notice.what == said
    assert notice.evidence
    assert notice.done
    assert notice.next.endswith(".")


def test_a_day_with_one_gap_that_nobody_explains_asks_nothing_of_anybody() -> None:
    assert troubles.of_gaps(gaps(()), 0, "day") is None
    assert troubles.of_gaps([], 0, "month") is None


def test_the_manual_says_the_same_of_each_code() -> None:
    manual = (Path(__file__).parents[2] / "docs/modem-page.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \| (.+) \|$", manual, re.MULTILINE)
    assert len(rows) > 10
    for code, what, do in rows:
        assert troubles.of_code(code) == troubles.Trouble(what, do)
