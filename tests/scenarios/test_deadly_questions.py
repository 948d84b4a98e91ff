"""A question at which a modem's firmware dies, at each start anew."""

from contextlib import suppress

import pytest

from hardware.errors import ModemSilent, PortGone
from hardware.spared import Spared
from tests.scenarios.receiving import Make
from tests.scripted import FakeClock


@pytest.mark.parametrize("command", ["Z", "+CCID", "+CPMS?", "+CNMI?", "+CNUM", "+CSCA?", "+CBC"])
def test_a_modem_that_does_not_survive_a_question_works_without_it(make: Make, command: str) -> None:
    """It was asked that at each start, for ever, and nothing left."""
    house = make()
    house.fault("dies_of", command)
    house.approved()
    house.until(lambda: len(house.world.network.air) == 1, "sent", 200)
    house.arrive("Hello")
    house.until(lambda: house.shown() == ["Hello"], "read", 60)
    told = house.db.execute("SELECT reason FROM station_event WHERE reason LIKE 'Twice in a row%'").fetchall()
    assert f"asked AT{command}" in told[0]["reason"]


def test_what_a_modem_is_not_asked_any_more() -> None:
    """Twice in a row, whether it fell silent or its port went; never that without which nobody knows what came, or whose SIM it is."""
    clock = FakeClock()
    spared = Spared(clock)
    silent, gone = ModemSilent("AT", 9.0, b""), PortGone("/dev/ttyUSB2", "gone")
    for command, error in (
        ("AT+CNUM", silent),
        ("AT+COPS?", None),
        ("AT+CNUM", None),
        ("AT+CNUM", gone),
        ('AT+CPMS="SM","SM","SM"', silent),
        ('AT+CPMS="SM","SM","SM"', silent),
        ("AT+COPS?", gone),
        ("ATZ", None),
        ("AT+COPS?", gone),
    ):
        with suppress(ModemSilent, PortGone):
            with spared.watching(command):
                if error is not None:
                    raise error
            spared.answered(command)
    for _ in range(2):  # another program's command may have been the deadly one
        with suppress(ModemSilent), spared.watching("AT+CSQ", alone=False):
            raise silent
    assert (spared.untold(), spared.untold()) == (["AT+COPS?"], [])
    assert "AT+COPS?" in spared
    clock.time_s += 86_401  # its supply was too weak, perhaps
    assert "AT+COPS?" not in spared
