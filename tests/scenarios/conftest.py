"""An office of one modem for the scenarios of sending."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.office import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path / "textbank.db")
    yield office
    office.close()
