"""Signal, registration, counters, as modems write them."""

import pytest

from hardware.facts import Restarted
from hardware.health import registration_in, signal_in
from hardware.radio import IDLE_S
from hardware.startup import ASK_AGAIN_S
from tests.hardware.bench import Bench
from tests.scripted import Late


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


def test_a_modem_on_5g_alone_is_registered() -> None:
    """Standalone: +CREG and +CEREG say 0, and nothing was sent."""
    rules = {
        "AT+CREG?": "+CREG: 2,0",
        "AT+CEREG?": "+CEREG: 2,0",
        "AT+C5GREG?": '+C5GREG: 2,1,"149002","0000000C2840C001",11,4,"80.03FFFF"',
        "AT+COPS?": '+COPS: 0,0,"Testnet",11',
    }
    health = Bench(rules).modem.health()
    assert (health.registration, health.registered, health.technology) == ("home", True, "5G")
    health = Bench({**rules, "AT+C5GREG?": "+C5GREG: 2,2"}).modem.health()
    assert (health.registration, health.registered) == ("searching", False)
    health = Bench({**rules, "AT+C5GREG?": "ERROR"}).modem.health()
    assert (health.registration, health.registered) == ("none", False)


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


@pytest.mark.parametrize(
    ("off", "then", "begun_anew"),
    [("+CFUN: 4", "+CFUN: 1", True), ("+CFUN: 4", "+CFUN: 4", False), ("+CFUN: 7", "+CFUN: 1", True)],
)
def test_a_radio_that_is_off_is_switched_on_and_the_modem_set_up_again_only_where_that_worked(
    off: str, then: str, begun_anew: bool
) -> None:
    """Another program leaves it off. A modem whose radio a key or a pin holds off would be set up again at each look."""
    bench = Bench({"AT+CREG?": "+CREG: 0,0", "AT+CFUN?": ["+CFUN: 1", off, then]})
    bench.modem.health()
    assert "AT+CFUN=1" in bench.scripted.written
    assert [type(notice) for notice in bench.modem.notices()] == [Restarted] * begun_anew


@pytest.mark.parametrize(
    ("stat", "mode", "told"),
    [("0", "2", True), ("1", "2", False), ("2", "2", False), ("0", "0", False), ("0", '1,2,"26201"', False)],
)
def test_a_modem_that_was_told_to_stay_off_every_network_looks_for_one(
    stat: str, mode: str, told: bool
) -> None:
    """Another program leaves it so. Where an operator was chosen, a person wanted no other one."""
    bench = Bench({"AT+CREG?": f"+CREG: 0,{stat}", "AT+COPS?": f"+COPS: {mode}", "AT+COPS=0": Late(60, "OK")})
    health = bench.modem.health()
    assert ("AT+COPS=0" in bench.scripted.written) == told
    assert health.operator_chosen == mode.startswith("1")


@pytest.mark.parametrize(("stat", "anew"), [(3, True), (0, True), (11, True), (2, False)])
def test_a_modem_that_looks_for_no_network_does_after_a_quarter_of_an_hour(stat: int, anew: bool) -> None:
    """Refused, it asks no more until its radio was off: a SIM that was paid for late stayed out until somebody pulled the stick."""
    bench = Bench({"AT+CREG?": f"+CREG: 0,{stat}", "AT+CEREG?": f"+CEREG: 0,{stat}"})
    bench.modem.health()
    bench.clock.advance(IDLE_S - 10)
    bench.modem.health()
    assert bench.modem.notices() == []
    bench.scripted.written.clear()
    bench.clock.advance(10)
    bench.modem.health()
    assert [command for command in bench.scripted.written if "CFUN=" in command] == [
        "AT+CFUN=4",
        "AT+CFUN=1",
    ] * anew
    assert [type(notice) for notice in bench.modem.notices()] == [Restarted] * anew


def test_a_modem_with_a_network_is_not_asked_whether_its_radio_is_on() -> None:
    bench = Bench()
    bench.modem.health()
    assert not any("CFUN" in command for command in bench.scripted.written)


NO_STORAGE = {"AT+CPMS=?": "ERROR", "AT+CPMS=*": "ERROR", "AT+CPMS?": "ERROR"}
NO_CARD = {"AT+CCID": "ERROR", "AT+CIMI": "ERROR"}


@pytest.mark.parametrize(
    ("at_first", "then"),
    [
        (NO_STORAGE, {"AT+CPMS?": '+CPMS: "ME",0,30,"ME",0,30,"ME",0,30'}),
        (NO_CARD, {"AT+CIMI": "310260123456789"}),
    ],
    ids=["its storages", "its number"],
)
def test_a_sim_that_told_nothing_at_the_start_is_set_up_when_it_does(
    at_first: dict[str, str], then: dict[str, str]
) -> None:
    """One that never does is left as it is."""
    bench = Bench(dict(at_first))
    for _ in range(2):
        bench.modem.health()
        assert bench.modem.notices() == []
    bench.scripted.rules.update(then)
    bench.modem.health()
    assert [type(notice) for notice in bench.modem.notices()] == [Restarted]


def test_a_sim_that_tells_its_number_only_at_the_second_question_does_not_have_its_modem_set_up_for_ever() -> (
    None
):
    """Each start was refused it, and each look after it was told: nothing left any more."""
    asked: list[str] = []

    def in_turns(command: str) -> str:
        asked.append(command)
        return "310260123456789" if len(asked) % 2 == 0 else "ERROR"

    bench = Bench({**NO_CARD, "AT+CIMI": in_turns})
    assert bench.modem.identity.imsi == "310260123456789"
    bench.modem.health()
    assert bench.modem.notices() == []


def test_a_modem_that_counts_and_names_no_storages_is_not_set_up_again_and_again() -> None:
    bench = Bench({**NO_STORAGE, "AT+CPMS?": "+CPMS: 3,30,3,30"})
    bench.modem.health()
    assert bench.modem.notices() == []


def test_error_numbers_that_were_refused_at_the_start_are_asked_for_again() -> None:
    """Without them each refusal is a bare ERROR: a text that was refused for good, or may go later, is uncertain."""
    bench = Bench({"AT+CMEE=1": ["ERROR", "OK"]})
    for _ in range(2):
        bench.modem.health()
    assert bench.scripted.written.count("AT+CMEE=1") == 1


def test_what_is_refused_for_minutes_is_not_asked_for_again_and_again() -> None:
    bench = Bench({"AT+CMEE=1": "ERROR", "AT+CNMI=2,1,0,2,0": "ERROR"})
    bench.clock.advance(ASK_AGAIN_S + 1)
    bench.modem.health()
    assert not [text for text in bench.scripted.written if text.startswith(("AT+CMEE", "AT+CNMI="))]
