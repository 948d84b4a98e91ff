"""The network's time as modems write it, and what is none."""

from datetime import UTC, datetime

import pytest

from hardware.daytime import time_in
from hardware.modem import Modem
from hardware.virtual import World
from tests.scripted import FakeClock
from tests.virtual_link import VirtualLink

EVENING = datetime(2026, 11, 25, 23, 42, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "utc", "time"),
    [
        ('+CCLK: "26/11/25,18:42:05-20"', False, EVENING),
        ('+CCLK: "26/11/26,05:12:05+22"', False, EVENING),
        ("^NWTIME: 26/11/25,18:42:05-20,00", False, EVENING),
        ('+QLTS: "2026/11/25,23:42:05-20,0"', True, EVENING),
        ('+CCLK: "04/01/01,00:00:10+00"', False, datetime(2004, 1, 1, 0, 0, 10, tzinfo=UTC)),
        ('+CCLK: "80/01/06,00:01:17+00"', False, datetime(1980, 1, 6, 0, 1, 17, tzinfo=UTC)),
        ('+CCLK: "26/11/25,18:42:05"', False, None),  # no zone: nobody knows which
        ('+CCLK: "80/00/00,00:00:00+00"', False, None),
        ('+CCLK: "26/13/45,25:61:00+00"', False, None),
        ('+CCLK: "26/11/25,18:42:05+99"', False, None),
        ("+CCLK: ", False, None),
        ("ERROR", False, None),
    ],
)
def test_a_time_with_its_zone_or_none(line: str, utc: bool, time: datetime | None) -> None:
    assert time_in([line], utc=utc) == time
    assert time_in(None) is None


@pytest.mark.parametrize(
    "model", ["generic", "huawei-e3131", "sim800l", "sim7600", "quectel-ec25", "zte-mf190"]
)
def test_every_model_is_asked_in_its_own_way(model: str) -> None:
    clock = FakeClock()
    world = World(1, epoch=clock.now(), personality=model)
    modem = Modem(VirtualLink(world, 0, clock, began=clock.monotonic()), clock)
    modem.start(lambda _identity: None)
    clock.advance(30)
    told = modem.network_time()
    assert told is not None
    assert abs((told - clock.now()).total_seconds()) <= 2
    world.fault(0, "time_off", 7200, now=clock.monotonic() - 1000.0)
    off = modem.network_time()
    assert off is not None
    assert abs((off - clock.now()).total_seconds() - 7200) <= 2
