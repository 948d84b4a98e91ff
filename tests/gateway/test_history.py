"""What a modem did in a time: counted from the rows of real texts, of this modem only, however full the tables are."""

import sqlite3

from gateway import explain_modems, history, readings, stations
from tests.web.world import World


def moved(db: sqlite3.Connection, table: str, column: str, begin: int, step: int) -> None:
    """The rows as if each had been written `step` after the one before."""
    for n, (row_id,) in enumerate(db.execute(f"SELECT id FROM {table} ORDER BY id").fetchall()):
        db.execute(f"UPDATE {table} SET {column}=? WHERE id=?", [begin + n * step, row_id])


def test_texts_are_counted_by_stretch_and_by_modem(world: World) -> None:
    for n in range(6):
        world.approve(world.draft(f"P {n}", f"+1202555020{n}", "Hi. STOP to end."))
    for n, ending in enumerate(("sent", "failed", "sent", "uncertain", "sent", "sent")):
        world.fly(ending, "south" if n > 3 else "north")
    for n in range(3):
        world.receive(f"+1202555020{n}", f"Answer {n}", "north" if n else "south")
    moved(world.db, "event", "at", 1_000, 10)
    moved(world.db, "inbound", "received_at", 1_000, 50)
    total = world.db.execute("SELECT count(*) FROM event").fetchone()[0]
    end = 1_000 + total * 10
    edges = [1_000, 1_000 + (end - 1_000) // 2, end]
    north, south = history.counted(world.db, "north", edges), history.counted(world.db, "south", edges)
    assert (sum(north.out), sum(north.stopped), sum(north.into)) == (4, 2, 2)
    assert (sum(south.out), sum(south.stopped), sum(south.into)) == (2, 0, 1)
    later = history.counted(world.db, "south", [edges[1], edges[2]])
    assert later.out == [south.out[1]]


def test_what_is_older_than_the_time_is_not_read(world: World) -> None:
    for n in range(9):
        world.approve(world.draft(f"P {n}", f"+1202555020{n}", "Hi. STOP to end."))
        world.fly()
    moved(world.db, "event", "at", 0, 1_000)
    rows = world.db.execute("SELECT id, at FROM event ORDER BY id").fetchall()
    for row in rows[1:]:
        assert history.first_since(world.db, "event", "at", row["at"]) == row["id"]
    assert history.first_since(world.db, "event", "at", rows[-1]["at"] + 1) == rows[-1]["id"] + 1
    assert history.first_since(world.db, "inbound", "received_at", 0) <= 1


def test_the_state_and_the_sample_before_say_how_the_time_began(world: World) -> None:
    world.seat("north")
    world.db.execute("DELETE FROM station_event")
    for at, state in ((100, "waiting"), (200, "ready"), (300, "lost")):
        stations.set_state(world.db, "north", state, "", now=at)
        readings.sample(world.db, "north", now=at, signal_dbm=-at)
    assert [row["state"] for row in history.states(world.db, "north", since=250)] == ["ready", "lost"]
    assert [row["signal_dbm"] for row in history.samples(world.db, "north", since=250)] == [-200, -300]
    assert [row["state"] for row in history.states(world.db, "north", since=50)] == [
        "waiting",
        "ready",
        "lost",
    ]
    assert history.samples(world.db, "south", since=0) == []


def test_a_self_test_counts_where_it_came_too(world: World) -> None:
    world.db.execute(
        "INSERT INTO self_test (sender, receiver, token, started_at, sent_at, received_at) VALUES ('north','south','T',1,2,150)"
    )
    assert history.counted(world.db, "south", [0, 100, 200]).into == [0, 1]
    assert history.counted(world.db, "north", [0, 100, 200]).into == [0, 0]


def test_a_modem_that_we_restarted_while_it_worked_was_taken_away_by_us(world: World) -> None:
    said = str(explain_modems.restarted("north", "command", "Its SIM was stuck.", "AT+CFUN=1,1"))
    world.seat("north")
    world.db.execute("DELETE FROM station_event")
    for at, state, reason in (
        (100, "ready", ""),
        (200, "lost", said),
        (300, "ready", ""),
        (400, "lost", "It does not answer."),
        (500, "lost", said),  # it was away already
    ):
        stations.set_state(world.db, "north", state, reason, now=at)
    events = history.states(world.db, "north", since=0)
    assert history.restarts(world.db, "north", events, since=0) == [200]
    asked = stations.request(world.db, "north", "reset", by=world.users["technician"], now=600)
    assert stations.take_request(world.db, "north", now=600)
    stations.answer(world.db, asked, "Done.", now=610)
    assert history.restarts(world.db, "north", events, since=0) == [200, 610]
    assert history.restarts(world.db, "south", [], since=0) == []
