"""What lies in a slot that cannot be emptied, or was not yet, while something else goes wrong."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hardware.virtual.personality import GENERIC
from hardware.virtual.storage import Slot
from tests.scenarios.receiving import Make, pdu
from tests.scenarios.test_faults_receiving import DAMAGED, Undeletable
from tests.simulated import House


@pytest.mark.parametrize("damaged", [True, False])
def test_a_storage_that_could_not_be_read_for_once_was_not_seen_empty(house: House, damaged: bool) -> None:
    """What could not be emptied there was shown a second time (F39 with F32)."""
    house.world.modems[0].storages["SM"].slots = Undeletable()
    house.put(DAMAGED if damaged else pdu(house, "Hello"), "SM")
    house.run(900)
    shown = "SELECT count(*) FROM inbound"
    assert house.db.execute(shown).fetchone()[0] == 1
    house.fault("cpms_error", 302, times=4)
    house.run(900)
    assert house.db.execute(shown).fetchone()[0] == 1


def test_one_place_of_few_that_stays_full_is_no_pace_at_which_the_memory_fills(make: Make) -> None:
    house = make(personality=replace(GENERIC, storages={"SM": 20, "ME": 20}))
    house.until_ready()
    house.run(60)
    house.world.modems[0].storages["SM"].slots = Undeletable()
    house.put(pdu(house, "Hello"), "SM")
    house.run(900)
    assert "does not let go of a text" in house.said()[1]


def test_a_text_that_gammu_does_not_give_whole_is_said_to_stay_on_the_phone(make: Make) -> None:
    """It was said of “Place -3” that it was full again after three deletions: nothing there is ever deleted."""
    house = make(driver="gammu")
    house.until_ready()
    house.world.modems[0].storages["SM"].slots = Undeletable()
    house.put(pdu(house, "The end is missing")[:-8], "SM")
    house.run(600)
    said = "A text lies on the phone s0 that gammu cannot read, or not to the end."
    assert house.said()[1].splitlines()[0] == said


class ClosesUp(dict[int, Slot]):
    """A telephone's list: what stands behind a text that is deleted moves up."""

    arriving: Callable[[], None] | None = None

    def pop(self, index: int, *default: Any) -> Any:
        found = super().pop(index, *default)
        left = [self[at] for at in sorted(self)]
        self.clear()
        self.update(enumerate(left, 1))
        arriving, self.arriving = self.arriving, None
        if arriving is not None:
            arriving()
        return found


def test_a_text_that_arrives_while_a_list_that_closes_up_is_emptied_is_not_deleted_unread(
    house: House,
) -> None:
    """It moved into the slot that was emptied next, and nobody ever read it."""
    slots = ClosesUp()
    house.world.modems[0].storages["SM"].slots = slots
    slots.arriving = lambda: house.arrive("STOP")
    house.put(pdu(house, "One"), "SM")
    house.put(pdu(house, "Two"), "SM")
    house.run(120)
    assert sorted(house.texts()) == ["One", "STOP", "Two"]
    assert house.stored() == []
