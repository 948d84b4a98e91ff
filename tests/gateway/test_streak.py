"""What refusals in a row make of one refusal: a look, a hold, a restart, a pause; and that a text which goes ends all of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.reportwatch import BEFORE, LAST, collapsed
from gateway.streak import LONGEST_SHORT_S, Streak
from gateway.verdict import LONGEST_WAIT_S, Decision, Refusal, decide


def refused(
    streak: Streak, code: int | None, *, family: str = "CMS", stage: str = "after", on: str = ""
) -> Decision:
    refusal = Refusal(stage, family, code)  # type: ignore[arg-type]
    return streak.weigh(refusal, decide(refusal, 1), on)


def stations(codes: list[int]) -> list[str]:
    streak = Streak()
    return [refused(streak, code).station for code in codes]


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ([38, 38, 38], ["hold", "hold", "pause"]),
        ([41] * 6, ["go on", "hold", "hold", "hold", "reset", "pause"]),
        ([41, 38, 41], ["go on", "hold", "pause"]),
        ([21, 38, 41], ["go on", "hold", "pause"]),
        ([50], ["pause"]),
        ([1, 1, 1, 1], ["go on"] * 4),
        ([38, 1, 38, 27, 38], ["hold", "go on", "hold", "go on", "pause"]),
    ],
)
def test_codes_in_a_row(codes: list[int], said: list[str]) -> None:
    assert stations(codes) == said


def test_a_text_that_was_taken_ends_the_row() -> None:
    streak = Streak()
    assert [refused(streak, 38).station for _ in range(2)] == ["hold", "hold"]
    streak.taken()
    assert [refused(streak, 38).station for _ in range(3)] == ["hold", "hold", "pause"]


def test_the_pause_says_what_was_said_and_how_often_and_the_text_keeps_its_own_reason() -> None:
    streak = Streak()
    last = [refused(streak, 38) for _ in range(3)][-1]
    assert last.why == "The network is out of order. It was so 3 times in a row."
    assert "we try again" in last.reason
    assert last.hold_s == 0


def test_a_temporary_failure_waits_twice_as_long_each_time() -> None:
    streak = Streak()
    assert [refused(streak, 41).hold_s for _ in range(4)] == [0, 15, 30, 60]


def test_a_modem_that_gives_no_prompt_is_restarted_at_the_third_time_and_every_third_after() -> None:
    streak = Streak()
    said = [refused(streak, None, family="SILENCE", stage="before").station for _ in range(6)]
    assert said == ["wait", "wait", "reset", "wait", "wait", "reset"]


def test_the_first_wait_is_a_look_and_those_after_it_take_time() -> None:
    streak = Streak()
    assert [refused(streak, 331).hold_s for _ in range(7)] == [0, 5, 10, 20, 40, 60, 60]
    streak.taken()
    assert refused(streak, 331).hold_s == 0


def test_texts_without_a_clear_answer_are_counted_by_technology() -> None:
    streak = Streak()
    refused(streak, 500, on="LTE")
    refused(streak, 500, on="GSM")
    assert not streak.not_on("LTE")
    refused(streak, None, family="ERROR", on="LTE")
    assert streak.not_on("LTE")
    for _ in range(3):
        refused(streak, 500, on="UMTS")
    assert not streak.not_on("UMTS"), "a modem on 3G was told to use 3G"
    assert not streak.not_on("GSM")
    assert not streak.not_on("")
    refused(streak, None, family="SILENCE", on="GSM")
    assert not streak.not_on("GSM")  # silence is the modem's, not the network's
    streak.taken()
    assert not streak.not_on("LTE")


@given(st.lists(st.tuples(st.sampled_from(["CMS", "CME", "ERROR", "SILENCE", "PORT"]), st.integers(0, 560) | st.none(),
                          st.sampled_from(["before", "after"])), max_size=40))  # fmt: skip
def test_no_row_of_refusals_changes_what_becomes_of_a_text(row: list[tuple[str, int | None, str]]) -> None:
    streak = Streak()
    for family, code, stage in row:
        refusal = Refusal(stage, family, code)  # type: ignore[arg-type]
        alone = decide(refusal, 1)
        weighed = streak.weigh(refusal, alone, "LTE")
        assert (weighed.move, weighed.wait_s, weighed.reason) == (alone.move, alone.wait_s, alone.reason)
        assert 0 <= weighed.hold_s <= max(LONGEST_WAIT_S, LONGEST_SHORT_S)


@pytest.mark.parametrize(
    ("last", "before", "said"),
    [(0, 40, True), (2, 40, True), (3, 40, False), (0, 20, True), (0, 19, False), (20, 40, False)],
)
def test_reports_have_stopped_when_few_come_where_most_came(last: int, before: int, said: bool) -> None:
    reported = [i < last for i in range(LAST)] + [i < before for i in range(BEFORE)]
    assert collapsed(reported) is said
    assert not collapsed(reported[:-1])  # too little is known
