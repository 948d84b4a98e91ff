"""What a technician does and reads, in short words, for tests over whole stations in simulated time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from gateway import people, stations
from gateway.people import User
from hardware.virtual.engine import Engine
from tests.simulated import House

Build = Callable[..., House]


def engine(house: House, number: int = 0) -> Engine:
    return house.world.modems[number]


def technician(house: House) -> User:
    return people.create(house.db, "Tess", "technician", now=house.wall())


def ask(
    house: House, what: str, argument: str | None = None, name: str = "s0", by: User | None = None
) -> str:
    """Ask a station and wait for its answer."""
    number = stations.request(house.db, name, what, by=by, now=house.wall(), argument=argument)
    answered = partial(stations.result_of, house.db, number)
    house.until(
        lambda: (row := answered()) is not None and row["done_at"] is not None, f"an answer to {what}"
    )
    row = answered()
    assert row is not None
    return str(row["result"])


def told(house: House, name: str = "s0") -> list[str]:
    """Every sentence that the station said, oldest first."""
    return [row["reason"] for row in reversed(stations.events(house.db, name, 200))]


def resets(house: House, number: int = 0) -> int:
    return sum(line.endswith("AT+CFUN=1,1") for line in house.written[number])
