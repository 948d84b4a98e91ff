"""What the switches of sending put on the wire and on the air."""

import pytest

from tests.hardware.virtual.conftest import field


def sent(host):
    """A text leaves; what was heard until a second later."""
    return host.submit() + host.wait(1)


def fill(host):
    storage = host.modem.storages["SM"]
    while len(storage.slots) < storage.size:
        host.world.put(0, "0011", now=host.now)


def air(host):
    return host.world.network.air


def test_busy_passes_after_so_many_answers(host):
    host.throw("busy", 2)
    assert host.say("AT+CMGS=18") == "\r\n+CMS ERROR: 515\r\n"
    assert host.say("AT+CPMS?") == "\r\n+CMS ERROR: 515\r\n"
    assert "+CMGS:" in host.submit()


def test_a_late_result_comes_while_other_commands_are_answered(host):
    host.throw("cmgs_stray", 5_000, times=1)
    assert "+CMGS" not in host.submit()
    assert host.say("AT") == "\r\nOK\r\n"
    assert host.wait(6).startswith(f"\r\n+CMGS: {air(host)[0].mr}\r\n\r\nOK\r\n")


@pytest.mark.parametrize("hang_up", ["AT+CHUP", "ATH"])
def test_a_call_rings_until_it_is_hung_up_and_no_prompt_comes_meanwhile(host, hang_up):
    host.say("AT+CLIP=1")
    host.throw("ringing")
    assert host.wait(3.5).count('RING\r\n\r\n+CLIP: "+12025550180",145,,,,0\r\n') == 2
    assert "+CPAS: 3" in host.say("AT+CPAS")
    assert host.say("AT+CMGS=18") == ""
    assert host.say("AT") == "\r\nOK\r\n"
    assert host.say(hang_up) == "\r\nOK\r\n"
    assert host.wait(10) == ""
    assert "+CPAS: 0" in host.say("AT+CPAS")
    assert "+CMGS:" in host.submit()


def test_a_full_storage_can_block_sending(host):
    host.throw("full_blocks_sending", 322)
    assert "+CMGS:" in host.submit()
    host.throw("memory_full")
    assert host.submit().endswith("\r\n+CMS ERROR: 322\r\n")
    host.world.clear(0, "memory_full", now=host.now)
    fill(host)
    assert host.submit().endswith("\r\n+CMS ERROR: 322\r\n")
    host.say("AT+CMGD=1")
    assert "+CMGS:" in host.submit()


def test_a_pdu_of_the_wrong_length_wedges_the_modem_until_it_restarts(host):
    host.throw("long_pdu_hangs")
    host.say("AT+CMGS=20")
    host.type("0001000B912120550571F0000005E8329BFD06\x1a")
    assert host.say("AT") == ""
    assert host.wait(600) == ""
    assert host.say("AT+CFUN=1,1") == ""
    host.wait(3)
    assert host.say("AT").endswith("OK\r\n")


def test_a_sim_without_service_centre_refuses_until_it_gets_one(host):
    host.throw("no_smsc")
    assert '+CSCA: "",129' in host.say("AT+CSCA?")
    assert host.submit().endswith("\r\n+CMS ERROR: 330\r\n")
    host.say('AT+CSCA="+12025550199",145')
    assert "+CMGS:" in host.submit()


def test_a_pdu_that_names_a_service_centre_needs_none_on_the_sim(host):
    host.throw("no_smsc")
    host.say("AT+CMGS=18")
    heard = host.type("07912120550591F9" + "2100" + field("+12025550170") + "0000" + "05E8329BFD06\x1a")
    assert "+CMGS:" in heard


@pytest.mark.parametrize(("value", "ends", "left"), [(38, "+CMS ERROR: 38", 0), ("swallowed", "OK", 1)])
def test_a_wrong_service_centre_refuses_or_loses(host, value, ends, left):
    host.throw("wrong_smsc", value)
    assert host.submit(host.world.modems[1].card.number).endswith(f"\r\n{ends}\r\n")
    assert len(air(host)) == left
    assert "+CDSI" not in host.wait(60)
    assert not host.world.modems[1].storages["SM"].slots
    host.world.clear(0, "wrong_smsc", now=host.now)
    assert '+CSCA: "+12025550199",145' in host.say("AT+CSCA?")


def test_credit_is_used_up_with_a_code(host):
    host.throw("no_credit", {"after": 1, "code": 50})
    assert "+CMGS:" in host.submit()
    assert host.submit().endswith("\r\n+CMS ERROR: 50\r\n")
    host.world.clear(0, "no_credit", now=host.now)
    assert "+CMGS:" in host.submit()


def test_credit_is_used_up_with_a_notice_of_the_operator(host):
    host.throw("no_credit", {"after": 1, "text": "Please top up."})
    assert sent(host).count("+CDSI") == 1
    heard = sent(host)
    assert "+CMGS:" in heard
    assert "+CMTI" in heard
    assert "+CDSI" not in heard
    host.say("AT+CMGF=1")
    assert '"TBMobile"' in (heard := host.say('AT+CMGL="ALL"'))
    assert "Please top up." in heard


def test_a_swallowed_text_is_on_the_air_and_nowhere_else(host):
    host.throw("swallowed", times=1)
    assert "+CMGS:" in host.submit(host.world.modems[1].card.number)
    assert host.wait(3600) == ""
    assert len(air(host)) == 1
    assert not host.world.modems[1].storages["SM"].slots


def test_lte_fails_until_another_radio_is_chosen(host_on):
    host = host_on("sim7600").quiet()
    host.throw("lte_send_fail")
    assert host.submit().endswith("\r\n+CMS ERROR: Unknown error\r\n")
    assert host.say("AT+CNMP=14") == "\r\nOK\r\n"
    assert ",2\r\n" in host.say("AT+COPS?")
    assert "+CMGS:" in host.submit()


def test_registration_differs_by_domain(host):
    host.throw("registered", {"creg": 3, "cereg": 1})
    assert "+CREG: 0,3\r\n" in host.say("AT+CREG?")
    assert "+CEREG: 0,1\r\n" in host.say("AT+CEREG?")
    assert "+CMGS:" in host.submit()
    host.throw("registered", {"creg": 3, "cgreg": 5, "cereg": 0, "code": 500})
    assert "+CGREG: 0,5\r\n" in host.say("AT+CGREG?")
    assert host.submit().endswith("\r\n+CMS ERROR: 500\r\n")


@pytest.mark.parametrize(
    ("form", "number"),
    [("international", "+12025550170"), ("national", "2025550170"), ("bare", "12025550170"), ("short", "5550170")],
)  # fmt: skip
def test_reports_name_the_recipient_in_another_form(host, form, number):
    host.throw("report_ra", form)
    sent(host)
    assert field(number) in host.say("AT+CMGL=4")


def test_reports_come_late(host):
    host.throw("report_late", 100)
    assert "+CDSI" not in sent(host) + host.wait(98)
    assert "+CDSI" in host.wait(2)


def test_reports_come_twice_or_say_something_else(host):
    host.throw("report_twice", times=1)
    assert sent(host).count("+CDSI") == 2
    host.throw("report_trying", 0x30, times=1)
    assert (host.submit() + host.wait(0.5)).count("+CDSI") == 1
    assert host.wait(1).count("+CDSI") == 1
    host.throw("report_status", 0x46, times=1)
    sent(host)
    statuses = [line[-2:] for line in host.say("AT+CMGL=4").splitlines() if line.startswith("07")]
    assert statuses == ["00", "00", "30", "00", "46"]


def test_reports_come_in_any_order(host_on):
    host = host_on(seed=3).quiet()
    host.throw("report_shuffled", 5)
    for _ in range(8):
        host.submit()
    host.wait(6)
    sent = [record.mr for record in air(host)]
    lines = [line for line in host.say("AT+CMGL=4").splitlines() if line.startswith("07")]
    came = [int(line[18:20], 16) for line in lines]
    assert sorted(came) == sorted(sent)
    assert came != sent


@pytest.mark.parametrize("storage", ["SR", "ME"])
def test_reports_are_kept_in_another_storage(host, storage):
    host.throw("report_in", storage)
    assert f'+CDSI: "{storage}",1' in sent(host)
    assert f'"{storage}"' in host.say("AT+CPMS=?")
    assert host.say(f'AT+CPMS="{storage}"').startswith("\r\n+CPMS: 1,")
