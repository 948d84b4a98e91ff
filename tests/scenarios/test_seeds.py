"""A house by seed: whatever happens, nothing is lost, nothing is doubled, nobody who stopped is texted."""

from pathlib import Path

import pytest

from tests.scenarios.simulation.chaos import play
from tests.scenarios.simulation.house import House
from tests.scenarios.simulation.judge import breaches

SEEDS = range(24)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_house_by_seed(tmp_path: Path, seed: int) -> None:
    house = House(tmp_path, seed)
    try:
        chaos = play(house)
        wrong = breaches(house, chaos)
    finally:
        house.close()
    assert not wrong, "\n".join([*wrong, *house.log])
