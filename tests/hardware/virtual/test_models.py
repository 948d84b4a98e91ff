"""What each model does differently, from its start on. A model that a row does not describe is not here."""

import pytest

from hardware.virtual import VirtualError
from hardware.virtual.personality import PERSONALITIES, personality
from hardware.virtual.switches import USSD_KINDS
from tests.hardware.virtual.conftest import Host


@pytest.mark.parametrize(
    ("model", "lines"),
    [
        ("huawei-e3131", ["^BOOT:35323129,0,0,0,26", "^SIMST:1", "^SRVST:2", "^MODE:5,4"]),
        ("a7670e", ["*ATREADY: 1", "+CPIN: READY", "SMS DONE", "PB DONE", "+CGREG: 0,0"]),
        ("sim7600", ["RDY", "+CPIN: READY", "SMS DONE", "PB DONE"]),
        (
            "quectel-ec25",
            ["RDY", "+CFUN: 1", "+CPIN: READY", "+QUSIM: 1", "+QIND: SMS DONE", "+QIND: PB DONE"],
        ),
        ("cinterion", ["^SYSSTART", "+CPIN: READY"]),
        ("wavecom", ["+WIND: 3", "+WIND: 4"]),
    ],
)
def test_a_start_says_its_lines_in_order(host_on, model, lines):
    host = host_on(model)
    heard = [line for line in host.plug_anew().split("\r\n") if line and not line.startswith("+CSQ")]
    assert heard == lines


@pytest.mark.parametrize(
    ("model", "line", "answer"),
    [
        ("generic-27005", "AT+CGMM", "Virtual 27.005"),
        ("huawei-e3131", "AT^ICCID?", "^ICCID: 89014103211118510001"),
        ("huawei-e3372-325", 'AT+CPMS="SM","SM"', "ERROR"),
        ("huawei-e3372-325", 'AT+CPMS="SM"', "ERROR"),
        ("huawei-e3372-325", 'AT+CPMS="SM","SM","SM"', "+CPMS: 0,20,0,20,0,20"),
        ("zte-mf190", "AT+ZPINPUK=?", "+ZPINPUK: 3,10"),
        ("zte-mf190", "AT+ZICCID?", "+ZICCID: 89014103211118510001"),
        ("zte-mf190", "AT+CCID", "ERROR"),
        ("sim800l", "AT+CCID", "89014103211118510001f"),
        ("a7670e", "AT+CICCID", "+ICCID: 89014103211118510001"),
        ("a7670e", "AT+CICCID=?", "OK"),
        ("sim7600", "AT+SPIC", "+SPIC: 3,10,0,10"),
        ("quectel-ec25", 'AT+QPINC="SC"', '+QPINC: "SC",3,10'),
        ("quectel-ec25", "AT+QCCID", "+QCCID: 89014103211118510001"),
        ("quectel-ec25", "AT+CPMS?", '+CPMS: "ME",0,255,"ME",0,255,"ME",0,255'),
        ("cinterion", "AT+CPMS=?", '+CPMS: ("ME","SM","MT"),("ME","SM","MT"),("SM","MT")'),
        ("cinterion", 'AT+CPMS="ME","ME","ME"', "+CMS ERROR: 302"),
        ("cinterion", "AT+CNMI=?", "+CNMI: (0-3),(0,1),(0,2,3),(0,2),(1)"),
        ("cinterion", "AT+CNMI=2,1,0,2,0", "+CMS ERROR: 303"),
        ("cinterion", "AT+CNMI=2,1,0,2,1", "OK"),
        ("cinterion", "AT+CNMI=2,1,0,1,1", "+CMS ERROR: 303"),
        ("cinterion", 'AT^SPIC="SC"', "^SPIC: 3"),
        ("wavecom", "AT+CPMS=?", '+CPMS: (("SM","BM","SR"),("SM"))'),
        ("wavecom", 'AT+CPMS="SM","SM"', "ERROR"),
        ("wavecom", 'AT+CPMS="SM"', "+CPMS: 0,25,0,25,0,25"),
        ("wavecom", "AT+CCID", '+CCID: "89014103211118510001"'),
        ("novatel", "AT+CNMI=2,1,0,2,0", "+CMS ERROR: 303"),
        ("novatel", "AT+CNMI=1,1,0,2,0", "OK"),
        ("novatel", "AT+CNMA", "+CMS ERROR: 340"),
        ("novatel", "AT$NWPINR?", "$NWPINR: PIN1,3,PUK1,10"),
    ],
)
def test_each_model_has_its_ways(host_on, model, line, answer):
    host = host_on(model)
    host.say("ATE0")
    assert host.say(line).startswith(f"\r\n{answer}\r\n")


@pytest.mark.parametrize(
    ("model", "command"),
    [
        ("huawei-e3131", "^RESET"),
        ("huawei-e3131", "+CFUN=16"),
        ("huawei-e3372-325", "^RESET"),
        ("a7670e", "+CRESET"),
        ("sim7600", "+CRESET"),
        ("cinterion", "+CFUN=1,1"),
    ],
)
def test_each_model_restarts_at_its_own_command(host_on, model, command):
    host = host_on(model)
    assert host.say("AT" + command).endswith("OK\r\n")
    host.wait(0.1)
    assert host.say("AT") == ""
    host.wait(10)
    assert host.say("AT").startswith("AT\r")


def test_zte_floods_until_storages_are_asked(host_on):
    host = host_on("zte-mf190").quiet()
    assert host.wait(9).count("\r\n+ZUSIMR:2\r\n") == 4
    host.say("AT+CPMS?")
    assert host.wait(60) == ""
    assert host.plug_anew().count("+ZUSIMR:2") > 1


def test_zte_shows_reports_with_a_comma(host_on):
    host = host_on("zte-mf190")
    host.say("ATE0;+CPMS?;+CNMI=2,1,0,1,0")
    assert "\r\n+CDS: ,2" in host.submit() + host.wait(1)


def test_zte_is_busy_after_its_pin(host_on):
    host = host_on("zte-mf190").quiet()
    host.throw("pin_required")
    assert host.say('AT+CPIN="1234"') == "\r\nOK\r\n"
    assert host.say("AT+CPIN?") == "\r\n+CME ERROR: 14\r\n"
    host.wait(2.1)
    assert "+CPIN: READY" in host.say("AT+CPIN?")


def test_sim7600_tells_its_signal_until_told_not_to(host_on):
    host = host_on("sim7600").quiet()
    assert host.wait(11).count("\r\n+CSQ: ") == 2
    assert host.say("AT+AUTOCSQ=0") == "\r\nOK\r\n"
    assert host.wait(30) == ""
    host.say("AT+AUTOCSQ=1,1")
    assert host.wait(6).count("\r\n+CSQ: ") == 1


def test_a7670e_starts_with_a_failing_sim_and_refuses_texts_until_it_is_done(host_on):
    host = host_on("a7670e")
    host.world.unplug(0, now=host.now)
    host.world.plug(0, now=host.now)
    host.wait(4.1)
    assert "+CME ERROR: 13" in host.say("ATE0;+CMEE=1;+CPIN?")
    host.wait(2)
    assert "+CPIN: READY" in host.say("AT+CPIN?")
    assert host.say("AT+CPMS?") == "\r\nERROR\r\n"
    assert "SMS DONE" in host.wait(2)
    assert "+CPMS:" in host.say("AT+CPMS?")


def test_a7670e_keeps_a_text_twice_and_prompts_without_a_space(host_on):
    host = host_on("a7670e").quiet()
    host.world.inbound(0, "+12025550170", "hello", now=host.now)
    heard = host.wait(1)
    assert heard == '\r\n+CMTI: "SM",0\r\n\r\n+CMTI: "SM",1\r\n'
    assert host.say("AT+CMGS=18") == "\r\n>\r\n"


def test_a7670e_with_limited_service_refuses_format_and_sending(host_on):
    host = host_on("a7670e").quiet()
    host.throw("registered", 11)
    assert "+CEREG: 0,11" in host.say("AT+CEREG?")
    assert host.say("AT+CMGF=1") == "\r\nERROR\r\n"
    assert host.say("AT+CMGS=18") == "\r\nERROR\r\n"


def test_cinterion_receives_into_both_storages_as_one(host_on):
    host = host_on("cinterion")
    host.say("ATE0")
    assert "+CPMS: 0,45,0,45,0,45" in host.say('AT+CPMS="MT","MT","MT"')
    host.say("AT+CNMI=2,1,0,2,1")
    for number in range(21):
        host.world.put(0, "0011", storage="SM" if number < 20 else "ME", now=host.now)
    host.world.inbound(0, "+12025550170", "hello", now=host.now)
    assert host.wait(1) == '\r\n+CMTI: "MT",22\r\n'
    assert "+CMGR: 0," in host.say("AT+CMGR=22")
    assert host.say("AT+CMGD=22") == "\r\nOK\r\n"
    assert "+CPMS: 21,45" in host.say('AT+CPMS="MT"')
    assert "+CPMS: 1,25" in host.say('AT+CPMS="ME"')


def test_cinterion_has_its_own_codes(host_on):
    host = host_on("cinterion")
    host.say("ATE0")
    host.say("AT+CMGS=18")
    assert host.type("\x1b") == "\r\n+CMS ERROR: 512\r\n"
    host.say("AT+CMGS=9")
    assert host.type("00" + "01000081000005E832\x1a") == "\r\n+CMS ERROR: 515\r\n"
    while len(host.modem.storages["SM"].slots) < 20:
        host.world.put(0, "0011", now=host.now)
    host.say("AT+CMGW=18")
    assert host.type("0001000B912120550571F0000005E8329BFD06\x1a") == "\r\n+CMS ERROR: 513\r\n"


def test_wavecom_asks_for_patience_after_a_start_and_has_its_own_code_without_service(host_on):
    host = host_on("wavecom")
    host.world.unplug(0, now=host.now)
    host.world.plug(0, now=host.now)
    host.wait(3.5)
    host.say("ATE0")
    assert host.say("AT+CPMS?") == "\r\n+CMS ERROR: 515\r\n"
    host.wait(2)
    assert "+CPMS:" in host.say("AT+CPMS?")
    host.throw("registered", 2)
    assert host.submit().endswith("\r\n+CMS ERROR: 512\r\n")


def test_novatel_hangs_after_a_report_that_came_direct(host_on):
    host = host_on("novatel")
    host.say("ATE0;+CNMI=1,1,0,1,0")
    assert "+CDS: " in host.submit() + host.wait(1)
    assert host.say("AT") == "\r\nOK\r\n"
    host.wait(16)
    assert host.say("AT") == ""
    host.plug_anew()
    host.say("ATE0;+CNMI=1,1,0,2,0")
    assert "+CDSI: " in host.submit() + host.wait(1)
    host.wait(60)
    assert host.say("AT") == "\r\nOK\r\n"


def test_the_second_port_has_settings_of_its_own_and_the_same_texts(host_on):
    host = host_on("quectel-ec25").quiet()
    second = Host(host.world, "0.1")
    assert second.say("AT") == "AT\r\r\nOK\r\n"
    host.world.put(0, "0011", now=0.0)
    assert "+CMGL: 0," in second.say("AT+CMGL=4")
    assert "+CMGS:" in second.submit()
    assert [record.modem for record in host.world.network.air] == [0]
    assert host.world.describe()[0]["ports"] == ["modem0", "modem0.1"]


def test_urcs_go_to_the_port_chosen_for_them(host_on):
    host = host_on("quectel-ec25").quiet()
    second = Host(host.world, "0.1").quiet()
    host.world.inbound(0, "+12025550170", "first", now=host.now)
    host.world.tick(0.0)
    first_heard = b"".join(host.modem.take(0.0))
    assert first_heard == b'\r\n+CMTI: "ME",0\r\n'
    assert second.modem.take(0.0) == []
    assert host.say('AT+QURCCFG="urcport","usbmodem"') == "\r\nOK\r\n"
    host.world.inbound(0, "+12025550170", "second", now=host.now)
    host.world.tick(0.0)
    assert host.modem.take(0.0) == []
    assert second.modem.take(0.0) == [b'\r\n+CMTI: "ME",1\r\n']


def test_both_ports_go_and_come_together(host_on):
    host = host_on("quectel-ec25").quiet()
    second = Host(host.world, "0.1").quiet()
    second.say("AT+CFUN=1,1")
    second.wait(0.1)
    assert not host.modem.plugged
    assert not second.modem.plugged
    second.wait(10)
    assert second.say("AT") == "AT\r\r\nOK\r\n"


@pytest.mark.parametrize("name", PERSONALITIES)
def test_every_row_is_sound(name):
    row = PERSONALITIES[name]
    assert set(row.memory) <= {*row.storages, "MT"}
    assert row.ussd in USSD_KINDS
    assert len(row.cnmi_taken) == 5
    assert all(value in allowed for value, allowed in zip(row.cnmi, row.cnmi_taken, strict=True))


def test_an_unknown_model_is_refused_in_words():
    with pytest.raises(VirtualError, match="no personality called 'nokia'; there are: generic, "):
        personality("nokia")
