"""Modems that change places between stations, and one modem on two ports: who has which is what was seen in this run."""

import signal
from collections.abc import Callable
from pathlib import Path

from gateway import stations
from gateway.taken import GRACE_S, Taken
from hardware.virtual import VirtualBank
from tests.scenarios.asking import ask
from tests.scenarios.group import Group
from tests.scenarios.receiving import Make
from tests.simulated import House
from tests.virtual_link import VirtualLink

Ports = list[int | str]


def on_ports(make: Make, ports: Ports, personality: str = "generic") -> House:
    """Two stations, each on the port of the modem that `ports` names; it may be changed while they run."""
    house = make(count=2, personality=personality)
    house._link = lambda number: VirtualLink(house.world, ports[number], house.clock, began=house.began)
    return house


def imeis(house: House) -> list[str]:
    return [row["imei"] for row in house.db.execute("SELECT imei FROM station ORDER BY name")]


def one_failed(house: House) -> Callable[[], bool]:
    return lambda: {house.said("s0")[0], house.said("s1")[0]} == {"ready", "failed"}


def test_two_modems_that_changed_places_while_textbank_was_stopped_are_both_ready(make: Make) -> None:
    ports: Ports = [0, 1]
    house = on_ports(make, ports)
    house.until_ready()
    first, second = imeis(house)
    ports.reverse()
    house.restart()
    house.until(lambda: imeis(house) == [second, first], "the modems are known where they are now", 60)
    house.until_ready(10)


def test_two_modems_that_change_places_while_textbank_runs_are_both_ready_soon(make: Make) -> None:
    ports: Ports = [0, 1]
    house = on_ports(make, ports)
    house.until_ready()
    first, second = imeis(house)
    ports.reverse()
    for number in (0, 1):
        house.world.modems[number].reboot(house.now())
    house.until(lambda: imeis(house) == [second, first], "the modems are known where they are now", 120)
    house.until_ready(120)


def test_a_second_port_is_looked_at_again_on_start_anew_and_now_and_then(make: Make) -> None:
    ports: Ports = [0, "0.1"]
    house = on_ports(make, ports, "quectel-ec25")
    house.until(one_failed(house), "one modem on two ports")
    twin = "s0" if house.said("s0")[0] == "failed" else "s1"
    number = int(twin[1])
    opened = house.opened[number]
    house.run(600)
    assert house.opened[number] == opened, "it is left alone for a while"
    house.run(400)
    assert house.opened[number] == opened + 1, "and looked at again"
    assert house.said(twin)[0] == "failed"
    ports[number] = 1  # another modem is on this port now
    ask(house, "restart", name=twin)
    house.until(lambda: house.said(twin)[0] == "ready", "Start anew looks at once", 20)


def test_a_second_port_takes_over_when_the_first_is_gone(make: Make) -> None:
    ports: Ports = [0, "0.1"]
    house = on_ports(make, ports, "quectel-ec25")
    house.until(one_failed(house), "one modem on two ports")
    twin, first = ("s0", "s1") if house.said("s0")[0] == "failed" else ("s1", "s0")
    ports[int(first[1])] = 1  # the first station has another modem now
    ask(house, "restart", name=first)
    house.until_ready(GRACE_S + 60)
    assert len(set(imeis(house))) == 2, twin


def test_a_modem_is_one_stations_at_a_time() -> None:
    taken, a, b = Taken(), ("35", "89"), ("36", "90")
    assert taken.take("north", a, now=0) == ""
    assert taken.take("south", a, now=1) == "north"
    assert taken.take("south", ("", "89"), now=1) == "", "what does not tell who it is is nobody's"
    taken.let_go("north", now=10)
    assert taken.take("south", a, now=10 + GRACE_S - 1) == "north", "it may come back"
    assert taken.take("south", a, now=10 + GRACE_S) == ""
    assert taken.take("north", a, now=100) == "south"
    assert taken.take("south", b, now=101) == ""
    assert not taken.has("south", a, now=101)
    taken.forget("south")
    assert taken.take("north", b, now=102) == ""


def test_two_exchanged_port_lines_of_the_file_are_two_ready_modems(tmp_path: Path) -> None:
    with VirtualBank(2, tmp_path / "m") as bank:
        group = Group(tmp_path, bank)

        def told(name: str) -> list[str]:
            return [row["reason"] for row in stations.events(group.db, name)]

        try:
            group.start()
            group.until(lambda: [row["state"] for row in group.json("stations")] == ["ready"] * 2, "ready")
            before = [row["imei"] for row in group.json("stations")]
            group.end(signal.SIGTERM)
            words = group.config_path.read_text()
            first, second = bank.ports
            words = words.replace(first, "PORT").replace(second, first).replace("PORT", second)
            group.config_path.write_text(words)
            group.start()
            group.until(lambda: [row["imei"] for row in group.json("stations")] == before[::-1], "exchanged")
            group.until(lambda: [row["state"] for row in group.json("stations")] == ["ready"] * 2, "ready")
            for name in ("s0", "s1"):
                assert any("Another modem is here" in words for words in told(name))
                assert any("Another SIM is in it" in words for words in told(name))
        finally:
            group.close()
