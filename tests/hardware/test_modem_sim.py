"""The SIM at a start: its PIN once, its states, its slowness."""

import pytest

from hardware.errors import PinRefused, SimNotReady
from tests.hardware.start_bench import Bench
from tests.scripted import Raw

TPDU = bytes.fromhex("21000B912120555521F3000004F4F29C0E")


def test_the_pin_is_asked_for_once_and_entered_once() -> None:
    bench = Bench(
        {"AT+CPIN?": ["+CPIN: SIM PIN", "+CPIN: SIM PIN", "+CPIN: READY"], "AT+CIMI": "310260123456789"}
    )
    bench.pin = "1234"
    bench.start()
    assert bench.wrote('AT+CPIN="1234"') == 1
    assert [identity.iccid for identity in bench.asked] == ["8944110065012345678"]


@pytest.mark.parametrize("model", ["SIMCOM_SIM7000G", "SIMCOM_SIM7080", "SIM7070"])
def test_the_smallest_simcoms_speak_as_the_old_ones_do(model: str) -> None:
    """They were taken for SIM7600: 20 s were waited for words that they never say, and neither clock nor supply was read."""
    ready = Raw(b"\r\nOK\r\n\r\n+CPIN: READY\r\n\r\nSMS Ready\r\n")
    bench = Bench(
        {
            "AT+CGMI": "SIMCOM_Ltd",
            "AT+CGMM": model,
            "AT+SPIC": "+SPIC: 3,10,3,10",
            "AT+CPIN?": ["+CPIN: SIM PIN", "+CPIN: READY"],
            "AT+CPIN=*": ready,
            "AT+CBC": "+CBC: 0,72,4005",
            "AT+CTZU=1": "ERROR",
        }
    )
    bench.pin = "1234"
    began = bench.clock.monotonic()
    bench.start()
    assert bench.clock.monotonic() - began < 10
    assert bench.modem.health().voltage_mv == 4005
    bench.modem.network_time()
    assert bench.wrote("AT+CLTS=1") == 1


def test_a_refused_pin_is_never_tried_again() -> None:
    bench = Bench({"AT+CPIN?": "+CPIN: SIM PIN", "AT+CPIN=*": "+CME ERROR: 16"})
    bench.pin = "1234"
    with pytest.raises(PinRefused) as caught:
        bench.start()
    assert bench.wrote("AT+CPIN=") == 1
    assert "1234" not in str(caught.value)


def test_a_pin_that_was_taken_but_is_asked_for_again_is_refused() -> None:
    bench = Bench({"AT+CPIN?": "+CPIN: SIM PIN"})
    bench.pin = "1234"
    with pytest.raises(PinRefused):
        bench.start()
    assert bench.wrote("AT+CPIN=") == 1


@pytest.mark.parametrize("pin", [None, "", "12", "12345678901", '1234"', "1234\r", "１２３４"])
def test_without_a_proper_pin_nothing_is_entered(pin: str | None) -> None:
    bench = Bench({"AT+CPIN?": "+CPIN: SIM PIN"})
    bench.pin = pin
    with pytest.raises(SimNotReady) as caught:
        bench.start()
    assert caught.value.state == "PIN"
    assert bench.wrote("AT+CPIN=") == 0
    assert bench.modem.identity.iccid, "who the SIM is must be known, so that its PIN can be asked for"


@pytest.mark.parametrize(
    ("made", "answer"),
    [
        ("huawei", "^CPIN: SIM PIN,,10,2,10,3"),
        ("SIMCOM_Ltd", "+SPIC: 1,10,0,10"),
        ("Quectel", '+QPINC: "SC",2,10'),
        ("Telit", "#PCT: 1"),
        ("Textbank", "+CPINR: SIM PIN,2,3"),
        ("Textbank", '+CPINR: "SIM PIN",2\n+CPINR: "SIM PUK",10'),
        ("huawei MU736", "^CPIN: SIM PIN,,10,2,10,3"),
        ("ZTE CORPORATION", "+ZPINPUK: 2,10"),
        ("Novatel Wireless", "$NWPINR: PIN1, 2"),
        ("Sierra Wireless", "+CPINC: 2,3,10,10"),
        ("Cinterion", "^SPIC: 2"),
        ("u-blox", "+UPINCNT: 2,3,10,10"),
        ("Ericsson", "*EPIN: 2,10,3,10"),
        ("Option N.V.", "_OERCN: 2,10"),
        ("Alcatel", "+PNNM: 2,10"),
        ("Icera", "%PINNUM: 2, 10, 3, 10"),
        ("Infineon", "+XPINCNT: 2,3,10,10"),
        ("MediaTek", "+EPINC: 2,3,10,10"),
    ],
)
def test_f2_the_last_tries_of_a_pin_are_never_touched(made: str, answer: str) -> None:
    name = answer.split(":")[0]
    bench = Bench({f"AT{name}*": answer, "AT+CPIN?": "+CPIN: SIM PIN", "AT+CGMI": made})
    bench.pin = "1234"
    with pytest.raises(SimNotReady) as caught:
        bench.start()
    assert caught.value.state == "PIN"
    assert bench.asked == []
    assert bench.wrote('AT+CPIN="') == 0


def test_f2_a_modem_that_tells_the_tries_of_a_named_pin_only_is_asked_by_its_name() -> None:
    """nRF91 refuses a bare AT+CPINR: its PIN was entered with one try left."""
    bench = Bench(
        {
            "AT+CPINR": "ERROR",
            'AT+CPINR="SIM PIN"': '+CPINR: "SIM PIN",1',
            "AT+CPIN?": "+CPIN: SIM PIN",
            "AT+CGMI": "Nordic Semiconductor ASA",
        }
    )
    bench.pin = "1234"
    with pytest.raises(SimNotReady):
        bench.start()
    assert bench.wrote('AT+CPIN="') == 0


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("+CPIN: SIM PUK", "PUK"),
        ("+CME ERROR: 12", "PUK"),
        ("+CMS ERROR: 316", "PUK"),
        ("+CME ERROR: 10", "ABSENT"),
        ("+CMS ERROR: 310", "ABSENT"),
        ("+CPIN: NOT INSERTED", "ABSENT"),
        ("+CPIN: SIM REMOVED", "ABSENT"),
        ("+CPIN: SIM FAILURE", "FAILURE"),
        ("+CPIN: SIM NOT READY", "BUSY"),
        ("+CPIN: BLOCKED", "WRONG"),
        ("+CME ERROR: SIM not inserted", "ABSENT"),
        ("+CME ERROR: 13", "FAILURE"),
        ("+CME ERROR: 262", "FAILURE"),
        ("+CME ERROR: 14", "BUSY"),
        ("+CME ERROR: 15", "WRONG"),
        ("+CPIN: PH-NET PIN", "LOCKED"),
        ("+CME ERROR: 5", "LOCKED"),
    ],
)
def test_a_sim_that_cannot_be_used_says_why(answer: str, state: str) -> None:
    bench = Bench({"AT+CPIN?": answer})
    bench.pin = "1234"
    with pytest.raises(SimNotReady) as caught:
        bench.start()
    assert caught.value.state == state
    assert bench.asked == []


def test_a_sim_that_fails_and_then_is_ready_is_waited_for() -> None:
    bench = Bench({"AT+CPIN?": ["+CME ERROR: 13", "+CME ERROR: 14", "+CPIN: READY"]}).start()
    assert bench.modem.identity.imsi


@pytest.mark.parametrize("said", ["SIM BUSY", "SIM NOT READY", "NOT READY"])
def test_a_sim_that_is_not_ready_yet_is_waited_for(said: str) -> None:
    """A modem that said "SIM NOT READY" was told to have the wrong SIM."""
    bench = Bench({"AT+CPIN?": [f"+CPIN: {said}"] * 3 + ["+CPIN: READY"]}).start()
    assert bench.modem.identity.imsi


def test_radio_off_is_switched_on() -> None:
    bench = Bench({"AT+CFUN?": ["+CFUN: 4", "+CFUN: 1"]}).start()
    assert bench.wrote("AT+CFUN=1") == 1


def test_radio_off_hides_the_sim() -> None:
    bench = Bench(
        {"AT+CFUN?": ["+CFUN: 0", "+CFUN: 1"], "AT+CPIN?": ["+CME ERROR: 10"] * 6 + ["+CPIN: READY"]}
    )
    bench.start()
    assert bench.wrote("AT+CFUN=1") == 1


def test_a_busy_sim_is_waited_for_before_storages_are_asked() -> None:
    bench = Bench(
        {"AT+CPMS?": ["+CME ERROR: 14", "+CMS ERROR: 314", '+CPMS: "SM",0,30,"SM",0,30,"SM",0,30']}
    ).start()
    assert bench.modem.health().storage == "SM"
