"""Every code that modems give, before and after Ctrl-Z, by vendor; and the rules where two of them meet."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import refusals
from gateway.verdict import AT_ONCE_S, LATE_S, MOST_ATTEMPTS, OF_THE_MODEM, Decision, Refusal, decide


def after(
    family: str, code: int | None = None, *, vendor: str = "", after_s: float = 2.0, text: str = ""
) -> Refusal:
    return Refusal("after", family, code, text, after_s, vendor)  # type: ignore[arg-type]


def before(family: str, code: int | None = None, *, vendor: str = "", text: str = "") -> Refusal:
    return Refusal("before", family, code, text, 0.1, vendor)  # type: ignore[arg-type]


def codes(*spans: int | tuple[int, int]) -> list[int]:
    return [c for span in spans for c in (range(span[0], span[1] + 1) if isinstance(span, tuple) else [span])]


# What a prompt answer after Ctrl-Z, on the first attempt, has to become: family, vendor, codes, move, station.
TABLE = [
    ("CMS", "", codes(1, 95, 96, 97, 99, (128, 130), (143, 145), (159, 161), (175, 176)), "fail", "go on"),
    ("CMS", "", codes(8, 10, 21, 28, 30, 69, 195, 196, 198, 199, 303, 305, 317, 318), "fail", "go on"),
    ("CMS", "", codes(22, 27, 41, 81, 98, 111, 127, 255, 304), "defer", "go on"),
    ("CMS", "", codes(17, 38, 42, 47, 192, 194), "defer", "hold"),
    ("CMS", "", codes(212, 301, 302, 314, 331, 515), "defer", "wait"),
    ("CMS", "", codes(29, 50, 193, 330, 524), "defer", "pause"),
    ("CMS", "", codes(310, 315), "defer", "restart"),
    ("CMS", "", codes(311, 312, 316), "uncertain", "restart"),
    ("CMS", "", codes(208, 209, 211, 213, 320, 322), "defer", "wait"),
    ("CMS", "", codes(321), "uncertain", "wait"),
    ("CMS", "", codes(210, 300, 313), "defer", "wait"),
    ("CMS", "", codes(197, 332, 340, 350, 500, 512, 513, 514, 521), "uncertain", "go on"),
    (
        "CMS",
        "",
        codes((516, 520), 522, 523, 526, 538, 600, 65535),
        "uncertain",
        "go on",
    ),  # nobody told us what they mean
    ("CMS", "", codes(0, 5, 100, 200, 254), "defer", "go on"),  # unknown, but the network's own: not taken
    ("CMS", "wavecom", codes((512, 514), 521, 332, 500), "uncertain", "go on"),
    ("CMS", "wavecom", codes(515), "defer", "wait"),
    ("CMS", "wavecom", codes((526, 529)), "defer", "hold"),
    ("CMS", "wavecom", codes(531), "fail", "go on"),
    ("CMS", "simcom", codes((512, 514), 521, 332, 500), "uncertain", "go on"),
    ("CMS", "simcom", codes(515, 522, 532, 535), "defer", "wait"),
    ("CMS", "simcom", codes((526, 529)), "defer", "hold"),
    ("CMS", "simcom", codes((516, 520), 531, 538), "fail", "go on"),
    ("CMS", "siemens", codes(512), "defer", "go on"),
    ("CMS", "siemens", codes(513, 522, 523, 532, 615, 616), "defer", "wait"),
    ("CMS", "siemens", codes((514, 520), 531, 538, (549, 554), (639, 646), (764, 769), 771), "fail", "go on"),
    ("CMS", "siemens", codes(770), "defer", "pause"),
    ("CMS", "siemens", codes(772), "defer", "restart"),
    ("CMS", "siemens", codes(521, 332, 500), "uncertain", "go on"),
    ("CME", "", codes(0, 1, 2, 14, 30, 32, 132, 133, 134, 148, 149, 150, 256, 258, 515), "defer", "wait"),
    (
        "CME",
        "",
        codes(3, 5, 6, 7, 16, (40, 48), 103, 106, (111, 113), 126),
        "defer",
        "pause",
    ),
    ("CME", "", codes(10, 15, 262, 772), "defer", "restart"),
    ("CME", "", codes(11, 12), "uncertain", "restart"),
    ("CME", "", codes(4, 17, 18, (24, 27), 257, (259, 261), 263), "fail", "go on"),
    ("CME", "", codes(13, -1, 20, 23), "defer", "wait"),
    ("CME", "", codes(21, 22), "uncertain", "wait"),
    ("CME", "", codes(31, 100, 999), "uncertain", "go on"),
]
CASES = [(f, v, c, move, station) for f, v, many, move, station in TABLE for c in many]


@pytest.mark.parametrize(("family", "vendor", "code", "move", "station"), CASES)
def test_every_code_after_the_text_was_handed_over(
    family: str, vendor: str, code: int, move: str, station: str
) -> None:
    decision = decide(after(family, code, vendor=vendor), 1)
    assert (decision.move, decision.station) == (move, station)
    assert (decision.wait_s > 0) == (move == "defer")


@pytest.mark.parametrize(("family", "vendor", "code"), [row[:3] for row in CASES])
def test_nothing_is_uncertain_before_it(family: str, vendor: str, code: int) -> None:
    for attempts in (1, 3, 50):
        decision = decide(before(family, code, vendor=vendor), attempts)
        assert decision.move != "uncertain"
        # Only a length was seen: a "no" to it is about the modem, but for a length that it will not have.
        assert decision.move == "defer" or decision.suspect or (family, code) == ("CMS", 304)


@pytest.mark.parametrize(("family", "vendor", "code", "move", "station"), CASES)
def test_late_is_uncertain_unless_it_is_a_no_for_good(
    family: str, vendor: str, code: int, move: str, station: str
) -> None:
    for attempts in (1, MOST_ATTEMPTS, 99):
        late = decide(after(family, code, vendor=vendor, after_s=LATE_S), attempts)
        of_the_modem = family == "CMS" and code in OF_THE_MODEM
        assert late.move == ("fail" if move == "fail" and not of_the_modem else "uncertain")


@pytest.mark.parametrize("garbled", [replace(after("CMS", 304), shared=True), after("CMS", 304)])
def test_a_text_into_which_another_program_wrote_or_of_which_a_line_lost_an_octet_is_tried_once_more(
    garbled: Refusal,
) -> None:
    assert decide(garbled, 1).move == "defer"
    assert decide(garbled, 2).move == "fail"
    assert decide(garbled, 1, others=1).station == decide(garbled, 2, others=1).station == "pause"


@pytest.mark.parametrize(
    ("code", "move"), [(310, "uncertain"), (322, "uncertain"), (304, "defer"), (38, "defer")]
)
@pytest.mark.parametrize("company", ["shared", "beside"])
def test_what_a_modem_says_of_itself_beside_another_program_may_be_said_to_that(
    code: int, move: str, company: str
) -> None:
    assert decide(replace(after("CMS", code), **{company: True}), 1).move == (
        move if company == "shared" or code != 304 else "fail"
    )
    assert decide(after("CMS", code), 1).move != "uncertain"


@pytest.mark.parametrize("code", [302, 303, 304, 310, 314, 315, 322])
def test_what_a_modem_says_of_itself_is_believed_at_once_or_not_at_all(code: int) -> None:
    assert decide(after("CMS", code, after_s=AT_ONCE_S - 1), 1).move != "uncertain"
    assert decide(after("CMS", code, after_s=AT_ONCE_S), 1).move == "uncertain"


def test_every_code_that_is_known_is_in_the_table_above() -> None:
    seen = {(family, code) for family, _, code, _, _ in CASES}
    known = {("CMS", c) for c in (*refusals.CMS, *refusals.WAVECOM, *refusals.SIMCOM, *refusals.SIEMENS)} | {
        ("CME", c) for c in refusals.CME
    }
    assert known <= seen


def test_the_catch_all_of_qualcomms_modems_is_told_in_words() -> None:
    """EC20, EC25, EG25, MC7304: at once where there is no way for texts, after minutes where nobody answered. "CMS 350, which we do not know"."""
    decision = decide(after("CMS", 350), 1)
    assert (decision.move, "do not know" in decision.reason) == ("uncertain", False)


@pytest.mark.parametrize("family", ["ERROR", "SILENCE", "PORT", "RESET"])
def test_no_real_answer(family: str) -> None:
    assert decide(before(family), 1).move == "defer"
    assert decide(before(family), 99).move == "defer"
    assert decide(after(family), 1).move == "uncertain"
    assert decide(after(family, after_s=0.2), 99).move == "uncertain"


def test_what_a_modem_that_does_not_answer_gets() -> None:
    assert decide(before("SILENCE"), 1).station == "wait"
    assert decide(before("PORT"), 1).station == "restart"
    assert decide(before("RESET"), 1).station == "restart"
    assert decide(after("SILENCE"), 1).station == "wait"
    assert decide(after("PORT"), 1).station == "restart"
    assert decide(after("RESET"), 1).station == "restart"
    assert decide(after("ERROR"), 1).station == "go on"


WORDS = [  # words as modems with CMEE=2 give them, move, station
    ("Unknown error", "uncertain", "go on"),
    ("network timeout", "uncertain", "go on"),
    ("unknown", "uncertain", "go on"),
    ("no network service", "defer", "wait"),
    ("SIM busy", "defer", "wait"),
    ("SIM not inserted", "defer", "restart"),
    ("SIM PIN required", "defer", "restart"),
    ("NO CARRIER", "uncertain", "go on"),
    ("Operation not allowed", "defer", "wait"),
    ("operation not supported", "fail", "go on"),
    ("Invalid PDU mode parameter", "defer", "go on"),
    ("SMSC address unknown", "defer", "pause"),
    ("memory full", "defer", "wait"),
    ("COMMAND NOT SUPPORT", "uncertain", "go on"),
    ("", "uncertain", "go on"),
]


@pytest.mark.parametrize(("text", "move", "station"), WORDS)
def test_words_instead_of_a_code(text: str, move: str, station: str) -> None:
    decision = decide(after("TEXT", text=text), 1)
    assert (decision.move, decision.station) == (move, station)
    assert decide(before("TEXT", text=text), 1).move in ("defer", "fail")


def test_a_text_is_given_up_after_some_refusals_by_the_network_but_never_for_the_modem() -> None:
    assert decide(after("CMS", 41), MOST_ATTEMPTS - 1).move == "defer"
    assert decide(after("CMS", 41), MOST_ATTEMPTS).move == "fail"
    assert "8 times" in decide(after("CMS", 41), MOST_ATTEMPTS).reason
    assert decide(after("CMS", 111), 1).move == "defer"
    assert decide(after("CMS", 111), 2).move == "fail"
    assert decide(after("CMS", 310), 99).move == "defer"
    assert decide(after("CMS", 322), 99).move == "defer"
    assert decide(before("CMS", 331), 99).move == "defer"
    assert decide(before("CMS", 111), 99).move == "defer"


def test_waits_double_up_to_a_quarter_of_an_hour() -> None:
    assert [decide(after("CMS", 41), n).wait_s for n in range(1, 8)] == [15, 30, 60, 120, 240, 480, 900]
    assert [decide(after("CMS", 38), n).wait_s for n in (1, 2, 3)] == [600, 900, 900]
    assert [decide(after("CMS", 27), n).wait_s for n in (1, 2)] == [3600, 3600]
    assert [decide(before("CMS", 314), n).wait_s for n in (0, 1, 2, 99)] == [3, 3, 6, 900]
    assert decide(after("CMS", 192), 1).wait_s == 300


def test_a_modem_that_stays_odd_is_started_again() -> None:
    assert [decide(after("CMS", 300), n).station for n in (1, 2)] == ["wait", "restart"]
    assert [decide(before("CMS", 515), n).station for n in (1, 6)] == ["wait", "restart"]


def test_two_numbers_refused_in_the_same_way_are_the_fault_of_the_sim() -> None:
    for code in (8, 10, 21, 28, 30, 69):
        first = decide(after("CMS", code), 1)
        assert (first.move, first.station, first.suspect) == ("fail", "go on", True)
        second = decide(after("CMS", code), 1, others=1)
        assert (second.move, second.station, second.suspect) == ("defer", "pause", True)
        late = decide(after("CMS", code, after_s=40), 1, others=1)
        assert late.move == "uncertain"
    assert not decide(after("CMS", 1), 1).suspect
    assert decide(after("CMS", 1), 1, others=5).move == "fail"
    assert (
        decide(before("CME", 4), 1, others=1).station == "pause"
    )  # a modem that refuses every prompt empties no queue


def test_a_modem_that_fell_back_to_text_mode_is_started_again_and_no_text_is_failed_for_it() -> None:
    assert decide(before("CMS", 305), 1).station == "restart"
    assert decide(before("CMS", 305), 9).move == "defer"
    assert decide(before("TEXT", text="Invalid text mode parameter"), 1).station == "restart"
    assert decide(after("CMS", 305), 1).move == "fail"


def test_the_reason_says_how_late_it_came() -> None:
    assert "38 s after" in decide(after("CMS", 41, after_s=38.2), 1).reason


CODE_ALONE = re.compile(r"\berror \d+|\+CM[SE]", re.IGNORECASE)


def reads_well(decision: Decision) -> None:
    assert decision.reason.endswith(".")
    assert 20 < len(decision.reason) <= 200, decision.reason
    assert not CODE_ALONE.search(decision.reason)
    ours = re.sub(r"“[^”]*”", "", decision.reason)  # what the modem said is quoted, whatever it was
    assert not re.search(r"\b(invalid|oops|null|none)\b", ours, re.IGNORECASE)
    if decision.move == "uncertain":
        assert "may have gone out" in decision.reason


@pytest.mark.parametrize(("family", "vendor", "code"), [row[:3] for row in CASES])
def test_every_reason_reads_well(family: str, vendor: str, code: int) -> None:
    for attempts in (1, MOST_ATTEMPTS):
        for others in (0, 1):
            reads_well(decide(after(family, code, vendor=vendor), attempts, others=others))
            reads_well(decide(after(family, code, vendor=vendor, after_s=44), attempts, others=others))
            reads_well(decide(before(family, code, vendor=vendor), attempts, others=others))


@given(
    stage=st.sampled_from(["before", "after"]),
    family=st.sampled_from(["CMS", "CME", "ERROR", "TEXT", "SILENCE", "PORT", "RESET"]),
    code=st.none() | st.integers(-5, 1000),
    text=st.text(max_size=60),
    after_s=st.floats(0, 300),
    vendor=st.sampled_from(["", "wavecom", "siemens", "simcom"]),
    attempts=st.integers(0, 200),
    others=st.integers(0, 3),
)
def test_any_refusal_at_all_gets_a_decision_that_cannot_send_twice(
    stage: str,
    family: str,
    code: int | None,
    text: str,
    after_s: float,
    vendor: str,
    attempts: int,
    others: int,
) -> None:
    refusal = Refusal(stage, family, code, text, after_s, vendor)  # type: ignore[arg-type]
    decision = decide(refusal, attempts, others=others)
    if stage == "before":
        assert decision.move != "uncertain"
    elif family in ("ERROR", "SILENCE", "PORT", "RESET"):
        assert decision.move == "uncertain"
    elif after_s >= LATE_S:
        assert decision.move != "defer"
    if decision.move == "defer":
        assert 1 <= decision.wait_s <= 3600
    if "invalid" not in text.lower():
        reads_well(decision)
