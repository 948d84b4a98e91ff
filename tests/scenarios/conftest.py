"""Houses of stations and virtual modems in simulated time, closed when their test ends."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.asking import Build
from tests.scenarios.office import Office
from tests.scenarios.receiving import Make
from tests.simulated import House


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    houses: list[House] = []

    def make(**wanted: Any) -> House:
        houses.append(House(tmp_path / f"textbank{len(houses) or ''}.db", **wanted))
        return houses[-1]

    yield make
    for house in houses:
        house.close()


@pytest.fixture
def make(build: Build) -> Make:
    return build


@pytest.fixture
def house(build: Build) -> House:
    found = build()
    found.until_ready()
    return found


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """One modem, for the scenarios of sending."""
    office = Office(tmp_path / "textbank.db")
    yield office
    office.close()
