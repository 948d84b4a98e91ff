"""What was asked of a modem, and is taken back."""

import contextlib
from pathlib import Path

from gateway import stations, store
from tests.web import world as the_world


def test_a_reset_that_is_taken_back_while_its_station_reaches_for_it_is_not_done(tmp_path: Path) -> None:
    """The station had read it and not yet taken it: the command said that nothing is done, and the modem restarted."""
    world, now, gave_up = the_world.found(tmp_path), store.wall_ms(), list[bool]()
    with contextlib.closing(world.db), contextlib.closing(store.connect(world.path)) as station:
        world.db.execute("INSERT INTO station (name, state, since_at) VALUES ('north', 'ready', 0)")
        asked = stations.request(world.db, "north", "reset", by=world.users["technician"], now=now)

        def meanwhile(words: str) -> None:
            if words.startswith("BEGIN"):
                gave_up.append(stations.give_up(world.db, asked, now=now))

        station.set_trace_callback(meanwhile)
        assert stations.take_request(station, "north", now=now) is None
        assert gave_up == [True]
