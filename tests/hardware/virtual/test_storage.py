"""Arriving texts, their indications, reading and deleting, and what faults do to them. Time is simulated."""

import pytest

DELIVER = "07912120550591F9" + "040B912120550571F0" + "0000" + "6211426003510A" + "05E8329BFD06"
FLASH = DELIVER.replace("F00000", "F00010")


def arrive(host, data=DELIVER, modem=0):
    host.world.inbound(modem, "", data=data, now=host.now)
    return host.wait(0)


def test_a_text_arrives_is_listed_read_and_deleted(host):
    assert arrive(host) == '\r\n+CMTI: "SM",1\r\n'
    assert host.say("AT+CMGL=4") == f"\r\n+CMGL: 1,0,,24\r\n{DELIVER}\r\n\r\nOK\r\n"
    assert host.say("AT+CMGR=1") == f"\r\n+CMGR: 1,,24\r\n{DELIVER}\r\n\r\nOK\r\n"
    assert host.say("AT+CMGD=1") == "\r\nOK\r\n"
    assert host.say("AT+CMGL=4") == "\r\nOK\r\n"
    assert host.say("AT+CMGR=1") == "\r\n+CMS ERROR: 321\r\n"
    assert host.say("AT+CMGR=31") == "\r\n+CMS ERROR: 321\r\n"


def test_a_huawei_counts_from_zero(host_on):
    host = host_on("huawei-e3131").quiet()
    assert arrive(host) == '\r\n+CMTI: "ME",0\r\n'


def test_storages_count_and_switch(host):
    arrive(host)
    assert '+CPMS: "SM",1,30,"SM",1,30,"SM",1,30' in host.say("AT+CPMS?")
    assert "+CPMS: 0,100,1,30,1,30" in host.say('AT+CPMS="ME"')
    assert "+CPMS: 0,100,0,100,0,100" in host.say('AT+CPMS="ME","ME","ME"')
    assert arrive(host) == '\r\n+CMTI: "ME",1\r\n'
    assert host.say('AT+CPMS="XX"') == "\r\n+CMS ERROR: 302\r\n"


@pytest.mark.parametrize(("flag", "left"), [(1, 1), (4, 0)])
def test_delete_by_flag(host, flag, left):
    arrive(host)
    host.say("AT+CMGL=0")
    arrive(host)
    assert host.say(f"AT+CMGD=1,{flag}") == "\r\nOK\r\n"
    assert len(host.modem.storages["SM"].slots) == left


def test_a_full_storage_refuses_and_the_network_tries_again(host_on):
    host = host_on("huawei-e3131").quiet()
    for _ in range(20):
        arrive(host)
    assert arrive(host) == '\r\n^SMMEMFULL:"ME"\r\n'
    assert '+CMTI: "ME",3' in host.say("AT+CMGD=3")


def test_texts_wait_for_a_modem_that_is_away_and_come_in_order(host):
    host.world.unplug(0, now=host.now)
    for text in ("F8", "F9"):
        arrive(host, DELIVER.replace("0571F0", f"0571{text}"))
    host.wait(100)
    host.world.plug(0, now=host.now)
    host.wait(2)
    host.quiet()
    heard = host.say("AT+CMGL=4")
    assert heard.index("0571F8") < heard.index("0571F9")


@pytest.mark.parametrize(
    ("routing", "indication"),
    [
        ("2,0,0,0,0", ""),
        ("2,1,0,0,0", '\r\n+CMTI: "SM",1\r\n'),
        ("2,2,0,0,0", f"\r\n+CMT: ,24\r\n{DELIVER}\r\n"),
        ("2,3,0,0,0", '\r\n+CMTI: "SM",1\r\n'),
        ("0,1,0,0,0", ""),
    ],
)
def test_cnmi_routes_texts(host, routing, indication):
    host.say(f"AT+CNMI={routing}")
    assert arrive(host) == indication


def test_mode_0_keeps_indications_until_the_mode_changes(host):
    host.say("AT+CNMI=0,1,0,0,0")
    arrive(host)
    assert host.say("AT+CNMI=2,1,0,0,0") == '\r\nOK\r\n\r\n+CMTI: "SM",1\r\n'


def test_with_csms_1_an_unacknowledged_text_stops_routing_and_comes_again(host):
    host.say("AT+CSMS=1")
    host.say("AT+CNMI=2,2,0,0,0")
    assert "+CMT:" in arrive(host)
    assert host.wait(16) == ""
    assert "+CNMI: 2,0,0,0,0" in host.say("AT+CNMI?")
    host.wait(31)
    assert f"\r\n{DELIVER}\r\n" in host.say("AT+CMGL=4")


def test_an_acknowledged_text_is_gone(host):
    host.say("AT+CSMS=1")
    host.say("AT+CNMI=2,2,0,0,0")
    arrive(host)
    assert host.say("AT+CNMA") == "\r\nOK\r\n"
    assert host.say("AT+CNMA") == "\r\n+CMS ERROR: 340\r\n"
    assert host.wait(60) == ""


def test_indications_wait_for_a_prompt_and_for_the_end_of_a_line(host):
    host.say("AT+CMGS=18")
    assert arrive(host) == ""
    assert '+CMTI: "SM",1' in host.type("\x1b")
    host.type("AT+CS")
    assert arrive(host) == ""
    heard = host.type("Q\r")
    assert heard.index("+CSQ:") < heard.index("+CMTI:")


def test_a_class_0_text_is_shown_and_not_stored_where_the_model_does_so(host_on):
    host = host_on("sim800l").quiet()
    assert arrive(host, FLASH) == f"\r\n+CMT: ,24\r\n{FLASH}\r\n"
    assert host.modem.storages["SM"].slots == {}


@pytest.mark.parametrize(
    ("fault", "value", "heard", "slots"),
    [
        ("drop_cmti", None, "", 1),
        ("dup_cmti", None, '\r\n+CMTI: "SM",1\r\n' * 2, 1),
        ("dup_store", None, '\r\n+CMTI: "SM",1\r\n\r\n+CMTI: "SM",2\r\n', 2),
        ("cmti_index_minus1", None, '\r\n+CMTI: "SM",-1\r\n', 1),
        ("cmti_wrong_mem", "MT", '\r\n+CMTI: "MT",1\r\n', 1),
        ("class0_cmt", None, f"\r\n+CMT: ,24\r\n{FLASH}\r\n", 0),
        ("memory_full", None, "", 0),
        ("reject_inbound", None, "", 0),
        ("reject_inbound", 322, "", 0),  # as the catalogue of faults names it
    ],
)
def test_indications_that_mislead(host, fault, value, heard, slots):
    host.world.fault(0, fault, value, times=1, now=host.now)
    assert arrive(host) + host.wait(1) == heard
    assert len(host.modem.storages["SM"].slots) == slots


@pytest.mark.parametrize(
    ("fault", "record"),
    [
        ("truncated_pdu", DELIVER[:18]),
        ("ff_padded_pdu", DELIVER.ljust(352, "F")),
        ("nonhex_pdu", DELIVER[:14] + "=9" + DELIVER[16:20] + "p7" + DELIVER[22:]),
    ],
)
def test_records_can_be_damaged(host, fault, record):
    host.world.fault(0, fault, times=1, now=host.now)
    arrive(host)
    assert f"\r\n{record}\r\n" in host.say("AT+CMGL=4")


def test_counters_can_lag_half_a_second(host):
    host.world.fault(0, "cpms_stale_500ms", now=host.now)
    arrive(host)
    assert '"SM",0,30' in host.say("AT+CPMS?")
    host.wait(0.6)
    assert '"SM",1,30' in host.say("AT+CPMS?")


def test_a_hanging_list_is_deaf_for_as_long_as_told(host):
    host.world.fault(0, "cmgl_hang", 20, times=1, now=host.now)
    assert host.say("AT+CMGL=4") == ""
    assert host.say("AT") == ""
    assert host.wait(21) == ""
    assert host.say("AT") == "\r\nOK\r\n"


def test_a_record_can_be_put_as_it_stands(host):
    assert host.world.put(0, "00FFFF", now=host.now, status=1) == 1
    assert "\r\n00FFFF\r\n" in host.say("AT+CMGL=1")
