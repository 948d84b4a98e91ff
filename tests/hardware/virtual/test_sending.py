"""From AT+CMGS to the air log, and every way it can go wrong. Time is simulated."""

import pytest


def air(host):
    return [(record.to, record.mr) for record in host.world.network.air]


def test_the_prompt_comes_first_and_the_reference_last(host):
    assert host.say("AT+CMGS=18") == "\r\n> "
    heard = host.type("0021000B912120550571F0000005E8329BFD06\x1a")
    assert heard == f"\r\n+CMGS: {host.modem.mr}\r\n\r\nOK\r\n" + '\r\n+CDSI: "SM",1\r\n'
    assert air(host) == [("+12025550170", host.modem.mr)]


def test_references_count_modulo_256(host):
    host.world.fault(0, "mr_wrap", now=host.now)
    for _ in range(3):
        host.submit()
    assert [mr for _, mr in air(host)] == [255, 0, 1]


@pytest.mark.parametrize(
    ("length", "pdu"),
    [
        ("17", "0021000B912120550571F0000005E8329BFD06"),
        ("18", "0021000B912120550571F0000005E8329BFDZZ"),
        ("18", "0021000B912120550571F0000009E8329BFD06"),
        ("18", ""),
    ],
    ids=["length", "hex", "user data", "nothing"],
)
def test_a_wrong_pdu_is_304_and_nothing_leaves(host, length, pdu):
    host.say(f"AT+CMGS={length}")
    assert host.type(pdu + "\x1a") == "\r\n+CMS ERROR: 304\r\n"
    assert air(host) == []


def test_escape_leaves_the_prompt_and_nothing_leaves_the_house(host):
    host.say("AT+CMGS=18")
    assert host.type("0021000B\x1b") == ""
    assert host.say("AT") == "\r\nOK\r\n"
    host.world.fault(0, "esc_ok", now=host.now)
    host.say("AT+CMGS=18")
    assert host.type("\x1b") == "\r\nOK\r\n"
    assert air(host) == []


def test_with_echo_the_pdu_comes_back(host):
    host.say("ATE1")
    assert host.submit().startswith("AT+CMGS=18\r\r\n> 0021000B912120550571F0000005E8329BFD06\x1a\r\n+CMGS:")


def test_sending_takes_the_latency_and_commands_wait(host_on):
    host = host_on(send_latency=4.0).quiet()
    assert host.submit() == "\r\n> "
    assert host.say("AT+CREG?") == ""
    assert host.wait(3.9) == ""
    heard = host.wait(0.2)
    assert heard.index("+CMGS:") < heard.index("+CREG: 0,1")


def test_realistic_latency_is_seeded_and_at_most_ten_seconds(host_on):
    def waits(seed):
        latency = host_on(send_latency="realistic", seed=seed).modem.latency
        return [latency() for _ in range(300)]

    assert waits(1) == waits(1)
    assert waits(1) != waits(2)
    assert 0 < min(waits(1)) < 1
    assert 6 < max(waits(1)) <= 10


@pytest.mark.parametrize(
    ("fault", "value", "heard", "left"),
    [
        ("cmgs_silent", "sent", "", 1),
        ("cmgs_silent", "lost", "", 0),
        ("cmgs_error", 38, "\r\n+CMS ERROR: 38\r\n", 0),
        ("cmgs_error", "ERROR", "\r\nERROR\r\n", 0),
        ("cmgs_error", {"code": 500, "sent": True}, "\r\n+CMS ERROR: 500\r\n", 1),
        ("lte_send_fail", None, "\r\n+CMS ERROR: Unknown error\r\n", 0),
        ("ok_without_cmgs", None, "\r\nOK\r\n", 1),
    ],
)
def test_what_sending_can_end_in(host, fault, value, heard, left):
    host.say("AT+CNMI=2,1,0,0,0")
    host.world.fault(0, fault, value, times=1, now=host.now)
    assert host.submit() == "\r\n> " + heard
    assert len(air(host)) == left
    assert "+CMGS:" in host.submit()


def test_a_late_answer_comes_before_that_of_the_next_command(host):
    host.world.fault(0, "cmgs_late", 31_000, times=1, now=host.now)
    assert host.submit(first="01") == "\r\n> "
    assert host.wait(30) == ""
    assert host.say("AT") == ""
    heard = host.wait(2)
    assert heard == f"\r\n+CMGS: {host.modem.mr}\r\n\r\nOK\r\n\r\nOK\r\n"


def test_a_late_error_comes_when_it_should(host):
    host.world.fault(0, "cmgs_error", {"code": 332, "after_s": 35}, now=host.now)
    assert host.submit() == "\r\n> "
    assert host.wait(34.9) == ""
    assert host.wait(0.2) == "\r\n+CMS ERROR: 332\r\n"


@pytest.mark.parametrize(
    ("fault", "value", "heard"),
    [
        ("prompt_missing", "silent", ""),
        ("prompt_no_space", None, "\r\n>\r\n"),
        ("prompt_error", 302, "\r\n+CMS ERROR: 302\r\n"),
    ],
)
def test_what_the_prompt_can_be(host, fault, value, heard):
    host.world.fault(0, fault, value, times=1, now=host.now)
    assert host.say("AT+CMGS=18") == heard


def test_a_silent_prompt_can_still_hold_the_line(host):
    host.world.fault(0, "prompt_missing", "lost", times=1, now=host.now)
    assert host.say("AT+CMGS=18") == ""
    assert host.say("AT") == ""
    assert host.type("\x1b") == ""
    assert host.say("AT") == "\r\nOK\r\n"


def test_a_late_prompt_is_late(host):
    host.world.fault(0, "prompt_delay", 2000, times=1, now=host.now)
    assert host.say("AT+CMGS=18") == ""
    assert host.wait(1.9) == ""
    assert host.wait(0.2) == "\r\n> "


@pytest.mark.parametrize("fault", ["reboot_at", "usb_drop_at"])
@pytest.mark.parametrize(
    ("state", "left"), [("cmgs", 0), ("prompt", 0), ("pdu", 0), ("ctrl_z", 0), ("sent", 1)]
)
def test_power_can_go_at_every_step_and_the_air_tells_whether_it_left(host, fault, state, left):
    host.world.fault(0, fault, state, times=1, now=host.now)
    host.say("AT+CMGS=18")
    heard = host.type("0021000B912120550571F0000005E8329BFD06\x1a") + host.wait(0.1)
    assert "CMGS" not in heard
    assert len(air(host)) == left
    assert host.modem.plugged == (fault == "reboot_at")
    assert not host.modem.powered


def test_a_dropped_stick_can_come_back_by_itself(host):
    host.world.fault(0, "usb_drop_at", {"state": "sent", "back_after_s": 7}, times=1, now=host.now)
    host.submit()
    host.wait(6)
    assert not host.modem.plugged
    host.wait(3)
    assert host.say("AT") == "AT\r\r\nOK\r\n"


@pytest.mark.parametrize(
    ("stat", "goes"), [(0, False), (1, True), (2, False), (3, False), (5, True), (6, True), (11, False)]
)
def test_only_a_registered_modem_sends(host, stat, goes):
    host.world.fault(0, "registered", stat, now=host.now)
    assert ("+CMGS:" in host.submit()) == goes
    assert (len(air(host)) == 1) == goes


def test_a_stored_text_is_sent_to_another_number(host):
    host.say("AT+CMGW=18")
    assert host.type("0021000B912120550571F0000005E8329BFD06\x1a") == "\r\n+CMGW: 1\r\n\r\nOK\r\n"
    assert host.say('AT+CMSS=1,"+12025550171"').startswith("\r\n+CMSS: ")
    assert air(host)[0][0] == "+12025550171"
    assert host.say("AT+CMSS=5") == "\r\n+CMS ERROR: 321\r\n"


@pytest.mark.parametrize("record", ["00=9", "", "07912120550591F9040B91", "00FFFF"])
def test_a_stored_record_that_is_no_submit_is_not_sent(host, record):
    host.world.put(0, record, now=0.0)
    assert host.say("AT+CMSS=1") == "\r\n+CMS ERROR: 304\r\n"
    assert host.say('AT+CMSS=1,"+12025550171"') == "\r\n+CMS ERROR: 304\r\n"
    assert air(host) == []
