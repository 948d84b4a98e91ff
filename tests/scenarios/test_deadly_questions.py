"""A question at which a modem's firmware dies, at each start anew."""

import pytest

from hardware.errors import ModemSilent, PortGone
from hardware.spared import Spared
from tests.scenarios.receiving import Make


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
    spared = Spared()
    for command, error in (
        ("AT+CNUM", ModemSilent("AT", 9.0, b"")),
        ("AT+COPS?", None),
        ("AT+CNUM", None),
        ("AT+CNUM", PortGone("/dev/ttyUSB2", "gone")),
        ('AT+CPMS="SM","SM","SM"', ModemSilent("AT", 9.0, b"")),
        ('AT+CPMS="SM","SM","SM"', ModemSilent("AT", 9.0, b"")),
        ("AT+COPS?", PortGone("/dev/ttyUSB2", "gone")),
        ("ATZ", None),
        ("AT+COPS?", PortGone("/dev/ttyUSB2", "gone")),
    ):
        try:
            with spared.watching(command):
                if error is not None:
                    raise error
        except (ModemSilent, PortGone):
            pass
    assert spared.untold() == spared.commands == ["AT+COPS?"]
    assert spared.untold() == []
