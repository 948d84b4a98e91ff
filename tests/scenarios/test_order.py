"""What waited on a SIM stands in the order in which people wrote it."""

from datetime import timedelta

from tests.scenarios.receiving import Make, pdus
from tests.simulated import ADA, LUIS


def test_what_came_while_nobody_read_stands_in_the_order_in_which_it_was_written(make: Make) -> None:
    """The SIM was full or not yet chosen: the later text lay in the storage that is read first, and her "Yes" stood last."""
    house = make()
    now = house.clock.now()
    for minutes, text, storage in ((9, "Sorry, no", "ME"), (20, "Yes", "SM"), (30, "Who is this?", "SM")):
        [record] = pdus(text, at=now - timedelta(minutes=minutes), sender=LUIS if "?" in text else ADA)
        house.put(record, storage)
    house.until_ready()
    house.run(10)
    assert house.shown() == ["Yes", "Sorry, no"]
    assert house.shown(LUIS) == ["Who is this?"]
