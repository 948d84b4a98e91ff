"""Which rung is next, by history and time alone."""

import pytest

from gateway.ladder import RUNGS, Plight, Rung, next_step, obstacle_to_reset

LONG_AGO = 10_000.0


def plight(
    failures: int = 5,
    tried: tuple[Rung, ...] = (),
    *,
    opened: float | None = LONG_AGO,
    reset: float | None = None,
    answer: float = 0.0,
) -> Plight:
    return Plight(failures, tried, opened, reset, answer)


def test_f67_the_gentlest_first_and_a_person_last() -> None:
    tried: tuple[Rung, ...] = ()
    for rung in RUNGS[1:]:
        assert next_step(plight(tried=tried)).rung == rung
        tried = (*tried, rung)
    assert next_step(plight(tried=tried)).rung == "person"


@pytest.mark.parametrize("failures", [0, 1])
def test_f67_the_port_is_opened_anew_before_anything_is_reset(failures: int) -> None:
    assert next_step(plight(failures)).rung == "reopen"


@pytest.mark.parametrize(
    ("now", "wait_s"),
    [
        (plight(reset=0.0), 600.0),
        (plight(reset=599.0), 1.0),
        (plight(opened=1.0), 89.0),
        (plight(answer=120.0), 120.0),
        (plight(opened=1.0, reset=1.0, answer=3.0), 599.0),
    ],
)
def test_f67_f77_nothing_is_reset_too_often_too_early_or_over_a_text(now: Plight, wait_s: float) -> None:
    step = next_step(now)
    assert (step.rung, step.wait_s) == ("reopen", wait_s)
    assert step.why


@pytest.mark.parametrize(
    "now", [plight(reset=600.0), plight(reset=-50.0), plight(opened=90.0), plight(opened=None)]
)
def test_f67_otherwise_it_may(now: Plight) -> None:
    assert obstacle_to_reset(now) is None
    assert next_step(now).rung == "command"
