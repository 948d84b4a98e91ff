"""A modem's day as a page: the graphs say in words what they show, the machine stands beside the modem, and nobody's words are there."""

import re
from collections.abc import Callable

import pytest

from gateway import history, readings, stations, store, timekeeper
from tests.web.conftest import Visitor
from tests.web.modem_days import restless_day
from tests.web.world import World, modems

Visit = Callable[..., Visitor]
SPANS = ("hour", "day", "week", "month")


def page(visit: Visit, path: str, who: str = "technician") -> str:
    answer = visit(who).get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("span", SPANS[1:])
def test_the_power_fell_then_the_stick_went(world: World, visit: Visit, span: str) -> None:
    restless_day(world)
    said = page(visit, f"/modems/north/{span}")
    assert (
        f"<h1>A {span} with 3 gaps of 21 minutes in all, 20 minutes without network and 3 texts not taken at once</h1>"
        in said
    )
    assert "The power fell, then the modem went." in said
    assert f"3 of 3 gaps of this {span}" in said
    assert "40 out, 14 in" in said
    log = said[said.index('id="day-log"') :]
    numbers = re.findall(r'flag-word">(\d)</span> ([^<]+)<', log)
    assert len(numbers) == 9  # each fall: the power, the USB, the modem
    if span == "day":
        assert [what for number, what in numbers if number == "1"] == [
            "Not reached",
            "A device left the USB",
            "The power of the machine fell",
        ]


@pytest.mark.parametrize("span", SPANS[1:])
def test_every_graph_says_in_words_what_it_shows(world: World, visit: Visit, span: str) -> None:
    restless_day(world)
    said = page(visit, f"/modems/north/{span}")
    labels = re.findall(r'role="img" aria-label="([^"]+)"', said)
    assert [label.split(":")[0].split(",")[0] for label in labels] == [
        "State",
        "Network",
        "Signal",
        "40 texts out",
        "3 times a text was put off",
        "Memory for texts",
        "Temperature",
        "Voltage",
    ]
    assert "Ready 9 h 24 min, Not reached 18 minutes" in labels[0]


def test_the_table_says_the_same(world: World, visit: Visit) -> None:
    restless_day(world)
    said = page(visit, "/modems/north/day")
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", said)
    assert 10 <= len(rows) <= 12
    cells = [re.findall(r"<td>([^<]*)</td>", row) for row in rows]
    assert sum(int(cell[1]) for cell in cells) == 40
    assert sum(int(cell[2]) for cell in cells) == 14
    assert sum(int(cell[3]) for cell in cells) == 3
    assert sum(int(cell[4]) for cell in cells) == 6
    assert any("Not reached" in cell[5] for cell in cells)


@pytest.mark.parametrize("span", SPANS)
def test_a_modem_of_which_nothing_is_known_has_a_page(world: World, visit: Visit, span: str) -> None:
    modems(world)
    world.db.execute("DELETE FROM station_event")
    said = page(visit, f"/modems/south/{span}")
    assert f"Nothing is known of its {span} yet" in said
    assert "No text went out or came in." in said
    assert "It has not told its signal yet" in said


def test_one_sample_is_a_picture_too(world: World, visit: Visit) -> None:
    modems(world)
    now = store.wall_ms()
    readings.sample(world.db, "north", now=now - 60_000, signal_dbm=-71, registration="home")
    said = page(visit, "/modems/north/day")
    assert "now −71 dBm, good" in said
    assert said.count('<circle class="fill"') == 1


def test_a_modem_that_is_away_now_says_since_when(world: World, visit: Visit) -> None:
    now = restless_day(world)
    stations.set_state(world.db, "north", "lost", "The modem north is gone.", now=now - 12 * 60_000)
    said = page(visit, "/modems/north/day")
    assert "<h1>It has not been reached for 12 minutes</h1>" in said
    assert re.search(r"last −\d+ dBm", said)


def test_a_reset_of_ours_is_no_gap_that_a_cable_made(world: World, visit: Visit) -> None:
    modems(world)
    now, ted = store.wall_ms(), world.users["technician"]
    world.db.execute("DELETE FROM station_event")
    stations.set_state(world.db, "north", "ready", "", now=now - 3_600_000)
    for n in range(1, 4):
        at = now - n * 600_000
        asked = stations.request(world.db, "north", "reset", by=ted, now=at)
        stations.take_request(world.db, "north", now=at)
        stations.answer(world.db, asked, "It was told to restart.", now=at + 1_000)
        world.db.executemany(
            "INSERT INTO station_event (station, at, state, reason) VALUES ('north',?,?,?)",
            [(at + 2_000, "lost", "gone"), (at + 30_000, "starting", ""), (at + 40_000, "ready", "")],
        )
    world.db.execute("UPDATE station_event SET id=-id")
    world.db.execute(
        "UPDATE station_event SET id=1000+(SELECT count(*) FROM station_event e WHERE e.at<station_event.at)"
    )
    said = page(visit, "/modems/north/day")
    assert "<h1>A good day with 3 restarts by us</h1>" in said
    assert "Try another cable" not in said


def test_a_paused_modem_had_no_good_day(world: World, visit: Visit) -> None:
    modems(world)
    now = store.wall_ms()
    world.db.execute("DELETE FROM station_event")
    world.db.execute(
        "INSERT INTO station_event (station, at, state, reason) VALUES ('north',?,'ready',''), ('north',?,'paused','')",
        [now - 3_600_000, now - 600_000],
    )
    assert "<h1>A day with 10 minutes paused</h1>" in page(visit, "/modems/north/day")


def test_a_good_modem_beside_one_that_comes_and_goes_for_weeks_keeps_its_day(
    world: World, visit: Visit
) -> None:
    modems(world)
    world.db.execute("DELETE FROM station_event")
    now = store.wall_ms()
    month = now - 30 * 86_400_000
    for state in ("starting", "ready"):
        stations.set_state(world.db, "north", state, "", now=month)
    for n in range(2200):
        stations.set_state(world.db, "south", "waiting" if n % 2 else "starting", "", now=month + n * 900_000)
    assert "<h1>A good day</h1>" in page(visit, "/modems/north/day")
    assert len(history.states(world.db, "south", since=0)) in range(2000, 2101)


def test_what_was_written_by_a_clock_ahead_is_not_shown_as_now(world: World, visit: Visit) -> None:
    """For a year the page said "now −60 dBm", and more hours of a day than it has."""
    modems(world)
    world.db.execute("DELETE FROM station_event")
    now, year = store.wall_ms(), 365 * 86_400_000
    begin = now - 10 * 3_600_000
    for at, state in (
        (begin, "starting"),
        (begin + 1, "ready"),
        (begin + year, "waiting"),
        (now - 7_200_000, "ready"),
    ):
        stations.set_state(world.db, "north", state, "", now=at)
    readings.sample(world.db, "north", now=begin + year, signal_dbm=-60, registration="home")
    readings.host_event(world.db, "usb_lost", "usb 1-1: USB disconnect", now=begin + year)
    timekeeper.settle(world.db, "UTC", now=now - 7_200_000)
    readings.sample(world.db, "north", now=now - 60_000, signal_dbm=-105, registration="home")
    said = page(visit, "/modems/north/day")
    assert "now −105 dBm" in said
    assert "State: Ready 10 hours" in said


def test_what_happened_at_another_socket_stays_out(world: World, visit: Visit) -> None:
    restless_day(world)
    world.db.execute("UPDATE station SET place='1-1.4' WHERE name='south'")
    said = page(visit, "/modems/south/day")
    assert "usb 1-1.3" not in said
    assert "The power of the machine fell, and this modem held on." in said


@pytest.mark.parametrize("name", ["nobody", "north/year", "north/day/x"])
def test_a_day_that_is_none_is_no_page(world: World, visit: Visit, name: str) -> None:
    modems(world)
    assert visit("technician").get(f"/modems/{name}/day").status_code == 404


def test_a_coordinator_looks_too_and_a_volunteer_does_not(world: World, visit: Visit) -> None:
    restless_day(world)
    assert "A day with 3 gaps" in page(visit, "/modems/north/day", "coordinator")
    assert visit("volunteer").get("/modems/north/day").status_code == 403


def test_a_young_modem_is_looked_at_by_the_hour(world: World, visit: Visit) -> None:
    modems(world)
    readings.sample(world.db, "north", now=store.wall_ms(), signal_dbm=-71)
    assert 'href="/modems/north/hour"' in page(visit, "/modems")
    said = page(visit, "/modems/north/hour")
    assert "<h1>A good hour</h1>" in said
    assert said.count('data-how="clock" data-at=') >= 3


def test_the_card_shows_the_day_in_small_and_leads_to_it(world: World, visit: Visit) -> None:
    restless_day(world)
    said = page(visit, "/modems")
    assert 'href="/modems/north/day"' in said
    assert "Ready 9 h 24 min, Not reached 18 minutes" in said
