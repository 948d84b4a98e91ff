"""What the switches of the SIM put on the wire."""

import pytest

from hardware.virtual import VirtualError


@pytest.mark.parametrize(
    ("fault", "value", "line", "heard"),
    [
        ("sim_wrong", None, "AT+CPIN?", "+CME ERROR: 15"),
        ("sim_wrong", None, "AT+CPMS?", "+CMS ERROR: 315"),
        ("sim_failure", 5, "AT+CPIN?", "+CME ERROR: 13"),
        ("sim_failure", 5, "AT+CMGL=4", "+CMS ERROR: 313"),
        ("bad_contact", None, "AT+CPIN?", "+CME ERROR: 262"),
        ("bad_contact", None, "AT+CMGL=4", "+CME ERROR: 262"),
        ("pin2", None, "AT+CPIN?", "+CPIN: SIM PIN2"),
        ("false_lock", None, "AT+CPIN?", "+CPIN: SIM PIN"),
        ("cpin_ok_only", None, "AT+CPIN?", "OK"),
        ("busy", 3, "AT+CPMS?", "+CMS ERROR: 515"),
    ],
)
def test_the_sim_says_what_it_is(host, fault, value, line, heard):
    host.throw(fault, value)
    assert host.say(line).startswith(f"\r\n{heard}\r\n")


@pytest.mark.parametrize("fault", ["pin2", "false_lock"])
def test_texts_work_all_the_same(host, fault):
    host.throw(fault)
    assert "+CMGS:" in host.submit()
    assert host.say('AT+CPIN="1234"') == "\r\n+CME ERROR: 3\r\n"


def test_a_state_can_lack_its_ok(host):
    host.throw("cpin_no_ok", times=1)
    assert host.say("AT+CPIN?") == "\r\n+CPIN: READY\r\n"
    assert host.wait(10) == ""
    assert host.say("AT") == "\r\nOK\r\n"


def test_a_failing_sim_recovers_and_says_so(host):
    host.throw("sim_failure", 5)
    assert host.say("AT+CREG?").startswith("\r\n+CREG: 0,0")
    assert host.wait(6) == "\r\n+CPIN: READY\r\n"
    assert host.say("AT+CREG?").startswith("\r\n+CREG: 0,1")
    host.world.unplug(0, now=host.now)
    host.world.plug(0, now=host.now)
    host.wait(2)
    assert "+CME ERROR: 13" in host.say("AT+CMEE=1;+CPIN?")


def test_the_right_pin_takes_effect_late(host):
    host.throw("pin_required")
    host.throw("pin_not_yet", 3)
    assert host.say('AT+CPIN="1234"') == "\r\nOK\r\n"
    assert "+CPIN: SIM PIN\r\n" in host.say("AT+CPIN?")
    assert host.say("AT+CMGL=4") == "\r\n+CMS ERROR: 311\r\n"
    host.wait(3.1)
    assert "+CPIN: READY\r\n" in host.say("AT+CPIN?")
    assert host.world.describe()[0]["pin_entries"] == 1


def test_attempts_left_can_be_hidden(host_on):
    host = host_on("quectel-ec25").quiet()
    assert host.say('AT+QPINC="SC"').startswith('\r\n+QPINC: "SC",3,10\r\n')
    host.throw("pin_attempts_hidden")
    assert host.say('AT+QPINC="SC"') == "\r\nERROR\r\n"
    assert "+QCCID: 8901" in host.say("AT+QCCID")


def test_a_locked_sim_can_hide_its_iccid(host):
    host.throw("iccid_hidden")
    assert "+CCID: 8901" in host.say("AT+CCID")
    host.throw("pin_required")
    assert host.say("AT+CCID") == "\r\n+CME ERROR: 11\r\n"
    assert host.say("AT+CRSM=176,12258,0,0,10") == "\r\n+CME ERROR: 11\r\n"


def test_the_radio_can_be_off_after_a_start(host):
    host.throw("radio_off", 4)
    host.say("AT+CFUN=1,1")
    host.wait(3)
    host.say("ATE0")
    assert host.say("AT+CFUN?").startswith("\r\n+CFUN: 4\r\n")
    assert host.say("AT+CREG?").startswith("\r\n+CREG: 0,0")
    host.say("AT+CFUN=1")
    assert host.say("AT+CREG?").startswith("\r\n+CREG: 0,1")


def test_another_sim_has_its_own_number_texts_and_lock(host):
    number, card = host.modem.card.number, host.modem.card
    host.world.inbound(0, "+12025550170", "for the first", now=host.now)
    host.wait(1)
    host.throw("sim_swap", 1)
    assert "+CPIN: READY" in host.wait(1)
    assert host.modem.card.number != number
    assert host.modem.card.imei == card.imei
    assert host.modem.card.iccid not in host.say("AT+CIMI;+CNUM")
    assert "+CMGL" not in host.say("AT+CMGL=4")
    host.throw("pin_required", {"pin": "9999"})
    host.throw("sim_swap", 0)
    assert "+CPIN: READY" in host.say("AT+CPIN?")
    assert "+CMGL: 1," in host.say("AT+CMGL=4")
    host.throw("sim_swap", 1)
    assert "+CPIN: SIM PIN" in host.say("AT+CPIN?")


def test_a_text_to_a_sim_that_is_out_waits_for_it(host):
    first = host.modem.card.number
    host.throw("sim_swap", {"sim": 1, "quiet": True})
    assert host.wait(1) == ""
    sender = type(host)(host.world, 1)
    sender.quiet().submit(first)
    host.wait(60)
    assert "+CMGL" not in host.say("AT+CMGL=4")
    host.world.clear(0, "sim_swap", now=host.now)
    assert "+CMTI" in host.wait(60)


def test_no_two_sims_are_the_same(host_on):
    world = host_on(count=200).world
    seen = set()
    for place in range(200):
        for number in (0, 1, 2):
            world.fault(place, "sim_swap", number, now=0.0)
            card = world.modems[place].card
            seen.add((card.number, card.iccid, card.imsi))
    assert len({one for card in seen for one in card}) == 3 * 600


def test_a_sim_that_is_not_there_is_refused_in_words(host):
    with pytest.raises(VirtualError, match="has the SIMs 0 to 2, not 7"):
        host.throw("sim_swap", 7)
    assert "sim_swap" not in host.modem.faults.all()


def test_files_of_the_sim_can_be_read_raw(host):
    digits = host.modem.card.iccid
    swapped = "".join(digits[at + 1] + digits[at] for at in range(0, 20, 2))
    assert f'+CRSM: 144,0,"{swapped}"' in host.say("AT+CRSM=176,12258,0,0,10")
    assert "07912120550591F9" in host.say("AT+CRSM=178,28482,1,4,28")
    assert "+CRSM: 106,130" in host.say("AT+CRSM=176,1,0,0,10")
