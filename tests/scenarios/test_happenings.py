"""What happened to a modem, as its page lists it: who asked for what, why it started, what was changed."""

from dataclasses import replace

from gateway import stations
from hardware.radio import IDLE_S
from tests.scenarios.asking import ask, engine, technician, told
from tests.scenarios.receiving import Make
from tests.simulated import House


def events(house: House) -> list[tuple[str, str]]:
    return [
        (row["state"], row["reason"].split("\n")[0]) for row in reversed(stations.events(house.db, "s0", 50))
    ]


def test_why_it_starts_is_told(make: Make) -> None:
    house = make()
    house.until_ready()
    assert events(house) == [("starting", "Textbank was started."), ("ready", "")]
    house.run(300)
    house.world.modems[0].urc("RDY", now=house.now())
    house.until(lambda: len(events(house)) > 3, "started again", 130)
    assert events(house)[2:] == [("starting", "It restarted by itself."), ("ready", "")]
    assert any("What tells it: RDY." in words for words in told(house))
    house.restart()
    house.until(lambda: events(house)[-1] == ("ready", ""), "ready")
    house.run(30)
    assert [words for _, words in events(house)].count("Textbank was started.") == 2


def test_that_it_asked_the_network_anew_is_told(make: Make) -> None:
    """Not that its radio "was switched off": that was our doing."""
    house = make()
    house.until_ready()
    house.fault("registered", 3)
    house.run(IDLE_S + 60)
    assert ("starting", "It asked the network anew.") in events(house)


def test_who_asked_for_what_is_told(make: Make) -> None:
    house = make()
    house.until_ready()
    tess = technician(house)
    for what in ("pause", "resume", "restart", "query"):
        ask(house, what, "AT+CSQ" if what == "query" else None, by=tess)
    house.until_ready()
    said = [words for _, words in events(house)]
    for words in ("Tess pressed Pause.", "Tess pressed Go on.", "Tess pressed Start anew."):
        assert said.count(words) == 1
    assert not any("AT+CSQ" in words for words in told(house)), "a question changes nothing"
    ask(house, "reset", by=tess)
    assert events(house)[-1][1].startswith("Tess pressed Reset. Nothing was done")


def test_another_sim_is_told_and_the_last_text_in_is_its_own(make: Make) -> None:
    house = make()
    house.until_ready()
    house.arrive("Hello")
    house.until(lambda: house.texts() == ["Hello"], "the text")
    before = engine(house).card.iccid
    drawer = engine(house).drawer
    other = replace(drawer.inserted.card, iccid="8901260000000099999", imsi="310260000099999")
    drawer.inserted = replace(drawer.inserted, card=other)
    house.world.modems[0].reboot(house.now())
    house.until(lambda: any("Another SIM is in it: " in words for words in told(house)), "it is told", 130)
    [words] = [words for words in told(house) if "Another SIM is in it: " in words]
    assert "8901260000000099999" in words
    assert before in words
    row = house.db.execute("SELECT last_in_at FROM station").fetchone()
    assert row["last_in_at"] is None


def test_a_healthy_hour_adds_nothing(make: Make) -> None:
    house = make()
    house.until_ready()
    before = len(events(house))
    house.run(3600)
    assert len(events(house)) == before
