"""Houses of stations and virtual modems in simulated time, closed when their test ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.asking import Build
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


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    houses: list[House] = []

    def make(**wanted: Any) -> House:
        houses.append(House(tmp_path / "textbank.db", **wanted))
        return houses[-1]

    yield make
    for house in houses:
        house.close()
