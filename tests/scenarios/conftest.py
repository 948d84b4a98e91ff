"""Houses with modems in simulated time, closed afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.receiving import Make
from tests.simulated import House


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    houses: list[House] = []

    def build(**how: object) -> House:
        houses.append(House(tmp_path / f"{len(houses)}.db", **how))  # type: ignore[arg-type]
        return houses[-1]

    yield build
    for house in houses:
        house.close()


@pytest.fixture
def house(make: Make) -> House:
    found = make()
    found.until_ready()
    return found
