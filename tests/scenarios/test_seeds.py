"""A house by seed: whatever happens, nothing is lost, nothing is doubled, nobody who stopped is texted.

`make soak` runs more of them, and `make soak SEED=7` shows one. A seed shows another house as soon as the
code asks the dice once more or less, so what a seed has found is also told as a scenario of its own.
"""

from itertools import islice

import pytest

from hardware.virtual.switches import SWITCHES
from tests.scenarios.simulation.__main__ import one
from tests.scenarios.simulation.mutations import MUTATIONS
from tests.scenarios.simulation.troubles import HANDS, LEFT_OUT, OCCASIONS, SPOILS, TROUBLES, dealt

SEEDS, AT_ONCE = 200, 5
MOST_TRIED = 150  # when the house that showed it is another by now


@pytest.mark.parametrize("first", range(0, SEEDS, AT_ONCE))
def test_houses_by_seed(first: int) -> None:
    for seed in range(first, first + AT_ONCE):
        run = one(seed)
        assert not run.wrong, "\n".join([f"make soak SEED={seed}", *run.log, *run.wrong])


def test_a_seed_replays_exactly() -> None:
    assert one(3) == one(3)


def test_houses_deal_every_trouble() -> None:
    """Fifteen of them have them all, each living long enough for its share."""
    share = -(-len(TROUBLES) // HANDS)
    assert {repr(trouble) for seed in range(HANDS) for trouble in islice(dealt(seed), share)} == {
        repr(trouble) for trouble in TROUBLES
    }
    assert OCCASIONS.keys() <= {name for name, _, _ in TROUBLES}


def test_every_fault_of_the_catalogue_is_met_or_left_out_with_its_reason() -> None:
    met = {name for name, _, _ in TROUBLES}
    assert met | LEFT_OUT.keys() == SWITCHES.keys()
    assert not met & LEFT_OUT.keys()
    assert set(SPOILS) <= met


@pytest.mark.parametrize("name", MUTATIONS)
def test_the_judge_finds_a_gateway_that(name: str) -> None:
    """One fault put into the gateway, and some house shows it."""
    mutate, breach, shown_by = MUTATIONS[name]
    for seed in (shown_by, *range(MOST_TRIED)):
        with mutate():
            run = one(seed)
        if any(line.startswith(breach) for line in run.wrong):
            return
    pytest.fail(f"none of {MOST_TRIED} houses shows it")
