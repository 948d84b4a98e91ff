"""Signal, registration, counters, as modems write them."""

import pytest

from hardware.health import registration_in, signal_in
from tests.hardware.bench import Bench


@pytest.mark.parametrize(
    ("line", "stat", "technology"),
    [
        ("+CREG: 0,1", 1, ""),
        ('+CREG: 2,1,"","605F"', 1, ""),
        ('+CREG: 2,1,"0B,"0100701",7', 1, "LTE"),
        ('+CREG: 2,1,"5E25', 1, ""),
        ('+CREG:002,001,"18d8","ffff"', 1, ""),
        ("+CREG: 2,0,00,0", 0, ""),
        ("+CREG: 2,1,000B,2816, B, C2816", 1, ""),
        ("+CEREG: 2,1, 1F00, 79D903 ,7", 1, "LTE"),
        ('+CREG: 2,5,"18D8","FFFF",2', 5, "UMTS"),
        ("+CEREG: 0,11", 11, ""),
        ("+CGREG: 0,6", 6, ""),
        ("+CREG: garbage", None, ""),
    ],
)
def test_registration_lines(line: str, stat: int | None, technology: str) -> None:
    assert registration_in([line]) == (stat, technology)


@pytest.mark.parametrize(
    ("voice", "lte", "packet", "registration", "registered"),
    [
        ("0,1", "0,0", "0,0", "home", True),
        ("0,5", "ERROR", "ERROR", "roaming", True),
        ("0,6", "ERROR", "ERROR", "home", True),
        ("0,2", "ERROR", "0,1", "searching", False),
        ("0,3", "ERROR", "0,5", "denied", False),
        ("0,3", "0,1", "0,5", "home", True),
        ("ERROR", "0,5", "ERROR", "roaming", True),
        ("ERROR", "ERROR", "0,1", "home", True),
        ("0,8", "0,8", "0,8", "emergency", False),
        ("0,11", "0,11", "0,11", "limited", False),
        ("0,0", "ERROR", "ERROR", "none", False),
        ("ERROR", "ERROR", "ERROR", "unknown", True),
    ],
)
def test_registered_means_good_enough_to_try(
    voice: str, lte: str, packet: str, registration: str, registered: bool
) -> None:
    answers = {"AT+CREG?": voice, "AT+CEREG?": lte, "AT+CGREG?": packet}
    bench = Bench(
        {key: said if said == "ERROR" else f"+{key[3:-1]}: {said}" for key, said in answers.items()}
    )
    health = bench.modem.health()
    assert (health.registration, health.registered) == (registration, registered)


@pytest.mark.parametrize(
    ("line", "dbm"),
    [
        ("+CSQ: 0,0", -113),
        ("+CSQ: 31,99", -51),
        ("+CSQ: 99,99", None),
        ("+CSQ: 017,0", -79),
        ("+CSQ: 151,99", -90),
        ("+CSQ: 199,99", None),
        ("+CSQ: x", None),
    ],
)
def test_signal(line: str, dbm: int | None) -> None:
    assert signal_in([line]) == dbm


@pytest.mark.parametrize(
    ("answer", "used", "total"),
    [
        ('+CPMS: "SM",3,30,"SM",3,30,"ME",1,20', 3, 30),
        ("+CPMS: 3,30,3,30,8,330", 8, 330),
        ("+CPMS: ", None, 30),
        ("ERROR", None, 30),
    ],
)
def test_counters(answer: str, used: int | None, total: int | None) -> None:
    bench = Bench()
    bench.scripted.rules["AT+CPMS?"] = answer
    health = bench.modem.health()
    assert (health.storage_used, health.storage_total) == (used, total)
