"""One modem at its port: answers, echo, errors, PIN, power. Time is simulated."""

import pytest


def test_answers_have_the_frame_of_v250(host_on):
    host = host_on()
    assert host.say("AT") == "AT\r\r\nOK\r\n"
    assert host.say("ATE0") == "ATE0\r\r\nOK\r\n"
    assert host.say("AT") == "\r\nOK\r\n"
    assert host.say("AT+CREG?;+CGATT?") == "\r\n+CREG: 0,1\r\n\r\n+CGATT: 1\r\n\r\nOK\r\n"


def test_a_line_may_come_octet_by_octet_with_line_feeds(host):
    said = [host.type(octet) for octet in "AT+CMGF?\n\r\n"]
    assert "".join(said) == "\r\n+CMGF: 0\r\n\r\nOK\r\n"


def test_what_holds_no_at_is_not_answered(host):
    assert host.say("0011000B912120550571F0") == ""
    assert host.say("") == ""
    assert host.type("\x1b\r") == ""
    assert host.say("AT") == "\r\nOK\r\n"


def test_the_first_error_ends_the_line(host):
    assert host.say("AT+CSQ=?;+NOPE;+CREG?") == "\r\n+CSQ: (0-31,99),(0-7,99)\r\n\r\nERROR\r\n"


def test_identity_is_that_of_the_bank(host):
    imei = host.say("AT+CGSN").split()[0]
    total = sum(sum(divmod(int(d) * (1 + place % 2), 10)) for place, d in enumerate(reversed(imei)))
    assert (len(imei), total % 10) == (15, 0)
    assert host.say("AT+CNUM") == '\r\n+CNUM: "","+12025550100",145\r\n\r\nOK\r\n'
    assert len(host.say("AT+CIMI").split()[0]) == 15
    assert len(host.say("AT+CCID").split()[1]) == 20


def test_no_two_modems_share_an_identity(host_on):
    rows = host_on(count=200).world.describe()
    for key in ("number", "imei", "iccid", "imsi"):
        assert len({row[key] for row in rows}) == 200


@pytest.mark.parametrize(
    ("setting", "answer"),
    [("0", "ERROR"), ("1", "+CME ERROR: 10"), ("2", "+CME ERROR: SIM not inserted")],
)
def test_cmee_chooses_the_form_of_errors(host, setting, answer):
    host.say(f"AT+CMEE={setting}")
    host.world.fault(0, "sim_absent", now=host.now)
    assert host.say("AT+CIMI") == f"\r\n{answer}\r\n"


def test_cms_errors_have_their_number_without_cmee(host_on):
    host = host_on()
    assert host.say("AT+CMGR=1").endswith("\r\n+CMS ERROR: 321\r\n")


def test_a_reset_forgets_echo_routing_and_format(host):
    assert host.say("ATZ") == "\r\nOK\r\n"
    assert "+CNMI: 0,0,0,0,0" in host.say("AT+CNMI?")
    assert host.say("AT") == "AT\r\r\nOK\r\n"


def test_a_wrong_pin_costs_an_attempt_and_the_last_one_the_sim(host):
    host.world.fault(0, "pin_required", {"pin": "4711", "attempts": 2}, now=host.now)
    assert host.say("AT+CPIN?").startswith("\r\n+CPIN: SIM PIN\r\n")
    assert host.say("AT+CMGL=4") == "\r\n+CMS ERROR: 311\r\n"
    assert host.say("AT+CIMI") == "\r\n+CME ERROR: 11\r\n"
    assert host.say('AT+CPIN="0000"') == "\r\n+CME ERROR: 16\r\n"
    assert host.say('AT+CPIN="0000"') == "\r\n+CME ERROR: 16\r\n"
    assert host.say("AT+CPIN?").startswith("\r\n+CPIN: SIM PUK\r\n")
    assert host.say('AT+CPIN="4711"') == "\r\n+CME ERROR: 12\r\n"


def test_the_right_pin_opens_the_sim_until_the_next_start(host):
    host.world.fault(0, "pin_required", now=host.now)
    assert host.say("AT+CREG?").startswith("\r\n+CREG: 0,0")
    assert host.say('AT+CPIN="1234"') == "\r\nOK\r\n"
    assert host.say("AT+CREG?").startswith("\r\n+CREG: 0,1")
    host.say("AT+CFUN=1,1")
    host.wait(5)
    host.say("ATE0")
    assert host.say("AT+CPIN?").startswith("\r\n+CPIN: SIM PIN\r\n")


def test_sim_busy_passes_after_so_many_answers(host):
    host.world.fault(0, "sim_busy", 2, now=host.now)
    assert host.say("AT+CSCA?") == "\r\n+CMS ERROR: 314\r\n"
    assert host.say("AT+CPIN?") == "\r\n+CME ERROR: 14\r\n"
    assert host.say("AT+CPIN?").endswith("OK\r\n")


def test_a_restart_is_deaf_then_says_the_boot_lines(host_on):
    host = host_on("sim800l").quiet()
    assert host.say("AT+CFUN=1,1") == "\r\nOK\r\n"
    assert host.wait(1) == ""
    assert host.say("AT") == ""
    heard = host.wait(5)
    assert [line for line in heard.split("\r\n") if line] == [
        "RDY",
        "+CFUN: 1",
        "+CPIN: READY",
        "Call Ready",
        "SMS Ready",
    ]
    assert host.say("AT") == "AT\r\r\nOK\r\n"


def test_a_huawei_stick_loses_its_port_when_it_restarts(host_on):
    host = host_on("huawei-e3131").quiet()
    host.world.fault(0, "reboot_at", "command", times=1, now=host.now)
    assert host.say("AT") == ""
    assert not host.modem.plugged
    host.wait(1.5)
    assert host.modem.plugged
    assert "^BOOT:" in host.wait(2)


def test_radio_off_is_not_registered(host):
    host.say("AT+CFUN=0")
    assert "+CREG: 0,0" in host.say("AT+CREG?")
    assert "+CMS ERROR: 331" in host.submit()
    host.say("AT+CFUN=1")
    assert "+CMGS:" in host.submit()


def test_registration_changes_are_told_to_who_asked(host):
    host.say("AT+CREG=2")
    host.world.fault(0, "registered", 3, now=host.now)
    assert host.wait(0) == "\r\n+CREG: 3\r\n"
    host.world.clear(0, "registered", now=host.now)
    assert host.say("AT+CREG?").startswith('\r\n+CREG: 2,1,"1A2B","01C3D4E5",7')


def test_ussd_answers_unsolicited(host):
    assert host.say('AT+CUSD=1,"*100#",15') == "\r\nOK\r\n"
    assert host.wait(1) == '\r\n+CUSD: 0,"Your balance is $10.00.",15\r\n'


@pytest.mark.parametrize(
    ("personality", "line", "answer"),
    [
        ("huawei-e3131", "AT+FOO", "COMMAND NOT SUPPORT"),
        ("huawei-e3131", "AT^CURC=0", "OK"),
        ("huawei-e3131", "AT^CPIN?", "^CPIN: READY,,10,3,10,3"),
        ("huawei-e3131", 'AT+CPMS="SM"', "+CPMS: 0,20,0,20,0,20"),
        ("huawei-e3131", "AT+CNMI=2,1,0,1,0", "+CMS ERROR: 303"),
        ("huawei-e3131", "AT+CMGR=0", "OK"),
        ("huawei-e3131", "AT+CSMS=1", "+CMS ERROR: 303"),
        ("sim800l", "AT+SPIC", "+SPIC: 3,10,0,10"),
        ("sim800l", "AT+CNMI?", "+CNMI: 2,1,0,0,0"),
        ("sim800l", "AT+CEREG?", "ERROR"),
        ("generic", "AT^CURC=0", "ERROR"),
        ("generic", "AT+CLAC", "+CBC"),
    ],
)
def test_each_model_has_its_ways(host_on, personality, line, answer):
    host = host_on(personality)
    host.say("ATE0")
    assert host.say(line).startswith(f"\r\n{answer}\r\n")
