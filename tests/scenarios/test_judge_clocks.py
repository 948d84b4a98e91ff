"""The judge of the houses by seed, of moments that the clock of the house showed twice or wrong."""

from datetime import timedelta
from pathlib import Path

from gateway import conversations, outbox
from tests.scenarios.simulation.chaos import Chaos
from tests.scenarios.simulation.house import House
from tests.scenarios.simulation.judge_stops import _read_at
from tests.scenarios.simulation.witness import Stored

NUMBER = "+12025550217"


def drafted(house: House) -> None:
    outbox.draft(
        house.db, NUMBER, "T0w", kind="reply", key=None, channel="panel", by=house.person, rules=house.rules,
        now=house.now_ms(),
    )  # fmt: skip


def test_a_stop_of_somebody_who_was_erased_was_read_at_either_time_that_the_clock_showed(
    tmp_path: Path,
) -> None:
    """Dense seed 30001146: it was read at once, and the judge took it for one that lay there for five minutes."""
    house = House(tmp_path, 0)
    chaos = Chaos(house)
    drafted(house)
    house.jumps = [(200.0, timedelta(seconds=300))]
    house.clock.time_s += 700.0
    house.db.execute(
        "INSERT INTO opt_out (number_key, source, since_at, until_at) VALUES (?, 'text', ?, ?)",
        [conversations.number_key(house.db, NUMBER), *(house.now_ms() - left for left in (285_000, 235_000))],
    )
    chaos.people.erased[NUMBER] = [178.0]
    stop = Stored(0, "1", NUMBER, "STOP", 102.0, arrival=True)
    known = [*house.opted_out(house.db)[NUMBER], *house.opted_out(house.db, longest=True)[NUMBER]]
    assert [since for since, _ in known] == [415.0, 115.0]
    assert _read_at(house, chaos, house.db, stop, known) == 115.0
    house.close()


def test_a_stop_was_read_at_any_of_the_times_that_its_row_may_mean(tmp_path: Path) -> None:
    """Dense seed 34000024: the judge knew the first and the last of them."""
    house = House(tmp_path, 0)
    drafted(house)
    steps = [(624.0, 0), (660.0, 300), (701.0, 3900), (717.0, 0), (720.0, -7200)]
    house.jumps = [(until, timedelta(seconds=ahead)) for until, ahead in steps]
    house.clock.time_s += 1000.0
    house.db.execute(
        "INSERT INTO inbound (number, kind, text, triage, station, iccid, received_at) VALUES (?, 'text', 'STOP', 'stop', 'm0', '1', ?)",
        [NUMBER, house.now_ms() - 76_000],
    )
    times = house.all_true_s(house.now_ms() - 76_000, set_right=True)
    assert (times[0], times[-1]) == (-2976.0, 924.0)
    stop = Stored(0, "1", NUMBER, "STOP", 451.0, arrival=True)
    assert _read_at(house, Chaos(house), house.db, stop, []) == 624.0
    house.close()
