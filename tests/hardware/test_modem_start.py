"""Starting: the order, every fall-back, and modems that refuse half of what they are asked."""

from typing import Any

import pytest

from hardware.errors import CommandRefused, ModemSilent, NotAModem
from hardware.modem import Health, Identity, Restarted, Waiting
from tests.hardware.start_bench import Bench
from tests.scripted import Late, Raw, Scripted, Silence

TPDU = bytes.fromhex("21000B912120555521F3000004F4F29C0E")


@pytest.mark.parametrize("chunk", [None, 1])
def test_a_good_modem_starts_and_tells_who_it_is(chunk: int | None) -> None:
    bench = Bench(chunk=chunk).start()
    assert bench.modem.identity == Identity(
        imei="356938035643809",
        iccid="8944110065012345678",
        imsi="310260123456789",
        number="+12025550100",
        manufacturer="Textbank",
        model="Scripted",
        revision="1.0",
    )
    assert bench.modem.smsc == "+12025550199"
    assert bench.modem.profile.name == "generic"
    assert bench.modem.health() == Health(-79, "home", True, "Testnet", "GSM", "SM", 0, 30)
    assert bench.modem.notices() == []
    assert bench.clock.monotonic() - 1000 < 1.0


def test_the_order_of_a_start() -> None:
    written = Bench().start().scripted.written
    order = [
        "AT",
        "ATZ",
        "ATE0",
        "AT+CMEE=1",
        "AT+CGMI",
        "AT+CCID",
        "AT+CPIN?",
        "AT+CFUN?",
        "AT+CPMS?",
        "AT+CSMS=0",
    ]
    order += [
        "AT+CMGF=0",
        "AT+CPMS=?",
        "AT+CNMI=2,1,0,2,0",
        "AT+CREG=2",
        "AT+COPS=3,2",
        "AT+CSCA?",
        "AT+CIMI",
    ]
    places = [written.index(command) for command in order]
    assert places == sorted(places)


HALF = {
    "AT alone answers ERROR": {"AT": "ERROR"},
    "no CMEE": {"AT+CMEE=1": "ERROR"},
    "no CSMS": {"AT+CSMS*": "ERROR"},
    "no CPMS?": {"AT+CPMS?": "ERROR"},
    "no CPMS=?": {"AT+CPMS=?": "ERROR"},
    "no CPMS at all": {"AT+CPMS*": "ERROR"},
    "no CMGL": {"AT+CMGL*": "ERROR"},
    "no CNMI": {"AT+CNMI*": "ERROR"},
    "no CPIN": {"AT+CPIN?": "ERROR"},
    "bare OK to CPIN": {"AT+CPIN?": "OK"},
    "CPIN quoted": {"AT+CPIN?": '+CPIN: "READY"'},
    "CPIN without a space": {"AT+CPIN?": "+CPIN:READY"},
    "CPIN without OK": {"AT+CPIN?": Raw(b"\r\n+CPIN: READY\r\n")},
    "PIN2": {"AT+CPIN?": "+CPIN: SIM PIN2"},
    "no CFUN": {"AT+CFUN*": "ERROR"},
    "no ATZ": {"ATZ": "ERROR"},
    "no answer to ATZ": {"ATZ": Silence()},
    "no answer to CPIN?": {
        "AT+CPIN?": Silence()
    },  # each of these ended every start: the modem "did not answer"
    "no answer to CPMS?": {"AT+CPMS?": Silence()},
    "no answer to CSCA?": {"AT+CSCA?": Silence()},
    "no ATE0": {"ATE0": "ERROR"},
    "no identity": {
        "AT+CG*": "ERROR",
        "AT*CCID*": "ERROR",
        "AT+CIMI": "ERROR",
        "AT+CNUM": "ERROR",
        "AT+CRSM*": "ERROR",
    },
    "no registration": {"AT+C*REG*": "ERROR"},
    "no COPS": {"AT+COPS*": "ERROR"},
    "no CSCA": {"AT+CSCA?": "ERROR"},
    "COMMAND NOT SUPPORT to half of it": dict.fromkeys(
        ("AT+CS*", "AT+CN*", "AT+CPMS*", "AT+CF*", "AT+CM[E]*", "AT+CMGL*"), "COMMAND NOT SUPPORT"
    ),
    "slow and in pieces": {"AT+*": Late(0.5, "OK")},
}


@pytest.mark.parametrize("rules", HALF.values(), ids=HALF.keys())
def test_a_modem_that_refuses_much_still_starts_sends_and_reads(rules: dict[str, Any]) -> None:
    pdu = "07913366003051F5040B913366304381F900005180719120348004D4F29C0E"
    listed = {"AT+CMGL=4": f"+CMGL: 0,0,,23\n{pdu}", "AT+CMGR=0": f"+CMGR: 0,,23\n{pdu}", "AT+CMGR=*": "OK"}
    kept = {
        "AT+CMGS=*": "<prompt>",
        **{k: v for k, v in listed.items() if "CMGL" not in k or "AT+CMGL*" not in rules},
    }
    bench = Bench({**kept, **rules}).start()
    with bench.modem.prompt(len(TPDU)) as prompt:
        assert prompt.send(TPDU) == 1
    assert [(stored.index, stored.pdu) for stored in bench.modem.list(everything=False)] == [(0, pdu)]
    assert bench.modem.health().registered
    assert bench.scripted.submits == ["00" + TPDU.hex().upper()]


def test_a_dead_port_is_silent_after_all_its_tries() -> None:
    bench = Bench({"AT*": Silence()}, echo=False)
    with pytest.raises(ModemSilent) as caught:
        bench.start()
    assert caught.value.waited_s == pytest.approx(60.0, abs=1)
    assert bench.wrote("AT") == 20


@pytest.mark.parametrize(
    "noise", [b"$GPGGA,123519,4807.038,N,01131.000,E,1,08*47\r\n" * 3, b"\x7e\x13\x88\xff\x00\x91\x7e" * 9]
)
def test_a_port_that_speaks_something_else_is_left_alone_soon(noise: bytes) -> None:
    bench = Bench({"AT*": Raw(noise)}, echo=False)
    with pytest.raises(NotAModem):
        bench.start()
    assert bench.wrote("AT") == 3


def test_a_modem_that_boots_slowly_is_waited_for() -> None:
    bench = Bench({"AT": [Silence(), Silence(), Silence(), "OK"]}).start()
    assert bench.modem.identity.imei


def test_a_stale_prompt_is_left_first() -> None:
    bench = Bench()
    bench.scripted._at_prompt = True
    bench.start()
    assert bench.scripted.submits == []


def test_pdu_mode_is_tried_until_the_sim_lets_it() -> None:
    bench = Bench({"AT+CMGF=0": ["ERROR", "ERROR", "OK"], "AT+CMGF?": "+CMGF: 1"}).start()
    assert bench.wrote("AT+CMGF=0") == 3


def test_no_pdu_mode_is_a_refusal() -> None:
    with pytest.raises(CommandRefused):
        Bench({"AT+CMGF=0": "ERROR", "AT+CMGF?": "+CMGF: 1"}).start()


def test_the_first_accepted_indication_stays() -> None:
    bench = Bench({"AT+CNMI=2,1,0,2,0": "+CMS ERROR: 303", "AT+CNMI=1,1,0,2,0": "ERROR"}).start()
    tried = [written for written in bench.scripted.written if written.startswith("AT+CNMI=")]
    assert tried == ["AT+CNMI=2,1,0,2,0", "AT+CNMI=1,1,0,2,0", "AT+CNMI=2,1,0,1,0"]


@pytest.mark.parametrize("answers", [['+CSCA: "",129'], ["+CMS ERROR: 330"]])
def test_a_sim_without_service_centre_is_a_fact(answers: list[str]) -> None:
    bench = Bench({"AT+CSCA?": answers}).start()
    assert bench.modem.smsc == ""


def test_a_service_centre_that_shows_late_is_waited_for() -> None:
    bench = Bench({"AT+CSCA?": ["+CMS ERROR: 330", '+CSCA: "",129', '+CSCA: "+441234567890",145']}).start()
    assert bench.modem.smsc == "+441234567890"


@pytest.mark.parametrize(
    ("made", "model", "profile"),
    [
        ("huawei", "E3131", "huawei"),
        ("Vodafone (Huawei)", "K3765", "huawei"),
        ("SIMCOM_Ltd", "SIMCOM_SIM800L", "simcom"),
        ("SIMCOM INCORPORATED", "SIMCOM_SIM7600E-H", "simcom-sim7"),
        ("INCORPORATED", "A7670E-FASE", "simcom-a76"),
        ("ZTE INCORPORATED", "MF190", "zte"),
        ("Quectel", "EC25", "quectel"),
        ("Cinterion", "MC75i", "cinterion"),
        ("WAVECOM MODEM", "900E", "wavecom"),
        ("Nokia", "3310", "nokia"),
    ],
)
def test_profiles(made: str, model: str, profile: str) -> None:
    bench = Bench({"AT+CGMI": made, "AT+CGMM": model}).start()
    assert bench.modem.profile.name == profile
    for command in bench.modem.profile.quiet:
        assert bench.wrote(command)


@pytest.mark.parametrize(
    ("rule", "iccid"),
    [
        ({"AT+CCID": "8944110065012345678F"}, "8944110065012345678"),
        ({"AT+CCID": "ERROR", "AT^ICCID?": '^ICCID: "98941100560021436587"'}, "89491100650012345678"),
        ({"AT+CCID": "ERROR", "AT+ICCID": "ICCID: 8944110065012345678"}, "8944110065012345678"),
        ({"AT*CCID*": "ERROR", "AT+CRSM=*": '+CRSM: 144,0,"984411005610325476F8"'}, "8944110065012345678"),
        # oFono's phonesim says 9F0A, a card whose toolkit wants something 91xx: the octets are there
        ({"AT*CCID*": "ERROR", "AT+CRSM=*": "+CRSM: 159,10,984411005610325476F8"}, "8944110065012345678"),
        ({"AT*CCID*": "ERROR", "AT+CRSM=*": '+CRSM: 145,40,"984411005610325476F8"'}, "8944110065012345678"),
        ({"AT*CCID*": "ERROR", "AT+CRSM=*": "+CRSM: 106,130"}, ""),
        # Another program at the port took the beginning (seed 410125).
        ({"AT*CCID*": "ERROR", "AT+CRSM=*": '101430121181150067"'}, ""),
        (
            {
                "AT+CGMM": "SIMCOM_SIM7600E-H",
                "AT+CICCID": "+ICCID: 8944110065012345678",
                "AT*CCID*": "ERROR",
                "AT+CRSM=*": "ERROR",
            },
            "8944110065012345678",
        ),
        (
            {"AT+CCID": "44110065012345678912", "AT+ICCID": "ICCID: 8944110065012345678"},
            "8944110065012345678",
        ),
    ],
)
def test_iccid_by_many_ways(rule: dict[str, str], iccid: str) -> None:
    """A SIM7600's own was taken for words that nobody had asked for: it answers under another name than the question's."""
    bench = Bench(rule).start()
    assert bench.modem.identity.iccid == iccid


@pytest.mark.parametrize(
    ("way", "mangled", "whole"),
    [
        ("AT+CCID", "894411006501234567", "8944110065012345678"),
        ("AT+CRSM=*", "+CRSM: 144,0,984411005610325A76F8", "+CRSM: 144,0,984411005610325476F8"),
    ],
)
def test_a_sim_is_no_other_for_digits_that_another_program_took_or_put_in(
    way: str, mangled: str, whole: str
) -> None:
    """Its texts counted for a SIM that nobody has (seed 1052637)."""
    bench = Bench({"AT+CCID": "ERROR", way: [mangled, whole, whole]}).start()
    assert bench.modem.identity.iccid == "8944110065012345678"


def test_an_imsi_whose_end_another_program_took_is_read_again() -> None:
    """Its SIM was another one at the next start, with a budget of its own (dense seed 42000730)."""
    bench = Bench({"AT+CIMI": ["31041012345600", "310410123456002", "310410123456002"]}).start()
    assert bench.modem.identity.imsi == "310410123456002"


def test_a_modem_that_restarts_while_it_is_started_is_started_from_the_beginning() -> None:
    bench = Bench({"AT+CSMS=0": [Raw(b"\r\nRDY\r\n\r\nOK\r\n"), "OK"]}).start()
    assert bench.wrote("ATE0") == 2
    assert bench.modem.notices() == []


def test_the_tail_of_a_boot_during_the_start_is_no_news() -> None:
    bench = Bench(
        {"AT+CSMS=0": Raw(b'\r\nCall Ready\r\n\r\nSMS Ready\r\n\r\n+CMTI: "SM",1\r\n\r\nOK\r\n')}
    ).start()
    assert bench.modem.notices() == [Waiting("SM", 1)]


def test_a_modem_that_forgot_its_indications_has_restarted() -> None:
    bench = Bench({"AT+CNMI?": ["+CNMI: 2,1,0,2,0", "+CNMI: 2,1,0,2,0", "+CNMI: 0,0,0,0,0"]}).start()
    bench.modem.health()
    assert bench.modem.notices() == []
    bench.modem.health()
    assert [type(notice) for notice in bench.modem.notices()] == [Restarted]


def test_what_a_modem_says_before_its_indications_is_not_taken_for_them() -> None:
    bench = Bench({"AT+CNMI?": ["+CNMI: 2,1,0,2,0", "RSSI LEVEL 3\n+CNMI: 2,1,0,2,0"]}).start()
    bench.modem.health()
    assert bench.modem.notices() == []


@pytest.mark.parametrize("chunk", [None, 1])
def test_a_modem_that_has_stored_to_answer_nothing_is_told_to_answer(chunk: int | None) -> None:
    """AT&W after ATQ1: it only echoed what it was told, and was called no modem."""
    proper, mute = Scripted(), True

    def answer(command: str) -> Any:
        nonlocal mute
        mute = (mute or command == "ATZ") and command != "ATQ0V1"
        bench.scripted.echo = command == "ATZ" or bench.scripted.echo
        return Silence() if mute else proper._rule(command)

    bench = Bench({"*": answer}, chunk=chunk)
    bench.start()
    assert (bench.modem.identity.imei, bench.modem.arrival_storage) == ("356938035643809", "SM")


@pytest.mark.parametrize("chunk", [None, 1])
def test_a_modem_that_has_stored_to_answer_in_digits_is_told_to_use_words(chunk: int | None) -> None:
    """AT&W after ATV0: what the modem comes back to at each ATZ. No answer was understood, and the station never got ready."""
    proper, words = Scripted(), False

    def answer(command: str) -> Any:
        nonlocal words
        words = (words or command == "ATQ0V1") and command != "ATZ"
        said = proper._rule(command)
        if words:
            return said
        return Raw(b"4\r" if said == "ERROR" else f"{'' if said == 'OK' else said}\r\n0\r".encode())

    bench = Bench({"*": answer}, chunk=chunk).start()
    assert (bench.modem.identity.imei, bench.modem.arrival_storage) == ("356938035643809", "SM")


def test_a_modem_that_refused_once_to_say_who_made_it_is_driven_as_that_model() -> None:
    """It was taken for a generic one: what it says of itself went to another port, and its error numbers meant something else."""
    made = {"AT+CGMI": ["ERROR", "huawei"], "AT+CGMM": "E3131", "AT+CGSN": ["ERROR", "356938035643809"]}
    bench = Bench(made).start()
    assert bench.modem.profile.name == "huawei"
    assert bench.modem.identity.imei == "356938035643809"
    assert "AT^PORTSEL=1" in bench.scripted.written
    assert bench.scripted.written.count("AT+CGMM") == 1
