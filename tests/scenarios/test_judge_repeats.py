"""The judge of the houses by seed, of texts that a network sends again."""

from datetime import timedelta
from pathlib import Path

import pytest

from gateway import store
from gateway.samepdu import REPEAT_MS
from tests.scenarios.simulation.chaos import play
from tests.scenarios.simulation.house import House
from tests.scenarios.simulation.judge import breaches

FOLDED = (
    "INSERT INTO inbound (conversation_id, number, kind, text, triage, station, iccid, received_at, again_of) "
    "SELECT conversation_id, number, kind, text, triage, station, iccid, received_at+?, id FROM inbound "
    "WHERE kind='text' AND triage='reply' AND again_of IS NULL ORDER BY id LIMIT 1"
)


@pytest.mark.parametrize(
    ("later_ms", "repeats", "exchanged", "is_breach"),
    [
        (REPEAT_MS, 1, 0, False),
        (REPEAT_MS, 0, 1, False),
        (REPEAT_MS - 1, 1, 1, True),
        (REPEAT_MS, 0, 0, True),
    ],
    ids=["read ten minutes later", "on a SIM that came back unseen", "read at once", "neither"],
)
def test_a_repeat_that_could_not_be_read_for_ten_minutes_may_be_shown_folded(
    tmp_path: Path, later_ms: int, repeats: int, exchanged: int, *, is_breach: bool
) -> None:
    """Seed 1440937: the network's third copy lay in a modem that gave nothing until then. Dense seed 41100221: or on another SIM."""
    house = House(tmp_path, 3)
    chaos = play(house)
    for modem in house.world.modems:
        modem.faults.struck["dup_inbound"], modem.faults.struck["sim_swap"] = repeats, exchanged
    assert not breaches(house, chaos)
    house.db.execute(FOLDED, [later_ms])
    assert any(line.startswith("I3 shown 2 times") for line in breaches(house, chaos)) == is_breach
    house.close()


def test_a_row_that_was_set_right_after_a_small_step_in_the_doubt_is_of_when_it_was_written(
    tmp_path: Path,
) -> None:
    """What came after an erasure was taken for a row of before it, twenty seconds too early."""
    house, hour = House(tmp_path, 0), timedelta(hours=-1)
    right = house.clock.start - house.world.network.epoch
    house.jumps = [(100.0, right), (150.0, right + hour), (300.0, right + hour - timedelta(seconds=20))]
    house.clock.time_s += 400.0
    began_ms = store.ms(house.world.network.epoch + right)
    assert house.true_s(began_ms + 180_000, last=True, set_right=True) == 200.0
    assert house.true_s(began_ms + 180_000, last=False, set_right=True) == 180.0
    house.close()
