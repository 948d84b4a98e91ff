"""Temperature and voltage, as the vendors write them."""

import pytest

from tests.hardware.bench import Bench
from tests.scripted import Silence


@pytest.mark.parametrize(
    ("made", "rules", "temperature_c", "voltage_mv"),
    [
        ("Textbank", {}, None, None),
        ("Textbank", {"AT+CBC": "+CBC: 0,100"}, None, None),
        ("SIMCOM_Ltd SIM800", {"AT+CMTE?": "+CMTE: 0,31.5", "AT+CBC": "+CBC: 0,80,4012"}, 32, 4012),
        ("SIMCOM SIM7600E", {"AT+CPMUTEMP": "+CPMUTEMP: 29", "AT+CBC": "+CBC: 3.923V"}, 29, 3923),
        ("A7670E", {"AT+CPMUTEMP": "+CPMUTEMP: -7", "AT+CBC": "+CBC: 3.9V"}, -7, 3900),
        ("Quectel", {"AT+QTEMP": "+QTEMP: 31,31,30", "AT+CBC": "+CBC: 0,75,3850"}, 31, 3850),
        ("Quectel", {"AT+QTEMP": '+QTEMP: "pa-0","0"\n+QTEMP: "aoss-0-usr","44"'}, 44, None),
        ("huawei", {"AT^CHIPTEMP?": "^CHIPTEMP: 408,405,400,65535"}, 41, None),
        ("Telit", {"AT#CBC": "#CBC: 0,408"}, None, 4080),
        ("Cinterion", {"AT^SCTM?": "^SCTM: 1,0,35", "AT^SBV": "^SBV: 4011"}, 35, 4011),
        ("Quectel", {"AT+QTEMP": "+QTEMP: 999", "AT+CBC": "+CBC: 0,75,9999"}, None, None),
    ],
)
def test_each_vendor_is_read_in_its_own_way(
    made: str, rules: dict[str, str], temperature_c: int | None, voltage_mv: int | None
) -> None:
    health = Bench({"AT+CGMI": made, **rules}).modem.health()
    assert (health.temperature_c, health.voltage_mv) == (temperature_c, voltage_mv)


def test_what_is_refused_is_not_asked_again() -> None:
    bench = Bench({"AT+CGMI": "Quectel", "AT+QTEMP": "ERROR"})
    for _ in range(3):
        bench.modem.health()
    assert bench.scripted.written.count("AT+QTEMP") == 1


@pytest.mark.parametrize(
    ("answer", "restarted"),
    [
        ("310260123456789", 0),
        ("310260999999999", 1),
        ("+CME ERROR: 10", 1),
        ("+CME ERROR: 14", 0),
        ("ERROR", 0),
    ],
)
def test_f9_another_sim_is_noticed_by_the_next_look(answer: str | Silence, restarted: int) -> None:
    bench = Bench()
    bench.scripted.rules["AT+CIMI"] = answer
    bench.modem.health()
    assert len(bench.modem.notices()) == restarted


@pytest.mark.parametrize("answer", [Silence(), "ERROR"])
def test_a_modem_that_never_told_its_sim_by_imsi_is_not_asked_for_it_again(answer: str | Silence) -> None:
    """It was asked at each look and behind each emptied slot; one that is deaf to it cost six seconds without a text each time."""
    bench = Bench({"AT+CIMI": answer})
    began = bench.clock.monotonic()
    assert bench.modem.has_its_card()
    assert (bench.clock.monotonic() - began, bench.modem.notices()) == (0, [])
