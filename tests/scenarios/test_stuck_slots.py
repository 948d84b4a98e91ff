"""What lies in a slot that cannot be emptied, or was not yet, while something else goes wrong."""

import pytest

from tests.scenarios.receiving import pdu
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
